"""One transport under every request to a signing service: deadlines, retries within a budget, whole replies.

sigstore-python has no time-outs towards Fulcio and Rekor and retries nothing (sigstore-python#1448, #1744), so
its sessions are given an adapter of ours. What is retried here is safe to repeat: a certificate or a timestamp
more does no harm, and a log answers a repeated entry with 409, which the caller expects.
"""

from __future__ import annotations

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
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from maximus import __version__
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self


__all__ = ["Limits", "Refused", "Transport"]

MAX_REPLY: Final = 32 << 20
"""Bytes of the largest reply that is read."""
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed a little later."""
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 10.0
_LEAST: Final = 0.1
"""Seconds that the last attempt before the end has at least."""
_SILENCE: Final = 30.0
"""Seconds before the same service is spoken of again."""
_MESSAGE: Final = 300
"""Characters of a service's own words that an error quotes."""
_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """How long services are waited for, in seconds."""

    connect: float = 10.0
    """Until a connection is made."""
    attempt: float = 60.0
    """Until one request is answered whole. Rekor v2 answers only when its next checkpoint is out."""
    budget: float = 120.0
    """How long one service may be away before it is given up."""
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


_Answer: TypeAlias = requests.Response | _Fault


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
        self._adapters: dict[str, _Adapter] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._rest = rest or self._stopped.wait

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: nobody waits any longer, connections are closed."""
        self._stopped.set()
        for adapter in self._adapters.values():
            adapter.close()

    def session(self, service: str, *, is_json: bool = True, headers: dict[str, str] | None = None) -> requests.Session:
        """Return a session for one thread; all sessions of a service share its connections.

        `service` names it in errors. Its replies must be JSON unless `is_json` is false.
        Requests raise Refused for a final refusal, and Error WIRE001 (away) or WIRE002 (not trusted).
        """
        with self._lock:
            adapter = self._adapters.setdefault(service, _Adapter(self, service, is_json=is_json))
        session = requests.Session()
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        # Without this a ~/.netrc would replace the token in the Authorization header.
        session.auth = _as_it_is
        session.max_redirects = 3
        session.headers.update({"User-Agent": f"maximus/{__version__}"} | (headers or {}))
        return session

    def send(
        self, service: str, host: str, attempt: Callable[[float], requests.Response | _Fault]
    ) -> requests.Response:
        """Return the first good answer; `attempt` is given the seconds it may take.

        Raises Refused, or Error WIRE001 when the budget is spent.
        """
        started = self._clock()
        seconds, wait = self._patience(host, started), _FIRST_WAIT
        while True:
            self._refuse_given_up(host)
            answer = attempt(seconds)
            if isinstance(answer, requests.Response):
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


class _Adapter(HTTPAdapter):
    """Carries out the requests to one service."""

    def __init__(self, transport: Transport, service: str, *, is_json: bool) -> None:
        super().__init__(pool_connections=8, pool_maxsize=_CONNECTIONS)
        self._transport = transport
        self._service = service
        self._is_json = is_json

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - passed on as they are
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401 - passed on as they are
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(  # noqa: PLR0913, PLR0917 - the signature of an adapter
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - replies are always read whole
        timeout: Any = None,  # noqa: ANN401, ARG002 - ours counts: sigstore-python has none, or 5 s
        verify: bool | str = True,  # noqa: FBT001, FBT002 - likewise
        cert: Any = None,  # noqa: ANN401 - likewise
        proxies: Any = None,  # noqa: ANN401 - likewise
    ) -> requests.Response:
        host = urlsplit(request.url or "").netloc.rpartition("@")[2]

        def attempt(seconds: float) -> _Answer:
            answer: _Answer
            limits = self._transport.limits
            waiting = (min(limits.connect, seconds), seconds)
            with _Watch(seconds) as watch:
                try:
                    response = super(_Adapter, self).send(
                        request, stream=True, timeout=waiting, verify=verify, cert=cert, proxies=proxies
                    )
                    answer = self._judge(response, _read(response), host)
                except requests.exceptions.SSLError as fault:
                    if not watch.has_expired:
                        raise _untrusted(self._service, host, fault) from fault
                    answer = _failed(fault)
                except (requests.RequestException, HTTPError, OSError) as fault:
                    answer = _failed(fault)
            if watch.has_expired:
                # Also where an answer seems to be there: http.client takes half a header for the last one.
                return _Fault(f"no whole answer within {seconds:.0f} s")
            return answer

        return self._transport.send(self._service, host, attempt)

    def _judge(self, response: requests.Response, content: bytes, host: str) -> _Answer:
        status = response.status_code
        if status in _TRANSIENT:
            return _Fault(f"HTTP {status} {_message(content)}".rstrip(), _retry_after(response))
        if status >= HTTPStatus.BAD_REQUEST:
            location = response.headers.get("Location", "")
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
        return response


class _Watch:
    """Ends a request that has taken too long, however slowly its bytes trickle in.

    A socket's time-out begins anew with each byte, so it alone bounds nothing.
    """

    current = threading.local()

    def __init__(self, seconds: float) -> None:
        self.has_expired = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self.current.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self.current.watch = None

    @classmethod
    def over(cls, connection: HTTPConnection) -> None:
        """Have this thread's watch end the connection that is being waited for."""
        watch: _Watch | None = getattr(cls.current, "watch", None)
        if watch and connection.sock:
            watch._sockets.append(connection.sock)  # noqa: SLF001 - its own class

    def _expire(self) -> None:
        self.has_expired = True
        for sock in self._sockets:
            try:
                # Not SSLSocket's own: it would pull the TLS state from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                continue


class _Watched(HTTPConnection):
    def getresponse(self) -> Any:  # noqa: ANN401 - the base class's own
        _Watch.over(self)
        return super().getresponse()


class _WatchedTLS(HTTPSConnection):
    def getresponse(self) -> Any:  # noqa: ANN401 - the base class's own
        _Watch.over(self)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


_POOLS: Final = {"http": _Pool, "https": _PoolTLS}


def _read(response: requests.Response) -> bytes:
    """Return the whole body and keep it in the response; raise OSError for one that is too large."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(1 << 16):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY:
            response.close()
            msg = f"an answer of more than {MAX_REPLY} bytes"
            raise OSError(msg)
    response._content = b"".join(chunks)  # noqa: SLF001 - as `requests` keeps it when it reads itself
    return response._content  # noqa: SLF001 - likewise


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _message(content: bytes) -> str:
    """Return a service's own words on one line, or nothing where it sent a page for browsers."""
    try:
        document = json.loads(content)
        text = str(document.get("message") or document.get("error") or "") if isinstance(document, dict) else ""
    except ValueError:
        text = content[: 4 * _MESSAGE].decode("utf-8", "replace")
        if text.lstrip().startswith("<"):
            return ""
    return " ".join(text.split())[:_MESSAGE]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that the service asks to be left alone, from a number or a date; 0 for neither."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - dt.datetime.now(dt.UTC)).total_seconds())


def _failed(fault: Exception) -> _Fault:
    """Return what a failed attempt came to, in plain words."""
    for cause in _causes(fault):
        match cause:
            case ConnectionRefusedError():
                return _Fault("the connection was refused", is_absent=True)
            case socket.gaierror():
                return _Fault("its name cannot be resolved", is_absent=True)
    if isinstance(fault, requests.Timeout):
        return _Fault("no answer in time")
    if isinstance(fault, OSError) and not isinstance(fault, requests.RequestException):
        return _Fault(str(fault))
    return _Fault("the connection was lost")


def _causes(fault: BaseException) -> Iterator[BaseException]:
    """Yield the fault and what lies behind it, as deep as `requests` and `urllib3` have wrapped it."""
    seen: list[BaseException] = []
    cause: BaseException | None = fault
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        inner = next((part for part in reversed(cause.args) if isinstance(part, BaseException)), None)
        reason = getattr(cause, "reason", None)
        cause = reason if isinstance(reason, BaseException) else inner or cause.__cause__ or cause.__context__


def _away(service: str, host: str, why: str) -> Error:
    return Error(
        "WIRE001",
        f"{service} at {host} is away",
        why=why,
        fix="Run it again when it is back: what is signed is kept, only the rest is signed then.",
        where=host,
        status=ExitStatus.OUTSIDE,
    )


def _untrusted(service: str, host: str, fault: Exception) -> Error:
    return Error(
        "WIRE002",
        f"{service} at {host} cannot be trusted",
        why=_complaint(fault)[:_MESSAGE],
        fix="Check the address and this machine's clock; a private authority is named by REQUESTS_CA_BUNDLE.",
        where=host,
        status=ExitStatus.OUTSIDE,
    )


def _complaint(fault: Exception) -> str:
    """Return what TLS complains of, without the many layers around it."""
    for cause in _causes(fault):
        match cause:
            case ssl.SSLCertVerificationError(verify_message=message):
                return f"its certificate does not verify: {message}"
            case ssl.SSLError(reason=str(reason)):
                return f"TLS failed: {reason.lower().replace('_', ' ')}"
    return "TLS failed"
