"""The readers of lock files, one module a format; adding one touches this list and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.readers import (
    cargo,
    go,
    npm,
    pdm,
    pipfile,
    pnpm,
    poetry,
    pylock,
    requirements,
    uv,
    yarn,
)

if TYPE_CHECKING:
    from maximus.sbom.readers.interface import Reader

__all__ = ["READERS", "reader_of"]

READERS: tuple[Reader, ...] = (
    uv.READER,
    poetry.READER,
    pdm.READER,
    pipfile.READER,
    pylock.READER,
    requirements.READER,
    npm.READER,
    pnpm.READER,
    yarn.READER,
    go.READER,
    cargo.READER,
)
"""Every reader; no file is read by two of them."""


def reader_of(path: str) -> Reader | None:
    """Return the reader of the file of this path, relative to the tree's root; None where there is none."""
    for reader in READERS:
        if reader.reads(path):
            return reader
    return None
