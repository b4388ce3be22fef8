"""The table of formats in `docs/sbom.md` names what the readers read, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from maximus.sbom.readers import READERS, reader_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sbom.md"
# Read by the reader of what they lie beside.
BESIDE = {"go.sum", "go.work", "go.work.sum", "vendor/modules.txt", "gradle/verification-metadata.xml"}


def named() -> set[str]:
    """Return a path for each file and folder of the table."""
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.partition("## What is read")[2].partition("\n\n**")[0]
    cells = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ") and "ecosystem" not in line]
    found = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} - BESIDE
    return {re.sub(r"\*|NAME", "x", f"{name}x.yaml" if name.endswith("/") else name) for name in found}


def test_what_the_table_names_is_read() -> None:
    """A file in the table that no reader reads would be a promise that nobody keeps."""
    assert len(named()) > 50
    assert [name for name in sorted(named()) if reader_of(name) is None] == []


def test_every_reader_is_in_the_table() -> None:
    """A format that nobody knows of is not used."""
    known = {reader.name for name in named() if (reader := reader_of(name)) is not None}
    assert [reader.name for reader in READERS if reader.name not in known] == []
