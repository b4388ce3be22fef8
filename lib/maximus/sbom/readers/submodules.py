"""`.gitmodules`: repositories inside the repository; their commits stand in git itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from maximus.sbom import addresses, parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_HEADER = re.compile(r'\s*\[submodule "((?:[^"\\]|\\.)*)"\]\s*$')
_SETTING = re.compile(r"\s*(path|url)\s*=\s*(.*?)\s*$")


def _read(source: Source) -> Reading:
    found: list[tuple[int, dict[str, str]]] = []
    lines = parsing.decode(source.raw, source.path).replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if _HEADER.match(line):
            found.append((number, {}))
        elif found and (setting := _SETTING.match(line)):
            found[-1][1][setting[1]] = setting[2]
    packages: list[Package] = []
    findings: list[Finding] = []
    for number, settings in found:
        place = Location(source.path, number)
        path, url = settings.get("path", ""), settings.get("url", "")
        commit = source.tree.gitlinks.get(path, "")
        made = _package(path, url, commit, place)
        if made is None:
            text = f"{visible(path)} comes from {visible(url)}, which is no address of its own"
            findings.append(Finding("unresolved", text, place))
            continue
        if not commit:
            findings.append(Finding("unpinned", f"{visible(path)} is at no known commit", place, lost=False))
        packages.append(made)
    links = tuple(Link("", package.key) for package in packages)
    return Reading(tuple(packages), links, findings=tuple(findings))


def _package(path: str, url: str, commit: str, place: Location) -> Package | None:
    """Return the package of a submodule; None where its address is relative to one that is not known."""
    vcs = addresses.vcs_url(url, commit)
    if not vcs:
        return None
    parts = urlsplit(addresses.vcs_url(url, "").removeprefix("git+"))
    name = parts.path.strip("/").removesuffix(".git")
    on_github = parts.hostname == "github.com"
    return Package(
        key=path,
        ecosystem=Ecosystem.GITHUB if on_github else Ecosystem.GENERIC,
        name=name.lower() if on_github else f"{parts.hostname}/{name}",
        version=commit,
        locations=(place,),
        qualifiers=() if on_github else (("vcs_url", vcs),),
        edges=Known.UNKNOWN,
        not_applicable=(absence.COMMIT_ONLY,),
        notes=(("folder", visible(path)),),
    )


READER = Reader("submodules", lambda path: path == ".gitmodules", _read)
