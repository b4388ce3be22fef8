"""Runs a composite action of `run:` steps as a job's one step and tells what came of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.runner.commandfiles import FileFault, read_entries, read_summary
from tests.runner.log import Annotation, Command, read_log
from tests.runner.metadata import Metadata, Step, evaluate, read_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Result", "run_action"]

TIMEOUT = 300
"""Seconds after which a step is given up."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a workflow, its log and its pages show of a step."""

    exit_status: int
    """The shell's; a workflow cannot see it."""
    outcome: str
    """`success` or `failure`."""
    outputs: Mapping[str, str]
    """The action's outputs, as later steps read them; also of a failed step."""
    annotations: tuple[Annotation, ...]
    dropped_annotations: tuple[Annotation, ...]
    """Those beyond the ten of their kind."""
    summary: str | None
    """The job summary; None where it was too large and was dropped."""
    log: str
    """What a reader sees, masks applied."""
    raw_log: str
    """What the step printed."""
    commands: tuple[Command, ...]
    masks: tuple[str, ...]
    groups: tuple[str, ...]
    written_environment: str
    """What was written to GITHUB_ENV: it would change every later step."""
    written_path: str
    """What was written to GITHUB_PATH, likewise."""

    def annotations_of(self, kind: str) -> tuple[Annotation, ...]:
        """Return the annotations of one kind."""
        return tuple(annotation for annotation in self.annotations if annotation.kind == kind)


def run_action(  # noqa: PLR0913 - each is a fact of the job
    folder: Path,
    inputs: Mapping[str, object] | None = None,
    *,
    workspace: Path,
    environment: Mapping[str, str] | None = None,
    temporary: Path | None = None,
    token: str = "",
) -> Result:
    """Run the folder's `action.yml` with what a caller gives in `with:` and return what came of it.

    Args:
        folder: where the `action.yml` lies, in a whole copy of the repository.
        inputs: what stands in `with:`, in the caller's spelling.
        workspace: the working folder, GITHUB_WORKSPACE.
        environment: variables of the job, over the runner's own (addresses of GitHub, OIDC and so on).
        temporary: RUNNER_TEMP; given, what an earlier step installed there is used again.
        token: what `github.token` stands for.
    """
    metadata = read_metadata(folder)
    with tempfile.TemporaryDirectory(prefix="runner-") as made:
        home = Path(made)
        job = _job_environment(home, workspace, temporary or home / "temp") | dict(environment or {})
        return _run(metadata, folder, inputs or {}, home, job, token)


def _job_environment(home: Path, workspace: Path, temporary: Path) -> dict[str, str]:
    """Return what a runner exports to every step; nothing of this process but the search path."""
    temporary.mkdir(parents=True, exist_ok=True)
    (home / "home").mkdir()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": "https://api.github.example",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_JOB": "release",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "1",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_WORKSPACE": str(workspace),
        "HOME": str(home / "home"),
        "LANG": "C.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(temporary),
        # Empty in a composite's `run:` step (actions/runner#2473).
        "GITHUB_ACTION_REF": "",
        "GITHUB_ACTION_REPOSITORY": "",
    }


def _run(  # noqa: PLR0913, PLR0917 - see run_action
    metadata: Metadata, folder: Path, given: Mapping[str, object], home: Path, job: Mapping[str, str], token: str
) -> Result:
    inputs, annotations = _inputs(metadata, given, token)
    outputs: dict[str, Mapping[str, str]] = {}
    text = ""
    summary, written = b"", {"GITHUB_ENV": "", "GITHUB_PATH": ""}
    faults: list[str] = []
    exit_status = 0
    for number, step in enumerate(metadata.steps):
        if exit_status or faults:
            break
        files = {
            name: home / f"{number}-{name.lower()}"
            for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")
        }
        for path in files.values():
            path.touch()
        env = {key: evaluate(value, inputs=inputs, steps=outputs, token=token) for key, value in step.env}
        paths = {name: str(path) for name, path in files.items()} | {"GITHUB_ACTION_PATH": str(folder)}
        exit_status, printed = _bash(step, home / f"{number}.sh", {**job, **paths, **env})
        text += printed
        summary += files["GITHUB_STEP_SUMMARY"].read_bytes()
        for name in written:
            written[name] += files[name].read_text(encoding="utf-8")
        try:
            outputs[step.id] = read_entries(files["GITHUB_OUTPUT"].read_bytes())
        except FileFault as fault:
            faults.append(f"Unable to process file command 'output' successfully. {fault}")
    return _result(metadata, _Ran(exit_status, text, outputs, summary, written, annotations, faults), token)


@dataclass(frozen=True, slots=True)
class _Ran:
    """What the steps left behind, before the runner has made sense of it."""

    exit_status: int
    text: str
    outputs: Mapping[str, Mapping[str, str]]
    summary: bytes
    written: Mapping[str, str]
    annotations: tuple[Annotation, ...]
    faults: list[str]


def _inputs(
    metadata: Metadata, given: Mapping[str, object], token: str
) -> tuple[dict[str, str], tuple[Annotation, ...]]:
    """Return the inputs in the caller's spelling, defaults filled in, and the warnings about them.

    Unknown ones are passed on; that a required one is missing goes unnoticed.
    """
    known = {item.name.lower() for item in metadata.inputs}
    warnings: list[Annotation] = []
    inputs = {name: _as_text(value) for name, value in given.items()}
    if unexpected := [name for name in inputs if name.lower() not in known]:
        valid = ", ".join(f"'{item.name}'" for item in metadata.inputs)
        listed = ", ".join(f"'{name}'" for name in unexpected)
        warnings.append(Annotation("warning", f"Unexpected input(s) {listed}, valid inputs are [{valid}]"))
    spelt = {name.lower() for name in inputs}
    for item in metadata.inputs:
        if item.name.lower() in spelt:
            if item.deprecation:
                message = f"Input '{item.name}' has been deprecated with message: {item.deprecation}"
                warnings.append(Annotation("warning", message))
        else:
            inputs[item.name] = evaluate(item.default, inputs={}, steps={}, token=token)
    return inputs, tuple(warnings)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bash(step: Step, script: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    script.write_text(step.run, encoding="utf-8", newline="\n")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=environment["GITHUB_WORKSPACE"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _result(metadata: Metadata, ran: _Ran, token: str) -> Result:
    log = read_log((f"::add-mask::{token}\n" if token else "") + ran.text)
    # The caller's step is charged with everything, the warnings about its inputs first.
    printed, log.annotations = log.annotations, []
    for annotation in (*ran.annotations, *printed):
        log.annotate(annotation)
    summary = read_summary(ran.summary)
    if summary is None:
        log.annotate(Annotation("error", "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k"))
    for fault in ran.faults:
        log.annotate(Annotation("error", fault))
    if ran.exit_status:
        log.annotate(Annotation("error", f"Process completed with exit code {ran.exit_status}."))
    outputs = {name: evaluate(value, inputs={}, steps=ran.outputs, token=token) for name, value in metadata.outputs}
    return Result(
        exit_status=ran.exit_status,
        outcome="failure" if ran.exit_status or ran.faults else "success",
        outputs=MappingProxyType(outputs),
        annotations=tuple(log.annotations),
        dropped_annotations=tuple(log.dropped),
        summary=summary if summary is None else log.mask(summary),
        log=log.text,
        raw_log=ran.text,
        commands=tuple(log.commands[bool(token) :]),
        masks=tuple(log.masks),
        groups=tuple(log.groups),
        written_environment=ran.written["GITHUB_ENV"],
        written_path=ran.written["GITHUB_PATH"],
    )
