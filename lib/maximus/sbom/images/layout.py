"""Where the layers of an image are: in an OCI layout, in a `docker save` archive, or laid out as a folder.

See: https://github.com/opencontainers/image-spec, image-layout.md and manifest.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import mmap
import os
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.sbom import parsing
from maximus.sbom.images.limits import MAX_LAYERS, MAX_MANIFEST
from maximus.sbom.images.tars import Member
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["CUT", "Image", "Layer", "Window", "open_image"]

_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64}|[0-9a-f]{128})")
_NAME = "org.opencontainers.image.ref.name"
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""
_MAX_INDEXES = 8
"""Indexes in indexes."""
_MAX_OUTER = 100_000
"""Members of the outer archive."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, not yet read."""

    digest: str
    """As the manifest states it; empty where it states none (`docker save`)."""
    diff_id: str
    """The digest of the unpacked layer, by the image's configuration; empty where there is none."""
    size: int
    """Bytes as stored; -1 where nobody says."""
    open: Callable[[], Window]

    def packed(self) -> str:
        """Return how it is packed: `gzip`, `zstd`, or empty. Raises OSError for one that cannot be read."""
        with self.open() as raw:
            start = raw.read(len(_ZSTD))
        return "gzip" if start.startswith(_GZIP) else "zstd" if start == _ZSTD else ""

    def name(self, number: int) -> str:
        """Return what it is called where it is told of: by its digest, or as the so-many-th."""
        return self.digest or self.diff_id or f"layer {number}"


@dataclass(frozen=True, slots=True)
class Image:
    """An image, its metadata read and its layers not yet."""

    name: str
    """As its tag or annotation names it; empty where nothing does."""
    tag: str
    digest: str
    """Of the manifest, or of the configuration where there is no manifest; empty for a folder."""
    platform: str
    """Such as `linux/amd64`; empty where it is not told."""
    layers: tuple[Layer, ...]
    created: int | None = None
    """When it was made by its own word, in whole seconds since 1970; None where it does not say."""
    folder: Path | None = None
    """The root file system, where the image is laid out as a folder."""


def open_image(path: Path, platform: str) -> Image:
    """Return the image at a path; of one for several platforms the one for `platform`.

    Raises Error SBOM030 (usage) for what is no image, SBOM031 for one whose metadata is broken, and SBOM032 (usage)
    where it has nothing for the platform.
    """
    if path.is_dir():
        if any((path / name).is_file() for name in ("index.json", "oci-layout")) and (path / "blobs").is_dir():
            return _Store(_in_folder(path), path.as_posix()).oci(platform)
        return Image("", "", "", "", (), folder=path)
    if not path.is_file():
        raise _no_image(path.as_posix(), "there is nothing of that name")
    store = _Store(_in_archive(path), path.as_posix())
    if store.has("index.json") and store.has("oci-layout"):
        return store.oci(platform)
    if store.has("manifest.json"):
        return store.docker()
    raise _no_image(path.as_posix(), "it has neither index.json nor manifest.json")


def _no_image(where: str, why: str) -> Error:
    return Error(
        "SBOM030",
        f"{visible(where)} is no image",
        why=why,
        fix="Name an OCI layout, an archive of `docker save` or a root file system with the input `image`.",
        where="input image",
        status=ExitStatus.USAGE,
    )


def _no_archive(where: str, *, begun: bool) -> Error:
    """Return the error of an archive that cannot be listed, by whether anything of it was read."""
    if begun:
        return _broken(where, "it ends in the middle, or something in it is damaged")
    return _no_image(where, "it is no plain tar archive; unpack it first if it is compressed")


def _broken(where: str, why: str) -> Error:
    return Error(
        "SBOM031",
        f"cannot read the image {visible(where)}",
        why=why,
        fix="Save it again, and compare its digest with the registry's.",
        where=visible(where),
    )


def _in_folder(root: Path) -> Callable[[str], Window | None]:
    here = root.resolve()

    def opener(name: str) -> Window | None:
        full = (here / name).resolve()
        if not full.is_relative_to(here) or not full.is_file():
            return None
        return Window(full, 0, full.stat().st_size)

    return opener


CUT = "the file became shorter while it was read"


class Window(io.RawIOBase):
    """A part of a file, read from its own place in it. The file is a path, or the descriptor of an open one."""

    def __init__(self, file: Path | int, begin: int, size: int) -> None:
        super().__init__()
        self._stream = open(file, "rb", buffering=0)  # noqa: PTH123, SIM115 - it may be a descriptor; `close` closes it
        self._stream.seek(begin)
        self._at = 0
        self.begin = begin
        """Where in the file it begins."""
        self.size = size
        """How many bytes it has."""

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer of any kind
        """Fill a buffer as far as the part goes, and return with how many bytes."""
        count = self._stream.readinto(memoryview(buffer)[: self.size - self._at]) or 0
        self._at += count
        return count

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that are left."""
        return super().read(size) or b""

    def seekable(self) -> bool:
        """Return that any place of it can be gone to."""
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from its beginning, and not further than its end; return where that is."""
        if whence != os.SEEK_SET:
            msg = "a part of a file is gone through from its beginning"
            raise io.UnsupportedOperation(msg)
        self._at = min(place, self.size)
        self._stream.seek(self.begin + self._at)
        return self._at

    def tell(self) -> int:
        """Return how far it was read."""
        return self._at

    def view(self, place: int = 0, size: int = -1) -> memoryview | None:
        """Return bytes of it without copying them; None on a file system that cannot.

        Raises OSError where the file became shorter: to touch what is no longer there would end the process.
        """
        size = self.size - place if size < 0 else size
        begin = self.begin + place
        if os.fstat(self._stream.fileno()).st_size < begin + size:
            raise OSError(0, CUT)
        aligned = begin - begin % mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(self._stream.fileno(), begin - aligned + size, access=mmap.ACCESS_READ, offset=aligned)
        except (OSError, ValueError):
            return None
        return memoryview(mapped)[begin - aligned :]

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


def _in_archive(path: Path) -> Callable[[str], Window | None]:
    """Return what opens a member of an outer archive; links to other members, as `docker save` makes, are followed."""
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:", tarinfo=Member) as archive:
            for count, member in enumerate(archive):
                if count > _MAX_OUTER:
                    raise _broken(path.as_posix(), f"it has more than {_MAX_OUTER} members")
                name = member.name.removeprefix("./")
                if member.isreg():
                    places[name] = (member.offset_data, member.size)
                elif member.issym():
                    folder = name.rpartition("/")[0]
                    links[name] = _joined(folder, member.linkname)
                elif member.islnk():
                    links[name] = member.linkname.removeprefix("./")
    except (tarfile.TarError, OSError, ValueError, EOFError, RecursionError, OverflowError) as fault:
        raise _no_archive(path.as_posix(), begun=bool(places)) from fault

    def opener(name: str) -> Window | None:
        for _ in range(3):
            if name in places:
                begin, size = places[name]
                return Window(path, begin, size)
            name = links.get(name, "")
        return None

    return opener


def _joined(folder: str, link: str) -> str:
    parts: list[str] = [] if link.startswith("/") else [part for part in folder.split("/") if part]
    for part in link.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


class _Store:
    """Documents and layers of an image, by name."""

    def __init__(self, opener: Callable[[str], Window | None], where: str) -> None:
        self.opener = opener
        self.where = where

    def has(self, name: str) -> bool:
        stream = self.opener(name)
        if stream is None:
            return False
        stream.close()
        return True

    def document(self, name: str) -> tuple[dict[str, Any], bytes]:
        stream = self.opener(name)
        if stream is None:
            raise _broken(self.where, f"it has no {visible(name)}")
        with io.BufferedReader(stream) as buffered:
            raw = buffered.read(MAX_MANIFEST + 1)
        if len(raw) > MAX_MANIFEST:
            raise _broken(self.where, f"{visible(name)} is larger than {MAX_MANIFEST >> 20} MiB")
        if raw.lstrip()[:1] == b"[":
            raw = b'{"items": ' + raw + b"}"
        try:
            return parsing.parse_json(raw, name), raw
        except Error as fault:
            # Its own words are about a lock, which can be made again.
            raise _broken(self.where, f"{visible(name)}: {fault.why}") from fault

    def blob(self, digest: str) -> tuple[dict[str, Any], bytes]:
        """Return a document by its digest, which is checked."""
        document, raw = self.document(_blob_name(digest, self.where))
        algorithm, _, value = digest.partition(":")
        if hashlib.new(algorithm, raw).hexdigest() != value:
            raise _broken(self.where, f"what lies at {digest} has another digest")
        return document, raw

    def oci(self, platform: str) -> Image:
        """Return the image of an OCI layout."""
        index, _ = self.document("index.json")
        descriptor = self._chosen(index, platform)
        name, _, tag = _name_of(descriptor).rpartition(":")
        if not name or "/" in tag:
            name, tag = _name_of(descriptor), ""
        digest = parsing.text_of(descriptor.get("digest"))
        manifest, _ = self.blob(digest)
        stated = parsing.mapping(manifest.get("config") or {}, self.where)
        config, _ = self.blob(parsing.text_of(stated.get("digest")))
        listed = parsing.records(manifest.get("layers"), self.where)
        diffs = _diff_ids(config)
        self._check_count(len(listed), len(diffs))
        layers = tuple(
            Layer(
                digest=parsing.text_of(item.get("digest")),
                diff_id=diff,
                size=item["size"] if isinstance(item.get("size"), int) else -1,
                open=self._opener_of(_blob_name(parsing.text_of(item.get("digest")), self.where)),
            )
            for item, diff in zip(listed, diffs, strict=True)
        )
        return Image(visible(name), visible(tag), digest, _platform_of(config), layers, _created(config))

    def docker(self) -> Image:
        """Return the image of a `docker save` archive; of several the first."""
        manifest, _ = self.document("manifest.json")
        entries = parsing.records(manifest.get("items"), self.where)
        if len(entries) != 1:
            raise _broken(self.where, f"it holds {len(entries)} images, and one is inventoried at a time")
        entry = entries[0]
        config_name = parsing.text_of(entry.get("Config"))
        config, raw = self.document(config_name)
        tags = [item for item in parsing.listed(entry.get("RepoTags")) if isinstance(item, str)]
        name, _, tag = (tags[0] if tags else "").rpartition(":")
        names = [item for item in parsing.listed(entry.get("Layers")) if isinstance(item, str)]
        diffs = _diff_ids(config)
        self._check_count(len(names), len(diffs))
        layers = tuple(Layer("", diff, -1, self._opener_of(item)) for item, diff in zip(names, diffs, strict=True))
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        return Image(visible(name), visible(tag), digest, _platform_of(config), layers, _created(config))

    def _check_count(self, layers: int, diffs: int) -> None:
        if layers != diffs:
            raise _broken(self.where, f"it has {layers} layers, and its configuration speaks of {diffs}")
        if layers > MAX_LAYERS:
            raise _broken(self.where, f"it has more than {MAX_LAYERS} layers")

    def _opener_of(self, name: str) -> Callable[[], Window]:
        def open_layer() -> Window:
            stream = self.opener(name)
            if stream is None:
                raise _broken(self.where, f"it has no {visible(name)}")
            return stream

        return open_layer

    def _chosen(self, index: dict[str, Any], platform: str) -> dict[str, Any]:
        """Return the descriptor of the one manifest that is meant."""
        for _ in range(_MAX_INDEXES):
            listed = [
                item
                for item in parsing.records(index.get("manifests"), self.where)
                # Attestations lie beside the images that they are about, for no platform.
                if _stated_platform(item) != "unknown/unknown"
            ]
            if not listed:
                raise _broken(self.where, "its index names no manifest")
            fitting = [item for item in listed if _stated_platform(item) in ("", platform)]
            if len(listed) == 1:
                chosen = listed[0]
            elif len(fitting) == 1:
                chosen = fitting[0]
            else:
                told = ", ".join(sorted(visible(_stated_platform(item) or _name_of(item)) for item in listed)[:20])
                raise Error(
                    "SBOM032",
                    f"{visible(self.where)} has no one image for {visible(platform)}",
                    why=f"it has {told}",
                    fix="Name one with the input `platform`.",
                    where="input platform",
                    status=ExitStatus.USAGE,
                )
            if parsing.text_of(chosen.get("mediaType")) not in _INDEXES:
                return chosen
            inner, _ = self.blob(parsing.text_of(chosen.get("digest")))
            index = inner
        raise _broken(self.where, f"its indexes lead to each other more than {_MAX_INDEXES} times")


def _blob_name(digest: str, where: str) -> str:
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise _broken(where, f"{visible(digest)[:100]!r} is no digest")
    return f"blobs/{found[1]}/{found[2]}"


def _name_of(descriptor: dict[str, Any]) -> str:
    annotations = parsing.texts(descriptor.get("annotations"))
    return annotations.get("io.containerd.image.name") or annotations.get(_NAME, "")


def _stated_platform(descriptor: dict[str, Any]) -> str:
    stated = parsing.texts(descriptor.get("platform"))
    return _platform_text(stated)


def _platform_of(config: dict[str, Any]) -> str:
    return _platform_text(parsing.texts(config))


def _platform_text(facts: dict[str, str]) -> str:
    parts = [facts.get("os", ""), facts.get("architecture", ""), facts.get("variant", "")]
    return visible("/".join(part for part in parts if part))


def _created(config: dict[str, Any]) -> int | None:
    """Return the time of an image's configuration; None where it states none after 1970."""
    text = re.sub(r"\.\d+", "", parsing.text_of(config.get("created")))
    try:
        seconds = int(dt.datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= _LAST_SECOND else None


def _diff_ids(config: dict[str, Any]) -> list[str]:
    root = config.get("rootfs")
    listed = parsing.listed(root.get("diff_ids")) if isinstance(root, dict) else []
    return [item for item in listed if isinstance(item, str)]
