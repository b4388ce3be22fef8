"""A recording, line by line: a header where there is one, then frames; hashed while it is read.

Line 1 may be the recorder's header (`format`, `profile`, `url`, `transport`, `started`); every other line is
`{"t": SECONDS, "frame": {...}}`, or the bare frame as another program wrote it down. Empty lines are passed over.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.consciousness.limits import MAX_BYTES, MAX_DEPTH, MAX_FRAMES, MAX_LINE
from maximus.documents import faults, parse_json
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["Bad", "Header", "Line", "Recording"]

LARGEST = 1.7976931348623157e308
"""The largest finite number; JSON's whole numbers have no bound of their own."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the recorder said before the first frame; empty texts and None where it did not."""

    format: str = ""
    profile: str = ""
    transport: str = ""
    started: str = ""
    """When `t` was 0, ISO 8601."""
    clock_bound_ms: float | None = None
    """How far the recorder's clock may be from the sender's; None where nobody said."""


@dataclass(frozen=True, slots=True)
class Line:
    """One frame."""

    number: int
    """The line in the file, counted from 1."""
    frame: dict[str, Any]
    t: float | None = None
    """Seconds on the receiver's monotonic clock; None in a recording of bare frames."""


@dataclass(frozen=True, slots=True)
class Bad:
    """One line that holds no frame."""

    number: int
    reason: str


class Recording:
    """A file that is read once, from one descriptor; `sha256` and `size` hold when all lines were taken."""

    def __init__(self, path: Path, *, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        """Name the file; nothing is opened yet."""
        self.path = path
        self.header: Header | None = None
        self.size = 0
        self.frames = 0
        """Lines that should hold a frame, bad ones too."""
        self._digest = hashlib.sha256()
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._last = 0.0
        self._is_timed: bool | None = None

    @property
    def sha256(self) -> str:
        """The digest of what was read, 64 hexadecimal digits."""
        return self._digest.hexdigest()

    def lines(self) -> Iterator[Line | Bad]:
        """Yield each line as a frame, or why it is none.

        Raises Error CONS001 (usage) where there is no such file, CONS002 where it is too long, CONS003 where it
        changed while it was read, CONS004 (usage) for a header that cannot be used.
        """
        try:
            with self.path.open("rb") as stream:
                before = os.fstat(stream.fileno())
                yield from self._lines(stream)
                after = os.fstat(stream.fileno())
        except OSError as fault:
            raise Error(
                "CONS001",
                f"cannot read the recording {self.path}",
                why=fault.strerror or str(fault),
                fix="Name a file of one JSON object a line with `recording`.",
                where="input recording",
                status=ExitStatus.USAGE,
            ) from fault
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Error(
                "CONS003",
                f"the recording {self.path} changed while it was read",
                fix="Stop the recorder first, then run again.",
            )

    def _lines(self, stream: BinaryIO) -> Iterator[Line | Bad]:
        number = 0
        while raw := stream.readline(MAX_LINE + 1):
            number += 1
            self._take(raw)
            if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
                while rest := stream.readline(MAX_LINE):
                    self._take(rest)
                    if rest.endswith(b"\n"):
                        break
                self._count()
                yield Bad(number, f"the line is longer than {MAX_LINE} bytes")
                continue
            if not raw.strip():
                continue
            found = self._read(raw, number)
            if found is not None:
                self._count()
                yield found

    def _take(self, raw: bytes) -> None:
        self._digest.update(raw)
        self.size += len(raw)
        if self.size > self._max_bytes:
            raise self._too_long(f"it is larger than {self._max_bytes} bytes")

    def _count(self) -> None:
        self.frames += 1
        if self.frames > self._max_frames:
            raise self._too_long(f"it holds more than {self._max_frames} frames")

    def _too_long(self, why: str) -> Error:
        return Error(
            "CONS002", f"the recording {self.path} is too long", why=why, fix="Record a shorter window, or split it."
        )

    def _read(self, raw: bytes, number: int) -> Line | Bad | None:
        """Return what a line holds; None for the header."""
        try:
            found = parse_json(raw, "the line")
        except Error as error:
            # The parser counts lines within the line, which would be taken for those of the file.
            return Bad(number, f"{error.what}: " + re.sub(r"line 1 (column \d+) \(char \d+\)", r"\1", error.why))
        if reason := _unfit(found):
            return Bad(number, reason)
        if not isinstance(found, dict):
            return Bad(number, "a frame is a JSON object")
        if "format" in found and "frame" not in found and "type" not in found:
            if self.header is not None or self.frames:
                return Bad(number, "a header stands on the first line alone")
            self.header = self._header(found)
            return None
        return self._frame(found, number)

    def _header(self, found: dict[str, Any]) -> Header:
        wrong = faults(found, "consciousness-header")
        if wrong:
            raise Error(
                "CONS004",
                f"the header of {self.path} cannot be used",
                why="; ".join(wrong),
                fix="The first line names `format`, `profile`, `url`, `transport` and `started`, or is a frame.",
                where=f"{self.path}:1",
                status=ExitStatus.USAGE,
            )
        return Header(
            found["format"],
            found.get("profile", ""),
            found.get("transport", ""),
            found.get("started", ""),
            found.get("clock_bound_ms"),
        )

    def _frame(self, found: dict[str, Any], number: int) -> Line | Bad:
        is_timed = "frame" in found
        if self._is_timed not in (None, is_timed):
            return Bad(number, "bare frames and frames with `t` stand in one recording")
        self._is_timed = is_timed
        if not is_timed:
            return Line(number, found)
        t, frame = found.get("t"), found["frame"]
        if isinstance(t, bool) or not isinstance(t, int | float) or t < 0:
            return Bad(number, "`t` is a number of seconds from 0 on")
        if not isinstance(frame, dict):
            return Bad(number, "`frame` is a JSON object")
        if t < self._last:
            return Bad(number, f"`t` goes back from {self._last} to {t}: it is a monotonic clock")
        self._last = float(t)
        return Line(number, frame, float(t))


def _unfit(document: object) -> str:
    """Return why a parsed line is refused, or an empty text: too deep, or a number that no double holds."""
    level: list[object] = [document]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, int) and abs(item) > LARGEST:
                return "a number is not finite"
        if not below:
            return ""
        level = below
    return f"it nests deeper than {MAX_DEPTH} levels"
