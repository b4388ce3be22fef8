"""What a frame is under each profile: the schema, and the rules that no schema can say."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import faults, schema
from maximus.errors import Error, ExitStatus, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "COCKPIT",
    "OBSERVED",
    "PROFILES",
    "Fault",
    "extras",
    "find_faults",
    "level_of",
    "profile_of",
    "read_profile",
]

COCKPIT: Final = "cockpit/1.0"
OBSERVED: Final = "maximus-core/observed"
PROFILES: Final = (COCKPIT, OBSERVED)
SUM_TOLERANCE: Final = 0.01
"""How far salience's total may be from the sum: senders round each part."""

_SCHEMAS: Final = {COCKPIT: "cockpit-1.0", OBSERVED: "maximus-core-observed"}
_LEVELS: Final = ((0.1, "asleep"), (0.3, "drowsy"), (0.6, "awake"), (0.8, "alert"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a frame differs from its profile."""

    kind: str
    """The same for the same difference: the frame's type, the place, and what was missing."""
    text: str
    """For people."""


def read_profile(name: str) -> str:
    """Return the profile's name; raise Error CONS005 (usage) for one that nobody knows."""
    if name in PROFILES:
        return name
    raise Error(
        "CONS005",
        f"there is no profile {name!r}",
        fix=f"{nearest(name, PROFILES).capitalize()}.",
        where="profile",
        status=ExitStatus.USAGE,
    )


def profile_of(frame: Mapping[str, Any]) -> str:
    """Return the profile that a frame's shape tells: the protocol has an envelope with `data`, the backend none."""
    return COCKPIT if "data" in frame else OBSERVED


def level_of(arousal: float) -> str:
    """Return the level that the protocol prescribes for a number."""
    return next((level for bound, level in _LEVELS if arousal < bound), "hyperaroused")


def find_faults(frame: Mapping[str, Any], profile: str) -> tuple[Fault, ...]:
    """Return in what a frame differs from its profile, sorted by place."""
    kind = frame.get("type")
    known = _types(profile)
    if not isinstance(kind, str) or kind not in known:
        shown = kind if isinstance(kind, str) else type(kind).__name__
        return (Fault("type", f"type: {shown[:100]!r} is no frame of {profile}; known are {', '.join(known)}"),)
    found = [Fault(_kind(kind, text), text) for text in faults(frame, _SCHEMAS[profile])]
    if not found:
        rules = _cockpit_rules(kind, frame["data"]) if profile == COCKPIT else _observed_rules(frame)
        found = [Fault(f"{kind} {text.split(':')[0]}", text) for text in rules]
    return tuple(found)


def _kind(frame: str, text: str) -> str:
    """Return what is the same for the same difference, whatever the value."""
    place, _, message = text.partition(": ")
    missing = re.match(r'"([^"]*)" is a required property', message)
    return f"{frame} {place}.{missing[1]}" if missing else f"{frame} {place}"


@functools.cache
def _types(profile: str) -> tuple[str, ...]:
    return tuple(schema(_SCHEMAS[profile])["properties"]["type"]["enum"])


def _cockpit_rules(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what breaks the protocol beyond its types."""
    yield from _dates(data, "data")
    if kind == "arousal_update":
        yield from _level(data, "arousal", "level")
    elif kind == "state_snapshot":
        yield from _level(data, "arousal_level", "arousal_classification")
        yield from _dates(data.get("esgt_stats", {}), "data.esgt_stats")
    else:
        salience = data["salience"]
        total = salience["novelty"] + salience["relevance"] + salience["urgency"]
        if abs(total - salience["total"]) > SUM_TOLERANCE:
            yield f"data.salience.total: {salience['total']} is not the sum of its parts, {round(total, 6)}"
        if data["success"]:
            if data.get("reason") not in (None, "null"):
                yield "data.reason: a success has no reason"
        else:
            for name in ("coherence", "duration_ms"):
                if name in data:
                    yield f"data.{name}: only a success has it"


def _level(data: Mapping[str, Any], number: str, level: str) -> Iterator[str]:
    expected = level_of(data[number])
    if data[level] != expected:
        yield f"data.{level}: {data[number]} is {expected}, not {data[level]}"


def _observed_rules(frame: Mapping[str, Any]) -> Iterator[str]:
    yield from _dates(frame, "")


def _dates(data: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield the timestamps that have the right form and name no day."""
    for name in ("timestamp", "last_ignition"):
        value = data.get(name)
        if not isinstance(value, str):
            continue
        try:
            datetime.fromisoformat(value)
        except ValueError:
            yield f"{where}.{name}: {value[:40]!r} names no point in time".removeprefix(".")


def extras(frame: Mapping[str, Any], profile: str) -> tuple[str, ...]:
    """Return the places of the frame's fields that the profile does not know, sorted; a minor version may add some."""
    return tuple(sorted(_unknown(frame, _shape(profile, str(frame.get("type"))), "")))


@functools.cache
def _shape(profile: str, kind: str) -> Mapping[str, Any]:
    """Return the properties of a type of frame, references followed."""
    document = schema(_SCHEMAS[profile])

    def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
        name = part.get("$ref", "")
        return document["$defs"][name.rpartition("/")[2]] if name else part

    def shape(part: Mapping[str, Any]) -> Mapping[str, Any]:
        properties = resolved(part).get("properties", {})
        return {name: shape(below) for name, below in properties.items() if isinstance(below, dict)}

    then: Mapping[str, Any] = next(
        (rule["then"] for rule in document["allOf"] if rule["if"]["properties"]["type"]["const"] == kind), {}
    )
    return {"type": {}, **shape(then)}


def _unknown(value: Mapping[str, Any], shape: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, below in value.items():
        if name not in shape:
            yield f"{where}{name}"
        elif isinstance(below, dict) and shape[name]:
            yield from _unknown(below, shape[name], f"{where}{name}.")
