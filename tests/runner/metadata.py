"""An `action.yml` as the runner reads it, and the few expressions that ours may hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Input", "Metadata", "MetadataFault", "Step", "evaluate", "read_metadata", "to_json"]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STEP_KEYS = {"id", "name", "run", "shell", "env"}
"""Of those that a runner knows, the ones that ours need."""


class MetadataFault(Exception):  # noqa: N818 - the house says fault
    """The action cannot be run: by a runner, or by what this one knows of it."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input as `action.yml` declares it."""

    name: str
    description: str
    default: str
    required: bool
    deprecation: str


@dataclass(frozen=True, slots=True)
class Step:
    """A composite's `run:` step."""

    id: str
    run: str
    shell: str
    env: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an `action.yml` says."""

    name: str
    description: str
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, str], ...]
    """Name and the expression of the value."""
    steps: tuple[Step, ...]


def read_metadata(folder: Path) -> Metadata:
    """Return the folder's `action.yml`; raise MetadataFault for what no runner, or not this one, can run."""
    path = folder / "action.yml"
    if not path.is_file() or path.is_symlink():
        message = f"Can't find 'action.yml' under '{folder}'"
        raise MetadataFault(message)
    loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    runs = loaded.get("runs", {})
    if runs.get("using") != "composite":
        message = f"this runner knows composites only, not {runs.get('using')!r}"
        raise MetadataFault(message)
    return Metadata(
        name=loaded["name"],
        description=loaded["description"],
        inputs=tuple(_input(name, given or {}) for name, given in (loaded.get("inputs") or {}).items()),
        outputs=tuple((name, given["value"]) for name, given in (loaded.get("outputs") or {}).items()),
        steps=tuple(_step(given) for given in runs["steps"]),
    )


def _input(name: str, given: Mapping[str, Any]) -> Input:
    return Input(
        name=name,
        description=given.get("description", ""),
        default=_text(given.get("default")),
        required=given.get("required") in (True, "true"),
        deprecation=given.get("deprecationMessage", ""),
    )


def _step(given: Mapping[str, Any]) -> Step:
    if unknown := set(given) - _STEP_KEYS:
        message = f"this runner does not know the step's {', '.join(sorted(unknown))}"
        raise MetadataFault(message)
    if given.get("shell") != "bash":
        message = "Required property is missing: shell" if "shell" not in given else f"no shell {given['shell']!r} here"
        raise MetadataFault(message)
    env = given.get("env") or {}
    return Step(given.get("id", ""), given["run"], given["shell"], tuple((key, _text(env[key])) for key in env))


def _text(value: object) -> str:
    """Return a scalar as the runner's YAML has it: every value is a text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(text: str, *, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], token: str) -> str:
    """Return the text with its expressions evaluated.

    Known are `toJSON(inputs)`, `github.token` and `steps.ID.outputs.NAME`; anything else is a MetadataFault,
    because a value that this runner had to guess would prove nothing.
    """

    def value(match: re.Match[str]) -> str:
        expression = match[1].strip()
        if expression == "toJSON(inputs)":
            return to_json(inputs)
        if expression == "github.token":
            return token
        if found := re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", expression):
            return steps.get(found[1], {}).get(found[2], "")
        message = f"this runner does not know the expression {expression!r}"
        raise MetadataFault(message)

    return _EXPRESSION.sub(value, text)


def to_json(inputs: Mapping[str, str]) -> str:
    """Return the inputs as the runner's toJSON writes them: indented by two, in their order."""
    return json.dumps(dict(inputs), indent=2, ensure_ascii=False)
