"""`sbom` says what is doubtful: each finding once, with its first place and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.sbom.model import Finding, Location

    from ..face import Face

__all__ = ["MAX_LISTED", "first_of", "show_findings"]

MAX_LISTED = 30
"""How many of one sort the log names one by one."""


def show_findings(face: Face, findings: Sequence[Finding]) -> None:
    """Warn of each finding: alarms first, then what was lost, whole locks before all; a repeated one once."""
    places: dict[tuple[str, str], list[Location]] = {}
    for item in sorted(findings, key=lambda item: (item.kind != "alarm", not item.lost, item.kind != "not-locked")):
        places.setdefault((item.kind, item.text), []).append(item.location)
    for kind, text in list(places)[:MAX_LISTED]:
        first, *others = places[kind, text]
        more = f", and in {counted(len(others), 'more place')}" if others else ""
        where = f"{first.path}:{first.line}" if first.line else first.path
        face.warn(f"{kind}: {text}{more}", where=where)
    if len(places) > MAX_LISTED:
        rest = f"{len(places) - MAX_LISTED} of {len(places)} findings are not shown"
        face.warn(f"{rest}; with `html` in `formats` the page lists them")


def first_of(names: Sequence[str]) -> str:
    """Return the first names, one a line, and how many more there are."""
    rest = len(names) - MAX_LISTED
    return "\n".join([*names[:MAX_LISTED], *([f"... and {rest} more"] if rest > 0 else [])])
