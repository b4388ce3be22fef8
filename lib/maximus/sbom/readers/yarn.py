"""`yarn.lock`: yarn 1's own notation here, and the YAML of berry (yarn 2 and later) in `yarn_berry`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import (
    ELSEWHERE,
    Artifact,
    Digest,
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
from maximus.sbom.readers.yarn_berry import read_berry
from maximus.sbom.readers.yarn_resolutions import resolutions_of, resolved, split

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s",:][^\s",]*)')
_SHA1 = re.compile(r"#([0-9a-f]{40})$")
_LOCAL = ("file:", "link:", "portal:", "workspace:")


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "yarn.lock"


def _read(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path).replace("\r\n", "\n")
    if re.search(r"(?m)^__metadata:", text):
        return read_berry(source, text)
    return _Classic(source, text).read()


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


class _Classic:
    """Yarn 1."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.blocks = _blocks(text, source.path)
        self.lines = DigestLines.of(source.path, text)
        self.by_pattern = {pattern: str(n) for n, block in enumerate(self.blocks) for pattern in block.patterns}
        self.project = _Project(source)
        self.resolutions = resolutions_of(source)

    def read(self) -> Reading:
        packages: list[Package] = []
        links: list[Link] = []
        findings: list[Finding] = []
        for number, block in enumerate(self.blocks):
            location = Location(self.source.path, block.line)
            edges = Known.COMPLETE
            parent = split(block.patterns[0])[0]
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
        for text in (*resolved(self.resolutions, parent, name, wanted), wanted):
            found = self.by_pattern.get(f"{name}@{text}")
            if found is not None:
                return found
        return next(
            (f"own:{folder}" for folder, manifest in self.project.manifests.items() if manifest[0] == name), None
        )

    def _package(self, key: str, block: _Block, location: Location, edges: Known) -> Package:
        name, wanted = split(block.patterns[0])
        if wanted.startswith("npm:"):
            name = split(wanted.removeprefix("npm:"))[0]
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
            if url and not found and "/" in wanted and not wanted.startswith("npm:"):
                # `owner/name` and addresses: whatever the registry has under this name is another package.
                qualifiers = (("download_url", url),)
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
            registry=ELSEWHERE if wanted.startswith(_LOCAL) else "",
        )


READER = Reader("yarn", _reads, _read)
