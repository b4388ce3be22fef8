"""`Package.resolved`, formats 1 to 3: repositories at commits, and nothing about who needs whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from maximus.sbom import addresses, parsing
from maximus.sbom.model import ELSEWHERE, Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader
from maximus.sbom.readers.lines import keys_of

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_ADDRESS = re.compile(r'\s*"(?:location|repositoryURL|identity)"\s*:\s*"([^"]+)"')


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] == "Package.resolved"


def _read(source: Source) -> Reading:
    document = parsing.parse_json(source.raw, source.path)
    lines = keys_of(parsing.decode(source.raw, source.path).replace("\\/", "/"), _ADDRESS)
    inner = document.get("object")
    pins = parsing.records((inner if isinstance(inner, dict) else document).get("pins"), source.path)
    packages: list[Package] = []
    findings: list[Finding] = []
    for number, pin in enumerate(pins):
        address = parsing.text_of(pin.get("location")) or parsing.text_of(pin.get("repositoryURL"))
        identity = parsing.text_of(pin.get("identity"))
        place = Location(source.path, lines.get(address) or lines.get(identity, 0))
        is_registered = parsing.text_of(pin.get("kind")) == "registry"
        if package := (
            _registered(str(number), pin, identity, place)
            if is_registered
            else _package(str(number), pin, address, place)
        ):
            packages.append(package)
        else:
            text = f"{visible(address or identity)} lies outside the tree"
            findings.append(Finding("ignored", text, place))
    # The file is the resolution of all needs; which of them are the project's own stands in Swift code.
    links = tuple(Link("", package.key, known=False) for package in packages)
    return Reading(tuple(packages), links, findings=tuple(findings))


def _package(key: str, pin: dict[str, Any], address: str, place: Location) -> Package | None:
    """Return the package of a pin; None for a folder of the machine that made the lock."""
    state = parsing.texts(pin.get("state"))
    commit = state.get("revision", "")
    version = state.get("version") or commit
    vcs = addresses.vcs_url(address, commit)
    if not vcs:
        return None
    parts = urlsplit(vcs.removeprefix("git+").rpartition("@")[0] if commit else vcs.removeprefix("git+"))
    return Package(
        key=key,
        ecosystem=Ecosystem.SWIFT,
        name=f"{parts.hostname}{parts.path.removesuffix('.git').rstrip('/')}",
        version=version,
        locations=(place,),
        edges=Known.UNKNOWN,
        not_applicable=(absence.COMMIT_ONLY,),
        notes=tuple((f"swift:{name}", visible(value)) for name, value in sorted(state.items()) if name != "version"),
    )


def _registered(key: str, pin: dict[str, Any], identity: str, place: Location) -> Package:
    """Return the package of a registry, `SCOPE.NAME`; which registry stands in the user's own configuration."""
    version = parsing.texts(pin.get("state")).get("version", "")
    return Package(
        key=key,
        ecosystem=Ecosystem.SWIFT,
        name=identity.replace(".", "/", 1),
        version=version,
        locations=(place,),
        edges=Known.UNKNOWN,
        notes=(("swift:kind", "registry"),),
        registry=ELSEWHERE,
    )


READER = Reader("swift", _reads, _read)
