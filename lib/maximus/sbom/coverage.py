"""How much of an inventory is known: always two numbers, and the names of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.sbom.model import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.sbom.model import Component

__all__ = ["Coverage", "measure"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of a set of components, what is known; each field counts components."""

    components: int
    versions: int
    """With an exact version."""
    distributed: int
    """With a distributed file that a hash could be of: the denominator of `hashes` and `sha256`."""
    hashes: int
    """With a stated digest of a distributed file."""
    sha256: int
    sha512: int
    licences: int
    """With a valid SPDX expression."""
    edges: int
    """Whose needs are completely known."""
    direct: int


def measure(components: Iterable[Component]) -> Coverage:
    """Return the coverage of these components."""
    found = dict.fromkeys(Coverage.__dataclass_fields__, 0)
    # One pass: this is asked of every ecosystem and of the whole, and components go into the ten thousands.
    for component in components:
        found["components"] += 1
        found["versions"] += component.is_exact
        found["licences"] += any(claim.expression for claim in component.licences)
        found["edges"] += component.edges is Known.COMPLETE
        found["direct"] += component.direct
        if component.is_distributed:
            algorithms = {digest.algorithm for artifact in component.artifacts for digest in artifact.digests}
            found["distributed"] += 1
            found["hashes"] += bool(algorithms)
            found["sha256"] += "SHA-256" in algorithms
            found["sha512"] += "SHA-512" in algorithms
    return Coverage(**found)
