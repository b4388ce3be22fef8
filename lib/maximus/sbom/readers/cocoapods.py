"""`Podfile.lock`: pods with their needs; its checksums are of the podspecs and not of what is distributed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_LAST = "COCOAPODS"
"""What stands at the end of each such lock: the version that wrote it."""
_POD = re.compile(r"([^\s()]+) \(([^()]+)\)$")
_LINE = re.compile(r"  - \"?([^\s()\"]+) \([^()]*\)")
_CHECKSUM = re.compile(r"  \"?([^\s:\"]+)\"?: [0-9a-f]{40}\s*$")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "Podfile.lock"


def _read(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    document = documents[0] if documents else {}
    text = parsing.decode(source.raw, source.path)
    lines, checksum_lines = keys_of(text, _LINE), keys_of(text, _CHECKSUM)
    checksums = parsing.texts(document.get("SPEC CHECKSUMS"))
    packages: dict[str, Package] = {}
    needs: dict[str, list[str]] = {}
    for name, version, wanted in _pods(document.get("PODS")):
        base = name.partition("/")[0]
        fact: tuple[LockFact, ...] = ()
        if base in checksums:
            origin = Location(source.path, checksum_lines.get(base, 0))
            fact = (LockFact("cocoapods:podspec-sha1", visible(checksums[base]), origin),)
        packages[name] = _package(source, document, name, version, Location(source.path, lines.get(name, 0)), fact)
        needs[name] = wanted
    links: list[Link] = []
    findings: list[Finding] = []
    # A lock that is whole has every pod that is used: what is needed beside these is needed on other platforms.
    is_whole = _LAST in document
    for name, wanted in needs.items():
        for need in wanted:
            if need in packages:
                links.append(Link(name, need))
            else:
                place = Location(source.path, lines.get(name, 0))
                text = f"{visible(need)} is needed{' on another platform' if is_whole else ''} and not locked"
                findings.append(Finding("unresolved", text, place, lost=not is_whole))
    for need in parsing.listed(document.get("DEPENDENCIES")):
        asked = parsing.text_of(need).partition(" ")[0]
        if asked in packages:
            links.append(Link("", asked))
    return Reading(tuple(packages.values()), tuple(links), findings=tuple(findings))


def _pods(value: object) -> list[tuple[str, str, list[str]]]:
    """Return name (with its subspec), version and the names of the needs of each pod."""
    found = []
    for item in parsing.listed(value):
        stated, needs = next(iter(item.items()), ("", [])) if isinstance(item, dict) else (item, [])
        if match := _POD.match(parsing.text_of(stated)):
            names = [need.partition(" ")[0] for need in parsing.listed(needs) if isinstance(need, str)]
            found.append((match[1], match[2], names))
    return found


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    source: Source, document: dict[str, Any], name: str, version: str, place: Location, facts: tuple[LockFact, ...]
) -> Package:
    base, _, subspec = name.partition("/")
    outside = document.get("EXTERNAL SOURCES")
    stated = parsing.texts(outside.get(base)) if isinstance(outside, dict) else {}
    checked = document.get("CHECKOUT OPTIONS")
    commit = parsing.texts(checked.get(base)).get(":commit", "") if isinstance(checked, dict) else ""
    own: str | None = None
    absent: tuple[NotApplicable, ...] = ()
    qualifiers: tuple[tuple[str, str], ...] = ()
    if ":path" in stated:
        own = source.inside(stated[":path"])
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    elif ":git" in stated:
        if vcs := addresses.vcs_url(stated[":git"], commit):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    return Package(
        key=name,
        ecosystem=Ecosystem.COCOAPODS,
        name=base,
        version=version,
        locations=(place,),
        own=own,
        qualifiers=qualifiers,
        facts=facts,
        edges=Known.COMPLETE,
        not_applicable=absent,
        notes=(("cocoapods:subspec", visible(subspec)),) if subspec else (),
    )


READER = Reader("cocoapods", _reads, _read)
