"""`files-present`: what is there counts, by number, size and headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = 'type: files-present, files: [{path: "docs/consciousness-*.md", at-least: 2, bytes: 10, headings: [Theory]}]'


def _guides(root: Path, **texts: str) -> Path:
    (root / "docs").mkdir()
    for name, text in texts.items():
        (root / "docs" / f"consciousness-{name}.md").write_text(text, encoding="utf-8")
    return root


def test_passes_over_two_files_where_a_shell_would_fail(tmp_path: Path) -> None:
    """`test -f docs/consciousness-*.md` ends with 2 where two files match; here two are two."""
    text = "# Guide\n\nTheory\n------\nIIT\n"
    verdict = judge_entry(_guides(tmp_path, a=text, b="# theory #\nmore words\n"), OPTIONS).verdict
    assert (verdict.status, verdict.inspected, verdict.measured) == (Status.PASS, 1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Theory\n" + " \n" * 100, "has 8 bytes besides white space, 10 are needed"),
        ("# Theories and practice\n", "the heading 'Theory' is missing"),
        ("```\n# Theory\n```\nwords words\n", "the heading 'Theory' is missing"),
    ],
)
def test_fails_on_a_file_that_only_looks_like_one(tmp_path: Path, text: str, said: str) -> None:
    """Blank lines are no content, part of a heading is not it, and an example of one is none."""
    judged = judge_entry(_guides(tmp_path, a=text, b="# Theory\nmore words\n"), OPTIONS)
    assert judged.verdict.status is Status.FAIL
    assert [(place.path, place.text) for place in judged.finding.places] == [("docs/consciousness-a.md", said)]


def test_fails_where_there_are_too_few(tmp_path: Path) -> None:
    """One of two is not enough, and the place says how many there are."""
    judged = judge_entry(_guides(tmp_path, a="# Theory\nmore words\n"), OPTIONS)
    assert judged.verdict.status is Status.FAIL
    assert judged.finding.places[0].text == "1 of at least 2 files are there"


def test_is_unmeasured_in_a_tree_without_files(tmp_path: Path) -> None:
    """An empty tree says nothing about what it should hold."""
    assert judge_entry(tmp_path, OPTIONS).verdict.status is Status.UNMEASURED


def test_a_link_is_no_file(tmp_path: Path) -> None:
    """A link out of the tree, or in it, does not stand in for a file."""
    (tmp_path / "real.md").write_text("# Theory\nmore words\n", encoding="utf-8")
    _guides(tmp_path)
    for name in "ab":
        (tmp_path / "docs" / f"consciousness-{name}.md").symlink_to(tmp_path / "real.md")
    assert judge_entry(tmp_path, OPTIONS).verdict.status is Status.FAIL


def test_refuses_a_pattern_that_leaves_the_tree(tmp_path: Path) -> None:
    """What lies outside is no part of what is judged."""
    with pytest.raises(Error, match="leaves the tree"):
        judge_entry(tmp_path, 'type: files-present, files: [{path: "../x"}]')


def test_what_a_build_puts_out_counts_where_that_is_asked(tmp_path: Path) -> None:
    """In a checkout only tracked files count, so that leftovers change nothing; a bundle is never tracked."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "bundle.zip").write_text("bytes", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("out/\n", encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit_all(tmp_path, "first")
    options = "type: files-present, files: [{path: out/bundle.zip}]"
    assert judge_entry(tmp_path, options).verdict.status is Status.FAIL
    assert judge_entry(tmp_path, f"{options}, tracked: false").verdict.status is Status.PASS
