"""`Pipfile.lock`: versions and digests of two sections, and nothing about who needs whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, NotApplicable, Package, Reading, Scope
from maximus.sbom.naming import normal_pypi, visible
from maximus.sbom.readers import absence, python
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r'\s*"([^"]+)": \{')
_PINNED = re.compile(r"={2,3}\s*([^\s,*]+)")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "Pipfile.lock"


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, keys = DigestLines.of(source.path, text), keys_of(text, _KEY)
    asked = _asked_for(source)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for section, entries in document.items():
        # Besides the two, a section a category of the Pipfile.
        if section == "_meta" or not isinstance(entries, dict):
            continue
        scope = Scope.DEV if section == "develop" else python.scope_of_group(section)
        for name, entry in entries.items():
            location = Location(source.path, keys.get(name, 0))
            package = _package(source, section, name, parsing.mapping(entry, source.path), scope, location, lines)
            if not package.version and package.own is None:
                findings.append(Finding("unpinned", f"{visible(name)} names no exact version", location))
                continue
            packages.append(package)
            marker = parsing.text_of(entry.get("markers"))
            known = asked is not None and normal_pypi(name) in asked
            links.append(Link("", package.key, scope, marker, known=known))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    source: Source,
    section: str,
    name: str,
    entry: dict[str, Any],
    scope: Scope,
    location: Location,
    lines: DigestLines,
) -> Package:
    facts = parsing.texts(entry)
    pinned = _PINNED.fullmatch(facts.get("version", "").strip())
    version = pinned[1] if pinned else ""
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    if "git" in facts:
        version = version or facts.get("ref", "")
        if vcs := addresses.vcs_url(facts["git"], facts.get("ref", "")):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    elif "path" in facts:
        own = source.inside(facts["path"])
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    hashes = entry.get("hashes")
    artifacts = tuple(
        python.artifact("", "", (text,), lines)
        for text in (hashes if isinstance(hashes, list) else [])
        if isinstance(text, str)
    )
    return Package(
        key=f"{section}/{name}",
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=artifacts if own is None and not absent else (),
        scopes=(scope,) if own is None else (),
        edges=Known.UNKNOWN if own is None else Known.INCOMPLETE,
        not_applicable=absent,
    )


def _asked_for(source: Source) -> frozenset[str] | None:
    """Return the names that the `Pipfile` beside the lock asks for, normalised; None without a readable one."""
    raw = source.tree.manifest(source.beside("Pipfile"))
    if raw is None:
        return None
    try:
        document = parsing.parse_toml(raw, source.beside("Pipfile"))
    except Error:
        return None
    tables = [table for name, table in document.items() if name not in ("source", "requires", "scripts", "pipenv")]
    return frozenset(normal_pypi(name) for table in tables if isinstance(table, dict) for name in table)


READER = Reader("pipfile", _reads, _read)
