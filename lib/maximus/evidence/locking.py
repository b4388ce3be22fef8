"""One writer at a time: a lock on the log itself, which the system takes away when its holder dies."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["WAITING", "locked"]

WAITING: Final = 30.0
"""Seconds that a writer waits for another one."""
_PAUSE: Final = 0.05
_FAR: Final = 1 << 40
"""Where the byte lies that is locked on Windows, whose locks keep others from reading too."""


@contextlib.contextmanager
def locked(
    descriptor: int, path: Path, *, waiting: float = WAITING, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the log for this process alone, after waiting up to `waiting` seconds for another one.

    Raises Error LOG010 where the other one still holds it then.
    """
    ends = time.monotonic() + waiting
    while not _taken(descriptor):
        if time.monotonic() >= ends:
            raise Error(
                "LOG010",
                f"another process is writing to {path}",
                why=f"it held the log for {waiting:g} seconds",
                fix="Nothing was appended. Let one job write at a time (a concurrency group), then run again.",
                where="input log",
                status=ExitStatus.OUTSIDE,
            )
        sleep(_PAUSE)
    try:
        yield
    finally:
        _let_go(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return _taken_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken_on_windows(descriptor: int) -> bool:
    import msvcrt  # noqa: PLC0415 - only on Windows

    os.lseek(descriptor, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # only on Windows
    except OSError:
        return False
    return True


def _let_go(descriptor: int) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        import msvcrt  # noqa: PLC0415 - only on Windows

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # only on Windows
        return
    fcntl.flock(descriptor, fcntl.LOCK_UN)
