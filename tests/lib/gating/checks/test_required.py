"""`required`: words that have to stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

RULE = "type: required, words: [IIT, GWD, AST], paths: ['docs/architecture/consciousness-*.md']"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with two documents of that name."""
    folder = tmp_path / "docs" / "architecture"
    folder.mkdir(parents=True)
    (folder / "consciousness-a.md").write_text("A FAST way, BLAST and AST-1.\n", encoding="utf-8")
    (folder / "consciousness-b.md").write_text("Nothing here.\n", encoding="utf-8")
    return tmp_path


def test_passes_where_one_of_the_words_stands(tree: Path) -> None:
    """An acronym is a whole word: the one in AST-1 is one, those in FAST and BLAST are none."""
    judged = judge_entry(tree, RULE)
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 2, 1)


def test_fails_on_a_mutant(tree: Path) -> None:
    """The same documents without it."""
    (tree / "docs/architecture/consciousness-a.md").write_text("A FAST way, ast and BLAST.\n", encoding="utf-8")
    judged = judge_entry(tree, RULE)
    assert judged.verdict.status is Status.FAIL
    assert judged.verdict.reason == "IIT, GWD, AST stand in none of 2 files"


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """Where no such document is there, nothing was looked at."""
    judged = judge_entry(tmp_path, RULE)
    assert (judged.verdict.status, judged.verdict.inspected) == (Status.UNMEASURED, 0)


def test_each_word_can_be_asked_for(tree: Path) -> None:
    """Then the one that is missing is named."""
    judged = judge_entry(tree, RULE + ", each: true")
    assert judged.verdict.status is Status.FAIL
    assert judged.verdict.reason == "IIT, GWD: too few places"


def test_so_many_places_can_be_asked_for(tree: Path) -> None:
    """One is not two."""
    judged = judge_entry(tree, RULE + ", at-least: 2")
    assert (judged.verdict.status, judged.verdict.threshold) == (Status.FAIL, ">= 2")


def test_a_word_that_may_stand_in_what_was_not_read_is_unmeasured(tree: Path) -> None:
    """Not found is no fail while a document is unread."""
    (tree / "docs/architecture/consciousness-a.md").write_text("x" * ((8 << 20) + 1), encoding="utf-8")
    assert judge_entry(tree, RULE).verdict.status is Status.UNMEASURED


def test_a_word_of_code_is_not_one_of_a_comment(tmp_path: Path) -> None:
    """Where code is asked for, writing about it is not enough."""
    (tmp_path / "a.py").write_text("# set_seed\n", encoding="utf-8")
    options = "type: required, words: [set_seed], in: code"
    assert judge_entry(tmp_path, options).verdict.status is Status.FAIL
    (tmp_path / "a.py").write_text("set_seed(1)\n", encoding="utf-8")
    assert judge_entry(tmp_path, options).verdict.status is Status.PASS
