"""One text out of the notes of several configurations: the first one's, then a section for each of the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.notes.composition import Notes

__all__ = ["join_notes"]


def join_notes(parts: Sequence[tuple[str, Notes]]) -> Notes:
    """Return the joint notes of at least one part, each with what stands in its heading where it gives no name.

    Name, tag and version are the first one's; the headings are the others' names, else their tags.
    """
    (_, first), *others = parts
    body = first.body
    for fallback, notes in others:
        heading = f"## {notes.name or notes.tag or fallback}\n\n"
        body = f"{body.rstrip()}\n\n{heading}{notes.body.strip()}\n"
    return replace(
        first,
        body=body,
        # The others' notes could not be cut by the first one's own layout.
        apart=None,
        changes=sum(notes.changes for _, notes in parts),
        warnings=tuple(dict.fromkeys(warning for _, notes in parts for warning in notes.warnings)),
    )
