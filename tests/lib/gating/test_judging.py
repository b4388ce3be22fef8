"""Judging: gaps, minimum, waivers and shares, so that no verdict is hollow."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.gating.check import Context, Finding
from maximus.gating.judging import Judged, decide, judge, judge_entry, shares
from maximus.gating.policy import Entry, Group, Policy
from maximus.gating.worktree import Tree
from maximus.verdict import Status, Waiver

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 21)
WAIVER = Waiver("Ada", "the mirror is down", "2026-11-21", "#7")


@dataclass(frozen=True, slots=True)
class Saying:
    """A check that says what it is told to, or raises it."""

    said: Finding | Exception

    def judge(self, _context: Context) -> Finding:
        """Return or raise."""
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def entry(said: Finding | Exception, ident: str = "it", **parts: object) -> Entry:
    """Return an entry of a policy with a check that says this."""
    made = Entry(ident, "command", ident, "", "a test", 1, "", None, "", "p.yml:1", Saying(said))
    return replace(made, **parts)  # type: ignore[arg-type]  # fields by name


def context(root: Path) -> Context:
    """Return a context over an empty tree."""
    return Context(Tree(root), None, "", "", TODAY)


def policy(*entries: Entry, target: Fraction | None = None, groups: tuple[Group, ...] = ()) -> Policy:
    """Return a policy of these entries."""
    return Policy("p", "", target, "", groups, entries, (), ())


@given(st.sampled_from([Status.PASS, Status.FAIL, Status.UNMEASURED]), st.integers(0, 3), st.integers(1, 3))
def test_nothing_inspected_is_never_a_pass(status: Status, inspected: int, least: int) -> None:
    """Whatever a check says: over nothing it is unmeasured, and a pass needs as many as are expected."""
    verdict = decide(entry(Finding(status, 0), expected_min=least), Finding(status, inspected), TODAY)
    if not inspected:
        assert verdict.status is Status.UNMEASURED
    assert (verdict.status is Status.PASS) == (status is Status.PASS and inspected >= least)


@pytest.mark.parametrize(("until", "status"), [("2026-11-21", Status.WAIVED), ("2026-11-20", Status.FAIL)])
def test_a_waiver_holds_until_its_day(until: str, status: Status) -> None:
    """On its last day it holds, on the next it is a fail that names who gave it."""
    verdict = decide(
        entry(Finding(Status.FAIL, 1), waiver=replace(WAIVER, until=until)), Finding(Status.FAIL, 1), TODAY
    )
    assert verdict.status is status
    assert "Ada" in verdict.reason


def test_a_waiver_fills_no_gap() -> None:
    """It lets a fail pass; what nobody looked at stays unmeasured, and what passes needs none."""
    waived = entry(Finding(Status.PASS, 1), waiver=WAIVER)
    assert decide(waived, Finding(Status.UNMEASURED, 0), TODAY).status is Status.UNMEASURED
    assert decide(waived, Finding(Status.PASS, 1), TODAY).status is Status.PASS


def test_a_gap_blocks_unless_it_is_allowed_by_name(tmp_path: Path) -> None:
    """By the policy with a reason, or by the run's input; nothing else changes."""
    gap = Finding(Status.UNMEASURED, 0, reason="no Docker")
    found = policy(entry(gap, "a"), entry(gap, "b", allow_unmeasured="no services"), entry(gap, "c"))
    verdicts = [item.verdict for item in judge(found, context(tmp_path), ("c",))]
    assert [verdict.allowed for verdict in verdicts] == ["", "no services", "the run's `allow-unmeasured` names it"]
    assert {verdict.status for verdict in verdicts} == {Status.UNMEASURED}


def test_an_allowance_for_nobody_is_refused(tmp_path: Path) -> None:
    """A name that no check has would silently allow nothing."""
    with pytest.raises(Error) as caught:
        judge(policy(entry(Finding(Status.PASS, 1), "a")), context(tmp_path), ("b",))
    assert (caught.value.code, caught.value.status) == ("GATE005", ExitStatus.USAGE)


@pytest.mark.parametrize(
    ("raised", "status", "is_outside"),
    [
        (Error("GATE010", "no mypy", status=ExitStatus.UNMEASURED), Status.UNMEASURED, False),
        (Error("HUB001", "GitHub is away", status=ExitStatus.OUTSIDE), Status.UNMEASURED, True),
        (Error("DOC003", "no JSON"), Status.FAIL, False),
        (OSError(5, "Input/output error", "x"), Status.FAIL, False),
        (RecursionError(), Status.FAIL, False),
    ],
)
def test_what_a_check_raises_becomes_its_verdict(
    tmp_path: Path, raised: Exception, status: Status, *, is_outside: bool
) -> None:
    """A missing program is a gap, an outage a gap that ends the run with 3, anything else a fail; the next one runs."""
    judged = judge_entry(entry(raised), context(tmp_path))
    assert judged.verdict.status is status
    assert (judged.error is not None) == is_outside


def test_a_bug_keeps_its_traceback(tmp_path: Path) -> None:
    """What is no Error and not the machine's is ours to mend."""
    with pytest.raises(ZeroDivisionError):
        judge_entry(entry(ZeroDivisionError()), context(tmp_path))


def _judged(found: Policy, tmp_path: Path) -> tuple[Judged, ...]:
    return judge(found, context(tmp_path))


def test_an_article_counts_what_was_judged_and_the_whole_counts_all(tmp_path: Path) -> None:
    """A waiver leaves its article at 100 percent of what was judged, and takes from the whole."""
    good, bad = Finding(Status.PASS, 1), Finding(Status.FAIL, 1)
    articles = (
        Group("ii", "Article II", Fraction(100), "doctrine"),
        Group("x", "Article X", Fraction(100), "doctrine"),
    )
    many = [entry(good, f"g{number}", group="ii") for number in range(18)]
    found = policy(*many, entry(bad, "w", group="ii", waiver=WAIVER), entry(good, "x", group="x"),
                   target=Fraction(95), groups=articles)  # fmt: skip
    ii, x, everything = shares(found, _judged(found, tmp_path))
    assert (ii.passed, ii.counted, ii.verdict and ii.verdict.status) == (18, 18, Status.PASS)
    assert (x.passed, x.counted) == (1, 1)
    # 19 of 20 are 95 percent exactly: a rounded 94.9 would do as well, and must not.
    assert (everything.verdict and everything.verdict.measured, everything.verdict and everything.verdict.status) == (
        "19/20", Status.PASS
    )  # fmt: skip
    less = replace(found, entries=found.entries[1:])
    assert [share.verdict and share.verdict.status for share in shares(less, _judged(less, tmp_path))][
        -1
    ] is Status.FAIL


def test_a_share_that_gaps_keep_open_is_unmeasured(tmp_path: Path) -> None:
    """What could still hold once it is measured has not failed; what could not, has."""
    group = Group("ii", "Article II", Fraction(100), "doctrine")
    gap = entry(Finding(Status.UNMEASURED, 0), "gap", group="ii")
    found = policy(entry(Finding(Status.PASS, 1), "a", group="ii"), gap, groups=(group,))
    assert [share.verdict and share.verdict.status for share in shares(found, _judged(found, tmp_path))] == [
        Status.UNMEASURED
    ]
    worse = replace(found, entries=(*found.entries, entry(Finding(Status.FAIL, 1), "b", group="ii")))
    assert [share.verdict and share.verdict.status for share in shares(worse, _judged(worse, tmp_path))] == [
        Status.FAIL
    ]
