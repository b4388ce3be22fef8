"""The runner's face; the small runner of `tests.runner`, written from the runner's own rules, is the judge."""

from __future__ import annotations

import io
import json
import os
import secrets
from typing import TYPE_CHECKING

import cmarkgfm  # type: ignore[import-untyped]  # it has no annotations
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions import runner
from actions.runner import RunnerFace, escape_data, escape_property, output_entry, plain_line, read_inputs
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict
from tests.runner import Log, read_entries, read_log
from tests.runner.commandfiles import MAX_SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

_PIECES = (
    *(
        "::",
        ":",
        "##[",
        "#",
        "[",
        "]",
        "=",
        ",",
        ";",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\v",
        "\f",
        "\x1c",
        "\u0085",
        "\u2028",
    ),
    *("\u00a0", "\u3000", "\ufeff", "\u200b", "\u180e", "%", "%0A", "%0D", "%25", "%3A", "\x1b[2J", "\u202e", "\ud800"),
    *("error", "set-env", "add-mask", "add-path", "stop-commands", "group", "endgroup", "::error::x", "##[error]x"),
    *(
        "::stop-commands::t",
        "::add-mask::a",
        "##[group]",
        "##[set-env name=PATH]x",
        "EOF",
        "<<",
        "NAME<<EOF",
        "maximus-",
    ),
)
FOREIGN = st.lists(st.one_of(st.sampled_from(_PIECES), st.characters())).map("".join)
"""What the runner would obey, mixed with any character."""
WRITABLE = FOREIGN.map(lambda text: text.encode("utf-8", "replace").decode("utf-8"))
"""The same without halves of surrogate pairs, which no file in UTF-8 can hold."""


class TestEscaping:
    """No foreign text becomes a command, breaks an output or ends a heredoc."""

    @given(FOREIGN)
    @example("\r::error::x")
    @example("\u00a0::error::x")
    @example("###[##[error]x")
    @example("\ufeff::error::x")
    def test_a_plain_line_holds_no_command(self, text: str) -> None:
        """Whatever the text, the runner shows it and obeys nothing in it."""
        log = read_log("before\n" + plain_line(text) + "\nafter\n")

        assert log.commands == []
        assert (log.lines[0], log.lines[-1]) == ("before", "after")

    @given(FOREIGN)
    def test_a_plain_line_is_shown_by_any_terminal(self, text: str) -> None:
        """Control characters do not reach the log, and as many lines come out as went in."""
        shown = plain_line(text)

        assert all(line.isprintable() or not any(ord(c) < 0xA0 and not c.isprintable() for c in line)
                   for line in shown.split("\n"))  # fmt: skip
        assert shown.count("\n") == text.replace("\r\n", "\n").count("\n")

    @given(
        st.text(st.characters(categories=["Ll", "Lu", "N", "P", "S"])).filter(
            lambda t: "::" not in t and "##[" not in t
        )
    )
    def test_plain_text_is_left_alone(self, text: str) -> None:
        """What cannot be taken for a command comes through as it is."""
        assert plain_line(text) == text

    @given(FOREIGN, FOREIGN)
    def test_data_and_properties_arrive_as_they_were(self, data: str, value: str) -> None:
        """One command comes out, with exactly the text and the property that went in."""
        log = read_log(f"::error title={escape_property(value)},file=a.py::{escape_data(data)}\n")

        assert len(log.commands) == 1
        assert log.commands[0].data == data
        assert log.commands[0].properties == (("title", value), ("file", "a.py"))

    @given(st.lists(st.tuples(st.sampled_from(["a", "b-c", "html_url"]), WRITABLE), max_size=5))
    def test_outputs_arrive_as_they_were(self, outputs: list[tuple[str, str]]) -> None:
        """No value ends its own heredoc or begins another entry."""
        written = "".join(output_entry(name, value) for name, value in outputs).encode()

        assert read_entries(written) == dict(outputs)

    def test_the_delimiter_is_drawn_again_when_the_value_holds_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even who guesses the delimiter cannot end the heredoc with it."""
        drawn = iter(["guessed", "guessed", "other"])
        monkeypatch.setattr(secrets, "token_hex", lambda _: next(drawn))
        value = "x\nmaximus-guessed\ninjected=1"

        assert read_entries(output_entry("a", value).encode()) == {"a": value}

    def test_the_delimiter_has_128_random_bits(self) -> None:
        """Two entries do not share a delimiter, and each has 32 hexadecimal digits."""
        first, second = (output_entry("a", "").split("\n")[0] for _ in range(2))

        assert first != second
        assert len(first.removeprefix("a<<maximus-")) == 32


class TestInputs:
    """MAXIMUS_INPUTS is an object of texts."""

    def test_names_and_texts_are_as_the_caller_wrote_them(self) -> None:
        """Nothing is changed on the way in."""
        assert read_inputs({"MAXIMUS_INPUTS": '{"Token": "x", "files": "a\\nb"}'}) == {"Token": "x", "files": "a\nb"}

    def test_an_empty_variable_is_no_input(self) -> None:
        """An action without inputs may set it to nothing."""
        assert read_inputs({"MAXIMUS_INPUTS": ""}) == {}

    @pytest.mark.parametrize(
        ("text", "code"),
        [("{", "RUN010"), ("[" * 100_000, "RUN010"), ("[]", "RUN011"), ('{"a": 1}', "RUN011"), ("null", "RUN011")],
    )
    def test_anything_else_is_wrong_usage(self, text: str, code: str) -> None:
        """What is no JSON object of texts is refused."""
        with pytest.raises(Error) as caught:
            read_inputs({"MAXIMUS_INPUTS": text})

        assert (caught.value.code, caught.value.status) == (code, ExitStatus.USAGE)


class Stage:
    """A face that speaks into memory and files, and what the runner makes of it."""

    def __init__(self, folder: Path, name: str = "sbom") -> None:
        self.stream = io.StringIO()
        self.output, self.page = folder / "output", folder / "summary"
        self.environment = {
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.page),
            "GITHUB_WORKSPACE": str(folder),
        }
        self.face = RunnerFace(self.environment, name, self.stream)

    @property
    def log(self) -> Log:
        """What the runner makes of everything said so far."""
        return read_log(self.stream.getvalue())

    @property
    def outputs(self) -> dict[str, str]:
        """What the runner reads from the file of outputs."""
        return read_entries(self.output.read_bytes())

    @property
    def summary(self) -> str:
        """What was written for the page."""
        return self.page.read_text(encoding="utf-8")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A face on a stage."""
    return Stage(tmp_path)


class TestFace:
    """What an action says arrives at the runner, within its limits."""

    def test_what_is_said_is_shown(self, stage: Stage) -> None:
        """A line is a line of the log, a command in it broken."""
        stage.face.say("found ::3 files\n::error::no")

        assert (stage.log.lines, stage.log.commands) == (["found ::3 files", ": :error::no"], [])

    def test_an_error_becomes_an_annotation_with_file_and_line(self, stage: Stage, tmp_path: Path) -> None:
        """The words of the error, the place, and the action as title."""
        (tmp_path / "uv.lock").touch()
        stage.face.fail(Error("SBOM004", "cannot read uv.lock", why="bad\x1b TOML", fix="Mend it.", where="uv.lock:3"))
        stage.face.conclude({})
        found = stage.log.annotations[0]

        assert (found.kind, found.title, found.file, found.line) == ("error", "sbom", "uv.lock", 3)
        assert found.message == "cannot read uv.lock: bad\\x1b TOML (SBOM004)\nMend it.\nat uv.lock:3"

    @pytest.mark.parametrize("where", ["packages[2].hashes", "missing.txt:1", "x" * 5000, "a\0b", "input files", ".:1"])
    def test_a_place_that_is_no_file_has_no_file(self, stage: Stage, where: str) -> None:
        """An input's name, or what is longer than a path can be, stays in the text alone."""
        stage.face.fail(Error("SBOM004", "no", where=where))
        stage.face.conclude({})

        assert stage.log.annotations[0].file == ""

    def test_nine_annotations_of_a_kind_say_how_many_more(self, stage: Stage) -> None:
        """The runner's own message has room, and nothing is dropped without a word."""
        for number in range(15):
            stage.face.fail(Error("SBOM004", f"fault {number}"))
            stage.face.warn(f"warning {number}")
        stage.face.conclude({})

        assert [item.kind for item in stage.log.annotations] == ["error"] * 9 + ["warning"] * 9
        assert stage.log.annotations[8].message.endswith("\n(and 6 more, see the log)")
        assert stage.log.dropped == []
        assert stage.log.text.count("fault 14") == 1

    def test_a_long_message_fits(self, stage: Stage) -> None:
        """A message is cut by us, with room for what is added to it."""
        for _ in range(10):
            stage.face.fail(Error("SBOM004", "x" * 10_000))
        stage.face.conclude({})

        assert stage.log.annotations[8].message.endswith("(and 1 more, see the log)")

    def test_a_secret_is_masked_before_anything_is_said(self, stage: Stage) -> None:
        """Every line of a secret is registered, and the log shows none of them."""
        stage.face.mask("one\ntwo")
        stage.face.say("one, two")

        assert set(stage.log.masks) >= {"one", "two"}
        assert stage.log.lines == ["***, ***"]

    def test_only_the_outermost_group_folds(self, stage: Stage) -> None:
        """The runner's groups do not nest: the inner title is a line."""
        with stage.face.group("outer"), stage.face.group("inner ::endgroup::"):
            stage.face.say("x")
        stage.face.say("y")

        assert (stage.log.groups, stage.log.open_groups) == (["outer"], 0)
        assert stage.log.lines == ["outer", "inner ::endgroup::", "x", "y"]

    def test_a_group_is_closed_after_a_fault(self, stage: Stage) -> None:
        """What is said behind a fault is not folded away."""
        with pytest.raises(ZeroDivisionError), stage.face.group("outer"):
            raise ZeroDivisionError

        assert stage.log.open_groups == 0

    @given(title=FOREIGN, text=FOREIGN)
    def test_no_title_and_no_text_gives_a_command(self, title: str, text: str) -> None:
        """Whatever is said, only our own commands reach the runner."""
        speaker = RunnerFace({}, "sbom", stream := io.StringIO())
        with speaker.group(title), speaker.group(text):
            speaker.say(text)
            speaker.warn(text, where=title)
            speaker.fail(Error("SBOM004", text, why=title, where=text))
            speaker.table(title, ("a", text), ((text, title),))
            with speaker.progress(text, 3) as step:
                step()
        speaker.headline(text)
        speaker.conclude({})
        written = stream.getvalue().encode("utf-8", "backslashreplace").decode()

        assert [command.name for command in read_log(written).commands] == [
            "group", "endgroup", "error", "warning", "debug", "debug",
        ]  # fmt: skip

    def test_a_cell_with_a_line_end_stays_in_its_row(self, stage: Stage) -> None:
        """A file's name cannot pose as a line of ours."""
        stage.face.table("t", ("file",), (("a\nsbom: all is well",),))

        assert stage.log.lines == ["file", "a\\nsbom: all is well"]

    def test_a_place_with_a_line_end_stays_on_its_line(self, stage: Stage) -> None:
        """Neither can the place of a warning."""
        stage.face.warn("odd", where="a\nsbom: all is well")

        assert stage.log.lines == ["warning: odd (a\\nsbom: all is well)"]

    def test_outputs_are_written_whatever_their_characters(self, stage: Stage) -> None:
        """A path that is not UTF-8, as file names may be, does not end the run."""
        stage.face.conclude({"spdx": os.fsdecode(b"release/\xff.json"), "verdict": "pass"})

        assert stage.outputs == {"spdx": "release/\\udcff.json", "verdict": "pass"}

    @pytest.mark.parametrize("character", ["x", "\N{GRINNING FACE}"])
    def test_outputs_keep_to_the_jobs_limit(self, stage: Stage, character: str) -> None:
        """An output beyond 1 MB, counted as UTF-16, is left empty with a warning; the others are whole."""
        large = character * (300_000 if character == "x" else 150_000)
        stage.face.conclude({"a": large, "b": large, "c": "kept"})

        assert stage.outputs == {"a": large, "b": "", "c": "kept"}
        assert "`b` is left empty" in stage.log.annotations[0].message

    def test_without_files_it_says_so_for_debugging(self) -> None:
        """Where the runner names no file nothing fails."""
        speaker = RunnerFace({}, "sbom", stream := io.StringIO())
        speaker.conclude({"a": "b"})

        assert [command.name for command in read_log(stream.getvalue()).commands] == ["debug", "debug"]


class TestSummary:
    """The page says the verdict first, and keeps within what the runner takes."""

    @pytest.mark.parametrize(
        ("verdict", "begins"),
        [
            (Verdict("a", Status.PASS, 1), "### ✅ sbom: 3 components"),
            (Verdict("a", Status.FAIL, 1), "### ❌ sbom: 3 components"),
            (Verdict("a", Status.UNMEASURED, 0), "### ⚪ sbom: 3 components"),
        ],
    )
    def test_the_verdict_stands_on_the_first_line(self, stage: Stage, verdict: Verdict, begins: str) -> None:
        """The first line is a heading with the sign of the verdict and the one sentence."""
        stage.face.judge(verdict)
        stage.face.headline("3 components")
        stage.face.conclude({})

        assert stage.summary.startswith(begins + "\n")

    @given(text=FOREIGN)
    def test_no_foreign_text_brings_an_element(self, text: str) -> None:
        """The page has the elements that we put there and no others, whatever the words."""
        speaker = RunnerFace({}, "sbom", io.StringIO())
        speaker.fail(Error("SBOM004", text, why=text, fix=text, where=text))
        speaker.table(text, (text, "b"), ((text, text),))
        speaker.table("last", ("a",), ((text,),))
        speaker.note(text, text)
        speaker.headline(text)
        html = cmarkgfm.github_flavored_markdown_to_html(speaker.summary(), 1 << 17)

        assert [html.count(f"<{tag}") for tag in ("h3", "blockquote", "details", "summary", "table", "tr", "pre")] == [
            1, 1, 2, 2, 2, 4, 1,
        ]  # fmt: skip
        assert not any(f"<{tag}" in html for tag in ("a ", "img", "script", "em", "strong", "li", "h1", "h2", "del"))

    def test_a_table_says_how_much_it_shows(self, stage: Stage) -> None:
        """More rows than fit are counted."""
        stage.face.table("t", ("file",), [(str(number),) for number in range(runner.MAX_ROWS + 1)])

        assert "Showing 500 of 501 rows" in stage.face.summary()

    def test_nine_errors_say_how_many_there_are(self, stage: Stage) -> None:
        """More errors than are shown are counted."""
        for number in range(10):
            stage.face.fail(Error("SBOM004", f"fault {number}"))

        assert "Showing 9 of 10 errors" in stage.face.summary()

    def test_it_never_grows_above_the_runners_limit(self, stage: Stage) -> None:
        """Errors, tables and notes of any size leave a page that is not dropped, and say what is missing."""
        for _ in range(9):
            stage.face.fail(Error("SBOM004", "<" * 1_000_000, why="x" * 1_000_000))
        stage.face.table("t", ("a",), [("|" * 10_000,)] * 600)
        stage.face.note("n", "y" * 2_000_000)
        stage.face.headline("h" * 2_000_000)
        stage.face.conclude({})

        assert len(stage.page.read_bytes()) <= MAX_SUMMARY
        assert "sections: a summary may hold 1 MiB" in stage.summary

    def test_a_file_name_that_is_not_utf8_is_shown(self, stage: Stage) -> None:
        """Half a surrogate pair, as Python holds such bytes, is written out."""
        stage.face.note(os.fsdecode(b"\xff"), os.fsdecode(b"\xff"))
        stage.face.conclude({})

        assert stage.summary.count("U+DCFF") == 2


def test_the_face_writes_only_the_two_files(stage: Stage, tmp_path: Path) -> None:
    """GITHUB_ENV and GITHUB_PATH, which change every later step, are never written."""
    later = {"GITHUB_ENV": str(tmp_path / "env"), "GITHUB_PATH": str(tmp_path / "path")}
    speaker = RunnerFace(stage.environment | later, "sbom", io.StringIO())
    speaker.note("n", json.dumps(later))
    speaker.conclude({"a": "b"})

    assert sorted(path.name for path in tmp_path.iterdir()) == ["output", "summary"]
