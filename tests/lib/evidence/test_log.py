"""The append-only log: what it takes, what it proves, and every way in which somebody may have changed it."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus import merkle
from maximus.documents import canonical, faults
from maximus.errors import Error, ExitStatus
from maximus.evidence import entries, log
from maximus.evidence.auditing import audit
from maximus.evidence.entries import Malformed, parse_line
from maximus.evidence.log import Reader, append
from maximus.evidence.nodes import Nodes, nodes_of, place_of, tree_path
from tests.lib.merkle_roots import root_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-01-31T12:00:00Z"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a log of nine entries, written in three runs."""
    path = tmp_path / "audit.jsonl"
    for begin, end in ((1, 2), (2, 6), (6, 10)):
        append(path, [{"action": "noted", "n": number} for number in range(begin, end)], NOW)
    return path


def codes(path: Path) -> list[tuple[str, str]]:
    """Return code and place of each fault, having seen that reading writes nothing."""
    before = {item: item.read_bytes() for item in path.parent.iterdir()}
    found = audit(path).faults
    assert {item: item.read_bytes() for item in path.parent.iterdir()} == before
    return [(fault.code, fault.where) for fault in found]


def lines_of(path: Path) -> list[bytes]:
    """Return the lines with their line feeds."""
    return path.read_bytes().splitlines(keepends=True)


def test_a_log_is_a_chain_and_a_tree(made: Path) -> None:
    """Each line is RFC 8785, names the leaf hash of the one before and the root over all before; no fault is found."""
    leaves: list[bytes] = []
    for number, raw in enumerate(lines_of(made), start=1):
        document = json.loads(raw)
        assert raw == canonical(document) + b"\n"
        assert faults(document, "evidence-log-line") == ()
        assert document["index"] == number
        assert document["prev"] == (leaves[-1].hex() if leaves else None)
        assert document["prev_root"] == (root_of(leaves).hex() if leaves else None)
        leaves.append(merkle.leaf_hash(raw[:-1]))
    found = audit(made, wanted=[0, 4, 9])

    assert (found.count, found.root, found.faults) == (9, root_of(leaves), ())
    assert found.roots == {size: root_of(leaves[:size]) for size in (0, 4, 9)}


def test_appending_tells_the_head(made: Path) -> None:
    """First index, count and root, as the whole log has them."""
    done = append(made, [{"a": 1}, {"a": 2}], NOW)

    assert (done.first, done.count, done.root, done.rebuilt) == (10, 11, audit(made).root, False)


def test_appending_reads_only_the_end(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In front of the last line nothing is looked at, and as many nodes as the count has bits."""
    asked: list[tuple[int, int]] = []
    original = Nodes.node

    def node(self: Nodes, level: int, place: int) -> bytes:
        asked.append((level, place))
        return original(self, level, place)

    monkeypatch.setattr(Nodes, "node", node)
    monkeypatch.setattr(log, "audit", None)
    append(made, [{"a": 1}], NOW)

    assert asked == [(3, 0)]


def test_the_nodes_lie_in_the_order_in_which_they_became_full() -> None:
    """The file of nodes only grows: place and count agree with a tree that grows leaf by leaf."""
    frontier, place = merkle.Frontier(), 0
    for number in range(70):
        frontier, full = merkle.grow(frontier, merkle.leaf_hash(b"%d" % number))
        for level in range(len(full)):
            assert place_of(level, number >> level) == place
            place += 1
        assert nodes_of(number + 1) == place


@pytest.mark.parametrize("spoil", ["remove", "empty", "zero", "short", "long", "other"])
def test_nodes_are_never_believed(made: Path, spoil: str) -> None:
    """Whatever lies in the file of nodes: the log goes on with the right root, and proofs hold."""
    tree = tree_path(made)
    raw = tree.read_bytes()
    spoilt = {
        "empty": b"", "zero": bytes(len(raw)), "short": raw[:-40], "long": raw + b"x" * 100, "other": raw[::-1],
    }  # fmt: skip
    tree.unlink() if spoil == "remove" else tree.write_bytes(spoilt[spoil])
    done = append(made, [{"a": 1}], NOW)

    assert done.root == audit(made).root
    assert done.rebuilt == (spoil != "long")
    assert tree.read_bytes()[: len(raw)] == raw
    assert len(tree.read_bytes()) == nodes_of(10) * 32
    with Reader(made) as reader:
        for index in range(1, 11):
            reader.inclusion(index)


def test_a_node_inside_that_was_changed_makes_no_wrong_proof(made: Path) -> None:
    """The frontier is sound, a leaf of the file is not: the proof is refused and the log named."""
    tree = tree_path(made)
    raw = bytearray(tree.read_bytes())
    raw[place_of(0, 2) * 32] ^= 1
    tree.write_bytes(raw)
    with Reader(made) as reader, pytest.raises(Error) as caught:
        reader.inclusion(4)
    assert caught.value.code == "LOG016"


def test_every_entry_is_found_and_proved(tmp_path: Path) -> None:
    """Lines of very different lengths, and every place in the tree."""
    path = tmp_path / "audit.jsonl"
    sizes = [1, 20_000, 3, 3, 100, 9_000, 1, 70_000, 2, 2, 2, 5_000, 1]
    append(path, [{"text": "x" * size} for size in sizes], NOW)
    leaves = [merkle.leaf_hash(raw[:-1]) for raw in lines_of(path)]
    with Reader(path) as reader:
        assert (reader.count, reader.root) == (13, root_of(leaves))
        for index, raw in enumerate(lines_of(path), start=1):
            line, proof = reader.inclusion(index)
            assert line == raw[:-1]
            merkle.check_inclusion(leaves[index - 1], index - 1, 13, reader.root, proof)
        for old in range(14):
            proof = reader.consistency(old, root_of(leaves[:old]))
            merkle.check_consistency(old, 13, root_of(leaves[:old]), reader.root, proof)


@pytest.mark.parametrize("index", [0, 10, -1])
def test_an_entry_that_is_not_there_is_a_usage_error(made: Path, index: int) -> None:
    """Entries are counted from 1."""
    with Reader(made) as reader, pytest.raises(Error) as caught:
        reader.inclusion(index)
    assert (caught.value.code, caught.value.status) == ("LOG015", ExitStatus.USAGE)


@pytest.mark.parametrize(("old", "root"), [(4, b"\1" * 32), (10, b"\1" * 32)])
def test_a_log_that_is_not_the_beginning_is_not_proved(made: Path, old: int, root: bytes) -> None:
    """Another root, or more entries than there are."""
    with Reader(made) as reader, pytest.raises(Error) as caught:
        reader.consistency(old, root)
    assert caught.value.code == "LOG016"


# What somebody may have done to a log, and how each is named.


def test_one_byte_changed_is_named_with_its_entry(made: Path) -> None:
    """The entry behind it no longer follows."""
    lines = lines_of(made)
    lines[3] = lines[3].replace(b'"noted"', b'"Noted"')
    made.write_bytes(b"".join(lines))

    assert codes(made) == [("LOG007", "audit.jsonl:5")]


def test_an_entry_cut_out_is_named(made: Path) -> None:
    """Its index is missing, and the rest of the log is not blamed."""
    lines = lines_of(made)
    made.write_bytes(b"".join(lines[:3] + lines[5:]))
    found = audit(made).faults

    assert codes(made) == [("LOG006", "audit.jsonl:4")]
    assert found[0].what == "entries 4 to 5 are not in audit.jsonl: line 4 has the index 6"


def test_two_heads_are_named(made: Path) -> None:
    """Two writers went on from one line."""
    lines = lines_of(made)
    other = lines[4].replace(b'"noted"', b'"other"')
    made.write_bytes(b"".join([*lines[:5], other, *lines[5:]]))

    assert codes(made) == [("LOG005", "audit.jsonl:6"), ("LOG007", "audit.jsonl:7")]


def test_a_torn_end_is_named_and_never_mended(made: Path) -> None:
    """Reading, proving and appending all refuse, and say where the whole lines end."""
    raw = made.read_bytes()
    made.write_bytes(raw[:-7])
    good = raw.rindex(b"\n", 0, -1) + 1

    assert codes(made) == [("LOG009", "audit.jsonl:9")]
    for attempt in (lambda: append(made, [{"a": 1}], NOW), lambda: Reader(made)):
        with pytest.raises(Error) as caught:
            attempt()
        assert (caught.value.code, caught.value.where) == ("LOG009", "audit.jsonl:9")
        assert f"truncate -s {good} audit.jsonl" in caught.value.fix
    assert made.read_bytes() == raw[:-7]


def test_a_torn_first_line_is_named(tmp_path: Path) -> None:
    """A log that has nothing but half a line."""
    (tmp_path / "audit.jsonl").write_bytes(b'{"created_at"')
    with pytest.raises(Error) as caught:
        append(tmp_path / "audit.jsonl", [{"a": 1}], NOW)
    assert caught.value.where == "audit.jsonl:1"


def test_a_whole_log_written_anew_is_sound_by_itself(made: Path, tmp_path: Path) -> None:
    """What a chain cannot tell is left to checkpoints: this is why there are some."""
    other = tmp_path / "other" / "audit.jsonl"
    append(other, [{"action": "other"}] * 9, NOW)

    assert codes(other) == []
    assert audit(other).root != audit(made).root


def test_a_root_that_was_made_for_another_log_is_named(made: Path) -> None:
    """A line may follow its neighbour and still state another tree."""
    lines = lines_of(made)
    last = json.loads(lines[-1])
    last["prev_root"] = "0" * 64
    made.write_bytes(b"".join(lines[:-1]) + canonical(last) + b"\n")

    assert codes(made) == [("LOG008", "audit.jsonl:9")]
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}], NOW)
    assert caught.value.code == "LOG008"


@pytest.mark.parametrize(
    "line",
    [
        b"no json", b"[]", b"{}", b'{"index":1}', b"\xff",
        b'{"created_at":"2026-01-31T12:00:00Z","index":0,"prev":null,"prev_root":null,"record":{}}',
        b'{"created_at":"2026-01-31T12:00:00Z","index":true,"prev":null,"prev_root":null,"record":{}}',
        b'{"created_at":"2026-99-31T12:00:00Z","index":1,"prev":null,"prev_root":null,"record":{}}',
        b'{"created_at":"today","index":1,"prev":null,"prev_root":null,"record":{}}',
        b'{"created_at":"2026-01-31T12:00:00Z","index":1,"prev":null,"prev_root":null,"record":[]}',
        b'{"created_at":"2026-01-31T12:00:00Z","index":1,"prev":"","prev_root":null,"record":{}}',
        b'{"created_at":"2026-01-31T12:00:00Z","index":2,"prev":null,"prev_root":null,"record":{}}',
        b'{"created_at":"2026-01-31T12:00:00Z","index":1,"index":1,"prev":null,"prev_root":null,"record":{}}',
        b"[" * 5000,
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_named(made: Path, line: bytes) -> None:
    """At its place, by the reader; at the end, by who would append."""
    with pytest.raises(Malformed):
        parse_line(line)
    whole = made.read_bytes()
    made.write_bytes(line + b"\n" + whole)
    assert codes(made)[0] == ("LOG004", "audit.jsonl:1")
    made.write_bytes(whole + line + b"\n")
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}], NOW)
    assert caught.value.code == "LOG012"


@given(st.binary(max_size=200))
def test_no_line_makes_a_traceback(raw: bytes) -> None:
    """Any bytes are a line or are not, in words."""
    try:
        parse_line(raw)
    except Malformed as fault:
        assert str(fault)  # noqa: PT017 - either is a clear answer


def test_a_line_without_an_end_is_not_read_whole(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte on one line costs a megabyte."""
    monkeypatch.setattr("maximus.evidence.auditing.MAX_LINE", 1000)
    monkeypatch.setattr(log, "MAX_LINE", 1000)
    with made.open("ab") as stream:
        stream.write(b"x" * 300_000 + b"\n")

    assert codes(made) == [("LOG004", "audit.jsonl:10")]
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}], NOW)
    assert caught.value.code == "LOG012"


def test_faults_are_counted_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no log at all is not told line by line."""
    monkeypatch.setattr("maximus.evidence.auditing.MAX_FAULTS", 5)
    (tmp_path / "x.jsonl").write_bytes(b"x\n" * 100)

    assert len(codes(tmp_path / "x.jsonl")) == 5


# What may go wrong while writing.


@pytest.mark.parametrize("record", [{"a": float("nan")}, {"a": 2**60}, {"a": "x" * (1 << 20)}, {"a": "\ud800"}])
def test_a_record_that_cannot_be_kept_changes_nothing(made: Path, record: dict[str, Any]) -> None:
    """All records of a run are appended, or none is."""
    before = made.read_bytes()
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}, record], NOW)

    assert (caught.value.code, caught.value.status) == ("LOG001", ExitStatus.USAGE)
    assert made.read_bytes() == before


def test_too_many_records_change_nothing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run has a bound."""
    monkeypatch.setattr(log, "MAX_RECORDS", 3)
    before = made.read_bytes()
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}] * 4, NOW)

    assert (caught.value.code, made.read_bytes()) == ("LOG013", before)


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_disk_that_is_full_leaves_the_log_as_it_was(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before the fault is taken back: nobody was told of it yet."""
    before = made.read_bytes()
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(Error) as caught:
        append(made, [{"a": 1}], NOW)

    assert (caught.value.code, made.read_bytes()) == ("LOG011", before)


def test_a_run_that_dies_between_log_and_nodes_loses_nothing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries are there, and the next run finds the nodes behind and makes them again."""
    monkeypatch.setattr(log, "_write_nodes", _full)
    with pytest.raises(OSError, match="space"):
        append(made, [{"a": 1}, {"a": 2}], NOW)
    monkeypatch.undo()
    done = append(made, [{"a": 3}], NOW)

    assert (done.count, done.root, done.rebuilt) == (12, audit(made).root, True)


def test_nodes_that_cannot_be_written_are_told(made: Path) -> None:
    """The entry is kept, and the error says so."""
    tree_path(made).unlink()
    append(made, [{"a": 1}], NOW)
    tree_path(made).unlink()
    tree_path(made).mkdir()
    with pytest.raises(Error) as caught:
        append(made, [{"a": 2}], NOW)
    assert caught.value.code in ("FILE003", "LOG014")


def test_one_writer_at_a_time(made: Path) -> None:
    """Who does not get the log says so, and has changed nothing."""
    before = made.read_bytes()
    with made.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Error) as caught:
            append(made, [{"a": 1}], NOW, waiting=0)

    assert (caught.value.code, caught.value.status, made.read_bytes()) == ("LOG010", ExitStatus.OUTSIDE, before)
    assert append(made, [{"a": 1}], NOW, waiting=0).count == 10


def test_a_log_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """A folder in its place, or nothing."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(Error) as caught:
        append(tmp_path / "folder", [{"a": 1}], NOW)
    assert caught.value.code == "LOG011"
    with pytest.raises(Error) as caught:
        audit(tmp_path / "nowhere")
    assert caught.value.code == "LOG002"


def test_a_log_beyond_all_bounds_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read."""
    monkeypatch.setattr("maximus.evidence.auditing.MAX_LOG", 10)
    with pytest.raises(Error) as caught:
        audit(made)
    assert caught.value.code == "LOG003"


def test_an_empty_log_has_the_root_of_the_empty_tree(tmp_path: Path) -> None:
    """No entry, no fault, and nothing to prove."""
    (tmp_path / "audit.jsonl").write_bytes(b"")

    assert audit(tmp_path / "audit.jsonl").root == merkle.EMPTY_ROOT
    with Reader(tmp_path / "audit.jsonl") as reader:
        assert reader.count == 0


def test_the_lines_head_is_put_together_as_rfc_8785_has_it() -> None:
    """By hand, for speed: any record gives the bytes that the canonical writer gives for the whole line."""
    record = {"z": 1.5, "a": '\u20ac\n"', "\U0001f600": [None, True], "\uff5e": {}}
    frontier = merkle.Frontier().append(b"\1" * 32)
    raw = entries.make_line(record, NOW, frontier, b"\1" * 32)

    assert raw == canonical(json.loads(raw)) + b"\n"
