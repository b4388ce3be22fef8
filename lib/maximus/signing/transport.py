"""One transport under every request to a signing service: deadlines, retries within a budget, whole replies.

sigstore-python has no time-outs towards Fulcio and Rekor and retries nothing (sigstore-python#1448, #1744). What is
retried here is safe to repeat: a certificate or a timestamp more does no harm, and a log answers a repeated entry with
409, which the caller expects.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import json
import random
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

from maximus import __version__
from maximus.errors import Error, ExitStatus

from .connections import FAULTS, Connections, Detained, Misled, Reply, Request, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self


__all__ = ["Limits", "Refused", "Session", "Transport", "host_of"]

_TRANSIENT: Final = frozenset({408, 425, 429, 499, 500, 502, 503, 504})
"""Answers after which the same request may succeed a little later.

With 499 Rekor v2 says that a request was given up: another client's, whose entry was to go into the log with ours.
"""
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 10.0
_LEAST: Final = 0.1
"""Seconds that the last attempt before the end has at least."""
_LATE: Final = 1.0
"""Seconds that a socket waits longer than the watch, which ends the attempt and says so whatever came before."""
_SILENCE: Final = 30.0
"""Seconds before the same service is spoken of again."""
_MESSAGE: Final = 300
"""Characters of a service's own words that an error quotes."""
MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOVED: Final = frozenset({301, 302})
"""Redirects that are followed where something is read, and not where something was sent."""
_SEND_AGAIN: Final = frozenset({307, 308})
"""Redirects after which the same is sent; after 303 the place is only read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long services are waited for, in seconds."""

    connect: float = 10.0
    """Until a connection is made."""
    attempt: float = 60.0
    """Until one request is answered whole. Rekor v2 answers only when its next checkpoint is out."""
    budget: float = 120.0
    """How long one service may be away before it is given up."""
    farewell: float = 5.0
    """Until what is under way must be answered when the run is stopped; a job that is cancelled has 7.5."""
    absent: float = 120.0
    """The same where nothing is there at all: no such name, or no one listening. A busy service recovers; a wrong
    address does not, and nobody should wait ten minutes to be told of it."""


class Refused(Exception):  # noqa: N818 - what happened, not an error of ours: the caller knows what it means
    """A service answered a request with a status that repeating will not change."""

    def __init__(self, service: str, host: str, status: int, message: str, location: str = "") -> None:
        """Keep who answered what; `message` is the service's own words, on one line."""
        super().__init__(f"{service} at {host} answered {status}: {message}")
        self.service = service
        self.host = host
        self.status = status
        self.message = message
        self.location = location


@dataclass(slots=True)
class _Outage:
    """A host that has not answered since a certain time."""

    since: float
    is_over: Error | None = None
    """Why it was given up; from then on nothing more is sent to it."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """One attempt that failed in a way that may pass."""

    why: str
    wait: float = 0.0
    """How long the service asks to be left alone."""
    is_absent: bool = False
    """Whether nothing is there: no such name, or the connection was refused."""


_Answer: TypeAlias = Reply | _Fault


class Transport:
    """Makes sessions whose requests end within the limits, and knows which service is away.

    Used as a context manager: leaving it wakes every thread that waits for a retry.
    """

    def __init__(
        self,
        limits: Limits,
        say: Callable[[str], None] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], bool] | None = None,
    ) -> None:
        """Hold to `limits`; tell `say` in one line when a service is first waited for.

        `rest` waits before a retry and tells whether the run was ended meanwhile.
        """
        self.limits = limits
        self._say = say or (lambda _: None)
        self._clock = clock
        self._outages: dict[str, _Outage] = {}
        self._answered: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._connections = Connections()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._rest = rest or self._stopped.wait
        self._watches: set[_Watch] = set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: nobody waits for a retry any longer, and for an answer only a little; connections are closed.

        What a log has taken already should come to its bundle, and who stops a run should not wait for a minute.
        """
        self._stopped.set()
        with self._lock:
            watches = tuple(self._watches)
        for watch in watches:
            watch.hurry(self.limits.farewell)
        self._connections.close()

    def session(self, service: str, *, is_json: bool = True, headers: Mapping[str, str] | None = None) -> Session:
        """Return a session, for any number of threads; all sessions share their connections.

        `service` names it in errors. Its replies must be JSON unless `is_json` is false.
        Requests raise Refused for a final refusal, and Error WIRE001 (away), WIRE002 (not trusted) or WIRE003 (an
        address that is none, the service's or a proxy's).
        """
        common = {"User-Agent": f"maximus/{__version__}", "Accept": "*/*"} | dict(headers or {})
        return Session(self, self._connections, service, common, is_json=is_json)

    def send(self, service: str, host: str, attempt: Callable[[float], Reply | _Fault]) -> Reply:
        """Return the first good answer; `attempt` is given the seconds it may take.

        Raises Refused, or Error WIRE001 when the budget is spent.
        """
        started = self._clock()
        seconds, wait = self._patience(host, started), _FIRST_WAIT
        while True:
            self._refuse_given_up(host)
            answer = attempt(seconds)
            if self._stopped.is_set() and not isinstance(answer, Reply):
                raise _away(service, host, "the run was ended")
            if isinstance(answer, Reply):
                with self._lock:
                    self._outages.pop(host, None)
                    self._answered[host] = self._clock()
                return answer
            left = self._note(service, host, started, answer)
            if answer.wait > left:
                left = 0.0
            if left <= 0:
                raise self._give_up(service, host, started, answer)
            # Jitter: clients that failed together should not come back together.
            pause = max(answer.wait, wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(pause, left)
            if self._rest(pause):
                raise _away(service, host, "the run was ended")
            wait = min(wait * 2, _LONGEST_WAIT)
            seconds = max(min(self.limits.attempt, left - pause), _LEAST)

    @contextlib.contextmanager
    def watching(self, seconds: float) -> Iterator[_Watch]:
        """Yield what ends an attempt after so many seconds, or a little after the run."""
        with _Watch(seconds) as watch:
            with self._lock:
                self._watches.add(watch)
            try:
                if self._stopped.is_set():
                    watch.hurry(self.limits.farewell)
                yield watch
            finally:
                with self._lock:
                    self._watches.discard(watch)

    def _patience(self, host: str, now: float) -> float:
        """Return the seconds for a first attempt: of a host that is away already, no more than it has left."""
        with self._lock:
            outage = self._outages.get(host)
        left = self.limits.budget - (now - outage.since) if outage else self.limits.attempt
        return max(min(self.limits.attempt, left), _LEAST)

    def _refuse_given_up(self, host: str) -> None:
        with self._lock:
            outage = self._outages.get(host)
        if outage and outage.is_over:
            raise outage.is_over

    def _note(self, service: str, host: str, started: float, fault: _Fault) -> float:
        """Return how many seconds are left for a request that began at `started` and had this fault."""
        now = self._clock()
        with self._lock:
            outage = self._outages.setdefault(host, _Outage(started))
            budget = min(self.limits.budget, self.limits.absent) if fault.is_absent else self.limits.budget
            left = budget - (now - min(outage.since, started))
            # A service that answers every other request is not worth a line each time.
            is_news = left > 0 and now - self._told.get(host, -_SILENCE) >= _SILENCE
            if is_news:
                self._told[host] = now
        if is_news:
            self._say(f"{service} at {host}: {fault.why}; trying again for up to {left:.0f} s")
        return left

    def _give_up(self, service: str, host: str, started: float, fault: _Fault) -> Error:
        """Return the error for a request whose time is up; a host that answered nobody meanwhile is asked no more."""
        why = fault.why
        if fault.wait > self.limits.budget:
            why += f", and it asks to be left alone for {fault.wait:.0f} s"
        error = _away(service, host, why)
        with self._lock:
            if self._answered.get(host, started) > started:
                return error
            outage = self._outages.setdefault(host, _Outage(started))
            outage.is_over = outage.is_over or error
            return outage.is_over


class Session:
    """Asks one service; it sends what it is told to send, and no credential from anywhere else."""

    def __init__(
        self, transport: Transport, connections: Connections, service: str, headers: Mapping[str, str], *, is_json: bool
    ) -> None:
        """Send `headers` with every request; see `Transport.session`."""
        self._transport = transport
        self._connections = connections
        self._service = service
        self._headers = headers
        self._is_json = is_json

    def get(self, url: str) -> Reply:
        """Return what is there."""
        return self._follow(Request("GET", url, self._headers))

    def post(
        self,
        url: str,
        data: bytes = b"",
        *,
        json: Any = None,  # noqa: ANN401 - whatever the service takes
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the answer to these bytes, or to this document where it is given."""
        kind = {}
        if json is not None:
            data, kind = _encoded(json), {"Content-Type": "application/json"}
        return self._follow(Request("POST", url, {**self._headers, **kind, **(headers or {})}, data))

    def _follow(self, request: Request) -> Reply:
        """Return the reply of the place that redirects lead to; raise Refused where they lead on and on."""
        followed = 0
        while True:
            reply = self._send(request)
            if reply.status < HTTPStatus.MULTIPLE_CHOICES:
                return reply
            location = reply.headers.get("Location") if reply.status in _REDIRECTS else None
            onward = _onward(request.url, location) if location else ""
            why = _objection(request, reply.status, location, onward)
            if not why and followed == MAX_REDIRECTS:
                why = f"more than {MAX_REDIRECTS} redirects"
            if why:
                raise Refused(self._service, host_of(request.url), reply.status, why)
            followed += 1
            request = _redirected(request, reply.status, onward)

    def _send(self, request: Request) -> Reply:
        host = host_of(request.url)
        limits = self._transport.limits

        def attempt(seconds: float) -> _Answer:
            answer: _Answer
            with self._transport.watching(seconds) as watch:
                try:
                    waits = (min(limits.connect, seconds), seconds + _LATE)
                    reply = self._connections.exchange(request, *waits, watch.over)
                    answer = self._judge(reply, host)
                except ssl.SSLError as fault:
                    if not watch.has_expired:
                        raise _untrusted(self._service, host, fault) from fault
                    answer = _failed(fault)
                except Misled as fault:
                    raise _misled(self._service, fault) from fault
                except FAULTS as fault:
                    answer = _failed(fault)
            if watch.has_expired:
                # Also where an answer seems to be there: http.client takes half a header for the last one.
                # The last attempt has what is left of the budget, which may be next to nothing.
                return _Fault(f"no whole answer within {seconds:.0f} s" if seconds >= 1 else "no whole answer")
            return answer

        return self._transport.send(self._service, host, attempt)

    def _judge(self, reply: Reply, host: str) -> _Answer:
        status, content = reply.status, reply.content
        if status in _TRANSIENT:
            return _Fault(f"HTTP {status} {_message(content)}".rstrip(), _retry_after(reply))
        if status >= HTTPStatus.BAD_REQUEST:
            location = reply.headers.get("Location", "")
            raise Refused(self._service, host, status, _message(content) or _phrase(status), location)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            # What was cut off in its header looks empty; nothing that is asked here has an empty answer.
            if not content:
                return _Fault("an empty answer")
            if self._is_json and not _is_json(content):
                return _Fault("an answer that is not JSON")
            # Nothing that is asked here begins so; a gateway may well say 200 with its page of sorrow.
            if content.lstrip()[:1] == b"<":
                return _Fault("a page for browsers")
        return reply


class _Watch:
    """Ends a request that has taken too long, however slowly its bytes trickle in.

    A socket's time-out begins anew with each byte, so it alone bounds nothing.
    """

    def __init__(self, seconds: float) -> None:
        self.has_expired = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._hurry: threading.Timer | None = None
        self._is_left = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_left = True
            if self._hurry:
                self._hurry.cancel()

    def over(self, sock: Any) -> None:  # noqa: ANN401 - a socket, or urllib3's TLS around one
        """End the connection that is waited for when it is time."""
        self._sockets.append(sock if isinstance(sock, socket.socket) else sock.socket)
        if self.has_expired:
            # It took all the time to be made: several addresses of one name have a time-out each.
            self.end()

    def hurry(self, seconds: float) -> None:
        """End the attempt after so many seconds at the latest."""
        with self._lock:
            if not self._is_left:
                self._hurry = threading.Timer(seconds, self.end)
                self._hurry.daemon = True
                self._hurry.start()

    def end(self) -> None:
        """End the attempt now."""
        self.has_expired = True
        for sock in tuple(self._sockets):
            try:
                # Not SSLSocket's own: it would pull the TLS state from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                continue


def host_of(url: str) -> str:
    """Return the host and port as an address states them, without a credential; nothing where it is no address."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _encoded(document: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps(document, allow_nan=False).encode("utf-8")


def _redirected(request: Request, status: int, url: str) -> Request:
    """Return what is asked of the place that a redirect names: by nobody's credential where it is another's."""
    method, body, dropped = request.method, request.body, set[str]()
    if urlsplit(url)[:2] != urlsplit(request.url)[:2]:
        dropped.add("Authorization")
    if status not in _SEND_AGAIN and method == "POST":
        method, body = "GET", None
        dropped.add("Content-Type")
    headers = {name: value for name, value in request.headers.items() if name not in dropped}
    return Request(method, url, headers, body)


def _onward(url: str, location: str) -> str:
    """Return where a redirect leads; nothing where that is no address, or one without the TLS that there was."""
    try:
        onward = urljoin(url, location)
        parts = urlsplit(onward)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return onward if is_address and (parts.scheme == "https" or urlsplit(url).scheme != "https") else ""


def _objection(request: Request, status: int, location: str | None, onward: str) -> str:
    """Return why a redirect is not followed; nothing where it is."""
    if not location:
        return _phrase(status)
    if not onward:
        return "a redirect that is not followed"
    if request.method == "POST" and status in _MOVED:
        # Followed as browsers do it, by reading there, it would end in a refusal that says nothing of the move.
        return f"it has moved to {host_of(onward)[:_MESSAGE]}, over {urlsplit(onward).scheme}"
    return ""


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _message(content: bytes) -> str:
    """Return a service's own words on one line, or nothing where it sent a page for browsers."""
    try:
        document = json.loads(content)
        text = str(document.get("message") or document.get("error") or "") if isinstance(document, dict) else ""
    except (ValueError, RecursionError):
        text = content[: 4 * _MESSAGE].decode("utf-8", "replace")
        if text.lstrip().startswith("<"):
            return ""
    return " ".join(text.split())[:_MESSAGE]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(reply: Reply) -> float:
    """Return the seconds that the service asks to be left alone, from a number or a date; 0 for neither."""
    text = reply.headers.get("Retry-After", "").strip()
    # A digit of ASCII's: there are others, of which no number is made.
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - dt.datetime.now(dt.UTC)).total_seconds())


def _failed(fault: Exception) -> _Fault:
    """Return what a failed attempt came to, in plain words."""
    match fault:
        case Detained():
            return _detained(fault)
        case ConnectionRefusedError():
            return _Fault("the connection was refused", is_absent=True)
        case socket.gaierror() | UnicodeError():
            return _Fault("its name cannot be resolved", is_absent=True)
        case TimeoutError():
            return _Fault("no answer in time")
        case TooLarge():
            return _Fault(str(fault))
    return _Fault("the connection was lost")


def _detained(fault: Detained) -> _Fault:
    """Return what a failed attempt came to that the proxy ended."""
    if fault.said:
        return _Fault(f"the proxy {fault.proxy} answered {' '.join(fault.said.split())[:_MESSAGE]}")
    behind = _failed(fault.__cause__) if isinstance(fault.__cause__, Exception) else _Fault("it is away")
    return _Fault(f"by the proxy {fault.proxy}: {behind.why}", is_absent=behind.is_absent)


def _away(service: str, host: str, why: str) -> Error:
    return Error(
        "WIRE001",
        f"{service} at {host} is away",
        why=why,
        fix="Run it again when it is back: what is signed is kept, only the rest is signed then.",
        where=host,
        status=ExitStatus.OUTSIDE,
    )


def _untrusted(service: str, host: str, fault: ssl.SSLError) -> Error:
    return Error(
        "WIRE002",
        f"{service} at {host} cannot be trusted",
        why=_complaint(fault)[:_MESSAGE],
        fix="Check the address and this machine's clock; a private authority is named by REQUESTS_CA_BUNDLE.",
        where=host,
        status=ExitStatus.OUTSIDE,
    )


def _complaint(fault: ssl.SSLError) -> str:
    """Return what TLS complains of."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {fault.verify_message}"
    reason = str(fault.reason or "").lower().replace("_", " ")
    return f"TLS failed: {reason}" if reason else "TLS failed"


def _misled(service: str, fault: Misled) -> Error:
    return Error(
        "WIRE003",
        f"{service} cannot be reached as it is configured",
        why=str(fault),
        fix="Correct the address, or the variable: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE.",
        status=ExitStatus.USAGE,
    )
