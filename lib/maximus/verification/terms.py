"""On which terms a release is judged: what may be without a signature, and how much proof each signature needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus

from .identity import matches_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NO_TERMS", "Allowance", "Terms", "read_terms"]

_MOST: Final = 16
"""The highest number that can be asked for; no bundle that anybody writes has more."""
_NUMBER: Final = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Files that may be without a signature, and why."""

    pattern: str
    """A glob over the whole path: `*` and `?` stop at a `/`, `**` does not."""
    reason: str

    def covers(self, name: str) -> bool:
        """Tell whether the file is one of them."""
        return matches_ref(self.pattern, name)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of the signatures beside who made them."""

    allow_unsigned: tuple[Allowance, ...] = ()
    min_log_entries: int = 0
    """For each file, over all bundles that speak of it: how many different log entries hold."""
    min_timestamps: int = 0
    """In each bundle: how many signed timestamps of trusted authorities."""

    def allowance(self, name: str) -> Allowance | None:
        """Return what lets the file be without a signature, or None."""
        return next((each for each in self.allow_unsigned if each.covers(name)), None)


NO_TERMS: Final = Terms()


def read_terms(allow_unsigned: Sequence[str], log_entries: str, timestamps: str, *, checks_log: bool) -> Terms:
    """Return the terms that texts ask for.

    `checks_log` tells whether log entries and timestamps are looked at, as they are not for a key alone.
    Raises Error VERIFY008 (usage) with every fault at once.
    """
    wrong: list[str] = []
    allowances = []
    for line in allow_unsigned:
        pattern, _, reason = (part.strip() for part in line.partition(": "))
        if not reason:
            wrong.append(f"`allow-unsigned` takes `GLOB: reason` and {line!r} gives no reason")
        elif not pattern.strip("*?/."):
            wrong.append(f"`allow-unsigned` would let everything be unsigned ({pattern!r}): name the files")
        allowances.append(Allowance(pattern, reason))
    for name, text in (("min-log-entries", log_entries), ("min-timestamps", timestamps)):
        if text and (not _NUMBER.fullmatch(text) or int(text) > _MOST):
            wrong.append(f"`{name}` is a whole number up to {_MOST}, not {text!r}")
        elif text.strip("0") and not checks_log:
            wrong.append(f"`{name}` says nothing about a key alone: put `log` into `require` to have logs looked at")
    if wrong:
        raise Error(
            "VERIFY008",
            "; ".join(sorted(wrong)),
            fix="Correct the inputs; nothing was verified.",
            where=f"input {min(wrong).split('`')[1]}",
            status=ExitStatus.USAGE,
        )
    return Terms(tuple(allowances), int(log_entries or 0), int(timestamps or 0))
