"""`go.mod` with the `go.sum` beside it.

`go.mod` lists what is needed directly and, from Go 1.17 on, everything else that is built (`// indirect`). Who
needs the latter stands in the modules' own `go.mod` files, which are not in the tree. `h1:` is a hash over a
list of files and no file's digest: it keeps its name. A module without one for its zip is not built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.limits import MAX_LOCK
from maximus.sbom.model import (
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
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER", "parse_module"]

_OUTSIDE = NotApplicable("Component Hash Value", "replaced by a folder outside the tree; no file is distributed")
_LISTS_ALL = (1, 17)
"""From this version on `go.mod` lists everything that is built."""
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\(|\)|=>|[^\s()"`]+)')


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "go.mod"


@dataclass(frozen=True, slots=True)
class _Require:
    module: str
    version: str
    indirect: bool
    line: int


@dataclass(slots=True)
class _Module:
    """What a `go.mod` says."""

    name: str = ""
    version: tuple[int, ...] = ()
    requires: list[_Require] = field(default_factory=list)
    replaces: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By module and version (empty for all): module or path, and version (empty for a path)."""
    excludes: set[tuple[str, str]] = field(default_factory=set)
    tools: list[str] = field(default_factory=list)
    """Packages that the project runs, from Go 1.24 on; their modules are marked as indirect and are not."""

    def runs(self, module: str) -> bool:
        """Tell whether the project runs a tool out of a module."""
        return any(tool == module or tool.startswith(f"{module}/") for tool in self.tools)


def parse_module(text: str, where: str) -> _Module:
    """Return what a `go.mod` says; directives it does not know are passed over, as Go does for dependencies."""
    made = _Module()
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        body, _, comment = line.partition("//")
        words = [a or b or c for a, b, c in _WORD.findall(body)]
        if not words:
            continue
        if words[0] == ")":
            block = ""
            continue
        if block:
            directive = block
        else:
            directive, *words = words
            if words[:1] == ["("]:
                block = directive
                continue
        _take(made, directive, words, comment, number, where)
    return made


def _take(made: _Module, directive: str, words: list[str], comment: str, number: int, where: str) -> None:  # noqa: PLR0913, PLR0917 - the parts of one line
    if directive == "module" and words:
        made.name = words[0]
    elif directive == "go" and words:
        made.version = tuple(int(part) for part in re.findall(r"\d{1,4}", words[0])[:2])
    elif directive == "require":
        if len(words) != 2:  # noqa: PLR2004 - a module and a version
            raise Error(
                "SBOM005",
                f"cannot read {where}",
                why=f"line {number} requires no module with a version",
                fix="Run `go mod tidy`.",
                where=f"{where}:{number}",
            )
        indirect = comment.strip().partition(";")[0].strip() == "indirect"
        made.requires.append(_Require(words[0], words[1], indirect, number))
    elif directive == "tool" and words:
        made.tools.append(words[0])
    elif directive == "exclude" and len(words) == 2:  # noqa: PLR2004 - a module and a version
        made.excludes.add((words[0], words[1]))
    elif directive == "replace" and "=>" in words:
        at = words.index("=>")
        old, new = words[:at], words[at + 1 :]
        if old and new:
            made.replaces[old[0], old[1] if len(old) > 1 else ""] = (new[0], new[1] if len(new) > 1 else "")


def _sums(source: Source) -> tuple[dict[tuple[str, str], tuple[str, int]], str]:
    """Return the `h1:` of each zip and its line, by module and version, and the path of `go.sum`; empty without one."""
    path = source.beside("go.sum")
    if source.tree.root.joinpath(path).is_file():
        text = parsing.decode(source.tree.read(path, MAX_LOCK), path)
        found = {}
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split()
            if len(words) == 3 and not words[1].endswith("/go.mod"):  # noqa: PLR2004 - module, version, hash
                found[words[0], words[1]] = (words[2], number)
        return found, path
    return {}, ""


def _read(source: Source) -> Reading:
    module = parse_module(parsing.decode(source.raw, source.path), source.path)
    sums, sum_path = _sums(source)
    findings: list[Finding] = []
    own = Package(
        key="",
        ecosystem=Ecosystem.GO,
        name=module.name,
        version="",
        locations=(Location(source.path, 1),),
        own=source.folder,
    )
    packages: dict[str, Package] = {}
    links: list[Link] = []
    for require in _selected(module):
        package = _package(source, require, module, sums, sum_path, findings)
        if package is not None and package.key not in packages:
            packages[package.key] = package
            is_tool = require.indirect and module.runs(require.module)
            scope = Scope.BUILD if is_tool else Scope.RUNTIME
            links.append(Link("", package.key, scope, known=is_tool or not require.indirect))
    if module.version < _LISTS_ALL:
        listed = {package.name for package in packages.values()}
        for package in _from_sums(sums, sum_path, listed, module):
            packages[package.key] = package
            links.append(Link("", package.key, known=False))
    also_read = (sum_path,) if sum_path else ()
    return Reading((own, *packages.values()), tuple(links), findings=tuple(findings), also_read=also_read)


def _selected(module: _Module) -> list[_Require]:
    """Return what is required and not excluded: of each module the greatest version, direct where one of them is."""
    found: dict[str, _Require] = {}
    for require in module.requires:
        if (require.module, require.version) in module.excludes:
            continue
        known = found.get(require.module)
        if known is None:
            found[require.module] = require
        else:
            best = max(known, require, key=lambda item: _order(item.version))
            found[require.module] = _Require(best.module, best.version, known.indirect and require.indirect, best.line)
    return list(found.values())


def _package(  # noqa: PLR0913, PLR0917 - what is known about one requirement
    source: Source,
    require: _Require,
    module: _Module,
    sums: dict[tuple[str, str], tuple[str, int]],
    sum_path: str,
    findings: list[Finding],
) -> Package | None:
    """Return the module that is built for a requirement; None where none is."""
    location = Location(source.path, require.line)
    name, version = require.module, require.version
    replaced = module.replaces.get((name, version)) or module.replaces.get((name, ""))
    notes: tuple[tuple[str, str], ...] = ()
    if replaced is not None:
        new, new_version = replaced
        notes = (("go:replaces", f"{name}@{version}"),)
        if not new_version:
            inside = source.inside(new) if new.startswith(("./", "../", ".")) else None
            absent = (_OUTSIDE,) if inside is None else ()
            return Package(
                key=f"path:{new}",
                ecosystem=Ecosystem.GO,
                name=name,
                version="",
                locations=(location,),
                own=inside,
                edges=Known.UNKNOWN if inside is None else Known.COMPLETE,
                not_applicable=absent,
                notes=notes,
            )
        name, version = new, new_version
    stated = sums.get((name, version))
    if stated is None and sum_path:
        if not require.indirect:
            text = f"{visible(name)}@{visible(version)} has no hash of its zip in go.sum: no package of it is built"
            findings.append(Finding("ignored", text, location, lost=False))
        return None
    facts = (LockFact("go:h1", stated[0], Location(sum_path, stated[1])),) if stated else ()
    return Package(
        key=f"{name}@{version}",
        ecosystem=Ecosystem.GO,
        name=name,
        version=version,
        locations=(location,),
        facts=facts,
        edges=Known.UNKNOWN,
        notes=notes,
    )


def _from_sums(
    sums: dict[tuple[str, str], tuple[str, int]], sum_path: str, listed: set[str], module: _Module
) -> list[Package]:
    """Return what an old `go.mod` leaves out: the greatest version of each further module with a hash of its zip."""
    replaced = {name for name, _ in module.replaces}
    best: dict[str, str] = {}
    for name, version in sums:
        if name in listed or name in replaced or (name, version) in module.excludes:
            continue
        if name not in best or _order(version) > _order(best[name]):
            best[name] = version
    return [
        Package(
            key=f"{name}@{version}",
            ecosystem=Ecosystem.GO,
            name=name,
            version=version,
            locations=(Location(sum_path, sums[name, version][1]),),
            facts=(LockFact("go:h1", sums[name, version][0], Location(sum_path, sums[name, version][1])),),
            edges=Known.UNKNOWN,
        )
        for name, version in sorted(best.items())
    ]


def _order(version: str) -> tuple[list[int], bool, list[tuple[bool, int, str]]]:
    """Return what semantic versions are sorted by: numbers, releases after their prereleases, then its parts."""
    core, _, before = version.removeprefix("v").partition("+")[0].partition("-")
    numbers = [int(part) if part.isdigit() and len(part) < 19 else 0 for part in core.split(".")]  # noqa: PLR2004 - digits of 64 bits
    parts = [
        (False, int(part), "") if part.isdigit() and len(part) < 19 else (True, 0, part)  # noqa: PLR2004 - digits of 64 bits
        for part in before.split(".")
        if before
    ]
    return numbers, not before, parts


READER = Reader("go", _reads, _read)
