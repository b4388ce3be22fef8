"""`Pipfile.lock`: versions and digests of two sections, and nothing about who needs whom."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, parsing
from maximus.sbom.digests import DigestLines
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
    indexes = _indexes(document)
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
            stated = parsing.mapping(entry, source.path)
            package = _package(source, section, name, stated, scope, location, lines)
            package = replace(package, registry=_registry(stated, indexes))
            if not package.version and package.own is None:
                findings.append(Finding("unpinned", f"{visible(name)} names no exact version", location))
                continue
            packages.append(package)
            marker = parsing.text_of(entry.get("markers"))
            known = asked is not None and normal_pypi(name) in asked
            links.append(Link("", package.key, scope, marker, known=known))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _indexes(document: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of the indexes that the lock lists, by name."""
    meta = document.get("_meta")
    listed = parsing.mappings_in(meta.get("sources")) if isinstance(meta, dict) else []
    return {
        parsing.text_of(item.get("name")) or str(number): addresses.index_of(parsing.text_of(item.get("url")))
        for number, item in enumerate(listed)
    }


def _registry(entry: dict[str, Any], indexes: dict[str, str]) -> str:
    """Return the index that an entry names, or the only one there is.

    Of several, pipenv searched all for what names none, or the first alone, as its version and settings had it.
    """
    if any(field in entry for field in ("file", "path", "git")):
        return ELSEWHERE
    if name := parsing.text_of(entry.get("index")):
        return indexes.get(name, ELSEWHERE)
    return next(iter(indexes.values()), "") if len(indexes) < 2 else ELSEWHERE  # noqa: PLR2004 - none or the only one


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
    elif "file" in facts:
        # The version is in the name of the file, and only there where that is one of Python's own.
        version = version or python.of_file(addresses.file_name(facts["file"]))[1]
    elif "path" in facts:
        own = source.inside(facts["path"])
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    hashes = entry.get("hashes")
    stated = [text for text in parsing.listed(hashes) if isinstance(text, str)]
    # Of an address it is the one file; else each digest is of another file, and the lock does not say of which.
    url = facts.get("file", "") if len(stated) == 1 else ""
    artifacts = tuple(python.artifact("", url, (text,), lines) for text in stated)
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
