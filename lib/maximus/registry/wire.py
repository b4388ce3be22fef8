"""One request to a registry: deadlines, retries, bounded answers, and no password for anybody else.

Plain HTTP is spoken with this machine only. A redirect, as registries send to where blobs really lie, is followed
without what was shown to the registry.
"""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from maximus import __version__
from maximus.errors import Error, ExitStatus

from .credentials import ANONYMOUS, Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

__all__ = ["Answer", "Limits", "Wire"]

_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_WAIT: Final = 0.5
_MAX_REDIRECTS: Final = 5
MAX_TOKEN: Final = 256 << 10
"""Bytes of the largest answer of a token service."""
_CHUNK: Final = 1 << 16
_CHALLENGE: Final = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_SENDABLE: Final = re.compile(r"[!-~]+")
"""What a header can carry of a token."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a registry is waited for, in seconds, and how often it is asked again."""

    connect: float = 10.0
    read: float = 30.0
    """Between two pieces of an answer."""
    whole: float = 300.0
    """For one whole answer, however it trickles in."""
    attempts: int = 4

    @classmethod
    def within(cls, budget: float, answer: float) -> Limits:
        """Return how a registry is asked again for up to `budget` seconds of waits, which double, in all.

        `answer` is the time for one whole answer. What a registry asks for with `Retry-After` comes on top.
        """
        waits = int(math.log2(budget / _FIRST_WAIT + 1))
        usual = cls()
        return cls(min(answer, usual.connect), min(answer, usual.read), answer, 1 + waits)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry said."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class Wire:
    """Sends requests to one registry, and remembers the tokens that it gave."""

    def __init__(  # noqa: PLR0913 - whom to ask, how long, and what a test puts in the place of waiting
        self,
        host: str,
        credentials: Credentials = ANONYMOUS,
        limits: Limits | None = None,
        *,
        is_loopback: bool = False,
        rest: Callable[[float], None] = time.sleep,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Speak to `host`, over plain HTTP where it `is_loopback`.

        `rest` waits between attempts, and `warn` tells people of the first one that has to be made again.
        """
        import requests  # noqa: PLC0415 - 100 ms that only who asks a registry should cost

        self.host = host
        self.base = f"{'http' if is_loopback else 'https'}://{host}"
        self._credentials = credentials
        self._limits = limits or Limits()
        self._rest = rest
        self._warn = warn
        self._tokens: dict[str, str] = {}
        self._session = requests.Session()
        # Without this a ~/.netrc would speak for itself, to any host that it names.
        self._session.auth = _as_it_is
        self._session.headers["User-Agent"] = f"maximus/{__version__}"

    def send(  # noqa: PLR0913 - one request's parts
        self,
        method: str,
        path: str,
        *,
        scope: str,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Return the registry's final answer, whatever its status; `path` may be an address of its own.

        `scope` is what a token must allow, as in `repository:app:pull`; `limit` the bytes of the largest answer.
        Raises Error IMAGE003 (outside) when it is away or says too much, and IMAGE004 (outside) when it wants to
        see somebody else.
        """
        try:
            address = urljoin(self.base, path)
            answer = self._retried(method, address, scope, limit, headers or {}, body)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                self._authenticate(answer.headers.get("www-authenticate", ""), scope)
                answer = self._retried(method, address, scope, limit, headers or {}, body)
        except ValueError as fault:
            # A place to go on to, or a token service, in a form that nobody can ask.
            raise self._away("it names an address that is none") from fault
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Error(
                "IMAGE004",
                f"the registry {self.host} does not let this be done",
                why=_words(answer),
                fix="Log in with `docker login`, or check that the name may read or write this repository.",
                where=self.host,
                status=ExitStatus.OUTSIDE,
            )
        return answer

    def _retried(  # noqa: PLR0913, PLR0917 - one request's parts
        self, method: str, address: str, scope: str, limit: int, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        import requests  # noqa: PLC0415 - loaded already

        wait, why = _FIRST_WAIT, ""
        for attempt in range(1, self._limits.attempts + 1):
            try:
                answer = self._once(method, address, scope, limit, headers, body)
                why = "a page for browsers" if _is_page(answer) else f"HTTP {answer.status}"
            except (requests.RequestException, OSError) as fault:
                answer, why = None, _plain(fault)
            if answer is not None and answer.status not in _TRANSIENT and not _is_page(answer):
                return answer
            if attempt < self._limits.attempts:
                if attempt == 1:
                    self._warn(f"the registry {self.host}: {why}; trying again")
                told = answer.headers.get("retry-after", "") if answer else ""
                self._rest(min(float(told), 30.0) if told.isascii() and told.isdigit() else wait)
                wait *= 2
        raise self._away(why)

    def _once(  # noqa: PLR0913, PLR0917 - one request's parts
        self, method: str, address: str, scope: str, limit: int, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Return the answer of one attempt, redirects followed: the rest of the way nothing of ours is shown."""
        for _ in range(_MAX_REDIRECTS):
            is_home = _origin(address) == _origin(self.base)
            shown = {"Authorization": self._tokens[scope]} if is_home and scope in self._tokens else {}
            if not is_home and body:
                raise self._away("it sends what is uploaded to another host")
            answer = self._ask(method, address, limit, {**headers, **shown}, body)
            target = answer.headers.get("location", "")
            if answer.status not in (301, 302, 303, 307, 308) or method not in ("GET", "HEAD") or not target:
                return answer
            onward = urljoin(address, target)
            if urlsplit(onward).scheme != "https" and _origin(onward) != _origin(self.base):
                raise self._away("it redirects to an address that is not encrypted")
            address = onward
        raise self._away("it redirects without end")

    def _ask(self, method: str, address: str, limit: int, headers: Mapping[str, str], body: bytes) -> Answer:
        limits = self._limits
        deadline = time.monotonic() + limits.whole
        with self._session.request(
            method,
            address,
            headers=dict(headers),
            data=body or None,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect, limits.read),
        ) as response:
            content = bytearray()
            for chunk in response.iter_content(_CHUNK) if method != "HEAD" else ():
                content += chunk
                if len(content) > limit:
                    raise self._away(f"its answer is larger than {limit} bytes")
                if time.monotonic() > deadline:
                    msg = f"no whole answer within {limits.whole:.0f} s"
                    raise OSError(msg)
            told = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, told, bytes(content))

    def _authenticate(self, challenge: str, scope: str) -> None:
        """Get what the registry's challenge asks for: a name and a password, or a token of its token service."""
        kind, _, rest = challenge.partition(" ")
        asked = dict(_CHALLENGE.findall(rest))
        if kind.lower() == "basic" and not self._credentials.is_anonymous:
            self._tokens[scope] = self._credentials.basic
            return
        realm = asked.get("realm", "")
        if kind.lower() != "bearer" or not self._is_reachable(realm):
            return
        shown = self._credentials if _is_of(realm, self.host) else ANONYMOUS
        answer = self._token(realm, asked.get("service", ""), scope, shown)
        try:
            document: Any = json.loads(answer.body)
            token = str(document.get("token") or document.get("access_token") or "")
        except (ValueError, AttributeError, RecursionError):
            token = ""
        # One that no header can carry would be quoted by who refuses it.
        if answer.status == HTTPStatus.OK and _SENDABLE.fullmatch(token):
            self._tokens[scope] = f"Bearer {token}"

    def _is_reachable(self, realm: str) -> bool:
        return (
            urlsplit(realm).scheme == "https"
            or _origin(realm).rpartition(":")[0] == _origin(self.base).rpartition(":")[0]
        )

    def _token(self, realm: str, service: str, scope: str, shown: Credentials) -> Answer:
        from urllib.parse import urlencode  # noqa: PLC0415 - beside its only use

        import requests  # noqa: PLC0415 - loaded already

        try:
            if shown.token:
                form = {"grant_type": "refresh_token", "service": service, "scope": scope, "client_id": "maximus"}
                form["refresh_token"] = shown.token
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                return self._ask("POST", realm, MAX_TOKEN, kind, urlencode(form).encode("ascii"))
            address = f"{realm}{'&' if '?' in realm else '?'}{urlencode({'service': service, 'scope': scope})}"
            return self._ask("GET", address, MAX_TOKEN, {"Authorization": shown.basic} if shown.password else {}, b"")
        except (requests.RequestException, OSError) as fault:
            raise self._away(f"its token service: {_plain(fault)}") from fault

    def _away(self, why: str) -> Error:
        return Error(
            "IMAGE003",
            f"the registry {self.host} is away",
            why=why,
            fix="Check its name; else try again later.",
            where=self.host,
            status=ExitStatus.OUTSIDE,
        )


def _is_page(answer: Answer) -> bool:
    """Tell whether a gateway answered in the registry's place, and said that all is well."""
    kind = answer.headers.get("content-type", "").lower()
    return answer.status == HTTPStatus.OK and kind.startswith("text/html") and answer.body.lstrip()[:1] == b"<"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or {'https': 443, 'http': 80}.get(parts.scheme)}"


def _is_of(realm: str, host: str) -> bool:
    """Tell whether a token service is the registry's own: the same host, or one beside it in the same domain."""
    theirs, ours = urlsplit(realm).hostname or "", host.rpartition(":")[0] or host
    if theirs == ours:
        return True
    domain = ours.split(".")[-2:]
    return len(domain) > 1 and not domain[0].isdigit() and theirs.split(".")[-2:] == domain


def _plain(fault: Exception) -> str:
    text = " ".join(str(fault).split())
    # What the system said stands at the end, behind the names of the classes that it went through.
    if told := re.search(r"\[Errno -?[0-9]+\] ([A-Za-z ]+)", text):
        return told[1]
    return "the connection failed" if "object at 0x" in text or not text else text[:200]


def _words(answer: Answer) -> str:
    """Return the registry's own words on one line."""
    try:
        (first, *_) = json.loads(answer.body)["errors"]
        return " ".join(f"{first.get('code', '')} {first.get('message', '')}".split())[:200]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"HTTP {answer.status}"
