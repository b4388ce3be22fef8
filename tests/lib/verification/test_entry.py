"""Bodies of log entries: every kind that logs have taken, and every part of it that may differ."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.signing.bundles import Envelope, LogEntry, MessageSignature
from maximus.verification.entry import body_fault

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT = b"what was released\n"
SIGNER = b"\x30\x82 a certificate or a key in DER"
MESSAGE = MessageSignature(b"a signature", hashlib.sha256(CONTENT).hexdigest())
ENVELOPE = Envelope("application/vnd.in-toto+json", b'{"_type": "statement"}', b"its signature")
DIGESTS = {name: hashlib.new(name, CONTENT).digest() for name in ("sha256", "sha384", "sha512")}


def b64(raw: bytes) -> str:
    """Return the bytes as base64."""
    return base64.b64encode(raw).decode()


def pem(kind: str) -> str:
    """Return the signer as the base64 of a PEM, as Rekor v1 keeps it."""
    body = b64(SIGNER)
    text = f"-----BEGIN {kind}-----\n{body[:20]}\n{body[20:]}\n-----END {kind}-----\n"
    return b64(text.encode())


def in_hex(data: bytes, name: str = "sha256") -> dict[str, str]:
    """Return a digest as Rekor v1 writes it."""
    return {"algorithm": name, "value": hashlib.new(name, data).hexdigest()}


def in_base64(data: bytes, kind: str = "SHA2_256") -> dict[str, str]:
    """Return a digest as Rekor v2 writes it."""
    return {"algorithm": kind, "digest": b64(hashlib.new(kind.replace("SHA2_", "sha"), data).digest())}


def verifier(kind: str = "x509Certificate") -> dict[str, Any]:
    """Return who signed as Rekor v2 writes it."""
    return {kind: {"rawBytes": b64(SIGNER)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}


BODIES: dict[str, tuple[str, str, MessageSignature | Envelope, dict[str, Any]]] = {
    "hashedrekord 0.0.1": (
        *("hashedrekord", "0.0.1", MESSAGE),
        {
            "data": {"hash": in_hex(CONTENT)},
            "signature": {"content": b64(MESSAGE.signature), "publicKey": {"content": pem("CERTIFICATE")}},
        },
    ),
    "hashedrekord 0.0.1 with SHA-384 and a key": (
        *("hashedrekord", "0.0.1", MESSAGE),
        {
            "data": {"hash": in_hex(CONTENT, "sha384")},
            "signature": {"content": b64(MESSAGE.signature), "publicKey": {"content": pem("PUBLIC KEY")}},
        },
    ),
    "hashedrekord 0.0.2": (
        *("hashedrekord", "0.0.2", MESSAGE),
        {
            "hashedRekordV002": {
                "data": in_base64(CONTENT),
                "signature": {"content": b64(MESSAGE.signature), "verifier": verifier()},
            }
        },
    ),
    "hashedrekord 0.0.2 of an envelope": (
        *("hashedrekord", "0.0.2", ENVELOPE),
        {
            "hashedRekordV002": {
                "data": in_base64(ENVELOPE.signed),
                "signature": {"content": b64(ENVELOPE.signature), "verifier": verifier()},
            }
        },
    ),
    "dsse 0.0.1": (
        *("dsse", "0.0.1", ENVELOPE),
        {
            "payloadHash": in_hex(ENVELOPE.payload),
            "signatures": [{"signature": b64(ENVELOPE.signature), "verifier": pem("CERTIFICATE")}],
        },
    ),
    "dsse 0.0.2": (
        *("dsse", "0.0.2", ENVELOPE),
        {
            "dsseV002": {
                "payloadHash": in_base64(ENVELOPE.payload, "SHA2_512"),
                "signatures": [{"content": b64(ENVELOPE.signature), "verifier": verifier("publicKey")}],
            }
        },
    ),
    "intoto 0.0.2": (
        *("intoto", "0.0.2", ENVELOPE),
        {
            "content": {
                "envelope": {
                    "payloadType": ENVELOPE.payload_type,
                    "signatures": [{"publicKey": pem("CERTIFICATE"), "sig": b64(b64(ENVELOPE.signature).encode())}],
                },
                "hash": {"algorithm": "sha256", "value": "0" * 64},
                "payloadHash": in_hex(ENVELOPE.payload),
            }
        },
    ),
}


def entry(kind: str, version: str, spec: Any) -> LogEntry:  # noqa: ANN401 - JSON of any shape
    """Return an entry with that body."""
    body = {"apiVersion": version, "kind": kind, "spec": spec}
    return LogEntry(1, b"log", kind, version, 0, json.dumps(body).encode())


@pytest.mark.parametrize("name", BODIES)
def test_knows_every_kind_of_entry(name: str) -> None:
    """sigstore-python lacks `dsse` 0.0.2 and `intoto`, and the digests of longer curves."""
    kind, version, content, spec = BODIES[name]
    assert body_fault(entry(kind, version, spec), content, DIGESTS, SIGNER) == ""


def _leaves(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    match node:
        case dict():
            return [leaf for key, value in node.items() for leaf in _leaves(value, (*path, key))]
        case list():
            return [leaf for number, value in enumerate(node) for leaf in _leaves(value, (*path, number))]
    return [path]


# What a body states beside digest, signature and signer: these say nothing that is compared.
UNREAD = {("content", "hash", "algorithm"), ("content", "hash", "value")}
CHANGES: dict[str, Callable[[Any], Any]] = {
    "another": lambda value: b64(b"another") if value != b64(b"another") else b64(b"still another"),
    "empty": lambda _: "",
    "null": lambda _: None,
    "a list": lambda value: [value],
    "a number": lambda _: 7,
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("change", CHANGES)
def test_refuses_every_part_that_differs(name: str, change: str) -> None:
    """Another value, or none, or one of another type, is a fault in words and never an exception."""
    kind, version, content, spec = BODIES[name]
    for path in _leaves(spec):
        if path in UNREAD or path[-1] == "keyDetails":
            continue
        changed = copy.deepcopy(spec)
        # Of any JSON here: which keys and which numbers lead to a leaf is for the path to say.
        node: Any = changed
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = CHANGES[change](node[path[-1]])
        assert body_fault(entry(kind, version, changed), content, DIGESTS, SIGNER), path


@pytest.mark.parametrize("name", BODIES)
def test_refuses_the_entry_of_another_kind_of_content(name: str) -> None:
    """An envelope is not logged as a file's signature, nor the other way round."""
    kind, version, content, spec = BODIES[name]
    other = ENVELOPE if isinstance(content, MessageSignature) else MESSAGE
    assert body_fault(entry(kind, version, spec), other, DIGESTS, SIGNER)


@pytest.mark.parametrize("name", BODIES)
def test_refuses_a_body_of_another_kind_than_its_entry(name: str) -> None:
    """The entry's kind is signed by nobody, and must be the body's."""
    kind, version, content, spec = BODIES[name]
    made = entry(kind, version, spec)
    for other in (("intoto", "0.0.1"), (kind, "0.0.3"), ("dsse" if kind != "dsse" else "rekord", version)):
        changed = LogEntry(1, b"log", *other, 0, made.body)
        assert body_fault(changed, content, DIGESTS, SIGNER) == "its body is of another kind than it says"


@pytest.mark.parametrize("name", BODIES)
def test_refuses_a_second_signature_or_signer(name: str) -> None:
    """Where two stand, two readers may take different ones."""
    kind, version, content, spec = BODIES[name]
    changed = json.loads(
        json.dumps(spec).replace('"x509Certificate"', '"publicKey": {"rawBytes": "AA=="}, "x509Certificate"')
    )
    for holder in (changed, changed.get("dsseV002", {}), changed.get("content", {}).get("envelope", {})):
        if "signatures" in holder:
            holder["signatures"] *= 2
    if changed != spec:
        assert body_fault(entry(kind, version, changed), content, DIGESTS, SIGNER)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"7", b"\xff", b'{"kind": "dsse"}', b'{"a": 1, "a": 2}', b"[" * 9999]
)
def test_refuses_a_body_that_is_no_entry(body: bytes) -> None:
    """Whatever stands there is a fault in words."""
    assert body_fault(LogEntry(1, b"log", "dsse", "0.0.1", 0, body), ENVELOPE, DIGESTS, SIGNER)


def test_refuses_a_digest_that_the_file_was_not_signed_with() -> None:
    """Only digests are compared that the file was read for."""
    kind, version, content, spec = BODIES["hashedrekord 0.0.1 with SHA-384 and a key"]
    assert "sha384" in body_fault(entry(kind, version, spec), content, {"sha256": DIGESTS["sha256"]}, SIGNER)
