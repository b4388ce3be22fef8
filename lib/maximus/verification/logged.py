"""Whether a log entry is in its log: its promise, its proof, the checkpoint that covers it. Pure.

What sigstore-python leaves out is here too. It tries every key where it does not know the log's id, so that an entry
could name one log and be signed by another; it skips a promise without a time; and it reads one entry only.
Bundles of version 0.1 carried the log's promise alone, with which cosign is content, and so are we.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from maximus.merkle import check_inclusion, leaf_hash

from .checkpoint import check_checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.signing.bundles import LogEntry, Proof

    from .roots import Log

__all__ = ["Place", "check_entry"]

_PROMISING: Final = frozenset({("hashedrekord", "0.0.1"), ("dsse", "0.0.1"), ("intoto", "0.0.2")})
"""The entries of Rekor v1: it alone gives promises, and with them times."""
_LAST_TIME: Final = 253402300799
"""The last second of the year 9999, which is the last that a date can say."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is, and since when its log says so."""

    log: Log
    index: int
    time: datetime | None
    """The time that the log's promise covers; None without a promise."""


def check_entry(entry: LogEntry, logs: Mapping[bytes, Log], *, is_promise_enough: bool) -> Place:
    """Return the place of an entry that its log vouches for; raise ValueError in words otherwise.

    `is_promise_enough` says that the promise may stand alone, as it did in bundles of version 0.1.
    """
    log = logs.get(entry.log_id)
    if log is None:
        msg = f"the trusted root has no log {entry.log_id.hex()[:64]}"
        raise ValueError(msg)
    time = _promised(entry, log)
    if entry.proof is None and is_promise_enough and time is not None:
        return Place(log, entry.index, time)
    if entry.proof is None or not entry.proof.checkpoint:
        msg = "it has no inclusion proof with a checkpoint"
        raise ValueError(msg)
    _check_proof(entry, entry.proof, log)
    return Place(log, entry.index, time)


def _promised(entry: LogEntry, log: Log) -> datetime | None:
    """Return the time that the log's promise covers, None without one; raise ValueError for what does not hold."""
    if not entry.promise:
        if entry.integrated_time:
            msg = "it states a time that no promise covers"
            raise ValueError(msg)
        return None
    if (entry.kind, entry.version) not in _PROMISING:
        msg = f"entries {entry.kind[:60]} {entry.version[:20]} have no promises"
        raise ValueError(msg)
    if not 0 < entry.integrated_time <= _LAST_TIME:
        msg = "it has a promise without the time that it covers"
        raise ValueError(msg)
    covered = {
        "body": base64.b64encode(entry.body).decode("ascii"),
        "integratedTime": entry.integrated_time,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    # Canonical JSON as RFC 8785 has it: sorted ASCII keys, no blanks, and numbers that are whole.
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":")).encode("ascii")
    if not log.key.signed(entry.promise, canonical):
        msg = "its inclusion promise was not signed by its log"
        raise ValueError(msg)
    return datetime.fromtimestamp(entry.integrated_time, tz=UTC)


def _check_proof(entry: LogEntry, proof: Proof, log: Log) -> None:
    check_inclusion(leaf_hash(entry.body), proof.index, proof.size, proof.root, proof.hashes)
    note, signature = check_checkpoint(proof.checkpoint, proof.size, proof.root, log.key_id)
    if not log.key.signed(signature, note):
        msg = "the checkpoint was not signed by its log"
        raise ValueError(msg)
    # Rekor v1 counts over all its trees, and its promise covers that number; without one it must agree.
    if not entry.promise and entry.index != proof.index:
        msg = f"its index is {entry.index}, and its proof is for {proof.index}"
        raise ValueError(msg)
