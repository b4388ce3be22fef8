"""Charts, providers, flakes, submodules: what is taken in besides packages."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from maximus.sbom.model import Known
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, make

if TYPE_CHECKING:
    from pathlib import Path


def test_charts_are_told_with_their_repository(tmp_path: Path) -> None:
    """The same name in another repository is another chart; one by path is a part of the tree."""
    made = inventory_of(tmp_path, MORE_SAMPLES["helm"])
    assert [item.purl for item in made.components] == [
        "pkg:generic/postgresql@15.5.9?repository_url=registry.example/charts"
    ]
    assert [item.own for item in made.members] == ["common"]


def test_providers_with_their_checksums(tmp_path: Path) -> None:
    """Both kinds of checksum go out under their own names: neither says which file it is of."""
    (aws,) = inventory_of(tmp_path, MORE_SAMPLES["terraform"]).components
    assert (aws.name, aws.version) == ("hashicorp/aws", "5.54.1")
    assert [fact.name for fact in aws.facts] == ["terraform:h1", "terraform:zh"]
    assert aws.artifacts == ()


def test_flake_inputs_follow_each_other(tmp_path: Path) -> None:
    """An input that follows another is an edge to that one."""
    made = inventory_of(tmp_path, MORE_SAMPLES["flake"])
    assert edges_of(made) == {
        (".", f"nixos/nixpkgs {COMMIT}"),
        (".", f"git.example/tools {COMMIT}"),
        (f"git.example/tools {COMMIT}", f"nixos/nixpkgs {COMMIT}"),
    }
    assert {item.edges for item in made.components} == {Known.COMPLETE}


def test_submodules_are_at_the_commit_that_git_has(tmp_path: Path) -> None:
    """In a checkout the commit comes out of git; without one the component has no exact version, and that is said."""
    without = inventory_of(tmp_path / "plain", MORE_SAMPLES["submodules"])
    assert not by_name(without)["madler/zlib"].is_exact
    root = make(tmp_path / "checkout", MORE_SAMPLES["submodules"])

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".gitmodules")
    git("update-index", "--add", "--cacheinfo", f"160000,{COMMIT},deps/zlib")
    git("commit", "-qm", "x")
    assert f"madler/zlib {COMMIT}" in by_name(inventory_of(root, {}))


def test_a_relative_submodule_is_told(tmp_path: Path) -> None:
    """Its address depends on where the repository was cloned from."""
    made = inventory_of(tmp_path, MORE_SAMPLES["submodules"])
    assert [item.text for item in made.findings if item.kind == "unresolved"] == [
        "sibling comes from ../sibling.git, which is no address of its own"
    ]
