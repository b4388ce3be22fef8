"""Which release the notes count from, and which draft they belong to."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.notes.versions import MAX_LENGTH, coerce, find_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from maximus.changes import Release

__all__ = ["Baseline", "Filters", "choose_baseline", "compare_tags"]


MAX_RANGE = 500
"""Characters of a range, runs of blanks counted once: the worst of that length takes 3 s over 1,000 releases."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which releases are looked at."""

    commitish: str = ""
    """Only releases made from this branch or commit; empty for all."""
    version_range: str = ""
    """Only releases whose tag, coerced to a version, lies in this range; empty for all."""
    tag_prefix: str = ""
    prereleases: bool = False
    """Whether the draft is a prerelease: then prereleases count as the last release, and only such drafts fit."""
    include_prereleases: bool = False
    """Whether prereleases count as the last release all the same."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was chosen among the releases."""

    last: Release | None
    """The published release that the notes count from."""
    draft: Release | None
    """The draft to update."""
    notices: tuple[str, ...] = ()
    published: tuple[Release, ...] = ()
    """All releases that the last one was chosen among."""


def choose_baseline(releases: Iterable[Release], filters: Filters) -> Baseline:
    """Return the last published release and the draft to update, among releases in the server's order.

    Raises Error NOTES011 or NOTES033 (usage) where the range of versions is none, or too long to be read.
    """
    notices: list[str] = []
    kept = [release for release in releases if _has_target(release, filters.commitish)]
    in_range = _range_test(filters.version_range, notices)
    kept = [release for release in kept if in_range(release) and release.tag.startswith(filters.tag_prefix)]
    both = filters.prereleases or filters.include_prereleases
    published = [release for release in kept if not release.is_draft and (both or not release.is_prerelease)]
    drafts = [release for release in kept if release.is_draft and release.is_prerelease == filters.prereleases]
    if len(drafts) > 1:
        names = ", ".join(draft.tag or str(draft.id) for draft in drafts)
        notices.append(f"there are {len(drafts)} drafts ({names}); the first in GitHub's list is updated")
    last = _newest(published, filters.tag_prefix)
    return Baseline(last, drafts[0] if drafts else None, tuple(notices), tuple(published))


def _has_target(release: Release, commitish: str) -> bool:
    return not commitish or release.target.removeprefix("refs/heads/") == commitish.removeprefix("refs/heads/")


def _newest(releases: list[Release], prefix: str) -> Release | None:
    """Return the release with the highest tag.

    A tag in which no version can be found never beats one with a version: compared by date it would, and
    the version would start again at zero.
    """
    versioned = [release for release in releases if _is_versioned(release.tag.removeprefix(prefix))]

    def compare(one: Release, other: Release) -> int:
        by_tag = compare_tags(one.tag.removeprefix(prefix), other.tag.removeprefix(prefix))
        if by_tag is not None:
            return by_tag
        return (one.created_at > other.created_at) - (one.created_at < other.created_at)

    # The order is not transitive where tags without a version are among them: a stable sort, then the last.
    ordered = sorted(versioned or releases, key=functools.cmp_to_key(compare))
    return ordered[-1] if ordered else None


def _is_versioned(tag: str) -> bool:
    return _DOTTED.fullmatch(tag) is not None or find_version(tag) is not None


_PARTS = r"[0-9a-z-]+(?:\.[0-9a-z-]+)*"
_DOTTED = re.compile(
    r"[v^~<>=]*([0-9]+)(?:\.([x*]|[0-9]+)(?:\.([x*]|[0-9]+)(?:\.([x*]|[0-9]+))?"
    rf"(?:-({_PARTS}))?(?:\+{_PARTS})?)?)?",
    re.IGNORECASE | re.ASCII,
)


def compare_tags(one: str, other: str) -> int | None:
    """Return -1, 0 or 1 as the tags compare part by part, or None where one of them has no such form.

    One to four parts, `x` and `*` equal to anything, missing parts zero; a prerelease is lower than none.
    """
    if max(len(one), len(other)) > MAX_LENGTH:
        return None
    first, second = _DOTTED.fullmatch(one), _DOTTED.fullmatch(other)
    if not first or not second:
        return None
    by_number = _compare_parts(
        [part for part in first.groups()[:4] if part is not None],
        [part for part in second.groups()[:4] if part is not None],
    )
    if by_number:
        return by_number
    if first[5] and second[5]:
        return _compare_parts(first[5].split("."), second[5].split("."))
    return (first[5] is None) - (second[5] is None)


def _compare_parts(one: list[str], other: list[str]) -> int:
    for index in range(max(len(one), len(other))):
        found = _compare_part(one[index] if index < len(one) else "0", other[index] if index < len(other) else "0")
        if found:
            return found
    return 0


def _compare_part(one: str, other: str) -> int:
    if {one.lower(), other.lower()} & {"x", "*"}:
        return 0
    left, right = _number(one), _number(other)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    first = one if left is None else str(left)
    second = other if right is None else str(right)
    return (first > second) - (first < second)


def _number(part: str) -> int | None:
    """Return the number that a part begins with: `1a` counts as 1, as JavaScript's parseInt has it."""
    found = re.match(r"[-+]?[0-9]+", part)
    return int(found[0]) if found else None


def _range_test(version_range: str, notices: list[str]) -> Callable[[Release], bool]:
    # One blank means what many do, and the reader takes the cube of their number in seconds: 256 took ten.
    text = " ".join(version_range.split())
    if text in ("", "*"):
        return lambda _release: True
    if len(text) > MAX_RANGE:
        raise Error(
            "NOTES033",
            f"the range of versions is longer than {MAX_RANGE} characters",
            why=f"it has {len(text):,}, and each release is held against every part of it",
            fix="Write a shorter one, such as `1.x` or `>=2.0 <3`.",
            where="filter-by-range",
            status=ExitStatus.USAGE,
        )
    # Imported here: 8 ms that only a range costs.
    import nodesemver  # type: ignore[import-untyped]  # noqa: PLC0415 - it carries no types

    try:
        parsed = nodesemver.make_range(text, loose=False)
    except ValueError as fault:
        raise Error(
            "NOTES011",
            f"{version_range!r} is no range of versions",
            why=str(fault),
            fix="Write something like `1.x`, `>=2.0 <3` or `*`.",
            where="filter-by-range",
            status=ExitStatus.USAGE,
        ) from fault

    def test(release: Release) -> bool:
        version = coerce(release.tag, leading_zeros=True)
        if version is None:
            notices.append(f"the tag {release.tag!r} holds no version and is left out by `filter-by-range`")
            return False
        return bool(parsed.test(nodesemver.make_semver(str(version), loose=True)))

    return test
