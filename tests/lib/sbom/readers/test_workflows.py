"""GitHub's workflows and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom import coverage
from maximus.sbom.model import Kind, Scope
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of

if TYPE_CHECKING:
    from pathlib import Path


def test_every_use_is_a_component(tmp_path: Path) -> None:
    """Steps, reusable workflows, containers and services are found; scripts and the tree's own actions are not."""
    found = {item.purl for item in inventory_of(tmp_path, MORE_SAMPLES["workflows"]).components}
    assert {purl for purl in found if purl.startswith("pkg:github/")} == {
        f"pkg:github/actions/checkout@{COMMIT}",
        "pkg:github/actions/setup-go@v5",
        "pkg:github/github/codeql-action@v3#init",
        "pkg:github/acme/workflows@main#.github/workflows/deploy.yml",
    }
    assert {purl.partition("@")[0] for purl in found if purl.startswith("pkg:docker/")} == {
        "pkg:docker/alpine", "pkg:docker/node", "pkg:docker/postgres"
    }  # fmt: skip


def test_only_a_commit_is_exact(tmp_path: Path) -> None:
    """A tag can be moved: it is shown, counts as no exact version, and is reported."""
    made = inventory_of(tmp_path, MORE_SAMPLES["workflows"])
    found = by_name(made)
    assert found[f"actions/checkout {COMMIT}"].is_exact
    assert not found["actions/setup-go v5"].is_exact
    assert coverage.measure(made.components).versions == 3
    assert {item.location.line for item in made.findings if item.kind == "unpinned"} == {5, 9, 12, 18}


def test_they_are_tools_of_the_build(tmp_path: Path) -> None:
    """An action is an action, needed for building, and no file that a hash could be of."""
    checkout = by_name(inventory_of(tmp_path, MORE_SAMPLES["workflows"]))[f"actions/checkout {COMMIT}"]
    assert checkout.kind is Kind.ACTION
    assert checkout.scopes == (Scope.BUILD,)
    assert not checkout.is_distributed


def test_what_only_a_run_knows_is_told(tmp_path: Path) -> None:
    """A name with an expression in it cannot be read from the file."""
    text = "jobs:\n  a:\n    container: ${{ matrix.image }}\n    steps:\n      - uses: a/b@v1\n"
    made = inventory_of(tmp_path, {".github/workflows/x.yaml": text})
    assert [(item.kind, item.location.line) for item in made.findings if item.kind == "unresolved"] == [
        ("unresolved", 3)
    ]


def test_other_yaml_is_left_alone(tmp_path: Path) -> None:
    """Only workflows and actions are read."""
    files = {"config/ci.yml": "jobs: {a: {uses: a/b@v1}}\n", "requirements.txt": "a==1\n"}
    assert set(by_name(inventory_of(tmp_path, files))) == {"a 1"}
