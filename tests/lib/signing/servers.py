"""Small servers on loopback: one that answers everything, over TLS where a test wants it, and a proxy."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import selectors
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Echo", "Place", "speak_tls", "write_authority"]


class Echo(BaseHTTPRequestHandler):
    """Answers everything with a JSON document."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = b'{"ok": true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Read the body, then answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing."""


class Place:
    """A server or proxy that a test asks, and what it was asked: method, target, headers, body."""

    def __init__(self, *, scheme: str = "http") -> None:
        """Know what to answer: a document, unless `answers` has something for the target."""
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        """Status, headers and body by target."""
        self.hangs_up = False
        """Whether it ends each connection after its answer, without saying so."""
        self.connections = 0
        self.ended = threading.Semaphore(0)
        """Released for each connection that it has ended."""
        self.scheme = scheme
        self.port = 0

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its address, without a slash at its end."""
        return f"{self.scheme}://{self.address}"

    @contextlib.contextmanager
    def open(self, authority: Path | None = None) -> Iterator[Place]:
        """Serve, over TLS with this certificate where there is one."""
        with _Server(("127.0.0.1", 0), _Handler) as server:
            server.place = self
            self.port = server.server_port
            if authority:
                self.scheme = "https"
                speak_tls(server, authority)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            yield self
            server.shutdown()


class _Server(ThreadingHTTPServer):
    """A threaded server that knows its place."""

    daemon_threads = True
    place: Place

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """End a connection, and tell."""
        super().shutdown_request(request)
        self.place.ended.release()


class _Handler(BaseHTTPRequestHandler):
    """Serves as itself, and as a proxy that opens tunnels."""

    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def place(self) -> Place:
        """Whose server it is."""
        return self.server.place

    def setup(self) -> None:
        """Count the connection."""
        self.place.connections += 1
        super().setup()

    def answer(self) -> None:
        """Note what is asked, and answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.note(body)
        usual = json.dumps({"target": self.path}).encode()
        status, headers, content = self.place.answers.get(self.path, (200, {"Content-Length": str(len(usual))}, usual))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        # A body without a length ends with its connection.
        has_end = {"Content-Length", "Transfer-Encoding"} & set(headers)
        self.close_connection |= self.place.hangs_up or not has_end

    do_GET = do_POST = answer  # noqa: N815 - the names http.server calls

    def do_CONNECT(self) -> None:
        """Open a tunnel to where it is to lead, unless there is another answer."""
        if self.path in self.place.answers:
            self.answer()
            return
        self.note(b"")
        host, _, port = self.path.rpartition(":")
        self.send_response(200)
        self.end_headers()
        with socket.create_connection((host, int(port)), 10) as there, contextlib.suppress(OSError):
            _relay(self.connection, there)
        self.close_connection = True

    def note(self, body: bytes) -> None:
        """Keep what is asked."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.place.asked.append((self.command, self.path, headers, body))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing."""


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                source: Any = key.fileobj
                while True:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    key.data.sendall(data)
                    # TLS may have decrypted more than it was asked for, of which the system knows nothing.
                    if not (isinstance(source, ssl.SSLSocket) and source.pending()):
                        break


def speak_tls(server: ThreadingHTTPServer, authority: Path) -> None:
    """Have a server speak TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    server.socket = context.wrap_socket(server.socket, server_side=True)


def write_authority(path: Path) -> Path:
    """Write a certificate for this machine, with its key, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path
