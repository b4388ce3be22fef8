"""A recording, frame by frame: what holds, what does not, and on which line."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.consciousness import limits, recording
from maximus.consciousness.checking import Checked, check
from maximus.consciousness.profiles import COCKPIT, OBSERVED, extras, find_faults, level_of
from maximus.consciousness.recording import Bad, Recording
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

if TYPE_CHECKING:
    from pathlib import Path


def bad_lines(checked: Checked) -> list[int]:
    """Return the lines that are named."""
    return sorted(line for finding in checked.findings.values() for line in finding.lines)


def texts(checked: Checked) -> str:
    """Return what is said of the bad frames."""
    return "\n".join(finding.text for finding in checked.findings.values())


def test_a_recording_of_the_protocol_holds(tmp_path: Path) -> None:
    """All three frames, a header, and the digest of the file as it lies on the disk."""
    path = written(
        tmp_path / "r", [HEADER, *timed([arousal_update(0, 0.42), esgt_event(1, 1), state_snapshot(2, 2.3)])]
    )
    found = check(path)
    assert (found.profile, found.frames, found.bad) == (COCKPIT, 3, 0)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_backend_sends_holds_to_its_own_profile(tmp_path: Path) -> None:
    """Flat frames without a header, as another program wrote them down."""
    frames = [
        {"type": "initial_state", "arousal": 0.5, "events_count": 0, "esgt_active": True},
        observed_snapshot(0, 0.3),
        observed_snapshot(5, None),
        {"type": "arousal_change", "arousal": 0.7, "level": "alert"},
        {"type": "esgt_event", "event": {"event_id": "esgt-1700000000000000", "success": False}},
        {"type": "heartbeat", "timestamp": "2026-11-20T10:00:05.1"},
        {"type": "complete", "success": True, "final_coherence": 0.81},
    ]
    found = check(written(tmp_path / "r", frames))
    assert (found.profile, found.frames, found.bad) == (OBSERVED, 7, 0)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (arousal_update(0, 1.2, level="hyperaroused"), "data.arousal: "),
        (arousal_update(0, 0.42, level="alert"), "data.level: 0.42 is awake, not alert"),
        (arousal_update(0, 0.42, level="relaxed"), "data.level: "),
        (arousal_update(0, 0.42, timestamp="2026-11-20T10:00:00.123456"), "data.timestamp: "),
        (arousal_update(0, 0.42, timestamp="2026-02-30T10:00:00.123Z"), "names no point in time"),
        ({"type": "arousal_update", "data": {"arousal": "0.42"}}, "data.arousal: "),
        (esgt_event(0, 1, event_id="esgt-1700000000000000"), "data.event_id: "),
        (esgt_event(0, 1, reason="timeout"), "data.reason: a success has no reason"),
        (esgt_event(0, 1, success=False), "data.coherence: only a success has it"),
        (esgt_event(0, 1, salience={"novelty": 0.5, "relevance": 0.6, "urgency": 0.7, "total": 0.9}), "is not the sum"),
        (state_snapshot(0, 2.3, system_health="HEALTHY"), "data.system_health: "),
        (
            state_snapshot(0, 2.3, esgt_stats={"total_ignitions": 1, "success_rate": 1.1}),
            "data.esgt_stats.su",
        ),
        ({"type": "heartbeat", "data": {}}, "'heartbeat' is no frame of cockpit/1.0"),
        ({"type": ["x"], "data": {}}, "'list' is no frame of cockpit/1.0"),
        ({"type": "arousal_update", "data": []}, "data: "),
    ],
)
def test_a_frame_that_breaks_the_protocol_is_named_by_its_line(
    tmp_path: Path, frame: dict[str, Any], said: str
) -> None:
    """The one bad frame of three, with the field and what is wrong with it."""
    found = check(written(tmp_path / "r", [arousal_update(0, 0.1), arousal_update(1, 0.2), frame]))
    assert (found.bad, bad_lines(found)[:1]) == (1, [3])
    assert said in texts(found)


@pytest.mark.parametrize("field", ["level", "baseline", "need_contribution", "stress_contribution", "timestamp"])
def test_a_missing_field_is_a_fault(tmp_path: Path, field: str) -> None:
    """What the protocol requires has to be there."""
    frame = arousal_update(0, 0.5)
    del frame["data"][field]
    assert field in texts(check(written(tmp_path / "r", [frame])))


@pytest.mark.parametrize("reason", [None, "null", "low_salience"])
def test_a_reason_may_be_written_in_three_ways(reason: str | None) -> None:
    """Null, the text that both type files have, and one of the four."""
    frame = esgt_event(0, 1, success=False, reason=reason)
    del frame["data"]["coherence"], frame["data"]["duration_ms"]
    assert find_faults(frame, COCKPIT) == ()


def test_further_fields_are_allowed_and_listed(tmp_path: Path) -> None:
    """A minor version adds optional fields: they are named, with the first line, and no fault."""
    frame = arousal_update(0, 0.5, mood="calm", trends={"direction": "stable", "rate": 0, "why": "x"})
    found = check(written(tmp_path / "r", [arousal_update(0, 0.5), frame | {"seq": 1}]))
    assert found.bad == 0
    assert found.extras == {
        "arousal_update data.mood": 2,
        "arousal_update data.trends.why": 2,
        "arousal_update seq": 2,
    }


def test_a_free_object_has_no_further_fields() -> None:
    """An event's context is the sender's own."""
    assert extras(esgt_event(0, 1, context={"a": {"b": 1}}), COCKPIT) == ()


def test_both_profiles_in_one_recording_are_refused(tmp_path: Path) -> None:
    """The first frame decides; the line of the other is named."""
    found = check(written(tmp_path / "r", [arousal_update(0, 0.5), observed_snapshot(0, 0.5), arousal_update(1, 0.5)]))
    assert (found.bad, bad_lines(found)) == (1, [2])
    assert "a frame of maximus-core/observed stands in a recording of cockpit/1.0" in texts(found)


def test_the_profile_that_is_asked_for_beats_the_recording(tmp_path: Path) -> None:
    """A recording of the other profile fails from its first line on."""
    found = check(written(tmp_path / "r", [observed_snapshot(0, 0.5)]), COCKPIT)
    assert (found.profile, bad_lines(found)) == (COCKPIT, [1])


@pytest.mark.parametrize(
    "lines",
    [[HEADER | {"profile": "cockpit/2.0"}, arousal_update(0, 0.5)], [HEADER | {"profile": "cockpit/2.0"}]],
)
def test_an_unknown_profile_is_wrong_usage(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    """Nobody can say what its frames should be, whether there are some or not."""
    with pytest.raises(Error, match="there is no profile") as caught:
        check(written(tmp_path / "r", lines))
    assert (caught.value.code, caught.value.status) == ("CONS005", ExitStatus.USAGE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "is not valid JSON"),
        ('{"type":"x","type":"y"}', "'type' stands twice"),
        ('{"type":"x","data":{"arousal":NaN}}', "NaN is not a JSON number"),
        ('{"type":"x","data":{"arousal":1e999}}', "larger than a JSON number"),
        ('{"type":"x","data":{"arousal":1' + "0" * 400 + "}}", "a number is not finite"),
        ('{"type":"x","data":' + "[" * 40 + "]" * 40 + "}", "nests deeper than 32 levels"),
        ('{"type":"x","data":' + "[" * 100_000 + "]" * 100_000 + "}", "is not valid JSON"),
        ("[1]", "a frame is a JSON object"),
        ('{"t":-1,"frame":{}}', "seconds from 0 on"),
        ('{"t":true,"frame":{}}', "seconds from 0 on"),
        ('{"t":1,"frame":[]}', "`frame` is a JSON object"),
        ('{"type":"x","data":"\\ud800"}', "is not valid JSON"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    """By its number, with the reason, and the lines behind it are read all the same."""
    found = check(written(tmp_path / "r", [line, line, line]))
    assert (found.frames, found.bad, bad_lines(found)) == (3, 3, [1, 2, 3])
    assert said in texts(found)


def test_a_line_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a fault of their line."""
    path = tmp_path / "r"
    path.write_bytes(b'\xff\xfe\n{"type":"pong","timestamp":"2026-11-20T10:00:00"}\n')
    assert bad_lines(check(path)) == [1]


def test_a_line_beyond_the_limit_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never held whole; the next line is read, and the digest is still that of the whole file."""
    monkeypatch.setattr(recording, "MAX_LINE", 1000)
    path = written(tmp_path / "r", ["x" * 5000, arousal_update(0, 0.5)])
    found = check(path)
    assert (bad_lines(found), found.good) == ([1], 1)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_line_of_the_very_limit_is_read(tmp_path: Path) -> None:
    """The limit is the longest line that is allowed."""
    text = json.dumps(arousal_update(0, 0.5))
    assert check(written(tmp_path / "r", [text + " " * (limits.MAX_LINE - len(text) - 1)])).bad == 0
    assert check(written(tmp_path / "r", [text + " " * limits.MAX_LINE])).bad == 1


@pytest.mark.parametrize("bound", [{"max_frames": 2}, {"max_bytes": 100}])
def test_a_recording_beyond_the_limits_is_refused(tmp_path: Path, bound: dict[str, int]) -> None:
    """Frames and bytes have a bound each."""
    path = written(tmp_path / "r", [arousal_update(0, 0.5)] * 3)
    with pytest.raises(Error, match="too long") as caught:
        list(Recording(path, **bound).lines())
    assert caught.value.code == "CONS002"


def test_kinds_of_faults_are_bounded(tmp_path: Path) -> None:
    """However many there are, a few are told apart and the rest is counted."""
    lines = [{"type": f"x{n}", "data": {}, "a" * n: 1} for n in range(1, 30)]
    lines += [{"t": 0, "frame": {}} for _ in range(30)]
    found = check(written(tmp_path / "r", lines))
    assert len(found.findings) <= limits.MAX_KINDS
    assert all(len(finding.lines) <= limits.MAX_NAMED_LINES for finding in found.findings.values())
    assert found.bad == 59


def test_time_does_not_go_back(tmp_path: Path) -> None:
    """The receiver's clock is monotonic."""
    found = check(written(tmp_path / "r", [{"t": 2, "frame": arousal_update(0, 0.5)}, {"t": 1, "frame": {}}]))
    assert "goes back from 2.0 to 1" in texts(found)


def test_bare_frames_and_timed_ones_do_not_mix(tmp_path: Path) -> None:
    """Somebody put two recordings together."""
    assert bad_lines(
        check(written(tmp_path / "r", [{"t": 2, "frame": arousal_update(0, 0.5)}, arousal_update(1, 0.5)]))
    ) == [2]


def test_a_second_header_is_a_fault(tmp_path: Path) -> None:
    """A recording begins once."""
    assert bad_lines(check(written(tmp_path / "r", [HEADER, *timed([arousal_update(0, 0.5)]), HEADER]))) == [3]


@pytest.mark.parametrize(
    "header",
    [HEADER | {"url": "ws://x/ws?api_key=secret"}, HEADER | {"url": "ws://u:p@x/ws"}, HEADER | {"started": "x"}],
)
def test_a_header_that_cannot_be_used_is_refused(tmp_path: Path, header: dict[str, Any]) -> None:
    """Times have their form, and an address never carries a key."""
    with pytest.raises(Error, match="cannot be used") as caught:
        check(written(tmp_path / "r", [header]))
    assert (caught.value.code, caught.value.status) == ("CONS004", ExitStatus.USAGE)


def test_no_recording_is_wrong_usage(tmp_path: Path) -> None:
    """The file has to be there."""
    with pytest.raises(Error) as caught:
        check(tmp_path / "none")
    assert (caught.value.code, caught.value.status) == ("CONS001", ExitStatus.USAGE)


def test_a_recording_that_grows_meanwhile_is_refused(tmp_path: Path) -> None:
    """Its digest would be that of another file."""
    path = written(tmp_path / "r", [arousal_update(0, 0.5), arousal_update(1, 0.5)])
    lines = Recording(path).lines()
    next(lines)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\n" * 3)
    with pytest.raises(Error) as caught:
        list(lines)
    assert caught.value.code == "CONS003"


@pytest.mark.parametrize(
    ("arousal", "level"),
    [
        (0, "asleep"),
        (0.1, "drowsy"),
        (0.299, "drowsy"),
        (0.3, "awake"),
        (0.6, "alert"),
        (0.8, "hyperaroused"),
        (1, "hyperaroused"),
    ],
)
def test_levels_follow_the_protocol(arousal: float, level: str) -> None:
    """A bound belongs to the level above it."""
    assert level_of(arousal) == level


NAMES = st.sampled_from(["type", "data", "event", "timestamp", "salience"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(VALUES)
def test_no_frame_makes_the_check_stumble(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Whatever is sent is a frame or a fault, never a traceback."""
    for profile in (COCKPIT, OBSERVED):
        for kind in ("arousal_update", "esgt_event", "state_snapshot", "heartbeat"):
            frame = {"type": kind, "data": value, "event": value, "timestamp": value}
            assert isinstance(find_faults(frame, profile), tuple)
            extras(frame, profile)


@given(st.binary(max_size=200))
def test_no_file_makes_the_reader_stumble(raw: bytes) -> None:
    """Every line is a frame, a header or a fault with its number."""
    import tempfile  # noqa: PLC0415 - a fixture would be shared by all examples
    from pathlib import Path  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        path.write_bytes(raw)
        reader = Recording(path)
        try:
            numbers = [line.number for line in reader.lines() if isinstance(line, Bad)]
        except Error as error:
            assert error.code == "CONS004"  # noqa: PT017 - either outcome is right
        else:
            assert numbers == sorted(numbers)
            assert reader.size == len(raw)
