"""Who is asked about a package: the index that its lock names, and the configured one only where no lock names any.

A name is told to nobody else. The default index would learn what is private, and a stranger's package of the same name
there would answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.sbom.connections import UnreachableError
from maximus.sbom.indexes import origin_of
from maximus.sbom.model import ELSEWHERE

if TYPE_CHECKING:
    from maximus.sbom.indexes import Indexes
    from maximus.sbom.model import Component

__all__ = ["ELSEWHERE_TOLD", "NobodyError", "NpmSource", "npm_source", "pypi_source"]

ELSEWHERE_TOLD = (
    "the lock takes this from elsewhere than the default index, or from one of several, and does not say from which: "
    "name its index there"
)
_TARBALL = re.compile(r"(https?://.+?)/(?:@[^/]+(?:/|%2[fF]))?[^/]+/-/(?:@[^/]+/)?[^/]+\.tgz")


class NobodyError(UnreachableError):
    """There is nobody who may be asked; of many packages it is told once."""


@dataclass(frozen=True, slots=True)
class NpmSource:
    """Where a package of npm's is asked for."""

    base: str
    """The address of the registry, without the last slash."""
    is_configured: bool
    """Whether the user's configuration has it in the place of what a lock names."""


def npm_source(component: Component, indexes: Indexes) -> NpmSource:
    """Return the registry of a package: its scope's, else the one that its lock took it from, else the default one.

    Raises NobodyError.
    """
    if scope := indexes.scope_of(component.full_name):
        return NpmSource(scope, is_configured=True)
    files = [item.url for item in component.artifacts if item.url]
    if files:
        if any(indexes.stands_in(url) for url in files):
            return NpmSource(indexes.npm, is_configured=True)
        if found := next((match for url in files if (match := _TARBALL.fullmatch(url))), None):
            return NpmSource(found[1], is_configured=False)
        if indexes.npm and origin_of(indexes.npm) in {origin_of(url) for url in files}:
            return NpmSource(indexes.npm, is_configured=False)
        raise NobodyError("the lock takes this from an address of its own, which is no registry's")
    if base := _stated(component, indexes.npm):
        return NpmSource(base, is_configured=False)
    raise NobodyError("the lock names no address of a registry, and none is configured")


def pypi_source(component: Component, indexes: Indexes) -> str:
    """Return the index whose page of a package is read; empty where the lock's own addresses of files are what counts.

    Raises NobodyError.
    """
    if indexes.pypi and indexes.pypi in component.registries:
        return indexes.pypi
    if any(item.url.endswith(".whl") for item in component.artifacts):
        return ""
    if any(item.url for item in component.artifacts) and not component.registries:
        return ""
    return _stated(component, indexes.pypi)


def _stated(component: Component, default: str) -> str:
    """Return the index that the locks name, else the default one. Raises NobodyError where they speak against it."""
    stated = [item for item in component.registries if item != ELSEWHERE]
    if default in stated or not component.registries:
        return default
    if stated:
        return stated[0]
    raise NobodyError(ELSEWHERE_TOLD)
