"""`dependencies.lock`: what Nebula's plugin for Gradle locks, one object a configuration, with who brings what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Known, Link, Location, Package, Reading
from maximus.sbom.readers import gradle
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.maven import moves_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_MODULE = re.compile(r'\s*"([^":]+:[^":]+)"\s*:')


def _read(source: Source) -> Reading:
    if source.raw.lstrip()[:1] != b"{" or b'"locked"' not in source.raw:
        # Other tools have files of this name.
        return Reading((), ())
    document = parsing.parse_json(source.raw, source.path)
    places = _places(parsing.decode(source.raw, source.path))
    files, findings = gradle.verified_files(source)
    packages: list[Package] = []
    links: list[Link] = []
    for configuration, value in document.items():
        scope = gradle.scope_of([configuration])
        entries = value if isinstance(value, dict) else {}
        locked = {name: version for name, entry in entries.items() if (version := parsing.texts(entry).get("locked"))}
        for name, version in locked.items():
            key = f"{configuration}/{name}"
            packages.append(
                Package(
                    key,
                    Ecosystem.MAVEN,
                    name,
                    version,
                    (Location(source.path, places.get((configuration, name), 0)),),
                    moves=moves_of(version),
                    artifacts=files.get((name, version), ()),
                    scopes=(scope,),
                    edges=Known.INCOMPLETE,
                )
            )
            parents = [text for text in parsing.listed(entries[name].get("transitive")) if isinstance(text, str)]
            links += [Link(f"{configuration}/{parent}", key, scope) for parent in parents if parent in locked]
            # Who brings it may be a project of the tree, which is not locked; without anybody it is asked for.
            if not parents or any(parent not in locked for parent in parents):
                links.append(Link("", key, scope))
    also = (gradle.verification_of(source),) if files else ()
    return Reading(tuple(packages), tuple(links), findings=tuple(findings), also_read=also)


def _places(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each module by its configuration, as the plugin writes them: one key a line."""
    found: dict[tuple[str, str], int] = {}
    configuration = ""
    for number, line in enumerate(text.split("\n"), 1):
        if match := _MODULE.match(line):
            found.setdefault((configuration, match[1]), number)
        elif line.rstrip().endswith("{") and line.lstrip().startswith('"'):
            configuration = line.split('"')[1]
    return found


READER = Reader("nebula", lambda path: path.rpartition("/")[2] == "dependencies.lock", _read)
