"""`budget`: numbers of reports and sizes of files against bounds and baselines."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

K6 = {"metrics": {"http_req_duration": {"values": {"p(95)": 199.999, "avg": 20}}}}
"""As k6 writes its summary."""
P95 = "type: budget, file: k6.json, pointer: /metrics/http_req_duration/values/p(95), unit: ms"


def _report(root: Path, value: object = K6, name: str = "k6.json") -> Path:
    (root / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return root


def test_passes_below_the_bound_and_names_its_evidence(tmp_path: Path) -> None:
    """The number is taken with its own digits, and the report's hash backs the verdict."""
    verdict = judge_entry(_report(tmp_path), f'{P95}, threshold: "< 200"').verdict
    assert (verdict.status, verdict.measured, verdict.threshold) == (Status.PASS, "199.999", "< 200")
    assert [item.path for item in verdict.evidence] == ["k6.json"]


@pytest.mark.parametrize("written", ["200", "200.0", "2e2", "200.00000000000000000001"])
def test_fails_at_the_bound_exactly(tmp_path: Path, written: str) -> None:
    """Below is below: digits that a float would lose count too."""
    options = 'type: budget, file: r.json, pointer: /v, threshold: "< 200"'
    assert judge_entry(_report(tmp_path, f'{{"v": {written}}}', "r.json"), options).verdict.status is Status.FAIL


@pytest.mark.parametrize("report", ["{}", '{"v": "200"}', '{"v": true}', '{"v": NaN}', '{"v": null}', "[1]"])
def test_is_unmeasured_without_the_number(tmp_path: Path, report: str) -> None:
    """A text, a truth or nothing at all is no number."""
    options = 'type: budget, file: r.json, pointer: /v, threshold: "< 200"'
    assert judge_entry(_report(tmp_path, report, "r.json"), options).verdict.status is Status.UNMEASURED


def test_is_unmeasured_without_the_report(tmp_path: Path) -> None:
    """No report, nothing measured."""
    assert judge_entry(tmp_path, f'{P95}, threshold: "< 200"').verdict.status is Status.UNMEASURED


def test_fails_on_a_report_that_is_cut_short(tmp_path: Path) -> None:
    """A file that ends in the middle is no evidence: it fails by its code."""
    verdict = judge_entry(_report(tmp_path, '{"metrics": {"http'), f'{P95}, threshold: "< 200"').verdict
    assert (verdict.status, verdict.code) == (Status.FAIL, "GATE011")


@pytest.mark.parametrize(
    ("now", "better", "status"),
    [("105", "lower", Status.PASS), ("105.01", "lower", Status.FAIL), ("95", "higher", Status.PASS),
     ("94.99", "higher", Status.FAIL)],
)  # fmt: skip
def test_compares_with_a_baseline_within_its_tolerance(tmp_path: Path, now: str, better: str, status: Status) -> None:
    """Five percent of 100 may be lost and no more, on the side that is worse."""
    _report(tmp_path, '{"p": 100}', "base.json")
    _report(tmp_path, f'{{"p": {now}}}', "now.json")
    baseline = f"baseline: {{file: base.json, pointer: /p, tolerance: 5, better: {better}}}"
    assert judge_entry(tmp_path, f"type: budget, file: now.json, pointer: /p, {baseline}").verdict.status is status


def test_is_unmeasured_without_the_baseline(tmp_path: Path) -> None:
    """Nothing to compare with is no improvement."""
    _report(tmp_path, '{"p": 1}', "now.json")
    options = "type: budget, file: now.json, pointer: /p, baseline: {file: base.json, pointer: /p}"
    assert judge_entry(tmp_path, options).verdict.status is Status.UNMEASURED


def test_sums_the_gzip_sizes_of_what_was_built(tmp_path: Path) -> None:
    """Files count whether git tracks them or not, those taken out again and links aside."""
    (tmp_path / "dist").mkdir()
    contents = {"a.js": b"let a = 1;" * 100, "b.js": bytes(range(256)) * 4, "b.min.js": b"x"}
    for name, content in contents.items():
        (tmp_path / "dist" / name).write_bytes(content)
    (tmp_path / "dist" / "link.js").symlink_to("a.js")
    options = 'type: budget, paths: ["dist/*.js", "!dist/*.min.js"], measure: gzip, threshold: "< 500000"'
    verdict = judge_entry(tmp_path, options).verdict
    packed = sum(len(gzip.compress(contents[name], 9)) for name in ("a.js", "b.js"))
    assert (verdict.status, verdict.inspected, verdict.measured) == (Status.PASS, 2, str(packed))
    assert judge_entry(tmp_path, options.replace("500000", "100")).verdict.status is Status.FAIL
    assert judge_entry(tmp_path, options.replace("*.js", "*.css")).verdict.status is Status.UNMEASURED


@pytest.mark.parametrize(
    "options",
    ['threshold: "< 1"', 'file: a, threshold: "< 1"', "file: a, pointer: /x", 'file: a, pointer: x, threshold: "< 1"',
     'file: a, pointer: /x, paths: [b], threshold: "< 1"'],
)  # fmt: skip
def test_refuses_options_that_do_not_go_together(tmp_path: Path, options: str) -> None:
    """Either a report's number or files' sizes, and something to compare with."""
    with pytest.raises(Error, match="cannot be used"):
        judge_entry(tmp_path, f"type: budget, {options}")
