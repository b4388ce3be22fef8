"""The append-only log: appends at its end and proves what is in it, both in the logarithm of its length.

A JSONL file and, beside it, the nodes of its Merkle tree (`nodes`). The log is the truth; the nodes are made again
from it whenever they do not agree with its last line, which is said.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from maximus.errors import Error, ExitStatus
from maximus.files import replacing
from maximus.merkle import (
    HASH_SIZE,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    grow,
    inclusion_proof,
    leaf_hash,
)

from .auditing import audit, open_log, torn
from .entries import Line, Malformed, make_line, parse_line
from .limits import MAX_LINE, MAX_RECORDS
from .locking import WAITING, locked
from .nodes import Nodes, nodes_of, tree_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

__all__ = ["Appended", "Reader", "append"]

_BLOCK: Final = 4096
_INDEX: Final = re.compile(rb'\{"created_at":"[^"]{20}","index":([1-9][0-9]{0,18}),')
_GUESSES: Final = 8
_KEPT_LEVEL: Final = 8
"""Nodes from this level on are few, and each is part of many proofs: they are read once."""
_BATCH: Final = 1 << 20
"""Bytes of lines that are gathered before they are written."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did."""

    first: int
    """The index of the first entry that was appended."""
    count: int
    """How many entries the log has now."""
    root: bytes
    """The root over all of them."""
    rebuilt: bool
    """Whether the nodes had to be made again from the log."""


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last line of a log, held against the nodes."""

    frontier: Frontier
    """The tree over the whole log."""
    last: Line | None
    made: tuple[bytes, ...]
    """The nodes that the last line made full."""
    rebuilt: bool


def append(path: Path, records: Iterable[Mapping[str, Any]], created_at: str, *, waiting: float = WAITING) -> Appended:
    """Append the records, each as a line, and return where the log ends now.

    All of them reach the disk, or the log is as it was. What stands before its last line is not read: the nodes are
    believed once they fold to the root that this line states.
    Raises Error LOG001 (usage) for a record that cannot be kept, LOG009 for a torn last line, LOG010 (outside) where
    another process holds the log, LOG011 where it cannot be written, LOG012 for a last line that is none, and the
    faults of the log where the nodes have to be made again and it is broken.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    except OSError as fault:
        raise _unwritable(path, fault) from fault
    with os.fdopen(descriptor, "r+b", buffering=0) as stream, locked(descriptor, path, waiting=waiting):
        tail = _read_tail(stream, path)
        return _append(stream, path, tail, records, created_at)


def _append(
    stream: BinaryIO, path: Path, tail: _Tail, records: Iterable[Mapping[str, Any]], created_at: str
) -> Appended:
    frontier, last = tail.frontier, tail.last.leaf if tail.last else None
    begin = stream.seek(0, os.SEEK_END)
    # The last line's own nodes are written again: a run that died between log and nodes left them out.
    nodes = bytearray(b"".join(tail.made))
    lines = bytearray()
    try:
        for record in _bounded(records):
            raw = make_line(record, created_at, frontier, last)
            last = leaf_hash(raw[:-1])
            frontier, made = grow(frontier, last)
            nodes += b"".join(made)
            lines += raw
            if len(lines) >= _BATCH:
                _write(stream, lines)
                lines.clear()
        _write(stream, lines)
        os.fsync(stream.fileno())
    except BaseException as fault:
        # These bytes are ours and nobody was told of them yet: without them the log is as it was.
        os.ftruncate(stream.fileno(), begin)
        if isinstance(fault, OSError):
            raise _unwritable(path, fault) from fault
        raise
    _write_nodes(path, tail, bytes(nodes))
    return Appended(tail.frontier.size + 1, frontier.size, frontier.root, tail.rebuilt)


def _bounded(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for count, record in enumerate(records):
        if count >= MAX_RECORDS:
            raise Error(
                "LOG013",
                f"more than {MAX_RECORDS} records are to be appended at once",
                fix="Append them in several runs.",
                where="input entry",
                status=ExitStatus.USAGE,
            )
        yield record


def _write(stream: BinaryIO, data: bytes | bytearray) -> None:
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _write_nodes(path: Path, tail: _Tail, nodes: bytes) -> None:
    """Write the nodes from those of the last line on; should it fail, they are made again some day."""
    at = nodes_of(max(0, tail.frontier.size - 1)) * HASH_SIZE
    try:
        descriptor = os.open(tree_path(path), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        with os.fdopen(descriptor, "r+b", buffering=0) as stream:
            os.ftruncate(descriptor, at)
            stream.seek(at)
            _write(stream, nodes)
    except OSError as fault:
        raise Error(
            "LOG014",
            f"the entries are in {path}, the nodes of its tree could not be written",
            why=fault.strerror or str(fault),
            fix=f"Make room and delete {tree_path(path)}: the next run makes it again from the log.",
        ) from fault


def _unwritable(path: Path, fault: OSError) -> Error:
    return Error(
        "LOG011",
        f"cannot write to the log {path}",
        why=fault.strerror or str(fault),
        fix="Nothing was appended. Free some space or mend the permissions, then run again.",
        where="input log",
    )


def _read_tail(stream: BinaryIO, path: Path) -> _Tail:
    """Return the end of the log; the nodes are made again where they do not fold to what it states."""
    last = _last_line(stream, path)
    if last is None:
        return _Tail(Frontier(), None, (), rebuilt=False)
    rebuilt = False
    before = _believed(path, last)
    if before is None:
        _rebuild(path)
        rebuilt = True
        before = _believed(path, last)
    if before is None:
        # The audit found the whole log sound, so only its last line's index can disagree, and it was held against it.
        raise _none(path, "does not agree with the log before it")
    frontier, made = grow(before, last.leaf)
    return _Tail(frontier, last, made, rebuilt)


def _believed(path: Path, last: Line) -> Frontier | None:
    """Return the frontier in front of the last line, once it folds to the root that this line states."""
    try:
        with tree_path(path).open("rb", buffering=0) as stream:
            frontier = Nodes(stream).frontier(last.index - 1)
    except (OSError, ValueError):
        return None
    stated = last.prev_root
    return frontier if stated is None or frontier.root.hex() == stated else None


def _rebuild(path: Path) -> None:
    """Make the nodes again from the whole log, which must be sound."""
    with replacing(tree_path(path), 0o644) as temporary, temporary.open("wb") as stream:
        found = audit(path, visit=lambda _, made: stream.writelines(made))
        if found.faults:
            raise found.faults[0]


def _last_line(stream: BinaryIO, path: Path) -> Line | None:
    """Return the last line; None for a log without any."""
    end = stream.seek(0, os.SEEK_END)
    if end == 0:
        return None
    raw = _raw_last_line(stream, path, end)
    try:
        return parse_line(raw)
    except Malformed as fault:
        raise _none(path, str(fault)) from fault


def _raw_last_line(stream: BinaryIO, path: Path, end: int) -> bytes:
    """Return the last line without its line feed, read in blocks from the end."""
    begin = max(0, end - MAX_LINE - 1)
    size = _BLOCK
    while True:
        start = max(begin, end - size)
        stream.seek(start)
        block = stream.read(end - start)
        if not block.endswith(b"\n"):
            good = _good_end(stream, end)
            raise torn(path.name, _count_to(stream, path, good) + 1, good, end - good)
        cut = block.rfind(b"\n", 0, -1)
        if cut >= 0 or start == 0:
            return block[cut + 1 : -1]
        if start == begin:
            raise _none(path, f"is longer than {MAX_LINE} bytes")
        size *= 16


def _good_end(stream: BinaryIO, end: int) -> int:
    """Return where the last whole line ends."""
    while end > 0:
        start = max(0, end - (1 << 16))
        stream.seek(start)
        cut = stream.read(end - start).rfind(b"\n")
        if cut >= 0:
            return start + cut + 1
        end = start
    return 0


def _count_to(stream: BinaryIO, path: Path, end: int) -> int:
    """Return the index of the line that ends there."""
    if end == 0:
        return 0
    stream.seek(max(0, end - MAX_LINE - 1))
    raw = stream.read(end - stream.tell())[:-1].rpartition(b"\n")[2]
    try:
        return parse_line(raw).index
    except Malformed as fault:
        raise _none(path, str(fault)) from fault


def _none(path: Path, what: str) -> Error:
    return Error(
        "LOG012",
        f"the last line of {path} {what}",
        fix="Nothing was changed. See the whole log with the mode `verify`.",
        where="input log",
    )


class Reader:
    """A log that is asked for its head, its entries and proofs; nothing is written but nodes that are not there."""

    def __init__(self, path: Path) -> None:
        """Open the log and hold its last line against the nodes, which are made again where they do not agree.

        Raises what `append` raises of these.
        """
        self._path = path
        self._log = open_log(path)
        try:
            self._size = os.fstat(self._log.fileno()).st_size
            tail = _read_tail(self._log, path)
            self._tail = tail
            self.rebuilt = tail.rebuilt
            self._kept: dict[tuple[int, int], bytes] = {}
            self._stream = tree_path(path).open("rb") if tail.frontier.size else None
        except BaseException:
            self._log.close()
            raise

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Close the files."""
        self._log.close()
        if self._stream is not None:
            self._stream.close()

    @property
    def count(self) -> int:
        """How many entries the log has."""
        return self._tail.frontier.size

    @property
    def root(self) -> bytes:
        """The root over all of them, as the last line and the nodes that fold to its root give it."""
        return self._tail.frontier.root

    def inclusion(self, index: int) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the line with that index (from 1) and the proof that it is in the tree, held against its root.

        Raises Error LOG015 (usage) where there is no such entry, and LOG016 where the log does not hold together.
        """
        if not 1 <= index <= self.count:
            raise Error(
                "LOG015",
                f"there is no entry {index}: the log {self._path} has {self.count}",
                fix="Entries are counted from 1.",
                where="input prove",
                status=ExitStatus.USAGE,
            )
        raw = self._find(index)
        try:
            line = parse_line(raw)
            proof = inclusion_proof(index - 1, self.count, self._node)
            check_inclusion(line.leaf, index - 1, self.count, self.root, proof)
        except (Malformed, ValueError) as fault:
            raise self._unsound(f"entry {index}", fault) from fault
        return raw, proof

    def consistency(self, old: int, old_root: bytes) -> tuple[bytes, ...]:
        """Return the proof that the log begins with the one of `old` entries and that root.

        Raises Error LOG016 where it does not.
        """
        try:
            proof = consistency_proof(old, self.count, self._node)
            check_consistency(old, self.count, old_root, self.root, proof)
        except ValueError as fault:
            raise self._unsound(f"the log of {old} entries", fault) from fault
        return proof

    def _node(self, level: int, place: int) -> bytes:
        last = self.count - 1
        # The nodes of the last line come from the line itself: a run that died may not have written them.
        if ((place + 1) << level) - 1 == last:
            return self._tail.made[level]
        if self._stream is None:
            raise AssertionError  # a log without entries has no nodes to ask for
        if level < _KEPT_LEVEL:
            return Nodes(self._stream).node(level, place)
        key = (level, place)
        if key not in self._kept:
            self._kept[key] = Nodes(self._stream).node(level, place)
        return self._kept[key]

    def _unsound(self, what: str, fault: Exception) -> Error:
        return Error(
            "LOG016",
            f"{what} cannot be proved by {self._path}",
            why=str(fault),
            fix="See what was changed with the mode `verify`; if nothing was, delete its .tree file and run again.",
            where="input log",
        )

    def _find(self, index: int) -> bytes:
        """Return the line with that index, without its line feed.

        Lines are of similar length, so the place is guessed from the neighbours first; where guessing does not come
        near, the file is halved, which always ends.
        """
        low, high = 0, self._size
        before, behind = 0, self.count + 1
        guesses = _GUESSES
        while low < high:
            middle = (low + high) // 2
            if guesses:
                guesses -= 1
                middle = min(high - 1, low + (high - low) * (2 * (index - before) - 1) // (2 * (behind - before - 1)))
            start, raw = self._line_at(middle, low)
            found = _index_of(raw)
            if found == index:
                return raw
            if found < index:
                low, before = start + len(raw) + 1, max(found, before)
            else:
                high, behind = start, min(found, behind)
        raise self._unsound(f"entry {index}", ValueError("no line has this index"))

    def _line_at(self, position: int, low: int) -> tuple[int, bytes]:
        """Return the line that holds a byte, and where it begins; lines in front of `low` are not looked at."""
        start, end, size = position, position, _BLOCK
        while True:
            begin = max(low, position - size)
            window = self._read(begin, min(self._size, position + size) - begin)
            cut = window.rfind(b"\n", 0, position - begin)
            stop = window.find(b"\n", position - begin)
            if (cut >= 0 or begin == low) and stop >= 0:
                start, end = begin + cut + 1, begin + stop
                return start, window[start - begin : end - begin]
            if size > MAX_LINE:
                raise self._unsound("an entry", ValueError(f"a line is longer than {MAX_LINE} bytes"))
            size *= 16

    def _read(self, at: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._log.fileno(), size, at)
        self._log.seek(at)
        return self._log.read(size)


def _index_of(raw: bytes) -> int:
    """Return a line's index; 0 for a line that is none, which is before all others."""
    found = _INDEX.match(raw)
    if found:
        return int(found[1])
    try:
        return parse_line(raw).index
    except Malformed:
        return 0
