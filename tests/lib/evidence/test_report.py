"""The report of a period: who is in it, how long decisions waited, and no formula for anybody's spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.evidence.decisions import decisions_of, moment_of
from maximus.evidence.entries import Line
from maximus.evidence.period import Period, parse_period
from maximus.evidence.report import COLUMNS, cell, make_report

JANUARY = parse_period("2026-01")


def line(index: int, created_at: str = "2026-01-10T12:00:00Z", **record: Any) -> Line:  # noqa: ANN401 - JSON
    """Return a line of a log."""
    return Line(index, created_at, None, None, record, b"")


def decided(decision_id: str, severity: str, seconds: int, end: str = "approved") -> tuple[Line, Line]:
    """Return two entries: a decision was pending, and ended so many seconds later."""
    begin = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
    ended = begin + dt.timedelta(seconds=seconds)
    return (
        line(1, decision_id=decision_id, action="pending", severity=severity, timestamp=begin.isoformat()),
        line(2, decision_id=decision_id, status=end, performed_by="ana", timestamp=ended.isoformat()),
    )


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-01-01..2026-03-31", (2026, 1, 1), (2026, 3, 31)), ("2026-02", (2026, 2, 1), (2026, 2, 28)),
        ("2026-02..2026-03", (2026, 2, 1), (2026, 3, 31)), ("2026-12-31", (2026, 12, 31), (2026, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)), ("2026-12", (2026, 12, 1), (2026, 12, 31)),
    ],
)  # fmt: skip
def test_a_period_is_days_or_months(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    """Both ends are included."""
    assert parse_period(text) == Period(dt.date(*first), dt.date(*last))


@pytest.mark.parametrize(
    "text", ["", "..", "2026", "2026-13", "2026-02-30", "2026-03-01..2026-02-01", "x..y", "9999-12-31", "2026-01-01.."]
)
def test_what_is_no_period_is_a_usage_error(text: str) -> None:
    """With an example of one."""
    with pytest.raises(Error) as caught:
        parse_period(text)
    assert (caught.value.code, caught.value.status) == ("EVID050", ExitStatus.USAGE)


def test_the_days_are_those_of_utc() -> None:
    """A time with another zone is moved, one without any is not trusted."""
    assert moment_of(line(1, timestamp="2026-02-01T00:30:00+01:00")).day == 31
    assert moment_of(line(1, timestamp="2026-02-01T00:30:00")) == moment_of(line(1))
    assert moment_of(line(1, timestamp="yesterday")) == moment_of(line(1))
    assert JANUARY.holds(dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=dt.UTC))
    assert not JANUARY.holds(dt.datetime(2026, 2, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize(("severity", "limit"), [("critical", 300), ("high", 600), ("medium", 900)])
def test_waiting_longer_than_allowed_is_a_breach(severity: str, limit: int) -> None:
    """300, 600 and 900 seconds; at the limit itself it is none."""
    for seconds, is_breach in ((limit, False), (limit + 1, True)):
        found = decisions_of(decided("d", severity, seconds), JANUARY.end)
        assert [(item.waited, item.is_breach) for item in found] == [(seconds, is_breach)]


def test_an_open_decision_waits_until_the_end_of_the_period() -> None:
    """Nobody is spared a breach by never deciding."""
    found = decisions_of(decided("d", "critical", 1)[:1], JANUARY.end)

    assert [(item.is_open, item.is_breach, item.state) for item in found] == [(True, True, "pending")]


def test_what_is_not_known_is_not_measured() -> None:
    """Without a beginning no waiting time, without a known severity no limit, and neither is a pass."""
    found = decisions_of([*decided("a", "low", 9_000), decided("b", "high", 1)[1]], JANUARY.end)

    assert [(item.decision_id, item.limit, item.waited, item.is_breach) for item in found] == [
        ("a", None, 9_000, False), ("b", None, None, False),
    ]  # fmt: skip
    page = make_report([*decided("a", "low", 9_000)], JANUARY, "audit", "1 entry").markdown
    assert "0 of 0 decisions whose waiting time is known" in page
    assert "Not measured: 1" in page


def test_the_report_has_the_entries_of_the_period_and_no_others() -> None:
    """A decision that began before it is known by its earlier entry."""
    before = line(1, "2025-12-31T23:59:00Z", decision_id="d", action="pending", severity="critical")
    inside = line(2, "2026-01-01T00:10:00Z", decision_id="d", action="approved")
    behind = line(3, "2026-02-01T00:00:00Z", action="other")
    report = make_report([before, inside, behind], JANUARY, "audit", "3 entries")

    assert report.count == 1
    assert [row["index"] for row in csv.DictReader(io.StringIO(report.csv))] == ["2"]
    assert [(item.waited, item.is_breach) for item in report.breaches] == [(660, True)]
    assert "| `d` | critical | 660 s | 300 s | approved |" in report.markdown


def test_every_field_of_an_audit_record_has_its_column() -> None:
    """And what else a record has is kept as JSON in the last."""
    record = {name: name for name in COLUMNS if name not in ("index", "created_at", "other")}
    report = make_report([line(7, **record, more={"x": [1]})], JANUARY, "audit", "1 entry")
    row = next(csv.DictReader(io.StringIO(report.csv)))

    assert row == record | {"index": "7", "created_at": "2026-01-10T12:00:00Z", "other": '{"more": {"x": [1]}}'}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "|calc", "%x", "\n=1", '=HYPERLINK("http://x")']
)
def test_no_cell_is_a_formula(text: str) -> None:
    """A name or a comment that begins as a formula does is shown and not run."""
    report = make_report([line(1, performed_by=text)], JANUARY, "audit", "1 entry")
    row = next(csv.DictReader(io.StringIO(report.csv, newline="")))

    assert row["performed_by"] == f"'{text}"


@given(st.text())
def test_any_text_is_one_harmless_cell(text: str) -> None:
    """Whatever somebody writes into a comment."""
    shown = cell(text)

    assert shown in (text, f"'{text}")
    assert not shown.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(("value", "shown"), [(None, ""), (-3, "-3"), (True, "true"), ([1], "[1]"), ({}, "{}")])
def test_values_that_are_no_text_are_shown_as_json(value: object, shown: str) -> None:
    """A number may be negative without being a formula."""
    assert cell(value) == shown


def test_foreign_text_has_no_effect_on_the_page() -> None:
    """Neither a mention nor a table's bar nor HTML."""
    page = make_report([line(1, action="a|b", performed_by="@all <b>x</b>")], JANUARY, "a`b", "1 entry").markdown

    assert "<b>" not in page
    assert "@all" not in page
    assert "a|b" not in page


def test_a_long_page_says_how_much_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CSV has all of them."""
    monkeypatch.setattr("maximus.evidence.report.MAX_ROWS", 2)
    report = make_report([line(number) for number in range(1, 6)], JANUARY, "audit", "5 entries")

    assert "The first 2 of 5; the CSV has all of them." in report.markdown
    assert len(report.csv.splitlines()) == 6
