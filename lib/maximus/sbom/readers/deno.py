"""`deno.lock`, versions 2 to 5: packages of npm and of JSR, and files from anywhere by their address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.counting import counted
from maximus.errors import Error
from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import npm
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of
from maximus.sbom.readers.npm_registries import placed

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r'\s+"([^"]+)": \{')
# `@scope/name@1.2.3_peer@4.0.0`: what follows the underscore says with which peers it was resolved.
_NPM = re.compile(r"(@[^/@]+/[^@]+|[^@]+)@([^_]+)(?:_.*)?", re.DOTALL)
_JSR = re.compile(r"@([^/@]+)/([^@/]+)@(.+)", re.DOTALL)


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    return _Lock(source, document, DigestLines.of(source.path, text), keys_of(text, _KEY)).read()


_NEEDS = (
    ("dependencies", Scope.RUNTIME),
    ("optionalDependencies", Scope.OPTIONAL),
    ("optionalPeers", Scope.PEER),
)


class _Lock:
    """One lock, read."""

    def __init__(self, source: Source, document: dict[str, Any], lines: DigestLines, places: dict[str, int]) -> None:
        # Version 3 keeps the packages one level deeper; version 2 knows those of npm alone, and puts them elsewhere.
        inner, first = document.get("packages"), document.get("npm")
        self.holder = inner if isinstance(inner, dict) else document
        if str(document.get("version")) == "2" and isinstance(first, dict):
            asked = parsing.texts(first.get("specifiers"))
            self.holder = {
                "specifiers": {f"npm:{name}": f"npm:{key}" for name, key in asked.items()},
                "npm": first.get("packages"),
            }
        self.document = document
        self.source = source
        self.lines = lines
        self.places = places
        self.specifiers = parsing.texts(self.holder.get("specifiers"))
        self.names = {kind: self._by_name(kind) for kind in ("npm", "jsr")}
        self.findings: list[Finding] = []
        self.links: list[Link] = []

    def _by_name(self, kind: str) -> dict[str, str]:
        """Return the first key of each name."""
        entries = self.holder.get(kind)
        found: dict[str, str] = {}
        for key in entries if isinstance(entries, dict) else ():
            at = key.find("@", 1)
            found.setdefault(key[:at] if at > 0 else key, key)
        return found

    def read(self) -> Reading:
        packages: list[Package] = []
        for kind, make in (("npm", self._npm), ("jsr", self._jsr)):
            entries = self.holder.get(kind)
            for key, value in (entries if isinstance(entries, dict) else {}).items():
                entry = parsing.mapping(value, self.source.path)
                place = Location(self.source.path, self.places.get(key, 0))
                if made := make(key, entry, place):
                    packages.append(made)
        keys = {package.key for package in packages}
        for package in packages:
            kind, _, key = package.key.partition(":")
            entry = self.holder[kind][key]
            for field, scope in _NEEDS:
                for need in self._needs(kind, entry.get(field)):
                    if need in keys:
                        self.links.append(Link(package.key, need, scope))
        asked = self._asked()
        needed = {link.target for link in self.links}
        dev = self._only_developed_with() if asked else frozenset()
        self.links += [
            Link("", key, Scope.DEV if key in dev else Scope.RUNTIME, known=key in asked)
            for key in sorted(keys)
            if key in asked or key not in needed
        ]
        if remote := parsing.texts(self.document.get("remote")):
            text = f"{counted(len(remote), 'file')} taken from an address and not from a package, without a version"
            self.findings.append(Finding("ignored", text, Location(self.source.path), lost=False))
        return Reading(tuple(packages), tuple(self.links), findings=tuple(self.findings))

    def _npm(self, key: str, entry: dict[str, Any], place: Location) -> Package | None:
        named = _NPM.fullmatch(key)
        if named is None:
            self.findings.append(Finding("ignored", f"{visible(key)} is no package of npm", place))
            return None
        found = digests.from_integrity(parsing.text_of(entry.get("integrity")), self.lines)
        url = addresses.clean(parsing.text_of(entry.get("tarball")))
        artifacts = (Artifact(npm.tarball_name(named[1], named[2]), url, found),) if found else ()
        return Package(f"npm:{key}", Ecosystem.NPM, named[1], named[2], (place,), artifacts=artifacts)

    def _jsr(self, key: str, entry: dict[str, Any], place: Location) -> Package | None:
        named = _JSR.fullmatch(key)
        if named is None:
            self.findings.append(Finding("ignored", f"{visible(key)} is no package of JSR", place))
            return None
        # The digest is of the list of the package's files, and not of a file that is distributed.
        integrity = parsing.text_of(entry.get("integrity"))
        fact = (LockFact("jsr:manifest-sha256", visible(integrity), place),) if integrity else ()
        return Package(f"jsr:{key}", Ecosystem.GENERIC, f"jsr/{named[1]}/{named[2]}", named[3], (place,), facts=fact,
                       edges=Known.COMPLETE)  # fmt: skip

    def _needs(self, kind: str, value: object) -> list[str]:
        """Return the keys of what an entry needs, in any of the spellings of the versions."""
        stated = list(value.values()) if isinstance(value, dict) else parsing.listed(value)
        names = [item for item in stated if isinstance(item, str)]
        return [key for name in names for key in self._key_of(kind, name)]

    def _key_of(self, kind: str, name: str) -> list[str]:
        if name.startswith(("npm:", "jsr:")):
            return [self._resolved(name)]
        if name in self.names[kind]:
            # From version 4 on a name alone stands for the only version there is.
            return [f"{kind}:{self.names[kind][name]}"]
        return [f"{kind}:{name}"]

    def _resolved(self, specifier: str) -> str:
        """Return the key that a specifier such as `npm:chalk@5` was resolved to."""
        kind, _, rest = specifier.partition(":")
        found = self.specifiers.get(specifier, "")
        if found.startswith(f"{kind}:"):
            return found
        at = rest.find("@", 1)
        if not found:
            # Without a version it is the only one that there is, as for npm.
            return f"{kind}:{self.names[kind].get(rest, rest)}" if kind in self.names else specifier
        return f"{kind}:{rest[:at] if at > 0 else rest}@{found}"

    def _asked(self) -> set[str]:
        """Return the keys of what the project and its members ask for; without these, of all that has a specifier."""
        workspace = self.document.get("workspace")
        stated: list[Any] = []
        if isinstance(workspace, dict):
            members = workspace.get("members")
            parts = [workspace, *(members.values() if isinstance(members, dict) else ())]
            for part in parts:
                if isinstance(part, dict):
                    package = part.get("packageJson")
                    stated += parsing.listed(part.get("dependencies"))
                    stated += parsing.listed(package.get("dependencies")) if isinstance(package, dict) else []
        names = [item for item in stated if isinstance(item, str)] or sorted(self.specifiers)
        return {self._resolved(name) for name in names}

    def _only_developed_with(self) -> frozenset[str]:
        """Return the keys of what a `package.json` beside the lock, or a member's, asks for only for development.

        The lock lists what such a file asks for and does not say for what.
        """
        workspace = self.document.get("workspace")
        members = workspace.get("members") if isinstance(workspace, dict) else None
        folders = ["", *(f"{name}/" for name in members)] if isinstance(members, dict) else [""]
        asked: dict[str, set[str]] = {"dependencies": set(), "optionalDependencies": set(), "devDependencies": set()}
        for folder in folders:
            path = self.source.inside(f"{folder}package.json")
            raw = self.source.tree.manifest(path) if path is not None else None
            try:
                document = parsing.parse_json(raw, "package.json") if raw is not None else {}
            except Error:
                # Whoever installs will be told; the lock says the rest.
                continue
            for field, found in asked.items():
                for name, value in parsing.texts(document.get(field)).items():
                    found.add(self._resolved(value if value.startswith("npm:") else f"npm:{name}@{value}"))
        return frozenset(asked["devDependencies"] - asked["dependencies"] - asked["optionalDependencies"])


READER = Reader("deno", lambda path: path.rpartition("/")[2] == "deno.lock", placed(_read))
