"""`attestation`: what only a person can know, stated by that person with name and date; never a tick.

    - id: rollback
      type: attestation
      file: .github/statements/rollback.json
      statement: the rollback was tried on staging
      max-age: 30
      by: [Ada Lovelace]
      public-key: .github/keys/ada.pem
      source: pre-deployment checklist, box 8

The file is JSON after `schemas/gate-attestation.schema.json`: `{"kind": "maximus-statement", "version": 1,
"statement": ..., "who": ..., "date": "2026-02-03"}`. With a public key (Ed25519, or ECDSA over SHA-256) the file
beside it, `FILE.sig`, holds the signature of the file's bytes in base64.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.gating.check import Evidence, Finding, Place, Status
from maximus.gating.lookup import confined, hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.check import Context, Fields

__all__ = ["Attestation", "read"]

MAX_STATEMENT = 64 << 10
"""Bytes of the largest statement, and of a key or signature."""
SCHEMA = "gate-attestation"


@dataclass(frozen=True, slots=True)
class Attestation:
    """The options."""

    file: str
    statement: str
    max_age: int
    """Days; 0 for any age."""
    by: tuple[str, ...]
    """Who may state it; empty for anybody with a name."""
    public_key: str
    """The PEM file of a public key; empty where no signature is asked for."""
    this_commit: bool
    """Whether it has to name the commit that is judged."""

    def judge(self, context: Context) -> Finding:
        """Read the statement and hold it against who, when and what."""
        path = confined(context.tree.root, self.file)
        if path is None:
            return Finding(
                Status.UNMEASURED,
                0,
                reason=f"nobody has stated it: there is no {self.file}",
                hint=f"Whoever knows writes {self.file}: statement, who and date; docs/gate.md shows one.",
            )
        evidence = [hash_of(path, self.file)]
        try:
            document = documents.load_json(path, limit=MAX_STATEMENT)
            documents.validate(document, SCHEMA, self.file)
        except Error as fault:
            return self._finding(Status.FAIL, f"{fault.what}: {fault.why}".rstrip(": "), evidence)
        wrong = self._wrong(document, context)
        if not wrong and self.public_key:
            return self._signed(path, document, context, evidence)
        return self._finding(Status.FAIL if wrong else Status.PASS, wrong, evidence, document)

    def _wrong(self, document: dict[str, Any], context: Context) -> str:
        """Return what does not fit, or an empty text."""
        age = (context.today - dt.date.fromisoformat(document["date"])).days
        if document["statement"] != self.statement:
            return f"it states {document['statement']!r}, not {self.statement!r}"
        if self.by and document["who"] not in self.by:
            return f"{document['who']} is not one who may state it: {', '.join(self.by)}"
        if age < 0:
            return f"its date {document['date']} lies ahead"
        if self.max_age and age > self.max_age:
            return f"it is older than {self.max_age} days: {document['date']}"
        if self.this_commit and (document.get("commit", "") != context.subject or not context.subject):
            return f"it is about commit {document.get('commit', '(none)')}, not {context.subject or 'a known one'}"
        return ""

    def _signed(self, path: Path, document: dict[str, Any], context: Context, evidence: list[Evidence]) -> Finding:
        key = confined(context.tree.root, self.public_key)
        if key is None:
            return self._finding(Status.UNMEASURED, f"there is no public key {self.public_key}", evidence, inspected=0)
        signature = confined(context.tree.root, f"{self.file}.sig")
        if signature is None:
            return self._finding(Status.FAIL, f"it is not signed: there is no {self.file}.sig", evidence, document)
        evidence += [hash_of(key, self.public_key), hash_of(signature, f"{self.file}.sig")]
        fault = _signature_fault(_read(key), _read(signature), path.read_bytes())
        return self._finding(Status.FAIL if fault else Status.PASS, fault, evidence, document)

    def _finding(
        self,
        status: Status,
        reason: str,
        evidence: list[Evidence],
        document: dict[str, Any] | None = None,
        inspected: int = 1,
    ) -> Finding:
        return Finding(
            status,
            inspected,
            measured=f"{document['who']}, {document['date']}" if document else None,
            threshold="a signed statement" if self.public_key else "a statement",
            reason=reason,
            hint="Whoever knows states it anew; nobody ticks it for them.",
            places=(Place(self.file, 0, reason),) if status is Status.FAIL else (),
            evidence=tuple(evidence),
        )


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_STATEMENT)


def _signature_fault(pem: bytes, signature: bytes, content: bytes) -> str:
    """Return what is wrong with a signature, or an empty text.

    Raises Error GATE014 (usage) for a key of another kind.
    """
    # Imported here: 40 ms that only a signed statement should cost.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - likewise
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - likewise
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - likewise

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, (ed25519.Ed25519PublicKey, ec.EllipticCurvePublicKey)):
        raise Error(
            "GATE014",
            "the public key is none of Ed25519 or ECDSA in PEM",
            fix="Write it with `openssl pkey -pubout`.",
            status=ExitStatus.USAGE,
        )
    try:
        raw = base64.b64decode(b"".join(signature.split()), validate=True)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(raw, content)
        else:
            key.verify(raw, content, ec.ECDSA(SHA256()))
    except ValueError:
        return "the signature is no base64"
    except InvalidSignature:
        return "the signature is not by that key over this file"
    return ""


def read(fields: Fields) -> Attestation:
    """Take the options out of a policy's entry."""
    return Attestation(
        fields.text("file"),
        fields.text("statement"),
        fields.whole("max-age", 0, most=36_500),
        fields.texts("by", ()),
        fields.text("public-key", ""),
        fields.flag("this-commit", default=False),
    )
