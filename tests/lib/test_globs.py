"""Patterns over paths: what they match, what is refused, and that none of them explodes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.globs import MAX_PATTERN, compile_globs


def matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern matches a path."""
    compiled = compile_globs([pattern])
    return compiled is not None and compiled.fullmatch(path) is not None


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.py", "a.py"),
        ("*.py", "a.py"),
        ("src/*.py", "src/a.py"),
        ("src/**/*.py", "src/a.py"),
        ("src/**/*.py", "src/b/c/a.py"),
        ("**/a.py", "a.py"),
        ("**/a.py", "b/c/a.py"),
        ("**", "a/b\nc"),
        ("docs/", "docs/a/b.md"),
        ("./src/a", "src/a"),
        ("**/tests/**/f?x/*.[jt]s", "a/tests/b/c/fix/q.ts"),
        ("a/**/b/**/c", "a/x/b/b/c"),
        ("[!a]b", "cb"),
        ("a[]]b", "a]b"),
        ("*a*b*", "xaxbx"),
        ("a.b", "a.b"),
    ],
)
def test_a_pattern_matches(pattern: str, path: str) -> None:
    """Stars stay inside a name, two of them between slashes stand for folders."""
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.py", "src/a.py"),
        ("src/*.py", "src/b/a.py"),
        ("src/**", "src"),
        ("a.b", "axb"),
        ("[!a]b", "ab"),
        ("[!a]b", "/b"),
        ("a?b", "a/b"),
        ("*a*a", "a"),
        ("a*a", "a"),
        ("a/**/b/**/b", "a/b"),
        ("docs/", "docs"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, path: str) -> None:
    """A whole path or nothing; no sign of a pattern is one of a regular expression."""
    assert not matches(pattern, path)


def slowly(pattern: list[str], path: list[str]) -> bool:
    """Return whether segments match segments, by trying everything."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return (bool(path) and len(pattern) == 1) or any(slowly(pattern[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and name_matches(pattern[0], path[0]) and slowly(pattern[1:], path[1:])


def name_matches(pattern: str, name: str) -> bool:
    """Return whether a segment matches a name, by trying everything."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(name_matches(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and name_matches(pattern[1:], name[1:])


SEGMENT = st.text("ab*?", min_size=1, max_size=4).filter(lambda text: "**" not in text) | st.just("**")
NAME = st.text("ab", min_size=1, max_size=4)


@given(st.lists(SEGMENT, min_size=1, max_size=5), st.lists(NAME, min_size=1, max_size=5))
def test_a_pattern_matches_what_trying_everything_says(pattern: list[str], path: list[str]) -> None:
    """The quick form takes the leftmost match everywhere; it never misses one."""
    if pattern[-1] == "**":
        # Stars at the end stand for all that lies below, so that there is something below.
        wanted = any(slowly(_without_end(pattern), path[:at]) for at in range(len(path)))
    else:
        wanted = slowly(pattern, path)
    assert matches("/".join(pattern), "/".join(path)) == wanted


def _without_end(pattern: list[str]) -> list[str]:
    """Return the pattern without the `**` at its end."""
    kept = list(pattern)
    while kept and kept[-1] == "**":
        kept.pop()
    return kept or ["**"]


@pytest.mark.parametrize(
    "pattern", ["*a" * 60 + "b", "**/a/" * 60 + "b", "a*" * 60 + "/" + "*b" * 60, "[a][a]*" * 60 + "c"]
)
def test_no_pattern_explodes(pattern: str) -> None:
    """Sixty stars over a long name come to an end at once: nothing is tried twice."""
    assert not matches(pattern, "/".join(["a" * 200] * 20))


@pytest.mark.parametrize(
    "pattern", ["", "/etc/passwd", "../x", "a/../b", "a**", "**a/b", "x" * (MAX_PATTERN + 1), "[z-a]"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """A path that leaves the tree, and stars that mean nothing, are usage errors."""
    with pytest.raises(Error) as caught:
        compile_globs([pattern])
    assert caught.value.status is ExitStatus.USAGE


def test_no_pattern_compiles_to_nothing() -> None:
    """Whoever gives no pattern says what that means."""
    assert compile_globs([]) is None


def test_several_patterns_are_one() -> None:
    """One look at a path tells whether any of them matches."""
    compiled = compile_globs(["a/*", "b/*"])
    assert isinstance(compiled, re.Pattern)
    assert compiled.fullmatch("b/x")
    assert not compiled.fullmatch("c/x")
