"""The files of a tree: those that git tracks where it is a checkout, else all that lie there. Nothing outside it."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["MAX_FILE", "MAX_FILES", "Listing", "Unread", "Why", "list_tree", "read_bytes"]

MAX_FILES: Final = 1_000_000
"""How many files of a tree are listed before it is given up."""
MAX_FILE: Final = 8 << 20
"""Bytes of the largest file that is read."""

# Of no interest to anybody where there is no git to say so.
_CLOSED: Final = frozenset({".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
