"""Draft, update and publish a release; reads an existing release-drafter.yml unchanged.

In a job with `contents: write` it makes or updates one draft release, uploads the release folder's files,
reads the list of assets back and compares digests. Without a token it writes `notes.md` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `draft` is asked for."""

    config_name: str = given("The configuration's name below `.github/`.", default="release-drafter.yml", metavar="NAME")
    version: str = given("The version to release. Default: the next one by the configuration's rules.")
    tag: str = given("The release's tag, instead of `tag-template`.")
    name: str = given("The release's name, instead of `name-template`.")
    publish: bool = given("Publish the release once everything is attached and checked.", default=False)
    dry_run: bool = given("Show what would be sent and send nothing.", default=False)
    folder: str = given("The release folder: what to attach. Nothing is attached where there is none.", default="release", metavar="DIR")
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
    disable_autolabeler: str = given("Taken from release-drafter 6.", deprecated="Leave it out; labelling is an action of its own.")
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


def run(inputs: Inputs, face: Face) -> Outputs:
    raise NotImplementedError
