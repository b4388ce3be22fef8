"""`consciousness`, run as an action: exit statuses, outputs and the file of numbers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from actions import consciousness
from actions.terminal import TerminalFace
from maximus.documents import faults
from maximus.errors import Error, ExitStatus
from tests.lib.consciousness.streams import (
    HEADER,
    arousal_update,
    esgt_event,
    observed_snapshot,
    state_snapshot,
    timed,
    written,
)

GOOD = [HEADER, *timed([arousal_update(0, 0.2), esgt_event(1, 1), state_snapshot(2, 2.34), arousal_update(3, 0.7)])]
METRICS = Path("release/evidence/consciousness-metrics.json")


class Run:
    """One run: exit status, outputs, and what was said."""

    def __init__(self, lines: list[Any], **inputs: Any) -> None:  # noqa: ANN401 - the inputs' own types
        said = io.StringIO()
        self.face = TerminalFace({}, "consciousness", as_json=True, stream=said, errors=said)
        written(Path("stream.ndjson"), lines)
        wanted = consciousness.Inputs(recording="stream.ndjson", **inputs)
        try:
            self.outputs = consciousness.run(wanted, self.face)
        except Error as error:
            self.face.fail(error)
        self.status = self.face.record.exit_status
        self.said = said.getvalue()


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_a_good_recording_passes() -> None:
    """One verdict over all frames, with the recording's digest as evidence; `check` writes nothing."""
    done = Run(GOOD)
    [verdict] = done.face.record.verdicts
    assert (done.status, verdict.inspected, len(verdict.evidence)) == (ExitStatus.PASS, 4, 1)
    assert not Path("release").exists()


def test_metrics_writes_the_numbers_and_puts_them_out() -> None:
    """The file holds to its schema; the outputs say the same."""
    done = Run(GOOD, mode="metrics")
    assert faults(json.loads(METRICS.read_text(encoding="utf-8")), "consciousness-metrics") == ()
    found = done.outputs
    assert done.status is ExitStatus.PASS
    assert (found.profile, found.phi_proxy, found.phi_scale) == ("cockpit/1.0", "2.34", "unbounded")
    assert (found.esgt_events, found.arousal_min, found.arousal_max) == ("1", "0.2", "0.7")
    assert (found.p95_ms, found.metrics_file) == ("20.0", METRICS.as_posix())


def test_two_runs_write_the_same_bytes() -> None:
    """Nothing of the clock or the machine is in the numbers."""
    Run(GOOD, mode="metrics")
    first = METRICS.read_bytes()
    Run(GOOD, mode="metrics")
    assert METRICS.read_bytes() == first


def test_a_bad_frame_fails_and_leaves_no_numbers() -> None:
    """Not even those of an earlier run, which would pass for this one's."""
    Run(GOOD, mode="metrics")
    done = Run([*GOOD, {"t": 9, "frame": arousal_update(0, 7)}], mode="metrics")
    assert (done.status, METRICS.exists(), done.outputs.phi_proxy) == (ExitStatus.FAILED, False, "")
    assert "stream.ndjson:6" in done.said


def test_mixed_profiles_fail_with_the_line() -> None:
    """One frame of the other profile is enough."""
    done = Run([arousal_update(0, 0.2), observed_snapshot(0, 0.2)])
    assert (done.status, "stream.ndjson:2" in done.said) == (ExitStatus.FAILED, True)


@pytest.mark.parametrize("lines", [[], [HEADER]])
def test_no_frame_is_unmeasured(lines: list[Any]) -> None:
    """An empty file, or connected and nothing came."""
    assert Run(lines).status is ExitStatus.UNMEASURED


def test_a_recording_without_a_number_is_unmeasured() -> None:
    """Frames there are, but none that a number could come from; the file says null."""
    done = Run([observed_snapshot(0, None)], mode="metrics")
    assert done.status is ExitStatus.UNMEASURED
    assert json.loads(METRICS.read_text(encoding="utf-8"))["arousal_range"] is None


@pytest.mark.parametrize(
    "inputs", [{"profile": "cockpit"}, {"budgets": ("phi-proxy >= 1",)}, {"phi_file": "none.json"}]
)
def test_a_wrong_input_is_wrong_usage(inputs: dict[str, Any]) -> None:
    """Each is told before the recording is read."""
    assert Run(GOOD, **inputs).status is ExitStatus.USAGE


def test_a_budget_that_is_not_kept_fails() -> None:
    """And one on another scale is unmeasured."""
    done = Run(GOOD, budgets=("esgt-events >= 2",))
    assert done.status is ExitStatus.FAILED
    assert done.face.record.headline.endswith("; budget not kept: esgt-events")
    done = Run(GOOD, budgets=("phi-proxy:unit-interval >= 0.1",))
    assert done.status is ExitStatus.UNMEASURED
    assert done.face.record.headline.endswith("; budget not measured: phi-proxy-unit-interval")


def test_an_unknown_scale_is_said_and_not_measured() -> None:
    """The value is not shown as if it meant something."""
    Path("phi.json").write_text('{"phi_proxy": {"value": 7, "scale": "percent"}}', encoding="utf-8")
    done = Run(GOOD, mode="metrics", phi_file="phi.json")
    assert ("'percent'" in done.said, done.outputs.phi_proxy) == (True, "")
