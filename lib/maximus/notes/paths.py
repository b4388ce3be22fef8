"""Path patterns as in `.gitignore`, matched within a deadline: a hostile one backtracks for hours.

Patterns that are cheap whatever the path are matched here, all others in a worker process that can be killed.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.notes.expressions import START, read_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["BUDGET", "DEADLINE", "Ends", "Hits", "find_ends", "find_hits", "parse_pattern"]

DEADLINE: Final = 5.0
"""Seconds that one pattern may take for all paths."""
BUDGET: Final = 20.0
"""Seconds that all patterns of a run may take."""
CHEAP: Final = 4_000_000
"""Steps, as estimated at their worst, that are taken in this process: a fraction of a second."""
MAX_PATTERN: Final = 1_000
"""Characters of the longest pattern that is tried."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where each expression's match ends in each path that it matches, and why some have no answer."""

    found: dict[str, dict[str, int]]
    """By the expression's source, then by path."""
    unanswered: dict[str, str]


@dataclass(frozen=True, slots=True)
class Hits:
    """Which paths each pattern names."""

    by_pattern: dict[str, frozenset[str]]
    warnings: tuple[str, ...] = ()
    """What could not be matched in time."""


@functools.cache
def parse_pattern(pattern: str) -> str | None:
    """Return the source of the expression for one `.gitignore` pattern, lower-cased, or None where nothing matches it.

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
    return made.regex.pattern if made.include and made.regex is not None else None


_HOSTILE: dict[str, str] = {}
"""Patterns that took too long once, and what was said: a run asks for the same ones several times."""


@functools.lru_cache(maxsize=16)
def find_hits(patterns: frozenset[str], paths: frozenset[str]) -> Hits:
    """Return which of the paths, in lower case, each pattern names; a pattern without an answer names none."""
    long = {pattern for pattern in patterns if len(pattern) > MAX_PATTERN}
    sources = {pattern: parse_pattern(pattern) for pattern in sorted(patterns - long - set(_HOSTILE))}
    ends = find_ends({source for source in sources.values() if source is not None}, paths)
    by_pattern = dict.fromkeys(patterns, frozenset[str]())
    warnings = [
        f"the path pattern {pattern[:40]!r}… was left out: it is longer than {MAX_PATTERN:,}" for pattern in long
    ]
    for pattern, source in sources.items():
        by_pattern[pattern] = frozenset(ends.found.get(source, ())) if source is not None else frozenset()
        if source in ends.unanswered:
            _HOSTILE[pattern] = f"the path pattern {pattern!r} was left out: {ends.unanswered[source]}"
    warnings += [told for pattern, told in _HOSTILE.items() if pattern in patterns]
    return Hits(by_pattern, tuple(sorted(warnings)))


def find_ends(
    sources: Iterable[str], paths: Iterable[str], *, deadline: float = DEADLINE, budget: float = BUDGET
) -> Ends:
    """Return where each expression, in Python's syntax, matches in each path; all matching ends at a deadline."""
    ordered, places = sorted(set(sources)), sorted(set(paths))
    if sum(_cost(source, places) for source in ordered) <= CHEAP:
        return Ends({source: _search(source, places) for source in ordered}, {})
    return _search_apart(ordered, places, deadline, budget)


def _cost(source: str, paths: Sequence[str]) -> int:
    """Return how many steps matching may take: each repetition may begin and end anywhere in the path."""
    repetitions = source.count("*") + source.count("+") + source.count("{")
    return sum((len(path) + 2) ** min(repetitions, 8) for path in paths)


def _search(source: str, paths: Sequence[str]) -> dict[str, int]:
    expression = re.compile(source)
    return {path: found.end() for path in paths if (found := expression.search(path)) is not None}


def _search_apart(sources: Sequence[str], paths: Sequence[str], deadline: float, budget: float) -> Ends:
    """Search in a worker process; one that is killed is started again for the expressions behind the hostile one."""
    found: dict[str, dict[str, int]] = {}
    unanswered: dict[str, str] = {}
    left = list(sources)
    while left:
        allowed = budget - deadline * len(unanswered)
        if allowed <= 0:
            unanswered |= dict.fromkeys(left, f"the patterns before it took {budget:g} seconds")
            break
        for source, answer in _answers(left, paths, deadline):
            left.remove(source)
            if isinstance(answer, str):
                unanswered[source] = answer
            else:
                found[source] = {paths[index]: end for index, end in answer}
    return Ends(found, unanswered)


def _answers(
    sources: Sequence[str], paths: Sequence[str], deadline: float
) -> list[tuple[str, list[tuple[int, int]] | str]]:
    """Return the answers of one worker: those before a hostile expression, and the word about that one."""
    # -I: nothing of the working folder or the environment gets in.
    process = subprocess.Popen(  # noqa: S603 - our own Python and text
        [sys.executable, "-I", "-c", _WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    made: list[tuple[str, list[tuple[int, int]] | str]] = []
    try:
        assert process.stdin is not None  # noqa: S101 - opened with a pipe
        if read_line(process, START) != b"ready\n":
            return [(source, "its worker process did not start") for source in sources]
        process.stdin.write(json.dumps(list(paths)).encode() + b"\n")
        for source in sources:
            process.stdin.write(json.dumps(source).encode() + b"\n")
            process.stdin.flush()
            line = read_line(process, deadline)
            if line is None:
                return [*made, (source, f"it took longer than {deadline:g} seconds")]
            if not line:
                return [*made, (source, "its worker process ended")]
            made.append((source, [(index, end) for index, end in json.loads(line)]))
    except OSError:
        return [*made, (sources[len(made)], "its worker process ended")]
    else:
        return made
    finally:
        process.kill()
        process.communicate()


_WORKER = """
import json, re, sys
sys.stdout.write("ready\\n")
sys.stdout.flush()
paths = json.loads(sys.stdin.readline())
for line in sys.stdin:
    expression = re.compile(json.loads(line))
    found = ((index, expression.search(path)) for index, path in enumerate(paths))
    sys.stdout.write(json.dumps([(index, match.end()) for index, match in found if match]) + "\\n")
    sys.stdout.flush()
"""
