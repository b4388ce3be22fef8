r"""`command`: a program's exit status, and a number out of what it prints.

    - id: coverage
      type: command
      run: pytest --cov --cov-report=term
      number: "TOTAL .* (\d+)%"
      threshold: ">= 90"
      unit: percent
      inspected: "(\d+) passed.*"
      expected-min: 20
      source: pre-deployment checklist, box 2

A list is an argument list, a text is a line for the shell, ended by its first fault. The patterns hold for whole
lines; the last line that matches counts. A program that is not there leaves the check unmeasured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.gating.bounds import Bound, read_bound, shown
from maximus.gating.check import Finding, Status, read_number
from maximus.gating.processes import MAX_TIMEOUT, Ran, command_of, run_program

if TYPE_CHECKING:
    from fractions import Fraction

    from maximus.gating.check import Context, Fields

__all__ = ["TIMEOUT", "Command", "last_number", "last_words", "read"]

TIMEOUT = 600
"""Seconds that a program may take where the policy does not say."""
MAX_LINE = 4_000
"""Characters of a line that patterns are held against: a longer one is no line of a report."""
MAX_SHOWN = 300
"""Characters of a program's last words that a reason quotes."""
_STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Command:
    """The options."""

    line: str
    """What is run, as the policy wrote it."""
    command: tuple[str, ...]
    folder: str
    """Where it runs, relative to the tree."""
    timeout: int
    """Seconds."""
    environment: tuple[tuple[str, str], ...]
    status: int
    """The exit status that it has to end with."""
    number: re.Pattern[str] | None
    """Its first group is the number that is measured."""
    bound: Bound | None
    unit: str
    inspected: re.Pattern[str] | None
    """Its first group says how many things the program looked at."""

    def judge(self, context: Context) -> Finding:
        """Run the program and judge how it ended."""
        folder = context.tree.root / self.folder
        if not folder.is_dir():
            return Finding(Status.UNMEASURED, 0, reason=f"there is no folder {self.folder}")
        ran = run_program(self.command, folder, dict(context.environment) | dict(self.environment), self.timeout)
        if ran.is_missing():
            return Finding(Status.UNMEASURED, 0, reason=f"a program is not there: {last_words(ran)}")
        looked_at = self._looked_at(ran)
        return self._finding(ran, looked_at)

    def _looked_at(self, ran: Ran) -> int:
        if self.inspected is None:
            return 1
        count = last_number(self.inspected, ran)
        return int(count) if count is not None and count >= 0 else 0

    def _finding(self, ran: Ran, looked_at: int) -> Finding:
        threshold = str(self.bound) if self.bound else f"exit status {self.status}"
        value = last_number(self.number, ran) if self.number else None
        measured = shown(value) if value is not None else None if self.number else f"exit status {ran.status}"

        def found(status: Status, reason: str = "") -> Finding:
            # That it failed was seen, however many things it had looked at by then.
            seen = max(looked_at, 1) if status is Status.FAIL else looked_at
            hint = f"Run it where the gate ran: {self.line}"[:MAX_SHOWN]
            return Finding(status, seen, measured, threshold, self.unit, reason, hint)

        if ran.status is None:
            return found(Status.FAIL, f"it did not end within {self.timeout} seconds and was killed")
        if ran.status != self.status:
            return found(Status.FAIL, f"it ended with {ran.status}, not {self.status}: {last_words(ran)}")
        if self.inspected is not None and not looked_at:
            return found(Status.UNMEASURED, f"it does not say how many things it looked at: {last_words(ran)}")
        if self.number is not None and value is None:
            return found(Status.UNMEASURED, f"the number is not in what it printed: {last_words(ran)}")
        if self.bound is not None and value is not None and not self.bound.holds(value):
            return found(Status.FAIL, f"{shown(value)} is not {self.bound}")
        return found(Status.PASS)


def last_number(pattern: re.Pattern[str], ran: Ran) -> Fraction | None:
    """Return the number in the last line that the pattern matches as a whole, exactly; None where there is none."""
    for line in reversed(ran.lines):
        found = pattern.fullmatch(_STYLE.sub("", line).strip()) if len(line) <= MAX_LINE else None
        if found:
            return read_number((found[1] if pattern.groups else found[0]) or "")
    return None


def last_words(ran: Ran) -> str:
    """Return the last lines that a program printed, on one line."""
    lines = [_STYLE.sub("", line).strip() for line in ran.lines[-20:]]
    said = " | ".join(line for line in lines if line)
    return (f"…{said[-MAX_SHOWN:]}" if len(said) > MAX_SHOWN else said) or "it printed nothing"


def read(fields: Fields) -> Command:
    """Take a command's options out of a policy's entry."""
    run = fields.texts("run")
    is_list = fields.has("run") and isinstance(fields.values["run"].value, list)
    number = fields.pattern("number", "")
    inspected = fields.pattern("inspected", "")
    bound = read_bound(fields)
    folder = fields.text("folder", ".")
    if folder.startswith("/") or ".." in folder.split("/"):
        fields.fault("folder", f"{folder!r} leaves the tree")
    if bound and not number.pattern:
        fields.fault("threshold", "needs `number`: the pattern whose first group it is held against")
    for name, pattern in (("number", number), ("inspected", inspected)):
        if pattern.pattern and pattern.groups < 1:
            fields.fault(name, "needs a group: the part in parentheses is the number")
    if number.pattern and bound is None:
        fields.fault("number", "needs `threshold`: a number that is held against nothing is no check")
    return Command(
        line=" ".join(run),
        command=run if is_list else command_of(run[0]) if run else (),
        folder=folder,
        timeout=fields.whole("timeout", TIMEOUT, least=1, most=MAX_TIMEOUT),
        environment=tuple(sorted(fields.table("environment").items())),
        status=fields.whole("status", 0, most=255),
        number=number if number.pattern else None,
        bound=bound,
        unit=fields.text("unit", ""),
        inspected=inspected if inspected.pattern else None,
    )
