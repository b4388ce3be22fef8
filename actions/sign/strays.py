"""What lies in a release folder and this run has no part in: what is no file, and bundles of an earlier run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..face import shortened

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..face import Face

__all__ = ["find_strays", "tell_earlier", "tell_strays"]


def find_strays(folder: Path, files: Collection[Path]) -> tuple[Path, ...]:
    """Return what is neither a folder nor one of the files that were found below this one, sorted.

    Pipes, sockets, links that lead nowhere, and links to folders, which nobody follows; what another run is writing at
    this moment is none of them.
    """
    from maximus.files import is_leftover  # noqa: PLC0415 - `--help` needs none of it

    known = frozenset(files)
    found = []
    for parent, folders, names in os.walk(folder):
        links = (name for name in folders if os.path.islink(os.path.join(parent, name)))  # noqa: PTH114, PTH118 - hot
        there = (name for name in (*names, *links) if not is_leftover(name))
        found += [path for name in there if (path := Path(parent, name)) not in known]
    return tuple(sorted(found))


def tell_strays(folder: Path, files: Collection[Path], face: Face) -> None:
    """Warn of what is in the folder and will not be signed: the first by its name, the others by their number."""
    strays = find_strays(folder, files)
    if not strays:
        return
    more = f", and {len(strays) - 1} more are none" if len(strays) > 1 else ""
    face.warn(
        f"{shortened(strays[0].as_posix())} is no file{more}: a pipe or a link to a folder or to nothing is not signed",
        where="input `folder`",
    )


def tell_earlier(bundles: Collection[Path], made: Collection[Path], face: Face) -> None:
    """Warn of bundles that lay there before and were neither made nor found valid: `verify` reads these as well."""
    left = sorted(frozenset(bundles) - frozenset(made))
    if not left:
        return
    more = f" and {len(left) - 1} more are" if len(left) > 1 else " is"
    face.warn(
        f"{shortened(left[0].as_posix())}{more} of an earlier run, and not of this one: where a file or the signer has "
        "changed since, `verify` fails on it; remove what is not meant to stay",
        where="input `folder`",
    )
