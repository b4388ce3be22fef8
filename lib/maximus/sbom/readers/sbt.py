"""`build.sbt.lock`: what sbt's plugin sbt-dependency-lock writes. Flat; each jar has its SHA-1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom import digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines = DigestLines.of(source.path, text)
    names = [number for number, line in enumerate(text.split("\n"), 1) if '"org"' in line]
    packages: list[Package] = []
    links: list[Link] = []
    entries = parsing.records(document.get("dependencies"), source.path)
    places = names if len(names) == len(entries) else [0] * len(entries)
    for key, (entry, line) in enumerate(zip(entries, places, strict=True)):
        name = f"{parsing.text_of(entry.get('org'))}:{parsing.text_of(entry.get('name'))}"
        artifacts = []
        for item in parsing.mappings_in(entry.get("artifacts")):
            digest = digests.from_pair(parsing.text_of(item.get("hash")), lines)
            if digest is not None:
                artifacts.append(Artifact(visible(parsing.text_of(item.get("name"))), "", (digest,)))
        scope = _scope([parsing.text_of(item) for item in parsing.listed(entry.get("configurations"))])
        packages.append(
            Package(
                str(key),
                Ecosystem.MAVEN,
                name,
                parsing.text_of(entry.get("version")),
                (Location(source.path, line),),
                artifacts=tuple(artifacts),
                scopes=(scope,),
                edges=Known.UNKNOWN,
            )
        )
        links.append(Link("", str(key), scope, known=False))
    return Reading(tuple(packages), tuple(links))


def _scope(configurations: list[str]) -> Scope:
    """Return what the configurations are for; what runs counts most."""
    if {"compile", "runtime"} & set(configurations):
        return Scope.RUNTIME
    if "optional" in configurations:
        return Scope.OPTIONAL
    return Scope.BUILD if "provided" in configurations else Scope.TEST if "test" in configurations else Scope.RUNTIME


READER = Reader("sbt", lambda path: path.rpartition("/")[2] == "build.sbt.lock", _read)
