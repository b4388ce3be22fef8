"""A hostile tree as its user meets it: nothing of it speaks in the log, the summary or the documents."""

# ruff: noqa: E501 - files as they are written

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from actions import sbom
from actions.runner import RunnerFace
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import NPM_3, SAMPLES, make

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2"  # noqa: S105 - what must be seen nowhere
LINES = f"""\
--index-url https://ada:{SECRET}@registry.example/simple
--extra-index-url https://{SECRET}@registry.example/simple
a==1.0 --hash=sha256:nothex --config-settings=token={SECRET}
b @ https://ada:{SECRET}@registry.example/b.whl?token={SECRET}#sha256={"0" * 64}
c @ git+https://{SECRET}@git.example/c.git@main
git+ssh://ada:{SECRET}@git.example/d.git
https://ada:{SECRET}@registry.example/e.tar.gz
-r https://ada:{SECRET}@registry.example/more.txt
f==1.0 ; python_version > "https://x:{SECRET}@h"
g
"""
HIDDEN: dict[str, str] = {
    "requirements.txt": LINES,
    "go.mod": f"module example.org/a\n\nrequire https://ada:{SECRET}@git.example/x v1.0.0\n",
    ".npmrc": f"//registry.example/:_authToken={SECRET}\n",
    "Dockerfile": f"ARG TOKEN={SECRET}\nFROM https://ada:{SECRET}@registry.example/x\n",
    ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = https://ada:{SECRET}@git.example/x.git\n',
    "Gemfile.lock": f"GEM\n  remote: https://ada:{SECRET}@registry.example/\n  specs:\n    rack (https://x:{SECRET}@h)\n",
    "environment.yml": f"dependencies:\n  - https://registry.example/t/{SECRET}/x.conda\n  - pip:\n    - git+https://{SECRET}@git.example/x\n",
    "conda-linux-64.lock": f"@EXPLICIT\nhttps://registry.example/t/{SECRET}/conda-forge/noarch/tzdata-2024a-h0c530f3_0.conda\n",
    "pom.xml": f"<project><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId><version>https://u:{SECRET}@h</version></dependency></dependencies></project>",
    "web/yarn.lock": f'"x@https://ada:{SECRET}@git.example/x.git":\n  version "1.0.0"\n  resolved "https://ada:{SECRET}@git.example/x.git#abc"\n',
    "cpp/conan.lock": f'{{"version": "0.5", "requires": ["zlib/1.3#https://u:{SECRET}@h%1"]}}',
    "action.yml": f"runs:\n  steps:\n    - uses: https://ada:{SECRET}@git.example/a/b@v1\n",
    "docker-compose.yml": f"services:\n  a:\n    image: https://ada:{SECRET}@registry.example/a:1\n",
    "Chart.lock": f"dependencies:\n- name: a\n  version: 1.0.0\n  repository: https://ada:{SECRET}@registry.example/charts\n",
    "flake.lock": f'{{"nodes": {{"root": {{"inputs": {{"a": "a"}}}}, "a": {{"locked": {{"type": "git", "url": "https://ada:{SECRET}@git.example/a", "rev": "{"a" * 40}"}}}}}}}}',
}


def shown_of(tree: Path, folder: Path) -> tuple[str, list[bytes]]:
    """Return what a run shows, at most verbose, and every file that it writes."""
    shown = io.StringIO()
    face = TerminalFace({"HOME": str(folder)}, "sbom", stream=shown, errors=shown)
    try:
        outputs = sbom.run(sbom.Inputs(path=str(tree), folder=str(folder)), face)
        shown.write(repr(outputs))
    except Error as fault:
        face.fail(fault)
    face.conclude({})
    return shown.getvalue(), [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def test_no_secret_is_shown_or_written(tmp_path: Path) -> None:
    """Neither by what is inventoried nor by what is told about what was not."""
    files = {
        f"{name}/{path}": text.replace("https://registry.example", f"https://ada:{SECRET}@registry.example").replace(
            ".tgz", f".tgz?token={SECRET}"
        )
        for name, sample in {**SAMPLES, **MORE_SAMPLES}.items()
        for path, text in sample.items()
    }
    for tree in (make(tmp_path / "a", HIDDEN), make(tmp_path / "b", files)):
        shown, written = shown_of(tree, tmp_path / f"release {tree.name}")
        assert len(written) >= 2
        assert [line for line in shown.splitlines() if SECRET in line] == []
        assert [raw for raw in written if SECRET.encode() in raw] == []


NAMES = ("::error::x", "a\n::set-output name=x::y", "<script>alert(1)</script>", "[x](javascript:a)", "\u202egnp.exe",
         "`whoami`", "$(id)", "| a | b |", "##[error]x", "a\x1b[31m")  # fmt: skip


def test_hostile_names_say_nothing_of_their_own(tmp_path: Path) -> None:
    """Folders, packages and versions with control characters, markup or workflow commands stay plain text."""
    tree = tmp_path / "tree"
    made = 0
    for number, name in enumerate(NAMES):
        lock = NPM_3.replace('"left"', f'"{number}"') if number % 2 else f"{name}==1\nx{number}=={name}\n"
        folder = tree / name.replace("/", "_")
        try:
            folder.mkdir(parents=True)
        except OSError:
            # No such names on this system.
            continue
        (folder / ("package-lock.json" if number % 2 else "requirements.txt")).write_text(lock, encoding="utf-8")
        made += 1
    assert made
    summary = tmp_path / "summary.md"
    environment = {
        "HOME": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(tmp_path),
    }
    stream = io.StringIO()
    face = RunnerFace(environment, "sbom", stream=stream)
    outputs = sbom.run(sbom.Inputs(path=str(tree), folder=str(tmp_path / "release")), face)
    face.conclude({"components": outputs.components})
    commands = [line for line in stream.getvalue().splitlines() if line.startswith("::")]
    kinds = {line[2:].split(" ", 1)[0].split("::", 1)[0] for line in commands}
    assert kinds <= {"warning", "error", "notice", "group", "endgroup"}
    assert not any(line.startswith(("::error::x", "::set-output")) for line in stream.getvalue().splitlines())
    for text in (stream.getvalue(), summary.read_text(encoding="utf-8")):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in summary.read_text(encoding="utf-8")
    assert "](javascript:" not in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["empty", "only broken", "own only"])
def test_nothing_is_never_a_pass(tmp_path: Path, kind: str) -> None:
    """No component is unmeasured or failed, and no document is there that could pass for one."""
    files = {
        "empty": {"README.md": ""},
        "only broken": {"uv.lock": "version = ["},
        "own only": {"package-lock.json": '{"name": "a", "lockfileVersion": 3, "packages": {"": {"name": "a"}}}'},
    }[kind]
    folder = tmp_path / "release"
    face = TerminalFace({}, "sbom", stream=io.StringIO(), errors=io.StringIO())
    sbom.run(sbom.Inputs(path=str(make(tmp_path / "tree", files)), folder=str(folder)), face)
    assert face.record.exit_status is (ExitStatus.FAILED if kind == "only broken" else ExitStatus.UNMEASURED)
    assert not list(folder.glob("*.json"))


@pytest.mark.parametrize(
    "document",
    [
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}',
        (
            '{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": "a", '
            '"documentNamespace": "https://a.example/a", "creationInfo": {"created": "2026-01-02T03:04:05Z", '
            '"creators": ["Tool: a-1"]}, "packages": []}'
        ),
    ],
)
def test_an_empty_foreign_document_is_no_pass(tmp_path: Path, document: str) -> None:
    """`check` of a valid SBOM with nothing in it is unmeasured."""
    path = tmp_path / "theirs.json"
    path.write_text(document, encoding="utf-8")
    for profile in ("", "ntia-2021", "release-plan"):
        face = TerminalFace({}, "sbom", stream=io.StringIO(), errors=io.StringIO())
        sbom.run(sbom.Inputs(check=str(path), profile=profile), face)
        assert face.record.exit_status is (ExitStatus.FAILED if profile == "ntia-2021" else ExitStatus.UNMEASURED)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="unmeasured: root reads everything")
def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    """It is left out by name, and the rest is read."""
    tree = make(tmp_path / "tree", {"requirements.txt": "a==1\n", "closed/requirements.txt": "b==1\n"})
    (tree / "closed").chmod(0)
    try:
        shown, _ = shown_of(tree, tmp_path / "release")
    finally:
        (tree / "closed").chmod(0o755)
    assert "left out: closed (cannot be listed: Permission denied)" in shown


def test_deep_folders_end(tmp_path: Path) -> None:
    """A path that is longer than the system opens is left out by name; the rest is read."""
    tree = make(tmp_path / "tree", {"requirements.txt": "a==1\n"})
    here = os.getcwd()  # noqa: PTH109 - going down is the only way to make such a tree
    try:
        os.chdir(tree)
        for _ in range(30):
            os.mkdir("d" * 200)  # noqa: PTH102 - likewise
            os.chdir("d" * 200)
    except OSError:
        pytest.skip("unmeasured: no such trees here")
    finally:
        os.chdir(here)
    try:
        shown, _ = shown_of(tree, tmp_path / "release")
    finally:
        _remove_deep(tree)
    assert "1 component in 1 lock file" in shown


def _remove_deep(tree: Path) -> None:
    """Remove what no path reaches, from the inside."""
    top = os.open(tree, os.O_RDONLY)
    opened = [top]
    while True:
        try:
            opened.append(os.open("d" * 200, os.O_RDONLY, dir_fd=opened[-1]))
        except FileNotFoundError:
            break
    while len(opened) > 1:
        os.close(opened.pop())
        os.rmdir("d" * 200, dir_fd=opened[-1])
    os.close(top)
