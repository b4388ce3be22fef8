"""What both faces share: the record of a run, and runs inside runs."""

from __future__ import annotations

import io

import pytest

from actions.face import Record, Table
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

PASSED = Verdict("a.b", Status.PASS, 1)
FAILED = Verdict("a.c", Status.FAIL, 1)
UNMEASURED = Verdict("a.d", Status.UNMEASURED, 0)


def error(status: ExitStatus) -> Error:
    """Return an error that leads to this status."""
    return Error("ABC001", "what", status=status)


def face() -> TerminalFace:
    """Return a face that writes nowhere."""
    return TerminalFace({}, "outer", stream=io.StringIO(), errors=io.StringIO())


@pytest.mark.parametrize(
    ("verdicts", "errors", "status", "exit_status"),
    [
        ([], [], Status.UNMEASURED, ExitStatus.UNMEASURED),
        ([PASSED], [], Status.PASS, ExitStatus.PASS),
        ([PASSED, UNMEASURED], [], Status.UNMEASURED, ExitStatus.UNMEASURED),
        ([PASSED, FAILED], [], Status.FAIL, ExitStatus.FAILED),
        ([PASSED], [ExitStatus.OUTSIDE], Status.FAIL, ExitStatus.OUTSIDE),
        ([FAILED], [ExitStatus.OUTSIDE], Status.FAIL, ExitStatus.FAILED),
        ([PASSED], [ExitStatus.USAGE], Status.FAIL, ExitStatus.USAGE),
        ([PASSED], [ExitStatus.UNMEASURED], Status.UNMEASURED, ExitStatus.UNMEASURED),
        ([FAILED], [ExitStatus.UNMEASURED], Status.FAIL, ExitStatus.FAILED),
    ],
)
def test_verdict_and_exit_status_agree(
    verdicts: list[Verdict], errors: list[ExitStatus], status: Status, exit_status: ExitStatus
) -> None:
    """The status and the exit status of a record tell one story, whatever was found in which order."""
    record = Record("sbom", verdicts=verdicts, errors=[error(item) for item in errors])

    assert (record.status, record.exit_status) == (status, exit_status)


def test_a_part_has_a_record_of_its_own_that_is_absorbed() -> None:
    """What a part finds is its own while it runs and everybody's afterwards."""
    speaker = face()
    speaker.judge(PASSED)
    with speaker.part("inner") as inner:
        speaker.judge(FAILED)
        speaker.headline("of the part")
        speaker.table("t", ("c",), (("1",),))
        speaker.note("n", "text")

    assert (inner.name, inner.headline, inner.verdicts) == ("inner", "of the part", [FAILED])
    assert (speaker.record.name, speaker.record.headline) == ("outer", "")
    assert speaker.record.verdicts == [PASSED, FAILED]
    assert speaker.record.tables == [Table("t", ("c",), (("1",),))]
    assert speaker.record.notes == [("n", "text")]


def test_an_error_ends_its_part_only() -> None:
    """An Error that leaves a part is recorded and the run goes on."""
    speaker = face()
    with speaker.part("inner") as inner:
        raise Error("ABC001", "broken")

    assert [item.code for item in inner.errors] == ["ABC001"]  # type: ignore[unreachable]  # `part` swallows an Error
    assert [item.code for item in speaker.record.errors] == ["ABC001"]
    assert speaker.record.name == "outer"


def test_a_bug_leaves_its_part() -> None:
    """Anything but an Error goes on to the top, and the outer record is in place again."""
    speaker = face()
    with pytest.raises(ZeroDivisionError), speaker.part("inner"):  # noqa: PT012 - both happen inside the part
        speaker.judge(FAILED)
        raise ZeroDivisionError

    assert (speaker.record.name, speaker.record.verdicts) == ("outer", [FAILED])
