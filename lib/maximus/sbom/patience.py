"""How long one file may keep us: a reader that has not ended by then is stopped, and the next file is read.

Every reader is bounded by what it reads already. This is the last line: a cost that nobody thought of is a finding
with the file's name and not a job that hangs. It is far above what the largest lock needs, so that no slow machine
makes another inventory than a fast one.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["AGAIN", "MAX_SECONDS", "limited"]

MAX_SECONDS: Final = 60.0
"""Seconds for one file."""
AGAIN: Final = 0.5
"""Seconds after which a reader that was told to end, and went on, is told again."""


class _Spent(BaseException):
    """The time is up: no fault of the file's parts, which a reader may pass over with `except Error` or `Exception`."""


_CONTEXTS = contextlib.contextmanager.__code__.co_filename


@contextmanager
def limited(path: str) -> Iterator[None]:
    """Stop what is inside after MAX_SECONDS, and again until it ends. Raises Error SBOM037.

    What kept on in spite of it, and came to an end, is not believed either: something in it was cut short.
    Only the main thread of a system with timers can be stopped (not Windows); elsewhere nothing is done.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds = MAX_SECONDS
    times = 0

    def stop(_number: int, frame: FrameType | None) -> None:
        nonlocal times
        if frame is not None and frame.f_code.co_filename in (stop.__code__.co_filename, _CONTEXTS):
            # Just about to end, or just begun: raised here it would escape; the next time comes soon enough.
            return
        times += 1
        raise _Spent

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    except _Spent:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if times:
        raise Error(
            "SBOM037",
            f"cannot read {visible(path)}",
            why=f"it took longer than {seconds:g} seconds",
            fix="No package manager writes such a file: look at who changed it, or leave it out with `exclude`.",
            where=visible(path),
        )
