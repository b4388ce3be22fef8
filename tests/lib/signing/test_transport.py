"""Requests end within their limits, whatever a service does."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import threading
import time
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.signing.connections import MAX_REPLY
from maximus.signing.transport import Limits, Refused, Transport, _Watch
from tests.lib.signing.servers import Echo, speak_tls, write_authority
from tests.stack.faults import Answer, Delay, Drip, Drop, Faults, Hang

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maximus.signing.transport import Session


class Clock:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def rest(self, seconds: float) -> bool:
        """Let the time pass at once."""
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def faults() -> Iterator[Faults]:
    """A service behind a proxy that fails as it is told."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with Faults(f"http://127.0.0.1:{server.server_port}") as proxy:
            yield proxy
        server.shutdown()


@pytest.fixture
def clock() -> Clock:
    """Time that nobody has to sit through."""
    return Clock()


@pytest.fixture
def session(clock: Clock) -> Iterator[Session]:
    """A session with a budget of ten seconds of that time."""
    with Transport(Limits(budget=10), clock=clock, rest=clock.rest) as transport:
        yield transport.session("the service")


@pytest.mark.parametrize(
    "fault",
    [
        Answer(503),
        Answer(502),
        Answer(504),
        Answer(429),
        Answer(500),
        # What Rekor v2 says to all whose entries were to go into the log with that of a client which went away.
        Answer(499, body=b'{"code": 1, "message": "add entry: await: context canceled"}'),
        Answer(200, body=b"<html>a login page</html>"),
        Answer(201, body=b'{"truncated": '),
        Answer(200, body=b""),
        Drop(forwarded=True),
        Drop(forwarded=False),
    ],
    ids=str,
)
def test_a_passing_fault_is_tried_again(faults: Faults, session: Session, fault: Answer | Drop) -> None:
    """And the answer that then comes is the answer."""
    faults.inject(fault, times=3)
    assert session.post(faults.url, data=b"x").json() == {"ok": True}
    assert faults.count("POST") == 4


def test_the_same_body_is_sent_again(faults: Faults, session: Session) -> None:
    """A retry that sent an empty body would be another request."""
    faults.inject(Answer(503))
    session.post(faults.url, data=b"the body")
    assert [request.body for request in faults.requests] == [b"the body"] * 2


def test_waits_grow_and_stay_within_the_budget(faults: Faults, session: Session, clock: Clock) -> None:
    """The run against a dead service ends when its budget is spent, not later."""
    faults.inject(Answer(503), times=10_000)
    with pytest.raises(Error):
        session.get(faults.url)
    assert clock.now == pytest.approx(10)
    assert clock.waits[0] < clock.waits[3]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_tried_again(faults: Faults, session: Session, status: int) -> None:
    """It carries the service's own words and where it points to."""
    body = b'{"code": 3, "message": "no\\n such audience"}'
    faults.inject(Answer(status, body=body, headers={"Location": "/api/v1/log/entries/abc"}))
    with pytest.raises(Refused) as raised:
        session.get(faults.url)
    refused = raised.value
    assert (refused.status, refused.message) == (status, "no such audience")
    assert refused.location == "/api/v1/log/entries/abc"
    assert faults.count() == 1


def test_a_page_for_browsers_is_not_quoted(faults: Faults, session: Session) -> None:
    """Its reason phrase is all that is said."""
    faults.inject(Answer(403, body=b"<!doctype html><script>alert(1)</script>"))
    with pytest.raises(Refused) as raised:
        session.get(faults.url)
    assert raised.value.message == "Forbidden"


def test_a_service_is_left_alone_as_long_as_it_asks(faults: Faults, session: Session, clock: Clock) -> None:
    """In seconds."""
    faults.inject(Answer(429, retry_after=4))
    session.get(faults.url)
    assert clock.waits == [4]


def test_a_service_is_left_alone_until_the_date_it_names(faults: Faults, session: Session, clock: Clock) -> None:
    """In the form that HTTP prescribes."""
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=6)
    faults.inject(Answer(503, retry_after=until.strftime("%a, %d %b %Y %H:%M:%S GMT")))
    session.get(faults.url)
    assert 3 < clock.waits[0] <= 6


def test_a_service_that_asks_for_more_than_the_budget_is_given_up(
    faults: Faults, session: Session, clock: Clock
) -> None:
    """At once: waiting would help nobody."""
    faults.inject(Answer(503, retry_after=3600))
    with pytest.raises(Error, match="left alone for 3600 s"):
        session.get(faults.url)
    assert clock.waits == []


def test_a_service_that_is_away_is_named_with_its_host(faults: Faults, session: Session) -> None:
    """Something outside failed: exit status 3."""
    with faults.down(), pytest.raises(Error) as raised:
        session.get(faults.url)
    error = raised.value
    assert (error.code, error.status) == ("WIRE001", ExitStatus.OUTSIDE)
    assert error.what == f"the service at {faults.url.removeprefix('http://')} is away"
    assert error.why == "the connection was refused"


def test_an_address_where_nobody_listens_is_given_up_sooner(faults: Faults, clock: Clock) -> None:
    """A wrong address never answers, so nobody waits the whole budget to be told of it."""
    limits = Limits(budget=600, absent=5)
    with Transport(limits, clock=clock, rest=clock.rest) as transport, faults.down(), pytest.raises(Error) as raised:
        transport.session("the service").get(faults.url)
    assert raised.value.code == "WIRE001"
    assert clock.now <= 5


def test_what_was_given_up_is_not_asked_again(faults: Faults, session: Session) -> None:
    """A hundred files must not wait a hundred times for a dead service."""
    faults.inject(Answer(503), times=10_000)
    with pytest.raises(Error):
        session.get(faults.url)
    asked = faults.count()
    with pytest.raises(Error) as raised:
        session.get(faults.url)
    assert raised.value.code == "WIRE001"
    assert faults.count() == asked


def test_one_request_that_never_succeeds_does_not_give_up_the_service(faults: Faults, clock: Clock) -> None:
    """Where others are answered meanwhile only that one is given up."""
    faults.inject(Answer(503), times=10_000, path="/poison")
    others: list[Session] = []

    def rest(seconds: float) -> bool:
        others[0].get(f"{faults.url}/good")
        return clock.rest(seconds)

    with Transport(Limits(budget=10), clock=clock, rest=rest) as transport:
        session = transport.session("the service")
        others.append(transport.session("the service"))
        with pytest.raises(Error) as raised:
            session.get(f"{faults.url}/poison")
        assert session.get(f"{faults.url}/good").json() == {"ok": True}
    assert (raised.value.code, round(clock.now)) == ("WIRE001", 10)


def test_a_service_that_comes_and_goes_is_told_of_now_and_then(faults: Faults, clock: Clock) -> None:
    """Not for each of many requests."""
    said: list[str] = []
    with Transport(Limits(budget=10), said.append, clock=clock, rest=clock.rest) as transport:
        session = transport.session("the log")
        for _ in range(20):
            faults.inject(Answer(503, retry_after=2))
            session.get(faults.url)
    assert (len(said), clock.now) == (2, 40)


def test_a_good_answer_ends_an_outage(faults: Faults, session: Session, clock: Clock) -> None:
    """A later outage has the whole budget again."""
    for _ in range(3):
        faults.inject(Answer(503, retry_after=8))
        session.get(faults.url)
    assert clock.waits == [8, 8, 8]


def test_an_outage_is_told_once(faults: Faults, clock: Clock) -> None:
    """In one line, with what happened and for how long it will be tried."""
    said: list[str] = []
    with Transport(Limits(budget=10), said.append, clock=clock, rest=clock.rest) as transport:
        faults.inject(Answer(503, body=b'{"message": "busy"}'), times=3)
        transport.session("the log").get(faults.url)
    host = faults.url.removeprefix("http://")
    assert said == [f"the log at {host}: HTTP 503 busy; trying again for up to 10 s"]


@pytest.mark.parametrize("fault", [Hang(), Drip(seconds_per_byte=0.05)], ids=str)
def test_an_answer_that_takes_too_long_is_given_up(faults: Faults, fault: Hang | Drip) -> None:
    """Silence and a trickle of bytes alike: what counts is the whole answer."""
    faults.inject(fault, times=100)
    started = time.monotonic()
    with Transport(Limits(attempt=0.2, budget=0.4)) as transport, pytest.raises(Error) as raised:
        transport.session("the service").get(faults.url)
    assert raised.value.code == "WIRE001"
    # Of the last attempt, which had what was left: that it had 0 s would tell nobody anything.
    assert raised.value.why == "no whole answer"
    assert time.monotonic() - started < 1.5


def test_headers_that_trickle_are_given_up() -> None:
    """A socket's own time-out begins anew with each byte and would never end this."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.wait(0.05):
                    try:
                        connection.send(b"X")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with Transport(Limits(attempt=0.3, budget=0.3)) as transport, pytest.raises(Error) as raised:
            transport.session("the service").get(url)
        over.set()
        thread.join()
    assert "no whole answer" in raised.value.why
    assert time.monotonic() - started < 1.5


def test_a_tunnel_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a proxy is waited for as that of a service."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.wait(0.05):
                    try:
                        connection.send(b"X")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        watchdog = threading.Timer(20, over.set)
        watchdog.start()
        with Transport(Limits(attempt=0.3, budget=0.3)) as transport, pytest.raises(Error) as raised:
            transport.session("the service").get("https://service.example/")
        was_given_up = not over.is_set()
        watchdog.cancel()
        over.set()
        thread.join()
    assert "no whole answer" in raised.value.why
    assert was_given_up


def test_a_connection_that_is_made_too_late_is_ended_at_once() -> None:
    """Its own time-out begins anew with each byte, and the time of the attempt is over already."""
    ours, theirs = socket.socketpair()
    with ours, theirs, _Watch(60) as watch:
        watch.end()
        watch.over(ours)
        theirs.settimeout(10)
        assert theirs.recv(1) == b""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, which is its own authority."""
    return write_authority(tmp_path_factory.mktemp("tls") / "both.pem")


@pytest.fixture
def trusting(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the authority as a user with a private one does."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))


@pytest.fixture
def secure(authority: Path) -> Iterator[str]:
    """The address of a service that speaks TLS, as all public ones do."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Trickle) as server:
        speak_tls(server, authority)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Trickle(Echo):
    """Answers a GET at once, and a POST with a header that never ends."""

    over = threading.Event()

    def do_POST(self) -> None:  # noqa: N802 - the name http.server calls
        """Send a byte now and then."""
        self.close_connection = True
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        with contextlib.suppress(OSError):
            while not self.over.wait(0.05):
                self.wfile.write(b"x")


@pytest.mark.usefixtures("trusting")
def test_a_service_with_a_certificate_is_asked(secure: str, session: Session) -> None:
    """Over TLS, with an authority that is known."""
    assert session.get(secure).json() == {"ok": True}


def test_an_unknown_authority_is_not_trusted(secure: str, session: Session, clock: Clock) -> None:
    """And not asked again."""
    with pytest.raises(Error) as raised:
        session.get(secure)
    assert (raised.value.code, clock.waits) == ("WIRE002", [])
    assert raised.value.why == "its certificate does not verify: self-signed certificate"


@pytest.mark.usefixtures("trusting")
def test_a_trickle_over_tls_is_given_up(secure: str) -> None:
    """The connection is ended under the thread that reads from it."""
    started = time.monotonic()
    with Transport(Limits(attempt=0.3, budget=0.5)) as transport, pytest.raises(Error) as raised:
        transport.session("the service").post(secure, data=b"x")
    assert "no whole answer" in raised.value.why
    assert time.monotonic() - started < 2


def test_leaving_wakes_whoever_waits(faults: Faults) -> None:
    """Ctrl-C must not take as long as the budget."""
    faults.inject(Answer(503), times=10_000)
    waiting = threading.Event()
    caught: list[Error] = []

    def ask(session: Session) -> None:
        try:
            session.get(faults.url)
        except Error as error:
            caught.append(error)

    with Transport(Limits(budget=600), lambda _: waiting.set()) as transport:
        thread = threading.Thread(target=ask, args=(transport.session("the service"),))
        thread.start()
        waiting.wait(10)
    thread.join(10)
    assert [error.why for error in caught] == ["the run was ended"]


def test_a_reply_without_end_is_not_read_to_the_end(faults: Faults, clock: Clock) -> None:
    """What is read is bounded."""
    faults.inject(Answer(200, body=b"0" * (MAX_REPLY + 1)), times=100)
    with Transport(Limits(budget=0), clock=clock, rest=clock.rest) as transport, pytest.raises(Error) as raised:
        transport.session("the service").get(faults.url)
    assert "more than" in raised.value.why


def test_a_name_that_nobody_has_is_an_outage(session: Session) -> None:
    """And the error says that it is the name."""
    with pytest.raises(Error) as raised:
        session.get("http://fulcio.invalid/")
    assert raised.value.code == "WIRE001"
    assert raised.value.why in ("its name cannot be resolved", "the connection was lost")


def test_a_certificate_that_is_not_trusted_is_final(session: Session, clock: Clock) -> None:
    """Trying again would not make it trusted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                # A TLS alert: handshake failure.
                connection.send(b"\x15\x03\x03\x00\x02\x02\x28")

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        with pytest.raises(Error) as raised:
            session.get(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()
    assert (raised.value.code, clock.waits) == ("WIRE002", [])
    assert raised.value.why.startswith("TLS failed: ")


def test_a_netrc_does_not_replace_a_token(
    faults: Faults, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other clients take the Authorization header from there."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with Transport(Limits(), clock=clock, rest=clock.rest) as transport:
        transport.session("the service", headers={"Authorization": "bearer token"}).get(faults.url)
    assert faults.requests[0].headers["authorization"] == "bearer token"


def test_leaving_ends_what_a_service_does_not_answer(faults: Faults) -> None:
    """Whoever stops a run does not wait for the service, and is not told that it is tried again."""
    faults.inject(Hang(), times=2)
    told: list[str] = []
    limits = Limits(attempt=120, budget=600, farewell=0.2)
    caught: list[Error] = []

    def ask(session: Session) -> None:
        with pytest.raises(Error) as raised:
            session.get(faults.url)
        caught.append(raised.value)

    with Transport(limits, told.append) as transport:
        waiting = threading.Thread(target=ask, args=(transport.session("the service"),))
        waiting.start()
        while faults.count() == 0:
            assert waiting.is_alive()
    waiting.join(60)
    assert not waiting.is_alive()
    assert (caught[0].code, caught[0].why, told) == ("WIRE001", "the run was ended", [])
    ask(transport.session("the service"))
    assert caught[1].why == "the run was ended"


def test_leaving_lets_what_is_under_way_come_to_its_end(faults: Faults) -> None:
    """A log has taken it by then, and a second run should not enter it again."""
    faults.inject(Delay(0.5))
    found: list[int] = []
    with Transport(Limits(attempt=120, budget=600)) as transport:
        session = transport.session("the service")
        waiting = threading.Thread(target=lambda: found.append(session.get(faults.url).status))
        waiting.start()
        while faults.count() == 0:
            assert waiting.is_alive()
    waiting.join(60)
    assert found == [200]


@pytest.mark.parametrize("said", ["\u00b2", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon", "-1", "1e3"])
def test_a_time_to_wait_that_is_none_is_passed_over(faults: Faults, session: Session, clock: Clock, said: str) -> None:
    """The service is tried again as if it had named none."""
    faults.inject(Answer(503, retry_after=said))
    assert session.get(faults.url).json() == {"ok": True}
    assert clock.waits[0] < 1


@pytest.mark.parametrize("status", [200, 503])
def test_json_that_nests_too_deep_is_no_answer(faults: Faults, session: Session, status: int) -> None:
    """As little as a page for browsers; it costs another attempt and no traceback."""
    faults.inject(Answer(status, body=b"[" * 100_000))
    assert session.get(faults.url).json() == {"ok": True}


def test_a_refusal_that_nests_too_deep_is_a_refusal(faults: Faults, session: Session) -> None:
    """It is quoted as it begins."""
    faults.inject(Answer(400, body=b'{"message":' * 100_000))
    with pytest.raises(Refused) as raised:
        session.get(faults.url)
    assert len(raised.value.message) <= 300


@pytest.mark.parametrize("status", [300, 304, 305])
def test_an_answer_that_is_elsewhere_and_does_not_say_where_is_a_refusal(
    faults: Faults, session: Session, status: int
) -> None:
    """There is no document in it."""
    faults.inject(Answer(status, body=b""))
    with pytest.raises(Refused) as raised:
        session.get(faults.url)
    assert raised.value.status == status
