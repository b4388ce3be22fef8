"""An inventory with what an overlay says: added, changed and removed components, each marked with the reason.

Pure. What is added hangs on what needs it; what only a removed component needed stays, and hangs on the subject.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom.contents import pruned
from maximus.sbom.model import (
    Artifact,
    Component,
    ComponentRef,
    Ecosystem,
    Edge,
    Gap,
    Kind,
    Known,
    Location,
    Purl,
    Scope,
)
from maximus.sbom.naming import parse_purl, split_group, visible, write_purl

if TYPE_CHECKING:
    from packageurl import PackageURL

    from maximus.sbom.model import Inventory
    from maximus.sbom.overlay import Entry, Overlay

__all__ = ["apply_overlay"]

_FIELDS = {
    "version": "Component Version",
    "licence": "Component License",
    "producer": "Component Producer",
}
_Name = tuple[str, str | None, str]
_NEEDS = "Component Dependency Relationship"


def apply_overlay(inventory: Inventory, overlay: Overlay) -> Inventory:
    """Return the inventory with everything that the overlay says: removals, then changes, then additions.

    Raises Error SBOM056 with the names of all entries that fit nothing, or that contradict what is there.
    """
    work = _Work(inventory, overlay)
    for kind, apply in (("remove", work.remove), ("change", work.change), ("add", work.add)):
        for entry in overlay.entries:
            if entry.kind == kind:
                apply(entry)
    work.connect()
    if work.faults:
        raise Error(
            "SBOM056",
            f"the overlay {overlay.name} does not fit the inventory",
            why="; ".join(work.faults),
            fix="Mend or remove these entries: what one of them is about may be called otherwise now.",
            where="input overlay",
        )
    # Of what was removed, or is another version, nobody knows what is inside.
    return pruned(work.done())


class _Work:
    """The inventory while it changes."""

    def __init__(self, inventory: Inventory, overlay: Overlay) -> None:
        self.inventory = inventory
        self.overlay = overlay
        self.components: dict[ComponentRef, Component] = {}
        self.index: dict[_Name, set[ComponentRef]] = {}
        """The components by what they are called, without their versions."""
        for component in inventory.components:
            self._put(component)
        self.edges = {(edge.source, edge.target): edge for edge in inventory.edges}
        self.root = inventory.root
        self.faults: list[str] = []
        self.added: list[tuple[Entry, ComponentRef]] = []

    def _fitting(self, text: str) -> list[ComponentRef]:
        """Return the components that a purl means: all versions without a version, any qualifiers without some."""
        asked = parse_purl(text)
        refs = self.index.get(_name_of(asked), set())
        return sorted(ref for ref in refs if _means(asked, parse_purl(self.components[ref].purl)))

    def _put(self, component: Component) -> None:
        self.components[component.ref] = component
        self.index.setdefault(_name_of(parse_purl(component.purl)), set()).add(component.ref)

    def _take(self, ref: ComponentRef) -> Component:
        component = self.components.pop(ref)
        self.index[_name_of(parse_purl(component.purl))].discard(ref)
        return component

    def _found(self, entry: Entry) -> list[ComponentRef]:
        found = self._fitting(entry.purl)
        if not found:
            self.faults.append(f"{entry.place} fits nothing: {entry.purl}")
        return found

    def remove(self, entry: Entry) -> None:
        for ref in self._found(entry):
            gone = self._take(ref)
            self.edges = {ends: edge for ends, edge in self.edges.items() if ref not in ends}
            self.root = _marked(self.root, f"removed {gone.purl}: {entry.reason}")

    def change(self, entry: Entry) -> None:
        for ref in self._found(entry):
            old = self.components[ref]
            new = _changed(old, entry)
            if new.ref != ref:
                if new.ref in self.components:
                    self.faults.append(f"{entry.place} makes a second {new.purl}")
                    continue
                self._take(ref)
                self._rename(ref, new.ref)
            self._put(new)

    def _rename(self, old: ComponentRef, new: ComponentRef) -> None:
        moved = {}
        for (source, target), edge in self.edges.items():
            ends = (new if source == old else source, new if target == old else target)
            moved[ends] = replace(edge, source=ends[0], target=ends[1])
        self.edges = moved

    def add(self, entry: Entry) -> None:
        taken = {component.purl for component in (self.root, *self.inventory.members, *self.components.values())}
        if entry.purl in taken:
            self.faults.append(f"{entry.place} is in the inventory already, use `change`: {entry.purl}")
            return
        made = _added(entry, self.overlay.name)
        self._put(made)
        self.added.append((entry, made.ref))

    def connect(self) -> None:
        """Draw the edges of what was added, and hang what nothing leads to any more on the subject."""
        own = {self.root.purl: self.root.ref} | {member.purl: member.ref for member in self.inventory.members}
        for entry, ref in self.added:
            sources = self._ends(entry, "needed-by", entry.needed_by, own) if entry.needed_by else [self.root.ref]
            for source in sources:
                self._tie(source, ref, entry.scope or Scope.RUNTIME)
            if set(sources) & set(own.values()):
                self.components[ref] = replace(self.components[ref], direct=True)
            for target in self._ends(entry, "needs", entry.needs or (), own):
                self._tie(ref, target, Scope.RUNTIME)
        loose = self._loose()
        for ref in loose:
            self._tie(self.root.ref, ref, None)
        if loose:
            gaps = [gap for gap in self.root.gaps if gap.field != _NEEDS]
            gaps.append(Gap(_NEEDS, "the overlay removed what needed some of it"))
            self.root = replace(self.root, edges=Known.INCOMPLETE, gaps=tuple(gaps))

    def _ends(
        self, entry: Entry, key: str, purls: tuple[str, ...], own: dict[Purl, ComponentRef]
    ) -> list[ComponentRef]:
        found: list[ComponentRef] = []
        for purl in purls:
            refs = [own[Purl(purl)]] if purl in own else self._fitting(purl)
            if not refs:
                self.faults.append(f"{entry.place}.{key} fits nothing: {purl}")
            found += refs
        return found

    def _tie(self, source: ComponentRef, target: ComponentRef, scope: Scope | None) -> None:
        if source != target:
            self.edges.setdefault((source, target), Edge(source, target, (scope,) if scope else ()))

    def _loose(self) -> list[ComponentRef]:
        """Return what must hang on the subject so that everything can be reached: the beginnings, then one a ring."""
        after: dict[ComponentRef, list[ComponentRef]] = {}
        has_parent = set()
        for source, target in self.edges:
            after.setdefault(source, []).append(target)
            has_parent.add(target)
        seen = {self.root.ref}
        waiting = deque(seen)
        found: list[ComponentRef] = []
        candidates = deque([*sorted(ref for ref in self.components if ref not in has_parent), *sorted(self.components)])
        while True:
            while waiting:
                for target in after.get(waiting.popleft(), ()):
                    if target not in seen:
                        seen.add(target)
                        waiting.append(target)
            while candidates and candidates[0] in seen:
                candidates.popleft()
            if not candidates:
                return found
            found.append(candidates[0])
            seen.add(candidates[0])
            waiting.append(candidates[0])

    def done(self) -> Inventory:
        return replace(
            self.inventory,
            root=self.root,
            components=tuple(self.components[ref] for ref in sorted(self.components)),
            edges=tuple(self.edges[ends] for ends in sorted(self.edges)),
            locks=tuple(sorted({*self.inventory.locks, self.overlay.name})),
        )


def _name_of(purl: PackageURL) -> _Name:
    return purl.type, purl.namespace, purl.name


def _means(asked: PackageURL, given: PackageURL) -> bool:
    """Tell whether everything that is asked for is given."""
    return (
        (not asked.version or asked.version == given.version)
        and (not asked.qualifiers or asked.qualifiers == given.qualifiers)
        and (not asked.subpath or asked.subpath == given.subpath)
    )


def _marked(component: Component, text: str) -> Component:
    return replace(component, notes=tuple(sorted({*component.notes, ("overlay", visible(text))})))


def _changed(component: Component, entry: Entry) -> Component:
    """Return the component with what the entry says, and with what stood there before in its mark."""
    made, said = component, []
    if entry.licence:
        old = ", ".join(sorted({claim.text for claim in component.licences})) or "unknown"
        made = replace(made, licences=(entry.licence,))
        said.append(f"licence, was {old}")
    if entry.producer:
        said.append(f"producer, was {component.producer.name if component.producer else 'unknown'}")
        made = replace(made, producer=entry.producer)
    if entry.copyright:
        said.append(f"copyright, was {component.copyright or 'unknown'}")
        made = replace(made, copyright=entry.copyright)
    if entry.scope:
        said.append(f"scope, was {', '.join(scope.value for scope in component.scopes)}")
        made = replace(made, scopes=(entry.scope,))
    if entry.version:
        said.append(f"version, was {component.version or 'unknown'}")
        purl = write_purl(parse_purl(component.purl)._replace(version=entry.version))
        # A suffix tells apart what shares a purl.
        suffix = component.ref.removeprefix(component.purl)
        made = replace(made, version=entry.version, purl=purl, ref=ComponentRef(f"{purl}{suffix}"))
    known = {name for key, name in _FIELDS.items() if getattr(entry, key)}
    made = replace(made, gaps=tuple(gap for gap in made.gaps if gap.field not in known))
    return _marked(made, f"changed {'; '.join(said)}: {entry.reason}")


def _added(entry: Entry, name: str) -> Component:
    found = parse_purl(entry.purl)
    between = ":" if found.type == Ecosystem.MAVEN else "/"
    group, short = split_group(found.type, f"{found.namespace}{between}{found.name}" if found.namespace else found.name)
    unknown: list[tuple[str, object]] = [
        ("Component Producer", entry.producer),
        ("Component Hash Value", entry.digests),
    ]
    unknown += [("Component License", entry.licence)]
    gaps = [Gap(field, "the overlay does not state it") for field, value in unknown if not value]
    if entry.needs is None:
        gaps.append(Gap(_NEEDS, "the overlay does not state it"))
    made = Component(
        ref=ComponentRef(entry.purl),
        purl=Purl(entry.purl),
        kind=Kind.LIBRARY,
        ecosystem=found.type,
        group=visible(group),
        name=visible(short),
        version=visible(found.version or ""),
        locations=(Location(name),),
        artifacts=(Artifact(digests=entry.digests),) if entry.digests else (),
        licences=(entry.licence,) if entry.licence else (),
        producer=entry.producer,
        copyright=entry.copyright,
        scopes=(entry.scope or Scope.RUNTIME,),
        edges=Known.UNKNOWN if entry.needs is None else Known.COMPLETE,
        gaps=tuple(gaps),
    )
    return _marked(made, f"added: {entry.reason}")
