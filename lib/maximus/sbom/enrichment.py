"""An inventory with what installed packages say about themselves: added where the locks are silent.

Pure. A lock counts more than what is installed, and what is installed is believed only about the very
package (purl) that it says it is; copies that contradict each other say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.sbom.model import Finding, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.installed import Installed, Said
    from maximus.sbom.model import Component, Inventory, LicenceClaim, Producer, Purl

__all__ = ["Enriched", "enrich"]

_LICENCE = "Component License"
_PRODUCER = "Component Producer"
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
        components.append(_with(component, claims, producers.pop() if len(producers) == 1 else None))
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
