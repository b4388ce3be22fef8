"""The Merkle tree of transparency logs: hashing, growth by a frontier, inclusion and consistency proofs. Pure.

Nodes are named by their level and their place in it: node `(0, i)` is the hash of leaf i (from 0), node `(k, i)`
covers the `2**k` leaves from `i * 2**k`. Only full subtrees have a name; the ragged right edge is folded from them.
See: RFC 6962, section 2.1, and RFC 9162, sections 2.1.3.2 and 2.1.4.2 for the two verifications.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "Frontier",
    "check_consistency",
    "check_inclusion",
    "consistency_proof",
    "frontier_nodes",
    "grow",
    "inclusion_proof",
    "inclusion_root",
    "leaf_hash",
    "node_hash",
]

HASH_SIZE: Final = 32
"""Bytes of every hash of the tree."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps a leaf from being taken for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that a tree needs in order to grow: the roots of its full subtrees, at most one for each bit of its size."""

    size: int = 0
    """How many leaves the tree has."""
    nodes: tuple[bytes, ...] = ()
    """The roots of the full subtrees that the leaves divide into, the largest and leftmost first."""

    def __post_init__(self) -> None:
        """Refuse what is the frontier of no tree."""
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            msg = (
                f"a tree of {self.size} leaves has {max(self.size, 0).bit_count()} full subtrees, not {len(self.nodes)}"
            )
            raise ValueError(msg)

    @property
    def root(self) -> bytes:
        """The tree's root."""
        if not self.nodes:
            return EMPTY_ROOT
        folded = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            folded = node_hash(node, folded)
        return folded

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf, given by its hash."""
        return grow(self, leaf)[0]


def grow(frontier: Frontier, leaf: bytes) -> tuple[Frontier, tuple[bytes, ...]]:
    """Return the frontier with one more leaf, and the nodes that are full now: levels 0, 1, 2, in this order."""
    made = [leaf]
    kept = list(frontier.nodes)
    size = frontier.size
    while size & 1:
        made.append(node_hash(kept.pop(), made[-1]))
        size >>= 1
    return Frontier(frontier.size + 1, (*kept, made[-1])), tuple(made)


def frontier_nodes(size: int) -> Iterator[tuple[int, int]]:
    """Yield the level and the place of each full subtree that a tree's leaves divide into, the largest first."""
    yield from _full_subtrees(0, size)


def _full_subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the full subtrees that the leaves from `begin` to before `end` divide into, from the left.

    `begin` is where a subtree of a larger tree begins, so that it is aligned to all of them.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def inclusion_proof(index: int, size: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Return the audit path of the leaf `index` (from 0) in the tree of the first `size` leaves.

    `node` returns the hash of a full subtree by its level and place; it is asked for at most 2 log2(size) of them.
    Raises ValueError for a leaf that the tree does not have.
    """
    if not 0 <= index < size:
        msg = f"a tree of {size} leaves has no leaf {index}"
        raise ValueError(msg)
    path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left_part(end - begin)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Return the proof that the tree of the first `old` leaves is the beginning of that of the first `new`.

    Raises ValueError where `old` is larger than `new`, or negative.
    """
    if not 0 <= old <= new:
        msg = f"a tree of {old} leaves is not the beginning of one of {new}"
        raise ValueError(msg)
    if old in (0, new):
        return ()
    path = []
    begin, end = 0, new
    # Whether what is left of the old tree began with it: then its root is known and need not be told.
    is_whole = True
    while end != old:
        middle = begin + _left_part(end - begin)
        if old <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin = middle
            is_whole = False
    if not is_whole:
        path.append(_subtree(begin, end, node))
    return tuple(reversed(path))


def _left_part(count: int) -> int:
    """Return the largest power of two that is smaller than `count`, which is at least two."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(begin: int, end: int, node: Callable[[int, int], bytes]) -> bytes:
    hashes = [node(level, place) for level, place in _full_subtrees(begin, end)]
    folded = hashes.pop()
    while hashes:
        folded = node_hash(hashes.pop(), folded)
    return folded


def inclusion_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that the proof implies for a leaf's hash at `index` (from 0) of a tree of `size` leaves.

    Raises ValueError in words where the proof is longer or shorter than the tree is deep, or for no leaf of it.
    """
    if not 0 <= index < size:
        msg = f"a tree of {size} leaves has no leaf {index}"
        raise ValueError(msg)
    place, last = index, size - 1
    folded = leaf
    for sibling in _whole(proof):
        if last == 0:
            msg = "the inclusion proof is longer than the tree is deep"
            raise ValueError(msg)
        if place & 1 or place == last:
            folded = node_hash(sibling, folded)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            folded = node_hash(folded, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        msg = "the inclusion proof is shorter than the tree is deep"
        raise ValueError(msg)
    return folded


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the proof shows that the leaf's hash stands at `index` (from 0) of the tree; ValueError otherwise."""
    if inclusion_root(leaf, index, size, proof) != root:
        msg = f"the inclusion proof of leaf {index} leads to another root"
        raise ValueError(msg)


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:  # noqa: C901, PLR0912 - the RFC's steps
    """Return when the proof shows that the old tree is the beginning of the new one; ValueError otherwise."""
    if not 0 <= old <= new:
        msg = f"a tree of {old} leaves is not the beginning of one of {new}"
        raise ValueError(msg)
    hashes = _whole(proof)
    if old in (0, new):
        # Nothing to fold: any tree begins with the empty one, and each with itself.
        known = EMPTY_ROOT if old == 0 else new_root
        if hashes or old_root != known:
            msg = "the two roots are not of one tree" if old_root != known else "the consistency proof is too long"
            raise ValueError(msg)
        return
    if old & (old - 1) == 0:
        hashes = (old_root, *hashes)
    if not hashes:
        msg = "the consistency proof is too short"
        raise ValueError(msg)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            msg = "the consistency proof is too long"
            raise ValueError(msg)
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        msg = "the consistency proof is too short"
        raise ValueError(msg)
    if before != old_root or after != new_root:
        whose = "old" if before != old_root else "new"
        msg = f"the consistency proof leads to another root of the {whose} tree"
        raise ValueError(msg)


def _whole(proof: Sequence[bytes]) -> tuple[bytes, ...]:
    if any(len(part) != HASH_SIZE for part in proof):
        msg = f"a hash of the proof has not {HASH_SIZE} bytes"
        raise ValueError(msg)
    return tuple(proof)
