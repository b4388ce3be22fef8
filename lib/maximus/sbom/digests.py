"""Digests as locks write them, turned into hexadecimal under their proper names, with the line they stand on."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from maximus.sbom.model import Digest, Location, Stated

__all__ = ["SPDX_ALGORITHMS", "DigestLines", "from_integrity", "from_pair"]

_NAMES = {
    "md5": ("MD5", 32),
    "sha1": ("SHA-1", 40),
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
    "blake2b": ("BLAKE2b-512", 128),
}
"""The name in a lock: the name in CycloneDX, and how many hexadecimal digits it has."""
SPDX_ALGORITHMS = {
    "MD5": "MD5",
    "SHA-1": "SHA1",
    "SHA-256": "SHA256",
    "SHA-384": "SHA384",
    "SHA-512": "SHA512",
    "BLAKE2b-512": "BLAKE2b-512",
}
"""The name in CycloneDX: the name in SPDX."""
_HEX = re.compile(r"[0-9a-f]+")
_TOKEN = re.compile(r"\b[0-9a-f]{40,128}\b|sha\d{1,3}-[A-Za-z0-9+/]{20,}={0,2}")
_SHORTEST = 32
"""How long a line with a digest is at least: a SHA-1 in base64 with its name."""


@dataclass(frozen=True, slots=True)
class DigestLines:
    """Knows on which line of a lock a digest stands first."""

    path: str
    lines: dict[str, int]

    @classmethod
    def of(cls, path: str, text: str) -> DigestLines:
        """Index a lock's digests in one pass over its text."""
        lines: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) >= _SHORTEST:
                for found in _TOKEN.findall(line):
                    lines.setdefault(found, number)
        return cls(path, lines)

    def origin(self, written: str) -> Stated:
        """Return where the digest stands, line 0 where the text has it in another spelling."""
        return Stated(Location(self.path, self.lines.get(written, 0)))


def from_pair(written: str, lines: DigestLines) -> Digest | None:
    """Return the digest written `sha256:HEX`; None where it is not a digest of that algorithm."""
    algorithm, _, value = written.partition(":")
    known = _NAMES.get(algorithm.lower().replace("-", ""))
    lowered = value.lower()
    if known is None or len(value) != known[1] or not _HEX.fullmatch(lowered):
        return None
    return Digest(known[0], lowered, lines.origin(value))


def from_integrity(written: str, lines: DigestLines) -> tuple[Digest, ...]:
    """Return the digests of a subresource-integrity text (`sha512-BASE64 sha1-BASE64`), wrong ones left out."""
    found: dict[tuple[str, str], Digest] = {}
    for token in written.split():
        algorithm, _, rest = token.partition("-")
        known = _NAMES.get(algorithm.lower())
        try:
            value = base64.b64decode(rest.partition("?")[0], validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        if known is not None and len(value) == known[1]:
            found[known[0], value] = Digest(known[0], value, lines.origin(token))
    return tuple(found.values())
