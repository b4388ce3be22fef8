"""Why a package is there: the shortest way to it from what the tree needs directly."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_STEPS", "ways_in"]

MAX_STEPS: Final = 50
"""Packages on one way; a longer one is not told."""


def ways_in(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return, by purl, the purls from a direct need to the package itself, in a CycloneDX document of ours.

    Of several shortest ways it is the first by name. What is needed directly has itself alone; parts of the tree
    are the tree.
    """
    purls = {item["bom-ref"]: item["purl"] for item in document["components"]}
    after = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    root = document["metadata"]["component"]
    starts = [root["bom-ref"], *(part["bom-ref"] for part in root.get("components", ()))]
    came: dict[str, str] = dict.fromkeys(starts, "")
    waiting = deque(starts)
    while waiting:
        here = waiting.popleft()
        for target in sorted(after.get(here, ())):
            if target not in came:
                came[target] = here
                waiting.append(target)
    found: dict[str, tuple[str, ...]] = {}
    for ref, purl in purls.items():
        way: list[str] = []
        step = ref
        while step in purls and len(way) <= MAX_STEPS:
            way.append(purls[step])
            step = came.get(step, "")
        if len(way) <= MAX_STEPS:
            found.setdefault(purl, tuple(reversed(way)))
    return found
