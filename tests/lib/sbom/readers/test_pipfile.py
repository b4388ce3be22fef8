"""`Pipfile.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_digests_without_a_file_stay_apart(tmp_path: Path) -> None:
    """The lock states digests and not of which files: each is an artefact without a name."""
    certifi = by_name(inventory_of(tmp_path, SAMPLES["pipfile"]))["certifi 2024.7.4"]
    assert {item.digests[0].value for item in certifi.artifacts} == {sha256("certifi wheel"), sha256("certifi sdist")}
    assert {item.file for item in certifi.artifacts} == {""}


def test_sections_are_scopes(tmp_path: Path) -> None:
    """`develop` is for development; it is in, and marked."""
    found = by_name(inventory_of(tmp_path, SAMPLES["pipfile"]))
    assert found["pytest 8.2.2"].scopes == (Scope.DEV,)
    assert found["requests 2.32.3"].scopes == (Scope.RUNTIME,)


def test_a_flat_lock_is_no_graph(tmp_path: Path) -> None:
    """Everything hangs on the root, which is therefore incomplete, and nothing is claimed to be direct."""
    made = inventory_of(tmp_path, SAMPLES["pipfile"])
    assert {source for source, _ in edges_of(made)} == {"."}
    assert made.root.edges is Known.INCOMPLETE
    assert not any(item.direct for item in made.components)
    assert {item.edges for item in made.components} == {Known.UNKNOWN}


def test_the_pipfile_tells_what_is_direct(tmp_path: Path) -> None:
    """With the `Pipfile` beside it the lock's direct packages are known."""
    made = inventory_of(tmp_path, {**SAMPLES["pipfile"], "Pipfile": '[packages]\nRequests = "*"\n'})
    assert {name for name, item in by_name(made).items() if item.direct} == {"requests 2.32.3"}


def test_an_address_of_a_file_tells_the_version_that_the_lock_leaves_out(tmp_path: Path) -> None:
    """As `pip install URL` has it: by the name of the wheel or the sdist, whose digest is the one that is stated."""
    stated = f'"hashes": ["sha256:{sha256("left")}"]'
    lock = (
        '{"_meta": {}, "develop": {}, "default": {\n'
        f'    "left": {{"file": "https://u:p@files.example/left-1.2.tar.gz", {stated}}},\n'
        f'    "right": {{"file": "https://files.example/archive/main.zip", {stated}}}}}}}'
    )
    made = inventory_of(tmp_path, {"Pipfile.lock": lock})
    (left,) = made.components
    assert left.purl == "pkg:pypi/left@1.2"
    assert [(item.file, item.url) for item in left.artifacts] == [
        ("left-1.2.tar.gz", "https://files.example/left-1.2.tar.gz")
    ]
    assert [item.text for item in made.findings] == ["right names no exact version"]
