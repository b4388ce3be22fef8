"""Statements that give another digest than SHA-256: npm's give SHA-512 alone.

A file is hashed once, with SHA-256. Where a statement knows it by SHA-512 only, it is read once more, and both
digests must come from the same bytes.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .content import digest_again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.signing.statements import Statement

    from .material import Item, Sealed

__all__ = ["resolved"]


def resolved(sealed: Sequence[Sealed], items: Sequence[Item]) -> tuple[Sealed, ...]:
    """Return the bundles with the SHA-256 of each file that their statements know by SHA-512 alone.

    A subject that is none of the files stays without one, and so speaks of nothing here.
    """
    if not any(_needs(each.statement) for each in sealed):
        return tuple(sealed)
    by_sha512 = {digest: item.file.sha256 for item in items if (digest := _sha512(item))}
    return tuple(
        dataclasses.replace(each, statement=_resolved(each.statement, by_sha512)) if _needs(each.statement) else each
        for each in sealed
    )


def _needs(statement: Statement | None) -> bool:
    return statement is not None and any(not each.sha256 and each.sha512 for each in statement.subjects)


def _resolved(statement: Statement | None, by_sha512: dict[str, str]) -> Statement | None:
    if statement is None:
        return None
    subjects = tuple(
        dataclasses.replace(each, sha256=each.sha256 or by_sha512.get(each.sha512, "")) for each in statement.subjects
    )
    return dataclasses.replace(statement, subjects=subjects)


def _sha512(item: Item) -> str:
    """Return the file's SHA-512; empty where it cannot be read, or is another file by now."""
    try:
        return digest_again(item.file, "sha512").hex()
    except (OSError, ValueError):
        return ""
