"""Opens a bundle that somebody else made: reads its directory within bounds and names everything that is odd in it.

Only what `packing` would write is good. Nothing is unpacked, and no size is believed before it was held against the
size of the file: a stored entry is as long as it says or the archive is not whole, so nothing can swell.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from maximus.errors import Error

from .layout import (
    BIG,
    CENTRAL,
    CREATE_SYSTEM,
    DATE,
    END,
    EXTERNAL,
    LOCATOR,
    MANY,
    STORED,
    VERSION_64,
    ZIP64_END,
    Placed,
    central_header,
    end_of_archive,
    local_header,
)
from .limits import MAX_ENTRIES, MAX_NAMES
from .naming import collisions, fault_of, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Directory", "Member", "read_chunks", "read_directory"]

_CHUNK: Final = 1 << 20
_ENCRYPTED: Final = 1
_DESCRIPTOR: Final = 8
_RATIO: Final = 100
"""From here on an entry that says to swell is told as a bomb."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive."""

    at: Placed
    crc: int
    """The CRC-32 that the directory tells."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What an archive says to hold."""

    members: tuple[Member, ...]
    """Those whose content can be read, in the order of the archive."""
    faults: tuple[Error, ...]
    """Everything that `packing` would not have written, each named."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry of the directory as it stands there."""

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class _End:
    """What stands at the archive's end."""

    count: int
    size: int
    offset: int


def read_directory(stream: BinaryIO, where: str) -> Directory:
    """Return what the archive says to hold, and what is wrong with it; `where` names it.

    Raises Error EVID010 where it is no ZIP archive or its directory cannot be read, and EVID011 where it says to hold
    more than is read.
    """
    length = stream.seek(0, os.SEEK_END)
    end = _read_end(stream, length, where)
    if end.count > MAX_ENTRIES or end.size > MAX_NAMES:
        raise Error(
            "EVID011",
            f"{where} says to hold {end.count} files in a directory of {end.size} bytes",
            why=f"at most {MAX_ENTRIES} files and {MAX_NAMES} bytes are read",
            fix="No bundle of evidence is like that: do not unpack it.",
            where=where,
        )
    lines = _read_lines(stream, end, where)
    expected = end_of_archive(end.count, end.size, end.offset)
    is_ours = _read_at(stream, end.offset + end.size, len(expected) + 1) == expected
    faults = [*_shape_faults(lines, where, is_ours=is_ours), *(fault for line in lines for fault in _line_faults(line))]
    names = [line.name for line in lines]
    faults += [
        Error("EVID003", f"{first!r} and {second!r} are one name where case does not count", where=second)
        for first, second in collisions(set(names))
    ]
    faults += [Error("EVID012", f"{name!r} stands twice in the bundle", where=name) for name in _twice(names)]
    members = tuple(
        Member(Placed(line.name, line.size, line.offset), line.crc)
        for line in lines
        if line.method == STORED and line.stored == line.size and not line.flags & _ENCRYPTED
    )
    good, misplaced = _placed(stream, members, end, is_whole=len(members) == len(lines))
    return Directory(good, (*faults, *misplaced))


def read_chunks(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield a member's content, a megabyte at a time."""
    left, offset = member.at.size, member.at.data
    while left:
        stream.seek(offset)
        chunk = stream.read(min(_CHUNK, left))
        if not chunk:
            return
        yield chunk
        left, offset = left - len(chunk), offset + len(chunk)


def _unreadable(where: str, why: str) -> Error:
    return Error(
        "EVID010",
        f"{where} is no bundle",
        why=why,
        fix="Get it again from where it came from; compare the size and the SHA-256 first.",
        where=where,
    )


def _read_at(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(size)


def _read_end(stream: BinaryIO, length: int, where: str) -> _End:
    """Return what the end record tells, which is looked for behind any comment too, to name that as a fault."""
    begin = max(0, length - END.size - MANY)
    tail = _read_at(stream, begin, length - begin)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < END.size:
        raise _unreadable(where, "it has no end of a ZIP archive: it is another kind of file, or was cut short")
    _, _, _, _, count, size, offset, _ = END.unpack_from(tail, found)
    place = begin + found
    if count == MANY or BIG in (size, offset):
        locator = _read_at(stream, place - LOCATOR.size, LOCATOR.size) if place >= LOCATOR.size else b""
        if len(locator) == LOCATOR.size and locator.startswith(b"PK\x06\x07"):
            at = LOCATOR.unpack(locator)[2]
            record = _read_at(stream, at, ZIP64_END.size) if at < length else b""
            if len(record) < ZIP64_END.size or not record.startswith(b"PK\x06\x06"):
                raise _unreadable(where, "its ZIP64 end is not where it says")
            count, size, offset = ZIP64_END.unpack(record)[7:10]
            place = at
    if offset + size > place:
        raise _unreadable(where, "its directory lies outside the file")
    return _End(count, size, offset)


def _read_lines(stream: BinaryIO, end: _End, where: str) -> tuple[_Line, ...]:
    raw = _read_at(stream, end.offset, end.size)
    lines: list[_Line] = []
    position = 0
    while position < len(raw):
        if (
            len(lines) > end.count
            or len(raw) - position < CENTRAL.size
            or raw[position : position + 4] != b"PK\x01\x02"
        ):
            raise _unreadable(where, f"entry {len(lines) + 1} of its directory is malformed")
        (_, _, _, flags, method, _, _, crc, stored, size, name, extra, comment, _, _, _, offset) = CENTRAL.unpack_from(
            raw, position
        )
        whole = CENTRAL.size + name + extra + comment
        entry = raw[position : position + whole]
        if len(entry) < whole:
            raise _unreadable(where, f"entry {len(lines) + 1} of its directory is cut short")
        told = entry[CENTRAL.size : CENTRAL.size + name]
        size, stored, offset = _wide(entry[CENTRAL.size + name : CENTRAL.size + name + extra], size, stored, offset)
        lines.append(_Line(entry, told.decode("utf-8", "surrogateescape"), flags, method, crc, stored, size, offset))
        position += whole
    if len(lines) != end.count:
        raise _unreadable(where, f"it says to hold {end.count} files, its directory has {len(lines)}")
    return tuple(lines)


def _wide(extra: bytes, size: int, stored: int, offset: int) -> tuple[int, int, int]:
    """Return the three numbers, taken from ZIP64's extra field where they did not fit."""
    numbers = []
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            content = extra[position + 4 : position + 4 + length]
            numbers = [number for (number,) in struct.iter_unpack("<Q", content[: len(content) // 8 * 8])]
        position += 4 + length
    values = [size, stored, offset]
    for place, value in enumerate(values):
        if value == BIG and numbers:
            values[place] = numbers.pop(0)
    return values[0], values[1], values[2]


def _shape_faults(lines: Sequence[_Line], where: str, *, is_ours: bool) -> Iterator[Error]:
    """Yield what is wrong with the archive as a whole."""
    if not is_ours:
        yield Error("EVID013", f"{where} has more behind its directory than a bundle's end", where=where)
    names = [line.name for line in lines]
    if names != in_order(names):
        yield Error("EVID014", f"the files in {where} do not stand in the order of their names", where=where)


def _line_faults(line: _Line) -> Iterator[Error]:
    """Yield what is wrong with one entry, the gravest first."""
    shown = ascii(line.name)
    wrong = fault_of(line.name.removesuffix("/")) if line.name != "/" else "is an absolute path"
    if wrong:
        yield Error("EVID006", f"the name {shown} {wrong}", where=shown[1:-1])
    if line.name.endswith("/"):
        yield Error("EVID015", f"{shown} is a folder, which is no evidence", where=shown[1:-1])
        return
    if line.flags & _ENCRYPTED:
        yield Error("EVID016", f"{shown} is encrypted", where=shown[1:-1])
        return
    if line.method != STORED or line.stored != line.size:
        bomb = line.size > _RATIO * max(line.stored, 1)
        yield Error(
            "EVID017",
            f"{shown} is compressed: {line.stored} bytes say to be {line.size}",
            why="it would swell more than a hundredfold, as a bomb does" if bomb else "a bundle's entries are stored",
            where=shown[1:-1],
        )
        return
    if wrong:
        return
    placed = Placed(line.name, line.size, line.offset)
    if line.raw != central_header(placed, line.crc):
        yield Error(
            "EVID018", f"the directory's entry of {shown} is not as a bundle has it", why=_odd(line), where=shown[1:-1]
        )


def _odd(line: _Line) -> str:
    """Return in what an entry differs from the one that would have been written."""
    (_, made_by, version, flags, _, time, date, *_, comment, _, internal, external, _) = CENTRAL.unpack_from(line.raw)
    mode = external >> 16
    if stat.S_ISLNK(mode):
        return "it is a link"
    if flags & _DESCRIPTOR:
        return "its size stands behind it"
    if (date, time) != (DATE, 0):
        return "its date is not 1980-01-01"
    if made_by >> 8 != CREATE_SYSTEM or external != EXTERNAL:
        return f"its system is {made_by >> 8} and its mode {mode:o}"
    if comment:
        return "it has a comment"
    return "its flags, its version or its extra field" if internal == 0 and version <= VERSION_64 else "its attributes"


def _twice(names: Sequence[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    return tuple(sorted({name for name in names if name in seen or seen.add(name)}))  # type: ignore[func-returns-value]  # add() is the point


def _placed(
    stream: BinaryIO, members: Sequence[Member], end: _End, *, is_whole: bool
) -> tuple[tuple[Member, ...], tuple[Error, ...]]:
    """Return the members whose own header agrees, and what is wrong with the others, or between them."""
    good: list[Member] = []
    faults: list[Error] = []
    position = 0
    for member in sorted(members, key=lambda member: member.at.offset):
        at = member.at
        shown = ascii(at.name)
        try:
            expected = local_header(at, member.crc)
        except UnicodeEncodeError:
            continue
        if at.offset < position or at.end > end.offset:
            faults.append(Error("EVID019", f"{shown} lies where another file lies", where=shown[1:-1]))
            continue
        if _read_at(stream, at.offset, len(expected)) != expected:
            faults.append(
                Error("EVID020", f"the header of {shown} does not agree with the directory", where=shown[1:-1])
            )
            # What stands between it and the next file cannot be told from its content any more.
            position = at.end
            continue
        # Where an entry was passed over, a gap is where it lies.
        if at.offset != position and is_whole:
            faults.append(Error("EVID021", f"in front of {shown} are bytes that belong to no file", where=shown[1:-1]))
        good.append(member)
        position = at.end
    if not faults and is_whole and position != end.offset:
        faults.append(Error("EVID021", "in front of the directory are bytes that belong to no file"))
    return tuple(good), tuple(faults)
