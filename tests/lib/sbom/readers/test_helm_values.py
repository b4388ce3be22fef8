"""The images in `values.yaml` of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom import scan
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, make, reading_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_images_of_both_forms(tmp_path: Path) -> None:
    """In one text, or in parts; a digest is the version, a tag is not exact."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["helm-values"])
    found = by_name(made)
    assert set(found) == {"shop/one 1.0", f"shop/api sha256:{sha256('api')}", "busybox 1.36", "shop/sidecar"}
    assert dict(found[f"shop/api sha256:{sha256('api')}"].notes)["image:tag"] == "2.4.0"
    assert found["busybox 1.36"].locations[0].line == 8
    assert [item.kind for item in made.findings] == ["unpinned", "unpinned", "unpinned"]


def test_a_tag_that_the_templates_fill_in_is_not_latest(tmp_path: Path) -> None:
    """As `helm create` writes it: an empty tag is most often the chart's `appVersion`, so no version is claimed."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["helm-values"])
    sidecar = by_name(made)["shop/sidecar"]
    assert sidecar.purl == "pkg:docker/shop/sidecar"
    assert "Component Version" in {gap.field for gap in sidecar.gaps}
    assert [item.text for item in made.findings if "sidecar" in item.text] == [
        "the image shop/sidecar is not pinned to a digest, and its tag is filled in elsewhere"
    ]


def test_a_tag_beside_an_image_is_its_tag(tmp_path: Path) -> None:
    """Charts that name an image in one text often keep its tag apart; empty, the templates fill it in."""
    text = """exporter:
  image: registry.example/exporter
  tag: v1.75.0
proxy:
  image: registry.example/proxy
  tag: ""
whole:
  image: registry.example/whole:2
  tag: v9
"""
    made = inventory_of(tmp_path, {"Chart.yaml": "name: x\n", "values.yaml": text})
    assert {(item.name, item.version) for item in made.components} == {
        ("exporter", "v1.75.0"), ("proxy", ""), ("whole", "2")
    }  # fmt: skip


def test_an_image_without_a_name_is_none(tmp_path: Path) -> None:
    """The chart's user may name one, or another value of the chart does: nothing is missing, nothing is told."""
    text = """image: {repository: "", tag: "", digest: ""}\nother:\n  image: ""\n  initImage: {name: "", tag: "1"}\n"""
    made = inventory_of(tmp_path, {"Chart.yaml": "name: x\n", "values.yaml": text})
    assert (made.components, made.findings) == ((), ())


def test_values_of_no_chart_are_left_alone(tmp_path: Path) -> None:
    """Many things are called so."""
    files = {"chart/values.yaml": FURTHER_SAMPLES["helm-values"]["chart/values.yaml"]}
    assert scan.scan(make(tmp_path, files)).readings == ()


def test_values_that_are_no_yaml_block_nothing(tmp_path: Path) -> None:
    """They are no lock: a finding names the file and the line."""
    reading = reading_of(tmp_path, {"Chart.yaml": "name: x\n", "values.yaml": "a: b\nimage: [\n"})
    assert [(item.kind, item.lost) for item in reading.findings] == [("ignored", False)]
    assert "line 3" in reading.findings[0].text
