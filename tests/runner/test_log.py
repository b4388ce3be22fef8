"""The oracle for log lines, line by line as the runner's rules have them."""

from __future__ import annotations

import pytest

from tests.runner import Annotation, Command, read_log


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::error::boom", Command("error", (), "boom")),
        ("  \t::error::boom", Command("error", (), "boom")),
        ("\u00a0::ERROR::boom", Command("error", (), "boom")),
        ("::error::a::b", Command("error", (), "a::b")),
        ("::error file=a.py,line=3::x", Command("error", (("file", "a.py"), ("line", "3")), "x")),
        ("::error title=a%3Ab%2Cc%25::x%0Ay%253A", Command("error", (("title", "a:b,c%"),), "x\ny%3A")),
        ("::add-mask::s3cret", Command("add-mask", (), "s3cret")),
        ("##[error]boom", Command("error", (), "boom")),
        ("any text ##[set-env name=PATH;]x", Command("set-env", (("name", "PATH"),), "x")),
        ("##[warning a=b%3B%5Dc]x", Command("warning", (("a", "b;]c"),), "x")),
    ],
)
def test_a_command_is_obeyed_and_not_shown(line: str, command: Command) -> None:
    """Both forms are read where the runner reads them, with their own escapes."""
    log = read_log(f"before\n{line}\nafter\n")

    assert log.commands == [command]
    assert line not in log.lines


@pytest.mark.parametrize(
    "line",
    [
        "text ::error::x",
        ":: error::x",
        "::error",
        "::unknown::x",
        "##[unknown]x",
        "##[error",
        "# #[error]x",
        "[error]x",
    ],
)
def test_anything_else_is_shown(line: str) -> None:
    """What the runner would not obey stays a line of the log."""
    log = read_log(line)

    assert (log.lines, log.commands) == ([line], [])


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_line_end_begins_a_line(end: str) -> None:
    """A carriage return alone ends a line, so a command may follow it."""
    assert [command.name for command in read_log(f"x{end}::error::y").commands] == ["error"]


def test_stop_commands_stops_both_forms_until_its_token() -> None:
    """Between the token and the token nothing is obeyed; behind it everything is again."""
    log = read_log("::stop-commands::T0ken\n::error::a\nx##[error]b\n::other::\n::t0ken::\n::error::c\n")

    assert [item.message for item in log.annotations] == ["c"]
    assert log.lines == ["::error::a", "x##[error]b", "::other::", "Error: c"]


@pytest.mark.parametrize("token", ["", "error", "Stop-Commands"])
def test_a_token_that_is_a_command_is_refused(token: str) -> None:
    """Commands cannot be stopped until the next error."""
    log = read_log(f"::stop-commands::{token}\n::error::a\n")

    assert [item.message for item in log.annotations] == ["Invalid stop token", "a"]


def test_a_mask_holds_from_there_on_line_by_line() -> None:
    """Every line of a secret is blotted out, in what comes after it."""
    log = read_log("one\n::add-mask::one%0Atwo\none and two\n::error title=two::one\n")

    assert log.lines == ["one", "*** and ***", "Error: ***"]
    assert log.annotations == [Annotation("error", "***", "***")]


def test_only_ten_annotations_of_a_kind_are_shown() -> None:
    """The eleventh of a kind is dropped, another kind has its own ten."""
    log = read_log("\n".join(f"::error::{number}" for number in range(12)) + "\n::warning::w\n")

    assert [item.kind for item in log.annotations] == ["error"] * 10 + ["warning"]
    assert [item.message for item in log.dropped] == ["10", "11"]


def test_a_long_annotation_is_cut() -> None:
    """A message keeps its first 4,096 characters."""
    assert len(read_log("::notice::" + "x" * 5000).annotations[0].message) == 4096


def test_groups_do_not_nest() -> None:
    """One end closes whatever was opened."""
    log = read_log("::group::a\n::group::b\nx\n::endgroup::\n")

    assert (log.groups, log.open_groups) == (["a", "b"], 0)
