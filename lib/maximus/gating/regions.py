"""Tells comments, strings and code of a text apart at given places.

Pygments decides, as far as the last place that is asked about. For Python and Go, whose comments and literals one
expression describes, its 0.8 MB/s are too slow for a large tree (measured; `tokenize` has 2.8, an expression 90): there
it decides what an f-string computes, and is, beside `tokenize`, the judge in the tests.
"""

from __future__ import annotations

import enum
import functools
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maximus.gating.languages import Language

__all__ = ["Place", "Region", "could_be_comment", "tell_apart"]


class Region(enum.StrEnum):
    """What a place in a text belongs to."""

    COMMENT = "comments"
    STRING = "strings"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at an offset."""

    region: Region
    after: str = ""
    """The token of code before it: for a comment on the same line, for code behind brackets and dotted names."""


_TRAIL: Final = 32
"""How many tokens back are remembered: `raise (package.module.Name` has seven."""
# Comments and literals of Python. A prefix changes nothing about where a literal ends: in `r"\\""` too the backslash
# keeps the quote. What is not closed ends with its line, or with the text; nothing is ever tried twice.
_PYTHON: Final = re.compile(
    r"""#[^\n]*+"""
    r"""|\"\"\"[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:\"\"\")?+"""
    r"""|'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?+"""
    r"""|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?+"""
    r"""|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?+""",
    re.DOTALL,
)
_GO: Final = re.compile(
    r"""//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?+|`[^`]*+`?+"""
    r"""|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?+|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?+""",
    re.DOTALL,
)
_QUICK: Final = {"python": _PYTHON, "go": _GO}
_COMMENTS: Final = ("#", "//", "/*")
_COMPUTES: Final = re.compile(r"(?<!\w)(?:[fFtT][rR]?|[rR][fFtT])\Z")
# The token before a name: over the brackets around it, continued lines, and the dotted path before it.
_BEFORE: Final = re.compile(r"(\w+|[^\w\s])(?:[ \t]|\\\n|\(\s*)*+(?:(?:\w+\.)+)?\Z")
_LOOK_BACK: Final = 200


def could_be_comment(text: str, offset: int, language: Language) -> bool:
    """Tell whether a place can lie in a comment at all: some opener stands before it that is not closed for sure."""
    if not language.tells_openers:
        return True
    is_embedded = not language.embeds or _is_embedded(text[:offset].lower(), language)
    start = text.rfind("\n", 0, offset) + 1
    if is_embedded and any(text.find(opener, start, offset) >= 0 for opener in language.lines):
        return True
    for opener, closer in language.blocks:
        if not is_embedded and opener == "/*":
            continue
        opened = text.rfind(opener, 0, offset)
        # `/*/` opens and does not close; where comments nest, a closer may close an inner one.
        if opened >= 0 and (language.nests or opened + len(opener) > text.rfind(closer, 0, offset)):
            return True
    return False


def _is_embedded(before: str, language: Language) -> bool:
    return any(before.rfind(opener) > before.rfind(closer) for opener, closer in language.embeds)


def tell_apart(text: str, language: Language, offsets: Sequence[int]) -> list[Place]:
    """Return what stands at each offset; offsets are sorted, and line ends in the text are line feeds."""
    if language.name in _QUICK:
        return _quick(text, language.name, offsets)
    return _settle(_pieces(text, language.lexer), text, offsets)


# A piece of a text: where it starts and ends, what it belongs to, and what it says. Plain tuples, because there are
# a hundred thousand of them in a large file.
_Piece: TypeAlias = "tuple[int, int, Region, str]"


def _settle(pieces: Iterator[_Piece], text: str, offsets: Sequence[int]) -> list[Place]:
    """Return what stands at each offset, as the pieces tell, which are read no further than the last offset."""
    found: list[Place] = []
    trail: deque[str] = deque(maxlen=_TRAIL)
    code_end = 0
    for start, end, region, value in pieces:
        while len(found) < len(offsets) and offsets[len(found)] < end:
            offset = offsets[len(found)]
            if offset < start:
                # What no token covers, a gap between two, is no comment and no string.
                found.append(Place(Region.CODE, _before(trail)))
            elif region is Region.COMMENT:
                is_same_line = trail and "\n" not in text[code_end:offset]
                found.append(Place(region, trail[-1] if is_same_line else ""))
            else:
                found.append(Place(region, _before(trail)))
        if len(found) == len(offsets):
            break
        if region is not Region.COMMENT:
            trail.append(value)
            code_end = end
    return found + [Place(Region.CODE)] * (len(offsets) - len(found))


def _before(trail: deque[str]) -> str:
    """Return the token before a name, over the brackets around it and the dotted path before it."""
    at = len(trail) - 1
    while at >= 1 and trail[at] in (".", "::", "->"):
        at -= 2
    while at >= 0 and trail[at] == "(":
        at -= 1
    return trail[at] if at >= 0 else ""


# Pygments


@functools.cache
def _lexer(alias: str) -> Any:  # noqa: ANN401 - Pygments has no types
    # Imported here: 25 ms, and as much for each family of lexers.
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # noqa: PLC0415

    return get_lexer_by_name(alias)


@functools.cache
def _region(kind: Any) -> Region | None:  # noqa: ANN401 - Pygments has no types
    """Return what a kind of token belongs to; None for white space."""
    from pygments.token import Comment, String, Whitespace  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    if kind in Comment:
        # What a preprocessor reads is code.
        return Region.CODE if kind in Comment.Preproc or kind in Comment.PreprocFile else Region.COMMENT
    if kind in String and kind not in String.Interpol:
        return Region.STRING
    return None if kind in Whitespace else Region.CODE


def _pieces(text: str, alias: str) -> Iterator[_Piece]:
    """Yield the tokens of Pygments, white space left out."""
    # Some lexers know a comment by the line's end alone.
    whole = text if text.endswith("\n") else f"{text}\n"
    for start, kind, value in _lexer(alias).get_tokens_unprocessed(whole):
        region = _region(kind)
        if region is not None and (region is not Region.CODE or (value := value.strip())):
            yield start, start + len(value), region, value


# Python and Go


def _quick(text: str, name: str, offsets: Sequence[int]) -> list[Place]:
    found: list[Place] = []
    literals = _QUICK[name].finditer(text)
    literal = next(literals, None)
    for offset in offsets:
        while literal and literal.end() <= offset:
            literal = next(literals, None)
        if literal is None or offset < literal.start():
            found.append(Place(Region.CODE, _token_before(text, max(0, offset - _LOOK_BACK), offset)))
            continue
        start, line = literal.start(), text.rfind("\n", 0, literal.start()) + 1
        if text.startswith(_COMMENTS, start):
            found.append(Place(Region.COMMENT, _token_before(text, max(line, start - _LOOK_BACK), start)))
        elif (
            name == "python"
            and text.find("{", start, offset) >= 0
            and (prefix := _COMPUTES.search(text, max(line, start - 3), start))
        ):
            whole = text[prefix.start() : literal.end()]
            found.append(_settle(_pieces(whole, name), whole, [offset - prefix.start()])[0])
        else:
            found.append(Place(Region.STRING))
    return found


def _token_before(text: str, start: int, end: int) -> str:
    before = _BEFORE.search(text[start:end])
    return before[1] if before else ""
