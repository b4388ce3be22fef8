"""A job's identity token: asked for, checked for what signing needs, never shown."""

from __future__ import annotations

import base64
import math
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from maximus import documents
from maximus.errors import Error, ExitStatus

from .transport import Refused, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .transport import Transport

__all__ = ["AUDIENCE", "Token", "TokenSource", "claims_of"]

AUDIENCE: Final = "sigstore"
"""Whom the token must be for; every Sigstore instance asks for this one."""
_SERVICE: Final = "the identity token's issuer"
_LEEWAY: Final = 10.0
"""Seconds that this machine's clock may be behind the issuer's before that is a fault."""
_SENDABLE: Final = re.compile(r"[!-~]+")
"""What a header can carry; what it cannot is quoted by who refuses it, and must be secret."""


@dataclass(frozen=True, slots=True)
class Token:
    """An identity token; it shows neither itself nor what it says."""

    raw: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    """What it says, unverified: Fulcio is who verifies it."""

    def is_valid(self) -> bool:
        """Tell whether it has not run out yet, by this machine's clock."""
        return time.time() < _number(self.claims["exp"])


class TokenSource:
    """Asks the runner for identity tokens; `mask` sees each before anything else does.

    See: https://docs.github.com/en/actions/reference/security/oidc
    """

    def __init__(self, transport: Transport, url: str, bearer: str, mask: Callable[[str], None]) -> None:
        """Ask at `url` with the job's `bearer`, both as the runner's environment has them.

        Raises Error TOKEN003 (usage) for a bearer that no request can carry.
        """
        mask(bearer)
        if not _SENDABLE.fullmatch(bearer):
            raise Error(
                "TOKEN003",
                "the job's request token cannot be sent",
                why="it has a blank, a line break or another character that no token has",
                fix="Leave ACTIONS_ID_TOKEN_REQUEST_TOKEN as the runner sets it.",
                where="ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                status=ExitStatus.USAGE,
            )
        self._session = transport.session(_SERVICE, headers={"Authorization": f"bearer {bearer}"})
        self._url = _with_audience(url)
        self._host = host_of(url)
        self._mask = mask
        self._asked: _Asked | None = None

    def __repr__(self) -> str:
        """Return where tokens are from and nothing that is secret."""
        return f"TokenSource({self._host})"

    def ask(self) -> None:
        """Ask for the first token now, and go on meanwhile: the next `fetch` returns it, or raises what came of it."""
        self._asked = _Asked(self._request)
        self._asked.start()

    def fetch(self) -> Token:
        """Return a fresh token.

        Raises Error WIRE001 when the issuer is away, TOKEN001 when it refuses, and TOKEN002 when what it
        sends is no token to sign with.
        """
        asked, self._asked = self._asked, None
        return self._parse(asked.result() if asked else self._request())

    def _request(self) -> str:
        try:
            reply = self._session.get(self._url).json()
        except Refused as refused:
            raise Error(
                "TOKEN001",
                f"{_SERVICE} at {self._host} refused the job",
                why=f"HTTP {refused.status} {refused.message}".rstrip(),
                fix="The job's request token may have run out. Run the job again.",
                where=self._host,
                status=ExitStatus.OUTSIDE,
            ) from refused
        raw = reply.get("value") if isinstance(reply, dict) else None
        if not isinstance(raw, str) or not raw:
            raise self._unusable("its answer holds no token")
        self._mask(raw)
        if not _SENDABLE.fullmatch(raw):
            raise self._unusable("it has a blank, a line break or another character that no token has")
        return raw

    def _parse(self, raw: str) -> Token:
        claims = claims_of(raw)
        ahead = _number(claims.get("nbf")) - time.time()
        if 0 < ahead <= _LEEWAY:
            # Who verifies it may compare with no leeway: a clock one second behind would have a fresh token refused.
            time.sleep(ahead + 0.05)
        if complaint := _complaint(claims):
            raise self._unusable(complaint)
        return Token(raw, claims)

    def _unusable(self, why: str) -> Error:
        return Error(
            "TOKEN002",
            f"{_SERVICE} at {self._host} sent no token to sign with",
            why=why,
            fix="Check this machine's clock, and that ACTIONS_ID_TOKEN_REQUEST_URL is the runner's own.",
            where=self._host,
            status=ExitStatus.OUTSIDE,
        )


class _Asked(threading.Thread):
    """A request that is on its way; it does not keep the process from ending."""

    def __init__(self, request: Callable[[], str]) -> None:
        super().__init__(name="token", daemon=True)
        self._request = request
        self._raw = ""
        self._fault: Exception | None = None

    def run(self) -> None:
        try:
            self._raw = self._request()
        except Exception as fault:  # noqa: BLE001 - raised again where the token is needed
            self._fault = fault

    def result(self) -> str:
        self.join()
        if self._fault:
            raise self._fault
        return self._raw


def claims_of(raw: str) -> Mapping[str, Any]:
    """Return a token's claims, unverified; nothing where it has none. Fulcio is who verifies them."""
    try:
        body = raw.split(".")[1]
        claims = documents.parse_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), "the token")
    except (IndexError, ValueError, Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def _complaint(claims: Mapping[str, Any]) -> str:
    """Return what is wrong with a token's claims, in plain words."""
    missing = [name for name in ("iss", "sub", "aud", "iat", "exp") if name not in claims]
    if missing:
        return f"it lacks {', '.join(missing)}"
    if claims["aud"] != AUDIENCE and AUDIENCE not in (claims["aud"] if isinstance(claims["aud"], list) else ()):
        return f"it is for {claims['aud']!r:.80} and not for {AUDIENCE!r}"
    now = time.time()
    if _number(claims["exp"]) <= now:
        return f"it ran out {now - _number(claims['exp']):.0f} s ago by this machine's clock"
    # It is valid from `nbf`; when it was made is told by another clock.
    begin = max(_number(claims.get("nbf")), _number(claims["iat"]) - _LEEWAY)
    if begin > now:
        return f"it begins in {begin - now:.0f} s by this machine's clock"
    return ""


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else 0.0
    except OverflowError:
        return math.inf


def _with_audience(url: str) -> str:
    """Return the request URL with our audience in its query, whatever the query was."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # Who sends to it says so.
        return url
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "audience"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("audience", AUDIENCE)])))
