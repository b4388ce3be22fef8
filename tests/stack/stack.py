"""The stack as a test holds it.

    with Stack() as stack:
        run(environment=stack.environment(), trust=stack.trust_v1)

There is one stack a machine. The first user starts it, later ones (parallel workers, other runs of the same
sources) share it, and it stops with the last one. State that one test changes would disturb the others:
so a test that stops a service does it in a turn of its own (`Turns`), and faults are put in front of a
service by a proxy that belongs to the test (`faults.Faults`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.stack import build
from tests.stack.build import Unmeasured
from tests.stack.issuer import job_claims, request_url
from tests.stack.keeper import PLACE, SOCKET, fingerprint, make_place
from tests.stack.services import ROOT, SERVERS, URLS, Failed
from tests.stack.trust import REKOR_V1, REKOR_V2, redirect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self, TextIO

    from tests.stack.issuer import Claim

__all__ = ["REQUIRE", "TURNS", "Failed", "Stack", "Turns", "Unmeasured", "is_required"]

REQUIRE = "MAXIMUS_REQUIRE_STACK"
"""The environment variable under which whatever is missing is a failure."""

_START_SECONDS = 240.0
_REPLY_SECONDS = 120.0
"""How long the keeper may be busy: it starts services one at a time."""
_OTHER_STACK_SECONDS = 900.0
"""How long to wait for a stack of other sources to end: a whole test run."""
_TURN_SECONDS = 300.0


def is_required() -> bool:
    """Whether an unmeasured stack is a failure here, as it is in CI."""
    return os.environ.get(REQUIRE) == "1"


class Stack:
    """A running Sigstore on loopback: issuer, Fulcio, CT log, timestamp authority, Rekor v1 and v2."""

    def __init__(self) -> None:
        """Know where things will be; nothing runs before `with`."""
        self.urls: Mapping[str, str] = URLS
        """Where each service answers: `issuer`, `fulcio`, `ct`, `tsa`, `rekor-v1`, `rekor-v2`."""
        self.unmeasured: Mapping[str, str] = {}
        """Which services could not be started here, and why."""
        self.state = PLACE
        """The folder with trust files, logs (`log/`) and the logs' storage (`ct/`, `rekor-v2/`)."""
        self._connection: socket.socket | None = None
        self._replies: TextIO | None = None
        self._stopped: set[str] = set()

    def __enter__(self) -> Self:
        """Join the running stack, or build and start one; returns when it is ready.

        Raises Unmeasured when a program is missing, Failed when a service does not come up.
        """
        build.build(SERVERS)
        make_place()
        deadline = time.monotonic() + _OTHER_STACK_SECONDS
        with (PLACE / "start.lock").open("w", encoding="utf-8") as lock:
            while True:
                with _locked(lock.fileno()):
                    greeting = self._join() or self._launch()
                if greeting["fingerprint"] == fingerprint():
                    break
                self._leave()
                if time.monotonic() > deadline:
                    message = f"a stack of other sources runs, started from {greeting['checkout']}"
                    raise Failed(message)
                time.sleep(1.0)
        self.state = Path(greeting["state"])
        self.unmeasured = greeting["unmeasured"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the stack as it was found; the last one to leave stops it."""
        self.restore()
        self._leave()

    # What a test reads

    @property
    def issuer_url(self) -> str:
        """The issuer of every identity here, as it stands in certificates."""
        return self.urls["issuer"]

    @property
    def trust_v1(self) -> Path:
        """The client trust config that signs with Rekor v1."""
        return self.trust(REKOR_V1)

    @property
    def trust_v2(self) -> Path:
        """The client trust config that signs with Rekor v2."""
        return self.trust(REKOR_V2)

    def trust(self, rekor: int) -> Path:
        """Return the client trust config that signs with Rekor 1 or 2."""
        self.require(f"rekor-v{rekor}")
        return self.state / f"trust.v{rekor}.json"

    @property
    def trusted_root(self) -> Path:
        """The trusted root alone, with both logs."""
        return self.state / "trusted_root.json"

    def signing_config(self, rekor: int) -> Path:
        """Return cosign's signing config for Rekor 1 or 2."""
        self.require(f"rekor-v{rekor}")
        return self.state / f"signing_config.v{rekor}.json"

    def write_trust(self, path: Path, *, rekor: int = REKOR_V1, through: Mapping[str, str] | None = None) -> Path:
        """Write a client trust config that reaches some services at other addresses, a proxy's.

        `through` maps a service (`fulcio`, `tsa`, `rekor-v1`, `rekor-v2`, `issuer`) to a URL without a
        path. Returns `path`.
        """
        document = json.loads(self.trust(rekor).read_text(encoding="utf-8"))
        document = redirect(document, {self.urls[service]: url for service, url in (through or {}).items()})
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        return path

    def require(self, service: str) -> None:
        """Raise Unmeasured when the service could not be started on this machine."""
        if reason := self.unmeasured.get(service):
            raise Unmeasured(reason.removeprefix("unmeasured: "))

    def bin(self, name: str) -> Path:
        """Return the path of a program, such as `cosign`, built when it has to be."""
        return build.locate(name)

    def environment(self, *, lifetime: int | None = None, issuer: str | None = None, **claims: Claim) -> dict[str, str]:
        """Return the variables of a GitHub job whose tokens have these claims.

        `repository="evil/fork"` moves all that follows from it. `lifetime` is the token's in seconds, zero
        or less for an expired one; `aud="other"` overrides the audience asked for; `None` leaves a claim
        out. `issuer` asks for tokens at another address (a proxy's).
        """
        said = {name: str(value) for name, value in job_claims(claims).items() if value is not None}
        return {
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "stack",
            "ACTIONS_ID_TOKEN_REQUEST_URL": request_url(issuer or self.issuer_url, claims, lifetime=lifetime),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_REF_NAME": said["ref"].removeprefix("refs/tags/").removeprefix("refs/heads/"),
            "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_ENVIRONMENT": said["runner_environment"],
            **{f"GITHUB_{name.upper()}": said[name] for name in _VARIABLES if name in said},
        }

    def identity(self, **claims: Claim) -> str:
        """Return the certificate's subject for a token with these claims: the workflow that signs."""
        return f"https://github.com/{job_claims(claims)['job_workflow_ref']}"

    # What a test does to it

    def stop(self, service: str) -> None:
        """Stop a service for everybody; waits until no other process is inside a test that uses the stack.

        `fulcio`, `ct`, `tsa`, `rekor-v2`, `rekor-v1`, `issuer`, and below Rekor v1 `mariadb`,
        `trillian-server`, `trillian-signer`. It keeps its keys and its entries for the next `start`.
        """
        TURNS.alone(self.restore)
        self._stopped.add(service)
        self._ask("stop", service)

    def start(self, service: str) -> None:
        """Start a stopped service again; returns when it answers."""
        self._ask("start", service)
        self._stopped.discard(service)

    def wait(self) -> None:
        """Return when the stack has ended, which it does not do while it is used, unless it is killed."""
        if self._connection and self._replies:
            self._connection.settimeout(None)
            self._replies.readline()

    @contextlib.contextmanager
    def without(self, service: str) -> Iterator[None]:
        """Take a service away for the length of a `with`."""
        self.stop(service)
        try:
            yield
        finally:
            self.start(service)

    def restore(self) -> None:
        """Start again what this process stopped and did not start."""
        for service in sorted(self._stopped):
            self.start(service)

    # How it talks to the keeper

    def _join(self) -> Mapping[str, Any] | None:
        """Connect to a running keeper and return its greeting; nothing when there is none."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_REPLY_SECONDS)
        try:
            connection.connect(str(SOCKET))
            replies = connection.makefile("r", encoding="utf-8")
            first = replies.readline()
        except OSError:
            connection.close()
            return None
        if not first:  # it was on its way out
            replies.close()
            connection.close()
            return None
        self._connection, self._replies = connection, replies
        greeting: Mapping[str, Any] = json.loads(first)
        return greeting

    def _launch(self) -> Mapping[str, Any]:
        """Start a keeper and join it."""
        run = subprocess.run(
            [sys.executable, "-m", "tests.stack.keeper"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_START_SECONDS,
            check=False,
        )
        greeting = self._join() if run.returncode == 0 else None
        if greeting is None:
            raise Failed(run.stderr.strip() or "the stack ended at once")
        return greeting

    def _leave(self) -> None:
        if self._replies:
            self._replies.close()
        if self._connection:
            self._connection.close()
        self._replies = self._connection = None

    def _ask(self, do: str, service: str) -> None:
        if self._connection is None or self._replies is None:
            message = "the stack is not running: use it in a `with`"
            raise Failed(message)
        self._connection.sendall(json.dumps({"do": do, "service": service}).encode("utf-8") + b"\n")
        reply = json.loads(self._replies.readline() or '{"error": "the keeper is gone"}')
        if "error" in reply:
            raise Failed(reply["error"])


_VARIABLES = (
    "actor",
    "actor_id",
    "base_ref",
    "event_name",
    "head_ref",
    "ref",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "run_attempt",
    "run_id",
    "run_number",
    "sha",
    "workflow",
    "workflow_ref",
    "workflow_sha",
)
"""The claims that a job also sees as `GITHUB_...`."""


class Turns:
    """Who may use the stack now: many that only use it, or one that takes services away.

    Between processes, by file locks, so that a killed one leaves nothing behind. Within a process tests
    run one after the other.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        # Who waits for the stack of other sources to end must not keep its users from their turns.
        self._name = fingerprint()[:12]
        self._use: TextIO | None = None
        self._afterwards: Callable[[], None] | None = None

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Use the stack together with others; `alone` may make it exclusive until the end."""
        make_place()
        with (PLACE / f"use-{self._name}.lock").open("w", encoding="utf-8") as use:
            self._take(use.fileno(), fcntl.LOCK_SH)
            self._use = use
            try:
                yield
            finally:
                if self._afterwards:
                    self._afterwards()
                self._use = self._afterwards = None

    def alone(self, afterwards: Callable[[], None]) -> None:
        """Wait until nobody else uses the stack, and keep it so until this turn ends.

        `afterwards` is called before others get in again.
        Outside a turn nothing is waited for: a person at `python3 -m tests.stack` knows what they do.
        """
        if self._use:
            if not self._afterwards:
                fcntl.flock(self._use, fcntl.LOCK_UN)
                self._take(self._use.fileno(), fcntl.LOCK_EX)
            self._afterwards = afterwards

    def _take(self, use: int, kind: int) -> None:
        """Take the lock behind a gate, or a steady stream of sharers would keep out who wants it alone."""
        with (PLACE / f"gate-{self._name}.lock").open("w", encoding="utf-8") as gate, _locked(gate.fileno()):
            deadline = time.monotonic() + _TURN_SECONDS
            while True:
                try:
                    fcntl.flock(use, kind | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        message = "another process has used the stack for too long"
                        raise Failed(message) from None
                    time.sleep(0.05)
                else:
                    return


TURNS = Turns()
"""This process's turns."""


@contextlib.contextmanager
def _locked(handle: int) -> Iterator[None]:
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)
