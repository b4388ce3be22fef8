"""Escapes of strangers' texts: which characters lose their meaning in Markdown is the configuration's choice."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["SCHEMES", "STRICT", "Guard", "break_comments", "escape_strictly", "escape_title"]

STRICT = "\\<*_&@#[]()|~"
"""What `escape: strict` makes harmless outside of code; of backticks those that pair with none."""
SCHEMES = frozenset({"http", "https", "mailto"})
"""The schemes of addresses that a strict text may hold; GitHub makes links of bare addresses."""


def escape_title(title: str, characters: str) -> str:
    """Return the title with each of the characters made harmless; an empty set escapes nothing.

    A backslash goes in front, but `@` and `#` get an empty comment behind them, which ends a mention.
    Text between paired backticks is left alone unless the backtick is itself in the set.
    """
    if not characters:
        return title
    pattern = f"[{re.escape(characters)}]|`[^\n\r\u2028\u2029]*?`"

    def escaped(found: re.Match[str]) -> str:
        text = found[0]
        return _harmless(text) if len(text) == 1 else text

    return re.sub(pattern, escaped, title)


def _harmless(character: str) -> str:
    return f"{character}<!---->" if character in "@#" else f"\\{character}"


_TICKS = re.compile(r"`+")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,40}):(?=\S)")
_FENCE = 3
"""How many backticks at a line's beginning open a block of code, which nothing on the same line has to close."""


def escape_strictly(text: str, more: str = "") -> str:
    """Return a text in which Markdown means nothing but code between paired backticks; `more` is escaped too.

    A code span is kept where it begins and ends on one line, with runs of fewer than three backticks: a longer
    one could open a block that swallows all that follows.
    """
    # A set can be given in any order; only what lies outside of code is looked at.
    characters = re.compile(f"[{re.escape(STRICT + more.replace('`', ''))}]")
    parts: list[str] = []
    done = 0
    for start, end in _code_spans(text):
        parts += [_plain(text[done:start], characters), text[start:end]]
        done = end
    parts.append(_plain(text[done:], characters))
    return "".join(parts)


def _code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code begins and ends: a run of backticks up to the next run of the same length on the line."""
    runs = [(found.start(), found.end()) for found in _TICKS.finditer(text)]
    # The next run of each length, by walking back once: looking ahead for each took a square of their number.
    following: dict[int, int] = {}
    partner = [-1] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        partner[index] = following.get(length, -1)
        following[length] = index
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(runs):
        start, end = runs[index]
        other = partner[index]
        if other == -1 or end - start >= _FENCE or any(mark in text[end : runs[other][0]] for mark in "\r\n"):
            index += 1
            continue
        spans.append((start, runs[other][1]))
        index = other + 1
    return spans


def _plain(text: str, characters: re.Pattern[str]) -> str:
    escaped = characters.sub(lambda found: _harmless(found[0]), text).replace("`", "\\`")

    def address(found: re.Match[str]) -> str:
        return found[0] if found[1].lower() in SCHEMES else f"{found[1]}&#58;"

    return _SCHEME.sub(address, escaped)


def break_comments(text: str) -> str:
    """Return the text without what a comment would hide: whole comments go, a begun one is shown as it stands.

    What is left can neither hide the rest of the notes nor pass for a marker of ours.
    """
    return _without_comments(text).replace("<!--", "&lt;!--") if "<!--" in text else text


def _without_comments(text: str) -> str:
    parts: list[str] = []
    done = 0
    while (start := text.find("<!--", done)) != -1 and (end := text.find("-->", start + 4)) != -1:
        parts.append(text[done:start])
        done = end + 3
    return "".join([*parts, text[done:]])


@dataclass(frozen=True, slots=True)
class Guard:
    """How strangers' texts get into the notes."""

    characters: str = ""
    """What is escaped in titles."""
    is_strict: bool = False
    """Whether every text is escaped, whatever the configuration says of titles."""
    breaks_comments: bool = False
    """Whether no text may begin a comment: it could hide what follows, or pass for our marker."""

    def title(self, text: str) -> str:
        """Return a title as it may stand in the notes."""
        if self.is_strict:
            return escape_strictly(" ".join(text.splitlines()), self.characters)
        return escape_title(break_comments(text) if self.breaks_comments else text, self.characters)

    def text(self, text: str) -> str:
        """Return a body, a name or a branch as it may stand in the notes."""
        if self.is_strict:
            return escape_strictly(_without_comments(text))
        return break_comments(text) if self.breaks_comments else text
