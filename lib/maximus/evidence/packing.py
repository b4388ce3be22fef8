"""Packs a folder of evidence into one deterministic bundle, in one pass over the files and in little memory.

A stored entry is as long as its file and a SHA-256 has a fixed length, so the place of every byte is known before the
first file is read. Each file is then read once, hashed on the way, and written where it belongs, by several threads.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import os
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.files import ITSELF, HashedFile, hash_file, replacing, unreadable

from .layout import Placed, central_header, end_of_archive, local_header
from .manifest import NAME, Entry, manifest_bytes
from .naming import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .tree import Found

__all__ = ["Packed", "pack"]

_CHUNK: Final = 1 << 20
_THREADS: Final = min(4, os.cpu_count() or 1)
_BATCH: Final = 256
"""Files that one thread takes at a time: a task for each would cost more than a small file does."""
_NO_HASH: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle that was written."""

    file: HashedFile
    """The bundle."""
    manifest: bytes
    """What its manifest says."""
    entries: tuple[Entry, ...]
    """The files in it, by the bytes of their names, without the manifest."""


def pack(files: Sequence[Found], target: Path) -> Packed:
    """Write the files and their manifest as one bundle, whole or not at all, and return what was written.

    The same files give the same bytes on every system, Python and day. Raises Error EVID007 where a file changed
    while it was packed, FILE001 for one that cannot be read, and FILE003 where the bundle cannot be written.
    """
    sizes = {file.name: file.size for file in files}
    sizes[NAME] = len(manifest_bytes(Entry(file.name, file.size, _NO_HASH) for file in files))
    placed = _place(sizes)
    with replacing(target, 0o644) as temporary:
        descriptor = os.open(temporary, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            hashed = _write_files(files, placed, descriptor)
            entries = tuple(Entry(file.name, file.size, hashed[file.name][0]) for file in files)
            manifest = manifest_bytes(entries)
            crcs = {name: crc for name, (_, crc) in hashed.items()} | {NAME: zlib.crc32(manifest)}
            for name, at in placed.items():
                _write_at(descriptor, local_header(at, crcs[name]), at.offset)
            _write_at(descriptor, manifest, placed[NAME].data)
            begin = max(at.end for at in placed.values())
            directory = b"".join(central_header(at, crcs[name]) for name, at in placed.items())
            tail = directory + end_of_archive(len(placed), len(directory), begin)
            _write_at(descriptor, tail, begin)
        finally:
            os.close(descriptor)
        written = hash_file(temporary)
    return Packed(HashedFile(target, written.size, written.sha256), manifest, entries)


def _place(sizes: dict[str, int]) -> dict[str, Placed]:
    """Return where each file goes, in the order of the archive."""
    placed: dict[str, Placed] = {}
    offset = 0
    for name in in_order(sizes):
        placed[name] = Placed(name, sizes[name], offset)
        offset = placed[name].end
    return placed


def _write_files(files: Sequence[Found], placed: dict[str, Placed], descriptor: int) -> dict[str, tuple[str, int]]:
    """Copy every file to its place, and return SHA-256 and CRC-32 by name."""
    found: dict[str, tuple[str, int]] = {}
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    if len(batches) < _THREADS:
        batches = [files[start::_THREADS] for start in range(min(_THREADS, len(files)))]

    def work(batch: Sequence[Found]) -> dict[str, tuple[str, int]]:
        buffer = bytearray(_CHUNK)
        return {file.name: _copy(file, placed[file.name].data, descriptor, buffer) for file in batch}

    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        tasks = [pool.submit(work, batch) for batch in batches]
        try:
            for task in tasks:
                found |= task.result()
        finally:
            for task in tasks:
                task.cancel()
    return found


def _copy(file: Found, offset: int, descriptor: int, buffer: bytearray) -> tuple[str, int]:
    """Copy a file to its place; what is hashed is what is written."""
    digest, crc, left = hashlib.sha256(), 0, file.size
    view = memoryview(buffer)
    with contextlib.closing(_Source(file)) as source:
        while count := source.read_into(view):
            left -= count
            if left < 0:
                break
            chunk = view[:count]
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            _write_at(descriptor, chunk, offset)
            offset += count
        is_same = source.is_as_found()
    if left or not is_same:
        raise Error(
            "EVID007",
            f"{file.name!r} changed while it was packed",
            fix="Another step still writes into the folder: pack when all others are done.",
            where=file.name,
        )
    return digest.hexdigest(), crc


class _Source:
    """A file that is read; its faults name it, so that a full disk is not taken for one of them."""

    def __init__(self, file: Found) -> None:
        # Whatever was put in the file's place since the folder was read.
        self._file = file
        try:
            self._stream = open(os.open(file.path, ITSELF), "rb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor, closed by `close`
        except OSError as fault:
            raise unreadable(fault, self._file.path) from fault

    def read_into(self, view: memoryview) -> int:
        try:
            return self._stream.readinto(view) or 0
        except OSError as fault:
            raise unreadable(fault, self._file.path) from fault

    def is_as_found(self) -> bool:
        """Tell whether size and time are still those with which the folder listed it."""
        now = os.fstat(self._stream.fileno())
        return (now.st_size, now.st_mtime_ns) == (self._file.size, self._file.mtime)

    def close(self) -> None:
        self._stream.close()


_turn: Final = threading.Lock()


def _write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    left = memoryview(data)
    while left:
        if hasattr(os, "pwrite"):
            count = os.pwrite(descriptor, left, offset)
        else:
            # Windows: one place in the file for all threads, so one writes at a time.
            with _turn:
                os.lseek(descriptor, offset, os.SEEK_SET)
                count = os.write(descriptor, left)
        left, offset = left[count:], offset + count
