"""`composer.lock`, or `installed.json` where there is none: licences and edges, and a SHA-1 if the registry had one."""

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

__all__ = ["INSTALLED", "READER"]

_NAME = re.compile(r'\s*"name": "([^"]+)",?\s*$')
# PHP itself, its extensions, its libraries and Composer's own interfaces: not packages.
_PLATFORM = re.compile(r"(?:php(?:-.*)?|hhvm|(?:ext|lib)-.*|composer(?:-.*)?)$")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "composer.lock"


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    return _of_entries(
        source,
        [
            (entry, scope)
            for field, scope in (("packages", Scope.RUNTIME), ("packages-dev", Scope.DEV))
            for entry in parsing.records(document.get(field), source.path)
        ],
        source.beside("composer.json"),
    )


def _read_installed(source: Source) -> Reading:
    """Return what is installed; nothing where the lock beside the folder says it."""
    project = source.folder.removesuffix("vendor/composer")
    if f"{project}composer.lock" in source.tree.locks:
        return Reading((), ())
    # Composer 1 wrote the list alone.
    document = parsing.parse_json(b'{"packages":%b}' % source.raw if source.raw.lstrip()[:1] == b"[" else source.raw,
                                  source.path)  # fmt: skip
    dev = {name.lower() for name in parsing.listed(document.get("dev-package-names")) if isinstance(name, str)}
    entries = [
        (entry, Scope.DEV if parsing.text_of(entry.get("name")).lower() in dev else Scope.RUNTIME)
        for entry in parsing.records(document.get("packages"), source.path)
    ]
    return _of_entries(source, entries, f"{project}composer.json")


def _of_entries(source: Source, entries: list[tuple[dict[str, Any], Scope]], project: str) -> Reading:
    text = parsing.decode(source.raw, source.path)
    lines, names = DigestLines.of(source.path, text), keys_of(text, _NAME)
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
    links += _from_project(
        source, project, provided, [parsing.text_of(entry.get("name")).lower() for entry, _ in entries]
    )
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
    elif entry.get("type") == "metapackage":
        absent = (absence.METAPACKAGE,)
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


def _from_project(source: Source, project: str, provided: dict[str, list[str]], names: list[str]) -> list[Link]:
    """Return what the project itself asks for, by its `composer.json`; all, as unknown, without it."""
    raw = source.tree.manifest(project)
    try:
        document = parsing.parse_json(raw, project) if raw is not None else None
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
INSTALLED = Reader(
    "composer-installed",
    lambda path: f"/{path}".endswith("/vendor/composer/installed.json"),
    _read_installed,
)
