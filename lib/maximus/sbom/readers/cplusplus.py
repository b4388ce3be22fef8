"""`conan.lock` and `vcpkg.json`: packages of C and C++."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["CONAN", "VCPKG"]

_REFERENCE = re.compile(
    r"(?P<name>[^/@#%\s]+)/(?P<version>[^/@#%\s]+)(?:@(?P<user>[^/#%\s]*)/(?P<channel>[^/#%\s]*))?"
    r"(?:#(?P<revision>[^%:\s]+))?(?:[%:].*)?"
)
_LINE = re.compile(r'\s*"(?:ref": ")?([^"]+/[^"]+)"')
_PORT = re.compile(r'\s*(?:\{\s*)?(?:"name":\s*)?"([a-z0-9-]+)"')
_REQUIRES = (
    ("requires", Scope.RUNTIME),
    ("build_requires", Scope.BUILD),
    ("python_requires", Scope.BUILD),
    ("config_requires", Scope.BUILD),
)


def _read_conan(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    lines = keys_of(parsing.decode(source.raw, source.path), _LINE)
    packages: list[Package] = []
    links: list[Link] = []
    graph = document.get("graph_lock")
    if isinstance(graph, dict):
        # Conan 1 locks a graph, Conan 2 only a list.
        nodes = parsing.mapping(graph.get("nodes") or {}, source.path)
        for key, value in nodes.items():
            node = parsing.mapping(value, source.path)
            reference = parsing.text_of(node.get("ref"))
            place = Location(source.path, lines.get(reference, 0))
            # The project itself is a node as well, told by its recipe's path.
            made = None if "path" in node else _conan_package(key, reference, place, (), Known.COMPLETE)
            if made is not None:
                packages.append(made)
            for field, scope in _REQUIRES[:2]:
                start = key if made is not None else ""
                links += [Link(start, target, scope) for target in parsing.listed(node.get(field))
                          if isinstance(target, str)]  # fmt: skip
        return Reading(tuple(packages), tuple(links))
    for field, scope in _REQUIRES:
        for reference in parsing.listed(document.get(field)):
            place = Location(source.path, lines.get(parsing.text_of(reference), 0))
            key = f"{field}/{parsing.text_of(reference)}"
            made = _conan_package(key, parsing.text_of(reference), place, (scope,), Known.UNKNOWN)
            if made is not None:
                packages.append(made)
                links.append(Link("", key, scope, known=False))
    return Reading(tuple(packages), tuple(links))


def _conan_package(
    key: str, reference: str, place: Location, scopes: tuple[Scope, ...], edges: Known
) -> Package | None:
    """Return the package of a reference; None for the project itself, which has no complete one."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    user, channel = (found["user"] or "").strip("_"), (found["channel"] or "").strip("_")
    qualifiers = [("user", user), ("channel", channel), ("rrev", found["revision"] or "")]
    return Package(
        key,
        Ecosystem.CONAN,
        found["name"],
        found["version"],
        (place,),
        qualifiers=tuple((name, value) for name, value in qualifiers if value),
        scopes=scopes,
        edges=edges,
    )


def _read_vcpkg(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    names = keys_of(parsing.decode(source.raw, source.path), _PORT)
    baseline = parsing.text_of(document.get("builtin-baseline"))
    overrides = {
        parsing.text_of(entry.get("name")): next(
            (entry[field] for field in ("version", "version-semver", "version-date", "version-string")
             if isinstance(entry.get(field), str)), "",
        )
        for entry in parsing.records(document.get("overrides"), source.path)
    }  # fmt: skip
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for entry in parsing.listed(document.get("dependencies")):
        name = entry if isinstance(entry, str) else parsing.text_of(parsing.mapping(entry, source.path).get("name"))
        place = Location(source.path, names.get(name, 0))
        # Behind `#` stands which edition of the port it is: the package is the same.
        version, _, edition = overrides.get(name, "").partition("#")
        if version:
            host = isinstance(entry, dict) and entry.get("host") is True
            scope = Scope.BUILD if host else Scope.RUNTIME
            packages.append(
                Package(name, Ecosystem.GENERIC, name, version, (place,), scopes=(scope,), edges=Known.UNKNOWN,
                        notes=(("type", "vcpkg port"), *((("vcpkg:port-version", edition),) if edition else ())))
            )  # fmt: skip
            links.append(Link("", name, scope))
        else:
            why = f"the baseline {visible(baseline)} decides" if baseline else "nothing here decides"
            text = f"{visible(name)} names no exact version: {why}"
            findings.append(Finding("unpinned", text, place))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


CONAN = Reader("conan", lambda path: path.rpartition("/")[2] == "conan.lock", _read_conan)
VCPKG = Reader("vcpkg", lambda path: path.rpartition("/")[2] == "vcpkg.json", _read_vcpkg)
