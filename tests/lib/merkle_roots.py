"""The root of a Merkle tree as RFC 6962 defines it: a second implementation for the tests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from maximus.merkle import node_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["root_of"]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaves that are given by their hashes, by the recursion of section 2.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))
