"""What the notes prove: read from the release folder before anything is composed; contradictions are named."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from maximus.notes.sections import Sections

    from ..face import Face
    from .inputs import Inputs

__all__ = ["existing", "read"]


def read(inputs: Inputs, face: Face, command: str, fallback: tuple[str, ...] | None, *, is_sent: bool) -> Sections:
    """Return our own sections for a run of `draft`; files are links only where the release is sent to a server.

    `command` is the line with which anybody verifies the folder, where another action made it; `fallback` what follows
    the notes where neither the caller nor the configuration says. A digest that does not fit its file fails the run.
    """
    from maximus.github.assets import asset_name  # noqa: PLC0415 - only a run needs it
    from maximus.notes.sections import read_sections  # noqa: PLC0415 - as above

    found = read_sections(
        Path(inputs.folder),
        tree=Path(inputs.path),
        command=inputs.verify_command or command,
        verdicts=existing(inputs.verdicts, "verdicts"),
        metrics=existing(inputs.metrics, "metrics"),
        today=_today(face),
        wanted=inputs.sections or None,
        fallback=fallback,
        published_name=asset_name if is_sent else None,
    )
    for mismatch in found.mismatches:
        face.fail(
            Error(
                "DRAFT010",
                "the release folder contradicts itself",
                why=mismatch,
                fix="Run the steps that wrote the evidence again, on the files that are released.",
                where=inputs.folder,
            )
        )
    if found.mismatches:
        face.judge(
            Verdict(
                "draft.evidence",
                Status.FAIL,
                len(found.artifacts) + len(found.documents),
                measured=len(found.mismatches),
                threshold=0,
                unit="contradictions",
                reason="; ".join(found.mismatches)[:500],
                code="DRAFT010",
            )
        )
    return found


def existing(path: str, name: str) -> Path | None:
    """Return the file that an input names, or None where it names none."""
    if not path:
        return None
    if not Path(path).is_file():
        raise Error(
            "DRAFT011",
            f"there is no file {path}",
            fix=f"`{name}` names a document that another action wrote; leave it out to take the folder's own.",
            where=f"input {name}",
            status=ExitStatus.USAGE,
        )
    return Path(path)


def _today(face: Face) -> str:
    """Return the day by which waivers are judged: that of SOURCE_DATE_EPOCH, else today, in UTC."""
    epoch = face.environment.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isascii() and epoch.isdigit() and len(epoch) < 12 else int(time.time())  # noqa: PLR2004 - the year 5138
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
