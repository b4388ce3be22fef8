"""One GET after the other from package indexes: bounded, checked, and to nobody who was not asked for."""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from maximus.sbom.connections import Deadline, UnreachableError, connect, in_words, of_status, unreachable
from maximus.sbom.indexes import Indexes, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ARCHIVE_TIMEOUT",
    "MAX_ARCHIVE",
    "MAX_BODY",
    "MAX_BYTES",
    "MAX_FAULTS",
    "MAX_REDIRECTS",
    "MAX_REQUESTS",
    "MAX_TRIES",
    "TIMEOUT",
    "Answer",
    "Client",
    "UnreachableError",
]

MAX_BODY: Final = 8 << 20
"""Bytes of one answer."""
MAX_ARCHIVE: Final = 64 << 20
"""Bytes of one answer that is a package."""
MAX_BYTES: Final = 8 << 30
"""Bytes of all answers of one run."""
MAX_REDIRECTS: Final = 3
"""How often a package may lie elsewhere; of other answers never."""
MAX_TRIES: Final = 3
"""How often one thing is asked for, where the host fails and does not say no."""
MAX_REQUESTS: Final = 50_000
"""Requests in one run."""
MAX_FAULTS: Final = 3
"""Faults of one host after which it is not asked again: it costs the fields of its components, not the run."""
TIMEOUT: Final = 20.0
"""Seconds for one answer, from the connection to its last byte, headers included."""
ARCHIVE_TIMEOUT: Final = 120.0
"""The same for a package."""
_CHUNK = 1 << 16
_OK = 200
_MOVED = (301, 302, 303, 307, 308)
_SERVER_FAULT = 500
_PAUSE = 0.5
"""Seconds before something is asked for again; twice as long before the next time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    body: bytes
    date: str
    """Its own date, as it writes it; empty without one."""


class _Moved(Exception):  # noqa: N818 - an answer, caught in `Client.get`
    """A package lies elsewhere; the address is the text."""


@dataclass(slots=True, eq=False)
class Client:
    """Asks indexes, remembers which host failed; may be used by several threads."""

    indexes: Indexes
    asked: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """By origin."""
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    received: int = 0
    """Bytes."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, address: str, *, accept: str = "*/*", sha256: str = "", limit: int = 0, follow: bool = False
    ) -> Answer:
        """Return what lies at an address; with a SHA-256, only bytes that have it.

        `limit` is for an answer that may be larger than MAX_BODY. Only https, and only hosts with a public address,
        unless the user's configuration names the origin. Redirects are followed where `follow` says so: for bytes
        that the caller verifies. A host that fails is asked again after a pause. Raises UnreachableError.
        """
        limit = limit or MAX_BODY
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return self._try(address, accept, sha256, limit, follow=follow)
            except _Moved as moved:
                try:
                    address = urljoin(address, str(moved))
                except ValueError as fault:
                    raise unreachable(origin_of(address), "it leads to no address") from fault
        raise unreachable(origin_of(address), f"more than {MAX_REDIRECTS} redirects")

    def _try(self, address: str, accept: str, sha256: str, limit: int, *, follow: bool) -> Answer:
        """Ask until there is an answer, or a no, or the host has failed too often."""
        origin = origin_of(address)
        trusted = origin in self.indexes.trusted
        if not origin or not (trusted or origin.startswith("https://")):
            raise unreachable(origin, "only https is asked, unless your configuration names the index")
        for number in range(MAX_TRIES):
            self._admit(origin)
            try:
                answer = self._ask(origin, address, accept, sha256, limit, trusted=trusted, follow=follow)
            except UnreachableError as fault:
                if fault.status < _SERVER_FAULT or number == MAX_TRIES - 1:
                    raise
            except (OSError, http.client.HTTPException, ValueError) as fault:
                self._count(origin)
                if number == MAX_TRIES - 1:
                    seconds = ARCHIVE_TIMEOUT if limit > MAX_BODY else TIMEOUT
                    raise unreachable(origin, in_words(fault, seconds)) from fault
            else:
                with self._lock:
                    self.faults.pop(origin, None)
                return answer
            self.wait(_PAUSE * 2**number)
        raise unreachable(origin, "no answer")

    def _admit(self, origin: str) -> None:
        """Count a request, where one may still be made."""
        with self._lock:
            self.asked += 1
            if self.asked > MAX_REQUESTS:
                raise unreachable(origin, f"more than {MAX_REQUESTS} requests in one run")
            if self.received > MAX_BYTES:
                raise unreachable(origin, f"more than {MAX_BYTES >> 30} GiB in one run")
            if self.faults.get(origin, 0) >= MAX_FAULTS:
                raise unreachable(origin, f"it failed {MAX_FAULTS} times, as told of others, and is not asked again")

    def _count(self, origin: str) -> None:
        with self._lock:
            self.faults[origin] = self.faults.get(origin, 0) + 1

    def _ask(  # noqa: PLR0913 - the parts of one question
        self, origin: str, address: str, accept: str, sha256: str, limit: int, *, trusted: bool, follow: bool
    ) -> Answer:
        parts = urlsplit(address)
        sent = {"Accept": accept, "User-Agent": "maximus"}
        if credential := self.indexes.credentials.get(origin):
            sent["Authorization"] = credential
        deadline = Deadline(self.clock, self.clock() + (ARCHIVE_TIMEOUT if limit > MAX_BODY else TIMEOUT))
        connection = connect(origin, address, deadline, trusted=trusted)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=sent)
            response = connection.getresponse()
            if follow and response.status in _MOVED and (place := response.getheader("Location")):
                raise _Moved(place)
            if response.status != _OK:
                if response.status >= _SERVER_FAULT:
                    self._count(origin)
                raise unreachable(origin, of_status(response.status), response.status)
            body = bytearray()
            while chunk := response.read1(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise unreachable(origin, f"an answer of more than {limit >> 20} MiB")
            with self._lock:
                self.received += len(body)
            if sha256 and hashlib.sha256(body).hexdigest() != sha256:
                raise unreachable(origin, "alarm: other bytes than were stated")
            return Answer(bytes(body), response.getheader("Date") or "")
        finally:
            connection.close()
