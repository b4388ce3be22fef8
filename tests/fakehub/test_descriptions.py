"""GitHub's descriptions arrive whole, pinned and cut to what is served."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakehub import descriptions as described
from tests.fakehub.descriptions import OPERATIONS, Tampered, Unmeasured, descriptions

if TYPE_CHECKING:
    from pathlib import Path


def _npm(folder: Path, script: str) -> str:
    """Put an `npm` of our own into a folder and return a PATH that finds it first."""
    folder.mkdir(exist_ok=True)
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_another_tarball_than_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose digest is not the pinned one is an error and never a reason to skip."""
    forged = tmp_path / "forged.tgz"
    member = tmp_path / "openapi.json"
    member.write_text("{}", encoding="utf-8")
    with tarfile.open(forged, "w:gz") as archive:
        archive.add(member, described.OPENAPI.member)
    monkeypatch.setenv("PATH", _npm(tmp_path / "bin", f"cp '{forged}' ./package.tgz"))
    with pytest.raises(Tampered, match=r"@octokit/openapi 23\.0\.2 is not the pinned package"):
        descriptions({described.CACHE_FOLDER: str(tmp_path / "cache")})


def test_a_failing_npm_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where npm cannot deliver, the reason is npm's own and no half cache is left."""
    monkeypatch.setenv("PATH", _npm(tmp_path / "bin", "echo 'no such host' >&2; exit 1"))
    with pytest.raises(Unmeasured, match="no such host"):
        descriptions({described.CACHE_FOLDER: str(tmp_path / "cache")})
    assert list((tmp_path / "cache" / "fakehub").iterdir()) == []


def test_a_machine_without_npm_is_unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without npm the verdict is unmeasured, with the reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unmeasured, match="npm is not installed"):
        descriptions({described.CACHE_FOLDER: str(tmp_path / "cache")})


@pytest.mark.usefixtures("_fakehub_ready")
def test_the_cache_is_read_without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was cut once is used again without asking npm."""
    cut = descriptions()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert descriptions() == cut


@pytest.mark.usefixtures("_fakehub_ready")
def test_the_cut_holds_every_reference_it_makes() -> None:
    """Every `$ref` of the subset leads somewhere within the subset."""
    document = json.loads(descriptions().openapi.read_text(encoding="utf-8"))
    reached = {tuple(reference.split("/")[2:]) for reference in described._references(document)}
    there = {(kind, name) for kind, named in document["components"].items() for name in named}
    assert reached == there


@pytest.mark.usefixtures("_fakehub_ready")
def test_the_cut_holds_every_operation_that_is_served() -> None:
    """The subset has the operations that the fake promises, no more and no fewer."""
    document = json.loads(descriptions().openapi.read_text(encoding="utf-8"))
    assert {path: tuple(methods) for path, methods in document["paths"].items()} == dict(OPERATIONS)


def test_a_property_called_description_is_no_prose() -> None:
    """Prose is left out by its place, not by its name: GitHub's labels have a `description`."""
    schema: dict[str, Any] = {"description": "prose", "properties": {"description": {"description": "prose"}}}
    assert described._without_prose(schema) == {"properties": {"description": {}}}


def test_an_operation_that_github_dropped_is_noticed() -> None:
    """The cut fails where GitHub no longer describes what the fake serves."""
    with pytest.raises(Tampered, match="no get on /rate_limit"):
        described._cut({"openapi": "3.0.3", "info": {}, "paths": {}, "components": {}})
