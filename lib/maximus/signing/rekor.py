"""Rekor, versions 1 and 2: a signature entered into a transparency log.

Version 1 answers at once, with a promise that states the time; it can be asked for an entry that it has already.
Version 2 answers when its next checkpoint is out, states no time, and cannot be asked; it takes digests alone, so
that an envelope is logged as the digest of what was signed.
See: https://github.com/sigstore/rekor/blob/main/openapi.yaml and
https://github.com/sigstore/rekor-tiles/blob/main/CLIENTS.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import textwrap
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from maximus import documents
from maximus.errors import Error, ExitStatus

from .bundles import Envelope, LogEntry, MessageSignature, Proof, envelope_document, parse_entry
from .transport import Refused

if TYPE_CHECKING:
    from .keys import PublicKey
    from .services import LogService
    from .transport import Transport

__all__ = ["Rekor", "SignAgain", "Signatory", "key_signatory"]

_RSA_SIZES: Final = (2048, 3072, 4096)
"""Bits of the keys that Rekor v2 names a kind for."""
_ENTRIES: Final = {1: "/api/v1/log/entries", 2: "/api/v2/log/entries"}


class SignAgain(Exception):  # noqa: N818 - what to do
    """The log has the entry, but gives no proof for it: another signature over the same bytes makes a new entry."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whose signature is logged."""

    der: bytes
    """The certificate, or the public key as SubjectPublicKeyInfo."""
    is_certificate: bool
    details: str = "PKIX_ECDSA_P256_SHA_256"
    """The kind of the key and the hash that it signs, by its name in protobuf-specs."""

    @property
    def is_repeating(self) -> bool:
        """Tell whether its signatures over the same bytes are the same each time."""
        return "PKCS1V15" in self.details

    @property
    def pem(self) -> bytes:
        """The same in PEM, as the log writes it."""
        kind = "CERTIFICATE" if self.is_certificate else "PUBLIC KEY"
        lines = "\n".join(textwrap.wrap(_text(self.der), 64))
        return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode("ascii")


def key_signatory(public: PublicKey) -> Signatory:
    """Return the signatory for a managed key; raise Error KEY030 (usage) for one whose signatures no log takes.

    A log is given a digest and takes it with the hash that belongs to the key's kind. Ed25519 signs the bytes
    themselves, and keys of P-384 sign SHA-256 here, as cosign verifies them.
    """
    details = ""
    match public.key:
        case EllipticCurvePublicKey(curve=SECP256R1()):
            details = "PKIX_ECDSA_P256_SHA_256"
        case RSAPublicKey(key_size=size) if size in _RSA_SIZES:
            details = f"PKIX_RSA_PKCS1V15_{size}_SHA256"
    if details:
        return Signatory(public.der, is_certificate=False, details=details)
    raise Error(
        "KEY030",
        "no transparency log takes signatures of a key of this type",
        why="a log is given the SHA-256 of what was signed",
        fix="Log with an ECDSA key of P-256, or RSA of 2048, 3072 or 4096 bits; or sign with `log: none`.",
        where="input log",
        status=ExitStatus.USAGE,
    )


class Rekor:
    """A log, asked from several threads at once."""

    def __init__(self, service: LogService, transport: Transport) -> None:
        """Ask nothing yet."""
        self._version = service.version
        self._entries = service.url + _ENTRIES[service.version]
        self._session = transport.session("Rekor", headers={"Accept": "application/json"})

    def enter(self, content: MessageSignature | Envelope, signatory: Signatory) -> LogEntry:
        """Return the log's entry for a signature, of which nothing is verified yet.

        Raises SignAgain for a duplicate that cannot be used, Refused, Error WIRE001, and ValueError in words for an
        answer that is not what was asked for.
        """
        if self._version == 1:
            proposed = _proposal(content, signatory)
            try:
                return _first_version(self._post(proposed))
            except Refused as refused:
                return self._existing(refused, proposed)
        try:
            return parse_entry(self._post(_request(content, signatory)))
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise
            raise SignAgain from refused

    def _existing(self, refused: Refused, proposed: dict[str, Any]) -> LogEntry:
        """Return the entry that the log says it has already, where it is byte for byte the one that was sent.

        After a lost reply that is the normal case.
        """
        uuid = refused.location.rstrip("/").rpartition("/")[2]
        if refused.status != HTTPStatus.CONFLICT:
            raise refused
        if not (uuid.isascii() and uuid.isalnum()):
            raise SignAgain from refused
        entry = _first_version(self._session.get(f"{self._entries}/{uuid}").json())
        if entry.body != _canonical_body(proposed):
            raise SignAgain from refused
        return entry

    def _post(self, proposed: dict[str, Any]) -> Any:  # noqa: ANN401 - foreign JSON enters here
        return self._session.post(self._entries, json=proposed).json()


def _proposal(content: MessageSignature | Envelope, signatory: Signatory) -> dict[str, Any]:
    """Return what Rekor v1 is sent: an entry of the kind `hashedrekord` or `dsse`."""
    match content:
        case MessageSignature():
            spec: dict[str, Any] = {
                "data": {"hash": {"algorithm": "sha256", "value": content.sha256}},
                "signature": {
                    "content": _text(content.signature),
                    "publicKey": {"content": _text(signatory.pem)},
                },
            }
            return {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}
        case Envelope():
            envelope = json.dumps(envelope_document(content), sort_keys=True)
            spec = {"proposedContent": {"envelope": envelope, "verifiers": [_text(signatory.pem)]}}
            return {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}


def _canonical_body(proposed: dict[str, Any]) -> bytes:
    """Return the body that Rekor v1 makes of a proposed entry: of an envelope it keeps digests alone."""
    body = dict(proposed)
    if body["kind"] == "dsse":
        offered = body["spec"]["proposedContent"]
        envelope = json.loads(offered["envelope"])
        (verifier,) = offered["verifiers"]
        body["spec"] = {
            "envelopeHash": _sha256(offered["envelope"].encode("utf-8")),
            "payloadHash": _sha256(base64.b64decode(envelope["payload"])),
            "signatures": [{"signature": item["sig"], "verifier": verifier} for item in envelope["signatures"]],
        }
    return documents.canonical(body)


def _sha256(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _request(content: MessageSignature | Envelope, signatory: Signatory) -> dict[str, Any]:
    """Return what Rekor v2 is sent: it takes `hashedrekord` alone (its specification, section 6.1.4)."""
    digest = hashlib.sha256(content.signed).digest() if isinstance(content, Envelope) else bytes.fromhex(content.sha256)
    signer = {"rawBytes": _text(signatory.der)}
    verifier = {"x509Certificate": signer} if signatory.is_certificate else {"publicKey": signer}
    signature = {"content": _text(content.signature), "verifier": verifier | {"keyDetails": signatory.details}}
    return {"hashedRekordRequestV002": {"digest": _text(digest), "signature": signature}}


def _first_version(reply: Any) -> LogEntry:  # noqa: ANN401 - foreign JSON enters here
    """Return the entry in an answer of Rekor v1: one by its number among the log's, with hexadecimal digests."""
    try:
        ((_, entry),) = reply.items()
        body = base64.b64decode(entry["body"], validate=True)
        kind = documents.parse_json(body, "the log entry's body")
        verification = entry["verification"]
        proof = verification["inclusionProof"]
        return LogEntry(
            index=_number(entry["logIndex"]),
            log_id=bytes.fromhex(entry["logID"]),
            kind=str(kind["kind"]),
            version=str(kind["apiVersion"]),
            integrated_time=_number(entry["integratedTime"]),
            body=body,
            promise=base64.b64decode(verification["signedEntryTimestamp"], validate=True),
            proof=Proof(
                index=_number(proof["logIndex"]),
                size=_number(proof["treeSize"]),
                root=bytes.fromhex(proof["rootHash"]),
                hashes=tuple(bytes.fromhex(each) for each in proof["hashes"]),
                checkpoint=str(proof["checkpoint"]),
            ),
        )
    except Error as error:
        raise ValueError(error.headline) from error
    except (KeyError, TypeError, AttributeError, binascii.Error) as fault:
        msg = f"its answer lacks {fault}" if isinstance(fault, KeyError) else "its answer is no entry"
        raise ValueError(msg) from fault


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    msg = f"it has {value!r:.60} where a number must be"
    raise ValueError(msg)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
