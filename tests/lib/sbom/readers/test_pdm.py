"""`pdm.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_an_entry_with_extras_is_the_same_component(tmp_path: Path) -> None:
    """The tool writes a package once more for each set of extras; that is one component with both places."""
    made = inventory_of(tmp_path, SAMPLES["pdm"])
    coverage = by_name(made)["coverage 7.5.4"]
    assert len(coverage.locations) == 2
    assert len(coverage.artifacts) == 1
    assert edges_of(made) == {(".", "coverage 7.5.4"), ("coverage 7.5.4", "tomli 2.0.1")}


def test_groups_are_scopes(tmp_path: Path) -> None:
    """`default` is what runs, `test` is for tests."""
    found = by_name(inventory_of(tmp_path, SAMPLES["pdm"]))
    assert found["tomli 2.0.1"].scopes == (Scope.RUNTIME, Scope.TEST)
    assert found["coverage 7.5.4"].scopes == (Scope.TEST,)


def test_finds_the_digests_of_old_locks(tmp_path: Path) -> None:
    """Locks before 4.0 keep the digests under `name version` in the metadata."""
    lock = f"""[[package]]
name = "tomli"
version = "2.0.1"
summary = "A lil' TOML parser"

[metadata]
lock_version = "3.1"

[metadata.files]
"tomli 2.0.1" = [
  {{file = "tomli-2.0.1-py3-none-any.whl", hash = "sha256:{sha256("tomli")}"}},
]
"""
    tomli = by_name(inventory_of(tmp_path, {"pdm.lock": lock}))["tomli 2.0.1"]
    assert tomli.artifacts[0].digests[0].value == sha256("tomli")
