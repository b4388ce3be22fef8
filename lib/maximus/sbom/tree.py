"""A tree of files as the inventory sees it: its manifests, what beside them was left out, nothing outside it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.sbom.limits import MAX_ENTRIES, MAX_LOCK, MAX_MANIFEST
from maximus.sbom.model import Skipped
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Selection", "Source", "Tree", "walk"]

_ENVIRONMENT = "a virtual environment"
_INSTALLED = "installed packages"
_OUTPUT = "output of a build"
_VENDORED = "a vendored copy"
# Folders of installed or generated things: never entered, only named.
_CLOSED = {
    "node_modules": _INSTALLED,
    "bower_components": _INSTALLED,
    "site-packages": _INSTALLED,
    "__pypackages__": _INSTALLED,
    ".venv": _ENVIRONMENT,
    ".tox": "virtual environments",
    ".nox": "virtual environments",
    ".eggs": _INSTALLED,
    ".yarn": "yarn's own copies",
    ".pnpm-store": "pnpm's own copies",
    ".cache": "a cache",
}
# Of these, where installed packages tell about themselves (`installed.py`).
_HOLD_PACKAGES = frozenset({"node_modules", "site-packages", ".venv"})
# Folders of other people's or invented projects: entered, so that each lock that is left out can be named.
_COPIES = {
    "testdata": "test data",
    "test-data": "test data",
    "test_data": "test data",
    "fixtures": "test data",
    "__fixtures__": "test data",
    "vendor": _VENDORED,
    "third_party": _VENDORED,
    "_vendor": _VENDORED,
}
# A list of what is in the folder, and no copy of anybody's lock.
_LISTS_A_COPY = "vendor/composer/installed.json"
# Archives of Java in these are made here, or are for tests: folders by name, `src/test` by both.
_ARCHIVES = (".jar", ".war", ".ear", ".par")
_BUILT = re.compile(r"(?:.*/)?(?:target|build|out|dist|bin|classes|\.gradle|\.mvn/repository)/.*")
_FOR_TESTS = re.compile(r"(?:.*/)?(?:src/(?:\w+)?[tT]est|tests?)/.*")
# Never entered and of no interest to anybody.
_SILENT = frozenset({".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
# What other readers look at beside a lock; remembered while walking.
_MANIFESTS = frozenset({
    "package.json", "Cargo.toml", "pyproject.toml", "Pipfile", "go.mod", "go.work", "composer.json", "pom.xml",
    "verification-metadata.xml",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One lock, and the tree around it."""

    path: str
    """Relative to the tree's root, with `/`."""
    raw: bytes
    tree: Tree

    @property
    def folder(self) -> str:
        """The folder it lies in, relative to the root; `` for the root itself."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its base name."""
        return self.path.rpartition("/")[2]

    def beside(self, name: str) -> str:
        """Return the path of a file in the same folder."""
        return f"{self.folder}/{name}" if self.folder else name

    def inside(self, relative: str) -> str | None:
        """Return a path that the lock states relative to its folder, relative to the root; None where it leaves it."""
        if (
            relative.startswith("/")
            or "\\" in relative
            or "\0" in relative
            or (len(relative) > 1 and relative[1] == ":")
        ):
            return None
        parts: list[str] = []
        for part in (*PurePosixPath(self.folder).parts, *PurePosixPath(relative).parts):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part != ".":
                parts.append(part)
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Tree:
    """What a walk found."""

    root: Path
    """Resolved."""
    locks: tuple[str, ...] = ()
    """Files that some reader reads, sorted."""
    manifests: frozenset[str] = frozenset()
    """Files that stand beside locks: `package.json`, `Cargo.toml`, ..."""
    declared: tuple[str, ...] = ()
    """Files that ask for packages, sorted, whether or not a lock goes with them (`unlocked.py`)."""
    skipped: tuple[Skipped, ...] = ()
    installed: tuple[str, ...] = ()
    """Where packages are installed, sorted: `node_modules`, environments, `*.dist-info`, `*.egg-info`, Bundler's."""
    unfit: tuple[str, ...] = ()
    """The words of the selection's globs that fit no lock, no manifest and nothing in a folder that is not entered."""
    gitlinks: Mapping[str, str] = field(default_factory=dict)
    """The commits of the submodules, by folder; empty where the tree is no checkout."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What a reader knows of the whole tree, by words that begin with its name, so that it is found out once."""
    _cache: dict[str, bytes | None] = field(default_factory=dict)

    def read(self, path: str, limit: int = MAX_LOCK) -> bytes:
        """Return a file's content.

        Raises Error SBOM003 where it cannot be read or leads out of the tree, SBOM004 where it is too large.
        """
        full = self.root / path
        try:
            if not full.resolve().is_relative_to(self.root):
                raise _unreadable(path, "it is a link that leads out of the tree")
            # Not blocking: a pipe in place of a lock would hold us for ever.
            descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise _unreadable(path, "it is not a regular file")
                raw = stream.read(limit + 1)
        except (OSError, ValueError, RuntimeError) as fault:
            raise _unreadable(path, getattr(fault, "strerror", None) or str(fault)) from fault
        if len(raw) > limit:
            raise Error(
                "SBOM004",
                f"cannot read {visible(path)}",
                why=f"it is larger than {limit >> 20} MiB",
                fix="No package manager writes such a lock: look at who changed it.",
                where=visible(path),
            )
        return raw

    def manifest(self, path: str) -> bytes | None:
        """Return the content of a file beside a lock, or None where there is none that can be read."""
        if path not in self._cache:
            try:
                self._cache[path] = self.read(path, MAX_MANIFEST)
            except Error:
                self._cache[path] = None
        return self._cache[path]

    def manifests_below(self, folder: str, name: str) -> tuple[str, ...]:
        """Return the paths of the manifests of that name in a folder and below it, sorted."""
        prefix = f"{folder}/" if folder else ""
        ending = f"/{name}"
        return tuple(
            sorted(
                p
                for p in self.manifests
                if p.startswith(prefix) and (p.endswith(ending) or p == name or p == prefix + name)
            )
        )

    def newest_change(self, paths: Iterable[str]) -> int | None:
        """Return when the last changed of these files changed, in whole seconds since 1970 UTC."""
        times = []
        for path in paths:
            try:
                times.append(int((self.root / path).stat().st_mtime))
            except OSError:
                continue
        return max(times, default=None)


def _unreadable(path: str, why: str) -> Error:
    return Error(
        "SBOM003",
        f"cannot read {visible(path)}",
        why=why,
        fix="Put a regular file there that this user may read, or remove it.",
        where=visible(path),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which locks are read besides, or not at all, by what their user says."""

    include: re.Pattern[str] | None = None
    """Locks that are read although they lie among test data or vendored copies."""
    exclude: re.Pattern[str] | None = None
    """Locks that are left out, and listed as such."""
    globs: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """Each glob by itself, behind the words that name it: those that fit nothing are told."""


def walk(
    root: Path,
    is_lock: Callable[[str], bool],
    leave_out: Iterable[Path] = (),
    selection: Selection | None = None,
    declares: Callable[[str], bool] = lambda _: False,
) -> Tree:
    """Return the tree below a folder: its locks and manifests, and what was left out and why.

    `is_lock` is asked about paths relative to the root, `declares` about base names. `leave_out` names folders and
    files that are never looked into: the release folder, which holds our own output.
    Raises Error SBOM002 (usage) where there is no such folder, SBOM009 where it has too many entries.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise Error(
            "SBOM002",
            f"cannot inventory {root}: it {what}",
            fix="Name the folder of a source tree with the input `path`.",
            where="input path",
            status=ExitStatus.USAGE,
        )
    here = root.resolve()
    closed = {path.resolve() for path in leave_out} - {here}
    walker = _Walker(here, is_lock, closed, selection or Selection(), declares)
    walker.run()
    return Tree(
        here,
        tuple(sorted(walker.locks)),
        frozenset(walker.manifests),
        tuple(sorted(walker.declared)),
        tuple(sorted(set(walker.skipped), key=lambda item: (item.path, item.reason))),
        tuple(sorted(walker.installed)),
        tuple(words for words, _ in walker.unfit),
    )


class _Walker:
    """One walk: a stack of folders, each with the reason for which its locks are only named."""

    def __init__(
        self,
        root: Path,
        is_lock: Callable[[str], bool],
        closed: set[Path],
        selection: Selection,
        declares: Callable[[str], bool],
    ) -> None:
        self.root = root
        self.is_lock = is_lock
        self.declares = declares
        self.selection = selection
        self.unfit = list(selection.globs)
        self.closed = {str(path) for path in closed}
        self.locks: list[str] = []
        self.manifests: set[str] = set()
        self.declared: list[str] = []
        self.skipped: list[Skipped] = []
        self.installed: list[str] = []
        self.seen = 0

    def run(self) -> None:
        stack = [("", "")]
        base = f"{self.root}/".replace("//", "/")
        while stack:
            folder, reason = stack.pop()
            try:
                # Not sorted: what is found is, at the end, and a tree has a hundred files for each that is kept.
                with os.scandir(base + folder) as entries:
                    listed = list(entries)
            except OSError as fault:
                self.skipped.append(Skipped(visible(folder), f"cannot be listed: {fault.strerror}"))
                continue
            self.seen += len(listed)
            if self.seen > MAX_ENTRIES:
                raise Error("SBOM009", f"{self.root} has more than {MAX_ENTRIES} entries", fix="Name a smaller folder.")
            if folder and (why := _is_generated({entry.name for entry in listed})):
                self.skipped.append(Skipped(visible(folder), why, is_source=False))
                self._fit(f"{folder}/-")
                if why == _ENVIRONMENT and not reason:
                    self.installed.append(folder)
                continue
            prefix = f"{folder}/" if folder else ""
            for entry in listed:
                self._look_at(entry, prefix + entry.name, reason, stack)

    def _look_at(self, entry: os.DirEntry[str], path: str, reason: str, stack: list[tuple[str, str]]) -> None:
        try:
            if entry.is_dir(follow_symlinks=False):
                if not self._enter(entry, path, reason, stack):
                    self._fit(f"{path}/-")
                return
        except OSError:
            return
        wanted, declares = self.is_lock(path), self.declares(entry.name)
        if (not wanted and not declares and entry.name not in _MANIFESTS) or entry.path in self.closed:
            return
        self._fit(path)
        if path.endswith(_LISTS_A_COPY) and reason == _VENDORED and f"/{path}".count("/vendor/") == 1:
            reason = ""
        elif path.endswith(_ARCHIVES):
            reason = reason or _reason_for_archive(path)
        why = self._reason_by_name(path, reason) or self._reason_against(entry, path)
        if why:
            if wanted:
                self.skipped.append(Skipped(visible(path), why, is_source=why != _OUTPUT))
            return
        self._keep(path, entry.name, wanted=wanted, declares=declares)

    def _fit(self, path: str) -> None:
        """Take the globs that fit a path from those that have fitted nothing so far."""
        if self.unfit:
            self.unfit = [(words, glob) for words, glob in self.unfit if not glob.fullmatch(path)]

    def _keep(self, path: str, name: str, *, wanted: bool, declares: bool) -> None:
        if wanted:
            self.locks.append(path)
        if declares:
            self.declared.append(path)
        if name in _MANIFESTS:
            self.manifests.add(path)

    def _reason_by_name(self, path: str, reason: str) -> str:
        """Return why a file is left out by what its user says, or by the folder that it lies in."""
        if self.selection.exclude and self.selection.exclude.fullmatch(path):
            return "left out by `exclude`"
        return "" if reason and self.selection.include and self.selection.include.fullmatch(path) else reason

    def _reason_against(self, entry: os.DirEntry[str], path: str) -> str:
        """Return why a file is not to be read; empty where it is."""
        if entry.is_symlink():
            return "" if self._leads_to_a_file_inside(path) else "a link that leads out of the tree or to no file"
        return "" if entry.is_file(follow_symlinks=False) else "not a regular file"

    def _enter(self, entry: os.DirEntry[str], path: str, reason: str, stack: list[tuple[str, str]]) -> bool:
        """Put a folder on the stack, or name it; tell whether it will be entered."""
        name = entry.name
        if name in _SILENT or entry.path in self.closed:
            return False
        if name in _CLOSED:
            self.skipped.append(Skipped(visible(path), _CLOSED[name], is_source=False))
            if name in _HOLD_PACKAGES and not reason:
                self.installed.append(path)
            return False
        if name == "bundle" and path.endswith("vendor/bundle") and os.path.isdir(f"{entry.path}/ruby"):  # noqa: PTH112 - as fast as the walk
            self.skipped.append(Skipped(visible(path), _INSTALLED, is_source=False))
            if reason == _VENDORED:
                self.installed.append(path)
            return False
        if name.endswith((".dist-info", ".egg-info")) and not reason:
            # What `pip install --target` leaves in any folder.
            self.installed.append(path)
        stack.append((path, reason or _COPIES.get(name, "")))
        return True

    def _leads_to_a_file_inside(self, path: str) -> bool:
        try:
            target = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError):
            return False
        return target.is_relative_to(self.root) and target.is_file()


def _reason_for_archive(path: str) -> str:
    """Return why an archive of Java is none that the tree uses; empty where it may be."""
    if _BUILT.fullmatch(path):
        return _OUTPUT
    return "test data" if _FOR_TESTS.fullmatch(path) else ""


def _is_generated(names: set[str]) -> str:
    """Return why a folder with these entries holds nothing of the project's own; empty where it may."""
    if "pyvenv.cfg" in names:
        return _ENVIRONMENT
    if "CACHEDIR.TAG" in names:
        return "a cache"
    return ""
