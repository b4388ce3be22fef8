"""What `draft` is given, and what it puts out."""

from __future__ import annotations

from dataclasses import dataclass

from ..declare import Concluded, given, out

__all__ = ["Inputs", "Outputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `draft` is asked for."""

    config_name: str = given(
        "The configuration's name below `.github/`.", default="release-drafter.yml", metavar="NAME"
    )
    configs: tuple[str, ...] = given(
        "Several configurations instead of `config-name`, one a line: each gets a draft of its own, and the history "
        "is read once for all of them.",
        default=(),
        metavar="NAME",
    )
    joint_notes: bool = given(
        "Make one draft out of `configs`: the first one's, with a section of notes for each of the others.",
        default=False,
    )
    base: str = given(
        "What the notes count from: `latest`, the highest release, or `nearest`, the nearest one whose tag is an "
        "ancestor of the commitish. Default: the configuration's `base`, else `latest`.",
        choices=("latest", "nearest"),
    )
    version: str = given("The version to release. Default: the next one by the configuration's rules.")
    tag: str = given("The release's tag, instead of `tag-template`.")
    name: str = given("The release's name, instead of `name-template`.")
    mode: str = given(
        "`draft`: keep a draft up to date. `publish`: as `publish: true`. `rollback`: make the last earlier release "
        "that verifies the latest, in place of the one that `tag` names, or of the latest.",
        default="draft",
        choices=("draft", "publish", "rollback"),
    )
    reason: str = given("Why, with `mode: rollback`: one sentence for the notes and the record.")
    publish: bool = given("Publish the release once everything is attached and checked.", default=False)
    dry_run: bool = given("Show what would be sent and send nothing.", default=False)
    protect_edits: bool = given(
        "Keep what somebody writes into the draft: the notes stand behind a marker line, text around them stays, and "
        "notes that somebody edited are not overwritten.",
        default=False,
    )
    check: bool = given(
        "Explain the configuration of the tree at `path`: what each key does, what is old and its modern form. Needs "
        "neither network nor token.",
        default=False,
    )
    modernised: str = given(
        "With `check`: the file that the configuration's modern form is written to.", metavar="FILE"
    )
    overwrite: bool = given("Let `modernised` replace a file that is there.", default=False)
    compat: str = given(
        "Which release-drafter's meanings the configuration has. Default: the configuration's `compat`, else `v7`.",
        choices=("v7", "v6"),
    )
    folder: str = given(
        "The release folder: what to attach. Nothing is attached where there is none.", default="release", metavar="DIR"
    )
    sections: tuple[str, ...] = given(
        "Which sections follow the notes, one a line: `artifacts`, `verification`, `sbom-summary`, `sbom-diff`, "
        "`verdicts`, `consciousness-metrics`. Default: the configuration's `sections`, else what there is of the first "
        "two.",
        default=(),
        metavar="NAME",
    )
    verify_command: str = given(
        "The line with which anybody verifies the release, as `sign` puts it out.", metavar="COMMAND"
    )
    verdicts: str = given(
        "The verdicts to show in the section of that name. Default: `evidence/verdicts.json` in the folder.",
        metavar="FILE",
    )
    metrics: str = given(
        "The numbers that `consciousness` wrote. Default: `evidence/consciousness-metrics.json` in the folder.",
        metavar="FILE",
    )
    path: str = given(
        "A git checkout: read where there is no token, and in place of most requests where there is one.",
        default=".",
        metavar="DIR",
    )
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
    disable_releaser: str = given("Taken from release-drafter 6, without effect.", deprecated="Leave the step out.")
    disable_autolabeler: str = given(
        "Taken from release-drafter 6, without effect.", deprecated="Leave it out; labelling is an action of its own."
    )
    initial_commits_since: str = given(
        "From when on the history counts where there is no release, with `compat: v6`.", metavar="DATE"
    )


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
    drafts: str = out(
        "A JSON list with an object for each draft: body-file, config, html-url, id, name, resolved-version, tag-name."
    )
