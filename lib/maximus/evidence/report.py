"""The report of a period: every entry as CSV, and a page for people in Markdown. Pure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.markdown import code, escape, table

from .decisions import LIMITS, decisions_of, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .decisions import Decision
    from .entries import Line
    from .period import Period

__all__ = ["COLUMNS", "Report", "cell", "make_report"]

FIELDS: Final = (
    "log_id", "decision_id", "action", "status", "severity", "performed_by", "timestamp", "details", "ip_address",
    "user_agent", "session_id", "request_id",
)  # fmt: skip
"""The fields of an audit record, in their order; what else a record has goes into the last column as JSON."""
COLUMNS: Final = ("index", "created_at", *FIELDS, "other")
MAX_ROWS: Final = 500
"""How many entries the page for people shows; the CSV has all of them."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@dataclass(frozen=True, slots=True)
class Report:
    """A report in both its forms."""

    csv: str
    markdown: str
    count: int
    """How many entries lie in the period."""
    decisions: tuple[Decision, ...]
    """Those that an entry of the period tells of."""

    @property
    def breaches(self) -> tuple[Decision, ...]:
        """The decisions that waited longer than allowed."""
        return tuple(decision for decision in self.decisions if decision.is_breach)


def cell(value: Any) -> str:  # noqa: ANN401 - foreign JSON
    """Return a value as a cell that no spreadsheet takes for a formula: an apostrophe goes in front of what looks so.

    See: OWASP, CSV injection.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) and not is_number else text


def make_report(lines: Iterable[Line], period: Period, origin: str, head: str) -> Report:
    """Return the report over the entries of a period.

    `lines` are those of the whole log: a decision of the period may have begun before it. `head` says in words what
    the log was when it was read.
    """
    known: list[Line] = []
    inside: list[Line] = []
    for line in lines:
        moment = moment_of(line)
        if isinstance(line.record.get("decision_id"), str) and moment < period.end:
            known.append(line)
        if period.holds(moment):
            inside.append(line)
    touched = {line.record.get("decision_id") for line in inside}
    decisions = tuple(item for item in decisions_of(known, period.end) if item.decision_id in touched)
    return Report(_csv(inside), _markdown(inside, decisions, period, origin, head), len(inside), decisions)


def _csv(lines: Sequence[Line]) -> str:
    made = io.StringIO()
    # All are quoted: by itself the writer leaves a carriage return bare, and readers end the row there.
    writer = csv.writer(made, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for line in lines:
        other = {key: value for key, value in line.record.items() if key not in FIELDS}
        row = [line.index, line.created_at, *(line.record.get(key) for key in FIELDS), other or None]
        writer.writerow([cell(value) for value in row])
    return made.getvalue()


def _markdown(lines: Sequence[Line], decisions: Sequence[Decision], period: Period, origin: str, head: str) -> str:
    breaches = [item for item in decisions if item.is_breach]
    parts = [
        f"# Audit report {period}\n",
        f"Log {code(origin)}, {escape(head)}. Entries in the period: {len(lines)}.\n",
    ]
    if decisions:
        parts += [
            "## Decisions\n",
            _states(decisions),
            "## Waited longer than allowed\n",
            _breaches(breaches, decisions),
        ]
    else:
        parts += ["No entry of the period tells of a decision, so that no waiting time was measured.\n"]
    parts += ["## Entries\n"]
    if len(lines) > MAX_ROWS:
        parts += [f"The first {MAX_ROWS} of {len(lines)}; the CSV has all of them.\n"]
    rows = [
        (str(line.index), line.created_at, _text(line, "action", "kind", "status"),
         _text(line, "performed_by", "user"), _text(line, "decision_id", "environments", "run_id"))
        for line in lines[:MAX_ROWS]
    ]  # fmt: skip
    parts += [table(("entry", "appended", "what", "by", "about"), rows) if rows else "None.\n"]
    return "\n".join(parts)


def _text(line: Line, *keys: str) -> str:
    """Return the first of the fields that a record has, as Markdown."""
    value = next((line.record[key] for key in keys if line.record.get(key) not in (None, "")), "")
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True))


def _states(decisions: Sequence[Decision]) -> str:
    counts: dict[str, int] = {}
    for decision in decisions:
        counts[decision.state] = counts.get(decision.state, 0) + 1
    return table(("state", "decisions"), [(escape(state), str(count)) for state, count in sorted(counts.items())])


def _breaches(breaches: Sequence[Decision], decisions: Sequence[Decision]) -> str:
    measured = [item for item in decisions if item.limit is not None and item.waited is not None]
    limits = ", ".join(f"{name} {seconds} s" for name, seconds in LIMITS.items())
    told = f"{len(breaches)} of {len(measured)} decisions whose waiting time is known ({limits}).\n"
    if len(measured) < len(decisions):
        told += f"\nNot measured: {len(decisions) - len(measured)}, whose beginning or severity no entry tells.\n"
    if not breaches:
        return told
    rows = [
        (code(item.decision_id), escape(item.severity), f"{item.waited} s{' (still open)' if item.is_open else ''}",
         f"{item.limit} s", escape(item.state))
        for item in breaches
    ]  # fmt: skip
    return told + "\n" + table(("decision", "severity", "waited", "allowed", "state"), rows)
