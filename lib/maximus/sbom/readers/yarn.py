"""`yarn.lock`: yarn 1's own notation, and the YAML of berry (yarn 2 and later).

Berry's checksum is of a zip that yarn packs itself: it is kept under its own name and is no file's digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from maximus.errors import Error
from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import (
    Artifact,
    Digest,
    Ecosystem,
    Finding,
    Known,
    Link,
    Location,
    LockFact,
    NotApplicable,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, npm
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s",:][^\s",]*)')
_SHA1 = re.compile(r"#([0-9a-f]{40})$")
_BERRY_KEY = re.compile(r'^(?:"([^"]+)"|([^\s"#][^"]*)):\s*$')
# `name`, `parent/name`, `name@npm:^1.0.0`.
_RESOLUTION = re.compile(r"(?:((?:@[^/@]+/)?[^/@]+)(?:@[^/@]+)?/)?((?:@[^/@]+/)?[^/@]+)(?:@(.+))?")
_LOCAL = ("file:", "link:", "portal:", "workspace:")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "yarn.lock"


def _read(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path).replace("\r\n", "\n")
    if re.search(r"(?m)^__metadata:", text):
        return _Berry(source, text).read()
    return _Classic(source, text).read()


def _split(descriptor: str) -> tuple[str, str]:
    """Return the name and the range of `name@range`; the name may begin with an `@` of its own."""
    at = descriptor.find("@", 1)
    return (descriptor[:at], descriptor[at + 1 :]) if at > 0 else (descriptor, "")


@dataclass(slots=True)
class _Block:
    """One entry of a yarn 1 lock."""

    patterns: list[str]
    line: int
    facts: dict[str, str] = field(default_factory=dict)
    needs: list[tuple[str, str, Scope]] = field(default_factory=list)


def _blocks(text: str, where: str) -> list[_Block]:
    """Return the entries of a yarn 1 lock. Raises Error SBOM005 for a line that is none of its notation."""
    found: list[_Block] = []
    scope: Scope | None = None
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        words = [first or second for first, second in _QUOTED.findall(stripped.removesuffix(":"))]
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0 and stripped.endswith(":") and words:
            found.append(_Block(words, number))
            scope = None
        elif indent == 2 and found and stripped.endswith(":"):  # noqa: PLR2004 - yarn indents by two
            scope = {"dependencies": Scope.RUNTIME, "optionalDependencies": Scope.OPTIONAL}.get(stripped[:-1])
        elif indent == 2 and found and len(words) >= 2:  # noqa: PLR2004 - a name and a value
            found[-1].facts[words[0]] = words[1]
        elif indent >= 4 and found and len(words) >= 2:  # noqa: PLR2004 - a name and a range
            if scope is not None:
                found[-1].needs.append((words[0], words[1], scope))
        else:
            raise parsing.broken(where, "it is not in yarn's notation", number)
    return found


class _Project:
    """What the `package.json` files beside and below a yarn 1 lock say: the lock itself names no project."""

    def __init__(self, source: Source) -> None:
        self.manifests: dict[str, tuple[str, str, dict[str, Any]]] = {}
        """By folder relative to the lock's: name, version and content."""
        root = npm.own_manifest(source, ".")
        if not root[2]:
            return
        self.manifests["."] = root
        stated = root[2].get("workspaces")
        if isinstance(stated, dict):
            stated = stated.get("packages")
        globs = [_glob(text) for text in stated if isinstance(text, str)] if isinstance(stated, list) else []
        prefix = f"{source.folder}/" if source.folder else ""
        for path in source.tree.manifests_below(source.folder, "package.json") if globs else ():
            folder = path.removeprefix(prefix).rpartition("/")[0]
            if folder and any(pattern.fullmatch(folder) for pattern in globs):
                self.manifests[folder] = npm.own_manifest(source, folder)


def _glob(text: str) -> re.Pattern[str]:
    """Return a pattern for a workspace glob; `**` is any number of folders."""
    parts = re.split(r"(\*\*|\*)", text.strip().removeprefix("./").rstrip("/"))
    made = "".join({"**": ".*", "*": "[^/]*"}.get(part) or re.escape(part) for part in parts)
    return re.compile(re.sub(r"(?:\.\*)+", ".*", made))


_Resolutions = dict[tuple[str, str, str], str]


def _resolutions(source: Source) -> _Resolutions:
    """Return what the project puts in the place of what packages ask for: `resolutions` of its `package.json`.

    By parent, name and range; parent and range are empty where it holds for all of them.
    """
    stated = parsing.texts(npm.own_manifest(source, ".")[2].get("resolutions"))
    found = ((_RESOLUTION.fullmatch(key.removeprefix("**/")), text) for key, text in stated.items())
    return {(match[1] or "", match[2], (match[3] or "").removeprefix("npm:")): text for match, text in found if match}


def _resolved(resolutions: _Resolutions, parent: str, name: str, wanted: str) -> list[str]:
    """Return what the project puts in the place of a need, the narrowest first: it counts more than what is asked."""
    if not resolutions:
        return []
    asked = wanted.removeprefix("npm:")
    ways = ((parent, name, asked), (parent, name, ""), ("", name, asked), ("", name, ""))
    return [resolutions[way] for way in ways if way in resolutions]


class _Classic:
    """Yarn 1."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.blocks = _blocks(text, source.path)
        self.lines = DigestLines.of(source.path, text)
        self.by_pattern = {pattern: str(n) for n, block in enumerate(self.blocks) for pattern in block.patterns}
        self.project = _Project(source)
        self.resolutions = _resolutions(source)

    def read(self) -> Reading:
        packages: list[Package] = []
        links: list[Link] = []
        findings: list[Finding] = []
        for number, block in enumerate(self.blocks):
            location = Location(self.source.path, block.line)
            edges = Known.COMPLETE
            parent = _split(block.patterns[0])[0]
            for name, wanted, scope in block.needs:
                target = self._target(name, wanted, parent)
                if target is not None:
                    links.append(Link(str(number), target, scope))
                elif scope is Scope.RUNTIME:
                    edges = Known.INCOMPLETE
                    findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))
            packages.append(self._package(str(number), block, location, edges))
        for folder, (name, version, manifest) in self.project.manifests.items():
            key = f"own:{folder}"
            packages.append(
                Package(
                    key=key,
                    ecosystem=Ecosystem.NPM,
                    name=name,
                    version=version,
                    locations=(Location(self.source.path),),
                    own=self.source.inside(folder),
                )
            )
            for needed, wanted, scope in npm.direct_needs(manifest, own=True):
                target = self._target(needed, wanted, name)
                if target is not None and target != key:
                    links.append(Link(key, target, scope))
        if not self.project.manifests:
            needed_keys = {link.target for link in links}
            links += [Link("", package.key, known=False) for package in packages if package.key not in needed_keys]
        return Reading(tuple(packages), tuple(links), findings=tuple(findings))

    def _target(self, name: str, wanted: str, parent: str) -> str | None:
        for text in (*_resolved(self.resolutions, parent, name, wanted), wanted):
            found = self.by_pattern.get(f"{name}@{text}")
            if found is not None:
                return found
        return next(
            (f"own:{folder}" for folder, manifest in self.project.manifests.items() if manifest[0] == name), None
        )

    def _package(self, key: str, block: _Block, location: Location, edges: Known) -> Package:
        name, wanted = _split(block.patterns[0])
        if wanted.startswith("npm:"):
            name = _split(wanted.removeprefix("npm:"))[0]
        version, resolved = block.facts.get("version", ""), block.facts.get("resolved", "")
        own: str | None = None
        absent: tuple[NotApplicable, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        qualifiers = npm.qualifiers_of(resolved)
        if qualifiers or npm.is_git(resolved):
            absent = (absence.COMMIT_ONLY,)
        elif wanted.startswith(_LOCAL) and not resolved:
            own = self.source.inside(wanted.partition(":")[2])
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
        else:
            found = digests.from_integrity(block.facts.get("integrity", ""), self.lines)
            if not found and (sha1 := _SHA1.search(resolved)):
                # Before integrity there was the address's fragment: the SHA-1 of the same file.
                found = (Digest("SHA-1", sha1[1], self.lines.origin(sha1[1])),)
            url = addresses.clean(resolved)
            if url or found:
                artifacts = (
                    Artifact(
                        addresses.file_name(resolved.partition("#")[0]) or npm.tarball_name(name, version), url, found
                    ),
                )
        return Package(
            key=key,
            ecosystem=Ecosystem.NPM,
            name=name,
            version=version,
            locations=(location,),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts if own is None else (),
            edges=edges,
            not_applicable=absent,
        )


class _Berry:
    """Yarn 2 and later."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        documents = parsing.parse_yaml(source.raw, source.path)
        self.entries: dict[str, dict[str, Any]] = {
            key: parsing.mapping(entry, source.path)
            for document in documents
            for key, entry in document.items()
            if key != "__metadata"
        }
        self.lines = {
            match[1] or match[2]: number
            for number, line in enumerate(text.split("\n"), 1)
            if (match := _BERRY_KEY.match(line))
        }
        self.by_descriptor = {part.strip(): key for key in self.entries for part in key.split(",")}
        self.resolutions = _resolutions(source)

    def read(self) -> Reading:
        packages: list[Package] = []
        links: list[Link] = []
        findings: list[Finding] = []
        for key, entry in self.entries.items():
            location = Location(self.source.path, self.lines.get(key, 0))
            package = self._package(key, entry, location)
            dev = self._dev_names(package)
            meta = entry.get("dependenciesMeta")
            optional = (
                {n for n, facts in meta.items() if isinstance(facts, dict) and facts.get("optional") == "true"}
                if isinstance(meta, dict)
                else set()
            )
            missing = False
            for name, wanted in parsing.texts(entry.get("dependencies")).items():
                target = self._target(name, wanted, package.name)
                if target is None:
                    missing = name not in optional or missing
                    if name not in optional:
                        findings.append(Finding("unresolved", f"{visible(name)} is needed and not locked", location))
                elif target != key:
                    scope = Scope.DEV if name in dev else Scope.OPTIONAL if name in optional else Scope.RUNTIME
                    links.append(Link(key, target, scope))
            if missing:
                import dataclasses  # noqa: PLC0415 - only a damaged lock needs it

                package = dataclasses.replace(package, edges=Known.INCOMPLETE)
            packages.append(package)
        return Reading(tuple(packages), tuple(links), findings=tuple(findings))

    def _target(self, name: str, wanted: str, parent: str) -> str | None:
        for text in (*_resolved(self.resolutions, parent, name, wanted), wanted):
            for descriptor in (f"{name}@{text}", f"{name}@npm:{text}"):
                if descriptor in self.by_descriptor:
                    return self.by_descriptor[descriptor]
        return None

    def _dev_names(self, package: Package) -> frozenset[str]:
        """Return what a workspace needs for development: its lock entry does not tell it from the rest."""
        if package.own is None:
            return frozenset()
        path = f"{package.own}/package.json" if package.own else "package.json"
        raw = self.source.tree.manifest(path)
        if raw is None:
            return frozenset()
        try:
            document = parsing.parse_json(raw, path)
        except Error:
            return frozenset()
        return frozenset(parsing.texts(document.get("devDependencies"))) - frozenset(
            parsing.texts(document.get("dependencies"))
        )

    def _package(self, key: str, entry: dict[str, Any], location: Location) -> Package:
        facts = parsing.texts(entry)
        name, origin = _split(facts.get("resolution", ""))
        version = facts.get("version", "")
        own: str | None = None
        qualifiers: tuple[tuple[str, str], ...] = ()
        absent: tuple[NotApplicable, ...] = ()
        notes: tuple[tuple[str, str], ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        if origin.startswith("patch:"):
            # `patch:name@npm%3A1.0.0#PATCH`: another's package with a change of the project's own.
            inner_name, origin = _split(unquote(origin.removeprefix("patch:").partition("#")[0]))
            name, notes = inner_name, (("npm:patched", "true"),)
        kind, _, place = origin.partition(":")
        if kind == "npm":
            # `npm:other@1.0.0` is an alias: the real name stands in it.
            name = _split(place)[0] if place.find("@", 1) > 0 and not place.startswith("http") else name
            if archive := re.search(r"__archiveUrl=([^&#]+)", place):
                url = addresses.clean(unquote(archive[1]))
                artifacts = (Artifact(addresses.file_name(url), url, ()),) if url else ()
        elif kind in ("workspace", "link", "portal", "file"):
            own = self.source.inside(unquote(place).partition("#")[0].partition("::")[0])
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
            version = "" if version == "0.0.0-use.local" else version
        elif "commit=" in origin or npm.is_git(origin):
            address, _, fragment = origin.partition("#")
            commit = re.search(r"commit=([0-9a-f]{7,64})", fragment)
            if vcs := addresses.vcs_url(address, commit[1] if commit else ""):
                qualifiers = (("vcs_url", vcs),)
            absent = (absence.COMMIT_ONLY,)
        elif url := addresses.clean(origin):
            qualifiers = (("download_url", url),)
            artifacts = (Artifact(addresses.file_name(url), url, ()),)
        checksum = facts.get("checksum", "")
        return Package(
            key=key,
            ecosystem=Ecosystem.NPM,
            name=name,
            version=version,
            locations=(location,),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts if own is None else (),
            facts=(LockFact("yarn:checksum", checksum, location),) if checksum and own is None else (),
            not_applicable=absent,
            notes=notes,
        )


READER = Reader("yarn", _reads, _read)
