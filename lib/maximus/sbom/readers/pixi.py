"""`pixi.lock`, versions 4 to 7: packages of Conda's and of PyPI's, and which of them each environment holds.

A package stands in `packages` once, by its address; an environment lists addresses for each platform, and what a
package needs is found among those of the same environment and platform.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, licences, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import ELSEWHERE, Artifact, Ecosystem, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import normal_pypi
from maximus.sbom.readers import absence, conda, python
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KINDS = ("conda", "pypi", "conda_source")
_ENTRY = re.compile(r"- '?(?:kind|conda|pypi|conda_source)'?:")
_NEED = re.compile(r"(?:[^:\s]+::)?([A-Za-z0-9_.-]+)")
_EXTRA = re.compile(r"\bextra\s*==")
_PURL = re.compile(r"pkg:pypi/([A-Za-z0-9._-]+)")
_FILES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".conda")


def _read(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    return _Lock(source, documents[0] if documents else {}).read()


def _reference(facts: dict[str, str]) -> tuple[str, str]:
    """Return the kind of an entry, of `packages` or of an environment, and the address or path that it goes by."""
    if "kind" in facts:
        return facts["kind"], facts.get("url") or facts.get("path", "")
    return next(((kind, facts[kind]) for kind in _KINDS if kind in facts), ("", ""))


def _places(source: Source, text: str, count: int) -> list[int]:
    """Return the lines on which the entries of `packages` begin."""
    rows = text.split("\n")
    begin = next((number for number, row in enumerate(rows, 1) if row.startswith("packages:")), len(rows))
    found = [number for number, row in enumerate(rows, 1) if number > begin and _ENTRY.match(row)]
    if len(found) == count:
        return found
    # So the tool writes them; one that was formatted is taken apart once more, which costs as much again.
    scalars = parsing.scalars_of_yaml(source.raw, source.path)
    begins = [("packages", "-", kind) for kind in ("kind", *_KINDS)]
    return [scalar.line for scalar in scalars if scalar.keys in begins]


class _Lock:
    """One lock, read."""

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self.source = source
        text = parsing.decode(source.raw, source.path)
        self.lines = DigestLines.of(source.path, text)
        listed = parsing.records(document.get("packages") or [], source.path)
        places = _places(source, text, len(listed))
        self.entries: dict[str, dict[str, Any]] = {}
        """By kind and reference; one that stands several times is one place of the tree, built in several ways."""
        self.places: dict[str, int] = {}
        for number, entry in enumerate(listed):
            key = " ".join(_reference(parsing.texts(entry)))
            self.entries.setdefault(key, entry)
            self.places.setdefault(key, places[number] if number < len(places) else 0)
        self.environments = parsing.mapping(document.get("environments") or {}, source.path)
        self.scopes: dict[str, set[Scope]] = {key: set() for key in self.entries}
        self.links: dict[Link, None] = {}
        self.incomplete: set[str] = set()

    def read(self) -> Reading:
        indexes: set[str] = set()
        for name, value in self.environments.items():
            environment = parsing.mapping(value, self.source.path)
            stated = [url for url in parsing.listed(environment.get("indexes")) if isinstance(url, str)]
            indexes |= {addresses.index_of(url) for url in stated}
            scope = python.scope_of_words(name)
            for group in parsing.mapping(environment.get("packages") or {}, self.source.path).values():
                self._read_group(group, scope)
        for key, entry in self.entries.items():
            for field in ("build_packages", "host_packages"):
                for needed in self._listed(entry.get(field)):
                    self.scopes[needed].add(Scope.BUILD)
                    self.links[Link(key, needed, Scope.BUILD)] = None
        registry = indexes.pop() if len(indexes) == 1 else ELSEWHERE if indexes else ""
        packages = []
        for key, entry in self.entries.items():
            made = self._package(key, entry)
            if made.ecosystem is Ecosystem.PYPI and not made.registry:
                made = replace(made, registry=registry)
            packages.append(made)
        targets = {link.target for link in self.links}
        # What was asked for stands in the manifest; what nothing else needs must be among it.
        links = [
            Link("", package.key, min(package.scopes, default=Scope.RUNTIME, key=list(Scope).index),
                 known=package.key not in targets)
            for package in packages
        ]  # fmt: skip
        return Reading(tuple(packages), (*self.links, *links))

    def _listed(self, value: object) -> list[str]:
        """Return the keys of the entries that a list refers to."""
        keys = (" ".join(_reference(parsing.texts(item))) for item in parsing.listed(value))
        return [key for key in keys if key in self.entries]

    def _read_group(self, listed: object, scope: Scope) -> None:
        """Take the packages of one environment on one platform, and find out who of them needs whom."""
        keys = self._listed(listed)
        names: dict[tuple[bool, str], str] = {}
        for key in keys:
            self.scopes[key].add(scope)
            name, is_pip = self._name(key), key.startswith("pypi ")
            names[is_pip, normal_pypi(name) if is_pip else name.lower()] = key
        for key in keys:
            if not key.startswith("pypi "):
                # Packages of Conda's stand in for those of PyPI, which are needed by their names there.
                names |= {(True, name): key for name in self._provided(key) if (True, name) not in names}
        for key in keys:
            for is_pip, name, marker in self._needs(key):
                target = names.get((is_pip, name))
                if target is not None and target != key:
                    self.links[Link(key, target, Scope.RUNTIME, marker)] = None
                elif target is None and not marker:
                    self.incomplete.add(key)

    def _provided(self, key: str) -> Iterator[str]:
        """Yield what a package of Conda's is called on PyPI: as its purls say, else by its own name."""
        stated = [item for item in parsing.listed(self.entries[key].get("purls")) if isinstance(item, str)]
        found = [match[1] for item in stated if (match := _PURL.match(item))]
        yield from (normal_pypi(name) for name in found or [self._name(key)])

    def _needs(self, key: str) -> Iterator[tuple[bool, str, str]]:
        """Yield of each need whether it is PyPI's, its name and its marker."""
        entry = self.entries[key]
        for text in parsing.listed(entry.get("depends")):
            found = _NEED.match(text) if isinstance(text, str) else None
            if found and not found[1].startswith(conda.MACHINE):
                yield False, found[1].lower(), ""
        for text in parsing.listed(entry.get("requires_dist")):
            if isinstance(text, str):
                marker = text.partition(";")[2].strip()
                # Nobody says which extras were asked for; what only they need hangs on the root.
                if not _EXTRA.search(marker):
                    yield True, python.requirement_name(text), marker

    def _name(self, key: str) -> str:
        if stated := parsing.text_of(self.entries[key].get("name")):
            return stated
        kind, _, reference = key.partition(" ")
        if kind == "conda_source":
            return reference.partition("[")[0]
        found = conda.FILE.fullmatch(addresses.file_name(reference))
        return found["name"] if found else ""

    def _package(self, key: str, entry: dict[str, Any]) -> Package:
        facts = parsing.texts(entry)
        kind, _, reference = key.partition(" ")
        is_pip = kind == "pypi"
        file = conda.FILE.fullmatch(addresses.file_name(reference))
        version = facts.get("version") or (file["version"] if file and not is_pip else "")
        claim = licences.declared(facts["license"], "pixi.lock license") if _is_licence(facts) else None
        package = Package(
            key=key,
            ecosystem=Ecosystem.PYPI if is_pip else Ecosystem.CONDA,
            name=self._name(key),
            version=version,
            locations=(Location(self.source.path, self.places[key]),),
            licences=(claim,) if claim else (),
            scopes=tuple(scope for scope in Scope if scope in self.scopes[key]),
            edges=Known.INCOMPLETE if key in self.incomplete else Known.COMPLETE,
        )
        return self._placed(package, reference.rpartition(" @ ")[2] if kind == "conda_source" else reference, facts)

    def _placed(self, package: Package, place: str, facts: dict[str, str]) -> Package:
        """Return the package with what the place says that it comes from: a folder, a repository or a file."""
        if place.startswith("git+"):
            address, _, commit = place.partition("#")
            vcs = addresses.vcs_url(address, commit)
            return replace(package, version=package.version or commit, registry=ELSEWHERE,
                           qualifiers=(("vcs_url", vcs),) if vcs else (),
                           not_applicable=(absence.COMMIT_ONLY,))  # fmt: skip
        is_direct, url = place.startswith("direct+"), addresses.clean(place.removeprefix("direct+"))
        if not url and not place.endswith(_FILES):
            own = self.source.inside(place)
            outside = () if own is not None else (absence.OUTSIDE_TREE,)
            return replace(package, own=own, scopes=(), not_applicable=outside, registry=ELSEWHERE)
        stated = tuple(
            digest
            for name in ("sha256", "md5")
            if name in facts and (digest := digests.from_pair(f"{name}:{facts[name]}", self.lines))
        )
        artifact = Artifact(addresses.file_name(place.removeprefix("direct+")), url, stated)
        qualifiers = () if package.ecosystem is Ecosystem.PYPI else conda.built(url)
        registry = ELSEWHERE if is_direct or not url else ""
        return replace(package, artifacts=(artifact,), qualifiers=qualifiers, registry=registry)


def _is_licence(facts: dict[str, str]) -> bool:
    # Recipes without one have the word that Python writes for nothing.
    return facts.get("license", "") not in ("", "None")


READER = Reader("pixi", lambda path: path.rpartition("/")[2] == "pixi.lock", _read)
