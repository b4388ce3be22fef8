"""`pom.xml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.model import Known, Scope
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, make

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_come_through_properties_and_parents(tmp_path: Path) -> None:
    """A version that the parent manages through a property of a property is found."""
    made = inventory_of(tmp_path, MORE_SAMPLES["maven"])
    assert by_name(made)["org.slf4j:slf4j-api 2.0.13"].direct
    assert by_name(made)["junit:junit 4.13.2"].scopes == (Scope.TEST,)
    assert [(item.own, item.edges) for item in made.members] == [("core", Known.INCOMPLETE)]


def test_what_a_pom_leaves_open_is_told(tmp_path: Path) -> None:
    """Ranges and versions that stand elsewhere are named; the whole is no lock, and that is said as well."""
    made = inventory_of(tmp_path, MORE_SAMPLES["maven"])
    assert [(item.kind, item.text.partition(" ")[0]) for item in made.findings] == [
        ("not-locked", "a"), ("unpinned", "org.ranged:range"), ("unpinned", "org.managed:elsewhere")
    ]  # fmt: skip


def test_the_tree_s_own_projects_are_no_components(tmp_path: Path) -> None:
    """A dependency on another project of the tree is not listed as something taken from elsewhere."""
    assert "com.acme:shop 2.1.0" not in by_name(inventory_of(tmp_path, MORE_SAMPLES["maven"]))


@pytest.mark.parametrize(
    "text",
    ["<project><version>${a}</version><properties><a>${b}</a><b>${a}</b></properties></project>",
     "<project><parent><relativePath>pom.xml</relativePath></parent></project>",
     "<project><parent><relativePath>../../../../etc/passwd</relativePath></parent></project>"],
)  # fmt: skip
def test_a_ring_or_a_way_out_ends(tmp_path: Path, text: str) -> None:
    """Properties that lead to each other, a pom that is its own parent, and a path out of the tree all end."""
    found = scan.scan(make(tmp_path, {"pom.xml": text}))
    assert found.faults == ()


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    """No entity is ever expanded."""
    found = scan.scan(make(tmp_path, {"pom.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}))
    assert [fault.code for fault in found.faults] == ["SBOM005"]
