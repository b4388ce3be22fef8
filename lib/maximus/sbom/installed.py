"""What installed packages say about themselves: licence and producer.

Out of `package.json`, Python's `METADATA`, the `PKG-INFO` of an egg, and the `gemspec` that RubyGems writes.

Where these name no licence, the licence files beside them are matched (`licence_texts.py`).

Looks only where the walk of the tree found something installed, reads only metadata, runs nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, gems, licence_texts, licences, parsing, producers, synonyms, wheels
from maximus.sbom.limits import MAX_COMPONENTS, MAX_ENTRIES, MAX_EXPRESSION, MAX_MANIFEST
from maximus.sbom.model import Ecosystem, Finding, LicenceClaim, Location, Producer
from maximus.sbom.naming import is_exact, is_name, make_purl, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maximus.sbom.model import Purl
    from maximus.sbom.tree import Tree
    from maximus.sbom.wheels import Carried

__all__ = ["Installed", "Said", "of_metadata", "of_package_json", "read_installed"]

_NPM_LOCKS = frozenset({"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"})
_HEADERS = frozenset({
    "name", "version", "license", "license-expression", "classifier",
    "author", "author-email", "maintainer", "maintainer-email", "project-url", "home-page",
})  # fmt: skip
_MOST_HEADERS = 2000
_PYTHON = ("/METADATA", "/PKG-INFO", ".egg-info")
_DEEPEST = 5
"""Folders below `licenses` and `sboms` of a wheel."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one installed package declares."""

    purl: Purl
    licences: tuple[LicenceClaim, ...] = ()
    producer: Producer | None = None
    tags: frozenset[str] = frozenset()
    """Of a wheel: what it was built for, as `cp311-cp311-manylinux_2_17_x86_64`; empty where it does not say."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What all installed packages of a tree declare."""

    said: tuple[Said, ...] = ()
    """One for each installed copy, in no order that means anything."""
    findings: tuple[Finding, ...] = ()
    carried: tuple[Carried, ...] = ()
    """The SBOMs inside installed wheels."""


def read_installed(tree: Tree) -> Installed:
    """Return what the packages installed in a tree say; what cannot be read is a finding and stops nothing."""
    said: list[Said] = []
    findings: list[Finding] = []
    carried: list[Carried] = []
    budget = _Budget()
    try:
        for path in _manifests(tree, budget):
            if len(said) >= MAX_COMPONENTS:
                text = f"more than {MAX_COMPONENTS} packages are installed; the rest was not read"
                findings.append(Finding("limit", text, Location(visible(path)), lost=False))
                break
            try:
                raw = tree.read(path, MAX_MANIFEST)
                found = _of(raw, path)
            except Error as fault:
                kind = "limit" if fault.code in ("SBOM004", "SBOM006") else "ignored"
                text = f"installed metadata was not read: {fault.why}"
                findings.append(Finding(kind, text, Location(visible(path)), lost=False))
                continue
            if found is None:
                continue
            wheel = _Wheel.at(tree, path, budget, findings) if path.endswith("/METADATA") else None
            if wheel is not None and wheel.record.differs("METADATA", raw):
                text = f"{found.purl} is not what its RECORD lists: nothing that it says was taken"
                findings.append(Finding("alarm", text, Location(visible(path)), lost=False))
                continue
            told = _with_texts(tree, path, found, budget, wheel)
            if wheel is not None:
                told = replace(told, tags=wheel.tags())
                carried += wheel.carried(found.purl)
            said.append(told)
    except _TooMany as fault:
        findings.append(Finding("limit", str(fault), Location(visible(fault.path)), lost=False))
    return Installed(tuple(said), tuple(findings), tuple(carried))


def _of(raw: bytes, path: str) -> Said | None:
    """Return what a file of metadata declares, by its name. Raises Error SBOM005 or SBOM006."""
    if path.endswith(_PYTHON):
        return of_metadata(raw)
    if not path.endswith(".gemspec"):
        return of_package_json(raw, visible(path))
    found = gems.of_gemspec(raw, path)
    if found is None or not is_name(Ecosystem.GEM, found.name) or not is_exact(Ecosystem.GEM, found.version):
        return None
    qualifiers = (("platform", found.platform),) if found.platform else ()
    return Said(make_purl("gem", found.name, found.version, qualifiers), found.licences, found.producer)


@dataclass(frozen=True, slots=True)
class _Wheel:
    """One installed `.dist-info` folder, and what its RECORD lists."""

    tree: Tree
    folder: str
    record: wheels.Record
    budget: _Budget
    findings: list[Finding]

    @classmethod
    def at(cls, tree: Tree, path: str, budget: _Budget, findings: list[Finding]) -> _Wheel:
        """Return the folder in which this METADATA lies; without a RECORD nothing is listed."""
        folder = path.rpartition("/")[0]
        try:
            raw = tree.read(f"{folder}/RECORD", wheels.MAX_RECORD)
        except Error:
            # What a system's package manager installed has none.
            raw = b""
        return cls(tree, folder, wheels.read_record(raw, folder.rpartition("/")[2]), budget, findings)

    def alter(self, name: str, raw: bytes) -> bool:
        """Tell, with a finding, whether a file is another one than RECORD lists."""
        if not self.record.differs(name, raw):
            return False
        text = f"{visible(name)} is not the file that RECORD lists: nothing was taken from it"
        self.findings.append(Finding("alarm", text, Location(visible(f"{self.folder}/{name}")), lost=False))
        return True

    def tags(self) -> frozenset[str]:
        """Return what the wheel was built for; nothing where RECORD does not vouch for the file that says it."""
        try:
            raw = self.tree.read(f"{self.folder}/WHEEL", MAX_MANIFEST)
        except Error:
            return frozenset()
        if not self.record.lists("WHEEL") or self.alter("WHEEL", raw):
            return frozenset()
        return wheels.read_tags(raw)

    def carried(self, carrier: Purl) -> Iterator[Carried]:
        """Yield the SBOMs inside it (PEP 770)."""
        if "sboms" not in self.budget.folders(self.tree, self.folder):
            return
        names = sorted(_below(self.tree, f"{self.folder}/sboms", self.budget))
        if len(names) > wheels.MAX_DOCUMENTS:
            text = f"more than {wheels.MAX_DOCUMENTS} SBOMs in one wheel; the rest was not read"
            self.findings.append(Finding("limit", text, Location(visible(self.folder)), lost=False))
        for path in names[: wheels.MAX_DOCUMENTS]:
            if not path.endswith(".json"):
                text = "an SBOM of a wheel that is no JSON was not read"
                self.findings.append(Finding("ignored", text, Location(visible(path)), lost=False))
                continue
            try:
                raw = self.tree.read(path, wheels.MAX_DOCUMENT)
            except Error as fault:
                kind = "limit" if fault.code == "SBOM004" else "ignored"
                text = f"an SBOM of a wheel was not read: {fault.why}"
                self.findings.append(Finding(kind, text, Location(visible(path)), lost=False))
                continue
            name = path.removeprefix(f"{self.folder}/")
            found, finding = wheels.read_carried(carrier, self.record, path, name, raw)
            if found is not None:
                yield found
            if finding is not None:
                self.findings.append(finding)


def _below(tree: Tree, folder: str, budget: _Budget) -> list[str]:
    """Return the files below a folder of a wheel, some levels deep."""
    found: list[str] = []
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        found += [f"{here}/{name}" for name in budget.files(tree, here)]
        if depth < _DEEPEST:
            waiting += [(f"{here}/{name}", depth + 1) for name in budget.folders(tree, here)]
    return found


class _TooMany(Exception):  # noqa: N818 - the end of a walk, caught above
    """More entries than one walk looks at."""

    def __init__(self, path: str) -> None:
        super().__init__(f"more than {MAX_ENTRIES} entries are installed; the rest was not read")
        self.path = path


class _Budget:
    """Counts the entries of all listed folders."""

    def __init__(self) -> None:
        self.seen = 0

    def folders(self, tree: Tree, path: str) -> list[str]:
        """Return the names of a folder's own folders, sorted; links are not followed. Raises _TooMany."""
        return self._names(tree, path, lambda entry: entry.is_dir(follow_symlinks=False))

    def files(self, tree: Tree, path: str) -> list[str]:
        """Return the names of a folder's regular files, sorted; links are left out. Raises _TooMany."""
        return self._names(tree, path, lambda entry: entry.is_file(follow_symlinks=False))

    def _names(self, tree: Tree, path: str, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
        try:
            with os.scandir(tree.root / path) as entries:
                listed = list(entries)
                self.seen += len(listed)
                found = sorted(entry.name for entry in listed if wanted(entry))
        except OSError:
            return []
        if self.seen > MAX_ENTRIES:
            raise _TooMany(path)
        return found


def _manifests(tree: Tree, budget: _Budget) -> Iterator[str]:
    """Yield the path of each installed package's metadata, relative to the root."""
    locked = {path.rpartition("/")[0] for path in tree.locks if path.rpartition("/")[2] in _NPM_LOCKS}
    for path in tree.installed:
        folder, _, name = path.rpartition("/")
        if name == "node_modules":
            if _is_at_or_below(folder, locked):
                yield from _in_node_modules(tree, path, budget)
        elif name.endswith(".dist-info"):
            yield f"{path}/METADATA"
        elif name.endswith(".egg-info"):
            yield f"{path}/PKG-INFO"
        elif name == "bundle":
            yield from _in_bundle(tree, path, budget)
        else:
            yield from _in_environment(tree, path, budget)


def _in_environment(tree: Tree, top: str, budget: _Budget) -> Iterator[str]:
    """Yield the metadata of every distribution in an environment, wheels and eggs."""
    for packages in _site_packages(tree, top, budget):
        for entry in budget.folders(tree, packages):
            if entry.endswith(".dist-info"):
                yield f"{packages}/{entry}/METADATA"
            elif entry.endswith(".egg-info"):
                yield f"{packages}/{entry}/PKG-INFO"
        # What distutils installed is one file.
        yield from (f"{packages}/{entry}" for entry in budget.files(tree, packages) if entry.endswith(".egg-info"))


def _in_bundle(tree: Tree, top: str, budget: _Budget) -> Iterator[str]:
    """Yield the specification of every gem below Bundler's folder, which has one for each kind of Ruby and version."""
    for engine in budget.folders(tree, top):
        for version in budget.folders(tree, f"{top}/{engine}"):
            here = f"{top}/{engine}/{version}/specifications"
            yield from (f"{here}/{name}" for name in budget.files(tree, here) if name.endswith(".gemspec"))


def _is_at_or_below(folder: str, folders: set[str]) -> bool:
    parts = folder.split("/") if folder else []
    return any("/".join(parts[:number]) in folders for number in range(len(parts) + 1))


def _in_node_modules(tree: Tree, top: str, budget: _Budget) -> Iterator[str]:
    """Yield the `package.json` of every package below a `node_modules`, nested ones and pnpm's store included."""
    waiting = [top]
    while waiting:
        here = waiting.pop()
        for name in budget.folders(tree, here):
            path = f"{here}/{name}"
            if name == ".pnpm":
                waiting += [f"{path}/{entry}/node_modules" for entry in budget.folders(tree, path)]
            elif name.startswith("@"):
                scoped = [f"{path}/{entry}" for entry in budget.folders(tree, path)]
                yield from (f"{package}/package.json" for package in scoped if _is_file(tree, package))
                waiting += [f"{package}/node_modules" for package in scoped]
            elif not name.startswith("."):
                if _is_file(tree, path):
                    yield f"{path}/package.json"
                waiting.append(f"{path}/node_modules")


def _is_file(tree: Tree, package: str) -> bool:
    return os.path.lexists(tree.root / package / "package.json")


def _site_packages(tree: Tree, path: str, budget: _Budget) -> list[str]:
    """Return the folders of installed packages of a virtual environment, or the folder itself where it is one."""
    if path.rpartition("/")[2] == "site-packages":
        return [path]
    # POSIX has lib/pythonX.Y/site-packages (and lib64, a link), Windows Lib/site-packages.
    libraries = [f"{path}/{name}" for name in budget.folders(tree, path) if name in ("lib", "lib64", "Lib")]
    found = [f"{library}/{name}" for library in libraries for name in budget.folders(tree, library)]
    inner = [f"{folder}/site-packages" for folder in found if not folder.endswith("/site-packages")]
    return [folder for folder in found if folder.endswith("/site-packages")] + inner


def _with_texts(tree: Tree, path: str, said: Said, budget: _Budget, wheel: _Wheel | None) -> Said:
    """Return what a package says, with what its licence files are where it names no licence itself.

    What is concluded stands beside what is declared; npm's `UNLICENSED` grants nothing, whatever file lies there.
    """
    if any(claim.expression or claim.text == "UNLICENSED" for claim in said.licences):
        return said
    if path.endswith((".gemspec", ".egg-info")):
        # Beside it lie those of other packages.
        return said
    folder = path.rpartition("/")[0]
    is_python = path.endswith(_PYTHON)
    found = [f"{folder}/{name}" for name in budget.files(tree, folder)]
    if is_python:
        # PEP 639 keeps the paths of the source tree below `licenses`.
        found += _below(tree, f"{folder}/licenses", budget)
    named = [item for item in found if licence_texts.is_licence_file(item.rpartition("/")[2])]
    named = sorted({*named, *(item for item in _named_by(said, folder) if item in found)})
    try:
        raws = [(item, tree.read(item, licence_texts.MAX_LICENCE)) for item in named]
    except Error:
        # One that cannot be read, or is too long for a licence: what the others say is not the whole.
        return said
    if wheel is not None and any(wheel.alter(item.removeprefix(f"{folder}/"), raw) for item, raw in raws):
        return said
    texts = [(item, raw.decode("utf-8", "replace")) for item, raw in raws]
    choice = any(re.search(r"\b(?:or|dual)\b", claim.text, re.IGNORECASE) for claim in said.licences)
    short = [(item.removeprefix(f"{folder}/").removeprefix("licenses/"), text) for item, text in texts]
    claim = licence_texts.conclude(short, "installed with it", choice=choice)
    return replace(said, licences=(*said.licences, claim)) if claim else said


def _named_by(said: Said, folder: str) -> list[str]:
    """Return the file that npm's `SEE LICENSE IN FILE` names."""
    matches = [re.fullmatch(r"SEE LICEN[CS]E IN ([^/\\]{1,100})", claim.text) for claim in said.licences]
    return [f"{folder}/{match[1]}" for match in matches if match]


def of_package_json(raw: bytes, where: str) -> Said | None:
    """Return what a `package.json` declares; None where it names no package with an exact version.

    Raises Error SBOM005 or SBOM006 where it is no JSON object.
    """
    document = parsing.parse_json(raw, where)
    name, version = document.get("name"), document.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    if not is_name(Ecosystem.NPM, name) or not is_exact(Ecosystem.NPM, version):
        return None
    evidence = "installed package.json license"
    value = document.get("license")
    if value is None:
        value, evidence = document.get("licenses"), "installed package.json licenses"
    return Said(make_purl("npm", name, version), _npm_claims(value, evidence), _npm_maker(document))


def _npm_claims(value: Any, evidence: str) -> tuple[LicenceClaim, ...]:  # noqa: ANN401 - foreign JSON
    if isinstance(value, str) and (known := synonyms.by_name(value)):
        return (LicenceClaim(visible(value), known, concluded=False, evidence=evidence),)
    return licences.from_npm(value, evidence)


def _npm_maker(document: dict[str, Any]) -> Producer | None:
    """Return the author, else the first who maintains it, else the owner of its repository, marked as derived."""
    for person in (document.get("author"), *parsing.listed(document.get("maintainers"))[:1]):
        if found := producers.of_entity(person):
            return found
    place = document.get("repository")
    return addresses.owner_of(parsing.text_of(place.get("url") if isinstance(place, dict) else place))


def of_metadata(raw: bytes) -> Said | None:
    """Return what a wheel's `METADATA` declares; None where it names no package with an exact version.

    See the core metadata specifications and PEP 639.
    """
    headers = _headers(raw)
    name, version = _first(headers, "name"), _first(headers, "version")
    if not is_name(Ecosystem.PYPI, name) or not is_exact(Ecosystem.PYPI, version):
        return None
    return Said(make_purl("pypi", name, version), _python_claims(headers), _python_producer(headers))


def _headers(raw: bytes) -> dict[str, list[str]]:
    """Return the header fields that are of use, up to the empty line behind which the description begins."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in raw.decode("utf-8", "replace").splitlines()[:_MOST_HEADERS]:
        if not line.strip() and not line.startswith((" ", "\t")):
            break
        if line.startswith((" ", "\t")):
            if current:
                current[-1] += "\n" + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.lower()
        current = found.setdefault(name, []) if name in _HEADERS else None
        if current is not None:
            current.append(value.strip())
    return found


def _first(headers: dict[str, list[str]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _python_claims(headers: dict[str, list[str]]) -> tuple[LicenceClaim, ...]:
    """Return the first of expression, licence field and classifiers that is a valid expression, else their text."""
    stated, field = _first(headers, "license-expression"), _first(headers, "license")
    by_classifiers, names = synonyms.by_classifiers(headers.get("classifier", ()))
    if field.upper() in ("UNKNOWN", "NONE"):
        field = ""
    steps = (
        (stated, licences.expression_of(stated), "installed METADATA License-Expression"),
        (field, _of_field(field), "installed METADATA License"),
        (names, by_classifiers, "installed METADATA Classifier"),
    )
    for text, expression, evidence in steps:
        if expression:
            return (_claim(text, expression, evidence),)
    for text, _, evidence in steps:
        # A whole licence text in the field names nothing by itself.
        if text and "\n" not in text:
            return (_claim(text, "", evidence),)
    matched = licence_texts.conclude([("License", field)], "in METADATA") if "\n" in field else None
    return (matched,) if matched else ()


def _claim(text: str, expression: str, evidence: str) -> LicenceClaim:
    return LicenceClaim(visible(text[:MAX_EXPRESSION]), expression, concluded=False, evidence=evidence)


def _of_field(field: str) -> str:
    """Return the expression of a free field: a known name, or an expression that its author meant as one."""
    # A slash is Cargo's "or"; in this field it may as well be an "and".
    return synonyms.by_name(field) or ("" if "/" in field else licences.expression_of(field))


def _python_producer(headers: dict[str, list[str]]) -> Producer | None:
    for role in ("author", "maintainer"):
        mails = _first(headers, f"{role}-email")
        if (name := _first(headers, role)) and (found := producers.of_people(name, mails)):
            return found
        if found := producers.of_people(mails):
            return found
    # `Label, address`; the source's own place first, for others are pages about it.
    places = [item.partition(",") for item in headers.get("project-url", ())]
    places.sort(key=lambda item: "source" not in item[0].lower() and "repo" not in item[0].lower())
    for address in (*(item[2].strip() for item in places), *headers.get("home-page", ())):
        if owner := addresses.owner_of(address):
            return owner
    return None
