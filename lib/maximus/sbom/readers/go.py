"""`go.mod` with the `go.sum` beside it, the workspace that it is used by, and what is vendored.

A project may give Go another file by `-modfile`: `vendor.mod`, `tools.mod` or `go.tool.mod`, with a `.sum` beside it.

`go.mod` lists what is needed directly and, from Go 1.17 on, everything else that is built (`// indirect`). Who
needs the latter stands in the modules' own `go.mod` files, which are not in the tree. `h1:` is a hash over a
list of files and no file's digest: it keeps its name. A module without one for its zip is not built.
"""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, field, replace
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
from maximus.sbom.readers.go_workspaces import Workspace, vendored_of, workspace_of
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.readers.go_workspaces import Vendored
    from maximus.sbom.tree import Source, Tree

__all__ = ["READER", "parse_module"]

_OUTSIDE = NotApplicable("Component Hash Value", "replaced by a folder outside the tree; no file is distributed")
_LISTS_ALL = (1, 17)
"""From this version on `go.mod` lists everything that is built."""
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\(|\)|=>|[^\s()"`]+)')


# Besides `go.mod` what is given to `go -modfile`: of a project that only vendors, or of tools.
_NAMES = re.compile(r"(?:go(?:\.[\w-]+)?|vendor|tools?)\.mod")


def _reads(path: str) -> bool:
    return _NAMES.fullmatch(path.rpartition("/")[2]) is not None


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
    uses: list[str] = field(default_factory=list)
    """The folders of a workspace's modules, in a `go.work`."""
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
    elif directive == "use" and words:
        made.uses.append(words[0])
    elif directive == "tool" and words:
        made.tools.append(words[0])
    elif directive == "exclude" and len(words) == 2:  # noqa: PLR2004 - a module and a version
        made.excludes.add((words[0], words[1]))
    elif directive == "replace" and "=>" in words:
        at = words.index("=>")
        old, new = words[:at], words[at + 1 :]
        if old and new:
            made.replaces[old[0], old[1] if len(old) > 1 else ""] = (new[0], new[1] if len(new) > 1 else "")


_Sums = ChainMap[tuple[str, str], tuple[str, Location]]
"""The `h1:` of each zip and where it stands, by module and version."""


def _sums(source: Source, paths: Iterable[str]) -> tuple[_Sums, tuple[str, ...]]:
    """Return the hashes of the zips that the lists at these paths state, and which of them are there.

    What two lists state counts as the first says it.
    """
    lists = {path: listed for path in paths if (listed := _sums_in(source.tree, path)) is not None}
    # A view of them: with as many members as a workspace may have, joining its list to each took quadratic time.
    return ChainMap(*lists.values()), tuple(lists)


def _sums_in(tree: Tree, path: str) -> dict[tuple[str, str], tuple[str, Location]] | None:
    """Return the hashes of the zips that one list states; None without a list.

    It is read once however many modules ask, and so is one that cannot be read. Raises Error.
    """
    key = f"go sum {path}"
    if key not in tree.memory:
        try:
            tree.memory[key] = _read_sums(tree, path) if tree.root.joinpath(path).is_file() else None
        except Error as fault:
            tree.memory[key] = fault
    known: dict[tuple[str, str], tuple[str, Location]] | Error | None = tree.memory[key]
    if isinstance(known, Error):
        raise known
    return known


def _read_sums(tree: Tree, path: str) -> dict[tuple[str, str], tuple[str, Location]]:
    found: dict[tuple[str, str], tuple[str, Location]] = {}
    text = parsing.decode(tree.read(path, MAX_LOCK), path)
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if len(words) == 3 and not words[1].endswith("/go.mod"):  # noqa: PLR2004 - module, version, hash
            found.setdefault((words[0], words[1]), (words[2], Location(path, number)))
    return found


def _parse_work(text: str, where: str) -> tuple[list[str], dict[tuple[str, str], tuple[str, str]]]:
    made = parse_module(text, where)
    return made.uses, made.replaces


@dataclass(frozen=True, slots=True)
class _Around:
    """A `go.mod` and everything around it that says what is built."""

    source: Source
    module: _Module
    workspace: Workspace
    sums: _Sums
    has_sums: bool

    def replacement(self, name: str, version: str) -> tuple[str, str, str] | None:
        """Return what takes a module's place, its version, and the file that says so; the workspace's counts more."""
        for path, replaces in (
            (self.workspace.path, self.workspace.replaces),
            (self.source.path, self.module.replaces),
        ):
            found = replaces.get((name, version)) or replaces.get((name, ""))
            if found is not None:
                return (*found, path)
        return None


def _read(source: Source) -> Reading:
    module = parse_module(parsing.decode(source.raw, source.path), source.path)
    workspace = workspace_of(source, _parse_work)
    lists = [f"{source.path.removesuffix('.mod')}.sum", *([f"{workspace.path}.sum"] if workspace.path else [])]
    sums, sum_paths = _sums(source, lists)
    # What only the workspace selects has its hash in `go.work.sum`; without a list of its own nothing is ruled out.
    around = _Around(source, module, workspace, sums, has_sums=lists[0] in sum_paths)
    # What is vendored is of the one that Go takes by itself, and of another only where that one is not there.
    is_other = source.name != "go.mod" and (source.name != "vendor.mod" or source.beside("go.mod") in source.tree.locks)
    vendored, vendor_path = ((), "") if is_other else vendored_of(source, workspace)
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
        package = _package(around, require, findings)
        if package is not None and package.key not in packages:
            packages[package.key] = package
            is_tool = require.indirect and module.runs(require.module)
            scope = Scope.BUILD if is_tool or "tool" in source.name else Scope.RUNTIME
            links.append(Link("", package.key, scope, known=is_tool or not require.indirect))
    is_member = bool(workspace.path) and vendor_path == f"{workspace.folder}/vendor/modules.txt".lstrip("/")
    further = _from_vendored(vendored, vendor_path, around, findings, shared=is_member)
    if module.version < _LISTS_ALL and not vendored:
        listed = {package.name for package in packages.values()}
        further = _from_sums(around, listed)
    for package in further:
        known = packages.get(package.key)
        if known is not None:
            packages[package.key] = replace(known, locations=(*known.locations, *package.locations))
        elif not is_member or package.name not in workspace.required:
            # What no `go.mod` lists, and is built all the same: an old one, or one that is not tidy.
            packages[package.key] = package
            links.append(Link("", package.key, known=False))
    also_read = (*sum_paths, *((workspace.path,) if workspace.path else ()), *((vendor_path,) if vendor_path else ()))
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


def _package(around: _Around, require: _Require, findings: list[Finding]) -> Package | None:
    """Return the module that is built for a requirement; None where none is."""
    location = Location(around.source.path, require.line)
    name, version = require.module, require.version
    member = around.workspace.members.get(name)
    if member is not None:
        return _folder(f"member:{name}", name, location, member, ())
    replaced = around.replacement(name, version)
    notes: tuple[tuple[str, str], ...] = ()
    if replaced is not None:
        new, new_version, stated_in = replaced
        notes = (("go:replaces", f"{name}@{version}"),)
        if not new_version:
            at = _at(around.source, stated_in)
            inside = at.inside(new) if new.startswith(("./", "../", ".")) else None
            return _folder(f"path:{stated_in}:{new}", name, location, inside, notes)
        name, version = new, new_version
    stated = around.sums.get((name, version))
    if stated is None and around.has_sums:
        if not require.indirect:
            text = f"{visible(name)}@{visible(version)} has no hash of its zip in go.sum: no package of it is built"
            findings.append(Finding("ignored", text, location, lost=False))
        return None
    return _module(name, version, location, stated, notes)


def _at(source: Source, path: str) -> Source:
    """Return the file at a path of the same tree, from which relative paths are followed."""
    return replace(source, path=path, raw=b"")


def _folder(key: str, name: str, location: Location, inside: str | None, notes: tuple[tuple[str, str], ...]) -> Package:
    """Return the package of a module that lies in a folder; `inside` is None where that is outside the tree."""
    return Package(
        key=key,
        ecosystem=Ecosystem.GO,
        name=name,
        version="",
        locations=(location,),
        own=inside,
        edges=Known.UNKNOWN if inside is None else Known.COMPLETE,
        not_applicable=(_OUTSIDE,) if inside is None else (),
        notes=notes,
    )


def _module(
    name: str,
    version: str,
    location: Location,
    stated: tuple[str, Location] | None,
    notes: tuple[tuple[str, str], ...] = (),
) -> Package:
    return Package(
        key=f"{name}@{version}",
        ecosystem=Ecosystem.GO,
        name=name,
        version=version,
        locations=(location,),
        facts=(LockFact("go:h1", *stated),) if stated else (),
        edges=Known.UNKNOWN,
        notes=notes,
    )


def _from_sums(around: _Around, listed: set[str]) -> list[Package]:
    """Return what an old `go.mod` leaves out: the greatest version of each further module with a hash of its zip."""
    replaced = {name for name, _ in around.module.replaces}
    best: dict[str, str] = {}
    for name, version in around.sums:
        if name in listed or name in replaced or (name, version) in around.module.excludes:
            continue
        if name not in best or _order(version) > _order(best[name]):
            best[name] = version
    return [
        _module(name, version, around.sums[name, version][1], around.sums[name, version])
        for name, version in sorted(best.items())
    ]


def _from_vendored(
    vendored: tuple[Vendored, ...], path: str, around: _Around, findings: list[Finding], *, shared: bool
) -> list[Package]:
    """Return the modules that packages are vendored of; a list that `go.mod` contradicts is told.

    `shared` is for the list of a whole workspace, whose versions are the greatest that any member asks for.
    """
    required = {require.module: require for require in _selected(around.module)}
    found = []
    for item in vendored:
        require = required.get(item.module)
        if require is not None and item.explicit and item.version and item.version != require.version and not shared:
            text = (
                f"go.mod requires {visible(item.module)}@{visible(require.version)}, and {visible(item.version)} is "
                "vendored: `go build` refuses that; run `go mod vendor`"
            )
            findings.append(Finding("conflict", text, Location(path, item.line), lost=False))
        name, version = item.replaced if item.replaced[0] else (item.module, item.version)
        if version:
            stands_for = f"{item.module}@{item.version}" if item.version else item.module
            notes = (("go:replaces", stands_for),) if item.replaced[0] else ()
            found.append(_module(name, version, Location(path, item.line), around.sums.get((name, version)), notes))
    return found


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
