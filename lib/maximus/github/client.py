"""Sends requests to GitHub through PyGithub's requester, under rules of our own.

The token goes to the API's host and to its upload host, nowhere else; no redirect is followed; a request that may
have had an effect is never sent again by itself; all waiting is bounded.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from maximus.errors import Error, ExitStatus
from maximus.github.faults import unreachable
from maximus.github.limits import MAX_PAGE, REQUEST_TIMEOUT, TRIES, UPLOAD_TIMEOUT, WAITING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from github.Requester import Requester

__all__ = ["WRITE_PERMISSION", "Client", "Interrupted", "Partial", "Refused", "Reply"]

WRITE_PERMISSION = "Give the job these permissions:\n  permissions:\n    contents: write\n    pull-requests: read"
"""What a workflow needs to draft a release."""

_TOO_MANY = 429
_SERVER_FAULT = 500
_NO_GRAPHQL = (403, 404, 405, 410, 501)
"""What a server answers that has no GraphQL for this token, behind a rate limit's 403."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What GitHub answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    def document(self) -> dict[str, Any]:
        """Return the answer's JSON object; raise Error HUB017 (outside) where it is none."""
        found = self._json()
        if not isinstance(found, dict) or not isinstance(found.get("id", 0), int):
            raise self._unreadable("another kind of JSON")
        return found

    def items(self, *, key: str = "id") -> list[dict[str, Any]]:
        """Return the answer's JSON list of objects that have the key; raise Error HUB017 (outside) where it is none."""
        found = self._json()
        if not isinstance(found, list) or not all(isinstance(item, dict) and key in item for item in found):
            raise self._unreadable("another kind of JSON")
        return found

    def _json(self) -> Any:  # noqa: ANN401 - foreign JSON enters here
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as fault:
            raise self._unreadable("no JSON") from fault

    def _unreadable(self, what: str) -> Error:
        return Error(
            "HUB017",
            f"GitHub's answer is {what}",
            why=self.text[:80].replace("\n", " "),
            fix="Look whether a proxy answers in GitHub's place, then run again.",
            status=ExitStatus.OUTSIDE,
        )

    @property
    def message(self) -> str:
        """What GitHub says about a refusal."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return f"status {self.status}"
        if not isinstance(found, dict):
            return f"status {self.status}"
        details = [_detail(item) for item in found.get("errors") or () if isinstance(item, dict)]
        return "; ".join([str(found.get("message") or f"status {self.status}"), *details])


def _detail(item: Mapping[str, Any]) -> str:
    return str(item.get("message") or " ".join(str(item[key]) for key in ("resource", "field", "code") if key in item))


class Interrupted(Exception):  # noqa: N818 - an answer, not a fault
    """A request got no answer, or one of a broken server: whether it had an effect is not known."""


class Partial(Exception):  # noqa: N818 - an answer, not a fault
    """A query was answered in part, or not at all for its size: ask for less."""


class Refused(Error):  # noqa: N818 - an answer, not a fault
    """GraphQL itself is refused, whatever is asked: switched off, or not open to this token. REST may be open."""


class Client:
    """A connection to one GitHub server with one token."""

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        graphql_url: str = "",
        version: str = "",
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Connect to the API at `api_url`, such as `https://api.github.com`; `version` is the suite's own.

        With an empty token it reads what is public.

        Raises Error HUB008 (usage) for an address that is none, or where GraphQL lies on another host.
        """
        self._api = urlsplit(api_url)
        if self._api.scheme not in ("http", "https") or not self._api.hostname or self._api.username:
            _refuse_address(f"GITHUB_API_URL {api_url!r} is no address")
        self._sleep = sleep or time.sleep
        self._waited = 0.0
        self.requests = 0
        """How many requests were sent."""
        self.points = 0
        """How many GraphQL points they cost, where GitHub told."""
        self._token = token
        self._requester = _requester(api_url.rstrip("/"), token, version)
        if graphql_url and graphql_url.rstrip("/") != self._requester.graphql_url:
            _refuse_address(f"GITHUB_GRAPHQL_URL {graphql_url!r} does not belong to GITHUB_API_URL {api_url!r}")

    def close(self) -> None:
        """Close the connections."""
        self._requester.close()

    # REST

    def get(
        self,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        accept: str = "application/vnd.github+json",
        allowed: tuple[int, ...] = (),
    ) -> Reply:
        """Return the answer to a GET; refusals are raised, except those whose status is allowed.

        Raises Error HUB001 to HUB010 as GitHub cannot be reached, refuses, or has no such thing.
        """
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                reply = self._send("GET", path, query=query, headers={"Accept": accept})
            except Interrupted as fault:
                self._wait_or_give_up(tries_left, 2 ** (TRIES - 1 - tries_left), fault)
                continue
            pause = _pause(reply)
            if pause is not None:
                self._wait_or_give_up(tries_left, pause, Interrupted(reply.message), limited=True)
                continue
            if reply.status >= 300 and reply.status not in allowed:  # noqa: PLR2004 - anything but success
                refuse(reply, f"GET {path}")
            return reply
        raise AssertionError  # the last try either returned or raised

    def change(self, method: str, path: str, body: object = None, *, allowed: tuple[int, ...] = ()) -> Reply:
        """Return the answer to a write, which is sent once.

        Raises Interrupted where it is not known whether the write had an effect, else errors as `get` does.
        A rate limit refuses before any effect, so it is waited for.
        """
        for tries_left in range(TRIES - 1, -1, -1):
            reply = self._send(method, path, body=body, headers={"Accept": "application/vnd.github+json"})
            pause = _pause(reply)
            if pause is not None:
                self._wait_or_give_up(tries_left, pause, Interrupted(reply.message), limited=True)
                continue
            if reply.status >= 300 and reply.status not in allowed:  # noqa: PLR2004 - anything but success
                refuse(reply, f"{method} {path}", writing=True)
            return reply
        raise AssertionError  # the last try either returned or raised

    def upload(self, address: str, name: str, path: Path, *, allowed: tuple[int, ...] = ()) -> Reply:
        """Return the answer to the upload of a file under a name; it is sent once, as `change` is.

        Raises Error HUB008 (outside) where the address that GitHub gave lies on a host that must not see the token.
        """
        from github.GithubException import GithubException  # noqa: PLC0415 - PyGithub costs 170 ms
        from requests.exceptions import RequestException  # noqa: PLC0415 - as above

        self.requests += 1
        headers = {"Content-Type": "application/octet-stream", "Accept": "application/vnd.github+json"}
        try:
            status, found, text = self._requester.requestBlob(
                "POST", address, {"name": name}, headers, str(path), self._upload_connection(address)
            )
        except (RequestException, GithubException) as fault:
            raise Interrupted(_words(fault)) from fault
        reply = Reply(status, {key.lower(): str(value) for key, value in found.items()}, text)
        if reply.status >= _SERVER_FAULT:
            raise Interrupted(reply.message)
        if reply.status >= 300 and reply.status not in allowed:  # noqa: PLR2004 - anything but success
            refuse(reply, f"the upload of {name}", writing=True)
        return reply

    def hash_asset(self, repository: str, asset_id: int, size: int) -> str:
        """Return the SHA-256 of an asset of `size` bytes, read back; for servers that tell no digest.

        Raises Error HUB001 (outside) when it cannot be read.
        """
        from maximus.github.downloads import hash_asset  # noqa: PLC0415 - few runs read an asset back

        self.requests += 1
        return hash_asset(self._api.geturl(), self._token, repository, asset_id, size)

    def _upload_connection(self, address: str) -> Any:  # noqa: ANN401 - PyGithub's, imported lazily
        """Return a connection to the upload host, or None for the API's own."""
        from github.Requester import HTTPSRequestsConnectionClass  # noqa: PLC0415 - PyGithub costs 170 ms

        there = urlsplit(address)
        if (there.scheme, there.netloc) == (self._api.scheme, self._api.netloc):
            return None
        host = self._api.hostname or ""
        if there.scheme != "https" or there.port or there.hostname != f"uploads.{host.removeprefix('api.')}":
            raise Error(
                "HUB008",
                f"files are not uploaded to {there.hostname}",
                why="it is not the API's upload host, and the token must not go there",
                status=ExitStatus.OUTSIDE,
            )
        return HTTPSRequestsConnectionClass(there.hostname, None, retry=0, timeout=UPLOAD_TIMEOUT)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: object = None,
        headers: Mapping[str, str],
    ) -> Reply:
        """Send one request once. Raises Interrupted where there was no answer, or one of a broken server."""
        from github.GithubException import GithubException  # noqa: PLC0415 - PyGithub costs 170 ms
        from requests.exceptions import RequestException  # noqa: PLC0415 - as above

        self.requests += 1
        try:
            status, found, text = self._requester.requestJson(method, path, dict(query or {}), dict(headers), body)
        except (RequestException, GithubException) as fault:
            raise Interrupted(_words(fault)) from fault
        except RuntimeError as fault:
            # PyGithub follows 301 on the same host and raises this for any other.
            raise _redirected(str(fault)) from fault
        reply = Reply(status, {key.lower(): str(value) for key, value in found.items()}, text)
        if reply.status >= _SERVER_FAULT:
            raise Interrupted(f"GitHub answered with status {reply.status}")
        return reply

    # GraphQL

    def ask(
        self, query: str, variables: Mapping[str, Any], *, can_shrink: bool = False, can_miss: bool = False
    ) -> dict[str, Any]:
        """Return a query's data.

        Where GitHub answers in part or gives up for the query's size, Partial is raised if the caller can ask for
        less, and the query is sent again if not. With `can_miss` what is not there is null instead of an error.
        Raises Error HUB001 to HUB010 as `get` does, as Refused where GraphQL itself is not to be had.
        """
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                return self._ask(query, variables, can_miss=can_miss)
            except Partial as fault:
                if can_shrink:
                    raise
                self._wait_or_give_up(tries_left, 2 ** (TRIES - 1 - tries_left), fault)
            except Interrupted as fault:
                self._wait_or_give_up(tries_left, 2 ** (TRIES - 1 - tries_left), fault)
            except _Limited as fault:
                self._wait_or_give_up(tries_left, fault.pause, fault, limited=True)
        raise AssertionError  # the last try either returned or raised

    def _ask(self, query: str, variables: Mapping[str, Any], *, can_miss: bool) -> dict[str, Any]:
        from github.GithubException import GithubException  # noqa: PLC0415 - PyGithub costs 170 ms
        from requests.exceptions import ReadTimeout, RequestException  # noqa: PLC0415 - as above

        self.requests += 1
        try:
            _, answer = self._requester.graphql_query(query, dict(variables))
        except ReadTimeout as fault:
            # A page that takes too long takes less time when it is smaller.
            raise Partial(_words(fault)) from fault
        except RequestException as fault:
            raise Interrupted(_words(fault)) from fault
        except GithubException as fault:
            if not (can_miss and _only_misses(fault.data)):
                raise self._judge(fault) from fault
            answer = fault.data
        except RuntimeError as fault:
            raise _redirected(str(fault)) from fault
        data: object = answer.get("data")
        if not isinstance(data, dict):
            raise Interrupted("the answer holds no data")
        self.points += int((data.get("rateLimit") or {}).get("cost") or 0)
        return data

    def _judge(self, fault: Any) -> Exception:  # noqa: ANN401 - PyGithub's exception, imported lazily
        """Return what a refused query means."""
        answer = fault.data if isinstance(fault.data, dict) else {}
        reply = Reply(fault.status, {k.lower(): str(v) for k, v in (fault.headers or {}).items()}, json.dumps(answer))
        errors = [item for item in answer.get("errors") or () if isinstance(item, dict)]
        if errors and "data" in answer:
            return self._judge_errors(errors)
        pause = _pause(reply)
        if pause is not None:
            return _Limited(reply.message, pause)
        if reply.status >= _SERVER_FAULT and reply.status not in _NO_GRAPHQL:
            # 502 and 504 are what a query gets that took too long to work out.
            kind = Partial if reply.status in (502, 504) else Interrupted
            return kind(f"GitHub answered with status {reply.status}")
        if errors:
            return self._judge_errors(errors)
        made = refusal(reply, "a query")
        is_all = reply.status in _NO_GRAPHQL
        return Refused(made.code, made.what, why=made.why, fix=made.fix, status=made.status) if is_all else made

    @staticmethod
    def _judge_errors(errors: list[dict[str, Any]]) -> Exception:
        kinds = {str(item.get("type") or "") for item in errors}
        said = "; ".join(str(item.get("message") or "") for item in errors[:3])
        if "RATE_LIMITED" in kinds:
            return _Limited(said, 60)
        if kinds & {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"} or "something went wrong" in said.lower():
            return Partial(said)
        if "NOT_FOUND" in kinds:
            return Error(
                "HUB010",
                "GitHub has nothing for what was asked",
                why=said,
                fix="Check the name, and that the token may read it.",
                status=ExitStatus.OUTSIDE,
            )
        if "FORBIDDEN" in kinds:
            return Error(
                "HUB003",
                "the token is not allowed to read this",
                why=said,
                fix=WRITE_PERMISSION,
                status=ExitStatus.OUTSIDE,
            )
        return Error("HUB006", "GitHub refused a query", why=said, status=ExitStatus.OUTSIDE)

    def _wait_or_give_up(self, tries_left: int, seconds: float, fault: Exception, *, limited: bool = False) -> None:
        """Wait before the next try; raise Error HUB001 or HUB004 (outside) where none is left, or it takes too long."""
        if tries_left and self._waited + seconds <= WAITING:
            self._waited += seconds
            self._sleep(seconds)
            return
        if limited:
            raise Error(
                "HUB004",
                "GitHub's rate limit is used up",
                why=str(fault),
                fix=f"Run again in {max(1, round(seconds / 60))} min.",
                status=ExitStatus.OUTSIDE,
            ) from fault
        raise unreachable(str(fault)) from fault


def _only_misses(answer: object) -> bool:
    """Tell whether an answer holds data, and its errors only say that something is not there."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
        return False
    errors = answer.get("errors") or [{}]
    return all(isinstance(item, dict) and item.get("type") == "NOT_FOUND" for item in errors)


class _Limited(Exception):  # noqa: N818 - an answer, not a fault
    """A query has to wait."""

    def __init__(self, said: str, pause: float) -> None:
        super().__init__(said)
        self.pause = pause


def _requester(api_url: str, token: str, version: str) -> Requester:
    # Imported here: 170 ms that only a run with a token costs.
    from github import Auth, Github  # noqa: PLC0415

    hub = Github(
        auth=Auth.Token(token) if token else None,
        base_url=api_url,
        timeout=REQUEST_TIMEOUT,
        user_agent=f"maximus-actions/{version}" if version else "maximus-actions",
        per_page=MAX_PAGE,
        # Its own retries send POST again, and its pacing counts every query as a write: 8 queries took 7.5 s.
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
        lazy=True,
    )
    return hub.requester


def _words(fault: Exception) -> str:
    """Return a network fault in a few words, without the object addresses that requests puts in."""
    name = type(fault).__name__
    return {
        "ConnectTimeout": f"no connection within {REQUEST_TIMEOUT} s",
        "ReadTimeout": f"no answer within {REQUEST_TIMEOUT} s",
        "SSLError": "the server's certificate is not trusted",
        "ProxyError": "the proxy cannot be reached",
        "ConnectionError": "the connection was refused or broke off",
        "ChunkedEncodingError": "the connection broke off",
    }.get(name, name)


def _pause(reply: Reply) -> float | None:
    """Return how many seconds a rate limit asks to wait, or None where the answer is no rate limit.

    See "Rate limits for the REST API": Retry-After, then the reset time, then a minute.
    """
    if reply.status not in (403, _TOO_MANY):
        return None
    after = reply.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    if reply.headers.get("x-ratelimit-remaining") == "0":
        reset = reply.headers.get("x-ratelimit-reset", "")
        return max(1.0, float(reset) - time.time()) if reset.isdigit() else 60.0
    if reply.status == _TOO_MANY or "rate limit" in reply.message.lower():
        return 60.0
    return None


def _redirected(why: str) -> Error:
    return Error(
        "HUB007",
        "GitHub answered with a redirect, which is not followed",
        why=why,
        fix="The repository may have been renamed or moved; check GITHUB_REPOSITORY and GITHUB_API_URL.",
        status=ExitStatus.OUTSIDE,
    )


def _refuse_address(what: str) -> NoReturn:
    raise Error("HUB008", what, fix="Leave the runner's own variables as they are.", status=ExitStatus.USAGE)


def refuse(reply: Reply, what: str, *, writing: bool = False) -> NoReturn:
    """Raise the error that a refusal stands for."""
    raise refusal(reply, what, writing=writing)


def refusal(reply: Reply, what: str, *, writing: bool = False) -> Error:
    """Return the error that a refusal stands for."""
    if 300 <= reply.status < 400:  # noqa: PLR2004 - the redirects
        return _redirected(f"{what}: status {reply.status}")
    if reply.status == 401:  # noqa: PLR2004 - HTTP's own numbers here and below
        return Error(
            "HUB002",
            "GitHub does not accept the token",
            why=reply.message,
            fix="Give a token that has not expired.",
            where="token",
            status=ExitStatus.OUTSIDE,
        )
    if reply.status == 403 or (writing and reply.status == 404):  # noqa: PLR2004
        return Error(
            "HUB003",
            f"the token is not allowed {what}",
            why=reply.message,
            fix=WRITE_PERMISSION,
            where="token",
            status=ExitStatus.OUTSIDE,
        )
    if reply.status == 404:  # noqa: PLR2004
        return Error(
            "HUB010",
            f"GitHub has nothing for {what}",
            why=reply.message,
            fix="Check the name, and that the token may read it.",
            status=ExitStatus.OUTSIDE,
        )
    if reply.status == 422:  # noqa: PLR2004
        return Error("HUB009", f"GitHub refused {what}", why=reply.message, status=ExitStatus.FAILED)
    return Error("HUB006", f"GitHub refused {what}", why=reply.message, status=ExitStatus.OUTSIDE)
