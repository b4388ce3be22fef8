"""`flake.lock`: the inputs of a Nix flake, each at a commit, with the edges between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.sbom import addresses, parsing
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, LockFact, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_KEY = re.compile(r'    "([^"]+)": \{')
_HOSTS = {"gitlab": "https://gitlab.com", "sourcehut": "https://git.sr.ht"}
_MAX_FOLLOWED = 100
"""Steps of one input that follows another."""


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    lines = keys_of(parsing.decode(source.raw, source.path), _KEY)
    nodes = parsing.mapping(document.get("nodes") or {}, source.path)
    root = parsing.text_of(document.get("root")) or "root"
    packages: list[Package] = []
    links: list[Link] = []
    findings: list[Finding] = []
    for name, value in nodes.items():
        node = parsing.mapping(value, source.path)
        place = Location(source.path, lines.get(name, 0))
        if name != root:
            made = _package(name, parsing.texts(node.get("locked")), place)
            if made is None:
                findings.append(Finding("ignored", f"{visible(name)} lies outside the tree", place))
                continue
            packages.append(made)
        inputs = node.get("inputs")
        targets = [_target(nodes, root, wanted) for wanted in (inputs if isinstance(inputs, dict) else {}).values()]
        links += [Link("" if name == root else name, target) for target in targets if target]
    return Reading(tuple(packages), tuple(links), findings=tuple(findings))


def _target(nodes: dict[str, Any], root: str, wanted: object) -> str:
    """Return the node that an input is: named, or found by following the names from the root."""
    if isinstance(wanted, str):
        return wanted
    here, steps = root, 0
    path = list(parsing.listed(wanted))
    while path and steps < _MAX_FOLLOWED:
        steps += 1
        node = nodes.get(here)
        inputs = node.get("inputs") if isinstance(node, dict) else None
        following = inputs.get(path.pop(0)) if isinstance(inputs, dict) else None
        if isinstance(following, list):
            here, path = root, [*following, *path]
        elif isinstance(following, str):
            here = following
        else:
            return ""
    return here if not path and here != root else ""


def _package(key: str, locked: dict[str, str], place: Location) -> Package | None:
    kind, commit = locked.get("type", ""), locked.get("rev", "")
    fact = (LockFact("nix:nar-hash", visible(locked["narHash"]), place),) if "narHash" in locked else ()
    named = f"{locked.get('owner', '')}/{locked.get('repo', '')}"
    if kind == "github" and not locked.get("host"):
        return Package(key, Ecosystem.GITHUB, named.lower(), commit, (place,), facts=fact, edges=Known.COMPLETE,
                       not_applicable=(absence.COMMIT_ONLY,))  # fmt: skip
    if kind in _HOSTS:
        address = f"{_HOSTS[kind]}/{named}"
    elif kind in ("git", "tarball", "file", "github"):
        address = locked.get("url", "") or f"https://{locked.get('host', '')}/{named}"
    else:
        # `path` and `indirect` name a place on the machine that made the lock.
        return None
    vcs = addresses.vcs_url(address, commit) if kind != "tarball" else ""
    name = addresses.clean(address).partition("://")[2].removesuffix(".git").strip("/")
    qualifiers = (("vcs_url", vcs),) if vcs else ()
    return Package(key, Ecosystem.GENERIC, name, commit, (place,), qualifiers=qualifiers, facts=fact,
                   edges=Known.COMPLETE, not_applicable=(absence.COMMIT_ONLY,))  # fmt: skip


READER = Reader("flake", lambda path: path.rpartition("/")[2] == "flake.lock", _read)
