"""One view of a document in either format: what a judge looks at, and nothing that only one format has a word for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom.limits import MAX_COMPONENTS
from maximus.sbom.naming import visible
from maximus.sbom.parsing import mappings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Part", "View", "read_view"]

_NOTHING = frozenset({"", "NOASSERTION", "NONE", "unknown"})
_UNKNOWN = "cdx:cisa:unknown-information"
_NOTED_UNKNOWN = re.compile(r"unknown: ([^:]+): .*", re.DOTALL)
_NOTED_ABSENT = re.compile(r"not applicable: ([^:]+): .*", re.DOTALL)
_FOLLOWED = {
    "DESCRIBES": 1, "CONTAINS": 1, "DEPENDS_ON": 1, "DYNAMIC_LINK": 1, "STATIC_LINK": 1, "HAS_PREREQUISITE": 1,
    # These point from what is needed to who needs it.
    "DEPENDENCY_OF": -1, "DEV_DEPENDENCY_OF": -1, "BUILD_DEPENDENCY_OF": -1, "RUNTIME_DEPENDENCY_OF": -1,
    "TEST_DEPENDENCY_OF": -1, "OPTIONAL_DEPENDENCY_OF": -1, "PROVIDED_DEPENDENCY_OF": -1, "CONTAINED_BY": -1,
    "DESCRIBED_BY": -1, "BUILD_TOOL_OF": -1, "DEV_TOOL_OF": -1, "TEST_TOOL_OF": -1,
}  # fmt: skip
_DOCUMENT = "SPDXRef-DOCUMENT"
_SPDX_ALGORITHM = re.compile(r"SHA(\d)")


@dataclass(frozen=True, slots=True)
class Part:
    """One component as a document states it; a text that says nothing (`NOASSERTION`) is empty."""

    ref: str
    name: str
    version: str = ""
    purl: str = ""
    identifiers: tuple[str, ...] = ()
    """Every other identifier: CPE, SWID, gitoid."""
    supplier: str = ""
    producer: str = ""
    has_contact: bool = False
    """Whether the producer is told with an e-mail address or a URL."""
    declared: tuple[str, ...] = ()
    concluded: tuple[str, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    """Algorithm as CycloneDX spells it, and value."""
    delivered: tuple[tuple[str, str], ...] = ()
    """Those of them that are of a distributed file, by CycloneDX's distribution references."""
    copyright: str = ""
    download: str = ""
    addresses: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    """The fields that the document itself says are unknown, as CISA's table spells them."""
    absent: frozenset[str] = frozenset()
    """The fields that it says don't apply, with a reason."""
    own: bool = False
    """Whether it is the subject, or a part of it."""
    is_delivered: bool = True
    """False for what only development needs: CycloneDX's scope `excluded`."""

    @property
    def shown(self) -> str:
        """Name and version for people."""
        return f"{self.name or self.purl or self.ref} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class View:
    """A document."""

    where: str
    format: str
    """`CycloneDX` or `SPDX`."""
    version: str
    author: str
    author_has_contact: bool
    timestamp: str
    tools: tuple[tuple[str, str], ...]
    """Name and version."""
    context: str
    """When in the life of the software it was made; empty where it is not told."""
    serial: str
    creators: tuple[str, ...]
    """SPDX's creators, as they are written."""
    parts: tuple[Part, ...]
    """The subject first, where there is one."""
    root: str
    """The subject's ref; empty without one."""
    edges: Mapping[str, tuple[str, ...]]
    stated: frozenset[str]
    """The refs whose needs are told, if only as none."""
    completeness: Mapping[str, str]
    """By ref: `complete`, `incomplete` or `unknown`, where the document says how much of its needs is told."""
    faults: tuple[str, ...]
    """References without an end and refs that stand twice."""
    vulnerabilities: int

    @property
    def used(self) -> tuple[Part, ...]:
        """The components without the subject and its parts."""
        return tuple(part for part in self.parts if not part.own)


def read_view(document: Any, where: str) -> View:  # noqa: ANN401 - foreign JSON enters here
    """Return the view of a document that anybody wrote.

    Raises Error SBOM021 where it is neither CycloneDX nor SPDX 2 in JSON, or larger than a tree may be.
    """
    if isinstance(document, dict) and document.get("bomFormat") == "CycloneDX":
        return _CycloneDX(document, where).view()
    if isinstance(document, dict) and _text(document, "spdxVersion").startswith("SPDX-2"):
        return _Spdx(document, where).view()
    raise _not_read(where, "it is neither CycloneDX nor SPDX 2 in JSON")


def _not_read(where: str, why: str) -> Error:
    return Error(
        "SBOM021",
        f"cannot judge {visible(where)}",
        why=why,
        fix="Name a CycloneDX or SPDX 2 document in JSON with the input `check`.",
        where=visible(where),
    )


def _text(record: Any, name: str) -> str:  # noqa: ANN401 - foreign JSON
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, str) else ""


def _said(text: str) -> str:
    return "" if text in _NOTHING else text


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


class _CycloneDX:
    """Reads CycloneDX 1.2 to 1.7."""

    def __init__(self, document: dict[str, Any], where: str) -> None:
        self.document = document
        self.where = where
        stated = document.get("metadata")
        self.metadata: dict[str, Any] = stated if isinstance(stated, dict) else {}
        self.inside: dict[str, tuple[str, ...]] = {}
        self.faults: list[str] = []

    def view(self) -> View:
        parts = self._parts()
        refs = {part.ref for part in parts} | self._services()
        edges: dict[str, tuple[str, ...]] = {}
        for entry in mappings_in(self.document.get("dependencies")):
            ref = _text(entry, "ref")
            if ref in edges:
                self.faults.append(f"the dependencies of {visible(ref)} stand twice")
            edges[ref] = tuple(_strings(entry.get("dependsOn")))
            self.faults += [
                f"a dependency names {visible(name)}, which is no component and no service"
                for name in (ref, *edges[ref]) if name not in refs
            ]  # fmt: skip
        author = self._author()
        subject = self.metadata.get("component")
        return View(
            where=self.where,
            format="CycloneDX",
            version=_text(self.document, "specVersion"),
            author=author[0],
            author_has_contact=author[1],
            timestamp=_text(self.metadata, "timestamp"),
            tools=self._tools(),
            context=_text((mappings_in(self.metadata.get("lifecycles")) or [{}])[0], "phase"),
            serial=_text(self.document, "serialNumber"),
            creators=(),
            parts=tuple(parts),
            root=_text(subject, "bom-ref"),
            # What is inside something is reached with it.
            edges=edges | {ref: (*edges.get(ref, ()), *inner) for ref, inner in self.inside.items()},
            stated=frozenset(edges),
            completeness={
                ref: _text(entry, "aggregate")
                for entry in mappings_in(self.document.get("compositions"))
                for key in ("assemblies", "dependencies")
                for ref in _strings(entry.get(key))
            },
            faults=tuple(self.faults),
            vulnerabilities=len(mappings_in(self.document.get("vulnerabilities"))),
        )

    def _services(self) -> set[str]:
        """Return the refs of the services, which may need components and one another but are no parts themselves."""
        found: set[str] = set()
        waiting = mappings_in(self.document.get("services"))
        while waiting:
            item = waiting.pop()
            found.add(_text(item, "bom-ref"))
            waiting += mappings_in(item.get("services"))
        return found - {""}

    def _author(self) -> tuple[str, bool]:
        """Return who made the document, and whether there is an address to reach them at."""
        for field_name in ("manufacturer", "manufacture", "supplier"):
            entity = self.metadata.get(field_name)
            if isinstance(entity, dict) and _said(_text(entity, "name")):
                return _text(entity, "name"), _has_contact(entity)
        for person in mappings_in(self.metadata.get("authors")):
            if _said(_text(person, "name")):
                return _text(person, "name"), bool(_text(person, "email"))
        return "", False

    def _tools(self) -> tuple[tuple[str, str], ...]:
        stated = self.metadata.get("tools")
        listed = (
            mappings_in(stated.get("components")) + mappings_in(stated.get("services"))
            if isinstance(stated, dict)
            else mappings_in(stated)
        )
        return tuple((_text(tool, "name"), _text(tool, "version")) for tool in listed)

    def _parts(self) -> list[Part]:
        subject = self.metadata.get("component")
        waiting: list[tuple[dict[str, Any], bool]] = [
            (item, False) for item in reversed(mappings_in(self.document.get("components")))
        ]
        if isinstance(subject, dict):
            waiting.append((subject, True))
        found: list[Part] = []
        seen: set[str] = set()
        while waiting:
            item, own = waiting.pop()
            if len(found) >= MAX_COMPONENTS:
                raise _not_read(self.where, f"it has more than {MAX_COMPONENTS} components")
            part = _cyclonedx_part(item, own=own)
            if part.ref and part.ref in seen:
                self.faults.append(f"the ref {visible(part.ref)} stands twice")
            seen.add(part.ref)
            found.append(part)
            nested = mappings_in(item.get("components"))
            if nested:
                self.inside[part.ref] = tuple(_text(inner, "bom-ref") for inner in nested)
            waiting += [(inner, own) for inner in reversed(nested)]
        return found


def _has_contact(entity: Any) -> bool:  # noqa: ANN401 - foreign JSON
    if not isinstance(entity, dict):
        return False
    return bool(_strings(entity.get("url"))) or any(_text(item, "email") for item in mappings_in(entity.get("contact")))


def _cyclonedx_part(item: dict[str, Any], *, own: bool) -> Part:
    group, name = _text(item, "group"), _text(item, "name")
    told = [(_text(each, "name"), _text(each, "value")) for each in mappings_in(item.get("properties"))]
    references = mappings_in(item.get("externalReferences"))
    delivered = [
        digest for reference in references if reference.get("type") == "distribution"
        for digest in _digests(reference.get("hashes"), "alg", "content")
    ]  # fmt: skip
    producer = next((item[key] for key in ("manufacturer", "authors") if item.get(key)), None)
    first = producer[0] if isinstance(producer, list) and producer else producer
    declared, concluded = _cyclonedx_licences(item.get("licenses"))
    return Part(
        ref=_text(item, "bom-ref"),
        name=f"{group}/{name}" if group and name else name,
        version=_said(_text(item, "version")),
        purl=_text(item, "purl"),
        identifiers=tuple(
            value for key in ("cpe", "swhid", "omniborId")
            for value in ([item[key]] if isinstance(item.get(key), str) else _strings(item.get(key)))
        ),
        supplier=_said(_text(item.get("supplier"), "name")),
        producer=_said(_text(first, "name") or _text(item, "author")),
        has_contact=_has_contact(first) or bool(_text(first, "email")),
        declared=declared or tuple(value for key, value in told if key == "maximus:declared-licence"),
        concluded=concluded,
        digests=tuple(sorted({*_digests(item.get("hashes"), "alg", "content"), *delivered})),
        delivered=tuple(delivered),
        copyright=_text(item, "copyright"),
        addresses=tuple(_text(reference, "url") for reference in references),
        properties=dict(told),
        unknown=frozenset(value for key, value in told if key == _UNKNOWN),
        absent=frozenset(
            value.partition(":")[0] for key, value in told if key == "maximus:not-applicable"
        ),
        own=own,
        is_delivered=_text(item, "scope") != "excluded",
    )  # fmt: skip


def _digests(value: object, algorithm: str, content: str) -> list[tuple[str, str]]:
    return [
        (_text(item, algorithm), _text(item, content).lower())
        for item in mappings_in(value)
        if _text(item, algorithm) and _text(item, content)
    ]


def _cyclonedx_licences(value: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is declared and what is concluded; unmarked licences are declared, and a mere name is none."""
    declared, concluded = set[str](), set[str]()
    for choice in mappings_in(value):
        licence = choice.get("license")
        text = _text(choice, "expression") or _text(licence, "id")
        word = _text(choice, "acknowledgement") or _text(licence, "acknowledgement")
        if text:
            (concluded if word == "concluded" else declared).add(text)
    return tuple(sorted(declared)), tuple(sorted(concluded))


class _Spdx:
    """Reads SPDX 2.2 and 2.3."""

    def __init__(self, document: dict[str, Any], where: str) -> None:
        self.document = document
        self.where = where
        made = document.get("creationInfo")
        self.made: dict[str, Any] = made if isinstance(made, dict) else {}
        self.faults: list[str] = []

    def view(self) -> View:
        described, own, edges, stated = self._relationships()
        packages = mappings_in(self.document.get("packages"))
        if len(packages) > MAX_COMPONENTS:
            raise _not_read(self.where, f"it has more than {MAX_COMPONENTS} packages")
        ids: set[str] = set()
        for item in packages:
            if _text(item, "SPDXID") in ids:
                self.faults.append(f"the id {visible(_text(item, 'SPDXID'))} stands twice")
            ids.add(_text(item, "SPDXID"))
        elements = ids | {_DOCUMENT, "NONE", "NOASSERTION"}
        elements |= {
            _text(item, "SPDXID") for kind in ("files", "snippets") for item in mappings_in(self.document.get(kind))
        }
        self.faults += [
            f"a relationship names {visible(end)}, which is no element"
            for start, targets in edges.items() for end in (start, *targets)
            if end not in elements and not end.startswith("DocumentRef-")
        ]  # fmt: skip
        creators = tuple(_strings(self.made.get("creators")))
        agents = [text for text in creators if text.startswith(("Organization:", "Person:"))]
        name = agents[0].partition(":")[2].strip() if agents else ""
        root = next(iter(described), "")
        parts = sorted((_spdx_part(item, own) for item in packages), key=lambda part: part.ref != root)
        return View(
            where=self.where,
            format="SPDX",
            version=_text(self.document, "spdxVersion").removeprefix("SPDX-"),
            author=_said(name.partition(" (")[0]),
            author_has_contact="@" in name,
            timestamp=_text(self.made, "created"),
            tools=tuple(_tool(text) for text in creators if text.startswith("Tool:")),
            context=_context(f"{_text(self.made, 'comment')} {_text(self.document, 'comment')}"),
            serial=_text(self.document, "documentNamespace"),
            creators=creators,
            parts=tuple(parts),
            root=root,
            edges={start: tuple(targets) for start, targets in edges.items()},
            stated=frozenset(stated),
            completeness={},
            faults=tuple(self.faults),
            vulnerabilities=sum(
                1
                for item in packages
                for reference in mappings_in(item.get("externalRefs"))
                if reference.get("referenceType") in ("advisory", "fix")
            ),
        )

    def _relationships(self) -> tuple[list[str], frozenset[str], dict[str, list[str]], set[str]]:
        """Return what the document describes, the subject with its parts, the edges, and whose needs are told."""
        # The short form of as many relationships, which may stand there as well.
        described = _strings(self.document.get("documentDescribes"))
        edges: dict[str, list[str]] = {_DOCUMENT: list(described)} if described else {}
        shortly = {(_DOCUMENT, end) for end in described}
        stated: set[str] = set()
        contained: list[tuple[str, str]] = []
        for item in mappings_in(self.document.get("relationships")):
            kind, start, end = (_text(item, key) for key in ("relationshipType", "spdxElementId", "relatedSpdxElement"))
            way = _FOLLOWED.get(kind)
            if way is None:
                continue
            start, end = (start, end) if way > 0 else (end, start)
            if kind in ("DESCRIBES", "DESCRIBED_BY"):
                described.append(end)
            if kind in ("CONTAINS", "CONTAINED_BY"):
                contained.append((start, end))
            if kind not in ("DESCRIBES", "DESCRIBED_BY", "CONTAINS", "CONTAINED_BY") and end != "NOASSERTION":
                stated.add(start)
            if end not in ("NONE", "NOASSERTION") and (start, end) not in shortly:
                edges.setdefault(start, []).append(end)
        roots = frozenset(described)
        # In a document of ours the root contains its own parts; others say so of everything that they found.
        is_ours = any(text.startswith("Tool: maximus-") for text in _strings(self.made.get("creators")))
        own = roots | {end for start, end in contained if start in roots} if is_ours else roots
        return described, own, edges, stated


def _tool(text: str) -> tuple[str, str]:
    """Return name and version of a `Tool:` line: parted by its last hyphen."""
    whole = text.partition(":")[2].strip()
    name, hyphen, version = whole.rpartition("-")
    return (name, version) if hyphen else (whole, "")


_CONTEXTS = ("design", "source", "build", "analyzed", "deployed", "runtime")


def _context(text: str) -> str:
    words = re.findall(r"[a-z]+", text.lower())
    return next((word for word in words if word in _CONTEXTS), "")


def _agent(text: str) -> str:
    return _said(text.partition(":")[2].partition(" (")[0].strip() if ":" in text else _said(text))


def _spdx_part(item: dict[str, Any], own: frozenset[str]) -> Part:
    references = mappings_in(item.get("externalRefs"))
    notes = [_text(note, "comment") for note in mappings_in(item.get("annotations"))]
    producer = _text(item, "originator")
    return Part(
        ref=_text(item, "SPDXID"),
        name=_text(item, "name"),
        version=_said(_text(item, "versionInfo")),
        purl=next((_text(each, "referenceLocator") for each in references if each.get("referenceType") == "purl"), ""),
        identifiers=tuple(
            _text(each, "referenceLocator")
            for each in references
            if _text(each, "referenceType") in ("cpe22Type", "cpe23Type", "swid", "gitoid", "swh")
        ),
        supplier=_agent(_text(item, "supplier")),
        producer=_agent(producer),
        has_contact="@" in producer,
        declared=_one(_text(item, "licenseDeclared")),
        concluded=_one(_text(item, "licenseConcluded")),
        digests=tuple(
            sorted(
                (_SPDX_ALGORITHM.sub(r"SHA-\1", name) if name.startswith("SHA") and "-" not in name else name, value)
                for name, value in _digests(item.get("checksums"), "algorithm", "checksumValue")
            )
        ),
        copyright=_text(item, "copyrightText"),
        download=_text(item, "downloadLocation"),
        addresses=tuple(
            _said(text)
            for text in (
                _text(item, "downloadLocation"),
                _text(item, "homepage"),
                *(_text(each, "referenceLocator") for each in references if each.get("referenceType") != "purl"),
            )
            if _said(text)
        ),
        unknown=frozenset(found[1] for note in notes if (found := _NOTED_UNKNOWN.fullmatch(note))),
        absent=frozenset(found[1] for note in notes if (found := _NOTED_ABSENT.fullmatch(note))),
        own=_text(item, "SPDXID") in own,
    )


def _one(text: str) -> tuple[str, ...]:
    return (text,) if _said(text) else ()


def reached(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Return everything that one element leads to, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
