"""How long one file may keep us: a reader that has not ended by then is stopped, and the next file is read.

Every reader is bounded by what it reads already. This is the last line: a cost that nobody thought of is a finding
with the file's name and not a job that hangs. It is far above what the largest lock needs, so that no slow machine
makes another inventory than a fast one.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from maximus.errors import Error
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["MAX_SECONDS", "limited"]

MAX_SECONDS: Final = 60.0
"""Seconds for one file."""


@contextmanager
def limited(path: str) -> Iterator[None]:
    """Stop what is inside after MAX_SECONDS. Raises Error SBOM037.

    Only the main thread of a system with timers can be stopped (not Windows); elsewhere nothing is done.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds = MAX_SECONDS

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Error(
            "SBOM037",
            f"cannot read {visible(path)}",
            why=f"it took longer than {seconds:g} seconds",
            fix="No package manager writes such a file: look at who changed it, or leave it out with `exclude`.",
            where=visible(path),
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
