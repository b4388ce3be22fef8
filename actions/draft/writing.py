"""What `draft` is asked for in words of the notes, and how what it made of them is written and put out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maximus.files import EVIDENCE, write_whole

from .inputs import Inputs, Outputs

if TYPE_CHECKING:
    from maximus.notes.composition import Notes
    from maximus.notes.settings import Request

__all__ = ["compat_of", "outputs_of", "request_of", "write_body"]


def request_of(inputs: Inputs) -> Request:
    """Return what the caller asks for, in the words of the notes."""
    from maximus.notes.settings import Request  # noqa: PLC0415 - only a run needs it

    def decided(text: str) -> bool | None:
        return None if not text else text == "true"

    return Request(
        version=inputs.version,
        tag=inputs.tag,
        name=inputs.name,
        latest=decided(inputs.latest),
        prerelease=decided(inputs.prerelease),
        prerelease_identifier=inputs.prerelease_identifier,
        include_pre_releases=decided(inputs.include_pre_releases),
        commitish=inputs.commitish,
        # As the runner's own toolkit reads inputs: release-drafter never saw the blanks around them.
        header=inputs.header.strip(),
        footer=inputs.footer.strip(),
        filter_by_range=inputs.filter_by_range,
        protect_edits=inputs.protect_edits,
        compat=compat_of(inputs),
        initial_commits_since=inputs.initial_commits_since,
        base="nearest" if inputs.base == "nearest" else "latest" if inputs.base else None,
    )


def compat_of(inputs: Inputs) -> Literal["v6", "v7"] | None:
    """Return the version of release-drafter whose ways are asked for; None where the configuration decides."""
    return "v6" if inputs.compat == "v6" else "v7" if inputs.compat else None


def write_body(inputs: Inputs, body: str, behind: str, name: str = "notes.md") -> tuple[Path, str]:
    """Write the whole text, our sections behind it, and return where and what; the folder is made where missing."""
    path = Path(inputs.folder) / EVIDENCE / name
    whole = body + behind
    write_whole(path, whole if whole.endswith("\n") else whole + "\n")
    return path, whole


def outputs_of(notes: Notes, path: Path, body: str) -> Outputs:
    """Return the outputs that tell of the notes alone."""
    return Outputs(
        tag_name=notes.tag,
        name=notes.name,
        body=body,
        resolved_version=notes.version,
        major_version=str(notes.resolved.major),
        minor_version=str(notes.resolved.minor),
        patch_version=str(notes.resolved.patch),
        body_file=str(path),
    )
