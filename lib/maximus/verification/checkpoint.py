"""A log's checkpoint beside the proof that it is to cover. Pure.

sigstore-python verifies one signature of the note and compares the root hash. It leaves unread the tree's size, so
that a proof may claim another, the name of who signed, and every line of the signature block that it cannot parse.
See: https://github.com/transparency-dev/formats/blob/main/log/README.md and https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

__all__ = ["check_checkpoint"]

_SIGNATURE: Final = re.compile("\N{EM DASH} (?P<name>[^ +\n]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,19}")


def check_checkpoint(envelope: str, tree_size: int, root: bytes, log_id: bytes) -> tuple[bytes, bytes]:
    """Return the note and its log's signature, where it states this size and root and is signed in the log's name.

    `log_id` is the key id under which the trusted root has the log; its first four bytes mark the signature,
    which is the caller's to verify. Raises ValueError in words otherwise.
    """
    note, separator, signatures = envelope.partition("\n\n")
    lines = note.split("\n")
    if not separator or len(lines) < 3:  # noqa: PLR2004 - origin, size and root
        msg = "the checkpoint is malformed"
        raise ValueError(msg)
    origin, size, stated_root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) != tree_size:
        msg = f"the checkpoint is of a tree of {size[:20]} entries, the inclusion proof of one of {tree_size}"
        raise ValueError(msg)
    if _decoded(stated_root) != root:
        msg = "the checkpoint states another root than the inclusion proof"
        raise ValueError(msg)
    return f"{note}\n".encode(), _signature(signatures, origin, log_id)


def _signature(block: str, origin: str, log_id: bytes) -> bytes:
    if not block.endswith("\n"):
        msg = "the checkpoint's signatures are malformed"
        raise ValueError(msg)
    found_by_name: list[tuple[str, bytes]] = []
    for line in block[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            msg = "a line among the checkpoint's signatures is none"
            raise ValueError(msg)
        signature = _decoded(found["signature"])
        if signature[:4] == log_id[:4]:
            found_by_name.append((found["name"], signature[4:]))
    # Rekor v1 puts the tree's number behind its name: `rekor.example - 1193050959916656506`.
    if [name for name, _ in found_by_name] != [origin.partition(" - ")[0]]:
        msg = f"the checkpoint of {origin[:80]!r} is not signed once in that name by its log"
        raise ValueError(msg)
    return found_by_name[0][1]


def _decoded(text: str) -> bytes:
    """Return the bytes; raise ValueError for any text but the one that encodes them."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded or base64.b64encode(decoded).decode("ascii") != text:
        msg = "the checkpoint is not base64 where it must be"
        raise ValueError(msg)
    return decoded
