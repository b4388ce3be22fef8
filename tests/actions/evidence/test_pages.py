"""The pages about evidence: every command on them is run, and what it says is what the page shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from maximus.signing.keys import SigningKey

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("evidence/README.md", "docs/guides/evidence-and-audit.md")
PROGRAM = f"""#!{sys.executable}
import os, sys
sys.path[:0] = [{str(ROOT / "lib")!r}, {str(ROOT)!r}]
from actions import command, dependencies
dependencies.make_importable = lambda *_: None
sys.exit(command.main(sys.argv[1:], os.environ))
"""


def commands_of(page: str) -> list[tuple[str, str]]:
    """Return each command of a page's console blocks with what is shown below it."""
    blocks = re.findall(r"(?ms)^```console\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"))
    parts = [re.split(r"(?m)^\$ (.*)\n", block)[1:] for block in blocks]
    return [pair for part in parts for pair in zip(part[::2], part[1::2], strict=True)]


def is_shown(said: str, shown: str) -> bool:
    """Tell whether a text is what a page shows; an ellipsis stands for what is another in every run."""
    pattern = ".*".join(re.escape(part) for part in shown.split("\N{HORIZONTAL ELLIPSIS}"))
    said = "".join(f"{line.rstrip()}\n" for line in said.splitlines())
    return re.fullmatch(pattern, said) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_says_what_the_page_shows(page: str, tmp_path: Path) -> None:
    """In order, in one folder, as a reader would paste them."""
    programs, home = tmp_path / "bin", tmp_path / "home"
    programs.mkdir()
    home.mkdir()
    (programs / "maximus").write_text(PROGRAM, encoding="utf-8")
    (programs / "maximus").chmod(0o755)
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (programs / "python3").chmod(0o755)
    # The guide has them made by openssl, which not every machine has.
    key = Ed25519PrivateKey.generate()
    (home / "log.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (home / "log.pem").chmod(0o600)
    (home / "log.pub").write_bytes(SigningKey(key).public.pem)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"}
    status = 0
    for command, shown in commands_of(page):
        done = subprocess.run(
            ["bash", "-c", f"(exit {status}); {command}"], cwd=home, env=environment, check=False, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        status = done.returncode
        assert is_shown(done.stdout, shown), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_passing_a_failing_and_an_unmeasured_or_changed_run(page: str) -> None:
    """The pages are not empty: what the test above runs is there."""
    shown = "".join(text for _, text in commands_of(page))

    assert len(commands_of(page)) > 10
    assert "✔ evidence:" in shown
    assert "✘ evidence:" in shown


@pytest.mark.parametrize(
    ("said", "shown", "answer"),
    [("a 1 b\n", "a … b\n", True), ("a 1 c\n", "a … b\n", False), ("a\n", "a\nb\n", False), ("a.c\n", "abc\n", False)],
)
def test_the_comparison_can_fail(said: str, shown: str, *, answer: bool) -> None:
    """An ellipsis stands for a part of a line and for nothing else."""
    assert is_shown(said, shown) == answer
