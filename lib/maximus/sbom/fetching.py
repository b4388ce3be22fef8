"""Licences, producers and digests from the indexes that locks or the user's own configuration name (`sources.py`).

PyPI: the METADATA beside a wheel (PEP 658), one GET a package, and a page of the Simple index (PEP 691) more where one
is configured, which states the metadata's digest. npm: the document of one version, believed only where it states the
digest that the lock states. Go and cargo: see `archives.py`.
"""

from __future__ import annotations

import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

from maximus.errors import Error
from maximus.sbom import addresses, parsing
from maximus.sbom.archives import fact_of_crate, fact_of_module, with_hashes
from maximus.sbom.facts import Fact, digest_of
from maximus.sbom.indexes import origin_of
from maximus.sbom.installed import of_metadata, of_package_json
from maximus.sbom.model import Ecosystem, Finding
from maximus.sbom.naming import visible
from maximus.sbom.sources import ELSEWHERE_TOLD, NobodyError, npm_source, pypi_source
from maximus.sbom.transfer import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.installed import Said
    from maximus.sbom.model import Component
    from maximus.sbom.transfer import Answer, Client

__all__ = ["Fetched", "fetch", "is_wanting", "lacks_hashes"]

_WORKERS: Final = 8
"""Requests at a time."""
_MAX_REASON: Final = 300
"""Characters of why nothing was fetched."""
_MAX_NAMES: Final = 10
"""Names of packages in one finding."""
_DESCRIBED: Final = (Ecosystem.PYPI, Ecosystem.NPM)
_ASKED: Final = (*_DESCRIBED, Ecosystem.GO, Ecosystem.CARGO)
_SIMPLE: Final = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the indexes told."""

    facts: tuple[Fact, ...]
    """In the order of the components."""
    findings: tuple[Finding, ...]
    """One for all components of a lock that nothing could be had about for one reason; each alarm for itself."""
    unanswered: int = 0
    """How many components something could not be had about."""


def is_wanting(component: Component) -> bool:
    """Tell whether an index could fill something in: a licence or a producer, of bytes that the lock pins."""
    if component.ecosystem not in _ASKED or not digest_of(component):
        return False
    known = any(claim.expression for claim in component.licences)
    if component.ecosystem == Ecosystem.GO:
        # A module's zip names no producer, and is the only file that its digests could be of.
        return not (known and component.artifacts)
    return not (known and component.producer is not None)


def lacks_hashes(component: Component) -> bool:
    """Tell whether bytes of the component's one file could tell a SHA-256 or SHA-512 that nothing states."""
    if component.ecosystem not in _ASKED or not digest_of(component):
        return False
    if component.ecosystem == Ecosystem.GO:
        return not component.artifacts
    # Of several files nobody knows which one is installed, and all of them would be downloaded.
    return len(component.artifacts) == 1 and not {"SHA-256", "SHA-512"} <= {
        digest.algorithm for digest in component.artifacts[0].digests
    }


def fetch(components: Iterable[Component], client: Client, *, hashes: bool = False) -> Fetched:
    """Return what indexes say about components that lack something; a host that fails costs its components' fields.

    With `hashes` the files themselves are fetched where a digest is lacking.
    """
    wanting = [item for item in components if is_wanting(item) or (hashes and lacks_hashes(item))]
    findings: list[Finding] = []
    unanswered = len(wanting)
    for ecosystem, named, what in (
        (Ecosystem.GO, bool(client.indexes.go.addresses), "no GOPROXY is configured"),
        (Ecosystem.CARGO, bool(client.indexes.cargo), "cargo's configuration names no sparse index of crates-io"),
    ):
        left = [item for item in wanting if item.ecosystem == ecosystem]
        if left and not named:
            # Once and not for each of hundreds.
            text = f"nothing was fetched about {len(left)} packages of {ecosystem}: {what}"
            findings.append(Finding("unresolved", text, left[0].locations[0], lost=False))
            wanting = [item for item in wanting if item.ecosystem != ecosystem]
    with ThreadPoolExecutor(_WORKERS) as pool:
        answers = list(pool.map(lambda item: _one(item, client, hashes=hashes), wanting))
    alike: dict[tuple[str, str, bool, str], list[Component]] = {}
    for component, (_, faults) in zip(wanting, answers, strict=True):
        # Both questions about a package may have ended alike.
        for fault in {str(fault): fault for fault in faults}.values():
            # What a host does to one package it mostly does to hundreds; other bytes are of one alone.
            alone = component.purl if "alarm" in str(fault) else component.locations[0].path
            reason = visible(str(fault))[:_MAX_REASON]
            alike.setdefault((component.ecosystem, alone, isinstance(fault, NobodyError), reason), []).append(component)
    for (kind, _, is_nobody, reason), left in alike.items():
        if len(left) == 1 and not is_nobody:
            text = f"nothing was fetched about {left[0].purl}: {reason}"
            findings.append(Finding("unresolved", text, left[0].locations[0], lost=False))
            continue
        names = ", ".join(item.full_name for item in left[:_MAX_NAMES])
        more = f" and {len(left) - _MAX_NAMES} more" if len(left) > _MAX_NAMES else ""
        count = "one package" if len(left) == 1 else f"{len(left)} packages"
        what = "nobody was asked" if is_nobody else "nothing was fetched"
        text = f"{what} about {count} of {kind} ({names}{more}): {reason}"
        findings.append(Finding("unresolved", text, left[0].locations[0], lost=False))
    facts = tuple(fact for fact, _ in answers if fact is not None)
    return Fetched(facts, tuple(findings), unanswered - sum(not faults for _, faults in answers))


def _one(component: Component, client: Client, *, hashes: bool) -> tuple[Fact | None, list[Exception]]:
    """Return what could be had about a component, and why the rest could not."""
    fact: Fact | None = None
    faults: list[Exception] = []
    try:
        if component.registries and component.ecosystem not in _DESCRIBED:
            raise NobodyError(ELSEWHERE_TOLD)
        if component.ecosystem == Ecosystem.GO:
            return fact_of_module(component, client), []
        if component.ecosystem == Ecosystem.CARGO:
            return fact_of_crate(component, client), []
        if is_wanting(component):
            fact = _described(component, client)
    except (UnreachableError, Error) as fault:
        faults.append(fault)
    if hashes and component.ecosystem in _DESCRIBED and lacks_hashes(component):
        try:
            fact = with_hashes(component, _file_of(component, client), client, fact)
        except (UnreachableError, Error) as fault:
            faults.append(fault)
    return fact, faults


def _described(component: Component, client: Client) -> Fact:
    """Return what the index says of a package of Python's or npm's. Raises UnreachableError, and Error."""
    ask = _of_pypi if component.ecosystem == Ecosystem.PYPI else _of_npm
    said, source, date = ask(component, client)
    if said is None or said.purl != component.purl:
        reason = f"{origin_of(source)}: it answers about another package"
        raise UnreachableError(reason)
    licence = next((item for item in said.licences if item.expression), next(iter(said.licences), None))
    if licence is not None:
        licence = replace(licence, evidence=licence.evidence.replace("installed", "fetched"))
    return Fact(component.purl, digest_of(component), licence, said.producer, addresses.clean(source), date)


def _file_of(component: Component, client: Client) -> str:
    """Return where a component's one file lies. Raises UnreachableError, and Error."""
    (artifact,) = component.artifacts
    if component.ecosystem == Ecosystem.NPM:
        source = npm_source(component, client.indexes)
        if artifact.url and not source.is_configured:
            return artifact.url
        name = quote(component.full_name, safe="@/")
        return f"{source.base}/{name}/-/{quote(component.name)}-{quote(component.version, safe='')}.tgz"
    if artifact.url:
        return artifact.url
    if base := pypi_source(component, client.indexes):
        page = f"{base}/{quote(component.name)}/"
        document = parsing.parse_json(client.get(page, accept=_SIMPLE).body, "the index")
        stated = {digest.value for digest in artifact.digests}
        for item in parsing.mappings_in(document.get("files")):
            if parsing.texts(item.get("hashes")).get("sha256") in stated:
                return urljoin(page, parsing.text_of(item.get("url")).partition("#")[0])
        reason = "the index that was asked has no file with the digest that the lock states"
        raise UnreachableError(reason)
    reason = "the lock names no address of their files, and no index is configured"
    raise NobodyError(reason)


def _of_pypi(component: Component, client: Client) -> tuple[Said | None, str, str]:
    """Return what the METADATA of one of the stated wheels says."""
    stated = {d.value for artifact in component.artifacts for d in artifact.digests if d.algorithm == "SHA-256"}
    if base := pypi_source(component, client.indexes):
        page = f"{base}/{quote(component.name)}/"
        source, digest = _on_page(client.get(page, accept=_SIMPLE), page, stated)
    else:
        wheels = sorted(item.url for item in component.artifacts if item.url.endswith(".whl"))
        if not wheels:
            reason = "the lock names no address of a wheel, and no index is configured"
            raise NobodyError(reason)
        source, digest = f"{wheels[0]}.metadata", ""
    if not source:
        reason = "the index that was asked has no metadata of a file with a digest that the lock states"
        raise UnreachableError(reason)
    answer = client.get(source, sha256=digest)
    return of_metadata(answer.body), source, answer.date


def _on_page(answer: Answer, page: str, stated: set[str]) -> tuple[str, str]:
    """Return address and digest of the metadata of the first file that the lock states and that has some."""
    document = parsing.parse_json(answer.body, "the index")
    for item in parsing.listed(document.get("files")):
        if isinstance(item, dict) and parsing.texts(item.get("hashes")).get("sha256") in stated:
            told = item.get("core-metadata", item.get("dist-info-metadata"))
            if told:
                address = urljoin(page, parsing.text_of(item.get("url")).partition("#")[0])
                return f"{address}.metadata", parsing.texts(told).get("sha256", "")
    return "", ""


def _of_npm(component: Component, client: Client) -> tuple[Said | None, str, str]:
    """Return what the document of one version says, which must state the digest that the lock states."""
    base = npm_source(component, client.indexes).base
    source = f"{base}/{quote(component.full_name, safe='@')}/{quote(component.version, safe='')}"
    answer = client.get(source, accept="application/json")
    document = parsing.parse_json(answer.body, "the registry")
    stated = {d.value for artifact in component.artifacts for d in artifact.digests if d.algorithm == "SHA-512"}
    if stated.isdisjoint(_sha512s(document.get("dist"))):
        reason = f"{origin_of(source)}: alarm: it states another SHA-512 than the lock"
        raise UnreachableError(reason)
    return of_package_json(answer.body, "the registry"), source, answer.date


def _sha512s(dist: Any) -> set[str]:  # noqa: ANN401 - foreign JSON
    found = set()
    for token in parsing.texts(dist).get("integrity", "").split():
        algorithm, _, value = token.partition("-")
        if algorithm == "sha512":
            try:
                found.add(base64.b64decode(value, validate=True).hex())
            except (binascii.Error, ValueError):
                continue
    return found
