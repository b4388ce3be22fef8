"""The record with which every check of the suite answers (`schemas/verdict.schema.json`)."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Evidence", "Status", "Verdict", "Waiver", "overall"]


class Status(enum.StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNMEASURED = "unmeasured"
    WAIVED = "waived"

    @property
    def exit_status(self) -> ExitStatus:
        """The exit status that this verdict alone leads to; a waived check blocks nothing."""
        return {
            Status.FAIL: ExitStatus.FAILED,
            Status.UNMEASURED: ExitStatus.UNMEASURED,
        }.get(self, ExitStatus.PASS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that backs a verdict."""

    path: str
    """Relative to the tree or the release folder, with `/`."""
    sha256: str
    """64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who lets a failing check pass, why, and until when."""

    who: str
    why: str
    until: str
    """The last day on which it holds, `YYYY-MM-DD`."""
    issue: str = ""
    """Where its end is followed up, such as an issue's address."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's answer: claims only, so that two runs on the same input are equal byte for byte.

    `inspected` says how many things were looked at. A check that inspected nothing cannot pass:
    asking for that raises ValueError, because it is a bug and not a finding.
    """

    check: str
    """The check's name: area and subject, such as `verify.signatures`."""
    status: Status
    inspected: int
    """How many things were looked at."""
    measured: int | str | None = None
    """What was found; an integer in `unit`, or an exact text such as `3/4`."""
    threshold: int | str | None = None
    """What `measured` was compared with, in `unit`."""
    unit: str = ""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    """Why the status is what it is, one clause."""
    hint: str = ""
    """What to do about it."""
    code: str = ""
    """The error code behind a fail, such as `VERIFY004`."""
    waiver: Waiver | None = None
    allowed: str = ""
    """Why it may be unmeasured without blocking; somebody said so by this check's name."""

    def __post_init__(self) -> None:
        """Refuse the three records that must not exist."""
        if self.status is Status.PASS and self.inspected < 1:
            msg = f"{self.check}: a check that inspected nothing is unmeasured, never a pass"
            raise ValueError(msg)
        if (self.status is Status.WAIVED) != (self.waiver is not None):
            msg = f"{self.check}: a waived verdict carries its waiver, and no other does"
            raise ValueError(msg)
        if self.allowed and self.status is not Status.UNMEASURED:
            msg = f"{self.check}: only what is unmeasured can be allowed to be"
            raise ValueError(msg)

    def as_document(self) -> dict[str, object]:
        """Return the record as `schemas/verdict.schema.json` describes it, empty fields left out."""
        record = dataclasses.asdict(self)
        record["status"] = self.status.value
        if self.waiver is not None:
            record["waiver"] = {key: value for key, value in dataclasses.asdict(self.waiver).items() if value}
        record["evidence"] = [dataclasses.asdict(item) for item in sorted(self.evidence, key=lambda e: e.path)]
        kept = ("check", "status", "inspected")
        return {key: value for key, value in record.items() if key in kept or value not in ("", None, [], ())}


def overall(verdicts: Iterable[Verdict]) -> Status:
    """Return the one status that stands for all: fail, then unmeasured, then waived, then pass.

    What may be unmeasured counts as waived, as long as anything was measured. No verdict at all is unmeasured.
    """
    known = tuple(verdicts)
    found = {Status.WAIVED if verdict.allowed else verdict.status for verdict in known}
    if all(verdict.status is Status.UNMEASURED for verdict in known):
        return Status.UNMEASURED
    for status in (Status.FAIL, Status.UNMEASURED, Status.WAIVED):
        if status in found:
            return status
    return Status.PASS
