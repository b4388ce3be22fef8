"""What a hostile image may cost at most: a breach ends the reading, or is a finding that names the file."""

from __future__ import annotations

from typing import Final

from maximus.errors import Error
from maximus.sbom.naming import visible

__all__ = [
    "MAX_DATABASE",
    "MAX_ENTRIES",
    "MAX_EXECUTABLE",
    "MAX_INFLATED",
    "MAX_JAR",
    "MAX_JAR_DEPTH",
    "MAX_LAYERS",
    "MAX_MANIFEST",
    "MAX_MEMBERS",
    "MAX_PATH",
    "MAX_RATIO",
    "MAX_REFUSED",
    "MAX_SECTION",
    "MAX_STREAMS",
    "MAX_UNPACKED",
    "broken",
]

MAX_LAYERS: Final = 500
"""Layers of an image."""
MAX_ENTRIES: Final = 5_000_000
"""Entries of all layers together."""
MAX_UNPACKED: Final = 64 << 30
"""Bytes of all layers together, unpacked."""
MAX_RATIO: Final = 200
"""How many bytes may come out of one that goes in, over a whole layer of more than a mebibyte."""
MAX_STREAMS: Final = 1_000_000
"""Packed streams in one layer, one behind the other: some builders pack each file alone."""
MAX_PATH: Final = 4096
"""Characters of a path in a layer: no Linux opens a longer one."""
MAX_REFUSED: Final = 100
"""Files that are named as not looked at, of one image; the rest is counted."""
MAX_MANIFEST: Final = 16 << 20
"""Bytes of an index, a manifest or a configuration."""
MAX_DATABASE: Final = 512 << 20
"""Bytes of a package manager's database."""
MAX_EXECUTABLE: Final = 512 << 20
"""Bytes of an executable that is looked into."""
MAX_SECTION: Final = 64 << 20
"""Bytes of the facts in an executable, inflated."""
MAX_JAR: Final = 256 << 20
"""Bytes of an archive of Java that is looked into."""
MAX_MEMBERS: Final = 100_000
"""Members of such an archive."""
MAX_INFLATED: Final = 1 << 30
"""Bytes that are read out of one such archive and of all inside it, together."""
MAX_JAR_DEPTH: Final = 5
"""Archives inside archives."""


def broken(layer: str, why: str) -> Error:
    """Return the error of a layer that cannot be believed."""
    return Error(
        "SBOM033",
        f"cannot read the layer {visible(layer)}",
        why=why,
        fix="Save the image again, and compare its digest with the registry's.",
        where=visible(layer),
    )
