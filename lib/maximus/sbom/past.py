"""The locks of an earlier commit, read out of git: no checkout of it is made, and nothing of it is run."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.sbom.limits import MAX_LOCK
from maximus.sbom.naming import visible
from maximus.sbom.readers import reader_of
from maximus.sbom.readers.compose_variables import FILE
from maximus.sbom.readers.containers import COMPOSE
from maximus.sbom.readers.yarn_resolutions import SETTINGS
from maximus.sbom.scan import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.git import Checkout
    from maximus.sbom.tree import Selection

__all__ = ["MAX_FILES", "scan_at"]

MAX_FILES: Final = 5_000
"""Locks and manifests of one commit."""
# What the readers and the walk look at beside the locks.
_BESIDE = frozenset({
    "package.json", "Cargo.toml", "pyproject.toml", "Pipfile", "go.mod", "go.work", "go.sum", "go.work.sum",
    "modules.txt", "pnpm-workspace.yaml", "pyvenv.cfg", "CACHEDIR.TAG", "composer.json", "pom.xml",
    "verification-metadata.xml", "Chart.yaml", SETTINGS,
})  # fmt: skip
_LISTS = (".txt", ".in")


def scan_at(checkout: Checkout, commit: str, below: str, name: str, selection: Selection | None = None) -> Scan:
    """Return what the locks of a commit say, those in the folder `below` only; `name` is for the reader.

    They are laid out in a temporary folder, so that the same readers read them by the same rules.
    Raises Error SBOM016 where one of them cannot be read: half a base would show the rest as added.
    """
    listed = dict(checkout.files_at(commit, below))
    wanted = _wanted(listed)
    if len(wanted) > MAX_FILES:
        raise _wrong(name, f"it has more than {MAX_FILES} locks and manifests")
    with tempfile.TemporaryDirectory(prefix="maximus-sbom-") as folder:
        root = Path(folder)
        for batch in _batches(wanted, listed, name):
            contents = checkout.contents_at(commit, [f"{below}/{path}" if below else path for path in batch])
            for path, content in zip(batch, contents, strict=True):
                if content is None:
                    raise _wrong(name, f"{visible(path)} cannot be read out of git")
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        # Only that file makes a submodule of a commit that stands in a tree.
        gitlinks = checkout.submodules_at(commit) if ".gitmodules" in listed and not below else {}
        found = scan(root, gitlinks=gitlinks, selection=selection)
    if found.faults:
        raise _wrong(name, "; ".join(sorted(fault.what for fault in found.faults)[:20]))
    return found


def _batches(wanted: list[str], listed: dict[str, int], name: str) -> Iterator[list[str]]:
    """Yield the paths in groups that git is asked for at once: what is in memory at a time stays below two locks."""
    batch: list[str] = []
    size = 0
    for path in wanted:
        if listed[path] > MAX_LOCK:
            raise _wrong(name, f"{visible(path)} is larger than {MAX_LOCK >> 20} MiB")
        if size + listed[path] > MAX_LOCK:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += listed[path]
    if batch:
        yield batch


def _wanted(listed: dict[str, int]) -> list[str]:
    """Return the paths to lay out: locks, manifests, and lists that lie beside lists."""
    safe = [path for path in listed if not {"", ".", "..", ".git"} & set(path.split("/"))]
    # An archive that is too large to be read is a finding of a scan, and no reason against a comparison.
    locks = {
        path
        for path in safe
        if (reader := reader_of(path)) is not None and (reader.is_lock or listed[path] <= MAX_LOCK)
    }
    folders = {PurePosixPath(path).parent for path in locks if path.endswith(_LISTS)}
    composed = {PurePosixPath(path).parent for path in locks if reader_of(path) is COMPOSE}
    beside = {
        path
        for path in safe
        if PurePosixPath(path).name in _BESIDE
        or path.removesuffix(".sum") + ".mod" in locks
        or (path.endswith(_LISTS) and PurePosixPath(path).parent in folders)
        or (PurePosixPath(path).name == FILE and PurePosixPath(path).parent in composed)
    }
    return sorted(locks | {path for path in beside if listed[path] <= MAX_LOCK})


def _wrong(name: str, why: str) -> Error:
    return Error(
        "SBOM016",
        f"cannot compare with {name}",
        why=why,
        fix="Name an SBOM of that release with `base`, or another tag.",
        where="input base",
    )
