"""Files that a check names one by one: found inside the tree or the folder, hashed as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.files import hash_file
from maximus.verdict import Evidence

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["confined", "hash_of"]


def confined(root: Path, name: str) -> Path | None:
    """Return the regular file of that name below a folder, or None where there is none or it leads out."""
    path = root / name
    try:
        is_inside = path.resolve().is_relative_to(root.resolve())
        return path if is_inside and path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        # A name that is too long, a link that leads to itself: nothing is there.
        return None


def hash_of(path: Path, name: str) -> Evidence:
    """Return a file as the evidence called `name`; raises Error FILE001 or FILE002 as reading it fails."""
    return Evidence(name, hash_file(path).sha256)
