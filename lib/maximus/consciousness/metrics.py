"""The numbers for the release notes, each with the file that it came from, or null: nothing is made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.consciousness.checking import basis_of
from maximus.consciousness.limits import MAX_PHI_FILE
from maximus.consciousness.profiles import COCKPIT
from maximus.documents import load_json, validate
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.consciousness.checking import Checked

__all__ = ["KIND", "SCALES", "Phi", "as_document", "describe", "measured", "read_phi"]

KIND: Final = "maximus-consciousness-metrics"
SCALES: Final = ("unit-interval", "unbounded")
"""The two scales of phi; one value is never compared with, or averaged into, one of the other."""
NUMBERS: Final = ("phi_proxy", "esgt_events", "arousal_range")


@dataclass(frozen=True, slots=True)
class Phi:
    """Phi as a user's own file tells it."""

    value: float
    scale: str
    name: str
    sha256: str

    @property
    def is_known(self) -> bool:
        """Whether the scale is one of the two; a value on another is not measured."""
        return self.scale in SCALES


def read_phi(path: Path) -> Phi:
    """Return what the user's own test run wrote.

    Raises Error DOC002 to DOC004 for a file that is too large or not what its schema says, CONS006 (usage) for one
    that is not there.
    """
    if not path.is_file():
        raise Error(
            "CONS006",
            f"there is no file {path} with phi",
            fix='It holds {"phi_proxy": {"value": 0.87, "scale": "unit-interval"}}.',
            where="input phi-file",
            status=ExitStatus.USAGE,
        )
    document = load_json(path, limit=MAX_PHI_FILE)
    validate(document, "consciousness-phi", str(path))
    phi = document["phi_proxy"]
    return Phi(phi["value"], phi["scale"], path.name, hash_file(path).sha256)


def as_document(checked: Checked, phi: Phi | None = None) -> dict[str, Any]:
    """Return the document under `schemas/consciousness-metrics.schema.json`.

    Phi from the user's file, where there is one, stands instead of the recording's; the other scale is not touched.
    """
    source = {"name": checked.name, "sha256": checked.sha256, "profile": checked.profile}
    return {
        "kind": KIND,
        "version": 1,
        "recording": {**source, "bytes": checked.size, "frames": checked.frames, "window_s": checked.window_s},
        "phi_proxy": _phi(checked, phi, source),
        "esgt_events": _events(checked, source),
        "arousal_range": _arousal(checked, source),
    }


def _phi(checked: Checked, phi: Phi | None, source: dict[str, Any]) -> dict[str, Any] | None:
    if phi is not None:
        if not phi.is_known:
            return None
        return {"value": phi.value, "scale": phi.scale, "source": {"name": phi.name, "sha256": phi.sha256}}
    if checked.phi is None:
        return None
    return {"value": checked.phi, "scale": "unbounded", "source": source}


def _events(checked: Checked, source: dict[str, Any]) -> dict[str, Any] | None:
    told = checked.events.success
    # The backend loses events, so none is not zero there; the protocol streams each, so zero is a count
    # while other frames flowed.
    if not told and (checked.profile != COCKPIT or not checked.good):
        return None
    is_told = all(success is not None for success in told.values())
    return {
        "count": len(told),
        "succeeded": sum(bool(success) for success in told.values()) if is_told else None,
        "window_s": checked.window_s,
        "basis": basis_of(checked.profile),
        "source": source,
    }


def _arousal(checked: Checked, source: dict[str, Any]) -> dict[str, Any] | None:
    arousal = checked.arousal
    if arousal.samples < 2:  # noqa: PLR2004 - one sample has no range
        return None
    return {
        "min": arousal.low,
        "max": arousal.high,
        "samples": arousal.samples,
        "window_s": checked.window_s,
        "source": source,
    }


def measured(document: dict[str, Any]) -> int:
    """Return how many of the three numbers there are."""
    return sum(document[name] is not None for name in NUMBERS)


def describe(document: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the three numbers in words, plain text; "not measured" where there is none."""
    phi, events, arousal = (document[name] for name in NUMBERS)
    told = "not measured"
    rows = [("phi proxy", f"{phi['value']} ({phi['scale']})" if phi else told)]
    text = told
    if events:
        done = "" if events["succeeded"] is None else f", {events['succeeded']} succeeded"
        text = f"{events['count']}{done}{', manually triggered ones only' if events['basis'] != 'streamed' else ''}"
    rows.append(("ESGT events", text))
    text = told
    if arousal:
        span = (
            f"constant {arousal['min']}"
            if arousal["min"] == arousal["max"]
            else f"{arousal['min']} to {arousal['max']}"
        )
        text = f"{span}, {arousal['samples']} samples"
    rows.append(("arousal", text))
    return tuple(rows)
