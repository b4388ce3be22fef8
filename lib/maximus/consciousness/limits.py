"""How much of a recording is read, shown and counted."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_FRAMES", "MAX_KINDS", "MAX_LINE", "MAX_NAMED_LINES", "MAX_PHI_FILE"]

MAX_LINE: Final = 1 << 20
"""Bytes of one line; a longer one is a bad frame and is passed over."""
MAX_FRAMES: Final = 1_000_000
"""Frames of one recording: eleven days of one a second."""
MAX_BYTES: Final = 2 << 30
"""Bytes of one recording."""
MAX_DEPTH: Final = 32
"""How deep a frame's objects and lists nest; the protocol needs five."""
MAX_KINDS: Final = 50
"""Kinds of faults that are told apart; what comes beyond is counted."""
MAX_NAMED_LINES: Final = 10
"""Lines that are named for each kind of fault; the others are counted."""
MAX_PHI_FILE: Final = 1 << 20
"""Bytes of the user's own file with phi."""
