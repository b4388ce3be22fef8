"""Reads a tree: finds its locks, lets each be read by its reader, keeps what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import patience
from maximus.sbom.addresses import told
from maximus.sbom.limits import MAX_EDGES, MAX_PACKAGES
from maximus.sbom.model import Finding, Location, Reading
from maximus.sbom.naming import visible
from maximus.sbom.parsing import too_deep
from maximus.sbom.readers import reader_of
from maximus.sbom.tree import Selection, Source, Tree, walk
from maximus.sbom.unlocked import declares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

__all__ = ["Scan", "find_locks", "read_locks", "scan"]

_LIMITS = ("SBOM004", "SBOM006", "SBOM037")


@dataclass(frozen=True, slots=True)
class Scan:
    """What the locks of a tree say."""

    tree: Tree
    readings: tuple[tuple[str, Reading], ...]
    """Each lock's path and what it says, sorted by path."""
    faults: tuple[Error, ...] = ()
    """One for each lock that could not be read."""


def scan(
    root: Path,
    leave_out: Iterable[Path] = (),
    gitlinks: Mapping[str, str] | None = None,
    selection: Selection | None = None,
) -> Scan:
    """Return what the locks below a folder say; a lock that cannot be read is a fault and stops nothing.

    `gitlinks` are the commits of the submodules, by folder; without them git is asked.

    Raises Error SBOM002 or SBOM009 where the folder itself cannot be walked.
    """
    return read_locks(find_locks(root, leave_out, gitlinks, selection))


def find_locks(
    root: Path,
    leave_out: Iterable[Path] = (),
    gitlinks: Mapping[str, str] | None = None,
    selection: Selection | None = None,
) -> Tree:
    """Return the tree with the locks that are to be read; the arguments and errors are those of `scan`."""
    tree = walk(root, lambda path: reader_of(path) is not None, leave_out, selection, declares)
    if ".gitmodules" in tree.locks:
        return replace(tree, gitlinks=_gitlinks_of(tree.root) if gitlinks is None else gitlinks)
    return tree


def _gitlinks_of(root: Path) -> Mapping[str, str]:
    """Return the submodules' commits where the folder is the root of a checkout; none elsewhere."""
    from maximus import git  # noqa: PLC0415 - only few trees have submodules

    try:
        checkout = git.find_checkout(root)
        return checkout.submodules_at("HEAD") if checkout is not None and checkout.root.resolve() == root else {}
    except Error:
        # Without git nobody can ask it; the submodules are listed without their commits.
        return {}


def _check_size(path: str, packages: int, links: int) -> None:
    """Refuse the lock with which there would be too many; those before and behind it are read."""
    for found, limit, what in ((packages, MAX_PACKAGES, "packages"), (links, MAX_EDGES, "dependencies")):
        if found > limit:
            raise Error(
                "SBOM038",
                f"{visible(path)} was left out",
                why=f"with it the tree has {found} {what}, and at most {limit} are read",
                fix="Leave locks out with `exclude`, or inventory parts of the tree one by one with the input `path`.",
                where=visible(path),
            )


def read_locks(tree: Tree, step: Callable[[], None] = lambda: None) -> Scan:
    """Return what the locks of a walked tree say; `step` is called after each."""
    readings: list[tuple[str, Reading]] = []
    faults: list[Error] = []
    packages = links = 0
    for path in tree.locks:
        reader = reader_of(path)
        if reader is None:
            continue
        try:
            with patience.limited(path):
                reading = reader.read(Source(path, tree.read(path), tree))
            _check_size(path, packages + len(reading.packages), links + len(reading.links))
            packages, links = packages + len(reading.packages), links + len(reading.links)
            if reader.is_lock or reading.packages or reading.findings:
                readings.append((path, reading))
        except Error as fault:
            if not reader.is_lock and fault.code != "SBOM038":
                text = told(f"{visible(path)} was not read: {fault.why}")
                kind = "limit" if fault.code in _LIMITS else "ignored"
                found = (Finding(kind, text, Location(path), lost=False),)
                readings.append((path, Reading((), (), findings=found)))
                continue
            # A parser quotes what it does not understand.
            fault.what, fault.why = told(fault.what), told(fault.why)
            faults.append(fault)
        except RecursionError:
            faults.append(too_deep(visible(path)))
        step()
    return Scan(tree, tuple(readings), tuple(faults))
