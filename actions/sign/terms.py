"""On which terms `sign` works: how long services are waited for, how many files at once, and when a key may step in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from maximus.signing.transport import Limits

__all__ = ["Terms", "check_fallback", "is_outage", "judge_fallback", "read_terms"]

_DAY: Final = 86_400
_LONGEST_REQUEST: Final = 3_600
"""Seconds; a log that needs longer for one answer is away."""
_MOST_JOBS: Final = 64
"""Files at once: more connections than that no service takes from one client."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the inputs say about time and effort."""

    budget: float
    """Seconds for which a service may be away."""
    attempt: float
    """Seconds within which one request is answered whole."""
    jobs: int
    """Files that are signed at once; 0 where nobody says."""

    @property
    def limits(self) -> Limits:
        """The same, as the transport takes it."""
        from maximus.signing.transport import Limits  # noqa: PLC0415 - a key needs no network

        return Limits(attempt=self.attempt, connect=min(self.attempt, 10.0), budget=self.budget)


def read_terms(*, retry_budget: str, timeout: str, jobs: str) -> Terms:
    """Return the terms; raises Error SIGN011 (usage) where one is no whole number in its bounds."""
    return Terms(
        _whole("retry-budget", retry_budget, 0, _DAY, "Leave it out for ten minutes."),
        _whole("timeout", timeout, 1, _LONGEST_REQUEST, "Leave it out for a minute."),
        _whole("jobs", jobs, 1, _MOST_JOBS, "Leave it out for what the log takes.") if jobs else 0,
    )


def _whole(name: str, text: str, least: int, most: int, fix: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise Error(
        "SIGN011",
        f"`{name}` is {text!r:.40}",
        why=f"it is a whole number from {least} to {most}",
        fix=fix,
        where=f"input `{name}`",
        status=ExitStatus.USAGE,
    )


def check_fallback(fallback: str, *, key: str, provenance: bool) -> None:
    """Return when a key can step in as asked; raises Error SIGN016 (usage) where it cannot."""
    if fallback != "key":
        return
    if not key:
        why, fix = "there is no key to fall back to", "Name it with `key`."
    elif provenance:
        why = "provenance is made of the claims of a job's identity, and a key has none"
        fix = "Leave `provenance` or `fallback` out."
    else:
        return
    raise Error(
        "SIGN016",
        "`fallback: key` cannot be kept",
        why=why,
        fix=fix,
        where="input `fallback`",
        status=ExitStatus.USAGE,
    )


def is_outage(error: Error) -> bool:
    """Tell whether a service was away; what a service refuses, or answers wrongly, is no reason to take a key."""
    return error.status is ExitStatus.OUTSIDE and error.code == "WIRE001"


def judge_fallback(outage: Error, reason: str) -> Verdict:
    """Return the verdict over the log where a key stepped in: nothing is logged, and somebody said that this may be."""
    return Verdict(
        "sign.log",
        Status.UNMEASURED,
        0,
        unit="log entries",
        reason=f"{reason}: {outage.what}",
        hint="Run it again when the service is back: the job's own signatures then take the place of the key's.",
        code=outage.code,
        allowed="`fallback: key` was asked for",
    )
