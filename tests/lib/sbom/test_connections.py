"""A connection to an index has one deadline, and what goes wrong with it is told in words."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from maximus.sbom import transfer
from maximus.sbom.connections import Deadline, UnreachableError, connect, in_words, of_status
from maximus.sbom.indexes import Indexes
from maximus.sbom.transfer import Client
from tests.lib.sbom.test_fetching import index

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = 200
"""What a slow server sends after its beginning: at least ten seconds' worth."""


@contextmanager
def slow(beginning: bytes, piece: bytes) -> Iterator[tuple[str, list[int]]]:
    """Run a server that answers with a beginning and then with a piece every twentieth of a second.

    Yields its origin and how many pieces each of its answers got to.
    """
    sent: list[int] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                number = 0
                try:
                    line.recv(1 << 16)
                    line.sendall(beginning)
                    while number < PIECES and not over.wait(0.05):
                        line.sendall(piece)
                        number += 1
                except OSError:
                    pass
                sent.append(number)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", sent
        finally:
            # What nobody connected to is not waited for: the listening socket closes under it.
            over.set()
            thread.join(10)


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["silent", "status", "one header", "many headers", "interim answers", "body", "body without length", "chunks"],
)
def test_an_answer_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch, beginning: bytes, piece: bytes) -> None:
    """Headers and body have one deadline together, however often something comes; the connection is closed."""
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    monkeypatch.setattr(transfer, "MAX_TRIES", 1)
    with slow(beginning, piece) as (origin, sent):
        client = Client(Indexes(trusted=frozenset({origin})))
        with pytest.raises(UnreachableError, match=r"had not answered after 0\.3 seconds"):
            client.get(f"{origin}/x")
    assert len(sent) == 1
    assert sent[0] < PIECES


def test_a_handshake_has_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes a connection and says nothing to TLS."""
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    monkeypatch.setattr(transfer, "MAX_TRIES", 1)
    with slow(b"", b"") as (origin, sent):
        secured = origin.replace("http:", "https:")
        with pytest.raises(UnreachableError, match=r"had not answered after 0\.3 seconds"):
            Client(Indexes(trusted=frozenset({secured}))).get(f"{secured}/x")
    assert sent[0] < PIECES


def test_the_addresses_of_a_host_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead one among them leaves some for the next, and a thousand of them take no longer than one."""
    waited: list[float] = []

    class Dead:
        """Connects to nothing."""

        def __init__(self, *_: object) -> None:
            pass

        def settimeout(self, seconds: float) -> None:
            waited.append(seconds)

        def connect(self, _: object) -> None:
            raise TimeoutError

        def close(self) -> None:
            pass

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("192.0.2.1", 80))] * 1000)
    monkeypatch.setattr(socket, "socket", Dead)
    with pytest.raises(TimeoutError):
        connect("", "http://a.example/", Deadline(lambda: sum(waited), 20.0), trusted=True)
    assert len(waited) == 1000
    assert sum(waited) == pytest.approx(20.0)


def test_an_answer_that_ends_with_the_connection_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """`http.client` lets go of the socket after the headers of such an answer; its body is still to come."""
    monkeypatch.setattr("tests.lib.sbom.test_fetching._Handler.protocol_version", "HTTP/1.0")
    body = b"x" * 300_000
    with index({"/x": body}) as server:
        assert Client(Indexes(trusted=frozenset({server.address}))).get(f"{server.address}/x").body == body


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is unknown"),
        (TimeoutError(), "had not answered after 20 seconds"),
        (ssl.SSLCertVerificationError(1, "unable to get local issuer certificate"), "certificate is not trusted"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "no encrypted connection"),
        (ConnectionRefusedError(), "takes no connection"),
        (ConnectionResetError(), "broke the connection off"),
        (http.client.RemoteDisconnected("closed"), "broke the connection off"),
        (http.client.IncompleteRead(b""), "broke the connection off"),
        (http.client.InvalidURL(), "no address that can be asked"),
        (UnicodeError(), "no address that can be asked"),
        (http.client.BadStatusLine("x"), "not answer as a web server"),
        (http.client.LineTooLong("header line"), "not answer as a web server"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no way leads there"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError(), "no reason was given"),
    ],
)
def test_what_went_wrong_is_told_in_words(fault: Exception, words: str) -> None:
    """What happened and what helps; the name of no class of a library."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        fault.verify_message = "unable to get local issuer certificate"
    told = in_words(fault, 20.0)
    assert words in told
    assert not any(f"{kind.__name__}" in told for kind in type(fault).__mro__ if kind not in (Exception, object))
    assert told.count(": ") == 1


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 503])
def test_a_no_is_told_in_words(status: int) -> None:
    """What it means and what helps, with the status beside it."""
    told = of_status(status)
    assert f"(status {status})" in told
    assert told.startswith("it ")


def test_a_name_that_does_not_exist_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """All the way: the finding's words hold no `gaierror`."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError) as raised:
        Client(Indexes(), wait=lambda _: None).get("https://gone.example/x")
    assert str(raised.value) == (
        "https://gone.example: its name is unknown to this network: "
        "check the address, and that this machine reaches the network"
    )
