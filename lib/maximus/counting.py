"""Counts as people read them: one change, 2 changes, 1,200 entries."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, thing: str, things: str = "") -> str:
    """Return a count with its noun; `things` is the plural where it is not the noun with an `s`."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"
