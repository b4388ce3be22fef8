"""What stands around a `go.mod`: the `go.work` that it is used by, and the `modules.txt` of what is vendored.

In a workspace another member is the folder beside and no module of a proxy, `replace` of `go.work` counts more than
that of a `go.mod`, and what only the workspace selects has its hash in `go.work.sum`.
See https://go.dev/ref/mod#workspaces and https://go.dev/ref/mod#vendoring.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.limits import MAX_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.sbom.tree import Source, Tree

__all__ = ["Vendored", "Workspace", "vendored_of", "workspace_of"]

_VENDORED = re.compile(r"# (\S+)(?: (v\S+))?(?: => (\S+)(?: (v\S+))?)?\s*$")
_REQUIRED = re.compile(rb"(?m)^[ \t]*(?:require[ \t]+)?\"?([^\s\"]+)\"?[ \t]+v")
_NAME = re.compile(rb"(?m)^[ \t]*module[ \t]+(\"?)([^\s\"]+)\1")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A `go.work` with the module in its list; without one, everything is empty."""

    path: str = ""
    """Of the `go.work`, relative to the root."""
    folder: str = ""
    members: dict[str, str] = field(default_factory=dict)
    """The folders of the modules in it, by the module's name."""
    replaces: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    """What the `go.mod` of a member requires; whoever does tells more than the list of all."""
    folders: frozenset[str] = frozenset()
    """All that it lists, those without a `go.mod` too."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """A module that lies in the folder `vendor`."""

    module: str
    version: str
    """Empty where a folder replaces all of its versions."""
    replaced: tuple[str, str]
    """What takes its place, with the version; both empty where nothing does."""
    explicit: bool
    """Whether `go.mod` requires it."""
    line: int


def workspace_of(
    source: Source, parse: Callable[[str, str], tuple[list[str], dict[tuple[str, str], tuple[str, str]]]]
) -> Workspace:
    """Return the workspace that a `go.mod` belongs to: the nearest `go.work` at or above it, where it lists the module.

    `parse` returns the folders and replacements of a `go.work`.
    """
    folder = source.folder
    while True:
        path = f"{folder}/go.work" if folder else "go.work"
        if path in source.tree.manifests:
            # Every member asks: with as many as a workspace may have, finding it out each time took quadratic time.
            key = f"go.work {path}"
            if key not in source.tree.memory:
                source.tree.memory[key] = _read(source.tree, path, folder, parse)
            found: Workspace = source.tree.memory[key]
            return found if source.folder in found.folders else Workspace()
        if not folder:
            return Workspace()
        folder = folder.rpartition("/")[0]


def _read(
    tree: Tree,
    path: str,
    folder: str,
    parse: Callable[[str, str], tuple[list[str], dict[tuple[str, str], tuple[str, str]]]],
) -> Workspace:
    from maximus.sbom.tree import Source as At  # noqa: PLC0415 - a value here, a type above

    raw = tree.manifest(path)
    if raw is None:
        return Workspace()
    try:
        uses, replaces = parse(parsing.decode(raw, path), path)
    except Error:
        # Go refuses it too; the modules stand for themselves.
        return Workspace()
    at = At(path, b"", tree)
    folders = [inside for use in uses if (inside := at.inside(use)) is not None]
    members: dict[str, str] = {}
    required: set[str] = set()
    for inside in dict.fromkeys(folders):
        manifest = f"{inside}/go.mod" if inside else "go.mod"
        content = tree.manifest(manifest) if manifest in tree.manifests else None
        if content is not None and (found := _NAME.search(content)):
            members.setdefault(found[2].decode("utf-8", "replace"), inside)
            required |= {name.decode("utf-8", "replace") for name in _REQUIRED.findall(content)}
    return Workspace(path, folder, members, replaces, frozenset(required), frozenset(folders))


def vendored_of(source: Source, workspace: Workspace) -> tuple[tuple[Vendored, ...], str]:
    """Return what is vendored beside a `go.mod`, or beside its `go.work`, and the path of the list; empty without."""
    folders = [source.folder, *([workspace.folder] if workspace.path else [])]
    for folder in dict.fromkeys(folders):
        path = f"{folder}/vendor/modules.txt" if folder else "vendor/modules.txt"
        if source.tree.root.joinpath(path).is_file():
            key = f"go vendor {path}"
            if key not in source.tree.memory:
                source.tree.memory[key] = _vendored(parsing.decode(source.tree.read(path, MAX_MANIFEST), path))
            found: tuple[Vendored, ...] = source.tree.memory[key]
            return found, path
    return (), ""


def _vendored(text: str) -> tuple[Vendored, ...]:
    found: list[Vendored] = []
    waiting: Vendored | None = None
    packages = 0

    def take() -> None:
        # Without packages the entry only says what replaces a module that nothing is taken from.
        if waiting is not None and packages:
            found.append(waiting)

    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("## ") and waiting is not None:
            marks = [mark.strip() for mark in line[3:].split(";")]
            if "explicit" in marks:
                waiting = Vendored(waiting.module, waiting.version, waiting.replaced, explicit=True, line=waiting.line)
        elif line.startswith("# ") and (match := _VENDORED.match(line)):
            take()
            replaced = (match[3] or "", match[4] or "")
            waiting, packages = Vendored(match[1], match[2] or "", replaced, explicit=False, line=number), 0
        elif line.strip() and not line.startswith("#"):
            packages += 1
    take()
    return tuple(found)
