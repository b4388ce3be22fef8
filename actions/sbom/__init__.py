"""Inventory a tree; write SPDX and CycloneDX; check both.

Reads the lock files of a tree and writes one inventory in both formats into the release folder:
`sbom.spdx.json` (SPDX 2.3) and `sbom.cdx.json` (CycloneDX 1.6). Needs no network and no token.
"""

from .action import FILES, run
from .inputs import PROFILES, Inputs, Outputs

__all__ = ["FILES", "PROFILES", "Inputs", "Outputs", "run"]
