"""What `sign` says of what it could not sign: why, and whether a second run can help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.errors import Error

__all__ = ["advice", "failure"]

_PASSING: Final = frozenset({"IMAGE003", "IMAGE007", "IMAGE008", "SIGN007", "SIGN010", "SIGN051", "WIRE001"})
"""Faults that another run need not meet: somebody was away or busy, or something moved meanwhile."""


def failure(name: str, error: Error) -> dict[str, object]:
    """Return what the output `failed` says of a file or an image."""
    return {
        "cause": error.what + (f": {error.why}" if error.why else ""),
        "code": error.code,
        "file": name,
        "retry": error.code in _PASSING,
    }


def advice(errors: Sequence[Error]) -> str:
    """Return what a verdict says to do about faults: whether another run helps; empty without any."""
    if not errors:
        return ""
    if any(error.code in _PASSING for error in errors):
        return "Run it again: what is signed is kept."
    return "What is signed is kept; another run meets the same until the cause is gone."
