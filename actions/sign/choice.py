"""Which files `sign` signs: of the folder, of those that are named, or of those that earlier steps declared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

from .attestations import (
    ATTESTATION,
    PROVENANCE,
    SBOM_NAMES,
    SBOM_STEMS,
)
from .declared import declared_files, find_declared
from .strays import tell_strays

if TYPE_CHECKING:
    from ..face import Face
    from .inputs import Inputs

__all__ = ["Chosen", "choose"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is signed, and where its bundles go."""

    files: tuple[Path, ...]
    root: Path
    """What the files' names in a statement are relative to: the release folder, or the files' common one."""
    bundles: Path | None
    """The folder for the bundles; none where each goes beside its file."""
    is_declared: bool = False
    """Whether earlier steps of the job say what is signed, and not the inputs."""
    is_folder: bool = False
    """Whether it is all that a release folder has."""
    earlier: tuple[Path, ...] = ()
    """The bundles that such a folder had before."""

    def is_fresh(self, mode: str) -> bool:
        """Tell whether something will have to be signed, at a glance: where the first bundle is missing."""
        from maximus.signing.bundles import STATEMENT_STEM, bundle_path  # noqa: PLC0415 - as below

        if not self.files or mode == "statement":
            return not self.place(STATEMENT_STEM).exists()
        return not bundle_path(self.files[0], self.root, self.bundles).exists()

    def place(self, stem: str, number: int = 1) -> Path:
        """Return where the bundle of the n-th statement of a stem goes."""
        from maximus.signing.bundles import statement_path  # noqa: PLC0415 - `--help` needs none of it

        return statement_path(self.bundles or self.root, number, stem)

    @property
    def has_sbom(self) -> bool:
        """Whether it is a folder in which `verify` finds an SBOM."""
        return self.is_folder and any(self.root / name in self.files for name in SBOM_NAMES)


def choose(inputs: Inputs, face: Face, *, with_key: bool) -> Chosen:
    """Return what is signed, with leftovers of a run that was stopped swept away; raise Error where nothing is."""
    from maximus.files import EVIDENCE, find_files, list_folder, remove_leftovers  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.bundles import is_bundle  # noqa: PLC0415 - likewise

    bundles = Path(inputs.bundles) if inputs.bundles else None
    declared = () if inputs.files or Path(inputs.folder).exists() else declared_files(face.environment)
    if inputs.images and not (inputs.files or declared or Path(inputs.folder).exists()):
        return Chosen((), Path(), bundles)
    earlier: tuple[Path, ...] = ()
    if inputs.files or declared:
        found = find_files(inputs.files, Path()) if inputs.files else find_declared(declared, Path())
        files = tuple(path for path in found if _is_signed(path, with_key=with_key))
        root = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
        swept = {path.parent for path in files}
        where = "input `files`"
    else:
        root = Path(inputs.folder)
        remove_leftovers(root)
        there = list_folder(root)
        tell_strays(root, there, face)
        released = [path for path in there if path.relative_to(root).parts[0] != EVIDENCE]
        files = tuple(path for path in released if _is_signed(path, with_key=with_key))
        earlier = tuple(path for path in released if is_bundle(path))
        swept = set()
        where = "input `folder`"
    for folder in sorted(swept | ({bundles} if bundles and bundles.is_dir() else set())):
        remove_leftovers(folder)
    if not files and not inputs.images:
        raise Error(
            "SIGN001",
            "no file to sign",
            why=f"nothing matched {', '.join(inputs.files)}" if inputs.files else f"there is none in {root}",
            fix="Build first, or correct the patterns. Bundles, the key's public half and `evidence/` are left out.",
            where=where,
            status=ExitStatus.UNMEASURED,
        )
    is_folder = not (inputs.files or declared)
    chosen = Chosen(files, root, bundles, is_declared=bool(declared), is_folder=is_folder, earlier=earlier)
    _refuse_same_name(inputs, chosen)
    return chosen


def _is_signed(path: Path, *, with_key: bool) -> bool:
    """Tell whether a file is signed: all are but what signing itself puts there.

    A public key is what a signature by that key is checked with, so signing it would prove nothing. In a
    release that is signed keyless it is a file as any other.
    """
    from maximus.signing.bundles import PUBLIC_KEY_NAME, is_bundle  # noqa: PLC0415 - `--help` needs none of it

    return not is_bundle(path) and not (with_key and path.name == PUBLIC_KEY_NAME)


def _refuse_same_name(inputs: Inputs, chosen: Chosen) -> None:
    """Raise Error SIGN015 where a file's bundle would have the name of an attestation's."""
    from maximus.signing.bundles import bundle_path  # noqa: PLC0415 - `--help` needs none of it

    stems = [ATTESTATION] * bool(inputs.predicate) + [PROVENANCE] * inputs.provenance
    stems += SBOM_STEMS if inputs.sbom else ()
    if not stems or inputs.mode != "each":
        return
    # As many as one statement a file would be: far more than there can be.
    taken = {chosen.place(stem, number): stem for stem in stems for number in range(1, len(chosen.files) + 1)}
    for path in chosen.files:
        stem = taken.get(bundle_path(path, chosen.root, chosen.bundles))
        if stem:
            raise Error(
                "SIGN015",
                f"the bundle of {path} would have the name of the {stem}'s",
                fix="Give the file another name, or use `mode: statement`.",
                where=f"input `{'predicate' if stem == ATTESTATION else stem.partition('-')[0]}`",
                status=ExitStatus.USAGE,
            )
