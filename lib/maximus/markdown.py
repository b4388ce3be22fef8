"""The escaping writer for Markdown: summaries, release notes and comments get foreign text only through it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["code", "escape", "fence", "link", "table"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")
_OPENS_A_BLOCK = re.compile(r"^(\s*)([-+=]|\d+[.)])")
_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def escape(text: str) -> str:
    """Return the text so that Markdown and HTML show it literally, on one line.

    Mentions and issue references lose their effect, directional and invisible characters become visible.
    """
    flat = "".join(_visible(character) for character in text.replace("\r\n", " "))
    literal = _SPECIAL.sub(_entity_or_backslash, flat)
    literal = re.sub(r"@(?=\w)", "@\N{WORD JOINER}", literal)
    # A bare address would be made a link; the joiner keeps it text.
    literal = re.sub(r"(?i)\b(https?|ftp)(?=:)", "\\1\N{WORD JOINER}", literal)
    literal = re.sub(r"(?i)\bwww(?=\.)", "www\N{WORD JOINER}", literal)
    # A list or a heading's underline begins only at the start of a line.
    return _OPENS_A_BLOCK.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", literal)


def _entity_or_backslash(match: re.Match[str]) -> str:
    character = match.group(1)
    entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "#": "&#35;", "|": "&#124;"}
    return entities.get(character, "\\" + character)


def _visible(character: str) -> str:
    if character in "\r\n\t\v\f\u0085\u2028\u2029":
        return " "
    if _BIDI.match(character) or unicodedata.category(character) in {"Cc", "Cs"}:
        return f"U+{ord(character):04X}"
    return character


def code(text: str) -> str:
    """Return the text as an inline code span that ends only where the text does, on one line."""
    flat = "".join(_visible(character) for character in text.replace("\r\n", " "))
    # Inside a table even a code span ends at a bar, and GitHub knows no escape there but this one.
    flat = flat.replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat.strip() else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return the text as a fenced block that ends only where the text does; ends with a newline."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") else text + "\n"
    return f"{ticks}{language}\n{body}{ticks}\n"


def link(text: str, address: str) -> str:
    """Return a link whose text is escaped; an address that is not plain http(s) is left out."""
    if not re.fullmatch(r"https?://[^\s<>()\"'\\`]+", address):
        return escape(text)
    return f"[{escape(text)}](<{address}>)"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown already, so foreign text comes through `escape` or `code`."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
