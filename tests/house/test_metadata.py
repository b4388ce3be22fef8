"""Every `action.yml` that we ship: made from the declarations, one step, nothing that could be injected."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.declare import ACTIONS, find_action
from tests.runner import read_metadata

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("action.y*ml"), *ROOT.glob("*/action.y*ml")))
EVERY_FILE = pytest.mark.parametrize("file", FILES)
EVERY_ACTION = pytest.mark.parametrize("name", ACTIONS)

# Of Marketplace; documented under "branding".
COLOURS = {"white", "black", "yellow", "blue", "green", "orange", "red", "purple", "gray-dark"}
RELEASE_DRAFTER = {"html_url", "upload_url", "tag_name", "resolved_version", "major_version", "minor_version",
                   "patch_version"}  # fmt: skip
"""Outputs whose names are those of an action that ours stands in for."""


def load(file: str) -> dict[str, Any]:
    """Return what an `action.yml` holds."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    return loaded


def test_every_action_has_its_file_and_no_other_has() -> None:
    """One `action.yml` for each action, at the path that users type."""
    assert sorted((Path(find_action(name).folder) / "action.yml").as_posix() for name in ACTIONS) == FILES


def test_what_is_generated_is_up_to_date() -> None:
    """Metadata, tables and pages are what `tools/generate.py` makes of the declarations."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@EVERY_FILE
def test_an_action_is_one_step_that_uses_nothing(file: str) -> None:
    """Exactly one `run:` with bash, and no `uses:`: no transitive supply chain."""
    steps = load(file)["runs"]["steps"]

    assert [set(step) & {"run", "uses", "shell"} for step in steps] == [{"run", "shell"}]
    assert "uses:" not in (ROOT / file).read_text(encoding="utf-8")


@EVERY_FILE
def test_no_expression_stands_in_a_command(file: str) -> None:
    """The runner substitutes text before the shell parses it: an expression in `run:` is an injection."""
    assert all("${{" not in step["run"] for step in load(file)["runs"]["steps"])


@EVERY_FILE
def test_inputs_travel_in_one_variable(file: str) -> None:
    """A composite's step gets no INPUT_ variables; all inputs come as one JSON value, and nothing else comes."""
    assert load(file)["runs"]["steps"][0]["env"] == {"MAXIMUS_INPUTS": "${{ toJSON(inputs) }}"}


@EVERY_FILE
def test_the_command_finds_the_code_by_the_runners_variable(file: str) -> None:
    """The variable is translated in container jobs, the expression is not; -I keeps the workspace's code out."""
    up = "" if "/" not in file else "/.."
    command = load(file)["runs"]["steps"][0]["run"]

    assert re.fullmatch(rf'python3 -I "\$GITHUB_ACTION_PATH{re.escape(up)}/actions" [a-z]+', command)


@EVERY_ACTION
def test_inputs_are_the_declared_ones(name: str) -> None:
    """Names, defaults and what is required are those of `Inputs`, in their order."""
    action = find_action(name)
    metadata = read_metadata(ROOT / action.folder)

    assert [(item.name, item.default, item.required) for item in metadata.inputs] == [
        (item.name, "" if item.required else item.default_text, item.required) for item in action.inputs()
    ]


@EVERY_ACTION
def test_outputs_are_the_declared_ones(name: str) -> None:
    """Each output hands on the step's output of the same name."""
    action = find_action(name)
    step = read_metadata(ROOT / action.folder).steps[0].id

    assert read_metadata(ROOT / action.folder).outputs == tuple(
        (item.name, f"${{{{ steps.{step}.outputs.{item.name} }}}}") for item in action.outputs()
    )


@EVERY_FILE
def test_names_are_kebab_case(file: str) -> None:
    """Inputs and outputs are lower case with hyphens, but for the names that another action gave."""
    loaded = load(file)
    names = {*loaded["inputs"], *loaded["outputs"]} - RELEASE_DRAFTER

    assert [name for name in sorted(names) if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)] == []


@EVERY_FILE
def test_marketplace_finds_what_it_needs(file: str) -> None:
    """Name, description, author and a colour and icon of its list."""
    loaded = load(file)

    assert loaded["name"]
    assert loaded["author"]
    assert 0 < len(loaded["description"]) <= 125
    assert loaded["branding"]["color"] in COLOURS
    assert re.fullmatch(r"[a-z0-9-]+", loaded["branding"]["icon"])


def test_names_are_unique() -> None:
    """No two actions have one name."""
    names = [load(file)["name"] for file in FILES]

    assert len(set(names)) == len(names)


@EVERY_FILE
def test_every_value_is_a_text(file: str) -> None:
    """The runner's inputs are texts; a YAML boolean or number as default would be another value in another reader."""
    assert [name for name, item in load(file)["inputs"].items() if not isinstance(item.get("default", ""), str)] == []


@EVERY_ACTION
def test_the_readme_lies_beside_it(name: str) -> None:
    """The folder that users type holds its page, and names every input and output on it."""
    action = find_action(name)
    page = (ROOT / action.folder / "README.md").read_text(encoding="utf-8")

    assert [item.name for item in (*action.inputs(), *action.outputs())
            if not item.deprecated and f"`{item.name}`" not in page] == []  # fmt: skip
