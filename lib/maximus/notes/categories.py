"""Categories: which changes count at all, under which heading each stands, and what they do to the version."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from maximus.notes.paths import Hits, find_hits
from maximus.notes.versions import Increment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from maximus.changes import Change

__all__ = [
    "Category",
    "CategoryType",
    "Condition",
    "Conventional",
    "Mode",
    "admitted",
    "assign",
    "matching_categories",
    "parse_title",
    "path_hits",
    "resolve_increment",
]


class CategoryType(enum.StrEnum):
    """What a category is for."""

    CHANGELOG = "changelog"
    PRE_INCLUDE = "pre-include"
    PRE_EXCLUDE = "pre-exclude"
    RESOLVER = "version-resolver"


class Mode(enum.StrEnum):
    """How the configured values are compared with those of a change; both are sets."""

    ANY = "any"
    """They overlap."""
    ALL = "all"
    """Every configured value is there."""
    ONLY = "only"
    """At least one value is there, and none but configured ones."""
    EXACTLY = "exactly"
    """Both are the same."""


@dataclass(frozen=True, slots=True)
class Conventional:
    """What a conventional title must have; empty tuples allow anything."""

    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    breaking: bool | None = None
    """Whether the title carries `!`; None where that does not matter."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Predicates that must all hold; an empty one always does."""

    labels: tuple[str, ...] = ()
    labels_mode: Mode = Mode.ANY
    paths: tuple[str, ...] = ()
    """Patterns as in `.gitignore`."""
    paths_mode: Mode = Mode.ANY
    conventional: Conventional | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it has no predicate."""
        return not self.labels and not self.paths and self.conventional is None


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its deprecated forms already turned into conditions."""

    type: CategoryType = CategoryType.CHANGELOG
    title: str = ""
    when: tuple[Condition, ...] = ()
    """Any of these must hold; none at all matches everything, or takes what is left over."""
    exclusive: bool = False
    collapse_after: int = -1
    increment: Increment = Increment.PATCH

    @property
    def needs_files(self) -> bool:
        """Whether deciding takes the paths that a change touched."""
        return any(condition.paths for condition in self.when)


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A title read as a conventional commit's."""

    type: str
    scope: str
    is_breaking: bool


_CONVENTIONAL = re.compile(r"([A-Za-z0-9_]+)(?:\(([^\r\n\u2028\u2029]*)\))?(!?): ")


def parse_title(title: str) -> ParsedTitle | None:
    """Return the title's conventional parts, or None for any other title; the scope is greedy."""
    found = _CONVENTIONAL.match(title)
    return ParsedTitle(found[1], found[2] or "", bool(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is asked of a change again and again, worked out once."""

    labels: frozenset[str]
    files: frozenset[str]
    """Lower-cased: paths are compared whatever their case."""
    title: ParsedTitle | None


def _facts(change: Change) -> _Facts:
    return _Facts(
        frozenset(label for label in change.labels if label),
        frozenset(path.lower() for path in change.files),
        parse_title(change.title),
    )


def _matches_labels(condition: Condition, there: frozenset[str]) -> bool:
    wanted = set(condition.labels)
    if not wanted:
        return True
    match condition.labels_mode:
        case Mode.ANY:
            return bool(wanted & there)
        case Mode.ALL:
            return wanted <= there
        case Mode.ONLY:
            return bool(there) and there <= wanted
        case Mode.EXACTLY:
            return wanted == there
        case _ as never:
            assert_never(never)


def path_hits(changes: Iterable[Change], categories: Iterable[Category]) -> Hits:
    """Return which files of the changes each path pattern of the categories names; nothing where there is none."""
    patterns = frozenset(path for category in categories for condition in category.when for path in condition.paths)
    if not patterns:
        return Hits({})
    return find_hits(patterns, frozenset(path.lower() for change in changes for path in change.files))


def _matches_paths(condition: Condition, files: frozenset[str], hits: Hits) -> bool:
    if not condition.paths:
        return True
    if not files:
        return False
    named = [hits.by_pattern[pattern] & files for pattern in condition.paths]
    match condition.paths_mode:
        case Mode.ANY:
            return any(named)
        case Mode.ALL:
            return all(named)
        case Mode.ONLY:
            return files <= frozenset().union(*named)
        case Mode.EXACTLY:
            return all(named) and files <= frozenset().union(*named)
        case _ as never:
            assert_never(never)


def _matches_title(condition: Condition, title: ParsedTitle | None) -> bool:
    wanted = condition.conventional
    if wanted is None:
        return True
    if title is None:
        return False
    return (
        (not wanted.types or title.type in wanted.types)
        and (not wanted.scopes or title.scope in wanted.scopes)
        and (wanted.breaking is None or wanted.breaking == title.is_breaking)
    )


def _matches(category: Category, facts: _Facts, hits: Hits) -> bool:
    """Tell whether any of the category's conditions holds."""
    return any(
        _matches_labels(condition, facts.labels)
        and _matches_title(condition, facts.title)
        and _matches_paths(condition, facts.files, hits)
        for condition in category.when
    )


class _Sieve:
    """Finds the categories that match a change without trying them all.

    In every mode a condition with labels needs one of them, so a label leads to its categories: 500 categories
    and 5,000 changes took 12 s when each was tried.
    """

    def __init__(self, categories: Sequence[Category], changes: Sequence[Change]) -> None:
        self._categories = categories
        self._hits = path_hits(changes, categories)
        self._by_label: dict[str, list[int]] = {}
        self._always: list[int] = []
        for index, category in enumerate(categories):
            if not category.when:
                continue
            if not all(condition.labels for condition in category.when):
                self._always.append(index)
                continue
            for label in {label for condition in category.when for label in condition.labels}:
                self._by_label.setdefault(label, []).append(index)

    def matching(self, change: Change) -> Iterator[int]:
        """Yield the indexes of the categories whose conditions hold, in order, up to an exclusive one."""
        facts = _facts(change)
        candidates = {index for label in facts.labels for index in self._by_label.get(label, ())}
        for index in sorted(candidates.union(self._always)):
            category = self._categories[index]
            if _matches(category, facts, self._hits):
                yield index
                if category.exclusive:
                    return


def _of_type(categories: Iterable[Category], kind: CategoryType) -> tuple[Category, ...]:
    return tuple(category for category in categories if category.type is kind)


def admitted(changes: Iterable[Change], categories: Sequence[Category]) -> tuple[Change, ...]:
    """Return the changes that count: those any pre-include takes, without those any pre-exclude drops.

    One without conditions matches everything.
    """
    taking = _of_type(categories, CategoryType.PRE_INCLUDE)
    dropping = _of_type(categories, CategoryType.PRE_EXCLUDE)
    takes_all = not taking or not all(category.when for category in taking)
    if not all(category.when for category in dropping):
        return ()
    changes = tuple(changes)
    takes, drops = _Sieve(taking, changes), _Sieve(dropping, changes)
    return tuple(
        change
        for change in changes
        if (takes_all or next(takes.matching(change), None) is not None) and next(drops.matching(change), None) is None
    )


def assign(
    changes: Iterable[Change], categories: Sequence[Category]
) -> tuple[tuple[Change, ...], tuple[tuple[Category, tuple[Change, ...]], ...]]:
    """Return the changes that no category took, and each changelog category with its changes, in order.

    The changes have been admitted already. A category without conditions takes what nothing else matched.
    """
    listed = _of_type(categories, CategoryType.CHANGELOG)
    changes = tuple(changes)
    sieve = _Sieve(listed, changes)
    left: list[Change] = []
    taken: list[list[Change]] = [[] for _ in listed]
    rest = next((taken[index] for index, category in enumerate(listed) if not category.when), left)
    for change in changes:
        found = list(sieve.matching(change))
        for index in found:
            taken[index].append(change)
        if not found:
            rest.append(change)
    return tuple(left), tuple((category, tuple(taken[index])) for index, category in enumerate(listed))


def matching_categories(
    changes: Sequence[Change], categories: Sequence[Category]
) -> tuple[tuple[Category, tuple[Change, ...]], ...]:
    """Return each of the categories, all of one type, with the changes whose conditions hold, exclusive ones minded."""
    sieve = _Sieve(categories, changes)
    taken: list[list[Change]] = [[] for _ in categories]
    for change in changes:
        for index in sieve.matching(change):
            taken[index].append(change)
    return tuple((category, tuple(members)) for category, members in zip(categories, taken, strict=True))


def resolve_increment(changes: Sequence[Change], categories: Sequence[Category]) -> Increment:
    """Return what the admitted changes do to the version: the most severe of all contributions, at least patch.

    Changelog categories contribute for the changes that stand in them, resolvers for those they match;
    a resolver without conditions contributes where no other resolver matched anything.
    """
    _, listed = assign(changes, categories)
    found = [category.increment for category, members in listed if members]
    resolvers = _of_type(categories, CategoryType.RESOLVER)
    sieve = _Sieve(resolvers, changes)
    matched = [resolvers[index].increment for change in changes for index in sieve.matching(change)]
    if not matched:
        matched = [category.increment for category in resolvers if not category.when][:1]
    return max([*found, *matched], default=Increment.PATCH)
