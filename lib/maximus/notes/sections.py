"""Our own sections behind the notes: what is attached and how to prove it, from the release folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus import markdown
from maximus.files import BUNDLE_SUFFIX, EVIDENCE, hash_file, list_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "STATEMENT_BUNDLE",
    "Artifact",
    "artifacts_section",
    "list_artifacts",
    "list_attachments",
    "sections",
    "verification_section",
]

STATEMENT_BUNDLE = f"release{BUNDLE_SUFFIX}"
"""The one bundle over all files, where they were signed by one statement."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the release folder."""

    name: str
    """Its path relative to the folder, with `/`."""
    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""
    bundle: str = ""
    """The name of the bundle that proves it; empty where there is none."""


def list_attachments(folder: Path) -> tuple[Path, ...]:
    """Return what is attached to the release: every file of the folder except the evidence, sorted by name.

    Raises Error FILE004 for a link that leads out of the folder.
    """
    if not folder.is_dir():
        return ()
    return tuple(path for path in list_folder(folder) if path.relative_to(folder).parts[0] != EVIDENCE)


def list_artifacts(folder: Path) -> tuple[Artifact, ...]:
    """Return the attached files that are no bundles, each with its bundle, sorted by name."""
    paths = list_attachments(folder)
    names = {path.relative_to(folder).as_posix() for path in paths}
    found = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if name.endswith(BUNDLE_SUFFIX):
            continue
        read = hash_file(path)
        bundle = next((b for b in (name + BUNDLE_SUFFIX, STATEMENT_BUNDLE) if b in names), "")
        found.append(Artifact(name, read.size, read.sha256, bundle))
    return tuple(found)


def artifacts_section(artifacts: Sequence[Artifact]) -> str:
    """Return the section that lists the files, or an empty text without any."""
    if not artifacts:
        return ""
    rows = [
        (
            markdown.code(artifact.name),
            f"{artifact.size:,}",
            markdown.code(artifact.sha256),
            markdown.code(artifact.bundle) if artifact.bundle else "not signed",
        )
        for artifact in artifacts
    ]
    return "## Artifacts\n\n" + markdown.table(("File", "Bytes", "SHA-256", "Bundle"), rows)


def verification_section(command: str) -> str:
    """Return the section with the command that proves the release, or an empty text without a command."""
    if not command.strip():
        return ""
    return "## Verification\n\nDownload the release's files into a folder and run:\n\n" + markdown.fence(command, "sh")


def sections(folder: Path, command: str = "") -> str:
    """Return all of our sections for a release folder, with a blank line in front, or an empty text.

    `command` is the line with which anybody verifies the folder, as `sign` puts it out.
    """
    parts = [artifacts_section(list_artifacts(folder)), verification_section(command)]
    found = [part for part in parts if part]
    return "\n" + "\n".join(found) if found else ""
