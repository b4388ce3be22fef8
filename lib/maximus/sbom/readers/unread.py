"""Locks that are not read: what they name is missing, and that is said by their name instead of passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maximus.sbom.model import Finding, Location, Reading
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_LOCKS: Final = {
    "Cartfile.resolved": "Carthage",
    "Gopkg.lock": "dep",
    "MODULE.bazel.lock": "Bazel",
    "Manifest.toml": "Julia",
    "buf.lock": "Buf",
    "bun.lockb": "bun",
    "cabal.project.freeze": "Cabal",
    "devbox.lock": "Devbox",
    "dub.selections.json": "Dub",
    "glide.lock": "Glide",
    "maven_install.json": "rules_jvm_external",
    "opam.locked": "opam",
    "renv.lock": "renv",
    "shard.lock": "Shards",
    "stack.yaml.lock": "Stack",
}
_READ_INSTEAD: Final = {"bun.lockb": "bun.lock", "Gopkg.lock": "go.mod", "glide.lock": "go.mod"}
"""What is read where it lies beside, and says the same or more."""
_JULIA: Final = b"# This file is machine-generated"


def _read(source: Source) -> Reading:
    name = source.path.rpartition("/")[2]
    other = _READ_INSTEAD.get(name)
    is_said = other is not None and source.beside(other) in source.tree.locks
    # Other tools have files of this name that lock nothing.
    is_other = name == "Manifest.toml" and not source.raw.startswith(_JULIA)
    if is_said or is_other:
        return Reading((), ())
    text = f"locks of {_LOCKS[name]} are not read: what this one names is missing"
    return Reading((), (), findings=(Finding("not-locked", text, Location(source.path)),))


READER = Reader("unread", lambda path: path.rpartition("/")[2] in _LOCKS, _read, is_lock=False)
