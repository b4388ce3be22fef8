"""A log to which lines were only ever appended, read line by line: index, times, chain and Merkle tree. Pure.

Two forms are known. A batch log, `{index, created_at, root, prev_root, batch_sha256}`: each line names the root before
it, and, where that is asked for, `root` is the RFC 6962 root over the batches up to it. An evidence log, `{index,
created_at, prev, prev_root, record}`: each line names the leaf hash of the line before it and the root of all of them.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import parse_json
from maximus.errors import Error
from maximus.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MAX_FAULTS", "MAX_LINE", "MAX_LINES", "LogRead", "read_log"]

MAX_LINE: Final = 1 << 20
"""Bytes of the longest line."""
MAX_LINES: Final = 10_000_000
"""How many lines a log may have."""
MAX_FAULTS: Final = 1_000
"""How many lines that do not hold are named."""

_BATCH: Final = frozenset({"index", "created_at", "root", "prev_root", "batch_sha256"})
_EVIDENCE: Final = frozenset({"index", "created_at", "prev", "prev_root", "record"})
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


@dataclass(slots=True)
class LogRead:
    """What a log turned out to be."""

    lines: int = 0
    """How many whole lines it has."""
    root: str = ""
    """The root over all of them, hexadecimal: of an evidence log's lines, of a batch log's batches."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """The lines that do not hold, from 1, each with why; the first MAX_FAULTS."""


@dataclass(slots=True)
class _Before:
    """What the next line has to continue."""

    index: int = 0
    time: dt.datetime | None = None
    root: str | None = None
    """What the last line states as `root` (batch log)."""
    leaf: str | None = None
    """The last line's leaf hash (evidence log)."""
    is_same_tree: bool = True
    """Whether every root so far was the tree's: behind the first that is not, every other differs too."""


def read_log(stream: BinaryIO, *, is_tree: bool) -> LogRead:
    """Return what is wrong with a log; `is_tree`: a batch log's `root` is that of the tree over its batches."""
    found, frontier, before = LogRead(), Frontier(), _Before()
    while len(found.faults) < MAX_FAULTS and (raw := stream.readline(MAX_LINE + 1)):
        number = found.lines + 1
        if not raw.endswith(b"\n"):
            long = len(raw) > MAX_LINE
            found.faults.append((number, f"is longer than {MAX_LINE} bytes" if long else "is torn: it has no line end"))
            break
        if number > MAX_LINES:
            found.faults.append((number, f"is one more than the {MAX_LINES} lines that are read"))
            break
        found.lines = number
        line = _parsed(raw)
        if isinstance(line, str):
            found.faults.append((number, line))
            # What stands behind it is held against what stood before it.
            before = _Before(before.index + 1, before.time, None, leaf_hash(raw[:-1]).hex(), is_same_tree=False)
            frontier = frontier.append(leaf_hash(raw[:-1]))
            continue
        is_batch = "root" in line
        stated, tree_root = line["prev_root"], frontier.root.hex() if found.lines > 1 else None
        leaf = leaf_hash(bytes.fromhex(line["batch_sha256"]) if is_batch else raw[:-1])
        frontier = frontier.append(leaf)
        if is_batch:
            stated, tree_root = line["root"], frontier.root.hex() if is_tree else line["root"]
        found.faults += [(number, fault) for fault in _faults(line, before, stated, tree_root)]
        is_same = before.is_same_tree and stated == tree_root
        before = _Before(line["index"], _time(line["created_at"]), line.get("root"), leaf.hex(), is_same_tree=is_same)
    found.root = frontier.root.hex() if found.lines else ""
    return found


def _parsed(raw: bytes) -> dict[str, Any] | str:
    """Return a line's object, or what is wrong with its form."""
    try:
        line = parse_json(raw, "it")
    except Error as fault:
        return f"is no JSON: {fault.why}"
    if not isinstance(line, dict):
        return "is no JSON object"
    known = _BATCH if "batch_sha256" in line else _EVIDENCE
    if line.keys() != known:
        odd = sorted(known ^ line.keys())
        return f"has not the keys {', '.join(sorted(known))}: {', '.join(odd)[:100]} is missing or too much"
    return next((fault for fault in _form_faults(line) if fault), line)


def _form_faults(line: dict[str, Any]) -> list[str]:
    is_first = line["index"] == 1
    may_lack = ("prev", "prev_root") if is_first else ()
    keys = ("root", "batch_sha256", "prev", "prev_root")
    hashes = [key for key in keys if key in line and not (key in may_lack and line[key] is None)]
    wrong = next((key for key in hashes if not isinstance(line[key], str) or not _HASH.fullmatch(line[key])), "")
    return [
        "has no whole number from 1 as `index`" if type(line["index"]) is not int or line["index"] < 1 else "",
        "has no time such as 2026-01-31T12:00:00Z as `created_at`" if _time(line["created_at"]) is None else "",
        f"has no SHA-256 as `{wrong}`" if wrong else "",
        "is the first and names a root before it" if is_first and line["prev_root"] is not None else "",
    ]


def _time(text: object) -> dt.datetime | None:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _faults(line: dict[str, Any], before: _Before, stated: str | None, tree_root: str | None) -> Iterator[str]:
    """Yield in what a line does not continue the one before it; `stated` is the root that it names of the tree."""
    index, time = line["index"], _time(line["created_at"])
    if index != before.index + 1:
        kind = "a second time" if index <= before.index else "too early: lines are missing"
        yield f"has the index {index} {kind}" if before.index else f"has the index {index}, a log begins with 1"
    if before.time is not None and time is not None and time < before.time:
        yield f"was created at {line['created_at']}, before the line above it"
    if "prev" in line and before.leaf is not None and line["prev"] != before.leaf:
        yield "does not follow the line above it: one of the two was changed"
    elif "root" in line and before.root is not None and line["prev_root"] != before.root:
        yield f"has prev_root {str(line['prev_root'])[:16]}…, the line above it has root {before.root[:16]}…"
    elif before.is_same_tree and stated != tree_root:
        yield f"names the root {str(stated)[:16]}…, the tree has {str(tree_root)[:16]}…"
