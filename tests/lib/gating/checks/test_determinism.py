"""`determinism`: equal runs, or the first file and place in which they differ."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.judging import Judged

RULE = "type: determinism, run: sh make.sh, outputs: ['out/**']"
# What is in the copy is what is in the tree; what a run leaves behind is not in the next one's.
SAME = 'test ! -e out && mkdir out && sort names > out/sorted && echo "{\\"a\\": 1}" > out/a.json\n'


def judge(root: Path, options: str = RULE) -> Judged:
    """Return what becomes of the check with the environment of the tests."""
    return judge_entry(root, options, environment=dict(os.environ))


def write(root: Path, script: str) -> None:
    """Write the subject's command and what it reads."""
    (root / "make.sh").write_text(script, encoding="utf-8")
    (root / "names").write_text("b\na\n", encoding="utf-8")


def test_passes_where_every_run_gives_the_same_bytes(tmp_path: Path) -> None:
    """Three runs, each in a fresh copy; the tree is as it was."""
    write(tmp_path, SAME)
    judged = judge(tmp_path)
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 2, "2/2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["make.sh", "names"]


@pytest.mark.parametrize(
    ("extra", "place", "told"),
    [
        ('echo "{\\"a\\": [1, {\\"b/c\\": \\"$PWD\\"}]}" > out/a.json', "out/a.json", "differ at /a/1/b~1c"),
        ('printf "same\\n%s\\n" "$PWD" > out/sorted', "out/sorted", "differ in line 2, at byte"),
        ('case "$PWD" in *2) touch out/more;; esac', "out/more", "it is not in run 1, run 3"),
        ('case "$PWD" in *3) rm out/sorted;; esac', "out/sorted", "it is not in run 3"),
    ],
)
def test_fails_on_a_mutant(tmp_path: Path, extra: str, place: str, told: str) -> None:
    """Something of the run in the output: the first file, and in JSON the pointer."""
    write(tmp_path, f"{SAME}{extra}\n")
    judged = judge(tmp_path)
    assert judged.verdict.status is Status.FAIL
    assert judged.finding.places[0].path == place
    assert told in judged.finding.places[0].text


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """A command that makes nothing gives nothing to compare."""
    write(tmp_path, "true\n")
    judged = judge(tmp_path)
    assert (judged.verdict.status, judged.verdict.inspected) == (Status.UNMEASURED, 0)


def test_is_unmeasured_where_the_command_is_missing(tmp_path: Path) -> None:
    """In a line for the shell, and as a list."""
    write(tmp_path, "no-such-program-here\n")
    assert judge(tmp_path).verdict.status is not Status.PASS
    for run in ("no-such-program-here x", "[no-such-program-here, x]"):
        judged = judge(tmp_path, f"type: determinism, run: {run}, outputs: ['out/**']")
        assert judged.verdict.status is Status.UNMEASURED


def test_a_run_that_fails_is_no_proof(tmp_path: Path) -> None:
    """Two equal failures are not determinism."""
    write(tmp_path, f"{SAME}exit 3\n")
    judged = judge(tmp_path)
    assert judged.verdict.status is Status.FAIL
    assert judged.verdict.reason.startswith("run 1 ended with 3")


def test_a_run_that_never_ends_is_given_up(tmp_path: Path) -> None:
    """After the time that the policy gives it."""
    write(tmp_path, "sleep 60\n")
    assert "did not end within 1 s" in judge(tmp_path, RULE + ", timeout: 1").verdict.reason


def test_folders_that_are_there_are_compared(tmp_path: Path) -> None:
    """What three jobs made, brought side by side."""
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "claims.json").write_text(json.dumps({"count": 3}), encoding="utf-8")
    options = "type: determinism, folders: [one, two, three]"
    assert judge(tmp_path, options).verdict.status is Status.PASS
    (tmp_path / "three" / "claims.json").write_text(json.dumps({"count": 4}), encoding="utf-8")
    judged = judge(tmp_path, options)
    assert judged.verdict.reason == "claims.json: one and three differ at /count"
    assert judge(tmp_path, "type: determinism, folders: [one, four]").verdict.reason == "there is no folder four"
    assert judge(tmp_path, "type: determinism, folders: [one, ../one]").verdict.status is Status.UNMEASURED


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ('{"a": 1}', '{"a": 1.0}', "at /a"),
        ('{"a": true}', '{"a": 1}', "at /a"),
        ('{"a": []}', '{"a": [1]}', "at /a/0"),
        ('{"a~b": 1}', '{"a~b": 2}', "at /a~0b"),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', "in line 1, at byte 2"),
        ("1", "2", "in line 1, at byte 0"),
        ("x\n", "x", "in line 1, at byte 1"),
        ("\udcff", "x", "in line 1, at byte 0"),
    ],
)
def test_the_place_of_a_difference_is_told(tmp_path: Path, one: str, other: str, told: str) -> None:
    """By pointer where both are JSON that differs in a value, else by line and byte."""
    for name, text in (("one", one), ("two", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert judge(tmp_path, "type: determinism, folders: [one, two]").verdict.reason == f"f: one and two differ {told}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("type: determinism", "needs either `run` with `outputs`, or `folders`"),
        ("type: determinism, run: x, folders: [a, b], outputs: ['**']", "needs either"),
        ("type: determinism, run: x", "outputs: is required"),
        ("type: determinism, folders: [a]", "one is always like itself"),
        ("type: determinism, run: x, outputs: ['**'], runs: 1", "a whole number from 2"),
    ],
)
def test_a_wrong_option_is_a_usage_error(tmp_path: Path, options: str, told: str) -> None:
    """One run proves nothing, and so does one folder."""
    with pytest.raises(Error) as caught:
        judge(tmp_path, options)
    assert told in caught.value.why
