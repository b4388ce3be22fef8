"""Judging a policy: every check is asked, and what it says becomes a verdict that cannot be hollow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.gating.bounds import shown
from maximus.gating.check import Announcing, Finding
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from maximus.gating.check import Context
    from maximus.gating.policy import Entry, Policy

__all__ = ["Judged", "Share", "judge", "judge_entry", "shares"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A check and what became of it."""

    entry: Entry
    finding: Finding
    verdict: Verdict
    error: Error | None = None
    """What kept the check from measuring, where something outside failed."""
    seconds: float = 0.0
    """How long it took: telemetry, no claim."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a group, or of the whole policy, holds."""

    id: str
    """The group's id; empty for the whole policy."""
    title: str
    passed: int
    counted: int
    """How many checks count: in a group those that were judged, over all of it every one."""
    target: Fraction | None
    """The percentage that has to hold, or None where nothing is said."""
    verdict: Verdict | None
    """None without a target."""


def judge(
    policy: Policy,
    context: Context,
    allowed: Collection[str] = (),
    advance: Callable[[], None] = lambda: None,
) -> tuple[Judged, ...]:
    """Ask every check of a policy, in its order.

    `allowed` are the ids of checks that may go unmeasured, besides those that the policy allows.
    Raises Error GATE005 (usage) for an id among them that the policy does not have.
    """
    known = {entry.id for entry in policy.entries}
    unknown = sorted(set(allowed) - known)
    if unknown:
        raise Error(
            "GATE005",
            f"`allow-unmeasured` names {unknown[0]!r}, which is no check of the policy {policy.name}",
            why=f"its checks are {', '.join(sorted(known))}"[:500],
            where="input `allow-unmeasured`",
            status=ExitStatus.USAGE,
        )
    for entry in policy.entries:
        if isinstance(entry.check, Announcing):
            entry.check.announce(context)
    found = []
    for entry in policy.entries:
        found.append(judge_entry(entry, context, is_allowed=entry.id in allowed))
        advance()
    return tuple(found)


def judge_entry(entry: Entry, context: Context, *, is_allowed: bool = False) -> Judged:
    """Ask one check."""
    started = time.monotonic()
    error: Error | None = None
    try:
        finding = entry.check.judge(context)
    except Error as fault:
        finding, error = _from_error(fault), fault if fault.status is ExitStatus.OUTSIDE else None
    except RecursionError:
        finding = Finding(Status.FAIL, 1, reason="what it reads nests deeper than can be read")
    except OSError as fault:
        finding = Finding(Status.FAIL, 1, reason=f"cannot use {fault.filename or 'a file'}: {fault.strerror or fault}")
    seconds = time.monotonic() - started
    return Judged(entry, finding, decide(entry, finding, context.today, is_allowed=is_allowed), error, seconds)


def _from_error(fault: Error) -> Finding:
    """Return what a check that could not go on has found: a gap where it could not look, else a fail."""
    is_gap = fault.status in (ExitStatus.UNMEASURED, ExitStatus.OUTSIDE)
    reason = f"{fault.what}: {fault.why}" if fault.why else fault.what
    status = Status.UNMEASURED if is_gap else Status.FAIL
    return Finding(status, 0 if is_gap else 1, reason=reason, hint=fault.fix, code=fault.code)


def decide(entry: Entry, finding: Finding, today: dt.date, *, is_allowed: bool = False) -> Verdict:
    """Return the verdict over a finding: gaps, minimum, waiver and allowance applied. Pure.

    What looked at nothing is unmeasured, whatever it says, and so is a pass over less than `expected-min`.
    A waiver lets a fail pass until its day and nothing else: it neither fills a gap nor outlives itself.
    """
    status, reason, hint, code = finding.status, finding.reason, entry.hint or finding.hint, finding.code
    least = entry.expected_min
    if not finding.inspected or (status is Status.PASS and finding.inspected < least):
        status = Status.UNMEASURED
        few = f"{finding.inspected} of at least {least} were there" if finding.inspected else ""
        reason = "; ".join(part for part in (few, reason) if part)
    waiver, allowed = None, ""
    if status is Status.FAIL and entry.waiver is not None:
        if today.isoformat() <= entry.waiver.until:
            status, waiver = Status.WAIVED, entry.waiver
            reason = f"{reason}; waived until {waiver.until} by {waiver.who}: {waiver.why} ({waiver.issue})".lstrip(
                "; "
            )
        else:
            reason = f"{reason}; the waiver of {entry.waiver.who} ended on {entry.waiver.until}".lstrip("; ")
    if status is Status.UNMEASURED:
        allowed = entry.allow_unmeasured or ("the run's `allow-unmeasured` names it" if is_allowed else "")
    return Verdict(
        f"gate.{entry.id}",
        status,
        finding.inspected,
        measured=finding.measured,
        threshold=finding.threshold,
        unit=finding.unit,
        evidence=finding.evidence,
        reason=reason or _default_reason(status),
        hint="" if status is Status.PASS else hint,
        code="" if status is Status.PASS else code,
        waiver=waiver,
        allowed=allowed,
    )


def _default_reason(status: Status) -> str:
    return {Status.PASS: "holds", Status.FAIL: "does not hold"}.get(status, "nothing was there to look at")


def shares(policy: Policy, judged: tuple[Judged, ...]) -> tuple[Share, ...]:
    """Return how much of each group holds, and, last, of the whole policy where it has a target.

    In a group the checks count that were judged: what is waived, or may be unmeasured, is left out. Over the whole
    every check counts, so that the target says how much may be waived or unmeasured at most.
    """
    found = []
    for group in policy.groups:
        members = [item.verdict for item in judged if item.entry.group == group.id]
        if not members:
            # A preset's group, all of whose checks went elsewhere.
            continue
        counted = [item for item in members if not (item.allowed or item.status is Status.WAIVED)]
        found.append(_share(f"gate-group.{group.id}", group.id, group.title, counted, group.target))
    if policy.target is not None:
        everything = [item.verdict for item in judged]
        found.append(_share("gate-target", "", "all checks", everything, policy.target))
    return tuple(found)


def _share(name: str, ident: str, title: str, verdicts: list[Verdict], target: Fraction | None) -> Share:
    passed = sum(item.status is Status.PASS for item in verdicts)
    verdict = None
    if target is not None and verdicts:
        holds = Fraction(100 * passed, len(verdicts)) >= target
        gaps = sum(item.status is Status.UNMEASURED and not item.allowed for item in verdicts)
        # What could still hold once the gaps are measured is unmeasured; what could not has failed.
        may_hold = Fraction(100 * (passed + gaps), len(verdicts)) >= target
        status = Status.PASS if holds else Status.UNMEASURED if may_hold else Status.FAIL
        verdict = Verdict(
            name,
            status,
            len(verdicts),
            measured=f"{passed}/{len(verdicts)}",
            threshold=f">= {shown(target)} %",
            unit="checks",
            reason="" if holds else f"{len(verdicts) - passed} of {len(verdicts)} do not pass",
        )
    return Share(ident, title, passed, len(verdicts), target, verdict)
