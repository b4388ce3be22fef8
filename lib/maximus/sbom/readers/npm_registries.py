"""From which registry the packages of a lock of npm's family come, by the `.npmrc` beside it, where the lock is silent.

Nothing in it is trusted and nobody's credentials are read: it only says what is not the default registry's business.
See `npm help npmrc`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.sbom import addresses
from maximus.sbom.limits import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.sbom.model import Package, Reading
    from maximus.sbom.tree import Source

__all__ = ["placed"]


def placed(read: Callable[[Source], Reading]) -> Callable[[Source], Reading]:
    """Return a reader whose packages say which registry the project's own configuration takes them from."""

    def reading(source: Source) -> Reading:
        made = read(source)
        registries = _registries(source)
        if not registries:
            return made
        return replace(made, packages=tuple(_with_registry(package, registries) for package in made.packages))

    return reading


def _with_registry(package: Package, registries: dict[str, str]) -> Package:
    if package.registry or package.own is not None or any(item.url for item in package.artifacts):
        return package
    scope = package.name.partition("/")[0] if package.name.startswith("@") else ""
    found = registries.get(scope) or registries.get("", "")
    return replace(package, registry=found) if found else package


def _registries(source: Source) -> dict[str, str]:
    """Return the registries that the `.npmrc` beside a lock names, by scope, with an empty one for all other names."""
    raw = source.tree.manifest(source.beside(".npmrc"))
    found = {}
    for line in (raw or b"").decode("utf-8", "replace").splitlines():
        name, sign, value = line.partition("=")
        name = name.strip()
        if sign and len(value) <= MAX_TEXT and (name == "registry" or name.endswith(":registry")):
            found[name.removesuffix("registry").removesuffix(":")] = addresses.index_of(value.strip().strip("\"'"))
    return found
