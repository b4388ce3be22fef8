"""`pubspec.lock`: Dart's and Flutter's packages, each direct or transitive, and nothing about who needs whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r"  ([A-Za-z_][A-Za-z0-9_]*):\s*$")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "pubspec.lock"


def _read(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, keys = DigestLines.of(source.path, text), keys_of(text, _KEY)
    entries = parsing.mapping(documents[0].get("packages") or {}, source.path) if documents else {}
    packages: list[Package] = []
    links: list[Link] = []
    for name, value in entries.items():
        entry = parsing.mapping(value, source.path)
        packages.append(_package(source, name, entry, Location(source.path, keys.get(name, 0)), lines))
        dependency = parsing.text_of(entry.get("dependency"))
        scope = Scope.DEV if dependency == "direct dev" else Scope.RUNTIME
        links.append(Link("", name, scope, known=dependency.startswith("direct")))
    return Reading(tuple(packages), tuple(links))


def _package(source: Source, name: str, entry: dict[str, Any], place: Location, lines: DigestLines) -> Package:
    version = parsing.text_of(entry.get("version"))
    described = parsing.texts(entry.get("description"))
    origin = parsing.text_of(entry.get("source"))
    own: str | None = None
    absent: tuple[NotApplicable, ...] = ()
    qualifiers: tuple[tuple[str, str], ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    if origin == "path":
        own = source.inside(described.get("path", "")) if described.get("relative") != "false" else None
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    elif origin == "git":
        if vcs := addresses.vcs_url(described.get("url", ""), described.get("resolved-ref", "")):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    elif origin == "sdk":
        absent = (absence.PART_OF_SDK,)
    elif digest := digests.from_pair(f"sha256:{described.get('sha256', '')}", lines):
        artifacts = (Artifact(f"{name}-{version}.tar.gz", "", (digest,)),)
    dev = parsing.text_of(entry.get("dependency")) == "direct dev"
    return Package(
        key=name,
        ecosystem=Ecosystem.PUB,
        name=described.get("name", name) if origin == "hosted" else name,
        version=version,
        locations=(place,),
        own=own,
        qualifiers=qualifiers,
        artifacts=artifacts,
        scopes=(Scope.DEV,) if dev and own is None else (),
        edges=Known.UNKNOWN if own is None else Known.INCOMPLETE,
        not_applicable=absent,
    )


READER = Reader("pub", _reads, _read)
