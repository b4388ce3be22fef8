"""How `evidence` tells what it found: when, in which file, and which faults."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maximus.errors import Error

    from ..face import Face

__all__ = ["now", "tell", "written"]


def now() -> str:
    """Return the time as logs and telemetry have it; the clock itself, because SOURCE_DATE_EPOCH would date it back."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(faults: Sequence[Error], face: Face) -> None:
    """Show faults one by one, as many as anybody reads."""
    from maximus.evidence.limits import MAX_FAULTS  # noqa: PLC0415 - `--help` needs none of it

    for fault in faults[:MAX_FAULTS]:
        face.fail(fault)
    if len(faults) > MAX_FAULTS:
        face.warn(f"{MAX_FAULTS} of {len(faults)} faults shown")


def written(path: Path, content: str) -> str:
    """Write a file and return its path as outputs have it."""
    from maximus.files import write_whole  # noqa: PLC0415 - `--help` needs none of it

    write_whole(path, content)
    return path.as_posix()
