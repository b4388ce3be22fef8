"""Programs: run apart, in bounds, with nothing left behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.gating import processes
from maximus.gating.processes import MAX_KEPT, command_of, is_there, run_program

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def test_both_streams_and_the_status_are_kept(tmp_path: Path) -> None:
    """What is said on standard error belongs to the output, in its order."""
    ran = run_program(command_of("echo one; echo two >&2; exit 3"), tmp_path, ENVIRONMENT, 10)
    assert (ran.status, ran.output, ran.size) == (3, "one\ntwo\n", 8)


def test_the_last_bytes_are_kept(tmp_path: Path) -> None:
    """More than the limit is read and counted; what was said last is there."""
    ran = run_program(command_of(f"head -c {3 * MAX_KEPT} /dev/zero; echo end"), tmp_path, ENVIRONMENT, 60)
    assert (ran.size, len(ran.output), ran.lines[-1][-3:]) == (3 * MAX_KEPT + 4, MAX_KEPT, "end")


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    """A program may print whatever it likes."""
    assert "\ufffd" in run_program(command_of("printf '\\377\\376'"), tmp_path, ENVIRONMENT, 10).output


def test_a_child_in_the_background_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program has ended; what it left running is not waited for, and is killed."""
    monkeypatch.setattr(processes, "GRACE", 0.1)
    ran = run_program(command_of("sleep 600 & echo $!"), tmp_path, ENVIRONMENT, 600)
    assert ran.status == 0
    assert not _runs(int(ran.output))


def test_a_program_that_closes_its_output_is_still_waited_for(tmp_path: Path) -> None:
    """Silence is no end."""
    assert run_program(command_of("exec >&- 2>&-; sleep 0.1; exit 7"), tmp_path, ENVIRONMENT, 10).status == 7


def test_a_signal_is_told_apart_from_the_time(tmp_path: Path) -> None:
    """Killed by somebody is negative, killed by us for its time is None."""
    assert run_program(command_of("kill -9 $$"), tmp_path, ENVIRONMENT, 10).status == -9
    assert run_program(command_of("sleep 600"), tmp_path, ENVIRONMENT, 0.2).status is None


@pytest.mark.parametrize("program", ["no-such-program", "./no-such-file", "text.txt", "folder"])
def test_what_cannot_be_started_is_unmeasured(tmp_path: Path, program: str) -> None:
    """Not there, not executable, a folder: GATE010, which is a gap and no fail."""
    (tmp_path / "text.txt").write_text("no program", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Error) as caught:
        run_program([program], tmp_path, ENVIRONMENT, 1)
    assert (caught.value.code, caught.value.status) == ("GATE010", ExitStatus.UNMEASURED)


def test_a_program_without_an_interpreter_is_unmeasured(tmp_path: Path) -> None:
    """A script whose first line names nobody cannot be started either."""
    (tmp_path / "script").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    (tmp_path / "script").chmod(0o755)
    assert is_there("./script", tmp_path, ENVIRONMENT)
    with pytest.raises(Error) as caught:
        run_program(["./script"], tmp_path, ENVIRONMENT, 1)
    assert caught.value.code == "GATE010"


def _runs(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123 - no file of ours
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (ProcessLookupError, FileNotFoundError):
        return False
