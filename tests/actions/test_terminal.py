"""The terminal's face: options in, plain facts out."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import terminal
from actions.declare import ACTIONS, find_action
from actions.overview import list_of_actions
from actions.terminal import TerminalFace, action_help, options_of, printable
from maximus import __version__
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "s3cret\N{LATIN SMALL LETTER U WITH DIAERESIS}"  # noqa: S105 - of no server


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Stage:
    """A face and the two streams it speaks to."""

    def __init__(
        self, *, as_json: bool = False, screen: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        self.out, self.err = (Screen(), Screen()) if screen else (io.StringIO(), io.StringIO())
        self.face = TerminalFace(environment or {}, "sbom", as_json=as_json, stream=self.out, errors=self.err)

    @property
    def shown(self) -> str:
        """What standard output got."""
        return self.out.getvalue()

    @property
    def errors(self) -> str:
        """What standard error got."""
        return self.err.getvalue()


def options(*arguments: str, name: str = "sbom", **environment: str) -> dict[str, str]:
    """Return the inputs that the options of an action give."""
    return options_of(find_action(name), arguments, environment)[0]


class TestOptions:
    """Every input is an option."""

    @pytest.mark.parametrize("arguments", [("--path", "x"), ("--path=x",)])
    def test_a_text_is_given_either_way(self, arguments: tuple[str, ...]) -> None:
        """With a blank or with an equals sign."""
        assert options(*arguments) == {"path": "x"}

    def test_a_list_is_given_several_times(self) -> None:
        """Each time adds a line."""
        assert options("--formats", "spdx", "--formats", "cyclonedx") == {"formats": "spdx\ncyclonedx"}

    @pytest.mark.parametrize(("option", "text"), [("--dry-run", "true"), ("--no-dry-run", "false")])
    def test_a_boolean_is_an_option_of_its_own(self, option: str, text: str) -> None:
        """With `no-` it is false."""
        assert options(option, name="release") == {"dry-run": text}

    def test_a_list_is_given_one_by_one_in_the_singular(self) -> None:
        """`--format` takes one of `formats`, beside others in either spelling."""
        assert options("--format", "html", "--formats", "spdx") == {"formats": "html\nspdx"}

    def test_a_secret_is_read_from_its_variable(self) -> None:
        """A credential is named and not given."""
        assert options("--token", "env:T", name="release", T="s3cret") == {"token": "s3cret"}

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (("--pth", "x"), "RUN005", "did you mean --path?"),
            (("--form=spdx",), "RUN005", "did you mean --format?"),
            (("x",), "RUN005", "values follow an option"),
            (("--path", "a", "--path", "b"), "RUN006", "stands 2 times"),
            (("--path",), "RUN007", "expected one argument"),
            (("--path", "--json"), "RUN007", "expected one argument"),
            (("--path", " "), "RUN008", "is empty"),
        ],
    )
    def test_a_wrong_option_is_one_clear_error(self, arguments: tuple[str, ...], code: str, says: str) -> None:
        """Each mistake has its code and says what is wrong; nothing is guessed from a beginning."""
        with pytest.raises(Error) as caught:
            options(*arguments)

        assert (caught.value.code, caught.value.status) == (code, ExitStatus.USAGE)
        assert says in str(caught.value)

    @given(
        st.lists(
            st.sampled_from(["--path", "--formats", "--json", "-h", "--", "x", "", "=", "--path=", "-x", "\n", "@f"])
        )
    )
    def test_any_arguments_are_read_or_refused(self, arguments: list[str]) -> None:
        """No command line ends the process or in a traceback."""
        try:
            options(*arguments)
        except Error as error:
            assert error.status is ExitStatus.USAGE  # noqa: PT017 - either way is right


class TestHelp:
    """Help comes from the declarations."""

    def test_the_list_names_every_action(self) -> None:
        """Each with its one line, and the version."""
        text = list_of_actions()

        assert __version__ in text
        assert all(f"\n  {name}" in text for name in ACTIONS)

    @pytest.mark.parametrize("name", ACTIONS)
    def test_help_names_every_input_and_output(self, name: str) -> None:
        """No declaration is left out, and no line is wider than a terminal."""
        action = find_action(name)
        text = action_help(action)

        assert [item.name for item in action.inputs() if f"--{item.name}" not in text] == []
        assert [item.name for item in action.outputs() if f"\n  {item.name}\n" not in text] == []
        assert max(map(len, text.splitlines())) <= 120

    def test_a_secrets_value_is_never_asked_for(self) -> None:
        """What a credential takes is a variable's name."""
        assert "--token env:NAME\n" in action_help(find_action("release"))


class TestPrintable:
    """A terminal shows foreign text and obeys nothing in it."""

    @given(st.text())
    def test_no_control_character_comes_through(self, text: str) -> None:
        """Every character of what is shown is seen, or is a line feed."""
        shown = printable(text)

        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in shown.replace("\n", ""))
        assert not set(shown) & set("\u200b\u200e\u202a\u202e\u2066\u2069\u061c\u2028\ufeff\u00ad\U000e0041")
        shown.encode("utf-8")

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("\x1b[31mred", "\\x1b[31mred"),
            ("a\rb", "a\\x0db"),
            ("a\r\nb\tc", "a\nb    c"),
            ("\u202egpj", "\\u202egpj"),
            ("\U000e0041", "\\U000e0041"),
            ("Zażółć 日本 👍", "Zażółć 日本 👍"),
        ],
    )
    def test_what_is_not_seen_is_written_out(self, text: str, shown: str) -> None:
        """Escapes name the character; letters of any script stay."""
        assert printable(text) == shown


class TestFace:
    """Facts go to standard output, faults to standard error."""

    def test_facts_and_faults_go_apart(self) -> None:
        """An error has its lines under the action's name, a warning its place."""
        stage = Stage()
        stage.face.say("fact")
        stage.face.warn("careful", where="uv.lock:3")
        stage.face.fail(Error("SBOM004", "what", why="why", fix="Do.", where="here"))

        assert stage.shown == "fact\n"
        assert stage.errors == "warning: careful (uv.lock:3)\nsbom: what: why (SBOM004)\n  Do.\n  at here\n"

    def test_a_group_is_indented(self) -> None:
        """What is said inside stands under its title."""
        stage = Stage()
        with stage.face.group("outer"), stage.face.group("inner"):
            stage.face.say("a\nb")
        stage.face.say("c")

        assert stage.shown == "outer\n  inner\n    a\n    b\nc\n"

    def test_the_verdict_is_the_last_line(self) -> None:
        """Notes come before it, and it is one line whatever the headline."""
        stage = Stage()
        stage.face.judge(Verdict("a", Status.PASS, 1))
        stage.face.note("to verify", "maximus verify\n")
        stage.face.headline("3 components\n✘ verify: forged")
        stage.face.conclude({})

        assert stage.shown == "\nto verify:\n  maximus verify\n✔ sbom: 3 components\\n✘ verify: forged\n"

    def test_a_table_is_aligned(self) -> None:
        """Columns line up; a cell with a line end or an escape stays in its row."""
        stage = Stage()
        stage.face.table("t", ("file", "what"), (("a\n✔ x", "\x1b[2J"), ("longer.whl", "ok")))

        assert stage.shown.splitlines() == ["file        what", "a\\n✔ x      \\x1b[2J", "longer.whl  ok"]

    def test_a_secret_is_shown_nowhere(self) -> None:
        """Every way to say something blots it out, each line of it."""
        stage = Stage(as_json=True)
        stage.face.mask(f"{SECRET}\nsecond-line")
        text = f"x {SECRET} y second-line"
        with stage.face.group(text), stage.face.progress(text, 1) as step:
            step()
        stage.face.say(text)
        stage.face.warn(text, where=text)
        stage.face.fail(Error("SBOM004", text, why=text, fix=text, where=text))
        stage.face.table(text, (text,), ((text,),))
        stage.face.note(text, text)
        stage.face.headline(text)
        stage.face.conclude({"a": text})

        for secret in (SECRET, "second-line", json.dumps(SECRET)[1:-1]):
            assert secret not in stage.shown + stage.errors

    def test_json_is_the_only_thing_on_standard_output(self) -> None:
        """One document with outputs, verdicts and errors; what people read goes to standard error."""
        stage = Stage(as_json=True)
        stage.face.say("fact")
        stage.face.judge(Verdict("sbom.spdx", Status.PASS, 3))
        stage.face.fail(Error("SBOM004", "what", why="why", fix="fix", where="where"))
        stage.face.headline("done")
        stage.face.conclude({"b": os.fsdecode(b"\xff"), "a": "1"})

        assert json.loads(stage.shown) == {
            "action": "sbom",
            "errors": [{"code": "SBOM004", "what": "what", "why": "why", "fix": "fix", "where": "where"}],
            "outputs": {"a": "1", "b": "\udcff"},
            "verdicts": [{"check": "sbom.spdx", "status": "pass", "inspected": 3}],
        }
        assert "fact" in stage.errors
        assert "✘ sbom: done" in stage.errors

    @pytest.mark.parametrize(
        ("screen", "environment", "coloured"),
        [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": ""}, False), (True, {"TERM": "dumb"}, False)],
    )
    def test_colour_is_for_terminals_that_want_it(
        self, *, screen: bool, environment: dict[str, str], coloured: bool
    ) -> None:
        """A pipe, NO_COLOR and a dumb terminal get plain text."""
        stage = Stage(screen=screen, environment=environment)
        stage.face.judge(Verdict("a", Status.PASS, 1))
        stage.face.headline("done")
        stage.face.conclude({})

        assert ("\x1b[" in stage.shown) == coloured

    def test_quick_work_shows_no_progress(self) -> None:
        """Neither a bar nor a line."""
        stage = Stage(screen=True)
        with stage.face.progress("hashing", 3) as step:
            step()

        assert stage.shown + stage.errors == ""

    def test_long_work_in_a_pipe_leaves_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What took more than a second is said afterwards."""
        clock = iter([0.0, 1.5])
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        stage = Stage()
        with stage.face.progress("hashing", 3) as step:
            step()

        assert stage.shown == "hashing: 3 done\n"

    def test_long_work_at_a_terminal_shows_a_bar(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The bar bears its title, whatever stands in it, and is gone in the end."""
        stage = Stage(screen=True)
        bar = terminal._Bar("hashing [/x] [red]", 3, stage.err)
        monkeypatch.setenv("TERM", "xterm")
        bar.show()
        bar.advance()
        bar.hide()

        assert "hashing [/x] [red]" in stage.errors
        assert stage.errors.endswith("\x1b[2K")

    def test_a_bar_of_finished_work_is_not_shown(self) -> None:
        """The clock may strike when the work is just over."""
        stage = Stage(screen=True)
        bar = terminal._Bar("hashing", 3, stage.err)
        bar.hide()
        bar.show()

        assert stage.errors == ""

    def test_a_narrow_terminal_wraps_the_last_column(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No word is lost, and each line fits."""
        monkeypatch.setenv("COLUMNS", "40")
        monkeypatch.setattr(sys, "__stdout__", None)
        stage = Stage(screen=True, environment={"NO_COLOR": "1"})
        words = " ".join(f"word{number}" for number in range(20))
        stage.face.table("t", ("file", "what"), (("a", words),))

        assert all(len(line) <= 40 for line in stage.shown.splitlines())
        assert stage.shown.split() == ["file", "what", "a", *words.split()]


def test_an_error_that_ends_the_run_is_said_once() -> None:
    """Its own lines are all: no verdict line says the same again."""
    out, errors = io.StringIO(), io.StringIO()
    face = TerminalFace({}, "sign", stream=out, errors=errors)
    face.fail(Error("SIGN001", "nothing to sign", fix="Build first.", status=ExitStatus.UNMEASURED))
    face.headline("nothing to sign")
    face.conclude({})
    assert (out.getvalue(), errors.getvalue()) == ("", "sign: nothing to sign (SIGN001)\n  Build first.\n")
