"""Programs of the tree, run apart: a process group of its own, a time limit, bounded output, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["MAX_KEPT", "MAX_TIMEOUT", "Ran", "command_of", "is_there", "run_program"]

MAX_KEPT = 4 << 20
"""Bytes of a program's output that are kept: the last ones; the rest is read, counted and dropped."""
MAX_TIMEOUT = 6 * 3600
"""Seconds that a program may be given at most: as long as a job may take."""
GRACE = 2.0
"""Seconds for which what is left in the pipes is read once the program has ended."""
_CHUNK = 1 << 16
_MARK = "MAXIMUS_CHECK"
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    status: int | None
    """Its exit status; negative for the signal that ended it; None where it was ended for its time."""
    output: str
    """The last MAX_KEPT bytes of both its streams, as they came; bytes that are no UTF-8 are replaced."""
    size: int
    """How many bytes it wrote."""

    @property
    def lines(self) -> list[str]:
        """The lines that were kept; the first may be cut."""
        return self.output.splitlines()

    def is_missing(self) -> bool:
        """Tell whether a shell could not find what it was to run, which is no failure of what is judged."""
        return self.status in (_NOT_FOUND, _NOT_EXECUTABLE)


def is_there(program: str, folder: Path, environment: Mapping[str, str]) -> bool:
    """Tell whether a program can be started in a folder."""
    if "/" in program:
        return os.access(folder / program, os.X_OK) and (folder / program).is_file()
    return shutil.which(program, path=environment.get("PATH", os.defpath)) is not None


def command_of(line: str) -> tuple[str, ...]:
    """Return what runs a shell's line so that its first fault ends it, as a step of a job does."""
    if shutil.which("bash"):
        return ("bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", line)
    return ("sh", "-eu", "-c", line)


def run_program(command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float) -> Ran:
    """Run a program in a folder and return how it ended.

    It has a session and a process group of its own, no input, and no more time than `timeout` seconds. When it
    has ended or its time is over, everything that it started and that still runs is killed.
    Raises Error GATE010 (unmeasured) where the program is not there or cannot be started.
    """
    if os.name == "nt":
        raise _missing(command[0], "checks that run programs need Linux or macOS")
    if not is_there(command[0], folder, environment):
        raise _missing(command[0], "it is not installed")
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list of the policy's
            list(command),
            cwd=folder,
            env=dict(environment) | {_MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as fault:
        raise _missing(command[0], getattr(fault, "strerror", None) or str(fault)) from fault
    try:
        return _follow(process, time.monotonic() + timeout)
    finally:
        _end(process, mark)


def _follow(process: subprocess.Popen[bytes], deadline: float) -> Ran:
    """Read what a program writes until it has ended or its time is over."""
    stream = process.stdout
    if stream is None:
        raise AssertionError  # it was asked for
    os.set_blocking(stream.fileno(), False)
    kept, size = bytearray(), 0
    ended_at: float | None = None
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if ended_at is None and process.poll() is not None:
                ended_at = now
            # A child in the background may hold the pipe open for ever: what ended has said what it had to say.
            limit = deadline if ended_at is None else min(deadline, ended_at + GRACE)
            ready = waiting.select(max(0.0, min(0.05 if ended_at is None else GRACE, limit - now)))
            chunk = stream.read(_CHUNK) if ready else None
            if chunk:
                size += len(chunk)
                kept += chunk
                if len(kept) > 2 * MAX_KEPT:
                    del kept[:-MAX_KEPT]
            if chunk == b"" and ended_at is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
            is_over = chunk == b"" or (not ready and ended_at is not None)
            if is_over or time.monotonic() >= limit:
                break
    text = bytes(kept[-MAX_KEPT:]).decode("utf-8", "replace")
    return Ran(process.poll(), text, size)


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill the program's group, and what left it for a session of its own, and take the program's status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for _ in range(3):
        strays = list(_marked(mark))
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not strays:
            break
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _marked(mark: str) -> Iterator[int]:
    """Yield the processes that carry the mark in the environment that they were started with (Linux)."""
    wanted = f"{_MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*") if os.path.isdir("/proc/self") else ():  # noqa: PTH112 - one look
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def _missing(program: str, why: str) -> Error:
    return Error(
        "GATE010",
        f"cannot run {program}",
        why=why,
        fix=f"Install {program} before the gate, or say in the policy why this check may go unmeasured.",
        status=ExitStatus.UNMEASURED,
    )
