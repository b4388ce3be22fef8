"""The numbers: each by its rule, each from a file, or not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.consciousness.budgets import judge, read_budgets
from maximus.consciousness.checking import Checked, check
from maximus.consciousness.metrics import as_document, describe, measured, read_phi
from maximus.documents import faults
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status
from tests.lib.consciousness.streams import (
    HEADER,
    arousal_update,
    esgt_event,
    observed_snapshot,
    state_snapshot,
    timed,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

INITIAL = {"type": "initial_state", "arousal": 0.5, "events_count": 0, "esgt_active": True}


def made(tmp_path: Path, *lines: dict[str, Any], phi: dict[str, Any] | None = None) -> tuple[Checked, dict[str, Any]]:
    """Return what a recording gives, and its document, which holds to the schema."""
    checked = check(written(tmp_path / "stream.ndjson", lines))
    told = None
    if phi is not None:
        (tmp_path / "phi.json").write_text(json.dumps({"phi_proxy": phi}), encoding="utf-8")
        told = read_phi(tmp_path / "phi.json")
    document = as_document(checked, told)
    assert faults(document, "consciousness-metrics") == ()
    return checked, document


def test_the_protocol_gives_all_three(tmp_path: Path) -> None:
    """Phi is the last one, events are counted once each, arousal is that of the updates."""
    frames = [arousal_update(0, 0.2), esgt_event(1, 1), esgt_event(1, 1), esgt_event(2, 2), arousal_update(3, 0.7),
              state_snapshot(4, 2.1), state_snapshot(5, 2.34), state_snapshot(6, None)]  # fmt: skip
    checked, document = made(tmp_path, HEADER, *timed(frames))
    source = {"name": "stream.ndjson", "sha256": checked.sha256, "profile": "cockpit/1.0"}
    assert document["phi_proxy"] == {"value": 2.34, "scale": "unbounded", "source": source}
    assert document["esgt_events"] == {
        "count": 2, "succeeded": 2, "window_s": 7.0, "basis": "streamed", "source": source,
    }  # fmt: skip
    assert document["arousal_range"] == {"min": 0.2, "max": 0.7, "samples": 2, "window_s": 7.0, "source": source}
    assert measured(document) == 3


def test_no_event_of_the_protocol_is_a_count(tmp_path: Path) -> None:
    """Every event is streamed there, so none while other frames flowed is zero."""
    assert made(tmp_path, arousal_update(0, 0.2))[1]["esgt_events"]["count"] == 0


def test_no_event_of_the_backend_is_not_zero(tmp_path: Path) -> None:
    """Its events get lost, so none proves nothing."""
    _, document = made(tmp_path, INITIAL, observed_snapshot(0, 0.3), observed_snapshot(5, 0.4))
    assert document["esgt_events"] is None
    assert ("ESGT events", "not measured") in describe(document)


def test_the_backends_events_are_the_triggered_ones(tmp_path: Path) -> None:
    """The basis says so, and what no frame tells stays open."""
    _, document = made(tmp_path, {"type": "esgt_event", "event": {"event_id": "esgt-1"}})
    assert (document["esgt_events"]["basis"], document["esgt_events"]["succeeded"]) == ("manually-triggered", None)
    assert ("ESGT events", "1, manually triggered ones only") in describe(document)


def test_the_backends_first_state_is_no_sample(tmp_path: Path) -> None:
    """Its 0.5 stands also where nothing was measured; nor is null a sample."""
    _, document = made(tmp_path, INITIAL, observed_snapshot(0, None), observed_snapshot(5, 0.4))
    assert document["arousal_range"] is None
    _, document = made(tmp_path, INITIAL, observed_snapshot(0, 0.6), observed_snapshot(5, 0.7))
    assert (document["arousal_range"]["min"], document["arousal_range"]["samples"]) == (0.6, 2)


def test_the_window_is_never_guessed(tmp_path: Path) -> None:
    """The receiver's clock, else stated times with a zone, else null: local time is not taken for UTC."""
    assert made(tmp_path, arousal_update(0, 0.2), arousal_update(9, 0.2))[1]["recording"]["window_s"] == 9.0
    assert made(tmp_path, observed_snapshot(0, 0.3), observed_snapshot(9, 0.3))[1]["recording"]["window_s"] is None


def test_a_constant_is_told_as_one(tmp_path: Path) -> None:
    """A series that never moves is no range."""
    _, document = made(tmp_path, arousal_update(0, 0.5), arousal_update(1, 0.5))
    assert ("arousal", "constant 0.5, 2 samples") in describe(document)


def test_an_absent_phi_is_missing_and_not_zero(tmp_path: Path) -> None:
    """A Go sender drops zero values, so nobody knows."""
    assert made(tmp_path, state_snapshot(0, None))[1]["phi_proxy"] is None
    assert made(tmp_path, state_snapshot(0, 0))[1]["phi_proxy"]["value"] == 0


def test_the_users_phi_stands_instead_with_its_scale(tmp_path: Path) -> None:
    """The two are never averaged or mixed; the file's digest is that of the file."""
    checked, document = made(tmp_path, state_snapshot(0, 2.3), phi={"value": 0.87, "scale": "unit-interval"})
    phi = document["phi_proxy"]
    assert (phi["value"], phi["scale"], phi["source"]["name"]) == (0.87, "unit-interval", "phi.json")
    assert phi["source"]["sha256"] != checked.sha256


def test_an_unknown_scale_is_not_measured(tmp_path: Path) -> None:
    """Not even where the recording has a value on another one."""
    assert made(tmp_path, state_snapshot(0, 2.3), phi={"value": 9, "scale": "percent"})[1]["phi_proxy"] is None


@pytest.mark.parametrize(
    "phi", [{"value": 1.2, "scale": "unit-interval"}, {"value": "0.8", "scale": "unbounded"}, {"value": 1}, {}]
)
def test_a_phi_that_its_scale_does_not_hold_is_refused(tmp_path: Path, phi: dict[str, Any]) -> None:
    """A value outside its interval, a text, a value without a scale."""
    with pytest.raises(Error) as caught:
        made(tmp_path, state_snapshot(0, 2.3), phi=phi)
    assert caught.value.code == "DOC004"


def test_a_file_of_phi_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds one number."""
    monkeypatch.setattr("maximus.consciousness.metrics.MAX_PHI_FILE", 10)
    with pytest.raises(Error) as caught:
        made(tmp_path, state_snapshot(0, 2.3), phi={"value": 1, "scale": "unbounded"})
    assert caught.value.code == "DOC002"


def test_the_schema_knows_no_unit_interval_from_a_stream(tmp_path: Path) -> None:
    """No frame carries the estimate: a document that says so is wrong."""
    _, document = made(tmp_path, state_snapshot(0, 0.5))
    document["phi_proxy"]["scale"] = "unit-interval"
    assert faults(document, "consciousness-metrics") != ()


# Latency and budgets.


def test_latency_needs_a_stated_bound_and_a_zone(tmp_path: Path) -> None:
    """Receipt minus sending, by the 95th percentile; without the bound there is no number."""
    frames = timed([arousal_update(second, 0.5) for second in range(20)], delay=0.04)
    checked, _ = made(tmp_path, HEADER, *frames)
    assert checked.latency is not None
    assert (checked.latency.p95, checked.latency.frames, checked.latency.bound) == (40.0, 20, 5)
    without = {key: value for key, value in HEADER.items() if key != "clock_bound_ms"}
    assert made(tmp_path, without, *frames)[0].latency is None


def test_frames_from_the_future_disprove_the_bound(tmp_path: Path) -> None:
    """A clock that is wrong by more than was said gives no latency at all."""
    checked, _ = made(tmp_path, HEADER, *timed([arousal_update(9, 0.5)]))
    assert (checked.latency, "is wrong" in checked.no_latency) == (None, True)


def test_the_cadence_is_the_receivers(tmp_path: Path) -> None:
    """Gaps by its own clock; those over twice the period are counted."""
    lines = [{"t": t, "frame": arousal_update(0, 0.5)} for t in (0, 1, 2, 5)]
    [cadence] = made(tmp_path, *lines)[0].cadences
    assert (cadence.median, cadence.largest, cadence.late, cadence.gaps) == (1, 3, 1, 3)


@pytest.mark.parametrize(
    ("budget", "status"),
    [
        ("p95-ms <= 45", Status.PASS),
        ("p95-ms <= 44", Status.FAIL),
        ("esgt-events >= 1", Status.PASS),
        ("esgt-events <= 0", Status.FAIL),
        ("arousal-max <= 0.7", Status.PASS),
        ("arousal-min >= 0.3", Status.FAIL),
        ("phi-proxy:unbounded >= 2.3", Status.PASS),
        ("phi-proxy:unit-interval >= 0.85", Status.UNMEASURED),
    ],
)
def test_a_budget_is_held_against_the_number(tmp_path: Path, budget: str, status: Status) -> None:
    """Exactly, with the worse end of the clocks, and never across scales."""
    frames = [arousal_update(0, 0.2), esgt_event(1, 1), state_snapshot(2, 2.3), arousal_update(3, 0.7)]
    checked, document = made(tmp_path, HEADER, *timed(frames, delay=0.04))
    [verdict] = judge(read_budgets([budget]), checked, document)
    assert verdict.status is status
    assert faults(verdict.as_document(), "verdict") == ()


@pytest.mark.parametrize("budget", ["phi-proxy >= 0.8", "speed >= 1", "p95-ms < 5", "p95-ms <= fast", "esgt-events"])
def test_a_budget_that_says_nothing_is_refused(budget: str) -> None:
    """Phi without a scale above all."""
    with pytest.raises(Error) as caught:
        read_budgets([budget])
    assert (caught.value.code, caught.value.status) == ("CONS007", ExitStatus.USAGE)
