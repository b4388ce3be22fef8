"""`project.assets.json`, `*.deps.json` and `Directory.Packages.props`."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sri

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["project-assets", "deps-json"])
def test_what_was_resolved_is_read(tmp_path: Path, name: str) -> None:
    """Packages with their needs; a project of the solution is none, and what it needs the tree needs."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES[name])
    found = by_name(made)
    assert {"Serilog 4.0.0", "Serilog.Sinks.File 5.0.0"} <= set(found)
    assert not any(item.name.startswith("Shop") for item in made.components)
    assert {(".", "Serilog.Sinks.File 5.0.0"), ("Serilog.Sinks.File 5.0.0", "Serilog 4.0.0")} <= edges_of(made)
    assert found["Serilog 4.0.0"].edges is Known.COMPLETE
    assert found["Serilog.Sinks.File 5.0.0"].direct


@pytest.mark.parametrize("name", ["project-assets", "deps-json"])
def test_a_content_hash_is_no_hash_of_the_file(tmp_path: Path, name: str) -> None:
    """Both write the same content hash, each in its own spelling; it keeps its name."""
    serilog = by_name(inventory_of(tmp_path, FURTHER_SAMPLES[name]))["Serilog 4.0.0"]
    assert [(fact.name, fact.value) for fact in serilog.facts] == [("nuget:content-hash", sri("serilog")[7:])]
    assert serilog.artifacts == ()


def test_what_a_project_keeps_to_itself_is_development(tmp_path: Path) -> None:
    """Analysers reach nobody who uses the program."""
    found = by_name(inventory_of(tmp_path, FURTHER_SAMPLES["project-assets"]))
    assert found["StyleCop.Analyzers 1.1.118"].scopes == (Scope.DEV,)
    assert found["Serilog.Sinks.File 5.0.0"].scopes == (Scope.RUNTIME,)


def test_a_lock_counts_more_than_what_a_restore_left(tmp_path: Path) -> None:
    """With `packages.lock.json` beside the project a restore changes nothing."""
    lock = {"Shop/packages.lock.json": MORE_SAMPLES["nuget"]["packages.lock.json"]}
    alone = inventory_of(tmp_path / "a", lock)
    both = inventory_of(tmp_path / "b", {**lock, **FURTHER_SAMPLES["project-assets"]})
    assert both.components == alone.components


def test_central_versions_are_no_lock(tmp_path: Path) -> None:
    """Exact ones are listed, properties filled in, floating ones told; nobody is said to need them directly."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["central-versions"])
    found = by_name(made)
    assert set(found) == {"Serilog 4.0.0", "Dapper 2.1.35", "Nerdbank.GitVersioning 3.6.139"}
    assert found["Nerdbank.GitVersioning 3.6.139"].scopes == (Scope.DEV,)
    assert not any(item.direct for item in found.values())
    assert [(item.kind, item.location.line) for item in made.findings] == [("not-locked", 0), ("unpinned", 9)]


def test_locks_make_central_versions_superfluous(tmp_path: Path) -> None:
    """What they became is locked below."""
    files = {
        **FURTHER_SAMPLES["central-versions"],
        "src/packages.lock.json": MORE_SAMPLES["nuget"]["packages.lock.json"],
    }
    assert not any(item.name == "Dapper" for item in inventory_of(tmp_path, files).components)


def test_a_document_of_another_kind_says_nothing(tmp_path: Path) -> None:
    """The ending alone makes no list of what is delivered."""
    files = {"x.deps.json": "{}", **MORE_SAMPLES["nuget"]}
    assert len(inventory_of(tmp_path, files).components) == len(
        inventory_of(tmp_path, MORE_SAMPLES["nuget"]).components
    )


def test_a_property_named_hundreds_of_times_fills_no_memory(tmp_path: Path) -> None:
    """A version is cut before its properties are put together: a file of 2 MB would else become 100 GB."""
    text = (
        f"<Project><PropertyGroup><A>{'x' * 1_000_000}</A></PropertyGroup><ItemGroup><PackageVersion Include='Left'>"
        f"<Version>{'$(A)' * 100_000}</Version></PackageVersion></ItemGroup></Project>"
    )
    tracemalloc.start()
    try:
        made = inventory_of(tmp_path, {"Directory.Packages.props": text})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [item.version for item in made.components] == [""]
    assert peak < 200 << 20
