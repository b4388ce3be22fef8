"""Locks that are not read: what they name is missing, and that is said by their name instead of passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maximus.sbom.foreign import is_sbom_text
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
_SBOMS: Final = (".cdx.xml", ".spdx", ".spdx.rdf", ".spdx.xml", ".spdx.yaml", ".spdx.yml", ".spdx3.json", "/bom.xml")
"""How files end that are SBOMs in another format than the JSON that is read."""


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] in _LOCKS or f"/{path}".endswith(_SBOMS)


def _read(source: Source) -> Reading:
    name = source.name
    if name not in _LOCKS:
        return _read_sbom(source)
    other = _READ_INSTEAD.get(name)
    is_said = other is not None and source.beside(other) in source.tree.locks
    # Other tools have files of this name that lock nothing.
    is_other = name == "Manifest.toml" and not source.raw.startswith(_JULIA)
    if is_said or is_other:
        return Reading((), ())
    text = f"locks of {_LOCKS[name]} are not read: what this one names is missing"
    return Reading((), (), findings=(Finding("not-locked", text, Location(source.path)),))


def _read_sbom(source: Source) -> Reading:
    stem = source.name if source.name.endswith(".spdx") else source.name.rpartition(".")[0]
    other = f"{stem}.json"
    # Licences have files that end like this as well; many tools write the same document in JSON beside it.
    is_said = other != source.name and source.beside(other) in source.tree.locks
    if is_said or not is_sbom_text(source.raw):
        return Reading((), ())
    text = "of SBOMs in the tree only CycloneDX and SPDX 2 in JSON are read: what this one names is missing"
    return Reading((), (), findings=(Finding("not-locked", text, Location(source.path)),))


READER = Reader("unread", _reads, _read, is_lock=False)
