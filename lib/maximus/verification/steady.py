"""Files that were put in another's place while they were being verified: they were not the ones that are there now."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from maximus.errors import Error

from .material import Broken, stamp_of

if TYPE_CHECKING:
    from .material import Material
    from .proof import Proof

__all__ = ["without_changed"]


def without_changed(material: Material, proof: Proof) -> tuple[Material, Proof]:
    """Return both without what is proven of files that changed since they were hashed, each a fault now.

    It looks once more right before the report: later nobody can. What is not on this disk cannot change here.
    """
    changed = {
        item.name for item in material.items if item.stamp is not None and stamp_of(item.file.path) != item.stamp
    }
    if not changed:
        return material, proof
    broken = tuple(
        Broken(
            name,
            Error(
                "VERIFY052",
                f"{name} is not what was verified",
                why="it changed while it was being verified",
                fix="Another program is writing to it. Verify a copy that nobody else can change.",
                where=name,
            ),
        )
        for name in sorted(changed)
    )
    kept = dataclasses.replace(
        material,
        items=tuple(item for item in material.items if item.name not in changed),
        broken_files=tuple(sorted((*material.broken_files, *broken), key=lambda entry: entry.name)),
    )
    outcomes = tuple(outcome for outcome in proof.outcomes if outcome.name not in changed)
    return kept, dataclasses.replace(proof, outcomes=outcomes)
