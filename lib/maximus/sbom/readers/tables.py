"""A lock in TOML that keeps its packages in one array of tables, as cargo, uv, poetry, pdm and PEP 751 do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.sbom import parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Location
from maximus.sbom.readers.lines import lines_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["Tables", "read_tables"]


@dataclass(frozen=True, slots=True)
class Tables:
    """What such a lock holds."""

    document: dict[str, Any]
    """All of it."""
    entries: list[dict[str, Any]]
    """The tables, in the order of the file."""
    places: list[Location]
    """Where each of them begins; line 0 where the file writes it in another way than as `[[name]]`."""
    digests: DigestLines


def read_tables(source: Source, name: str = "package") -> Tables:
    """Return the tables of that name in a lock. Raises Error SBOM005 to SBOM007 where it is no such lock."""
    document = parsing.parse_toml(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    entries = parsing.records(document.get(name), source.path)
    lines = lines_of(text, f"[[{name}]]")
    places = [Location(source.path, lines[number] if number < len(lines) else 0) for number in range(len(entries))]
    return Tables(document, entries, places, DigestLines.of(source.path, text))
