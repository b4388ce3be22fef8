"""The body of a log entry, compared with what it must be about. Pure.

For signatures by an identity sigstore does this; it knows no managed keys, so for them it is done here.
See: https://github.com/sigstore/rekor/tree/main/pkg/types and the Rekor v2 specification, section 6.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from maximus import documents
from maximus.errors import Error
from maximus.signing.bundles import Envelope, LogEntry, MessageSignature

__all__ = ["body_fault"]


def body_fault(entry: LogEntry, content: MessageSignature | Envelope, sha256: str, key: bytes) -> str:
    """Return in words how the entry's body differs from the signed content, or nothing where it does not.

    `sha256` is the file's digest (64 hexadecimal digits; unused for an envelope), `key` the public key in DER.
    """
    try:
        body = documents.parse_json(entry.body, "the log entry's body")
        if (body["kind"], body["apiVersion"]) != (entry.kind, entry.version):
            return "its body is of another kind than it says"
        stated = _stated(body, entry)
    except Error as error:
        return error.headline
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        return f"its body is malformed: {fault}"
    expected = (_digest(entry, content, sha256), content.signature, key)
    for what, found, wanted in zip(("content", "signature", "key"), stated, expected, strict=True):
        if found != wanted:
            return f"its body is about another {what}"
    return ""


def _digest(entry: LogEntry, content: MessageSignature | Envelope, sha256: str) -> bytes:
    if isinstance(content, MessageSignature):
        return bytes.fromhex(sha256)
    # A `dsse` entry holds the payload's digest; Rekor v2 logs an envelope as the digest of what is signed.
    return hashlib.sha256(content.payload if entry.kind == "dsse" else content.signed).digest()


def _stated(body: dict[str, Any], entry: LogEntry) -> tuple[bytes, bytes, bytes]:
    """Return digest, signature and key as the body states them; raise ValueError for a kind that is not known."""
    spec = body["spec"]
    match (entry.kind, entry.version):
        case ("hashedrekord", "0.0.1"):
            digest, signature = spec["data"]["hash"], spec["signature"]
            return _sha256(digest), _decoded(signature["content"]), _pem_to_der(signature["publicKey"]["content"])
        case ("hashedrekord", "0.0.2"):
            data, signature = spec["hashedRekordV002"]["data"], spec["hashedRekordV002"]["signature"]
            if data["algorithm"] != "SHA2_256":
                msg = f"its digest is {data['algorithm']!r:.60}"
                raise ValueError(msg)
            key = signature["verifier"]["publicKey"]["rawBytes"]
            return _decoded(data["digest"]), _decoded(signature["content"]), _decoded(key)
        case ("dsse", "0.0.1"):
            (signature,) = spec["signatures"]
            return _sha256(spec["payloadHash"]), _decoded(signature["signature"]), _pem_to_der(signature["verifier"])
    msg = f"entries {entry.kind[:60]} {entry.version[:20]} are not known"
    raise ValueError(msg)


def _sha256(digest: dict[str, Any]) -> bytes:
    if digest["algorithm"] != "sha256":
        msg = f"its digest is {digest['algorithm']!r:.60}"
        raise ValueError(msg)
    return bytes.fromhex(digest["value"])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        msg = "it is not base64 where it must be"
        raise ValueError(msg) from fault


def _pem_to_der(text: str) -> bytes:
    lines = _decoded(text).decode("ascii").split()
    # `-----BEGIN PUBLIC KEY-----` is three words, and so is the last line.
    return _decoded("".join(lines[3:-3]))
