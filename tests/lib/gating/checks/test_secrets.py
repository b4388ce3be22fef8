"""`secrets`: what gitleaks finds, with a program in its place that writes reports of its form.

The real gitleaks is not among what the tests install; its options and its report were taken from version 8.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.judging import Judged

RULE = "type: secrets"
# Finds every line that holds `SECRET`, in what is there, tracked or not, and writes the options that it got.
GITLEAKS = """#!/bin/sh
report=
for word; do
  test "$previous" = --report-path && report="$word"
  previous="$word"
done
echo "$@" > "$HOME/options"
{
  printf '['
  separator=
  grep -rn SECRET . --exclude-dir=.git | while IFS=: read -r file line rest; do
    printf '%s{"RuleID": "made-up", "Description": "A secret", "File": "%s", "StartLine": %s, "Tags": [%s]}' \
      "$separator" "${file#./}" "$line" "$TAGS"
    separator=,
  done
  printf ']'
} > "$report"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout without a secret."""
    root = tmp_path / "tree"
    (root / "tests" / "fixtures").mkdir(parents=True)
    (root / "a.py").write_text("x = 1\n", encoding="utf-8")
    (root / "tests" / "fixtures" / "key.txt").write_text("nothing\n", encoding="utf-8")
    git(root, "init", "--quiet")
    commit_all(root, "feat: begin")
    return root


def judge(root: Path, options: str = RULE, program: str = GITLEAKS, **variables: str) -> Judged:
    """Return what becomes of the check where that program is gitleaks."""
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    (home / "gitleaks").write_text(program, encoding="utf-8")
    (home / "gitleaks").chmod(0o755)
    environment = {
        "PATH": f"{home}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GITLEAKS_CONFIG": "mine",
        **variables,
    }
    return judge_entry(root, options, environment=environment)


def leak(root: Path, name: str) -> None:
    """Put a secret into a file that git tracks."""
    (root / name).write_text("x\nSECRET\n", encoding="utf-8")
    git(root, "add", "--force", name)


def test_passes_where_there_is_none(tree: Path) -> None:
    """The tree's own files were looked at."""
    judged = judge(tree)
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 2, 0)


def test_fails_on_a_mutant(tree: Path) -> None:
    """A secret in a file is named with its line, and not shown."""
    leak(tree, "b.py")
    judged = judge(tree)
    assert judged.verdict.status is Status.FAIL
    assert [(str(place), place.text) for place in judged.finding.places] == [("b.py:2", "made-up: A secret")]


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """A tree without files."""
    root = tmp_path / "tree"
    root.mkdir()
    assert judge(root).verdict.status is Status.UNMEASURED


def test_is_unmeasured_where_gitleaks_is_not_installed(tree: Path) -> None:
    """Nobody looked."""
    judged = judge_entry(tree, RULE, environment={"PATH": str(tree)})
    assert judged.verdict.status is Status.UNMEASURED
    assert judged.verdict.reason == "cannot run gitleaks: it is not installed"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("#!/bin/sh\necho unknown flag >&2; exit 126\n", "gitleaks ended with 126: unknown flag"),
        ("#!/bin/sh\nexit 0\n", "gitleaks wrote no report that can be read"),
        (GITLEAKS + 'echo "[1]" > "$report"\n', "gitleaks wrote a report of another form"),
        (GITLEAKS + 'echo "[" > "$report"\n', "gitleaks wrote no report that can be read"),
        ("#!/bin/sh\nsleep 60\n", "gitleaks did not end within 1 seconds"),
    ],
)
def test_is_unmeasured_where_gitleaks_does_not_answer(tree: Path, program: str, told: str) -> None:
    """An older one without these options, one that breaks off, one that never ends."""
    judged = judge(tree, RULE + ", timeout: 1", program)
    assert judged.verdict.status is Status.UNMEASURED
    assert told in judged.verdict.reason


def test_the_trees_own_configuration_excuses_nothing(tree: Path) -> None:
    """It could come with the secret: the default rules are named, and what is beside the secret is passed over."""
    judge(tree)
    options = (tree.parent / "home" / "options").read_text(encoding="utf-8")
    assert "--config /" in options
    assert "--ignore-gitleaks-allow" in options
    assert "--redact" in options


def test_fixtures_may_be_excused_by_the_policy(tree: Path) -> None:
    """And are counted."""
    leak(tree, "tests/fixtures/key.txt")
    judged = judge(tree, RULE + ", allow: ['tests/fixtures/**']")
    assert (judged.verdict.status, judged.verdict.reason) == (Status.PASS, "1 in fixtures excused")
    assert judge(tree).verdict.status is Status.FAIL


@pytest.mark.parametrize("pattern", ["src/**", "**", "*.py", "!tests/fixtures/**", "*"])
def test_nothing_but_fixtures_is_excused(tree: Path, pattern: str) -> None:
    """A policy that says so is refused."""
    with pytest.raises(Error) as caught:
        judge(tree, f"{RULE}, allow: ['{pattern}']")
    assert "fixtures" in caught.value.why or "nothing is selected" in caught.value.why


def test_an_ignore_file_passes_over_fixtures_only(tree: Path) -> None:
    """Gitleaks reads it by itself, so what else it names fails."""
    (tree / ".gitleaksignore").write_text("# why\ntests/fixtures/key.txt:made-up:1\n", encoding="utf-8")
    git(tree, "add", ".gitleaksignore")
    assert judge(tree).verdict.status is Status.PASS
    (tree / ".gitleaksignore").write_text("abc:src/a.py:made-up:1\nnonsense\n", encoding="utf-8")
    judged = judge(tree)
    assert judged.verdict.status is Status.FAIL
    assert [str(place) for place in judged.finding.places] == [".gitleaksignore:1", ".gitleaksignore:2"]


def test_what_git_does_not_track_is_not_the_trees(tree: Path) -> None:
    """A laptop's own `.env` is not released."""
    (tree / ".env").write_text("SECRET\n", encoding="utf-8")
    assert judge(tree).verdict.status is Status.PASS


@pytest.mark.parametrize(
    ("tags", "status"),
    [('"severity:low"', "pass"), ('"medium"', "pass"), ('"severity:critical"', "fail"), ("", "fail")],
)
def test_a_rule_may_state_a_lower_severity(tree: Path, tags: str, status: str) -> None:
    """One that states none counts as high."""
    leak(tree, "b.py")
    judged = judge(tree, TAGS=tags)
    assert judged.verdict.status.value == status


def test_a_finding_of_an_odd_form_is_still_one(tree: Path) -> None:
    """Without a line or a rule the file is named."""
    report: list[dict[str, Any]] = [{"File": "a.py", "StartLine": "?"}]
    judged = judge(tree, program=f"{GITLEAKS}echo '{json.dumps(report)}' > \"$report\"\n")
    assert [str(place) for place in judged.finding.places] == ["a.py"]
