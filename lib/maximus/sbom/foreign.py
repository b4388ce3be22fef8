"""An SBOM that anybody wrote, as a document: JSON is read, and what else it may be is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_sbom_text", "load_sbom"]

_HEAD: Final = 4096
"""Bytes in which an SBOM says what it is."""
_SBOM: Final = re.compile(rb"cyclonedx\.org/schema/bom|SPDXVersion:|spdxVersion|spdx\.org/rdf", re.IGNORECASE)


def is_sbom_text(raw: bytes) -> bool:
    """Tell whether a file calls itself an SBOM, in whatever format: XML, tag and value, YAML or JSON."""
    return _SBOM.search(raw[:_HEAD]) is not None


def load_sbom(path: Path) -> Any:  # noqa: ANN401 - foreign JSON enters here
    """Return what an SBOM in JSON holds.

    Raises Error SBOM061 for an SBOM in another format, and what `documents.load_json` raises.
    """
    try:
        return documents.load_json(path)
    except Error as fault:
        if fault.code != "DOC003" or not is_sbom_text(documents.read_document(path)):
            raise
        raise Error(
            "SBOM061",
            f"{path} is an SBOM in another format than JSON",
            why="of CycloneDX and SPDX the JSON form is read, and neither XML nor tag and value nor YAML",
            fix="Have its tool write JSON; most do with another option or file name.",
            where=str(path),
        ) from fault
