"""An inventory with what installed packages and caches say: added where the locks are silent.

Pure. A lock counts more than what is installed, and what is installed is believed only about the very
package (purl) that it says it is; copies that contradict each other say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.sbom.model import Ecosystem, Edge, Finding, Gap, Known, Scope
from maximus.sbom.wheels import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.caches import Cached
    from maximus.sbom.installed import Installed, Said
    from maximus.sbom.model import Component, ComponentRef, Inventory, LicenceClaim, Producer, Purl

__all__ = ["Enriched", "enrich", "with_cached"]

_LICENCE = "Component License"
_PRODUCER = "Component Producer"
_HASH = "Component Hash Value"
_NEEDS = "Component Dependency Relationship"
_NO_EXPRESSION = Gap(_LICENCE, "the licence is declared as no SPDX expression")


@dataclass(frozen=True, slots=True)
class Enriched:
    """The inventory, and how many of its components were found installed."""

    inventory: Inventory
    matched: int


def enrich(inventory: Inventory, installed: Installed) -> Enriched:
    """Return the inventory with declared licences and producers of what is installed, matched by purl."""
    copies: dict[Purl, list[Said]] = {}
    for said in installed.said:
        copies.setdefault(said.purl, []).append(said)
    findings = [*inventory.findings, *installed.findings]
    components = []
    matched = 0
    for component in inventory.components:
        found = copies.get(component.purl)
        if not found:
            components.append(component)
            continue
        matched += 1
        claims, agreed = _agreed(item.licences for item in found)
        if not agreed:
            text = f"{component.purl} is installed more than once, with different licences: none was taken"
            findings.append(Finding("conflict", text, component.locations[0], lost=False))
        producers = {item.producer for item in found}
        made = _with(component, claims, producers.pop() if len(producers) == 1 else None)
        tags = {item.tags for item in found}
        if len(component.artifacts) > 1 and len(tags) == 1 and (one := tags.pop()):
            made = replace(made, installed_file=file_of(one, (item.file for item in component.artifacts)))
        components.append(made)
    findings = sorted(set(findings), key=lambda item: (item.kind, item.location.path, item.location.line, item.text))
    return Enriched(replace(inventory, components=tuple(components), findings=tuple(findings)), matched)


def _agreed(stated: Iterable[tuple[LicenceClaim, ...]]) -> tuple[tuple[LicenceClaim, ...], bool]:
    """Return what all copies declare, and whether they do."""
    different = set(stated)
    return (different.pop(), True) if len(different) == 1 else ((), False)


def _with(component: Component, claims: tuple[LicenceClaim, ...], producer: Producer | None) -> Component:
    licences = component.licences
    if not any(claim.expression for claim in licences) and (not licences or any(claim.expression for claim in claims)):
        licences = tuple(sorted({*licences, *claims}, key=repr))
    owner = component.producer
    if owner is None or (owner.derived and producer is not None):
        owner = producer
    gaps = [gap for gap in component.gaps if gap.field != _LICENCE and (gap.field != _PRODUCER or owner is None)]
    if not any(claim.expression for claim in licences):
        gaps += [_NO_EXPRESSION] if licences else [gap for gap in component.gaps if gap.field == _LICENCE]
    order = [gap.field for gap in component.gaps]
    gaps.sort(key=lambda gap: order.index(gap.field))
    return replace(component, licences=licences, producer=owner, gaps=tuple(gaps))


def with_cached(inventory: Inventory, cached: Cached, *, fetched: bool = False) -> Enriched:
    """Return the inventory with what verified bytes of the caches gave, or facts about them: by ref, not by purl.

    `matched` counts the components of which a digest was computed. `fetched` says that the bytes came from where this
    user's configuration says, and from no cache.
    """
    components = []
    for component in inventory.components:
        artifacts = cached.artifacts.get(component.ref)
        made = _with(component, cached.licences.get(component.ref, ()), cached.producers.get(component.ref))
        if artifacts is not None:
            gaps = tuple(gap for gap in made.gaps if gap.field != _HASH)
            made = replace(
                made,
                artifacts=artifacts,
                gaps=gaps,
                notes=tuple(sorted({*made.notes, _note(component, fetched=fetched)})),
            )
        components.append(made)
    findings = sorted(
        {*inventory.findings, *cached.findings},
        key=lambda item: (item.kind, item.location.path, item.location.line, item.text),
    )
    found = replace(inventory, components=tuple(components), findings=tuple(findings))
    return Enriched(_with_needs(found, cached), len(cached.artifacts))


def _note(component: Component, *, fetched: bool) -> tuple[str, str]:
    """Return how the digests came about that no lock states."""
    own = "npm's cache", "cargo's cache", "Go's module cache", "pip's cache"
    npm, cargo, go, pip = ("fetched bytes",) * 4 if fetched else own
    words = {Ecosystem.NPM: f"SHA-256, from {npm}, verified with the SHA-512 that the lock states"}
    words[Ecosystem.CARGO] = f"SHA-512, from {cargo}, verified with the SHA-256 that the lock states"
    words[Ecosystem.PYPI] = f"SHA-512, from {pip}, verified with the SHA-256 that the lock states"
    words[Ecosystem.GO] = f"SHA-256 and SHA-512, from {go}, verified with the h1 that go.sum states"
    return "computed", words[Ecosystem(component.ecosystem)]


def _with_needs(inventory: Inventory, cached: Cached) -> Inventory:
    """Return the inventory with the edges between Go modules, each within the `go.mod` that selected its versions.

    What the tree itself does not need directly hung on the tree for want of knowing who needs it; it is taken off
    where a path of known edges leads to it.
    """
    if not cached.needs:
        return inventory
    at: dict[tuple[str, str], ComponentRef] = {}
    for component in inventory.components:
        if component.ecosystem == Ecosystem.GO:
            for place in component.locations:
                at[place.path, component.full_name] = component.ref
    edges = {(edge.source, edge.target): edge for edge in inventory.edges}
    components = []
    for component in inventory.components:
        needs = cached.needs.get(component.ref)
        if needs is None:
            components.append(component)
            continue
        targets = {at.get((place.path, name)) for place in component.locations for name in needs}
        for target in targets - {None, component.ref}:
            if target is not None:
                edges.setdefault((component.ref, target), Edge(component.ref, target, (Scope.RUNTIME,)))
        gaps = tuple(gap for gap in component.gaps if gap.field != _NEEDS)
        components.append(replace(component, edges=Known.COMPLETE, gaps=gaps))
    inventory = replace(inventory, components=tuple(components))
    kept = _without_stand_ins(inventory, edges)
    return replace(
        inventory,
        edges=tuple(kept[key] for key in sorted(kept)),
        members=tuple(_settled(member, kept, inventory) for member in inventory.members),
        root=_settled(inventory.root, kept, inventory),
    )


_Edges = dict[tuple["ComponentRef", "ComponentRef"], Edge]


def _without_stand_ins(inventory: Inventory, edges: _Edges) -> _Edges:
    """Return the edges without those from a part of the tree to a module that it does not need directly."""
    own = {inventory.root.ref, *(member.ref for member in inventory.members)}
    indirect = {item.ref for item in inventory.components if item.ecosystem == Ecosystem.GO and not item.direct}
    stand_ins = {key for key in edges if key[0] in own and key[1] in indirect}
    after: dict[ComponentRef, list[ComponentRef]] = {}
    for source, target in edges:
        if (source, target) not in stand_ins:
            after.setdefault(source, []).append(target)
    seen = {inventory.root.ref}
    waiting = [inventory.root.ref]
    while waiting:
        for target in after.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return {key: edge for key, edge in edges.items() if key not in stand_ins or key[1] not in seen}


def _settled(part: Component, edges: _Edges, inventory: Inventory) -> Component:
    """Return a part of the tree whose needs are known now that nothing hangs on it for want of knowing better."""
    others = {item.ecosystem for item in inventory.components} - {Ecosystem.GO}
    is_go = part.ecosystem == Ecosystem.GO or (part is inventory.root and not others)
    direct = {item.ref for item in inventory.components if item.direct} | {item.ref for item in inventory.members}
    if not is_go or part.edges is not Known.INCOMPLETE or any(s == part.ref and t not in direct for s, t in edges):
        return part
    gaps = tuple(gap for gap in part.gaps if gap.field != _NEEDS)
    return replace(part, edges=Known.COMPLETE, gaps=gaps)
