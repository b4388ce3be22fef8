"""`attestation`: a person's statement with name and date, signed where a key is asked for; never a tick."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maximus.verdict import Status
from tests.lib.gating.entries import TODAY, judge_entry

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.verdict import Verdict

OPTIONS = "type: attestation, file: rollback.json, statement: the rollback was tried, max-age: 30, by: [Ada Lovelace]"
STATED = {
    "kind": "maximus-statement",
    "version": 1,
    "statement": "the rollback was tried",
    "who": "Ada Lovelace",
    "date": TODAY.isoformat(),
}


def _judge(root: Path, options: str = OPTIONS, **parts: Any) -> Verdict:  # noqa: ANN401 - members of the statement
    (root / "rollback.json").write_text(json.dumps(STATED | parts), encoding="utf-8")
    return judge_entry(root, options, subject="5" * 40).verdict


def test_passes_with_name_and_date(tmp_path: Path) -> None:
    """Who said it and when stands in the verdict, the file is its evidence."""
    verdict = _judge(tmp_path)
    assert (verdict.status, verdict.measured) == (Status.PASS, f"Ada Lovelace, {TODAY.isoformat()}")
    assert [item.path for item in verdict.evidence] == ["rollback.json"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"who": "Charles"}, "Charles is not one who may state it"),
        ({"date": "2026-10-21"}, "it is older than 30 days"),
        ({"date": "2026-11-22"}, "lies ahead"),
        ({"statement": "the rollback was planned"}, "it states 'the rollback was planned'"),
        ({"who": " "}, "does not hold to gate-attestation"),
        ({"date": "yesterday"}, "does not hold to gate-attestation"),
        ({"done": True}, "does not hold to gate-attestation"),
    ],
)
def test_fails_on_a_mutant(tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    """Another person, day or sentence is another statement, and a bare tick is none."""
    verdict = _judge(tmp_path, **parts)
    assert verdict.status is Status.FAIL
    assert said in verdict.reason


def test_is_unmeasured_where_nobody_stated_it(tmp_path: Path) -> None:
    """No file, no statement; a link out of the tree is no file."""
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(STATED), encoding="utf-8")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "rollback.json").symlink_to(outside)
    assert judge_entry(tree, OPTIONS).verdict.status is Status.UNMEASURED


def test_it_may_have_to_be_about_this_commit(tmp_path: Path) -> None:
    """A statement about another commit, or none, is not about this one."""
    options = f"{OPTIONS}, this-commit: true"
    assert _judge(tmp_path, options).status is Status.FAIL
    assert _judge(tmp_path, options, commit="6" * 40).status is Status.FAIL
    assert _judge(tmp_path, options, commit="5" * 40).status is Status.PASS


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_signature_is_checked_over_the_bytes(tmp_path: Path, kind: str) -> None:
    """The key's own signature passes; one byte changed, another key or no signature fails."""
    options = f"{OPTIONS}, public-key: ada.pem"
    keys = [ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
            for _ in range(2)]  # fmt: skip
    public = keys[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "ada.pem").write_bytes(public)
    assert _judge(tmp_path, options).reason == "it is not signed: there is no rollback.json.sig"

    def sign(number: int) -> None:
        content, key = (tmp_path / "rollback.json").read_bytes(), keys[number]
        made = (
            key.sign(content, ec.ECDSA(SHA256())) if isinstance(key, ec.EllipticCurvePrivateKey) else key.sign(content)
        )
        (tmp_path / "rollback.json.sig").write_bytes(base64.encodebytes(made))

    sign(0)
    assert _judge(tmp_path, options).status is Status.PASS
    assert _judge(tmp_path, options, details="changed").status is Status.FAIL
    _judge(tmp_path, options)
    sign(1)
    assert _judge(tmp_path, options).reason == "the signature is not by that key over this file"
    (tmp_path / "rollback.json.sig").write_text("no base64!", encoding="utf-8")
    assert _judge(tmp_path, options).reason == "the signature is no base64"
    (tmp_path / "ada.pem").write_text("no key", encoding="utf-8")
    assert _judge(tmp_path, options).code == "GATE014"
