"""What an SBOM says that it is about, held against the release that it lies in. Pure.

An SBOM of something else is as good as none, however valid it is. What it does not state is not held against it.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .inventory import Sbom

__all__ = ["NOTHING", "About", "fitting", "read_about"]

_GITHUB_PURL: Final = re.compile(r"pkg:github/(?P<repository>[^/@?#]+/[^/@?#]+)(?:@(?P<version>[^?#]*))?(?:[?#].*)?")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")


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


def fitting(sboms: Sequence[Sbom], digests: Mapping[str, str], repository: str, tag: str) -> tuple[Sbom, ...]:
    """Return the SBOMs, with Error VERIFY034 in each that is about something else than this release.

    `digests` are the release's files by name with their SHA-256, `repository` is `owner/name` of the source where it
    is known, `tag` the release's where it was fetched by one.
    """
    by_base = {_base(name): digest for name, digest in digests.items()}
    subjects = {(sbom.about.name, sbom.about.version) for sbom in sboms if sbom.error is None and sbom.about.name}
    judged = []
    for sbom in sboms:
        wrong = _differences(sbom.about, by_base, repository.lower(), tag) if sbom.error is None else []
        if sbom.error is None and sbom.about.name and len(subjects) > 1:
            others = sorted(f"{name} {version}".strip() for name, version in subjects)
            wrong.append(f"the SBOMs are about different things: {', '.join(others)}")
        judged.append(dataclasses.replace(sbom, error=_other(sbom.name, wrong)) if wrong else sbom)
    return tuple(judged)


def _differences(about: About, digests: Mapping[str, str], repository: str, tag: str) -> list[str]:
    wrong = [
        f"it lists {name} with sha256:{digest}, the file has sha256:{digests[name]}"
        for name, digest in about.digests
        if name in digests and digests[name] != digest
    ]
    if about.repository and repository and about.repository != repository:
        wrong.append(f"it is about {about.repository}, and the release is one of {repository}")
    stated = about.version.removeprefix("v")
    # A tag may say more than a version (`app@1.2.3`), and a commit is as good a version as any.
    is_other = tag and stated and stated != "unknown" and stated not in tag and not _COMMIT.fullmatch(stated)
    if is_other and about.repository:
        wrong.append(f"it is about version {about.version}, and the release is {tag}")
    return wrong


def _other(name: str, wrong: Sequence[str]) -> Error:
    return Error(
        "VERIFY034",
        f"{name} is not about this release",
        why="; ".join(wrong),
        fix="Make it again with `sbom` from the tree that was built.",
        where=name,
    )
