"""Work that goes on in a copy of the process: the result is the same as without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maximus import beside
from maximus.beside import Beside
from maximus.errors import Error, ExitStatus

ROOT = Path(__file__).resolve().parents[2]
COPIES = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1

PROGRAM = """
import json, os, sys
from maximus.beside import Beside, can_copy
from maximus.errors import Error, ExitStatus

parent = os.getpid()
sys.stdout.write("said before ")
assert can_copy() is {copies}

def fail():
    raise Error("TEST001", "it is so", why="because", fix="Do.", where="here", status=ExitStatus.USAGE)

def vanish():
    if os.getpid() != parent:
        os._exit(9)
    return "done here"

def wrong():
    if os.getpid() != parent:
        raise ZeroDivisionError
    return "done here as well"

with Beside(lambda: ("x" * 1_000_000, os.getpid())) as large:
    text, where = large.result()
told = {{"length": len(text), "elsewhere": where != parent}}
with Beside(fail) as failing:
    try:
        failing.result()
    except Error as error:
        told["error"] = [*error.lines, int(error.status)]
with Beside(vanish) as vanishing, Beside(wrong) as going_wrong:
    told["vanished"], told["wrong"] = vanishing.result(), going_wrong.result()
with Beside(lambda: 1) as never_asked:
    pass
try:
    os.waitpid(-1, os.WNOHANG)
    told["left"] = True
except ChildProcessError:
    told["left"] = False
print(json.dumps(told))
"""


@pytest.mark.parametrize("copies", [True, False])
def test_a_result_is_the_same_with_a_copy_and_without(*, copies: bool, tmp_path: Path) -> None:
    """A large one, an Error with all its parts, and one of work that ended without a word; nobody is left behind."""
    if copies and not COPIES:
        pytest.skip("unmeasured: no second processor to copy a process for")
    program = PROGRAM.format(copies=copies)
    if not copies:
        # A thread that waits makes a copy unsafe.
        program = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n" + program
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    before, _, told = done.stdout.partition("{")
    assert before == "said before "
    assert json.loads("{" + told) == {
        "length": 1_000_000,
        "elsewhere": copies,
        "error": ["it is so: because (TEST001)", "Do.", "at here", 2],
        "vanished": "done here",
        "wrong": "done here as well",
        "left": False,
    }


def test_without_a_copy_the_work_is_done_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not at all where nobody asks."""
    monkeypatch.setattr(beside, "can_copy", lambda: False)
    done = []
    with Beside(lambda: done.append(1)):
        pass
    assert done == []
    with Beside(lambda: done.append(1)) as asked:
        asked.result()
    assert done == [1]

    def fail() -> None:
        raise Error("TEST001", "it is so", status=ExitStatus.OUTSIDE)

    with Beside(fail) as failing, pytest.raises(Error, match="it is so"):
        failing.result()
