"""Kubernetes and Tekton manifests and `skaffold.yaml`: the images that a cluster runs, and that builders are of.

By their place and name, because any YAML file could be one. What turns out to be none says nothing, and what cannot
be read is a finding: most of these are no locks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.model import Finding, Location, Reading, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers.containers import Images
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER"]

_FOLDERS = re.compile(r"(?:.*/)?(?:k8s|kube|kubernetes|manifests|openshift|\.?tekton)/(?:.*/)?[^/]+\.ya?ml")
_NAMES = re.compile(
    r"(?:.*/)?(?:skaffold|deployment|daemonset|statefulset|cronjob|replicaset|[^/]+\.k8s)\.ya?ml", re.IGNORECASE
)
_OTHERS = ("kustomization.yaml", "kustomization.yml", "compose.yaml", "compose.yml", "Chart.yaml", "values.yaml")
_RUN = frozenset({"containers", "initContainers", "ephemeralContainers"})
_BUILD = frozenset({"steps", "sidecars", "stepTemplate"})


def _reads(path: str) -> bool:
    if path.startswith(".github/") or path.endswith(_OTHERS) or "/templates/" in path:
        return False
    return bool(_FOLDERS.fullmatch(path) or _NAMES.fullmatch(path))


def _read(source: Source) -> Reading:
    if b"apiVersion" not in source.raw or (b"mage" not in source.raw and b"builder" not in source.raw):
        return Reading((), ())
    if b"{{" in source.raw:
        text = f"{visible(source.path)} is a template: its images are known only when it is rendered"
        return Reading((), (), findings=(Finding("not-locked", text, Location(source.path), lost=False),))
    found = Images(source)
    for scalar in parsing.scalars_of_yaml(source.raw, source.path):
        scope = _scope(scalar.keys)
        if scope is not None and scalar.value:
            found.add(scalar.value, scalar.line, scope)
    return found.reading()


def _scope(keys: tuple[str, ...]) -> Scope | None:
    """Return what an image at the end of these keys is for; None where there is none."""
    match keys:
        case (*_, kind, "-", "image") if kind in _RUN:
            return Scope.RUNTIME
        case (*_, kind, "-", "image") if kind in _BUILD:
            return Scope.BUILD
        case (*_, "stepTemplate", "image"):
            return Scope.BUILD
        case ("build", "artifacts", "-", "buildpacks", "builder" | "runImage") | (
            "build", "artifacts", "-", "jib", "fromImage"
        ):  # fmt: skip
            return Scope.BUILD
        case _:
            return None


READER = Reader("kubernetes", _reads, _read, is_lock=False)
