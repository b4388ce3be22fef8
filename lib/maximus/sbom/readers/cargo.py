"""`Cargo.lock`, versions 1 to 4.

A dependency names a version, and a source, only where the name alone would be ambiguous. A package without
a source is a part of the workspace. Version 1 keeps the checksums in a table of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, digests, licences, parsing
from maximus.sbom.model import (
    Artifact,
    Ecosystem,
    Finding,
    Known,
    LicenceClaim,
    Link,
    Location,
    NotApplicable,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.sbom.digests import DigestLines
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_TABLES = (
    ("dependencies", Scope.RUNTIME),
    ("build-dependencies", Scope.BUILD),
    ("build_dependencies", Scope.BUILD),
    ("dev-dependencies", Scope.DEV),
    ("dev_dependencies", Scope.DEV),
)
_DEFAULT = "/crates.io-index"
"""How the source of the default registry ends, whichever way it is asked."""
_PACKAGE_NAME = re.compile(r"(?m)^\s*name\s*=\s*[\"']([A-Za-z0-9_-]+)[\"']")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "Cargo.lock"


class _Member:
    """What the `Cargo.toml` of a part of the workspace says."""

    def __init__(self, folder: str, document: dict[str, Any], renamed: dict[str, str]) -> None:
        """`renamed` is what the workspace calls packages of other names."""
        self.folder = folder
        package = document.get("package")
        self.licence = parsing.text_of(package.get("license")) if isinstance(package, dict) else ""
        self.scopes: dict[str, set[Scope]] = {}
        targets = document.get("target")
        tables = (
            [document, *(t for t in targets.values() if isinstance(t, dict))]
            if isinstance(targets, dict)
            else [document]
        )
        for table in tables:
            for name, scope, wanted in _needs(table):
                facts = wanted if isinstance(wanted, dict) else {}
                real = renamed.get(name, name) if facts.get("workspace") is True else _real_name(name, facts)
                optional = scope is Scope.RUNTIME and facts.get("optional") is True
                self.scopes.setdefault(real, set()).add(Scope.OPTIONAL if optional else scope)


def _needs(table: dict[str, Any]) -> Iterator[tuple[str, Scope, object]]:
    for field, scope in _TABLES:
        stated = table.get(field)
        for name, wanted in stated.items() if isinstance(stated, dict) else ():
            yield name, scope, wanted


def _real_name(name: str, wanted: object) -> str:
    """Return the name of the package that a dependency of this name is of."""
    return (parsing.text_of(wanted.get("package")) if isinstance(wanted, dict) else "") or name


def _renamed(source: Source) -> dict[str, str]:
    """Return the real names of what the workspace beside the lock lists for its members, by the names that it gives."""
    path = source.beside("Cargo.toml")
    raw = source.tree.manifest(path)
    if raw is None or b"workspace" not in raw:
        return {}
    try:
        workspace = parsing.parse_toml(raw, path).get("workspace")
    except Error:
        return {}
    stated = workspace.get("dependencies") if isinstance(workspace, dict) else None
    return {name: _real_name(name, wanted) for name, wanted in stated.items()} if isinstance(stated, dict) else {}


def _members(source: Source, names: set[str]) -> dict[str, _Member]:
    """Return the manifests of the packages of these names, by name."""
    found: dict[str, _Member] = {}
    renamed = _renamed(source)
    below = source.tree.manifests_below(source.folder, "Cargo.toml")
    # Below the lock first; a path may lead to a neighbour in the same tree as well.
    nearer = set(below)
    elsewhere = [path for path in source.tree.manifests_below("", "Cargo.toml") if path not in nearer]
    for path in (*below, *elsewhere):
        raw = source.tree.manifest(path)
        if raw is None or names.isdisjoint(_PACKAGE_NAME.findall(raw.decode("utf-8", "replace"))):
            # Parsing all manifests of a large tree takes ten times as long as looking for the name.
            continue
        try:
            document = parsing.parse_toml(raw, path)
        except Error:
            continue
        package = document.get("package")
        name = parsing.text_of(package.get("name")) if isinstance(package, dict) else ""
        folder = path.rpartition("/")[0]
        # An example of the same name further down is another project.
        if name in names and (
            name not in found or (path in nearer and folder.count("/") < found[name].folder.count("/"))
        ):
            found[name] = _Member(folder, document, renamed)
    return found


def _read(source: Source) -> Reading:
    lock = read_tables(source)
    entries, places = lock.entries, lock.places
    if isinstance(root := lock.document.get("root"), dict):
        # The first locks kept the project itself apart.
        entries, places = [*entries, root], [*places, Location(source.path, 1)]
    checksums = parsing.texts(lock.document.get("metadata"))
    members = _members(source, {parsing.text_of(entry.get("name")) for entry in entries if "source" not in entry})
    # A lock without its manifest can only be of what lies beside it; else a path leads out of the tree.
    home = source.folder if source.tree.manifest(source.beside("Cargo.toml")) is None else None
    index = _Index(entries)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, (entry, location) in enumerate(zip(entries, places, strict=True)):
        member = members.get(parsing.text_of(entry.get("name"))) if "source" not in entry else None
        edges = Known.COMPLETE
        for wanted in parsing.listed(entry.get("dependencies")):
            target = index.find(wanted) if isinstance(wanted, str) else None
            if target is None:
                edges = Known.INCOMPLETE
                findings.append(Finding("unresolved", f"{visible(str(wanted))} is needed and not locked", location))
                continue
            name = parsing.text_of(entries[target].get("name"))
            scopes = (member.scopes.get(name) if member else None) or {Scope.RUNTIME}
            links += [Link(str(number), str(target), scope) for scope in sorted(scopes)]
        packages.append(_package(entry, str(number), location, edges, member, home, checksums, lock.digests))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


class _Index:
    """Finds the package that a dependency names."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.names: dict[tuple[str, ...], int] = {}
        for number, entry in enumerate(entries):
            facts = parsing.texts(entry)
            full = (facts.get("name", ""), facts.get("version", ""), f"({facts.get('source', '')})")
            for length in (1, 2, 3):
                self.names.setdefault(full[:length], number)
            # A dependency's source leaves out the commit that the package's own states.
            self.names.setdefault((full[0], full[1], full[2].partition("#")[0] + ")"), number)

    def find(self, wanted: str) -> int | None:
        """Return the number of the package: `name`, `name version` or `name version (source)`."""
        words = tuple(wanted.split(" ", 2))
        found = self.names.get(words)
        return found if found is not None else self.names.get(words[:2])


def _package(  # noqa: PLR0913, PLR0917 - what is known about one entry
    entry: dict[str, Any],
    key: str,
    location: Location,
    edges: Known,
    member: _Member | None,
    home: str | None,
    checksums: dict[str, str],
    lines: DigestLines,
) -> Package:
    facts = parsing.texts(entry)
    name, version, origin = facts.get("name", ""), facts.get("version", ""), facts.get("source", "")
    own: str | None = None
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    claims: tuple[LicenceClaim, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    if not origin:
        own = member.folder if member else home
        absent = () if own is not None else (absence.OUTSIDE_TREE,)
        if member and member.licence:
            claims = (licences.declared(member.licence, "Cargo.toml license"),)
    elif origin.startswith("git+"):
        address, _, commit = origin.partition("#")
        if vcs := addresses.vcs_url(address, commit):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    else:
        checksum = facts.get("checksum") or checksums.get(f"checksum {name} {version} ({origin})", "")
        digest = digests.from_pair(f"sha256:{checksum}", lines)
        # The lock names the registry, not the file; this is what every registry calls it.
        artifacts = (Artifact(f"{name}-{version}.crate", "", (digest,)),) if digest else ()
        if not origin.endswith(_DEFAULT):
            registry = addresses.clean(origin.removeprefix("registry+").removeprefix("sparse+"))
            notes = (("cargo:registry", registry or "another one than the default"),)
    return Package(
        key=key,
        ecosystem=Ecosystem.CARGO,
        name=name,
        version=version,
        locations=(location,),
        own=own,
        qualifiers=qualifiers,
        artifacts=artifacts,
        licences=claims,
        edges=edges,
        not_applicable=absent,
        notes=notes,
    )


READER = Reader("cargo", _reads, _read)
