"""One connection to the host of an index: looked at before it is spoken to, and bounded as a whole.

A timeout of a socket is for one piece at a time, so that a host which sends a byte now and then is never too late.
Here connection, handshake, question, headers and body share one deadline.
"""

from __future__ import annotations

import errno
import http.client
import io
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

__all__ = ["Deadline", "UnreachableError", "connect", "in_words", "of_status", "unreachable"]

_NO_WAY: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
_REFUSED: Final = (401, 403, 407)
_GONE: Final = (404, 410)
_TOO_OFTEN: Final = 429
_SERVER_FAULT: Final = 500
_ELSEWHERE: Final = range(300, 400)


class UnreachableError(Exception):
    """An answer could not be had; its text says why, without credentials."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status
        """What the server answered; 0 where it did not."""


def unreachable(origin: str, why: str, status: int = 0) -> UnreachableError:
    """Return the error of a host, by its origin."""
    return UnreachableError(f"{origin or 'an address'}: {why}", status)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an answer has to be there."""

    clock: Callable[[], float]
    end: float

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError where there are none."""
        found = self.end - self.clock()
        if found <= 0:
            raise TimeoutError
        return found


class _Incoming(io.RawIOBase):
    """What a host sends, as long as there is time."""

    def __init__(self, line: socket.socket, deadline: Deadline) -> None:
        self.line, self.deadline = line, deadline
        # Keeps the socket open for us: `http.client` closes it as soon as it has read the headers of a last answer.
        self.raw = line.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self.line.settimeout(self.deadline.left())
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Line:
    """What `http.client` asks of a socket."""

    def __init__(self, line: socket.socket, deadline: Deadline) -> None:
        self.line, self.deadline = line, deadline

    def sendall(self, data: bytes) -> None:
        self.line.settimeout(self.deadline.left())
        self.line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self.line, self.deadline))

    def close(self) -> None:
        self.line.close()


def connect(origin: str, address: str, deadline: Deadline, *, trusted: bool) -> http.client.HTTPConnection:
    """Return a connection to the host of an address, after its peer was looked at: nothing was said to it yet.

    A name may lead elsewhere when it is asked for twice, so that only the connection's own peer counts. A host that is
    not `trusted` must have a public address. Raises UnreachableError, OSError and ValueError.
    """
    parts = urlsplit(address)
    is_tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_tls else 80)
    line = _reach(host, port, deadline)
    try:
        # TRY301: the connection has to be closed whatever ends it.
        if not trusted and not ipaddress.ip_address(line.getpeername()[0].partition("%")[0]).is_global:
            raise unreachable(  # noqa: TRY301 - as said
                origin, "it is inside a private network, and your configuration does not name it: do so if it is yours"
            )
        connection = http.client.HTTPConnection(host, port)
        if is_tls:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, context=context)
            line.settimeout(deadline.left())
            line = context.wrap_socket(line, server_hostname=host)
        connection.sock = _Line(line, deadline)
    except BaseException:
        line.close()
        raise
    return connection


def _reach(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to one of a host's addresses; they share the time, so that a dead one leaves some."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last: OSError = ConnectionRefusedError()
    for number, (family, kind, protocol, _, place) in enumerate(found):
        seconds = deadline.left() / (len(found) - number)
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(seconds)
            line.connect(place)
        except OSError as fault:
            line.close()
            last = fault
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise last


def in_words(fault: Exception, seconds: float) -> str:  # noqa: PLR0911 - a sentence for each sort
    """Return what went wrong with a connection, why, and what helps; `seconds` is how long an answer may take."""
    match fault:
        case socket.gaierror():
            return "its name is unknown to this network: check the address, and that this machine reaches the network"
        case TimeoutError():
            return f"it had not answered after {seconds:g} seconds: try again later, or from where it can be reached"
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted here ({fault.verify_message}): "
                "where your organisation has its own authority, name its file in SSL_CERT_FILE"
            )
        case ssl.SSLError():
            return "no encrypted connection came about: check that this address speaks TLS"
        case ConnectionRefusedError():
            return "it takes no connection: check host and port of the address, and that the server runs"
        case ConnectionError() | http.client.IncompleteRead():
            return "it broke the connection off: try again later"
        case http.client.InvalidURL() | ValueError():
            return "this is no address that can be asked: check it in the lock, or in your configuration"
        case http.client.HTTPException():
            return "it does not answer as a web server does: check the address"
        case OSError() if fault.errno in _NO_WAY:
            return "no way leads there from this machine: check its network"
        case _:
            reason = getattr(fault, "strerror", None) or "no reason was given"
            return f"the connection failed ({reason}): try again later"


def of_status(status: int) -> str:
    """Return what an answer means that is none to our question, and what helps."""
    if status in _REFUSED:
        return f"it refuses us (status {status}): give the credentials for this host in your configuration"
    if status in _GONE:
        return f"it does not have this (status {status}): check that it is the index that the lock was made with"
    if status == _TOO_OFTEN:
        return f"it was asked too often (status {status}): try again later"
    if status in _ELSEWHERE:
        return f"it leads elsewhere (status {status}), which is followed for files alone"
    if status >= _SERVER_FAULT:
        return f"it has a fault of its own (status {status}): try again later"
    return f"it does not answer this (status {status}): check that it is an index"
