"""Signatures of images as cosign kept them before its version 3: in annotations, under tags of their own.

`sha256-HEX.sig` holds signatures over a small payload that names the image, `sha256-HEX.att` envelopes with
statements; certificate, log entry and timestamp stand beside each. Readers that know no referrers know these. What is
read here is only put into the form of a bundle: whether it proves anything is verification's business.
See: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, Final

from maximus import documents

from .bundles import MEDIA_TYPE, Bundle, Envelope, MessageSignature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .bundles import LogEntry

__all__ = [
    "ENVELOPE",
    "SIGNATURE",
    "SIMPLE_SIGNING",
    "annotate",
    "annotated_bundle",
    "envelope_text",
    "is_annotatable",
    "message_content",
    "older_tag",
    "simple_signing",
]

SIMPLE_SIGNING: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
"""The type of a payload that names an image, and of what `cosign verify` looked for before version 3."""
ENVELOPE: Final = "application/vnd.dsse.envelope.v1+json"
SIGNATURE: Final = "dev.cosignproject.cosign/signature"
_CERTIFICATE: Final = "dev.sigstore.cosign/certificate"
_ENTRY: Final = "dev.sigstore.cosign/bundle"
_STAMP: Final = "dev.sigstore.cosign/rfc3161timestamp"
_OLD_BUNDLE: Final = "application/vnd.dev.sigstore.bundle+json;version=0.1"


def older_tag(digest: str, suffix: str) -> str:
    """Return the tag under which what is said of a manifest was kept: `sig` its signatures, `att` attestations."""
    return f"{digest.replace(':', '-')}.{suffix}"


def simple_signing(name: str, digest: str) -> bytes:
    """Return the payload that names an image: its registry and repository, and its digest.

    See: https://github.com/containers/image/blob/main/docs/containers-signature.5.md
    """
    critical = {
        "identity": {"docker-reference": name},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }
    return json.dumps({"critical": critical, "optional": None}, separators=(",", ":")).encode("utf-8")


def is_annotatable(bundle: Bundle) -> bool:
    """Tell whether annotations can hold what a bundle does.

    They carry the promise of Rekor v1 as the proof of the log. Rekor v2 makes none, so that older readers could
    verify nothing; a key's signature may be in no log at all.
    """
    if not bundle.entries:
        return not bundle.certificate
    return len(bundle.entries) == 1 and bool(bundle.entries[0].promise)


def annotate(bundle: Bundle) -> dict[str, str]:
    """Return the annotations that stand for a bundle; it must be one that `is_annotatable`."""
    signature = _base64(bundle.content.signature) if isinstance(bundle.content, MessageSignature) else ""
    found = {SIGNATURE: signature}
    if bundle.certificate:
        found[_CERTIFICATE] = _pem(bundle.certificate)
    for entry in bundle.entries:
        found[_ENTRY] = _compact({"SignedEntryTimestamp": _base64(entry.promise), "Payload": _promised(entry)})
    for stamp in bundle.timestamps[:1]:
        found[_STAMP] = _compact({"SignedRFC3161Timestamp": _base64(stamp)})
    return found


def envelope_text(bundle: Bundle) -> bytes:
    """Return a bundle's envelope in the very bytes that the log hashed, as older readers compare them.

    Empty where the bundle holds none, or one that the log knows in other bytes.
    """
    content = bundle.content
    if not isinstance(content, Envelope):
        return b""
    written = list(_writings(content))
    if not bundle.entries:
        return written[0]
    body = documents.parse_json(bundle.entries[0].body, "the log entry")
    known = body.get("spec", {}).get("envelopeHash", {}).get("value") if isinstance(body, dict) else None
    return next((each for each in written if hashlib.sha256(each).hexdigest() == known), b"")


def _writings(envelope: Envelope) -> Iterator[bytes]:
    """Yield the ways in which libraries write an envelope."""
    parts: dict[str, Any] = {
        "payload": _base64(envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [{"sig": _base64(envelope.signature)}],
    }
    orders = (("payload", "payloadType", "signatures"), ("payloadType", "payload", "signatures"))
    for order, separators in itertools.product(orders, ((",", ":"), (", ", ": "))):
        yield json.dumps({name: parts[name] for name in order}, separators=separators).encode("utf-8")


def message_content(signature: str, payload: bytes) -> dict[str, Any]:
    """Return the content of a bundle with a signature (base64) over a payload."""
    digest = _base64(hashlib.sha256(payload).digest())
    return {"messageSignature": {"messageDigest": {"algorithm": "SHA2_256", "digest": digest}, "signature": signature}}


def annotated_bundle(annotations: Mapping[str, str], content: Mapping[str, Any]) -> bytes:
    """Return the bundle that annotations stand for.

    They carry the log's promise and no proof, as bundles of version 0.1 do; a key's signature may have neither.
    Malformed ones raise Error DOC003 or what their missing parts make Python raise: KeyError, TypeError,
    ValueError, AttributeError.
    """
    entries, stamps = _entries(annotations), _stamps(annotations)
    pem = annotations.get(_CERTIFICATE, "")
    who: dict[str, Any] = (
        {"x509CertificateChain": {"certificates": [{"rawBytes": _der(pem)}]}} if pem else {"publicKey": {"hint": ""}}
    )
    document: dict[str, Any] = {
        "mediaType": _OLD_BUNDLE if pem or entries else MEDIA_TYPE,
        "verificationMaterial": {
            **who,
            "tlogEntries": entries,
            "timestampVerificationData": {"rfc3161Timestamps": stamps},
        },
        **content,
    }
    return json.dumps(document).encode("utf-8")


def _entries(annotations: Mapping[str, str]) -> list[dict[str, Any]]:
    text = annotations.get(_ENTRY, "")
    if not text:
        return []
    found = documents.parse_json(text, "the log entry in an annotation")
    payload = found["Payload"]
    body = documents.parse_json(base64.b64decode(payload["body"], validate=True), "the log entry in an annotation")
    return [
        {
            "logIndex": str(int(payload["logIndex"])),
            "logId": {"keyId": _base64(bytes.fromhex(payload["logID"]))},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": str(int(payload["integratedTime"])),
            "inclusionPromise": {"signedEntryTimestamp": found["SignedEntryTimestamp"]},
            "canonicalizedBody": payload["body"],
        }
    ]


def _promised(entry: LogEntry) -> dict[str, Any]:
    return {
        "body": _base64(entry.body),
        "integratedTime": entry.integrated_time,
        "logIndex": entry.index,
        "logID": entry.log_id.hex(),
    }


def _stamps(annotations: Mapping[str, str]) -> list[dict[str, str]]:
    text = annotations.get(_STAMP, "")
    if not text or text == "null":
        return []
    return [{"signedTimestamp": documents.parse_json(text, "a timestamp in an annotation")["SignedRFC3161Timestamp"]}]


def _der(pem: str) -> str:
    found = re.fullmatch(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", pem)
    if found is None:
        msg = "its certificate is not PEM"
        raise ValueError(msg)
    return "".join(found[1].split())


def _pem(der: bytes) -> str:
    text = _base64(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
