"""Which release counts as the last, and which draft is updated."""

from __future__ import annotations

import pytest

from maximus.changes import Release
from maximus.errors import Error, ExitStatus
from maximus.notes.baseline import MAX_RANGE, Filters, choose_baseline, compare_tags


def last(*tags: str, filters: Filters | None = None) -> str | None:
    """Return the tag of the last release among tags, created one after the other."""
    releases = [Release(tag, id=n, created_at=f"2026-01-{n:02}T00:00:00Z") for n, tag in enumerate(tags, start=1)]
    found = choose_baseline(releases, filters or Filters()).last
    return found.tag if found else None


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ("v1.10.0", "v1.9.0", 1),
        ("1.0", "1.0.0", 0),
        ("1.x", "1.7", 0),
        ("1.0.0-rc.1", "1.0.0", -1),
        ("1.0.0-rc.2", "1.0.0-rc.10", -1),
        ("1.0.0-alpha", "1.0.0-beta", -1),
        ("1.0.0-1", "1.0.0-a", -1),
        ("1.0.0+a", "1.0.0+b", 0),
        ("2030.01.05", "2030.1.4", 1),
        ("1.2.3.4", "1.2.3", 1),
        ("nightly", "1.0.0", None),
        ("1.0-rc", "1.0.0", None),
        ("app/1.0.0", "1.0.0", None),
    ],
)
def test_tags_compare_part_by_part(one: str, other: str, order: int | None) -> None:
    """Dotted numbers of one to four parts; what has no such form does not compare."""
    assert compare_tags(one, other) == order


def test_the_highest_tag_is_the_last_release() -> None:
    """Whatever the order in which they were made."""
    assert last("v1.9.0", "v1.10.0", "v1.2.0") == "v1.10.0"


def test_a_tag_without_a_version_never_beats_one_with() -> None:
    """A fresh `nightly` would start the version at zero again."""
    assert last("v1.0.0", "nightly") == "v1.0.0"


def test_without_any_version_the_newest_counts() -> None:
    """Dates decide where tags cannot."""
    assert last("spring", "autumn") == "autumn"


def test_only_tags_with_the_prefix_count() -> None:
    """A repository of several parts has a prefix for each."""
    assert last("a-1.0.0", "b-2.0.0", filters=Filters(tag_prefix="a-")) == "a-1.0.0"


@pytest.mark.parametrize(
    ("text", "tag"), [("1.x", "v1.5.0"), ("*", "v2.0.0"), ("<1.2", "v1.0.0"), ("1.0.0 - 1.4", "v1.0.0"), (">=3", None)]
)
def test_a_range_filters_by_the_tags_version(text: str, tag: str | None) -> None:
    """Node's ranges; `*` is none."""
    assert last("v1.0.0", "v1.5.0", "v2.0.0", filters=Filters(version_range=text)) == tag


def test_a_range_that_is_none_is_a_usage_error() -> None:
    """`latest` is a name, no range."""
    with pytest.raises(Error) as caught:
        last("v1.0.0", filters=Filters(version_range="latest"))
    assert (caught.value.code, caught.value.status) == ("NOTES011", ExitStatus.USAGE)


def test_a_range_of_blanks_is_read_like_one_blank() -> None:
    """Runs of them cost the reader the cube of their number; a thousand would not end."""
    blanks = " \t\n" * 1_000
    assert last("v1.0.0", "v2.0.0", filters=Filters(version_range=f"{blanks}>=1{blanks}<2{blanks}")) == "v1.0.0"
    with pytest.raises(Error) as caught:
        last("v1.0.0", filters=Filters(version_range=f"1.2.3{blanks}!"))
    assert caught.value.code == "NOTES011"


def test_a_range_has_a_length() -> None:
    """Every release is held against every part of it, so it ends somewhere."""
    longest = "||".join(["1.x"] * 100)
    assert last("v1.0.0", "v2.0.0", filters=Filters(version_range=longest)) == "v1.0.0"
    with pytest.raises(Error) as caught:
        last("v1.0.0", filters=Filters(version_range=f"{longest}||1.x"))
    assert (caught.value.code, caught.value.status) == ("NOTES033", ExitStatus.USAGE)
    assert len(longest) < MAX_RANGE < len(longest) + len("||1.x")


@pytest.mark.parametrize(
    ("filters", "tag", "draft"),
    [
        (Filters(), "v1.0.0", 3),
        (Filters(prereleases=True), "v2.0.0-rc.1", 4),
        (Filters(include_prereleases=True), "v2.0.0-rc.1", 3),
    ],
)
def test_prereleases_count_where_they_are_asked_for(filters: Filters, tag: str, draft: int) -> None:
    """As the last release, and for the draft that fits."""
    chosen = choose_baseline(
        [
            Release("v1.0.0", id=1),
            Release("v2.0.0-rc.1", id=2, is_prerelease=True),
            Release("v3.0.0", id=3, is_draft=True),
            Release("v3.0.0-rc.1", id=4, is_draft=True, is_prerelease=True),
        ],
        filters,
    )
    assert chosen.last is not None
    assert chosen.draft is not None
    assert (chosen.last.tag, chosen.draft.id) == (tag, draft)


def test_several_drafts_are_told() -> None:
    """The first in the server's order is taken."""
    chosen = choose_baseline([Release("a", id=1, is_draft=True), Release("b", id=2, is_draft=True)], Filters())
    assert chosen.draft is not None
    assert chosen.draft.id == 1
    assert "2 drafts (a, b)" in chosen.notices[0]


def test_a_branch_is_the_same_with_and_without_its_prefix() -> None:
    """`refs/heads/main` and `main` name one target."""
    releases = [Release("v1", id=1, target="main"), Release("v2", id=2, target="next")]
    chosen = choose_baseline(releases, Filters(commitish="refs/heads/main"))
    assert chosen.last is not None
    assert chosen.last.tag == "v1"
