"""A folder of evidence as it lies on disk: every file below it, and everything that cannot be packed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.files import is_leftover, unreadable

from .limits import MAX_ENTRIES
from .manifest import NAME
from .naming import collisions, fault_of, in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["Found", "Tree", "read_tree"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file below the root."""

    name: str
    """Relative to the root, with `/`."""
    path: Path
    size: int
    """Bytes, when the folder was read."""
    mtime: int
    """Nanoseconds, likewise."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What lies below the root."""

    files: tuple[Found, ...]
    """By the bytes of their names."""
    faults: tuple[Error, ...]
    """What cannot be packed, each named."""


def read_tree(root: Path, left_out: Collection[Path] = ()) -> Tree:
    """Return every file below the root but those left out, the manifest of an earlier bundle, and leftovers of ours.

    Links are faults, wherever they lead: what is evidence lies in the folder itself. Folders hold nothing by
    themselves, so an empty one is not packed.
    Raises Error EVID001 (usage) where there is no such folder, EVID002 where it holds too much, and FILE001 for a
    folder that cannot be read.
    """
    if not root.is_dir():
        raise Error(
            "EVID001",
            f"there is no folder {root} to pack",
            fix="Make it first, or name the right one with `root`.",
            where="input root",
            status=ExitStatus.USAGE,
        )
    absent = {os.path.abspath(path) for path in left_out}  # noqa: PTH100 - Path.absolute() keeps `..`
    files: list[Found] = []
    faults: list[Error] = []
    for name, path, info in _walk(root):
        if is_leftover(path.name) or name == NAME or os.path.abspath(path) in absent:  # noqa: PTH100 - as above
            continue
        fault = _fault(name, info)
        if fault:
            faults.append(fault)
        else:
            files.append(Found(name, path, info.st_size, info.st_mtime_ns))
        if len(files) + len(faults) > MAX_ENTRIES:
            raise Error(
                "EVID002",
                f"{root} holds more than {MAX_ENTRIES} files",
                fix="Pack a smaller folder: evidence is what was judged, not what was built.",
                where="input root",
            )
    faults += [
        Error(
            "EVID003",
            f"{first!r} and {second!r} are one name where case does not count",
            fix="Rename one: unpacked on another system they would be one file.",
            where=second,
        )
        for first, second in collisions([NAME, *(file.name for file in files)])
    ]
    order = {name: place for place, name in enumerate(in_order(file.name for file in files))}
    return Tree(tuple(sorted(files, key=lambda file: order[file.name])), tuple(faults))


def _walk(root: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield all that is no folder, sorted within each folder."""
    pending = [(root, "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as listed:
                here = sorted(((item.name, item.stat(follow_symlinks=False)) for item in listed), key=lambda p: p[0])
        except OSError as fault:
            raise unreadable(fault, fault.filename or folder) from fault
        for name, info in here:
            path = folder / name
            if stat.S_ISDIR(info.st_mode):
                pending.append((path, f"{prefix}{name}/"))
            else:
                yield f"{prefix}{name}", path, info


def _fault(name: str, info: os.stat_result) -> Error | None:
    if stat.S_ISLNK(info.st_mode):
        return Error(
            "EVID004",
            f"{name!r} is a link",
            why="what it leads to may lie outside the folder, or be another file tomorrow",
            fix="Copy the file into the folder.",
            where=ascii(name)[1:-1],
        )
    if not stat.S_ISREG(info.st_mode):
        return Error(
            "EVID005", f"{name!r} is no file", fix="Only files can be evidence: take it away.", where=ascii(name)[1:-1]
        )
    wrong = fault_of(name)
    if wrong:
        return Error("EVID006", f"the name {name!a} {wrong}", fix="Rename the file.", where=ascii(name)[1:-1])
    return None
