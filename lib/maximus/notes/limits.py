"""A server's limit on the body: cut by whole lines, say so, keep our own sections."""

from __future__ import annotations

__all__ = ["MAX_BODY", "fit", "units"]

MAX_BODY = 125_000
"""Characters of a release's body; GitHub answers 422 above."""
MARGIN = 500
"""How far below the limit a cut body stays: GitHub does not say what it counts."""


def fit(body: str, sections: str, *, limit: int = MAX_BODY) -> tuple[str, int]:
    """Return the body with the sections behind it, within the limit, and how many lines were cut.

    Whole lines go, from the end of the body; a note takes their place. The sections are ours and stay.
    """
    whole = body + sections
    if units(whole) <= limit:
        return whole, 0
    lines = body.splitlines(keepends=True)
    room = limit - MARGIN - units(sections)
    kept = 0
    used = 0
    for line in lines:
        used += units(line)
        if used > room:
            break
        kept += 1
    cut = len(lines) - kept
    note = f"\n_{cut:,} more lines do not fit into a release's notes; the full text is in `notes.md`._\n"
    return "".join(lines[:kept]) + _closed(lines[:kept]) + note + sections, cut


def units(text: str) -> int:
    """Return the text's length in UTF-16 units, the largest of the counts that a server may mean."""
    return len(text) + sum(character > "\uffff" for character in text)


def _closed(lines: list[str]) -> str:
    """Return what closes a collapsed part that the cut left open."""
    text = "".join(lines)
    return "\n</details>\n" if text.count("<details>") > text.count("</details>") else ""
