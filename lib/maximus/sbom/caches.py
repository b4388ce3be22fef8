"""What the caches of package managers hold of the components: their bytes, hashed once more where they are theirs.

A digest is told only of bytes whose stated digest was verified first, on the same bytes, in the same pass: a cache
is a folder that others write to. Nothing is unpacked, nothing is run, and no network is asked.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from maximus.files import ITSELF
from maximus.sbom import licence_texts, module_zips
from maximus.sbom.model import Artifact, Computed, Digest, Ecosystem, Finding
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from maximus.sbom.model import Component, ComponentRef, LicenceClaim, LockFact, Producer

__all__ = [
    "MAX_ARCHIVE",
    "MAX_BODIES",
    "MAX_CACHED",
    "MAX_REGISTRIES",
    "Cached",
    "Places",
    "escaped",
    "places_of",
    "read_caches",
]

MAX_ARCHIVE: Final = 512 << 20
"""Bytes of one archive of a cache."""
MAX_CACHED: Final = 64 << 30
"""Bytes that are read out of all caches in one run."""
MAX_REGISTRIES: Final = 100
"""Folders of registries in cargo's cache that are looked into."""
MAX_BODIES: Final = 200_000
"""Downloads in pip's cache that are looked at."""
_CHUNK = 1 << 20
_PIP_DEPTH = 5
"""Levels of folders above a download in pip's cache."""
_PIP = {"darwin": "Library/Caches/pip", "win32": "AppData/Local/pip/Cache"}.get(sys.platform, ".cache/pip")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the caches lie."""

    npm: Path
    """npm's own folder, with `_cacache` in it."""
    cargo: Path
    """cargo's home."""
    go: Path
    """Go's module cache."""
    pip: Path
    """pip's own folder, with `http-v2` in it."""


def places_of(environment: Mapping[str, str], home: Path) -> Places:
    """Return where npm, cargo, Go and pip keep their caches, by the variables that each of them reads itself."""
    npm = environment.get("npm_config_cache") or environment.get("NPM_CONFIG_CACHE") or ".npm"
    path = environment.get("GOPATH", "").split(os.pathsep)[0]
    go = environment.get("GOMODCACHE") or (f"{path}/pkg/mod" if path else "go/pkg/mod")
    shared = environment.get("XDG_CACHE_HOME", "")
    pip = environment.get("PIP_CACHE_DIR") or (f"{shared}/pip" if shared else _PIP)
    return Places(
        npm=home / npm, cargo=home / (environment.get("CARGO_HOME") or ".cargo"), go=home / go, pip=home / pip
    )


@dataclass(slots=True)
class Cached:
    """What the caches told, by the components' refs."""

    artifacts: dict[ComponentRef, tuple[Artifact, ...]] = field(default_factory=dict)
    """A component's files, with the computed digests besides the stated ones."""
    needs: dict[ComponentRef, tuple[str, ...]] = field(default_factory=dict)
    """The modules that a Go module's own `go.mod` requires directly."""
    licences: dict[ComponentRef, tuple[LicenceClaim, ...]] = field(default_factory=dict)
    """What the licence files inside an archive were matched with."""
    producers: dict[ComponentRef, Producer] = field(default_factory=dict)
    """Who makes a component, as a fact about its bytes says; no cache does."""
    findings: list[Finding] = field(default_factory=list)
    read: int = 0
    """Bytes."""


def read_caches(components: Iterable[Component], places: Places) -> Cached:
    """Return what the caches hold of these components; bytes that are not theirs are a finding and tell nothing."""
    found = Cached()
    listed = tuple(components)
    crates = tuple(_registries(places.cargo))
    for component in listed:
        if found.read > MAX_CACHED:
            text = f"more than {MAX_CACHED >> 30} GiB lie in the caches; the rest was not read"
            found.findings.append(Finding("limit", text, component.locations[0], lost=False))
            break
        if component.ecosystem == Ecosystem.NPM:
            _hash_stated(component, "SHA-512", "SHA-256", lambda _, value: [_content(places.npm, value)], found)
        elif component.ecosystem == Ecosystem.CARGO:
            _hash_stated(component, "SHA-256", "SHA-512", lambda file, _: [path / file for path in crates], found)
        elif component.ecosystem == Ecosystem.GO:
            _read_module(component, places.go, found)
    _hash_downloads([item for item in listed if item.ecosystem == Ecosystem.PYPI], places.pip, found)
    return found


def _hash_downloads(components: Sequence[Component], pip: Path, found: Cached) -> None:
    """Add the SHA-512 of each file that pip downloaded, which it keeps by its address: all are read, known by SHA-256.

    What is there and has no digest of the locks is another package's download, and no alarm.
    """
    wanted = {
        digest.value
        for component in components
        for artifact in component.artifacts
        for digest in artifact.digests
        if digest.algorithm == "SHA-256" and all(other.algorithm != "SHA-512" for other in artifact.digests)
    }
    known: dict[str, str] = {}
    for number, path in enumerate(_bodies(pip / "http-v2") if wanted else ()):
        if number >= MAX_BODIES or found.read > MAX_CACHED:
            text = f"more than {MAX_BODIES} files or {MAX_CACHED >> 30} GiB lie in pip's cache; the rest was not read"
            found.findings.append(Finding("limit", text, components[0].locations[0], lost=False))
            break
        hashes = _hash(path, found)
        if hashes is not None and hashes["SHA-256"] in wanted:
            known[hashes["SHA-256"]] = hashes["SHA-512"]
    for component in components:
        made = tuple(_with_sha512(artifact, component, known) for artifact in component.artifacts)
        if made != component.artifacts:
            found.artifacts[component.ref] = made


def _with_sha512(artifact: Artifact, component: Component, known: Mapping[str, str]) -> Artifact:
    stated = {digest.algorithm: digest.value for digest in artifact.digests}
    value = known.get(stated.get("SHA-256", ""))
    if value is None or "SHA-512" in stated:
        return artifact
    origin = Computed(f"SHA-256:{stated['SHA-256']}", component.locations[0])
    return replace(artifact, digests=(*artifact.digests, Digest("SHA-512", value, origin)))


def _bodies(folder: Path) -> Iterator[Path]:
    """Yield the downloads in pip's cache, by folders of one sign each; no link is followed."""
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        if depth < _PIP_DEPTH:
            waiting += [
                (here / entry.name, depth + 1)
                for entry in reversed(listed)
                if len(entry.name) == 1 and entry.is_dir(follow_symlinks=False)
            ]
        else:
            yield from (here / entry.name for entry in listed if entry.name.endswith(".body"))


def _content(npm: Path, value: str) -> Path:
    """Return where npm's cache has the bytes of a SHA-512."""
    return npm / "_cacache" / "content-v2" / "sha512" / value[:2] / value[2:4] / value[4:]


def _registries(cargo: Path) -> Iterator[Path]:
    """Yield the folders in which cargo keeps the files of each registry, sorted."""
    folder = cargo / "registry" / "cache"
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    yield from (folder / name for name in names[:MAX_REGISTRIES])


def _hash_stated(
    component: Component, stated: str, wanted: str, paths: Callable[[str, str], Iterable[Path]], found: Cached
) -> None:
    """Add the wanted digest of each file whose stated one its cached bytes have."""
    made = []
    for artifact in component.artifacts:
        known = {digest.algorithm: digest for digest in artifact.digests}
        digest = known.get(stated)
        if digest is None or wanted in known or not re.fullmatch(r"[^/\\\0]*", artifact.file):
            made.append(artifact)
            continue
        for path in paths(artifact.file, digest.value):
            hashes = _hash(path, found)
            if hashes is None:
                continue
            if hashes[stated] != digest.value:
                _refuse(component, f"another {stated}", found)
                continue
            verified = f"{stated}:{digest.value}"
            computed = Digest(wanted, hashes[wanted], Computed(verified, component.locations[0]))
            artifact = replace(artifact, digests=(*artifact.digests, computed))  # noqa: PLW2901 - the same file, better known
            break
        made.append(artifact)
    if tuple(made) != component.artifacts:
        found.artifacts[component.ref] = tuple(made)


def _refuse(component: Component, what: str, found: Cached) -> None:
    text = f"alarm: the cache holds other bytes for {component.purl}, with {what}: nothing was taken from them"
    found.findings.append(Finding("conflict", text, component.locations[0], lost=False))


def _hash(path: Path, found: Cached) -> dict[str, str] | None:
    """Return both digests of a file, taken in one pass; None where it is not there or too large."""
    sha256, sha512, size = hashlib.sha256(), hashlib.sha512(), 0
    try:
        with _open(path) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > MAX_ARCHIVE:
                    return None
                sha256.update(chunk)
                sha512.update(chunk)
    except OSError:
        return None
    found.read += size
    return {"SHA-256": sha256.hexdigest(), "SHA-512": sha512.hexdigest()}


def _open(path: Path) -> BinaryIO:
    """Open a regular file that is no link; raise OSError for anything else. A pipe would hold us for ever."""
    stream = open(os.open(path, ITSELF), "rb")  # noqa: PTH123, SIM115 - a descriptor; closed by the caller
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError
    return stream


def _read_module(component: Component, go: Path, found: Cached) -> None:
    """Take a module's digests, needs and licences out of its zip, whose `h1:` is recomputed first."""
    name, version = component.full_name, component.version
    stated = sorted({fact for fact in component.facts if fact.name == "go:h1"}, key=lambda fact: fact.value)
    if len({fact.value for fact in stated}) != 1 or component.artifacts:
        return
    path = go / "cache" / "download" / escaped(name) / "@v" / f"{escaped(version)}.zip"
    try:
        with _open(path) as stream:
            raw = stream.read(module_zips.MAX_ZIP + 1)
    except (OSError, ValueError):
        return
    found.read += len(raw)
    try:
        module = module_zips.open_zip(raw, name, version)
    except module_zips.UnreadableError as fault:
        found.findings.append(Finding("limit", f"{component.purl}: {fault}", component.locations[0], lost=False))
        return
    if module.h1 != stated[0].value:
        _refuse(component, "another h1", found)
        return
    found.artifacts[component.ref] = (_zip_of(version, raw, stated[0]),)
    if module.requires is not None:
        found.needs[component.ref] = module.requires
    if claim := licence_texts.conclude(module.licences, "in the module's zip"):
        found.licences[component.ref] = (claim,)


def _zip_of(version: str, raw: bytes, fact: LockFact) -> Artifact:
    origin = Computed(fact.value, fact.location)
    digests = (
        Digest("SHA-256", hashlib.sha256(raw).hexdigest(), origin),
        Digest("SHA-512", hashlib.sha512(raw).hexdigest(), origin),
    )
    return Artifact(f"{visible(version)}.zip", "", digests)


def escaped(text: str) -> str:
    """Return how Go writes a module or a version in a path: an exclamation mark before each letter that was upper case.

    See https://go.dev/ref/mod#goproxy-protocol.
    """
    return re.sub(r"[A-Z]", lambda found: f"!{found[0].lower()}", text)
