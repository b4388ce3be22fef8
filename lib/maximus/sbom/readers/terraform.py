"""`.terraform.lock.hcl`: providers with their exact versions; their checksums are of archives for several platforms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_PROVIDER = re.compile(r'provider "([^"\s]+)" \{\s*$')
_VERSION = re.compile(r'\s+version\s*=\s*"([^"]+)"\s*$')
_HASH = re.compile(r'\s+"((?:h1|zh):[A-Za-z0-9+/=]+)",?\s*$')


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == ".terraform.lock.hcl"


def _read(source: Source) -> Reading:
    packages: list[Package] = []
    findings: list[Finding] = []
    name, version, begun = "", "", 0
    facts: list[LockFact] = []
    lines = parsing.decode(source.raw, source.path).replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if found := _PROVIDER.match(line):
            name, version, begun, facts = found[1], "", number, []
        elif name and (found := _VERSION.match(line)):
            version = found[1]
        elif name and (found := _HASH.match(line)):
            facts.append(LockFact(f"terraform:{found[1][:2]}", found[1][3:], Location(source.path, number)))
        elif name and line.startswith("}"):
            place = Location(source.path, begun)
            if not version:
                findings.append(Finding("unpinned", f"{visible(name)} names no exact version", place))
            else:
                packages.append(_package(name, version, place, tuple(facts)))
            name = ""
    return Reading(tuple(packages), tuple(Link("", package.key) for package in packages), findings=tuple(findings))


def _package(address: str, version: str, place: Location, facts: tuple[LockFact, ...]) -> Package:
    host, _, name = address.partition("/")
    return Package(
        key=address,
        ecosystem=Ecosystem.GENERIC,
        name=name,
        version=version,
        locations=(place,),
        qualifiers=(("repository_url", host),),
        facts=facts,
        edges=Known.COMPLETE,
        notes=(("type", "terraform provider"),),
    )


READER = Reader("terraform", _reads, _read)
