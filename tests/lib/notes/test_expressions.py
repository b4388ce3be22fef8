"""Searches and replacements as JavaScript has them."""

from __future__ import annotations

import time

import pytest

from maximus.notes.expressions import Expression, Literal, Replacer, apply_replacers, parse_search
from maximus.notes.templates import foreign, own


def replaced(text: str, search: str, replace: str) -> str:
    """Return the text after one replacer."""
    made, warnings = apply_replacers(own(text), [Replacer(search, replace)])
    assert warnings == ()
    return made.value


@pytest.mark.parametrize(
    ("search", "meant"),
    [
        ("/a/", Expression("a", "")),
        ("/a/gi", Expression("a", "gi")),
        ("/a/gxgA", Expression("a", "g")),
        ("/a/b/g", Expression("a/b", "g")),
        ("/a/y", Literal("/a/y")),
        ("/a/d", Literal("/a/d")),
        ("//", Literal("//")),
        ("/a\nb/", Literal("/a\nb/")),
        (" /a/", Literal(" /a/")),
        ("a.b", Literal("a.b")),
    ],
)
def test_what_counts_as_an_expression(search: str, meant: Expression | Literal) -> None:
    """The whole string on one line with allowed flags; anything else is literal."""
    assert parse_search(search) == meant


@pytest.mark.parametrize(
    ("text", "search", "replace", "made"),
    [
        ("aXbX", "X", "-", "a-b-"),
        ("aXbX", "/X/", "-", "a-bX"),
        ("aXbx", "/x/gi", "-", "a-b-"),
        ("a.b", ".", "!", "a!b"),
        ("CVE-2020-1", r"/CVE-(\d+)-(\d+)/", "[$1/$2]", "[2020/1]"),
        ("ab", "/(a)(b)/", "$2$1", "ba"),
        ("ab", "/(a)/", "$12", "a2b"),
        ("ab", "/(a)/", "$3", "$3b"),
        ("ab", "/(a)(x)?/", "[$2]", "[]b"),
        ("ab", "a", "$0$&$$", "aa$b"),
        ("ab", "a", r"x\ny\tz\\", "x\ny\tz\\b"),
        ("ab", "a", r"\q$x", r"\q$xb"),
        ("hello", "/(hello)/", r"\u$1", "Hello"),
        ("hello", "/(hello)/", r"\U$1 x", "HELLO x"),
        ("HELLO", "/(HELLO)/", r"\l\l\E$1", "heLLO"),
        ("ab", "/(a)(b)/", r"\U$1$2", "Ab"),
        ("line\nline", "/^line$/gm", "x", "x\nx"),
        ("a\n", "/a$/", "x", "a\n"),
        ("äöü-ß", "/ö(.)/", "[$1]", "ä[ü]-ß"),
        ("\u00a0x", r"/\s/", "", "x"),
        ("é", r"/\w/", "x", "é"),
        ("(?<n>)", r"/(?<n>\()/", "$1$1", "((?<n>)"),
        ("aab", "/(?:)/", "x", "xaab"),
    ],
)
def test_replaces_as_javascript_does(text: str, search: str, replace: str, made: str) -> None:
    """Flags, groups, escapes, case operators and offsets beyond ASCII."""
    assert replaced(text, search, replace) == made


def test_a_bad_expression_is_left_out_with_a_warning() -> None:
    """The other replacers are applied all the same."""
    made, warnings = apply_replacers(own("ab"), [Replacer("/(/", "x"), Replacer("b", "c")])
    assert (made.value, len(warnings)) == ("ac", 1)


def test_an_expression_that_runs_for_ever_is_stopped() -> None:
    """Its process is killed at the deadline; the notes are made without it."""
    started = time.monotonic()
    hostile = own("a" * 40 + "!")
    made, [warning] = apply_replacers(hostile, [Replacer("/(a+)+$/", "x"), Replacer("!", "?")], deadline=0.5)
    assert made.value.endswith("a?")
    assert "longer than 0.5 seconds" in warning
    assert time.monotonic() - started < 20


def test_a_strangers_token_stays_guarded_where_it_is_moved() -> None:
    """A group that holds a title's text keeps its guard."""
    made, _ = apply_replacers(foreign("a $B c"), [Replacer(r"/a (\S+) c/", "$1 and $$B")])
    assert (made.value, made.guarded) == ("$B and $B", (0,))


def test_a_lone_surrogate_stops_nothing() -> None:
    """Texts from JSON may hold one; offsets stay right."""
    assert replaced("\ud800ab", "/b/", "c") == "\ud800ac"
