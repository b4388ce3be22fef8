"""`Chart.lock`, `requirements.lock`: the charts that a Helm chart is made with; `values.yaml`: the images it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import addresses, parsing
from maximus.sbom.model import Ecosystem, Known, Link, Location, Package, Reading, Scope
from maximus.sbom.readers import absence, references
from maximus.sbom.readers.containers import Images
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.model import NotApplicable
    from maximus.sbom.parsing import Scalar
    from maximus.sbom.tree import Source

__all__ = ["READER", "VALUES"]

_VALUES = re.compile(r"(?:.*/)?(?:values(?:[-.][^/]+)?|[^/]+[-.]values)\.ya?ml")
_PARTS = frozenset({"registry", "repository", "name", "tag", "digest", "sha"})


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


def _read_values(source: Source) -> Reading:
    """Return the images that a chart runs unless its user says otherwise.

    By the convention of charts, for the values mean what templates make of them: `image: NAME:TAG`, or a mapping of
    `registry`, `repository`, `tag` and `digest` under a key that ends in `image`. Parts without a tag have the one
    that the templates fill in, most often the chart's `appVersion`: never `latest`.
    """
    if b"mage" not in source.raw or source.tree.manifest(source.beside("Chart.yaml")) is None:
        return Reading((), ())
    found = Images(source)
    entries: dict[tuple[str, ...], dict[str, str]] = {}
    lines: dict[tuple[str, ...], int] = {}
    whole: list[Scalar] = []
    tags: dict[tuple[str, ...], str] = {}
    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        if scalar.keys and _is_image(scalar.keys[-1]):
            whole.append(scalar)
        elif len(scalar.keys) > 1 and _is_image(scalar.keys[-2]) and scalar.keys[-1] in _PARTS:
            entry = entries.setdefault(scalar.keys[:-1], {})
            # In a list of images the next one begins where a field comes again; charts have few such.
            entry.setdefault(scalar.keys[-1], scalar.value)
            if scalar.keys[-1] in ("repository", "name"):
                lines.setdefault(scalar.keys[:-1], scalar.line)
        elif scalar.keys[-1:] in (("tag",), ("imageTag",)) and "-" not in scalar.keys:
            tags.setdefault(scalar.keys[:-1], scalar.value)
    for scalar in whole:
        _add_whole(found, scalar, tags)
    for keys, line in lines.items():
        # An image without a name is one that the chart's user may name, or that of another part of the chart.
        if text := _reference(entries[keys]):
            found.add(text, line, Scope.RUNTIME, default="")
    return found.reading()


def _add_whole(found: Images, scalar: Scalar, tags: dict[tuple[str, ...], str]) -> None:
    """Take in an image that is named in one text, or in two: `image: NAME` and `tag: TAG` beside it."""
    beside = tags.get(scalar.keys[:-1]) if scalar.keys[-1] == "image" else None
    named = references.image(scalar.value)
    is_parted = named is not None and beside is not None and not named.tag and not named.digest
    if scalar.value:
        text = f"{scalar.value}:{beside}" if is_parted and beside else scalar.value
        # An empty tag is filled in by the templates.
        found.add(text, scalar.line, Scope.RUNTIME, default="" if is_parted else "latest")


def _is_image(key: str) -> bool:
    return key.lower().endswith("image")


def _reference(entry: dict[str, str]) -> str:
    name = entry.get("repository") or entry.get("name", "")
    registry, tag = entry.get("registry", ""), entry.get("tag", "")
    digest = entry.get("digest") or entry.get("sha", "")
    if not name:
        return ""
    if digest and ":" not in digest:
        digest = f"sha256:{digest}"
    return f"{f'{registry}/' if registry else ''}{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"


READER = Reader("helm", _reads, _read)
VALUES = Reader(
    "helm-values", lambda path: "values" in path and bool(_VALUES.fullmatch(path)), _read_values, is_lock=False
)
