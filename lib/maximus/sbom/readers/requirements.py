"""Requirements lists as pip reads them: `*requirements*.txt`, `requirements/*.txt`, constraints.

Only `==` and `===` without a wildcard name a version; everything else is a finding. What pip-compile and
uv note behind a requirement (`# via ...`) tells who needs it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from maximus.errors import Error
from maximus.sbom import addresses, digests, parsing
from maximus.sbom.limits import MAX_INCLUDES, MAX_LOCK, MAX_TEXT
from maximus.sbom.model import (
    ELSEWHERE,
    Artifact,
    Ecosystem,
    Finding,
    Known,
    Link,
    Location,
    NotApplicable,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import normal_pypi, visible
from maximus.sbom.readers import absence, python
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.requirement_indexes import registry_of
from maximus.sbom.tree import Source

__all__ = ["READER"]

_LIST = re.compile(r"[^/]*requirements[^/]*\.txt")
_CONSTRAINTS = re.compile(r"[^/]*constraints?[^/]*\.txt")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*"
    r"(?:@\s*(?P<url>\S+)|(?P<specifier>\(?\s*(?:[=<>!~]=?=?[^;]*)?))\s*(?:;(?P<marker>.*))?"
)
_PINNED = re.compile(r"\(?\s*={2,3}\s*(?P<version>[^\s,*)]+)\s*\)?")
_HASH = re.compile(r"\s--hash[= ]\s*([A-Za-z0-9]+:[0-9A-Fa-f]+)")
_OPTION = re.compile(r"\s--?[A-Za-z]")
_COMMENT = re.compile(r"(?:^|\s)#(.*)$")


def _reads(path: str) -> bool:
    parts = PurePosixPath(path).parts
    in_folder = len(parts) > 1 and parts[-2] == "requirements" and path.endswith(".txt")
    return in_folder or bool(_LIST.fullmatch(parts[-1]) or _CONSTRAINTS.fullmatch(parts[-1]))


def _is_constraints(path: str) -> bool:
    return bool(_CONSTRAINTS.fullmatch(path.rpartition("/")[2]))


@dataclass(slots=True)
class _Line:
    """A logical line: its continuations joined, its comments apart."""

    number: int
    text: str
    comments: list[str] = field(default_factory=list)
    """Behind it, and on the lines of their own that follow it."""


def _logical_lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    joined, start = "", 0
    for number, physical in enumerate(text.split("\n"), 1):
        line = physical.rstrip("\r")
        stripped = line.strip()
        if stripped.startswith("#"):
            # pip drops comment lines even between continuations.
            if found and not joined:
                found[-1].comments.append(stripped[1:])
            continue
        start = start or number
        comment = _COMMENT.search(line)
        body = line[: comment.start()] if comment else line
        if body.endswith("\\") and not comment:
            joined += body[:-1] + " "
            continue
        logical = (joined + body).strip()
        if logical:
            found.append(_Line(start, logical, [comment[1]] if comment else []))
        joined, start = "", 0
    if joined.strip():
        found.append(_Line(start, joined.strip()))
    return found


@dataclass(slots=True)
class _Pin:
    """A requirement with exactly one version, or one address."""

    name: str
    version: str
    location: Location
    hashes: tuple[str, ...]
    marker: str
    via: tuple[str, ...] | None
    """Who needs it: names, and `` for the project itself; None where nobody noted it."""
    url: str = ""


class _Lists:
    """Reads one list and those that it includes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tree = source.tree
        self.pins: list[_Pin] = []
        self.open: list[tuple[str, str, Location]] = []
        """Requirements without a version: name, text, place."""
        self.constraints: dict[str, _Pin] = {}
        self.findings: list[Finding] = []
        self.visited: set[str] = set()
        self.included: list[str] = []
        self.understood = 0
        self.nonsense: list[Location] = []

    def read(self, path: str, raw: bytes, *, constraint: bool) -> None:
        """Read a list; of constraints only the versions are kept."""
        if path in self.visited:
            return
        self.visited.add(path)
        for line in _logical_lines(parsing.decode(raw, path)):
            self._read_line(path, line, constraint=constraint)

    def _read_line(self, path: str, line: _Line, *, constraint: bool) -> None:
        location = Location(path, line.number)
        text = line.text
        if text.startswith("-"):
            self.understood += 1
            self._read_option(path, text, location, constraint=constraint)
            return
        hashes = tuple(_HASH.findall(" " + text))
        bare = text[: option.start()] if (option := _OPTION.search(text)) else text
        # No runs of blanks: several optional ones in a row would be tried in every combination.
        bare = " ".join(bare.split()) if len(bare) <= MAX_TEXT else "("
        if found := _REQUIREMENT.fullmatch(bare):
            self.understood += 1
            self._take(found, line, location, hashes, constraint=constraint)
        elif "://" in bare or bare.startswith((".", "/")) or bare.endswith((".whl", ".tar.gz", ".zip")):
            self.understood += 1
            self._take_address(bare.split(";")[0].strip(), line, location, hashes)
        else:
            self.nonsense.append(location)

    def _take(
        self, found: re.Match[str], line: _Line, location: Location, hashes: tuple[str, ...], *, constraint: bool
    ) -> None:
        name, url = found["name"], found["url"] or ""
        marker = (found["marker"] or "").strip()
        if url:
            if not constraint:
                self._take_address(url, line, location, hashes, name=name, marker=marker)
            return
        pinned = _PINNED.fullmatch((found["specifier"] or "").strip())
        if pinned is None:
            if not constraint:
                self.open.append((name, line.text, location))
            return
        pin = _Pin(name, pinned["version"], location, hashes, marker, _via(line.comments))
        if constraint:
            self.constraints.setdefault(normal_pypi(name), pin)
        else:
            self.pins.append(pin)

    def _take_address(  # noqa: PLR0913 - the parts of one line
        self,
        url: str,
        line: _Line,
        location: Location,
        hashes: tuple[str, ...],
        *,
        name: str = "",
        marker: str = "",
    ) -> None:
        commit = re.search(r"@([0-9a-f]{40})(?:#|$)", url)
        fragment = dict(part.partition("=")[::2] for part in url.partition("#")[2].split("&"))
        name = name or fragment.get("egg", "").partition("[")[0]
        hashes += tuple(f"{key}:{fragment[key]}" for key in ("sha256", "sha384", "sha512") if key in fragment)
        version = commit[1] if commit else ""
        if not url.startswith(("git+", "hg+", "svn+", "bzr+")):
            file_name, file_version = python.of_file(addresses.file_name(url))
            name, version = name or file_name, file_version
        if not name or not version:
            shown = addresses.clean(url) or visible(name or "an address")
            self.findings.append(Finding("unpinned", f"{shown} names no exact version", location))
            return
        self.pins.append(_Pin(name, version, location, hashes, marker, _via(line.comments), url))

    def _read_option(self, path: str, text: str, location: Location, *, constraint: bool) -> None:
        option, _, rest = text.partition(" ")
        if option.startswith("--") and "=" in option:
            option, _, rest = text.partition("=")
        elif not option.startswith("--") and len(option) > 2:  # noqa: PLR2004 - `-rbase.txt`
            option, rest = text[:2], text[2:]
        if option in ("-e", "--editable"):
            target = rest.strip()
            if "://" in target:
                self._take_address(target.split(" ")[0], _Line(location.line, text), location, ())
            return
        if option not in ("-r", "--requirement", "-c", "--constraint"):
            return
        try:
            words = shlex.split(rest)
        except ValueError:
            words = [rest.strip()]
        target = words[0] if words else ""
        is_constraint = constraint or option in ("-c", "--constraint")
        self._include(path, target, location, constraint=is_constraint)

    def _include(self, path: str, target: str, location: Location, *, constraint: bool) -> None:
        if "://" in target:
            shown = addresses.clean(target) or "an address"
            self.findings.append(
                Finding("not-locked", f"{shown} is included from the network and was not read", location)
            )
            return
        inside = Source(path, b"", self.tree).inside(target)
        if inside is None:
            self.findings.append(Finding("ignored", f"{visible(target)} leads out of the tree", location))
            return
        if len(self.included) >= MAX_INCLUDES:
            self.findings.append(Finding("limit", f"more than {MAX_INCLUDES} included lists", location))
            return
        # A list that is read by itself contributes its packages there; here only its versions.
        if not constraint and inside in self.tree.locks and not _is_constraints(inside):
            return
        try:
            raw = self.tree.read(inside, MAX_LOCK)
        except Error:
            self.findings.append(Finding("not-locked", f"{visible(inside)} is included and cannot be read", location))
            return
        self.included.append(inside)
        self.read(inside, raw, constraint=constraint)


def _via(comments: list[str]) -> tuple[str, ...] | None:
    """Return who needs a package, as pip-compile and uv note it; `` for the project itself, None without a note."""
    joined: list[str] = []
    inside = False
    for comment in comments:
        text = comment.strip()
        if text.startswith("via"):
            inside, text = True, text[3:].strip()
        if inside and text:
            joined += [part.strip() for part in text.split(",")]
    if not inside:
        return None
    found = []
    for entry in joined:
        if entry.startswith("-c "):
            continue
        # `-r requirements.in`, `name (pyproject.toml)`: the project asked for it.
        asks = entry.startswith("-") or "(" in entry or "/" in entry or entry.endswith((".in", ".txt", ".toml"))
        found.append("" if asks else normal_pypi(entry))
    return tuple(found)


def _read(source: Source) -> Reading:
    lists = _Lists(source)
    is_constraints = _is_constraints(source.path)
    if is_constraints and _is_referred_to(source):
        # Versions for other lists, which name what is really needed.
        return Reading((), (), findings=())
    lists.read(source.path, source.raw, constraint=False)
    if lists.nonsense and not lists.understood:
        return Reading((), (), findings=(Finding("ignored", "this is no list of requirements", Location(source.path)),))
    findings = list(lists.findings)
    findings += [Finding("unpinned", "this line is no requirement and was left out", place) for place in lists.nonsense]
    pins = list(lists.pins)
    for name, text, location in lists.open:
        constrained = lists.constraints.get(normal_pypi(name))
        if constrained is None:
            findings.append(Finding("unpinned", f"{visible(text[:200])} names no exact version", location))
        else:
            hashes = constrained.hashes
            pins.append(_Pin(name, constrained.version, location, hashes, "", ("",), constrained.url))
    made = _reading(
        pins, findings, tuple(lists.included), Scope.OPTIONAL if is_constraints else python.scope_of_words(source.name)
    )
    index = registry_of(source.path, source.tree)
    if not index:
        return made
    return replace(made, packages=tuple(replace(item, registry=item.registry or index) for item in made.packages))


def _reading(pins: list[_Pin], findings: list[Finding], included: tuple[str, ...], scope: Scope) -> Reading:
    packages = tuple(_package(str(number), pin) for number, pin in enumerate(pins))
    by_name: dict[str, list[str]] = {}
    for number, pin in enumerate(pins):
        by_name.setdefault(normal_pypi(pin.name), []).append(str(number))
    links: list[Link] = []
    for number, pin in enumerate(pins):
        if pin.via is None:
            links.append(Link("", str(number), scope, pin.marker, known=False))
            continue
        for name in pin.via:
            # A parent that is not in the list stands in another one; then the project is the nearest known.
            parents = by_name.get(name) if name else [""]
            links += [
                Link(parent, str(number), scope, pin.marker, known=parents is not None) for parent in parents or [""]
            ]
        if not pin.via:
            links.append(Link("", str(number), scope, pin.marker, known=False))
    return Reading(
        packages,
        tuple(links),
        findings=tuple(findings),
        also_read=included,
    )


def _package(key: str, pin: _Pin) -> Package:
    qualifiers: tuple[tuple[str, str], ...] = ()
    absent: tuple[NotApplicable, ...] = ()
    file = url = ""
    if pin.url.startswith(("git+", "hg+", "svn+", "bzr+")):
        address = re.sub(r"@[0-9a-f]{40}(?:#.*)?$", "", pin.url)
        if vcs := addresses.vcs_url(address, pin.version):
            qualifiers = (("vcs_url", vcs),)
        absent = (absence.COMMIT_ONLY,)
    elif pin.url:
        url, file = addresses.clean(pin.url), addresses.file_name(pin.url)
    here = digests.DigestLines(
        pin.location.path, dict.fromkeys((text.partition(":")[2] for text in pin.hashes), pin.location.line)
    )
    if len(pin.hashes) == 1 and pin.url:
        artifacts: tuple[Artifact, ...] = (python.artifact(file, url, pin.hashes, here),)
    else:
        # Each digest is of another file of this version; the list does not say which.
        artifacts = tuple(python.artifact("", "", (text,), here) for text in pin.hashes)
    return Package(
        key=key,
        ecosystem=Ecosystem.PYPI,
        name=pin.name,
        version=pin.version,
        locations=(pin.location,),
        qualifiers=qualifiers,
        artifacts=() if absent else artifacts,
        edges=Known.UNKNOWN if pin.via is None else Known.INCOMPLETE,
        not_applicable=absent,
        registry=ELSEWHERE if pin.url else "",
    )


def _is_referred_to(source: Source) -> bool:
    """Tell whether a list of the tree takes its versions from this constraints file."""
    name = source.name
    for path in source.tree.locks:
        if path != source.path and path.endswith(".txt") and _reads(path):
            raw = source.tree.manifest(path)
            if raw is not None and name.encode() in raw:
                for line in raw.decode("utf-8", "replace").splitlines():
                    option = re.match(r"\s*(?:-c|--constraint)[\s=]*(\S+)", line)
                    if option and Source(path, b"", source.tree).inside(option[1]) == source.path:
                        return True
    return False


READER = Reader("requirements", _reads, _read)
