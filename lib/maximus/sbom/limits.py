"""What a hostile tree may cost at most: every lock is somebody else's file.

A breach is a finding that names the file and the limit; the rest of the scan goes on.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_ALIASED",
    "MAX_COMPONENTS",
    "MAX_DEPTH",
    "MAX_EDGES",
    "MAX_ENTRIES",
    "MAX_EXPRESSION",
    "MAX_INCLUDES",
    "MAX_LOCK",
    "MAX_MANIFEST",
    "MAX_PACKAGES",
    "MAX_TEXT",
]

MAX_LOCK: Final = 64 << 20
"""Bytes of a lock file."""
MAX_MANIFEST: Final = 4 << 20
"""Bytes of a manifest that lies beside a lock: `package.json`, `pyproject.toml`, `Cargo.toml`."""
MAX_DEPTH: Final = 200
"""Levels of a YAML or XML file, or of a lock in Erlang's terms."""
MAX_ALIASED: Final = 50_000
"""Values of a YAML file that its aliases stand for."""
MAX_COMPONENTS: Final = 200_000
"""Components of one inventory, or of a foreign document."""
MAX_PACKAGES: Final = 2_000_000
"""Packages that all locks of a tree name together, one that several name counted each time."""
MAX_EDGES: Final = 2_000_000
"""Dependencies between them."""
MAX_TEXT: Final = 8 << 10
"""Characters of a name, a version or an address."""
MAX_EXPRESSION: Final = 2 << 10
"""Characters of a licence expression."""
MAX_ENTRIES: Final = 2_000_000
"""Directory entries that one walk looks at."""
MAX_INCLUDES: Final = 200
"""Files that one requirements list may include, directly or through others."""
