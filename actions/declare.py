"""How an action declares its inputs and outputs: fields of two frozen dataclasses, written once.

From these fields come the parsing of `MAXIMUS_INPUTS`, the terminal's options, `action.yml` and the
tables of the READMEs. Standard library only: `--help` needs nothing else.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus, nearest

from . import ACTIONS
from .overview import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

__all__ = [
    "ACTIONS",
    "GITHUB_ISSUER",
    "Action",
    "Concluded",
    "Declared",
    "as_json",
    "find_action",
    "given",
    "inputs_from_texts",
    "out",
    "outputs_as_texts",
    "secret_of",
]

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
"""Who vouches for the jobs on GitHub's own servers; here, because several actions' defaults name it."""


def given(  # noqa: PLR0913 - each is a fact about an input
    help: str,  # noqa: A002 - the word a reader expects
    *,
    default: str | bool | tuple[str, ...] = "",
    choices: Sequence[str] = (),
    required: bool = False,
    secret: bool = False,
    metavar: str = "",
    action_default: str | None = None,
    deprecated: str = "",
) -> Any:  # noqa: ANN401 - a dataclass field stands in for the field's own type
    """Declare an input.

    Args:
        help: one sentence or two, as README, `--help` and `action.yml` show it.
        default: its type is the input's: text, boolean, or a list given one item a line.
        choices: the values that are allowed; for a list, those of its items.
        required: whether a run without it is a usage error.
        secret: whether it is a credential: masked, and on a terminal taken as `env:NAME` only.
        metavar: what stands for the value in `--help`.
        action_default: the default in `action.yml` where it is an expression of the runner's.
        deprecated: what to use instead, one sentence.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": tuple(choices),
            "required": required,
            "secret": secret,
            "metavar": metavar,
            "action_default": action_default,
            "deprecated": deprecated,
        },
    )


def out(help: str, *, name: str = "", default: str = "") -> Any:  # noqa: A002, ANN401 - as for `given`
    """Declare an output; `name` where it is not the field's own in kebab-case."""
    return dataclasses.field(default=default, metadata={"help": help, "name": name})


@dataclass(frozen=True, kw_only=True)
class Concluded:
    """The outputs that every action has; the entry point fills them in, also when the action failed."""

    verdict: str = out("`pass`, `fail`, `unmeasured` or `waived`.")
    exit_status: str = out(
        "0 pass, 1 a check failed, 2 wrong usage, 3 something outside failed (network, GitHub, Sigstore), "
        "70 nothing was measured. GitHub shows a later step only that this one failed; this says how."
    )
    code: str = out("The code of the first error, such as `SIGN004`; empty without one.")


@dataclass(frozen=True, slots=True)
class Declared:
    """One input or output, as its field declares it."""

    field: str
    """The dataclass field."""
    name: str
    """What users type."""
    help: str
    kind: type
    """`str`, `bool` or `tuple`."""
    default: Any = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    metavar: str = ""
    action_default: str | None = None
    deprecated: str = ""

    @property
    def default_text(self) -> str:
        """The default as `action.yml` writes it."""
        if self.action_default is not None:
            return self.action_default
        return _as_text(self.default)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "\n".join(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class Action:
    """An action: its module, and what it declares."""

    name: str
    module: ModuleType

    @property
    def title(self) -> str:
        """What it does, in one line: the first line of its module's docstring."""
        return title_of(self.name)

    @property
    def folder(self) -> str:
        """Where its `action.yml` lies, relative to the repository's root."""
        return "." if self.name == "release" else self.name

    def inputs(self) -> tuple[Declared, ...]:
        """Return its inputs, in the order of declaration."""
        hints = typing.get_type_hints(self.module.Inputs)
        return tuple(
            Declared(
                field=field.name,
                name=field.name.replace("_", "-"),
                kind=typing.get_origin(hints[field.name]) or hints[field.name],
                default=field.default,
                **field.metadata,
            )
            for field in dataclasses.fields(self.module.Inputs)
        )

    def outputs(self) -> tuple[Declared, ...]:
        """Return its outputs, in the order of declaration."""
        common = {field.name for field in dataclasses.fields(Concluded)}
        fields = dataclasses.fields(self.module.Outputs)
        return tuple(
            Declared(
                field=field.name,
                name=field.metadata["name"] or field.name.replace("_", "-"),
                help=field.metadata["help"],
                kind=str,
                default=field.default,
            )
            for field in sorted(fields, key=lambda field: field.name in common)
        )


def find_action(name: str) -> Action:
    """Return the action called `name`; raise Error RUN001 (usage) with the nearest name where there is none."""
    if name not in ACTIONS:
        raise Error(
            "RUN001",
            f"there is no action {name!r}",
            fix=nearest(name, ACTIONS).capitalize(),
            status=ExitStatus.USAGE,
        )
    return Action(name, importlib.import_module(f".{name}", __package__))


def inputs_from_texts(action: Action, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - the action's own Inputs
    """Return the action's `Inputs` from texts by input name, whatever the case of the names.

    An empty text means that the input was not given. All faults are gathered and raised as one
    Error RUN002 (usage), each naming its input.
    """
    declared = {item.name: item for item in action.inputs()}
    seen: dict[str, str] = {}
    wrong: list[str] = []
    values: dict[str, Any] = {}
    for written, text in texts.items():
        item = declared.get(written.lower().replace("_", "-")) or declared.get(written.lower())
        if item is None:
            wrong.append(f"unknown input {written!r}: {nearest(written, tuple(declared))}")
            continue
        if item.name in seen:
            wrong.append(f"input `{item.name}` is given twice, as {seen[item.name]!r} and {written!r}")
        seen[item.name] = written
        try:
            if text.strip():
                values[item.field] = _parse(item, text)
        except ValueError as fault:
            wrong.append(f"input `{item.name}` {fault}")
    wrong += [
        f"input `{item.name}` is required" for item in declared.values() if item.required and item.field not in values
    ]
    if wrong:
        raise Error(
            "RUN002",
            "; ".join(sorted(wrong)),
            fix=f"The inputs are listed by `python3 actions {action.name} --help`.",
            status=ExitStatus.USAGE,
        )
    return action.module.Inputs(**values)


def _parse(item: Declared, text: str) -> str | bool | tuple[str, ...]:
    """Return the value of an input; raise ValueError with the end of a sentence about it."""
    if "\0" in text:
        # No file, argument or variable can hold one; found here it is a sentence, later a traceback.
        msg = "holds a NUL character"
        raise ValueError(msg)
    if item.kind is bool:
        if text.strip() not in ("true", "false"):
            msg = f"is `true` or `false`, not {text.strip()!r}"
            raise ValueError(msg)
        return text.strip() == "true"
    if item.kind is tuple:
        lines = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
        for line in lines:
            _check_choice(item, line)
        return lines
    value = text if item.name in ("header", "footer") else text.strip()
    _check_choice(item, value)
    return value


def _check_choice(item: Declared, value: str) -> None:
    if item.choices and value not in item.choices:
        msg = f"is {' or '.join(f'`{choice}`' for choice in item.choices)}, not {value!r}"
        raise ValueError(msg)


def secret_of(value: str, environment: Mapping[str, str], name: str) -> str:
    """Return the secret that a terminal's option names as `env:NAME`.

    Raises Error RUN003 (usage) for a value given directly, which every user of the machine could read
    in the list of processes, and RUN004 where the variable is not set.
    """
    prefix, _, variable = value.partition(":")
    if prefix != "env" or not variable:
        raise Error(
            "RUN003",
            f"`--{name}` takes the name of an environment variable, not the secret itself",
            why="arguments can be read by every process of this machine",
            fix=f"Put it into a variable and write --{name} env:NAME.",
            status=ExitStatus.USAGE,
        )
    if not environment.get(variable):
        raise Error(
            "RUN004",
            f"the environment variable {variable} is not set",
            fix=f"`--{name} env:{variable}` reads it.",
            status=ExitStatus.USAGE,
        )
    return environment[variable]


def outputs_as_texts(action: Action, outputs: object) -> dict[str, str]:
    """Return every output's text by its name, in the order in which they are declared."""
    return {item.name: _as_text(getattr(outputs, item.field)) for item in action.outputs()}


def as_json(value: object) -> str:
    """Return a list or mapping as an output carries it: one line of sorted JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
