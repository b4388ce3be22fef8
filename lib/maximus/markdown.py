"""The escaping writer for Markdown: summaries, release notes and comments get foreign text only through it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.characters import is_unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["code", "escape", "fence", "link", "table"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "#": "&#35;", "|": "&#124;"}
_OPENS_A_BLOCK = re.compile(r"^(\s*)([-+=]|\d+[.)])")
# GitHub makes links of these in the rendered text, where escapes and entities are gone already
# (github/cmark-gfm#181): a mention, an issue (`#1`, `GH-1`), an address. A joiner behind them keeps them text.
_LINKS_BY_ITSELF = re.compile(r"(?i)(@|&#35;)(?=\w)|(gh-)(?=\d)|(https?|ftp)(?=:)|(www)(?=\.)")


def escape(text: str) -> str:
    """Return the text so that Markdown and HTML show it literally, on one line.

    Mentions, issue references and bare addresses get a word joiner and lose their effect; control,
    directional and invisible characters become visible.
    """
    literal = _SPECIAL.sub(_entity_or_backslash, _flat(text))
    literal = _LINKS_BY_ITSELF.sub("\\g<0>\N{WORD JOINER}", literal)
    # A list or a heading's underline begins only at the start of a line.
    literal = _OPENS_A_BLOCK.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", literal)
    # Blanks at the edges would be dropped; four of them open a block of code, two at the end break the line.
    return re.sub(r"^\s|\s$", lambda match: f"&#{ord(match[0])};", literal)


def _entity_or_backslash(match: re.Match[str]) -> str:
    character = match.group(1)
    return _ENTITIES.get(character, "\\" + character)


def _flat(text: str) -> str:
    """Return the text on one line, every character that is not seen written out."""
    return "".join(_visible(character) for character in text.replace("\r\n", " "))


def _visible(character: str) -> str:
    if character in "\r\n\t\v\f\u0085\u2028\u2029":
        return " "
    if is_unseen(character):
        return f"U+{ord(character):04X}"
    return character


def code(text: str) -> str:
    """Return the text as an inline code span that ends only where the text does, on one line.

    Outside tables and in them: a bar, which would end a table's cell even inside a span, and the empty
    text, which no span can hold, come as an HTML element.
    """
    flat = _flat(text)
    if not flat or "|" in flat:
        return f"<code>{escape(flat)}</code>"
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    ticks = "`" * (longest + 1)
    # One blank at each side is taken off again, unless there is nothing but blanks.
    padded = flat.strip() and (flat.startswith((" ", "`")) or flat.endswith((" ", "`")))
    pad = " " if padded else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return the text as a fenced block that ends only where the text does; ends with a newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    body = "\n".join("".join(c if c == "\t" else _visible(c) for c in line) for line in lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{body}\n{ticks}\n"


def link(text: str, address: str) -> str:
    """Return a link whose text is escaped; an address that is not plain http(s) in ASCII is left out."""
    if not re.fullmatch(r"https?://[!-~]+", address) or re.search(r"[<>()\"'\\`]", address):
        return escape(text)
    return f"[{escape(text)}](<{address.replace('&', '&amp;').replace('|', '%7C')}>)"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown already, so foreign text comes through `escape` or `code`."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
