"""The bounds within which evidence is read and written."""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_DOCUMENT",
    "MAX_ENTRIES",
    "MAX_FAULTS",
    "MAX_LINE",
    "MAX_LOG",
    "MAX_NAME",
    "MAX_NAMES",
    "MAX_NOTE",
    "MAX_PROOF",
    "MAX_RECORDS",
    "MAX_RUNS",
]

MAX_ENTRIES: Final = 200_000
"""Files of the largest bundle."""
MAX_NAME: Final = 1_024
"""Bytes of the longest name in a bundle; ZIP itself allows 65,535."""
MAX_NAMES: Final = 32 << 20
"""Bytes of the largest central directory that is read whole."""
MAX_FAULTS: Final = 50
"""How many faults of one bundle or log are told one by one; the rest is counted."""
MAX_DOCUMENT: Final = 32 << 20
"""Bytes of the largest document in a bundle that is parsed; a larger one is compared by its bytes alone."""
MAX_RUNS: Final = 100
"""How many bundles are compared at once."""
MAX_LINE: Final = 1 << 20
"""Bytes of the longest line of a log, its line end included."""
MAX_LOG: Final = 1 << 40
"""Bytes of the largest log."""
MAX_RECORDS: Final = 1_000_000
"""How many records one run appends."""
MAX_NOTE: Final = 64 << 10
"""Bytes of the largest checkpoint."""
MAX_PROOF: Final = 4 << 20
"""Bytes of the largest proof: a line, and at most 64 hashes."""
