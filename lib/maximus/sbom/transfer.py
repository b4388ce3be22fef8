"""One GET after the other from package indexes: bounded, checked, and to nobody who was not asked for."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from maximus.sbom.indexes import Indexes, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["MAX_BODY", "MAX_FAULTS", "MAX_REQUESTS", "TIMEOUT", "Answer", "Client", "UnreachableError"]

MAX_BODY: Final = 8 << 20
"""Bytes of one answer."""
MAX_REQUESTS: Final = 50_000
"""Requests in one run."""
MAX_FAULTS: Final = 3
"""Faults of one host after which it is not asked again: it costs the fields of its components, not the run."""
TIMEOUT: Final = 20.0
"""Seconds for one answer, from the connection to its last byte."""
_CHUNK = 1 << 16
_OK = 200
_SERVER_FAULT = 500


class UnreachableError(Exception):
    """An answer could not be had; its text says why, without credentials."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    body: bytes
    date: str
    """Its own date, as it writes it; empty without one."""


@dataclass(slots=True)
class Client:
    """Asks indexes, remembers which host failed; may be used by several threads."""

    indexes: Indexes
    asked: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """By origin."""
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, address: str, *, accept: str = "*/*", sha256: str = "") -> Answer:
        """Return what lies at an address; with a SHA-256, only bytes that have it.

        Redirects are not followed. Only https, and only hosts with a public address, unless the user's
        configuration names the origin. Raises UnreachableError.
        """
        origin = origin_of(address)
        trusted = origin in self.indexes.trusted
        if not origin or not (trusted or origin.startswith("https://")):
            raise _unreachable(origin, "only https is asked, unless your configuration names the index")
        with self._lock:
            self.asked += 1
            if self.asked > MAX_REQUESTS:
                raise _unreachable(origin, f"more than {MAX_REQUESTS} requests in one run")
            if self.faults.get(origin, 0) >= MAX_FAULTS:
                raise _unreachable(origin, f"it failed {MAX_FAULTS} times and is not asked again")
        try:
            return self._ask(origin, address, {"Accept": accept}, sha256, trusted=trusted)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            self._count(origin)
            raise _unreachable(origin, type(fault).__name__) from fault

    def _count(self, origin: str) -> None:
        with self._lock:
            self.faults[origin] = self.faults.get(origin, 0) + 1

    def _ask(self, origin: str, address: str, headers: Mapping[str, str], sha256: str, *, trusted: bool) -> Answer:
        parts = urlsplit(address)
        sent = dict(headers) | {"User-Agent": "maximus"}
        if credential := self.indexes.credentials.get(origin):
            sent["Authorization"] = credential
        deadline = self.clock() + TIMEOUT
        connection = _connect(origin, address, trusted=trusted)
        try:
            connection.request("GET", parts.path or "/", headers=sent)
            response = connection.getresponse()
            if response.status != _OK:
                if response.status >= _SERVER_FAULT:
                    self._count(origin)
                raise _unreachable(origin, f"status {response.status}")
            body = bytearray()
            while chunk := response.read1(_CHUNK):
                body += chunk
                if len(body) > MAX_BODY:
                    raise _unreachable(origin, f"an answer of more than {MAX_BODY >> 20} MiB")
                if self.clock() > deadline:
                    raise TimeoutError
            if sha256 and hashlib.sha256(body).hexdigest() != sha256:
                raise _unreachable(origin, "alarm: other bytes than the index itself states")
            return Answer(bytes(body), response.getheader("Date") or "")
        finally:
            connection.close()


def _connect(origin: str, address: str, *, trusted: bool) -> http.client.HTTPConnection:
    """Return a connection to the host of an address, after its peer was looked at: nothing was said to it yet.

    A name may lead elsewhere when it is asked for twice, so that only the connection's own peer counts.
    """
    parts = urlsplit(address)
    is_tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_tls else 80)
    line = socket.create_connection((host, port), TIMEOUT)
    try:
        # TRY301: the connection has to be closed whatever ends it.
        if not trusted and not ipaddress.ip_address(line.getpeername()[0].partition("%")[0]).is_global:
            raise _unreachable(  # noqa: TRY301 - as said
                origin, "it is inside a private network, and your configuration does not name it"
            )
        if not is_tls:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = line
            return connection
        context = ssl.create_default_context()
        secured = http.client.HTTPSConnection(host, port, context=context)
        secured.sock = context.wrap_socket(line, server_hostname=host)
    except BaseException:
        line.close()
        raise
    return secured


def _unreachable(origin: str, why: str) -> UnreachableError:
    return UnreachableError(f"{origin or 'an address'}: {why}")
