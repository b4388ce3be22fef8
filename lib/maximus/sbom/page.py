"""An inventory as one page for people: a static HTML file that opens anywhere and asks nothing of a network.

The data stands in the page as JSON that no foreign text can end; the script shows it as text only, and the page's own
policy forbids everything else: other scripts and styles, requests, frames, forms, and markup made out of text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import unquote

from maximus.characters import show_unseen
from maximus.sbom.coverage import measure
from maximus.sbom.model import Known, Scope

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from maximus.errors import Error
    from maximus.sbom.coverage import Coverage
    from maximus.sbom.model import Component, Edge, Finding, Inventory

__all__ = [
    "BEGINNING",
    "MAX_COMPONENTS",
    "MAX_EDGES",
    "MAX_FINDINGS",
    "MAX_PLACES",
    "MAX_TEXT",
    "as_page",
    "embedded",
    "serial_in",
]

MAX_COMPONENTS: Final = 100_000
"""Components that a page lists; it says so where there are more, and its counts are of all."""
MAX_EDGES: Final = 1_000_000
"""Needs that a page's tree knows; it says so where there are more."""
MAX_FINDINGS: Final = 5_000
"""Findings, left-out files and locks that a page lists, of each."""
MAX_PLACES: Final = 20
"""Places that a page names of one component."""
MAX_TEXT: Final = 2_000
"""Characters of one text in a page."""

_ALGORITHMS: Final = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
BEGINNING: Final = 4_096
"""Characters from the start of a page within which its serial number stands."""
_SERIAL: Final = re.compile(r'<meta name="maximus-serial" content="([0-9a-f-]{36})">')
_PLACE: Final = re.compile(r"\{\{([a-z]+)\}\}")
# `<` could end the element (`</script`) or hide its end (`<!--`); the two separators end lines in old engines.
_ESCAPED: Final = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    b"\xe2\x80\xa8": b"\\u2028",
    b"\xe2\x80\xa9": b"\\u2029",
}

T = TypeVar("T", bound="Hashable")


def as_page(inventory: Inventory, *, when: str, tool_version: str, serial: str, faults: Sequence[Error] = ()) -> bytes:
    """Return the page of an inventory; the same inventory gives the same bytes.

    `when` is the documents' timestamp and `serial` the UUID that they share; `faults` are of what could not be read,
    which the page says first.
    """
    style, script, frame = (_part(f"page.{kind}") for kind in ("css", "js", "html"))
    subject = inventory.subject
    parts = {
        "policy": _policy(style, script),
        "serial": html.escape(serial),
        "title": html.escape(_shown(f"{subject.name} {subject.version}".strip()) + ": software bill of materials"),
        "style": style,
        "script": script,
        "data": embedded(_data(inventory, when, tool_version, serial, faults)).decode(),
    }
    # In one pass: what was put in is not looked at again.
    return _PLACE.sub(lambda match: parts[match[1]], frame).encode()


def embedded(value: object) -> bytes:
    """Return a value as JSON that can stand inside a `<script>` of HTML: nothing in it can end the element."""
    import orjson  # noqa: PLC0415 - 17 ms that only an inventory should cost

    text = orjson.dumps(value)
    for sign, escape in _ESCAPED.items():
        text = text.replace(sign, escape)
    return text


def serial_in(text: str) -> str | None:
    """Return the serial number of a page that this tool wrote, from its beginning; None of any other file."""
    found = _SERIAL.search(text[:BEGINNING])
    return found[1] if found else None


def _part(name: str) -> str:
    return (resources.files("maximus.sbom") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _shown(text: str) -> str:
    """Return foreign text so that nothing unseen in it deceives, and no single one fills the page."""
    shown = show_unseen(text)
    return shown if len(shown) <= MAX_TEXT else shown[:MAX_TEXT] + "…"


class _Interned(Generic[T]):
    """Values that many components share, each written once."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """Return the value's number, in the order of first use."""
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> list[T]:
        """Return the values by number."""
        return list(self._numbers)


def _data(inventory: Inventory, when: str, tool_version: str, serial: str, faults: Sequence[Error]) -> dict[str, Any]:
    """Return everything that the page shows, as columns: a list a field, one entry a component."""
    subject = inventory.subject
    used = (*inventory.components, *inventory.inner)[:MAX_COMPONENTS]
    listed = (inventory.root, *inventory.members, *used)
    edges = _edges(listed, inventory.edges)
    findings = sorted(inventory.findings, key=lambda item: (not item.lost, item.kind, item.location.path))
    return {
        "subject": {
            "name": _shown(subject.name),
            "version": _shown(subject.version),
            "purl": _shown(subject.purl),
            "repository": _shown(subject.repository),
            "commit": _shown(subject.commit),
            "author": _shown(subject.author.name) if subject.author else "",
        },
        "made": {"when": when, "tool": f"maximus {tool_version}", "serial": serial},
        "parts": 1 + len(inventory.members),
        **_columns(listed),
        "edges": edges,
        "coverage": _coverage(inventory.components),
        "unknown": _unknown(inventory.components),
        "unread": [_shown(": ".join(filter(None, (item.what, item.why)))) for item in faults[:MAX_FINDINGS]],
        "findings": [_finding(item) for item in findings[:MAX_FINDINGS]],
        "skipped": [[_shown(item.path), _shown(item.reason)] for item in _of_tree(inventory)[:MAX_FINDINGS]],
        "locks": [_shown(path) for path in inventory.locks[:MAX_FINDINGS]],
        "totals": {
            "components": len(inventory.components),
            "inner": len(inventory.inner),
            "edges": len(inventory.edges),
            "edgesListed": sum(len(targets) for targets in edges),
            "findings": len(inventory.findings),
            "unread": len(faults),
            "skipped": len(_of_tree(inventory)),
            "locks": len(inventory.locks),
        },
    }


def _of_tree(inventory: Inventory) -> list[Any]:
    # Not what is installed or cached here: the page has the same bytes before and after an install.
    return [item for item in inventory.skipped if item.is_source]


def _columns(listed: tuple[Component, ...]) -> dict[str, Any]:
    ecosystems, licences, paths = _Interned[str](), _Interned[tuple[str, int]](), _Interned[str]()
    producers, gaps, others = _Interned[str](), _Interned[tuple[str, str]](), _Interned[tuple[str, str]]()
    numbers = {item.ref: number for number, item in enumerate(listed, start=1)}
    bits = {scope: 1 << number for number, scope in enumerate(Scope)}
    rows = [
        (
            _shown(_name(item)),
            _shown(item.version),
            ecosystems.number(item.ecosystem),
            _shown(item.purl),
            [licences.number(claim) for claim in _licences(item)],
            sum(bits[scope] for scope in set(item.scopes)),
            int(item.direct),
            [gaps.number((gap.field, gap.reason)) for gap in item.gaps],
            [others.number((other.field, other.reason)) for other in item.not_applicable],
            [[paths.number(place.path), place.line] for place in item.locations[:MAX_PLACES]],
            len(item.locations),
            _hashing(item),
            len(item.artifacts),
            producers.number(item.producer.name) + 1 if item.producer else 0,
            (Known.COMPLETE, Known.INCOMPLETE, Known.UNKNOWN).index(item.edges),
            numbers.get(item.inside, 0) if item.inside else 0,
        )
        for item in listed
    ]
    names = (
        "name", "version", "ecosystem", "purl", "licence", "scope", "direct", "gap", "other", "place", "places",
        "hash", "files", "producer", "known", "inside",
    )  # fmt: skip
    return {
        "columns": dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
        "tables": {
            "ecosystems": [_shown(name) for name in ecosystems.values()],
            "licences": [[_shown(text), sort] for text, sort in licences.values()],
            "scopes": [scope.value for scope in Scope],
            "algorithms": list(_ALGORITHMS),
            "paths": [_shown(path) for path in paths.values()],
            "producers": [_shown(name) for name in producers.values()],
            "gaps": [[_shown(name), _shown(reason)] for name, reason in gaps.values()],
            "others": [[_shown(name), _shown(reason)] for name, reason in others.values()],
        },
    }


def _name(component: Component) -> str:
    """Return what people call it; of several actions in one repository each has its folder."""
    folder = component.purl.partition("#")[2]
    return f"{component.full_name}/{unquote(folder)}" if folder and component.own is None else component.full_name


_DECLARED, _CONCLUDED, _TEXT = 0, 1, 2


def _licences(component: Component) -> list[tuple[str, int]]:
    """Return what is known of the licence: its expressions, else the texts that are none."""
    found = {(claim.expression, _CONCLUDED if claim.concluded else _DECLARED) for claim in component.licences}
    told = {pair for pair in found if pair[0]} or {(claim.text, _TEXT) for claim in component.licences}
    return sorted(told)


def _hashing(component: Component) -> int:
    """Return which algorithms its files' digests are of, as bits."""
    found = {digest.algorithm for artifact in component.artifacts for digest in artifact.digests}
    return sum(1 << number for number, name in enumerate(_ALGORITHMS) if name in found)


def _edges(listed: Iterable[Component], edges: Iterable[Edge]) -> list[list[int]]:
    """Return the numbers of what each listed component needs, in the order of the components."""
    numbers = {item.ref: number for number, item in enumerate(listed)}
    found: list[list[int]] = [[] for _ in numbers]
    count = 0
    for edge in edges:
        source, target = numbers.get(edge.source), numbers.get(edge.target)
        if source is None or target is None or count >= MAX_EDGES:
            continue
        found[source].append(target)
        count += 1
    return found


def _coverage(components: tuple[Component, ...]) -> list[list[str | int]]:
    """Return the coverage of each ecosystem by size, the whole last; both numbers of each share."""
    by_name: dict[str, list[Component]] = {}
    for item in components:
        by_name.setdefault(item.ecosystem, []).append(item)
    rows = [_row(name, measure(items)) for name, items in sorted(by_name.items(), key=lambda at: (-len(at[1]), at[0]))]
    return [*rows, _row("", measure(components))]


def _row(name: str, found: Coverage) -> list[str | int]:
    return [
        name, found.components, found.direct, found.distributed, found.versions,
        found.hashes, found.sha256, found.sha512, found.licences, found.edges,
    ]  # fmt: skip


def _unknown(components: Iterable[Component]) -> list[list[str | int]]:
    """Return how many components lack each field, most first."""
    found: dict[str, int] = {}
    for item in components:
        for name in {gap.field for gap in item.gaps}:
            found[name] = found.get(name, 0) + 1
    return [[name, count] for name, count in sorted(found.items(), key=lambda at: (-at[1], at[0]))]


def _finding(item: Finding) -> list[str | int]:
    return [item.kind, _shown(item.text), _shown(item.location.path), item.location.line]
