"""Escapes in titles: which characters lose their meaning in Markdown is the configuration's choice."""

from __future__ import annotations

import re

__all__ = ["escape_title"]


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
        if len(text) > 1:
            return text
        return f"{text}<!---->" if text in "@#" else f"\\{text}"

    return re.sub(pattern, escaped, title)
