"""One inventory a unit: a workspace member, or a folder with locks of its own; runtime and development apart. Pure.

A unit's runtime inventory has what its needs lead to when it runs; its development inventory has what only
building and testing it takes. Both are parts of the whole, with the same refs.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from maximus.sbom.model import ComponentRef, Edge, Gap, Known, Scope
from maximus.sbom.naming import parse_purl, write_purl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.model import Component, Inventory

__all__ = ["MAX_UNITS", "Unit", "file_name", "is_unit_file", "split_units"]

MAX_UNITS: Final = 1_000
"""Units of one tree that get documents of their own."""
_WEIGHT = {scope: number for number, scope in enumerate(Scope)}
_LAST_RUNTIME = _WEIGHT[Scope.PEER]
_FILE = re.compile(r"sbom\.[A-Za-z0-9_-]+(?:\.dev)?\.(?:(?:cdx|spdx)\.json|html)")
_NEEDS = "Component Dependency Relationship"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a tree that is released by itself."""

    name: str
    """Its folder with `-` for what a file's name should not hold; unique in the tree."""
    folder: str
    runtime: Inventory | None
    """None where it needs nothing to run."""
    dev: Inventory | None
    """None where building and testing it take nothing more."""


def file_name(unit: str, whole: str, *, dev: bool = False) -> str:
    """Return what a unit's document is called beside the whole one: `sbom.UNIT.cdx.json`, `sbom.UNIT.dev.cdx.json`."""
    return whole.replace("sbom.", f"sbom.{unit}.dev." if dev else f"sbom.{unit}.", 1)


def is_unit_file(name: str) -> bool:
    """Tell whether a file is called like a unit's document."""
    return _FILE.fullmatch(name) is not None


def split_units(inventory: Inventory) -> tuple[Unit, ...]:
    """Return the units of a tree by name: its members, and the folders whose locks belong to no member.

    The tree's own root is no unit: it is the whole.
    """
    after: dict[ComponentRef, list[Edge]] = {}
    for edge in inventory.edges:
        after.setdefault(edge.source, []).append(edge)
    heads = [(member.own or "", member, after) for member in inventory.members if member.own]
    taken = {folder for folder, _, _ in heads}
    homes: dict[str, list[Component]] = {}
    for component in inventory.components:
        for folder in {place.path.rpartition("/")[0] for place in component.locations}:
            homes.setdefault(folder, []).append(component)
    for folder in sorted(homes.keys() - taken - {""}):
        # Of a workspace one lock serves many folders; a lock below a member's is the member's.
        if folder.startswith(".") or any(folder.startswith(f"{member}/") for member in taken):
            continue
        heads.append((folder, *_service(inventory, folder, homes[folder], after)))
    names = _names((folder, head.ecosystem) for folder, head, _ in heads)
    made = [_unit(inventory, name, folder, head, ways) for name, (folder, head, ways) in zip(names, heads, strict=True)]
    return tuple(sorted((unit for unit in made if unit.runtime or unit.dev), key=lambda unit: unit.name))


def _service(
    inventory: Inventory, folder: str, components: list[Component], after: dict[ComponentRef, list[Edge]]
) -> tuple[Component, dict[ComponentRef, list[Edge]]]:
    """Return a folder with locks of its own as a part of the tree, and the ways within its locks."""
    inside = {component.ref for component in components}
    purl = write_purl(parse_purl(inventory.root.purl)._replace(subpath=folder))
    ref = ComponentRef(f"{purl}#unit")
    name = folder.rpartition("/")[2]
    head = replace(inventory.root, ref=ref, purl=purl, name=name, own=folder, notes=(), licences=(), locations=())
    ways = {source: [edge for edge in after.get(source, ()) if edge.target in inside] for source in inside}
    ways[ref] = [replace(edge, source=ref) for edge in after.get(inventory.root.ref, ()) if edge.target in inside]
    return head, ways


def _names(heads: Iterable[tuple[str, str]]) -> list[str]:
    """Return a name for each folder, whatever other units there are unless two would be called alike."""
    listed = list(heads)
    plain = [re.sub(r"[^A-Za-z0-9_]+", "-", folder).strip("-") or "unit" for folder, _ in listed]
    lower = [name.lower() for name in plain]
    return [
        name if lower.count(name.lower()) == 1 else f"{name}-{hashlib.sha256(repr(head).encode()).hexdigest()[:8]}"
        for name, head in zip(plain, listed, strict=True)
    ]


def _unit(inventory: Inventory, name: str, folder: str, head: Component, after: dict[ComponentRef, list[Edge]]) -> Unit:
    scopes = _scopes(head.ref, after)
    parts = {component.ref: component for component in (*inventory.members, *inventory.components)}
    used = {ref: found for ref, found in scopes.items() if ref in parts and ref != head.ref}
    runtime = {ref for ref, found in used.items() if any(_WEIGHT[scope] <= _LAST_RUNTIME for scope in found)}
    scoped = {ref: replace(parts[ref], scopes=found) for ref, found in used.items()}
    edges = [edge for source in sorted({head.ref, *used}) for edge in after.get(source, ())]
    rest = used.keys() - runtime
    return Unit(
        name,
        folder,
        _part(inventory, head, {ref: scoped[ref] for ref in runtime}, edges, other=bool(rest)),
        _part(inventory, head, {ref: scoped[ref] for ref in rest}, edges, other=bool(runtime)),
    )


def _scopes(start: ComponentRef, after: dict[ComponentRef, list[Edge]]) -> dict[ComponentRef, tuple[Scope, ...]]:
    """Return what the unit needs everything for that its needs lead to: a way counts as its heaviest condition."""
    found: dict[ComponentRef, set[Scope]] = {start: {Scope.RUNTIME}}
    waiting = deque([(start, Scope.RUNTIME)])
    while waiting:
        here, scope = waiting.popleft()
        for edge in after.get(here, ()):
            for stated in edge.scopes or (Scope.RUNTIME,):
                reached = scope if _WEIGHT[scope] >= _WEIGHT[stated] else stated
                known = found.setdefault(edge.target, set())
                if reached not in known:
                    known.add(reached)
                    waiting.append((edge.target, reached))
    return {ref: tuple(sorted(scopes, key=_WEIGHT.__getitem__)) for ref, scopes in found.items()}


def _part(
    inventory: Inventory, head: Component, parts: dict[ComponentRef, Component], edges: list[Edge], *, other: bool
) -> Inventory | None:
    """Return the inventory of some of a unit's parts; `other` tells that the rest is in another document."""
    components = tuple(parts[ref] for ref in sorted(parts) if parts[ref].own is None)
    if not components:
        return None
    sources = {head.ref, *parts}
    kept = {(edge.source, edge.target): edge for edge in edges if edge.target in parts and edge.source in sources}
    reached = {edge.target for edge in kept.values()}
    for ref in sorted(parts.keys() - reached):
        # What needs it is in the other document.
        kept[head.ref, ref] = Edge(head.ref, ref, parts[ref].scopes)
    direct = {target for source, target in kept if source == head.ref}
    if other:
        gaps = [gap for gap in head.gaps if gap.field != _NEEDS]
        gaps.append(Gap(_NEEDS, "the rest is in the unit's other document: runtime and development are apart"))
        head = replace(head, edges=Known.INCOMPLETE, gaps=tuple(gaps))
    inner = tuple(replace(item, scopes=parts[item.inside].scopes) for item in inventory.inner if item.inside in parts)
    if inner:
        refs = {item.ref for item in inner}
        kept |= {(edge.source, edge.target): edge for edge in inventory.edges if edge.source in refs}
    return replace(
        inventory,
        inner=inner,
        subject=replace(inventory.subject, name=head.name, version=head.version, purl=head.purl, kind=head.kind),
        root=head,
        members=tuple(parts[ref] for ref in sorted(parts) if parts[ref].own is not None),
        components=tuple(replace(item, direct=item.ref in direct) for item in components),
        edges=tuple(kept[ends] for ends in sorted(kept)),
        findings=(),
        skipped=(),
        locks=tuple(sorted({place.path for item in components for place in item.locations})),
    )
