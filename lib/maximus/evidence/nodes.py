"""The file of the tree's nodes beside a log: what makes appending and proving cheap, and is believed by nobody.

`LOG.tree` holds 32 bytes for each full subtree, in the order in which they became full, so that it only ever grows:
after leaf 0 its hash, after leaf 1 its hash and that of the two, and so on. It can be made again from the log at any
time. Nothing that is read from it is used unchecked: nodes for appending must fold to the root that the log's last line
states, and a proof is held against that root before it is handed out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final

from maximus.merkle import HASH_SIZE, Frontier, frontier_nodes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Nodes", "nodes_of", "place_of", "tree_path"]

_SUFFIX: Final = ".tree"


def tree_path(log: Path) -> Path:
    """Return where the nodes of a log lie."""
    return log.with_name(log.name + _SUFFIX)


def nodes_of(size: int) -> int:
    """Return how many full subtrees a tree of `size` leaves has in all."""
    return 2 * size - size.bit_count()


def place_of(level: int, place: int) -> int:
    """Return the number, from 0, of a full subtree in the order in which they become full."""
    # It is full with its last leaf, whose own node stands `level` in front of it.
    last = ((place + 1) << level) - 1
    return nodes_of(last) + level


class Nodes:
    """The file, opened for reading."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read from an open file; the caller closes it."""
        self._stream = stream

    def node(self, level: int, place: int) -> bytes:
        """Return a full subtree's hash as the file has it, unchecked; ValueError where it has none."""
        at = place_of(level, place) * HASH_SIZE
        if hasattr(os, "pread"):
            found = os.pread(self._stream.fileno(), HASH_SIZE, at)
        else:
            self._stream.seek(at)
            found = self._stream.read(HASH_SIZE)
        if len(found) != HASH_SIZE:
            msg = f"node {level}/{place} is not there"
            raise ValueError(msg)
        return found

    def frontier(self, size: int) -> Frontier:
        """Return the frontier of the first `size` leaves, unchecked; ValueError where the file has not all of it."""
        return Frontier(size, tuple(self.node(level, place) for level, place in frontier_nodes(size)))
