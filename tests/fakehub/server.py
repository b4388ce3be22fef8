"""Serve a world on loopback, log every exchange and collect every violation of GitHub's descriptions."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakehub import checks, faults, graphql, rest
from tests.fakehub.faults import Injected, Lost, Meanwhile, Partial, Slow, Status, WrongDigest
from tests.fakehub.reading import read
from tests.fakehub.rest import Addresses, Call, Missing, Reply, refusal
from tests.fakehub.world import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from tests.fakehub.faults import Fault
    from tests.fakehub.world import Asset, Release, Repository

__all__ = ["API_VERSION", "Exchange", "Hub", "Write"]

API_VERSION = "2022-11-28"
"""The version of GitHub's REST API whose replies the fake gives."""

_ENTERPRISE = "/api/v3"
_READING = frozenset({"GET", "HEAD"})
_HOUR = 3600

_POLL_SECONDS = 0.01
"""How long the end of a test waits for a server to notice; thousands of tests end."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it."""

    number: int
    """Counts from 1, in the order in which the requests were dealt with."""
    method: str
    path: str
    """Below the API's root, decoded only as far as GitHub needs it."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case; the token is never among them."""
    authenticated: bool
    """Whether a token came with it."""
    body: Any
    """JSON, or for an upload what was sent: name, label, content_type and size."""
    operation: str
    """GitHub's name for a REST operation, or a GraphQL query's own name."""
    status: int | None
    """What the client got; None where the connection was closed without a reply."""
    reply: Any
    """JSON as the client got it, or bytes."""
    took_effect: bool
    """Whether the request changed the world."""
    fault: str = ""
    """The injected fault that struck, by its class's name."""
    points: int = 0
    """GraphQL points."""
    nodes: int = 0
    """How many nodes a GraphQL query could return."""


class Write(NamedTuple):
    """A REST request that changed the world."""

    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes
    root: str
    """The address of the server that it reached."""

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of several with one name the last counts."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a request came to, before a fault takes the reply away."""

    reply: Reply
    operation: str = ""
    body: Any = None
    took_effect: bool = False
    points: int = 0
    nodes: int = 0
    violations: tuple[str, ...] = ()


class Hub:
    """A fake GitHub: a world behind GitHub's REST and GraphQL APIs."""

    token = "fakehub-token"  # noqa: S105 - opens nothing but this fake
    """A token that may read and write."""
    read_token = "fakehub-read-token"  # noqa: S105 - opens nothing but this fake
    """A token that may only read: writes get 403, drafts stay hidden."""

    def __init__(  # noqa: PLR0913 - the settings of a whole GitHub
        self,
        world: Mapping[str, Any],
        *,
        folder: Path,
        enterprise: bool = False,
        redirects: bool = False,
        lenient: bool = False,
        core_limit: int = 5000,
        graphql_limit: int = 5000,
    ) -> None:
        """Read a world and serve it.

        Args:
            world: see `tests.fakehub.reading`.
            folder: where event files are written.
            enterprise: give addresses as GitHub Enterprise Server has them; both forms are always served.
            redirects: hand an asset's content out by a redirect to another host, as GitHub may.
            lenient: let releases be published without a tag, or on one that is taken. GitHub refuses both;
                the server that the shared cases were recorded against did not.
            core_limit: how many REST requests there are in an hour.
            graphql_limit: how many GraphQL points there are in an hour.
        """
        self.world = read(world, lenient=lenient)
        self.violations: list[str] = []
        self.peak = 0
        """The most requests that were under way at once."""
        self._log: list[Exchange] = []
        self._folder = folder
        self._enterprise = enterprise
        self._redirects = redirects
        self._limits = {"core": core_limit, "graphql": graphql_limit}
        self._used = {"core": 0, "graphql": 0}
        self._reset = int(time.time()) + _HOUR
        self._injected: list[Injected] = []
        self._under_way = 0
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._openapi = checks.load()
        self._server = _Server(self, "127.0.0.1")
        self._storage_server: _Server | None = None

    def __enter__(self) -> Self:
        """Serve within a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.close()

    def close(self) -> None:
        """Stop serving; replies that are being delayed are given up."""
        self._closing.set()
        self._server.stop()
        if self._storage_server is not None:
            self._storage_server.stop()

    # What a test asks.

    @property
    def root(self) -> str:
        """Where the fake listens."""
        return self._server.root

    @property
    def api_url(self) -> str:
        """What `GITHUB_API_URL` should be."""
        return self.root + (_ENTERPRISE if self._enterprise else "")

    @property
    def graphql_url(self) -> str:
        """What `GITHUB_GRAPHQL_URL` should be."""
        return self.root + ("/api/graphql" if self._enterprise else "/graphql")

    @property
    def server_url(self) -> str:
        """What `GITHUB_SERVER_URL` should be: only an enterprise server's pages are here."""
        return self.root if self._enterprise else "https://github.com"

    @property
    def log(self) -> tuple[Exchange, ...]:
        """Every exchange so far."""
        with self._lock:
            return tuple(self._log)

    @property
    def writes(self) -> tuple[Write, ...]:
        """Every REST request that changed the world, in order."""
        return tuple(Write(made.method, made.path, made.body) for made in self.log if made.took_effect)

    @property
    def points(self) -> int:
        """How many GraphQL points were spent."""
        return sum(made.points for made in self.log)

    @property
    def release_state(self) -> dict[str, tuple[dict[str, Any], ...]]:
        """The releases by repository, in the API's order, as REST shows them, with the last `make_latest`."""
        with self._lock:
            return {
                repository.full_name: tuple(
                    {**rest._release(self._call(), repository, release), "make_latest": release.make_latest}
                    for release in repository.releases
                )
                for repository in self.world.repositories.values()
            }

    def asset_content(self, repository: str, tag: str, name: str) -> bytes:
        """Return what is stored as a release's file. Raises KeyError where there is none."""
        with self._lock:
            for asset in self._release(repository, tag).assets:
                if asset.name == name:
                    return asset.content
        raise KeyError(name)

    def environment(
        self,
        repository: str | None = None,
        ref: str | None = None,
        event: Mapping[str, Any] | None = None,
        event_name: str = "push",
    ) -> dict[str, str]:
        """Return the variables of a job in a repository of this world, token included.

        Without arguments: a push to the default branch of the world's first repository.
        """
        home = next(iter(self.world.repositories.values())) if repository is None else self._repository(repository)
        ref = ref or f"refs/heads/{home.default_branch}"
        kind, _, name = ref.removeprefix("refs/").partition("/")
        payload = event or {
            "ref": ref,
            "repository": {
                "full_name": home.full_name,
                "name": home.name,
                "owner": {"login": home.owner},
                "default_branch": home.default_branch,
            },
        }
        file = self._folder / "event.json"
        file.write_text(json.dumps(payload), encoding="utf-8")
        return {
            "GITHUB_API_URL": self.api_url,
            "GITHUB_GRAPHQL_URL": self.graphql_url,
            "GITHUB_SERVER_URL": self.server_url,
            "GITHUB_TOKEN": self.token,
            "GITHUB_REPOSITORY": home.full_name,
            "GITHUB_REPOSITORY_OWNER": home.owner,
            "GITHUB_REPOSITORY_ID": str(home.id),
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": name,
            "GITHUB_REF_TYPE": "tag" if kind == "tags" else "branch",
            "GITHUB_SHA": home.resolve(ref) or "0" * 40,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(file),
            "GITHUB_ACTOR": "octocat",
            "GITHUB_RUN_ID": "1",
            "GITHUB_RUN_NUMBER": "1",
            "GITHUB_RUN_ATTEMPT": "1",
        }

    def take_violations(self) -> list[str]:
        """Return the violations so far and forget them: for tests that commit one on purpose."""
        with self._lock:
            taken, self.violations = self.violations, []
            return taken

    # What a test does to it.

    def inject(  # noqa: PLR0913 - what, where, how often
        self,
        fault: Fault,
        *,
        method: str = "*",
        path: str = "*",
        operation: str = "*",
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Let a fault strike the next requests that match, after `after` of them have passed.

        The patterns are those of a shell. A `*` in a path also stands for slashes, and a path is the
        one below the API's root; GraphQL's is `/graphql`.
        """
        with self._lock:
            self._injected.append(Injected(fault, method, path, operation, times, after))

    def unspent(self) -> list[str]:
        """Return the faults that never struck: a test that injected them has not proven anything."""
        with self._lock:
            return [
                f"{injected.fault} never struck {injected.method} {injected.path} {injected.operation}"
                for injected in self._injected
                if not injected.struck
            ]

    def publish(self, repository: str, tag: str) -> None:
        """Publish a draft as somebody else would; where there is none, a release of their own."""
        with self._lock:
            home = self._repository(repository)
            draft = next((release for release in home.releases if release.tag == tag and release.draft), None)
            if draft is None:
                self.world.create_release(home, {"tag_name": tag, "name": tag, "body": ""})
            else:
                self.world.update_release(home, draft, {"draft": False})

    def edit(self, repository: str, tag: str, **fields: Any) -> None:  # noqa: ANN401 - the fields of a PATCH
        """Change a release as somebody else would, by the fields of a PATCH."""
        with self._lock:
            self.world.update_release(self._repository(repository), self._release(repository, tag), fields)

    def _repository(self, name: str) -> Repository:
        """Return a repository. Raises KeyError where the world has none."""
        found = self.world.repository(name)
        if found is None:
            raise KeyError(name)
        return found

    def _release(self, repository: str, tag: str) -> Release:
        """Return the first release of a tag, draft or not. Raises KeyError where there is none."""
        for release in self._repository(repository).releases:
            if release.shown_tag == tag:
                return release
        raise KeyError(tag)

    # How a request is dealt with.

    def respond(self, request: _Request) -> Reply | None:
        """Deal with one request; None closes the connection without a reply."""
        with self._lock:
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
        try:
            return self._respond(request)
        finally:
            with self._lock:
                self._under_way -= 1

    def _respond(self, request: _Request) -> Reply | None:
        """Deal with one request under the faults that strike it."""
        with self._lock:
            name, path = self._identify(request)
            injected = next((one for one in self._injected if one.strikes(request.method, path, name)), None)
            fault = injected.fault if injected else None
            outcome = self._strike_or_serve(request, path, fault)
            reply: Reply | None = outcome.reply
            if isinstance(fault, Lost):
                reply = None if fault.status is None else refusal(fault.status, _words(fault.status))
            elif isinstance(fault, Partial):
                reply = self._cut(outcome.reply, fault)
            if reply is not None:
                reply = self._with_usual_headers(request, reply)
            self.violations += [f"{request.method} {path}: {said}" for said in outcome.violations]
            self._log.append(
                Exchange(
                    number=len(self._log) + 1,
                    method=request.method,
                    path=path,
                    query=request.query,
                    headers={name: value for name, value in request.headers.items() if name != "authorization"},
                    authenticated="authorization" in request.headers,
                    body=outcome.body,
                    operation=outcome.operation or name,
                    status=reply.status if reply else None,
                    reply=reply.body if reply else None,
                    took_effect=outcome.took_effect,
                    fault=type(fault).__name__ if fault else "",
                    points=outcome.points,
                    nodes=outcome.nodes,
                )
            )
        if isinstance(fault, Slow):
            self._closing.wait(fault.seconds)
        return reply

    def _strike_or_serve(self, request: _Request, path: str, fault: Fault | None) -> _Outcome:
        """Serve a request, unless a fault stands in front of it."""
        if isinstance(fault, Status):
            said = fault.body if fault.body is not None else {"message": _words(fault.status)}
            return _Outcome(Reply(fault.status, said, fault.headers), body=_json(request.raw))
        if isinstance(fault, Meanwhile) and fault.when == "before":
            fault.action(self)
        outcome = self._serve(request, path, fault.digest if isinstance(fault, WrongDigest) else "")
        if isinstance(fault, Meanwhile) and fault.when == "after":
            fault.action(self)
        return outcome

    def _cut(self, reply: Reply, fault: Partial) -> Reply:
        """Return a GraphQL reply with gaps in its data and errors that name them."""
        body = json.loads(json.dumps(reply.body))
        gaps = faults.halve(body.get("data"))
        if not gaps:
            self.violations.append("a partial reply was injected where there was no list of nodes to cut")
        errors = [{"type": fault.kind, "message": fault.message, "path": gap} for gap in gaps[:1]]
        return Reply(200, {**body, "errors": errors})

    def _identify(self, request: _Request) -> tuple[str, str]:
        """Return a request's operation and its path below the API's root."""
        path = request.path
        if path in {"/graphql", "/api/graphql"}:
            sent = _json(request.raw)
            name = sent.get("operationName") if isinstance(sent, dict) else ""
            if isinstance(sent, dict) and not name:
                match = re.match(r"\s*query\s+(\w+)", str(sent.get("query")))
                name = match[1] if match else ""
            return str(name), "/graphql"
        for prefix in (_ENTERPRISE, "/api/uploads", "/uploads"):
            if path.startswith(f"{prefix}/"):
                path = path.removeprefix(prefix)
                break
        found = self._openapi.find(request.method, path)
        return (found[0].id if found else ""), path

    def _serve(self, request: _Request, path: str, wrong_digest: str) -> _Outcome:
        """Serve a request as GitHub would."""
        if "user-agent" not in request.headers:
            said = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
            return _Outcome(refusal(403, said), violations=("there is no User-Agent header",))
        if request.root != self.root:
            return self._storage(request, path)
        if "/releases/download/" in path:
            return self._download(path)
        return self._serve_api(request, path, wrong_digest)

    def _serve_api(self, request: _Request, path: str, wrong_digest: str) -> _Outcome:
        """Serve a request to one of the two APIs, as far as version, token and rate allow."""
        version = request.headers.get("x-github-api-version", API_VERSION)
        if version != API_VERSION:
            said = f"API version {version} is not served, only {API_VERSION}"
            return _Outcome(refusal(400, said), violations=(said,))
        rights = self._rights(request)
        if rights is None:
            return _Outcome(refusal(401, "Bad credentials"), body=_json(request.raw))
        rate = "graphql" if path == "/graphql" else "core"
        if self._used[rate] >= self._limits[rate]:
            return self._exhausted(rate)
        if path == "/graphql":
            return self._serve_graphql(request, rights)
        self._used["core"] += path != "/rate_limit"
        return self._serve_rest(request, path, rights, wrong_digest)

    def _rights(self, request: _Request) -> frozenset[str] | None:
        """Return what the request's token opens: read, write; None for a wrong token."""
        header = request.headers.get("authorization")
        if header is None:
            return frozenset()
        scheme, _, token = header.partition(" ")
        known = {self.token: frozenset({"read", "write"}), self.read_token: frozenset({"read"})}
        return known.get(token.strip()) if scheme.lower() in {"token", "bearer"} else None

    def _exhausted(self, rate: str) -> _Outcome:
        """Return what GitHub answers once the hour's quota is used up."""
        said = "API rate limit exceeded."
        if rate == "graphql":
            return _Outcome(Reply(200, {"errors": [{"type": "RATE_LIMITED", "message": said}]}))
        return _Outcome(refusal(403, said))

    def _serve_graphql(self, request: _Request, rights: frozenset[str]) -> _Outcome:
        """Serve a GraphQL query, which always needs a token."""
        sent = _json(request.raw)
        if request.method != "POST":
            return _Outcome(refusal(404, "Not Found"), violations=("GraphQL is asked by POST",))
        if not rights:
            return _Outcome(refusal(401, "This endpoint requires you to be authenticated."), body=sent)
        answer = graphql.answer(
            self.world,
            sent,
            may_read="read" in rights,
            may_write="write" in rights,
            server=self.server_url,
            left=self._rate("graphql"),
        )
        self._used["graphql"] += answer.points
        return _Outcome(
            Reply(200, answer.body),
            operation=answer.operation,
            body=sent,
            points=answer.points,
            nodes=answer.nodes,
            violations=answer.violations,
        )

    def _serve_rest(self, request: _Request, path: str, rights: frozenset[str], wrong_digest: str) -> _Outcome:
        """Serve a REST request, checking it and the reply."""
        found = self._openapi.find(request.method, path)
        if found is None:
            return _Outcome(refusal(404, "Not Found"), violations=("the fake serves no such operation",))
        operation, parameters = found
        uploading = request.path.startswith(("/uploads/", "/api/uploads/"))
        body = None if operation.uploads else _json(request.raw)
        if isinstance(body, _Broken):
            said = "the body is not JSON"
            return _Outcome(refusal(400, "Problems parsing JSON"), operation.id, body.text, violations=(said,))
        shown = _upload(request) if operation.uploads else body
        violations = list(self._openapi.request_faults(operation, parameters, request.query, body))
        if operation.uploads and not uploading:
            violations.append("files go to the release's upload_url, which is another host")
        elif uploading and not operation.uploads:
            violations.append("the upload host takes nothing but files")
        if violations and self._is_refused(violations):
            return _Outcome(refusal(422, f"Invalid request.\n\n{violations[0]}"), operation.id, shown,
                            violations=tuple(violations))  # fmt: skip
        call = replace(
            self._call(),
            parameters=parameters,
            query=request.query,
            headers={**request.headers, "x-fakehub-address": f"{self.root}{request.path}"},
            body=body,
            raw=request.raw,
            may_read="read" in rights,
            may_write="write" in rights,
            wrong_digest=wrong_digest,
        )
        reply = self._handle(operation, call, rights)
        if not isinstance(reply.body, bytes):
            violations += self._openapi.reply_faults(operation, reply.status, reply.body)
        took_effect = request.method not in _READING and reply.status < 300 and operation.id not in _HARMLESS
        return _Outcome(reply, operation.id, shown, took_effect, violations=tuple(violations))

    def _handle(self, operation: checks.Operation, call: Call, rights: frozenset[str]) -> Reply:
        """Let the operation's handler answer, with GitHub's refusals where it cannot."""
        try:
            if operation.method not in _READING:
                call.repository  # noqa: B018 - a private repository does not exist for a stranger, whatever they try
                if not rights:
                    return refusal(401, "Requires authentication")
                if "write" not in rights:
                    return refusal(403, "Resource not accessible by integration")
            return rest.HANDLERS[operation.id](call)
        except Missing:
            return refusal(404, "Not Found")
        except Invalid as invalid:
            return refusal(422, invalid.message, *invalid.errors)

    def _is_refused(self, violations: Sequence[str]) -> bool:
        """Return whether GitHub itself refuses these faults; it lets odd queries and unknown keys pass."""
        return any(
            said.startswith(("body", "the body", "path parameter", "query parameter name is missing"))
            and not said.endswith("does not exist")
            for said in violations
        )

    def _call(self) -> Call:
        """Return a call with nothing in it but where everything is."""
        uploads = "/api/uploads" if self._enterprise else "/uploads"
        return Call(
            world=self.world,
            openapi=self._openapi,
            at=Addresses(
                api=self.api_url,
                uploads=f"{self.root}{uploads}",
                downloads=self.root,
                storage=self._storage_address,
                server=self.server_url,
            ),
            parameters={},
            query={},
            headers={},
            body=None,
            raw=b"",
            may_read=True,
            may_write=True,
            rates={rate: self._rate(rate) for rate in self._limits},
            redirects=self._redirects,
            wrong_digest="",
        )

    def _rate(self, name: str) -> dict[str, int]:
        """Return the state of a rate limit."""
        limit, used = self._limits[name], self._used[name]
        return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": self._reset}

    def _storage(self, request: _Request, path: str) -> _Outcome:
        """Serve a file's content as the other host does, where a token must never arrive."""
        if "authorization" in request.headers:
            said = "the Authorization header followed a redirect to another host"
            return _Outcome(Reply(400, {"message": said}), violations=(said,))
        number = path.removeprefix("/")
        asset = self._asset(int(number)) if number.isdecimal() else None
        if asset is None:
            return _Outcome(refusal(404, "Not Found"))
        return _Outcome(Reply(200, asset.content, {"content-type": "application/octet-stream"}))

    def _download(self, path: str) -> _Outcome:
        """Serve the public download address: a redirect to the other host; a draft's files are not public."""
        _, owner, name, _, _, *tag, file = path.split("/")
        repository = self.world.repository(f"{unquote(owner)}/{unquote(name)}")
        release = repository.published(unquote("/".join(tag))) if repository and not repository.private else None
        asset = next((one for one in release.assets if one.name == unquote(file)), None) if release else None
        if asset is None:
            return _Outcome(Reply(404, b"Not Found", {"content-type": "text/plain"}))
        return _Outcome(Reply(302, None, {"location": self._storage_address(asset.id)}))

    def _storage_address(self, number: int) -> str:
        """Return where a file's content lies: on another host, which listens from the first time on."""
        if self._storage_server is None:
            self._storage_server = _Server(self, _elsewhere())
        return f"{self._storage_server.root}/{number}"

    def _asset(self, number: int) -> Asset | None:
        """Return a file by its id."""
        for repository in self.world.repositories.values():
            for release in repository.releases:
                for asset in release.assets:
                    if asset.id == number:
                        return asset
        return None

    def _with_usual_headers(self, request: _Request, reply: Reply) -> Reply:
        """Return the reply with the headers that GitHub sends every time."""
        rate = "graphql" if request.path.endswith("/graphql") else "core"
        headers = {f"x-ratelimit-{name}": str(value) for name, value in self._rate(rate).items()}
        headers["x-ratelimit-resource"] = rate
        headers["x-github-request-id"] = f"FAKE:{len(self._log) + 1}"
        headers["x-github-api-version-selected"] = API_VERSION
        return replace(reply, headers={**headers, **reply.headers})


@dataclass(frozen=True, slots=True)
class _Broken:
    """A body that should be JSON and is not."""

    text: str


_HARMLESS = frozenset({"repos/generate-release-notes"})
"""Operations that are asked by POST and change nothing."""


def _json(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON body, None for no body, `_Broken` for something else."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return _Broken(raw.decode("utf-8", "replace"))


def _upload(request: _Request) -> dict[str, Any]:
    """Return what the log keeps of an upload."""
    return {
        "name": request.query.get("name"),
        "label": request.query.get("label"),
        "content_type": request.headers.get("content-type"),
        "size": len(request.raw),
    }


def _words(status: int) -> str:
    """Return GitHub's usual words for a status."""
    words = {429: "API rate limit exceeded", 502: "Server Error", 503: "Service Unavailable", 504: "Gateway Timeout"}
    return words.get(status, "Server Error" if status >= 500 else "Forbidden")


def _elsewhere() -> str:
    """Return an address that is another host to a client: another loopback address, where there is one."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            # Not every system has the whole block; there another port must do.
            return "127.0.0.1"
    return "127.0.0.2"


class _Server(ThreadingHTTPServer):
    """The listening socket. Its connections end with it, so that no thread outlives a test."""

    daemon_threads = True
    request_queue_size = 512
    """A short queue makes clients that fire everything at once wait for half a minute."""

    def __init__(self, hub: Hub, host: str) -> None:
        """Listen on a free port of a loopback address, and serve."""
        self.hub = hub
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((host, 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        """Where it listens, as an address."""
        return f"http://{self.server_name}:{self.server_port}"

    def stop(self) -> None:
        """Stop listening and end every connection, idle ones too."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which may take seconds where there is no DNS."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:  # noqa: ANN401 - the base class's
        """Remember the connection."""
        if isinstance(request, socket.socket):
            with self._guard:
                self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget the connection."""
        if isinstance(request, socket.socket):
            with self._guard:
                self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """End every connection, idle ones too."""
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - the base class's
        """Report what is a bug of the fake's own; a client that has gone, even while the last is flushed, is none."""
        if isinstance(sys.exc_info()[1], ConnectionError):
            return
        self.hub.violations.append(f"the fake failed: {traceback.format_exc()}")


class _Handler(BaseHTTPRequestHandler):
    """Reads requests and writes replies; the hub does the rest."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Otherwise each reply waits 40 ms for the client's acknowledgement."""
    wbufsize = -1
    """Head and body leave together."""

    def handle(self) -> None:
        """Serve a connection until the client or the hub ends it."""
        with suppress(ConnectionError):
            super().handle()

    def _answer(self) -> None:
        """Serve one request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "transfer-encoding" in headers:
            # GitHub's hosts want to know the length beforehand.
            self._write(refusal(411, "Length Required"))
            self.close_connection = True
            return
        raw = self.rfile.read(int(headers.get("content-length", "0")))
        reply = self.server.hub.respond(_Request(self.command, self.path, headers, raw, self.server.root))
        if reply is None:
            self.close_connection = True
        else:
            self._write(reply)

    def _write(self, reply: Reply) -> None:
        """Write a reply in one piece."""
        body = b"" if reply.body is None else reply.body
        headers = dict(reply.headers)
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers.setdefault("content-type", "application/json; charset=utf-8")
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class's
        """Say nothing; the hub keeps the log."""
