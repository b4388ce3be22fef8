"""`composer.lock`: states licences and edges; a SHA-1 of the archive where the registry knew one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, digests, licences, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import (
    Artifact,
    Ecosystem,
    Finding,
    Known,
    LicenceClaim,
    Link,
    Location,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_NAME = re.compile(r'\s*"name": "([^"]+)",?\s*$')
# PHP itself, its extensions, its libraries and Composer's own interfaces: not packages.
_PLATFORM = re.compile(r"(?:php(?:-.*)?|hhvm|(?:ext|lib)-.*|composer(?:-.*)?)$")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "composer.lock"


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, names = DigestLines.of(source.path, text), keys_of(text, _NAME)
    entries = [
        (entry, scope)
        for field, scope in (("packages", Scope.RUNTIME), ("packages-dev", Scope.DEV))
        for entry in parsing.records(document.get(field), source.path)
    ]
    # A package may stand in for others, which are then not locked themselves.
    provided: dict[str, list[str]] = {}
    for entry, _ in entries:
        name = parsing.text_of(entry.get("name")).lower()
        for other in (name, *parsing.texts(entry.get("replace")), *parsing.texts(entry.get("provide"))):
            provided.setdefault(other.lower(), []).append(name)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for entry, scope in entries:
        name = parsing.text_of(entry.get("name"))
        place = Location(source.path, names.get(name, 0))
        known = Known.COMPLETE
        for need in parsing.texts(entry.get("require")):
            targets = provided.get(need.lower(), [])
            if not targets and not _PLATFORM.match(need):
                known = Known.INCOMPLETE
                findings.append(Finding("unresolved", f"{visible(need)} is needed and not locked", place))
            links += [Link(name.lower(), target) for target in targets]
        packages.append(_package(entry, name, scope, place, known, lines))
    links += _from_project(source, provided, [parsing.text_of(entry.get("name")).lower() for entry, _ in entries])
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
    entry: dict[str, Any], name: str, scope: Scope, place: Location, known: Known, lines: DigestLines
) -> Package:
    version = parsing.text_of(entry.get("version"))
    dist, origin = parsing.texts(entry.get("dist")), parsing.texts(entry.get("source"))
    qualifiers: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    if version.startswith("dev-") or version.endswith("-dev"):
        # The name of a branch: the commit behind it is what was locked.
        notes = (("composer:version", visible(version)),)
        version = origin.get("reference") or dist.get("reference", "")
    digest = digests.from_pair(f"sha1:{dist.get('shasum', '')}", lines)
    url = addresses.clean(dist.get("url", ""))
    artifacts: tuple[Artifact, ...] = ()
    if dist.get("type") == "path":
        absent = (absence.OUTSIDE_TREE,)
    elif digest or url:
        artifacts = (Artifact(addresses.file_name(url), url, (digest,) if digest else ()),)
    elif vcs := addresses.vcs_url(origin.get("url", ""), origin.get("reference", "")):
        qualifiers, absent = (("vcs_url", vcs),), (absence.COMMIT_ONLY,)
    return Package(
        key=name.lower(),
        ecosystem=Ecosystem.COMPOSER,
        name=name.lower(),
        version=version,
        locations=(place,),
        qualifiers=qualifiers,
        artifacts=artifacts,
        licences=_licences(entry.get("license")),
        scopes=(scope,),
        edges=known,
        not_applicable=absent,
        notes=notes,
    )


def _licences(value: object) -> tuple[LicenceClaim, ...]:
    """Return the declared licence; several in a list are a choice, by Composer's own definition."""
    names = [value] if isinstance(value, str) else [item for item in parsing.listed(value) if isinstance(item, str)]
    if not names:
        return ()
    one = names[0] if len(names) == 1 else " OR ".join(f"({name})" if " " in name else name for name in names)
    return (licences.declared(one, "composer.lock license"),)


def _from_project(source: Source, provided: dict[str, list[str]], names: list[str]) -> list[Link]:
    """Return what the project itself asks for, by the `composer.json` beside the lock; all, as unknown, without it."""
    raw = source.tree.manifest(source.beside("composer.json"))
    try:
        document = parsing.parse_json(raw, source.beside("composer.json")) if raw is not None else None
    except Error:
        document = None
    if document is None:
        return [Link("", name, known=False) for name in names]
    return [
        Link("", target, scope)
        for field, scope in (("require", Scope.RUNTIME), ("require-dev", Scope.DEV))
        for need in parsing.texts(document.get(field))
        for target in provided.get(need.lower(), [])
    ]


READER = Reader("composer", _reads, _read)
