"""`command`: how a program ends, and the number in what it prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.verdict import Verdict

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def _judge(tmp_path: Path, options: str) -> Verdict:
    return judge_entry(tmp_path, f"type: command, {options}", environment=ENVIRONMENT).verdict


def test_passes_by_status_and_number(tmp_path: Path) -> None:
    """The last line that the pattern matches as a whole counts, exactly."""
    verdict = _judge(
        tmp_path,
        r"""run: "echo TOTAL 12%; echo 3 passed; echo TOTAL 90%", number: 'TOTAL (\d+)%', threshold: ">= 90", """
        r"""inspected: '(\d+) passed', unit: percent""",
    )  # fmt: skip
    assert (verdict.status, verdict.inspected, verdict.measured, verdict.threshold) == (Status.PASS, 3, "90", ">= 90")


def test_fails_by_a_hundredth(tmp_path: Path) -> None:
    """89.995 is not 90, whatever rounding would make of it."""
    verdict = _judge(tmp_path, r"""run: [echo, "TOTAL 89.995%"], number: 'TOTAL ([\d.]+)%', threshold: ">= 90" """)
    assert (verdict.status, verdict.measured) == (Status.FAIL, "89.995")


def test_fails_by_status_with_the_last_words(tmp_path: Path) -> None:
    """The status counts before the number, and the reason quotes what was printed last."""
    verdict = _judge(
        tmp_path, r"""run: "echo TOTAL 99%; echo broken; exit 4", number: 'TOTAL (\d+)%', threshold: ">= 1" """
    )
    assert verdict.status is Status.FAIL
    assert verdict.reason == "it ended with 4, not 0: TOTAL 99% | broken"


def test_the_first_fault_of_a_line_ends_it(tmp_path: Path) -> None:
    """A later success does not hide it, as it would in `grep X && exit 1 || exit 0` and in a pipe."""
    assert _judge(tmp_path, 'run: "false; true"').status is Status.FAIL
    assert _judge(tmp_path, 'run: "false | cat"').status is Status.FAIL


@pytest.mark.parametrize("run", ["[no-such-program-here]", '"no-such-program-here --check"', '"./missing.sh"'])
def test_is_unmeasured_without_the_program(tmp_path: Path, run: str) -> None:
    """That a program is not there says nothing about what it would have found."""
    assert _judge(tmp_path, f"run: {run}").status is Status.UNMEASURED


@pytest.mark.parametrize("printed", ["0 passed", "all fine", "xx 3 passed yy"])
def test_is_unmeasured_where_it_looked_at_nothing(tmp_path: Path, printed: str) -> None:
    """Zero things, or no count at all, are no pass: 0 of 0 is not 100 percent."""
    verdict = _judge(tmp_path, rf"""run: [echo, "{printed}"], inspected: '(\d+) passed'""")
    assert verdict.status is Status.UNMEASURED


def test_is_unmeasured_without_the_number(tmp_path: Path) -> None:
    """A report that does not hold the number measured nothing; the pattern is anchored at both ends."""
    verdict = _judge(tmp_path, r"""run: [echo, "SUBTOTAL 99%"], number: 'TOTAL (\d+)%', threshold: ">= 90" """)
    assert verdict.status is Status.UNMEASURED


def test_is_unmeasured_where_less_than_expected_ran(tmp_path: Path) -> None:
    """Three tests of twenty are not the suite."""
    verdict = _judge(tmp_path, r"""run: [echo, "3 passed"], inspected: '(\d+) passed', expected-min: 20""")
    assert (verdict.status, verdict.reason) == (Status.UNMEASURED, "3 of at least 20 were there")


def test_a_program_that_forks_and_never_ends_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """The check fails by name at its limit, and nothing is left running: not even what left the group."""
    script = tmp_path / "fork.sh"
    script.write_text(
        "setsid sh -c 'echo $$ > left; exec sleep 600' & while :; do sleep 60 & wait; done", encoding="utf-8"
    )
    verdict = _judge(tmp_path, "run: [sh, fork.sh], timeout: 1")
    assert (verdict.status, verdict.reason) == (Status.FAIL, "it did not end within 1 seconds and was killed")
    left = int((tmp_path / "left").read_text())
    try:
        # A process that is gone, or a zombie that nobody has looked at yet.
        stat = (tmp_path.__class__(f"/proc/{left}/stat")).read_text()
    except (FileNotFoundError, ProcessLookupError):
        stat = "gone) Z"
    assert stat.rpartition(")")[2].split()[0] in ("Z", "X")


def test_what_a_program_prints_is_kept_in_bounds(tmp_path: Path) -> None:
    """A gigabyte is read to its end and dropped; the last words are still there."""
    code = "import sys\nb = b'x' * (1 << 20)\nfor _ in range(1000): sys.stdout.buffer.write(b)\nprint('\\nTOTAL 91%')"
    (tmp_path / "loud.py").write_text(code, encoding="utf-8")
    verdict = _judge(tmp_path, rf"""run: ["{sys.executable}", loud.py], number: 'TOTAL (\d+)%', threshold: ">= 90" """)
    assert (verdict.status, verdict.measured) == (Status.PASS, "91")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("run: [true], threshold: '> 1'", "threshold: needs `number`"),
        ("run: [true], number: '(x)'", "number: needs `threshold`"),
        ("run: [true], number: 'x', threshold: '> 1'", "number: needs a group"),
        ("run: [true], number: '(', threshold: '> 1'", "is no regular expression"),
        ("run: [true], number: '(x)', threshold: '1'", "is no bound"),
        ("run: [true], folder: ../x", "leaves the tree"),
        ("run: [true], timeout: 0", "a whole number from 1 to 21600"),
        ("timeout: 5", "run: is required"),
    ],
)
def test_refuses_options_that_do_not_fit(tmp_path: Path, options: str, said: str) -> None:
    """Each fault is named at its key."""
    with pytest.raises(Error, match="cannot be used") as caught:
        _judge(tmp_path, options)
    assert said in caught.value.why
