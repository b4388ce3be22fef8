"""Sigstore bundles: where they lie, what is in them, and how one for a managed key is made.

What is read here is only parsed, never believed: whether a bundle proves anything is verification's business.
See: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error
from maximus.files import BUNDLE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ATTESTATION_STEMS",
    "MAX_BUNDLE",
    "MEDIA_TYPE",
    "PAYLOAD_TYPE",
    "PUBLIC_KEY_NAME",
    "STATEMENT_STEM",
    "Bundle",
    "Envelope",
    "LogEntry",
    "MessageSignature",
    "Proof",
    "bundle_document",
    "bundle_path",
    "bundle_text",
    "envelope_document",
    "is_bundle",
    "is_statement",
    "key_bundle",
    "key_hint",
    "parse_bundle",
    "parse_entry",
    "pre_authentication_encoding",
    "read_bundle",
    "statement_path",
]

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""The one format that is written."""
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
"""The payload type of every envelope that is written."""
PUBLIC_KEY_NAME: Final = "maximus.pub"
"""The name of the public key in a release folder that was signed with a managed key."""
STATEMENT_STEM: Final = "release"
"""What a statement's bundle is called, before `BUNDLE_SUFFIX`."""
ATTESTATION_STEMS: Final = ("attestation", "provenance", "sbom-cyclonedx", "sbom-spdx")
"""What the bundles of statements are called that claim something else of many files."""
MAX_BUNDLE: Final = 16 << 20
"""Bytes of the largest bundle that is read; one over 5,000 subjects has 0.9 MB."""
MAX_ENTRIES: Final = 32
"""How many log entries or timestamps of one bundle are read."""
MAX_HASHES: Final = 64
"""Hashes of the longest inclusion proof: no tree is deeper than its 64-bit size."""

_STATEMENT: Final = re.compile(
    rf"(?:{'|'.join((STATEMENT_STEM, *ATTESTATION_STEMS))})(?:-[1-9]\d{{0,6}})?{re.escape(BUNDLE_SUFFIX)}", re.ASCII
)
_READABLE = (
    MEDIA_TYPE,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
)
_OLD = _READABLE[2:]
"""The formats in which a certificate comes in a chain."""
_DIGESTS = {"SHA2_256": 32, "SHA2_384": 48, "SHA2_512": 64}
"""The digests that a bundle may state, and their bytes."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """A signature over a file's own bytes."""

    signature: bytes
    sha256: str
    """The digest that the bundle claims, 64 hexadecimal digits; empty where it names none, or another kind."""
    digest: tuple[str, bytes] | None = None
    """The digest as it is stated, with its kind (`SHA2_384`), where that is not SHA-256."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope with its one signature."""

    payload_type: str
    payload: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return pre_authentication_encoding(self.payload_type, self.payload)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is said to prove that an entry is in its log's tree."""

    index: int
    """The entry's place in this tree; Rekor v1 counts its `LogEntry.index` over all its trees."""
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str
    """The log's signed note about this tree; empty where there is none."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a bundle says about its entry in a transparency log."""

    index: int
    log_id: bytes
    """The log's key id, as the trusted root names it."""
    kind: str
    """`hashedrekord`, `dsse` or `intoto`."""
    version: str
    """Such as `0.0.1`."""
    integrated_time: int
    """Seconds since 1970 as Rekor v1 states them; 0 with Rekor v2, which states none."""
    body: bytes
    """The canonical body, as the log hashed it."""
    promise: bytes = b""
    """Rekor v1's signature over the entry, its time included; empty where there is none."""
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's parts, as they stand in it."""

    media_type: str
    certificate: bytes
    """The signing certificate in DER; empty where a key signed."""
    key_hint: str
    """Which key signed, in the signer's own words; empty where a certificate did."""
    content: MessageSignature | Envelope
    entries: tuple[LogEntry, ...]
    timestamps: tuple[bytes, ...]
    """RFC 3161 responses in DER."""

    @property
    def is_first_format(self) -> bool:
        """Tell whether it is of version 0.1, in which a log's promise stood for the proof."""
        return self.media_type == _READABLE[-1]


def bundle_path(file: Path, root: Path, bundles: Path | None = None) -> Path:
    """Return where the bundle of a file lies: beside it, or below `bundles` under its path relative to `root`.

    The folders between are kept, so that two files of one name don't share a bundle.
    """
    if bundles is None:
        return file.with_name(file.name + BUNDLE_SUFFIX)
    relative = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
    return bundles / relative.with_name(relative.name + BUNDLE_SUFFIX)


def statement_path(folder: Path, number: int = 1, stem: str = STATEMENT_STEM) -> Path:
    """Return where the bundle of a folder's statement lies; `number` counts from 1 where one does not hold all."""
    suffix = "" if number == 1 else f"-{number}"
    return folder / f"{stem}{suffix}{BUNDLE_SUFFIX}"


def is_bundle(path: Path | PurePosixPath) -> bool:
    """Tell whether the name is that of a bundle."""
    return path.name.endswith(BUNDLE_SUFFIX)


def is_statement(path: Path | PurePosixPath) -> bool:
    """Tell whether the name is one that `statement_path` gives: that of a bundle over many files."""
    return _STATEMENT.fullmatch(path.name) is not None


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return what a DSSE signature is over.

    See: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md
    """
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def key_hint(public_key: bytes) -> str:
    """Return the hint for a public key given as SPKI DER: its SHA-256 in base64, as cosign writes it."""
    return _text(hashlib.sha256(public_key).digest())


def key_bundle(content: MessageSignature | Envelope, public_key: bytes) -> Bundle:
    """Return the bundle for a signature by a managed key, whose public half is given as SPKI DER.

    It holds no log entry and no timestamp: who verifies it must have the key.
    """
    return Bundle(MEDIA_TYPE, b"", key_hint(public_key), content, (), ())


def bundle_text(bundle: Bundle) -> str:
    """Return the bundle as it is written: one line of JSON, its keys sorted, with a final LF."""
    return json.dumps(bundle_document(bundle), sort_keys=True, separators=(",", ":")) + "\n"


def bundle_document(bundle: Bundle) -> dict[str, Any]:
    """Return the bundle in protobuf's JSON; reading it gives the same parts again.

    Of the media types, the one that is written is assumed.
    """
    material: dict[str, Any] = (
        {"certificate": {"rawBytes": _text(bundle.certificate)}}
        if bundle.certificate
        else {"publicKey": {"hint": bundle.key_hint}}
    )
    if bundle.entries:
        material["tlogEntries"] = [_entry_document(entry) for entry in bundle.entries]
    if bundle.timestamps:
        stamps = [{"signedTimestamp": _text(stamp)} for stamp in bundle.timestamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return {"mediaType": MEDIA_TYPE, "verificationMaterial": material} | _content_document(bundle.content)


def _content_document(content: MessageSignature | Envelope) -> dict[str, Any]:
    match content:
        case MessageSignature(signature=signature, sha256=sha256, digest=digest):
            kind, raw = digest or ("SHA2_256", bytes.fromhex(sha256))
            stated = {"messageDigest": {"algorithm": kind, "digest": _text(raw)}} if raw else {}
            return {"messageSignature": stated | {"signature": _text(signature)}}
        case Envelope():
            return {"dsseEnvelope": envelope_document(content)}


def envelope_document(envelope: Envelope) -> dict[str, Any]:
    """Return the envelope in protobuf's JSON, as bundles hold it and logs take it."""
    return {
        "payload": _text(envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [{"sig": _text(envelope.signature)}],
    }


def _entry_document(entry: LogEntry) -> dict[str, Any]:
    document: dict[str, Any] = {
        "canonicalizedBody": _text(entry.body),
        "kindVersion": {"kind": entry.kind, "version": entry.version},
        "logId": {"keyId": _text(entry.log_id)},
        # protobuf may leave out a zero, but sigstore-python requires these where they are zero too.
        "logIndex": str(entry.index),
    }
    if entry.integrated_time:
        document["integratedTime"] = str(entry.integrated_time)
    if entry.promise:
        document["inclusionPromise"] = {"signedEntryTimestamp": _text(entry.promise)}
    if entry.proof:
        document["inclusionProof"] = {
            "hashes": [_text(each) for each in entry.proof.hashes],
            "logIndex": str(entry.proof.index),
            "rootHash": _text(entry.proof.root),
            "treeSize": str(entry.proof.size),
        }
        if entry.proof.checkpoint:
            document["inclusionProof"]["checkpoint"] = {"envelope": entry.proof.checkpoint}
    return document


def parse_entry(document: Any) -> LogEntry:  # noqa: ANN401 - foreign JSON enters here
    """Return a log entry that was read as JSON; raise ValueError in words where it is none."""
    try:
        return _entry(document)
    except (KeyError, TypeError, AttributeError) as fault:
        msg = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)[:200]
        raise ValueError(msg) from fault


def read_bundle(path: Path) -> Bundle:
    """Return the parts of the bundle in a file.

    Raises Error DOC001 to DOC003 when it cannot be read or is not JSON, BUNDLE001 when it is no bundle
    that we know, and BUNDLE002 when a part is missing or malformed.
    """
    return parse_bundle(documents.load_json(path, limit=MAX_BUNDLE), str(path))


def parse_bundle(document: Any, where: str) -> Bundle:  # noqa: ANN401 - foreign JSON enters here
    """Return the parts of a bundle that was read as JSON; `where` names it in Error BUNDLE001 and BUNDLE002."""
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    if media_type not in _READABLE:
        raise Error(
            "BUNDLE001",
            f"{where} is not a Sigstore bundle",
            why=f"its mediaType is {media_type!r:.120}" if media_type else "it has no mediaType",
            fix="Bundles of version 0.1 to 0.3 are read. A detached signature cannot be verified alone.",
            where=where,
        )
    try:
        return _parts(document, media_type)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as fault:
        why = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)[:200]
        raise Error("BUNDLE002", f"{where} is malformed", why=why, fix="Sign the file again.", where=where) from fault


def _parts(document: Mapping[str, Any], media_type: str) -> Bundle:
    _know(document, "mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope")
    material = document["verificationMaterial"]
    _know(
        material, *("certificate", "publicKey", "x509CertificateChain"), "tlogEntries", "timestampVerificationData"
    )  # fmt: skip
    return Bundle(
        media_type=media_type,
        certificate=_certificate(material, media_type),
        key_hint=_key_hint(material),
        content=_content(document),
        entries=tuple(_entry(entry) for entry in _few(material.get("tlogEntries", []))),
        timestamps=_timestamps(material),
    )


def _know(item: Mapping[str, Any], *names: str) -> None:
    """Raise ValueError for a field that bundles don't have: a reader that knows it would see another bundle."""
    if unknown := sorted(item.keys() - set(names)):
        msg = f"its field {unknown[0]!r:.60} is not known"
        raise ValueError(msg)


def _few(items: object) -> list[Any]:
    if not isinstance(items, list):
        msg = "it has something else where a list must be"
        raise TypeError(msg)
    if len(items) > MAX_ENTRIES:
        msg = f"it has {len(items)} log entries or timestamps"
        raise ValueError(msg)
    return items


def _timestamps(material: Mapping[str, Any]) -> tuple[bytes, ...]:
    data = material.get("timestampVerificationData")
    if data is None:
        return ()
    _know(data, "rfc3161Timestamps")
    stamps = _few(data.get("rfc3161Timestamps", []))
    for stamp in stamps:
        _know(stamp, "signedTimestamp")
    return tuple(_bytes(stamp["signedTimestamp"]) for stamp in stamps)


def _key_hint(material: Mapping[str, Any]) -> str:
    key = material.get("publicKey")
    if key is None:
        return ""
    _know(key, "hint")
    return _string(key.get("hint", ""))


def _certificate(material: Mapping[str, Any], media_type: str) -> bytes:
    kinds = [kind for kind in ("certificate", "x509CertificateChain", "publicKey") if material.get(kind) is not None]
    match kinds:
        case ["certificate"] if media_type not in _OLD:
            return _raw_certificate(material["certificate"])
        case ["x509CertificateChain"] if media_type in _OLD:
            _know(material["x509CertificateChain"], "certificates")
            # Only the first is used: the others are those of authorities, which a trusted root names.
            first, *_ = [_raw_certificate(each) for each in _few(material["x509CertificateChain"]["certificates"])]
            return first
        case ["publicKey"]:
            return b""
    msg = f"it names {' and '.join(kinds) or 'neither a certificate nor a key'}, as {media_type} does not"
    raise ValueError(msg)


def _raw_certificate(item: Mapping[str, Any]) -> bytes:
    _know(item, "rawBytes")
    if not (raw := _bytes(item["rawBytes"])):
        msg = "its certificate is empty"
        raise ValueError(msg)
    return raw


def _content(document: Mapping[str, Any]) -> MessageSignature | Envelope:
    message: Any = document.get("messageSignature")
    envelope: Any = document.get("dsseEnvelope")
    if (message is None) == (envelope is None):
        msg = "it must hold either a messageSignature or a dsseEnvelope"
        raise ValueError(msg)
    if message is not None:
        return _message(message)
    _know(envelope, "payload", "payloadType", "signatures")
    (signature,) = envelope["signatures"]
    _know(signature, "sig", "keyid")
    # Nothing signs the `keyid`, and nothing here depends on it.
    _string(signature.get("keyid") or "")
    return Envelope(_string(envelope["payloadType"]), _bytes(envelope["payload"]), _bytes(signature["sig"]))


def _message(message: Mapping[str, Any]) -> MessageSignature:
    _know(message, "messageDigest", "signature")
    signature = _bytes(message["signature"])
    stated = message.get("messageDigest")
    if stated is None:
        return MessageSignature(signature, "")
    _know(stated, "algorithm", "digest")
    kind, digest = _string(stated["algorithm"]), _bytes(stated["digest"])
    if kind not in _DIGESTS:
        msg = f"its digest is {kind!r:.60} and not SHA2_256"
        raise ValueError(msg)
    if len(digest) != _DIGESTS[kind]:
        msg = f"its digest does not have {_DIGESTS[kind]} bytes"
        raise ValueError(msg)
    if kind == "SHA2_256":
        return MessageSignature(signature, digest.hex())
    return MessageSignature(signature, "", (kind, digest))


def _entry(entry: Mapping[str, Any]) -> LogEntry:
    _know(
        entry,
        *("logIndex", "logId", "kindVersion", "integratedTime"),
        *("inclusionPromise", "inclusionProof", "canonicalizedBody"),
    )
    _know(entry["logId"], "keyId")
    _know(entry["kindVersion"], "kind", "version")
    promise, proof = entry.get("inclusionPromise"), entry.get("inclusionProof")
    if promise is not None:
        _know(promise, "signedEntryTimestamp")
    return LogEntry(
        index=_number(entry.get("logIndex", "0")),
        log_id=_bytes(entry["logId"]["keyId"]),
        kind=_string(entry["kindVersion"]["kind"]),
        version=_string(entry["kindVersion"]["version"]),
        integrated_time=_number(entry.get("integratedTime", "0")),
        body=_bytes(entry["canonicalizedBody"]),
        promise=_bytes(promise["signedEntryTimestamp"]) if promise is not None else b"",
        proof=_proof(proof) if proof is not None else None,
    )


def _proof(proof: Mapping[str, Any]) -> Proof:
    _know(proof, "logIndex", "rootHash", "treeSize", "hashes", "checkpoint")
    checkpoint = proof.get("checkpoint")
    if checkpoint is not None:
        _know(checkpoint, "envelope")
    hashes = proof.get("hashes", [])
    if not isinstance(hashes, list) or len(hashes) > MAX_HASHES:
        msg = "its inclusion proof is longer than any tree is deep"
        raise ValueError(msg)
    return Proof(
        index=_number(proof.get("logIndex", "0")),
        size=_number(proof["treeSize"]),
        root=_bytes(proof["rootHash"]),
        hashes=tuple(_bytes(each) for each in hashes),
        checkpoint=_string(checkpoint["envelope"]) if checkpoint is not None else "",
    )


def _number(text: object) -> int:
    """Return a 64-bit number, which protobuf's JSON writes as a text; where it is zero it may be left out."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        msg = f"it has {text!r:.60} where a number in a text must be"
        raise ValueError(msg)
    return int(text)


def _string(text: object) -> str:
    if not isinstance(text, str):
        msg = f"it has {text!r:.60} where a text must be"
        raise TypeError(msg)
    return text


def _bytes(text: object) -> bytes:
    """Return the bytes; raise ValueError for any text but the one that encodes them."""
    raw = base64.b64decode(_string(text), validate=True)
    if _text(raw) != text:
        msg = "it is not base64 where it must be"
        raise ValueError(msg)
    return raw


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
