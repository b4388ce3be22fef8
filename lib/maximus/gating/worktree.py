"""The tree that a gate judges: which files belong to it, and reading them within limits."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.files import ITSELF, refuse_unreadable, unreadable
from maximus.git import find_checkout
from maximus.globs import compile_globs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.gating.texts import Texts

__all__ = ["MAX_FILE", "MAX_FILES", "Tree"]

MAX_FILE = 8 << 20
"""Bytes of the largest file that is read; a check tells a larger one apart, it never passes it over in silence."""
MAX_FILES = 1_000_000
"""How many files a tree may have."""


class Tree:
    """The files of a tree: what git tracks where it is a checkout, else all that lies there but `.git`.

    So a laptop's virtual environments and build folders change nothing, and the result is the job's. A release
    folder of ours inside the tree is never part of it. Links are no files: they are neither followed nor counted
    (`links` names them). Paths are relative, with `/`, sorted; bytes that are no UTF-8 are surrogates, as in Python.
    """

    def __init__(self, root: Path, *, without: Sequence[Path] = (), tracked: bool = True) -> None:
        """Take the top folder, and folders that are not part of the tree: the release folder.

        With `tracked` false git is not asked: everything that lies there belongs to it.
        """
        self.root = root
        self._is_tracked = tracked
        real = os.path.realpath(root)
        inside = (os.path.relpath(os.path.realpath(folder), real).replace(os.sep, "/") for folder in without)
        self._without = tuple(f"{path}/" for path in inside if path != "." and not path.startswith(".."))

    @cached_property
    def _found(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The regular files and the links."""
        checkout = find_checkout(self.root) if self._is_tracked else None
        listed = self._walked() if checkout is None else checkout.tracked_files(self.root)
        files, links = [], []
        root = os.fspath(self.root)
        for path in sorted(set(listed)):
            if path.startswith(self._without):
                continue
            try:
                mode = os.lstat(f"{root}/{path}").st_mode  # a Path for each of 12,000 files costs 150 ms
            except OSError:
                # Tracked, and deleted on disk: what is judged is what lies there.
                continue
            if stat.S_ISLNK(mode) or (stat.S_ISREG(mode) and self._is_below_a_link(path)):
                links.append(path)
            elif stat.S_ISREG(mode):
                files.append(path)
        return tuple(files), tuple(links)

    def _is_below_a_link(self, path: str) -> bool:
        """Tell whether a folder above the file is a link: git tracks nothing there, but the tree may have changed."""
        folder, _, _ = path.rpartition("/")
        if not folder:
            return False
        if folder not in self._linked:
            self._linked[folder] = (self.root / folder).is_symlink() or self._is_below_a_link(folder)
        return self._linked[folder]

    @cached_property
    def _linked(self) -> dict[str, bool]:
        return {}

    def _walked(self) -> list[str]:
        found: list[str] = []
        for parent, folders, names in os.walk(self.root, onerror=refuse_unreadable):
            folders[:] = sorted(name for name in folders if name != ".git")
            here = Path(parent).relative_to(self.root).as_posix()
            prefix = "" if here == "." else f"{here}/"
            found += [prefix + name for name in names]
            found += [prefix + name for name in folders if (Path(parent) / name).is_symlink()]
            if len(found) > MAX_FILES:
                raise Error(
                    "GATE020",
                    f"{self.root} holds more than {MAX_FILES} files",
                    fix="Name a smaller tree with `path`.",
                    where="input `path`",
                    status=ExitStatus.USAGE,
                )
        return found

    @property
    def files(self) -> tuple[str, ...]:
        """The regular files."""
        return self._found[0]

    @property
    def links(self) -> tuple[str, ...]:
        """The symbolic links, which no check follows."""
        return self._found[1]

    @cached_property
    def whole(self) -> Tree:
        """The same tree with everything that lies there, whether git tracks it or not: what a build has put out."""
        made = Tree(self.root, tracked=False)
        made._without = self._without
        return made

    @cached_property
    def texts(self) -> Texts:
        """What words stand in its files."""
        from maximus.gating.texts import Texts  # noqa: PLC0415 - only checks of words start processes

        return Texts(self)

    def select(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Return the files that the patterns name (see `globs`), those taken out again by `!` left out."""
        wanted = compile_globs([pattern for pattern in patterns if not pattern.startswith("!")])
        dropped = compile_globs([pattern[1:] for pattern in patterns if pattern.startswith("!")])
        if wanted is None:
            return ()
        return tuple(
            path for path in self.files if wanted.fullmatch(path) and not (dropped and dropped.fullmatch(path))
        )

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where it is larger than MAX_FILE.

        Raises Error FILE001 where it cannot be read. The file is opened without following a link.
        """
        try:
            descriptor = os.open(self.root / path, ITSELF)
            with os.fdopen(descriptor, "rb") as stream:
                raw = stream.read(MAX_FILE + 1)
        except OSError as fault:
            raise unreadable(fault, path, where=path) from fault
        return None if len(raw) > MAX_FILE else raw
