"""SBOMs that lie in the tree: what others say they delivered. Claims by strangers, so marked with where they stand.

Nothing of the document itself is taken over: not its subject, its serial number, its tools or its signature.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, licences, parsing, producers
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import ELSEWHERE, Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import parse_purl, visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.model import Digest, LicenceClaim, Producer
    from maximus.sbom.tree import Source

__all__ = ["READER", "Parts", "read_parts"]

_NAMES = frozenset({"bom.json", "sbom.json"})
_ENDINGS = (".cdx.json", ".spdx.json")
_PURL = re.compile(r'\s*"(?:purl|referenceLocator)"\s*:\s*"(pkg:[^"]+)"')
_PUBLIC = re.compile(r"(?:[a-z]{1,10}\+)?(?:https?|git|ssh)://.+")
_KNOWN = {item.value: item for item in Ecosystem}


def _reads(path: str) -> bool:
    name = path.rpartition("/")[2]
    # Those inside an installed wheel are about what was built into it (`wheels.py`), not about the tree.
    return (name in _NAMES or name.endswith(_ENDINGS)) and ".dist-info/sboms/" not in path


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    text = parsing.decode(source.raw, source.path)
    lines, places = DigestLines.of(source.path, text), keys_of(text, _PURL)
    origin = f"{visible(source.path)} sha256:{hashlib.sha256(source.raw).hexdigest()}"
    findings: list[Finding] = []
    packages: dict[str, Package] = {}
    for _, purl, facts in _components(document):
        place = Location(source.path, places.get(purl, 0))
        made = _package(purl, facts, place, origin, lines)
        if made is None:
            text = f"{visible(purl)[:200] or 'a component without a purl'} was left out of this document"
            findings.append(Finding("ignored", text, place))
        else:
            packages.setdefault(purl, made)
    links = tuple(Link("", key, known=False) for key in packages)
    return Reading(tuple(packages.values()), links, findings=tuple(findings))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a document about the inside of a package says."""

    packages: tuple[Package, ...]
    """By the document's own refs as keys, each once."""
    needs: dict[str, tuple[str, ...]]
    """By key: the keys of what it needs; absent where the document does not tell."""
    nameless: int
    """How many components say no purl of a package of a version, and were left out."""


def read_parts(raw: bytes, path: str) -> Parts:
    """Return the components of a document without its subject.

    Raises Error SBOM005 or SBOM006 where it is no JSON that can be read.
    """
    document = parsing.parse_json(raw, path)
    lines = DigestLines.of(path, "")
    packages: dict[str, Package] = {}
    nameless = 0
    for ref, purl, facts in _components(document):
        made = _package(purl, facts, Location(visible(path)), "", lines)
        if made is None:
            nameless += 1
        else:
            packages.setdefault(ref or purl, replace(made, key=ref or purl, notes=()))
    return Parts(tuple(packages.values()), _needs(document), nameless)


def _needs(document: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for entry in parsing.mappings_in(document.get("dependencies")):
        needed = [item for item in parsing.listed(entry.get("dependsOn")) if isinstance(item, str)]
        found.setdefault(parsing.text_of(entry.get("ref")), []).extend(needed)
    for entry in parsing.mappings_in(document.get("relationships")):
        if entry.get("relationshipType") == "DEPENDS_ON":
            start, end = (parsing.text_of(entry.get(key)) for key in ("spdxElementId", "relatedSpdxElement"))
            found.setdefault(start, []).extend(() if end == "NONE" else (end,))
    return {key: tuple(needed) for key, needed in found.items()}


def _components(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return ref, purl and record of each component of either format; what is neither has none."""
    found = []
    if document.get("bomFormat") == "CycloneDX":
        waiting = parsing.listed(document.get("components"))[::-1]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                found.append((parsing.text_of(item.get("bom-ref")), parsing.text_of(item.get("purl")), item))
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
                found.append((parsing.text_of(item.get("SPDXID")), parsing.text_of(next(iter(purls), "")), item))
    return found


def _package(purl: str, facts: dict[str, Any], place: Location, origin: str, lines: DigestLines) -> Package | None:
    try:
        found = parse_purl(purl)
    except ValueError:
        return None
    ecosystem = _KNOWN.get(found.type)
    if ecosystem is None or not found.version:
        return None
    between = ":" if ecosystem is Ecosystem.MAVEN else "/"
    name = f"{found.namespace}{between}{found.name}" if found.namespace else found.name
    stated_ones: dict[str, str] = dict(found.qualifiers or {})
    qualifiers = tuple(sorted((key, kept) for key, value in stated_ones.items() if (kept := _qualifier(key, value))))
    stated = _digests(facts, lines)
    return Package(
        key=purl,
        ecosystem=ecosystem,
        name=name,
        version=found.version,
        locations=(place,),
        qualifiers=qualifiers,
        subpath=found.subpath or "",
        artifacts=(Artifact("", "", stated),) if stated else (),
        licences=_licences(facts),
        edges=Known.UNKNOWN,
        not_applicable=(absence.COMMIT_ONLY,) if "vcs_url" in dict(qualifiers) and not stated else (),
        producer=_maker(facts),
        notes=(("stated-by", origin),),
        registry=_registry(stated_ones),
    )


def _registry(qualifiers: dict[str, str]) -> str:
    """Return the index that a purl names; what comes from a repository or an address of its own comes from none."""
    if "repository_url" in qualifiers:
        stated = qualifiers["repository_url"]
        # It may stand there without a scheme.
        return addresses.index_of(stated if "://" in stated else f"https://{stated}")
    return ELSEWHERE if not {"vcs_url", "download_url"}.isdisjoint(qualifiers) else ""


def _qualifier(name: str, value: str) -> str:
    """Return a qualifier of a purl as it may be told; empty where it says only which folder of a machine it was in.

    An address in it may carry what its author pushes with. A repository is spelled as our own locks' readers spell it,
    so that both are one component.
    """
    if name == "vcs_url":
        address, _, commit = value.rpartition("@")
        # `user@host/path` has no revision behind it.
        value = addresses.vcs_url(*((value, "") if not address or "/" in commit else (address, commit))) or value
    told = addresses.told(value)
    if name in ("vcs_url", "download_url") and not _PUBLIC.fullmatch(told):
        return ""
    return told.replace("\\", "/").rpartition("/")[2] if name == "file_name" else told


def _maker(facts: dict[str, Any]) -> Producer | None:
    """Return who makes it by either format's fields; a supplier where no maker is named."""
    people = parsing.listed(facts.get("authors"))
    for value in (facts.get("manufacturer"), *people[:1], facts.get("author"), facts.get("supplier")):
        if isinstance(value, str) and value.startswith(("Organization: ", "Person: ")):
            continue
        if found := producers.of_entity(value):
            return found
    for value in (facts.get("originator"), facts.get("supplier")):
        kind, _, name = parsing.text_of(value).partition(": ")
        if kind in ("Organization", "Person") and (found := producers.of_people(re.sub(r"[()]", " ", name))):
            return found
    return None


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
