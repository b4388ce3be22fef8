"""`append-only-log`: a JSONL log whose lines were only ever appended: index, times, chain and tree, line by line.

    - id: t7
      type: append-only-log
      file: out/audit/log.jsonl
      tree: true
      count: 120
      head: 5b3c…
      source: T7

A chain alone can be cut at its end: `count` and `head` (the root over all lines) say how long it was at least, as a
signed checkpoint does. With `tree`, a batch log's `root` is held to be the RFC 6962 root over its batches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.gating.check import Finding, Place, Status
from maximus.gating.logs import MAX_FAULTS, read_log
from maximus.gating.lookup import confined

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields

__all__ = ["AppendOnlyLog", "read"]

_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class AppendOnlyLog:
    """The options."""

    file: str
    """Relative to the tree."""
    is_tree: bool
    count: int
    """How many lines it must have at least; 0 where nothing is known."""
    head: str
    """The root that it must have; empty where nothing is known."""

    def judge(self, context: Context) -> Finding:
        """Read the log."""
        path = confined(context.tree.root, self.file)
        if path is None:
            return Finding(Status.UNMEASURED, 0, reason=f"there is no log {self.file}")
        with path.open("rb") as stream:
            log = read_log(stream, is_tree=self.is_tree)
        places = [Place(self.file, number, text) for number, text in log.faults]
        if not places and log.lines < self.count:
            places.append(Place(self.file, log.lines, f"is the last line, {self.count} were known: it was cut"))
        elif not places and self.head and log.root != self.head:
            places.append(Place(self.file, log.lines, f"leads to the root {log.root[:16]}…, not {self.head[:16]}…"))
        if not log.lines and not places:
            return Finding(Status.UNMEASURED, 0, reason=f"{self.file} has no line")
        first = f"line {places[0].line} {places[0].text}" if places else ""
        more = " or more" if len(log.faults) >= MAX_FAULTS else ""
        return Finding(
            Status.FAIL if places else Status.PASS,
            max(log.lines, 1) if places else log.lines,
            measured=len({place.line for place in places}),
            threshold=0,
            unit="lines that do not hold",
            reason=f"{first} ({len(places)}{more} in all)" if len(places) > 1 else first,
            hint="Nothing is mended by itself: look at that line and the one before it, and at who wrote them.",
            places=tuple(places),
        )


def read(fields: Fields) -> AppendOnlyLog:
    """Take the options out of a policy's entry."""
    head = fields.text("head", "") if fields.has("head") else ""
    if head and not _HASH.fullmatch(head):
        fields.fault("head", "64 hexadecimal digits are needed")
    return AppendOnlyLog(fields.text("file"), fields.flag("tree", default=False), fields.whole("count", 0), head)
