"""SBOMs of a release: valid by their official schemas, and with something in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.verification.inventory import read_sbom, sbom_errors

if TYPE_CHECKING:
    from pathlib import Path

CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "application", "name": "app"}},
    "components": [
        {"type": "library", "name": "a", "version": "1", "components": [{"type": "library", "name": "b"}]},
    ],
}


SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "documentNamespace": "https://maximus.invalid/app",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: test-1"]},
    "packages": [
        {"SPDXID": "SPDXRef-app", "name": "app", "downloadLocation": "NOASSERTION"},
        {"SPDXID": "SPDXRef-a", "name": "a", "downloadLocation": "NOASSERTION"},
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app"},
        {"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"},
    ],
}


def written(tmp_path: Path, document: object) -> Path:
    """Write a document and return where."""
    path = tmp_path / "sbom.cdx.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_counts_components_and_not_what_they_describe(tmp_path: Path) -> None:
    """Nested components count, the described application does not."""
    sbom = read_sbom(written(tmp_path, CYCLONEDX), "sbom.cdx.json")
    assert (sbom.error, sbom.components) == (None, 2)


def test_counts_packages_and_not_what_they_describe(tmp_path: Path) -> None:
    """In SPDX the described package is one among the others, told apart by its relationship."""
    sbom = read_sbom(written(tmp_path, SPDX), "sbom.spdx.json")
    assert (sbom.error, sbom.components) == (None, 1)


def test_refuses_an_empty_list(tmp_path: Path) -> None:
    """An SBOM that lists nothing says nothing."""
    sbom = read_sbom(written(tmp_path, CYCLONEDX | {"components": []}), "sbom.cdx.json")
    assert sbom.error is not None
    assert sbom.error.code == "VERIFY032"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{}",
        {**CYCLONEDX, "specVersion": "9.9"},
        {**CYCLONEDX, "specVersion": 1.6},
        {**CYCLONEDX, "components": [{"name": "a"}]},
        {**CYCLONEDX, "components": 7},
        {"spdxVersion": "SPDX-3.0"},
        {**SPDX, "packages": [{"name": "a"}]},
        {**SPDX, "relationships": 7},
        {"spdxVersion": ["SPDX-2.3"]},
    ],
)
def test_refuses_what_is_no_sbom(tmp_path: Path, document: object) -> None:
    """Anything that does not hold to its schema is named with the reason."""
    sbom = read_sbom(written(tmp_path, document), "sbom.cdx.json")
    assert sbom.error is not None
    assert (sbom.error.code, bool(sbom.error.why)) == ("VERIFY031", True)


def test_says_that_there_is_none() -> None:
    """No SBOM at all is a fault of its own."""
    assert [error.code for error in sbom_errors([])] == ["VERIFY030"]
