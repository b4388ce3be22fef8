"""`poetry.lock`: formats before 2.0 keep the digests in a table of their own, 2.1 states groups and markers."""

from __future__ import annotations

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
from maximus.sbom.naming import normal_pypi, visible
from maximus.sbom.readers import absence, python
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.tables import read_tables

if TYPE_CHECKING:
    from maximus.sbom.digests import DigestLines
    from maximus.sbom.tree import Source

__all__ = ["READER"]


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "poetry.lock"


def _read(source: Source) -> Reading:
    lock = read_tables(source)
    files = python.files_by_name(lock.document)
    packages = []
    links: list[Link] = []
    findings: list[Finding] = []
    finder = python.ByName(lock.entries)
    for number, (entry, location) in enumerate(zip(lock.entries, lock.places, strict=True)):
        edges = Known.COMPLETE
        for name, wanted in _dependencies(entry):
            targets = finder.find(name, wanted.get("version", ""))
            if not targets and wanted.get("optional") != "true":
                edges = Known.INCOMPLETE
                findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))
            links += [Link(str(number), str(target), Scope.RUNTIME, wanted.get("markers", "")) for target in targets]
        packages.append(_package(source, entry, str(number), location, edges, files, lock.digests))
    links += python.links_from_project(source, finder, links)
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _dependencies(entry: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return name, range, marker and whether it is optional of each dependency, in all of poetry's spellings."""
    stated = entry.get("dependencies")
    found = []
    for name, wanted in stated.items() if isinstance(stated, dict) else ():
        for one in wanted if isinstance(wanted, list) else [wanted]:
            if isinstance(one, str):
                found.append((name, {"version": one}))
            elif isinstance(one, dict):
                optional = "true" if one.get("optional") is True else ""
                found.append((name, {**parsing.texts(one), "optional": optional}))
    return found


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    source: Source,
    entry: dict[str, Any],
    key: str,
    location: Location,
    edges: Known,
    old_files: dict[str, Any],
    lines: DigestLines,
) -> Package:
    name, version = parsing.text_of(entry.get("name")), parsing.text_of(entry.get("version"))
    origin = parsing.texts(entry.get("source"))
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    kind = origin.get("type", "")
    if kind == "directory":
        own = source.inside(origin.get("url", ""))
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    elif kind == "git":
        commit = origin.get("resolved_reference") or origin.get("reference", "")
        if vcs := addresses.vcs_url(origin.get("url", ""), commit):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    stated = entry.get("files")
    files = stated if isinstance(stated, list) and stated else old_files.get(name, old_files.get(normal_pypi(name)))
    return Package(
        key=key,
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=_artifacts(files, origin, lines) if own is None and not absent else (),
        scopes=_scopes(entry) if own is None else (),
        edges=edges,
        not_applicable=absent,
        # Without a source it is the default one.
        registry=addresses.index_of(origin.get("url", "")) if kind == "legacy" else ELSEWHERE if origin else "",
    )


def _artifacts(files: object, origin: dict[str, str], lines: DigestLines) -> tuple[Artifact, ...]:
    """Return the distribution files; the address of one that comes from its own stands in the source alone."""
    found = python.artifacts(files, lines)
    url = addresses.clean(origin.get("url", "")) if origin.get("type") == "url" else ""
    if not url:
        return found
    name = addresses.file_name(url)
    return tuple(replace(item, url=url) if item.file == name else item for item in found) or (Artifact(name, url),)


def _scopes(entry: dict[str, Any]) -> tuple[Scope, ...]:
    """Return the scopes as groups (2.1) or category (before 1.5) state them; empty where neither stands there."""
    groups = entry.get("groups")
    if isinstance(groups, list):
        found = {python.scope_of_group(group) for group in groups if isinstance(group, str)}
    elif category := parsing.text_of(entry.get("category")):
        found = {python.scope_of_group(category)}
    else:
        return ()
    if entry.get("optional") is True and Scope.RUNTIME in found:
        found = (found - {Scope.RUNTIME}) | {Scope.OPTIONAL}
    return tuple(scope for scope in Scope if scope in found)


READER = Reader("poetry", _reads, _read)
