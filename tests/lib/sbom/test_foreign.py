"""SBOMs that anybody wrote: JSON is read, and other formats are called by their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom.foreign import load_sbom

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_is_read_with_and_without_a_byte_order_mark(tmp_path: Path, mark: bytes) -> None:
    """Editors of Windows leave the mark in front; what follows is the same document."""
    path = tmp_path / "bom.json"
    path.write_bytes(mark + b'{"bomFormat": "CycloneDX"}')

    assert load_sbom(path) == {"bomFormat": "CycloneDX"}


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
        "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n",
        "spdxVersion: SPDX-2.3\n",
        '<rdf:RDF xmlns="http://spdx.org/rdf/terms#"/>',
    ],
)
def test_another_format_is_told_as_one(tmp_path: Path, text: str) -> None:
    """Nobody is told about line 1, column 1 of a document that is sound."""
    path = tmp_path / "sbom"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Error, match="another format than JSON") as caught:
        load_sbom(path)
    assert caught.value.code == "SBOM061"


def test_what_is_no_sbom_at_all_is_told_with_its_place(tmp_path: Path) -> None:
    """Of anything else the fault is that of its JSON."""
    path = tmp_path / "sbom.json"
    path.write_text('{"bomFormat": ', encoding="utf-8")

    with pytest.raises(Error) as caught:
        load_sbom(path)
    assert caught.value.code == "DOC003"
