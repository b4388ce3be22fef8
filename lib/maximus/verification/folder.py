"""The accounting: which bundle speaks of which file, and what has no counterpart. Pure: it opens nothing.

What it says about digests follows from texts alone. That the texts are signed is checked afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.signing.bundles import MessageSignature

from .finding import Fact, Fault

if TYPE_CHECKING:
    from .material import Item, Material, Sealed

__all__ = ["Account", "Cover", "account"]


@dataclass(frozen=True, slots=True)
class Cover:
    """A bundle that speaks of a file."""

    item: Item
    sealed: Sealed
    fault: Fault | None = None
    """Why what it says does not fit the file."""
    alias: str = ""
    """The name under which its statement knows the file's content, where it is another one."""


@dataclass(frozen=True, slots=True)
class Account:
    """Every file and every bundle, each in its place."""

    covers: tuple[Cover, ...]
    unsigned: tuple[tuple[str, str], ...]
    """Files that no bundle speaks of, with the reason."""
    missing: tuple[tuple[str, str], ...]
    """Files that are not there, with the bundle that names them."""
    extra: tuple[str, ...]
    """Bundles without their file."""


@dataclass(frozen=True, slots=True)
class _Index:
    """The files by all that a bundle may know them by."""

    by_own_name: dict[str, Item]
    by_name: dict[str, list[Item]]
    by_digest: dict[str, list[Item]]
    is_whole: bool


def account(material: Material) -> Account:
    """Return how files and bundles belong together, sorted by name."""
    index = _index(material)
    broken = {entry.name for entry in material.broken_files}
    covers: list[Cover] = []
    missing: set[tuple[str, str]] = set()
    extra: list[str] = []
    for sealed in material.sealed:
        found = _message_covers(sealed, index) if sealed.statement is None else _statement_covers(sealed, index)
        covers += found
        missing |= {(name, sealed.name) for name in _gone(sealed, index, found) - broken}
        # Among single files a statement that speaks of others is nothing unusual.
        if not found and sealed.target not in broken and (material.is_whole or sealed.target):
            extra.append(sealed.name)
    covered = {cover.item.name for cover in covers} | {entry.target for entry in material.broken_bundles}
    known = {
        subject.sha256: f"{sealed.name} knows its content under another name, {subject.name}"
        for sealed in material.sealed
        for subject in (sealed.statement.subjects if sealed.statement else ())
    }
    return Account(
        covers=tuple(sorted(covers, key=lambda cover: (cover.item.name, cover.sealed.name))),
        unsigned=tuple(
            (item.name, known.get(item.file.sha256, "no bundle speaks of it"))
            for item in material.items
            if item.name not in covered
        ),
        missing=tuple(sorted(missing)),
        extra=tuple(sorted(extra)),
    )


def _index(material: Material) -> _Index:
    by_name: dict[str, list[Item]] = {}
    by_digest: dict[str, list[Item]] = {}
    for item in material.items:
        by_digest.setdefault(item.file.sha256, []).append(item)
        for name in item.names:
            by_name.setdefault(name, []).append(item)
    return _Index({item.name: item for item in material.items}, by_name, by_digest, material.is_whole)


def _message_covers(sealed: Sealed, index: _Index) -> list[Cover]:
    """Return the file that a signature over a file's own bytes is for: the one of its name, or of its digest."""
    if sealed.target:
        item = index.by_own_name.get(sealed.target)
        return [Cover(item, sealed)] if item else []
    content = sealed.bundle.content
    same = index.by_digest.get(content.sha256, []) if isinstance(content, MessageSignature) else []
    if not same and len(index.by_own_name) == 1:
        same = list(index.by_own_name.values())
    return [Cover(item, sealed) for item in same]


def _statement_covers(sealed: Sealed, index: _Index) -> list[Cover]:
    assert sealed.statement is not None  # noqa: S101 - the caller has looked
    digests_by_name: dict[str, list[str]] = {}
    name_by_digest: dict[str, str] = {}
    for subject in sealed.statement.subjects:
        digests_by_name.setdefault(subject.name, []).append(subject.sha256)
        name_by_digest.setdefault(subject.sha256, subject.name)
    spoken_of: dict[str, Item] = {}
    for name in digests_by_name:
        spoken_of |= {item.name: item for item in index.by_name.get(name, [])}
    beside = index.by_own_name.get(sealed.target)
    # A foreign statement names packages and not files. Where it is given for one file, or for single files,
    # its digest is enough. For a whole folder it is not: any signed file could be put under another's name.
    if not index.is_whole and not sealed.target:
        for digest in name_by_digest:
            spoken_of |= {item.name: item for item in index.by_digest.get(digest, [])}
    covers = [] if beside is None else [_cover(beside, sealed, digests_by_name, name_by_digest)]
    covers += [
        _cover(item, sealed, digests_by_name, name_by_digest) for item in spoken_of.values() if item is not beside
    ]
    return covers


def _cover(item: Item, sealed: Sealed, digests_by_name: dict[str, list[str]], name_by_digest: dict[str, str]) -> Cover:
    digest = item.file.sha256
    names = (*item.names, item.name.rpartition("/")[2])
    named = next((name for name in names if name in digests_by_name), None)
    if named is not None:
        # A name that stands twice must mean the same content twice.
        wrong = [other for other in digests_by_name[named] if other != digest]
        return Cover(
            item, sealed, _differs(f"the statement gives {_stated(wrong[0])} for {named}", item) if wrong else None
        )
    if digest in name_by_digest:
        return Cover(item, sealed, alias=name_by_digest[digest])
    about = ", ".join(sorted(digests_by_name)[:3])
    return Cover(item, sealed, _differs(f"the statement is about {about}", item))


def _stated(digest: str) -> str:
    return f"sha256:{digest}" if digest else "no SHA-256"


def _differs(stated: str, item: Item) -> Fault:
    return Fault(Fact.SIGNATURES, "VERIFY014", f"digest differs: {stated}, the file has sha256:{item.file.sha256}")


def _gone(sealed: Sealed, index: _Index, covers: list[Cover]) -> set[str]:
    """Return the names that a bundle speaks of and that are not there."""
    if sealed.statement is None:
        return {sealed.target} if sealed.target and not covers else set()
    if not index.is_whole:
        return {sealed.target} if sealed.target and sealed.target not in index.by_own_name else set()
    aliases = {name for cover in covers for name in (cover.alias, cover.item.name.rpartition("/")[2])}
    return {subject.name for subject in sealed.statement.subjects} - aliases - index.by_name.keys()
