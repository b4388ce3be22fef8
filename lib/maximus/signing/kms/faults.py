"""What can go wrong at a key management service, in one vocabulary for all of them."""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["Fault", "Kind", "one_line"]

_MESSAGE: Final = 300
"""Characters of a service's own words that are quoted."""


class Kind(enum.Enum):
    """Which sort of fault, by what a person can do about it."""

    CREDENTIALS = enum.auto()
    """None are there, or the service does not take them."""
    ABSENT = enum.auto()
    """The service has no such key."""
    DENIED = enum.auto()
    """Whoever asks may not do that with this key."""
    UNFIT = enum.auto()
    """The key cannot make the signature: of another use or type, or disabled."""
    AWAY = enum.auto()
    """The service does not answer, is busy or broken: a later try may succeed."""


class Fault(Exception):  # noqa: N818 - what happened; the error of ours is made of it
    """One request that failed."""

    def __init__(self, kind: Kind, why: str, *, fix: str = "", is_absent: bool = False, is_final: bool = False) -> None:
        """Keep what happened in the service's own words, on one line.

        `is_absent`: nothing is there at all, no such name or no one listening. `is_final`: trying again is vain.
        """
        super().__init__(one_line(why))
        self.kind = kind
        self.why = one_line(why)
        self.fix = fix
        self.is_absent = is_absent
        self.is_final = is_final or kind is not Kind.AWAY


def one_line(text: str) -> str:
    """Return a foreign message on one line, cut where it is long, without a full stop."""
    return " ".join(text.split())[:_MESSAGE].rstrip(". ")
