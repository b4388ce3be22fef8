"""From a command line or a step to an action and back: the one place where errors are caught."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from actions import command, declare
from actions.declare import Action, Concluded, given, out
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict
from tests.runner import read_entries, read_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actions.face import Face

SECRET = "s3cret-value"  # noqa: S105 - of no server


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the action of these tests is asked for."""

    path: str = given("A path.", default=".")
    token: str = given("A secret.", secret=True)


@dataclass(frozen=True)
class Outputs(Concluded):
    """What it hands on."""

    found: str = out("What was found.", default="[]")


if TYPE_CHECKING:
    Run = Callable[[Inputs, Face], Outputs]
    Play = Callable[[Run], None]
    Step = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture(autouse=True)
def _keep_signals() -> Iterator[None]:
    """The command takes over SIGTERM; the tests' own process gets it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Put an action in the place of `sbom`."""

    def put(run: Run) -> None:
        module = ModuleType("sample", "Does a sample.")
        module.Inputs, module.Outputs, module.run = Inputs, Outputs, run  # type: ignore[attr-defined]  # an action's
        monkeypatch.setattr(command, "find_action", lambda name: Action(name, module))
        monkeypatch.setattr(command, "_make_importable", lambda *_: None)

    return put


def passing(inputs: Inputs, face: Face) -> Outputs:
    """An action that passes and tells its secret."""
    face.judge(Verdict("sbom.spdx", Status.PASS, 1))
    face.say(f"the path is {inputs.path}, the secret {inputs.token}")
    face.headline("all is well")
    return Outputs(found='["a"]')


def raising(error: BaseException) -> Run:
    """Return an action that has found something and then raises."""

    def run(inputs: Inputs, face: Face) -> Outputs:
        face.judge(Verdict("sbom.spdx", Status.PASS, len(inputs.path)))
        raise error

    return run


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """Run the command as a step does and return status and outputs."""

    def run(name: str = "sbom", **inputs: str) -> tuple[int, dict[str, str]]:
        output = tmp_path / "output"
        environment = {
            "MAXIMUS_INPUTS": json.dumps({key.replace("_", "-"): text for key, text in inputs.items()}),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
        status = command.main([name], environment)
        return status, read_entries(output.read_bytes())

    return run


def test_a_step_hands_over_every_output(play: Play, step: Step) -> None:
    """The action's own outputs and the common three, as declared."""
    play(passing)

    assert step(path="x") == (0, {"found": '["a"]', "verdict": "pass", "exit-status": "0", "code": ""})


@pytest.mark.parametrize("spelt", ["token", "Token", "TOKEN"])
def test_a_steps_secret_is_masked_first(play: Play, step: Step, capsys: pytest.CaptureFixture[str], spelt: str) -> None:
    """However the input is spelt, the log shows nothing of it."""
    play(passing)
    step(**{spelt: SECRET})
    printed = capsys.readouterr().out

    assert printed.startswith(f"::add-mask::{SECRET}\n")
    assert SECRET not in read_log(printed).text


def test_a_terminals_secret_is_never_shown(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    """What comes from a variable is blotted out of everything that is shown."""
    play(passing)
    command.main(["sbom", "--token", "env:T"], {"T": SECRET})
    shown = capsys.readouterr()

    assert "the secret ***" in shown.out
    assert SECRET not in shown.out + shown.err


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (ExitStatus.FAILED, "fail"),
        (ExitStatus.USAGE, "fail"),
        (ExitStatus.OUTSIDE, "fail"),
        (ExitStatus.UNMEASURED, "unmeasured"),
    ],
)
def test_an_error_sets_the_outputs_too(play: Play, step: Step, status: ExitStatus, verdict: str) -> None:
    """A workflow sees only that a step failed; the outputs say how."""
    play(raising(Error("SBOM004", "what", status=status)))

    assert step() == (
        int(status),
        {"found": "[]", "verdict": verdict, "exit-status": str(int(status)), "code": "SBOM004"},
    )


def test_nesting_without_end_is_an_error(play: Play, step: Step) -> None:
    """A document that nests too deep for its reader is bad input and no bug."""
    play(raising(RecursionError("maximum recursion depth exceeded")))

    assert step()[1]["code"] == "RUN020"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.ENAMETOOLONG])
def test_what_the_machine_refuses_is_an_error(
    play: Play, step: Step, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """A full disk, a folder without permission and a name that is too long are told in one line."""
    play(raising(OSError(number, os.strerror(number), "dist/a")))
    status, outputs = step()
    printed = capsys.readouterr()

    assert (status, outputs["code"]) == (1, "RUN021")
    assert f"cannot use dist/a: {os.strerror(number)}" in printed.out
    assert "Traceback" not in printed.out + printed.err


def test_a_bug_keeps_its_traceback(play: Play, step: Step) -> None:
    """What is no Error and not the machine's fault is ours, and is not dressed up."""
    play(raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        step()


def test_an_interruption_says_what_is_left(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C and a cancelled job end with 130 and no traceback."""
    play(raising(KeyboardInterrupt()))

    assert command.main(["sbom"], {}) == 130
    assert capsys.readouterr().err == "interrupted; what was finished is on disk, a second run does the rest\n"


def test_a_cancelled_job_is_an_interruption(play: Play) -> None:
    """SIGTERM ends a run as Ctrl-C does, so that temporary files are removed."""

    def cancelled(inputs: Inputs, face: Face) -> Outputs:
        face.say(inputs.path)
        os.kill(os.getpid(), signal.SIGTERM)
        return Outputs()

    play(cancelled)

    assert command.main(["sbom"], {}) == 130


def test_json_is_one_document_whatever_happened(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that reads standard output finds outputs and errors of a failed run."""
    play(raising(Error("SBOM004", "what", status=ExitStatus.OUTSIDE)))
    status = command.main(["sbom", "--json"], {})
    document = json.loads(capsys.readouterr().out)

    assert status == 3
    assert document["outputs"]["exit-status"] == "3"
    assert [error["code"] for error in document["errors"]] == ["SBOM004"]


@pytest.mark.parametrize("arguments", [["sing", "--json"], ["sbom", "--pth", "x", "--json"]])
def test_json_is_one_document_for_wrong_usage_too(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown action or option is in the document as well."""
    status = command.main(arguments, {})
    document = json.loads(capsys.readouterr().out)

    assert status == 2
    assert len(document["errors"]) == 1


@pytest.mark.parametrize(
    ("inputs", "code"),
    [("[]", "RUN011"), ("{", "RUN010"), ('{"pth": "x"}', "RUN002"), ('{"path": "a\\u0000"}', "RUN002")],
)
def test_a_step_with_wrong_inputs_is_an_annotation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, inputs: str, code: str
) -> None:
    """Wrong usage in a job is one error annotation, the summary and status 2."""
    environment = {"MAXIMUS_INPUTS": inputs, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    status = command.main(["sbom"], environment)
    log = read_log(capsys.readouterr().out)

    assert status == 2
    assert [code in annotation.message for annotation in log.annotations] == [True]
    assert code in (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [[], ["sing"]])
def test_a_step_without_a_known_action_is_an_annotation(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An `action.yml` that names no action of ours fails with a sentence."""
    assert command.main(arguments, {"MAXIMUS_INPUTS": "{}"}) == 2
    assert "RUN001" in read_log(capsys.readouterr().out).annotations[0].message


def test_a_signal_leaves_no_half_written_file(tmp_path: Path) -> None:
    """A process that is told to end while it writes removes what it has begun."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from actions import command\n"
        "from maximus import files\n"
        "signal.signal(signal.SIGTERM, command._interrupt)\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGTERM)\n"
        "files.write_whole(Path(sys.argv[1]), b'x' * 1000)\n"
    )
    root = Path(declare.__file__).parents[1]
    path = os.pathsep.join([str(root), str(root / "lib")])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a")],
        env=dict(os.environ) | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_the_outputs_are_the_actions_own_class(play: Play, step: Step) -> None:
    """What the entry point fills in does not touch what the action found."""
    play(lambda inputs, face: replace(passing(inputs, face), verdict="nonsense", code="nonsense"))

    assert step()[1] == {"found": '["a"]', "verdict": "pass", "exit-status": "0", "code": ""}
