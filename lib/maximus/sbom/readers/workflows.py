"""GitHub's workflows and actions: what `uses:` names, and the images of jobs, services and container actions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Finding, Link, Location, Package, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import references
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.parsing import Scalar
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_WORKFLOW = re.compile(r"(?:.*/)?\.github/workflows/[^/]+\.ya?ml")
_ACTION = re.compile(r"(?:.*/)?action\.ya?ml")


def _reads(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and bool(_WORKFLOW.fullmatch(path) or _ACTION.fullmatch(path))


def _read(source: Source) -> Reading:
    packages: dict[str, Package] = {}
    findings: list[Finding] = []
    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        kind = _kind(scalar)
        if not kind or not scalar.value.strip():
            continue
        place = Location(source.path, scalar.line)
        if "${{" in scalar.value:
            text = f"{visible(scalar.value)[:200]!r} is known only when the workflow runs"
            findings.append(Finding("unresolved", text, place))
            continue
        key = f"{scalar.line}:{scalar.value}"
        if kind == "uses":
            made, said = references.action(scalar.value, key, place)
        else:
            made, said = references.image_package(scalar.value.removeprefix("docker://"), key, place, Scope.BUILD)
        findings += said
        if made is not None:
            packages[key] = made
    links = tuple(Link("", key, Scope.BUILD) for key in packages)
    return Reading(tuple(packages.values()), links, findings=tuple(findings))


def _kind(scalar: Scalar) -> str:
    """Return whether a value names an action (`uses`) or an image (`image`); empty for every other value."""
    match scalar.keys:
        case ("jobs", _, "uses") | ("jobs", _, "steps", "-", "uses") | ("runs", "steps", "-", "uses"):
            return "uses"
        case ("jobs", _, "container") | ("jobs", _, "container", "image") | ("jobs", _, "services", _, "image"):
            return "image"
        case ("runs", "image") if scalar.value.startswith("docker://"):
            # Anything else is a Dockerfile of the tree, which is read for itself.
            return "image"
        case _:
            return ""


READER = Reader("workflows", _reads, _read)
