"""Checkpoints and proofs: readable by others, believed only when signed, and what a log must hold to."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from maximus import merkle
from maximus.documents import faults, pretty
from maximus.errors import Error
from maximus.evidence.auditing import audit
from maximus.evidence.checkpoint import is_signed_by, make_checkpoint, parse_checkpoint, read_checkpoint
from maximus.evidence.holding import hold
from maximus.evidence.log import Reader, append
from maximus.evidence.proofs import check_proof, prove_consistency, prove_inclusion, read_proof
from maximus.signing.keys import SigningKey
from tests.lib.merkle_roots import root_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Judge = Callable[[list[dict[str, Any]]], list[str]]

NOW = "2026-01-31T12:00:00Z"
ORIGIN = "acme.example/audit"
KEYS = {"ed25519": SigningKey(Ed25519PrivateKey.generate()), "ecdsa": SigningKey(generate_private_key(SECP256R1()))}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a log of 21 entries."""
    append(tmp_path / "audit.jsonl", [{"n": number} for number in range(21)], NOW)
    return tmp_path / "audit.jsonl"


def verifier_key(kind: str, key: SigningKey) -> str:
    """Return the key as Go's notes have it: name, hash and bytes."""
    der = key.public.der
    data = b"\x01" + der[-32:] if kind == "ed25519" else b"\x02" + der
    named = ORIGIN.encode() + b"\n" + data if kind == "ed25519" else der
    return f"{ORIGIN}+{hashlib.sha256(named).hexdigest()[:8]}+{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("kind", KEYS)
def test_go_opens_the_notes_that_are_signed_here(judge: Judge, kind: str) -> None:
    """`sumdb/note` and transparency-dev's own verifier of ECDSA keys; another key or text is refused by both."""
    note = make_checkpoint(ORIGIN, 21, b"\1" * 32, KEYS[kind])
    other = SigningKey(Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(SECP256R1()))
    asked = [
        {"kind": kind, "note": note, "key": verifier_key(kind, KEYS[kind])},
        {"kind": kind, "note": note.replace("\n21\n", "\n22\n"), "key": verifier_key(kind, KEYS[kind])},
        {"kind": kind, "note": note, "key": verifier_key(kind, other)},
    ]
    answers = judge(asked)

    assert answers[0] == "ok"
    assert "ok" not in answers[1:]


def test_go_agrees_about_root_and_proofs(judge: Judge, made: Path) -> None:
    """Every entry's inclusion, and consistency from every count, by `transparency-dev/merkle`."""
    leaves = [merkle.leaf_hash(raw) for raw in made.read_bytes().splitlines()]
    with Reader(made) as reader:
        common = {"size": reader.count, "root": reader.root.hex()}
        included = [
            {"kind": "inclusion", "index": index, "leaf": leaf.hex(), **common,
             "hashes": [item.hex() for item in reader.inclusion(index + 1)[1]]}
            for index, leaf in enumerate(leaves)
        ]  # fmt: skip
        roots = {old: root_of(leaves[:old]) for old in range(1, 22)}
        consistent = [
            {"kind": "consistency", "old": old, "old_root": roots[old].hex(), **common,
             "hashes": [item.hex() for item in reader.consistency(old, roots[old])]}
            for old in roots
        ]  # fmt: skip
        root = reader.root.hex()
    wrong = [item | {"leaf": "00" * 32} for item in included]

    assert judge([*included, *consistent]) == ["ok"] * 42
    assert judge([{"kind": "root", "file": str(made)}]) == [root]
    assert "ok" not in judge(wrong)


@pytest.mark.parametrize("kind", KEYS)
def test_only_the_logs_own_key_is_believed(kind: str) -> None:
    """The key, the name and the text must all be the ones that were signed."""
    key = KEYS[kind]
    note = make_checkpoint(ORIGIN, 21, b"\1" * 32, key)
    read = parse_checkpoint(note.encode(), "x")

    assert (read.origin, read.count, read.root) == (ORIGIN, 21, b"\1" * 32)
    assert is_signed_by(read, key.public)
    for other, its in KEYS.items():
        assert is_signed_by(read, its.public) == (other == kind)
    changed = parse_checkpoint(note.replace("\n21\n", "\n20\n").encode(), "x")
    assert not is_signed_by(changed, key.public)
    renamed = dataclasses.replace(
        read, signatures=tuple(("other", key_id, value) for _, key_id, value in read.signatures)
    )
    assert not is_signed_by(renamed, key.public)


def test_an_unsigned_checkpoint_is_signed_by_nobody() -> None:
    """It is a file to sign; without that it proves nothing, and reads all the same."""
    read = parse_checkpoint(make_checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT).encode(), "x")

    assert (read.count, read.signatures) == (0, ())
    assert not is_signed_by(read, KEYS["ed25519"].public)


def test_cosignatures_and_extensions_of_others_are_read_over() -> None:
    """A witness may add its line, and a log a line of its own."""
    note = make_checkpoint(ORIGIN, 3, b"\1" * 32, KEYS["ed25519"])
    witness = "\N{EM DASH} witness.example " + base64.b64encode(b"12345678").decode() + "\n"

    assert is_signed_by(parse_checkpoint((note + witness).encode(), "x"), KEYS["ed25519"].public)
    assert parse_checkpoint(f"{ORIGIN}\n3\n{'AAAA' * 10}AAA=\nmore\n".encode(), "x").count == 3


@pytest.mark.parametrize("origin", ["", "with blank", "a+b", "l\u00e4rm", "x" * 201, "a\nb"])
def test_a_name_that_no_note_can_have_is_refused(origin: str) -> None:
    """Before anything is signed."""
    with pytest.raises(Error) as caught:
        make_checkpoint(origin, 1, b"\1" * 32)
    assert caught.value.code == "LOG020"


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n", "a\n1\n!!\n",
        "\n1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=\n\nno signature\n",
        "a\n1\n" + "A" * 43 + "=\n\n\N{EM DASH} a AAAA\n", "a\n1\n" + "A" * 43 + "=\n\n\N{EM DASH} a AAAAAAAA",
        "a\n1\n" + "A" * 43 + "=\n" + "x" * 70_000 + "\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str, tmp_path: Path) -> None:
    """From a file or not: one code, and words."""
    (tmp_path / "x").write_text(text, encoding="utf-8")
    with pytest.raises(Error) as caught:
        read_checkpoint(tmp_path / "x")
    assert caught.value.code == "LOG021"


@given(st.binary(max_size=300))
def test_no_bytes_make_a_traceback(raw: bytes) -> None:
    """Anything is a checkpoint or is not."""
    try:
        parse_checkpoint(raw, "x")
    except Error as fault:
        assert fault.code == "LOG021"  # noqa: PT017 - either is a clear answer


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the file's name."""
    with pytest.raises(Error, match="nowhere is no checkpoint"):
        read_checkpoint(tmp_path / "nowhere")


def held(path: Path, *checkpoints: tuple[str, int, bytes]) -> list[tuple[str, str]]:
    """Return code and what of each fault under checkpoints of name, count and root."""
    known = [(name, parse_checkpoint(make_checkpoint(ORIGIN, count, root).encode(), name))
             for name, count, root in checkpoints]  # fmt: skip
    found = audit(path, wanted=[item.count for _, item in known])
    return [(fault.code, fault.what) for fault in hold(found, path.name, known)]


def test_a_log_that_grew_holds_to_its_checkpoints(made: Path) -> None:
    """Earlier ones and the one of now."""
    roots = audit(made, wanted=[0, 5, 21]).roots

    assert held(made, *((f"c{count}", count, root) for count, root in roots.items())) == []


def test_a_cut_end_is_named_with_what_is_missing(made: Path) -> None:
    """A chain cannot tell this; a checkpoint does."""
    root = audit(made).root
    lines = made.read_bytes().splitlines(keepends=True)
    made.write_bytes(b"".join(lines[:18]))

    assert audit(made).faults == ()
    assert held(made, ("kept", 21, root)) == [
        ("LOG023", "entries 19 to 21 are not in audit.jsonl: its end was cut off")
    ]
    assert held(made, ("kept", 19, root))[0][1].startswith("entry 19 is not in audit.jsonl")


def test_a_log_written_anew_is_named_by_what_no_longer_is(made: Path, tmp_path: Path) -> None:
    """The earliest checkpoint that it still holds to says where the change begins."""
    roots = audit(made, wanted=[5, 12, 21]).roots
    other = tmp_path / "other.jsonl"
    append(other, [{"n": number} for number in range(7)], NOW)
    append(other, [{"n": 0}] * 14, NOW)

    assert held(other, *((f"c{count}", count, root) for count, root in roots.items())) == [
        ("LOG024", "an entry from 6 to 12 of other.jsonl is not the one that c12 was made of"),
        ("LOG024", "an entry from 6 to 21 of other.jsonl is not the one that c21 was made of"),
    ]


def test_two_heads_are_named(made: Path) -> None:
    """Two checkpoints of one count and one name with two roots: who keeps the log shows two of them."""
    root = audit(made).root

    assert [code for code, _ in held(made, ("a", 21, root), ("b", 21, b"\1" * 32))] == ["LOG022", "LOG024"]


def test_proofs_are_checked_without_the_log(made: Path, tmp_path: Path) -> None:
    """Out of files, against the count and root that a checkpoint states."""
    with Reader(made) as reader:
        root = reader.root
        documents = [prove_inclusion(reader, 7), prove_consistency(reader, 5, audit(made, wanted=[5]).roots[5])]
    for number, document in enumerate(documents):
        assert faults(document, "evidence-log-proof") == ()
        (tmp_path / f"{number}.json").write_text(pretty(document), encoding="utf-8")
        proved = check_proof(read_proof(tmp_path / f"{number}.json"), "x")
        assert (proved.count, proved.root) == (21, root)


@pytest.mark.parametrize(
    "change",
    [
        {"index": 8}, {"size": 16}, {"root": "0" * 64}, {"hashes": []}, {"line": "{}"}, {"hashes": ["0" * 64] * 100},
    ],
)  # fmt: skip
def test_a_proof_that_was_changed_does_not_hold(made: Path, change: dict[str, Any]) -> None:
    """Any part of it."""
    with Reader(made) as reader:
        document = prove_inclusion(reader, 7) | change
    with pytest.raises(Error) as caught:
        check_proof(document, "x")
    assert caught.value.code == "LOG031"


def test_a_proof_is_of_the_entry_that_its_line_says(tmp_path: Path) -> None:
    """A line whose own index is another one is not passed off as this entry."""
    path = tmp_path / "audit.jsonl"
    append(path, [{"n": 1}], NOW)
    with Reader(path) as reader:
        document = prove_inclusion(reader, 1)
    line = document["line"].replace(
        '"index":1,"prev":null,"prev_root":null', f'"index":2,"prev":"{"0" * 64}","prev_root":"{"0" * 64}"'
    )
    document |= {"line": line, "root": merkle.leaf_hash(line.encode()).hex()}
    with pytest.raises(Error) as caught:
        check_proof(document, "x")
    assert caught.value.code == "LOG031"


@pytest.mark.parametrize("text", ["{}", "[]", '{"kind":"maximus-evidence-log-proof","version":1,"proves":"inclusion"}'])
def test_what_is_no_proof_is_refused(tmp_path: Path, text: str) -> None:
    """By its schema."""
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(Error) as caught:
        read_proof(tmp_path / "x.json")
    assert caught.value.code == "LOG030"
