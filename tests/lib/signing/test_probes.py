"""What is told of the services before the work begins."""

from __future__ import annotations

import socket

import pytest

from maximus.signing.probes import probe


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine's."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_a_service_that_listens_is_reached_and_one_that_does_not_is_named() -> None:
    """In the order given; nothing is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as other:
        port, closed = server.getsockname()[1], other.getsockname()[1]
        other.close()
        there, gone = probe([("Fulcio", f"http://127.0.0.1:{port}/x"), ("Rekor", f"http://127.0.0.1:{closed}")])
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1) == b""
    assert there.milliseconds is not None
    assert str(there) == f"Fulcio at 127.0.0.1:{port}: {there.milliseconds} ms"
    assert gone.milliseconds is None
    assert str(gone) == f"Rekor at 127.0.0.1:{closed}: not reached: Connection refused"


def test_a_service_behind_a_proxy_is_not_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection past the proxy would say nothing of the way that requests take."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    (found,) = probe([("Rekor", "https://rekor.example")])
    assert str(found) == "Rekor at rekor.example: by a proxy, not probed"


def test_a_name_that_cannot_be_resolved_is_named() -> None:
    """Whatever the system calls it."""
    (found,) = probe([("Rekor", "https://user:secret@rekor.invalid")])
    assert str(found).startswith("Rekor at rekor.invalid: not reached: ")
    assert "secret" not in str(found)


def test_a_name_that_is_no_hosts_is_named() -> None:
    """What is in a trust configuration is what somebody wrote."""
    (found,) = probe([("Rekor", "https://a..example")])
    assert str(found) == "Rekor at a..example: not reached: its name is no host's"


@pytest.mark.parametrize(("exempt", "is_probed"), [("", False), ("10.0.0.0/8,127.0.0.0/8", True)])
def test_a_probe_takes_the_way_that_requests_take(
    monkeypatch: pytest.MonkeyPatch, exempt: str, *, is_probed: bool
) -> None:
    """A proxy for everything, and networks that do without it."""
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", exempt)
    (found,) = probe([("Rekor", "http://127.0.0.1:1")])
    assert ("by a proxy" not in str(found)) is is_probed


def test_nothing_to_probe_is_nothing_found() -> None:
    """A key needs no service."""
    assert probe([]) == ()
