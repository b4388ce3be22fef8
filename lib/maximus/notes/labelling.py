"""Labels of a pull request, decided by the `autolabeler` rules of the same configuration that the notes are made by."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from maximus.errors import Error, ExitStatus
from maximus.notes.expressions import Expression, Literal, Worker, parse_search
from maximus.notes.paths import Ends, find_ends
from maximus.notes.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from maximus.yaml import Node

__all__ = ["Decision", "PullRequest", "Rule", "Rules", "decide", "read_rule_items", "read_rules", "surplus"]

BUDGET = 30.0
"""Seconds that all expressions of a configuration may search, beside the deadline that each has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A label, and what a pull request must have to get it: any one of these is enough."""

    label: str
    files: tuple[str, ...] = ()
    """Patterns as in `.gitignore`; they work together, so that `!` takes away what an earlier one named."""
    branch: tuple[str, ...] = ()
    """Texts or expressions, as in the three below."""
    title: tuple[str, ...] = ()
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a configuration, and what its maintainer should know about them."""

    rules: tuple[Rule, ...]
    notices: tuple[str, ...] = ()

    @property
    def need_files(self) -> bool:
        """Whether deciding takes the paths that were changed."""
        return any(rule.files for rule in self.rules)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What the rules look at."""

    title: str
    branch: str
    """The branch that it comes from."""
    body: str | None = None
    files: tuple[str, ...] = ()
    has_all_files: bool = True
    """Whether `files` is all of them; a server lists only so many."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which labels the rules give, in their order, each once."""

    labels: tuple[str, ...]
    inspected: int
    """How many rules could be applied."""
    undecided: tuple[str, ...] = ()
    """Labels for which no answer was found: nothing may be concluded from their absence."""
    warnings: tuple[str, ...] = ()


def read_rules(root: Node) -> Rules:
    """Return the rules under `autolabeler`.

    Raises Error NOTES022 (usage) where there are none, NOTES002 (usage) with every fault, its key and its line.
    """
    reading = Reading()
    keys = reading.mapping(root, "")
    rules = read_rule_items(reading, keys)
    reading.refuse()
    if reading.bare:
        reading.notices.add(f"old forms, taken all the same: {', '.join(sorted(reading.bare))}")
    if not rules:
        raise Error(
            "NOTES022",
            "the configuration has no rules for labels",
            why="`autolabeler` is empty" if "autolabeler" in keys else "there is no `autolabeler`",
            fix="Write at least one rule: `autolabeler: [{label: docs, files: ['*.md']}]`.",
            where=root.place,
            status=ExitStatus.USAGE,
        )
    return Rules(rules, tuple(sorted(reading.notices)))


def read_rule_items(reading: Reading, keys: Mapping[str, Node]) -> tuple[Rule, ...]:
    """Return the rules under `autolabeler`; what is wrong stays with the reading."""
    items = reading.items(keys.get("autolabeler"), "autolabeler")
    return tuple(_read_rule(reading, item, f"autolabeler[{index}]") for index, item in enumerate(items))


def _read_rule(reading: Reading, node: Node, path: str) -> Rule:
    fields = reading.mapping(node, path)
    rule = Rule(
        label=reading.text(fields, "label", "", path=path, required=True, filled=True, parent=node),
        files=reading.texts(fields, "files", path=path, filled=True),
        branch=reading.texts(fields, "branch", path=path, filled=True),
        title=reading.texts(fields, "title", path=path, filled=True),
        body=reading.texts(fields, "body", path=path, filled=True),
    )
    if not (rule.files or rule.branch or rule.title or rule.body):
        reading.notices.add(f"`{path}` never matches: it has no `files`, `branch`, `title` or `body`")
    return rule


class Finder(Protocol):
    """Searches a text for an expression."""

    def find(self, expression: Expression, text: str) -> Sequence[object] | str:
        """Return the matches, or why there is no answer."""


class _Unanswerable(Exception):  # noqa: N818 - an answer, not a fault
    """A rule cannot be applied; the message says why."""


def decide(rules: Iterable[Rule], pull: PullRequest, finder: Finder | None = None) -> Decision:
    """Return the labels that the rules give to a pull request.

    A rule with an expression that is none, or that does not end in time, is left out whole, with a warning.
    """
    if finder is None:
        with Worker() as worker:
            return decide(rules, pull, worker)
    searching = _Searching(finder)
    labels: dict[str, None] = {}
    undecided: list[str] = []
    warnings: list[str] = []
    inspected = 0
    for rule in rules:
        try:
            found = _matches(rule, pull, searching)
        except _Unanswerable as fault:
            warnings.append(f"the rule for the label {rule.label!r} was left out: {fault}")
            undecided.append(rule.label)
            continue
        inspected += 1
        if found:
            labels[rule.label] = None
        elif rule.files and not pull.has_all_files:
            undecided.append(rule.label)
    return Decision(tuple(labels), inspected, tuple(undecided), tuple(warnings))


def surplus(rules: Iterable[Rule], decision: Decision, present: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that are there, that a rule is about and that no rule gives any more, sorted.

    A label that no rule names is somebody else's; one whose rule had no answer stays.
    """
    ours = {_folded(rule.label) for rule in rules}
    kept = {_folded(label) for label in (*decision.labels, *decision.undecided)}
    return tuple(sorted(label for label in present if _folded(label) in ours - kept))


def _folded(label: str) -> str:
    """Return a label as servers compare it: whatever its case."""
    return label.lower()


class _Searching:
    """Looks for texts and expressions, within a budget for all of them."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._left = BUDGET

    def is_in(self, search: Literal | Expression, text: str) -> bool:
        """Tell whether the search finds anything; raise _Unanswerable where that cannot be told."""
        if isinstance(search, Literal):
            return search.text in text
        if self._left <= 0:
            raise _Unanswerable(f"the expressions before it took {BUDGET:g} seconds")
        begun = time.monotonic()
        # One match is enough.
        found = self._finder.find(Expression(search.source, search.flags.replace("g", "")), text)
        self._left -= time.monotonic() - begun
        if isinstance(found, str):
            raise _Unanswerable(f"/{search.source}/: {found}")
        return bool(found)


def _matches(rule: Rule, pull: PullRequest, searching: _Searching) -> bool:
    texts = ((rule.branch, pull.branch), (rule.title, pull.title), (rule.body, pull.body))
    parsed = [([parse_search(pattern) for pattern in patterns], text) for patterns, text in texts]
    for searches, _ in parsed:
        for search in searches:
            # What is no expression shows in an empty text already, and drops the rule before anything matches.
            searching.is_in(search, "")
    if _matches_files(rule.files, pull.files):
        return True
    return any(searching.is_in(search, text) for searches, text in parsed if text is not None for search in searches)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line of a `.gitignore`."""

    source: str
    """The expression, in Python's syntax."""
    adds: bool
    for_folders: bool
    """Whether it ends in `/`."""
    is_open: bool
    """Whether all that its beginning fits is meant: `*`, or `src/**`."""

    def shown(self, path: str) -> str:
        """Return the path as the expression is to see it: a folder's ends in `/` where the pattern's does."""
        return path + "/" if self.for_folders else path

    def hits(self, path: str, ends: Ends, *, is_folder: bool) -> bool:
        """Tell whether the path itself is meant, not one above it."""
        if self.for_folders and not is_folder:
            return False
        end = ends.found[self.source].get(self.shown(path))
        return end is not None and (self.is_open or end == len(self.shown(path)))


_EVERYTHING = ("*", "**", "**/*")
"""Patterns whose expression is satisfied by a path's first character."""


def _pattern(line: str) -> _Pattern | None:
    """Return the pattern of a line, or None for a comment, an empty line and what can match nothing."""
    # Imported here: 25 ms that only rules with files cost.
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

    try:
        made = GitIgnoreSpecPattern(line)
    except (GitIgnorePatternError, re.error):
        # `[z-a]`: a range that is upside down matches nothing.
        return None
    if made.regex is None or made.include is None:
        return None
    bare = line.rstrip().removeprefix("!")
    core = bare.rstrip("/")
    return _Pattern(made.regex.pattern, made.include, bare != core, core in _EVERYTHING or core.endswith("/**"))


def _matches_files(lines: Sequence[str], files: Iterable[str]) -> bool:
    """Tell whether the lines, taken as one `.gitignore` whatever the case, name any of the files."""
    if not lines:
        return False
    made = (_pattern(line) for text in lines for line in text.lower().split("\n"))
    patterns = [pattern for pattern in made if pattern is not None]
    paths = {path.lower() for path in files}
    # A hostile pattern backtracks for hours, so all are matched within a deadline before anything is decided.
    whole = paths | {path[:end] for path in paths for end in _ends_of_folders(path)}
    ends = find_ends({item.source for item in patterns}, {item.shown(path) for item in patterns for path in whole})
    for item in patterns:
        if item.source in ends.unanswered:
            message = f"its `files`: {ends.unanswered[item.source]}"
            raise _Unanswerable(message)
    folders: dict[str, bool] = {}
    return any(_is_named(path, patterns, ends, folders) for path in sorted(paths))


def _ends_of_folders(path: str) -> list[int]:
    return [index for index, character in enumerate(path) if character == "/"]


def _is_named(path: str, patterns: Sequence[_Pattern], ends: Ends, folders: dict[str, bool]) -> bool:
    """Tell whether a file is named: it or a folder above it, since nothing is taken away from inside a named folder."""
    for end in _ends_of_folders(path):
        folder = path[:end]
        if folder not in folders:
            folders[folder] = _last_says(folder, patterns, ends, is_folder=True)
        if folders[folder]:
            return True
    return _last_says(path, patterns, ends, is_folder=False)


def _last_says(path: str, patterns: Sequence[_Pattern], ends: Ends, *, is_folder: bool) -> bool:
    for pattern in reversed(patterns):
        if pattern.hits(path, ends, is_folder=is_folder):
            return pattern.adds
    return False
