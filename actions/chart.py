"""A small chart of bars in plain text: for a terminal, a log and a fenced block of a job summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Bar", "Chart", "Line", "can_show_blocks", "draw", "share"]

BLOCKS = ("█", "░")
"""What is filled and what is not."""
PLAIN = ("#", ".")
"""The same where a stream cannot say those."""
MAX_BARS = 10
"""Bars of one chart; the caller gathers what is beyond."""
_WIDEST = 40
_NARROWEST = 5
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what is counted, how many of how many, and the number as people read it."""

    label: str
    count: int
    of: int
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A title and its bars; the texts are plain, each face escapes them for its target."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A bar as it is drawn, in three parts, so that one of them can be painted."""

    before: str
    filled: str
    after: str

    @property
    def plain(self) -> str:
        """The whole line."""
        return (self.before + self.filled + self.after).rstrip()


def share(count: int, of: int) -> str:
    """Return a share in whole percent, never rounded up: `100 %` is all, `<1 %` is some."""
    if not of:
        return "-"
    percent = count * 100 // of
    return "<1 %" if count and not percent else f"{percent} %"


def can_show_blocks(encoding: str | None, environment: Mapping[str, str]) -> bool:
    """Tell whether a stream of this encoding, and the terminal that its locale speaks of, can take the blocks.

    A stream without an encoding keeps text as it is, and a locale that names none says nothing. Our own streams are
    UTF-8 whatever the locale, so that the stream alone does not tell.
    """
    if environment.get("TERM") == "dumb":
        return False
    locale = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    charset = locale.partition(".")[2].partition("@")[0]
    try:
        for name in (encoding or "utf-8", charset or "utf-8"):
            "".join(BLOCKS).encode(name)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def draw(bars: Sequence[Bar], width: int, *, blocks: bool = True) -> tuple[Line, ...]:
    """Return the bars as lines of at most `width` characters; where that is too few for bars, without them.

    A bar is empty only for nothing, and full only for all.
    """
    full, empty = BLOCKS if blocks else PLAIN
    label = max((len(bar.label) for bar in bars), default=0)
    number = max((len(bar.text) for bar in bars), default=0)
    room = min(_WIDEST, width - label - number - 2 * _GAP)
    drawn = []
    for bar in bars:
        before = bar.label.ljust(label) + " " * _GAP
        if room < _NARROWEST:
            drawn.append(Line(before, "", bar.text.rjust(number)))
            continue
        filled = _filled(bar, room)
        after = empty * (room - filled) + " " * _GAP + bar.text.rjust(number)
        drawn.append(Line(before, full * filled, after))
    return tuple(drawn)


def _filled(bar: Bar, room: int) -> int:
    if not bar.of or not bar.count:
        return 0
    if bar.count >= bar.of:
        return room
    return min(room - 1, max(1, bar.count * room // bar.of))
