"""Recordings as the two senders make them, written by the tests that need one."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from maximus.consciousness.profiles import level_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADER = {
    "format": "maximus-recording/1",
    "profile": "cockpit/1.0",
    "url": "ws://localhost:8001/ws/consciousness",
    "transport": "websocket",
    "started": "2026-11-20T10:00:00.000Z",
    "clock_bound_ms": 5,
}


def stamp(second: int) -> str:
    """Return a time as the protocol writes it."""
    return f"2026-11-20T10:{second // 60:02}:{second % 60:02}.000Z"


def arousal_update(second: int, arousal: float, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the protocol's frame of every second."""
    data = {
        "arousal": arousal,
        "level": level_of(arousal),
        "baseline": 0.4,
        "need_contribution": 0.1,
        "stress_contribution": -0.1,
        "timestamp": stamp(second),
    }
    return {"type": "arousal_update", "data": data | changes}


def esgt_event(second: int, number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the protocol's frame about a successful ignition."""
    data = {
        "event_id": str(uuid.UUID(int=number, version=4)),
        "timestamp": stamp(second),
        "success": True,
        "salience": {"novelty": 0.5, "relevance": 0.6, "urgency": 0.7, "total": 1.8},
        "nodes_participating": 12,
        "coherence": 0.8,
        "duration_ms": 120,
    }
    return {"type": "esgt_event", "data": data | changes}


def state_snapshot(second: int, phi: float | None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the protocol's frame of every five seconds."""
    metrics = {"nodes_active": 100, "connectivity": 0.4, "integration": 0.8}
    data = {
        "timestamp": stamp(second),
        "esgt_active": False,
        "arousal_level": 0.5,
        "arousal_classification": "awake",
        "tig_metrics": metrics | ({} if phi is None else {"phi_proxy": phi}),
        "recent_events_count": 1,
        "system_health": "healthy",
    }
    return {"type": "state_snapshot", "data": data | changes}


def observed_snapshot(second: int, arousal: float | None) -> dict[str, Any]:
    """Return the backend's frame of every five seconds: flat, local time."""
    return {
        "type": "state_snapshot",
        "timestamp": f"2026-11-20T10:00:{second:02}.123456",
        "arousal": arousal,
        "esgt_active": True,
        "events_count": 0,
    }


def timed(frames: Iterable[dict[str, Any]], delay: float = 0.02) -> list[dict[str, Any]]:
    """Return the frames as a recorder writes them, one a second."""
    return [{"t": second + delay, "frame": frame} for second, frame in enumerate(frames)]


def written(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    """Write a recording; a text goes in as it is."""
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path
