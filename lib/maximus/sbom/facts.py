"""What was fetched about packages, pinned in a file: a second run reads it and needs no network.

A fact is about a package (purl) whose file has a digest that a lock states; of other bytes it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from maximus.sbom.caches import Cached
from maximus.sbom.licences import expression_of
from maximus.sbom.model import Artifact, Computed, Digest, Ecosystem, LicenceClaim, Producer, Purl, Stated
from maximus.sbom.naming import visible
from maximus.sbom.producers import is_mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from maximus.sbom.model import Component, ComponentRef

__all__ = ["KIND", "Fact", "artifacts_of", "as_document", "digest_of", "facts_of", "needs_of", "told_of"]

KIND: Final = "maximus-sbom-facts"


@dataclass(frozen=True, slots=True)
class Fact:
    """What an index says about one package."""

    purl: Purl
    digest: str
    """`SHA-512:...`, of one of its files, as the lock states it; of a Go module the `h1:...`."""
    licence: LicenceClaim | None
    producer: Producer | None
    source: str
    """The address that it comes from, without credentials."""
    date: str = ""
    """When, as the server says; empty where it does not."""
    hashes: tuple[tuple[str, str], ...] = ()
    """Algorithm and value: digests of the file, computed on bytes that had the stated one."""
    needs: tuple[str, ...] | None = None
    """The modules that a Go module's own `go.mod` requires directly; None where that is not told."""


def digest_of(component: Component) -> str:
    """Return what pins a component's bytes: the first by algorithm and value of all that are stated; empty without."""
    found = sorted(
        (digest.algorithm, digest.value)
        for artifact in component.artifacts
        for digest in artifact.digests
        # What a cache told besides pins nothing: it may be gone the next time.
        if isinstance(digest.origin, Stated)
    )
    strong = [
        f"{algorithm}:{value}" for algorithm, value in found if algorithm.startswith("SHA-") and algorithm != "SHA-1"
    ]
    if component.ecosystem == Ecosystem.GO and not strong:
        return next(iter(sorted(fact.value for fact in component.facts if fact.name == "go:h1")), "")
    return strong[0] if strong else ""


def facts_of(document: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return the facts of a document under `schemas/sbom-facts.schema.json`."""
    found = []
    for item in document["facts"]:
        licence, producer = item.get("licence"), item.get("producer")
        found.append(
            Fact(
                Purl(item["purl"]),
                item["digest"],
                LicenceClaim(
                    visible(licence["text"]),
                    # Made again and not believed: the file may have been edited by hand.
                    expression_of(licence.get("expression", "")),
                    concluded=licence.get("concluded", False),
                    evidence=visible(licence["evidence"]),
                )
                if licence
                else None,
                Producer(
                    visible(producer["name"]),
                    producer.get("url", ""),
                    mail if is_mail(mail := producer.get("email", "")) else "",
                    derived=producer.get("derived", False),
                )
                if producer
                else None,
                item["source"],
                item.get("date", ""),
                tuple(sorted(item.get("hashes", {}).items())),
                tuple(item["needs"]) if "needs" in item else None,
            )
        )
    return tuple(found)


def as_document(facts: Iterable[Fact]) -> dict[str, Any]:
    """Return the document of these facts, sorted by purl and digest, empty fields left out."""
    return {
        "kind": KIND,
        "version": 1,
        "facts": [_record(fact) for fact in sorted(facts, key=lambda item: (item.purl, item.digest))],
    }


def _record(fact: Fact) -> dict[str, Any]:
    made: dict[str, Any] = {"purl": str(fact.purl), "digest": fact.digest, "source": fact.source}
    if fact.date:
        made["date"] = fact.date
    if fact.hashes:
        made["hashes"] = dict(fact.hashes)
    if fact.needs is not None:
        made["needs"] = list(fact.needs)
    if claim := fact.licence:
        made["licence"] = {"text": claim.text, "evidence": claim.evidence}
        if claim.expression:
            made["licence"]["expression"] = claim.expression
        if claim.concluded:
            made["licence"]["concluded"] = True
    if fact.producer:
        made["producer"] = _producer(fact.producer)
    return made


def _producer(maker: Producer) -> dict[str, Any]:
    made: dict[str, Any] = {"name": maker.name}
    if maker.url:
        made["url"] = maker.url
    if maker.email:
        made["email"] = maker.email
    if maker.derived:
        made["derived"] = True
    return made


def told_of(facts: Iterable[Fact], components: Iterable[Component]) -> Cached:
    """Return what the facts say about these components: of each only the fact about its very bytes.

    Two components of one purl are two, because their bytes are: what is said of one is not said of the other.
    """
    listed, parts = tuple(facts), tuple(components)
    known = {(fact.purl, fact.digest): fact for fact in listed}
    found = Cached(artifacts=artifacts_of(listed, parts), needs=needs_of(listed, parts))
    for component in parts:
        fact = known.get((component.purl, digest_of(component)))
        if fact is not None and fact.licence:
            found.licences[component.ref] = (fact.licence,)
        if fact is not None and fact.producer:
            found.producers[component.ref] = fact.producer
    return found


def artifacts_of(facts: Iterable[Fact], components: Iterable[Component]) -> dict[ComponentRef, tuple[Artifact, ...]]:
    """Return the files of these components with the digests that were computed when they were fetched."""
    known = {(fact.purl, fact.digest): fact for fact in facts if fact.hashes}
    found: dict[ComponentRef, tuple[Artifact, ...]] = {}
    for component in components:
        pinned = digest_of(component)
        fact = known.get((component.purl, pinned))
        if fact is None:
            continue
        if component.ecosystem == Ecosystem.GO and not component.artifacts:
            place = next((item.location for item in component.facts if item.value == pinned), component.locations[0])
            found[component.ref] = (
                Artifact(
                    f"{visible(component.version)}.zip",
                    "",
                    tuple(Digest(algorithm, value, Computed(pinned, place)) for algorithm, value in fact.hashes),
                ),
            )
        elif len(component.artifacts) == 1:
            (artifact,) = component.artifacts
            there = {digest.algorithm for digest in artifact.digests}
            more = tuple(
                Digest(algorithm, value, Computed(pinned, component.locations[0]))
                for algorithm, value in fact.hashes
                if algorithm not in there
            )
            if more:
                found[component.ref] = (replace(artifact, digests=(*artifact.digests, *more)),)
    return found


def needs_of(facts: Iterable[Fact], components: Iterable[Component]) -> dict[ComponentRef, tuple[str, ...]]:
    """Return what the Go modules among these components need directly, as the facts about their very bytes say."""
    known = {(fact.purl, fact.digest): fact.needs for fact in facts if fact.needs is not None}
    return {
        component.ref: needs
        for component in components
        if (needs := known.get((component.purl, digest_of(component)))) is not None
    }
