"""The bytes of a bundle between the files: ZIP's headers, with every choice that ZIP leaves open taken once. Pure.

Entries are stored, dated 1980-01-01 00:00 (the earliest that ZIP can say), made on Unix (3) with mode 0o100644, without
comments, data descriptors or extra fields but ZIP64's own, which is there exactly where a number does not fit without.
See: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

__all__ = [
    "BIG",
    "CENTRAL",
    "CREATE_SYSTEM",
    "DATE",
    "END",
    "EXTERNAL",
    "LOCAL",
    "LOCATOR",
    "MANY",
    "STORED",
    "UTF8",
    "VERSION",
    "VERSION_64",
    "ZIP64_END",
    "Placed",
    "central_header",
    "end_of_archive",
    "extra_64",
    "local_header",
    "local_size",
]

LOCAL: Final = struct.Struct("<4s5H3L2H")
"""signature, version, flags, method, time, date, CRC-32, stored size, size, length of name, length of extra."""
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
"""signature, made by, version, flags, method, time, date, CRC-32, stored size, size, lengths of name, extra and
comment, disk, internal and external attributes, place."""
END: Final = struct.Struct("<4s4H2LH")
"""signature, disk, disk of the directory, entries here, entries, size and place of the directory, length of comment."""
ZIP64_END: Final = struct.Struct("<4sQ2H2L4Q")
"""signature, size of the rest, made by, version, disk, disk of the directory, entries here, entries, size, place."""
LOCATOR: Final = struct.Struct("<4sLQL")
"""signature, disk, place of the ZIP64 end, disks."""

STORED: Final = 0
DATE: Final = 0x21
"""1980-01-01; the time is 0."""
UTF8: Final = 0x800
"""The flag of a name that is not ASCII."""
CREATE_SYSTEM: Final = 3
EXTERNAL: Final = 0o100644 << 16
VERSION: Final = 20
VERSION_64: Final = 45

BIG: Final = 0xFFFFFFFF
"""From this size or place on the number stands in an extra field, and this in its stead."""
MANY: Final = 0xFFFF
"""The same for how many entries there are."""
_EXTRA_ID: Final = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and where it lies in the archive."""

    name: str
    size: int
    """Bytes."""
    offset: int
    """Where its local header begins."""

    @property
    def encoded(self) -> bytes:
        """The name as the archive holds it."""
        return self.name.encode("utf-8")

    @property
    def flags(self) -> int:
        """Nothing but how the name is encoded."""
        return 0 if self.name.isascii() else UTF8

    @property
    def data(self) -> int:
        """Where its content begins."""
        return self.offset + local_size(self.encoded, self.size)

    @property
    def end(self) -> int:
        """Where its content ends and the next entry begins."""
        return self.data + self.size


def extra_64(*numbers: int) -> bytes:
    """Return ZIP64's extra field with the numbers that do not fit elsewhere; nothing where there are none."""
    if not numbers:
        return b""
    return struct.pack(f"<2H{len(numbers)}Q", _EXTRA_ID, 8 * len(numbers), *numbers)


def local_size(name: bytes, size: int) -> int:
    """Return how many bytes stand before a file's content."""
    return LOCAL.size + len(name) + (20 if size >= BIG else 0)


def local_header(placed: Placed, crc: int) -> bytes:
    """Return what stands before a file's content."""
    is_big = placed.size >= BIG
    # A local header has both sizes in its extra field, or none.
    extra = extra_64(placed.size, placed.size) if is_big else b""
    size = BIG if is_big else placed.size
    name = placed.encoded
    version = VERSION_64 if is_big else VERSION
    return (
        LOCAL.pack(b"PK\x03\x04", version, placed.flags, STORED, 0, DATE, crc, size, size, len(name), len(extra))
        + name
        + extra
    )


def central_header(placed: Placed, crc: int) -> bytes:
    """Return the file's line in the archive's directory."""
    big = [placed.size, placed.size] if placed.size >= BIG else []
    far = [placed.offset] if placed.offset >= BIG else []
    extra = extra_64(*big, *far)
    size, offset = min(placed.size, BIG), min(placed.offset, BIG)
    name = placed.encoded
    version = VERSION_64 if extra else VERSION
    made_by = CREATE_SYSTEM << 8 | version
    return (
        CENTRAL.pack(
            b"PK\x01\x02", made_by, version, placed.flags, STORED, 0, DATE, crc, size, size,
            len(name), len(extra), 0, 0, 0, EXTERNAL, offset,
        )
        + name
        + extra
    )  # fmt: skip


def end_of_archive(count: int, size: int, offset: int) -> bytes:
    """Return what stands behind the directory of `count` entries with `size` bytes at `offset`."""
    told = b""
    if count >= MANY or size >= BIG or offset >= BIG:
        made_by = CREATE_SYSTEM << 8 | VERSION_64
        told = ZIP64_END.pack(
            b"PK\x06\x06", ZIP64_END.size - 12, made_by, VERSION_64, 0, 0, count, count, size, offset
        ) + LOCATOR.pack(b"PK\x06\x07", 0, offset + size, 1)
    few = min(count, MANY)
    return told + END.pack(b"PK\x05\x06", 0, 0, few, few, min(size, BIG), min(offset, BIG), 0)
