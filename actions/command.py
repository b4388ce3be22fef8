"""From a command line or a job's step to an action and back: the one place that catches errors."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus

from .declare import Action, find_action, inputs_from_texts, outputs_as_texts
from .overview import overview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from .face import Face

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
"""The checkout's root; in an installed wheel, the package's."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run what the command line and the environment ask for and return the exit status.

    Where `MAXIMUS_INPUTS` is set the inputs come from it and the runner's face speaks, else the terminal's.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # -I ignores PYTHONUTF8, and Windows' consoles are not UTF-8 by themselves.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # A job that is cancelled gets SIGTERM: leave as from Ctrl-C, so that temporary files are removed.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        run = _run_step if "MAXIMUS_INPUTS" in environment else _run_command
        status = run(arguments, environment)
        # What is still to be written shall fail here and not while Python ends.
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was finished is on disk, a second run does the rest\n")
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): not our fault, and nothing left to say it to. Python itself
        # would complain when it flushes for the last time, so that goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitStatus.OUTSIDE)
    return status


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run_step(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    from .runner import RunnerFace, read_inputs  # noqa: PLC0415 - one face is enough

    face: Face = RunnerFace(environment, arguments[0] if arguments else "maximus")
    try:
        action = find_action(arguments[0] if arguments else "")
        texts = read_inputs(environment)
    except Error as error:
        face.fail(error)
        face.headline(error.headline)
        face.conclude({})
        return int(face.record.exit_status)
    return _run(action, texts, face)


def _run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    from .terminal import TerminalFace, action_help, options_of  # noqa: PLC0415 - one face is enough

    shown = overview(arguments)
    if shown is not None:
        sys.stdout.write(shown)
        return 0
    as_json = "--json" in arguments
    try:
        action = find_action(arguments[0])
        if "--help" in arguments or "-h" in arguments:
            sys.stdout.write(action_help(action))
            return 0
        texts, as_json, _ = options_of(action, arguments[1:], environment)
    except Error as error:
        face = TerminalFace(environment, "maximus", as_json=as_json)
        face.fail(error)
        if as_json:
            face.headline(error.what)
            face.conclude({})
        return int(error.status)
    return _run(action, texts, TerminalFace(environment, action.name, as_json=as_json))


def _run(action: Action, texts: Mapping[str, str], face: Face) -> int:
    """Run the action and conclude: outputs are handed over whatever happened."""
    outputs: Any = action.module.Outputs()
    _mask_secrets(action, texts, face)
    try:
        inputs = inputs_from_texts(action, texts)
        _make_importable(action, face)
        outputs = action.module.run(inputs, face)
    except Error as error:
        _give_up(face, error)
    except RecursionError as fault:
        _give_up(face, Error("RUN020", "some input nests deeper than can be read", why=str(fault)))
    except BrokenPipeError:
        raise
    except OSError as fault:
        # A full disk, a name that is too long, a folder without permission: the machine's, not a bug.
        _give_up(face, Error("RUN021", f"cannot use {fault.filename or 'a file'}", why=fault.strerror or str(fault)))
    record = face.record
    status = record.exit_status
    outputs = dataclasses.replace(
        outputs,
        verdict=record.status.value,
        exit_status=str(int(status)),
        code=record.errors[0].code if record.errors else "",
    )
    with contextlib.suppress(BrokenPipeError):
        face.conclude(outputs_as_texts(action, outputs))
    return int(status)


def _give_up(face: Face, error: Error) -> None:
    face.fail(error)
    face.headline(error.what)


def _mask_secrets(action: Action, texts: Mapping[str, str], face: Face) -> None:
    """Have every credential blotted out before anything else is said, however its input is spelt."""
    secret = {item.name for item in action.inputs() if item.secret}
    for name, text in texts.items():
        if text and name.lower().replace("_", "-") in secret:
            face.mask(text)


def _make_importable(action: Action, face: Face) -> None:
    from .dependencies import make_importable  # noqa: PLC0415 - what `--help` does not need

    make_importable(action.name, ROOT, face.environment, face.say)
