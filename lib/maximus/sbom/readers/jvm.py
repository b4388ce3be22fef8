"""`release`, which every Java runtime has in its folder: whose it is, and which version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.sbom import parsing
from maximus.sbom.limits import MAX_TEXT
from maximus.sbom.model import Ecosystem, Kind, Known, Link, Location, Package, Producer, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["READER", "package_of"]

_FIELD = re.compile(r'([A-Z_]{1,40})="?([^"\n]*)"?')
# A file of this name may be anything: by its folder it is one of a runtime, as installers name these.
_PATH = re.compile(r"(?:.*/)?[^/]*(?:java|jvm|jdk|jre|graalvm)[^/]*/(?:[^/]+/)?release")


def package_of(raw: bytes, path: str) -> Package | None:
    """Return the runtime that a `release` describes; None where it describes none. Raises Error SBOM005."""
    lines = (_FIELD.fullmatch(line.strip()[:MAX_TEXT]) for line in parsing.decode(raw, path).splitlines())
    found = {match[1]: match[2] for match in lines if match}
    # The runtime's version has the build, by which two of the same release differ.
    version = found.get("GRAALVM_VERSION") or found.get("JAVA_RUNTIME_VERSION") or found.get("JAVA_VERSION", "")
    if "JAVA_VERSION" not in found or not version:
        return None
    maker = found.get("IMPLEMENTOR", "").strip()
    notes = (("java:version", visible(found["JAVA_VERSION"])),) if version != found["JAVA_VERSION"] else ()
    return Package(
        "0",
        Ecosystem.GENERIC,
        "graalvm" if "GRAALVM_VERSION" in found else "openjdk",
        version,
        (Location(path),),
        kind=Kind.APPLICATION,
        edges=Known.UNKNOWN,
        not_applicable=(absence.UNPACKED,),
        producer=Producer(maker) if maker and maker != "N/A" else None,
        notes=(("type", "java runtime"), *notes),
    )


def _read(source: Source) -> Reading:
    found = package_of(source.raw, source.path)
    return Reading((found,), (Link("", "0", known=False),)) if found else Reading((), ())


READER = Reader("jvm", lambda path: path.endswith("/release") and bool(_PATH.fullmatch(path)), _read, is_lock=False)
