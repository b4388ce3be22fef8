"""`ivy.xml`: what a project of Ivy asks for directly. It is no lock; ranges and `latest` are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_INEXACT = re.compile(r"latest\.\w+|.*\+|.*[\[\](),$].*")


def _read(source: Source) -> Reading:
    root = parsing.parse_xml(source.raw, source.path)
    if root.name != "ivy-module":
        return Reading((), ())
    info = next(iter(root.all("info")), None)
    stated = info.attributes if info is not None else {}
    organisation = stated.get("organisation", "")
    packages = [
        Package(
            "own",
            Ecosystem.MAVEN,
            f"{organisation}:{stated.get('module', '')}",
            stated.get("revision", ""),
            (Location(source.path, root.line),),
            own=source.folder,
            edges=Known.INCOMPLETE,
        )
    ]
    links: list[Link] = []
    findings: list[Finding] = []
    for key, element in enumerate(root.all("dependencies", "dependency")):
        place = Location(source.path, element.line)
        # Without `org` a module is of the project's own organisation.
        name = f"{element.attributes.get('org') or organisation}:{element.attributes.get('name', '')}"
        version = element.attributes.get("rev", "")
        if not version or _INEXACT.fullmatch(version):
            text = f"{visible(name)} names no {f'exact version: {visible(version)}' if version else 'version'}"
            findings.append(Finding("unpinned", text, place))
            continue
        configuration = element.attributes.get("conf", "").partition("->")[0].strip()
        scope = Scope.TEST if configuration == "test" else Scope.RUNTIME
        packages.append(Package(str(key), Ecosystem.MAVEN, name, version, (place,), edges=Known.UNKNOWN))
        links.append(Link("own", str(key), scope))
    if links:
        text = "an ivy.xml names only direct dependencies; what they need is not locked"
        findings.append(Finding("not-locked", text, Location(source.path), lost=False))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


READER = Reader("ivy", lambda path: path.rpartition("/")[2] == "ivy.xml", _read)
