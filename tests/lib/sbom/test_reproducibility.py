"""The same tree gives the same bytes: on every Python, locale, time zone, folder, hash seed and order of the files."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import os, sys, time
from pathlib import Path
from maximus.sbom import bsi, concluding, contents, enrichment, installed, inventory, rendering, scan, subject
found = scan.scan(Path(sys.argv[1]), gitlinks={})
facts = subject.Facts("app", "https://github.com", "octo/app", commit="a" * 40)
made = inventory.build(subject.describe(facts), found.readings, found.tree.skipped)
read = installed.read_installed(found.tree)
made = contents.with_contents(enrichment.enrich(made, read).inventory, read.carried)
made = concluding.conclude_declared(made)
for version in ("1.4", "1.6", "1.7"):
    same = {"seconds": 1767322800, "tool_version": "1.0.0", "profile": "bsi-2.1"}
    both = rendering.render(made, cyclonedx_version=version, **same)
    sys.stdout.buffer.write(rendering.as_bytes(both.cyclonedx) + rendering.as_bytes(both.spdx))
"""
SETTINGS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "4294967295", "TZ": "America/Nome", "LC_ALL": "tr_TR.UTF-8", "PYTHONOPTIMIZE": "2"},
]


def interpreters() -> Iterator[str]:
    """Yield each version of Python on this machine that can load what an inventory needs, this one first."""
    yield sys.executable
    names = [f"python3.{minor}" for minor in range(11, 20)]
    places = [shutil.which(name) for name in ("python3", *names)]
    places += [shutil.which(name, path="/usr/bin:/usr/local/bin:/opt/homebrew/bin") for name in ("python3", *names)]
    managed = Path.home() / ".pyenv" / "versions"
    places += [str(path) for path in sorted(managed.glob("3.*/bin/python3"))]
    seen = {sys.version}
    probe = "import sys, orjson, rtoml, yaml, packaging, packageurl; assert sys.version_info >= (3, 11, 2)"
    for place in sorted({place for place in places if place}):
        done = subprocess.run(
            [place, "-c", f"{probe}; print(sys.version, end='')"],
            env=environment({}), capture_output=True, check=False, encoding="utf-8",
        )  # fmt: skip
        if done.returncode == 0 and done.stdout not in seen:
            seen.add(done.stdout)
            yield place


def environment(more: dict[str, str]) -> dict[str, str]:
    """Return an environment with nothing of this process but where its packages are."""
    path = os.pathsep.join((str(ROOT / "lib"), sysconfig.get_path("platlib"), sysconfig.get_path("purelib")))
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


def write(root: Path, *, backwards: bool = False) -> Path:
    """Write every sample below a folder, in this order or the other one: file systems list by it."""
    wheel = (
        "deps/acme-1.0.dist-info/METADATA",
        "Name: acme\nVersion: 1.0\nLicense: MIT\nAuthor-email: A <a@acme.example>\n",
    )
    files = {
        f"{name}/{path}": text for name, sample in {**SAMPLES, **MORE_SAMPLES}.items() for path, text in sample.items()
    }
    files |= {wheel[0]: wheel[1], "requirements.txt": "acme==1.0\n"}
    for name, text in sorted(files.items(), reverse=backwards):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


def made_by(python: str, tree: Path, where: Path, settings: dict[str, str]) -> bytes:
    """Return the documents as one interpreter makes them in a folder of its own."""
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [python, "-c", SCRIPT, str(tree)], cwd=where, env=environment(settings), check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@functools.cache
def expected(root: Path) -> bytes:
    """Return the documents as this Python makes them, once."""
    return made_by(sys.executable, write(root / "first"), root / "here", {"PYTHONHASHSEED": "7"})


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda item: item["TZ"])
def test_the_bytes_are_the_same_everywhere(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> None:
    """Hash seeds, time zones, locales, optimisation, folders and the order of the files change nothing."""
    root = tmp_path_factory.mktemp("seeds")
    tree = write(root / "a deeper" / "folder \N{LATIN SMALL LETTER U WITH DIAERESIS}", backwards=True)
    first = expected(tmp_path_factory.getbasetemp() / "reproducible")
    assert first.count(b'"bomFormat"') == 3
    assert made_by(sys.executable, tree, root / "elsewhere", settings) == first


def test_the_bytes_are_the_same_on_every_python(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On each interpreter of this machine that can load what an inventory needs, this one isolated among them."""
    base = tmp_path_factory.getbasetemp() / "reproducible"
    first = expected(base)
    found = list(interpreters())
    assert found[0] == sys.executable
    for number, python in enumerate(found):
        assert made_by(python, base / "first", base / str(number), {"PYTHONHASHSEED": str(number)}) == first, python
