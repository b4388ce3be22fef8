"""What the guide tells people to type to sign is run as it stands, and what the README shows is what they see."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions import sign
from actions.declare import find_action, inputs_from_texts
from actions.terminal import TerminalFace, options_of
from maximus.errors import ExitStatus
from tests.actions.sign.test_sign import pem
from tests.stack.images import push_image, repository

if TYPE_CHECKING:
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

ROOT = Path(sign.__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "supply-chain" / "signing-verification.md").read_text(encoding="utf-8")
README = (ROOT / "sign" / "README.md").read_text(encoding="utf-8")
GITHUB = "https://token.actions.githubusercontent.com"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's working folder, with what a build made."""
    for folder in ("release", "keyed"):
        (tmp_path / folder).mkdir()
        for name in ("app-1.2.3-py3-none-any.whl", "app-1.2.3.tar.gz"):
            (tmp_path / folder / name).write_text(name, encoding="utf-8")
    for name in ("sbom.cdx.json", "sbom.spdx.json"):
        (tmp_path / "release" / name).write_text(json.dumps({"about": "app 1.2.3"}), encoding="utf-8")
    (tmp_path / "scan.json").write_text("{}", encoding="utf-8")
    (tmp_path / "release-key.pem").touch(mode=0o600)
    (tmp_path / "release-key.pem").write_text(pem(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(command: str, stack: Stack, trust: Path) -> tuple[ExitStatus, str]:
    """Run a command as somebody typed it in a job, with the local Sigstore in the public one's place."""
    environment = stack.environment()
    texts, _, _ = options_of(find_action("sign"), shlex.split(command)[2:], environment)
    if "key" not in texts or "fallback" in texts or "log" in texts:
        texts["trust-config"] = str(trust)
    shown = io.StringIO()
    face = TerminalFace(environment, "sign", stream=shown, errors=shown)
    sign.run(inputs_from_texts(find_action("sign"), texts), face)
    face.conclude({})
    return face.record.exit_status, shown.getvalue()


@pytest.mark.usefixtures("here")
def test_the_commands_of_the_guide_sign_a_release(stack: Stack, trust_v1: Path, registry: str, cosign: Cosign) -> None:
    """Every command of the signing half, cosign's too, is run in its order, on one release: each passes."""
    push_image(repository(registry, "octo/app"), b"guide", "1.2.3")
    half = GUIDE.partition("## Verifying")[0].replace("registry.example", registry)
    commands = re.findall(r"(?m)^(?:maximus sign|cosign) .*$", half)
    assert [command.partition(" ")[0] for command in commands].count("cosign") == 4
    assert len(commands) > 10
    # Nothing else stands there to be typed.
    blocks = re.findall(r"(?s)```sh\n(.*?)```", half)
    assert [line for block in blocks for line in block.splitlines()] == commands
    for command in commands:
        if command.startswith("cosign "):
            words = shlex.split(command.replace(GITHUB, stack.issuer_url))
            done = cosign.run(words[1], "--trusted-root", stack.trusted_root, *words[2:])
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            continue
        status, shown = typed(command, stack, trust_v1)
        assert status is ExitStatus.PASS, f"{command}\n{shown}"


@pytest.mark.usefixtures("here")
def test_the_readme_shows_a_real_run(stack: Stack, trust_v1: Path) -> None:
    """The sample is what a run prints, with the public instance's names and without what differs from run to run."""
    status, shown = typed("maximus sign --folder release --provenance", stack, trust_v1)
    found = re.search(r"(?s)### What it looks like\n.*?```text\n(.*?)```", README)
    assert found is not None
    assert (status, as_public(shown, stack)) == (ExitStatus.PASS, found[1])


def as_public(shown: str, stack: Stack) -> str:
    """Return what was seen as it looks with the public instance."""
    shown = re.sub(r" --trust-config \S+| --trusted-root \S+", "", shown.replace(f" --issuer {stack.issuer_url}", ""))
    for service, name in (("fulcio", "fulcio"), ("rekor-v1", "rekor"), ("tsa", "timestamp")):
        host = stack.urls[service].removeprefix("http://")
        shown = re.sub(rf"at {re.escape(host)}: \d+ ms", f"at {name}.sigstore.dev: 12 ms", shown)
    shown = re.sub(r"(?m)\b\d+$", "1234567890", shown.replace(stack.issuer_url, GITHUB))
    return "\n".join(line.rstrip() for line in shown.splitlines()) + "\n"
