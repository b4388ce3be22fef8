"""Decisions by people among the entries of a log: how long each waited, and where that was longer than allowed. Pure.

A decision is what the records with one `decision_id` tell: the first says that it is pending, a later one how it ended.
The limits are those of the plan for human-in-the-loop decisions: 300 s where it is critical, 600 s high, 900 s medium.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .entries import Line

__all__ = ["LIMITS", "STATES", "Decision", "decisions_of", "moment_of", "state_of"]

STATES: Final = ("pending", "approved", "rejected", "auto_approved", "escalated", "cancelled")
LIMITS: Final[Mapping[str, int]] = {"critical": 300, "high": 600, "medium": 900}
"""Seconds that a decision may wait, by severity. Source: the integrated plan, HITL, service levels."""
_ENDS: Final = frozenset({"approved", "rejected", "auto_approved", "cancelled"})


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as far as the log knows it."""

    decision_id: str
    severity: str
    """As the record says; empty where it says nothing."""
    state: str
    """The last that is known of it."""
    waited: int | None
    """Whole seconds until it ended, or until the report's end where it did not; None where its beginning is unknown."""
    is_open: bool

    @property
    def limit(self) -> int | None:
        """How long it may wait, in seconds; None for a severity without a limit."""
        return LIMITS.get(self.severity)

    @property
    def is_breach(self) -> bool:
        """Tell whether it waited longer than allowed; at the limit itself it did not."""
        return self.limit is not None and self.waited is not None and self.waited > self.limit


def state_of(record: Mapping[str, Any]) -> str:
    """Return the state of a decision that a record tells, in `status` or as its `action`; empty for none."""
    return next((str(record.get(key)) for key in ("status", "action") if record.get(key) in STATES), "")


def moment_of(line: Line) -> dt.datetime:
    """Return when an entry happened: by its own `timestamp` where it has a whole one, else when it was appended."""
    told = line.record.get("timestamp")
    if isinstance(told, str):
        try:
            moment = dt.datetime.fromisoformat(told)
        except ValueError:
            moment = None
        # A time without a zone could be any of 26 hours.
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    return dt.datetime.fromisoformat(line.created_at)


def decisions_of(lines: Iterable[Line], end: dt.datetime) -> tuple[Decision, ...]:
    """Return the decisions that the entries tell of, by their id; what is still open waits until `end`."""
    begun: dict[str, dt.datetime] = {}
    ended: dict[str, dt.datetime] = {}
    last: dict[str, str] = {}
    severity: dict[str, str] = {}
    for line in lines:
        record = line.record
        key, state = record.get("decision_id"), state_of(record)
        if not isinstance(key, str) or not state:
            continue
        moment = moment_of(line)
        if state == "pending":
            begun.setdefault(key, moment)
        if state in _ENDS:
            ended.setdefault(key, moment)
        last[key] = state
        if isinstance(record.get("severity"), str):
            severity[key] = record["severity"]
    return tuple(
        Decision(
            key,
            severity.get(key, ""),
            last[key],
            _seconds(begun.get(key), ended.get(key, end)),
            is_open=key not in ended,
        )
        for key in sorted(last)
    )


def _seconds(begin: dt.datetime | None, end: dt.datetime) -> int | None:
    return None if begin is None else max(0, int((end - begin).total_seconds()))
