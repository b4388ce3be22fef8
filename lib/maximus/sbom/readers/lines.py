"""On which lines of a lock its entries stand: the parsers of TOML, JSON and YAML do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

__all__ = ["keys_of", "lines_of"]


def lines_of(text: str, header: str) -> list[int]:
    """Return the numbers of the lines that consist of `header`, in order."""
    return [
        number for number, line in enumerate(text.split("\n"), 1) if line.startswith(header) and line.rstrip() == header
    ]


def keys_of(text: str, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return for each key that the pattern's first group finds at a line's beginning the first line it stands on."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if match := pattern.match(line):
            found.setdefault(match[1], number)
    return found
