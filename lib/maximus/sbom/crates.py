"""A `.crate`: what the `Cargo.toml` and the licence files in it say; nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error
from maximus.sbom import licences, parsing
from maximus.sbom.images.tars import Member
from maximus.sbom.licence_texts import MAX_LICENCE, is_licence_file
from maximus.sbom.limits import MAX_MANIFEST

if TYPE_CHECKING:
    from maximus.sbom.model import LicenceClaim

__all__ = ["MAX_MEMBERS", "MAX_UNPACKED", "Crate", "UnreadableError", "open_crate"]

MAX_UNPACKED: Final = 256 << 20
"""Bytes of everything in one."""
MAX_MEMBERS: Final = 20_000
"""Files in one."""


class UnreadableError(Exception):
    """The archive is broken, or passes a limit."""


@dataclass(frozen=True, slots=True)
class Crate:
    """What a crate says about itself."""

    claim: LicenceClaim | None
    """What its `Cargo.toml` declares."""
    authors: tuple[str, ...]
    repository: str
    licences: tuple[tuple[str, str], ...]
    """Name and text of each licence file in its root."""


class _Bounded(io.RawIOBase):
    """A stream that ends with an error after so many bytes."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self.stream, self.left = stream, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        chunk = self.stream.read(len(buffer))
        self.left -= len(chunk)
        if self.left < 0:
            reason = f"it has more than {MAX_UNPACKED >> 20} MiB in it"
            raise UnreadableError(reason)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def open_crate(raw: bytes, name: str, version: str) -> Crate:
    """Return what a crate says. Raises UnreadableError."""
    try:
        with (
            gzip.GzipFile(fileobj=io.BytesIO(raw)) as unpacked,
            tarfile.open(fileobj=io.BufferedReader(_Bounded(unpacked)), mode="r|", tarinfo=Member) as archive,
        ):
            return _read(archive, f"{name}-{version}/")
    except RecursionError as fault:
        reason = "its headers lead from one to the next without an end"
        raise UnreadableError(reason) from fault
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, OverflowError) as fault:
        reason = f"it cannot be read: {str(fault)[:100]}"
        raise UnreadableError(reason) from fault


def _read(archive: tarfile.TarFile, prefix: str) -> Crate:
    manifest = b""
    texts: list[tuple[str, str]] = []
    for number, member in enumerate(archive):
        # tarfile keeps every header that it has seen.
        archive.members = []  # type: ignore[attr-defined]  # typeshed leaves it out
        if number >= MAX_MEMBERS:
            reason = f"it has more than {MAX_MEMBERS} files"
            raise UnreadableError(reason)
        short = member.name.removeprefix(prefix)
        limit = MAX_MANIFEST if short == "Cargo.toml" else MAX_LICENCE if is_licence_file(short) else 0
        if not limit or short == member.name or "/" in short or not member.isreg() or member.size > limit:
            continue
        stream = archive.extractfile(member)
        content = stream.read(limit) if stream is not None else b""
        if short == "Cargo.toml":
            manifest = content
        else:
            texts.append((short, content.decode("utf-8", "replace")))
    return _crate(manifest, tuple(sorted(texts)))


def _crate(manifest: bytes, texts: tuple[tuple[str, str], ...]) -> Crate:
    try:
        package = parsing.parse_toml(manifest, "Cargo.toml").get("package")
    except Error:
        package = None
    stated = package if isinstance(package, dict) else {}
    licence = parsing.text_of(stated.get("license"))
    claim = licences.declared(licence, "fetched Cargo.toml license") if licence else None
    authors = tuple(item for item in parsing.listed(stated.get("authors")) if isinstance(item, str))
    return Crate(claim, authors, parsing.text_of(stated.get("repository")), texts)
