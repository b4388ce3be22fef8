"""The documents that other actions wrote, as the notes read them: bounded, held to their schema, never believed more.

A document that is not there is None; one that is there and wrong is an Error, because notes that pass over it would
say less than the folder does.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import load_json, parse_json, validate
from maximus.errors import Error

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_BUNDLE",
    "MAX_EVIDENCE",
    "MAX_SBOM",
    "PUBLIC_LOG",
    "Bundle",
    "Inventory",
    "read_bundle",
    "read_evidence",
    "read_inventory",
]

MAX_BUNDLE: Final = 16 << 20
"""Bytes of a bundle."""
MAX_EVIDENCE: Final = 16 << 20
"""Bytes of a document of ours: verdicts, numbers, a comparison."""
MAX_SBOM: Final = 128 << 20
"""Bytes of an SBOM."""
STATEMENT: Final = "application/vnd.in-toto+json"
"""The type of an envelope's payload that says what it is about."""
MAX_NESTING: Final = 64
"""How deep components may lie in components."""
PUBLIC_LOG: Final = "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0="
"""The id of the public Rekor log, the one whose entries `search.sigstore.dev` shows."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle says it is about and where it is logged; proving it is not the notes' business."""

    sha256: frozenset[str]
    """The digests that it covers, 64 hexadecimal digits each; none where it does not say."""
    entries: tuple[tuple[int, bool], ...] = ()
    """The index of each log entry, and whether it is in the public log."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """An SBOM in numbers: components, and of how many the version, a licence and a digest are known."""

    format: str
    components: int
    versions: int
    licences: int
    digests: int


def read_evidence(path: Path, schema: str) -> dict[str, Any] | None:
    """Return a document of ours, or None where there is none.

    Raises Error DOC001 to DOC004 for one that is there and cannot be used.
    """
    if not path.exists():
        return None
    document = load_json(path, limit=MAX_EVIDENCE)
    validate(document, schema, path.name)
    found: dict[str, Any] = document
    return found


def read_bundle(path: Path) -> Bundle:
    """Return what a bundle covers; raise Error DOC001 to DOC004 for one that cannot be read."""
    document = load_json(path, limit=MAX_BUNDLE)
    validate(document, "bundle-notes", path.name)
    digests: set[str] = set()
    promised = document.get("messageSignature", {}).get("messageDigest")
    if promised and promised["algorithm"] == "SHA2_256":
        digests.add(_decoded(promised["digest"], path).hex())
    envelope = document.get("dsseEnvelope")
    if envelope and envelope.get("payloadType", STATEMENT) == STATEMENT:
        statement = parse_json(_decoded(envelope["payload"], path), path.name)
        validate(statement, "statement-notes", path.name)
        digests |= {entry["digest"]["sha256"].lower() for entry in statement["subject"] if "sha256" in entry["digest"]}
    entries = document["verificationMaterial"].get("tlogEntries", [])
    # A protobuf's JSON leaves a zero out: the first entry of a log has no index.
    told = ((int(entry.get("logIndex", 0)), entry.get("logId", {}).get("keyId") == PUBLIC_LOG) for entry in entries)
    return Bundle(frozenset(digests), tuple(sorted(told)))


def _decoded(text: str, path: Path) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise Error(
            "NOTES030", f"the bundle {path.name} cannot be read", why=str(fault), fix="Sign the folder again."
        ) from fault


def read_inventory(path: Path) -> Inventory | None:
    """Return an SBOM in numbers, or None where there is none.

    Raises Error DOC001 to DOC004 for one that cannot be used, NOTES031 for one that is neither format.
    """
    if not path.exists():
        return None
    document = load_json(path, limit=MAX_SBOM)
    if isinstance(document, dict) and "spdxVersion" in document:
        validate(document, "spdx-2.3-reader", path.name)
        return _spdx(document)
    if isinstance(document, dict) and "bomFormat" in document:
        validate(document, "cyclonedx-reader", path.name)
        return _cyclonedx(document)
    raise Error("NOTES031", f"{path.name} is neither SPDX nor CycloneDX", fix="Make it again with `sbom`.")


def _spdx(document: dict[str, Any]) -> Inventory:
    described = set(document.get("documentDescribes", []))
    described |= {
        relation.get("relatedSpdxElement")
        for relation in document.get("relationships", [])
        if relation.get("relationshipType") == "DESCRIBES" and relation.get("spdxElementId") == "SPDXRef-DOCUMENT"
    }
    parts = [package for package in document.get("packages", []) if package["SPDXID"] not in described]
    unknown = ("NOASSERTION", "NONE", None, "")
    return Inventory(
        document["spdxVersion"].replace("-", " "),
        len(parts),
        sum(bool(part.get("versionInfo")) for part in parts),
        sum(any(part.get(key) not in unknown for key in ("licenseConcluded", "licenseDeclared")) for part in parts),
        sum(bool(part.get("checksums")) for part in parts),
    )


def _cyclonedx(document: dict[str, Any]) -> Inventory:
    parts: list[dict[str, Any]] = []
    level = document.get("components", [])
    for _ in range(MAX_NESTING):
        parts += level
        level = [inner for part in level for inner in part.get("components", [])]
        if not level:
            break
    return Inventory(
        f"CycloneDX {document['specVersion']}",
        len(parts),
        sum(bool(part.get("version")) for part in parts),
        sum(bool(part.get("licenses")) for part in parts),
        sum(_has_hash(part) for part in parts),
    )


def _has_hash(part: dict[str, Any]) -> bool:
    """Tell whether a component's own digest is known, or that of where it is distributed."""
    return bool(part.get("hashes")) or any(place.get("hashes") for place in part.get("externalReferences", []))
