"""`pylock.toml` and `pylock.NAME.toml`: the standard lock of PEP 751, which may serve several environments.

See https://packaging.python.org/en/latest/specifications/pylock-toml/.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, parsing
from maximus.sbom.model import (
    ELSEWHERE,
    Artifact,
    Ecosystem,
    Finding,
    Known,
    Link,
    Location,
    NotApplicable,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, python
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.tables import read_tables

if TYPE_CHECKING:
    from maximus.sbom.digests import DigestLines
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_ASKED = re.compile(r"""["']([^"']+)["']\s+in\s+(dependency_groups|extras)\b""")
"""A part of a marker: for whom a package is installed."""
_NAME = re.compile(r"pylock\.(?:[^./]+\.)?toml")


def _reads(path: str) -> bool:
    return bool(_NAME.fullmatch(path.rpartition("/")[2]))


def _read(source: Source) -> Reading:
    lock = read_tables(source, "packages")
    entries = lock.entries
    finder = python.ByName(entries)
    # The tools need not say who needs whom; where not one entry does, nothing is known of it.
    told = any(isinstance(entry.get("dependencies"), list) for entry in entries)
    defaults = frozenset(item for item in parsing.listed(lock.document.get("default-groups")) if isinstance(item, str))
    packages = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, (entry, location) in enumerate(zip(entries, lock.places, strict=True)):
        edges = Known.COMPLETE if told else Known.UNKNOWN
        for wanted in parsing.listed(entry.get("dependencies")):
            wanted = wanted if isinstance(wanted, dict) else {}  # noqa: PLW2901 - anything else names nothing
            name = parsing.text_of(wanted.get("name"))
            targets = [
                target
                for target in finder.find(name)
                if all(
                    entries[target].get(field) == value
                    for field, value in wanted.items()
                    if field in ("version", "vcs", "directory")
                )
            ]
            if not targets:
                edges = Known.INCOMPLETE
                findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))
            links += [
                Link(str(number), str(target), Scope.RUNTIME, parsing.text_of(entries[target].get("marker")))
                for target in targets
            ]
        package = _package(source, entry, str(number), location, edges, lock.digests)
        for_whom = _scopes(parsing.text_of(entry.get("marker")), defaults) if package.own is None else ()
        packages.append(replace(package, scopes=for_whom))
    if told:
        links += python.links_from_project(source, finder, links)
    else:
        wanted_names = python.requirements_of_pyproject(source) or {}
        for number, entry in enumerate(entries):
            scopes = wanted_names.get(python.requirement_name(parsing.text_of(entry.get("name"))))
            marker = parsing.text_of(entry.get("marker"))
            links += [
                Link("", str(number), scope, marker, known=scopes is not None) for scope in scopes or (Scope.RUNTIME,)
            ]
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _scopes(marker: str, defaults: frozenset[str]) -> tuple[Scope, ...]:
    """Return what a package is for by the groups and extras in its marker; empty where it names none."""
    found = {
        Scope.OPTIONAL if kind == "extras" else Scope.RUNTIME if name in defaults else python.scope_of_group(name)
        for name, kind in _ASKED.findall(marker)
    }
    return tuple(scope for scope in Scope if scope in found)


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    source: Source, entry: dict[str, Any], key: str, location: Location, edges: Known, lines: DigestLines
) -> Package:
    name, version = parsing.text_of(entry.get("name")), parsing.text_of(entry.get("version"))
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    vcs, directory, archive = (entry.get(field) for field in ("vcs", "directory", "archive"))
    wheels = entry.get("wheels")
    files = [*(wheels if isinstance(wheels, list) else []), entry.get("sdist"), archive]
    if isinstance(vcs, dict):
        facts = parsing.texts(vcs)
        commit = facts.get("commit-id", "")
        if address := addresses.vcs_url(facts.get("url", ""), commit):
            qualifiers = (("vcs_url", address),)
        version, absent = version or commit, (absence.COMMIT_ONLY,)
    elif isinstance(directory, dict):
        own = source.inside(parsing.text_of(directory.get("path")))
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    return Package(
        key=key,
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=_artifacts(files, lines) if own is None and not absent else (),
        edges=edges,
        not_applicable=absent,
        registry=_registry(entry),
    )


def _registry(entry: dict[str, Any]) -> str:
    """Return the index that an entry names; where it names an archive or a folder that is none."""
    if index := parsing.text_of(entry.get("index")):
        return addresses.index_of(index)
    return ELSEWHERE if any(field in entry for field in ("archive", "directory", "vcs")) else ""


def _artifacts(files: list[Any], lines: DigestLines) -> tuple[Artifact, ...]:
    found = []
    for file in files:
        if not isinstance(file, dict):
            continue
        facts = parsing.texts(file)
        address = facts.get("url") or facts.get("path", "")
        stated = tuple(f"{name}:{value}" for name, value in sorted(parsing.texts(file.get("hashes")).items()))
        name = facts.get("name") or addresses.file_name(address)
        found.append(python.artifact(name, facts.get("url", ""), stated, lines))
    return tuple(found)


READER = Reader("pylock", _reads, _read)
