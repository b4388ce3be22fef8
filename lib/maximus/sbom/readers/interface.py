"""What a reader is: the files it reads, and a function from one of them to what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.sbom.model import Reading
    from maximus.sbom.tree import Source

__all__ = ["Reader"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one format."""

    name: str
    """As the tables show it: `package-lock`."""
    reads: Callable[[str], bool]
    """Whether it reads the file of this path, relative to the tree's root."""
    read: Callable[[Source], Reading]
    """Return what the lock says. Raises Error (SBOM005 to SBOM008, SBOM020) where it cannot be read."""
    is_lock: bool = True
    """Whether the tree depends on the file: one that cannot be read blocks. Of others it is a finding."""
