"""Reads a whole log and says what is wrong with it, line by line: chain, tree and form."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from maximus.errors import Error
from maximus.merkle import Frontier, grow, leaf_hash

from .entries import Malformed, parse_line
from .limits import MAX_FAULTS, MAX_LINE, MAX_LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .entries import Line

__all__ = ["Audit", "audit", "open_log", "read_lines", "torn"]


@dataclass(frozen=True, slots=True)
class Audit:
    """What a log turned out to be."""

    count: int
    """How many whole lines it has."""
    frontier: Frontier
    """The tree over the lines as they are, whatever they say."""
    faults: tuple[Error, ...]
    """What is wrong, by line; the first `MAX_FAULTS` of them."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """The roots that were asked for, by size."""

    @property
    def root(self) -> bytes:
        """The root over all lines."""
        return self.frontier.root


def open_log(path: Path) -> BinaryIO:
    """Return the log, open for reading.

    Raises Error LOG002 when it cannot be read, and LOG003 when it is larger than any log.
    """
    try:
        stream = path.open("rb")
        size = os.fstat(stream.fileno()).st_size
    except OSError as fault:
        raise Error(
            "LOG002",
            f"cannot read the log {path}",
            why=fault.strerror or str(fault),
            fix="Name the JSONL file with `log`; `append` begins a new one.",
            where="input log",
        ) from fault
    if size > MAX_LOG:
        stream.close()
        raise Error(
            "LOG003", f"the log {path} is larger than {MAX_LOG} bytes", fix="Begin a new log.", where="input log"
        )
    return stream


def read_lines(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line without its line feed, and whether it had one; a line that is too long ends the reading."""
    while raw := stream.readline(MAX_LINE + 1):
        if raw.endswith(b"\n"):
            yield raw[:-1], True
        else:
            yield raw, False
            return


def audit(
    path: Path, *, wanted: Sequence[int] = (), visit: Callable[[Line, tuple[bytes, ...]], None] | None = None
) -> Audit:
    """Return what is wrong with a log, by the index of each line.

    `wanted` are sizes whose roots are kept on the way; `visit` gets each good line and the nodes that it made full.
    Raises what `open_log` raises.
    """
    with open_log(path) as stream:
        return _Auditor(path.name, frozenset(wanted), visit).read(stream)


class _Auditor:
    """One reading of a log from its beginning."""

    def __init__(
        self, name: str, wanted: frozenset[int], visit: Callable[[Line, tuple[bytes, ...]], None] | None
    ) -> None:
        self._name = name
        self._wanted = wanted
        self._visit = visit
        self._faults: list[Error] = []
        self._frontier = Frontier()
        self._roots = {0: self._frontier.root} if 0 in wanted else {}
        self._last: bytes | None = None
        self._next = 1
        """The index that the next line must have; a jump is told once and not for every line behind it."""

    def read(self, stream: BinaryIO) -> Audit:
        for raw, is_whole in read_lines(stream):
            if not is_whole:
                self._unfinished(raw, stream)
                break
            self._take(raw)
            if len(self._faults) >= MAX_FAULTS:
                break
        return Audit(self._frontier.size, self._frontier, tuple(self._faults), self._roots)

    def _unfinished(self, raw: bytes, stream: BinaryIO) -> None:
        number = self._frontier.size + 1
        if len(raw) > MAX_LINE:
            self._faults.append(_malformed(self._name, number, f"is longer than {MAX_LINE} bytes"))
        else:
            self._faults.append(torn(self._name, number, stream.tell() - len(raw), len(raw)))

    def _take(self, raw: bytes) -> None:
        number = self._frontier.size + 1
        try:
            line = parse_line(raw)
        except Malformed as fault:
            self._faults.append(_malformed(self._name, number, str(fault)))
            self._last = leaf_hash(raw)
            self._frontier = self._frontier.append(self._last)
            self._next += 1
        else:
            self._faults += self._untied(line, f"{self._name}:{number}")
            self._last, self._next = line.leaf, line.index + 1
            self._frontier, made = grow(self._frontier, line.leaf)
            if self._visit is not None and not self._faults:
                self._visit(line, made)
        if self._frontier.size in self._wanted:
            self._roots[self._frontier.size] = self._frontier.root

    def _untied(self, line: Line, where: str) -> Iterator[Error]:
        """Yield in what a line does not continue those before it: at most one fault, the one nearest to the cause."""
        number, name = self._frontier.size + 1, self._name
        if line.index < self._next:
            yield Error(
                "LOG005",
                f"line {number} of {name} has the index {line.index} a second time",
                why="the log has two heads there: two writers went on from one line",
                where=where,
            )
        elif line.index > self._next:
            last = line.index - 1
            missing = f"entry {last} is" if last == self._next else f"entries {self._next} to {last} are"
            yield Error(
                "LOG006",
                f"{missing} not in {name}: line {number} has the index {line.index}",
                why="the log was cut in the middle",
                where=where,
            )
        elif line.prev != _hex(self._last):
            yield Error(
                "LOG007",
                f"entry {line.index} of {name} does not follow entry {line.index - 1}",
                why="one of the two was changed since it was written",
                where=where,
            )
        # Behind the first fault the tree is another one, which is its consequence and no fault of its own.
        elif not self._faults and line.prev_root != (_hex(self._frontier.root) if self._last else None):
            yield Error(
                "LOG008",
                f"entry {line.index} of {name} states another root of the entries before it",
                why="it was made for another log, or changed since it was written",
                where=where,
            )


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _malformed(name: str, number: int, what: str) -> Error:
    return Error("LOG004", f"line {number} of {name} {what}", where=f"{name}:{number}")


def torn(name: str, number: int, good: int, rest: int) -> Error:
    """Return the error of a log whose last line has no end; `good` bytes are whole lines, `rest` stand behind them."""
    return Error(
        "LOG009",
        f"line {number} of {name} is torn: its line feed is not there",
        why=f"writing it was cut short, or the file was; {rest} bytes stand behind the last whole line",
        fix=f"Nothing is mended by itself. Keep a copy, look at these bytes, then: truncate -s {good} {name}",
        where=f"{name}:{number}",
    )
