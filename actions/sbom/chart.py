"""`sbom` at a glance: which ecosystems, and how much of them is known and unknown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..chart import MAX_BARS, Bar, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.sbom.model import Component

    from ..face import Face

__all__ = ["show_charts"]


def show_charts(face: Face, components: Sequence[Component]) -> None:
    """Show the ecosystems, where there are several, and of each field how many components lack it."""
    ecosystems = _ecosystems(components)
    if len(ecosystems) > 1:
        face.chart("Components by ecosystem", ecosystems)
    face.chart("What is known", _known(components))


def _ecosystems(components: Sequence[Component]) -> list[Bar]:
    """Return a bar for each ecosystem, the largest first; the smallest share one where there are too many."""
    counts = sorted(Counter(item.ecosystem for item in components).items(), key=lambda at: (-at[1], at[0]))
    if len(counts) > MAX_BARS:
        rest = counts[MAX_BARS - 1 :]
        counts = [*counts[: MAX_BARS - 1], (f"{len(rest)} others", sum(count for _, count in rest))]
    whole = len(components)
    return [Bar(name, count, whole, f"{count} {share(count, whole):>5}") for name, count in counts]


def _known(components: Sequence[Component]) -> list[Bar]:
    from maximus.sbom.coverage import measure  # noqa: PLC0415 - `--help` needs none of it

    whole = measure(components)
    made = sum(1 for item in components if not any(gap.field == "Component Producer" for gap in item.gaps))
    counts = (
        ("exact version", whole.versions, whole.components),
        ("SHA-256", whole.sha256, whole.distributed),
        ("licence", whole.licences, whole.components),
        ("producer", made, whole.components),
        ("needs", whole.edges, whole.components),
    )
    unknown = max(len(str(of - count)) for _, count, of in counts)
    return [
        Bar(name, count, of, f"{count} of {of} {share(count, of):>5}, {of - count:>{unknown}} unknown")
        for name, count, of in counts
    ]
