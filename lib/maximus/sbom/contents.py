"""An inventory with what was built into its packages, as SBOMs inside them say: nested, and counted apart. Pure.

See PEP 770. What is inside is a claim by whoever built the package: it is told as such, it hangs below its package,
and nothing else of the inventory changes by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from maximus.sbom.inventory import gaps_of
from maximus.sbom.limits import MAX_COMPONENTS
from maximus.sbom.model import Component, ComponentRef, Edge, Finding, Gap, Known, NotApplicable, Purl, Scope
from maximus.sbom.naming import is_exact, is_name, make_purl, normal_pypi, split_group, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.model import Inventory, Location, Package
    from maximus.sbom.wheels import Carried

__all__ = ["pruned", "with_contents"]

_HASH = "Component Hash Value"
_BUILT_IN = NotApplicable(_HASH, "built into the package that carries it; no file of its own is delivered")
_STATED = {
    "Component Producer": "the SBOM inside the package does not state it",
    "Component License": "the SBOM inside the package states no SPDX expression",
    "Component Dependency Relationship": "the SBOM inside the package does not state all that it needs",
}


@dataclass(slots=True)
class _Inner:
    """One thing inside one package, and the documents that name it."""

    carrier: Component
    package: Package
    purl: Purl
    origins: set[str] = field(default_factory=set)
    places: set[Location] = field(default_factory=set)
    needs: set[_Key] | None = None
    """None where no document tells."""
    whole: bool = True
    """Whether everything that it needs is in the inventory."""


_Key = tuple[str, str, str]
"""The ref of what carries it, its purl, and its digests: what has others is another thing."""


def with_contents(inventory: Inventory, carried: Iterable[Carried]) -> Inventory:
    """Return the inventory with what the documents name inside its components, matched by purl.

    Of a purl that two components share nobody knows which of them carries what: nothing is taken, and a finding says
    so. What has no name or version of its ecosystem is left out by name; a document about a package that is not in the
    inventory says nothing.
    """
    by_purl: dict[Purl, list[Component]] = {}
    for component in inventory.components:
        by_purl.setdefault(component.purl, []).append(component)
    work = _Work(MAX_COMPONENTS - len(inventory.components))
    for item in sorted(carried, key=lambda item: (item.carrier, item.origin, item.place.path)):
        owners = by_purl.get(item.carrier, [])
        if len(owners) == 1:
            work.read(owners[0], item)
        elif owners:
            text = f"{item.carrier} stands twice: which of the two carries this SBOM is not known"
            work.findings.add(Finding("conflict", text, item.place, lost=False))
    findings = sorted(
        {*inventory.findings, *work.findings},
        key=lambda item: (item.kind, item.location.path, item.location.line, item.text),
    )
    inner, edges = work.made()
    return replace(
        inventory,
        inner=inner,
        edges=tuple(sorted((*inventory.edges, *edges), key=lambda edge: (edge.source, edge.target))),
        findings=tuple(findings),
    )


class _Work:
    """What was found so far."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.inner: dict[_Key, _Inner] = {}
        self.findings: set[Finding] = set()

    def read(self, carrier: Component, item: Carried) -> None:
        if item.parts.nameless:
            text = f"{item.parts.nameless} components of an SBOM inside {carrier.full_name} name no package and version"
            self.findings.add(Finding("ignored", text, item.place, lost=False))
        placed: dict[str, _Key] = {}
        for package in item.parts.packages:
            key = self._place(carrier, package, item)
            if key is not None:
                placed[package.key] = key
        for source, key in placed.items():
            stated = item.parts.needs.get(source)
            if stated is None:
                continue
            found = self.inner[key]
            found.needs = (found.needs or set()) | {placed[target] for target in stated if target in placed}
            found.whole = found.whole and all(target in placed for target in stated)

    def _place(self, carrier: Component, package: Package, item: Carried) -> _Key | None:
        if not is_name(package.ecosystem, package.name) or not is_exact(package.ecosystem, package.version):
            text = f"{visible(f'{package.name} {package.version}')[:200]!r} inside {carrier.full_name} is no package"
            self.findings.add(Finding("ignored", text, item.place, lost=False))
            return None
        purl = make_purl(package.ecosystem.value, package.name, package.version, package.qualifiers, package.subpath)
        digests = sorted((digest.algorithm, digest.value) for part in package.artifacts for digest in part.digests)
        key = (carrier.ref, purl, repr(digests) if digests else "")
        known = self.inner.get(key)
        if known is None:
            if len(self.inner) >= self.room:
                text = f"more than {MAX_COMPONENTS} components with those inside packages; the rest was left out"
                self.findings.add(Finding("limit", text, item.place, lost=False))
                return None
            known = self.inner[key] = _Inner(carrier, package, purl)
        known.origins.add(item.origin)
        known.places.add(item.place)
        return key

    def made(self) -> tuple[tuple[Component, ...], list[Edge]]:
        """Return the components by their refs, and the edges between them."""
        refs = self._refs()
        components = [_component(found, refs[key]) for key, found in self.inner.items()]
        edges = [
            Edge(refs[key], refs[target], found.carrier.scopes or (Scope.RUNTIME,))
            for key, found in self.inner.items()
            for target in found.needs or ()
            if target != key
        ]
        return tuple(sorted(components, key=lambda item: item.ref)), edges

    def _refs(self) -> dict[_Key, ComponentRef]:
        """Return the ref of each: below that of its package, with a short digest where two would share one."""
        count: dict[tuple[str, str], int] = {}
        for carrier, purl, _ in self.inner:
            count[carrier, purl] = count.get((carrier, purl), 0) + 1
        return {
            key: ComponentRef(
                f"{key[0]}#{key[1]}"
                + (f"#{hashlib.sha256(key[2].encode()).hexdigest()[:12]}" if count[key[0], key[1]] > 1 else "")
            )
            for key in self.inner
        }


def _component(found: _Inner, ref: ComponentRef) -> Component:
    package = found.package
    name = normal_pypi(package.name) if package.ecosystem.value == "pypi" else package.name
    group, name = split_group(package.ecosystem, name)
    edges = Known.UNKNOWN if found.needs is None else Known.COMPLETE if found.whole else Known.INCOMPLETE
    absent = () if package.artifacts else (_BUILT_IN,)
    licences = tuple(replace(claim, evidence="the SBOM inside the package") for claim in package.licences)
    gaps = gaps_of(package.version, package.producer, package.artifacts or None, package.licences, edges)
    return Component(
        ref=ref,
        purl=found.purl,
        kind=package.kind,
        ecosystem=package.ecosystem.value,
        group=visible(group),
        name=visible(name),
        version=visible(package.version),
        locations=tuple(sorted(found.places, key=lambda place: place.path)),
        artifacts=package.artifacts,
        licences=licences,
        producer=package.producer,
        scopes=found.carrier.scopes,
        edges=edges,
        gaps=tuple(Gap(gap.field, _STATED.get(gap.field, gap.reason)) for gap in gaps),
        not_applicable=absent,
        notes=tuple(sorted(("stated-by", origin) for origin in found.origins)),
        inside=found.carrier.ref,
    )


def pruned(inventory: Inventory) -> Inventory:
    """Return the inventory without what was inside components that are not in it any more."""
    there = {component.ref for component in inventory.components}
    if all(item.inside in there for item in inventory.inner):
        return inventory
    gone = {item.ref for item in inventory.inner if item.inside not in there}
    return replace(
        inventory,
        inner=tuple(item for item in inventory.inner if item.ref not in gone),
        edges=tuple(edge for edge in inventory.edges if edge.source not in gone and edge.target not in gone),
    )
