"""HTTP/1.1 to services: connections that are kept for the next request, through proxies, over TLS that verifies.

The standard library's client carries it: `requests` and urllib3 take 50 ms to import, a tenth of all that signing a
release takes. What the environment says about proxies and authorities is followed as `requests` follows it.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import selectors
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPMessage

__all__ = ["FAULTS", "MAX_REPLY", "Connections", "Detained", "Misled", "Reply", "Request", "TooLarge", "proxy_of"]

MAX_REPLY: Final = 32 << 20
"""Bytes of the largest reply that is read."""
MAX_KEPT: Final = 64
"""Connections to one place that are kept while nobody uses them."""
FAULTS: Final = (HTTPException, OSError, UnicodeError)
"""What a request may raise that another attempt may not; an SSLError is an OSError. A name can be no name at all."""
_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITIES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_KEPT_AS_THEY_ARE: Final = "!#$%&'()*+,/:;=?@[]~"
"""Characters of a URL that are sent as they stand; others are escaped."""
_CHUNK: Final = 1 << 16
_FAREWELL: Final = 1.0
"""Seconds within which a kept connection that is closed already shows it."""
_PROXYS: Final = "the address of the proxy that the environment names"


class Misled(Exception):  # noqa: N818 - what happened; the caller makes an Error of it
    """An address, or what the environment says about the way to it, cannot be followed; it says why in words."""


class Detained(OSError):  # noqa: N818 - as above
    """The proxy, and not the service, could not be had; its cause is what happened to the connection."""

    def __init__(self, proxy: str, said: str = "") -> None:
        """Keep the proxy's host and port, and what it answered where it did."""
        super().__init__(f"the proxy {proxy} {said}".rstrip())
        self.proxy = proxy
        self.said = said


class TooLarge(OSError):  # noqa: N818 - as above
    """A reply has more bytes than are read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, read whole."""

    status: int
    headers: HTTPMessage
    """By name, in any case."""
    content: bytes

    def json(self) -> Any:  # noqa: ANN401 - foreign JSON enters here
        """Return the document in it; raise ValueError where it holds none, or one that nests too deep."""
        try:
            return json.loads(self.content)
        except RecursionError as fault:
            msg = "its answer nests too deep"
            raise ValueError(msg) from fault


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a connection leads, and through what."""

    is_tls: bool
    host: str
    port: int
    proxy: str = ""


class Connections:
    """Connections for any number of threads; each carries one request at a time."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._kept: dict[_Way, list[HTTPConnection]] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def close(self) -> None:
        """Close what is kept, and from now on each connection after its request."""
        with self._lock:
            self._is_closed = True
            kept = [connection for group in self._kept.values() for connection in group]
            self._kept.clear()
        for connection in kept:
            connection.close()

    def exchange(self, request: Request, connect: float, silence: float, watch: Callable[[Any], None]) -> Reply:
        """Return the reply to a request, of at most MAX_REPLY bytes, whatever its status; redirects are not followed.

        `connect` and `silence` are the seconds until there is a connection, and between two pieces of the reply;
        `watch` is shown the socket that is waited for. Raises Misled, ssl.SSLError, TooLarge, or one of FAULTS.
        """
        parts = _parsed(request.url, "its address")
        is_tls, host, port = parts.scheme == "https", parts.hostname or "", _port(parts)
        way = _Way(is_tls, host, port, proxy_of(parts.scheme, host, port))
        if kept := self._take(way):
            started = time.monotonic()
            try:
                return self._carry(kept, way, request, silence, watch)
            except (BrokenPipeError, ConnectionResetError):
                # Its other end closed it at the moment of the request, having waited long enough for one. That is
                # known at once, and no fault of the service: it is not spoken of and not waited for.
                if time.monotonic() - started > min(_FAREWELL, silence / 2):
                    raise
        return self._carry(self._open(way, connect, watch), way, request, silence, watch)

    def _carry(
        self, connection: HTTPConnection, way: _Way, request: Request, silence: float, watch: Callable[[Any], None]
    ) -> Reply:
        """Return the reply to a request over this connection, which is kept where the service keeps it."""
        is_kept = False
        try:
            connection.sock.settimeout(silence)
            watch(connection.sock)
            # Who refuses a request before it is sent whole may have said why.
            with suppress(BrokenPipeError, ConnectionResetError):
                target, headers = _target(_parsed(request.url, "its address"), way)
                connection.request(request.method, target, request.body, {**request.headers, **headers})
            response = connection.getresponse()
            content = _whole(response)
            is_kept = not response.will_close
            return Reply(response.status, response.headers, content)
        finally:
            self._give_back(way, connection, is_kept=is_kept)

    def _take(self, way: _Way) -> HTTPConnection | None:
        """Return a kept connection that its other end has not closed meanwhile."""
        while True:
            with self._lock:
                group = self._kept.get(way)
                connection = group.pop() if group else None
            if connection is None or not _is_over(connection):
                return connection
            connection.close()

    def _give_back(self, way: _Way, connection: HTTPConnection, *, is_kept: bool) -> None:
        with self._lock:
            group = self._kept.setdefault(way, [])
            if is_kept and not self._is_closed and len(group) < MAX_KEPT:
                group.append(connection)
                return
        connection.close()

    def _open(self, way: _Way, timeout: float, watch: Callable[[Any], None]) -> HTTPConnection:
        """Return a connection that is made, and verified where it is to be."""
        connection: HTTPConnection
        proxy = _parsed(way.proxy, _PROXYS) if way.proxy else None
        host, port = (proxy.hostname or "", _port(proxy)) if proxy else (way.host, way.port)
        is_tls = proxy.scheme == "https" if proxy else way.is_tls
        if proxy and way.is_tls:
            kind = _Nested if is_tls else _Tunnelled
            connection = kind(host, port, timeout, self._tls(), watch)
            connection.set_tunnel(way.host, way.port, headers=_credentials(proxy))
        elif is_tls:
            connection = HTTPSConnection(host, port, timeout=timeout, context=self._tls())
        else:
            connection = HTTPConnection(host, port, timeout=timeout)
        try:
            connection.connect()
        except ssl.SSLError:
            connection.close()
            raise
        except (OSError, HTTPException) as fault:
            connection.close()
            if proxy is None:
                raise
            # What it answered to a tunnel, http.client tells in words alone.
            said = str(fault).partition("Tunnel connection failed: ")[2]
            raise Detained(proxy.netloc.rpartition("@")[2], said) from fault
        except BaseException:
            connection.close()
            raise
        return connection

    def _tls(self) -> ssl.SSLContext:
        """Return what every connection is verified with; reading the authorities takes longer than a request."""
        with self._lock:
            if self._context is None:
                self._context = _verifying()
            return self._context


class _Tunnelled(HTTPSConnection):
    """TLS with a service through a tunnel of a proxy."""

    def __init__(
        self, host: str, port: int, timeout: float, context: ssl.SSLContext, watch: Callable[[Any], None]
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._watch = watch

    def _tunnel(self) -> None:
        """Have the proxy reach the service; its answer may trickle as any other, so it is watched."""
        self._watch(self.sock)
        own: Any = super()
        own._tunnel()  # noqa: SLF001 - what `connect` of the base class calls


class _Nested(_Tunnelled):
    """TLS with a service inside TLS with a proxy."""

    def connect(self) -> None:
        """Reach the proxy, have it reach the service, and verify both."""
        # What the standard library's client lacks; who has such a proxy pays for the import.
        from urllib3.util.ssltransport import SSLTransport  # noqa: PLC0415

        # What the base class keeps for its own `connect`, in which only the two TLS are missing; urllib3 does the same.
        own: Any = self
        raw = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = own._context.wrap_socket(raw, server_hostname=self.host)  # noqa: SLF001 - see above
        own._tunnel()  # noqa: SLF001 - see above
        own.sock = SSLTransport(self.sock, own._context, server_hostname=own._tunnel_host)  # noqa: SLF001 - see above


def _parsed(url: str, whose: str) -> SplitResult:
    """Return an address's parts; raise Misled for one that is none of HTTP's."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname and parts.port != 0:
            return parts
    # It is not shown: a credential may stand in it.
    msg = f"{whose} does not begin with http:// or https:// and a host's name"
    raise Misled(msg)


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _target(parts: SplitResult, way: _Way) -> tuple[str, dict[str, str]]:
    """Return what is asked for, and what is said to a proxy that is asked for the whole address."""
    path = quote(parts.path or "/", safe=_KEPT_AS_THEY_ARE)
    target = f"{path}?{quote(parts.query, safe=_KEPT_AS_THEY_ARE)}" if parts.query else path
    if not way.proxy or way.is_tls:
        return target, {}
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{target}", _credentials(_parsed(way.proxy, _PROXYS))


def _credentials(proxy: SplitResult) -> dict[str, str]:
    """Return the header by which a proxy knows its user, where its address names one."""
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode('utf-8')).decode('ascii')}"}


def proxy_of(scheme: str, host: str, port: int) -> str:
    """Return the address of the proxy for a place; empty where it is reached without one."""
    is_only_environment = sys.platform not in ("darwin", "win32")
    if is_only_environment and not any(name.lower().endswith("_proxy") for name in os.environ):
        return ""
    # 5 ms, for whoever has a proxy.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(f"{host}:{port}") or _is_in_networks(host, proxies.get("no", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_in_networks(host: str, exempt: str) -> bool:
    """Tell whether an address lies in a network that NO_PROXY names, such as 10.0.0.0/8."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in exempt.split(","):
        with suppress(ValueError):
            # A single address is a network of one; one of IPv6 may stand as addresses write it.
            if address in ipaddress.ip_network(entry.strip().strip("[]"), strict=False):
                return True
    return False


def _verifying() -> ssl.SSLContext:
    """Return a context with the authorities that the user names, else with those of certifi, which are locked."""
    variable = next((name for name in _AUTHORITIES if os.environ.get(name)), "")
    if variable:
        path = os.environ[variable]
        if not os.path.exists(path):  # noqa: PTH110 - as it stands in the environment
            msg = f"{variable} names {path}, which is not there"
            raise Misled(msg)
        is_folder = os.path.isdir(path)  # noqa: PTH112 - likewise
    else:
        import certifi  # noqa: PLC0415 - a private instance may need none

        path, is_folder = certifi.where(), False
    context = ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _is_over(connection: HTTPConnection) -> bool:
    """Tell whether an idle connection was closed by its other end, or has something to say that nobody asked."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.sock, selectors.EVENT_READ)
            return bool(selector.select(0))
    except (OSError, ValueError):
        return True


def _whole(response: HTTPResponse) -> bytes:
    """Return the whole body; raise TooLarge, or IncompleteRead for one that ends too soon."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY:
            msg = f"an answer of more than {MAX_REPLY} bytes"
            raise TooLarge(msg)
    if response.length:
        raise IncompleteRead(b"", response.length)
    return b"".join(chunks)
