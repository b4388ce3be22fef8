"""Titles as they were when a change was merged: a pull request's own can be changed afterwards."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.changes import Change, RangeCommit

__all__ = ["merged_title", "titled"]

_MERGE = re.compile(r"Merge pull request #[0-9]{1,9} from \S+")


def merged_title(message: str, number: int) -> str:
    """Return the title that a merge commit's message tells, or an empty text where it tells none.

    A squashed one carries the number behind the title; a merge of a branch has the title below its first line; a
    rebased one is the last commit's own subject.
    """
    subject, _, rest = message.strip().partition("\n")
    subject = subject.strip()
    if _MERGE.fullmatch(subject):
        return next((line.strip() for line in rest.split("\n") if line.strip()), "")
    return subject.removesuffix(f"(#{number})").rstrip()


def titled(changes: Iterable[Change], commits: Iterable[RangeCommit]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Return the changes with the titles of their merge commits, and a warning that names those without one."""
    messages = {commit.id: commit.message for commit in commits}
    made: list[Change] = []
    untold: list[int] = []
    for change in changes:
        title = "" if change.number is None else merged_title(messages.get(change.commit, ""), change.number)
        if change.number is not None and not title:
            untold.append(change.number)
        made.append(replace(change, title=title) if title else change)
    if not untold:
        return tuple(made), ()
    numbers = ", ".join(f"#{number}" for number in untold[:10]) + (" and more" if len(untold) > 10 else "")  # noqa: PLR2004 - a few by name
    return tuple(made), (f"no merge commit tells the title of {numbers}, so the pull request's own is used",)
