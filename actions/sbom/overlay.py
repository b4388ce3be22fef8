"""`sbom --overlay`: what people know about components, read from a file of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory
    from maximus.sbom.overlay import Overlay

    from ..face import Face

__all__ = ["load_overlay", "with_overlay"]


def load_overlay(name: str, root: str) -> Overlay:
    """Return the overlay in a file; `root` is the tree, below which its place is told.

    Raises Error SBOM054 (usage) where it cannot be read, SBOM055 (usage) with all its faults.
    """
    from maximus.sbom.overlay import MAX_OVERLAY, read_overlay  # noqa: PLC0415 - `--help` needs none of it

    path = Path(name)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_OVERLAY + 1)
    except (OSError, ValueError) as fault:
        raise Error(
            "SBOM054",
            f"cannot read the overlay {name[:200]}",
            why=(fault.strerror or "") if isinstance(fault, OSError) else str(fault),
            fix="Name a YAML or JSON file.",
            where="input overlay",
            status=ExitStatus.USAGE,
        ) from fault
    whole, tree = path.resolve(), Path(root).resolve()
    # Never an absolute path: the documents are the same wherever the tree lies.
    shown = whole.relative_to(tree).as_posix() if whole.is_relative_to(tree) else path.name
    return read_overlay(raw, shown)


def with_overlay(face: Face, made: Inventory, overlay: Overlay) -> Inventory:
    """Return the inventory with the overlay applied, and say what it did. Raises Error SBOM056 (1)."""
    from maximus.sbom.overlaying import apply_overlay  # noqa: PLC0415 - as in `load_overlay`

    changed = apply_overlay(made, overlay)
    lines = [f"{entry.kind} {entry.purl}: {entry.reason}" for entry in overlay.entries]
    face.note(f"overlay {overlay.name}: {len(lines)} applied", "\n".join(lines))
    return changed
