"""Which services a signing configuration names, and which of them are asked. Pure.

A list of services is cut as sigstore-python 4.5 cuts it: what is valid now and of a version that is spoken here,
of each operator the highest, and of these as many as the configuration's selector says.
See: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LogService", "Services", "read_services"]

_KIND: Final = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
MAX_SERVICES: Final = 64
"""How many services of a kind are read."""
_LOG_VERSIONS: Final = (1, 2)
_OTHER_VERSIONS: Final = (1,)
_ANY: Final = "ANY"
_ALL: Final = "ALL"
_EXACT: Final = "EXACT"


@dataclass(frozen=True, slots=True)
class LogService:
    """A transparency log that takes entries."""

    url: str
    """Without a slash at its end."""
    version: int
    """1 or 2, Rekor's."""

    @property
    def gives_time(self) -> bool:
        """Tell whether it states when it took an entry; where not, a timestamp must."""
        return self.version == 1


@dataclass(frozen=True, slots=True)
class Services:
    """Who is asked for each signature."""

    authority: str
    """Fulcio's URL, without a slash at its end."""
    log: LogService
    stampers: tuple[str, ...]
    """The whole URLs of the timestamp authorities; each is asked."""

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The same for people, each by its name and URL."""
        stampers = (("the timestamp authority", url) for url in self.stampers)
        return (("Fulcio", self.authority), ("Rekor", self.log.url), *stampers)


def read_services(document: Any, now: datetime) -> Services:  # noqa: ANN401 - foreign JSON enters here
    """Return the services that a signing configuration names for `now`.

    Raises ValueError in words where it is malformed, or names no Fulcio or no log that can be asked.
    """
    try:
        if document["mediaType"] != _KIND:
            msg = f"its signingConfig is of the kind {document['mediaType']!r:.120}"
            raise ValueError(msg)
        authorities = _valid(document.get("caUrls"), _OTHER_VERSIONS, now)
        logs = _valid(document.get("rekorTlogUrls"), _LOG_VERSIONS, now)
        stampers = _selected(_valid(document.get("tsaUrls"), _OTHER_VERSIONS, now), document.get("tsaConfig"))
        logs = _selected(logs, document.get("rekorTlogConfig"))
    except (KeyError, TypeError, AttributeError) as fault:
        msg = f"{fault} is missing" if isinstance(fault, KeyError) else f"it is malformed: {str(fault)[:200]}"
        raise ValueError(msg) from fault
    for what, found in (("Fulcio", authorities), ("Rekor transparency log", logs)):
        if not found:
            msg = f"its signingConfig names no {what} that is valid now"
            raise ValueError(msg)
    # A bundle of ours holds one entry: sigstore-python reads no more.
    log = LogService(logs[0][0].rstrip("/"), logs[0][1])
    return Services(authorities[0][0].rstrip("/"), log, tuple(url for url, _ in stampers))


def _valid(items: Any, versions: tuple[int, ...], now: datetime) -> list[tuple[str, int]]:  # noqa: ANN401 - foreign JSON
    """Return the URL and version of each operator's best service."""
    found: dict[str, tuple[str, int]] = {}
    services = list(items or [])
    if len(services) > MAX_SERVICES:
        msg = f"its signingConfig names {len(services)} services of a kind"
        raise ValueError(msg)
    for service in services:
        version = service["majorApiVersion"]
        if version not in versions or not _holds(service["validFor"], now):
            continue
        operator = str(service.get("operator") or "")
        if operator not in found or version > found[operator][1]:
            found[operator] = (_address(service["url"]), version)
    return list(found.values())


def _selected(found: list[tuple[str, int]], selection: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    selector = (selection or {}).get("selector") or (_ANY if selection else _ALL)
    if selector == _ALL:
        return found
    count = int((selection or {}).get("count") or 1) if selector == _EXACT else 1
    if selector == _EXACT and not 1 <= count <= len(found):
        msg = f"its signingConfig asks for {count} services of a kind and names {len(found)}"
        raise ValueError(msg)
    return found[:count]


def _address(url: object) -> str:
    with suppress(ValueError):
        if isinstance(url, str):
            parts = urlsplit(url)
            if parts.scheme in ("https", "http") and parts.hostname and parts.port != 0:
                return url
    msg = f"its signingConfig names {url!r:.80}, which is no address"
    raise ValueError(msg)


def _holds(period: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the time lies in the period, which is closed at both ends."""
    start, end = period.get("start"), period.get("end")
    return (not start or _moment(start) <= now) and (not end or now <= _moment(end))


def _moment(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    # It is only compared: to bring one of the year 1 to another zone would be an overflow.
    return time if time.tzinfo else time.replace(tzinfo=UTC)
