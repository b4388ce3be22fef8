"""A loopback proxy in front of a service that can fail in the ways networks and servers do.

    with Faults(stack.urls["rekor-v1"]) as faults:
        trust = stack.write_trust(tmp_path / "trust.json", through={"rekor-v1": faults.url})
        faults.inject(Answer(503, retry_after=1), times=2)
        ...
        assert faults.count("POST") == 3

The proxy belongs to one test: the service behind it stays whole for everybody else.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["Answer", "Cut", "Delay", "Drip", "Drop", "Fault", "Faults", "Hang", "Request"]

_FORWARD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer at once with this status; the service never hears of the request."""

    status: int
    retry_after: int | str | None = None
    """The `Retry-After` header: seconds, or an HTTP date."""
    body: bytes = b'{"code": 0, "message": "injected fault"}'
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delay:
    """Forward the request this many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Take the request and never answer, until the client gives up or the proxy closes.

    With `forwarded` the service has done the work.
    """

    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Drip:
    """Forward the request and send the reply one byte at a time: a read timeout alone never ends it."""

    seconds_per_byte: float = 1.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the connection without a reply.

    With `forwarded` the service has done the work and only the reply is lost; a retry meets its duplicate.
    """

    forwarded: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """Forward the request, and end the connection in the middle of the reply's body, in good order."""


Fault = Answer | Cut | Delay | Hang | Drip | Drop


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came to the proxy."""

    method: str
    path: str
    """Path and query."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)
    fault: Fault | None
    """What was done to it."""
    at: float
    """When it came, by the monotonic clock."""


@dataclass(slots=True)
class _Injected:
    """A fault and how often it will still strike."""

    fault: Fault
    times: int
    method: str | None
    path: str

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in (None, method) and path.startswith(self.path)


class Faults:
    """The proxy, on a free port of loopback, in threads; a context manager."""

    def __init__(self, target: str) -> None:
        """Stand in front of a service by its URL without a path."""
        address = urlsplit(target)
        if address.hostname is None or address.port is None:
            message = f"{target} names no host and port"
            raise ValueError(message)
        self.target = (address.hostname, address.port)
        self.closing = threading.Event()
        """Set when hanging requests have to let go."""
        self._lock = threading.Lock()
        self._injected: list[_Injected] = []
        self._requests: list[Request] = []
        self._server = self._listen(0)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        """What clients are told instead of the service's own URL."""

    def inject(self, fault: Fault, *, times: int = 1, method: str | None = None, path: str = "") -> None:
        """Do this to the next `times` requests of a method under a path (by default any).

        Faults injected earlier strike first.
        """
        with self._lock:
            self._injected.append(_Injected(fault, times, method, path))

    def clear(self) -> None:
        """Forget faults that have not struck."""
        with self._lock:
            self._injected.clear()

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, in the order of arrival."""
        with self._lock:
            return tuple(self._requests)

    def count(self, method: str | None = None, path: str = "") -> int:
        """Return how many requests of a method under a path came."""
        return sum(method in (None, one.method) and one.path.startswith(path) for one in self.requests)

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Refuse every connection: to this test the service is not running."""
        port = self._server.server_port
        self._close()
        try:
            yield
        finally:
            self._server = self._listen(port)
            self._serve()

    def take(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Fault | None:
        """Record a request and return the fault that strikes it; the proxy's threads call this."""
        with self._lock:
            struck = next((one for one in self._injected if one.fits(method, path)), None)
            if struck:
                struck.times -= 1
            fault = struck.fault if struck else None
            self._requests.append(Request(method, path, headers, body, fault, time.monotonic()))
            return fault

    def __enter__(self) -> Self:
        """Begin to forward."""
        self._serve()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let hanging requests go and stop."""
        self._close()

    def _listen(self, port: int) -> _Server:
        self.closing = threading.Event()
        server = _Server(("127.0.0.1", port), _Handler)
        server.faults = self
        server.closing = self.closing
        return server

    def _serve(self) -> None:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="faults", daemon=True
        ).start()

    def _close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A threaded server that knows its faults."""

    daemon_threads = True
    request_queue_size = 128
    faults: Faults
    closing: threading.Event

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen, with no connection yet."""
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Remember the connection: clients keep them open between requests."""
        if isinstance(request, socket.socket):
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close without the farewell that http.server sends first: it would turn a reset into an end."""
        if isinstance(request, socket.socket):
            self._connections.discard(request)
            request.close()

    def server_close(self) -> None:
        """Stop listening and end the connections that are still open."""
        super().server_close()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is what these tests are about."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


_HOP_BY_HOP = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


class _Handler(BaseHTTPRequestHandler):
    """Forward one request, with or without a fault."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_request(self) -> None:
        """Read the request, ask which fault strikes it, and act."""
        body = self._read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.server.faults.take(self.command, self.path, headers, body)
        match fault:
            case None:
                self._send(self._forward(body))
            case Answer():
                self._send(_reply(fault))
            case Delay():
                self.server.closing.wait(fault.seconds)
                self._send(self._forward(body))
            case Hang():
                if fault.forwarded:
                    self._forward(body)
                self._wait_for_the_client_to_give_up()
                self._reset()
            case Cut():
                reply = self._forward(body)
                self._send_head(reply)
                self.wfile.write(reply.body[: len(reply.body) // 2])
                self.close_connection = True
            case Drip():
                self._drip(self._forward(body), fault.seconds_per_byte)
            case Drop():
                if fault.forwarded:
                    self._forward(body)
                self._reset()
            case _:
                assert_never(fault)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = handle_request  # noqa: N815 - the names http.server calls

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            whole = bytearray()
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(whole)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _forward(self, body: bytes) -> _Reply:
        """Send the request to the service; a service that is gone is a 502, as from a real proxy."""
        connection = http.client.HTTPConnection(*self.server.faults.target, timeout=_FORWARD_SECONDS)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            connection.request(self.command, self.path, body or None, kept)
            reply = connection.getresponse()
            return _Reply(reply.status, reply.reason, tuple(reply.getheaders()), reply.read())
        except OSError as cause:
            message = json.dumps({"message": f"the proxy cannot reach the service: {cause}"})
            return _Reply(502, "Bad Gateway", (), message.encode("utf-8"))
        finally:
            connection.close()

    def _send(self, reply: _Reply) -> None:
        self._send_head(reply)
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _send_head(self, reply: _Reply) -> None:
        self.send_response(reply.status, reply.reason)
        for name, value in reply.headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _drip(self, reply: _Reply, pause: float) -> None:
        self._send_head(reply)
        for byte in reply.body:
            if self.server.closing.wait(pause):
                break
            self.wfile.write(bytes([byte]))
        self.close_connection = True

    def _wait_for_the_client_to_give_up(self) -> None:
        self.connection.settimeout(0.1)
        while not self.server.closing.is_set():
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _reset(self) -> None:
        """Close with RST: the client sees a broken connection, not an empty reply."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing; the requests are recorded."""


def _reply(answer: Answer) -> _Reply:
    headers = {"Content-Type": "application/json", **answer.headers}
    if answer.retry_after is not None:
        headers["Retry-After"] = str(answer.retry_after)
    return _Reply(answer.status, "", tuple(headers.items()), answer.body)
