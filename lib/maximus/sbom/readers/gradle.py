"""`gradle.lockfile` and `verification-metadata.xml`: versions from the one, digests of the files from the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.maven import moves_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER", "scope_of", "verification_of", "verified_files"]

_LOCKS = (
    "gradle.lockfile",
    "buildscript-gradle.lockfile",
    "settings-gradle.lockfile",
    "settings-buildscript-gradle.lockfile",
)
# Before Gradle 6.8 each configuration had a file of its own, of its name.
_FOLDER = "/gradle/dependency-locks"
_OLD_ENTRY = re.compile(r"([^:=\s]+:[^:=\s]+):([^:=\s]+)\s*$")
_ENTRY = re.compile(r"([^:=\s]+:[^:=\s]+):([^:=\s]+)=([^\s]*)\s*$")
_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
_VERIFICATION = "gradle/verification-metadata.xml"
# Descriptions of a module, which nothing is run from.
_DESCRIPTIONS = (".pom", ".module", ".xml")


def _reads(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in _LOCKS or (f"/{folder}".endswith(_FOLDER) and name.endswith(".lockfile"))


def _read(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    files, findings = verified_files(source)
    build_only = source.name.startswith(("buildscript-", "settings-"))
    configuration = "" if source.name in _LOCKS else source.name.removesuffix(".lockfile")
    packages: list[Package] = []
    links: list[Link] = []
    for number, line in enumerate(text.split("\n"), 1):
        place = Location(source.path, number)
        if not line.strip() or line.startswith(("#", "empty=")):
            continue
        found = (_OLD_ENTRY if configuration else _ENTRY).match(line)
        if found is None:
            findings.append(Finding("ignored", f"{visible(line.strip())[:200]!r} is no entry of a lock", place))
            continue
        scope = Scope.BUILD if build_only else scope_of([configuration] if configuration else found[3].split(","))
        packages.append(
            Package(
                str(number),
                Ecosystem.MAVEN,
                found[1],
                found[2],
                (place,),
                moves=moves_of(found[2]),
                artifacts=files.get((found[1], found[2]), ()),
                scopes=(scope,),
                edges=Known.UNKNOWN,
            )
        )
        links.append(Link("", str(number), scope, known=False))
    also = (verification_of(source),) if files else ()
    return Reading(tuple(packages), tuple(links), findings=tuple(findings), also_read=also)


def scope_of(configurations: list[str]) -> Scope:
    """Return what the configurations are for: run time as soon as one of them is."""
    lowered = [name.lower() for name in configurations]
    if any("test" not in name and name.endswith(("runtimeclasspath", "compileclasspath")) for name in lowered):
        return Scope.RUNTIME
    if any("test" in name for name in lowered):
        return Scope.TEST
    return Scope.BUILD


def verification_of(source: Source) -> str:
    """Return the path of the file with the digests: it lies at the root of the build, at or above the lock."""
    folder = source.folder
    while True:
        path = f"{folder}/{_VERIFICATION}" if folder else _VERIFICATION
        if path in source.tree.manifests or not folder:
            return path
        folder = folder.rpartition("/")[0]


def verified_files(source: Source) -> tuple[dict[tuple[str, str], tuple[Artifact, ...]], list[Finding]]:
    """Return the files of each module and version with the digests that Gradle holds them to."""
    path = verification_of(source)
    raw = source.tree.manifest(path)
    if raw is None:
        return {}, []
    try:
        root = parsing.parse_xml(raw, path)
        lines = DigestLines.of(path, parsing.decode(raw, path))
    except Error as fault:
        return {}, [Finding("ignored", f"{path} was not read: {fault.why}", Location(path), lost=False)]
    found: dict[tuple[str, str], tuple[Artifact, ...]] = {}
    for component in root.all("components", "component"):
        stated = component.attributes
        name = f"{stated.get('group', '')}:{stated.get('name', '')}"
        artifacts = []
        for artifact in component.all("artifact"):
            file = artifact.attributes.get("name", "")
            pairs = [
                f"{algorithm}:{element.attributes.get('value', '')}"
                for algorithm in _ALGORITHMS
                for element in artifact.all(algorithm)
            ]
            known = tuple(digest for pair in pairs if (digest := digests.from_pair(pair, lines)))
            if known and not file.endswith(_DESCRIPTIONS):
                artifacts.append(Artifact(visible(file), "", known))
        if artifacts:
            found[name, stated.get("version", "")] = tuple(artifacts)
    return found, []


READER = Reader("gradle", _reads, _read)
