"""The root of a log's tree, as an inclusion proof implies it. Pure.

See: RFC 9162, section 2.1.3.2.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DIGEST", "implied_root"]

DIGEST: Final = 32
"""Bytes of every hash in the tree."""


def implied_root(body: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """Return the tree's root (32 bytes) for a leaf at `index` in a tree of `size`.

    The caller compares it with a checkpoint whose signature it has verified.
    Raises ValueError in words when the proof is longer or shorter than the tree is deep, or is for no leaf of it.
    """
    if not 0 <= index < size:
        msg = f"its inclusion proof is for the index {index} outside a tree of {size}"
        raise ValueError(msg)
    if any(len(each) != DIGEST for each in hashes):
        msg = "its inclusion proof has hashes of another length"
        raise ValueError(msg)
    node, last = index, size - 1
    root = hashlib.sha256(b"\0" + body).digest()
    for each in hashes:
        if last == 0:
            msg = "its inclusion proof is longer than the tree is deep"
            raise ValueError(msg)
        if node & 1 or node == last:
            root = hashlib.sha256(b"\1" + each + root).digest()
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            root = hashlib.sha256(b"\1" + root + each).digest()
        node >>= 1
        last >>= 1
    if last:
        msg = "its inclusion proof is shorter than the tree is deep"
        raise ValueError(msg)
    return root
