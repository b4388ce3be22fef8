"""`Cargo.lock`."""

# ruff: noqa: E501 - texts stand as they are written

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.samples import CARGO_4, SAMPLES, by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_what_cargo_writes(tmp_path: Path) -> None:
    """Crates are components with their checksum; the workspace's own are parts of the tree."""
    made = inventory_of(tmp_path, SAMPLES["cargo-4"])
    found = by_name(made)
    assert sorted(found) == ["forked 0.3.0", "rand 0.7.3", "rand 0.8.5", "tempfile 3.10.1"]
    assert [(member.name, member.own) for member in made.members] == [("app-core", "core")]
    (artifact,) = found["rand 0.8.5"].artifacts
    assert (artifact.file, artifact.digests[0].value) == ("rand-0.8.5.crate", sha256("rand 0.8.5"))


def test_a_version_is_named_only_where_it_must_be(tmp_path: Path) -> None:
    """`rand 0.7.3` and `rand 0.8.5` are told apart by their versions, `tempfile` needs none."""
    assert edges_of(inventory_of(tmp_path, SAMPLES["cargo-4"])) == {
        (".", "/core"),
        (".", "rand 0.8.5"),
        (".", "tempfile 3.10.1"),
        ("/core", "forked 0.3.0"),
        ("/core", "rand 0.7.3"),
        ("tempfile 3.10.1", "rand 0.8.5"),
    }


def test_the_manifests_tell_scopes(tmp_path: Path) -> None:
    """The lock does not tell development and build needs from the rest; the manifests of the workspace do."""
    found = by_name(inventory_of(tmp_path, SAMPLES["cargo-4"]))
    assert found["tempfile 3.10.1"].scopes == (Scope.DEV,)
    assert found["forked 0.3.0"].scopes == (Scope.BUILD,)
    assert found["rand 0.7.3"].scopes == (Scope.RUNTIME,)


def test_version_1_keeps_checksums_apart(tmp_path: Path) -> None:
    """Its table of metadata holds them, under the name, version and source of the crate."""
    rand = by_name(inventory_of(tmp_path, SAMPLES["cargo-1"]))["rand 0.7.3"]
    assert rand.artifacts[0].digests[0].value == sha256("rand 0.7.3")


def test_a_commit_has_no_checksum(tmp_path: Path) -> None:
    """A crate out of a repository carries its commit in the purl."""
    forked = by_name(inventory_of(tmp_path, SAMPLES["cargo-4"]))["forked 0.3.0"]
    assert forked.purl.endswith(f"%40{'f' * 40}")
    assert not forked.is_distributed


@pytest.mark.parametrize("manifest", [True, False])
def test_a_crate_without_a_source_is_no_component(tmp_path: Path, manifest: bool) -> None:  # noqa: FBT001 - a column
    """Workspace members are no components, whether their manifests are in the tree or not."""
    files = SAMPLES["cargo-4"] if manifest else {"Cargo.lock": CARGO_4}
    assert "app 0.1.0" not in by_name(inventory_of(tmp_path, files))


def test_a_neighbour_of_the_lock_is_a_part_of_the_tree(tmp_path: Path) -> None:
    """A path that leads beside the lock's folder stays inside the tree, and so does its crate."""
    files = {
        "tool/Cargo.toml": '[package]\nname = "tool"\nversion = "0.1.0"\n[dependencies]\nshared = { path = "../shared" }\n',
        "tool/Cargo.lock": 'version = 4\n[[package]]\nname = "shared"\nversion = "0.1.0"\n'
        '[[package]]\nname = "tool"\nversion = "0.1.0"\ndependencies = [\n "shared",\n]\n',
        "shared/Cargo.toml": '[package]\nname = "shared"\nversion = "0.1.0"\n',
    }
    made = inventory_of(tmp_path, files)
    assert [member.own for member in made.members] == ["shared", "tool"]
    assert made.components == ()


@pytest.mark.parametrize(
    ("workspace", "scopes"),
    [
        ('[workspace.dependencies]\nkit = { package = "tempfile", version = "3" }\n', (Scope.DEV,)),
        # Nobody knows the name then; what cannot be told apart runs.
        ("[workspace]\ndependencies = 1\n", (Scope.RUNTIME,)),
        ("[workspace", (Scope.RUNTIME,)),
        ("", (Scope.RUNTIME,)),
    ],
)
def test_a_name_that_the_workspace_gives_is_followed(tmp_path: Path, workspace: str, scopes: tuple[Scope, ...]) -> None:
    """`kit.workspace = true` under another name than the package's: the scope is that of the member's table."""
    lock = (
        'version = 4\n\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = ["tempfile"]\n\n'
        '[[package]]\nname = "tempfile"\nversion = "3.10.1"\n'
        f'source = "registry+https://registry.example/crates.io-index"\nchecksum = "{sha256("tempfile")}"\n'
    )
    member = '[package]\nname = "app"\nversion = "0.1.0"\n[dev-dependencies]\nkit.workspace = true\n'
    made = inventory_of(tmp_path, {"Cargo.lock": lock, "Cargo.toml": workspace, "app/Cargo.toml": member})
    assert by_name(made)["tempfile 3.10.1"].scopes == scopes
