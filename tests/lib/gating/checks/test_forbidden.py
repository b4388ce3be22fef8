"""`forbidden`: words that must not stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path

RULE = "type: forbidden, words: [TODO, FIXME], in: comments"


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the tree."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_passes_where_no_such_word_stands(tmp_path: Path) -> None:
    """A word in a string or inside another is none."""
    write(tmp_path, "src/a.py", 'print("TODO")  # TODOS os dias\n')
    judged = judge_entry(tmp_path, RULE)
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 1, 0)


def test_fails_on_a_mutant(tmp_path: Path) -> None:
    """The same file with one comment more; path, line and the line itself are named."""
    write(tmp_path, "src/a.py", 'print("TODO")  # TODOS os dias\npass  # TODO later\n')
    judged = judge_entry(tmp_path, RULE)
    assert judged.verdict.status is Status.FAIL
    assert judged.verdict.reason == "1 place in 1 file"
    assert [str(place) for place in judged.finding.places] == ["src/a.py:2"]
    assert judged.finding.places[0].text == "TODO: pass  # TODO later"


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """A tree without a file of such a language has nothing that could hold a comment."""
    write(tmp_path, "README.md", "TODO\n")
    assert judge_entry(tmp_path, RULE).verdict.status is Status.UNMEASURED


def test_is_unmeasured_where_a_file_could_not_be_read(tmp_path: Path) -> None:
    """What was not read may hold anything: no pass, and the file is named."""
    write(tmp_path, "a.py", "x = 1\n")
    write(tmp_path, "b.py", "# " + "x" * (8 << 20))
    judged = judge_entry(tmp_path, RULE)
    assert judged.verdict.status is Status.UNMEASURED
    assert judged.verdict.reason == "1 file could not be read, the first: b.py: it is larger than 8 MiB"
    assert [place.path for place in judged.finding.places] == ["b.py"]


def test_a_place_fails_whatever_could_not_be_read(tmp_path: Path) -> None:
    """A fail outweighs a gap, and both are told."""
    write(tmp_path, "a.py", "# TODO\n")
    write(tmp_path, "b.py", "# " + "x" * (8 << 20))
    judged = judge_entry(tmp_path, RULE)
    assert judged.verdict.status is Status.FAIL
    assert "1 place in 1 file; 1 file could not be read" in judged.verdict.reason


def test_as_many_as_allowed_pass(tmp_path: Path) -> None:
    """A tree may begin with what it has and never get worse."""
    write(tmp_path, "a.py", "# TODO\n# TODO\n")
    assert judge_entry(tmp_path, RULE + ", at-most: 2").verdict.status is Status.PASS
    judged = judge_entry(tmp_path, RULE + ", at-most: 1")
    assert (judged.verdict.status, judged.verdict.measured, judged.verdict.threshold) == (Status.FAIL, 2, "<= 1")


def test_a_mock_outside_of_tests_is_found(tmp_path: Path) -> None:
    """An identifier of its own; the tests may have as many as they like."""
    write(tmp_path, "src/a.py", "from unittest import mock\nm = MagicMock()\n# a Mock\n")
    write(tmp_path, "tests/test_a.py", "from unittest import mock\n")
    judged = judge_entry(tmp_path, "type: forbidden, words: [mock, Mock], in: code, tests: exclude")
    assert [str(place) for place in judged.finding.places] == ["src/a.py:1"]


def test_only_what_git_tracks_counts(tmp_path: Path) -> None:
    """A virtual environment beside the sources changes nothing, and a link is not followed."""
    git(tmp_path, "init", "--quiet")
    write(tmp_path, ".gitignore", ".venv/\n")
    write(tmp_path, "a.py", "x = 1\n")
    (tmp_path / "out.py").symlink_to("/etc/passwd")
    commit_all(tmp_path, "feat: begin")
    write(tmp_path, ".venv/b.py", "# TODO\n")
    judged = judge_entry(tmp_path, RULE)
    assert (judged.verdict.status, judged.verdict.inspected) == (Status.PASS, 1)


def test_ten_thousand_places_are_all_counted(tmp_path: Path) -> None:
    """Whoever shows them cuts, and says so; the count is whole."""
    write(tmp_path, "a.py", "# TODO ::set-output name=a::b\n" * 10_000)
    judged = judge_entry(tmp_path, RULE)
    assert (judged.verdict.measured, len(judged.finding.places)) == (10_000, 10_000)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("type: forbidden", "words: is required"),
        ("type: forbidden, words: ['(a+)+$']", "is no word"),
        ("type: forbidden, words: [a], in: coments", "did you mean comments?"),
        ("type: forbidden, words: [a], languages: [pyton]", "did you mean python?"),
        ("type: forbidden, words: [a], tests: never", "known are include, exclude, only"),
        ("type: forbidden, words: [a], paths: ['../x']", "leaves the tree"),
        ("type: forbidden, words: [a], at-most: -1", "whole number"),
        ("type: forbidden, wrods: [a]", "did you mean words?"),
    ],
)
def test_a_wrong_option_is_a_usage_error(tmp_path: Path, options: str, told: str) -> None:
    """With the key, its line and the nearest that is known."""
    with pytest.raises(Error) as caught:
        judge_entry(tmp_path, options)
    assert told in caught.value.why
    assert "policy.yml:3" in caught.value.why
