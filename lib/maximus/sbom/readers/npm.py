"""`package-lock.json` and `npm-shrinkwrap.json`, lockfile versions 1 to 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, digests, licences, parsing
from maximus.sbom.digests import DigestLines
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
from maximus.sbom.naming import split_group, visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of
from maximus.sbom.readers.npm_registries import placed

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = [
    "ARCHIVES",
    "READER",
    "direct_needs",
    "is_git",
    "own_manifest",
    "qualifiers_of",
    "tarball_name",
    "version_in",
]

ARCHIVES = (".tgz", ".tar.gz", ".tar")
"""How a path ends that is a packed package, and no folder of one."""


_KEY = re.compile(r'\s*"([^"]+)": \{')
_GIT = re.compile(r"(?:git(?:\+[a-z]+)?:|ssh:|github:|gitlab:|bitbucket:|git@)")
_SHORTHAND = re.compile(r"(github|gitlab|bitbucket):([\w.-]+/[\w.-]+)")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_NEEDS = (
    ("dependencies", Scope.RUNTIME),
    ("optionalDependencies", Scope.OPTIONAL),
    ("peerDependencies", Scope.PEER),
)
_OWN_NEEDS = (*_NEEDS, ("devDependencies", Scope.DEV))


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] in ("package-lock.json", "npm-shrinkwrap.json")


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, keys = DigestLines.of(source.path, text), keys_of(text, _KEY)
    if "packages" in document:
        # Version 2 carries the nested form of version 1 as well; the flat one says more.
        return _Flat(source, parsing.mapping(document["packages"], source.path), lines, keys).read()
    return _Nested(source, document, lines, keys).read()


def tarball_name(name: str, version: str) -> str:
    """Return what npm calls a package's file: the name without its scope, and the version."""
    return f"{split_group(Ecosystem.NPM, name)[1]}-{version}.tgz"


def direct_needs(document: dict[str, Any], *, own: bool) -> list[tuple[str, str, Scope]]:
    """Return name, range and scope of what a `package.json` (or an entry of a lock) needs.

    Only of a part of the tree itself are the development needs installed. A name under
    `optionalDependencies` stands under `dependencies` too and is optional.
    """
    optional = parsing.texts(document.get("optionalDependencies"))
    found = []
    for field, scope in _OWN_NEEDS if own else _NEEDS:
        for name, wanted in parsing.texts(document.get(field)).items():
            if field != "dependencies" or name not in optional:
                found.append((name, wanted, scope))
    return found


def is_git(address: str) -> bool:
    """Tell whether an address leads to a repository and not to a file."""
    return bool(_GIT.match(address))


def own_manifest(source: Source, folder: str) -> tuple[str, str, dict[str, Any]]:
    """Return name, version and content of the `package.json` in a folder that a lock names; empty ones without it."""
    inside = source.inside(folder)
    if inside is None:
        return "", "", {}
    path = f"{inside}/package.json" if inside else "package.json"
    raw = source.tree.manifest(path)
    if raw is None:
        return "", "", {}
    try:
        document = parsing.parse_json(raw, path)
    except Error:
        return "", "", {}
    return parsing.text_of(document.get("name")), parsing.text_of(document.get("version")), document


def qualifiers_of(resolved: str) -> tuple[tuple[str, str], ...]:
    """Return the purl qualifiers of a package that comes out of a repository; none for any other."""
    if not _GIT.match(resolved):
        return ()
    address, _, commit = resolved.partition("#")
    if short := _SHORTHAND.fullmatch(address):
        address = f"https://{_HOSTS[short[1]]}/{short[2]}"
    vcs = addresses.vcs_url(address, commit)
    return (("vcs_url", vcs),) if vcs else ()


def _artifact(name: str, version: str, resolved: str, integrity: str, lines: DigestLines) -> tuple[Artifact, ...]:
    found = digests.from_integrity(integrity, lines)
    url = addresses.clean(resolved)
    if not found and not url:
        return ()
    file = addresses.file_name(resolved) or tarball_name(name, version)
    return (Artifact(file, url, found),)


def _scopes(entry: dict[str, Any]) -> tuple[Scope, ...]:
    """Return the scopes that npm's own flags state; without a flag it is needed at run time."""
    if entry.get("devOptional") is True:
        return (Scope.OPTIONAL, Scope.DEV)
    found = [
        scope
        for flag, scope in (("optional", Scope.OPTIONAL), ("peer", Scope.PEER), ("dev", Scope.DEV))
        if entry.get(flag) is True
    ]
    if Scope.DEV in found:
        return (Scope.DEV,)
    return tuple(found[:1]) or (Scope.RUNTIME,)


class _Flat:
    """Versions 2 and 3: one table of folders, each holding a package."""

    def __init__(self, source: Source, entries: dict[str, Any], lines: DigestLines, keys: dict[str, int]) -> None:
        self.source = source
        self.entries = {path: parsing.mapping(entry, source.path) for path, entry in entries.items()}
        self.lines = lines
        self.keys = keys
        self.findings: list[Finding] = []

    def read(self) -> Reading:
        packages = []
        links: list[Link] = []
        for path, entry in self.entries.items():
            if entry.get("link") is True:
                continue
            is_own = path == "" or "node_modules/" not in f"{path}/"
            own = self.source.inside(path) if is_own else None
            edges = self._links(path, entry, links, own=is_own)
            packages.append(self._package(path, entry, own, edges))
        return Reading(tuple(packages), tuple(links), findings=tuple(self.findings))

    def _location(self, path: str) -> Location:
        return Location(self.source.path, self.keys.get(path, 0))

    def _package(self, path: str, entry: dict[str, Any], own: str | None, edges: Known) -> Package:
        # An alias lies in a folder of another name; `name` is then the real one.
        # A folder of the project's own is called like its package where the lock does not say otherwise.
        name = parsing.text_of(entry.get("name")) or (
            path.rpartition("node_modules/")[2] if "node_modules/" in path else path.rpartition("/")[2]
        )
        version = parsing.text_of(entry.get("version"))
        resolved = parsing.text_of(entry.get("resolved"))
        qualifiers = () if own is not None else qualifiers_of(resolved)
        absent: tuple[NotApplicable, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        if own is None:
            if qualifiers or _GIT.match(resolved):
                absent = (absence.COMMIT_ONLY,)
            elif entry.get("inBundle") is True and not entry.get("integrity"):
                absent = (absence.BUNDLED,)
            elif "node_modules/" not in f"{path}/":
                absent = (absence.OUTSIDE_TREE,)
            else:
                artifacts = _artifact(name, version, resolved, parsing.text_of(entry.get("integrity")), self.lines)
        claims = licences.from_npm(entry.get("license", entry.get("licenses")), f"{self.source.name} license")
        return Package(
            key=path,
            ecosystem=Ecosystem.NPM,
            name=name,
            version=version,
            locations=(self._location(path),),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts,
            licences=claims,
            scopes=() if own is not None else _scopes(entry),
            edges=edges,
            not_applicable=absent,
            notes=(("npm:bundled", "true"),) if entry.get("inBundle") is True else (),
            registry=ELSEWHERE if resolved.startswith("file:") else "",
        )

    def _links(self, path: str, entry: dict[str, Any], links: list[Link], *, own: bool) -> Known:
        edges = Known.COMPLETE
        meta = entry.get("peerDependenciesMeta")
        optional_peers = meta if isinstance(meta, dict) else {}
        for name, _, scope in direct_needs(entry, own=own):
            target = self._resolve(path, name)
            if target is not None:
                links.append(Link(path, target, scope))
            elif scope not in (Scope.OPTIONAL, Scope.PEER) and name not in optional_peers:
                edges = Known.INCOMPLETE
                self.findings.append(
                    Finding("unresolved", f"{visible(name)} is needed and not locked", self._location(path))
                )
        if own and path == "":
            # npm installs workspaces as links in the root's node_modules without naming them anywhere else.
            links += [
                Link("", resolved, Scope.RUNTIME)
                for item in self.entries.values()
                if item.get("link") is True and (resolved := parsing.text_of(item.get("resolved"))) in self.entries
            ]
        return edges

    def _resolve(self, path: str, name: str) -> str | None:
        """Return the folder in which Node finds `name` from a package's folder: the nearest `node_modules` upwards."""
        here = path
        while True:
            candidate = f"{here}/node_modules/{name}" if here else f"node_modules/{name}"
            entry = self.entries.get(candidate)
            if entry is not None:
                if entry.get("link") is True:
                    target = parsing.text_of(entry.get("resolved"))
                    return target if target in self.entries else None
                return candidate
            if not here:
                return None
            here = here.rpartition("/")[0]
            if here == "node_modules" or here.endswith("/node_modules"):
                here = here.rpartition("/")[0]


class _Nested:
    """Version 1: packages nested as the folders are; `requires` names what each needs."""

    def __init__(self, source: Source, document: dict[str, Any], lines: DigestLines, keys: dict[str, int]) -> None:
        self.source = source
        self.document = document
        self.lines = lines
        self.keys = keys

    def read(self) -> Reading:
        # One entry a folder, as in the later versions; walked with a stack, because nesting is the author's choice.
        flat: dict[str, dict[str, Any]] = {}
        stack = [("", self.document)]
        while stack:
            path, entry = stack.pop()
            nested = entry.get("dependencies")
            for name, inner in (parsing.mapping(nested, self.source.path) if nested is not None else {}).items():
                folder = f"{path}/node_modules/{name}" if path else f"node_modules/{name}"
                flat[folder] = parsing.mapping(inner, self.source.path)
                stack.append((folder, flat[folder]))
        links: list[Link] = []
        findings: list[Finding] = []
        packages = []
        finder = _Flat(self.source, {}, self.lines, self.keys)
        finder.entries = flat
        for path, entry in sorted(flat.items()):
            edges = Known.COMPLETE
            for name in parsing.texts(entry.get("requires")):
                target = finder._resolve(path, name)  # noqa: SLF001 - the same module's other half
                if target is not None:
                    links.append(Link(path, target))
                elif entry.get("optional") is not True:
                    edges = Known.INCOMPLETE
                    findings.append(
                        Finding("unresolved", f"{visible(name)} is needed and not locked", self._location(path))
                    )
            packages.append(self._package(path, entry, edges))
        roots = self._roots(flat, links)
        own = Package(
            key="",
            ecosystem=Ecosystem.NPM,
            name=parsing.text_of(self.document.get("name")),
            version=parsing.text_of(self.document.get("version")),
            locations=(Location(self.source.path, 1),),
            own=self.source.folder,
            edges=roots,
        )
        return Reading((own, *packages), tuple(links), findings=tuple(findings))

    def _roots(self, flat: dict[str, dict[str, Any]], links: list[Link]) -> Known:
        """Add what the project needs directly: as its `package.json` says, else what nobody else needs."""
        raw = self.source.tree.manifest(self.source.beside("package.json"))
        if raw is not None:
            try:
                manifest = parsing.parse_json(raw, self.source.beside("package.json"))
            except Error:
                manifest = None
            if manifest is not None:
                links += [
                    Link("", f"node_modules/{name}", scope)
                    for name, _, scope in direct_needs(manifest, own=True)
                    if f"node_modules/{name}" in flat
                ]
                return Known.COMPLETE
        needed = {link.target for link in links}
        links += [Link("", path, known=False) for path in sorted(flat) if path not in needed]
        return Known.INCOMPLETE

    def _location(self, path: str) -> Location:
        return Location(self.source.path, self.keys.get(path.rpartition("node_modules/")[2], 0))

    def _package(self, path: str, entry: dict[str, Any], edges: Known) -> Package:
        name = path.rpartition("node_modules/")[2]
        version = parsing.text_of(entry.get("version"))
        resolved = parsing.text_of(entry.get("resolved"))
        if version.startswith("npm:"):
            name, _, version = version.removeprefix("npm:").rpartition("@")
        own: str | None = None
        absent: tuple[NotApplicable, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        qualifiers = qualifiers_of(version)
        if version.startswith("file:") and not version.endswith(ARCHIVES):
            folder = version.removeprefix("file:")
            own, version = self.source.inside(folder), own_manifest(self.source, folder)[1]
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
        elif qualifiers or _GIT.match(version):
            absent, version = (absence.COMMIT_ONLY,), version.partition("#")[2]
        elif entry.get("bundled") is True and not entry.get("integrity"):
            absent = (absence.BUNDLED,)
        else:
            if version.startswith(("http://", "https://", "file:")):
                # The address of a file stands in place of the version, which only the file knows.
                resolved, version = version, version_in(version, name)
            artifacts = _artifact(name, version, resolved, parsing.text_of(entry.get("integrity")), self.lines)
        return Package(
            key=path,
            ecosystem=Ecosystem.NPM,
            name=name,
            version=version,
            locations=(self._location(path),),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts,
            scopes=() if own is not None else _scopes(entry),
            edges=edges,
            not_applicable=absent,
            notes=(("npm:bundled", "true"),) if entry.get("bundled") is True else (),
            registry=ELSEWHERE if resolved.startswith("file:") else "",
        )


def version_in(url: str, name: str) -> str:
    """Return the version in a tarball's usual name; empty where the file is called otherwise."""
    found = re.fullmatch(
        re.escape(split_group(Ecosystem.NPM, name)[1]) + r"-(\d+\.\d+\.\d+[0-9A-Za-z.+-]*?)\.(?:tgz|tar\.gz)",
        addresses.file_name(url),
    )
    return found[1] if found else ""


READER = Reader("npm", _reads, placed(_read))
