"""The files of packages, from the proxies and registries that this user has configured: licences and digests.

A module's zip must have the `h1:` that `go.sum` states, a crate the SHA-256 of `Cargo.lock`, both recomputed on the
very bytes; only then is anything taken from them. No checksum database is asked: the lock is what counts.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from maximus.errors import Error
from maximus.sbom import addresses, crates, licence_texts, module_zips, parsing, producers
from maximus.sbom.caches import escaped
from maximus.sbom.facts import Fact, digest_of
from maximus.sbom.indexes import origin_of
from maximus.sbom.toolchains import is_private
from maximus.sbom.transfer import MAX_ARCHIVE, UnreachableError

if TYPE_CHECKING:
    from maximus.sbom.model import Component, Producer
    from maximus.sbom.transfer import Answer, Client

__all__ = ["fact_of_crate", "fact_of_module", "with_hashes"]

_GONE = (404, 410)
_MARKERS = ("{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}")


def fact_of_module(component: Component, client: Client) -> Fact:
    """Return what a module's zip says. Raises UnreachableError."""
    name, version = component.full_name, component.version
    proxies = client.indexes.go
    if is_private(name, proxies.private):
        reason = "it is private by GOPRIVATE or GONOPROXY, and no proxy is asked about it"
        raise UnreachableError(reason)
    answer, source = _from_proxies(f"{escaped(name)}/@v/{escaped(version)}.zip", client)
    try:
        module = module_zips.open_zip(answer.body, name, version)
    except module_zips.UnreadableError as fault:
        raise UnreachableError(str(fault)) from fault
    if module.h1 != digest_of(component):
        reason = f"{origin_of(source)}: alarm: other bytes than go.sum states"
        raise UnreachableError(reason)
    claim = licence_texts.conclude(module.licences, "in the fetched zip")
    return Fact(
        component.purl,
        module.h1,
        claim,
        None,
        addresses.clean(source),
        answer.date,
        hashes=_hashes(answer.body),
        needs=module.requires,
    )


def _from_proxies(path: str, client: Client) -> tuple[Answer, str]:
    """Ask one proxy after the other, as Go does: after a comma only where the module is not there."""
    last = len(client.indexes.go.addresses) - 1
    for number, (base, goes_on) in enumerate(client.indexes.go.addresses):
        source = f"{addresses.clean(base).rstrip('/')}/{quote(path, safe='/!@')}"
        try:
            return client.get(source, limit=MAX_ARCHIVE, follow=True), source
        except UnreachableError as fault:
            if number == last or not (goes_on or fault.status in _GONE):
                raise
    raise UnreachableError(path)


def fact_of_crate(component: Component, client: Client) -> Fact:
    """Return what a crate says. Raises UnreachableError."""
    index = client.indexes.cargo
    if any(name == "cargo:registry" for name, _ in component.notes):
        reason = "it is from another registry than the default one, which is not asked"
        raise UnreachableError(reason)
    algorithm, _, stated = digest_of(component).partition(":")
    if algorithm != "SHA-256":
        reason = "the lock states no SHA-256"
        raise UnreachableError(reason)
    source = _address_of(component, stated, _configuration(client, index))
    answer = client.get(source, limit=MAX_ARCHIVE, follow=True, sha256=stated)
    try:
        crate = crates.open_crate(answer.body, component.name, component.version)
    except crates.UnreadableError as fault:
        raise UnreachableError(str(fault)) from fault
    claim = crate.claim if crate.claim and crate.claim.expression else None
    claim = claim or licence_texts.conclude(crate.licences, "in the fetched crate") or crate.claim
    return Fact(
        component.purl,
        digest_of(component),
        claim,
        _producer(crate),
        addresses.clean(source),
        answer.date,
        hashes=_hashes(answer.body),
    )


def _configuration(client: Client, index: str) -> str:
    """Return where a registry has its crates. Raises UnreachableError."""
    template, reason = _asked_once(client, index)
    if reason:
        raise UnreachableError(reason)
    return template


@functools.lru_cache(maxsize=1)
def _asked_once(client: Client, index: str) -> tuple[str, str]:
    """Return where a registry has its crates, or why that is not known: a no is not asked for again for each crate."""
    try:
        return _template(client, index), ""
    except (UnreachableError, Error) as fault:
        return "", str(fault)


def _template(client: Client, index: str) -> str:
    """Return what a registry's `config.json` says. Raises UnreachableError, and Error where it is no JSON."""
    answer = client.get(f"{addresses.clean(index).rstrip('/')}/config.json", accept="application/json")
    template = parsing.text_of(parsing.parse_json(answer.body, "the registry's config.json").get("dl"))
    if not origin_of(template):
        reason = f"{origin_of(index)}: its config.json names no address of crates"
        raise UnreachableError(reason)
    return template


def _address_of(component: Component, checksum: str, template: str) -> str:
    """Return where a crate lies.

    See https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration.
    """
    name, version = component.name, quote(component.version, safe="")
    if not any(marker in template for marker in _MARKERS):
        return f"{template.rstrip('/')}/{name}/{version}/download"
    size = len(name)
    prefix = str(size) if size <= 2 else f"3/{name[0]}" if size == 3 else f"{name[:2]}/{name[2:4]}"  # noqa: PLR2004 - the lengths that the index tells apart
    values = (name, version, prefix, prefix.lower(), checksum)
    for marker, value in zip(_MARKERS, values, strict=True):
        template = template.replace(marker, value)
    return template


def with_hashes(component: Component, source: str, client: Client, fact: Fact | None) -> Fact:
    """Return what is known of a component with the digests of its file, whose stated one is verified first.

    Raises UnreachableError.
    """
    algorithm, _, stated = digest_of(component).partition(":")
    answer = client.get(source, limit=MAX_ARCHIVE, follow=True)
    if hashlib.new(algorithm.replace("-", ""), answer.body).hexdigest() != stated:
        reason = f"{origin_of(source)}: alarm: other bytes than the lock states"
        raise UnreachableError(reason)
    made = fact or Fact(component.purl, digest_of(component), None, None, addresses.clean(source), answer.date)
    return replace(made, hashes=_hashes(answer.body))


def _producer(crate: crates.Crate) -> Producer | None:
    """Return the first author, else the owner of the repository."""
    found = next((maker for author in crate.authors if (maker := producers.of_people(author))), None)
    if found is not None:
        return found
    return addresses.owner_of(crate.repository) if crate.repository else None


def _hashes(raw: bytes) -> tuple[tuple[str, str], ...]:
    return (("SHA-256", hashlib.sha256(raw).hexdigest()), ("SHA-512", hashlib.sha512(raw).hexdigest()))
