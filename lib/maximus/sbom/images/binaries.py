"""What executables say they were built from: Go's build information and cargo-auditable's list of crates.

See: https://pkg.go.dev/debug/buildinfo and https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.images.limits import MAX_SECTION
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_executable"]

_GO_MAGIC: Final = b"\xff Go buildinf:"
_INLINE: Final = 2
"""The flag of build information that holds its texts itself: Go 1.18 and newer."""
_MARK: Final = 16
"""Bytes around a module list that mark where it begins and ends."""
_MAX_SECTIONS: Final = 10_000
_CRATES: Final = ".dep-v0"
_ELSEWHERE: Final = ("git", "local", "registry")
"""Sources of crates other than the default index."""
_ELF64: Final = 2
_LITTLE: Final = 1


def read_executable(data: bytes | bytearray | memoryview, path: str) -> Reading | None:
    """Return what an executable was built from; None where it says nothing. Raises Error SBOM035 for a broken list."""
    sections = dict(_sections(data))
    if _CRATES in sections:
        return _crates(sections[_CRATES], path)
    go = sections.get(".go.buildinfo")
    found = go if go is not None and go.find(_GO_MAGIC) >= 0 else None
    if found is None and not sections:
        # PE and Mach-O keep it in a section of another name, aligned to 16 bytes.
        whole = bytes(data) if isinstance(data, memoryview) else data
        place = whole.find(_GO_MAGIC)
        while place >= 0 and place % 16:
            place = whole.find(_GO_MAGIC, place + 1)
        found = bytes(whole[place : place + MAX_SECTION]) if place >= 0 else None
    return _modules(found, path) if found is not None else None


def _sections(data: bytes | bytearray | memoryview) -> Iterator[tuple[str, bytes]]:
    """Yield the sections of an ELF file that are of interest; none for any other file, or a broken one."""
    if len(data) < 64 or data[:4] != b"\x7fELF":  # noqa: PLR2004 - the length of its header
        return
    order = "<" if data[5] == _LITTLE else ">"
    is_64 = data[4] == _ELF64
    try:
        if is_64:
            (table,) = struct.unpack_from(f"{order}Q", data, 40)
            size, count, names = struct.unpack_from(f"{order}HHH", data, 58)
        else:
            (table,) = struct.unpack_from(f"{order}I", data, 32)
            size, count, names = struct.unpack_from(f"{order}HHH", data, 46)
        headers = [
            _header(data, table + number * size, order, is_64=is_64) for number in range(min(count, _MAX_SECTIONS))
        ]
        _, begin, length = headers[names]
        texts = bytes(data[begin : begin + length])
        for name_at, begin, length in headers:
            name = texts[name_at : texts.find(b"\0", name_at)].decode("latin-1")
            if name in (_CRATES, ".go.buildinfo") and length <= MAX_SECTION:
                yield name, bytes(data[begin : begin + length])
    except (struct.error, IndexError, OverflowError):
        return


def _header(data: bytes | bytearray | memoryview, place: int, order: str, *, is_64: bool) -> tuple[int, int, int]:
    """Return where a section's name stands, where it begins, and how long it is."""
    if is_64:
        name, _, _, _, begin, length = struct.unpack_from(f"{order}IIQQQQ", data, place)
    else:
        name, _, _, _, begin, length = struct.unpack_from(f"{order}IIIIII", data, place)
    return name, begin, length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while place < len(data) and shift < 64:  # noqa: PLR2004 - bits of a number
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if not byte & 0x80:
            return value, place
        shift += 7
    msg = "a length in it has no end"
    raise ValueError(msg)


def _modules(section: bytes, path: str) -> Reading | None:
    """Return the modules of Go's build information; None for that of a Go that kept it elsewhere."""
    start = section.find(_GO_MAGIC)
    if len(section) < start + 32 or not section[start + 15] & _INLINE:
        finding = Finding(
            "ignored", "it was built by a Go before 1.18, whose list is not read", Location(visible(path))
        )
        return Reading((), (), findings=(finding,))
    try:
        length, place = _varint(section, start + 32)
        version = section[place : place + length].decode("utf-8", "replace")
        length, place = _varint(section, place + length)
        raw = section[place : place + length]
    except ValueError as fault:
        raise _broken(path, str(fault)) from fault
    text = raw[_MARK:-_MARK].decode("utf-8", "replace") if len(raw) > 2 * _MARK else ""
    return _go_reading(text, version, path)


def _go_reading(text: str, version: str, path: str) -> Reading:
    place = Location(visible(path))
    packages: list[Package] = []
    rows: list[list[str]] = []
    built: dict[str, str] = {}
    for line in text.split("\n"):
        kind, _, rest = line.partition("\t")
        fields = rest.split("\t")
        if kind in ("mod", "dep") and fields[0]:
            rows.append([kind, *fields])
        elif kind == "=>" and rows:
            # What stands above was replaced by this.
            rows[-1][1:] = fields
        elif kind == "build":
            name, _, value = rest.partition("=")
            built[name] = value
    notes = [("go:version", visible(version.partition(" ")[0]))]
    notes += [(f"go:{name}", visible(value)) for name, value in sorted(built.items()) if name in ("GOOS", "GOARCH")]
    main = ""
    for number, (kind, *fields) in enumerate(rows):
        name, stated, checksum = (*fields, "", "", "")[:3]
        is_local = name.startswith((".", "/")) or not stated
        known = "" if stated == "(devel)" or is_local else stated
        if kind == "mod":
            main = str(number)
            known = known or built.get("vcs.revision", "")
        fact = (LockFact("go:h1", visible(checksum), place),) if checksum.startswith("h1:") else ()
        packages.append(
            Package(
                str(number),
                Ecosystem.GO,
                name,
                known,
                (place,),
                facts=fact,
                edges=Known.COMPLETE if kind == "mod" else Known.UNKNOWN,
                not_applicable=(absence.INSIDE,),
                notes=tuple(notes) if kind == "mod" else (),
            )
        )
    if version.startswith("go1"):
        packages.append(
            Package("stdlib", Ecosystem.GO, "stdlib", f"v{_padded(version)}", (place,),
                    edges=Known.COMPLETE, not_applicable=(absence.INSIDE,))
        )  # fmt: skip
    links = [Link("", main)] if main else []
    links += [Link(main, package.key) for package in packages if package.key != main]
    return Reading(tuple(packages), tuple(links))


def _padded(version: str) -> str:
    """Return Go's own version with three numbers: `go1.22` is 1.22.0."""
    number = version.removeprefix("go").partition(" ")[0].partition("-")[0]
    return number + ".0" * max(0, 2 - number.count(".")) if number.replace(".", "").isdigit() else number


def _crates(section: bytes, path: str) -> Reading:
    """Return the crates of cargo-auditable's list."""
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(section, MAX_SECTION + 1)
    except zlib.error as fault:
        raise _broken(path, "its list of crates cannot be inflated") from fault
    if len(raw) > MAX_SECTION:
        raise _broken(path, f"its list of crates inflates to more than {MAX_SECTION >> 20} MiB")
    try:
        entries = parsing.records(parsing.parse_json(raw, path).get("packages"), path)
    except Error as fault:
        raise _broken(path, fault.why) from fault
    place = Location(visible(path))
    packages = [_crate(str(number), entry, place) for number, entry in enumerate(entries)]
    links = []
    for number, entry in enumerate(entries):
        scope = Scope.BUILD if entry.get("kind") == "build" else Scope.RUNTIME
        if entry.get("root") is True:
            links.append(Link("", str(number), scope))
        links += [
            Link(str(number), str(target), scope)
            for target in parsing.listed(entry.get("dependencies"))
            if isinstance(target, int) and 0 <= target < len(entries)
        ]
    return Reading(tuple(packages), tuple(links))


def _crate(key: str, entry: dict[str, Any], place: Location) -> Package:
    source = parsing.text_of(entry.get("source"))
    return Package(
        key,
        Ecosystem.CARGO,
        parsing.text_of(entry.get("name")),
        parsing.text_of(entry.get("version")),
        (place,),
        scopes=(Scope.BUILD,) if entry.get("kind") == "build" else (),
        edges=Known.COMPLETE,
        not_applicable=(absence.INSIDE,),
        notes=(("cargo:source", source),) if source in _ELSEWHERE else (),
    )


def _broken(path: str, why: str) -> Error:
    return Error(
        "SBOM035",
        f"cannot read what {visible(path)} was built from",
        why=why,
        fix="Build it again; the rest of the image is inventoried.",
        where=visible(path),
    )
