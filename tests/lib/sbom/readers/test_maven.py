"""`pom.xml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.model import Known, Scope
from maximus.sbom.readers import maven
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


def pom(name: str, body: str, parent: str = "") -> str:
    """Return a pom of the group com.acme."""
    above = f"<parent><groupId>com.acme</groupId><artifactId>{parent}</artifactId><version>1</version></parent>"
    return (
        f"<project>{above if parent else ''}<groupId>com.acme</groupId><artifactId>{name}</artifactId>"
        f"<version>1</version>{body}</project>"
    )


def need(name: str, more: str = "") -> str:
    """Return a dependency of the group org.lib."""
    return f"<dependency><groupId>org.lib</groupId><artifactId>{name}</artifactId>{more}</dependency>"


def managing(*entries: str) -> str:
    """Return a list of decisions."""
    return f"<dependencyManagement><dependencies>{''.join(entries)}</dependencies></dependencyManagement>"


IMPORT = (
    "<dependency><groupId>com.acme</groupId><artifactId>{}</artifactId><version>1</version>"
    "<type>pom</type><scope>import</scope></dependency>"
)


def test_what_is_managed_has_its_scope_too(tmp_path: Path) -> None:
    """A library for tests is one where the parent says so; what the project says itself counts more."""
    above = managing(
        need("mock", "<version>5</version><scope>test</scope>"),
        need("api", "<version>2</version><scope>provided</scope>"),
        need("cache", "<version>3</version><optional>true</optional>"),
    )
    asked = need("mock") + need("api", "<scope>compile</scope>") + need("cache")
    files = {"pom.xml": pom("all", above), "app/pom.xml": pom("app", f"<dependencies>{asked}</dependencies>", "all")}
    found = by_name(inventory_of(tmp_path, files))
    assert {name: item.scopes for name, item in found.items()} == {
        "org.lib:mock 5": (Scope.TEST,),
        "org.lib:api 2": (Scope.RUNTIME,),
        "org.lib:cache 3": (Scope.OPTIONAL,),
    }


def test_a_list_of_versions_in_the_tree_is_imported(tmp_path: Path) -> None:
    """Through another one as well; what a pom and its parents say themselves counts more."""
    asked = need("a") + need("b") + need("c") + need("d")
    files = {
        "pom.xml": pom("all", managing(IMPORT.format("bom"), need("b", "<version>9</version>"))),
        "app/pom.xml": pom("app", f"<dependencies>{asked}</dependencies>", "all"),
        "lists/bom/pom.xml": pom(
            "bom",
            "<properties><a.version>1.1</a.version></properties>"
            + managing(
                need("a", "<version>${a.version}</version>"),
                need("b", "<version>2</version>"),
                IMPORT.format("more"),
                IMPORT.format("bom"),
                IMPORT.format("elsewhere"),
            ),
        ),
        "lists/more/pom.xml": pom(
            "more", managing(need("a", "<version>7</version>"), need("c", "<version>3</version>"))
        ),
    }
    made = inventory_of(tmp_path, files)
    assert set(by_name(made)) == {"org.lib:a 1.1", "org.lib:b 9", "org.lib:c 3"}
    assert [item.text.partition(" ")[0] for item in made.findings if item.kind == "unpinned"] == ["org.lib:d"]


def test_so_many_lists_are_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each names the next; what stands behind the limit decides nothing."""
    monkeypatch.setattr(maven, "_MAX_IMPORTS", 2)
    lists = {
        f"l{number}/pom.xml": pom(
            f"l{number}", managing(need(f"n{number}", "<version>1</version>"), IMPORT.format(f"l{number + 1}"))
        )
        for number in range(4)
    }
    asked = "".join(need(f"n{number}") for number in range(4))
    app = pom("app", managing(IMPORT.format("l0")) + f"<dependencies>{asked}</dependencies>")
    assert set(by_name(inventory_of(tmp_path, {"pom.xml": app, **lists}))) == {"org.lib:n0 1", "org.lib:n1 1"}


@pytest.mark.parametrize("version", ["LATEST", "RELEASE", "[1,2)", "(,3]"])
def test_a_range_is_no_version(tmp_path: Path, version: str) -> None:
    """Nor is a word for whatever is newest."""
    files = {"pom.xml": pom("app", f"<dependencies>{need('a', f'<version>{version}</version>')}</dependencies>")}
    made = inventory_of(tmp_path, files)
    assert (made.components, [item.kind for item in made.findings]) == ((), ["unpinned"])


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
