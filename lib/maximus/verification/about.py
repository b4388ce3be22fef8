"""What an SBOM says that it is about: what is released, out of which repository, with which digests. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NOTHING", "About", "read_about"]

_GITHUB_PURL: Final = re.compile(r"pkg:github/(?P<repository>[^/@?#]+/[^/@?#]+)(?:@(?P<version>[^?#]*))?(?:[?#].*)?")


@dataclass(frozen=True, slots=True)
class About:
    """What an SBOM states of its subject and of files, each empty where it states nothing."""

    name: str = ""
    version: str = ""
    repository: str = ""
    """`owner/name` in lower case, of a subject that lives on GitHub."""
    digests: tuple[tuple[str, str], ...] = ()
    """Names of files that it lists, without their folders, with their SHA-256."""


NOTHING: Final = About()


def read_about(document: Mapping[str, Any]) -> About:
    """Return what a valid SPDX or CycloneDX document is about."""
    return _spdx(document) if "spdxVersion" in document else _cyclonedx(document)


def _cyclonedx(document: Mapping[str, Any]) -> About:
    subject = (document.get("metadata") or {}).get("component") or {}
    # A library may be called like a file of the release and be another thing; a component of type `file` is not.
    listed = [subject, *(item for item in document.get("components", []) if item.get("type") == "file")]
    digests = [
        (_base(item.get("name")), hashed["content"].lower())
        for item in listed
        for hashed in item.get("hashes", [])
        if hashed.get("alg") == "SHA-256"
    ]
    return _about(subject.get("name"), subject.get("version"), [subject.get("purl")], digests)


def _spdx(document: Mapping[str, Any]) -> About:
    described = {entry for entry in document.get("documentDescribes", []) if isinstance(entry, str)}
    described |= {
        relation.get("relatedSpdxElement")
        for relation in document.get("relationships", [])
        if relation.get("relationshipType") == "DESCRIBES" and relation.get("spdxElementId") == "SPDXRef-DOCUMENT"
    }
    packages = document.get("packages", [])
    subject: Mapping[str, Any] = next((item for item in packages if item.get("SPDXID") in described), {})
    purls = [
        ref.get("referenceLocator") for ref in subject.get("externalRefs", []) if ref.get("referenceType") == "purl"
    ]
    listed = [(item.get("packageFileName"), item) for item in packages]
    listed += [(item.get("fileName"), item) for item in document.get("files", [])]
    digests = [
        (_base(name), checksum["checksumValue"].lower())
        for name, item in listed
        for checksum in item.get("checksums", [])
        if checksum.get("algorithm") == "SHA256"
    ]
    return _about(subject.get("name"), subject.get("versionInfo"), purls, digests)


def _about(name: object, version: object, purls: Iterable[object], digests: Iterable[tuple[str, str]]) -> About:
    found = next((match for purl in purls if (match := _GITHUB_PURL.fullmatch(str(purl or "")))), None)
    repository = unquote(found["repository"]).lower() if found else ""
    kept = tuple(sorted({(file, digest) for file, digest in digests if file}))
    return About(str(name or ""), str(version or ""), repository, kept)


def _base(name: object) -> str:
    return str(name or "").rpartition("/")[2]
