"""Overlays: read with all their faults, applied with their reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.sbom import checking, overlay, rendering
from maximus.sbom.overlay import MAX_ENTRIES, MAX_OVERLAY, read_overlay
from maximus.sbom.overlaying import apply_overlay
from tests.lib.sbom.samples import SAMPLES, inventory_of

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Component, Inventory

GOOD = """
add:
  - purl: pkg:generic/zlib@1.3.1
    reason: linked in by build.sh
    licence: Zlib
    producer: {name: Jean-loup Gailly, url: 'https://zlib.example'}
    hashes: {SHA-256: %s}
    needs: []
remove:
  - {purl: 'pkg:npm/zz', reason: never shipped}
"""


def faults_of(text: str, name: str = "overlay.yml") -> str:
    """Return what an overlay is refused for."""
    with pytest.raises(Error) as caught:
        read_overlay(text.encode(), name)
    assert (caught.value.code, caught.value.status) == ("SBOM055", ExitStatus.USAGE)
    return caught.value.why


@pytest.fixture
def tree(tmp_path: Path) -> Inventory:
    """Give the inventory of an npm lock."""
    return inventory_of(tmp_path / "app", SAMPLES["npm-3"])


def applied(tree: Inventory, **lists: list[dict[str, object]]) -> Inventory:
    """Return the inventory with an overlay, after judging that its documents are sound."""
    made = apply_overlay(tree, read_overlay(json.dumps(lists).encode(), "overlay.json"))
    rendered = rendering.render(made, seconds=0, tool_version="1")
    assert checking.judge_documents(rendered).status.value == "pass"
    assert checking.judge_references(rendered, made).reason == ""
    return made


def at(made: Inventory, purl: str) -> Component:
    """Return the component with a purl."""
    return next(item for item in made.components if item.purl == purl)


def test_yaml_and_json_say_the_same() -> None:
    """Both forms are read into the same entries, and hold to the schema."""
    text = GOOD % ("a" * 64)
    from_yaml = read_overlay(text.encode(), "overlay")
    document = {
        "add": [
            {
                "purl": "pkg:generic/zlib@1.3.1", "reason": "linked in by build.sh", "licence": "Zlib", "needs": [],
                "producer": {"name": "Jean-loup Gailly", "url": "https://zlib.example"},
                "hashes": {"SHA-256": "A" * 64},
            }
        ],
        "remove": [{"purl": "pkg:npm/zz", "reason": "never shipped"}],
    }  # fmt: skip
    documents.validate(document, "sbom-overlay", "it")
    from_json = read_overlay(json.dumps(document).encode(), "x.json")
    assert [item.purl for item in from_yaml.entries] == [item.purl for item in from_json.entries]
    assert from_yaml.entries[0].producer == from_json.entries[0].producer
    assert from_yaml.entries[0].digests[0].value == from_json.entries[0].digests[0].value == "a" * 64


def test_all_faults_at_once_with_the_nearest_key() -> None:
    """One run tells everything that is wrong, each with its place."""
    why = faults_of(
        "adds: []\n"
        "change:\n"
        "  - {purl: 'pkg:npm/a@1', license: MIT, licence: Apache License}\n"
        "  - {purl: nonsense, reason: x, scope: runtim}\n"
        "remove: [7]\n"
    )
    for said in (
        "did you mean add?", "did you mean licence?", "change[0] has no reason", "change[0].licence is no SPDX",
        "change[1].purl is no package URL", "did you mean runtime?", "remove[0] is no mapping",
    ):  # fmt: skip
        assert said in why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no mapping"),
        ("- a\n", ""),
        ("{}", "says nothing"),
        ("add: x", "add is no list"),
        ("add: []\nadd: []\n", "stands twice"),
        ("change: [{purl: 'pkg:npm/a', reason: x}]", "changes nothing"),
        ("add: [{purl: 'pkg:npm/a', reason: x}]", "has no version"),
        ("add: [{purl: 'pkg:npm/a@1', reason: '  '}]", "no reason"),
        ("add: [{purl: 'pkg:npm/a@1', reason: x, hashes: {SHA-256: ab}}]", "64 hexadecimal"),
        ("add: [{purl: 'pkg:npm/a@1', reason: x, hashes: {SHA256: ab}}]", "known are MD5, SHA-1"),
        ("add: [{purl: 'pkg:npm/a@1', reason: x, producer: {url: u}}]", "producer has no name"),
        ("add: [{purl: 'pkg:npm/a@1', reason: x, producer: {name: n, email: x y}}]", "email is no address"),
        ("add: [{purl: 'pkg:npm/a@1', reason: x, needs: pkg}]", "no list"),
        ("add: [" * 5000, ""),
        ("add: &a [*a]", ""),
        ("x" * (MAX_OVERLAY + 1), "larger than"),
        (f"remove: [{'a,' * (MAX_ENTRIES + 1)}]", f"at most {MAX_ENTRIES}"),
        (f"remove: [{'a,' * 60}]", "and 10 more"),
        (f"remove: [{{purl: 'pkg:npm/a', reason: {'x' * 9000}}}]", "longer than"),
    ],
)
def test_refuses_what_it_cannot_mean(text: str, said: str) -> None:
    """Bad input is a usage error that says what is wrong, never a traceback."""
    assert said in faults_of(text)


def test_schema_and_reader_know_the_same_keys() -> None:
    """A key that one of the two knows alone would be refused by an editor or by a run."""
    described = documents.schema("sbom-overlay")["properties"]
    assert set(described) == set(overlay._KEYS)
    for kind, keys in overlay._KEYS.items():
        assert set(described[kind]["items"]["properties"]) == set(keys)


def test_a_correction_is_marked_with_its_reason_and_what_was_before(tree: Inventory) -> None:
    """The new value is in both documents, and so are the reason and the old one."""
    purl = tree.components[0].purl
    made = applied(tree, change=[{"purl": purl, "reason": "read in its README", "licence": "ISC", "producer": "Ann"}])
    component = at(made, purl)
    assert [(claim.expression, claim.concluded) for claim in component.licences] == [("ISC", True)]
    assert not {gap.field for gap in component.gaps} & {"Component License", "Component Producer"}
    ((name, text),) = [note for note in component.notes if note[0] == "overlay"]
    assert text.startswith("changed licence, was ")
    assert text.endswith(": read in its README")
    rendered = rendering.render(made, seconds=0, tool_version="1")
    assert {"name": f"maximus:{name}", "value": text} in next(
        item for item in rendered.cyclonedx["components"] if item["purl"] == purl
    )["properties"]
    assert f"overlay: {text}" in json.dumps(rendered.spdx, ensure_ascii=False)


def test_another_version_keeps_the_edges(tree: Inventory) -> None:
    """The purl changes with the version, and whatever led to the component still does."""
    refs = {component.ref for component in tree.components}
    edge = next(edge for edge in tree.edges if edge.target in refs)
    made = applied(tree, change=[{"purl": edge.target, "reason": "patched", "version": "99.0.0"}])
    new = next(item for item in made.components if item.version == "99.0.0")
    assert (edge.source, new.ref) in {(item.source, item.target) for item in made.edges}
    assert edge.target not in {item.ref for item in made.components}


def test_removal_is_told_on_the_subject_and_nothing_floats(tree: Inventory) -> None:
    """What only the removed component needed stays, hung on a subject whose needs are then incomplete."""
    refs = {component.ref for component in tree.components}
    parent = next(edge for edge in tree.edges if edge.source in refs).source
    made = applied(tree, remove=[{"purl": parent, "reason": "not shipped"}])
    assert len(made.components) == len(tree.components) - 1
    assert ("overlay", f"removed {parent}: not shipped") in made.root.notes


def test_an_addition_hangs_where_it_is_said_to(tree: Inventory) -> None:
    """Without a word on who needs it the subject does; with one that component does."""
    parent = tree.components[0].purl
    made = applied(
        tree,
        add=[
            {"purl": "pkg:generic/zlib@1.3.1", "reason": "linked", "hashes": {"SHA-256": "a" * 64}, "needs": []},
            {
                "purl": "pkg:generic/deep@1",
                "reason": "inside",
                "needed-by": [parent],
                "needs": ["pkg:generic/zlib@1.3.1"],
            },
        ],
    )
    ends = {(edge.source, edge.target) for edge in made.edges}
    assert (tree.root.ref, "pkg:generic/zlib@1.3.1") in ends
    assert {(parent, "pkg:generic/deep@1"), ("pkg:generic/deep@1", "pkg:generic/zlib@1.3.1")} <= ends
    assert at(made, "pkg:generic/zlib@1.3.1").direct
    assert not at(made, "pkg:generic/deep@1").direct
    assert ("overlay", "added: linked") in at(made, "pkg:generic/zlib@1.3.1").notes


def test_entries_that_fit_nothing_are_named_all_at_once(tree: Inventory) -> None:
    """A stale correction must not pass unseen: it fails by place and purl, with the others."""
    purl = tree.components[0].purl
    with pytest.raises(Error) as caught:
        applied(
            tree,
            add=[{"purl": purl, "reason": "x"}, {"purl": "pkg:npm/q@1", "reason": "x", "needs": ["pkg:npm/none@1"]}],
            change=[{"purl": "pkg:npm/gone@1", "reason": "x", "licence": "MIT"}],
            remove=[{"purl": "pkg:npm/lost", "reason": "x"}],
        )
    assert (caught.value.code, caught.value.status) == ("SBOM056", ExitStatus.FAILED)
    assert caught.value.why.split("; ") == [
        "remove[0] fits nothing: pkg:npm/lost", "change[0] fits nothing: pkg:npm/gone@1",
        f"add[0] is in the inventory already, use `change`: {purl}", "add[1].needs fits nothing: pkg:npm/none@1",
    ]  # fmt: skip
