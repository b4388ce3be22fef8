"""The roots that came with `sigstore`, read without importing it: that would cost half a second."""

from __future__ import annotations

from importlib import resources
from typing import Final
from urllib.parse import quote

__all__ = ["PUBLIC_URL", "carried"]

PUBLIC_URL: Final = "https://tuf-repo-cdn.sigstore.dev"
"""The public instance's TUF repository."""


def carried(name: str, url: str) -> bytes:
    """Return a file of the TUF repository at `url` as it came along; raise FileNotFoundError where none did."""
    return (resources.files("sigstore") / "_store" / quote(url, safe="") / name).read_bytes()
