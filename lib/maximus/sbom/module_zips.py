"""The zip of a Go module: its `h1:` recomputed, and what its `go.mod` and licence files say.

See https://go.dev/ref/mod#zip-files and the package golang.org/x/mod/sumdb/dirhash.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from maximus.errors import Error
from maximus.sbom.licence_texts import MAX_LICENCE, is_licence_file
from maximus.sbom.limits import MAX_MANIFEST
from maximus.sbom.readers.go import parse_module

__all__ = ["MAX_MEMBERS", "MAX_UNPACKED", "MAX_ZIP", "Module", "UnreadableError", "open_zip"]

MAX_ZIP: Final = 128 << 20
"""Bytes of a module's zip, which is held in memory while it is read."""
MAX_UNPACKED: Final = 512 << 20
"""Bytes of everything in it; Go itself allows 500 MiB."""
MAX_MEMBERS: Final = 100_000
"""Files in it."""
_CHUNK = 1 << 20


class UnreadableError(Exception):
    """The zip is broken, or passes a limit."""


@dataclass(frozen=True, slots=True)
class Module:
    """What a module's zip holds."""

    h1: str
    """The hash over its list of files, as `go.sum` writes it."""
    requires: tuple[str, ...] | None
    """The modules that it needs directly, sorted; None where its `go.mod` cannot be read."""
    licences: tuple[tuple[str, str], ...]
    """Name and text of each licence file in its root."""


def open_zip(raw: bytes, name: str, version: str) -> Module:
    """Return what the zip of a module holds; nothing is unpacked. Raises UnreadableError."""
    if len(raw) > MAX_ZIP:
        reason = f"its zip is larger than {MAX_ZIP >> 20} MiB"
        raise UnreadableError(reason)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _read(archive, f"{name}@{version}/")
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, OSError, EOFError,
            struct.error, OverflowError) as fault:  # fmt: skip
        reason = f"its zip cannot be read: {str(fault)[:100]}"
        raise UnreadableError(reason) from fault


def _read(archive: zipfile.ZipFile, prefix: str) -> Module:
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > MAX_MEMBERS or len(names) != len(members) or any("\n" in name for name in names):
        reason = f"its zip has more than {MAX_MEMBERS} files, or two of one name"
        raise UnreadableError(reason)
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        # Go writes no other, and they cost memory that nobody has counted.
        reason = "its zip is packed in a way that Go does not know"
        raise UnreadableError(reason)
    lines: list[bytes] = []
    manifest = b""
    licences: list[tuple[str, str]] = []
    left = MAX_UNPACKED
    for member in sorted(members, key=lambda item: item.filename.encode("utf-8", "surrogateescape")):
        digest = hashlib.sha256()
        short = member.filename.removeprefix(prefix)
        limit = MAX_MANIFEST if short == "go.mod" else MAX_LICENCE if "/" not in short and is_licence_file(short) else 0
        kept = bytearray()
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    reason = f"its zip has more than {MAX_UNPACKED >> 20} MiB in it"
                    raise UnreadableError(reason)
                digest.update(chunk)
                if limit and len(kept) <= limit:
                    kept += chunk
        lines.append(f"{digest.hexdigest()}  {member.filename}\n".encode("utf-8", "surrogateescape"))
        if short == "go.mod":
            manifest = bytes(kept[: limit + 1])
        elif limit and len(kept) <= limit:
            licences.append((short, kept.decode("utf-8", "replace")))
    total = hashlib.sha256(b"".join(lines)).digest()
    return Module("h1:" + base64.b64encode(total).decode(), _requires(manifest), tuple(licences))


def _requires(manifest: bytes) -> tuple[str, ...] | None:
    """Return what a `go.mod` requires and does not mark as indirect; a module without one states no needs."""
    if len(manifest) > MAX_MANIFEST:
        return None
    try:
        module = parse_module(manifest.decode("utf-8", "replace"), "go.mod")
    except Error:
        return None
    return tuple(sorted({require.module for require in module.requires if not require.indirect}))
