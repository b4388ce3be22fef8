"""Checks a bundle against its own manifest, in one pass and without writing or unpacking anything."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import canonical, faults, parse_json
from maximus.errors import Error
from maximus.files import open_file

from .limits import MAX_DOCUMENT
from .manifest import NAME, Entry, manifest_bytes, manifest_entries
from .profiles import profile_faults
from .reading import read_chunks, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .reading import Member

__all__ = ["Checked", "check_bundle"]

_THREADS: Final = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a bundle."""

    inspected: int
    """How many files it holds, without the manifest."""
    size: int
    """How much they are together."""
    manifest: bytes
    """What its manifest says, as it stands there; empty where it has none."""
    documents: int
    """How many documents of known kinds were held against their schema."""
    faults: tuple[Error, ...]
    """All that is wrong, each named, sorted by place."""


def check_bundle(path: Path) -> Checked:
    """Return what is wrong with a bundle; the file is opened for reading and nothing is written anywhere.

    Raises Error FILE001 when it cannot be read, and what `read_directory` raises.
    """
    with open_file(path) as stream:
        directory = read_directory(stream, path.name)
        inside = {member.at.name: member for member in directory.members}
        found = list(directory.faults)
        manifest = b""
        listed: dict[str, Entry] | None = None
        if NAME in inside:
            manifest = _content(stream, inside[NAME])
            if zlib.crc32(manifest) != inside[NAME].crc:
                found.append(_wrong_crc(NAME))
            read, wrong = _read_manifest(manifest)
            listed = None if read is None else {entry.path: entry for entry in read}
            found += wrong
        elif all(fault.where != NAME for fault in directory.faults):
            found.append(Error("EVID022", f"the bundle has no {NAME}", where=NAME))
        members = [member for member in directory.members if member.at.name != NAME]
        digests = _digests(path, members)
        found += _held_against(listed, members, digests)
        if listed is not None:
            named = {fault.where for fault in directory.faults}
            found += [
                Error("EVID023", f"{name!r} stands in the manifest and not in the bundle", where=name)
                for name in listed
                if name not in inside and name not in named
            ]
        documents, wrong = _check_documents(stream, members)
        found += wrong
    size = sum(member.at.size for member in members)
    return Checked(len(members), size, manifest, documents, tuple(sorted(found, key=lambda f: (f.where, f.code))))


def _content(stream: Any, member: Member) -> bytes:  # noqa: ANN401 - a binary stream
    """Return a member's whole content, which is small or cut short here and then found wrong."""
    content = bytearray()
    for chunk in read_chunks(stream, member):
        content += chunk
        if len(content) > MAX_DOCUMENT:
            break
    return bytes(content)


def _read_manifest(raw: bytes) -> tuple[tuple[Entry, ...] | None, list[Error]]:
    """Return what the manifest lists, None where it cannot be read, and what is wrong with it."""
    if len(raw) > MAX_DOCUMENT:
        return None, [Error("EVID024", f"{NAME} is larger than {MAX_DOCUMENT} bytes", where=NAME)]
    try:
        document = parse_json(raw, NAME)
    except Error as fault:
        return None, [fault]
    wrong = faults(document, "evidence-manifest")
    if wrong:
        return None, [Error("EVID025", f"{NAME} does not hold to its schema", why="; ".join(wrong), where=NAME)]
    entries = manifest_entries(document)
    found = []
    paths = [entry.path for entry in entries]
    if NAME in paths:
        found.append(Error("EVID026", f"{NAME} lists itself", where=NAME))
    seen: set[str] = set()
    found += [
        Error("EVID027", f"{NAME} lists {path!r} twice", where=NAME)
        for path in sorted({path for path in paths if path in seen or seen.add(path)})  # type: ignore[func-returns-value]  # add() is the point
    ]
    if not found and raw != manifest_bytes(entries) and canonical(document) + b"\n" != raw:
        found.append(Error("EVID028", f"{NAME} is not in its one form", why="RFC 8785 and a line feed", where=NAME))
    return entries, found


def _digests(path: Path, members: Sequence[Member]) -> dict[str, tuple[str, int]]:
    """Return SHA-256 and CRC-32 of each member, read by several threads."""

    def work(share: Sequence[Member]) -> dict[str, tuple[str, int]]:
        read: dict[str, tuple[str, int]] = {}
        with path.open("rb", buffering=0) as stream:
            for member in share:
                digest, crc = hashlib.sha256(), 0
                for chunk in read_chunks(stream, member):
                    digest.update(chunk)
                    crc = zlib.crc32(chunk, crc)
                read[member.at.name] = (digest.hexdigest(), crc)
        return read

    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(work, [members[start::_THREADS] for start in range(_THREADS)]))
    return {name: digest for part in parts for name, digest in part.items()}


def _held_against(
    listed: dict[str, Entry] | None, members: Sequence[Member], digests: dict[str, tuple[str, int]]
) -> Iterator[Error]:
    for member in members:
        name = member.at.name
        sha256, crc = digests[name]
        entry = (listed or {}).get(name)
        if entry is None:
            if listed is not None:
                yield Error("EVID029", f"{name!r} lies in the bundle and not in the manifest", where=name)
        elif entry.size != member.at.size:
            yield Error("EVID030", f"{name!r} has {member.at.size} bytes, the manifest says {entry.size}", where=name)
        elif entry.sha256 != sha256:
            yield Error(
                "EVID031",
                f"the content of {name!r} is not what was packed",
                why=f"its SHA-256 is {sha256}, the manifest says {entry.sha256}",
                where=name,
            )
        if crc != member.crc:
            yield _wrong_crc(name)


def _wrong_crc(name: str) -> Error:
    return Error("EVID032", f"the CRC-32 of {name!r} is not what the archive says", where=name)


def _check_documents(stream: Any, members: Sequence[Member]) -> tuple[int, list[Error]]:  # noqa: ANN401 - a binary stream
    """Hold what is of a known kind against its schema."""
    count, found = 0, []
    for member in members:
        if not member.at.name.endswith(".json") or member.at.size > MAX_DOCUMENT:
            continue
        known, wrong = profile_faults(member.at.name, _content(stream, member))
        count += known
        found += wrong
    return count, found
