"""`Gemfile.lock` and `gems.locked`: what Bundler writes, told by indentation.

The digests are in a section of their own, which only Bundler 2.5 and newer write, and only when asked to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_HEADING = re.compile(r"(?m)^(?:GEM|GIT|PATH|PLUGIN SOURCE|PLATFORMS|DEPENDENCIES)[ \t]*$")
_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_SPEC = re.compile(r" {4}(?! )(\S+) \(([^()]+)\)$")
_NEED = re.compile(r" {6}(?! )([^\s(!]+)(?: \([^()]*\))?!?$")
_ASKED = re.compile(r" {2}(?! )([^\s(!]+)(?: \([^()]*\))?!?$")
_CHECKSUM = re.compile(r" {2}(?! )(\S+) \(([^()]+)\)(?: (\S+))?$")
_SETTING = re.compile(r" {2}(?! )([a-z]+): (.*)$")


def _reads(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in ("Gemfile.lock", "Gemfile.next.lock", "gems.locked")


@dataclass(slots=True)
class _Spec:
    """One gem as a section states it."""

    name: str
    version: str
    platform: str
    line: int
    section: str
    settings: dict[str, str]
    needs: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What the lock calls it in its checksums."""
        return f"{self.name} {self.version}{f'-{self.platform}' if self.platform else ''}"


def _read(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path).replace("\r\n", "\n")
    specs, asked, checksums = _sections(text)
    if not specs and not _HEADING.search(text):
        raise parsing.broken(source.path, "it has no section of a lock")
    lines = DigestLines.of(source.path, text.replace("sha256=", "sha256:"))
    by_name: dict[str, list[_Spec]] = {}
    for spec in specs:
        by_name.setdefault(spec.name, []).append(spec)
    findings: list[Finding] = []
    links: list[Link] = []
    packages = []
    for spec in specs:
        known = Known.COMPLETE
        for need in spec.needs:
            targets = by_name.get(need, [])
            # Bundler is not locked by itself; it stands among the needs of many gems.
            if not targets and need != "bundler":
                known = Known.INCOMPLETE
                place = Location(source.path, spec.line)
                findings.append(Finding("unresolved", f"{visible(need)} is needed and not locked", place))
            links += [Link(spec.key, target.key) for target in targets]
        packages.append(_package(source, spec, known, checksums.get(spec.key, ""), lines))
    links += [Link("", spec.key) for name in asked for spec in by_name.get(name, [])]
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _sections(text: str) -> tuple[list[_Spec], list[str], dict[str, str]]:
    """Return the gems, the names that the project asks for, and the checksums by what they are of."""
    section, settings = "", dict[str, str]()
    specs: list[_Spec] = []
    asked: list[str] = []
    checksums: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith(" "):
            section, settings = line.strip(), {}
        elif section in _SOURCES:
            if found := _SPEC.match(line):
                version, _, platform = found[2].partition("-")
                specs.append(_Spec(found[1], version, platform, number, section, settings))
            elif specs and (found := _NEED.match(line)):
                specs[-1].needs.append(found[1])
            elif found := _SETTING.match(line):
                settings[found[1]] = found[2].strip()
        elif section == "DEPENDENCIES" and (found := _ASKED.match(line)):
            asked.append(found[1])
        elif section == "CHECKSUMS" and (found := _CHECKSUM.match(line)) and found[3]:
            checksums[f"{found[1]} {found[2]}"] = found[3]
    return specs, asked, checksums


def _package(source: Source, spec: _Spec, known: Known, checksum: str, lines: DigestLines) -> Package:
    own: str | None = None
    absent: tuple[NotApplicable, ...] = ()
    qualifiers: list[tuple[str, str]] = [("platform", spec.platform)] if spec.platform else []
    if spec.section == "PATH":
        own = source.inside(spec.settings.get("remote", ""))
        absent = (absence.OUTSIDE_TREE,) if own is None else ()
    elif spec.section in ("GIT", "PLUGIN SOURCE"):
        if vcs := addresses.vcs_url(spec.settings.get("remote", ""), spec.settings.get("revision", "")):
            qualifiers.append(("vcs_url", vcs))
        absent = (absence.COMMIT_ONLY,)
    # One or more, of different algorithms.
    written = (digests.from_pair(one.replace("=", ":", 1), lines) for one in checksum.split(","))
    known_ones = tuple(digest for digest in written if digest)
    suffix = f"-{spec.platform}" if spec.platform else ""
    return Package(
        key=spec.key,
        ecosystem=Ecosystem.GEM,
        name=spec.name,
        version=spec.version,
        locations=(Location(source.path, spec.line),),
        own=own,
        qualifiers=tuple(qualifiers),
        artifacts=(Artifact(f"{spec.name}-{spec.version}{suffix}.gem", "", known_ones),)
        if known_ones and not absent
        else (),
        edges=known,
        not_applicable=absent,
    )


READER = Reader("bundler", _reads, _read)
