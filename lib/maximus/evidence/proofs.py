"""Proofs as files: that an entry is in a log, and that a log begins with what it was before. Checked without the log.

See: `schemas/evidence-log-proof.schema.json`; RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import faults, load_json
from maximus.errors import Error
from maximus.merkle import check_consistency, check_inclusion, leaf_hash

from .entries import Malformed, parse_line
from .limits import MAX_PROOF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .log import Reader

__all__ = ["Proved", "check_proof", "prove_consistency", "prove_inclusion", "read_proof"]

_KIND: Final = "maximus-evidence-log-proof"


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows, once its root is believed."""

    what: str
    """For people."""
    count: int
    """How many entries the tree has whose root it leads to."""
    root: bytes


def prove_inclusion(reader: Reader, index: int) -> dict[str, Any]:
    """Return the proof that an entry (from 1) is in the log as it is now."""
    line, hashes = reader.inclusion(index)
    return _document(reader, "inclusion", hashes) | {"index": index, "line": line.decode("utf-8")}


def prove_consistency(reader: Reader, old: int, old_root: bytes) -> dict[str, Any]:
    """Return the proof that the log as it is now begins with the one of `old` entries."""
    hashes = reader.consistency(old, old_root)
    return _document(reader, "consistency", hashes) | {"old_root": old_root.hex(), "old_size": old}


def _document(reader: Reader, proves: str, hashes: Sequence[bytes]) -> dict[str, Any]:
    return {
        "hashes": [item.hex() for item in hashes],
        "kind": _KIND,
        "proves": proves,
        "root": reader.root.hex(),
        "size": reader.count,
        "version": 1,
    }


def read_proof(path: Path) -> dict[str, Any]:
    """Return a proof out of its file. Raises Error LOG030 where it is none, and what reading JSON raises."""
    document = load_json(path, limit=MAX_PROOF)
    wrong = faults(document, "evidence-log-proof")
    if wrong:
        raise Error(
            "LOG030",
            f"{path} is no proof",
            why="; ".join(wrong),
            fix="Name the file that the mode `checkpoint` wrote for `prove`.",
            where=str(path),
        )
    found: dict[str, Any] = document
    return found


def check_proof(document: dict[str, Any], where: str) -> Proved:
    """Return what a proof shows; its root must still be held against a checkpoint that is believed.

    Raises Error LOG031 where it does not hold together.
    """
    hashes = tuple(bytes.fromhex(item) for item in document["hashes"])
    count, root = document["size"], bytes.fromhex(document["root"])
    try:
        if document["proves"] == "inclusion":
            raw = document["line"].encode("utf-8")
            index = document["index"]
            check_inclusion(leaf_hash(raw), index - 1, count, root, hashes)
            if parse_line(raw).index != index:
                raise _does_not_hold(where, f"its line has another index than {index}")
            return Proved(f"entry {index} is in the log of {count}", count, root)
        old = document["old_size"]
        check_consistency(old, count, bytes.fromhex(document["old_root"]), root, hashes)
    except (Malformed, ValueError) as fault:
        raise _does_not_hold(where, str(fault)) from fault
    return Proved(f"the log of {count} begins with the one of {old}", count, root)


def _does_not_hold(where: str, why: str) -> Error:
    return Error(
        "LOG031",
        f"the proof {where} does not hold",
        why=why,
        fix="Ask for it again where the log is, and keep it unchanged.",
        where=where,
    )
