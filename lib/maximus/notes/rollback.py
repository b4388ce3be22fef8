"""Going back to an earlier release, forward only: which ones may take the bad one's place, and how that one is marked.

Values in, values out. Nothing is un-published and no tag is used again: an earlier release becomes the latest.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from maximus import markdown
from maximus.notes.baseline import compare_tags
from maximus.notes.limits import MAX_BODY, units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.changes import Release

__all__ = ["MARKER", "MAX_CANDIDATES", "MAX_REASON", "candidates", "is_withdrawn", "unmarked_because", "withdrawn_body"]

MARKER: Final = "<!-- maximus: withdrawn -->"
"""The first line of the notes of a release that another one took the place of."""
MAX_CANDIDATES: Final = 10
"""How many earlier releases are verified before a rollback gives up."""
MAX_REASON: Final = 1_000
"""Characters of the reason."""

_FAMILY = re.compile(r"^(?P<family>.*?)v?(?=[0-9]+(?:[.][0-9]+)+)", re.DOTALL)


def candidates(releases: Iterable[Release], bad: Release) -> tuple[Release, ...]:
    """Return the published releases before the bad one, the last first.

    Of the same family of tags (`app/v1.2.3` is no successor of `lib/v1.2.2`), full releases only, and none that was
    withdrawn itself. Tags that no version compares go by the time at which they were made.
    """
    earlier = [
        release
        for release in releases
        if not (release.is_draft or release.is_prerelease or release.id == bad.id or is_withdrawn(release))
        and _family(release.tag) == _family(bad.tag)
        and _compare(release, bad) < 0
    ]
    return tuple(sorted(earlier, key=functools.cmp_to_key(_compare), reverse=True))


def _family(tag: str) -> str:
    found = _FAMILY.match(tag)
    return found["family"] if found else ""


def _compare(one: Release, other: Release) -> int:
    by_tag = compare_tags(_version(one.tag), _version(other.tag))
    if by_tag is not None:
        return by_tag
    return (one.created_at > other.created_at) - (one.created_at < other.created_at)


def _version(tag: str) -> str:
    return tag[len(_family(tag)) :]


def is_withdrawn(release: Release) -> bool:
    """Tell whether a release's notes say that another one took its place."""
    return release.body.startswith(MARKER)


def withdrawn_body(bad: Release, good: Release, reason: str) -> str:
    """Return the notes of the bad release with what happened in front of them; the notes themselves stay."""
    instead = markdown.link(good.tag, good.html_url)
    said = markdown.escape(" ".join(reason.split()))
    return f"{MARKER}\n> [!CAUTION]\n> Withdrawn: use {instead} instead. Reason: {said}\n\n{bad.body}"


def unmarked_because(bad: Release, good: Release, reason: str) -> str:
    """Return why the bad release's notes are left as they are, or an empty text where they can be marked."""
    if bad.is_immutable:
        return "the release is immutable"
    if is_withdrawn(bad):
        return "they say so already"
    if units(withdrawn_body(bad, good, reason)) > MAX_BODY:
        return "they are too long for one more sentence"
    return ""
