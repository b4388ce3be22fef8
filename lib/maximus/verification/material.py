"""What there is to verify: files, hashed once, and the bundles that speak of them, parsed and not yet believed."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.files import BUNDLE_SUFFIX, EVIDENCE, HashedFile, find_files, hash_file, list_folder
from maximus.signing.bundles import (
    ATTESTATION_STEMS,
    MAX_BUNDLE,
    PAYLOAD_TYPE,
    STATEMENT_STEM,
    Bundle,
    Envelope,
    is_bundle,
    is_statement,
    parse_bundle,
)
from maximus.signing.statements import Statement, parse_statement

from .digests import resolved
from .wrappings import Wrapped, attested_file, distribution_fault, is_attestation, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

__all__ = [
    "Broken",
    "Item",
    "Material",
    "Progress",
    "Sealed",
    "is_sealed",
    "open_bundles",
    "read_bundles",
    "read_files",
    "read_folder",
    "require_bundles",
    "seal",
    "stamp_of",
    "target_of",
    "unseen",
]


Stamp: TypeAlias = tuple[int, int, int] | None


def stamp_of(path: Path) -> Stamp:
    """Return what changes when somebody puts another file in this one's place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


@dataclass(frozen=True, slots=True)
class Item:
    """A file to verify."""

    name: str
    """How it is shown: its path relative to the folder, with `/`."""
    file: HashedFile
    names: tuple[str, ...]
    """The names under which a statement over many files may speak of it."""
    stamp: Stamp = None
    """Size, time of change and number of the file before it was hashed; None where it is not on this disk."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file or a bundle that cannot be read."""

    name: str
    error: Error
    target: str = ""
    """For a bundle, the file that it lies beside."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle that was read."""

    name: str
    """How it is shown."""
    target: str
    """The file that it is for by its own name; empty where it was given for everything."""
    raw: bytes
    bundle: Bundle
    statement: Statement | None
    """What an envelope says; None for a signature over a file's own bytes."""
    source: str = ""
    """The file that carries it among others, or the image; empty where it is a file of its own."""
    payload: HashedFile | None = None
    """What was signed in place of a statement's envelope: cosign's older payload about an image."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that one run verifies, sorted by name."""

    items: tuple[Item, ...]
    sealed: tuple[Sealed, ...]
    broken_files: tuple[Broken, ...] = ()
    broken_bundles: tuple[Broken, ...] = ()
    left_out: tuple[str, ...] = ()
    """What lies in the folder and is not part of the release."""
    is_whole: bool = True
    """Whether this is a whole release, so that what a statement names must be there."""


Progress = Callable[[int], "AbstractContextManager[Callable[[], None]]"]
"""Given how much work there is, yields what to call after each piece."""


@contextlib.contextmanager
def unseen(total: int) -> Iterator[Callable[[], None]]:  # noqa: ARG001 - the form of a Progress
    """Show nothing of the progress."""
    yield lambda: None


def read_folder(folder: Path, bundles: Path | None, progress: Progress = unseen) -> Material:
    """Return the material of a release folder, its files hashed.

    Bundles lie beside their files, below the folder `bundles` under the same relative paths, or are the
    one file `bundles`. Raises Error FILE005 (usage) without the folder, VERIFY004 (usage) without `bundles`.
    """
    require_bundles(bundles)
    found = list_folder(folder)
    left_out = [path for path in found if path.relative_to(folder).parts[0] == EVIDENCE]
    kept = [path for path in found if path not in set(left_out)]
    aside = list_folder(bundles) if bundles and bundles.is_dir() else ()
    one = bundles if bundles and bundles.is_file() else None
    elsewhere = {path.resolve() for path in aside}
    files = [path for path in kept if not is_sealed(path)]
    sources = {path: path.relative_to(folder) for path in kept if is_sealed(path) and path.resolve() not in elsewhere}
    sources |= {path: path.relative_to(bundles) for path in aside if bundles and is_sealed(path)}
    if one:
        sources = {path: at for path, at in sources.items() if path.resolve() != one.resolve()}
        files = [path for path in files if path.resolve() != one.resolve()]
    named = [(path, path.relative_to(folder).as_posix()) for path in files]
    stamps = {name: stamp_of(path) for path, name in named}
    hashed = _hash_all(named, progress)
    sealed = [
        each for path, at in sorted(sources.items()) for each in read_bundles(path, _shown(path, folder), target_of(at))
    ]
    sealed += read_bundles(one, _shown(one, folder), "") if one else []
    items = tuple(Item(name, file, (name,), stamps[name]) for name, file in hashed if isinstance(file, HashedFile))
    return Material(
        items=items,
        sealed=resolved([item for item in sealed if isinstance(item, Sealed)], items),
        broken_files=tuple(Broken(name, file) for name, file in hashed if isinstance(file, Error)),
        broken_bundles=tuple(item for item in sealed if isinstance(item, Broken)),
        left_out=tuple(path.relative_to(folder).as_posix() for path in left_out),
    )


def read_files(patterns: Sequence[str], root: Path, bundles: Path | None, progress: Progress = unseen) -> Material:
    """Return the material for the files that the patterns name below `root`.

    Each file's bundle lies beside it or below `bundles`; where there is none, a statement's bundle in the
    same place may speak of it. A bundle among the matches whose file is gone is read too, to be reported.
    """
    require_bundles(bundles)
    matched = find_files(patterns, root)
    files = [path for path in matched if not is_sealed(path)]
    one = bundles if bundles and bundles.is_file() else None
    base = bundles if bundles and bundles.is_dir() else None
    sources: dict[Path, str] = {}
    for path in files:
        name = path.relative_to(root).as_posix()
        for place in _places(path, root, base) if one is None else ():
            if place.is_file():
                sources.setdefault(place, name)
                break
            if attestations := sorted(place.parent.glob(f"{glob.escape(path.name)}.*.attestation")):
                sources |= dict.fromkeys(filter(is_attestation, attestations), name)
                break
        else:
            sources.update({place: "" for place in _statements(path, root, base) if one is None})
    for path in matched:
        if is_sealed(path) and one is None and not path.with_name(target_of(PurePosixPath(path.name))).exists():
            sources.setdefault(path, "" if is_statement(path) else target_of(path.relative_to(root)))
    if one:
        files = [path for path in files if path.resolve() != one.resolve()]
        sources = {one: ""}
    named = [(path, path.relative_to(root).as_posix()) for path in files]
    stamps = {name: stamp_of(path) for path, name in named}
    hashed = _hash_all(named, progress)
    read = [each for path, target in sorted(sources.items()) for each in read_bundles(path, _shown(path, root), target)]
    items = tuple(
        Item(name, file, tuple(_suffixes(name)), stamps[name]) for name, file in hashed if isinstance(file, HashedFile)
    )
    return Material(
        items=items,
        sealed=resolved([item for item in read if isinstance(item, Sealed)], items),
        broken_files=tuple(Broken(name, file) for name, file in hashed if isinstance(file, Error)),
        broken_bundles=tuple(item for item in read if isinstance(item, Broken)),
        is_whole=False,
    )


def require_bundles(bundles: Path | None) -> None:
    """Return where the place for bundles is there, or none is named; raise Error VERIFY004 (usage) otherwise."""
    if bundles is not None and not bundles.exists():
        raise Error(
            "VERIFY004",
            f"there is nothing at {bundles}",
            fix="`bundles` names the folder that holds them, or one bundle. Leave it out for those beside the files.",
            where="input bundles",
            status=ExitStatus.USAGE,
        )


def _hash_all(files: Sequence[tuple[Path, str]], progress: Progress) -> list[tuple[str, HashedFile | Error]]:
    def read(path: Path) -> HashedFile | Error:
        try:
            return hash_file(path)
        except Error as error:
            return error
        finally:
            tick()

    # Hashing leaves the interpreter's lock, so that threads use every core.
    with progress(len(files)) as tick, ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        results = list(pool.map(read, [path for path, _ in files]))
    return [(name, result) for (_, name), result in zip(files, results, strict=True)]


def is_sealed(path: Path | PurePosixPath) -> bool:
    """Tell whether the name is that of a bundle, or of an attestation of a package."""
    return is_bundle(path) or is_attestation(path)


def read_bundles(path: Path, name: str, target: str) -> list[Sealed | Broken]:
    """Return the bundles in a file, or why they cannot be read."""
    try:
        raw = _read(path, name)
    except Error as error:
        return [Broken(name, error, target)]
    return open_bundles(raw, name, target)


def open_bundles(raw: bytes, name: str, target: str) -> list[Sealed | Broken]:
    """Return the bundles in these bytes, in whatever shape others hand them out, or why they cannot be read."""
    try:
        wrapped = unwrap(raw, name)
    except Error as error:
        return [Broken(name, error, target)]
    # One bundle is for the file that it lies beside; of several each says itself what it is about.
    found = [(each, seal(each.raw, each.name, target if len(wrapped) == 1 else "")) for each in wrapped]
    return [_checked(each, sealed, name if len(wrapped) > 1 else "") for each, sealed in found]


def _checked(wrapped: Wrapped, sealed: Sealed | Broken, source: str) -> Sealed | Broken:
    if isinstance(sealed, Broken):
        return sealed
    if wrapped.is_distribution and sealed.statement:
        target = sealed.target.rpartition("/")[2]
        if why := distribution_fault(sealed.statement, target):
            fault = Error("VERIFY090", f"{sealed.name} is no attestation of this distribution", why=why)
            return Broken(sealed.name, fault, sealed.target)
    return dataclasses.replace(sealed, source=source)


def seal(raw: bytes, name: str, target: str) -> Sealed | Broken:
    """Return the bundle in these bytes with its statement; anything that is wrong with it names the bundle."""
    try:
        bundle = parse_bundle(documents.parse_json(raw, name), name)
        statement = _statement(bundle.content, name) if isinstance(bundle.content, Envelope) else None
    except Error as error:
        return Broken(name, error, target)
    return Sealed(name, target, raw, bundle, statement)


def _statement(envelope: Envelope, name: str) -> Statement:
    if envelope.payload_type != PAYLOAD_TYPE:
        why = f"its payload is {envelope.payload_type!r:.120}"
        raise Error("VERIFY019", f"{name} holds no in-toto statement", why=why, where=name)
    return parse_statement(envelope.payload, name)


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BUNDLE + 1)
    except OSError as fault:
        raise _unreadable(name, fault.strerror or str(fault)) from fault
    if len(raw) > MAX_BUNDLE:
        raise _unreadable(name, f"it is larger than {MAX_BUNDLE} bytes")
    return raw


def _unreadable(name: str, why: str) -> Error:
    return Error("VERIFY013", f"cannot read {name}", why=why, where=name)


def target_of(bundle: Path | PurePosixPath) -> str:
    """Return the name of the file that a bundle is for, from its own."""
    name = bundle.as_posix()
    return attested_file(name) if is_attestation(bundle) else name.removesuffix(BUNDLE_SUFFIX)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _places(file: Path, root: Path, bundles: Path | None) -> Iterable[Path]:
    if bundles is None:
        return (file.with_name(file.name + BUNDLE_SUFFIX),)
    relative = file.relative_to(root)
    # Under the whole relative path as `sign` writes it, or flat as a download leaves it.
    return (bundles / (relative.as_posix() + BUNDLE_SUFFIX), bundles / (file.name + BUNDLE_SUFFIX))


def _statements(file: Path, root: Path, bundles: Path | None) -> Iterable[Path]:
    """Return the statements' bundles that may speak of a file: beside it, or in a folder above it up to the root."""
    places = [bundles] if bundles else [parent for parent in file.parents if parent.is_relative_to(root)]
    return [
        path
        for place in places
        for stem in (*ATTESTATION_STEMS, STATEMENT_STEM)
        for path in sorted(place.glob(f"{stem}*{BUNDLE_SUFFIX}"))
        if is_statement(path)
    ]


def _suffixes(name: str) -> Iterable[str]:
    """Return the path and each end of it: a statement names files relative to its own folder, not to ours."""
    parts = name.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]
