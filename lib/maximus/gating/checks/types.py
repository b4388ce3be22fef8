"""`types`: mypy in strict mode finds nothing wrong, and it looked at files.

    - id: types
      type: types
      run: [mypy, --strict, src]
      expected-min: 10
      source: Doctrine, article II

mypy is the tree's own: whatever `run` starts. That it is not there leaves the check unmeasured, and so does a run over
no file; `success` over nothing is the pass that this type does not give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.gating.check import Finding, Place, Status
from maximus.gating.checks.command import TIMEOUT, last_words
from maximus.gating.processes import MAX_TIMEOUT, run_program

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields
    from maximus.gating.processes import Ran

__all__ = ["Types", "read"]

_CLEAN = re.compile(r"Success: no issues found in (?P<files>\d+) source files?")
_FAULTY = re.compile(r"Found (?P<errors>\d+) errors? in \d+ files? \(checked (?P<files>\d+) source files?\)")
_ERROR = re.compile(r"(?P<path>[^:\n]+):(?P<line>\d+)(?::\d+)*: error: (?P<text>.+)")


@dataclass(frozen=True, slots=True)
class Types:
    """The options."""

    command: tuple[str, ...]
    timeout: int
    """Seconds."""

    def judge(self, context: Context) -> Finding:
        """Run mypy and believe its own count only."""
        # Without its colours and its cache: the first hides the count, the second is written into the tree.
        quiet = ("--no-color-output", "--no-pretty", "--cache-dir=/dev/null")
        ran = run_program((*self.command, *quiet), context.tree.root, context.environment, self.timeout)
        if ran.is_missing() or "No module named mypy" in ran.output:
            return Finding(Status.UNMEASURED, 0, reason=f"mypy is not there: {last_words(ran)}")
        if ran.status is None:
            return Finding(Status.FAIL, 1, reason=f"it did not end within {self.timeout} seconds and was killed")
        return self._counted(ran)

    def _counted(self, ran: Ran) -> Finding:
        lines = [line.strip() for line in ran.lines]
        for line in reversed(lines):
            clean, faulty = _CLEAN.fullmatch(line), _FAULTY.fullmatch(line)
            if clean and ran.status == 0:
                return Finding(Status.PASS, int(clean["files"]), 0, 0, "errors")
            if faulty:
                places = [
                    Place(at["path"].replace("\\", "/"), int(at["line"]), at["text"])
                    for at in map(_ERROR.fullmatch, lines)
                    if at
                ]
                return Finding(
                    Status.FAIL,
                    int(faulty["files"]),
                    int(faulty["errors"]),
                    0,
                    "errors",
                    f"{faulty['errors']} errors of type",
                    "Mend the annotations; `# type: ignore[code]` needs its reason beside it.",
                    tuple(sorted(places, key=lambda place: (place.path, place.line, place.text))),
                )
        if any(line.startswith("There are no .py[i] files") for line in lines):
            return Finding(Status.UNMEASURED, 0, reason="mypy found no file to look at")
        return Finding(Status.FAIL, 1, reason=f"mypy did not finish ({ran.status}): {last_words(ran)}")


def read(fields: Fields) -> Types:
    """Take the options out of a policy's entry."""
    run = fields.texts("run", ("mypy", "--strict", "."))
    if len(run) == 1:
        fields.fault("run", "a list is needed, such as [mypy, --strict, src]")
    if not any(word == "--strict" for word in run):
        fields.fault("run", "`--strict` is missing: without it what has no annotation is not looked at")
    return Types(run, fields.whole("timeout", TIMEOUT, least=1, most=MAX_TIMEOUT))
