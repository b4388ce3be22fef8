"""`conda-lock.yml`, explicit lists and `environment.yml`: Conda's packages, with those of pip among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import ELSEWHERE, Artifact, Ecosystem, Finding, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import normal_pypi, visible
from maximus.sbom.readers import python
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["ENVIRONMENT", "EXPLICIT", "FILE", "LOCK", "MACHINE", "built"]

FILE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-(?P<build>[^-]+)\.(?:conda|tar\.bz2)")
_PINNED = re.compile(
    r"(?:[^:\s]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<sign>={1,2})\s*(?P<version>[^=<>!~*,|\s]+)(?:=(?P<build>[^=*\s]+))?"
)
_PIP = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:={2,3}\s*(?P<version>[^\s,;*@]+)|@\s*(?P<url>\S+))"
)
_HASH = re.compile(r"\s--hash[= ]\s*([A-Za-z0-9]+:[0-9A-Fa-f]+)")
_BEHIND = re.compile(r"\s;|\s--|;\s")
"""Where a requirement of pip ends: before its marker and its options."""
# `conda-lock.yml`, `dev.conda-lock.yml`, `conda-lock-3.14.yaml`: the tool calls it as it is told.
_LOCK = re.compile(r"(?:.*/)?(?:[^/]+[-_.])?conda-lock(?:[-_.][^/]+)?\.ya?ml")
# `conda-lock` calls it conda-PLATFORM.lock unless it is told otherwise; a list is of one platform, and names it.
_EXPLICIT = re.compile(
    r"(?:.*/)?(?:conda-[^/]+|(?:[^/]*[-_.])?(?:linux|osx|win)-(?:32|64|arm64|aarch64|armv\w+|ppc64(?:le)?|s390x|riscv64)"
    r"(?:[-_.][^/]*)?)\.lock"
)
MACHINE = "__"
"""How the names begin of what is the machine's: its C library, its kernel."""
_PREFIX = "one `=` asks for any version that begins like this; only `==`, or a build behind it, is exact"
_MARK = re.compile(r"(?m)^@EXPLICIT[ \t]*\r?$")


def _read_lock(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    entries = parsing.records(documents[0].get("package") or [], source.path) if documents else []
    text = parsing.decode(source.raw, source.path)
    lines = DigestLines.of(source.path, text)
    places = _places(source, text, len(entries))
    keys = {
        _key(facts.get("name", ""), facts.get("platform", ""), facts.get("manager", "")): str(number)
        for number, entry in enumerate(entries)
        for facts in (parsing.texts(entry),)
    }
    packages: list[Package] = []
    links: list[Link] = []
    needed: set[str] = set()
    for number, entry in enumerate(entries):
        known = Known.COMPLETE
        for need in parsing.texts(entry.get("dependencies")):
            platform = parsing.text_of(entry.get("platform"))
            if need.startswith(MACHINE):
                continue
            # One name may be pip's and Conda's; what one of them needs is of its own kind where there is one.
            kinds = ("pip", "conda") if entry.get("manager") == "pip" else ("conda", "pip")
            target = next((found for kind in kinds if (found := keys.get(_key(need, platform, kind)))), None)
            if target:
                links.append(Link(str(number), target))
                needed.add(target)
            else:
                known = Known.INCOMPLETE
        if parsing.text_of(entry.get("name")).startswith(MACHINE):
            continue
        place = Location(source.path, places[number] if number < len(places) else 0)
        packages.append(_locked(str(number), entry, place, known, lines))
    # What was asked for stands in the sources of the lock; what nothing else needs must be among it.
    links += [Link("", package.key, known=package.key not in needed) for package in packages]
    return Reading(tuple(packages), tuple(links))


def _places(source: Source, text: str, count: int) -> list[int]:
    """Return the lines of the packages' names."""
    rows = text.split("\n")
    begin = next((number for number, row in enumerate(rows) if row.startswith("package:")), len(rows))
    found = [number for number, row in enumerate(rows[begin:], begin + 1) if row.lstrip().startswith("- name:")]
    # So the tool writes them; a lock that is written otherwise is taken apart once more, which costs as much again.
    return (
        found
        if len(found) == count
        else [
            scalar.line
            for scalar in parsing.scalars_of_yaml(source.raw, source.path)
            if scalar.keys == ("package", "-", "name")
        ]
    )


def _key(name: str, platform: str, manager: str) -> tuple[str, str, bool]:
    is_pip = manager == "pip"
    return normal_pypi(name) if is_pip else name.lower(), platform, is_pip


def built(url: str) -> tuple[tuple[str, str], ...]:
    """Return what the address of a file of Conda's says of its build, as qualifiers; none where it is no such file."""
    found = FILE.fullmatch(addresses.file_name(url))
    stated = (("build", found["build"]), ("subdir", url.split("/")[-2])) if found else ()
    return tuple((name, value) for name, value in stated if value)


def _locked(key: str, entry: dict[str, Any], place: Location, known: Known, lines: DigestLines) -> Package:
    facts = parsing.texts(entry)
    url = addresses.clean(facts.get("url", ""))
    file = addresses.file_name(url)
    found = tuple(
        digest
        for name, value in sorted(parsing.texts(entry.get("hash")).items())
        if (digest := digests.from_pair(f"{name}:{value}", lines))
    )
    is_pip = facts.get("manager") == "pip"
    qualifiers = () if is_pip else built(url)
    return Package(
        key,
        Ecosystem.PYPI if is_pip else Ecosystem.CONDA,
        facts.get("name", ""),
        facts.get("version", ""),
        (place,),
        qualifiers=qualifiers,
        artifacts=(Artifact(file, url, found),) if found or url else (),
        scopes=(Scope.DEV,) if facts.get("category", "main") != "main" else (Scope.RUNTIME,),
        edges=known,
    )


def _read_explicit(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    if not _MARK.search(text):
        # Without the mark Conda itself takes such a file for a list of what is asked for.
        return Reading((), ())
    lines = DigestLines.of(source.path, text)
    packages: list[Package] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() or line.startswith(("#", "@")):
            continue
        address, _, digest = line.strip().partition("#")
        url = addresses.clean(address)
        place = Location(source.path, number)
        found = FILE.fullmatch(addresses.file_name(url))
        if found is None:
            findings.append(Finding("ignored", f"{visible(line.strip())[:200]!r} is no package of Conda", place))
            continue
        algorithm = "sha256" if digest.startswith("sha256:") else "md5"
        known = digests.from_pair(f"{algorithm}:{digest.removeprefix('sha256:')}", lines)
        packages.append(
            Package(
                str(number),
                Ecosystem.CONDA,
                found["name"],
                found["version"],
                (place,),
                qualifiers=built(url),
                artifacts=(Artifact(addresses.file_name(url), url, (known,) if known else ()),),
                edges=Known.UNKNOWN,
            )
        )
    links = tuple(Link("", package.key, known=False) for package in packages)
    return Reading(tuple(packages), links, findings=tuple(findings))


def _is_locked(source: Source) -> bool:
    """Tell whether a lock lies beside an environment: what was asked for in ranges is in it exactly."""
    beside = (path for path in source.tree.locks if path.rpartition("/")[0] == source.folder)
    return any(LOCK.reads(path) or EXPLICIT.reads(path) for path in beside)


def _read_environment(source: Source) -> Reading:
    if _is_locked(source):
        return Reading((), ())
    packages: list[Package] = []
    findings: list[Finding] = []
    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        of_pip = scalar.keys == ("dependencies", "-", "pip", "-")
        if not of_pip and scalar.keys != ("dependencies", "-"):
            continue
        place = Location(source.path, scalar.line)
        if of_pip:
            if package := _of_pip(scalar.value.strip(), place):
                packages.append(package)
            elif not _is_option(scalar.value.strip()):
                text = f"{visible(scalar.value)[:200]} names no exact version"
                findings.append(Finding("unpinned", text, place))
            continue
        found = _PINNED.fullmatch(scalar.value.strip())
        if found is None:
            findings.append(Finding("unpinned", f"{visible(scalar.value)[:200]} names no exact version", place))
            continue
        build = (("build", found["build"]),) if found["build"] else ()
        begins_with = not build and found["sign"] == "="
        packages.append(
            Package(
                f"{scalar.line}:{scalar.value}",
                Ecosystem.CONDA,
                found["name"],
                found["version"],
                (place,),
                moves=_PREFIX if begins_with else "",
                qualifiers=build,
                edges=Known.UNKNOWN,
            )
        )
    return Reading(tuple(packages), tuple(Link("", package.key) for package in packages), findings=tuple(findings))


def _is_option(text: str) -> bool:
    """Tell whether a line for pip asks for no package of anybody's: an option, or the tree itself."""
    return text.startswith("-") and "://" not in text


def _of_pip(text: str, place: Location) -> Package | None:
    """Return the package of a line for pip: pinned, or the file at an address; None for anything else."""
    end = _BEHIND.search(text)
    found = _PIP.fullmatch(text[: end.start()].strip() if end else text)
    if found is None:
        return None
    url = found["url"] or ""
    version = found["version"] or python.of_file(addresses.file_name(url))[1]
    if not version or url.startswith("git+"):
        return None
    hashes = _HASH.findall(text)
    lines = DigestLines(place.path, dict.fromkeys((item.partition(":")[2] for item in hashes), place.line))
    # Of an address there is one file; else each digest is of another one, and nobody says of which.
    artifacts = tuple(python.artifact("", url, (item,), lines) for item in hashes)
    return Package(
        f"{place.line}:{text}",
        Ecosystem.PYPI,
        found["name"],
        version,
        (place,),
        artifacts=artifacts or ((python.artifact("", url, (), lines),) if url else ()),
        edges=Known.UNKNOWN,
        registry=ELSEWHERE if url else "",
    )


LOCK = Reader("conda-lock", lambda path: bool(_LOCK.fullmatch(path)), _read_lock)
EXPLICIT = Reader("conda-explicit", lambda path: bool(_EXPLICIT.fullmatch(path)), _read_explicit)
ENVIRONMENT = Reader(
    "conda-environment",
    lambda path: path.rpartition("/")[2] in ("environment.yml", "environment.yaml"),
    _read_environment,
)
