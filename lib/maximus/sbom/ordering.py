"""Versions compared as their ecosystems compare them: which is newer, by how much, and which is nearest."""

from __future__ import annotations

import functools
import re
from typing import TypeAlias

__all__ = ["distance", "is_newer", "step"]

Key: TypeAlias = "tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]"
"""The numbers of the release, and what orders versions with the same numbers."""

_SEMVER = re.compile(r"v?(\d{1,18})\.(\d{1,18})\.(\d{1,18})(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
_NUMBER = re.compile(r"\d{1,18}")
_SEMANTIC = frozenset({"npm", "cargo", "golang", "hex", "pub", "swift"})
_FINAL = ((2, 0, ""),)
_LAST = 1 << 62


@functools.lru_cache(maxsize=65536)
def _key(kind: str, version: str) -> Key | None:
    """Return what a version is ordered by; None where the ecosystem gives it no order, such as a commit."""
    if kind == "pypi":
        return _pep440(version)
    if kind in _SEMANTIC:
        found = _SEMVER.fullmatch(version)
        if not found:
            return None
        parts = (found[4] or "").split(".")
        before = tuple((0, int(part), "") if _NUMBER.fullmatch(part) else (1, 0, part) for part in parts)
        return (int(found[1]), int(found[2]), int(found[3])), before if found[4] else _FINAL
    numbers = re.fullmatch(r"v?(\d{1,18}(?:\.\d{1,18}){0,9})", version)
    return (tuple(int(part) for part in numbers[1].split(".")), _FINAL) if numbers else None


def _pep440(version: str) -> Key | None:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - only an inventory needs it

    try:
        found = Version(version)
    except (InvalidVersion, ValueError):
        return None
    # A development release without a pre-release comes before all of these; a final one behind them.
    early = found.pre is None and found.post is None and found.dev is not None
    name, number = found.pre or (("" if early else "z"), 0)
    rest = (
        (0, 0, name),
        (0, number, ""),
        (0, -1 if found.post is None else found.post, ""),
        (0, _LAST if found.dev is None else found.dev, ""),
        (0, 0, found.local or ""),
    )
    # 1.0 and 1.0.0 are one version.
    release = (*found.release, 0, 0, 0)
    kept = max(3, max((place + 1 for place, part in enumerate(release) if part), default=0))
    return (found.epoch, *release[:kept]), rest


def is_newer(kind: str, before: str, after: str) -> bool | None:
    """Tell whether `after` is the newer version; None where the two have no order."""
    old, new = _key(kind, before), _key(kind, after)
    if old is None or new is None or old == new:
        return None
    return new > old


def step(kind: str, before: str, after: str) -> str:
    """Return which number changed first: `major`, `minor`, `patch`, or `other`."""
    old, new = _key(kind, before), _key(kind, after)
    if old is None or new is None:
        return "other"
    # PEP 440 has an epoch before the major number.
    names = ("major", "major", "minor", "patch") if kind == "pypi" else ("major", "minor", "patch")
    return next((name for name, a, b in zip(names, old[0], new[0], strict=False) if a != b), "other")


def distance(kind: str, before: str, after: str) -> tuple[int, ...]:
    """Return how far two versions are apart, number by number; those without an order are the farthest."""
    old, new = _key(kind, before), _key(kind, after)
    if old is None or new is None:
        return (_LAST,)
    width = max(len(old[0]), len(new[0]))
    padded = [numbers + (0,) * (width - len(numbers)) for numbers in (old[0], new[0])]
    return tuple(abs(a - b) for a, b in zip(*padded, strict=True))
