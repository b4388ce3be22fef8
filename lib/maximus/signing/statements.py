"""In-toto statements over the files of a release: one signature, one log entry, any number of files.

See: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from maximus import documents
from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "MAX_SUBJECTS",
    "RELEASE_PREDICATE",
    "STATEMENT_TYPE",
    "Statement",
    "Subject",
    "parse_statement",
    "release_predicate",
    "split_subjects",
    "statement_payload",
]

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
RELEASE_PREDICATE: Final = "https://in-toto.io/attestation/release/v0.1"
"""Says that these files together are one release."""
MAX_SUBJECTS: Final = 1024
"""Subjects of one statement: sigstore-go and sigstore-rs refuse more."""
_STATEMENT_TYPES = (STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A file that a statement is about."""

    name: str
    """Its path relative to the release folder, with `/`."""
    sha256: str
    """64 hexadecimal digits; empty where a foreign statement gives another digest only."""
    sha512: str = ""
    """128 hexadecimal digits, where a foreign statement gives them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement says, as it stands in an envelope."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]


def split_subjects(subjects: Iterable[Subject]) -> tuple[tuple[Subject, ...], ...]:
    """Return the subjects sorted by name, in as few groups as statements are needed."""
    ordered = sorted(subjects)
    return tuple(tuple(ordered[start : start + MAX_SUBJECTS]) for start in range(0, len(ordered), MAX_SUBJECTS))


def release_predicate(subjects: Iterable[Subject], *, repository: str, ref: str, repository_id: str) -> dict[str, str]:
    """Return the predicate that names a release: the same for the same files of the same origin.

    In a job the origin is known and gives `pkg:github/OWNER/NAME@REF`. Elsewhere (empty `repository`) the
    release is known by its content alone: `pkg:generic/release@sha256:...` over names and digests.
    See: https://github.com/in-toto/attestation/blob/main/spec/predicates/release.md
    """
    if repository and ref:
        owner, _, name = repository.lower().partition("/")
        purl = f"pkg:github/{quote(owner, safe='')}/{quote(name, safe='')}@{quote(ref, safe='')}"
        return {"purl": purl} | ({"packageId": repository_id} if repository_id else {})
    listing = "".join(f"{subject.sha256}  {subject.name}\n" for subject in sorted(subjects))
    return {"purl": f"pkg:generic/release@sha256%3A{hashlib.sha256(listing.encode()).hexdigest()}"}


def statement_payload(
    subjects: Iterable[Subject], predicate: Mapping[str, Any], predicate_type: str = RELEASE_PREDICATE
) -> bytes:
    """Return the statement as it is signed: canonical JSON, subjects sorted by name."""
    return documents.canonical(
        {
            "_type": STATEMENT_TYPE,
            "predicate": dict(predicate),
            "predicateType": predicate_type,
            "subject": [{"digest": {"sha256": item.sha256}, "name": item.name} for item in sorted(subjects)],
        }
    )


def parse_statement(payload: bytes, where: str) -> Statement:
    """Return what the statement in an envelope says.

    Raises Error DOC003 when it is not JSON, and BUNDLE003 when it is no in-toto statement or names no subject.
    """
    document = documents.parse_json(payload, where)
    try:
        return _statement(document)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        why = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)[:200]
        raise Error("BUNDLE003", f"{where} holds no in-toto statement", why=why, where=where) from fault


def _statement(document: Any) -> Statement:  # noqa: ANN401 - foreign JSON enters here
    if document["_type"] not in _STATEMENT_TYPES:
        msg = f"its type is {document['_type']!r:.120}"
        raise ValueError(msg)
    subjects = tuple(_subject(item) for item in document["subject"])
    if not subjects:
        msg = "it names no subject"
        raise ValueError(msg)
    return Statement(subjects, str(document["predicateType"]), dict(document.get("predicate") or {}))


def _subject(item: Mapping[str, Any]) -> Subject:
    digest = item.get("digest") or {}
    return Subject(
        str(item.get("name", "")), str(digest.get("sha256", "")).lower(), str(digest.get("sha512", "")).lower()
    )
