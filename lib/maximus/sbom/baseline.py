"""What an inventory says about each package: one that is here, or a CycloneDX or SPDX document of anybody's.

Both sides of a comparison come through here, so that they are told in the same words.
"""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error
from maximus.sbom import cyclonedx
from maximus.sbom.earlier import serial_of
from maximus.sbom.limits import MAX_COMPONENTS
from maximus.sbom.model import Known
from maximus.sbom.naming import parse_purl, visible, write_purl
from maximus.sbom.parsing import mappings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from maximus.sbom.model import Component, Inventory

__all__ = ["Entry", "Listed", "entries_in", "entries_of"]

# They say where a package came from or which bytes it has, not which package it is.
_VOLATILE = frozenset({"vcs_url", "checksum", "download_url", "file_name"})
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#]+)")
_PHASES = {"source": "pre-build", "build": "build", "analyzed": "post-build", "deployed": "operations"}
_LONGEST = 200
"""Characters of what is told of a tool or a phase."""
_SPDX_SCOPE = re.compile(r"scope: ([a-z, ]+); (direct|transitive|inside)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One package of a document."""

    key: str
    """The purl without version and without what is volatile in it: which package it is."""
    purl: str
    version: str
    digests: frozenset[tuple[str, str, str]] = frozenset()
    """File (empty where it is not named), algorithm as SPDX spells it, value."""
    licence: str = ""
    """One text for all licences; empty where none is an identifier or an expression."""
    scope: str = ""
    """`required`, `optional` or `excluded`; empty where the document does not say."""
    direct: bool | None = None
    producer: str = ""
    """The name of who makes it."""
    source: str = ""
    """Where it comes from: its repository, else the hosts of its files; empty where that is not told."""
    edges: bool = False
    """Whether the document knows what it needs."""


_ORDER: Final = operator.attrgetter("key", "version", "purl")


@dataclass(frozen=True, slots=True)
class Listed:
    """The packages of a document."""

    entries: tuple[Entry, ...]
    unnamed: int = 0
    """How many components have no purl that can be read, and are left out."""
    tool: str = ""
    """Which tool in which version wrote it; empty where it does not say."""
    phase: str = ""
    """When in its life the subject was looked at, in CycloneDX's words where it is one of them."""


def entries_of(document: Any, where: str) -> Listed:  # noqa: ANN401 - foreign JSON enters here
    """Return the packages of a document, without the thing that it is about.

    Raises Error SBOM016 where it is neither CycloneDX nor SPDX 2 in JSON, or larger than a tree may be.
    """
    if isinstance(document, dict) and document.get("bomFormat") == "CycloneDX":
        told = {_text(item, "ref") for item in mappings_in(document.get("dependencies"))}
        found = [_of_cyclonedx(item, told) for item in _nested(document.get("components"), where)]
    elif isinstance(document, dict) and str(document.get("spdxVersion", "")).startswith("SPDX-2"):
        told = {
            _text(item, "spdxElementId")
            for item in mappings_in(document.get("relationships"))
            if item.get("relationshipType") == "DEPENDS_ON" and item.get("relatedSpdxElement") != "NOASSERTION"
        }
        found = [_of_spdx(item, told, serial_of(document) is not None) for item in _used_packages(document, where)]
    else:
        raise _wrong(where, "it is neither CycloneDX nor SPDX 2 in JSON")
    kept = sorted((item for item in found if item), key=_ORDER)
    return Listed(tuple(kept), len(found) - len(kept), *_written_by(document))


def entries_in(inventory: Inventory, tool: str) -> Listed:
    """Return what `entries_of` returns of the inventory's CycloneDX document, without making one.

    `tool` is who would write it, by name and version.
    """
    told = {edge.source for edge in inventory.edges}
    found = []
    for component in (*inventory.components, *inventory.inner):
        is_told = component.ref in told or component.edges is Known.COMPLETE
        found.append(_of_component(component, is_told=is_told and component.inside is None))
    return Listed(tuple(sorted(found, key=_ORDER)), tool=tool, phase=inventory.subject.phase)


def _of_component(component: Component, *, is_told: bool) -> Entry:
    purl: str = component.purl
    key, version = _plain_key(purl), component.version
    if not key:
        key, purl, version = _identity(purl) or (purl, purl, version)
    addresses = [cyclonedx.address_of(component, artifact) for artifact in component.artifacts]
    return Entry(
        key,
        purl,
        version,
        frozenset(
            (_file_of(address), digest.algorithm.upper().replace("SHA-", "SHA"), digest.value.lower())
            for address, artifact in zip(addresses, component.artifacts, strict=True)
            for digest in artifact.digests
        ),
        _licence(cyclonedx.licences_of(component.licences)) if component.licences else "",
        cyclonedx.scope_of(component.scopes) if component.own is None else "",
        component.direct if component.own is None and component.inside is None else None,
        visible(component.producer.name) if component.producer else "",
        _source(purl, addresses),
        is_told,
    )


def _written_by(document: dict[str, Any]) -> tuple[str, str]:
    """Return tool and phase of a document, as it says."""
    metadata, made = document.get("metadata"), document.get("creationInfo")
    tools, phase = [], ""
    if isinstance(metadata, dict):
        listed = metadata.get("tools")
        # A list until CycloneDX 1.4, then an object.
        of_tools = mappings_in(listed.get("components") if isinstance(listed, dict) else listed)
        tools = [f"{_text(item, 'name')} {_text(item, 'version')}".strip() for item in of_tools]
        phase = next((_text(item, "phase") for item in mappings_in(metadata.get("lifecycles"))), "")
    elif isinstance(made, dict):
        creators = made.get("creators")
        names = [item for item in creators if isinstance(item, str)] if isinstance(creators, list) else []
        tools = [item.removeprefix("Tool: ").replace("-", " ") for item in names if item.startswith("Tool: ")]
        word = _text(made, "comment").removeprefix("SBOM Type: ")
        phase = _PHASES.get(word.lower(), word)
    return visible(", ".join(tools)[:_LONGEST]), visible(phase[:_LONGEST])


def _wrong(where: str, why: str) -> Error:
    return Error(
        "SBOM016",
        f"cannot compare with {where}",
        why=why,
        fix="Name an SBOM in JSON or a tag with the input `base`.",
        where="input base",
    )


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _nested(value: object, where: str) -> Iterator[dict[str, Any]]:
    """Yield components and those inside them, without recursion."""
    waiting = mappings_in(value)
    count = 0
    while waiting:
        item = waiting.pop()
        count += 1
        if count > MAX_COMPONENTS:
            raise _wrong(where, f"it has more than {MAX_COMPONENTS} components")
        yield item
        waiting += mappings_in(item.get("components"))


@functools.lru_cache(maxsize=65_536)
def _identity(purl: str) -> tuple[str, str, str] | None:
    """Return key, purl and version of a package URL; None where it is none.

    Remembered: two releases have most of their packages in common, and taking a purl apart costs more than the rest.
    """
    try:
        found = parse_purl(purl)
    except ValueError:
        return None
    whole = write_purl(found)
    key = _plain_key(whole)
    if not key:
        kept = {name: value for name, value in (found.qualifiers or {}).items() if name not in _VOLATILE}
        key = write_purl(found._replace(version=None, qualifiers=kept))
    return key, whole, visible(found.version or "")


def _plain_key(purl: str) -> str:
    """Return which package a canonical purl is of; empty where it has qualifiers or a subpath, which may tell it."""
    # In canonical form an `@` that separates nothing is written `%40`.
    return "" if "?" in purl or "#" in purl else purl.partition("@")[0]


def _of_cyclonedx(item: dict[str, Any], told: set[str]) -> Entry | None:
    identity = _identity(_text(item, "purl"))
    if identity is None:
        return None
    digests: set[tuple[str, str, str]] = set()
    for reference in mappings_in(item.get("externalReferences")):
        if reference.get("type") == "distribution":
            digests |= _digests(_file_of(_text(reference, "url")), reference.get("hashes"), "alg", "content")
    direct = {_text(p, "value") for p in mappings_in(item.get("properties")) if p.get("name") == "maximus:direct"}
    scope = _text(item, "scope")
    return Entry(
        *identity,
        frozenset(digests or _digests("", item.get("hashes"), "alg", "content")),
        _licence(item.get("licenses")),
        scope if scope in ("required", "optional", "excluded") else "",
        "true" in direct if direct else None,
        _maker(item, "manufacturer") or _maker(item, "supplier"),
        _source(
            identity[1],
            (_text(r, "url") for r in mappings_in(item.get("externalReferences")) if r.get("type") == "distribution"),
        ),
        _text(item, "bom-ref") in told,
    )


def _maker(item: dict[str, Any], field: str) -> str:
    value = item.get(field)
    return visible(_text(value, "name")) if isinstance(value, dict) else ""


def _source(purl: str, addresses: Iterable[str]) -> str:
    """Return the repository without its commit, else the hosts of the files: paths change with every version."""
    from urllib.parse import unquote  # noqa: PLC0415 - of use to a comparison alone

    if "vcs_url=" in purl and (vcs := re.search(r"[?&]vcs_url=([^&#]+)", purl)):
        return visible(re.sub(r"@[^@/]*$", "", unquote(vcs[1])))
    hosts = {found[1].lower() for address in addresses if (found := _HOST.match(address))}
    return visible(", ".join(sorted(hosts)))


def _digests(file: str, value: object, algorithm: str, content: str) -> set[tuple[str, str, str]]:
    return {
        (file, _text(item, algorithm).upper().replace("SHA-", "SHA"), _text(item, content).lower())
        for item in mappings_in(value)
        if _text(item, algorithm) and _text(item, content)
    }


def _file_of(address: str) -> str:
    """Return the name of the file behind an address; empty for a purl, which stands where nobody knows it."""
    return "" if address.startswith("pkg:") else re.split(r"[?#]", address, maxsplit=1)[0].rpartition("/")[2]


def _licence(value: object) -> str:
    """Return identifiers and expressions as one text, as SPDX would write them; a mere name is none."""
    texts = set()
    for item in mappings_in(value):
        licence = item.get("license")
        texts.add(_text(item, "expression") or (_text(licence, "id") if isinstance(licence, dict) else ""))
    return _all_of(texts)


def _all_of(texts: Iterable[str]) -> str:
    found = sorted({text for text in texts if text and text not in ("NOASSERTION", "NONE")})
    if len(found) == 1:
        return visible(found[0])
    return visible(" AND ".join(f"({text})" if " " in text else text for text in found))


def _used_packages(document: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the packages without the described one; in a document of ours, without its parts too."""
    packages = mappings_in(document.get("packages"))
    if len(packages) > MAX_COMPONENTS:
        raise _wrong(where, f"it has more than {MAX_COMPONENTS} packages")
    # Others say CONTAINS of everything that they found.
    is_ours = serial_of(document) is not None
    relations = mappings_in(document.get("relationships"))
    described = document.get("documentDescribes")
    roots = {item for item in described if isinstance(item, str)} if isinstance(described, list) else set()
    roots |= {_text(item, "relatedSpdxElement") for item in relations if item.get("relationshipType") == "DESCRIBES"}
    parts = {
        _text(item, "relatedSpdxElement")
        for item in relations
        if is_ours and item.get("relationshipType") == "CONTAINS" and _text(item, "spdxElementId") in roots
    }
    return [item for item in packages if _text(item, "SPDXID") not in roots | parts]


def _of_spdx(item: dict[str, Any], told: set[str], is_ours: bool) -> Entry | None:  # noqa: FBT001 - who wrote it
    purl = next((_text(r, "referenceLocator") for r in mappings_in(item.get("externalRefs")) if _is_purl(r)), "")
    identity = _identity(purl)
    if identity is None:
        return None
    said = [_SPDX_SCOPE.fullmatch(_text(note, "comment")) for note in mappings_in(item.get("annotations"))]
    noted = next((match for match in said if match), None)
    return Entry(
        *identity,
        # Which of several files a checksum is of is not told in its own field.
        frozenset(_digests(_text(item, "packageFileName"), item.get("checksums"), "algorithm", "checksumValue")),
        _all_of([_text(item, "licenseDeclared")]),
        _scope(noted[1].split(", ")) if noted else "",
        noted[2] == "direct" if noted and noted[2] != "inside" else None,
        _agent(_text(item, "originator")) or _agent(_text(item, "supplier")),
        _source(identity[1], [_text(item, "downloadLocation")]),
        _is_told(item) if is_ours else _text(item, "SPDXID") in told,
    )


def _agent(text: str) -> str:
    """Return the name in `Organization: NAME (MAIL)`; empty for NOASSERTION and for one who is said to be unknown."""
    kind, _, name = text.partition(": ")
    if kind not in ("Organization", "Person") or name == "unknown":
        return ""
    return visible(re.sub(r" \([^()]*\)$", "", name))


def _is_told(item: dict[str, Any]) -> bool:
    """Tell whether a document of ours does not say that the needs are unknown."""
    notes = [_text(note, "comment") for note in mappings_in(item.get("annotations"))]
    return not any(note.startswith("unknown: Component Dependency Relationship") for note in notes)


def _is_purl(reference: dict[str, Any]) -> bool:
    return reference.get("referenceType") == "purl"


def _scope(words: list[str]) -> str:
    if "runtime" in words:
        return "required"
    return "optional" if "optional" in words or "peer" in words else "excluded"
