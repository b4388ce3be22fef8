"""What sigstore-python cannot verify, is too strict or too lax with: each case with its reason."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate
from rfc3161_client import TimestampRequestBuilder

from maximus import documents
from maximus.errors import Error
from maximus.files import HashedFile, hash_file
from maximus.signing.bundles import parse_bundle
from maximus.signing.keys import PublicKey, load_public_key
from maximus.verification.finding import Fact, Finding, Logged
from maximus.verification.keyed import KeyJudge
from maximus.verification.keyless import KeylessJudge
from maximus.verification.trust import read_trust
from maximus.verification.verifier import bundle_verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

Document = dict[str, Any]


@pytest.fixture(scope="session")
def twice_logged(real: Real, stack: Stack, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A bundle by cosign that is in Rekor v2, and its signature's entry in Rekor v1 beside it."""
    path = tmp_path_factory.mktemp("twice") / "bundle.json"
    done = cosign.sign_blob(real.file.path, path, rekor=2)
    assert done.returncode == 0, done.stderr
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    certificate = load_der_x509_certificate(
        base64.b64decode(document["verificationMaterial"]["certificate"]["rawBytes"])
    )
    pem = base64.b64encode(certificate.public_bytes(Encoding.PEM)).decode()
    asked = urllib.request.Request(  # noqa: S310 - the stack's own address
        f"{stack.urls['rekor-v1']}/api/v1/log/entries",
        data=json.dumps(
            {
                "kind": "hashedrekord",
                "apiVersion": "0.0.1",
                "spec": {
                    "data": {"hash": {"algorithm": "sha256", "value": real.file.sha256}},
                    "signature": {
                        "content": document["messageSignature"]["signature"],
                        "publicKey": {"content": pem},
                    },
                },
            }
        ).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as reply:  # noqa: S310 - likewise
        (entry,) = json.load(reply).values()
    proof = entry["verification"]["inclusionProof"]
    entries(document).append(
        {
            "logIndex": str(entry["logIndex"]),
            "logId": {"keyId": _base64(entry["logID"])},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "integratedTime": str(entry["integratedTime"]),
            "inclusionPromise": {"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
            "inclusionProof": {
                "logIndex": str(proof["logIndex"]),
                "rootHash": _base64(proof["rootHash"]),
                "treeSize": str(proof["treeSize"]),
                "hashes": [_base64(each) for each in proof["hashes"]],
                "checkpoint": {"envelope": proof["checkpoint"]},
            },
            "canonicalizedBody": entry["body"],
        }
    )
    return document


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def find(real: Real, document: Document) -> Finding:
    """Return what the judge for the stack's default job finds about the file."""
    return real.find(real.judge(), json.dumps(document).encode())


def entries(document: Document) -> list[Document]:
    """Return a bundle's log entries."""
    found: list[Document] = document["verificationMaterial"]["tlogEntries"]
    return found


def reasons(finding: Finding) -> list[str]:
    """Return what does not hold, in words."""
    return [fault.reason for fault in finding.faults]


def test_holds_every_one_of_several_log_entries(
    real: Real, twice_logged: Document, stack: Stack, cosign: Cosign, tmp_path: Path
) -> None:
    """sigstore-python refuses a bundle with two entries; cosign verifies it, and both logs are told."""
    finding = find(real, twice_logged)
    assert finding.faults == ()
    assert {place.log for place in finding.logs} == {stack.urls["rekor-v1"], stack.urls["rekor-v2"]}
    (tmp_path / "bundle.json").write_text(json.dumps(twice_logged), encoding="utf-8")
    assert cosign.verify_blob(real.file.path, tmp_path / "bundle.json").returncode == 0


@pytest.mark.parametrize("number", [0, 1])
def test_refuses_one_bad_entry_among_several(real: Real, twice_logged: Document, number: int) -> None:
    """Nothing is passed over: what stands in a bundle holds, or the bundle does not."""
    document = copy.deepcopy(twice_logged)
    other = json.loads(real.bundles[f"sigstore-message-v{2 - number}"])
    entries(document)[number]["canonicalizedBody"] = entries(other)[0]["canonicalizedBody"]
    finding = find(real, document)
    assert {(fault.fact, fault.code) for fault in finding.faults} == {(Fact.LOG, "VERIFY017")}


def test_refuses_one_entry_given_twice(real: Real, twice_logged: Document) -> None:
    """One entry is one log's word, however often it stands there: it must not count as two."""
    document = copy.deepcopy(twice_logged)
    entries(document).append(copy.deepcopy(entries(document)[0]))
    assert reasons(find(real, document)) == ["the log entry does not hold: it stands twice in the bundle"]


def _first_format(real: Real, kind: str = "cosign-message-v1") -> Document:
    document: Document = json.loads(real.bundles[kind])
    material = document["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}
    document["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"
    return document


def test_takes_the_promise_alone_in_the_first_format(real: Real) -> None:
    """Bundles of version 0.1 had no proof, as npm's first ones; sigstore-python refuses them, cosign does not."""
    document = _first_format(real)
    del entries(document)[0]["inclusionProof"]
    assert find(real, document).faults == ()


@pytest.mark.parametrize("version", ["0.2", "0.3"])
def test_wants_the_proof_in_every_later_format(real: Real, version: str) -> None:
    """From 0.2 on the proof is part of a bundle, and a promise is no proof."""
    document = _first_format(real) if version == "0.2" else json.loads(real.bundles["cosign-message-v1"])
    if version == "0.2":
        document["mediaType"] = document["mediaType"].replace("0.1", "0.2")
    del entries(document)[0]["inclusionProof"]
    assert reasons(find(real, document)) == ["the log entry does not hold: it has no inclusion proof with a checkpoint"]


def test_refuses_a_proof_without_a_checkpoint_in_the_first_format(real: Real) -> None:
    """Nobody signs such a proof, so that it could say anything; sigstore-python says it ignores it, and refuses."""
    document = _first_format(real)
    del entries(document)[0]["inclusionProof"]["checkpoint"]
    assert not find(real, document).holds(Fact.LOG)


@pytest.mark.parametrize("version", ["v0.4", "v1", "v0.3.1"])
def test_refuses_a_format_that_is_not_known(real: Real, version: str) -> None:
    """What a later format means is not guessed."""
    document = json.loads(real.bundles["cosign-message-v1"])
    document["mediaType"] = f"application/vnd.dev.sigstore.bundle.{version}+json"
    with pytest.raises(Error, match="BUNDLE001"):
        find(real, document)


def test_refuses_a_promise_under_an_entry_that_has_none(real: Real) -> None:
    """Rekor v2 gives no promises, so that a time under one of its entries is somebody else's."""
    document = json.loads(real.bundles["cosign-message-v2"])
    entries(document)[0]["inclusionPromise"] = {"signedEntryTimestamp": "AAAA"}
    entries(document)[0]["integratedTime"] = "1700000000"
    assert reasons(find(real, document)) == ["the log entry does not hold: entries hashedrekord 0.0.2 have no promises"]


# Kinds of keys

ALGORITHMS = {
    "ecdsa-sha2-384-nistp384": "SHA2_384",
    "ecdsa-sha2-512-nistp521": "SHA2_512",
    "rsa-sign-pkcs1-2048-sha256": "SHA2_256",
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_verifies_certificates_for_other_keys_than_p256(
    real: Real, stack: Stack, cosign: Cosign, tmp_path: Path, algorithm: str
) -> None:
    """Keyless, cosign signs with P-384, P-521 and RSA too, each with its own hash; sigstore-python reads SHA-256."""
    done = cosign.run(
        *("sign-blob", "--yes", "--bundle", tmp_path / "bundle.json", "--signing-algorithm", algorithm),
        *("--signing-config", stack.signing_config(2), "--trusted-root", stack.trusted_root, real.file.path),
        environment=stack.environment(),
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "bundle.json").read_text(encoding="utf-8"))
    assert document["messageSignature"]["messageDigest"]["algorithm"] == ALGORITHMS[algorithm]
    assert find(real, document).faults == ()
    wrong = copy.deepcopy(document)
    digest = wrong["messageSignature"]["messageDigest"]
    digest["digest"] = base64.b64encode(bytes(len(base64.b64decode(digest["digest"])))).decode()
    assert not find(real, wrong).holds(Fact.SIGNATURES)


KEYS: Mapping[str, Callable[[], ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 3072),
}


@pytest.mark.parametrize("kind", KEYS)
def test_verifies_what_cosign_signs_with_a_key_of_any_kind(
    real: Real, stack: Stack, cosign: Cosign, tmp_path: Path, kind: str
) -> None:
    """A managed key signs with the hash of its curve, and its log entry says so; sigstore-python knows no keys."""
    no_password = {"COSIGN_PASSWORD": ""}
    pem = KEYS[kind]().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    for command in (
        ("import-key-pair", "--key", tmp_path / "key.pem", "--output-key-prefix", tmp_path / "key"),
        (
            *("sign-blob", "--yes", "--key", tmp_path / "key.key", "--bundle", tmp_path / "bundle.json"),
            *("--signing-config", stack.signing_config(1), "--trusted-root", stack.trusted_root, real.file.path),
        ),
    ):
        done = cosign.run(*command, environment=no_password)
        assert done.returncode == 0, done.stderr
    key = load_public_key((tmp_path / "key.pub").read_bytes(), "key.pub")
    judge = KeyJudge(key, bundle_verifier(read_trust(real.root)))
    raw = (tmp_path / "bundle.json").read_bytes()
    bundle = parse_bundle(documents.parse_json(raw, "bundle"), "bundle")
    finding = judge.judge(raw, bundle, real.file)
    assert (finding.faults, isinstance(finding.log, Logged)) == ((), True)
    (tmp_path / "other").write_bytes(b"other\n")
    other = judge.judge(raw, bundle, hash_file(tmp_path / "other"))
    assert not other.holds(Fact.SIGNATURES)


def test_reads_no_other_bytes_for_a_second_digest(real: Real, stack: Stack, cosign: Cosign, tmp_path: Path) -> None:
    """A file that was swapped after it was hashed is noticed where it has to be read again for SHA-384."""
    path = tmp_path / "app.bin"
    path.write_bytes(b"one\n")
    done = cosign.run(
        *("sign-blob", "--yes", "--bundle", tmp_path / "bundle.json"),
        *("--signing-algorithm", "ecdsa-sha2-384-nistp384"),
        *("--signing-config", stack.signing_config(1), "--trusted-root", stack.trusted_root, path),
        environment=stack.environment(),
    )
    assert done.returncode == 0, done.stderr
    elsewhere = tmp_path / "evil"
    elsewhere.write_bytes(b"two\n")
    hashed = dataclasses.replace(hash_file(elsewhere), path=path)
    finding = real.find(real.judge(), (tmp_path / "bundle.json").read_bytes(), hashed)
    assert "the file changed while it was being verified" in " ".join(reasons(finding))


# Timestamps


def _stamp(stack: Stack, signature: bytes) -> str:
    request = TimestampRequestBuilder().data(signature).build()
    asked = urllib.request.Request(  # noqa: S310 - the stack's own address
        f"{stack.urls['tsa']}/api/v1/timestamp",
        data=request.as_bytes(),
        headers={"Content-Type": "application/timestamp-query"},
    )
    with urllib.request.urlopen(asked, timeout=30) as reply:  # noqa: S310 - likewise
        return base64.b64encode(reply.read()).decode()


def _stamps(document: Document) -> list[dict[str, str]]:
    found: list[dict[str, str]] = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    return found


def test_several_timestamps_of_one_authority_are_one_word(real: Real, stack: Stack) -> None:
    """Both hold, and count once: sigstore-python counts two, cosign one."""
    document = json.loads(real.bundles["sigstore-message-v2"])
    signature = base64.b64decode(document["messageSignature"]["signature"])
    _stamps(document).append({"signedTimestamp": _stamp(stack, signature)})
    finding = find(real, document)
    assert (finding.faults, finding.timestamps) == ((), 1)


def test_refuses_a_timestamp_for_other_bytes(real: Real, stack: Stack) -> None:
    """The authority's word is about another signature."""
    document = json.loads(real.bundles["sigstore-message-v2"])
    _stamps(document).append({"signedTimestamp": _stamp(stack, b"other bytes")})
    assert reasons(find(real, document)) == ["no trusted time: a timestamp does not hold: Mismatch between messages"]


def test_refuses_a_timestamp_that_stands_twice(real: Real) -> None:
    """One timestamp copied is still one."""
    document = json.loads(real.bundles["sigstore-message-v2"])
    _stamps(document).append(dict(_stamps(document)[0]))
    assert reasons(find(real, document)) == ["no trusted time: a timestamp stands twice"]


def test_finds_the_right_one_of_several_timestamp_authorities(real: Real, tmp_path: Path) -> None:
    """A root may name authorities that did not stamp this bundle, before the one that did."""
    root = json.loads(real.root.read_text(encoding="utf-8"))
    (authority,) = root["timestampAuthorities"]
    retired = {**authority, "validFor": {"start": "2001-01-01T00:00:00Z", "end": "2002-01-01T00:00:00Z"}}
    chainless = {**authority, "certChain": {"certificates": authority["certChain"]["certificates"][:1]}}
    root["timestampAuthorities"] = [retired, chainless, authority]
    path = tmp_path / "root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    finding = real.find(KeylessJudge(read_trust(path), real.policy), real.bundles["sigstore-message-v2"])
    assert (finding.faults, finding.timestamps) == ((), 1)


def test_needs_at_least_one_trusted_time(real: Real) -> None:
    """Rekor v2 states no time: without a timestamp nobody knows whether the certificate was valid."""
    document = json.loads(real.bundles["sigstore-message-v2"])
    del document["verificationMaterial"]["timestampVerificationData"]
    assert reasons(find(real, document)) == ["no trusted time: there is neither a timestamp nor a log's promise"]


def test_believes_no_time_of_an_entry_that_does_not_hold(real: Real) -> None:
    """sigstore-python takes the log's time before it checks the promise that covers it."""
    document = json.loads(real.bundles["sigstore-message-v1"])
    document["verificationMaterial"].pop("timestampVerificationData", None)
    entries(document)[0]["integratedTime"] = str(int(entries(document)[0]["integratedTime"]) + 1)
    assert {fault.code for fault in find(real, document).faults} == {"VERIFY017", "VERIFY021"}


def test_a_key_is_held_to_the_digest_that_its_bundle_states(file_and_key: tuple[HashedFile, PublicKey, bytes]) -> None:
    """A stated digest of another kind than the signature's is no reason to try weaker ways."""
    file, key, raw = file_and_key
    document = json.loads(raw)
    digest = hashlib.sha384(file.path.read_bytes()).digest()
    document["messageSignature"]["messageDigest"] = {
        "algorithm": "SHA2_384",
        "digest": base64.b64encode(digest).decode(),
    }
    changed = json.dumps(document).encode()
    bundle = parse_bundle(documents.parse_json(changed, "bundle"), "bundle")
    assert [fault.code for fault in KeyJudge(key).judge(changed, bundle, file).faults] == ["VERIFY015"]


@pytest.fixture
def file_and_key(tmp_path: Path) -> tuple[HashedFile, PublicKey, bytes]:
    """A file, a P-256 key, and the bundle that `sign` makes of both."""
    from maximus.signing.keys import SigningKey  # noqa: PLC0415 - this fixture's only
    from maximus.signing.signers import KeySigner  # noqa: PLC0415 - likewise

    path = tmp_path / "app.bin"
    path.write_bytes(b"what was released\n")
    file, key = hash_file(path), SigningKey(ec.generate_private_key(ec.SECP256R1()))
    return file, key.public, KeySigner(key).sign_file(file).encode()
