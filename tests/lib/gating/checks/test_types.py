"""`types`: mypy's own count, and no other success."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

MYPY = f'type: types, run: ["{sys.executable}", -m, mypy, --strict, src]'
"""The mypy that this suite is checked with."""


def _source(root: Path, text: str) -> Path:
    (root / "src").mkdir()
    (root / "src" / "greet.py").write_text(text, encoding="utf-8")
    return root


def test_passes_on_annotated_code(tmp_path: Path) -> None:
    """Nothing wrong in one file, and nothing written into the tree."""
    tree = _source(tmp_path, "def greet(name: str) -> str:\n    return name\n")
    verdict = judge_entry(tree, MYPY, environment={"PATH": "/usr/bin:/bin"}).verdict
    assert (verdict.status, verdict.inspected, verdict.measured) == (Status.PASS, 1, 0)
    assert not (tree / ".mypy_cache").exists()


def test_fails_on_a_mutant_at_its_line(tmp_path: Path) -> None:
    """One annotation less is an error, with file and line."""
    tree = _source(tmp_path, "def greet(name) -> str:\n    return name\n")
    judged = judge_entry(tree, MYPY, environment={"PATH": "/usr/bin:/bin"})
    assert judged.verdict.status is Status.FAIL
    assert judged.verdict.measured == len(judged.finding.places) > 0
    assert str(judged.finding.places[0]) == "src/greet.py:1"


def test_is_unmeasured_over_no_file(tmp_path: Path) -> None:
    """A folder without Python is no success of the type checker."""
    (tmp_path / "src").mkdir()
    verdict = judge_entry(tmp_path, MYPY, environment={"PATH": "/usr/bin:/bin"}).verdict
    assert (verdict.status, verdict.reason) == (Status.UNMEASURED, "mypy found no file to look at")


def test_is_unmeasured_without_mypy(tmp_path: Path) -> None:
    """Not installed is not clean."""
    assert judge_entry(tmp_path, "type: types, run: [no-such-mypy, --strict, src]").verdict.status is Status.UNMEASURED


def test_a_program_that_only_ends_well_is_no_type_checker(tmp_path: Path) -> None:
    """`true` is no mypy: without its count of files there is no pass."""
    verdict = judge_entry(
        tmp_path, 'type: types, run: [sh, -c, "true", --strict]', environment={"PATH": "/bin"}
    ).verdict
    assert verdict.status is Status.FAIL


def test_refuses_a_run_that_is_not_strict(tmp_path: Path) -> None:
    """Without `--strict`, what has no annotation is not looked at."""
    with pytest.raises(Error, match="cannot be used") as caught:
        judge_entry(tmp_path, "type: types, run: [mypy, src]")
    assert "`--strict` is missing" in caught.value.why
