"""What the wheels installed in an image say of themselves: METADATA, RECORD, and the SBOMs of what was built into them.

The files pass by in any order, so they are kept until all have been seen.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.sbom import wheels
from maximus.sbom.model import Ecosystem, Finding, Location, Reading
from maximus.sbom.naming import make_purl, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.sbom.model import Package
    from maximus.sbom.wheels import Carried

__all__ = ["RECORD", "SBOM", "Document", "Metadata", "metadata", "settle"]

RECORD = re.compile(r"(?:.*/)?[^/]+\.dist-info/RECORD")
SBOM = re.compile(r"(?:.*/)?[^/]+\.dist-info/sboms/.*[^/]\.json")
_FOLDER = re.compile(r"((?:.*/)?[^/]+\.dist-info)/(sboms/.*)")


@dataclass(frozen=True, slots=True)
class Metadata:
    """A METADATA, and the digest by which RECORD knows it."""

    reading: Reading
    sha256: str
    """As RECORD spells it, without the algorithm's name."""


@dataclass(frozen=True, slots=True)
class Document:
    """An SBOM inside a wheel, not read yet."""

    raw: bytes


def metadata(reading: Reading, raw: bytes) -> Metadata:
    """Return what a METADATA says with its digest."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return Metadata(reading, digest)


def settle(found: Mapping[str, object]) -> tuple[dict[str, object], tuple[Carried, ...]]:
    """Return the files with what METADATA says in place of its `Metadata`, and the SBOMs inside wheels.

    A METADATA that RECORD does not list like this is told: the package is there all the same.
    """
    made = dict(found)
    carried: list[Carried] = []
    for path, value in found.items():
        if isinstance(value, Metadata):
            record = found.get(f"{path.rpartition('/')[0]}/RECORD")
            reading = value.reading
            if isinstance(record, wheels.Record) and record.is_other("METADATA", value.sha256):
                text = f"{visible(path)} is not the file that its RECORD lists"
                alarm = Finding("alarm", text, Location(visible(path)), lost=False)
                reading = replace(reading, findings=(*reading.findings, alarm))
            made[path] = reading
        elif isinstance(value, Document):
            taken, finding = _read(path, value.raw, found)
            carried += [taken] if taken else []
            made[path] = Reading((), (), findings=(finding,)) if finding else None
    return made, tuple(carried)


def _read(path: str, raw: bytes, found: Mapping[str, object]) -> tuple[Carried | None, Finding | None]:
    """Return an SBOM inside a wheel that is installed, or why it is not taken."""
    parts = _FOLDER.fullmatch(path)
    folder, name = (parts[1], parts[2]) if parts else ("", "")
    package = _package(found.get(f"{folder}/METADATA"))
    record = found.get(f"{folder}/RECORD")
    if package is None or not isinstance(record, wheels.Record):
        text = "an SBOM lies where no installed wheel lists it: not taken"
        return None, Finding("ignored", text, Location(visible(path)), lost=False)
    purl = make_purl(Ecosystem.PYPI.value, package.name, package.version)
    return wheels.read_carried(purl, record, path, name, raw)


def _package(value: object) -> Package | None:
    return value.reading.packages[0] if isinstance(value, Metadata) and value.reading.packages else None
