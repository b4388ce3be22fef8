"""The process that owns the services, for as long as somebody uses them.

Every user holds a connection to its socket. The kernel closes it when the user ends, however it ends; with
the last one gone the keeper stops everything and ends. A user may ask for one service to be stopped and
started again.

It has one thread on purpose: its children get SIGTERM when the *thread* that started them ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.stack.build import HERE, Unmeasured
from tests.stack.services import URLS, Failed, find_mariadb, make_services, prepare_database
from tests.stack.trust import make_authorities

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from tests.stack.services import Service

__all__ = ["PLACE", "SOCKET", "fingerprint"]

PLACE = Path(f"/tmp/maximus-stack-{os.geteuid()}")  # noqa: S108 - the same for every process, and short enough for a socket; checked in `make_place`
"""Where everything of the one stack of this machine (and user) is."""
SOCKET = PLACE / "keeper.sock"
KEEP_STATE = "MAXIMUS_STACK_KEEP"
"""The environment variable that leaves the state folder behind, to look into."""

_FIRST_USER_SECONDS = 20.0
_PREDECESSOR_SECONDS = 60.0


def make_place() -> None:
    """Make the folder that all processes meet in; refuse one that somebody else owns."""
    PLACE.mkdir(mode=0o711, exist_ok=True)
    if PLACE.lstat().st_uid != os.geteuid() or PLACE.is_symlink():
        message = f"{PLACE} belongs to somebody else"
        raise Failed(message)


def fingerprint() -> str:
    """Name the sources of the services: only processes with the same ones share a stack."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "issuer.py", "keeper.py", "services.py", "trust.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


class Keeper:
    """The services and those who use them."""

    def __init__(self) -> None:
        """Make a fresh state folder; nothing is started yet."""
        for stale in PLACE.glob("run-*"):  # of a keeper that was killed, or kept to look into
            shutil.rmtree(stale)
        self.state = Path(tempfile.mkdtemp(prefix="run-", dir=PLACE))
        self.state.chmod(0o711)  # the database's user has to reach its folder
        (self.state / "log").mkdir()
        self.unmeasured: dict[str, str] = {}
        self._laying_out: subprocess.Popen[bytes] | None = None
        try:
            find_mariadb()
        except Unmeasured as reason:
            self.unmeasured["rekor-v1"] = str(reason)
        self.services: Mapping[str, Service] = {
            service.name: service
            for service in make_services(self.state, with_rekor_v1="rekor-v1" not in self.unmeasured)
        }

    def start(self) -> None:
        """Write keys and trust files and start everything; raises Failed."""
        if "mariadb" in self.services:
            # The slowest step; the other services come up meanwhile.
            self._laying_out = prepare_database(self.state, self.state / "log" / "mariadb-install.log")
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        make_authorities(self.state / "keys", URLS, now).write(self.state)
        for service in self.services.values():
            if service.name == "mariadb" and self._laying_out and self._laying_out.wait() != 0:
                log = self.state / "log" / "mariadb-install.log"
                message = f"the database could not be laid out: {log.read_text(encoding='utf-8', errors='replace')}"
                raise Failed(message)
            service.start()

    def stop(self) -> None:
        """Stop everything, the last started first, all at once where nobody depends on the order."""
        if self._laying_out:
            self._laying_out.wait()  # a shell script: it ends by itself, its children would outlive a signal
        for service in reversed(tuple(self.services.values())):
            service.terminate()
        for service in reversed(tuple(self.services.values())):
            service.stop()

    def forget(self) -> None:
        """Remove the state folder."""
        if not os.environ.get(KEEP_STATE):
            shutil.rmtree(self.state, ignore_errors=True)

    def greeting(self) -> Mapping[str, Any]:
        """Return what a new user has to know."""
        return {
            "fingerprint": fingerprint_at_start,
            "keeper": os.getpid(),
            "state": str(self.state),
            "checkout": str(HERE),
            "unmeasured": self.unmeasured,
        }

    def answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a user asks: `{"do": "stop" | "start", "service": NAME}`."""
        service = self.services.get(request["service"])
        if service is None:
            return {"error": f"no service {request['service']!r}; there are {', '.join(self.services)}"}
        try:
            if request["do"] == "stop":
                service.stop()
            else:
                service.start()
        except (Failed, Unmeasured, OSError) as cause:
            return {"error": str(cause)}
        return {"done": True}


fingerprint_at_start = fingerprint()
"""Taken when this process began: the files may be edited while it runs."""


def serve(keeper: Keeper, listener: socket.socket) -> None:
    """Answer users until the last one is gone, or none came in time."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    users: dict[socket.socket, bytes] = {}
    nobody_until = time.monotonic() + _FIRST_USER_SECONDS
    had_user = False
    while users or (not had_user and time.monotonic() < nobody_until):
        for key, _ in selector.select(timeout=1.0):
            if key.fileobj is listener:
                user, _ = listener.accept()
                had_user = True
                users[user] = b""
                selector.register(user, selectors.EVENT_READ)
                _send(user, keeper.greeting())
                continue
            user = next(one for one in users if one is key.fileobj)
            received = b""
            with contextlib.suppress(ConnectionError):
                received = user.recv(4096)
            if not received:
                selector.unregister(user)
                user.close()
                del users[user]
                continue
            *lines, users[user] = (users[user] + received).split(b"\n")
            for line in lines:
                _send(user, keeper.answer(json.loads(line)))


def _send(user: socket.socket, document: Mapping[str, Any]) -> None:
    with contextlib.suppress(ConnectionError):  # a user that is gone is noticed at its next read
        user.sendall(json.dumps(document).encode("utf-8") + b"\n")


def _keep(outcome: int) -> None:
    """Run the stack's whole life; the first line written to `outcome` says how the start went."""
    try:
        make_place()
        with (PLACE / "keeper.lock").open("w", encoding="utf-8") as lock:
            _wait_for_predecessor(lock.fileno())
            _live(Keeper(), outcome)
    except (Failed, Unmeasured, OSError) as cause:
        _report(outcome, str(cause) or type(cause).__name__)


def _live(keeper: Keeper, outcome: int) -> None:
    try:
        _redirect(keeper.state / "log" / "keeper.log")
        keeper.start()
        SOCKET.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(SOCKET))
            listener.listen(64)
            _report(outcome, "")
            serve(keeper, listener)
            SOCKET.unlink(missing_ok=True)
    finally:
        keeper.stop()
        keeper.forget()


def _wait_for_predecessor(lock: int) -> None:
    """Wait until the last keeper has stopped its services; raises Failed when it takes too long."""
    deadline = time.monotonic() + _PREDECESSOR_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = f"another stack of {PLACE} does not end"
                raise Failed(message) from None
            time.sleep(0.1)
        else:
            return


def _redirect(log: Path) -> None:
    """Let go of the starter's output, so that it need not wait for us."""
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)


def _report(outcome: int, problem: str) -> None:
    with contextlib.suppress(OSError):  # reported before, or nobody reads it any more
        os.write(outcome, json.dumps({"problem": problem}).encode("utf-8"))
        os.close(outcome)


def _stop_on_signal(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def main(_: Sequence[str]) -> int:
    """Start the stack in the background and return when it is ready (0) or failed (1, with the reason)."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        os.setsid()
        signal.signal(signal.SIGTERM, _stop_on_signal)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _keep(writing)
        return 0
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as outcome:
        told = outcome.read()
    problem = json.loads(told)["problem"] if told else "the keeper ended without a word"
    if problem:
        print(problem, file=sys.stderr)  # noqa: T201 - our starter reads it
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
