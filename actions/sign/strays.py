"""What lies in a release folder and is no file: nobody signs it, and people are told so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..face import shortened

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..face import Face

__all__ = ["find_strays", "tell_strays"]


def find_strays(folder: Path, files: Collection[Path]) -> tuple[Path, ...]:
    """Return what is neither a folder nor one of the files that were found below this one, sorted.

    Pipes, sockets, links that lead nowhere, and links to folders, which nobody follows.
    """
    known = frozenset(files)
    found = []
    for parent, folders, names in os.walk(folder):
        links = (name for name in folders if os.path.islink(os.path.join(parent, name)))  # noqa: PTH114, PTH118 - hot
        found += [path for name in (*names, *links) if (path := Path(parent, name)) not in known]
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
