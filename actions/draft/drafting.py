"""A draft on GitHub: what is read, what is to be written, and how it is brought there and looked at again."""

from __future__ import annotations

import dataclasses
import functools
import json
import operator
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.documents import load_json
from maximus.errors import Error, ExitStatus
from maximus.files import write_whole
from maximus.verdict import Status, Verdict

from . import monorepo, preview
from .writing import compat_of, outputs_of, request_of, write_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.changes import Change, Release
    from maximus.git import Checkout
    from maximus.github.archive import Archive
    from maximus.github.assets import LocalFile
    from maximus.github.client import Client
    from maximus.github.ranges import Range, Wanted
    from maximus.github.releases import Payload
    from maximus.notes.baseline import Baseline
    from maximus.notes.composition import History, Notes
    from maximus.notes.loading import Target
    from maximus.notes.protection import Placed
    from maximus.notes.sections import Sections
    from maximus.notes.settings import Settings

    from ..face import Face
    from .inputs import Inputs, Outputs
    from .place import Place

__all__ = ["ATTEMPTS", "Drafting"]

ATTEMPTS = 3
"""How often a run begins, when somebody publishes the draft under its hands."""


class Drafting:
    """One run against GitHub, step by step."""

    def __init__(self, inputs: Inputs, face: Face, place: Place, client: Client, sections: Sections) -> None:
        self._inputs = inputs
        self._face = face
        self._place = place
        self._client = client
        self._sections = sections
        self._told: set[str] = set()
        self._archive: Archive | None = None
        self._lead = "dry run"

    def run(self) -> Outputs:
        """Return the outputs; a draft that somebody publishes meanwhile makes the run begin again, twice at most."""
        left = self._jobs()
        files = self._files()
        if len(left) > 1:
            monorepo.refuse_files([file.name for file in files], joint=self._inputs.joint_notes)
        done: list[tuple[str, Outputs]] = []
        for _ in range(ATTEMPTS):
            # For every configuration all is read and decided before anything is written for the first.
            for made in self._plans(left, files):
                outputs = self._carry_out(made)
                if outputs is None:
                    break
                done.append((made.job.config, outputs))
                left = [job for job in left if job is not made.job]
            else:
                self._tell_cost()
                if len(done) > 1:
                    self._face.headline(monorepo.headline([outputs.tag_name or outputs.name for _, outputs in done]))
                return dataclasses.replace(done[0][1], drafts=monorepo.drafts_as_json(done))
            self._warn("the draft was published while the notes were made; it was left alone, and the run begins again")
        raise Error(
            "DRAFT004",
            f"the draft changed {ATTEMPTS} times while the notes were made",
            why="something else publishes releases at the same time",
            fix="Give the workflow a `concurrency` group, then run again.",
        )

    def _tell_cost(self) -> None:
        way = self._archive.way if self._archive else "GitHub's API"
        requests = counted(self._client.requests, "request")
        self._face.say(f"read from {way}: {requests}, {self._client.points:,} GraphQL points")

    def _jobs(self) -> list[_Job]:
        """Return what is to be drafted: one job for each configuration."""
        names = tuple(dict.fromkeys(self._inputs.configs)) or (self._inputs.config_name,)
        jobs = []
        for index, name in enumerate(names):
            settings = self._settings(name)
            sends, publishes = self._effects(settings)
            jobs.append(_Job(name, monorepo.notes_name(name, index), settings, sends=sends, publishes=publishes))
        return jobs

    def _warn(self, text: str) -> None:
        if text and text not in self._told:
            self._told.add(text)
            self._face.warn(text)

    def _settings(self, config_name: str) -> Settings:
        """Return the configuration from GitHub, settled with the inputs."""
        from maximus.notes.configuration import read_configuration  # noqa: PLC0415 - only a run needs it
        from maximus.notes.loading import NotFound, Target, load  # noqa: PLC0415 - as above
        from maximus.notes.local import CONFIG_NAME, DEFAULT_CONFIGURATION  # noqa: PLC0415 - as above
        from maximus.notes.settings import settle  # noqa: PLC0415 - as above

        owner, _, name = self._place.repository.partition("/")
        context = Target("github", owner, name, self._place.ref or None, "")
        try:
            loaded = load(config_name, context, self._read)
        except NotFound as fault:
            if config_name != CONFIG_NAME:
                raise Error(
                    "DRAFT005",
                    f"there is no configuration {config_name!r}",
                    why=str(fault),
                    fix="Name a file below .github/ on the branch of the run, or leave the input out.",
                    where="configs" if self._inputs.configs else "config-name",
                    status=ExitStatus.USAGE,
                ) from fault
            self._face.say("no .github/release-drafter.yml: the suite's own configuration is used")
            configuration = DEFAULT_CONFIGURATION
        else:
            self._face.say(f"configuration: {', '.join(loaded.files)}")
            self._name_foreign(loaded.files)
            for warning in loaded.warnings:
                self._warn(warning)
            configuration = read_configuration(loaded.root, compat=compat_of(self._inputs))
        settings = settle(configuration, request_of(self._inputs), self._place.ref)
        for notice in settings.notices:
            self._warn(notice)
        is_open = configuration.escape != "strict" and not {"@", "<"} <= set(configuration.change_title_escapes)
        if is_open and settings.change_needs("$TITLE"):
            self._face.say("titles keep their mentions and HTML: `change-title-escapes` lacks @ or <")
        return settings

    def _name_foreign(self, files: Sequence[str]) -> None:
        """Name in the summary what another repository's people decide of this release, and where it was read."""
        # A file of the workspace has no colon in its name.
        foreign = [name for name in files if ":" in name and not name.startswith(f"{self._place.repository}:")]
        if foreign:
            told = [name if "@" in name else f"{name}, at its default branch" for name in foreign]
            self._face.note("Configuration of another repository", "\n".join(told))

    def _read(self, target: Target) -> str:
        """Return a configuration file's text; raise NotFound."""
        from maximus.github.contents import read_file  # noqa: PLC0415 - only a run with a token needs it
        from maximus.notes.loading import NotFound  # noqa: PLC0415 - as above
        from maximus.notes.local import read_inside  # noqa: PLC0415 - as above

        if target.scheme == "file":
            return read_inside(self._place.workspace, target.path)
        text = read_file(self._client, target.owner, target.repo, target.path, target.ref)
        if text is None:
            raise NotFound(str(target))
        return text

    def _effects(self, settings: Settings) -> tuple[bool, bool]:
        """Return whether anything is sent, and whether the release is published."""
        forced = self._place.is_pull_request or re.fullmatch(r"refs/pull/[0-9]+/merge", settings.commitish)
        if forced and not self._inputs.dry_run:
            self._warn("a pull request drafts no release: nothing is sent, as with `dry-run: true`")
        sends = not (self._inputs.dry_run or forced)
        if self._sections.mismatches and self._inputs.publish:
            self._warn("the release folder contradicts itself, so the release is not published")
        return sends, sends and self._inputs.publish and not self._sections.mismatches

    def _files(self) -> tuple[LocalFile, ...]:
        """Return the files to attach, read once."""
        from maximus.files import hash_file  # noqa: PLC0415 - only a run needs it
        from maximus.github.assets import LocalFile, asset_name, refuse_unfit  # noqa: PLC0415 - as above
        from maximus.notes.sections import list_attachments  # noqa: PLC0415 - as above

        found = []
        for path in list_attachments(Path(self._inputs.folder)):
            read = hash_file(path)
            found.append(LocalFile(asset_name(path.name), path, read.size, read.sha256))
        refuse_unfit(found)
        return tuple(found)

    def _plans(self, jobs: Sequence[_Job], files: tuple[LocalFile, ...]) -> list[_Made]:
        """Read everything and return what is to be written; joint notes make one draft of all jobs."""
        from maximus.github.archive import Archive, Span  # noqa: PLC0415 - only a run with a token needs it
        from maximus.github.limits import MAX_RELEASES  # noqa: PLC0415 - as above
        from maximus.github.releases import list_releases  # noqa: PLC0415 - as above
        from maximus.notes.baseline import choose_baseline  # noqa: PLC0415 - as above
        from maximus.notes.composition import compose  # noqa: PLC0415 - as above
        from maximus.notes.joint import join_notes  # noqa: PLC0415 - as above

        place = self._place
        releases = list_releases(self._client, place.repository)
        if len(releases) >= MAX_RELEASES:
            self._warn(f"only the first {MAX_RELEASES:,} releases of GitHub's list are looked at; it lists no more")
        wanted = functools.reduce(operator.or_, (_wanted(job.settings) for job in jobs))
        wanted = dataclasses.replace(wanted, graph=len(jobs) > 1)
        archive = Archive(self._client, place.repository, place.server, wanted, self._checkout())
        self._archive = archive
        chosen = [choose_baseline(releases, job.settings.filters) for job in jobs]
        bases = [self._base(archive, job, baseline) for job, baseline in zip(jobs, chosen, strict=True)]
        spans = [Span(base, job.settings.commitish) if base else None for job, base in zip(jobs, bases, strict=True)]
        ranges = archive.ranges([span for span in spans if span])
        composed: list[tuple[_Job, Baseline, History, Notes, str]] = []
        for job, baseline, base, span in zip(jobs, chosen, bases, spans, strict=True):
            found = ranges[span] if span else self._beginning(archive, job.settings)
            history = self._history(archive, job.settings, base, found)
            notes = compose(job.settings, history, self._sections)
            for warning in notes.warnings:
                self._warn(warning)
            self._foretell(job.settings, history)
            remark = _remark(job, baseline, base, ranges[span] if span else None)
            composed.append((job, baseline, history, notes, remark))
        if self._inputs.joint_notes:
            job, baseline, history, _, remark = composed[0]
            joined = join_notes([(job.config, notes) for job, _, _, notes, _ in composed])
            composed = [(job, baseline, history, joined, remark)]
        made = [self._make(archive, *parts, releases, files) for parts in composed]
        for notice in archive.notices:
            self._warn(notice)
        monorepo.refuse_twins([(one.job.config, one.payload, one.draft) for one in made])
        return made

    def _make(  # noqa: PLR0913, PLR0917 - what a draft is made of
        self,
        archive: Archive,
        job: _Job,
        baseline: Baseline,
        history: History,
        notes: Notes,
        remark: str,
        releases: tuple[Release, ...],
        files: tuple[LocalFile, ...],
    ) -> _Made:
        """Return what is to be written for one draft."""
        from maximus.github.releases import Payload  # noqa: PLC0415 - only a run with a token needs it
        from maximus.notes.limits import MAX_BODY  # noqa: PLC0415 - as above

        settings = job.settings
        self._refuse_published(notes, releases, files)
        target, notice = archive.target(settings.commitish)
        self._warn(notice)
        path = self._write_whole(notes, job.notes_name)
        notes = notes.within(MAX_BODY)
        placed = self._placed(notes.body, notes.behind, baseline.draft)
        if placed.cut:
            self._warn(f"the notes are too long for a release: {placed.cut:,} lines were cut; {path} has them all")
            files = _with_whole_text(files, path)
        payload = Payload(
            target=target,
            name=notes.name,
            tag=notes.tag,
            body=placed.body,
            prerelease=settings.prerelease,
            make_latest=settings.make_latest,
            # With files the release is published last, once they are all there; without, there is only one write.
            draft=bool(files) or not job.publishes,
        )
        return _Made(job, notes, payload, path, notes.behind, history, baseline.draft, releases, remark, files)

    def _placed(self, notes: str, tail: str, draft: Release | None) -> Placed:
        """Return what becomes of a draft's body."""
        from maximus.notes.protection import place_notes  # noqa: PLC0415 - only a run with a token needs it

        nonce = None
        if self._inputs.protect_edits:
            # What is only shown is the same in two runs.
            nonce = "0" * 16 if self._inputs.dry_run else secrets.token_hex(8)
        return place_notes(draft.body if draft else None, notes, tail, nonce=nonce)

    def _carry_out(self, made: _Made) -> Outputs | None:
        """Return the outputs, or None where the draft was published under our hands."""
        files = made.files
        if not made.job.sends:
            return self._show(made, files)
        release = self._write(made, made.releases)
        if release is None:
            return None
        return self._finish(made, release, files, publishes=made.job.publishes)

    def _checkout(self) -> Checkout | None:
        """Return the checkout to read the history from, or None where there is none, or no git."""
        from maximus.git import find_checkout  # noqa: PLC0415 - only a run with a token needs it

        try:
            return find_checkout(Path(self._inputs.path))
        except Error as error:
            self._face.say(f"no checkout is read: {error.what}")
            return None

    def _base(self, archive: Archive, job: _Job, baseline: Baseline) -> Release | None:
        """Return the release that the notes count from."""
        for notice in baseline.notices:
            self._warn(notice)
        base = baseline.last
        if job.settings.configuration.base == "nearest":
            base = archive.nearest(baseline.published, job.settings.commitish)
        if base is None:
            since = job.settings.beginning
            counted = f"from {since} on" if since else "from the beginning"
            self._warn(
                "there is no published release to compare with, so "
                + ("no changes are listed" if since is None else f"the history counts {counted}")
            )
        else:
            self._face.say(f"reading what changed between {base.tag} and {job.settings.commitish}")
        return base

    @staticmethod
    def _beginning(archive: Archive, settings: Settings) -> Range | None:
        """Return what counts where there is no release: nothing, or the history as version 6 has it."""
        return None if settings.beginning is None else archive.since(settings.commitish, settings.beginning)

    def _history(self, archive: Archive, settings: Settings, base: Release | None, found: Range | None) -> History:
        """Return what happened since the base."""
        from maximus.notes.composition import History  # noqa: PLC0415 - only a run with a token needs it

        for notice in found.notices if found else ():
            self._warn(notice)
        changes = found.changes if found else ()
        if not settings.configuration.direct_commits:
            # The range was read for several configurations, and another one asked for them.
            changes = tuple(change for change in changes if change.number is not None)
        if settings.configuration.title_from == "merge-commit":
            from maximus.notes.titles import titled  # noqa: PLC0415 - only such a configuration needs it

            changes, told = titled(changes, found.commits if found else ())
            for warning in told:
                self._warn(warning)
        wants_new = settings.needs("$NEW_CONTRIBUTORS") and changes
        return History(
            repository=self._place.repository,
            server=self._place.server,
            last=base,
            changes=changes,
            commits=found.commits if found else (),
            new_logins=archive.new_logins(changes) if wants_new else frozenset(),
            needs_baseline=settings.beginning is None,
            vouched=self._vouched(settings, changes),
        )

    def _vouched(self, settings: Settings, changes: Sequence[Change]) -> dict[str, frozenset[str]]:
        """Return the labels that maintainers set on what would make the version major, by the changes' keys."""
        if settings.configuration.major_by != "maintainer":
            return {}
        from maximus.github.maintainers import find_vouched  # noqa: PLC0415 - only such a configuration needs it
        from maximus.notes.categories import admitted  # noqa: PLC0415 - as above
        from maximus.notes.majors import contested_labels  # noqa: PLC0415 - as above

        contested = contested_labels(admitted(changes, settings.categories), settings.categories)
        by_number = {change.number: change.key for change in changes if change.number and contested.get(change.key)}
        asked = {number: contested[key] for number, key in by_number.items()}
        found, notices = find_vouched(self._client, self._place.repository, asked)
        for notice in notices:
            self._warn(notice)
        return {by_number[number]: labels for number, labels in found.items()}

    def _foretell(self, settings: Settings, history: History) -> None:
        """Show what the pull request that started the run adds to the next draft."""
        from maximus.notes.forecast import forecast  # noqa: PLC0415 - only a pull request's run needs it

        if not self._place.is_pull_request or not self._place.event.is_file():
            return
        pull = preview.read_pull_request(load_json(self._place.event), self._place.repository)
        if pull is None:
            return
        change = pull.change
        if settings.needs_files:
            from maximus.github.labels import list_changed_files  # noqa: PLC0415 - as above

            changed = list_changed_files(self._client, self._place.repository, pull.number)
            change = dataclasses.replace(change, files=changed.paths)
        self._lead = preview.show(self._face, pull, forecast(settings, history, change))

    def _refuse_published(self, notes: Notes, releases: tuple[Release, ...], files: tuple[LocalFile, ...]) -> None:
        """Raise Error HUB015 where the tag that was asked for is out already."""
        from maximus.github.releases import already_published, is_published  # noqa: PLC0415 - with a token only

        is_asked_for = bool(self._inputs.tag or files or (self._place.tag and self._place.tag == notes.tag))
        for release in releases:
            if is_asked_for and notes.tag and release.tag == notes.tag and is_published(release):
                raise already_published(release)

    def _write_whole(self, notes: Notes, name: str) -> Path:
        """Write the whole text and return the file."""
        path, _ = write_body(self._inputs, notes.body, notes.behind, name)
        return path

    def _show(self, made: _Made, files: tuple[LocalFile, ...]) -> Outputs:
        """Show what would be sent."""
        old = made.draft
        document = made.payload.for_update(old) if old else made.payload.for_creation()
        self._face.note("What would be sent", json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))
        self._face.preview("The notes", made.payload.body or made.notes.body)
        self._judge_release(made, f"would be {'updated' if old else 'made'}")
        rows = [("release", "update" if old else "create", made.payload.tag or "(no tag)")]
        rows += [("notes", "count from", made.counted_from)]
        rows += [("file", "attach", file.name) for file in files]
        self._face.table("Dry run", ("What", "Action", "Name"), rows)
        self._face.headline(
            f"{self._lead}: {_named(made)} {'would be updated' if old else 'would be drafted'}; nothing was sent"
        )
        return outputs_of(made.notes, made.path, made.body)

    def _judge_release(self, made: _Made, reason: str) -> None:
        self._face.judge(
            Verdict(
                "draft.release",
                Status.PASS,
                1,
                measured=len(made.history.changes),
                unit="changes",
                reason=f"the draft {reason}",
            )
        )

    def _write(self, made: _Made, releases: tuple[Release, ...]) -> Release | None:
        """Return the release as GitHub has it after the write, or None where the draft is none any more."""
        from maximus.github.releases import create_draft, update_draft  # noqa: PLC0415 - only a run with a token needs it

        repository = self._place.repository
        old = made.draft
        if old is None:
            return create_draft(self._client, repository, made.payload, releases)
        return update_draft(self._client, repository, old, functools.partial(self._decide, made), releases)

    def _decide(self, made: _Made, now: Release) -> Payload:
        """Return what is sent to the draft as it is now; what is replaced and not known to be ours is kept."""
        placed = self._placed(made.notes.body, made.tail, now)
        self._warn(placed.reason)
        if placed.loses:
            path = made.path.with_name(f"{made.path.stem}.replaced.md")
            write_whole(path, now.body)
            self._face.note("The notes that were replaced", now.body)
            self._face.say(f"the text that was replaced lies in {path}")
        return dataclasses.replace(made.payload, body=placed.body)

    def _finish(self, made: _Made, release: Release, files: tuple[LocalFile, ...], *, publishes: bool) -> Outputs:
        """Attach and compare the files, then publish; return the outputs."""
        from maximus.github.releases import publish  # noqa: PLC0415 - only a run with a token needs it

        self._judge_release(made, "was updated" if made.draft else "was made")
        complete, attached = self._attach(release, files) if files else (True, [])
        if publishes and files and complete:
            release = publish(self._client, self._place.repository, release, made.payload)
        state = "published" if not release.is_draft else "updated" if made.draft else "drafted"
        rows = [("release", release.tag or "(no tag)", release.html_url), ("counted from", made.base, made.remark)]
        rows += attached
        self._face.table("Release", ("What", "Name", "State"), rows)
        left = (
            ""
            if complete
            else "; it is not published, because files are missing"
            if publishes
            else "; files are missing"
        )
        self._face.headline(f"{_named(made)} is {state}{left}")
        return dataclasses.replace(
            outputs_of(made.notes, made.path, made.body),
            id=str(release.id),
            html_url=release.html_url,
            upload_url=release.upload_url,
            tag_name=release.tag,
            name=release.name,
        )

    def _attach(self, release: Release, files: tuple[LocalFile, ...]) -> tuple[bool, list[tuple[str, str, str]]]:
        """Upload the files and compare what GitHub then has; return whether all is there, and a row for each."""
        from maximus.github.assets import attach, compare  # noqa: PLC0415 - only a run with a token needs it

        with self._face.progress("uploading", len(files)) as done:
            planned, there = attach(self._client, self._place.repository, release, files, done)
        wrong = {difference.name: difference.reason for difference in compare(files, there)}
        for name, reason in sorted(wrong.items()):
            self._face.fail(
                Error("DRAFT006", f"the release does not hold {name} as the folder does", why=reason, fix="Run again.")
            )
        self._face.judge(
            Verdict(
                "draft.assets",
                Status.FAIL if wrong else Status.PASS,
                len(files),
                measured=len(files) - len(wrong),
                threshold=len(files),
                unit="files",
                reason="; ".join(f"{name}: {reason}" for name, reason in sorted(wrong.items()))[:500],
                code="DRAFT006" if wrong else "",
            )
        )
        kept = {file.name for file in planned.kept}
        rows = [
            ("file", file.name, wrong.get(file.name) or ("was there" if file.name in kept else "uploaded"))
            for file in files
        ]
        return not wrong, rows


@dataclass(frozen=True, slots=True)
class _Job:
    """What one configuration asks for."""

    config: str
    """The configuration's name as it was given."""
    notes_name: str
    settings: Settings
    sends: bool
    publishes: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made for one attempt."""

    job: _Job
    notes: Notes
    payload: Payload
    path: Path
    """Where the whole text lies."""
    tail: str
    """What stands behind the notes: our own sections."""
    history: History
    draft: Release | None
    """The draft to update."""
    releases: tuple[Release, ...]
    """What was there before."""
    remark: str
    """How what the notes count from differs from what the other choice would be; empty where it does not."""
    files: tuple[LocalFile, ...]
    """What is attached; where the notes were cut, the whole text too."""

    @property
    def body(self) -> str:
        """The notes as they were to be sent, or all of them where the draft's own text is left."""
        return self.payload.body or self.notes.body + self.tail

    @property
    def base(self) -> str:
        """What the notes count from."""
        return self.history.last.tag if self.history.last else "nothing"

    @property
    def counted_from(self) -> str:
        """What the notes count from, with the remark."""
        return f"{self.base} ({self.remark})" if self.remark else self.base


def _with_whole_text(files: tuple[LocalFile, ...], path: Path) -> tuple[LocalFile, ...]:
    """Return the files with the notes' whole text among them, unless the folder has a file of that name."""
    from maximus.files import hash_file  # noqa: PLC0415 - only notes that are too long need it
    from maximus.github.assets import LocalFile  # noqa: PLC0415 - as above

    read = hash_file(path)
    own = LocalFile(path.name, path, read.size, read.sha256)
    return files if any(file.name == own.name for file in files) else (*files, own)


def _wanted(settings: Settings) -> Wanted:
    """Return what has to be known for a configuration."""
    from maximus.github.ranges import Wanted  # noqa: PLC0415 - only a run with a token needs it

    return Wanted(
        association=settings.needs_association,
        body=settings.change_needs("$BODY"),
        url=settings.change_needs("$URL") or settings.needs("$NEW_CONTRIBUTORS"),
        refs=settings.change_needs("_REF_NAME"),
        files=settings.needs_files,
        per_commit=settings.configuration.pull_request_limit,
        direct=settings.configuration.direct_commits,
        message=settings.configuration.title_from == "merge-commit",
    )


def _remark(job: _Job, baseline: Baseline, base: Release | None, found: Range | None) -> str:
    """Say where the nearest release and the highest one are not the same."""
    head, last = job.settings.commitish, baseline.last
    if job.settings.configuration.base == "nearest":
        return f"the nearest below {head}; the highest release is {last.tag}" if last and last != base else ""
    if found and found.behind:
        return f"no ancestor of {head}; `base: nearest` counts from one that is"
    return ""


def _named(made: _Made) -> str:
    name = made.payload.tag or made.payload.name
    return f"the release {name}" if name else "the release"
