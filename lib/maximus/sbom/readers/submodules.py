"""`.gitmodules`: repositories inside the repository; their commits stand in git itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Finding, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import references
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_HEADER = re.compile(r'\s*\[submodule "((?:[^"\\]|\\.)*)"\]\s*$')
_SETTING = re.compile(r'\s*(path|url)\s*=\s*("?)(.*?)\2\s*$')


def _read(source: Source) -> Reading:
    found: list[tuple[int, dict[str, str]]] = []
    lines = parsing.decode(source.raw, source.path).replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if _HEADER.match(line):
            found.append((number, {}))
        elif found and (setting := _SETTING.match(line)):
            found[-1][1][setting[1]] = setting[3]
    packages: list[Package] = []
    findings: list[Finding] = []
    for number, settings in found:
        place = Location(source.path, number)
        path, url = settings.get("path", ""), settings.get("url", "")
        commit = source.tree.gitlinks.get(path, "")
        made = references.repository(url, commit, path, place)
        if made is None:
            # Relative to one that is not known.
            text = f"{visible(path)} comes from {visible(url)}, which is no address of its own"
            findings.append(Finding("unresolved", text, place))
            continue
        if not commit:
            findings.append(Finding("unpinned", f"{visible(path)} is at no known commit", place, lost=False))
        packages.append(replace(made, notes=(("folder", visible(path)),)))
    links = tuple(Link("", package.key) for package in packages)
    return Reading(tuple(packages), links, findings=tuple(findings))


READER = Reader("submodules", lambda path: path == ".gitmodules", _read)
