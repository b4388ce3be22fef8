"""A trusted root, and what is told of it: where it came from, which one it is, and for when it holds.

A file is taken as it is and asks nothing of the network: whoever names it vouches for it.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from .roots import Roots

__all__ = ["Origin", "Trust", "parse_root", "read_trust"]

MAX_TRUST: Final = 4 << 20
"""Bytes of the largest trust file that is read; the public one has 7 KB."""
_CONFIG: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_ROOT: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


class Origin(enum.StrEnum):
    """Which way a trusted root came."""

    TUF = "tuf"
    """From the public instance, brought up to date and verified by TUF."""
    FILE = "file"
    """From a file that the caller names and vouches for."""
    EMBEDDED = "embedded"
    """The one that came with `sigstore`, because nothing may be asked."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A trusted root, and where it is from."""

    roots: Roots
    source: str
    """The file, or the instance, for people."""
    origin: Origin = Origin.FILE
    sha256: str = ""
    """Over the bytes that were read: the file's, or the TUF target's."""
    expires: str = ""
    """Until when TUF's metadata says that it is to be believed, RFC 3339; empty for a file, which says nothing."""

    @property
    def period(self) -> tuple[str, str]:
        """The first and the last moment in which an authority or a log in it is trusted, RFC 3339.

        The second is empty where one is trusted without an end, as those that are in use are.
        """
        parts = (*self.roots.authorities, *self.roots.stampers)
        logs = (*self.roots.logs.values(), *self.roots.certificate_logs.values())
        periods = [each.period for each in parts] + [each.period for each in logs]
        first = min((each.start for each in periods if each.start), default=None)
        ends = [each.end for each in periods if each.end]
        last = max(ends, default=None) if len(ends) == len(periods) else None
        return _moment(first), _moment(last)

    def log_addresses(self) -> tuple[str, ...]:
        """Return where its transparency logs are, each once and sorted."""
        return tuple(sorted({each.address for each in self.roots.logs.values()}))

    def as_document(self) -> dict[str, str]:
        """Return which root it is, as the output `trust-root` carries it."""
        first, last = self.period
        return {
            "origin": self.origin.value,
            "source": self.source,
            "sha256": self.sha256,
            "valid-from": first,
            "valid-until": last,
            "expires": self.expires,
        }

    def describe(self) -> str:
        """Return which root it is, in one line for people."""
        first, last = self.period
        period = f"{first[:10] or 'the beginning'} to {last[:10]}" if last else f"{first[:10] or 'the beginning'} on"
        return f"trusted root of {self.source} (sha256:{self.sha256}, for signatures from {period})"


def _moment(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def read_trust(path: Path) -> Trust:
    """Return the trusted root in a ClientTrustConfig, or one that stands alone in its file.

    Raises Error VERIFY003 (usage) when it is neither.
    """
    try:
        raw = _read(path)
        document = documents.parse_json(raw, str(path))
    except Error as error:
        raise _unusable(path, error.why or error.what) from error
    kind = document.get("mediaType") if isinstance(document, dict) else None
    match kind:
        case str() if kind == _CONFIG:
            inner = document.get("trustedRoot")
        case str() if kind == _ROOT:
            inner = document
        case _:
            raise _unusable(path, f"its mediaType is {kind!r:.120}" if kind else "it has no mediaType")
    return Trust(_root(inner, path), str(path), Origin.FILE, hashlib.sha256(raw).hexdigest())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_TRUST + 1)
    except OSError as fault:
        raise _unusable(path, fault.strerror or str(fault)) from fault
    if len(raw) > MAX_TRUST:
        raise _unusable(path, f"it is larger than {MAX_TRUST} bytes")
    return raw


def _root(document: Any, path: Path) -> Roots:  # noqa: ANN401 - foreign JSON enters here
    from .roots import read_roots  # noqa: PLC0415 - 60 ms of cryptography that a wrong path should not cost

    try:
        return read_roots(document)
    except ValueError as fault:
        raise _unusable(path, str(fault).replace("\n", " ")[:300]) from fault


def _unusable(path: Path, why: str) -> Error:
    return Error(
        "VERIFY003",
        f"{path} is not a trust configuration",
        why=why,
        fix="`trust-config` takes a Sigstore ClientTrustConfig or a trusted root, JSON with its mediaType.",
        where="input trust-config",
        status=ExitStatus.USAGE,
    )


def parse_root(raw: bytes, source: str, origin: Origin) -> Trust:
    """Return the trusted root in bytes that are known to be one."""
    from .roots import read_roots  # noqa: PLC0415 - as in `_root`

    return Trust(read_roots(documents.parse_json(raw, source)), source, origin, hashlib.sha256(raw).hexdigest())
