"""`sbom --fetch` and `--facts`: what indexes say of packages, asked for once and pinned in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..workplace import home_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.sbom.facts import Fact
    from maximus.sbom.indexes import Indexes
    from maximus.sbom.model import Inventory

    from ..face import Face

__all__ = ["with_facts"]


def with_facts(face: Face, made: Inventory, facts: str, *, fetching: bool, hashes: bool = False) -> Inventory:
    """Return the inventory with what the facts file says, and with what is fetched besides where that is asked for.

    With `hashes` the files themselves are fetched where a digest is lacking. What was fetched is added to the file.
    Raises Error where the file is there and is none.
    """
    from maximus import documents  # noqa: PLC0415 - `--help` needs none of it
    from maximus.files import write_whole  # noqa: PLC0415 - likewise
    from maximus.sbom import enrichment  # noqa: PLC0415 - likewise
    from maximus.sbom.facts import as_document, facts_of, told_of  # noqa: PLC0415 - likewise

    path = Path(facts) if facts else None
    known: tuple[Fact, ...] = ()
    if path is not None and path.exists():
        document = documents.load_json(path)
        documents.validate(document, "sbom-facts", path.as_posix())
        known = facts_of(document)

    def told(inventory: Inventory, facts: tuple[Fact, ...]) -> Inventory:
        return enrichment.with_cached(inventory, told_of(facts, inventory.components), fetched=True).inventory

    pinned = told(made, known)
    if not fetching:
        face.say(f"facts: {len(known)} in {facts}")
        return pinned
    from maximus.sbom import fetching as fetcher  # noqa: PLC0415 - likewise
    from maximus.sbom.facts import digest_of  # noqa: PLC0415 - likewise
    from maximus.sbom.transfer import Client  # noqa: PLC0415 - likewise

    # What is pinned already is not asked for again, whether or not it had an answer to everything.
    there = {(fact.purl, fact.digest) for fact in known if fact.hashes or not hashes}
    asked = {item.ref for item in made.components if (item.purl, digest_of(item)) not in there}
    wanted = [item for item in pinned.components if item.ref in asked]
    found = fetcher.fetch(wanted, Client(_indexes(face.environment)), hashes=hashes)
    face.say(f"fetched: {len(found.facts)} packages, {found.unanswered} without an answer; {len(known)} were pinned")
    if path is not None and found.facts:
        pinned_facts = {(fact.purl, fact.digest): fact for fact in known}
        for fact in found.facts:
            # What was known and not asked for again stays; only digests came to it.
            before = pinned_facts.get((fact.purl, fact.digest))
            pinned_facts[fact.purl, fact.digest] = replace(before, hashes=fact.hashes) if before else fact
        write_whole(path, documents.pretty(as_document(pinned_facts.values())))
    made = told(pinned, found.facts)
    findings = sorted(
        {*made.findings, *found.findings},
        key=lambda item: (item.kind, item.location.path, item.location.line, item.text),
    )
    return replace(made, findings=tuple(findings))


def _indexes(environment: Mapping[str, str]) -> Indexes:
    """Read which indexes this user has configured; what cannot be read names none."""
    from maximus.sbom.indexes import MAX_CONFIGURATION, configuration_paths, indexes_of  # noqa: PLC0415 - likewise

    home = home_of(environment)
    texts = {}
    for tool, place in configuration_paths(environment).items():
        try:
            with (home / place).open("rb") as stream:
                texts[tool] = stream.read(MAX_CONFIGURATION).decode("utf-8", "replace")
        except OSError:
            continue
    return indexes_of(environment, texts)
