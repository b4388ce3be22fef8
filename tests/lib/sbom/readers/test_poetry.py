"""`poetry.lock` in its old and new formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_the_groups_of_format_2_1(tmp_path: Path) -> None:
    """The groups that the lock states are the scopes; an optional one of the main group is optional."""
    found = by_name(inventory_of(tmp_path, SAMPLES["poetry-2.1"]))
    assert {name: item.scopes for name, item in found.items()} == {
        "certifi 2024.7.4": (Scope.RUNTIME,),
        "pysocks 1.7.1": (Scope.OPTIONAL,),
        "pytest 8.2.2": (Scope.DEV,),
        "requests 2.32.3": (Scope.RUNTIME, Scope.DEV),
        "tool 0.3.0": (Scope.RUNTIME,),
    }


def test_finds_the_digests_of_old_locks(tmp_path: Path) -> None:
    """Formats before 2.0 keep the digests in a table of their own."""
    found = by_name(inventory_of(tmp_path, SAMPLES["poetry-1.0"]))
    assert found["certifi 2020.4.5.1"].artifacts[0].digests[0].value == sha256("old certifi")
    assert found["requests 2.23.0"].scopes == (Scope.DEV,)


def test_normalises_names_as_pep_503_does(tmp_path: Path) -> None:
    """`PySocks` is `pysocks`, in the purl and as a dependency."""
    made = inventory_of(tmp_path, SAMPLES["poetry-2.1"])
    assert by_name(made)["pysocks 1.7.1"].purl == "pkg:pypi/pysocks@1.7.1"
    assert ("requests 2.32.3", "pysocks 1.7.1") in edges_of(made)


def test_an_scp_address_becomes_a_url(tmp_path: Path) -> None:
    """`git@host:path` is written as an address, without the user."""
    tool = by_name(inventory_of(tmp_path, SAMPLES["poetry-2.1"]))["tool 0.3.0"]
    assert tool.purl == f"pkg:pypi/tool@0.3.0?vcs_url=git%2Bssh://git.example/octo/tool.git%40{'d' * 40}"


def test_the_project_file_tells_what_is_direct(tmp_path: Path) -> None:
    """Direct is what `pyproject.toml` asks for, and not what happens to have no other parent."""
    project = """[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.11"
certifi = "*"
requests = "^2"
tool = { git = "git@git.example:octo/tool.git" }
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
    made = inventory_of(tmp_path, {**SAMPLES["poetry-2.1"], "pyproject.toml": project})
    direct = {name for name, item in by_name(made).items() if item.direct}
    assert direct == {"certifi 2024.7.4", "requests 2.32.3", "tool 0.3.0", "pytest 8.2.2"}


def test_chooses_the_version_that_a_range_means(tmp_path: Path) -> None:
    """Where a name stands twice a dependency leads to the version inside its range."""
    lock = """[[package]]
name = "a"
version = "1.0"
[package.dependencies]
b = ">=2.0,<3.0"
[[package]]
name = "b"
version = "1.5"
[[package]]
name = "b"
version = "2.5"
[metadata]
lock-version = "2.0"
"""
    edges = edges_of(inventory_of(tmp_path, {"poetry.lock": lock}))
    assert ("a 1.0", "b 2.5") in edges
    assert ("a 1.0", "b 1.5") not in edges


@pytest.mark.parametrize("listed", [True, False])
def test_what_comes_from_an_address_of_its_own_has_it(tmp_path: Path, *, listed: bool) -> None:
    """With the digest where poetry lists the file, and without one where it does not."""
    files = f'{{file = "left-1.2.tar.gz", hash = "sha256:{sha256("left")}"}}' if listed else ""
    lock = (
        f'[[package]]\nname = "left"\nversion = "1.2"\nfiles = [{files}]\n\n[package.source]\n'
        'type = "url"\nurl = "https://files.example/left-1.2.tar.gz"\n\n[metadata]\nlock-version = "2.1"\n'
    )
    (left,) = inventory_of(tmp_path, {"poetry.lock": lock}).components
    assert [(item.file, item.url, len(item.digests)) for item in left.artifacts] == [
        ("left-1.2.tar.gz", "https://files.example/left-1.2.tar.gz", int(listed))
    ]
