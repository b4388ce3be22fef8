"""Runs compared: claims only, and the first place that is not the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.evidence.claims import claims_of, first_difference, is_telemetry
from maximus.evidence.comparison import compare
from maximus.evidence.packing import pack
from maximus.evidence.runs import green_of, read_run
from maximus.evidence.tree import read_tree
from maximus.verdict import Status
from tests.lib.evidence.test_checking import SCORECARD

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def at(document: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a pointer leads to, or a word for nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(key)] if isinstance(document, list) else document[key]
        except (LookupError, TypeError):
            return "(nothing)"
    return document


@pytest.mark.parametrize(
    ("first", "second", "pointer"),
    [
        ({"a": 1}, {"a": 1.0}, None), ({"a": 1}, {"a": True}, "/a"), ({"a": 0}, {"a": False}, "/a"),
        ({"a": 1}, {"b": 1}, "/a"), ({"b": 1, "a": 2}, {"a": 3, "b": 2}, "/a"), ([1, 2], [1], "/1"), ([], {}, ""),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, "/a~1b/c~0d"), ({"a": None}, {}, "/a"), ("x", "y", ""),
        ({"l": [{"s": "pass"}, {"s": "fail"}]}, {"l": [{"s": "pass"}, {"s": "pass"}]}, "/l/1/s"),
    ],
)  # fmt: skip
def test_the_first_difference_has_a_pointer(first: Any, second: Any, pointer: str | None) -> None:  # noqa: ANN401 - JSON
    """Keys in order, items by place, RFC 6901's escapes; one and true are two things."""
    assert first_difference(first, second) == pointer


@given(JSON, JSON)
def test_a_pointer_leads_to_a_difference(first: Any, second: Any) -> None:  # noqa: ANN401 - JSON
    """Equal documents have none, and others are not the same there."""
    assert first_difference(first, first) is None
    pointer = first_difference(first, second)
    if pointer is not None:
        assert json.dumps(at(first, pointer)) != json.dumps(at(second, pointer))
    else:
        assert first == second


def test_depth_is_no_matter() -> None:
    """Deeper than Python's stack."""
    deep: Any = 1
    for _ in range(50_000):
        deep = [deep]
    other = [deep]

    assert (first_difference(other, other), (first_difference(other, [[2]]) or "").startswith("/0")) == (None, True)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("telemetry.json", True), ("a/telemetry.jsonl", True), ("run.telemetry.json", True), ("telemetry/x.bin", True),
        ("a/telemetry/b", True), ("telemetry", False), ("telemetry.txt", False), ("mytelemetry.json", False),
        ("verdicts.json", False), ("junit.xml", False),
    ],
)  # fmt: skip
def test_telemetry_says_so_by_its_name(name: str, *, answer: bool) -> None:
    """No time is guessed at: what does not say that it is telemetry is a claim."""
    assert is_telemetry(name) == answer


def test_a_caller_declares_more() -> None:
    """By glob, such as a report of tests with its times."""
    assert is_telemetry("tests/junit.xml", ["*/junit.xml"])


def test_documents_lose_their_telemetry_and_nothing_else() -> None:
    """Our own member, and what version 1 of a scorecard and a manifest call times."""
    assert claims_of({"a": {"telemetry": 1}, "telemetry": 2}, "") == {"a": {"telemetry": 1}}
    assert claims_of([1], "scorecard-1") == [1]
    kept = claims_of(SCORECARD, "scorecard-1")
    assert set(kept) == {"sprint", "commit_sha", "gates", "hashes", "gating"}
    assert kept["gates"]["T0"] == {"status": "pass"}
    assert claims_of({"version": 1, "generated_at": "x", "entries": []}, "evidence-manifest") == {
        "version": 1, "entries": [],
    }  # fmt: skip


def made(tmp_path: Path, name: str, **files: str) -> Path:
    """Return a folder of evidence; in names, `__` stands for the full stop."""
    root = tmp_path / name
    root.mkdir()
    for file, text in files.items():
        (root / file.replace("__", ".")).write_text(text, encoding="utf-8")
    return root


def verdicts(*statuses: str) -> str:
    """Return a document of verdicts, with a run's own telemetry."""
    listed = [{"check": f"a.c{number}", "status": status, "inspected": 1} for number, status in enumerate(statuses)]
    return json.dumps({"kind": "maximus-verdicts", "version": 1, "verdicts": listed})


def test_runs_that_differ_in_telemetry_only_claim_the_same(tmp_path: Path) -> None:
    """As folder, as bundle and mixed; the order of keys and the form of numbers are no claims."""
    first = made(tmp_path, "one", a__json='{"x": 1, "y": [2], "telemetry": {"at": 1}}', telemetry__json="1", b__txt="b")
    second = made(tmp_path, "two", a__json='{"y":[2.0],"x":1,"telemetry":{"at":2}}', telemetry__json="2", b__txt="b")
    pack(read_tree(second).files, tmp_path / "two.zip")
    runs = [read_run(path) for path in (first, second, tmp_path / "two.zip")]

    assert compare(runs[0], runs[1:]) == ()
    assert [run.left_out for run in runs] == [1, 1, 1]


def test_the_first_difference_of_each_file_is_named(tmp_path: Path) -> None:
    """Missing, only there, another claim, another line, another byte."""
    first = made(
        tmp_path, "one", a__json='{"x": 1}', b__jsonl='{"n":1}\n{"n":2}\n', c__bin="abc", d__txt="d", e__json="{"
    )
    second = made(
        tmp_path, "two", a__json='{"x": 2}', b__jsonl='{"n":1}\n{"n":3}\n', c__bin="abd", f__txt="f", e__json="}"
    )
    found = compare(read_run(first), [read_run(second)])

    assert [(item.place, item.what.partition(" in /")[0].partition(f" {tmp_path}")[0]) for item in found] == [
        ("a.json#/x", "claims something else there"), ("b.jsonl#line 2 /n", "claims something else there"),
        ("c.bin", "differs at byte 3"), ("d.txt", "is not there"), ("e.json", "differs at byte 1"),
        ("f.txt", "is only"),
    ]  # fmt: skip


@pytest.mark.parametrize(("one", "two", "what"), [("{}\n", "{}\n{}\n", "has 2 lines and not 1")])
def test_lines_that_are_only_there_are_named(tmp_path: Path, one: str, two: str, what: str) -> None:
    """The first line that the other run does not have."""
    found = compare(read_run(made(tmp_path, "one", a__jsonl=one)), [read_run(made(tmp_path, "two", a__jsonl=two))])

    assert [(item.place, item.what) for item in found] == [("a.jsonl#line 2", what)]


def test_manifests_alone_are_compared_by_their_hashes(tmp_path: Path) -> None:
    """Without the files only the SHA-256 speaks; a whole file of telemetry is left out all the same."""
    runs = []
    for name in ("one", "two"):
        packed = pack(
            read_tree(made(tmp_path, name, a__json=f'"{name}"', telemetry__json=name)).files, tmp_path / f"{name}.zip"
        )
        (tmp_path / f"{name}.json").write_bytes(packed.manifest)
        runs.append(read_run(tmp_path / f"{name}.json"))

    assert [(item.place, item.what) for item in compare(runs[0], runs[1:])] == [("a.json", "has another SHA-256")]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (("pass", "pass"), Status.PASS), (("pass", "fail"), Status.FAIL), (("pass", "unmeasured"), Status.UNMEASURED),
        (("unmeasured", "fail"), Status.FAIL), ((), Status.UNMEASURED),
    ],
)  # fmt: skip
def test_green_is_what_the_verdicts_say(tmp_path: Path, statuses: tuple[str, ...], status: Status) -> None:
    """A run without an answer is unmeasured, never green."""
    run = read_run(made(tmp_path, "one", verdicts__json=verdicts(*statuses), x__txt="x"))

    assert green_of(run)[:2] == (status, len(statuses))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Status.PASS),
        ({"gates": SCORECARD["gates"] | {"T6": {"status": "fail", "duration_ms": 1}}}, Status.FAIL),
        ({"gates": SCORECARD["gates"] | {"T6": {"status": "pending", "duration_ms": 1}}}, Status.FAIL),
        ({"gating": {"hard_fail": True, "warn_count": 0}}, Status.FAIL),
        ({"gates": {}}, Status.FAIL),
    ],
)
def test_a_scorecard_says_green_too(tmp_path: Path, change: dict[str, Any], status: Status) -> None:
    """All of T0 to T8 passed, none is pending, nothing failed hard, and the card is one."""
    assert green_of(read_run(made(tmp_path, "one", card__json=json.dumps(SCORECARD | change))))[0] is status


def test_verdicts_that_are_none_are_not_green(tmp_path: Path) -> None:
    """A pass that inspected nothing does not hold to the schema."""
    listed = {"kind": "maximus-verdicts", "version": 1, "verdicts": [{"check": "a", "status": "pass", "inspected": 0}]}

    assert green_of(read_run(made(tmp_path, "one", v__json=json.dumps(listed))))[0] is Status.FAIL


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    """Nothing there, no manifest, a bundle that is not whole, a folder with a link."""
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    folder = made(tmp_path, "one", a__txt="a")
    pack(read_tree(folder).files, tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes() + b"more")
    linked = made(tmp_path, "two", a__txt="a")
    (linked / "link").symlink_to("a.txt")
    answers = []
    for name in ("nowhere", "x.json", "x.zip", "two"):
        with pytest.raises(Error) as caught:
            read_run(tmp_path / name)
        answers.append((caught.value.code, caught.value.status))

    assert answers == [
        ("EVID040", ExitStatus.USAGE), ("EVID042", ExitStatus.FAILED), ("EVID041", ExitStatus.FAILED),
        ("EVID004", ExitStatus.FAILED),
    ]  # fmt: skip


def test_a_document_beyond_bounds_is_compared_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not parsed, and a difference is one."""
    monkeypatch.setattr("maximus.evidence.runs.MAX_DOCUMENT", 3)
    one, two = made(tmp_path, "one", a__json='{"x": 1}'), made(tmp_path, "two", a__json='{"x":1}')

    assert [item.what for item in compare(read_run(one), [read_run(two)])] == ["has another SHA-256"]
