"""Archives of Java: what their `pom.properties` and manifests say they are, archives inside archives too."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import licence_texts, licences, parsing, synonyms
from maximus.sbom.images.limits import MAX_INFLATED, MAX_JAR, MAX_JAR_DEPTH, MAX_MEMBERS
from maximus.sbom.limits import MAX_EXPRESSION
from maximus.sbom.model import (
    Artifact,
    Computed,
    Digest,
    Ecosystem,
    Finding,
    Known,
    LicenceClaim,
    Link,
    Location,
    Package,
    Reading,
)
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENDINGS", "read_jar"]

ENDINGS = (".jar", ".war", ".ear", ".par", ".hpi")
_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_SMALL = 1 << 20
"""Bytes of a text inside an archive."""
_MOST_TEXTS = 20
"""Licence files of one archive."""
_RATIO = 200
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Java reads; the others cost memory that nobody has counted."""


class _Budget:
    """What may still be read out of an archive and of all inside it."""

    def __init__(self) -> None:
        self.left = MAX_INFLATED


def read_jar(data: bytes, path: str, layer: str) -> Reading:
    """Return the modules that an archive is, and those shaded into it or lying in it.

    `layer` is what the archive's bytes were verified with: the digest of an image's layer, or that the tree holds the
    file itself; empty where there is none.
    """
    packages: dict[str, Package] = {}
    links: list[Link] = []
    findings: list[Finding] = []
    budget = _Budget()
    for inside, archive, content in _archives(data, path, findings, budget):
        stated = [found for name in dict.fromkeys(archive.namelist()) if _POM.fullmatch(name)
                  and (found := _properties(_text_in(archive, name, budget)))]  # fmt: skip
        if not stated and (found := _manifest(_text_in(archive, "META-INF/MANIFEST.MF", budget))):
            stated = [found]
        base = inside.rpartition("/")[2]
        # Of several the one that the file is called after is the file, the rest are shaded into it.
        own = next((item for item in stated if base.startswith(item[1])), stated[0] if stated else None)
        for group, name, version in stated:
            key = f"{inside}!{group}:{name}"
            is_file = (group, name, version) == own
            packages[key] = Package(
                key,
                Ecosystem.MAVEN,
                f"{group}:{name}",
                version,
                (Location(visible(inside)),),
                artifacts=(_artifact(base, content, layer, path),) if is_file and layer else (),
                licences=_declared(_text_in(archive, f"META-INF/maven/{group}/{name}/pom.xml", budget))
                or (_concluded(archive, budget) if len(stated) == 1 else ()),
                edges=Known.UNKNOWN,
                notes=() if is_file else (("shaded-into", visible(base)),),
            )
            links.append(Link("", key, known=False))
        if not stated:
            text = f"{visible(inside)} does not say what it is"
            findings.append(Finding("ignored", text, Location(visible(inside))))
    if budget.left < 0:
        text = f"{visible(path)} holds more than {MAX_INFLATED >> 20} MiB of archives and texts; the rest was not read"
        findings.append(Finding("limit", text, Location(visible(path))))
    return Reading(tuple(packages.values()), tuple(links), findings=tuple(findings))


def _artifact(file: str, content: bytes, layer: str, path: str) -> Artifact:
    origin = Computed(layer, Location(visible(path)))
    return Artifact(
        visible(file),
        "",
        (
            Digest("SHA-256", hashlib.sha256(content).hexdigest(), origin),
            Digest("SHA-512", hashlib.sha512(content).hexdigest(), origin),
        ),
    )


def _archives(
    data: bytes, path: str, findings: list[Finding], budget: _Budget
) -> Iterator[tuple[str, zipfile.ZipFile, bytes]]:
    """Yield the archive and those in it; one that cannot be read is a finding."""
    # Depth first, so that no more than one archive of each depth is held.
    waiting = [iter([(path, data, 0)])]
    seen = 0
    while waiting:
        item = next(waiting[-1], None)
        if item is None:
            waiting.pop()
            continue
        name, content, depth = item
        place = Location(visible(name))
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error, OverflowError):
            findings.append(Finding("ignored", f"{visible(name)} is no archive that can be read", place))
            continue
        members = archive.infolist()
        seen += len(members)
        if seen > MAX_MEMBERS:
            findings.append(Finding("limit", f"{visible(path)} has more than {MAX_MEMBERS} members", place))
            return
        yield name, archive, content
        waiting.append(_inside(archive, name, depth, findings, budget))


def _inside(
    archive: zipfile.ZipFile, name: str, depth: int, findings: list[Finding], budget: _Budget
) -> Iterator[tuple[str, bytes, int]]:
    """Yield the archives in an archive, each when it is asked for."""
    for member in archive.infolist():
        if not member.filename.endswith(ENDINGS) or member.is_dir():
            continue
        inside = f"{name}!/{member.filename}"
        if depth >= MAX_JAR_DEPTH or member.file_size > min(MAX_JAR, _RATIO * max(member.compress_size, 1)):
            text = f"{visible(inside)} is too deep, too large or too well packed to be looked into"
            findings.append(Finding("limit", text, Location(visible(name))))
        elif (inner := _bytes_in(archive, member, MAX_JAR, budget)) is not None:
            yield inside, inner, depth + 1


def _bytes_in(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, budget: _Budget) -> bytes | None:
    """Return what a member holds; None where it cannot be read, is too large, or too much was read already."""
    if budget.left < 0 or member.compress_type not in _PACKINGS:
        return None
    try:
        with archive.open(member) as stream:
            found = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError,
            struct.error, OverflowError):  # fmt: skip
        return None
    budget.left -= len(found)
    return found if len(found) <= limit and budget.left >= 0 else None


def _text_in(archive: zipfile.ZipFile, name: str, budget: _Budget) -> str:
    try:
        member = archive.getinfo(name)
    except KeyError:
        return ""
    return (_bytes_in(archive, member, _SMALL, budget) or b"").decode("utf-8", "replace")


def _properties(text: str) -> tuple[str, str, str] | None:
    found = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith(("#", "!")):
            found[key.strip()] = value.strip()
    named = (found.get("groupId", ""), found.get("artifactId", ""), found.get("version", ""))
    return named if all(named) else None


def _declared(pom: str) -> tuple[LicenceClaim, ...]:
    """Return the one licence that a module's own POM declares; whether several are a choice it does not say."""
    if "<license>" not in pom:
        return ()
    try:
        project = parsing.parse_xml(pom.encode(), "pom.xml")
    except Error:
        return ()
    names = [item.first("name") for item in project.all("licenses", "license")]
    if len(names) != 1 or not names[0] or len(names[0]) > MAX_EXPRESSION:
        return ()
    expression = synonyms.by_name(names[0]) or licences.expression_of(names[0])
    return (LicenceClaim(visible(names[0]), expression, concluded=False, evidence="pom.xml licenses"),)


def _concluded(archive: zipfile.ZipFile, budget: _Budget) -> tuple[LicenceClaim, ...]:
    """Return what the licence files of an archive of one module are, at its root or in `META-INF`."""
    names = sorted(
        {name for name in archive.namelist() if licence_texts.is_licence_file(name.removeprefix("META-INF/"))}
    )
    if not 0 < len(names) <= _MOST_TEXTS:
        return ()
    found = licence_texts.conclude([(name, _text_in(archive, name, budget)) for name in names], "in the archive")
    return (found,) if found else ()


def _manifest(text: str) -> tuple[str, str, str] | None:
    """Return what a manifest's OSGi headers say; its titles are for people and name no group."""
    lines = text.replace("\r\n", "\n").replace("\n ", "").splitlines()
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    symbolic = found.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    version = found.get("Implementation-Version") or found.get("Bundle-Version", "")
    group = found.get("Implementation-Vendor-Id", "")
    if group and symbolic and version:
        return group, symbolic.rpartition(".")[2], version
    return None
