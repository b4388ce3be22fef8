"""Images made here: layers of invented files in an OCI layout or in an archive as `docker save` writes it."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import io
import json
import sqlite3
import struct
import tarfile
from typing import TYPE_CHECKING, Any

import zstandard

from maximus.sbom.images import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Held", "archive", "elf", "layer", "oci", "rpm_database", "rpm_header", "stored"]


def layer(files: Mapping[str, bytes | str | None], *, links: Mapping[str, str] | None = None) -> bytes:
    """Return a layer's tar: a file for each content (executable where its path has `bin/`), a folder for None."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as made:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if content is None:
                member.type = tarfile.DIRTYPE
                made.addfile(member)
                continue
            raw = content.encode() if isinstance(content, str) else content
            member.size = len(raw)
            member.mode = 0o755 if "bin/" in path else 0o644
            made.addfile(member, io.BytesIO(raw))
        for path, target in (links or {}).items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            made.addfile(member)
    return buffer.getvalue()


def stored(raw: bytes, path: Path, digest: str = "", diff: str = "") -> layout.Image:
    """Return an image of one layer of these bytes, which are written to a path."""
    path.write_bytes(raw)
    opener = functools.partial(layout.Window, path, 0, len(raw))
    return layout.Image("", "", "", "", (layout.Layer(digest, diff, len(raw), opener),))


class Held(layout.Window):
    """A part of no file but of memory, for layers without a digest: nothing is written."""

    def __init__(self, raw: bytes) -> None:
        io.RawIOBase.__init__(self)
        self._stream = io.BytesIO(raw)  # type: ignore[assignment]  # it reads as a file does
        self._at = 0
        self.begin, self.size = 0, len(raw)

    def view(self, place: int = 0, size: int = -1) -> memoryview | None:
        """Return that it can only be read."""
        del place, size
        return None


def digest(raw: bytes) -> str:
    """Return the digest as manifests write it."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def in_record(text: str) -> str:
    """Return the SHA-256 as a wheel's RECORD spells it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def config_of(layers: Sequence[bytes], **more: Any) -> bytes:  # noqa: ANN401 - values of JSON
    """Return an image's configuration."""
    facts = {"architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05.678Z"}
    return json.dumps(
        {**facts, "rootfs": {"type": "layers", "diff_ids": [digest(raw) for raw in layers]}, **more}
    ).encode()


def oci(
    root: Path, layers: Sequence[bytes], *, pack: str = "gzip", name: str = "registry.example/acme/app:1.0"
) -> Path:
    """Write an OCI layout with these layers, packed with `gzip`, `zstd` or not at all."""
    packed: Callable[[bytes], bytes] = {
        "gzip": lambda raw: gzip.compress(raw, mtime=0),
        "zstd": lambda raw: zstandard.ZstdCompressor().compress(raw),
        "": lambda raw: raw,
    }[pack]
    blobs = root / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(raw: bytes, kind: str) -> dict[str, Any]:
        (blobs / digest(raw).partition(":")[2]).write_bytes(raw)
        return {"mediaType": kind, "digest": digest(raw), "size": len(raw)}

    config = put(config_of(layers), "application/vnd.oci.image.config.v1+json")
    stored = [put(packed(raw), "application/vnd.oci.image.layer.v1.tar") for raw in layers]
    manifest = put(
        json.dumps({"schemaVersion": 2, "config": config, "layers": stored}).encode(),
        "application/vnd.oci.image.manifest.v1+json",
    )
    manifest["annotations"] = {"org.opencontainers.image.ref.name": name}
    (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}), encoding="utf-8")
    (root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")
    return root


def archive(path: Path, layers: Sequence[bytes]) -> Path:
    """Write an archive as `docker save` does."""
    config = config_of(layers)
    config_name = digest(config).partition(":")[2] + ".json"
    files: dict[str, bytes] = {config_name: config}
    names = []
    for number, raw in enumerate(layers):
        names.append(f"{number}/layer.tar")
        files[names[-1]] = raw
    entry = {"Config": config_name, "RepoTags": ["acme/app:1.0"], "Layers": names}
    files["manifest.json"] = json.dumps([entry]).encode()
    with tarfile.open(path, "w") as made:
        for name, raw in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            made.addfile(member, io.BytesIO(raw))
    return path


def elf(sections: Mapping[str, bytes], *, is_64: bool = True, order: str = "<") -> bytes:
    """Return an ELF file with these sections and nothing in it that runs."""
    header_size, entry = (64, 64) if is_64 else (52, 40)
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    body, places = b"", []
    for raw in (*sections.values(), names):
        places.append((header_size + len(body), len(raw)))
        body += raw
    table = header_size + len(body)
    headers = b"\0" * entry
    at = 1
    for name, (begin, length) in zip((*sections, ".shstrtab"), places, strict=True):
        if is_64:
            headers += struct.pack(f"{order}IIQQQQIIQQ", at, 1, 0, 0, begin, length, 0, 0, 1, 0)
        else:
            headers += struct.pack(f"{order}IIIIIIIIII", at, 1, 0, 0, begin, length, 0, 0, 1, 0)
        at += len(name) + 1
    ident = b"\x7fELF" + bytes((2 if is_64 else 1, 1 if order == "<" else 2, 1)) + b"\0" * 9
    count = len(sections) + 2
    if is_64:
        rest = struct.pack(f"{order}HHIQQQIHHHHHH", 2, 62, 1, 0, 0, table, 0, 64, 0, 0, entry, count, count - 1)
    else:
        rest = struct.pack(f"{order}HHIIIIIHHHHHH", 2, 3, 1, 0, 0, table, 0, 52, 0, 0, entry, count, count - 1)
    return ident + rest + body + headers


def rpm_header(tags: Mapping[int, str | int | Sequence[str]]) -> bytes:
    """Return a header as rpm stores it."""
    index, data = b"", b""
    for tag, value in sorted(tags.items()):
        if isinstance(value, int):
            data += b"\0" * (-len(data) % 4)
            index += struct.pack(">IIII", tag, 4, len(data), 1)
            data += struct.pack(">I", value)
        else:
            texts = [value] if isinstance(value, str) else list(value)
            index += struct.pack(">IIII", tag, 6 if isinstance(value, str) else 8, len(data), len(texts))
            data += b"".join(text.encode() + b"\0" for text in texts)
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def rpm_database(path: Path, headers: Sequence[bytes], *, table: str = "") -> bytes:
    """Return a database of these packages, in write-ahead mode as rpm keeps it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(table or "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    if not table:
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(raw,) for raw in headers])
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = path.read_bytes()
    connection.close()
    return raw
