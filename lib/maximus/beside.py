"""Work that goes on in a copy of this process, where the system can make one: two readings take the time of one.

Threads would not: Python runs one at a time. A copy is made by `fork`, which costs milliseconds and hands over all that
is imported and read; where there is none (Windows), where it is not safe (macOS) or where threads run, the work is done
here when its result is asked for. Either way the result is the same.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Beside", "can_copy"]

Result = TypeVar("Result")


def can_copy() -> bool:
    """Return whether a copy of this process can be made safely, and whether it would run at the same time."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


class Beside(Generic[Result]):
    """Begins some work, and has its result once. It is left as a context: what is not asked for is given up.

    The work may read whatever it likes, raise Error, and return what can be pickled. It changes nothing here, since it
    has its own copy of everything, and shows nothing.
    """

    def __init__(self, work: Callable[[], Result]) -> None:
        """Begin."""
        self._work = work
        self._child = 0
        self._reader = -1
        if can_copy():
            self._reader, writer = os.pipe()
            self._child = os.fork()
            if self._child == 0:
                os.close(self._reader)
                _work_and_end(work, writer)
            os.close(writer)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what was not asked for."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self._end()

    def result(self) -> Result:
        """Return what the work returned. Raises Error where the work did."""
        if self._child:
            with open(self._reader, "rb", closefd=False) as stream:
                told = stream.read()
            self._end()
            # A copy that was killed, for want of memory perhaps, told nothing: the work is done again here.
            if told:
                is_error, value = pickle.loads(told)  # noqa: S301 - what our own copy wrote
                if is_error:
                    raise value
                return value  # type: ignore[no-any-return]  # a pickle has no type
        return self._work()

    def _end(self) -> None:
        os.close(self._reader)
        os.waitpid(self._child, 0)
        self._child = 0


def _work_and_end(work: Callable[[], object], writer: int) -> None:
    """Do the work in the copy, write down what came of it, and end without a trace: what is open belongs to another."""
    try:
        try:
            told = (False, work())
        except Error as fault:
            told = (True, fault)
        with open(writer, "wb") as stream:
            stream.write(pickle.dumps(told, pickle.HIGHEST_PROTOCOL))
    finally:
        # No flush of what the other has in its buffers, no handlers at exit. An exception that is no Error is a bug,
        # which shows itself with its traceback when the work is done again.
        os._exit(0)
