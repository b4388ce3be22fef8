"""A real browser for the tests: chromium without a window, told what to do over a pair of pipes (DevTools protocol).

No host can be resolved in it, and it writes only below a folder that is removed. Without a browser on the path a test
is unmeasured; where every real part is required, as in CI, it fails.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Browser", "Page", "find_browser", "running_browser"]

REQUIRE: Final = "MAXIMUS_REQUIRE_STACK"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEADLINE: Final = 60.0
"""Seconds in which an answer must come: a machine under load starts a browser in ten."""
MAX_STARTS: Final = 3
# Without its sandbox: root has none, nor has a container or an Ubuntu that keeps user namespaces to itself. What it
# shows is made by the tests, and it reaches nothing.
_FLAGS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--password-store=basic",
    "--use-mock-keychain",
    "--lang=en-GB",
)
# The protocol speaks on descriptors 3 and 4; a program that gives them away and becomes the browser needs no fork hook.
_LAUNCH: Final = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


def find_browser() -> str:
    """Return the path of a browser, or leave the test unmeasured."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or _unmeasured("there is no chromium on the path")


def _unmeasured(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(reason)
    pytest.skip(f"unmeasured: {reason}")


class Browser:
    """A running browser, and the pipes to it."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path, read: int, write: int) -> None:
        """Take the process, the folder that it lives in and our ends of the pipes."""
        self.process = process
        self.home = home
        self._read = read
        self._write = write
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's values
        """Send a command and return its answer; events that come meanwhile are kept."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        until = time.monotonic() + DEADLINE
        while True:
            message = self._next(until, method)
            if message.get("id") != self._number:
                self.events.append(message)
            elif "error" in message:
                raise AssertionError(f"{method}: {message['error']}")
            else:
                answer: dict[str, Any] = message["result"]
                return answer

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        """Return the next event of a name, one that came already or one that comes within the deadline."""
        until = time.monotonic() + DEADLINE
        while True:
            for event in self.events:
                if event.get("method") == method and event.get("sessionId") == session:
                    self.events.remove(event)
                    found: dict[str, Any] = event["params"]
                    return found
            self.events.append(self._next(until, method))

    def _next(self, until: float, what: str) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(f"the browser did not answer {what} in {DEADLINE:.0f} seconds")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise EOFError(f"the browser ended at {what} with status {self.process.poll()}")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    @contextlib.contextmanager
    def page(self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Page]:
        """Open a file in a page of its own and wait until it is loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        page.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        page.call("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired", session)
        try:
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)
            self.events.clear()


class Page:
    """One open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        """Take the browser and the page's session."""
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's values
        """Send this page a command."""
        return self._browser.call(method, self._session, **parameters)

    def value(self, script: str) -> Any:  # noqa: ANN401 - what the script gives
        """Return what an expression is in the page, by value; a fault in it is an AssertionError."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, script: str) -> None:
        """Return when an expression holds in the page: asked after each of its frames, within the deadline."""
        condition = f"() => Boolean({script})"
        frames = (
            f"new Promise((done, fail) => {{ const test = {condition}, end = performance.now() + {DEADLINE * 1000};"
            " const look = () => test() ? done(true) : performance.now() > end ? fail(new Error('never')) : "
            "requestAnimationFrame(look); look(); })"
        )
        assert self.value(frames), script

    def press(self, key: str, *, code: int = 0, text: str = "", shift: bool = False) -> None:
        """Press and release a key."""
        codes = {
            "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
            "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
        }  # fmt: skip
        found = {"key": key, "windowsVirtualKeyCode": code or codes.get(key, 0), "modifiers": 8 if shift else 0}
        text = text or {"Enter": "\r", " ": " "}.get(key, "")
        self.call(
            "Input.dispatchKeyEvent",
            type="keyDown" if text else "rawKeyDown",
            **found,
            **({"text": text} if text else {}),
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **found)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def printed(self) -> bytes:
        """Return the page as it is printed, a PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def complaints(self) -> list[str]:
        """Return what the page was told off for, what it threw and what it asked a network for, so far."""
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            parameters = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    found.append(f"exception: {parameters['exceptionDetails']}")
                case "Runtime.consoleAPICalled":
                    found.append(f"console: {parameters['args']}")
                case "Log.entryAdded":
                    found.append(f"log: {parameters['entry']['text']}")
                case "Network.requestWillBeSent" if not parameters["request"]["url"].startswith(("file:", "data:")):
                    found.append(f"request: {parameters['request']['url']}")
        return found


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """Start a browser, and leave neither a process nor a profile behind."""
    path = find_browser()
    for attempt in range(1, MAX_STARTS + 1):
        with _started(path) as browser:
            try:
                browser.call("Browser.getVersion")
            except (EOFError, TimeoutError):
                if attempt == MAX_STARTS:
                    raise
                continue
            yield browser
            return


@contextlib.contextmanager
def _started(path: str) -> Iterator[Browser]:
    home = Path(tempfile.mkdtemp(prefix="maximus-browser-"))
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    profile = f"--user-data-dir={home / 'profile'}"
    launch = [sys.executable, "-I", "-c", _LAUNCH, str(their_read), str(their_write), path, *_FLAGS, profile]
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR"), str(home))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            launch, pass_fds=(their_read, their_write), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={**os.environ, **homes},
        )  # fmt: skip
    for theirs in (their_read, their_write):
        os.close(theirs)
    try:
        yield Browser(process, home, our_read, our_write)
    finally:
        for ours in (our_write, our_read):
            os.close(ours)
        # Its helpers are of its session: none of them outlives it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _remove(home)


def _remove(folder: Path) -> None:
    """Remove a folder that dying helpers may still be writing to."""
    for _ in range(MAX_STARTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
