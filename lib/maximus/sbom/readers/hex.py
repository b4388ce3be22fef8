"""`mix.lock` and `rebar.lock`: Hex packages with two digests, of which the outer one is the tarball's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import addresses, digests, parsing
from maximus.sbom.digests import DigestLines
from maximus.sbom.model import (
    ELSEWHERE,
    Artifact,
    Ecosystem,
    Finding,
    Known,
    Link,
    Location,
    LockFact,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, terms
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of
from maximus.sbom.readers.terms import Atom, Keyed

if TYPE_CHECKING:
    from maximus.sbom.readers.terms import Term
    from maximus.sbom.tree import Source

__all__ = ["MIX", "REBAR"]

_REBAR_ENTRY = re.compile(r'\s*\[?\{<<"([^"]+)">>')
_MIX_INNER, _MIX_NEEDS, _MIX_OUTER = 3, 5, 7
"""Where a mix tuple has the inner digest, what the package needs, and the tarball's digest."""
_LEAST = 3
_LEVEL = 2


def _text(values: tuple[Term, ...], place: int) -> str:
    value = values[place] if place < len(values) else ""
    return value.name if isinstance(value, Atom) else value if isinstance(value, str) else ""


def _tarball(name: str, version: str, outer: str, lines: DigestLines) -> tuple[Artifact, ...]:
    digest = digests.from_pair(f"sha256:{outer}", lines)
    file = f"{name}-{version}.tar"
    # A version with a line end in it is none, and so is a file of that name.
    return (Artifact(file if file.isprintable() else "", "", (digest,)),) if digest else ()


def _from_git(key: str, name: str, address: str, commit: str, place: Location) -> Package:
    """Return an entry that is a repository at a commit: not a package of Hex, though it may be called like one."""
    vcs = addresses.vcs_url(address, commit)
    return Package(
        key=key,
        ecosystem=Ecosystem.GENERIC,
        name=name,
        version=commit,
        locations=(place,),
        qualifiers=(("vcs_url", vcs),) if vcs else (),
        edges=Known.UNKNOWN,
        not_applicable=(absence.COMMIT_ONLY,),
    )


def _read_mix(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    lines = DigestLines.of(source.path, text)
    found = terms.parse(text, source.path)
    entries = [item for item in (found[0] if found and isinstance(found[0], list) else []) if isinstance(item, Keyed)]
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    names = {entry.key for entry in entries}
    for entry in entries:
        values = entry.value if isinstance(entry.value, tuple) else ()
        kind, place = _text(values, 0), Location(source.path, entry.line)
        if kind == "hex" and len(values) >= _LEAST:
            known = Known.COMPLETE if len(values) > _MIX_NEEDS else Known.UNKNOWN
            for need, optional in _mix_needs(values):
                if need in names:
                    links.append(Link(entry.key, need, Scope.OPTIONAL if optional else Scope.RUNTIME))
                elif not optional:
                    known = Known.INCOMPLETE
                    findings.append(Finding("unresolved", f"{visible(need)} is needed and not locked", place))
            packages.append(_mix_package(entry.key, values, place, known, lines))
        elif kind == "git" and len(values) >= _LEAST:
            packages.append(_from_git(entry.key, entry.key, _text(values, 1), _text(values, 2), place))
        elif kind != "path":
            findings.append(Finding("ignored", f"{visible(entry.key)} is of a kind that is not known", place))
    needed = {link.target for link in links}
    # `mix.exs` is a program: what nothing else needs is the project's own, the rest may be.
    links += [Link("", package.key, known=package.key not in needed) for package in packages]
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _mix_needs(values: tuple[Term, ...]) -> list[tuple[str, bool]]:
    listed = values[_MIX_NEEDS] if len(values) > _MIX_NEEDS else []
    found = []
    for need in listed if isinstance(listed, list) else []:
        if isinstance(need, tuple) and need:
            options = need[2] if len(need) >= _LEAST and isinstance(need[2], list) else []
            optional = any(
                isinstance(item, Keyed) and item.key == "optional" and item.value == Atom("true") for item in options
            )
            found.append((_text(need, 0), optional))
    return found


def _mix_package(key: str, values: tuple[Term, ...], place: Location, known: Known, lines: DigestLines) -> Package:
    name, version = _text(values, 1), _text(values, 2)
    inner, repository, outer = _text(values, _MIX_INNER), _text(values, 6), _text(values, _MIX_OUTER)
    # An organisation's own package is another one than the public one of that name.
    organisation = repository.removeprefix("hexpm:") if repository.startswith("hexpm:") else ""
    return Package(
        key=key,
        ecosystem=Ecosystem.HEX,
        name=f"{organisation}/{name}" if organisation else name,
        version=version,
        locations=(place,),
        artifacts=_tarball(name, version, outer, lines),
        facts=(LockFact("hex:inner-sha256", visible(inner), lines.origin(inner).location),) if inner else (),
        edges=known,
        notes=(("hex:repository", visible(repository)),) if repository not in ("", "hexpm") else (),
        registry=ELSEWHERE if repository not in ("", "hexpm") else "",
    )


def _read_rebar(source: Source) -> Reading:
    text = parsing.decode(source.raw, source.path)
    lines, places = DigestLines.of(source.path, text.lower()), keys_of(text, _REBAR_ENTRY)
    found = terms.parse(text, source.path)
    # Older rebar wrote the list alone, newer a pair of format and list, and the digests behind it.
    first = found[0] if found else []
    entries = first[1] if isinstance(first, tuple) and len(first) > 1 else first
    inner, outer = _rebar_digests(found[1:], "pkg_hash"), _rebar_digests(found[1:], "pkg_hash_ext")
    packages: list[Package] = []
    links: list[Link] = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, tuple) or len(entry) < _LEAST or not isinstance(entry[1], tuple):
            continue
        key, what = _text(entry, 0), entry[1]
        place = Location(source.path, places.get(key, 0))
        if _text(what, 0) == "pkg":
            name, version = _text(what, 1), _text(what, 2)
            fact = (LockFact("hex:inner-sha256", visible(inner[key].lower()), place),) if key in inner else ()
            packages.append(
                Package(
                    key,
                    Ecosystem.HEX,
                    name,
                    version,
                    (place,),
                    artifacts=_tarball(name, version, outer.get(key, "").lower(), lines),
                    facts=fact,
                    edges=Known.UNKNOWN,
                )
            )
        elif _text(what, 0) in ("git", "git_subdir"):
            reference = what[2] if len(what) > _LEVEL and isinstance(what[2], tuple) else ()
            packages.append(_from_git(key, key, _text(what, 1), _text(reference, 1), place))
        else:
            continue
        # The level says how far from the project it stands, not who needs it.
        links.append(Link("", key, known=_text(entry, _LEVEL) == "0"))
    return Reading(tuple(packages), tuple(links))


def _rebar_digests(found: list[Term], name: str) -> dict[str, str]:
    """Return one list of digests, which stand by name behind the packages."""
    groups = [item for term in found if isinstance(term, list) for item in term if isinstance(item, tuple)]
    listed = next((group[1] for group in groups if len(group) > 1 and _text(group, 0) == name), [])
    pairs = [item for item in listed if isinstance(item, tuple)] if isinstance(listed, list) else []
    return {_text(pair, 0): _text(pair, 1) for pair in pairs if len(pair) > 1}


MIX = Reader("mix", lambda path: path.rpartition("/")[2] == "mix.lock", _read_mix)
REBAR = Reader("rebar", lambda path: path.rpartition("/")[2] == "rebar.lock", _read_rebar)
