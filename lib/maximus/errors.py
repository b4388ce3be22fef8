"""The one error of the suite, and the exit statuses it leads to."""

from __future__ import annotations

import enum
import functools

__all__ = ["Error", "ExitStatus", "nearest"]


class ExitStatus(enum.IntEnum):
    """How a run ends, as a process tells it."""

    PASS = 0
    """Everything that was asked holds."""
    FAILED = 1
    """A check failed, or a file could not be dealt with."""
    USAGE = 2
    """The caller asked for something wrong; nothing was done."""
    OUTSIDE = 3
    """Something outside failed: network, GitHub, Sigstore, a missing permission."""
    UNMEASURED = 70
    """Nothing was there to look at, which is never a pass."""

    @property
    def weight(self) -> int:
        """How much this status counts when several apply: usage, failed, outside, unmeasured, pass.

        A failed check outweighs an outage because no retry mends it.
        """
        return _WEIGHTS[self]


_WEIGHTS = {
    ExitStatus.PASS: 0,
    ExitStatus.UNMEASURED: 1,
    ExitStatus.OUTSIDE: 2,
    ExitStatus.FAILED: 3,
    ExitStatus.USAGE: 4,
}


class Error(Exception):
    """Something a person can act on: what happened, why, what to do and where.

    The entry point catches it, once, and shows it in at most three lines without a traceback.
    Any other exception is a bug of ours and keeps its traceback.

    Args:
        code: a stable identifier such as `SIGN012`: three to six capitals and three digits.
        what: what happened, one clause without a final full stop.
        why: the cause where it is known.
        fix: what to do, one sentence.
        where: file and line, the input's name, or a path such as `packages[2].hashes`.
        status: the exit status that this error alone leads to.
    """

    def __init__(  # noqa: PLR0913 - the six parts of an error are its whole vocabulary
        self,
        code: str,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        where: str = "",
        status: ExitStatus = ExitStatus.FAILED,
    ) -> None:
        """Keep the parts; composing them is the business of `lines`."""
        super().__init__(what)
        self.code = code
        self.what = what
        self.why = why
        self.fix = fix
        self.where = where
        self.status = status

    @property
    def headline(self) -> str:
        """The first line: what happened, why, and the code."""
        cause = f": {self.why}" if self.why else ""
        return f"{self.what}{cause} ({self.code})"

    @property
    def lines(self) -> tuple[str, ...]:
        """One to three lines for a person: headline, what to do, where.

        Foreign text in a part (a file's name, a program's message) may have line ends; a blank stands for them.
        """
        where = f"at {self.where}" if self.where else ""
        return tuple(" ".join(line.splitlines()) for line in (self.headline, self.fix, where) if line)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole between processes: an exception by itself would be made again from `what` alone."""
        again = functools.partial(Error, why=self.why, fix=self.fix, where=self.where, status=self.status)
        return again, (self.code, self.what)

    def __str__(self) -> str:
        """Return the lines as one text."""
        return "\n".join(self.lines)


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Return `did you mean NAME?` for the nearest known name, or the list of all of them."""
    # Imported here: 6 ms that only a mistake should cost.
    from difflib import get_close_matches  # noqa: PLC0415

    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
