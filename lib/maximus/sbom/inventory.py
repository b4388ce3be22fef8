"""One inventory out of many locks: packages merged by purl and digests, links turned into edges.

Pure: it takes what the readers said and gives back values; nothing here touches the tree.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from maximus.errors import Error
from maximus.sbom.addresses import told
from maximus.sbom.limits import MAX_COMPONENTS, MAX_EDGES
from maximus.sbom.model import (
    Artifact,
    Component,
    ComponentRef,
    Ecosystem,
    Edge,
    Finding,
    Gap,
    Inventory,
    Kind,
    Known,
    Location,
    NotApplicable,
    Package,
    Producer,
    Purl,
    Reading,
    Scope,
    Skipped,
    Subject,
)
from maximus.sbom.naming import (
    MAX_VERSION,
    is_exact,
    is_name,
    make_purl,
    normal_pypi,
    parse_purl,
    split_group,
    visible,
    write_purl,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from maximus.sbom.model import LicenceClaim, LockFact

__all__ = ["build", "gaps_of"]

_LICENCES: Callable[[Package], tuple[LicenceClaim, ...]] = attrgetter("licences")
_FACTS: Callable[[Package], tuple[LockFact, ...]] = attrgetter("facts")
_NOTES: Callable[[Package], tuple[tuple[str, str], ...]] = attrgetter("notes")
_NOT_APPLICABLE: Callable[[Package], tuple[NotApplicable, ...]] = attrgetter("not_applicable")
_WEIGHT = {scope: number for number, scope in enumerate(Scope)}
_KNOWN = {Known.UNKNOWN: 0, Known.INCOMPLETE: 1, Known.COMPLETE: 2}
_NO_VERSION = Gap("Component Version", "the lock names no exact version")
_NO_PRODUCER = Gap("Component Producer", "no lock states it")
_NO_HASH = Gap("Component Hash Value", "the lock states no digest of a file")
_NO_LICENCE = Gap("Component License", "the licence is not stated in a lock")
_NO_EXPRESSION = Gap("Component License", "the licence is declared as no SPDX expression")
_NO_EDGES = Gap("Component Dependency Relationship", "the lock does not state what it needs")
_NAMESPACED = frozenset({Ecosystem.NPM, Ecosystem.MAVEN, Ecosystem.COMPOSER})
_Part = TypeVar("_Part")
_OWN = NotApplicable("Component Hash Value", "a part of the tree itself; no file is distributed")


@dataclass(slots=True)
class _Group:
    """The packages that become one component."""

    purl: Purl
    packages: list[Package] = field(default_factory=list)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    """Of a named file and an algorithm: the digest."""

    def admits(self, package: Package) -> bool:
        """Tell whether the package states no other digest for a file that is known already."""
        return all(
            self.digests.get((artifact.file, digest.algorithm), digest.value) == digest.value
            for artifact in package.artifacts
            if artifact.file
            for digest in artifact.digests
        )

    def add(self, package: Package) -> None:
        self.packages.append(package)
        for artifact in package.artifacts:
            if artifact.file:
                for digest in artifact.digests:
                    self.digests[artifact.file, digest.algorithm] = digest.value


def build(
    subject: Subject,
    readings: Sequence[tuple[str, Reading]],
    skipped: Iterable[Skipped] = (),
    missing: Iterable[Finding] = (),
) -> Inventory:
    """Return the inventory of a tree from the readings of its locks, each with the lock's path.

    Packages with the same purl are one component with several locations, unless they state different
    digests of the same file: then they are separate, and a finding says so. With what is `missing` as a whole,
    of which no lock speaks, the needs of the tree are not all known.
    Raises Error SBOM010 where a limit on components or edges is passed.
    """
    return _Builder(subject, readings, tuple(missing)).build(tuple(skipped))


class _Builder:
    """The steps from readings to an inventory, with the tables that they share."""

    def __init__(self, subject: Subject, readings: Sequence[tuple[str, Reading]], missing: tuple[Finding, ...]) -> None:
        self.subject = subject
        self.missing = missing
        self.readings = sorted(readings, key=lambda item: item[0])
        self.findings: list[Finding] = list(missing)
        self.groups: dict[Purl, list[_Group]] = {}
        self.members: dict[tuple[str, str], list[Package]] = {}
        """By folder and ecosystem: the parts of the tree itself."""
        self.flat: set[ComponentRef] = set()
        """Parts of the tree under which things hang for want of knowing who needs them."""
        self.placed: list[dict[str, _Group | tuple[str, str]]] = []
        """For each reading, what its keys became."""

    def build(self, skipped: tuple[Skipped, ...]) -> Inventory:
        for _, reading in self.readings:
            self.findings += reading.findings
            self.placed.append({package.key: place for package in reading.packages if (place := self._place(package))})
        self._join_own()
        self._check_size()
        refs = self._refs()
        member_refs = self._member_refs()
        edges, direct = self._edges(refs, member_refs)
        root_ref = ComponentRef(str(self.subject.purl))
        for ref in member_refs.values():
            if ref != root_ref:
                # Whoever else needs it: as a part of the tree it is released with it.
                edges.setdefault((root_ref, ref), _Tie()).add(Scope.RUNTIME)
        loose = self._attach_loose(root_ref, edges, [ref for groups in refs.values() for ref in groups])
        scopes = _spread(root_ref, edges)
        components = [
            self._component(group, ref, scopes.get(ref, ()), direct=ref in direct)
            for purl, group_refs in refs.items()
            for group, ref in zip(self.groups[purl], group_refs, strict=True)
        ]
        members = [self._member(key, ref) for key, ref in member_refs.items() if ref != root_ref]
        is_open = loose or self.missing or root_ref in self.flat
        root = self._root(root_ref, Known.INCOMPLETE if is_open else Known.COMPLETE)
        locks = {path for path, _ in self.readings} | {
            path for _, reading in self.readings for path in reading.also_read
        }
        return Inventory(
            subject=self.subject,
            root=root,
            members=tuple(sorted(members, key=lambda item: item.ref)),
            components=tuple(sorted(components, key=lambda item: item.ref)),
            edges=tuple(
                Edge(source, target, tie.sorted_scopes(), tuple(sorted(set(tie.markers))) if tie.markers else ())
                for (source, target), tie in sorted(edges.items())
            ),
            findings=tuple(
                sorted(
                    {_told(finding) for finding in self.findings},
                    key=lambda item: (item.kind, item.location.path, item.location.line, item.text),
                )
            ),
            skipped=skipped,
            locks=tuple(sorted(visible(path) for path in locks)),
        )

    def _place(self, package: Package) -> _Group | tuple[str, str] | None:
        """Return the group or the member that a package belongs to; None, with a finding, for what cannot be one."""
        if package.own is not None:
            key = (package.own, package.ecosystem.value)
            self.members.setdefault(key, []).append(package)
            return key
        if not is_name(package.ecosystem, package.name):
            text = f"{visible(package.name)[:200]!r} is no name of a package and was left out"
            self.findings.append(Finding("ignored", text, package.locations[0]))
            return None
        if package.version and not is_exact(package.ecosystem, package.version):
            text = f"{visible(package.name)} has {visible(package.version)[:200]!r}, which is no exact version"
            self.findings.append(Finding("unpinned", text, package.locations[0], lost=False))
            package = replace(package, version="")
        purl = make_purl(package.ecosystem.value, package.name, package.version, package.qualifiers, package.subpath)
        groups = self.groups.setdefault(purl, [])
        group = next((item for item in groups if item.admits(package)), None)
        if group is None:
            if groups:
                text = f"{purl} stands with another digest in {groups[0].packages[0].locations[0].path}"
                self.findings.append(Finding("conflict", text, package.locations[0], lost=False))
            group = _Group(purl)
            groups.append(group)
        group.add(package)
        return group

    def _join_own(self) -> None:
        """Take what an SBOM in the tree says about the tree itself, or a part of it, as the tree's own."""
        base = str(self.subject.purl)
        own: dict[str, tuple[str, str] | None] = {base: None}
        own |= {_with_subpath(base, key[0]) if key[0] else base: key for key in sorted(self.members, reverse=True)}
        named = [Purl(purl) for purl in own if purl in self.groups]
        joined = {id(group): own[purl] for purl in named for group in self.groups.pop(purl)}
        for placed in self.placed if joined else ():
            for key, place in tuple(placed.items()):
                if id(place) not in joined:
                    continue
                if (part := joined[id(place)]) is None:
                    del placed[key]
                else:
                    placed[key] = part

    def _check_size(self) -> None:
        components = sum(len(groups) for groups in self.groups.values())
        edges = sum(len(reading.links) for _, reading in self.readings)
        for found, limit, what in ((components, MAX_COMPONENTS, "components"), (edges, MAX_EDGES, "dependencies")):
            if found > limit:
                raise Error(
                    "SBOM010",
                    f"the tree has {found} {what}, and at most {limit} are written",
                    fix="Inventory its parts one by one with the input `path`.",
                )

    def _refs(self) -> dict[Purl, list[ComponentRef]]:
        """Return the refs of each purl's components: the purl, and a short digest behind it where two share one."""
        found = {}
        for purl, groups in self.groups.items():
            if len(groups) == 1:
                found[purl] = [ComponentRef(purl)]
                continue
            # By content and not by order: the same lock gets the same ref whatever else is in the tree.
            found[purl] = [
                ComponentRef(f"{purl}#{hashlib.sha256(repr(sorted(group.digests.items())).encode()).hexdigest()[:12]}")
                for group in groups
            ]
        return found

    def _member_refs(self) -> dict[tuple[str, str], ComponentRef]:
        """Return the ref of each part of the tree: the root's purl with the folder as subpath."""
        base = str(self.subject.purl)
        found: dict[tuple[str, str], ComponentRef] = {}
        for folder, ecosystem in sorted(self.members):
            if folder == "":
                found[folder, ecosystem] = ComponentRef(base)
            else:
                others = [key for key in self.members if key[0] == folder]
                suffix = f"#{ecosystem}" if len(others) > 1 else ""
                found[folder, ecosystem] = ComponentRef(_with_subpath(base, folder) + suffix)
        return found

    def _edges(
        self, refs: Mapping[Purl, list[ComponentRef]], member_refs: Mapping[tuple[str, str], ComponentRef]
    ) -> tuple[dict[tuple[ComponentRef, ComponentRef], _Tie], set[ComponentRef]]:
        """Return the edges of the whole tree, and which components are needed directly."""
        ref_of_group = {
            id(group): ref
            for purl, group_refs in refs.items()
            for group, ref in zip(self.groups[purl], group_refs, strict=True)
        }
        root = ComponentRef(str(self.subject.purl))
        own = {root, *member_refs.values()}
        edges: dict[tuple[ComponentRef, ComponentRef], _Tie] = {}
        direct: set[ComponentRef] = set()
        for (path, reading), placed in zip(self.readings, self.placed, strict=True):
            names: dict[str, ComponentRef] = {
                key: member_refs[place] if isinstance(place, tuple) else ref_of_group[id(place)]
                for key, place in placed.items()
            }
            folder = path.rpartition("/")[0]
            home = next((ref for key, ref in member_refs.items() if key[0] == folder), root)
            names.setdefault("", home)
            for link in reading.links:
                source, target = names.get(link.source), names.get(link.target)
                if source is None or target is None or source == target:
                    continue
                tie = edges.get((source, target))
                if tie is None:
                    tie = edges[source, target] = _Tie()
                tie.add(link.scope)
                if link.marker:
                    tie.markers += (told(visible(link.marker)),)
                if not link.known:
                    self.flat.add(source)
                elif source in own:
                    direct.add(target)
        return edges, direct

    def _attach_loose(
        self, root: ComponentRef, edges: dict[tuple[ComponentRef, ComponentRef], _Tie], refs: list[ComponentRef]
    ) -> bool:
        """Hang what nothing leads to on the root, so that nothing floats; tell whether there was such a thing."""
        after: dict[ComponentRef, list[ComponentRef]] = {}
        has_parent: set[ComponentRef] = set()
        for source, target in edges:
            after.setdefault(source, []).append(target)
            has_parent.add(target)
        seen = _reached([root], after, set())
        found = False
        # First the beginnings of loose chains, then one of each loose ring.
        for candidates in (sorted(ref for ref in refs if ref not in has_parent), sorted(refs)):
            for ref in candidates:
                if ref not in seen:
                    edges[root, ref] = _Tie()
                    _reached([ref], after, seen)
                    found = True
        return found

    def _component(self, group: _Group, ref: ComponentRef, spread: tuple[Scope, ...], *, direct: bool) -> Component:
        packages = group.packages
        first = packages[0]
        name = normal_pypi(first.name) if first.ecosystem is Ecosystem.PYPI else first.name
        group_name, name = split_group(first.ecosystem, name)
        scopes = set(first.scopes or spread)
        edges = first.edges
        # Most stand in one lock.
        for package in packages[1:]:
            scopes.update(package.scopes or spread)
            edges = max(edges, package.edges, key=_KNOWN.__getitem__)
        artifacts = _artifacts(packages)
        # Where another lock has it with a file, the hash applies after all.
        absent = () if artifacts else _united(packages, _NOT_APPLICABLE)
        licences = _united(packages, _LICENCES)
        producer = next((item.producer for item in packages if item.producer), None) or _producer(first)
        return Component(
            ref=ref,
            purl=group.purl,
            kind=first.kind,
            ecosystem=first.ecosystem.value,
            group=group_name,
            name=visible(name),
            version=visible(first.version),
            locations=_locations(packages),
            artifacts=artifacts,
            facts=_united(packages, _FACTS),
            licences=licences,
            producer=producer,
            scopes=_by_weight(scopes) or (Scope.RUNTIME,),
            direct=direct,
            edges=edges,
            gaps=gaps_of(first.version, producer, None if absent else artifacts, licences, edges, first.moves),
            not_applicable=absent,
            notes=_united(packages, _NOTES),
            registries=tuple(sorted({package.registry for package in packages if package.registry})),
        )

    def _member(self, key: tuple[str, str], ref: ComponentRef) -> Component:
        folder, ecosystem = key
        packages = self.members[key]
        edges = Known.INCOMPLETE if ref in self.flat else _least_known(packages)
        return self._own(
            ref,
            Purl(_with_subpath(str(self.subject.purl), folder)),
            ecosystem,
            next((package.name for package in packages if package.name), folder.rpartition("/")[2]),
            next((package.version for package in packages if package.version), self.subject.version),
            folder,
            packages,
            edges,
        )

    def _root(self, ref: ComponentRef, edges: Known) -> Component:
        packages = [package for key, found in self.members.items() if key[0] == "" for package in found]
        known = min((edges, _least_known(packages)), key=_KNOWN.__getitem__)
        made = self._own(ref, self.subject.purl, "", self.subject.name, self.subject.version, "", packages, known)
        return made if self.subject.kind is made.kind else replace(made, kind=self.subject.kind)

    def _own(  # noqa: PLR0913, PLR0917 - what is known about a part of the tree
        self,
        ref: ComponentRef,
        purl: Purl,
        ecosystem: str,
        name: str,
        version: str,
        folder: str,
        packages: list[Package],
        edges: Known,
    ) -> Component:
        licences = _united(packages, _LICENCES)
        return Component(
            ref=ref,
            purl=purl,
            kind=Kind.APPLICATION,
            ecosystem=ecosystem,
            group="",
            name=visible(name),
            version=visible(version)[:MAX_VERSION],
            locations=_locations(packages),
            own=visible(folder),
            licences=licences,
            producer=self.subject.author,
            scopes=(Scope.RUNTIME,),
            direct=True,
            edges=edges,
            gaps=gaps_of(version, self.subject.author, None, licences, edges),
            not_applicable=(_OWN,),
        )


class _Tie:
    """What is known about one edge. There are hundreds of thousands, nearly all of one scope and without a marker."""

    __slots__ = ("markers", "scopes")

    def __init__(self) -> None:
        self.scopes: tuple[Scope, ...] = ()
        self.markers: tuple[str, ...] = ()

    def add(self, scope: Scope) -> None:
        """Note that it is there for this scope as well."""
        if scope not in self.scopes:
            self.scopes += (scope,)

    def sorted_scopes(self) -> tuple[Scope, ...]:
        """Return the scopes, the lightest condition first."""
        return self.scopes if len(self.scopes) < 2 else tuple(sorted(self.scopes, key=_WEIGHT.__getitem__))  # noqa: PLR2004 - nothing to sort


def _with_subpath(purl: str, folder: str) -> str:
    return write_purl(parse_purl(purl)._replace(subpath=visible(folder)))


def _told(finding: Finding) -> Finding:
    """Return a finding without the secrets of the addresses that it speaks of."""
    return replace(finding, text=told(finding.text)) if "://" in finding.text else finding


def _reached(
    starts: list[ComponentRef], after: Mapping[ComponentRef, list[ComponentRef]], seen: set[ComponentRef]
) -> set[ComponentRef]:
    """Add to `seen` everything that can be reached; return it."""
    waiting = deque(starts)
    seen.update(starts)
    while waiting:
        for target in after.get(waiting.popleft(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _spread(
    root: ComponentRef, edges: Mapping[tuple[ComponentRef, ComponentRef], _Tie]
) -> dict[ComponentRef, tuple[Scope, ...]]:
    """Return what each component is needed for: the scopes of the paths that lead to it from the root.

    A path has the scope of its heaviest condition: what a development tool needs is needed for development.
    """
    after: dict[ComponentRef, list[tuple[ComponentRef, Scope]]] = {}
    for (source, target), tie in edges.items():
        for scope in tie.scopes or (Scope.RUNTIME,):
            after.setdefault(source, []).append((target, scope))
    found: dict[ComponentRef, tuple[Scope, ...]] = {root: (Scope.RUNTIME,)}
    waiting = deque([(root, Scope.RUNTIME)])
    while waiting:
        here, scope = waiting.popleft()
        weight = _WEIGHT[scope]
        for target, link_scope in after.get(here, ()):
            reached = scope if scope is link_scope or weight >= _WEIGHT[link_scope] else link_scope
            known = found.get(target, ())
            if reached not in known:
                found[target] = (*known, reached)
                waiting.append((target, reached))
    # What is needed at run time is no less so for being a development need as well; both are told.
    return found


def _by_weight(scopes: set[Scope]) -> tuple[Scope, ...]:
    return tuple(scopes) if len(scopes) == 1 else tuple(sorted(scopes, key=_WEIGHT.__getitem__))


def _locations(packages: Sequence[Package]) -> tuple[Location, ...]:
    if len(packages) == 1 and len(packages[0].locations) == 1 and packages[0].locations[0].path.isprintable():
        return packages[0].locations
    found = {Location(visible(place.path), place.line) for package in packages for place in package.locations}
    return tuple(sorted(found, key=lambda place: (place.path, place.line)))


def _artifacts(packages: Sequence[Package]) -> tuple[Artifact, ...]:
    """Return the files of all these packages, each once, with everything that is stated about it."""
    if len(packages) == 1 and len(packages[0].artifacts) < 2:  # noqa: PLR2004 - nothing to merge or to sort
        return packages[0].artifacts
    named: dict[str, Artifact] = {}
    bare: list[Artifact] = []
    for package in packages:
        for artifact in package.artifacts:
            if not artifact.file:
                bare.append(artifact)
                continue
            known = named.get(artifact.file)
            if known is None:
                named[artifact.file] = artifact
                continue
            have = {(digest.algorithm, digest.value) for digest in known.digests}
            more = tuple(digest for digest in artifact.digests if (digest.algorithm, digest.value) not in have)
            urls = sorted(url for url in (known.url, artifact.url) if url)
            named[artifact.file] = Artifact(known.file, urls[0] if urls else "", known.digests + more)
    known_digests = {(digest.algorithm, digest.value) for artifact in named.values() for digest in artifact.digests}
    nameless: dict[tuple[tuple[str, str], ...], Artifact] = {}
    for artifact in bare:
        key = tuple((digest.algorithm, digest.value) for digest in artifact.digests)
        if key and not all(item in known_digests for item in key):
            nameless.setdefault(key, artifact)
    return (
        *(named[file] for file in sorted(named)),
        *(nameless[key] for key in sorted(nameless)),
    )


def _producer(package: Package) -> Producer | None:
    """Return who makes a package where its name says so, marked derived: the owner of its repository or its namespace.

    Whoever holds a namespace of a registry (npm's scope, Maven's group, Composer's vendor) is the only one who puts
    packages there. Where names are free for all nobody is named: an index is not who makes what lies in it.
    """
    if package.ecosystem in (Ecosystem.GO, Ecosystem.SWIFT):
        host, _, rest = package.name.partition("/")
        owner = rest.partition("/")[0]
        if owner and "." in host:
            return Producer(visible(owner), f"https://{host}/{owner}", derived=True)
    if package.ecosystem is Ecosystem.GITHUB:
        owner = package.name.partition("/")[0]
        return Producer(visible(owner), f"https://github.com/{owner}", derived=True)
    if package.ecosystem in _NAMESPACED:
        group, _ = split_group(package.ecosystem, package.name)
        return Producer(visible(group), derived=True) if group else None
    if package.ecosystem is Ecosystem.DOCKER:
        owner, slash, _ = package.name.rpartition("/")
        # Images without a namespace, and those in `library`, are the registry's own collection.
        return Producer(visible(owner), derived=True) if slash and owner != "library" else None
    return None


def gaps_of(  # noqa: PLR0913, PLR0917 - the fields that can be unknown
    version: str,
    producer: Producer | None,
    artifacts: tuple[Artifact, ...] | None,
    licences: tuple[LicenceClaim, ...],
    edges: Known,
    moves: str = "",
) -> tuple[Gap, ...]:
    """Return which of the fields of CISA's Minimum Elements 2026 are unknown for a component, and why.

    `artifacts` is None where no file of the component is distributed, so that there is no hash to know;
    `moves` says why its version is not exact.
    """
    found = []
    if not version:
        found.append(_NO_VERSION)
    elif moves:
        found.append(Gap("Component Version", moves))
    if producer is None:
        found.append(_NO_PRODUCER)
    if artifacts is not None and not any(artifact.digests for artifact in artifacts):
        found.append(_NO_HASH)
    if not any(claim.expression for claim in licences):
        found.append(_NO_EXPRESSION if licences else _NO_LICENCE)
    if edges is not Known.COMPLETE:
        found.append(_NO_EDGES)
    return tuple(found)


def _least_known(packages: Sequence[Package]) -> Known:
    return min((package.edges for package in packages), key=_KNOWN.__getitem__, default=Known.COMPLETE)


def _united(packages: Sequence[Package], part: Callable[[Package], tuple[_Part, ...]]) -> tuple[_Part, ...]:
    """Return the parts of all these packages, each once, in an order that does not depend on the locks' order."""
    if len(packages) == 1:
        found = part(packages[0])
        if len(found) < 2:  # noqa: PLR2004 - nothing to unite or to sort
            return found
    return tuple(sorted({item for package in packages for item in part(package)}, key=repr))
