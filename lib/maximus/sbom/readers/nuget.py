"""`packages.lock.json`, `packages.config` and `paket.lock`: .NET's packages.

`contentHash` is a SHA-512 over the package without its signature, so of no file that is distributed: it goes
out under its own name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import references
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["CONFIG", "LOCK", "PAKET"]

_KEY = re.compile(r'\s*"([^"]+)": \{')
# A repository has no file before its commit.
_PAKET_SPEC = re.compile(r" {4}(?! {2})((?! )\S+)?(?: \(([^()]+)\)|$)")
_PAKET_NEED = re.compile(r" {6}(?! )(\S+)")


def _read_lock(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    lines = keys_of(parsing.decode(source.raw, source.path), _KEY)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    frameworks = parsing.mapping(document.get("dependencies") or {}, source.path)
    for framework, value in frameworks.items():
        entries = parsing.mapping(value, source.path)
        # Of a platform (`net8.0/linux-x64`) stands only what differs; the rest is that of the framework itself.
        general = framework.partition("/")[0]
        shared = parsing.mapping(frameworks.get(general) or {}, source.path)
        keys = {name.lower(): f"{general}/{name}" for name in shared}
        keys |= {name.lower(): f"{framework}/{name}" for name in entries}
        for name, stated in entries.items():
            entry = parsing.mapping(stated, source.path)
            kind, place = parsing.text_of(entry.get("type")), Location(source.path, lines.get(name, 0))
            key = f"{framework}/{name}"
            known = Known.COMPLETE
            for need in parsing.texts(entry.get("dependencies")):
                if need.lower() in keys:
                    links.append(Link(key, keys[need.lower()], marker=framework))
                else:
                    known = Known.INCOMPLETE
                    findings.append(Finding("unresolved", f"{visible(need)} is needed and not locked", place))
            if kind == "Project":
                # Another project of the solution: what it needs stands here, what it is does not.
                links += [Link("", keys[need.lower()], marker=framework)
                          for need in parsing.texts(entry.get("dependencies")) if need.lower() in keys]  # fmt: skip
                continue
            if kind == "Direct":
                links.append(Link("", key, marker=framework))
            content = parsing.text_of(entry.get("contentHash"))
            packages.append(
                Package(
                    key,
                    Ecosystem.NUGET,
                    name,
                    parsing.text_of(entry.get("resolved")),
                    (place,),
                    facts=(LockFact("nuget:content-hash", visible(content), place),) if content else (),
                    edges=known,
                )
            )
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _read_config(source: Source) -> Reading:
    root = parsing.parse_xml(source.raw, source.path)
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, element in enumerate(root.all("package")):
        place = Location(source.path, element.line)
        name, version = element.attributes.get("id", ""), element.attributes.get("version", "")
        if not version:
            findings.append(Finding("unpinned", f"{visible(name)} names no exact version", place))
            continue
        scope = Scope.DEV if element.attributes.get("developmentDependency", "").lower() == "true" else Scope.RUNTIME
        packages.append(
            Package(str(number), Ecosystem.NUGET, name, version, (place,), scopes=(scope,), edges=Known.UNKNOWN)
        )
        # The list is flat: which of them the project itself uses is not told.
        links.append(Link("", str(number), scope, known=False))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _read_paket(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path).replace("\r\n", "\n")
    packages: dict[str, Package] = {}
    needs: list[tuple[str, str]] = []
    findings: list[Finding] = []
    group, section, remote, last = "", "", "", ""
    for number, line in enumerate(text.split("\n"), 1):
        place = Location(source.path, number)
        if line.startswith("GROUP "):
            group, last = line.removeprefix("GROUP ").strip(), ""
        elif line and not line.startswith(" "):
            section, remote, last = line.strip(), "", ""
        elif line.startswith("  remote: "):
            remote = line.removeprefix("  remote: ").strip()
        elif last and (need := _PAKET_NEED.match(line)):
            needs.append((last, f"{group}/{need[1]}".lower()))
        elif (found := _PAKET_SPEC.match(line)) and (found[2] or section != "NUGET"):
            scopes = (Scope.DEV,) if group.lower() in ("build", "test") else ()
            made: Package | None
            if section == "NUGET":
                key = f"{group}/{found[1]}".lower()
                made = Package(key, Ecosystem.NUGET, found[1] or "", found[2], (place,), edges=Known.COMPLETE)
            else:
                key = f"{group}/{number}"
                made = _paket_file(key, section, remote, found[1] or "", found[2] or "", place)
            last = key if made else ""
            if made is None:
                what = f"{visible(found[1] or '')} of {visible(remote)}".removeprefix(" of ")
                findings.append(Finding("unpinned", f"{what} names no commit", place))
            else:
                packages.setdefault(key, replace(made, scopes=scopes))
    needed = {target for _, target in needs}
    links = [Link(start, target) for start, target in needs if target in packages]
    # `paket.dependencies` says what is asked for; what nothing else needs must be, the rest may be.
    links += [Link("", key, known=key not in needed) for key in sorted(packages)]
    return Reading(tuple(packages.values()), tuple(links), findings=tuple(findings))


def _paket_file(  # noqa: PLR0913, PLR0917 - the parts of one entry
    key: str, section: str, remote: str, file: str, commit: str, place: Location
) -> Package | None:
    """Return the repository at a commit that a file, or all of it, is taken from; None where it is no such thing."""
    address = f"https://github.com/{remote}" if section == "GITHUB" else remote if section == "GIT" else ""
    # Behind the commit may stand what builds it.
    commit = commit.partition(" ")[0]
    made = references.repository(address, commit, key, place) if references.COMMIT.fullmatch(commit) else None
    return replace(made, subpath=file) if made else None


LOCK = Reader("nuget", lambda path: path.rpartition("/")[2] == "packages.lock.json", _read_lock)
CONFIG = Reader("packages.config", lambda path: path.rpartition("/")[2].lower() == "packages.config", _read_config)
PAKET = Reader("paket", lambda path: path.rpartition("/")[2] == "paket.lock", _read_paket)
