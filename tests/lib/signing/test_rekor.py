"""What is read from a log's answers, and how a key is named to a log."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from maximus.signing.bundles import MessageSignature
from maximus.signing.carried import PUBLIC_URL, carried
from maximus.signing.keys import PublicKey
from maximus.signing.rekor import Rekor, SignAgain, Signatory, key_signatory
from maximus.signing.services import LogService
from maximus.signing.transport import Limits, Transport
from tests.stack.faults import Answer, Faults

CONTENT = MessageSignature(b"a signature", "0" * 64)
SIGNATORY = Signatory(b"a certificate", is_certificate=True)


def answer(**changes: object) -> bytes:
    """Return an answer of Rekor v1 in its form, with some fields of its entry changed."""
    body = base64.b64encode(b'{"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {}}').decode()
    proof = {"logIndex": 1, "treeSize": 2, "rootHash": "ab", "hashes": ["cd"], "checkpoint": "note"}
    verification: dict[str, Any] = {"signedEntryTimestamp": "AAAA", "inclusionProof": proof}
    entry = {"body": body, "integratedTime": 3, "logID": "ef", "logIndex": 4, "verification": verification}
    return json.dumps({"id": entry | changes}).encode()


def entered(body: bytes, version: int = 1) -> object:
    """Return the entry that comes of a log's answer."""
    # Nothing is forwarded: every request is answered here.
    with Faults("http://127.0.0.1:9") as log, Transport(Limits(budget=0.2)) as transport:
        log.inject(Answer(201, body=body), times=9)
        return Rekor(LogService(log.url, version), transport).enter(CONTENT, SIGNATORY)


def test_an_entry_of_the_first_version_is_read() -> None:
    """Its digests are hexadecimal, its numbers are numbers."""
    entry: Any = entered(answer())
    assert (entry.index, entry.log_id, entry.integrated_time, entry.kind, entry.version) == (
        4, b"\xef", 3, "hashedrekord", "0.0.1",
    )  # fmt: skip
    assert (entry.proof.index, entry.proof.size, entry.proof.root, entry.proof.hashes) == (1, 2, b"\xab", (b"\xcd",))


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"[]", b"null", b'{"a": 1}', b'{"a": {}, "b": {}}',
        answer(body="%"), answer(body="AAAA"), answer(body="bnVsbA=="), answer(logIndex="4"), answer(logIndex=-1),
        answer(logIndex=True), answer(logID="x"), answer(logID=None), answer(verification={}),
        answer(verification=None),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_said_in_words(body: bytes) -> None:
    """Whatever JSON it is: a ValueError and nothing else."""
    with pytest.raises(ValueError, match=r"\w"):
        entered(body)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"logIndex": 1}', b'{"logIndex": "0", "logId": {}}'])
def test_an_answer_of_the_second_version_of_another_shape_too(body: bytes) -> None:
    """Likewise."""
    with pytest.raises(ValueError, match=r"\w"):
        entered(body, 2)


@pytest.mark.parametrize("location", ["", "/api/v1/log/entries/../../x?", "/api/v1/log/entries/%2e"])
def test_a_duplicate_without_its_place_is_signed_again(location: str) -> None:
    """A log may not send us anywhere else."""
    with Faults("http://127.0.0.1:9") as log, Transport(Limits(budget=0.2)) as transport:
        log.inject(Answer(409, headers={"Location": location}), times=9)
        with pytest.raises(SignAgain):
            Rekor(LogService(log.url, 1), transport).enter(CONTENT, SIGNATORY)
        assert log.count() == 1


def test_pem_is_as_others_write_it() -> None:
    """The log keeps what it is sent, and a retry compares it byte for byte."""
    root = json.loads(carried("trusted_root.json", PUBLIC_URL))
    chain = root["certificateAuthorities"][0]["certChain"]["certificates"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0]["rawBytes"]))
    der = certificate.public_bytes(Encoding.DER)
    assert Signatory(der, is_certificate=True).pem == certificate.public_bytes(Encoding.PEM)
    key = PublicKey(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert key_signatory(key).pem == key.pem


def test_a_key_is_named_by_its_kind() -> None:
    """As protobuf-specs name it."""
    curve, factors = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 3072)
    keys = [PublicKey(curve.public_key()), PublicKey(factors.public_key())]
    assert [key_signatory(key).details for key in keys] == [
        "PKIX_ECDSA_P256_SHA_256",
        "PKIX_RSA_PKCS1V15_3072_SHA256",
    ]
