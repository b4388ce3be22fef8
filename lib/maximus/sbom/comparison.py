"""Two inventories compared: what was added, removed, upgraded, and what is suspicious.

Pure. Packages are a multiset by purl: {1.0, 2.0} -> {1.0, 2.1} is one upgrade and one package unchanged.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.sbom.naming import respelled
from maximus.sbom.ordering import distance, is_newer, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from maximus.sbom.baseline import Entry

__all__ = ["Change", "Class", "Comparison", "Known", "compare"]

_WEAK = frozenset({"MD5", "SHA1"})
"""Algorithms under which two packages can be made to have one digest."""
_MAX_PAIRS = 10_000
"""Pairs of versions of one package that are tried for the nearest; beyond it they are paired in order."""


class Class(enum.StrEnum):
    """What happened to a package. The order of declaration is the order in which they are shown."""

    HASH_CHANGED = "hash-changed"
    """The same version with another digest of the same file: an alarm."""
    DOWNGRADED = "downgraded"
    UPGRADED = "upgraded"
    VERSION_CHANGED = "version-changed"
    """Two versions between which there is no order, such as commits."""
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    """The same bytes under another purl."""
    LICENCE_CHANGED = "licence-changed"
    PRODUCER_CHANGED = "producer-changed"
    SOURCE_CHANGED = "source-changed"
    """Another repository, or files from other hosts."""
    SCOPE_CHANGED = "scope-changed"
    DIRECT_CHANGED = "direct-changed"
    """Needed directly, and only by others before; or the reverse."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed about one package."""

    kind: Class
    purl: str
    """Of the present package; of the former one where it was removed."""
    before: str = ""
    """The former version, licence, scope or digest; empty for what was added."""
    after: str = ""
    version: str = ""
    """The present version, or the one that was removed."""
    step: str = ""
    """Of an upgrade or downgrade: `major`, `minor`, `patch` or `other`."""
    direct: bool | None = None
    why: tuple[str, ...] = ()
    """Of what is now needed by others only: the purls from a direct need to it, both included."""


@dataclass(frozen=True, slots=True)
class Known:
    """How much one side knows: counts of packages."""

    components: int
    versions: int
    hashes: int
    licences: int
    producers: int = 0
    edges: int = 0
    """Of how many it is known what they need."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes: alarms first, then by class, direct ones first, then by purl."""

    changes: tuple[Change, ...]
    before: Known
    after: Known

    def counts(self) -> dict[Class, int]:
        """Return how many changes there are of each class, those without one included."""
        found = dict.fromkeys(Class, 0)
        for change in self.changes:
            found[change.kind] += 1
        return found


def compare(
    before: Sequence[Entry], after: Sequence[Entry], ways: Mapping[str, tuple[str, ...]] | None = None
) -> Comparison:
    """Return what changed between two inventories; `ways` says by purl how a package of the later one is reached."""
    changes: list[Change] = []
    lost: list[Entry] = []
    gained: list[Entry] = []
    old, new = _by_key(before), _by_key(after)
    spelled = respelled(old, new)
    old = {spelled.get(key, key): entries for key, entries in old.items()}
    for key in sorted(old.keys() | new.keys()):
        left, right = list(old.get(key, [])), list(new.get(key, []))
        if left == right:
            # Most of a release is as it was.
            continue
        changes += _of_package(left, right)
        lost += left
        gained += right
    changes += _take_renamed(lost, gained)
    for entry in gained:
        changes.append(Change(Class.ADDED, entry.purl, after=entry.version, version=entry.version, direct=entry.direct))
    for entry in lost:
        changes.append(
            Change(Class.REMOVED, entry.purl, before=entry.version, version=entry.version, direct=entry.direct)
        )
    changes = [
        replace(item, why=ways.get(item.purl, ()))
        if ways and item.direct is False and item.kind is not Class.REMOVED
        else item
        for item in changes
    ]
    order = {kind: number for number, kind in enumerate(Class)}
    changes.sort(key=lambda item: (order[item.kind], item.direct is not True, item.purl, item.before, item.after))
    return Comparison(tuple(changes), _known(before), _known(after))


def _by_key(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.key, []).append(entry)
    return found


def _known(entries: Sequence[Entry]) -> Known:
    return Known(
        len(entries),
        sum(1 for entry in entries if entry.version),
        sum(1 for entry in entries if entry.digests),
        sum(1 for entry in entries if entry.licence),
        sum(1 for entry in entries if entry.producer),
        sum(1 for entry in entries if entry.edges),
    )


def _of_package(left: list[Entry], right: list[Entry]) -> list[Change]:
    """Return what changed about one package, of which either side may have several versions.

    What has no counterpart is left over in the two lists.
    """
    pairs = [*_take_same(left, right, with_digests=True), *_take_same(left, right, with_digests=False)]
    pairs += _take_nearest(left, right)
    return [change for before, after in pairs for change in _of_pair(before, after)]


def _take_renamed(lost: list[Entry], gained: list[Entry]) -> list[Change]:
    """Take what has the same bytes under another purl out of both lists, each former one once."""
    known: dict[tuple[str, str], list[Entry]] = {}
    for entry in lost:
        for _, algorithm, value in sorted(entry.digests):
            if algorithm not in _WEAK:
                known.setdefault((algorithm, value), []).append(entry)
    changes = []
    for entry in tuple(gained):
        same = (item for _, algorithm, value in sorted(entry.digests) for item in known.get((algorithm, value), ()))
        former = next((item for item in same if item in lost), None)
        if former is not None:
            lost.remove(former)
            gained.remove(entry)
            changes.append(Change(Class.RENAMED, entry.purl, former.purl, entry.purl, entry.version, "", entry.direct))
    return changes


def _take_same(left: list[Entry], right: list[Entry], *, with_digests: bool) -> list[tuple[Entry, Entry]]:
    """Take the pairs of the same version, and of the same bytes where asked for, out of both lists."""
    pairs = []
    for before in tuple(left):
        for after in right:
            if before.version == after.version and (not with_digests or not _other_bytes(before, after)):
                left.remove(before)
                right.remove(after)
                pairs.append((before, after))
                break
    return pairs


def _take_nearest(left: list[Entry], right: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Take the pairs with the nearest versions out of both lists."""
    if len(left) * len(right) > _MAX_PAIRS:
        pairs = list(zip(left, right, strict=False))
        del left[: len(pairs)], right[: len(pairs)]
        return pairs
    candidates = sorted(
        (distance(_type(after), before.version, after.version), before.version, after.version, number, place)
        for number, before in enumerate(left)
        for place, after in enumerate(right)
    )
    lefts, rights = dict(enumerate(left)), dict(enumerate(right))
    pairs = []
    for *_, number, place in candidates:
        if number in lefts and place in rights:
            pairs.append((lefts.pop(number), rights.pop(place)))
    left[:], right[:] = lefts.values(), rights.values()
    return pairs


def _type(entry: Entry) -> str:
    return entry.key.removeprefix("pkg:").partition("/")[0]


def _of_pair(before: Entry, after: Entry) -> Iterator[Change]:
    def changed(kind: Class, old: str, new: str, step: str = "") -> Change:
        return Change(kind, after.purl, old, new, after.version, step, after.direct)

    if before.version != after.version:
        newer = is_newer(_type(after), before.version, after.version)
        if newer is None:
            yield changed(Class.VERSION_CHANGED, before.version, after.version)
        else:
            kind = Class.UPGRADED if newer else Class.DOWNGRADED
            yield changed(kind, before.version, after.version, step(_type(after), before.version, after.version))
    elif other := _other_bytes(before, after):
        yield changed(Class.HASH_CHANGED, *other)
    # What one side does not say is a matter of completeness, not a change.
    if before.licence and after.licence and before.licence != after.licence:
        yield changed(Class.LICENCE_CHANGED, before.licence, after.licence)
    if before.producer and after.producer and before.producer != after.producer:
        yield changed(Class.PRODUCER_CHANGED, before.producer, after.producer)
    if before.source and after.source and before.source != after.source:
        yield changed(Class.SOURCE_CHANGED, before.source, after.source)
    if before.scope and after.scope and before.scope != after.scope:
        yield changed(Class.SCOPE_CHANGED, before.scope, after.scope)
    if None not in (before.direct, after.direct) and before.direct is not after.direct:
        words = ("transitive", "direct")
        yield changed(Class.DIRECT_CHANGED, words[bool(before.direct)], words[bool(after.direct)])


def _other_bytes(before: Entry, after: Entry) -> tuple[str, str] | None:
    """Return the first two digests that contradict each other: the same file and algorithm, no common value.

    Digests of files without a name are compared with all of the same algorithm.
    """
    for algorithm in sorted({item[1] for item in before.digests} & {item[1] for item in after.digests}):
        old, new = _by_file(before, algorithm), _by_file(after, algorithm)
        both = sorted(old.keys() & new.keys() - {""})
        if not both and ("" in old or "" in new):
            old, new, both = {"": set().union(*old.values())}, {"": set().union(*new.values())}, [""]
        for file in both:
            if old[file].isdisjoint(new[file]):
                named = f"{file} " if file else ""
                return f"{named}{algorithm}:{min(old[file])}", f"{named}{algorithm}:{min(new[file])}"
    return None


def _by_file(entry: Entry, algorithm: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file, name, value in entry.digests:
        if name == algorithm:
            found.setdefault(file, set()).add(value)
    return found
