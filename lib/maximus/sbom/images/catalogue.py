"""What an image holds: the databases, trees and executables in its layers, each looked at once as it passes by."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import gems, installed, wheels
from maximus.sbom.images import binaries, jars, layers, system
from maximus.sbom.images import wheels as of_wheels
from maximus.sbom.images.digests import Digests
from maximus.sbom.images.limits import MAX_DATABASE, MAX_EXECUTABLE, MAX_JAR, MAX_REFUSED
from maximus.sbom.images.system import Database, Release, SystemPackage
from maximus.sbom.limits import MAX_MANIFEST
from maximus.sbom.model import Ecosystem, Finding, Kind, Known, Link, Location, Package, Purl, Reading, Subject
from maximus.sbom.naming import parse_purl, visible
from maximus.sbom.readers import absence, jvm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from maximus.sbom.images.layers import Entry
    from maximus.sbom.images.layout import Image
    from maximus.sbom.installed import Said
    from maximus.sbom.model import LicenceClaim
    from maximus.sbom.wheels import Carried

__all__ = ["Catalogue", "catalogue", "subject_of"]

_DPKG = "var/lib/dpkg/status"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM = ("var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/share/rpm/rpmdb.sqlite")
_UNREAD = {
    "var/lib/rpm/Packages": "rpm's database in Berkeley DB",
    "var/lib/rpm/Packages.db": "rpm's database in ndb",
    "usr/lib/sysimage/rpm/Packages.db": "rpm's database in ndb",
}
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")
_METADATA = re.compile(r"(?:.*/)?[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO)")
_MODULE = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json")
_DATABASES = frozenset({_DPKG, *_APK, *_RPM, *(f"{path}-wal" for path in _RPM), *_UNREAD, *_RELEASES})
_PARTS = "var/lib/dpkg/status.d/"
_PART = re.compile(re.escape(_PARTS) + r"[^/]+")
_ENDINGS = (
    "/METADATA", "/PKG-INFO", "/package.json", "/RECORD", "/copyright", ".gemspec", "/release", *jars.ENDINGS,
)  # fmt: skip
_IN_WHEELS = ".dist-info/sboms/"
_EXECUTE = 0o111
_ELF = b"\x7fELF"
_FEW = 64
"""Bytes below which nothing is an executable."""


@dataclass(frozen=True, slots=True)
class _Claims:
    """What a copyright file declares for the package of a name."""

    name: str
    licences: tuple[LicenceClaim, ...]


@dataclass(frozen=True, slots=True)
class _Fault:
    """A file that could not be read, or was not looked into."""

    error: Error | None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A database with the layer that its last version is in."""

    database: Database
    layer: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What was found."""

    release: Release
    readings: tuple[tuple[str, Reading], ...]
    faults: tuple[Error, ...]
    carried: tuple[Carried, ...] = ()
    """The SBOMs inside wheels."""


class _Looker:
    """Looks at each file as it passes."""

    def __init__(self) -> None:
        self.since: dict[tuple[str, str, str], str] = {}
        """Of each package of a database, in which layer it first stood there."""
        self.refused: list[Finding] = []
        self.more_refused = 0

    def refuse(self, path: str, why: str) -> None:
        if len(self.refused) < MAX_REFUSED:
            text = f"{visible(path)} was not looked at: {why}"
            self.refused.append(Finding("limit", text, Location(visible(path))))
        else:
            self.more_refused += 1

    def told(self) -> list[tuple[str, Reading]]:
        """Return what was not looked at, as findings."""
        if self.more_refused:
            more = f"{self.more_refused} more files were not looked at"
            self.refused.append(Finding("limit", more, self.refused[0].location))
        return [(finding.location.path, Reading((), (), findings=(finding,))) for finding in self.refused]

    def wants(self, path: str, mode: int) -> bool:
        return bool(
            mode & _EXECUTE
            or path.endswith(_ENDINGS)
            or path in _DATABASES
            or path.startswith(_PARTS)
            or _IN_WHEELS in path
        )

    def look(self, entry: Entry) -> object | None:
        try:
            return self._look(entry)
        except Error as fault:
            return _Fault(fault)

    def _look(self, entry: Entry) -> object | None:
        path = entry.path
        if path in _RELEASES:
            return system.read_release(entry.stream.read(1 << 20))
        if (reader := _reader_of(path)) is not None:
            return self._held(reader(_content(entry, MAX_DATABASE), path), entry)
        if why := _unread(entry):
            return _Fault(None, Finding("not-locked", why, Location(visible(path))))
        if match := _COPYRIGHT.fullmatch(path):
            return _Claims(match[1], system.claims_of_copyright(_content(entry, MAX_MANIFEST)))
        return self._look_by_name(entry)

    def _look_by_name(self, entry: Entry) -> object | None:
        path = entry.path
        if path.endswith(("/METADATA", "/PKG-INFO", "/package.json")):
            return _installed(entry)
        if of_wheels.SBOM.fullmatch(path):
            return of_wheels.Document(_content(entry, wheels.MAX_DOCUMENT))
        if of_wheels.RECORD.fullmatch(path):
            folder = path.split("/")[-2]
            return wheels.read_record(_content(entry, wheels.MAX_RECORD), folder)
        if path.endswith((".gemspec", "/release")):
            return _gem(entry) if path.endswith(".gemspec") else _runtime(entry)
        if path.endswith(jars.ENDINGS):
            return jars.read_jar(_content(entry, MAX_JAR), path, _as_digest(entry.layer))
        return _executable(entry) if entry.size > _FEW and entry.mode & _EXECUTE else None

    def _held(self, database: Database, entry: Entry) -> _Held:
        for package in database.packages:
            self.since.setdefault((entry.path, package.name, package.version), entry.layer)
        return _Held(database, entry.layer)


def _reader_of(path: str) -> Callable[[bytes, str], Database] | None:
    """Return what reads a package manager's database of this path; None for any other file."""
    if path == _DPKG or (_PART.fullmatch(path) and not path.endswith(".md5sums")):
        return system.read_dpkg
    if path in _APK:
        return system.read_apk
    if path in _RPM:
        from maximus.sbom.images.rpm import read_rpm  # noqa: PLC0415 - SQLite, which few images need

        return read_rpm
    return None


def _unread(entry: Entry) -> str:
    """Return why a database's packages are missing in the inventory; empty for any other file."""
    if entry.path in _UNREAD:
        return f"{_UNREAD[entry.path]} is not read: its packages are missing here"
    if entry.path.removesuffix("-wal") in _RPM and entry.path.endswith("-wal") and entry.size:
        return f"{entry.path} has changes that its database lacks: packages may be missing or gone"
    return ""


def _installed(entry: Entry) -> Reading | of_wheels.Metadata | None:
    """Return the package that a file of metadata is about; None for one that is not installed."""
    path = entry.path
    if _METADATA.fullmatch(path):
        raw = _content(entry, MAX_MANIFEST)
        reading = _of_said(installed.of_metadata(raw), path, entry.layer)
        return of_wheels.metadata(reading, raw) if reading else None
    if _MODULE.fullmatch(path):
        return _of_said(installed.of_package_json(_content(entry, MAX_MANIFEST), path), path, entry.layer)
    return None


def _content(entry: Entry, limit: int) -> bytes:
    """Return a file's content; raise Error SBOM036 for one larger than the limit."""
    if entry.size > limit:
        raise Error(
            "SBOM036",
            f"{visible(entry.path)} is larger than {limit >> 20} MiB",
            why="what holds package names is never so large",
            fix="Look at what wrote it; the rest of the image is inventoried.",
            where=visible(entry.path),
        )
    return entry.stream.read(limit)


def _as_digest(layer: str) -> str:
    """Return a layer's digest as digests are told; empty for a layer without one."""
    algorithm, _, value = layer.partition(":")
    known = {"sha256": "SHA-256", "sha512": "SHA-512"}.get(algorithm)
    return f"{known}:{value}" if known else ""


def _executable(entry: Entry) -> object | None:
    start = entry.stream.read(4)
    if start not in (_ELF, b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe") and start[:2] != b"MZ":
        return None
    if entry.size > MAX_EXECUTABLE:
        text = f"{visible(entry.path)} is larger than {MAX_EXECUTABLE >> 20} MiB and was not looked into"
        return _Fault(None, Finding("limit", text, Location(visible(entry.path))))
    # A few pages of it are looked at.
    if start == _ELF and (view := entry.stream.view()) is not None:
        return binaries.read_executable(view, entry.path)
    # In one piece from the beginning: the largest program decides how much memory an image takes.
    data = bytearray(entry.size)
    data[: len(start)] = start
    at = len(start)
    while part := entry.stream.read(1 << 20):
        data[at : at + len(part)] = part
        at += len(part)
    return binaries.read_executable(data, entry.path)


def _of_said(said: Said | None, path: str, layer: str) -> Reading | None:
    """Return the one package that a file of metadata is about."""
    if said is None:
        return None
    found = parse_purl(said.purl)
    name = f"{found.namespace}/{found.name}" if found.namespace else found.name
    return _one(
        Package(
            "",
            Ecosystem(found.type),
            name,
            found.version or "",
            (Location(visible(path)),),
            licences=said.licences,
            edges=Known.UNKNOWN,
            not_applicable=(absence.INSTALLED,),
            producer=said.producer,
            notes=(("layer", layer),) if layer else (),
        )
    )


def _one(package: Package) -> Reading:
    return Reading((replace(package, key="0"),), (Link("", "0", known=False),))


def _gem(entry: Entry) -> Reading | None:
    found = gems.of_gemspec(_content(entry, MAX_MANIFEST), entry.path)
    if found is None:
        return None
    return _one(
        Package(
            "",
            Ecosystem.GEM,
            found.name,
            found.version,
            (Location(visible(entry.path)),),
            qualifiers=(("platform", found.platform),) if found.platform else (),
            licences=found.licences,
            edges=Known.UNKNOWN,
            not_applicable=(absence.INSTALLED,),
            producer=found.producer,
            notes=(("layer", entry.layer),) if entry.layer else (),
        )
    )


def _runtime(entry: Entry) -> Reading | None:
    """Return the Java runtime that a `release` describes; None for any other file of that name."""
    if not jvm.READER.reads(entry.path) or entry.size > MAX_MANIFEST:
        return None
    found = jvm.package_of(_content(entry, MAX_MANIFEST), visible(entry.path))
    notes = (("layer", entry.layer),) if entry.layer else ()
    return _one(replace(found, not_applicable=(absence.INSTALLED,), notes=(*found.notes, *notes))) if found else None


def catalogue(image: Image, digests: Digests | None = None) -> Catalogue:
    """Return everything that is found in an image, the last layer's word counting.

    Whoever hands in `digests` of its layers finishes them; otherwise they are compared here. Raises Error SBOM031 or
    SBOM033 for an image that cannot be read; one file that cannot be is a fault.
    """
    if digests is None:
        with Digests(image.layers) as own:
            found = catalogue(image, own)
            own.finish()
            return found
    looker = _Looker()
    seen = layers.read_folder(image.folder, looker) if image.folder else layers.read_layers(image, looker)
    return _settled(looker, seen)


def _settled(looker: _Looker, seen: dict[str, object]) -> Catalogue:
    found, carried = of_wheels.settle(seen)
    release = next((item for path in _RELEASES if isinstance(item := found.get(path), Release)), Release())
    claims = {item.name: item.licences for item in found.values() if isinstance(item, _Claims)}
    readings: list[tuple[str, Reading]] = []
    faults: list[Error] = []
    for path, value in sorted(found.items()):
        if isinstance(value, _Held):
            database = _with_claims(value.database, claims)

            def layer_of(package: SystemPackage, path: str = path) -> str:
                return looker.since.get((path, package.name, package.version), "")

            readings.append((path, database.reading(visible(path), release, layer_of)))
        elif isinstance(value, Reading):
            readings.append((path, value))
        elif isinstance(value, _Fault):
            if value.error is not None:
                faults.append(value.error)
            if value.finding is not None:
                readings.append((path, Reading((), (), findings=(value.finding,))))
    readings += looker.told()
    if release.id:
        readings.append(("etc/os-release", _system(release)))
    return Catalogue(release, tuple(readings), tuple(faults), carried)


def _with_claims(database: Database, claims: dict[str, tuple[LicenceClaim, ...]]) -> Database:
    packages = tuple(
        replace(package, licences=claims[package.name]) if not package.licences and package.name in claims else package
        for package in database.packages
    )
    return replace(database, packages=packages)


def _system(release: Release) -> Reading:
    """Return the operating system as a component."""
    return _one(
        Package(
            "",
            Ecosystem.GENERIC,
            release.id,
            release.version,
            (Location("etc/os-release"),),
            kind=Kind.OPERATING_SYSTEM,
            edges=Known.UNKNOWN,
            not_applicable=(absence.INSTALLED,),
            notes=(("name", release.name),) if release.name else (),
        )
    )


def subject_of(image: Image, path: Path, name: str, version: str) -> Subject:
    """Return what the inventory of an image is about: the image by its digest, its tag shown."""
    from packageurl import PackageURL  # noqa: PLC0415 - 20 ms that only an inventory should cost

    stated = image.name.rpartition("/")[2]
    chosen = visible(name or stated or path.name.removesuffix(".tar") or "image")
    told = visible(version or image.tag or image.digest or "unknown")
    host = image.name.partition("/")[0]
    registry = image.name if host != image.name and set(host) & {".", ":"} else ""
    qualifiers = {
        key: value
        for key, value in (
            ("arch", image.platform.partition("/")[2]),
            ("repository_url", registry),
            ("tag", image.tag),
        )
        if value
    }
    purl = PackageURL("oci", None, chosen.lower(), image.digest or None, qualifiers or None).to_string()
    return Subject(name=chosen, version=told, purl=Purl(purl), kind=Kind.CONTAINER, phase="post-build")
