"""Manifests of Kubernetes and Tekton, and `skaffold.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.model import Scope
from maximus.sbom.readers import reader_of
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, make, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_images_of_every_document(tmp_path: Path) -> None:
    """Of containers and of those that run before them; a digest is the version, a tag is not exact."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["kubernetes"])
    found = by_name(made)
    assert set(found) == {f"shop/api sha256:{sha256('api')}", "busybox 1.36", "shop/cron 1.0.0"}
    assert {item.scopes for item in found.values()} == {(Scope.RUNTIME,)}
    assert found["busybox 1.36"].locations[0].line == 10
    assert [item.kind for item in made.findings] == ["unpinned", "unpinned"]


@pytest.mark.parametrize(
    ("name", "images"), [("tekton", {"alpine 3.20", "golang 1.23"}), ("skaffold", {"buildpacks/builder v1"})]
)
def test_images_that_only_build(tmp_path: Path, name: str, images: set[str]) -> None:
    """Steps of a pipeline and builders; what Skaffold itself builds is no image that is taken."""
    found = by_name(inventory_of(tmp_path, FURTHER_SAMPLES[name]))
    assert set(found) == images
    assert {item.scopes for item in found.values()} == {(Scope.BUILD,)}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("image: x\n", []),
        ("apiVersion: v1\nimage: {{ .Values.image }}\n", ["not-locked"]),
        ("apiVersion: v1\nimage: [\n", ["ignored"]),
        ("apiVersion: v1\nkind: ConfigMap\ndata:\n  image: x\n", []),
    ],
)
def test_what_is_no_manifest_is_no_fault(tmp_path: Path, text: str, kinds: list[str]) -> None:
    """Any YAML may lie in such a folder: templates and broken files are told, and block nothing."""
    found = scan.scan(make(tmp_path, {"k8s/x.yaml": text}))
    assert found.faults == ()
    assert [item.kind for _, reading in found.readings for item in reading.findings] == kinds
    assert all(reading.packages == () for _, reading in found.readings)


@pytest.mark.parametrize(
    "path", ["deploy/values.yaml", "chart/templates/deployment.yaml", ".github/manifests/x.yml", "docs/x.yaml"]
)
def test_other_yaml_is_left_alone(path: str) -> None:
    """Templates of charts, values, workflows and everything elsewhere."""
    reader = reader_of(path)
    assert reader is None or reader.name != "kubernetes"
