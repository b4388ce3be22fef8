"""The database of rpm in SQLite: one header a package, in rpm's own binary form.

See: https://rpm-software-management.github.io/rpm/manual/format_header.html
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.sbom.images.system import Database, SystemPackage
from maximus.sbom.licences import declared
from maximus.sbom.model import Ecosystem, Finding, Location, Producer
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_rpm"]

_NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR, _LICENCE, _PACKAGER = 1000, 1001, 1002, 1003, 1011, 1014, 1015
_ARCH, _SOURCE, _PROVIDES, _REQUIRES, _MODULE = 1022, 1044, 1047, 1049, 5096
_INT32, _STRING, _STRINGS, _I18N = 4, 6, 8, 9
_MAX_TAGS: Final = 100_000
_STEP: Final = 100_000
"""After how many of its instructions SQLite asks whether to go on."""
_MAX_STEPS: Final = 5_000
"""How often it may: a database of 100,000 packages needs ten."""
_MAX_PACKAGES: Final = 200_000
_JOURNAL = slice(18, 20)
"""Where a database says how it keeps its journal."""


def read_rpm(raw: bytes, path: str) -> Database:
    """Return the installed packages of a database; raise Error SBOM034 where it cannot be read.

    It is opened in memory. A database in write-ahead mode wants a second file, so it is told that it is in none;
    nothing that a foreign database could bring with it (views, triggers, functions) is run.
    """
    image = bytearray(raw)
    if image[:16] != b"SQLite format 3\x00":
        raise _broken(path, "it is no SQLite database")
    image[_JOURNAL] = b"\x01\x01"
    packages: list[SystemPackage] = []
    findings: list[Finding] = []
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(bytes(image))
            _restrict(connection)
            kind = connection.execute("SELECT type, rootpage > 0 FROM sqlite_master WHERE name = 'Packages'").fetchone()
            # A view runs what its maker wrote, and so does a virtual table, which has no page of its own.
            if kind != ("table", 1):
                raise _broken(path, "it has no table of packages")
            rows = connection.execute("SELECT hnum, blob FROM Packages ORDER BY hnum")
            for count, (number, blob) in enumerate(rows):
                if count >= _MAX_PACKAGES:
                    raise _broken(path, f"it has more than {_MAX_PACKAGES} packages")
                try:
                    found = _package(_header(blob))
                except (ValueError, struct.error, TypeError, IndexError) as fault:
                    text = f"the package with the number {number!r:.20} was not read: {fault!s:.100}"
                    findings.append(Finding("ignored", text, Location(path)))
                    continue
                if found is not None:
                    packages.append(found)
    except (sqlite3.Error, ValueError, OverflowError) as fault:
        # Python decodes what SQLite says of a database, and a damaged one is quoted in what it says.
        raise _broken(path, visible(" ".join(str(fault).split())[:200])) from fault
    return Database(tuple(packages), tuple(findings))


def _restrict(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1000)
    left = iter(range(_MAX_STEPS))
    # Anything but 0 stops the query.
    connection.set_progress_handler(lambda: 0 if next(left, None) is not None else 1, _STEP)


def _broken(path: str, why: str) -> Error:
    return Error(
        "SBOM034",
        f"cannot read the packages in {visible(path)}",
        why=why,
        fix="Rebuild the image; `rpm --rebuilddb` mends a database.",
        where=visible(path),
    )


def _header(blob: object) -> bytes:
    if not isinstance(blob, bytes):
        # `bytes` of a number would be as many zeros.
        msg = "it is no header"
        raise TypeError(msg)
    return blob


def _package(blob: bytes) -> SystemPackage | None:
    """Return the package of a header; None for a key, which stands among the packages."""
    tags = dict(_tags(blob))
    name = _text(tags, _NAME)
    if not name or name == "gpg-pubkey":
        return None
    vendor = _text(tags, _VENDOR) or _text(tags, _PACKAGER)
    module = _text(tags, _MODULE)
    source = _text(tags, _SOURCE)
    return SystemPackage(
        Ecosystem.RPM,
        name,
        f"{_text(tags, _VERSION)}-{_text(tags, _RELEASE)}",
        _text(tags, _ARCH),
        0,
        source=source,
        epoch=_text(tags, _EPOCH),
        maintainer=Producer(visible(vendor.split("<")[0].split("(")[0].strip()[:200])) if vendor else None,
        licences=(declared(_text(tags, _LICENCE), "rpm LICENSE"),) if _text(tags, _LICENCE) else (),
        facts=(),
        needs=tuple((need,) for need in tags.get(_REQUIRES, ()) if not need.startswith("rpmlib(")),
        provides=(*tags.get(_PROVIDES, ()), *((f"module({module})",) if module else ())),
    )


def _text(tags: dict[int, tuple[str, ...]], tag: int) -> str:
    return next(iter(tags.get(tag, ())), "")


def _tags(blob: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the tags of a header that are texts or numbers, as texts."""
    count, size = struct.unpack_from(">II", blob)
    if count > _MAX_TAGS or 8 + count * 16 + size > len(blob):
        msg = "its header is longer than it says"
        raise ValueError(msg)
    data = memoryview(blob)[8 + count * 16 : 8 + count * 16 + size]
    for number in range(count):
        tag, kind, offset, length = struct.unpack_from(">IIII", blob, 8 + number * 16)
        if offset > size:
            msg = "a tag points outside its header"
            raise ValueError(msg)
        if kind in (_STRING, _STRINGS, _I18N):
            wanted = 1 if kind == _STRING else min(length, _MAX_TAGS)
            yield tag, tuple(_strings(data[offset:], wanted))
        elif kind == _INT32 and length:
            yield tag, (str(struct.unpack_from(">I", data, offset)[0]),)


def _strings(data: memoryview, count: int) -> Iterator[str]:
    """Yield that many texts, each ended by a zero."""
    raw = bytes(data)
    place = 0
    for _ in range(count):
        end = raw.find(b"\0", place)
        if end < 0:
            msg = "a text in it has no end"
            raise ValueError(msg)
        yield raw[place:end].decode("utf-8", "replace")
        place = end + 1
