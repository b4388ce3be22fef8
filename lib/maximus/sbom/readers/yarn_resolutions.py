"""What a yarn project says beside its lock: `resolutions` of its `package.json`, and berry's catalogs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.readers import npm

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["SETTINGS", "Resolutions", "catalogs_of", "resolutions_of", "resolved", "split"]

SETTINGS = ".yarnrc.yml"
"""Where berry keeps the project's settings, its catalogs among them."""
# `name`, `parent/name`, `name@npm:^1.0.0`.
_RESOLUTION = re.compile(r"(?:((?:@[^/@]+/)?[^/@]+)(?:@[^/@]+)?/)?((?:@[^/@]+/)?[^/@]+)(?:@(.+))?")

Resolutions = dict[tuple[str, str, str], str]


def resolutions_of(source: Source) -> Resolutions:
    """Return what the project puts in the place of what packages ask for: `resolutions` of its `package.json`.

    By parent, name and range; parent and range are empty where it holds for all of them.
    """
    stated = parsing.texts(npm.own_manifest(source, ".")[2].get("resolutions"))
    found = ((_RESOLUTION.fullmatch(key.removeprefix("**/")), text) for key, text in stated.items())
    return {(match[1] or "", match[2], (match[3] or "").removeprefix("npm:")): text for match, text in found if match}


def resolved(resolutions: Resolutions, parent: str, name: str, wanted: str) -> list[str]:
    """Return what the project puts in the place of a need, the narrowest first: it counts more than what is asked."""
    if not resolutions:
        return []
    asked = wanted.removeprefix("npm:")
    ways = ((parent, name, asked), (parent, name, ""), ("", name, asked), ("", name, ""))
    return [resolutions[way] for way in ways if way in resolutions]


def split(descriptor: str) -> tuple[str, str]:
    """Return the name and the range of `name@range`; the name may begin with an `@` of its own."""
    at = descriptor.find("@", 1)
    return (descriptor[:at], descriptor[at + 1 :]) if at > 0 else (descriptor, "")


def catalogs_of(source: Source) -> dict[str, dict[str, str]]:
    """Return the ranges that `catalog:` and `catalog:NAME` stand for, by catalog and package; the first has no name.

    Empty without settings beside the lock, and where these cannot be read: yarn tells its user.
    """
    path = source.beside(SETTINGS)
    raw = source.tree.manifest(path)
    if raw is None or b"catalog" not in raw:
        return {}
    try:
        documents = parsing.parse_yaml(raw, path)
    except Error:
        return {}
    settings = documents[0] if documents else {}
    named = settings.get("catalogs")
    found = {name: parsing.texts(ranges) for name, ranges in named.items()} if isinstance(named, dict) else {}
    return {**found, "": parsing.texts(settings.get("catalog"))}
