"""`Chart.lock` and `requirements.lock`: the charts that a Helm chart is made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom import addresses, parsing
from maximus.sbom.model import Ecosystem, Known, Link, Location, Package, Reading
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.tree import Source

__all__ = ["READER"]


def _reads(path: str) -> bool:
    return path.rpartition("/")[2] in ("Chart.lock", "requirements.lock")


def _read(source: Source) -> Reading:
    documents = parsing.parse_yaml(source.raw, source.path)
    entries = parsing.records(documents[0].get("dependencies") or [], source.path) if documents else []
    lines = [
        scalar.line
        for scalar in parsing.scalars_of_yaml(source.raw, source.path)
        if scalar.keys == ("dependencies", "-", "name")
    ]
    packages: list[Package] = []
    for number, entry in enumerate(entries):
        facts = parsing.texts(entry)
        repository = facts.get("repository", "")
        own: str | None = None
        absent: tuple[NotApplicable, ...] = ()
        if repository.startswith("file:"):
            own = source.inside(repository.removeprefix("file:").removeprefix("//"))
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
        # An address that begins with `oci:` is one of https.
        url = addresses.clean(repository.replace("oci://", "https://", 1))
        packages.append(
            Package(
                str(number),
                Ecosystem.GENERIC,
                facts.get("name", ""),
                facts.get("version", ""),
                (Location(source.path, lines[number] if number < len(lines) else 0),),
                own=own,
                qualifiers=(("repository_url", url.partition("://")[2].rstrip("/")),) if url else (),
                edges=Known.UNKNOWN if own is None else Known.INCOMPLETE,
                not_applicable=absent,
                notes=(("type", "helm chart"),),
            )
        )
    return Reading(tuple(packages), tuple(Link("", package.key) for package in packages))


READER = Reader("helm", _reads, _read)
