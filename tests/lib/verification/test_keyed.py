"""Signatures by a managed key: by the one key that was named, and by cosign with its log entries."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from maximus import documents
from maximus.files import hash_file
from maximus.signing.bundles import parse_bundle
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from maximus.verification.finding import NOT_LOGGED, Fact, Logged
from maximus.verification.keyed import KeyJudge

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.files import HashedFile
    from maximus.verification.finding import Finding
    from tests.lib.verification.conftest import Real

KEYS = {
    "P-256": SigningKey(ec.generate_private_key(ec.SECP256R1())),
    "P-384": SigningKey(ec.generate_private_key(ec.SECP384R1())),
    "Ed25519": SigningKey(ed25519.Ed25519PrivateKey.generate()),
    "RSA": SigningKey(rsa.generate_private_key(65537, 2048)),
}


@pytest.fixture
def file(tmp_path: Path) -> HashedFile:
    """A file to sign."""
    path = tmp_path / "app.bin"
    path.write_bytes(b"what was released\n")
    return hash_file(path)


def find(judge: KeyJudge, raw: str | bytes, file: HashedFile | None) -> Finding:
    """Return what the judge finds."""
    content = raw.encode() if isinstance(raw, str) else raw
    return judge.judge(content, parse_bundle(documents.parse_json(content, "bundle"), "bundle"), file)


@pytest.mark.parametrize("kind", KEYS)
def test_accepts_the_key_that_was_named(file: HashedFile, kind: str) -> None:
    """Every kind of key that signs verifies too."""
    key = KEYS[kind]
    finding = find(KeyJudge(key.public), KeySigner(key).sign_file(file), file)
    assert (finding.faults, finding.key, finding.log) == ((), key.public.fingerprint, NOT_LOGGED)


@pytest.mark.parametrize("kind", KEYS)
def test_refuses_another_key_of_the_same_kind(file: HashedFile, kind: str) -> None:
    """The hint in a bundle decides nothing: the signature does."""
    other = {
        "P-256": SigningKey(ec.generate_private_key(ec.SECP256R1())),
        "P-384": SigningKey(ec.generate_private_key(ec.SECP384R1())),
        "Ed25519": SigningKey(ed25519.Ed25519PrivateKey.generate()),
        "RSA": SigningKey(rsa.generate_private_key(65537, 2048)),
    }[kind]
    (fault,) = find(KeyJudge(KEYS[kind].public), KeySigner(other).sign_file(file), file).faults
    assert (fault.fact, fault.code) == (Fact.SIGNATURES, "VERIFY015")


def test_refuses_a_certificate(real: Real) -> None:
    """What an identity signed, a key did not."""
    (fault,) = find(KeyJudge(KEYS["P-256"].public), real.bundles["cosign-message-v1"], real.file).faults
    assert (fault.fact, fault.code) == (Fact.SIGNATURES, "VERIFY020")


def test_refuses_the_bundle_of_another_file(file: HashedFile, tmp_path: Path) -> None:
    """Both digests are said."""
    text = KeySigner(KEYS["P-256"]).sign_file(file)
    other = tmp_path / "other"
    other.write_bytes(b"other")
    (fault,) = find(KeyJudge(KEYS["P-256"].public), text, hash_file(other)).faults
    assert (fault.code, file.sha256 in fault.reason) == ("VERIFY014", True)


@pytest.mark.parametrize("kind", ["P-256", "Ed25519"])
def test_refuses_a_flipped_bit_of_the_signature(file: HashedFile, kind: str) -> None:
    """A signature holds whole or not at all."""
    document = json.loads(KeySigner(KEYS[kind]).sign_file(file))
    text = document["messageSignature"]["signature"]
    document["messageSignature"]["signature"] = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
    finding = find(KeyJudge(KEYS[kind].public), json.dumps(document), file)
    assert not finding.holds(Fact.SIGNATURES)


KINDS = ["message-v1", "message-v2", "statement-v1", "statement-v2"]


@pytest.mark.parametrize("kind", KINDS)
def test_checks_the_log_entry_that_cosign_made(
    real: Real, logged: tuple[KeyJudge, dict[str, bytes]], kind: str
) -> None:
    """Where the log is asked for, a key's entry is checked like any other."""
    judge, bundles = logged
    finding = find(judge, bundles[kind], real.file)
    assert (finding.faults, isinstance(finding.log, Logged)) == ((), True)


@pytest.mark.parametrize("kind", KINDS)
def test_does_not_look_at_the_log_where_it_is_not_asked_for(
    real: Real, logged: tuple[KeyJudge, dict[str, bytes]], kind: str
) -> None:
    """Without a trusted root nothing is said of a log."""
    judge, bundles = logged
    finding = find(dataclasses.replace(judge, verifier=None), bundles[kind], real.file)
    assert (finding.faults, finding.log) == ((), NOT_LOGGED)


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_the_log_entry_of_another_signature(
    real: Real, logged: tuple[KeyJudge, dict[str, bytes]], kind: str
) -> None:
    """An entry that is in the log must be about this very signature."""
    judge, bundles = logged
    other = {1: "sigstore", 2: "cosign"}[1 if kind.endswith("1") else 2]
    document = json.loads(bundles[kind])
    entries = json.loads(real.bundles[f"{other}-{kind}"])["verificationMaterial"]["tlogEntries"]
    document["verificationMaterial"]["tlogEntries"] = entries
    finding = find(judge, json.dumps(document), real.file)
    assert [(fault.fact, fault.code) for fault in finding.faults] == [(Fact.LOG, "VERIFY017")]


def test_refuses_a_signature_without_an_entry_where_the_log_is_asked_for(
    file: HashedFile, logged: tuple[KeyJudge, dict[str, bytes]]
) -> None:
    """Not logged is a fault when the log is required."""
    judge = KeyJudge(KEYS["P-256"].public, logged[0].verifier)
    (fault,) = find(judge, KeySigner(KEYS["P-256"]).sign_file(file), file).faults
    assert (fault.fact, fault.code, fault.reason) == (Fact.LOG, "VERIFY022", NOT_LOGGED.reason)


@pytest.mark.parametrize("part", ["checkpoint", "treeSize", "hashes", "logIndex", "rootHash"])
def test_refuses_a_changed_proof(real: Real, logged: tuple[KeyJudge, dict[str, bytes]], part: str) -> None:
    """A key's entry is held to its proof like any other."""
    judge, bundles = logged
    document = json.loads(bundles["message-v2"])
    proof = document["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    proof[part] = {
        "checkpoint": {"envelope": proof["checkpoint"]["envelope"].replace("\n\n", "\nmore\n\n")},
        "treeSize": str(int(proof["treeSize"]) + 1),
        "hashes": [*proof["hashes"], proof["rootHash"]],
        "logIndex": str(int(proof["logIndex"]) + 1),
        "rootHash": "A" * 43 + "=",
    }[part]
    finding = find(judge, json.dumps(document), real.file)
    assert [(fault.fact, fault.code) for fault in finding.faults] == [(Fact.LOG, "VERIFY017")]
