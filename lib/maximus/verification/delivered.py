"""Material that does not come from a folder: files that were hashed on their way here, and digests without files.

Pure but for the bundles of digests, which are read where they lie.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.files import HashedFile, list_folder
from maximus.signing.bundles import MessageSignature

from .material import (
    Broken,
    Item,
    Material,
    Sealed,
    is_sealed,
    open_bundles,
    read_bundles,
    require_bundles,
    target_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["assemble", "digest_of", "named_digests", "read_digests"]

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")


def assemble(
    files: Sequence[tuple[str, HashedFile]],
    bundles: Sequence[tuple[str, bytes]],
    broken: Sequence[Broken],
    rename: Callable[[str], str],
) -> Material:
    """Return the material of a whole release whose files and bundles were fetched one by one.

    Bundles are known by their names, as beside their files. `rename` returns the name under which the place that
    they were fetched from keeps a file: a statement names it as it lay where it was built.
    """
    read = [each for name, raw in sorted(bundles) for each in open_bundles(raw, name, target_of(PurePosixPath(name)))]
    sealed = tuple(item for item in read if isinstance(item, Sealed))
    known: dict[str, set[str]] = {}
    for subject in (subject for item in sealed if item.statement for subject in item.statement.subjects):
        for kept in (rename(subject.name), rename(subject.name.rpartition("/")[2])):
            known.setdefault(kept, set()).add(subject.name)
    return Material(
        items=tuple(Item(name, file, (name, *sorted(known.get(name, set()) - {name}))) for name, file in sorted(files)),
        sealed=sealed,
        broken_files=tuple(sorted(broken, key=lambda entry: entry.name)),
        broken_bundles=tuple(item for item in read if isinstance(item, Broken)),
    )


def digest_of(pattern: str) -> str:
    """Return the digest that stands in a file's place, 64 hexadecimal digits; empty where a file is named.

    Raises Error VERIFY009 (usage) for what looks like a digest and is none.
    """
    if found := _DIGEST.fullmatch(pattern.lower()):
        return found[1]
    if pattern.lower().startswith(("sha256:", "sha512:", "sha1:")):
        raise Error(
            "VERIFY009",
            f"{pattern[:80]!r} is no digest",
            why="`sha256:` and 64 hexadecimal digits are what is taken",
            fix="`sha256sum FILE` prints the digits.",
            where="input files",
            status=ExitStatus.USAGE,
        )
    return ""


def named_digests(patterns: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the digests among the patterns, each once, and the patterns that name files."""
    digests = {pattern: digest_of(pattern.strip()) for pattern in patterns}
    kept = tuple(pattern for pattern in patterns if not digests[pattern])
    return tuple(sorted({digest for digest in digests.values() if digest})), kept


def read_digests(digests: Sequence[str], bundles: Path | None, material: Material) -> Material:
    """Return the material with the digests in it, each with the bundles that speak of it.

    `bundles` is a folder or one bundle, read whatever it is called. Of a folder only those are taken that name one
    of the digests: others lie there for other files. Raises Error VERIFY004 (usage) where nothing is there.
    """
    require_bundles(bundles)
    items = tuple(Item(f"sha256:{digest}", HashedFile(Path(f"sha256:{digest}"), 0, digest), ()) for digest in digests)
    places: tuple[Path, ...] = ()
    if bundles is not None and bundles.is_dir():
        places = tuple(path for path in list_folder(bundles) if is_sealed(path))
    elif bundles is not None:
        places = (bundles,)
    known = {entry.name for entry in material.sealed} | {entry.name for entry in material.broken_bundles}
    found = [entry for path in places for entry in read_bundles(path, path.as_posix(), "") if entry.name not in known]
    wanted = frozenset(digests)
    is_one = bundles is not None and not bundles.is_dir()
    sealed = [entry for entry in found if isinstance(entry, Sealed) and (is_one or _speaks_of(entry, wanted))]
    return dataclasses.replace(
        material,
        items=(*material.items, *items),
        sealed=(*material.sealed, *sealed),
        broken_bundles=(*material.broken_bundles, *(entry for entry in found if isinstance(entry, Broken))),
        is_whole=False,
    )


def _speaks_of(sealed: Sealed, digests: frozenset[str]) -> bool:
    if sealed.statement is not None:
        return any(subject.sha256 in digests for subject in sealed.statement.subjects)
    content = sealed.bundle.content
    return isinstance(content, MessageSignature) and content.sha256 in digests
