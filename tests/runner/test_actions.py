"""Our real `action.yml` files, run as a job runs them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from actions.declare import ACTIONS, find_action
from maximus import documents
from tests.runner import Result, run_action
from tests.runner.checkout import copy_checkout
from tests.trees import make_tree


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as a runner has unpacked it."""
    return copy_checkout(tmp_path_factory.mktemp("actions") / "v1")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The workspace: a small project at its tag."""
    return make_tree(tmp_path / "workspace")


def run(checkout: Path, name: str, workspace: Path, /, **inputs: object) -> Result:
    """Run an action with inputs, with the tests' own Python first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {key.replace("_", "-"): value for key, value in inputs.items()}
    return run_action(checkout / find_action(name).folder, given, workspace=workspace, environment={"PATH": path})


@pytest.mark.parametrize("name", ACTIONS)
def test_an_unknown_input_fails_with_the_nearest_name(checkout: Path, tree: Path, name: str) -> None:
    """The runner only warns; we end with status 2, one annotation, the summary, and every output set."""
    result = run(checkout, name, tree, tokne="x")

    assert (result.exit_status, result.outcome, result.outputs["exit-status"]) == (2, "failure", "2")
    assert (result.outputs["verdict"], result.outputs["code"]) == ("fail", "RUN002")
    assert set(result.outputs) == {item.name for item in find_action(name).outputs()}
    assert "RUN002" in result.annotations_of("error")[0].message
    assert str(result.summary).startswith(f"### ❌ {name}: ")


def test_sbom_writes_both_documents_and_says_where(checkout: Path, tree: Path) -> None:
    """A step without any input inventories the workspace; a later step reads the paths."""
    result = run(checkout, "sbom", tree)

    assert (result.outcome, result.outputs["verdict"], result.outputs["components"]) == ("success", "pass", "1")
    assert result.annotations == ()
    assert str(result.summary).startswith("### ✅ sbom: ")
    for output, schema in (("spdx", "spdx-2.3"), ("cyclonedx", "cyclonedx-1.6")):
        assert documents.faults(documents.load_json(tree / result.outputs[output]), schema) == ()


def test_names_of_inputs_are_read_in_any_case(checkout: Path, tree: Path) -> None:
    """`Formats:` in a workflow is `formats`."""
    result = run(checkout, "sbom", tree, Formats="spdx", FOLDER="out")

    assert (result.outputs["spdx"], result.outputs["cyclonedx"]) == ("out/sbom.spdx.json", "")


def test_no_foreign_text_becomes_a_command(checkout: Path, tree: Path) -> None:
    """Names of packages, files and inputs that speak the runner's language are only shown."""
    evil = "x\n::error::boom\n##[set-env name=PATH;]/evil\r::add-mask::a"
    lock = tree / "package-lock.json"
    written = json.loads(lock.read_text(encoding="utf-8"))
    written["packages"]["node_modules/::stop-commands::t"] = {"version": "1.0.0\n::error::boom"}
    lock.write_text(json.dumps(written), encoding="utf-8")
    (tree / "::error::a").mkdir()
    (tree / "::error::a" / "package-lock.json").write_text("{", encoding="utf-8")
    result = run(checkout, "sbom", tree, name=evil, version=evil)

    assert {command.name for command in result.commands} <= {"error", "warning", "group", "endgroup", "debug"}
    assert [item for item in result.annotations if item.message.startswith(("boom", "a"))] == []
    assert (result.masks, result.dropped_annotations) == ((), ())


def test_a_job_without_permission_is_told_the_line_to_add(checkout: Path, tree: Path) -> None:
    """`sign` in a job that has no identity is keyless or it fails: status 3 and the YAML, never a key."""
    result = run(checkout, "sign", tree, files="dist/*")

    assert (result.exit_status, result.outputs["exit-status"], result.outputs["signing"]) == (3, "3", "")
    assert "id-token: write" in result.annotations_of("error")[0].message
    assert not list(tree.rglob("*.sigstore.json"))


def test_an_empty_workspace_is_unmeasured(checkout: Path, tmp_path: Path) -> None:
    """A forgotten checkout step is no pass: status 70 and the verdict say that nothing was inventoried."""
    result = run(checkout, "sbom", tmp_path)

    assert (result.exit_status, result.outputs["verdict"]) == (70, "unmeasured")


def test_a_secret_in_an_input_is_masked(checkout: Path, tree: Path) -> None:
    """A token is masked before anything else is said, even when another input is wrong."""
    result = run(checkout, "release", tree, Token="ghs_s3cret", tokne="x")  # noqa: S106 - of no server

    assert result.commands[0].name == "add-mask"
    assert "ghs_s3cret" not in result.log + str(result.summary)


@pytest.mark.parametrize("name", ["sbom", "sign", "verify", "release"])
def test_later_steps_are_never_changed(checkout: Path, tree: Path, name: str) -> None:
    """Nothing is written to GITHUB_ENV or GITHUB_PATH, and no annotation is lost."""
    result = run(checkout, name, tree)

    assert (result.written_environment, result.written_path, result.dropped_annotations) == ("", "", ())
    assert "Traceback" not in result.log


def test_a_hostile_workspace_runs_no_code_of_its_own(checkout: Path, tree: Path) -> None:
    """Modules, a virtual environment's file and a configuration in the workspace are not taken up."""
    for name in ("json", "actions", "maximus", "sitecustomize", "usercustomize", "yaml", "cyclonedx"):
        (tree / f"{name}.py").write_text("raise SystemExit('code of the workspace ran')", encoding="utf-8")
    result = run(checkout, "sbom", tree)

    assert (result.outcome, "workspace ran" in result.log) == ("success", False)


def test_two_runs_are_equal_byte_for_byte(checkout: Path, tree: Path) -> None:
    """Outputs, summary and log of a second run on the same tree are those of the first."""
    first, second = (run(checkout, "sbom", tree) for _ in range(2))

    assert (dict(first.outputs), first.summary, first.raw_log) == (
        dict(second.outputs), second.summary, second.raw_log,
    )  # fmt: skip
