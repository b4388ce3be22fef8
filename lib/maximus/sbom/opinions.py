"""A second opinion: another generator's document held against ours, package by package. Pure.

Generators disagree about qualifiers, about the subpath of a Go module and about how often a package stands in
a document; what is compared is therefore which package it is, in which version, and what both say about it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from maximus.sbom.licences import expression_of
from maximus.sbom.naming import respelled, visible
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from maximus.sbom.baseline import Entry, Listed

__all__ = ["KIND", "Opinion", "Other", "Side", "Sort", "as_document", "compare_opinions", "judge_opinion"]

KIND: Final = "maximus-sbom-cross-check"


class Sort(enum.StrEnum):
    """What two documents can disagree about; the order is the order in which it is shown."""

    HASH = "hash"
    VERSION = "version"
    ONLY_HERE = "only-here"
    ONLY_THERE = "only-there"
    LICENCE = "licence"


@dataclass(frozen=True, slots=True)
class Other:
    """The other document."""

    name: str
    """The file's base name."""
    sha256: str
    tool: str = ""
    """Which tool wrote it, as it says."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one document brings to the comparison."""

    packages: int
    """Packages in one version each."""
    unnamed: int = 0
    """Components without a purl that can be read; they cannot be compared."""
    repeated: int = 0
    """Components that only repeat a package and version that stands there already."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that the two documents do not say alike."""

    sort: Sort
    purl: str
    """As the document writes it that has the package; ours where both have it."""
    here: str = ""
    """What ours says."""
    there: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """How far two documents agree."""

    here: Side
    there: Side
    shared: int
    """Packages that both have in the same version."""
    compared: Mapping[Sort, int]
    """Of the shared ones: of how many both state a digest of one algorithm, or a licence."""
    disagreements: tuple[Disagreement, ...]

    def counts(self) -> dict[Sort, int]:
        """Return how many disagreements there are of each sort, none left out."""
        found = dict.fromkeys(Sort, 0)
        for item in self.disagreements:
            found[item.sort] += 1
        return found


_PLATFORM: Final = re.compile(r"[?&]platform=([^&#]+)")
_REPOSITORY: Final = 3
"""Slashes in `pkg:swift/HOST/OWNER/NAME`."""
_Packages = dict[str, dict[str, list["Entry"]]]


def compare_opinions(ours: Listed, theirs: Listed) -> Opinion:
    """Return where two lists of packages agree and where they do not, sorted.

    Of a package that both have, versions that only one side has are paired in their order: a pair is one other
    version, what is left over is there on one side alone.
    """
    here, there = _by_package(ours.entries), _by_package(theirs.entries)
    spelled = respelled(there, here)
    there = {spelled.get(key, key): versions for key, versions in there.items()}
    found: list[Disagreement] = []
    compared = {Sort.HASH: 0, Sort.LICENCE: 0}
    shared = 0
    for key in sorted(here.keys() | there.keys()):
        mine, other = here.get(key, {}), there.get(key, {})
        both = sorted(mine.keys() & other.keys())
        shared += len(both)
        for version in both:
            found += _details(mine[version], other[version], compared)
        left, right = sorted(mine.keys() - other.keys()), sorted(other.keys() - mine.keys())
        pairs = min(len(left), len(right))
        found += [
            Disagreement(Sort.VERSION, mine[old][0].purl, old or "no version", new or "no version")
            for old, new in zip(left, right, strict=False)
        ]
        found += [Disagreement(Sort.ONLY_HERE, mine[version][0].purl) for version in left[pairs:]]
        found += [Disagreement(Sort.ONLY_THERE, other[version][0].purl) for version in right[pairs:]]
    order = {sort: number for number, sort in enumerate(Sort)}
    found.sort(key=lambda item: (order[item.sort], item.purl, item.here, item.there))
    return Opinion(_side(here, ours), _side(there, theirs), shared, compared, tuple(found))


def _by_package(entries: Iterable[Entry]) -> _Packages:
    found: _Packages = {}
    for entry in entries:
        found.setdefault(_package(entry), {}).setdefault(_version(entry), []).append(entry)
    return found


def _version(entry: Entry) -> str:
    """Return the version in words that generators agree on: a gem's platform is a part of it for some."""
    platform = _PLATFORM.search(entry.purl) if entry.purl.startswith("pkg:gem/") else None
    return f"{entry.version}-{unquote(platform[1])}" if platform else entry.version


def _package(entry: Entry) -> str:
    """Return which package this is, in words that generators agree on."""
    key, mark, subpath = entry.key.partition("#")
    if key.startswith("pkg:swift/"):
        # Some write the name of a repository (host, owner, name) twice, the first time with its ending.
        whole = key.partition("?")[0].lower().replace(".git/", "/")
        head, _, last = whole.rpartition("/")
        return head if head.count("/") == _REPOSITORY and head.endswith(f"/{last}") else whole
    if not key.startswith("pkg:generic/"):
        # Architecture, distribution, channel: said by some and not by others. What is generic is known by them alone.
        key = key.partition("?")[0]
    if key.startswith("pkg:golang/"):
        # Some cut the last part of a module's path off and call it a subpath.
        return f"{key}/{subpath}".lower() if subpath else key.lower()
    return f"{key}{mark}{subpath}"


def _side(packages: _Packages, listed: Listed) -> Side:
    count = sum(len(versions) for versions in packages.values())
    return Side(count, listed.unnamed, len(listed.entries) - count)


def _details(mine: Sequence[Entry], other: Sequence[Entry], compared: dict[Sort, int]) -> list[Disagreement]:
    """Return what two documents say differently about one version of one package."""
    found = []
    left, right = _digests(mine), _digests(other)
    if common := sorted(left.keys() & right.keys()):
        compared[Sort.HASH] += 1
        for algorithm in common:
            # One document may list more of a version's files than the other.
            if not left[algorithm] & right[algorithm]:
                texts = (_told(algorithm, left[algorithm]), _told(algorithm, right[algorithm]))
                found.append(Disagreement(Sort.HASH, mine[0].purl, *texts))
    said, replied = _licences(mine), _licences(other)
    if said and replied:
        compared[Sort.LICENCE] += 1
        if {_normal(text) for text in said}.isdisjoint(_normal(text) for text in replied):
            found.append(Disagreement(Sort.LICENCE, mine[0].purl, ", ".join(said), ", ".join(replied)))
    return found


def _digests(entries: Iterable[Entry]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in entries:
        for _, algorithm, value in entry.digests:
            found.setdefault(algorithm, set()).add(value)
    return found


def _told(algorithm: str, values: set[str]) -> str:
    more = f" and {len(values) - 1} more" if len(values) > 1 else ""
    return visible(f"{algorithm}:{min(values)}{more}")


def _licences(entries: Iterable[Entry]) -> list[str]:
    return sorted({entry.licence for entry in entries if entry.licence})


def _normal(text: str) -> str:
    """Return an expression in which the order of what is joined by one word, and brackets around all, do not count."""
    found = expression_of(text) or text
    while found.startswith("(") and found.endswith(")") and not set("()") & set(found[1:-1]):
        found = found[1:-1]
    words = found.split()
    for word in ("OR", "AND"):
        if "(" not in found and word in words and set(words[1::2]) == {word}:
            return f" {word} ".join(sorted(words[::2]))
    return found


def judge_opinion(opinion: Opinion, refused: Sequence[str] = ()) -> Verdict:
    """Return `sbom.cross-check`: a pass however much differs, unless it is of a sort that is refused.

    Unmeasured where no package is in both documents: then nothing was compared.
    """
    counts = opinion.counts()
    different = len(opinion.disagreements)
    looked_at = opinion.shared + counts[Sort.VERSION]
    if not looked_at:
        return Verdict(
            "sbom.cross-check",
            Status.UNMEASURED,
            0,
            unit="packages",
            reason="no package is in both documents",
            hint="Name another generator's inventory of the same tree, with package URLs.",
        )
    bad = sum(counts[sort] for sort in Sort if sort.value in refused)
    inspected = looked_at + counts[Sort.ONLY_HERE] + counts[Sort.ONLY_THERE]
    if bad:
        words = ", ".join(f"{counts[sort]} {sort.value}" for sort in Sort if sort.value in refused and counts[sort])
        return Verdict(
            "sbom.cross-check",
            Status.FAIL,
            inspected,
            measured=bad,
            threshold=0,
            unit="differences",
            reason=f"the other document differs: {words}",
            hint="Look at each in evidence/sbom-cross-check.json.",
            code="SBOM051",
        )
    threshold = 0 if refused else None
    return Verdict(
        "sbom.cross-check",
        Status.PASS,
        inspected,
        measured=0 if refused else different,
        threshold=threshold,
        unit="differences",
    )


def as_document(other: Other, opinion: Opinion) -> dict[str, Any]:
    """Return the document under `schemas/sbom-cross-check.schema.json`."""
    return {
        "kind": KIND,
        "version": 1,
        "other": {name: visible(value) for name, value in asdict(other).items() if value},
        "here": asdict(opinion.here),
        "there": asdict(opinion.there),
        "shared": opinion.shared,
        "compared": {sort.value: count for sort, count in opinion.compared.items()},
        "counts": {sort.value: count for sort, count in opinion.counts().items()},
        "differences": [
            {"class": item.sort.value, "purl": item.purl}
            | {name: text for name, text in (("here", item.here), ("there", item.there)) if text}
            for item in opinion.disagreements
        ],
    }
