"""`pom.xml`: what a Maven project asks for directly. It is no lock, and everything that it leaves open is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.parsing import Element
    from maximus.sbom.tree import Source

__all__ = ["READER", "moves_of"]

_PROPERTY = re.compile(r"\$\{([^{}$]+)\}")
_SCOPES = {"test": Scope.TEST, "provided": Scope.BUILD}
_ANY = ("LATEST", "RELEASE")
_MAX_IMPORTS = 100
"""Poms whose decisions one pom takes over, its parents among them."""
_MAX_PARENTS = 20
"""Parents of a pom within the tree."""
_MAX_FILLED = 2_000
"""Characters of a text with its properties filled in."""
_MAX_ROUNDS = 10
"""How often a property may lead to another."""


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "pom.xml"


def _read(source: Source) -> Reading:
    chain = _with_parents(source)
    own = chain[0][1]
    properties = _properties(element for _, element in chain)
    managed, also = _managed(source, chain)
    packages = [_self(source, own, properties)]
    links: list[Link] = []
    findings: list[Finding] = []
    for number, entry in enumerate(own.all("dependencies", "dependency"), 1):
        place = Location(source.path, entry.line)
        name = _name(entry, properties)
        decided = managed.get(name, _Managed("", "", ""))
        version = _filled(entry.first("version"), properties) or decided.version
        if name in _names_of_tree(source):
            continue
        exact = version.strip("[]") if re.fullmatch(r"\[[^,\[\]()]+\]", version) else version
        if not exact or "${" in exact or set(exact) & set("[](),") or exact in _ANY:
            what = (
                f"no exact version: {visible(version)}"
                if version
                else "no version; its parent or an imported BOM has it"
            )
            text = f"{visible(name)} names {what}"
            findings.append(Finding("unpinned", text, place))
            continue
        scope = _SCOPES.get(_filled(entry.first("scope"), properties) or decided.scope, Scope.RUNTIME)
        is_optional = (_filled(entry.first("optional"), properties) or decided.optional) == "true"
        scope = Scope.OPTIONAL if is_optional and scope is Scope.RUNTIME else scope
        packages.append(
            Package(str(number), Ecosystem.MAVEN, name, exact, (place,), moves=moves_of(exact), edges=Known.UNKNOWN)
        )
        links.append(Link("own", str(number), scope))
    if links:
        text = "a pom names only direct dependencies; what they need is not locked"
        findings.append(Finding("not-locked", text, Location(source.path), lost=False))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings), also_read=also)


def moves_of(version: str) -> str:
    """Return why a version of Maven's can mean other content tomorrow; empty where it cannot."""
    return "a snapshot, which is published again and again" if version.endswith("-SNAPSHOT") else ""


@dataclass(frozen=True, slots=True)
class _Managed:
    """What is decided for whoever asks for a package without saying it."""

    version: str
    scope: str
    optional: str


def _managed(source: Source, chain: list[tuple[str, Element]]) -> tuple[dict[str, _Managed], tuple[str, ...]]:
    """Return what a pom, its parents and the lists that they import from the tree decide, and the poms that say so.

    What stands nearer counts more, and what a pom says itself more than what it imports.
    """
    found: dict[str, _Managed] = {}
    read = {path: None for path, _ in chain[1:]}
    waiting = [chain]
    while waiting:
        poms = waiting.pop(0)
        properties = _properties(element for _, element in poms)
        for _, element in poms:
            for entry in element.all("dependencyManagement", "dependencies", "dependency"):
                name, scope = _name(entry, properties), _filled(entry.first("scope"), properties)
                if scope != "import":
                    made = _Managed(_filled(entry.first("version"), properties), scope, entry.first("optional"))
                    found.setdefault(name, made)
                elif (path := _names_of_tree(source).get(name)) and path not in read and len(read) < _MAX_IMPORTS:
                    read[path] = None
                    waiting.append(_with_parents(source, path))
    return found, tuple(read)


def _self(source: Source, own: Element, properties: dict[str, str]) -> Package:
    return Package(
        "own",
        Ecosystem.MAVEN,
        _filled("${project.groupId}:${project.artifactId}", properties),
        _filled("${project.version}", properties),
        (Location(source.path, own.line),),
        own=source.folder,
        edges=Known.INCOMPLETE,
    )


def _with_parents(source: Source, begin: str = "") -> list[tuple[str, Element]]:
    """Return this pom, or another of the tree, and its parents as far as they lie in the tree, the nearest first."""
    found = [(begin, _parsed(source, begin)) if begin else (source.path, parsing.parse_xml(source.raw, source.path))]
    while len(found) <= _MAX_PARENTS:
        path, element = found[-1]
        parents = element.all("parent")
        if not parents:
            break
        stated = parents[0].all("relativePath")
        relative = stated[0].text if stated else "../pom.xml"
        folder = path.rpartition("/")[0]
        inside = _at(source, folder, relative)
        if inside is None or any(inside == known for known, _ in found) or source.tree.manifest(inside) is None:
            break
        try:
            found.append((inside, _parsed(source, inside)))
        except Error:
            # It is read for itself as well, and is a fault there.
            break
    return found


def _parsed(source: Source, path: str) -> Element:
    """Return a pom that others lean on: taken apart once, however many these are."""
    known: dict[str, Element] = source.tree.memory.setdefault("maven-parents", {})
    if path not in known:
        known[path] = parsing.parse_xml(source.tree.manifest(path) or b"", path)
    return known[path]


def _at(source: Source, folder: str, relative: str) -> str | None:
    from maximus.sbom.tree import Source as At  # noqa: PLC0415 - a value here, a type above

    if not relative:
        return None
    target = At(f"{folder}/pom.xml" if folder else "pom.xml", b"", source.tree).inside(relative)
    return target if target is None or target.endswith(".xml") else f"{target}/pom.xml".lstrip("/")


def _properties(chain: Iterable[Element]) -> dict[str, str]:
    """Return the properties that are in force: the nearest pom's count most."""
    found: dict[str, str] = {}
    for element in chain:
        for group in element.all("properties"):
            for child in group.children:
                found.setdefault(child.name, child.text)
        parent = (element.all("parent") or [element])[0]
        for field in ("groupId", "version"):
            value = element.first(field) or parent.first(field)
            for spelling in (f"project.{field}", f"pom.{field}", field):
                found.setdefault(spelling, value)
        found.setdefault("project.artifactId", element.first("artifactId"))
        found.setdefault("project.parent.version", parent.first("version"))
    return found


def _filled(text: str, properties: dict[str, str]) -> str:
    """Return the text with its properties filled in; one that is not known stays as it is written."""
    for _ in range(_MAX_ROUNDS):
        # Cut before they are put together: a text may name a property hundreds of times.
        filled = _PROPERTY.sub(lambda found: properties.get(found[1], found[0])[:_MAX_FILLED], text[:_MAX_FILLED])
        filled = filled[:_MAX_FILLED]
        if filled == text:
            break
        text = filled
    return text.strip()


def _name(entry: Element, properties: dict[str, str]) -> str:
    return _filled(f"{entry.first('groupId')}:{entry.first('artifactId')}", properties)


def _names_of_tree(source: Source) -> dict[str, str]:
    """Return the poms of the tree's own projects by their names; they are read once for all of them."""
    memory = source.tree.memory
    if "maven" not in memory:
        found: dict[str, str] = {}
        for path in source.tree.manifests_below("", "pom.xml"):
            raw = source.tree.manifest(path)
            try:
                element = parsing.parse_xml(raw, path) if raw is not None else None
            except Error:
                continue
            if element is not None:
                found.setdefault(_filled("${project.groupId}:${project.artifactId}", _properties([element])), path)
        memory["maven"] = found
    names: dict[str, str] = memory["maven"]
    return names


READER = Reader("maven", _reads, _read)
