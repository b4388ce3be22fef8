"""`append-only-log`: a log that was only ever appended to, or the line where it was not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.documents import canonical
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

RULE = "type: append-only-log, file: log.jsonl"


def tree_root(leaves: list[bytes]) -> str:
    """Return RFC 6962's root, as its definition is written: the largest power of two below goes to the left."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()

    def fold(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return hashlib.sha256(b"\0" + part[0]).digest()
        left = 1 << (len(part) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + fold(part[:left]) + fold(part[left:])).digest()

    return fold(leaves).hex()


def batches(count: int) -> list[dict[str, Any]]:
    """Return the lines of a batch log whose roots are the tree's."""
    lines: list[dict[str, Any]] = []
    digests: list[bytes] = []
    for index in range(1, count + 1):
        digests.append(hashlib.sha256(b"%d" % index).digest())
        lines.append(
            {
                "index": index,
                "created_at": f"2026-01-01T00:00:{index:02}Z",
                "root": tree_root(digests),
                "prev_root": lines[-1]["root"] if lines else None,
                "batch_sha256": digests[-1].hex(),
            }
        )
    return lines


def evidence(count: int) -> list[bytes]:
    """Return the lines of an evidence log."""
    raw: list[bytes] = []
    for index in range(1, count + 1):
        before = hashlib.sha256(b"\0" + raw[-1]).hexdigest() if raw else None
        line = {
            "created_at": f"2026-01-01T00:00:{index:02}Z",
            "index": index,
            "prev": before,
            "prev_root": tree_root(raw) if raw else None,
            "record": {"n": index},
        }
        raw.append(canonical(line))
    return raw


def write(root: Path, lines: list[dict[str, Any]] | list[bytes]) -> None:
    """Write the log."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (root / "log.jsonl").write_bytes(b"".join(line + b"\n" for line in raw))


def test_passes_on_a_batch_log(tmp_path: Path) -> None:
    """Index, times, chain and, where it is asked for, the tree over the batches."""
    write(tmp_path, batches(11))
    for options in (RULE, RULE + ", tree: true, count: 11"):
        judged = judge_entry(tmp_path, options)
        assert (judged.verdict.status, judged.verdict.inspected) == (Status.PASS, 11)


def test_passes_on_an_evidence_log(tmp_path: Path) -> None:
    """As `evidence` writes it: each line names the leaf before it and the root over all of them."""
    lines = evidence(9)
    write(tmp_path, lines)
    judged = judge_entry(tmp_path, f"{RULE}, count: 9, head: '{tree_root(lines)}'")
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.reason) == (Status.PASS, 9, "holds")


def mutated(lines: list[dict[str, Any]], at: int, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Return the lines with one of them changed."""
    return [line | changes if number == at else line for number, line in enumerate(lines)]


@pytest.mark.parametrize(
    ("lines", "line", "told"),
    [
        (mutated(batches(5), 2, prev_root="0" * 64), 3, "has prev_root 0000000000000000…, the line above it has root"),
        (mutated(batches(5), 2, root="0" * 64), 4, "has prev_root"),
        (mutated(batches(5), 2, index=9), 3, "has the index 9 too early: lines are missing"),
        (mutated(batches(5), 2, index=2), 3, "has the index 2 a second time"),
        (batches(5)[1:], 1, "has the index 2, a log begins with 1"),
        (batches(5)[:2] + batches(5)[3:], 3, "has the index 4 too early: lines are missing"),
        (mutated(batches(5), 2, created_at="2025-01-01T00:00:00Z"), 3, "before the line above it"),
        (mutated(batches(5), 2, created_at="yesterday"), 3, "has no time"),
        (mutated(batches(5), 2, created_at="2026-13-01T00:00:00Z"), 3, "has no time"),
        (mutated(batches(5), 2, batch_sha256="xyz"), 3, "has no SHA-256 as `batch_sha256`"),
        (mutated(batches(5), 2, extra=1), 3, "extra is missing or too much"),
        (mutated(batches(5), 0, prev_root="0" * 64), 1, "is the first and names a root before it"),
        (mutated(batches(5), 2, index="3"), 3, "has no whole number"),
        ([*batches(2), b"{"], 3, "is no JSON"),
        ([*batches(2), b"[1]"], 3, "is no JSON object"),
        ([*batches(2), b'{"index": 3, "index": 3}'], 3, "stands twice"),
    ],
)
def test_fails_on_a_mutant_and_names_the_line(tmp_path: Path, lines: list[Any], line: int, told: str) -> None:
    """Whatever was changed, left out or put in, the first line that shows it is named."""
    write(tmp_path, lines)
    judged = judge_entry(tmp_path, RULE)
    assert judged.verdict.status is Status.FAIL
    assert judged.finding.places[0].line == line
    assert told in judged.finding.places[0].text


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """No log, or one without a line."""
    judged = judge_entry(tmp_path, RULE)
    assert (judged.verdict.status, judged.verdict.reason) == (Status.UNMEASURED, "there is no log log.jsonl")
    write(tmp_path, [])
    assert judge_entry(tmp_path, RULE).verdict.status is Status.UNMEASURED


def test_a_root_that_is_not_the_trees_fails_where_the_tree_is_asked_for(tmp_path: Path) -> None:
    """The chain alone does not show a batch that was exchanged; the tree does."""
    write(tmp_path, mutated(batches(5), 2, batch_sha256="0" * 64))
    assert judge_entry(tmp_path, RULE).verdict.status is Status.PASS
    judged = judge_entry(tmp_path, RULE + ", tree: true")
    assert [place.line for place in judged.finding.places] == [3]


@pytest.mark.parametrize("at", range(9))
def test_one_byte_of_an_evidence_log_shows(tmp_path: Path, at: int) -> None:
    """In whichever line it was changed: the next line no longer follows, and of the last one the head tells."""
    lines = evidence(9)
    head = tree_root(lines)
    lines[at] = lines[at].replace(b'"record":{"n":', b'"record":{"m":')
    write(tmp_path, lines)
    judged = judge_entry(tmp_path, f"{RULE}, head: '{head}'")
    assert judged.verdict.status is Status.FAIL
    assert judged.finding.places[0].line == min(at + 2, 9)


def test_a_log_that_was_cut_at_its_end_is_shorter_than_known(tmp_path: Path) -> None:
    """A chain does not show it; what a checkpoint said does."""
    write(tmp_path, batches(3))
    judged = judge_entry(tmp_path, RULE + ", count: 5")
    assert judged.verdict.reason == "line 3 is the last line, 5 were known: it was cut"


def test_a_torn_last_line_is_named(tmp_path: Path) -> None:
    """A line without its end was not written whole."""
    write(tmp_path, batches(3))
    raw = (tmp_path / "log.jsonl").read_bytes()
    (tmp_path / "log.jsonl").write_bytes(raw[:-20])
    judged = judge_entry(tmp_path, RULE)
    assert (judged.finding.places[0].line, judged.finding.places[0].text) == (3, "is torn: it has no line end")


def test_a_line_without_an_end_is_not_read_for_ever(tmp_path: Path) -> None:
    """A gigabyte in one line costs the bytes that a line may have."""
    (tmp_path / "log.jsonl").write_bytes(b"x" * (2 << 20))
    assert "is longer than" in judge_entry(tmp_path, RULE).verdict.reason


def test_a_log_outside_of_the_tree_is_not_there(tmp_path: Path) -> None:
    """Not by a path, and not by a link."""
    tree = tmp_path / "tree"
    tree.mkdir()
    write(tmp_path, batches(3))
    (tree / "log.jsonl").symlink_to(tmp_path / "log.jsonl")
    assert judge_entry(tree, RULE).verdict.status is Status.UNMEASURED
    assert judge_entry(tree, "type: append-only-log, file: ../log.jsonl").verdict.status is Status.UNMEASURED
