"""The small runner itself, on composites made for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.runner import Annotation, MetadataFault, read_metadata, run_action

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "s3cret"  # noqa: S105 - of no server


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The job's working folder."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def action(tmp_path: Path, run: str, *, env: str = "${{ toJSON(inputs) }}", more: str = "") -> Path:
    """Write a composite of one step and return its folder."""
    folder = tmp_path / "action"
    folder.mkdir()
    (folder / "action.yml").write_text(
        f"""\
name: an action
description: for a test
inputs:
  plain: {{description: one, default: "x"}}
  old-one: {{description: two, deprecationMessage: use plain}}
  token: {{description: three, default: "${{{{ github.token }}}}"}}
  needed: {{description: four, required: true}}
outputs:
  given: {{value: "${{{{ steps.run.outputs.given }}}}"}}
runs:
  using: composite
  steps:
    - id: run
      shell: bash
      env: {{GIVEN: "{env}"}}
      run: {json.dumps(run)}
{more}""",
        encoding="utf-8",
    )
    return folder


def test_inputs_keep_the_callers_spelling_and_defaults_fill_in(tmp_path: Path, workspace: Path) -> None:
    """Names stay as written, all values are texts, absent ones have their default or are empty."""
    folder = action(tmp_path, 'printf %s "given<<E\n$GIVEN\nE" >> "$GITHUB_OUTPUT"')
    result = run_action(folder, {"Plain": True, "extra": 3}, workspace=workspace, token=TOKEN)

    assert json.loads(result.outputs["given"]) == {
        "Plain": "true", "extra": "3", "old-one": "", "token": TOKEN, "needed": "",
    }  # fmt: skip


def test_unknown_and_deprecated_inputs_are_warned_about(tmp_path: Path, workspace: Path) -> None:
    """The runner warns and goes on."""
    result = run_action(action(tmp_path, "true"), {"extra": "", "old-one": "y"}, workspace=workspace)

    assert [item.message.split("'")[1] for item in result.annotations_of("warning")] == ["extra", "old-one"]
    assert result.outcome == "success"


def test_a_failed_step_keeps_its_outputs(tmp_path: Path, workspace: Path) -> None:
    """What was written before the exit counts, and the runner adds its own error."""
    folder = action(tmp_path, 'echo given=1 >> "$GITHUB_OUTPUT"; echo "# s" >> "$GITHUB_STEP_SUMMARY"; exit 3')
    result = run_action(folder, workspace=workspace)

    assert (result.exit_status, result.outcome, dict(result.outputs)) == (3, "failure", {"given": "1"})
    assert result.summary == "# s\n"
    assert result.annotations == (Annotation("error", "Process completed with exit code 3."),)


def test_a_broken_output_file_fails_the_step(tmp_path: Path, workspace: Path) -> None:
    """A heredoc that is not closed is a failure although the shell ended well."""
    result = run_action(action(tmp_path, 'echo "given<<E" >> "$GITHUB_OUTPUT"'), workspace=workspace)

    assert (result.exit_status, result.outcome, result.outputs["given"]) == (0, "failure", "")


def test_the_shell_stops_at_the_first_fault(tmp_path: Path, workspace: Path) -> None:
    """A fault in the middle or in a pipe ends the step."""
    result = run_action(action(tmp_path, "false | cat; echo on"), workspace=workspace)

    assert (result.outcome, result.log) == ("failure", "")


def test_the_token_is_masked(tmp_path: Path, workspace: Path) -> None:
    """The job's token is blotted out of log and summary."""
    folder = action(tmp_path, 'echo "$GIVEN"; echo "$GIVEN" >> "$GITHUB_STEP_SUMMARY"')
    result = run_action(folder, workspace=workspace, token=TOKEN)

    assert "***" in result.log
    assert TOKEN not in result.log + str(result.summary)


def test_a_summary_above_its_limit_is_an_error(tmp_path: Path, workspace: Path) -> None:
    """A summary that is too large is dropped and said so."""
    result = run_action(action(tmp_path, 'head -c 1100000 /dev/zero >> "$GITHUB_STEP_SUMMARY"'), workspace=workspace)

    assert result.summary is None
    assert "upload aborted" in result.annotations[0].message


def test_what_would_change_later_steps_is_told(tmp_path: Path, workspace: Path) -> None:
    """Writes to GITHUB_ENV and GITHUB_PATH are there to be asserted on."""
    result = run_action(action(tmp_path, 'echo A=1 >> "$GITHUB_ENV"; echo /x >> "$GITHUB_PATH"'), workspace=workspace)

    assert (result.written_environment, result.written_path) == ("A=1\n", "/x\n")


def test_the_step_runs_in_the_workspace_with_the_jobs_variables(tmp_path: Path, workspace: Path) -> None:
    """The working folder is the workspace; of this process only the search path is passed on."""
    folder = action(tmp_path, 'echo "$PWD $EXTRA"; env')
    result = run_action(folder, workspace=workspace, environment={"EXTRA": "e"})

    assert result.log.startswith(f"{workspace} e")
    assert "PYTEST_CURRENT_TEST" not in result.log
    assert f"GITHUB_ACTION_PATH={folder}" in result.log


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("${{ toJSON(inputs) }}", "${{ toJSON(github) }}"), "toJSON\\(github\\)"),
        (("shell: bash", "if: always()"), "if"),
        (("shell: bash", "shell: sh"), "sh"),
        (("      shell: bash\n", ""), "missing: shell"),
        (("using: composite", "using: node24"), "node24"),
    ],
)
def test_what_this_runner_does_not_know_is_a_fault(
    tmp_path: Path, workspace: Path, change: tuple[str, str], says: str
) -> None:
    """An expression, key, shell or kind of action that it would have to guess about is refused."""
    folder = action(tmp_path, "true")
    path = folder / "action.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(MetadataFault, match=says):
        run_action(folder, workspace=workspace)


def test_a_linked_action_cannot_be_found(tmp_path: Path) -> None:
    """On Windows a link arrives as a text file, so none is taken here."""
    folder = action(tmp_path, "true")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "action.yml").symlink_to(folder / "action.yml")
    with pytest.raises(MetadataFault, match="Can't find"):
        read_metadata(tmp_path / "link")
