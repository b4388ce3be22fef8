"""`pdm.lock`: an entry a package and a set of extras; older locks keep the digests in a table of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, parsing
from maximus.sbom.model import (
    ELSEWHERE,
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

_RANGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*([^;@]*)")


def _reads(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == "pdm.lock" or bool(re.fullmatch(r"pdm\.[A-Za-z0-9_-]+\.lock", name))


def _read(source: Source) -> Reading:
    lock = read_tables(source)
    old_files = python.files_by_name(lock.document)
    finder = python.ByName(lock.entries)
    default = _default(source)
    packages = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, (entry, location) in enumerate(zip(lock.entries, lock.places, strict=True)):
        edges = Known.COMPLETE
        for wanted in parsing.listed(entry.get("dependencies")):
            if not isinstance(wanted, str):
                continue
            name = python.requirement_name(wanted)
            span = found[1] if (found := _RANGE.match(wanted)) else ""
            targets = [target for target in finder.find(name, span) if target != number]
            # An entry with extras needs its own package without them: one component, no edge.
            if not targets and normal_pypi(parsing.text_of(entry.get("name"))) != name:
                edges = Known.INCOMPLETE
                findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))
            marker = wanted.partition(";")[2].strip()
            links += [Link(str(number), str(target), Scope.RUNTIME, marker) for target in targets]
        package = _package(source, entry, str(number), location, edges, old_files, lock.digests)
        has_address = any(field in entry for field in ("url", "path", "git"))
        packages.append(replace(package, registry=ELSEWHERE if has_address else default))
    links += python.links_from_project(source, finder, links)
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _default(source: Source) -> str:
    """Return the index that the packages of a lock come from by the `pyproject.toml` beside it; the lock names none.

    One called `pypi` takes the place of the default one; any other is searched besides, and which had what is unknown.
    """
    path = source.beside("pyproject.toml")
    raw = source.tree.manifest(path)
    try:
        tool = parsing.parse_toml(raw, path).get("tool") if raw is not None else None
    except Error:
        return ELSEWHERE
    pdm = tool.get("pdm") if isinstance(tool, dict) else None
    listed = parsing.mappings_in(pdm.get("source")) if isinstance(pdm, dict) else []
    if not listed:
        return ""
    named = [parsing.texts(item) for item in listed]
    if len(named) == 1 and named[0].get("name") == "pypi":
        return addresses.index_of(named[0].get("url", ""))
    return ELSEWHERE


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    source: Source,
    entry: dict[str, Any],
    key: str,
    location: Location,
    edges: Known,
    old_files: dict[str, Any],
    lines: DigestLines,
) -> Package:
    facts = parsing.texts(entry)
    name, version = facts.get("name", ""), facts.get("version", "")
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    path = facts.get("path", "")
    if "git" in facts:
        if vcs := addresses.vcs_url(facts["git"], facts.get("revision", facts.get("ref", ""))):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    elif path and not path.endswith((".whl", ".tar.gz", ".zip")):
        own = source.inside(path)
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    stated = entry.get("files")
    files = stated if isinstance(stated, list) else old_files.get(f"{name} {version}")
    groups = entry.get("groups")
    scopes = (
        {python.scope_of_group(group) for group in groups if isinstance(group, str)}
        if isinstance(groups, list)
        else set()
    )
    return Package(
        key=key,
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=python.artifacts(files, lines) if own is None and not absent else (),
        scopes=tuple(scope for scope in Scope if scope in scopes) if own is None else (),
        edges=edges,
        not_applicable=absent,
    )


READER = Reader("pdm", _reads, _read)
