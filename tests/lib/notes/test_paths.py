"""Path patterns, matched within a deadline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maximus.changes import Change
from maximus.notes import paths
from maximus.notes.categories import Category, Condition, admitted
from maximus.notes.composition import History, compose
from maximus.notes.configuration import Configuration
from maximus.notes.labelling import PullRequest, Rule, decide
from maximus.notes.paths import find_ends, find_hits
from maximus.notes.settings import Request, settle

HOSTILE = "*a*a*a*a*a*a*a*a*a*a*b"
LONG = "a" * 200
"""A path on which the pattern above backtracks for years."""


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the deadline, and forget what was hostile before."""
    monkeypatch.setattr(paths, "DEADLINE", 0.2)
    monkeypatch.setattr(find_ends, "__kwdefaults__", {"deadline": 0.2, "budget": 20.0})
    monkeypatch.setattr(paths, "_HOSTILE", {})
    find_hits.cache_clear()


@pytest.mark.usefixtures("soon")
def test_a_hostile_pattern_is_stopped_and_named_and_the_notes_are_written() -> None:
    """Its category takes nothing; the one beside it is matched all the same."""
    configuration = Configuration(
        template="$CHANGES",
        categories=(
            Category(title="Hostile", when=(Condition(paths=(HOSTILE,)),)),
            Category(title="Fine", when=(Condition(paths=("*a*a*a*a*",)),)),
        ),
    )
    history = History("acme/app", "https://github.com", None, (Change("x", 1, files=(LONG,)),))
    notes = compose(settle(configuration, Request(), "main"), replace(history, needs_baseline=False))
    assert notes.body == "## Fine\n\n* x (#1) @ghost"
    assert notes.warnings == (f"the path pattern {HOSTILE!r} was left out: it took longer than 0.2 seconds",)


@pytest.mark.usefixtures("soon")
def test_a_hostile_pattern_is_tried_once_a_run() -> None:
    """Notes ask for the same patterns several times; the second time it is known."""
    change = Change("x", 1, files=(LONG,))
    category = Category(title="A", when=(Condition(paths=(HOSTILE,)),))
    admitted((change,), (category,))
    first = find_hits(frozenset({HOSTILE}), frozenset({LONG}))
    assert first.warnings
    second = find_hits(frozenset({HOSTILE, "a*"}), frozenset({LONG, "b"}))
    assert (second.by_pattern[HOSTILE], second.by_pattern["a*"]) == (frozenset(), frozenset({LONG}))


@pytest.mark.usefixtures("soon")
def test_a_hostile_rule_gives_no_label_and_is_named() -> None:
    """The other rules still label; nothing is concluded from the one without an answer."""
    rules = (Rule("slow", files=(HOSTILE,)), Rule("docs", files=("*.md",)))
    found = decide(rules, PullRequest("t", "b", files=(LONG, "a.md")))
    assert (found.labels, found.undecided) == (("docs",), ("slow",))
    assert "took longer" in found.warnings[0]


def test_all_hostile_patterns_together_have_a_budget() -> None:
    """Three of them, and time for two: the third is not even tried."""
    sources = {"^" + f"[^/]*{letter}" * 12 + "z" for letter in "acd"}
    found = find_ends(sources, {letter * 200 for letter in "acd"}, deadline=0.1, budget=0.2)
    assert sorted(text.partition(" seconds")[0] for text in found.unanswered.values()) == [
        "it took longer than 0.1", "it took longer than 0.1", "the patterns before it took 0.2"
    ]  # fmt: skip


def test_here_and_in_the_worker_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is matched in this process is a question of cost alone."""
    sources, places = {"^(?:.+/)?a", "^b/.*$", "^[^/]+\\.md$"}, {"a", "x/a/b", "b/c", "d.md", "b/é.md"}
    here = find_ends(sources, places)
    monkeypatch.setattr(paths, "CHEAP", -1)
    assert find_ends(sources, places) == here
    assert here.found["^b/.*$"] == {"b/c": 3, "b/é.md": 6}


def test_a_pattern_of_a_thousand_characters_is_left_out() -> None:
    """Nobody writes one by hand."""
    found = find_hits(frozenset({"a" * 1_001}), frozenset({"a"}))
    assert "longer than 1,000" in found.warnings[0]
