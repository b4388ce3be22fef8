"""The ways in which gates were hollow elsewhere, each shown not to be ours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from maximus.gating.check import Context
from maximus.gating.checks import TYPES
from maximus.gating.judging import judge
from maximus.gating.policy import PRESETS, load_policy
from maximus.gating.worktree import Tree
from maximus.verdict import Status
from tests.lib.gating.entries import TODAY, judge_entry

if TYPE_CHECKING:
    from pathlib import Path

OVER_NOTHING = {
    "append-only-log": "file: log.jsonl",
    "attestation": "file: a.json, statement: it holds",
    "budget": 'file: k6.json, pointer: /p95, threshold: "< 200"',
    "command": r"run: [echo, '0 passed'], inspected: '(\d+) passed'",
    "determinism": 'run: "true", outputs: ["out/**"]',
    "docs": "",
    "files-present": "files: [{ path: GUIDE.md }]",
    "forbidden": "words: [mock]",
    "healthcheck": "declared: { interval: 30s }",
    "pins": "belongs: false",
    "required": "words: [IIT]",
    "ruleset": "checks: [{ context: verdict, integration-id: 15368 }]",
    "secrets": "",
    "types": "run: [mypy, --strict, src]",
    "verdict": "of: [verify.signatures]",
}
"""Options of each type that anybody might write."""


@pytest.mark.parametrize("kind", TYPES)
def test_no_check_is_green_over_nothing(tmp_path: Path, kind: str) -> None:
    """Nine gates were green on zero files: in an empty tree every type is unmeasured, none passes or fails."""
    options = f"type: {kind}, {OVER_NOTHING[kind]}".rstrip(", ")
    verdict = judge_entry(tmp_path, options, environment={"PATH": "/usr/bin:/bin"}).verdict
    assert (verdict.status, verdict.inspected) == (Status.UNMEASURED, 0), verdict.reason


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_lets_an_empty_tree_through(tmp_path: Path, name: str) -> None:
    """A checklist over nothing passes nothing."""
    context = Context(Tree(tmp_path), None, "", "", TODAY, {"PATH": str(tmp_path)})
    policy = f"version: 1\nextends: {name}\n"
    if name == "post-deploy":
        # Nobody is waited for here as long as a service may take to come up.
        policy += "checks: [{ id: health, live: { url: 'http://127.0.0.1:1/', expect: {}, within: 1 } }]\n"
    assert [item.entry.id for item in judge(load_policy(policy.encode(), "p.yml"), context)
            if item.verdict.status is not Status.UNMEASURED] == []  # fmt: skip


def test_todos_is_no_todo(tmp_path: Path) -> None:
    """99 of 494 lines that a grep found were Portuguese; whole words in comments are looked for."""
    (tmp_path / "a.py").write_text('# TODOS os nomes\nNAME = "TODO"\n', encoding="utf-8")
    options = "type: forbidden, words: [TODO], in: comments"
    assert judge_entry(tmp_path, options).verdict.status is Status.PASS
    (tmp_path / "a.py").write_text("x = 1  # TODO\n", encoding="utf-8")
    assert judge_entry(tmp_path, options).verdict.status is Status.FAIL


def test_ast_is_not_in_fast(tmp_path: Path) -> None:
    """An acronym is a word of its own, in its own case."""
    (tmp_path / "a.md").write_text("The FAST path, and the ast module.\n", encoding="utf-8")
    options = "type: required, words: [IIT, GWD, AST]"
    assert judge_entry(tmp_path, options).verdict.status is Status.FAIL
    (tmp_path / "a.md").write_text("By AST, attention is a schema.\n", encoding="utf-8")
    assert judge_entry(tmp_path, options).verdict.status is Status.PASS


def test_one_check_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    """`grep X && exit 1 || exit 0` ends a script at its first line; here each check is judged."""
    lines = ("exit 0", "exit 1", "exit 0")
    checks = "".join(f'  - {{ id: c{number}, type: command, run: "{line}" }}\n' for number, line in enumerate(lines))
    context = Context(Tree(tmp_path), None, "", "", TODAY, {"PATH": "/usr/bin:/bin"})
    judged = judge(load_policy(f"version: 1\nchecks:\n{checks}".encode(), "p.yml"), context)
    assert [item.verdict.status for item in judged] == [Status.PASS, Status.FAIL, Status.PASS]


def test_a_tick_in_a_document_is_no_evidence(tmp_path: Path) -> None:
    """Every criterion was ticked at 20 percent of the work; a list of ticks is no statement of a person."""
    (tmp_path / "rollback.json").write_text('["[x] rollback tested"]', encoding="utf-8")
    options = "type: attestation, file: rollback.json, statement: the rollback was tried"
    assert judge_entry(tmp_path, options).verdict.status is Status.FAIL


def test_what_judges_writes_nothing(tmp_path: Path) -> None:
    """A validator that makes its manifest anew finds it right: ours leaves the tree byte for byte as it was."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text('"""Says a.\n\n>>> 1 + 1\n2\n"""\n', encoding="utf-8")
    (tmp_path / "log.jsonl").write_text("{}\n", encoding="utf-8")
    before = _bytes(tmp_path)
    for kind in TYPES:
        options = f"type: {kind}, {OVER_NOTHING[kind]}".rstrip(", ")
        judge_entry(tmp_path, options, environment={"PATH": "/usr/bin:/bin"})
    judge_entry(tmp_path, "type: docs, examples: {paths: ['src/*.py']}", environment={"PATH": "/usr/bin:/bin"})
    assert _bytes(tmp_path) == before


def _bytes(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
