"""The oracle for the runner's files."""

from __future__ import annotations

import pytest

from tests.runner.commandfiles import MAX_SUMMARY, FileFault, read_entries, read_summary


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (b"", {}),
        (b"\n\n", {}),
        (b"a=1\nb=2=3\nc=", {"a": "1", "b": "2=3", "c": ""}),
        (b"a<<E\nE\n", {"a": ""}),
        (b"a<<E\none\ntwo\nE\n", {"a": "one\ntwo"}),
        (b"a<<E\none\nE", {"a": "one"}),
        (b"a<<E\n\n\nE\n", {"a": "\n"}),
        (b"a<<E=x\nv\nE=x\n", {"a": "v"}),
        (b"a=<<E\n", {"a": "<<E"}),
        (b"a<<E\n E\nE \nE\n", {"a": " E\nE "}),
        (b"a<<E\none\r\nE\nb=\r\n", {"a": "one\r", "b": "\r"}),
        (b"a=1\na=2\n", {"a": "2"}),
        (b"a=\xff\n", {"a": "\ufffd"}),
    ],
)
def test_entries_are_read_as_the_runner_reads_them(content: bytes, entries: dict[str, str]) -> None:
    """Plain lines and heredocs, whichever of `=` and `<<` comes first, lines ending at LF only."""
    assert read_entries(content) == entries


@pytest.mark.parametrize("content", [b"a", b"=1", b"<<E\nE\n", b"a<<\nx\n", b"a<<E\nx\n", b"a<<E", b"a<<E\nE\r\n"])
def test_what_fails_a_step_is_a_fault(content: bytes) -> None:
    """A line without a sign, an empty name or delimiter and an unclosed heredoc fail the step."""
    with pytest.raises(FileFault, match="Invalid"):
        read_entries(content)


def test_a_summary_above_its_limit_is_dropped_whole() -> None:
    """One byte more than 1,024 KiB and nothing is left."""
    assert read_summary(b"x" * MAX_SUMMARY) is not None
    assert read_summary(b"x" * (MAX_SUMMARY + 1)) is None
