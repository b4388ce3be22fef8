"""A period of days, such as 2026-01-01..2026-03-31, both included. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from maximus.errors import Error, ExitStatus

__all__ = ["Period", "parse_period"]


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a report, in UTC."""

    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        """Return the period as it is written in inputs and names."""
        return f"{self.first}..{self.last}"

    def holds(self, moment: dt.datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.first <= moment.astimezone(dt.UTC).date() <= self.last

    @property
    def end(self) -> dt.datetime:
        """The moment at which its last day is over."""
        return dt.datetime.combine(self.last, dt.time(), dt.UTC) + dt.timedelta(days=1)


def parse_period(text: str) -> Period:
    """Return the period; a single day or month stands for all of it. Raises Error EVID050 (usage) for no period."""
    begin, separator, end = text.partition("..")
    try:
        first = _days(begin)[0]
        last = _days(end if separator else begin)[1]
        # The last day that there is has no end to be told.
        _ = Period(first, last).end
    except (ValueError, OverflowError) as fault:
        raise _no_period(text, str(fault)) from fault
    if last < first:
        raise _no_period(text, "it ends before it begins")
    return Period(first, last)


def _days(text: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a day or a month."""
    if len(text) == len("2026-01"):
        first = dt.date.fromisoformat(f"{text}-01")
        following = (first + dt.timedelta(days=31)).replace(day=1)
        return first, following - dt.timedelta(days=1)
    if len(text) != len("2026-01-31"):
        msg = f"{text!r} is no day and no month"
        raise ValueError(msg)
    day = dt.date.fromisoformat(text)
    return day, day


def _no_period(text: str, why: str) -> Error:
    return Error(
        "EVID050",
        f"{text!r} is no period",
        why=why,
        fix="Write it as 2026-01-01..2026-03-31, or as one month or day: 2026-01.",
        where="input period",
        status=ExitStatus.USAGE,
    )
