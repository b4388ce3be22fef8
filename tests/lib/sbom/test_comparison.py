"""Two inventories compared."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from maximus import documents
from maximus.errors import Error
from maximus.sbom import paths, rendering
from maximus.sbom.baseline import Entry, entries_in, entries_of
from maximus.sbom.comparison import Change, Class, compare
from maximus.sbom.difference import Base, as_document, as_markdown
from maximus.sbom.ordering import is_newer, step
from maximus.sbom.paths import ways_in
from tests.lib.sbom.samples import SAMPLES, inventory_of

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 64, "b" * 64
BASE = Base("file", "old.json", sha256=A)


def entry(version: str, *, name: str = "npm/x", digests: tuple[tuple[str, str, str], ...] = (), **more: Any) -> Entry:  # noqa: ANN401 - an entry's own fields
    """Return a package of this version."""
    return Entry(f"pkg:{name}", f"pkg:{name}@{version}", version, frozenset(digests), **more)


def told(before: list[Entry], after: list[Entry]) -> list[tuple[str, str, str]]:
    """Return what changed as class, before and after."""
    return [(item.kind.value, item.before, item.after) for item in compare(before, after).changes]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_inventory_is_told_as_its_document_is(name: str, tmp_path: Path) -> None:
    """A comparison with a tag makes no document, and says the same as one with the document of that tag."""
    made = inventory_of(tmp_path, SAMPLES[name])
    document = rendering.render(made, seconds=0, tool_version="1.0.0").cyclonedx

    assert entries_in(made, "maximus 1.0.0") == entries_of(document, "sbom.cdx.json")


def test_packages_are_a_multiset() -> None:
    """{1.0, 2.0} -> {1.0, 2.1} is one upgrade and one package unchanged; a lost one is removed."""
    both = [entry("1.0.0"), entry("2.0.0")]
    assert told(both, [entry("1.0.0"), entry("2.1.0")]) == [("upgraded", "2.0.0", "2.1.0")]
    assert told(both, [entry("1.0.0")]) == [("removed", "2.0.0", "")]


def test_the_nearest_versions_are_paired() -> None:
    """What is left over is added, and not taken for the upgrade of something far away."""
    assert told([entry("4.1.0")], [entry("1.0.0"), entry("4.2.0")]) == [
        ("upgraded", "4.1.0", "4.2.0"),
        ("added", "", "1.0.0"),
    ]


def test_a_lower_version_is_a_downgrade_and_commits_have_no_order() -> None:
    """By the ecosystem's own order: 1.10 is above 1.9."""
    assert told([entry("1.10.0")], [entry("1.9.0")]) == [("downgraded", "1.10.0", "1.9.0")]
    assert told([entry("c" * 40)], [entry("d" * 40)]) == [("version-changed", "c" * 40, "d" * 40)]


def test_the_same_version_with_another_hash_is_an_alarm() -> None:
    """The same file and algorithm with no common value; it stands first."""
    old = [entry("1.0.0", digests=(("x.tgz", "SHA256", A),)), entry("1.0.0", name="npm/a")]
    new = [entry("1.0.0", digests=(("x.tgz", "SHA256", B),))]
    assert told(old, new) == [
        ("hash-changed", f"x.tgz SHA256:{A}", f"x.tgz SHA256:{B}"),
        ("removed", "1.0.0", ""),
    ]


@pytest.mark.parametrize(
    ("before", "after", "alarm"),
    [
        ((("x.tgz", "SHA1", A),), (("x.tgz", "SHA256", B),), False),
        ((), (("x.tgz", "SHA256", B),), False),
        ((("x.whl", "SHA256", A),), (("x.whl", "SHA256", A), ("y.whl", "SHA256", B)), False),
        ((("x.whl", "SHA256", A),), (("x.tar.gz", "SHA256", B),), False),
        ((("", "SHA256", A),), (("x.whl", "SHA256", A), ("y.whl", "SHA256", B)), False),
        ((("", "SHA256", A),), (("x.whl", "SHA256", B),), True),
    ],
)
def test_only_contradicting_digests_are_an_alarm(
    before: tuple[tuple[str, str, str], ...], after: tuple[tuple[str, str, str], ...], *, alarm: bool
) -> None:
    """Another algorithm, a digest that is new, another file or one file more contradict nothing."""
    found = compare([entry("1", digests=before)], [entry("1", digests=after)])
    assert [item.kind for item in found.changes] == ([Class.HASH_CHANGED] if alarm else [])


def test_licence_and_scope_changes_are_told_where_both_sides_know() -> None:
    """Had none and has one is a gain in completeness, not a change."""
    old = entry("1", licence="MIT", scope="excluded")
    assert told([old], [entry("1", licence="BUSL-1.1", scope="required")]) == [
        ("licence-changed", "MIT", "BUSL-1.1"),
        ("scope-changed", "excluded", "required"),
    ]
    found = compare([entry("1")], [old])
    assert found.changes == ()
    assert (found.before.licences, found.after.licences) == (0, 1)


def test_direct_changes_stand_before_others_of_their_class() -> None:
    """What somebody asked for is of more interest."""
    new = [entry("1", name="npm/a", direct=False), entry("1", name="npm/z", direct=True)]
    assert [item.purl for item in compare([], new).changes] == ["pkg:npm/z@1", "pkg:npm/a@1"]


versions = st.lists(st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "3.0.0"]), max_size=6)


@given(versions, versions)
def test_nothing_is_lost_or_invented(before: list[str], after: list[str]) -> None:
    """Added less removed is the difference in number, and nothing changed between equals."""
    old, new = [entry(item) for item in before], [entry(item) for item in after]
    counts = compare(old, new).counts()
    assert counts[Class.ADDED] - counts[Class.REMOVED] == len(after) - len(before)
    assert (counts[Class.ADDED] and counts[Class.REMOVED]) == 0
    assert compare(old, list(reversed(old))).changes == ()


@given(
    st.tuples(*[st.integers(0, 30)] * 3),
    st.sampled_from(["", "a1", "rc2", ".post1", ".dev3", "a1.dev2", "+local"]),
    st.tuples(*[st.integers(0, 30)] * 3),
    st.sampled_from(["", "a1", "rc2", ".post1", ".dev3", "a1.dev2", "+local"]),
)
def test_python_versions_are_ordered_as_packaging_orders_them(
    one: tuple[int, ...], end: str, two: tuple[int, ...], other: str
) -> None:
    """PEP 440, with that library as judge."""
    left, right = ".".join(map(str, one)) + end, ".".join(map(str, two)) + other
    expected = None if Version(left) == Version(right) else Version(right) > Version(left)
    assert is_newer("pypi", left, right) is expected


def test_versions_are_ordered_as_semver_orders_them() -> None:
    """The example of semver.org, section 11."""
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
               "1.0.0-rc.1", "1.0.0"]  # fmt: skip
    assert all(is_newer("npm", a, b) for a, b in itertools.pairwise(ordered))


@pytest.mark.parametrize(
    ("kind", "before", "after", "number"),
    [
        ("npm", "1.2.3", "2.0.0", "major"),
        ("pypi", "1.2", "1.3", "minor"),
        ("cargo", "1.2.3", "1.2.4", "patch"),
        ("npm", "1.0.0-rc.1", "1.0.0", "other"),
    ],
)
def test_the_first_number_that_changed(kind: str, before: str, after: str, number: str) -> None:
    """Major, minor, patch, or none of them."""
    assert step(kind, before, after) == number


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_both_formats_of_one_inventory_are_equal(tmp_path: Path, sample: str) -> None:
    """Our own documents, read back in either format, differ in nothing; and the comparison is valid."""
    made = rendering.render(inventory_of(tmp_path, SAMPLES[sample]), seconds=0, tool_version="1.0.0")
    cdx, spdx = entries_of(made.cyclonedx, "cdx"), entries_of(made.spdx, "spdx")
    assert cdx.unnamed == spdx.unnamed == 0
    assert len(cdx.entries) == len(made.cyclonedx["components"])
    found = compare(spdx.entries, cdx.entries)
    assert found.changes == ()
    assert documents.faults(as_document(BASE, found), "sbom-diff") == ()


def test_a_changed_digest_in_a_document_is_found(tmp_path: Path) -> None:
    """From whole documents: one digest flipped is one alarm."""
    made = rendering.render(inventory_of(tmp_path, SAMPLES["cargo-4"]), seconds=0, tool_version="1").cyclonedx
    other = copy.deepcopy(made)
    changed = next(item for item in other["components"] if item.get("hashes"))
    for holder in (changed, *changed["externalReferences"]):
        if "hashes" in holder:
            holder["hashes"][0]["content"] = "0" * 64
    (alarm,) = compare(entries_of(made, "old").entries, entries_of(other, "new").entries).changes
    assert (alarm.kind, alarm.purl) == (Class.HASH_CHANGED, changed["purl"])


def test_where_a_package_came_from_is_not_which_it_is() -> None:
    """Two commits of one repository are one package with two versions."""
    found = [
        entries_of(
            {"bomFormat": "CycloneDX", "components": [{"purl": f"pkg:npm/x@{v}?vcs_url=git%2Bhttps://h/x%40{v}"}]}, "x"
        )
        for v in ("1.0.0", "1.0.1")
    ]
    assert told(list(found[0].entries), list(found[1].entries)) == [("upgraded", "1.0.0", "1.0.1")]


def test_components_without_a_purl_are_counted() -> None:
    """What cannot be compared is said."""
    listed = entries_of({"bomFormat": "CycloneDX", "components": [{"name": "x"}, {"purl": "nonsense"}]}, "x")
    assert (listed.entries, listed.unnamed) == ((), 2)


@pytest.mark.parametrize("document", [[], {}, {"spdxVersion": "SPDX-3.0"}, "CycloneDX", {"bomFormat": "x"}])
def test_another_document_is_no_base(document: object) -> None:
    """Neither format: refused by name."""
    with pytest.raises(Error) as raised:
        entries_of(document, "x.json")
    assert raised.value.code == "SBOM016"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda item: st.lists(item, max_size=3) | st.dictionaries(st.text(max_size=5), item, max_size=3),
    max_leaves=8,
)
FIELDS = ("purl", "hashes", "licenses", "externalReferences", "properties", "components", "scope")
SPDX_FIELDS = ("externalRefs", "checksums", "annotations", "licenseDeclared", "SPDXID", "packageFileName")


@given(
    st.dictionaries(st.sampled_from(FIELDS), json_values), st.dictionaries(st.sampled_from(SPDX_FIELDS), json_values)
)
def test_no_document_is_a_traceback(component: dict[str, Any], package: dict[str, Any]) -> None:
    """Whatever stands in the fields of a stranger's document, it is read or passed over."""
    entries_of({"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/a@1", **component}]}, "x")
    purl = {"referenceType": "purl", "referenceLocator": "pkg:npm/a@1"}
    entries_of({"spdxVersion": "SPDX-2.3", "packages": [{"externalRefs": [purl], **package}]}, "x")


def test_hostile_names_stay_text_in_markdown() -> None:
    """A version that looks like a cell or a mention changes nothing of the table."""
    text = as_markdown(BASE, compare([], [entry("1|@octo\n<b>")]))
    assert "<b>" not in text
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 3


def test_a_first_release_says_so() -> None:
    """It is never an empty comparison."""
    base = Base("none", "v1")
    assert "first release" in as_markdown(base, None)
    made = as_document(base, None)
    assert (made["first_release"], "changes" in made) == (True, False)
    assert documents.faults(made, "sbom-diff") == ()


def test_a_cut_table_says_how_much_it_cuts() -> None:
    """The JSON has all rows, the Markdown the first 200."""
    found = compare([], [entry("1", name=f"npm/p{number}") for number in range(250)])
    assert as_markdown(BASE, found).count("\n| added") == 200
    assert "Showing 200 of 250: 50 rows are cut" in as_markdown(BASE, found)
    assert len(as_document(BASE, found)["changes"]) == 250


def test_a_record_leaves_out_what_is_not_known() -> None:
    """Empty fields are no claims."""
    found = compare([], [entry("1")])
    assert found.changes == (Change(Class.ADDED, "pkg:npm/x@1", after="1", version="1"),)
    assert as_document(BASE, found)["changes"] == [
        {"class": "added", "purl": "pkg:npm/x@1", "after": "1", "version": "1"}
    ]


def test_the_same_bytes_under_another_purl_are_a_rename() -> None:
    """By a digest that cannot be made to order; each former package becomes one other at most."""
    old = [entry("1.0.0", name="npm/left", digests=(("left.tgz", "SHA256", A),))]
    new = [entry("1.0.0", name=f"npm/%40s/{name}", digests=(("left.tgz", "SHA256", A),)) for name in ("left", "right")]
    assert told(old, new) == [
        ("added", "", "1.0.0"),
        ("renamed", "pkg:npm/left@1.0.0", "pkg:npm/%40s/left@1.0.0"),
    ]
    weak = (
        [entry("1", name="npm/a", digests=(("", "SHA1", A),))],
        [entry("1", name="npm/b", digests=(("", "SHA1", A),))],
    )
    assert [kind for kind, *_ in told(*weak)] == ["added", "removed"]


def test_another_producer_and_another_source_are_told() -> None:
    """Where both sides say who and where from; another version from the same host is no other source."""
    old = entry("1", producer="Ada", source="files.example")
    assert told([old], [entry("1", producer="Eve", source="mirror.example")]) == [
        ("producer-changed", "Ada", "Eve"),
        ("source-changed", "files.example", "mirror.example"),
    ]
    assert told([old], [entry("1")]) == []


def test_where_a_package_comes_from_is_the_host_or_the_repository() -> None:
    """The path of a file changes with every version, and a commit does too."""
    component = {
        "purl": "pkg:npm/x@1",
        "externalReferences": [{"type": "distribution", "url": "https://user:pw@Files.example/x/-/x-1.tgz"}],
    }
    listed = entries_of({"bomFormat": "CycloneDX", "components": [component]}, "x")
    assert [item.source for item in listed.entries] == ["files.example"]


def test_direct_and_transitive_are_told_with_the_way() -> None:
    """What is now needed by others only names who needs it."""
    ways = {"pkg:npm/x@1": ("pkg:npm/top@1", "pkg:npm/mid@1", "pkg:npm/x@1")}
    found = compare([entry("1", direct=True)], [entry("1", direct=False)], ways)
    (change,) = found.changes
    assert (change.kind, change.before, change.after) == (Class.DIRECT_CHANGED, "direct", "transitive")
    assert as_document(BASE, found)["changes"][0]["why"] == list(ways["pkg:npm/x@1"])
    assert "transitively, by `pkg:npm/mid@1` for `pkg:npm/top@1`" in as_markdown(BASE, found)
    back = compare([entry("1", direct=False)], [entry("1", direct=True)], ways).changes[0]
    assert (back.before, back.after, back.why) == ("transitive", "direct", ())


def test_the_way_to_a_package_is_the_shortest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a direct need to the package, in a whole document; rings end, and a long way is left out."""
    made = rendering.render(inventory_of(tmp_path, SAMPLES["npm-3"]), seconds=0, tool_version="1").cyclonedx
    found = ways_in(made)
    assert set(found) == {item["purl"] for item in made["components"]}
    direct = {
        item["purl"] for item in made["components"] if {"name": "maximus:direct", "value": "true"} in item["properties"]
    }
    needs = {item["ref"]: item["dependsOn"] for item in made["dependencies"]}
    for purl, way in found.items():
        assert way[-1] == purl
        assert way[0] in direct
        assert all(after in needs[before] for before, after in itertools.pairwise(way))
    assert any(len(way) > 1 for way in found.values())
    monkeypatch.setattr(paths, "MAX_STEPS", 1)
    assert all(len(way) == 1 for way in ways_in(made).values())


def test_completeness_is_told_as_a_share() -> None:
    """More of everything is no more complete; a digest where there was none is."""
    old = [entry("1", digests=(("x", "SHA256", A),)), entry("1", name="npm/y")]
    new = [old[0], entry("1", name="npm/y", digests=(("y", "SHA256", B),), edges=True)]
    text = as_markdown(BASE, compare(old, new))
    assert "Known: hashes 1/2 before, 2/2 now; what they need 0/2 before, 1/2 now." in text
    assert "Known" not in as_markdown(BASE, compare(old, old))


def test_another_tool_or_another_time_is_said_above_the_table() -> None:
    """Part of the difference may come from there."""
    text = as_markdown(Base("file", "old.json", tool="other 1", phase="build"), compare([], [entry("1")]))
    assert text.index("by `other 1` and at another time of its life (`build`)") < text.index("| added")


@pytest.mark.parametrize(
    ("document", "tool", "phase"),
    [
        ({"metadata": {"tools": [{"name": "a", "version": "1"}]}}, "a 1", ""),
        (
            {"metadata": {"tools": {"components": [{"name": "a"}]}, "lifecycles": [{"phase": "build"}]}},
            "a",
            "build",
        ),
        (
            {"spdxVersion": "SPDX-2.3", "creationInfo": {"creators": ["Tool: a-1"], "comment": "SBOM Type: Source"}},
            "a 1",
            "pre-build",
        ),
        ({"metadata": {"tools": 5, "lifecycles": "x"}}, "", ""),
    ],
)
def test_who_wrote_a_document_and_when(document: dict[str, Any], tool: str, phase: str) -> None:
    """In each form that either format has for it."""
    found = entries_of({"bomFormat": "CycloneDX" if "metadata" in document else "", **document}, "x")
    assert (found.tool, found.phase) == (tool, phase)
