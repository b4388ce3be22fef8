"""`pnpm-lock.yaml`, lockfile versions 5 to 9.

A package's key is `/name/1.0.0_peers` (5), `/name@1.0.0(peers)` (6 to 8) or `name@1.0.0(peers)` (9), where the
needs stand in `snapshots`, apart from `packages`. A file may hold several documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, parsing
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
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, npm
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of
from maximus.sbom.readers.npm_registries import placed

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r"  '?([^\s'#][^']*?)'?:\s*$")
_RUNTIME = "@runtime:"
"""What stands between the name of a runtime that pnpm installs itself, such as `node`, and its version."""
_OWN_FIELDS = (
    ("dependencies", Scope.RUNTIME),
    ("optionalDependencies", Scope.OPTIONAL),
    ("devDependencies", Scope.DEV),
    ("configDependencies", Scope.BUILD),
    ("packageManagerDependencies", Scope.BUILD),
)
_FIELDS = (("dependencies", Scope.RUNTIME), ("optionalDependencies", Scope.OPTIONAL))


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "pnpm-lock.yaml"


def _read(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines = DigestLines.of(source.path, text)
    keys = keys_of(text, _KEY)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, document in enumerate(documents):
        one = _Document(source, document, f"{number}:", lines, keys)
        one.read()
        packages += one.packages
        links += one.links
        findings += one.findings
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


class _Document:
    """One of the documents in a lock; its keys are told apart from those of the others by a prefix."""

    def __init__(
        self, source: Source, document: dict[str, Any], prefix: str, lines: DigestLines, keys: dict[str, int]
    ) -> None:
        self.source = source
        self.prefix = prefix
        self.lines = lines
        self.keys = keys
        self.document = document
        version = parsing.text_of(document.get("lockfileVersion"))
        self.slashed = version.partition(".")[0] in ("3", "4", "5") or "shrinkwrapVersion" in document
        self.entries = parsing.mapping(document.get("packages") or {}, source.path)
        self.snapshots = parsing.mapping(document.get("snapshots") or {}, source.path)
        self.nodes = self.snapshots or self.entries
        self.importers: dict[str, Any] = {}
        self.packages: list[Package] = []
        self.links: list[Link] = []
        self.findings: list[Finding] = []

    def read(self) -> None:
        stated = self.document.get("importers")
        # Without workspaces the project's own needs stand at the top.
        self.importers = parsing.mapping(stated, self.source.path) if stated else {".": self.document}
        for path, importer in self.importers.items():
            self._read_importer(path, parsing.mapping(importer or {}, self.source.path))
        for key, node in self.nodes.items():
            self._read_node(key, parsing.mapping(node or {}, self.source.path))
        if self.snapshots:
            bases = {_without_peers(key) for key in self.snapshots}
            for key in self.entries:
                if key not in bases:
                    self._read_node(key, {})

    def _read_importer(self, path: str, importer: dict[str, Any]) -> None:
        own = self.source.inside(path)
        if own is None:
            self.findings.append(
                Finding("ignored", f"{visible(path)} leads out of the tree", Location(self.source.path))
            )
            return
        edges = Known.COMPLETE
        source_key = self._importer_key(path)
        for field, scope in _OWN_FIELDS:
            needs = importer.get(field)
            for name, wanted in needs.items() if isinstance(needs, dict) else ():
                reference = parsing.text_of(wanted.get("version") if isinstance(wanted, dict) else wanted)
                target = self._resolve(name, reference, path)
                if target is not None:
                    self.links.append(Link(source_key, target, scope))
                elif not reference.startswith(("link:", "workspace:", "file:", "portal:")):
                    edges = Known.INCOMPLETE
                    self._missing(name, Location(self.source.path))
        name, version, _ = npm.own_manifest(self.source, path)
        self.packages.append(
            Package(
                key=source_key,
                ecosystem=Ecosystem.NPM,
                name=name,
                version=version,
                locations=(Location(self.source.path, self.keys.get(path, 0)),),
                own=own,
                edges=edges,
            )
        )

    def _importer_key(self, path: str) -> str:
        return f"{self.prefix}importer:{path}"

    def _resolve(self, name: str, reference: str, importer: str) -> str | None:
        """Return the key of what a need refers to, None where it is not in the lock."""
        if reference.startswith("link:"):
            joined = self._joined(importer, reference.removeprefix("link:"))
            return self._importer_key(joined) if joined is not None and joined in self.importers else None
        separators = (
            (f"/{name}/{reference}", f"/{name}@{reference}")
            if self.slashed
            else (f"{name}@{reference}", f"/{name}@{reference}")
        )
        for candidate in (*separators, reference):
            if candidate in self.nodes:
                return self.prefix + candidate
        return None

    def _joined(self, importer: str, relative: str) -> str | None:
        """Return an importer's path for a link that is relative to another importer's folder."""
        parts = [part for part in importer.split("/") if part not in ("", ".")]
        for part in relative.split("/"):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts) or "."

    def _missing(self, name: str, location: Location) -> None:
        self.findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))

    def _read_node(self, key: str, node: dict[str, Any]) -> None:
        base = _without_peers(key) if self.snapshots else key
        entry = parsing.mapping(self.entries.get(base) or {}, self.source.path) if self.snapshots else node
        name, version = self._name_and_version(base, entry)
        location = Location(self.source.path, self.keys.get(base, 0))
        edges = Known.COMPLETE
        for field, scope in _FIELDS:
            for needed, reference in parsing.texts(node.get(field)).items():
                target = self._resolve(needed, reference, ".")
                if target is not None:
                    self.links.append(Link(self.prefix + key, target, scope))
                elif scope is Scope.RUNTIME and not reference.startswith(("link:", "workspace:")):
                    edges = Known.INCOMPLETE
                    self._missing(needed, location)
        self.packages.append(self._package(self.prefix + key, key, entry, name, version, location, edges))

    def _name_and_version(self, base: str, entry: dict[str, Any]) -> tuple[str, str]:
        facts = parsing.texts(entry)
        text = _without_peers(base).removeprefix("/")
        if self.slashed:
            name, _, version = text.rpartition("/")
            # Peers follow an underscore, which no version has.
            version = version.partition("_")[0]
        else:
            at = text.find("@", 1)
            name, version = (text[:at], text[at + 1 :]) if at > 0 else (text, "")
        return facts.get("name", name), facts.get("version", version)

    def _package(  # noqa: PLR0913, PLR0917 - the parts of one entry
        self, key: str, written: str, entry: dict[str, Any], name: str, version: str, location: Location, edges: Known
    ) -> Package:
        resolution = parsing.texts(entry.get("resolution"))
        tarball = resolution.get("tarball", "")
        ecosystem = Ecosystem.NPM
        own: str | None = None
        qualifiers: tuple[tuple[str, str], ...] = ()
        absent: tuple[NotApplicable, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        if "repo" in resolution or resolution.get("type") == "git":
            commit = resolution.get("commit", "")
            if vcs := addresses.vcs_url(resolution.get("repo", ""), commit):
                qualifiers = (("vcs_url", vcs),)
            version = version if re.fullmatch(r"\d+\.\d+\.\d+\S*", version) else commit
            absent = (absence.COMMIT_ONLY,)
        elif "directory" in resolution:
            own = self.source.inside(resolution["directory"])
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
            version = npm.own_manifest(self.source, resolution["directory"])[1] if own is not None else ""
        elif _RUNTIME in key:
            ecosystem, version = Ecosystem.GENERIC, version.removeprefix("runtime:")
            artifacts = self._builds(entry)
        else:
            url = addresses.clean(tarball)
            if url and not re.fullmatch(r"\d+\.\d+\.\d+\S*", version):
                # The key is the address; the version is in the file and nowhere else.
                version = ""
            if url and "integrity" not in resolution:
                qualifiers = (("download_url", url),)
            found = digests.from_integrity(resolution.get("integrity", ""), self.lines)
            if found or url:
                artifacts = (Artifact(addresses.file_name(tarball) or npm.tarball_name(name, version), url, found),)
        return Package(
            key=key,
            ecosystem=ecosystem,
            name=name,
            version=version,
            locations=(location,),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts if own is None else (),
            edges=edges,
            not_applicable=absent,
            notes=(("npm:patched", "true"),)
            if "patch_hash" in written or parsing.text_of(entry.get("patched")) == "true"
            else (),
            registry=ELSEWHERE if tarball.startswith("file:") else "",
        )

    def _builds(self, entry: dict[str, Any]) -> tuple[Artifact, ...]:
        """Return the files of a runtime, one for each platform."""
        resolution = entry.get("resolution")
        variants = parsing.listed(resolution.get("variants")) if isinstance(resolution, dict) else []
        stated = [parsing.texts(item.get("resolution")) for item in variants if isinstance(item, dict)]
        return tuple(
            Artifact(
                addresses.file_name(facts.get("url", "")),
                addresses.clean(facts.get("url", "")),
                digests.from_integrity(facts.get("integrity", ""), self.lines),
            )
            for facts in stated
        )


def _without_peers(key: str) -> str:
    """Return the key without `(peers)`; a parenthesis never stands in a name or a version."""
    return key.partition("(")[0]


READER = Reader("pnpm", _reads, placed(_read))
