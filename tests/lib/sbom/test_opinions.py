"""Two generators' documents held against each other."""

from __future__ import annotations

from typing import Any

import pytest

from maximus import documents
from maximus.sbom.baseline import Listed, entries_of
from maximus.sbom.opinions import Other, Sort, as_document, compare_opinions, judge_opinion
from maximus.verdict import Status


def listed(*components: dict[str, Any] | str) -> Listed:
    """Return the packages of a CycloneDX document with these components."""
    made = [{"purl": item} if isinstance(item, str) else item for item in components]
    return entries_of({"bomFormat": "CycloneDX", "components": made}, "other.json")


def sorts(ours: Listed, theirs: Listed) -> list[tuple[str, str]]:
    """Return sort and purl of every disagreement."""
    return [(item.sort.value, item.purl) for item in compare_opinions(ours, theirs).disagreements]


def hashed(purl: str, *digests: tuple[str, str]) -> dict[str, Any]:
    """Return a component with digests."""
    return {"purl": purl, "hashes": [{"alg": name, "content": value} for name, value in digests]}


def licensed(purl: str, expression: str) -> dict[str, Any]:
    """Return a component with a licence."""
    return {"purl": purl, "licenses": [{"expression": expression}]}


def test_tells_what_only_one_side_has() -> None:
    """A package of one document alone is named with the side that has it."""
    ours, theirs = listed("pkg:npm/a@1", "pkg:npm/b@1"), listed("pkg:npm/b@1", "pkg:npm/c@1")
    assert sorts(ours, theirs) == [("only-here", "pkg:npm/a@1"), ("only-there", "pkg:npm/c@1")]
    assert compare_opinions(ours, theirs).shared == 1


def test_another_version_is_one_difference_and_what_is_left_over_is_missing() -> None:
    """Two versions here and three others there are two pairs and one that is there alone."""
    ours = listed("pkg:npm/a@1", "pkg:npm/a@2", "pkg:npm/a@9")
    theirs = listed("pkg:npm/a@3", "pkg:npm/a@4", "pkg:npm/a@5", "pkg:npm/a@9")
    assert sorts(ours, theirs) == [
        ("version", "pkg:npm/a@1"), ("version", "pkg:npm/a@2"), ("only-there", "pkg:npm/a@5"),
    ]  # fmt: skip


def test_compares_digests_of_the_same_algorithm_only() -> None:
    """A SHA-1 there says nothing about a SHA-256 here; of several files one in common is enough."""
    ours = listed(hashed("pkg:npm/a@1", ("SHA-256", "A" * 64)), hashed("pkg:npm/b@1", ("SHA-256", "a" * 64)),
                  hashed("pkg:npm/c@1", ("SHA-256", "a" * 64), ("SHA-256", "b" * 64)))  # fmt: skip
    theirs = listed(hashed("pkg:npm/a@1", ("SHA-1", "c" * 40)), hashed("pkg:npm/b@1", ("SHA-256", "c" * 64)),
                    hashed("pkg:npm/c@1", ("SHA-256", "b" * 64)))  # fmt: skip
    found = compare_opinions(ours, theirs)
    assert [(item.sort, item.purl) for item in found.disagreements] == [(Sort.HASH, "pkg:npm/b@1")]
    assert found.compared[Sort.HASH] == 2
    assert (found.disagreements[0].here, found.disagreements[0].there) == (f"SHA256:{'a' * 64}", f"SHA256:{'c' * 64}")


@pytest.mark.parametrize(
    ("mine", "other", "count"),
    [
        ("MIT OR Apache-2.0", "Apache-2.0 OR MIT", 0),
        ("(MIT OR CC0-1.0)", "MIT OR CC0-1.0", 0),
        ("(MIT OR CC0-1.0) AND ISC", "MIT OR CC0-1.0", 1),
        ("(MIT OR CC0-1.0) AND (ISC)", "MIT OR CC0-1.0) AND (ISC", 1),
        ("MIT", "mit", 0),
        ("MIT", "BSD-3-Clause", 1),
        ("MIT", "", 0),
    ],
)
def test_compares_licences_where_both_state_one(mine: str, other: str, count: int) -> None:
    """The order of a choice, brackets around it and the case of an identifier make no difference, nor does silence."""
    found = compare_opinions(listed(licensed("pkg:npm/a@1", mine)), listed(licensed("pkg:npm/a@1", other)))
    assert found.counts()[Sort.LICENCE] == count
    assert found.compared[Sort.LICENCE] == (1 if other else 0)


def test_knows_one_package_under_the_spellings_of_two_generators() -> None:
    """Qualifiers, and the last part of a Go module's path told as a subpath, make no other package."""
    ours = listed("pkg:golang/github.com/x/y/v2@v2.0.0", "pkg:deb/debian/z@1?arch=amd64")
    theirs = listed("pkg:golang/github.com/x/y@v2.0.0#v2", "pkg:deb/debian/z@1?arch=amd64&distro=debian-13")
    assert sorts(ours, theirs) == []


def test_a_gem_of_a_platform_is_one_whether_its_purl_or_its_version_says_so() -> None:
    """Without a platform it is another file of the same version."""
    ours = listed("pkg:gem/ffi@1.17.4", "pkg:gem/ffi@1.17.4?platform=arm64-darwin")
    assert sorts(ours, listed("pkg:gem/ffi@1.17.4", "pkg:gem/ffi@1.17.4-arm64-darwin")) == []
    assert sorts(ours, listed("pkg:gem/ffi@1.17.4")) == [("only-here", "pkg:gem/ffi@1.17.4?platform=arm64-darwin")]


def test_a_swift_package_whose_name_stands_twice_is_the_same() -> None:
    """As another generator of these days writes it; names of hosts and owners have no case."""
    ours = listed("pkg:swift/github.com/Apple/swift-log@1.5.0", "pkg:swift/github.com/vapor/vapor@4.0.0")
    theirs = listed(
        "pkg:swift/github.com/apple/swift-log.git/swift-log@1.5.0", "pkg:swift/github.com/vapor/vapor/vapor@4.0.0"
    )
    found = compare_opinions(ours, theirs)
    assert (found.shared, found.disagreements) == (2, ())


def test_what_is_generic_is_known_by_its_qualifiers() -> None:
    """Two downloads of one name from two places are two packages."""
    ours, theirs = listed("pkg:generic/a@1?channel=x"), listed("pkg:generic/a@1?channel=y")
    assert [sort for sort, _ in sorts(ours, theirs)] == ["only-here", "only-there"]


def test_counts_what_repeats_and_what_cannot_be_compared() -> None:
    """Components without a purl and repeated ones are counted apart, and are no packages."""
    found = compare_opinions(listed("pkg:npm/a@1"), listed("pkg:npm/a@1", "pkg:npm/a@1", {"name": "x"}))
    assert (found.there.packages, found.there.repeated, found.there.unnamed) == (1, 1, 1)


def test_differences_pass_unless_they_are_refused() -> None:
    """The verdict tells how many there are; only a refused class fails."""
    found = compare_opinions(listed("pkg:npm/a@1", "pkg:npm/b@1"), listed("pkg:npm/b@1"))
    told, allowed, refused = judge_opinion(found), judge_opinion(found, ["hash"]), judge_opinion(found, ["only-here"])
    assert (told.status, told.measured, told.threshold) == (Status.PASS, 1, None)
    assert (allowed.status, allowed.measured) == (Status.PASS, 0)
    assert (refused.status, refused.measured, refused.code) == (Status.FAIL, 1, "SBOM051")


@pytest.mark.parametrize("theirs", [(), ("pkg:npm/other@1",), ({"name": "a"},)])
def test_nothing_in_common_is_unmeasured(theirs: tuple[Any, ...]) -> None:
    """An empty document, one of something else and one without purls compare nothing."""
    assert judge_opinion(compare_opinions(listed("pkg:npm/a@1"), listed(*theirs))).status is Status.UNMEASURED


def test_the_document_holds_to_its_schema() -> None:
    """Every sort of difference at once is a valid document."""
    ours = listed(
        hashed("pkg:npm/a@1", ("SHA-256", "a" * 64)), "pkg:npm/b@1", licensed("pkg:npm/c@1", "MIT"), "pkg:npm/e"
    )
    theirs = listed(hashed("pkg:npm/a@1", ("SHA-256", "b" * 64)), "pkg:npm/d@1", licensed("pkg:npm/c@1", "ISC"),
                    "pkg:npm/e@2")  # fmt: skip
    made = as_document(Other("other.json", "0" * 64, "syft 1"), compare_opinions(ours, theirs))
    documents.validate(made, "sbom-cross-check", "it")
    assert made["counts"] == {"hash": 1, "version": 1, "only-here": 1, "only-there": 1, "licence": 1}
    assert made["differences"][1] == {"class": "version", "purl": "pkg:npm/e", "here": "no version", "there": "2"}
