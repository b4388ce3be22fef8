"""What commits and pull requests make together, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.changes import Change, Person, RangeCommit
from maximus.github.ranges import Walk, Wanted, assemble, branches_of_merges, derive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOME = "acme/app"


def commit(oid: str, *parents: str, message: str = "x", changes: tuple[str, ...] = ()) -> RangeCommit:
    """Return a commit of Ada's."""
    ada = Person(name="Ada", login="ada")
    return RangeCommit(oid, (ada,), changes, message, "2026-01-01T00:00:00Z", parents)


def direct(*commits: RangeCommit, found: Mapping[int, Change] | None = None) -> list[Change]:
    """Return the changes of a walk that lists direct commits."""
    walk = Walk("refs/tags/v1", commits)
    return list(assemble(HOME, "https://github.com", walk, found or {}, Wanted(direct=True)).changes)


def test_a_commit_without_a_pull_request_is_a_change_of_its_own() -> None:
    """Its subject is the title, its author the author; it has no labels."""
    [change] = direct(commit("a" * 40, "0", message="feat: add x\n\nWhy it is there."))
    assert (change.title, change.number, change.labels, change.body) == ("feat: add x", None, (), "Why it is there.")
    assert change.author == Person(login="ada", url="https://github.com/ada")
    assert change.url == f"https://github.com/acme/app/commit/{'a' * 40}"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (commit("b", "0", changes=("acme/app#1",)), "it belongs to a pull request"),
        (commit("m", "0"), "it is a pull request's merge commit"),
        (commit("b", "0", "1"), "it is a merge"),
    ],
)
def test_commits_that_a_pull_request_stands_for_are_not_listed(given: RangeCommit, why: str) -> None:
    """A change is listed once: its pull request, or its commit."""
    listed = direct(given, found={1: Change("One", 1, commit="m", repository=HOME)})
    assert [change for change in listed if change.number is None] == [], why


def test_a_commit_of_an_open_pull_request_is_a_direct_one() -> None:
    """What GitHub ties it to was never merged, so nothing else stands for it."""
    assert [change.commit for change in direct(commit("b", "0", changes=("acme/app#9",)))] == ["b"]


def test_a_breaking_footer_gives_the_label_that_the_default_configuration_looks_for() -> None:
    """As for notes without a server."""
    [change] = direct(commit("b", "0", message="fix: x\n\nBREAKING CHANGE: y is gone"))
    assert change.labels == ("breaking",)


def test_direct_commits_and_pull_requests_stand_in_the_order_of_the_commits() -> None:
    """So that ties of time keep it."""
    found = {1: Change("One", 1, commit="b", repository=HOME)}
    listed = direct(commit("a", "0"), commit("b", "a"), commit("c", "b"), found=found)
    assert [change.number or change.commit for change in listed] == ["a", 1, "c"]


def test_what_a_merge_brought_in_belongs_to_its_pull_request() -> None:
    """Its second parent's line, as far as the first has not got it."""
    #  0 - a ------- m - n     m merges b and c, n merges d, which began at a
    #   \- b - c --/    /
    #       a - d -----/
    commits = [commit("a", "0"), commit("b", "0"), commit("c", "b"), commit("m", "a", "c"), commit("d", "a")]
    found = branches_of_merges([*commits, commit("n", "m", "d")], {"m": 1, "n": 2})
    assert found == {"m": {1}, "b": {1}, "c": {1}, "n": {2}, "d": {2}}


def test_a_merge_inside_a_branch_belongs_to_both() -> None:
    """A pull request against another's branch: its commits came in with it, and then with the other."""
    commits = [commit("a", "0"), commit("b", "0"), commit("s", "b"), commit("i", "b", "s"), commit("m", "a", "i")]
    found = branches_of_merges(commits, {"m": 1, "i": 2})
    assert found == {"m": {1}, "b": {1}, "i": {1, 2}, "s": {1, 2}}


LINE = [commit("b", "a"), commit("c", "b"), commit("d", "c")]
"""Behind the release on `a`."""


@pytest.mark.parametrize(("tip", "left"), [("a", ["b", "c", "d"]), ("b", ["c", "d"]), ("c", ["d"]), ("d", [])])
def test_a_nearer_release_is_cut_out_of_a_wider_walk(tip: str, left: list[str]) -> None:
    """One commit graph for several configurations."""
    cut = derive(Walk("wide", tuple(LINE)), "a", "near", tip)
    assert cut is not None
    assert (cut.base, [one.id for one in cut.commits]) == ("near", left)


@pytest.mark.parametrize(
    ("commits", "tip", "why"),
    [
        (LINE, "z", "the release does not lie on the walk"),
        ([commit("b", "o"), commit("c", "b")], "c", "the wide release is no ancestor of the near one"),
        ([RangeCommit("b"), RangeCommit("c")], "b", "the parents are not known"),
    ],
)
def test_what_cannot_be_cut_out_exactly_is_not(commits: Sequence[RangeCommit], tip: str, why: str) -> None:
    """It is read by itself then."""
    assert derive(Walk("wide", tuple(commits)), "a", "near", tip) is None, why


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True), min_size=2, max_size=12), st.data())
def test_cutting_out_is_exact_in_any_graph(parents: list[list[int]], data: st.DataObject) -> None:
    """Compared with what each release reaches, worked out by itself."""
    graph: dict[int, list[int]] = {0: []} | {
        index: sorted({parent % index for parent in above}) for index, above in enumerate(parents, 1)
    }
    head = len(graph) - 1
    wide, near = data.draw(st.integers(0, head)), data.draw(st.integers(0, head))

    def reach(oid: int) -> set[int]:
        return {oid}.union(*(reach(parent) for parent in graph[oid]))

    def walk(base: int) -> list[str]:
        return [str(oid) for oid in sorted(reach(head) - reach(base))]

    commits = tuple(commit(oid, *(str(parent) for parent in graph[int(oid)])) for oid in walk(wide))
    cut = derive(Walk("wide", commits), str(wide), "near", str(near))
    assert cut is None or [one.id for one in cut.commits] == walk(near)


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True), min_size=1, max_size=14), st.data())
def test_what_a_merge_brought_in_is_what_its_first_parent_has_not(
    parents: list[list[int]], data: st.DataObject
) -> None:
    """In any graph, along the main line and beside it, compared with what the parents reach."""
    graph: dict[int, list[int]] = {0: []}
    graph |= {index: list(dict.fromkeys(parent % index for parent in above)) for index, above in enumerate(parents, 1)}
    merges = data.draw(st.sets(st.sampled_from(sorted(graph))))

    def reach(oid: int) -> set[int]:
        return {oid}.union(*(reach(parent) for parent in graph[oid]))

    expected: dict[str, set[int]] = {str(oid): {oid} for oid in merges}
    for oid in merges:
        first, *others = graph[oid] or [-1]
        for other in others:
            for member in reach(other) - reach(first):
                expected.setdefault(str(member), set()).add(oid)
    commits = [commit(str(oid), *(str(parent) for parent in above)) for oid, above in graph.items()]
    assert branches_of_merges(commits, {str(oid): oid for oid in merges}) == expected
