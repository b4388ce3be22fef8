"""The body of a log entry, compared with what it must be about. Pure.

sigstore-python knows `hashedrekord` 0.0.1 and 0.0.2 and `dsse` 0.0.1, and no managed keys. Others are in use: npm
and GitHub logged `intoto` 0.0.2, and Rekor v2 took `dsse` 0.0.2 in its first versions; cosign reads them all.
See: https://github.com/sigstore/rekor/tree/main/pkg/types and the Rekor v2 specification, section 6.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error
from maximus.signing.bundles import Envelope, LogEntry, MessageSignature

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["body_fault"]

_PROTOCOL_HASHES: Final = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
_PEM: Final = re.compile(r"-----BEGIN (?P<kind>[A-Z ]+)-----(?P<content>[A-Za-z0-9+/=\s]+)-----END (?P=kind)-----\s*")


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a body says: the digest with its hash's name, the signature, and who signed in DER."""

    hash: str
    digest: bytes
    signature: bytes
    signer: bytes


def body_fault(
    entry: LogEntry, content: MessageSignature | Envelope, digests: Mapping[str, bytes], signer: bytes
) -> str:
    """Return in words how the entry's body differs from the signed content, or nothing where it does not.

    `digests` are the file's, by the names `sha256`, `sha384`, `sha512`, as far as they are known (unused for an
    envelope); `signer` is the certificate or the public key in DER.
    """
    try:
        body = documents.parse_json(entry.body, "the log entry's body")
        if (body["kind"], body["apiVersion"]) != (entry.kind, entry.version):
            return "its body is of another kind than it says"
        stated = _stated(body, entry, content)
    except Error as error:
        return error.headline
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        return f"its body is malformed: {fault!s:.200}"
    expected = _digest(entry, content, digests, stated.hash)
    if expected is None:
        return f"its digest is {stated.hash!r:.60}, with which this was not signed"
    for what, found, wanted in (
        ("content", stated.digest, expected),
        ("signature", stated.signature, content.signature),
        ("key", stated.signer, signer),
    ):
        if found != wanted:
            return f"its body is about another {what}"
    return ""


def _digest(
    entry: LogEntry, content: MessageSignature | Envelope, digests: Mapping[str, bytes], name: str
) -> bytes | None:
    if isinstance(content, MessageSignature):
        return digests.get(name)
    if name not in _PROTOCOL_HASHES.values():
        return None
    # `dsse` and `intoto` hold the payload's digest; Rekor v2 logs an envelope as the digest of what is signed.
    return hashlib.new(name, content.signed if entry.kind == "hashedrekord" else content.payload).digest()


def _stated(body: dict[str, Any], entry: LogEntry, content: MessageSignature | Envelope) -> _Stated:
    """Return what the body states; raise ValueError for a kind that is not known, or not for such content."""
    spec = body["spec"]
    match (entry.kind, entry.version, content):
        case ("hashedrekord", "0.0.1", MessageSignature()):
            signature = spec["signature"]
            return _Stated(
                *_digest_in_hex(spec["data"]["hash"]),
                _decoded(signature["content"]),
                _pem_to_der(signature["publicKey"]["content"]),
            )
        case ("hashedrekord", "0.0.2", _):
            record = spec["hashedRekordV002"]
            return _Stated(*_digest_in_base64(record["data"]), *_signed(record["signature"]))
        case ("dsse", "0.0.1", Envelope()):
            (signature,) = spec["signatures"]
            return _Stated(
                *_digest_in_hex(spec["payloadHash"]),
                _decoded(signature["signature"]),
                _pem_to_der(signature["verifier"]),
            )
        case ("dsse", "0.0.2", Envelope()):
            (signature,) = spec["dsseV002"]["signatures"]
            return _Stated(*_digest_in_base64(spec["dsseV002"]["payloadHash"]), *_signed(signature))
        case ("intoto", "0.0.2", Envelope(payload_type=payload_type)):
            envelope = spec["content"]["envelope"]
            (signature,) = envelope["signatures"]
            if envelope["payloadType"] != payload_type:
                msg = "it is about another type of payload"
                raise ValueError(msg)
            # The log encodes the envelope's text of the signature, which is base64 already, once more.
            return _Stated(
                *_digest_in_hex(spec["content"]["payloadHash"]),
                _decoded(_decoded(signature["sig"]).decode("ascii")),
                _pem_to_der(signature["publicKey"]),
            )
    msg = f"entries {entry.kind[:60]} {entry.version[:20]} are not for such a signature"
    raise ValueError(msg)


def _signed(signature: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the signature of an entry of Rekor v2, and who signed: exactly one of a certificate and a key."""
    verifier = signature["verifier"]
    ((_, signer),) = [(kind, verifier[kind]) for kind in ("x509Certificate", "publicKey") if verifier.get(kind)]
    return _decoded(signature["content"]), _decoded(signer["rawBytes"])


def _digest_in_hex(digest: Mapping[str, Any]) -> tuple[str, bytes]:
    return str(digest["algorithm"]), bytes.fromhex(digest["value"])


def _digest_in_base64(digest: Mapping[str, Any]) -> tuple[str, bytes]:
    kind = str(digest["algorithm"])
    return _PROTOCOL_HASHES.get(kind, kind), _decoded(digest["digest"])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        msg = "it is not base64 where it must be"
        raise ValueError(msg) from fault


def _pem_to_der(text: str) -> bytes:
    found = _PEM.fullmatch(_decoded(text).decode("ascii"))
    if found is None:
        msg = "it has no PEM where a certificate or a key must be"
        raise ValueError(msg)
    return _decoded("".join(found["content"].split()))
