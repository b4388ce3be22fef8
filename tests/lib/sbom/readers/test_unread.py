"""Locks that are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from tests.lib.sbom.samples import SAMPLES, inventory_of, make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("devbox.lock", "Devbox"),
        ("web/bun.lockb", "bun"),
        ("stack.yaml.lock", "Stack"),
        ("cabal.project.freeze", "Cabal"),
    ],
)
def test_a_lock_that_is_not_read_is_told(tmp_path: Path, name: str, tool: str) -> None:
    """It counts as something that the tree names and the inventory lacks; it blocks nothing."""
    made = inventory_of(tmp_path, {name: "version: 6\n", **SAMPLES["cargo-4"]})
    told = [(item.kind, item.text, item.location.path, item.lost) for item in made.findings if tool in item.text]
    text = f"locks of {tool} are not read: what this one names is missing"
    assert told == [("not-locked", text, name, True)]


@pytest.mark.parametrize(("name", "other"), [("bun.lockb", "bun.lock"), ("Gopkg.lock", "go.mod")])
def test_what_a_lock_beside_it_says_is_not_missing(tmp_path: Path, name: str, other: str) -> None:
    """Bun keeps its old lock, and a project that left dep has a go.mod."""
    content = '{"lockfileVersion": 1, "workspaces": {}, "packages": {}}' if other == "bun.lock" else "module x\n"
    found = scan.scan(make(tmp_path, {name: "x", other: content}))
    assert [path for path, reading in found.readings if reading.findings] == []


def test_a_manifest_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Julia writes a line above its own."""
    assert scan.scan(make(tmp_path / "a", {"Manifest.toml": "[x]\n"})).readings == ()
    mine = "# This file is machine-generated - editing it directly is not advised\n"
    (reading,) = dict(scan.scan(make(tmp_path / "b", {"Manifest.toml": mine})).readings).values()
    assert "Julia" in reading.findings[0].text


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("bom.xml", '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>'),
        ("sbom/app.cdx.xml", '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>'),
        ("app.spdx", "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n"),
        ("app.spdx.yaml", "SPDXID: SPDXRef-DOCUMENT\nspdxVersion: SPDX-2.3\n"),
        ("app.spdx3.json", '{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}'),
    ],
)
def test_an_sbom_that_is_not_read_is_told(tmp_path: Path, name: str, head: str) -> None:
    """The other formats of both standards; a file that only ends so is left alone."""
    made = inventory_of(tmp_path / "sbom", {name: head, **SAMPLES["cargo-4"]})
    assert [(item.kind, item.location.path) for item in made.findings if "SBOMs" in item.text] == [("not-locked", name)]
    assert scan.scan(make(tmp_path / "other", {name: "<project>MIT</project>\n"})).readings == ()


@pytest.mark.parametrize(
    ("name", "other"), [("bom.xml", "bom.json"), ("a/app.spdx", "a/app.spdx.json"), ("b.spdx.yaml", "b.spdx.json")]
)
def test_the_same_document_in_json_says_it_all(tmp_path: Path, name: str, other: str) -> None:
    """Tools that write several formats give them one name."""
    empty = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'
    files = {name: "spdxVersion: SPDX-2.3 cyclonedx.org/schema/bom", other: empty}
    assert [reading.findings for _, reading in scan.scan(make(tmp_path, files)).readings if reading.findings] == []
