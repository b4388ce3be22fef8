"""Searching a tree by worker processes: once for all rules, and whatever a worker does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.gating import texts
from maximus.gating.texts import Texts
from maximus.gating.words import Within, WordRule
from maximus.gating.worktree import Tree

if TYPE_CHECKING:
    from pathlib import Path

TODO = WordRule(("TODO",), Within.COMMENTS)
MOCK = WordRule(("mock",), Within.CODE)


def write(root: Path, count: int) -> Tree:
    """Make a tree of that many files, a TODO in each."""
    for number in range(count):
        (root / f"f{number:04}.py").write_text(f"mock = {number}\n# TODO\n", encoding="utf-8")
    return Tree(root)


def test_matches_come_sorted_from_all_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the files were shared out."""
    monkeypatch.setattr(texts, "PORTION", 7)
    monkeypatch.setattr(texts, "FILES_A_WORKER", 10)
    tree = write(tmp_path, 40)
    tally = Texts(tree).find(TODO)
    assert [match.path for match in tally.matches] == list(tree.files)
    assert (tally.inspected, tally.unread) == (40, [])


def test_one_search_serves_all_that_was_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second rule is answered without another process."""
    found = Texts(write(tmp_path, 3))
    found.expect(TODO)
    found.expect(MOCK)
    assert len(found.find(TODO).matches) == 3
    monkeypatch.setattr(texts, "_started", None)
    assert len(found.find(MOCK).matches) == 3


def test_a_rule_that_was_not_announced_is_searched_for_then(tmp_path: Path) -> None:
    """Nobody has to announce."""
    found = Texts(write(tmp_path, 2))
    assert [len(found.find(rule).matches) for rule in (TODO, MOCK)] == [2, 2]


def test_a_file_on_which_a_worker_ends_is_named_and_the_others_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lexer that never comes to its end, or takes all memory, costs its own file only."""
    boot = (
        "import json, os, sys; sys.path[:] = json.loads(sys.argv[1])\n"
        "from maximus.gating import search; kept = search.Search._file\n"
        "def file(self, path, tallies):\n"
        "    if path == 'f0001.py': os._exit(9)\n"
        "    kept(self, path, tallies)\n"
        "search.Search._file = file\n"
        "from maximus.gating.worker import serve; serve(sys.stdin.buffer, sys.stdout)"
    )
    monkeypatch.setattr(texts, "_BOOT", boot)
    tally = Texts(write(tmp_path, 4)).find(TODO)
    assert [match.path for match in tally.matches] == ["f0000.py", "f0002.py", "f0003.py"]
    assert tally.unread == [("f0001.py", "no lexer came to its end within 60 seconds")]


def test_a_worker_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its patience is what it is given; the file is named."""
    monkeypatch.setattr(
        texts, "_BOOT", "import sys; sys.stdin.buffer.readline(); sys.stdin.buffer.readline(1); input()"
    )
    tally = Texts(write(tmp_path, 1), patience=0.2).find(TODO)
    assert tally.unread == [("f0000.py", "no lexer came to its end within 0.2 seconds")]


def test_workers_that_end_at_once_are_not_started_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of every file is one of the machine, or of ours, and no reason to start thousands of processes."""
    monkeypatch.setattr(texts, "_BOOT", "raise SystemExit(1)")
    monkeypatch.setattr(texts, "MAX_LOST", 3)
    with pytest.raises(Error, match="more than 3 files could not be searched") as caught:
        Texts(write(tmp_path, 30)).find(TODO)
    assert caught.value.code == "GATE311"


def test_a_machine_that_starts_no_process_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that names what failed."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    with pytest.raises(Error, match="cannot start a process") as caught:
        Texts(write(tmp_path, 1)).find(TODO)
    assert caught.value.code == "GATE306"


def test_a_tree_without_files_has_no_words(tmp_path: Path) -> None:
    """Nothing is inspected."""
    assert Texts(Tree(tmp_path)).find(TODO).inspected == 0
