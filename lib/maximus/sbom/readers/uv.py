"""`uv.lock`, and the locks of single scripts (`NAME.py.lock`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, parsing
from maximus.sbom.model import ELSEWHERE, Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import normal_pypi, visible
from maximus.sbom.readers import absence, python
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.tables import read_tables

if TYPE_CHECKING:
    from maximus.sbom.digests import DigestLines
    from maximus.sbom.model import Artifact, NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_OWN = ("editable", "virtual", "directory")


def _reads(path: str) -> bool:
    return path.endswith((".py.lock", "/uv.lock")) or path == "uv.lock"


def _read(source: Source) -> Reading:
    lock = read_tables(source)
    packages = [
        _package(source, entry, str(number), location, lock.digests)
        for number, (entry, location) in enumerate(zip(lock.entries, lock.places, strict=True))
    ]
    index = _Index(lock.entries)
    links: list[Link] = []
    findings: list[Finding] = []
    incomplete: set[int] = set()
    for number, entry in enumerate(lock.entries):
        own = packages[number].own is not None
        for scope, marker, wanted in _dependencies(entry, own=own):
            targets = index.find(wanted)
            if not targets:
                incomplete.add(number)
                name = visible(parsing.text_of(wanted.get("name")))
                findings.append(
                    Finding("unresolved", f"{name} is needed and not locked", packages[number].locations[0])
                )
            links += [Link(str(number), str(target), scope, marker) for target in targets]
    links += _links_of_manifest(lock.document, index)
    if incomplete:
        packages = [
            _with_edges(package, Known.INCOMPLETE) if number in incomplete else package
            for number, package in enumerate(packages)
        ]
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _with_edges(package: Package, edges: Known) -> Package:
    import dataclasses  # noqa: PLC0415 - only a damaged lock needs it

    return dataclasses.replace(package, edges=edges)


def _package(source: Source, entry: dict[str, Any], key: str, location: Location, lines: DigestLines) -> Package:
    origin = parsing.texts(entry.get("source"))
    name, version = parsing.text_of(entry.get("name")), parsing.text_of(entry.get("version"))
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    artifacts = _artifacts(entry, origin, lines)
    if folder := next((origin[kind] for kind in _OWN if kind in origin), None):
        own = source.inside(folder)
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    elif "git" in origin:
        address, _, commit = origin["git"].partition("#")
        if vcs := addresses.vcs_url(address, commit):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
        version = version or commit
    return Package(
        key=key,
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=artifacts if not absent and own is None else (),
        not_applicable=absent,
        registry=_registry(origin),
    )


def _registry(origin: dict[str, str]) -> str:
    """Return the index that an entry's source names; a file or a folder is none."""
    if "registry" in origin:
        return addresses.index_of(origin["registry"])
    return ELSEWHERE if origin else ""


def _artifacts(entry: dict[str, Any], origin: dict[str, str], lines: DigestLines) -> tuple[Artifact, ...]:
    files = entry.get("wheels")
    listed = [*(files if isinstance(files, list) else []), entry.get("sdist")]
    found = []
    for file in listed:
        facts = parsing.texts(file)
        address = facts.get("url") or facts.get("path", "")
        if address or "hash" in facts or "filename" in facts:
            # Of what comes from an address of its own, that stands in the source alone.
            url = facts.get("url") or ("" if facts.get("path") else origin.get("url", ""))
            name = facts.get("filename", "") or addresses.file_name(address or url)
            found.append(python.artifact(name, url, (facts.get("hash", ""),), lines))
    return tuple(found)


def _dependencies(entry: dict[str, Any], *, own: bool) -> list[tuple[Scope, str, dict[str, Any]]]:
    """Return scope, marker and description of each dependency that a package states."""
    found = [(Scope.RUNTIME, parsing.text_of(item.get("marker")), item) for item in _tables(entry.get("dependencies"))]
    for field, scope_of_own in (("optional-dependencies", Scope.OPTIONAL), ("dev-dependencies", Scope.DEV)):
        groups = entry.get(field)
        for name, items in groups.items() if isinstance(groups, dict) else ():
            for item in _tables(items):
                scope = python.scope_of_group(name) if scope_of_own is Scope.DEV else scope_of_own
                condition = parsing.text_of(item.get("marker"))
                if not own:
                    # uv locks an extra of another's package only where somebody asks for it.
                    extra = f"extra == '{name}'"
                    condition = f"{extra} and ({condition})" if condition else extra
                    scope = Scope.RUNTIME
                found.append((scope, condition, item))
    return found


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


class _Index:
    """Finds the packages that a dependency names."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = entries
        self.by_name: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self.by_name.setdefault(normal_pypi(parsing.text_of(entry.get("name"))), []).append(number)

    def find(self, wanted: dict[str, Any]) -> list[int]:
        """Return the numbers of the packages: one, or all forks where the dependency does not say which."""
        found = self.by_name.get(normal_pypi(parsing.text_of(wanted.get("name"))), [])
        for field in ("version", "source"):
            if len(found) > 1 and field in wanted:
                found = [number for number in found if self.entries[number].get(field) == wanted[field]]
        return found


def _links_of_manifest(document: dict[str, Any], index: _Index) -> list[Link]:
    """Return what a script, or a workspace without a project of its own, asks for directly."""
    manifest = document.get("manifest")
    if not isinstance(manifest, dict):
        return []
    wanted = [(Scope.RUNTIME, item) for item in _tables(manifest.get("requirements"))]
    groups = manifest.get("dependency-groups")
    for name, items in groups.items() if isinstance(groups, dict) else ():
        wanted += [(python.scope_of_group(name), item) for item in _tables(items)]
    return [
        Link("", str(target), scope, parsing.text_of(item.get("marker")))
        for scope, item in wanted
        for target in index.find({"name": item.get("name")})
    ]


READER = Reader("uv", _reads, _read)
