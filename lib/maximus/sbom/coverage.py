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
    listed = tuple(components)
    distributed = [component for component in listed if component.is_distributed]
    algorithms = [
        {digest.algorithm for artifact in component.artifacts for digest in artifact.digests}
        for component in distributed
    ]
    return Coverage(
        components=len(listed),
        versions=sum(1 for component in listed if component.is_exact),
        distributed=len(distributed),
        hashes=sum(1 for found in algorithms if found),
        sha256=sum(1 for found in algorithms if "SHA-256" in found),
        sha512=sum(1 for found in algorithms if "SHA-512" in found),
        licences=sum(1 for component in listed if any(claim.expression for claim in component.licences)),
        edges=sum(1 for component in listed if component.edges is Known.COMPLETE),
        direct=sum(1 for component in listed if component.direct),
    )
