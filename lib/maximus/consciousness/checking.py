"""A recording checked frame by frame in one pass, and what was counted on the way."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from maximus.consciousness.limits import MAX_KINDS, MAX_NAMED_LINES
from maximus.consciousness.profiles import COCKPIT, OBSERVED, Fault, extras, find_faults, profile_of, read_profile
from maximus.consciousness.recording import Bad, Line, Recording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Arousal", "Cadence", "Checked", "Events", "Finding", "Latency", "check"]

PERIODS: Final = {"arousal_update": 1.0, "state_snapshot": 5.0}
"""Seconds after which the next frame of a type is due."""


@dataclass(slots=True)
class Finding:
    """One kind of fault, with the lines on which it was met."""

    text: str
    """Of the first one."""
    first: int
    """Its line."""
    count: int = 0
    lines: list[int] = field(default_factory=list)
    """The first few."""


@dataclass(slots=True)
class Arousal:
    """The range of arousal, from the frames that tell it as measured."""

    samples: int = 0
    low: float = math.inf
    high: float = -math.inf

    def add(self, value: float) -> None:
        """Count one sample."""
        self.samples += 1
        self.low, self.high = min(self.low, value), max(self.high, value)


@dataclass(slots=True)
class Events:
    """The ignitions and attempts, each once by its id."""

    success: dict[str, bool | None] = field(default_factory=dict)
    """Whether it succeeded; None where no frame says so."""

    def add(self, event: dict[str, Any]) -> None:
        """Count one frame about an event."""
        told = event.get("success")
        known = self.success.get(event["event_id"])
        self.success[event["event_id"]] = known if told is None else bool(told or known)


@dataclass(frozen=True, slots=True)
class Latency:
    """How long frames were under way, in milliseconds, each up to `bound` more or less."""

    p95: float
    largest: float
    frames: int
    bound: float


@dataclass(frozen=True, slots=True)
class Cadence:
    """The gaps between frames of one type, in seconds on the receiver's clock."""

    type: str
    median: float
    largest: float
    late: int
    """Gaps of more than twice the period."""
    gaps: int


@dataclass(slots=True)
class Checked:
    """What a recording turned out to be."""

    profile: str = ""
    """Empty where no frame told."""
    name: str = ""
    sha256: str = ""
    size: int = 0
    frames: int = 0
    """Lines that hold a frame or should."""
    bad: int = 0
    types: dict[str, int] = field(default_factory=dict)
    """How many good frames there are of each type."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """By kind, in the order of their first lines."""
    unlisted: int = 0
    """Bad frames of kinds beyond those that are told apart."""
    extras: dict[str, int] = field(default_factory=dict)
    """Fields that the profile does not know, with the first line."""
    window_s: float | None = None
    arousal: Arousal = field(default_factory=Arousal)
    events: Events = field(default_factory=Events)
    phi: float | None = None
    """The last value, on the scale without bounds."""
    latency: Latency | None = None
    no_latency: str = ""
    """Why there is none."""
    cadences: tuple[Cadence, ...] = ()

    @property
    def good(self) -> int:
        """How many frames hold to the profile."""
        return self.frames - self.bad


def check(path: Path, profile: str = "") -> Checked:
    """Return what the recording holds, every frame validated against its profile.

    `profile` is what it must be; empty, the header or the first frame decides. Frames of another profile are bad.
    Raises Error CONS001 to CONS005 for a file that cannot be used.
    """
    return _Check(Recording(path), read_profile(profile) if profile else "").run()


class _Check:
    """One pass over a recording."""

    def __init__(self, recording: Recording, profile: str) -> None:
        self._recording = recording
        self._found = Checked(profile=profile, name=recording.path.name)
        self._clock: list[float] = []
        self._sent: list[datetime] = []
        self._delays = array("d")
        self._last: dict[str, float] = {}
        self._gaps: dict[str, array[float]] = {}

    def run(self) -> Checked:
        """Read all lines and conclude."""
        found, recording = self._found, self._recording
        for line in recording.lines():
            self._take_header()
            faults = (_malformed(line),) if isinstance(line, Bad) else self._frame(line)
            if faults:
                found.bad += 1
                self._note(faults, line.number)
        self._take_header()
        found.sha256, found.size, found.frames = recording.sha256, recording.size, recording.frames
        found.window_s = _window(self._clock, self._sent)
        self._conclude_latency()
        found.cadences = tuple(
            _cadence(kind, gaps, PERIODS[kind]) for kind, gaps in sorted(self._gaps.items()) if len(gaps)
        )
        return found

    def _take_header(self) -> None:
        header = self._recording.header
        if header is None or not header.profile:
            return
        told = read_profile(header.profile)
        # The caller's word beats the recorder's: a frame of another profile then is a fault with its line.
        self._found.profile = self._found.profile or told

    def _note(self, faults: Sequence[Fault], number: int) -> None:
        """Keep the first lines of each kind of fault."""
        for fault in faults:
            finding = self._found.findings.get(fault.kind)
            if finding is None:
                if len(self._found.findings) >= MAX_KINDS:
                    self._found.unlisted += 1
                    continue
                finding = self._found.findings[fault.kind] = Finding(fault.text, number)
            finding.count += 1
            if len(finding.lines) < MAX_NAMED_LINES:
                finding.lines.append(number)

    def _frame(self, line: Line) -> tuple[Fault, ...]:
        """Count a frame, or return its faults."""
        found, frame = self._found, line.frame
        shape = profile_of(frame)
        if not found.profile:
            found.profile = shape
        if shape != found.profile:
            return (Fault("profile", f"a frame of {shape} stands in a recording of {found.profile}"),)
        faults = find_faults(frame, found.profile)
        if faults:
            return faults
        kind = frame["type"]
        found.types[kind] = found.types.get(kind, 0) + 1
        for place in extras(frame, found.profile):
            if len(found.extras) < MAX_KINDS:
                found.extras.setdefault(f"{kind} {place}", line.number)
        self._count(kind, frame)
        self._time(kind, line)
        return ()

    def _count(self, kind: str, frame: dict[str, Any]) -> None:
        """Count what the numbers are made of."""
        found = self._found
        if found.profile == COCKPIT:
            data = frame["data"]
            if kind == "arousal_update":
                found.arousal.add(data["arousal"])
            elif kind == "esgt_event":
                found.events.add(data)
            elif (phi := data["tig_metrics"].get("phi_proxy")) is not None:
                found.phi = phi
        elif kind == "state_snapshot" and frame["arousal"] is not None:
            # `initial_state` is left out: its 0.5 stands also where nothing was measured.
            found.arousal.add(frame["arousal"])
        elif kind == "esgt_event":
            found.events.add(frame["event"])

    def _time(self, kind: str, line: Line) -> None:
        """Keep what the clocks tell."""
        place = line.frame["data"] if self._found.profile == COCKPIT else line.frame
        text = place.get("timestamp")
        sent = datetime.fromisoformat(text) if isinstance(text, str) else None
        if sent is not None and sent.tzinfo is None:
            # Local time without a zone is never taken for UTC.
            sent = None
        if sent is not None:
            self._sent = [min(sent, *self._sent), max(sent, *self._sent)] if self._sent else [sent, sent]
        if line.t is None:
            return
        self._clock = [self._clock[0], line.t] if self._clock else [line.t, line.t]
        started = self._started()
        if sent is not None and started is not None:
            self._delays.append((started.timestamp() + line.t - sent.timestamp()) * 1000)
        if kind in PERIODS:
            if kind in self._last:
                self._gaps.setdefault(kind, array("d")).append(line.t - self._last[kind])
            self._last[kind] = line.t

    def _started(self) -> datetime | None:
        header = self._recording.header
        if header is None or not header.started or header.clock_bound_ms is None:
            return None
        return datetime.fromisoformat(header.started)

    def _conclude_latency(self) -> None:
        """Decide whether the delays mean anything."""
        header, delays = self._recording.header, sorted(self._delays)
        bound = header.clock_bound_ms if header else None
        if bound is None:
            self._found.no_latency = "the recording states no bound for the clocks (`clock_bound_ms`)"
        elif not delays:
            self._found.no_latency = "no frame has a time with a zone and a time of receipt"
        elif delays[0] < -bound:
            self._found.no_latency = "a frame arrived before it was sent: the stated bound of the clocks is wrong"
        else:
            rank = math.ceil(0.95 * len(delays)) - 1
            self._found.latency = Latency(round(delays[rank], 3), round(delays[-1], 3), len(delays), bound)


def _malformed(line: Bad) -> Fault:
    return Fault("line " + re.sub(r"[0-9]+", "", line.reason)[:80], line.reason)


def _window(clock: list[float], sent: list[datetime]) -> float | None:
    """Return the seconds between the first and the last frame: by the receiver's clock, else by stated times."""
    if clock:
        return round(clock[1] - clock[0], 3)
    if sent:
        return round((sent[1] - sent[0]).total_seconds(), 3)
    return None


def _cadence(kind: str, gaps: array[float], period: float) -> Cadence:
    ordered = sorted(gaps)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    late = sum(gap > 2 * period for gap in ordered)
    return Cadence(kind, round(median, 3), round(ordered[-1], 3), late, len(ordered))


def basis_of(profile: str) -> str:
    """Return what a profile's events stand for: the backend streams only those that somebody triggered."""
    return "manually-triggered" if profile == OBSERVED else "streamed"
