"""Characters that nobody sees: control, directional and invisible ones, with which foreign text deceives."""

from __future__ import annotations

import unicodedata

__all__ = ["is_unseen", "show_unseen"]

# Invisible, yet of no category that says so: joiners of graphemes, fillers of Hangul, vowels of Khmer.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def is_unseen(character: str) -> bool:
    """Tell whether a character is shown as nothing, or changes how others are shown; line ends included."""
    return character in _FILLERS or unicodedata.category(character) in _CATEGORIES


def show_unseen(text: str) -> str:
    r"""Return the text as a terminal or a log may have it: what is not seen written out as `\x1b` or `\u202e`.

    Line feeds stay, CR LF becomes one, and a tab becomes four blanks.
    """
    plain = text.replace("\r\n", "\n").replace("\t", "    ")
    # Almost everything that is said is plain: one look instead of one for each character.
    if plain.isascii() and plain.replace("\n", "").isprintable():
        return plain
    return "".join(_escaped(c) if c != "\n" and is_unseen(c) else c for c in plain)


def _escaped(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - the last that two digits can say
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - likewise four digits
