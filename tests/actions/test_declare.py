"""Inputs and outputs, declared once and parsed in one place."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from types import ModuleType

import pytest
from hypothesis import given as any_given
from hypothesis import strategies as st

from actions.declare import (
    ACTIONS,
    Action,
    Concluded,
    as_json,
    find_action,
    given,
    inputs_from_texts,
    out,
    outputs_as_texts,
    secret_of,
)
from maximus.errors import Error, ExitStatus


@dataclass(frozen=True, slots=True)
class Inputs:
    """One input of each kind."""

    text_one: str = given("A text.", default="x")
    flag: bool = given("A boolean.", default=True)
    items: tuple[str, ...] = given("A list.", default=("a",), choices=("a", "b"))
    mode: str = given("A choice.", default="each", choices=("each", "all"))
    token: str = given("A secret.", secret=True, action_default="${{ github.token }}")
    needed: str = given("A must.", required=True)


@dataclass(frozen=True)
class Outputs(Concluded):
    """Two outputs of its own."""

    found: str = out("What was found.", default="[]")
    html_url: str = out("Where.", name="html_url")


MODULE = ModuleType("sample", "Does a sample.\n\nAnd more.")
MODULE.Inputs = Inputs  # type: ignore[attr-defined]  # what an action's module has
MODULE.Outputs = Outputs  # type: ignore[attr-defined]  # likewise
SAMPLE = Action("sample", MODULE)


def faults(**texts: str) -> str:
    """Return what is wrong with the inputs, or fail where nothing is."""
    with pytest.raises(Error) as caught:
        inputs_from_texts(SAMPLE, {name.replace("_", "-"): text for name, text in texts.items()})
    assert (caught.value.code, caught.value.status) == ("RUN002", ExitStatus.USAGE)
    return caught.value.what


def test_inputs_are_kebab_case_in_their_order() -> None:
    """A field's name with hyphens is what users type."""
    assert [item.name for item in SAMPLE.inputs()] == ["text-one", "flag", "items", "mode", "token", "needed"]


def test_defaults_are_texts_in_the_metadata() -> None:
    """`action.yml` writes a boolean, a list and an expression as the runner takes them."""
    assert [item.default_text for item in SAMPLE.inputs()] == ["x", "true", "a", "each", "${{ github.token }}", ""]


def test_the_common_outputs_come_last() -> None:
    """An action's own outputs come first; a name that is not kebab-case stays as declared."""
    assert [item.name for item in SAMPLE.outputs()] == ["found", "html_url", "verdict", "exit-status", "code"]


def test_texts_become_values_of_their_kind() -> None:
    """A text loses the blanks around it, a boolean is read, a list has an item a line and comments."""
    inputs = inputs_from_texts(
        SAMPLE, {"text-one": " y ", "flag": "false", "items": "b\r\n\n # no\n a \n", "needed": "n", "mode": "all"}
    )

    assert inputs == Inputs(text_one="y", flag=False, items=("b", "a"), needed="n", mode="all")


@pytest.mark.parametrize("spelt", ["Text-One", "TEXT-ONE", "text_one"])
def test_names_are_read_in_any_case(spelt: str) -> None:
    """The runner hands names on as the caller wrote them."""
    assert inputs_from_texts(SAMPLE, {spelt: "y", "needed": "n"}).text_one == "y"


def test_an_empty_text_is_no_input() -> None:
    """What the runner hands on for an absent input leaves the default."""
    assert inputs_from_texts(SAMPLE, {"text-one": "", "flag": " ", "items": "\n", "needed": "n"}) == Inputs(needed="n")


def test_an_unknown_input_gets_the_nearest_name() -> None:
    """A slip is an error that proposes what was meant."""
    assert faults(tokn="x", needed="n") == "unknown input 'tokn': did you mean token?"


def test_an_input_under_two_spellings_is_an_error() -> None:
    """Two values for one input are not decided by their order."""
    with pytest.raises(Error, match="given twice, as 'text-one' and 'Text_One'"):
        inputs_from_texts(SAMPLE, {"text-one": "a", "Text_One": "b", "needed": "n"})


def test_a_missing_input_is_named() -> None:
    """The runner does not enforce `required`; we do, for an empty text too."""
    assert faults(needed=" ") == "input `needed` is required"


@pytest.mark.parametrize("text", ["True", "yes", "1", "on", "truefalse"])
def test_a_boolean_is_true_or_false(text: str) -> None:
    """Anything but the two words is an error that shows what was given."""
    assert faults(flag=text, needed="n") == f"input `flag` is `true` or `false`, not {text!r}"


@pytest.mark.parametrize(("name", "text"), [("mode", "none"), ("items", "a\nc")])
def test_a_choice_is_one_of_its_values(name: str, text: str) -> None:
    """A value that is not among the choices is an error that lists them."""
    assert f"input `{name}` is `" in faults(**{name: text}, needed="n")


def test_a_nul_is_an_error() -> None:
    """No path or argument can hold it, so it goes no further than here."""
    assert faults(text_one="a\0b", needed="n") == "input `text-one` holds a NUL character"


def test_all_faults_come_at_once() -> None:
    """Nobody has to mend a workflow one run at a time."""
    assert faults(flag="yes", mode="none", tokn="x").count("; ") == 3


@any_given(
    st.dictionaries(st.sampled_from(["text-one", "flag", "items", "mode", "token", "needed"]) | st.text(), st.text())
)
def test_any_texts_are_inputs_or_a_usage_error(texts: dict[str, str]) -> None:
    """Whatever a workflow gives, the answer is inputs of the right kinds or one Error."""
    try:
        inputs = inputs_from_texts(SAMPLE, texts)
    except Error as error:
        assert error.status is ExitStatus.USAGE  # noqa: PT017 - either way is right
    else:
        assert [type(value) for value in dataclasses.astuple(inputs)] == [str, bool, tuple, str, str, str]


def test_outputs_are_texts_by_name() -> None:
    """Every output is handed on, empty ones too."""
    texts = outputs_as_texts(SAMPLE, Outputs(found='["a"]', verdict="pass", exit_status="0"))

    assert texts == {"found": '["a"]', "html_url": "", "verdict": "pass", "exit-status": "0", "code": ""}


def test_an_output_of_several_is_one_line_of_sorted_json() -> None:
    """A list in an output is one line of ASCII, equal in every run."""
    assert as_json({"b": ["ü\n"], "a": 1}) == '{"a":1,"b":["\\u00fc\\n"]}'


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_there(name: str) -> None:
    """Each has a title, and defaults that its own parser takes."""
    action = find_action(name)
    defaults = {item.name: item.default_text for item in action.inputs() if item.action_default is None}

    assert action.title
    # What is required has no default, and an empty text is none: `evidence` and `consciousness` have such inputs.
    needed = {item.name: (item.choices or ("x",))[0] for item in action.inputs() if item.required}
    keywords = {name.replace("-", "_"): value for name, value in needed.items()}
    assert inputs_from_texts(action, defaults | needed) == action.module.Inputs(**keywords)


@pytest.mark.parametrize("name", ACTIONS)
def test_every_input_and_output_says_what_it_is(name: str) -> None:
    """Help is a sentence, and the default of a choice is one of the choices."""
    action = find_action(name)
    for item in (*action.inputs(), *action.outputs()):
        assert item.help[0].isupper() or not item.help[0].isalpha(), item.name
        assert item.help.rstrip().endswith((".", ")")), item.name
        values = item.default if isinstance(item.default, tuple) else (item.default,)
        assert not item.choices or all(value in item.choices for value in values if value), item.name


def test_an_unknown_action_gets_the_nearest_name() -> None:
    """A slip in the action's name is wrong usage with a proposal."""
    with pytest.raises(Error, match="there is no action 'sing'") as caught:
        find_action("sing")

    assert (caught.value.fix, caught.value.status) == ("Did you mean sign?", ExitStatus.USAGE)


def test_a_secret_comes_from_a_variable() -> None:
    """`env:NAME` on a terminal reads the variable."""
    assert secret_of("env:TOKEN", {"TOKEN": "s3cret"}, "token") == "s3cret"


@pytest.mark.parametrize("value", ["s3cret", "env:", "file:TOKEN"])
def test_a_secret_is_not_taken_from_an_argument(value: str) -> None:
    """A secret on the command line is refused, and not repeated."""
    with pytest.raises(Error) as caught:
        secret_of(value, {"TOKEN": "x"}, "token")

    assert caught.value.code == "RUN003"
    assert value not in str(caught.value).replace("env:NAME", "")


def test_a_variable_that_is_not_set_is_named() -> None:
    """An empty or missing variable is wrong usage."""
    with pytest.raises(Error, match="variable TOKEN is not set") as caught:
        secret_of("env:TOKEN", {"TOKEN": ""}, "token")

    assert caught.value.code == "RUN004"


def test_json_in_an_output_is_read_again() -> None:
    """The line is JSON."""
    assert json.loads(as_json(["a", {"b": None}])) == ["a", {"b": None}]
