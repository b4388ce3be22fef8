"""Draft, update and publish a release; reads an existing release-drafter.yml unchanged.

In a job with `contents: write` it makes or updates one draft release, uploads the release folder's files,
reads the list of assets back and compares digests. Without a token it writes `notes.md` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from maximus.notes.composition import Notes
    from maximus.notes.settings import Request

    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `draft` is asked for."""

    config_name: str = given(
        "The configuration's name below `.github/`.", default="release-drafter.yml", metavar="NAME"
    )
    version: str = given("The version to release. Default: the next one by the configuration's rules.")
    tag: str = given("The release's tag, instead of `tag-template`.")
    name: str = given("The release's name, instead of `name-template`.")
    publish: bool = given("Publish the release once everything is attached and checked.", default=False)
    dry_run: bool = given("Show what would be sent and send nothing.", default=False)
    folder: str = given(
        "The release folder: what to attach. Nothing is attached where there is none.", default="release", metavar="DIR"
    )
    path: str = given("The git checkout to read where there is no token.", default=".", metavar="DIR")
    latest: str = given("Whether the release is marked as the latest.", choices=("true", "false"))
    prerelease: str = given("Whether the release is a prerelease.", choices=("true", "false"))
    prerelease_identifier: str = given("What a prerelease's version is marked with, such as `rc`.")
    include_pre_releases: str = given("Whether prereleases count as the last release.", choices=("true", "false"))
    commitish: str = given("The branch, tag or commit that the release is about. Default: the event's.")
    header: str = given("Text in front of the notes.")
    footer: str = given("Text behind the notes.")
    filter_by_range: str = given("Only releases whose version lies in this range count, such as `1.x`.")
    token: str = given(
        "The token to use GitHub's API with; without one `notes.md` is written and nothing is sent.",
        secret=True,
        action_default="${{ github.token }}",
    )
    disable_releaser: str = given("Taken from release-drafter 6.", deprecated="Leave the step out.")
    disable_autolabeler: str = given(
        "Taken from release-drafter 6.", deprecated="Leave it out; labelling is an action of its own."
    )
    initial_commits_since: str = given("Taken from release-drafter 6.", deprecated="Leave it out.")


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `draft` hands on; release-drafter's names are kept as they are."""

    id: str = out("The release's id.")
    html_url: str = out("The release's page.", name="html_url")
    upload_url: str = out("Where assets are uploaded.", name="upload_url")
    tag_name: str = out("The release's tag.", name="tag_name")
    name: str = out("The release's name.")
    body: str = out("The notes. Do not paste it into a `run:`; use `body-file`.")
    resolved_version: str = out("The version that was resolved.", name="resolved_version")
    major_version: str = out("Its major part.", name="major_version")
    minor_version: str = out("Its minor part.", name="minor_version")
    patch_version: str = out("Its patch part.", name="patch_version")
    body_file: str = out("The path of `notes.md`.")


def run(inputs: Inputs, face: Face, *, verification: str = "") -> Outputs:
    """Write the notes and, with a token, see to the release on GitHub.

    `verification` is the command with which anybody verifies the folder; it becomes a section of the notes.
    """
    _notice_old_inputs(inputs, face)
    token = inputs.token or face.environment.get("GITHUB_TOKEN", "")
    if not token:
        return _write_notes(inputs, face, verification)
    raise NotImplementedError


def _notice_old_inputs(inputs: Inputs, face: Face) -> None:
    old = {
        "disable-releaser": inputs.disable_releaser,
        "disable-autolabeler": inputs.disable_autolabeler,
        "initial-commits-since": inputs.initial_commits_since,
    }
    given_ones = [name for name, value in old.items() if value]
    if given_ones:
        face.warn(f"inputs without effect since release-drafter 7: {', '.join(given_ones)}; leave them out")


def _request(inputs: Inputs) -> Request:
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
        header=inputs.header,
        footer=inputs.footer,
        filter_by_range=inputs.filter_by_range,
    )


def _write_notes(inputs: Inputs, face: Face, verification: str) -> Outputs:
    """Write `notes.md` from git's history; nothing is sent."""
    from maximus.git import find_checkout  # noqa: PLC0415 - only a run without a token needs it
    from maximus.notes.local import compose_local  # noqa: PLC0415 - as above

    checkout = find_checkout(Path(inputs.path))
    if checkout is None:
        raise Error(
            "DRAFT001",
            f"{inputs.path} is no git checkout",
            why="without a token the notes come from git's history",
            fix="Run in a checkout, name one with `path`, or give a `token`.",
            where="path",
            status=ExitStatus.USAGE,
        )
    made = compose_local(checkout, _request(inputs), inputs.config_name)
    for warning in made.warnings:
        face.warn(warning)
    path, body = _write_body(inputs, made.notes.body, verification)
    since = f"since {made.base}" if made.base else "of the whole history (no release so far)"
    face.judge(Verdict("draft.notes", Status.PASS, made.commits, measured=made.notes.changes, unit="changes"))
    face.table(
        "Notes",
        ("What", "Value"),
        (
            ("version", made.notes.version),
            ("counted from", made.base or "the beginning"),
            ("commits", str(made.commits)),
            ("changes", str(made.notes.changes)),
            ("notes", str(path)),
        ),
    )
    changes = f"{made.notes.changes} change{'' if made.notes.changes == 1 else 's'}"
    face.headline(f"{path} holds {changes} {since} for {made.notes.version}; nothing was sent")
    return _outputs(made.notes, path, body)


def _write_body(inputs: Inputs, body: str, verification: str) -> tuple[Path, str]:
    """Write the whole text, our sections behind it, and return where and what; the folder is made where missing."""
    from maximus.files import write_whole  # noqa: PLC0415 - only a run needs it
    from maximus.notes.sections import EVIDENCE, sections  # noqa: PLC0415 - as above

    folder = Path(inputs.folder)
    behind = sections(folder, verification)
    path = folder / EVIDENCE / "notes.md"
    whole = body + behind
    write_whole(path, whole if whole.endswith("\n") else whole + "\n")
    return path, whole


def _outputs(notes: Notes, path: Path, body: str) -> Outputs:
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
