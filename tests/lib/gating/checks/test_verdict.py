"""`verdict`: what others answered counts when it is whole, of its schema, and about this commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.files import hash_file
from maximus.verdict import Status, Verdict, Waiver
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "5" * 40
GOOD = Verdict("verify.signatures", Status.PASS, 3, 3, 3, "files")
OPTIONS = 'type: verdict, of: ["verify.*"]'


def _judge(root: Path, *verdicts: Verdict, options: str = OPTIONS, **parts: Any) -> Verdict:  # noqa: ANN401 - members of the document
    evidence = root / "release" / "evidence"
    evidence.mkdir(parents=True, exist_ok=True)
    document = {
        "kind": "maximus-verdicts",
        "version": 1,
        "subject": {"commit": COMMIT},
        "verdicts": [item.as_document() for item in verdicts],
    }
    (evidence / "verdicts.json").write_text(json.dumps(document | parts), encoding="utf-8")
    return judge_entry(root, options, folder=root / "release", subject=COMMIT).verdict


def test_passes_with_the_file_as_evidence(tmp_path: Path) -> None:
    """The verdict names the file and its SHA-256."""
    verdict = _judge(tmp_path, GOOD)
    path = tmp_path / "release" / "evidence" / "verdicts.json"
    assert (verdict.status, verdict.measured) == (Status.PASS, "1/1")
    assert [(item.path, item.sha256) for item in verdict.evidence] == [
        ("evidence/verdicts.json", hash_file(path).sha256)
    ]


def test_fails_where_one_of_them_failed(tmp_path: Path) -> None:
    """One fail among passes is a fail, and it is named."""
    verdict = _judge(tmp_path, GOOD, Verdict("verify.log", Status.FAIL, 3))
    assert (verdict.status, verdict.reason) == (Status.FAIL, "verify.log failed")


def test_fails_for_another_commit(tmp_path: Path) -> None:
    """A verdict over yesterday's commit proves nothing about today's."""
    verdict = _judge(tmp_path, GOOD, subject={"commit": "6" * 40})
    assert verdict.status is Status.FAIL
    assert f"is about commit {'6' * 40}, not {COMMIT}" in verdict.reason


def test_fails_where_no_commit_is_named(tmp_path: Path) -> None:
    """Nobody knows what it is about."""
    evidence = tmp_path / "release" / "evidence"
    evidence.mkdir(parents=True)
    document = {"kind": "maximus-verdicts", "version": 1, "verdicts": [GOOD.as_document()]}
    (evidence / "verdicts.json").write_text(json.dumps(document), encoding="utf-8")
    verdict = judge_entry(tmp_path, OPTIONS, folder=tmp_path / "release", subject=COMMIT).verdict
    assert (verdict.status, "names no commit" in verdict.reason) == (Status.FAIL, True)


@pytest.mark.parametrize("content", [b'{"kind": "maximus-verdicts", "verd', b"\xff", b"", b"[" * 100_000])
def test_fails_on_a_file_that_is_cut_short(tmp_path: Path, content: bytes) -> None:
    """Truncated evidence, of which others had hundreds of files, is parsed before it counts."""
    _judge(tmp_path, GOOD)
    (tmp_path / "release" / "evidence" / "other.json").write_bytes(content)
    verdict = judge_entry(tmp_path, OPTIONS, folder=tmp_path / "release", subject=COMMIT).verdict
    assert verdict.status is Status.FAIL
    assert "evidence/other.json" in verdict.reason


def test_fails_on_a_pass_over_nothing(tmp_path: Path) -> None:
    """A file that says `pass` with `inspected: 0` breaks the schema and is not believed."""
    hollow = GOOD.as_document() | {"inspected": 0}
    assert _judge(tmp_path, verdicts=[hollow]).status is Status.FAIL


def test_is_unmeasured_without_a_file_or_an_answer(tmp_path: Path) -> None:
    """No folder, no file, and no verdict of that name are all the same: nobody looked."""
    assert judge_entry(tmp_path, OPTIONS, subject=COMMIT).verdict.status is Status.UNMEASURED
    assert _judge(tmp_path, Verdict("sbom.locks", Status.PASS, 1)).status is Status.UNMEASURED
    assert _judge(tmp_path, Verdict("verify.log", Status.UNMEASURED, 0)).status is Status.UNMEASURED


def test_every_name_must_have_answered(tmp_path: Path) -> None:
    """Signatures alone do not answer for the log."""
    options = "type: verdict, of: [verify.signatures, verify.log]"
    verdict = _judge(tmp_path, GOOD, options=options)
    assert (verdict.status, verdict.reason) == (Status.UNMEASURED, "there is no verdict of verify.log")


def test_somebody_elses_waiver_is_no_pass_unless_asked_for(tmp_path: Path) -> None:
    """What another policy let through counts here only where this one says so."""
    waived = Verdict("verify.log", Status.WAIVED, 1, waiver=Waiver("Ada", "the log is away", "2026-12-31", "#1"))
    gap = Verdict("verify.identity", Status.UNMEASURED, 0, allowed="no identity with a key")
    assert _judge(tmp_path, GOOD, waived).status is Status.FAIL
    assert _judge(tmp_path, GOOD, gap).status is Status.UNMEASURED
    assert _judge(tmp_path, GOOD, waived, gap, options=f"{OPTIONS}, allow-waived: true").status is Status.PASS
