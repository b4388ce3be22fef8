"""A trusted root, read into what is believed: logs, certificate logs, authorities, timestamp authorities. Pure.

Each is believed for its period only, which is closed at both ends, and each log under exactly the id that the
root gives it. See: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.x509 import Certificate, load_der_x509_certificate

from .schemes import Verifier, read_key

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALWAYS", "Authority", "Log", "Period", "Roots", "read_roots"]

MAX_PARTS: Final = 256
"""How many logs or authorities of a kind are read."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time from `start` to `end`, both included; None where it is open."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, time: datetime) -> bool:
        """Tell whether the time lies in it."""
        return (self.start is None or self.start <= time) and (self.end is None or time <= self.end)


ALWAYS: Final = Period()


@dataclass(frozen=True, slots=True)
class Log:
    """A log of entries or of certificates, and the one key that signs for it."""

    key_id: bytes
    address: str
    key: Verifier
    period: Period


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues certificates or timestamps."""

    certificates: tuple[Certificate, ...]
    """Its chain, the root last. A certificate authority's begins with who signs certificates, a timestamp
    authority's with who signs timestamps."""
    period: Period


@dataclass(frozen=True, slots=True)
class Roots:
    """Everything that is believed."""

    logs: Mapping[bytes, Log]
    """By the key id under which entries name them."""
    certificate_logs: Mapping[bytes, Log]
    authorities: tuple[Authority, ...]
    stampers: tuple[Authority, ...]

    @property
    def is_without_logs(self) -> bool:
        """Tell whether the instance keeps no log at all and has timestamps alone, as GitHub's for what is private."""
        return bool(self.stampers) and not self.logs and not self.certificate_logs

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is needed to verify an identity's signature, and is not there."""
        needed = {
            "certificate authority": self.authorities,
            "CT log": self.certificate_logs or self.is_without_logs,
            "transparency log": self.logs or self.is_without_logs,
        }
        return tuple(what for what, found in needed.items() if not found)


def read_roots(document: Any) -> Roots:  # noqa: ANN401 - foreign JSON enters here
    """Return what a trusted root holds, as it was read from JSON; a key of an unknown kind is as good as absent.

    Raises ValueError in words where it is malformed. What it lacks is for `verifier.bundle_verifier` to say.
    """
    try:
        return Roots(
            logs=_logs(document.get("tlogs")),
            certificate_logs=_logs(document.get("ctlogs")),
            authorities=tuple(_authority(each) for each in _few(document.get("certificateAuthorities"))),
            stampers=tuple(_authority(each) for each in _few(document.get("timestampAuthorities"))),
        )
    except (KeyError, TypeError, AttributeError, binascii.Error) as fault:
        msg = f"{fault} is missing" if isinstance(fault, KeyError) else f"it is malformed: {str(fault)[:200]}"
        raise ValueError(msg) from fault


def _few(items: Any) -> list[Any]:  # noqa: ANN401 - likewise
    found = list(items or [])
    if len(found) > MAX_PARTS:
        msg = f"it has {len(found)} parts of a kind"
        raise ValueError(msg)
    return found


def _logs(items: Any) -> dict[bytes, Log]:  # noqa: ANN401 - likewise
    logs: dict[bytes, Log] = {}
    for item in _few(items):
        key_id, key = _bytes(item["logId"]["keyId"]), item["publicKey"]
        with contextlib.suppress(ValueError):
            verifier = read_key(_bytes(key["rawBytes"]), str(key["keyDetails"]))
            logs[key_id] = Log(key_id, str(item.get("baseUrl", "")), verifier, _period(key.get("validFor")))
    return logs


def _authority(item: Mapping[str, Any]) -> Authority:
    chain = _few(item["certChain"]["certificates"])
    certificates = tuple(load_der_x509_certificate(_bytes(each["rawBytes"])) for each in chain)
    if not certificates:
        msg = "an authority has no certificate"
        raise ValueError(msg)
    return Authority(certificates, _period(item.get("validFor")))


def _period(item: Mapping[str, Any] | None) -> Period:
    if item is None:
        return ALWAYS
    start, end = item.get("start"), item.get("end")
    return Period(_moment(start) if start else None, _moment(end) if end else None)


def _moment(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
