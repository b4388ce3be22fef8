"""`bun.lock`: npm's packages in JSON with comments and trailing commas, nested by name as they are installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import ELSEWHERE, Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, npm
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of
from maximus.sbom.readers.npm_registries import placed

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r'    "([^"]+)": \[')
# A string whole, so that nothing inside it is taken for a comment or for a comma at the end.
_JSONC = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[\]}])', re.DOTALL)
_SHORT = re.compile(r"[0-9a-f]{7,39}")
_ABBREVIATED = "the first digits of a commit; only the whole of it is exact"
_NAMED = re.compile(r"(@[^/@]+/[^@]+|[^@]+)@(.*)", re.DOTALL)


def _read(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    plain = _JSONC.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    document = parsing.parse_json(plain.encode(), source.path)
    return _Lock(source, document, DigestLines.of(source.path, text), keys_of(text, _KEY)).read()


class _Lock:
    """One lock, read."""

    def __init__(self, source: Source, document: dict[str, Any], lines: DigestLines, keys: dict[str, int]) -> None:
        self.source = source
        self.lines = lines
        self.keys = keys
        self.entries = parsing.mapping(document.get("packages") or {}, source.path)
        self.workspaces = parsing.mapping(document.get("workspaces") or {}, source.path)
        self.patched = parsing.texts(document.get("patchedDependencies"))
        self.links: list[Link] = []
        self.findings: list[Finding] = []

    def read(self) -> Reading:
        packages = []
        for folder, value in self.workspaces.items():
            workspace = parsing.mapping(value, self.source.path)
            name = parsing.text_of(workspace.get("name"))
            own = self.source.inside(folder)
            if own is None:
                continue
            place = Location(self.source.path)
            packages.append(
                Package(f"/{folder}", Ecosystem.NPM, name, parsing.text_of(workspace.get("version")), (place,), own=own)
            )
            self._link(f"/{folder}", [name] if folder else [], workspace, place, own=True)
        for key, value in self.entries.items():
            if package := self._package(key, value):
                packages.append(package)
        return Reading(tuple(packages), tuple(self.links), findings=tuple(self.findings))

    def _package(self, key: str, value: object) -> Package | None:
        parts = parsing.listed(value)
        named = _NAMED.fullmatch(parsing.text_of(parts[0])) if parts else None
        place = Location(self.source.path, self.keys.get(key, 0))
        if named is None:
            self.findings.append(Finding("ignored", f"{visible(key)} is no entry of a lock", place))
            return None
        name, version = named[1], named[2]
        if version.startswith(("workspace:", "root:")):
            return None
        facts = next((part for part in parts[1:] if isinstance(part, dict)), {})
        absent: tuple[NotApplicable, ...] = ()
        qualifiers: tuple[tuple[str, str], ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        own: str | None = None
        registry = moves = ""
        integrity = next((part for part in parts[2:] if isinstance(part, str)), "")
        notes = (("npm:patched", "true"),) if f"{name}@{version}" in self.patched else ()
        if npm.is_git(version):
            qualifiers, absent = npm.qualifiers_of(version), (absence.COMMIT_ONLY,)
            version = version.partition("#")[2]
            # Of what GitHub packs, bun keeps the first seven digits.
            moves = _ABBREVIATED if _SHORT.fullmatch(version) else ""
        elif "://" in version or version.endswith(npm.ARCHIVES):
            # The address of a file, or its path, stands in place of the version.
            file, url = addresses.file_name(version), addresses.clean(version)
            artifacts = (Artifact(file, url, digests.from_integrity(integrity, self.lines)),) if file else ()
            registry, version = "" if url else ELSEWHERE, npm.version_in(version, name)
        elif version.startswith(("file:", "link:")):
            folder = version.partition(":")[2]
            own, version = self.source.inside(folder), npm.own_manifest(self.source, folder)[1]
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
        else:
            found = digests.from_integrity(integrity, self.lines)
            # Empty for the default registry, else the address of the file, or of its registry.
            origin = parsing.text_of(parts[1]) if len(parts) > 1 else ""
            file_url = addresses.clean(origin) if origin.endswith(".tgz") else ""
            registry = addresses.index_of(origin) if origin and not file_url else ""
            artifacts = (Artifact(npm.tarball_name(name, version), file_url, found),) if found else ()
        known = self._link(key, _path_of(key), facts, place, own=False)
        return Package(key, Ecosystem.NPM, name, version, (place,), own=own, qualifiers=qualifiers, artifacts=artifacts,
                       edges=known, not_applicable=absent, notes=notes, moves=moves, registry=registry)  # fmt: skip

    def _link(self, start: str, path: list[str], facts: dict[str, Any], place: Location, *, own: bool) -> Known:
        """Keep what one entry needs, found as bun installs it: beside it, else beside one of those around it."""
        known = Known.COMPLETE
        peers = {item for item in parsing.listed(facts.get("optionalPeers")) if isinstance(item, str)}
        for name, _, scope in npm.direct_needs(facts, own=own):
            target = self._found(path, name)
            if target:
                self.links.append(Link(start, target, scope))
            elif name not in peers and scope not in (Scope.OPTIONAL, Scope.PEER):
                known = Known.INCOMPLETE
                self.findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", place))
        return known

    def _found(self, path: list[str], name: str) -> str:
        for depth in range(len(path), -1, -1):
            key = "/".join([*path[:depth], name])
            if key in self.entries:
                first = parsing.text_of((parsing.listed(self.entries[key]) or [""])[0])
                workspace = first.partition("@workspace:")[2]
                return f"/{workspace}" if workspace in self.workspaces and "@workspace:" in first else key
        return ""


def _path_of(key: str) -> list[str]:
    """Return the names in a key, a scope kept with its name."""
    found: list[str] = []
    for part in key.split("/"):
        if found and found[-1].startswith("@") and "/" not in found[-1]:
            found[-1] += f"/{part}"
        else:
            found.append(part)
    return found


READER = Reader("bun", lambda path: path.rpartition("/")[2] == "bun.lock", placed(_read))
