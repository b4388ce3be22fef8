"""`*.versions.toml`: Gradle's version catalogs. They are no lock; ranges and what has no version are said.

A catalog states the least version of what the projects of a build may use, as `Directory.Packages.props` does for .NET.
See https://docs.gradle.org/current/userguide/version_catalogs.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import gradle
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.maven import moves_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_TABLE = re.compile(r"\[([\w.-]+)\]\s*(?:#.*)?")
_KEY = re.compile(r"([\w-]+|\"[^\"]*\")\s*[=.]")
# `1.+`, `latest.release`, `[1,2)`, `]1,2[`.
_RANGE = re.compile(r"[\[\](),]|\+$|^latest\.")
_RICH = ("strictly", "require", "prefer")


def _read(source: Source) -> Reading:
    if any(gradle.READER.reads(lock) and _is_below(lock, _build(source)) for lock in source.tree.locks):
        # The locks of the projects say what these became.
        return Reading((), ())
    document = parsing.parse_toml(source.raw, source.path)
    places = _places(parsing.decode(source.raw, source.path))
    versions = _table(document, "versions")
    files, findings = gradle.verified_files(source)
    packages: list[Package] = []
    links: list[Link] = []
    for table, scope in (("libraries", Scope.RUNTIME), ("plugins", Scope.BUILD)):
        for alias, entry in _table(document, table).items():
            place = Location(source.path, places.get((table, alias), 0))
            name, version = (_library if table == "libraries" else _plugin)(entry, versions)
            if not version or _RANGE.search(version):
                what = f"exact version: {visible(version)}" if version else "version; a platform or a plugin has it"
                findings.append(Finding("unpinned", f"{visible(name or alias)} names no {what}", place))
                continue
            key = f"{table}/{alias}"
            packages.append(
                Package(
                    key,
                    Ecosystem.MAVEN,
                    name,
                    version,
                    (place,),
                    moves=moves_of(version),
                    artifacts=files.get((name, version), ()),
                    scopes=(scope,),
                    edges=Known.UNKNOWN,
                )
            )
            links.append(Link("", key, scope, known=False))
    if packages:
        text = "a catalog states the least versions of what may be asked for, and what they need is not locked"
        findings.append(Finding("not-locked", text, Location(source.path), lost=False))
    also = (gradle.verification_of(source),) if files else ()
    return Reading(tuple(packages), tuple(links), findings=tuple(findings), also_read=also)


def _build(source: Source) -> str:
    """Return the folder of the build that a catalog is of: it lies in its folder `gradle`."""
    return f"/{source.folder}".removesuffix("/gradle").removeprefix("/")


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _places(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each alias by its table."""
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if match := _TABLE.fullmatch(line.strip()):
            table = match[1]
        elif match := _KEY.match(line.lstrip()):
            found.setdefault((table, match[1].strip('"')), number)
    return found


def _library(entry: object, versions: dict[str, Any]) -> tuple[str, str]:
    """Return `group:name` and the version of a library, which is `group:name:version` or a table."""
    if isinstance(entry, str):
        group, _, rest = entry.partition(":")
        name, _, version = rest.partition(":")
        return f"{group}:{name}", version
    stated = parsing.texts(entry)
    name = stated.get("module") or f"{stated.get('group', '')}:{stated.get('name', '')}"
    return name, _version(entry, versions)


def _plugin(entry: object, versions: dict[str, Any]) -> tuple[str, str]:
    """Return the module that a plugin is published as, its marker, and its version."""
    if isinstance(entry, str):
        name, _, version = entry.partition(":")
    else:
        name, version = parsing.texts(entry).get("id", ""), _version(entry, versions)
    return f"{name}:{name}.gradle.plugin", version


def _version(entry: object, versions: dict[str, Any]) -> str:
    """Return the version that an entry states itself or by a name in `versions`; of a rich one the strictest part."""
    stated = entry.get("version") if isinstance(entry, dict) else None
    if isinstance(stated, dict) and "ref" in stated:
        stated = versions.get(parsing.text_of(stated["ref"]))
    if isinstance(stated, dict):
        rich = parsing.texts(stated)
        named = [rich[part] for part in _RICH if rich.get(part)]
        # A range with a preference inside it: that one is taken unless something else asks for more.
        return next((version for version in named if not _RANGE.search(version)), named[0] if named else "")
    return parsing.text_of(stated)


READER = Reader("gradle-catalog", lambda path: path.endswith(".versions.toml"), _read)
