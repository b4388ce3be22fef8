"""What an installed wheel says about its own files: RECORD with their digests, and the SBOMs of what was built into it.

See the recording installed projects specification and PEP 770. The documents are claims by strangers: nothing of
their subject, serial number or tools is taken over, and RECORD must list and match each of them.
"""

from __future__ import annotations

import base64
import csv
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.sbom.model import Finding, Location
from maximus.sbom.naming import visible
from maximus.sbom.readers.embedded import read_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from maximus.sbom.model import Purl
    from maximus.sbom.readers.embedded import Parts

__all__ = [
    "MAX_DOCUMENT",
    "MAX_DOCUMENTS",
    "MAX_RECORD",
    "MAX_TAGS",
    "Carried",
    "Record",
    "file_of",
    "read_carried",
    "read_record",
    "read_tags",
]

MAX_RECORD: Final = 64 << 20
"""Bytes of a RECORD: it has a line for every file of the package."""
MAX_DOCUMENT: Final = 16 << 20
"""Bytes of an SBOM inside a wheel."""
MAX_DOCUMENTS: Final = 50
"""SBOMs inside one wheel."""
MAX_TAGS: Final = 1_000
"""Lines of a WHEEL that are looked at."""
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Record:
    """The digests that RECORD lists for the files of one `.dist-info` folder."""

    stated: Mapping[str, str]
    """By the path below the folder: `sha256=...`; empty where none is stated."""

    def lists(self, name: str) -> bool:
        """Tell whether a digest of this file is listed."""
        return bool(self.stated.get(name))

    def differs(self, name: str, raw: bytes) -> bool:
        """Tell whether a file is another one than is listed; what is not listed differs from nothing."""
        stated = self.stated.get(name, "")
        if not stated:
            return False
        algorithm, _, value = stated.partition("=")
        if algorithm not in _ALGORITHMS:
            return True
        found = base64.urlsafe_b64encode(hashlib.new(algorithm, raw).digest()).decode().rstrip("=")
        return found != value.rstrip("=")

    def is_other(self, name: str, sha256: str) -> bool:
        """Tell whether a file with this SHA-256, as RECORD spells it, is another one than is listed."""
        algorithm, _, value = self.stated.get(name, "").partition("=")
        return algorithm == "sha256" and value.rstrip("=") != sha256


def read_record(raw: bytes, folder: str) -> Record:
    """Return what a RECORD lists of the `.dist-info` folder of this name; the files of the package are left out."""
    prefix = f"{folder}/"
    lines = (line for line in raw.decode("utf-8", "replace").splitlines() if line.lstrip('"').startswith(prefix))
    found: dict[str, str] = {}
    try:
        for row in csv.reader(lines):
            if len(row) > 1:
                found[row[0].removeprefix(prefix)] = row[1]
    except csv.Error:
        # A field longer than csv takes: what follows is not believed.
        return Record(found)
    return Record(found)


def read_tags(raw: bytes) -> frozenset[str]:
    """Return the tags that a wheel's WHEEL states: what it was built for."""
    lines = raw.decode("utf-8", "replace").splitlines()[:MAX_TAGS]
    return frozenset(line.partition(":")[2].strip() for line in lines if line.startswith("Tag:"))


def file_of(tags: frozenset[str], files: Iterable[str]) -> str:
    """Return which of these files was built for the same; empty where none or more than one was.

    A wheel that somebody built here from the sdist for the same platform is not told apart: WHEEL has no origin.
    """
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: PLC0415 - 10 ms that few need

    found = []
    for file in files:
        try:
            stated = parse_wheel_filename(file)[3]
        except (InvalidWheelFilename, ValueError):
            continue
        if {str(tag) for tag in stated} == tags:
            found.append(file)
    return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Carried:
    """One SBOM inside a wheel."""

    carrier: Purl
    origin: str
    """The wheel's folder, the document and its SHA-256; where it is installed is not in it."""
    place: Location
    parts: Parts


def read_carried(
    carrier: Purl, record: Record, path: str, name: str, raw: bytes
) -> tuple[Carried | None, Finding | None]:
    """Return what a document inside a wheel says, or why nothing of it is taken.

    `path` is where it lies, `name` its path below the `.dist-info` folder.
    """
    place = Location(visible(path))
    if not record.lists(name):
        return None, Finding(
            "ignored", "RECORD does not list this SBOM of a wheel: it was not taken", place, lost=False
        )
    if record.differs(name, raw):
        return None, Finding("alarm", "this SBOM of a wheel is not the file that RECORD lists", place, lost=False)
    folder = path.removesuffix(f"/{name}").rpartition("/")[2]
    try:
        parts = read_parts(raw, path)
    except Error as fault:
        return None, Finding("ignored", f"an SBOM of a wheel was not read: {fault.why}", place, lost=False)
    except RecursionError:
        return None, Finding("limit", "an SBOM of a wheel nests deeper than can be read", place, lost=False)
    origin = f"{visible(f'{folder}/{name}')} sha256:{hashlib.sha256(raw).hexdigest()}"
    return Carried(carrier, origin, place, parts), None
