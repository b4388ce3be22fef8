"""The layers of an image as one stream of files, with whiteouts applied: what a later layer takes away is not there.

A layer is looked through once and in order, while its digests are computed beside that; nothing is written.
See: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from maximus.files import ITSELF
from maximus.sbom.images.digests import ALGORITHMS, OTHER_CONTENT
from maximus.sbom.images.layout import Window
from maximus.sbom.images.limits import MAX_ENTRIES, MAX_PATH, MAX_RATIO, MAX_STREAMS, MAX_UNPACKED, broken
from maximus.sbom.images.tars import Content, Listed, Passing, members
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from maximus.sbom.images.layout import Image, Layer

__all__ = ["Entry", "Looker", "read_folder", "read_layers"]

_CHUNK = 1 << 20
_FEED = 64 << 10
"""Bytes that go into an unpacker at a time."""
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_STEP = 256 << 10
"""Bytes that are read at a time of a layer that is stored unpacked."""
_FEW = 1 << 20
"""Bytes up to which nobody asks how well they were packed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file of a layer, about to be looked at."""

    path: str
    """Without a slash in front."""
    size: int
    mode: int
    layer: str
    """The digest of the layer, or its number."""
    stream: Readable


class Readable(Protocol):
    """What a file's content is read from, once and forward."""

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes, or all that are left."""

    def view(self) -> memoryview | None:
        """Return all of it without copying; None where it can only be read."""


class Looker(Protocol):
    """What looks at files: told of each, and of what is gone."""

    def wants(self, path: str, mode: int) -> bool:
        """Return whether a file of such a path and mode can be of interest: most are not, and that is seen at once."""

    def look(self, entry: Entry) -> object | None:
        """Return what is to be kept of a file; None for a file of no interest. The stream may be left unread."""

    def refuse(self, path: str, why: str) -> None:
        """Be told of a file that could not be looked at."""


@dataclass(slots=True)
class _Found:
    """What is kept, by path, with the folders above it."""

    kept: dict[str, object] = field(default_factory=dict)
    above: set[str] = field(default_factory=set)

    def index(self) -> None:
        """Remember every path and every folder above one."""
        self.above = set()
        for path in self.kept:
            parts = path.split("/")
            self.above.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))

    def remove(self, gone: set[str], opaque: set[str]) -> None:
        """Forget what was taken away, and whatever lay below."""
        if not gone and not opaque:
            return
        self.kept = {path: value for path, value in self.kept.items() if not _is_gone(path, gone, opaque)}


def _is_gone(path: str, gone: set[str], opaque: set[str]) -> bool:
    if path in gone:
        return True
    parts = path.split("/")
    heads = ["/".join(parts[:depth]) for depth in range(len(parts))]
    return any(head in gone or head in opaque for head in heads)


def read_layers(image: Image, looker: Looker) -> dict[str, object]:
    """Return what the looker keeps of the files that are there in the end, by path.

    Raises Error SBOM033 for a layer that is broken or breaks a limit, and for a packed one that holds something else
    than was stated. What is stated of layers as they are stored is for `Digests` to compare.
    """
    budget = _Budget()
    found = _Found()
    for number, layer in enumerate(image.layers, 1):
        found.index()
        read = _read_layer(layer, _Read(layer.name(number), looker, budget, found.above))
        found.remove(read.gone, read.opaque)
        found.kept.update(read.fresh)
    return found.kept


class _Budget:
    """Counts entries and bytes over all layers."""

    def __init__(self) -> None:
        self.entries = 0
        self.unpacked = 0

    def entry(self, name: str) -> None:
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise broken(name, f"the image has more than {MAX_ENTRIES} entries")

    def bytes(self, count: int, name: str) -> None:
        self.unpacked += count
        if self.unpacked > MAX_UNPACKED:
            raise broken(name, f"the image unpacks to more than {MAX_UNPACKED >> 30} GiB")


def _read_layer(layer: Layer, read: _Read) -> _Read:
    """Return what is in one layer, and what it does to those below."""
    _pass_by(layer, read.name, read.budget, read.members)
    if read.linked:
        # Package managers fill `node_modules` with links into a store whose files are called by their digests.
        _pass_by(replace(layer, diff_id=""), read.name, _Budget(), read.links)
    return read


def _pass_by(layer: Layer, name: str, budget: _Budget, reading: Callable[[Passing], None]) -> None:
    """Let a layer be read from its beginning. Raises Error SBOM033 for a broken one."""
    with layer.open() as raw:
        try:
            if not (packed := layer.packed()):
                # Nothing is read here but headers and what the looker wants: a leap costs less than a byte.
                budget.bytes(raw.size, name)
                reading(Passing(lambda: raw.read(_STEP), raw.seek, raw.view))
                return
            unpacked = _unpacked(_Counted(raw), packed, layer.diff_id, name, budget)
            reading(Passing(unpacked.read))
            unpacked.finish()
        except RecursionError as fault:
            raise broken(name, "its headers lead from one to the next without an end") from fault
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError) as fault:
            why = visible(" ".join(str(fault).split())[:200]) or type(fault).__name__
            # Of tarfile's or of zlib's own words nobody knows what to do.
            raise broken(name, "what is packed in it is damaged" if "decompressing" in why else why) from fault
        unpacked.check(name)


class _Read:
    """What is read of one layer."""

    def __init__(self, name: str, looker: Looker, budget: _Budget, above: set[str]) -> None:
        self.name = name
        self.looker = looker
        self.budget = budget
        self.above = above
        """What is kept of the layers below, and the folders above that."""
        self.fresh: dict[str, object] = {}
        """What is kept of its files."""
        self.gone: set[str] = set()
        """What it takes away of the layers below."""
        self.opaque: set[str] = set()
        """The folders that it hides of them."""
        self.linked: dict[str, str] = {}
        """The file that a hard link of interest has its content from, which may be of no interest by its own name."""

    def members(self, source: Passing) -> None:
        """Look at the files, and remember what is taken away."""
        for member in members(source):
            self.budget.entry(self.name)
            path = _clean(member.name)
            if path is None or (_WHITEOUT in path and self._takes_away(path)):
                continue
            if len(path) > MAX_PATH:
                self.looker.refuse(path[:100], f"its path is longer than {MAX_PATH} characters")
                continue
            if path in self.above and member.kind != tarfile.DIRTYPE:
                # Another file, or a link in place of a folder.
                self.gone.add(path)
            # Of two entries of one name the later counts, of whatever kind it is.
            self.fresh.pop(path, None)
            self.linked.pop(path, None)
            if member.kind == tarfile.REGTYPE:
                if self.looker.wants(path, member.mode):
                    self._look(path, member, Content(source, member.begin, member.size))
            elif member.kind == tarfile.LNKTYPE and self.looker.wants(path, 0) and (target := _clean(member.link)):
                # Not for being executable: what a program was built from is told by its first name.
                self.linked[path] = target

    def links(self, source: Passing) -> None:
        """Look at the files that hard links have their content from, under the names of the links."""
        paths_of: dict[str, list[str]] = {}
        for path, target in self.linked.items():
            paths_of.setdefault(target, []).append(path)
        for member in members(source):
            paths = paths_of.get(_clean(member.name) or "", ()) if member.kind == tarfile.REGTYPE else ()
            if paths:
                content = _Again(Content(source, member.begin, member.size))
                for path in paths:
                    self._look(path, member, content.stream())

    def _takes_away(self, path: str) -> bool:
        folder, _, base = path.rpartition("/")
        if base == _OPAQUE:
            self.opaque.add(folder)
        elif base.startswith(_WHITEOUT):
            self.gone.add(f"{folder}/{base[len(_WHITEOUT) :]}".lstrip("/"))
        return base.startswith(_WHITEOUT)

    def _look(self, path: str, member: Listed, stream: Readable) -> None:
        kept = self.looker.look(Entry(path, member.size, member.mode, self.name, stream))
        if kept is not None:
            self.fresh[path] = kept


class _Again:
    """A content that is read once and given out several times."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.raw: bytes | None = None

    def stream(self) -> _Copy:
        """Return it from its beginning; nothing is read before somebody reads that."""
        return _Copy(self)

    def whole(self) -> bytes:
        if self.raw is None:
            self.raw = self.content.read()
        return self.raw


class _Copy:
    """One of the readings of a content."""

    def __init__(self, of: _Again) -> None:
        self.of = of
        self.at = 0

    def read(self, size: int = -1) -> bytes:
        raw = self.of.whole()
        data = raw[self.at :] if size < 0 else raw[self.at : self.at + size]
        self.at += len(data)
        return data

    def view(self) -> memoryview | None:
        return None


def _clean(name: str) -> str | None:
    """Return the path of an entry inside the image; None for one that leads nowhere or out of it."""
    # Most are written in the one way already.
    if (
        "/." not in name
        and "//" not in name
        and "\0" not in name
        and name[:1] not in ("", "/", ".")
        and name[-1] != "/"
    ):
        return name
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if not parts or ".." in parts or "\0" in name else "/".join(parts)


class _Digest:
    """A digest that is computed in a thread of its own: hashing 3 GB takes as long as looking through them."""

    def __init__(self, algorithm: hashlib._Hash) -> None:
        self.algorithm = algorithm
        self.thread = ThreadPoolExecutor(1)
        self.pending: Future[None] | None = None

    def update(self, data: bytes) -> None:
        """Take more bytes. At most one chunk is behind, so that memory stays what it is."""
        self._catch_up()
        self.pending = self.thread.submit(self.algorithm.update, data)

    def hexdigest(self) -> str:
        """Return the digest; nothing can be added after that."""
        self._catch_up()
        self.thread.shutdown()
        return self.algorithm.hexdigest()

    def _catch_up(self) -> None:
        if self.pending is not None:
            self.pending.result()


class _Counted:
    """A stream whose bytes are counted as they pass."""

    def __init__(self, stream: Window) -> None:
        self.stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.count += len(data)
        return data


class _Unpacked:
    """What comes out of a stored layer, hashed and held to the limits."""

    def __init__(
        self, stored: _Counted, expected: str, name: str, budget: _Budget, more: Callable[[int], bytes]
    ) -> None:
        self.stored = stored
        self.name = name
        self.budget = budget
        self.more = more
        """Returns up to so many unpacked bytes; none at the end."""
        self.expected = expected
        algorithm = expected.partition(":")[0]
        self.hash = _Digest(hashlib.new(algorithm)) if algorithm in ALGORITHMS else None
        self.count = 0

    def read(self) -> bytes:
        """Return the next bytes, as many as come at once; none at the end."""
        # Never more than a chunk: a kilobyte may hold gigabytes, and they are counted before they are kept.
        data = self.more(_CHUNK)
        self.count += len(data)
        self.budget.bytes(len(data), self.name)
        if self.count > _FEW and self.count > MAX_RATIO * max(self.stored.count, 1):
            raise broken(self.name, f"it unpacks to more than {MAX_RATIO} times its size")
        if self.hash is not None:
            self.hash.update(data)
        return data

    def finish(self) -> None:
        """Read what is left behind the end of the archive."""
        while self.read():
            pass

    def check(self, name: str) -> None:
        """Raise Error SBOM033 where the bytes have another digest than the configuration states."""
        if self.hash is not None and self.hash.hexdigest() != self.expected.partition(":")[2]:
            raise broken(name, OTHER_CONTENT)


def _unpacked(stored: _Counted, packed: str, expected: str, name: str, budget: _Budget) -> _Unpacked:
    more = _Gzip(stored, name).read if packed == "gzip" else _zstd(stored)
    return _Unpacked(stored, expected, name, budget, more)


def _zstd(stored: _Counted) -> Callable[[int], bytes]:
    # Imported here: few images are packed so.
    import zstandard  # noqa: PLC0415

    source: Any = stored  # it needs `read` alone
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        source, read_size=_FEED, read_across_frames=True
    )

    def read(size: int) -> bytes:
        try:
            return reader.read(size)
        except zstandard.ZstdError as fault:
            raise ValueError(str(fault)) from fault

    return read


class _Gzip:
    """Inflates gzip, which may be several streams one behind the other."""

    def __init__(self, stored: _Counted, name: str) -> None:
        self.stored = stored
        self.name = name
        self.inflater = zlib.decompressobj(wbits=31)
        self.raw = b""
        self.streams = 1

    def read(self, size: int) -> bytes:
        while True:
            if self.inflater.eof:
                self.raw = self.inflater.unused_data or self.stored.read(_FEED)
                if not self.raw:
                    return b""
                self.streams += 1
                if self.streams > MAX_STREAMS:
                    raise broken(self.name, f"it has more than {MAX_STREAMS} packed streams")
                self.inflater = zlib.decompressobj(wbits=31)
            at_end = not self.raw and not (fresh := self.stored.read(_FEED))
            if not self.raw and not at_end:
                self.raw = fresh
            data = self.inflater.decompress(self.raw, size)
            self.raw = self.inflater.unconsumed_tail
            if data:
                return data
            if at_end and not self.inflater.eof:
                msg = "it ends in the middle"
                raise EOFError(msg)


def read_folder(root: Path, looker: Looker) -> dict[str, object]:
    """Return what the looker keeps of the files of a root file system that lies in a folder; links are not followed."""
    found: dict[str, object] = {}
    budget = _Budget()
    for path in _walk(root, budget, looker):
        full = root / path
        try:
            if not looker.wants(path, full.lstat().st_mode):
                continue
            descriptor = os.open(full, ITSELF)
            told = os.fstat(descriptor)
            if not stat.S_ISREG(told.st_mode):
                os.close(descriptor)
                continue
            with Window(descriptor, 0, told.st_size) as stream:
                kept = looker.look(Entry(path, told.st_size, told.st_mode, "", stream))
        except OSError as fault:
            looker.refuse(path, f"it cannot be read: {fault.strerror}")
            continue
        if kept is not None:
            found[path] = kept
    return found


def _walk(root: Path, budget: _Budget, looker: Looker) -> Iterator[str]:
    # Another file system that is mounted there (/proc) is no part of the image.
    device = root.stat().st_dev
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as fault:
            looker.refuse(folder, f"it cannot be listed: {fault.strerror}")
            continue
        for entry in listed:
            budget.entry(str(root))
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.stat(follow_symlinks=False).st_dev == device:
                    waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path
