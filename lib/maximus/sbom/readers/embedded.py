"""SBOMs that lie in the tree: what others say they delivered. Claims by strangers, so marked with where they stand.

Nothing of the document itself is taken over: not its subject, its serial number, its tools or its signature.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import digests, licences, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.model import Digest, LicenceClaim
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_NAMES = frozenset({"bom.json", "sbom.json"})
_ENDINGS = (".cdx.json", ".spdx.json")
_PURL = re.compile(r'\s*"(?:purl|referenceLocator)"\s*:\s*"(pkg:[^"]+)"')
_LOCAL = frozenset({"download_url", "file_name", "vcs_url", "checksum"})
"""Qualifiers that say where a machine had it."""
_KNOWN = {item.value: item for item in Ecosystem}


def _reads(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _NAMES or name.endswith(_ENDINGS)


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, places = DigestLines.of(source.path, text), keys_of(text, _PURL)
    origin = f"{visible(source.path)} sha256:{hashlib.sha256(source.raw).hexdigest()}"
    findings: list[Finding] = []
    packages: dict[str, Package] = {}
    for purl, facts in _components(document):
        place = Location(source.path, places.get(purl, 0))
        made = _package(purl, facts, place, origin, lines)
        if made is None:
            text = f"{visible(purl)[:200] or 'a component without a purl'} was left out of this document"
            findings.append(Finding("ignored", text, place))
        else:
            packages.setdefault(purl, made)
    links = tuple(Link("", key, known=False) for key in packages)
    return Reading(tuple(packages.values()), links, findings=tuple(findings))


def _components(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the purl and the record of each component of either format; what is neither has none."""
    found = []
    if document.get("bomFormat") == "CycloneDX":
        waiting = parsing.listed(document.get("components"))[::-1]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                found.append((parsing.text_of(item.get("purl")), item))
                waiting += parsing.listed(item.get("components"))[::-1]
    elif parsing.text_of(document.get("spdxVersion")).startswith("SPDX-2"):
        described = {item for item in parsing.listed(document.get("documentDescribes")) if isinstance(item, str)}
        described |= {
            parsing.text_of(item.get("relatedSpdxElement"))
            for item in parsing.listed(document.get("relationships"))
            if isinstance(item, dict) and item.get("relationshipType") == "DESCRIBES"
        }
        for item in parsing.listed(document.get("packages")):
            if isinstance(item, dict) and parsing.text_of(item.get("SPDXID")) not in described:
                references = [ref for ref in parsing.listed(item.get("externalRefs")) if isinstance(ref, dict)]
                purls = [ref.get("referenceLocator") for ref in references if ref.get("referenceType") == "purl"]
                found.append((parsing.text_of(next(iter(purls), "")), item))
    return found


def _package(purl: str, facts: dict[str, Any], place: Location, origin: str, lines: DigestLines) -> Package | None:
    from packageurl import PackageURL  # noqa: PLC0415 - 20 ms that only an inventory should cost

    try:
        found = PackageURL.from_string(purl)
    except ValueError:
        return None
    ecosystem = _KNOWN.get(found.type)
    if ecosystem is None or not found.version:
        return None
    between = ":" if ecosystem is Ecosystem.MAVEN else "/"
    name = f"{found.namespace}{between}{found.name}" if found.namespace else found.name
    qualifiers: dict[str, str] = dict(found.qualifiers or {})
    stated = _digests(facts, lines)
    return Package(
        key=purl,
        ecosystem=ecosystem,
        name=name,
        version=found.version,
        locations=(place,),
        qualifiers=tuple(sorted((key, value) for key, value in qualifiers.items() if key not in _LOCAL)),
        subpath=found.subpath or "",
        artifacts=(Artifact("", "", stated),) if stated else (),
        licences=_licences(facts),
        edges=Known.UNKNOWN,
        notes=(("stated-by", origin),),
    )


def _digests(facts: dict[str, Any], lines: DigestLines) -> tuple[Digest, ...]:
    pairs = [
        (item.get("alg") or item.get("algorithm"), item.get("content") or item.get("checksumValue"))
        for item in (*parsing.listed(facts.get("hashes")), *parsing.listed(facts.get("checksums")))
        if isinstance(item, dict)
    ]
    made = (digests.from_pair(f"{name}:{value}", lines) for name, value in pairs if isinstance(name, str))
    return tuple(item for item in made if item)


def _licences(facts: dict[str, Any]) -> tuple[LicenceClaim, ...]:
    texts: set[str] = set()
    for item in parsing.listed(facts.get("licenses")):
        if isinstance(item, dict):
            one = item.get("license")
            texts.add(parsing.text_of(item.get("expression")))
            texts |= {parsing.texts(one).get(field, "") for field in ("id", "name")}
    texts.add(parsing.text_of(facts.get("licenseDeclared")).replace("NOASSERTION", "").replace("NONE", ""))
    return tuple(licences.declared(text, "an SBOM in the tree") for text in sorted(texts) if text)


READER = Reader("embedded-sbom", _reads, _read)
