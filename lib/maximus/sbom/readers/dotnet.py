"""What .NET resolved, where no `packages.lock.json` says it: `project.assets.json`, `*.deps.json`, central versions.

`project.assets.json` is what `dotnet restore` leaves in `obj`, `NAME.deps.json` what is delivered beside a program.
Their `sha512` is NuGet's content hash, over the package without its signature: it keeps its name.
`Directory.Packages.props` states the least version of what projects may use; it is no lock and says so.
See https://learn.microsoft.com/nuget/consume-packages/central-package-management.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["ASSETS", "CENTRAL", "DEPS"]

_KEY = re.compile(r'\s*"([^"]+)": \{')
_PROPERTY = re.compile(r"\$\(([\w.]+)\)")
_LOCK = "packages.lock.json"
_LONGEST = 200
"""Characters of a version with its properties filled in."""
_NOTHING = Reading((), ())


class _Graph:
    """The packages of a document with `targets` and `libraries`, each of whose keys is `NAME/VERSION`."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self.source = source
        self.lines = keys_of(parsing.decode(source.raw, source.path), _KEY)
        self.libraries = parsing.mapping(document.get("libraries") or {}, source.path)
        self.targets = parsing.mapping(document.get("targets") or {}, source.path)
        self.packages: dict[str, Package] = {}
        self.links: list[Link] = []
        self.findings: list[Finding] = []

    def read(self) -> None:
        """Take in every package of every target, and what they need."""
        for target, value in self.targets.items():
            entries = parsing.mapping(value, self.source.path)
            keys = {key.partition("/")[0].lower(): key for key in entries}
            for key, stated in entries.items():
                entry = parsing.mapping(stated, self.source.path)
                if self._is_package(key, entry):
                    self._take(key)
                for need in parsing.texts(entry.get("dependencies")):
                    self._link(key, entry, keys.get(need.lower()), need, target)

    def _is_package(self, key: str, entry: dict[str, Any]) -> bool:
        library = self.libraries.get(key)
        stated = library if isinstance(library, dict) else entry
        return parsing.text_of(stated.get("type")) == "package"

    def _take(self, key: str) -> None:
        if key in self.packages:
            return
        name, _, version = key.partition("/")
        place = Location(self.source.path, self.lines.get(key, 0))
        library = self.libraries.get(key)
        content = parsing.text_of(library.get("sha512")) if isinstance(library, dict) else ""
        content = content.removeprefix("sha512-")
        facts = (LockFact("nuget:content-hash", visible(content), place),) if content else ()
        self.packages[key] = Package(
            key, Ecosystem.NUGET, name, version, (place,), facts=facts, edges=Known.COMPLETE
        )  # fmt: skip

    def _link(self, key: str, entry: dict[str, Any], target: str | None, need: str, framework: str) -> None:
        if target is None:
            if self._is_package(key, entry):
                text = f"{visible(need)} is needed and not resolved"
                place = Location(self.source.path, self.lines.get(key, 0))
                self.findings.append(Finding("unresolved", text, place, lost=False))
            return
        # What a project of the solution needs, the tree needs.
        source = key if self._is_package(key, entry) else ""
        self.links.append(Link(source, target, marker=framework.partition("/")[0]))

    def reading(self) -> Reading:
        """Return everything that was taken in."""
        kept = [link for link in self.links if link.target in self.packages and link.source in {"", *self.packages}]
        return Reading(tuple(self.packages.values()), tuple(kept), findings=tuple(self.findings))


def _reads_assets(path: str) -> bool:
    return path == "obj/project.assets.json" or path.endswith("/obj/project.assets.json")


def _read_assets(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    project = source.folder.rpartition("/")[0]
    lock = f"{project}/{_LOCK}" if project else _LOCK
    if lock in source.tree.locks:
        # The lock says the same, and lies in the repository; with it a restore changes no document.
        return _NOTHING
    graph = _Graph(source, document)
    graph.read()
    wanted = _wanted(document)
    for target, value in graph.targets.items():
        framework = target.partition("/")[0]
        for key in value if isinstance(value, dict) else ():
            is_private = wanted.get((framework, key.partition("/")[0].lower()))
            if is_private is not None:
                graph.links.append(Link("", key, Scope.DEV if is_private else Scope.RUNTIME, marker=framework))
    return graph.reading()


def _wanted(document: dict[str, Any]) -> dict[tuple[str, str], bool]:
    """Return what the project itself asks for, by framework and name, and whether it keeps that to itself."""
    found = {}
    project = document.get("project")
    frameworks = project.get("frameworks") if isinstance(project, dict) else None
    for framework, stated in frameworks.items() if isinstance(frameworks, dict) else ():
        asked = stated.get("dependencies") if isinstance(stated, dict) else None
        for name, entry in asked.items() if isinstance(asked, dict) else ():
            private = parsing.texts(entry).get("suppressParent", "") == "All"
            found[framework, name.lower()] = private
    return found


def _read_deps(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    if "libraries" not in document or "runtimeTarget" not in document:
        return _NOTHING
    graph = _Graph(source, document)
    graph.read()
    return graph.reading()


def _read_central(source: Source) -> Reading:
    if any(lock.rpartition("/")[2] == _LOCK and _is_below(lock, source.folder) for lock in source.tree.locks):
        # The locks of the projects say what these became.
        return _NOTHING
    root = parsing.parse_xml(source.raw, source.path)
    properties = {child.name: child.text for group in root.all("PropertyGroup") for child in group.children}
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for number, element in enumerate(child for group in root.all("ItemGroup") for child in group.children):
        if element.name not in ("PackageVersion", "GlobalPackageReference"):
            continue
        place = Location(source.path, element.line)
        name = element.attributes.get("Include") or element.attributes.get("Update", "")
        written = element.attributes.get("Version") or element.first("Version")
        # Cut before they are put together: a text may name a property hundreds of times.
        version = _PROPERTY.sub(lambda found: properties.get(found[1], found[0])[:_LONGEST], written[:_LONGEST])
        version = version[:_LONGEST].strip()
        exact = re.fullmatch(r"\[?([^\[\](),*$]+)\]?", version)
        if exact is None:
            text = f"{visible(name)} names no {f'exact version: {visible(version)}' if version else 'version'}"
            findings.append(Finding("unpinned", text, place))
            continue
        # A global reference is for analysers and the like: nothing of it reaches who uses the project.
        scope = Scope.DEV if element.name == "GlobalPackageReference" else Scope.RUNTIME
        key = str(number)
        packages.append(Package(key, Ecosystem.NUGET, name, exact[1], (place,), scopes=(scope,), edges=Known.UNKNOWN))
        links.append(Link("", key, scope, known=False))
    if packages:
        text = "central versions are the least that is asked for, and what they need is not locked"
        findings.append(Finding("not-locked", text, Location(source.path), lost=False))
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


ASSETS = Reader("project.assets", _reads_assets, _read_assets)
DEPS = Reader("deps.json", lambda path: path.endswith(".deps.json"), _read_deps)
CENTRAL = Reader(
    "Directory.Packages.props", lambda path: path.rpartition("/")[2] == "Directory.Packages.props", _read_central
)
