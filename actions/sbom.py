"""Inventory a tree; write SPDX and CycloneDX; check both.

Reads the lock files of a tree and writes one inventory in both formats into the release folder:
`sbom.spdx.json` (SPDX 2.3) and `sbom.cdx.json` (CycloneDX 1.6). Needs no network and no token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `sbom` is asked for."""

    path: str = given("The tree to inventory.", default=".", metavar="DIR")
    folder: str = given("The release folder: where the SBOMs go.", default="release", metavar="DIR")
    name: str = given("The name of what is released. Default: the repository's, else the folder's.")
    version: str = given("Its version. Default: the tag on the commit, else the commit.")
    formats: tuple[str, ...] = given(
        "Which documents to write, one a line.",
        default=("spdx", "cyclonedx"),
        choices=("spdx", "cyclonedx"),
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `sbom` hands on."""

    spdx: str = out("The path of the SPDX document, empty where it was not asked for.")
    cyclonedx: str = out("The path of the CycloneDX document, empty where it was not asked for.")
    components: str = out("How many components were found.")
    serial_number: str = out("The documents' common serial number, `urn:uuid:...`; made from their content.")


def run(inputs: Inputs, face: Face) -> Outputs:
    raise NotImplementedError
