"""The manifest of a bundle: each file's path, size and SHA-256, and never its own.

See `schemas/evidence-manifest.schema.json`. Times are telemetry and not in it: the same files give the same manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import canonical

from .naming import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NAME", "Entry", "manifest_bytes", "manifest_entries"]

NAME: Final = "MANIFEST.json"
"""The manifest's own name, at the top of a bundle."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a manifest lists."""

    path: str
    """Relative to the bundle's root, with `/`."""
    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""


def manifest_bytes(entries: Iterable[Entry]) -> bytes:
    """Return the manifest's one form: RFC 8785 and a line feed, sorted by the bytes of the paths."""
    by_path = {entry.path: entry for entry in entries}
    listed = [
        {"path": entry.path, "sha256": entry.sha256, "size": entry.size}
        for entry in (by_path[path] for path in in_order(by_path))
    ]
    return canonical({"entries": listed, "version": 1}) + b"\n"


def manifest_entries(document: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return the entries of a document that holds to the schema, in its order."""
    return tuple(Entry(item["path"], item["size"], item["sha256"]) for item in document["entries"])
