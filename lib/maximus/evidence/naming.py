"""Names in a bundle: the ones that mean the same file on every system, and none else. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from maximus.characters import is_unseen

from .limits import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["collisions", "fault_of", "in_order"]


def fault_of(name: str) -> str:  # noqa: PLR0911 - one for each thing that can be wrong
    """Return what is wrong with a name, as the end of a sentence; empty for a good one.

    Good is a relative path with `/` that leads nowhere else, that every system reads alike, and that a line can show.
    """
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "is not UTF-8"
    if not 0 < size <= MAX_NAME:
        return "is empty" if not size else f"is longer than {MAX_NAME} bytes"
    if "\\" in name:
        return "has a backslash, which other systems read as a separator"
    if any(is_unseen(character) for character in name):
        return "has a line end, a control character or one that nobody sees"
    parts = name.split("/")
    if name.startswith("/") or (len(parts[0]) > 1 and parts[0][1] == ":"):
        return "is an absolute path"
    if ".." in parts:
        return "leads out of the folder"
    if "" in parts or "." in parts:
        return "has an empty part"
    return ""


def in_order(names: Iterable[str]) -> list[str]:
    """Return the names in the order of a bundle: by their bytes in UTF-8, whatever the locale."""
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def collisions(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of names that are one file where case, or the composition of letters, does not count.

    Folders count too: `Logs/a` and `logs/b` would be unpacked into one.
    """
    spelled: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for name in in_order(names):
        path = ""
        for part in name.split("/"):
            path = f"{path}/{part}" if path else part
            first = spelled.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if first != path:
                told.add((first, path))
                break
    return tuple(sorted(told))
