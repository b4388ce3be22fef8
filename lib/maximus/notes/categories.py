"""Categories: which changes count at all, under which heading each stands, and what they do to the version."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from maximus.notes.versions import Increment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maximus.changes import Change

__all__ = [
    "Category",
    "CategoryType",
    "Condition",
    "Conventional",
    "Mode",
    "admitted",
    "assign",
    "parse_title",
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


def _matches_labels(condition: Condition, change: Change) -> bool:
    wanted, there = set(condition.labels), {label for label in change.labels if label}
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


@functools.cache
def _path_pattern(pattern: str) -> re.Pattern[str] | None:
    """Return the expression for one `.gitignore` pattern, or None for one that matches nothing.

    A pattern that begins with `!` only takes away, and alone there is nothing to take away from.
    """
    # Imported here: 25 ms that only path rules cost.
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

    try:
        made = GitIgnoreSpecPattern(pattern.lower())
    except (GitIgnorePatternError, re.error):
        # `[z-a]`: a range that is upside down matches nothing.
        return None
    return made.regex if made.include else None


def _matches_paths(condition: Condition, change: Change) -> bool:
    if not condition.paths:
        return True
    files = {path.lower() for path in change.files}
    if not files:
        return False
    patterns = {_path_pattern(pattern) for pattern in condition.paths}
    known = [pattern for pattern in patterns if pattern is not None]
    match condition.paths_mode:
        case Mode.ANY:
            return any(pattern.search(path) for path in files for pattern in known)
        case Mode.ALL:
            return _every_pattern_hits(patterns, files)
        case Mode.ONLY:
            return _every_file_is_hit(known, files)
        case Mode.EXACTLY:
            return _every_pattern_hits(patterns, files) and _every_file_is_hit(known, files)
        case _ as never:
            assert_never(never)


def _every_pattern_hits(patterns: Iterable[re.Pattern[str] | None], files: set[str]) -> bool:
    return all(pattern is not None and any(pattern.search(path) for path in files) for pattern in patterns)


def _every_file_is_hit(patterns: Sequence[re.Pattern[str]], files: set[str]) -> bool:
    return all(any(pattern.search(path) for pattern in patterns) for path in files)


def _matches_title(condition: Condition, change: Change) -> bool:
    wanted = condition.conventional
    if wanted is None:
        return True
    title = parse_title(change.title)
    if title is None:
        return False
    return (
        (not wanted.types or title.type in wanted.types)
        and (not wanted.scopes or title.scope in wanted.scopes)
        and (wanted.breaking is None or wanted.breaking == title.is_breaking)
    )


def _matches(category: Category, change: Change) -> bool:
    """Tell whether any condition holds, or there is none."""
    return not category.when or any(
        _matches_labels(condition, change) and _matches_paths(condition, change) and _matches_title(condition, change)
        for condition in category.when
    )


def _of_type(categories: Iterable[Category], kind: CategoryType) -> tuple[Category, ...]:
    return tuple(category for category in categories if category.type is kind)


def admitted(changes: Iterable[Change], categories: Sequence[Category]) -> tuple[Change, ...]:
    """Return the changes that count: those any pre-include takes, without those any pre-exclude drops."""
    taking = _of_type(categories, CategoryType.PRE_INCLUDE)
    dropping = _of_type(categories, CategoryType.PRE_EXCLUDE)
    return tuple(
        change
        for change in changes
        if (not taking or any(_matches(category, change) for category in taking))
        and not any(_matches(category, change) for category in dropping)
    )


def assign(
    changes: Iterable[Change], categories: Sequence[Category]
) -> tuple[tuple[Change, ...], tuple[tuple[Category, tuple[Change, ...]], ...]]:
    """Return the changes that no category took, and each changelog category with its changes, in order.

    The changes have been admitted already. A category without conditions takes what nothing else matched.
    """
    listed = _of_type(categories, CategoryType.CHANGELOG)
    left: list[Change] = []
    taken: list[list[Change]] = [[] for _ in listed]
    rest = next((taken[index] for index, category in enumerate(listed) if not category.when), left)
    for change in changes:
        found = False
        for index, category in enumerate(listed):
            if category.when and _matches(category, change):
                taken[index].append(change)
                found = True
                if category.exclusive:
                    break
        if not found:
            rest.append(change)
    return tuple(left), tuple((category, tuple(taken[index])) for index, category in enumerate(listed))


def resolve_increment(changes: Sequence[Change], categories: Sequence[Category]) -> Increment:
    """Return what the admitted changes do to the version: the most severe of all contributions, at least patch.

    Changelog categories contribute for the changes that stand in them, resolvers for those they match;
    a resolver without conditions contributes where no other resolver matched anything.
    """
    _, listed = assign(changes, categories)
    found = [category.increment for category, members in listed if members]
    resolvers = _of_type(categories, CategoryType.RESOLVER)
    matched = _resolved(changes, resolvers)
    if not matched:
        matched = [category.increment for category in resolvers if not category.when][:1]
    return max([*found, *matched], default=Increment.PATCH)


def _resolved(changes: Sequence[Change], resolvers: Sequence[Category]) -> list[Increment]:
    found: list[Increment] = []
    open_changes = list(changes)
    for category in resolvers:
        if not category.when:
            continue
        matching = [change for change in open_changes if _matches(category, change)]
        if matching:
            found.append(category.increment)
        if category.exclusive:
            taken = {id(change) for change in matching}
            open_changes = [change for change in open_changes if id(change) not in taken]
    return found
