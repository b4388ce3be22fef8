"""Label a pull request by the `autolabeler` rules of release-drafter.yml.

Runs on `pull_request_target` and `pull_request`, reads title, branch, body and the names of changed files, and adds
the labels whose rule matches. It checks nothing out and runs nothing that the pull request brings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.counting import counted
from maximus.documents import load_json
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from .declare import Concluded, given, out
from .workplace import check_repository

if TYPE_CHECKING:
    from maximus.github.client import Client
    from maximus.notes.labelling import Decision, PullRequest, Rules
    from maximus.notes.loading import Target

    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]

EVENTS = ("pull_request", "pull_request_target")
"""The events that have a pull request whose title and branch are known."""


PERMISSIONS = "Give the job these permissions:\n  permissions:\n    contents: read\n    pull-requests: write"
"""What a workflow needs to label pull requests."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `label` is asked for."""

    config_name: str = given(
        "The configuration's name below `.github/`.", default="release-drafter.yml", metavar="NAME"
    )
    dry_run: bool = given("Show which labels would be added and send nothing.", default=False)
    sync: bool = given("Take away labels that a rule is about and that no rule gives any more.", default=False)
    token: str = given("The token to use GitHub's API with.", secret=True, action_default="${{ github.token }}")


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `label` hands on; release-drafter's names are kept as they are."""

    number: str = out("The pull request's number.")
    labels: str = out("The labels that the rules give, joined by commas; a label may hold one, so see `labels-json`.")
    labels_json: str = out("The same as a sorted JSON list.")


def run(inputs: Inputs, face: Face) -> Outputs:
    """Add the labels whose rules match the pull request of the event."""
    from maximus import __version__  # noqa: PLC0415 - a run that fails before needs no client
    from maximus.github.client import Client  # noqa: PLC0415 - as above

    place = _place(inputs, face)
    environment = face.environment
    client = Client(
        environment.get("GITHUB_API_URL", "https://api.github.com"),
        place.token,
        graphql_url=environment.get("GITHUB_GRAPHQL_URL", ""),
        version=__version__,
    )
    try:
        return _Labelling(inputs, face, place, client).run()
    except Error as error:
        if error.code == "HUB003":
            # What the client advises is what `draft` needs.
            error.fix = PERMISSIONS
        raise
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """The pull request that the run is about."""

    token: str
    repository: str
    """`owner/name`."""
    number: int
    title: str
    branch: str
    body: str | None
    ref: str
    """Where the configuration is read."""
    event: str
    is_fork: bool
    """Whether it comes from another repository."""
    changed_files: int | None
    """How many files it changes, as its event counts them; None where that is not told."""
    workspace: Path

    @property
    def is_authors(self) -> bool:
        """Whether the author of the pull request, a stranger perhaps, writes the configuration of this run."""
        return self.event == "pull_request" and self.is_fork


def _place(inputs: Inputs, face: Face) -> _Place:
    """Return where the labels go."""
    environment = face.environment
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event not in EVENTS:
        raise Error(
            "LABEL001",
            f"there is no pull request to label: the event is {event or 'not known'}",
            fix=f"Run on {' or '.join(EVENTS)}.",
            where="GITHUB_EVENT_NAME",
            status=ExitStatus.USAGE,
        )
    token = inputs.token or environment.get("GITHUB_TOKEN", "")
    if not token:
        raise Error(
            "LABEL002",
            "there is no token to label with",
            fix="Give `token`, or leave it out in a job: its own is taken.",
            where="token",
            status=ExitStatus.USAGE,
        )
    face.mask(token)
    repository = environment.get("GITHUB_REPOSITORY", "")
    check_repository(repository)
    pull = _pull_request(environment.get("GITHUB_EVENT_PATH", ""))
    number, head, base = pull["number"], pull["head"], pull["base"]
    home = head.get("repo")
    if event == "pull_request":
        ref = environment.get("GITHUB_REF", "") or f"refs/pull/{number}/merge"
    else:
        # The base's, whatever the run was started with: the head is a stranger's.
        ref = f"refs/heads/{base['ref']}"
    body = pull.get("body")
    return _Place(
        token=token,
        repository=repository,
        number=number,
        title=pull["title"],
        branch=head["ref"],
        body=body if isinstance(body, str) else None,
        ref=ref,
        event=event,
        # A fork that was deleted is null.
        is_fork=not isinstance(home, dict) or str(home.get("full_name")).lower() != repository.lower(),
        changed_files=pull["changed_files"] if type(pull.get("changed_files")) is int else None,
        workspace=Path(environment.get("GITHUB_WORKSPACE", ".")),
    )


def _pull_request(path: str) -> dict[str, Any]:
    """Return the event's pull request, with the fields that are needed."""
    event = load_json(Path(path)) if path and Path(path).is_file() else None
    pull = event.get("pull_request") if isinstance(event, dict) else None
    if (
        not isinstance(pull, dict)
        or type(pull.get("number")) is not int
        or not isinstance(pull.get("title"), str)
        or not all(isinstance(pull.get(side), dict) and isinstance(pull[side].get("ref"), str) for side in _SIDES)
    ):
        raise Error(
            "LABEL004",
            "the event holds no pull request",
            why="a number, a title, and the refs of head and base are needed",
            fix="GITHUB_EVENT_PATH names the event's file; the runner sets it.",
            where="GITHUB_EVENT_PATH",
            status=ExitStatus.USAGE,
        )
    return pull


_SIDES = ("head", "base")


class _Labelling:
    """One run against GitHub, step by step."""

    def __init__(self, inputs: Inputs, face: Face, place: _Place, client: Client) -> None:
        self._inputs = inputs
        self._face = face
        self._place = place
        self._client = client
        self._read_any = False
        self._left_out: tuple[str, ...] = ()

    def run(self) -> Outputs:
        """Return the outputs; nothing is written before everything was read."""
        from maximus.github.labels import NotAllowed, list_labels  # noqa: PLC0415 - only a run needs it
        from maximus.github.limits import MAX_LABELS  # noqa: PLC0415 - as above
        from maximus.notes.labelling import decide, surplus  # noqa: PLC0415 - as above

        rules = self._rules()
        place, sends = self._place, self._sends()
        try:
            decision = decide(rules.rules, self._pull(rules))
            wanted = decision.labels
            is_asked = wanted or self._inputs.sync
            present = list_labels(self._client, place.repository, place.number) if is_asked else ()
        except NotAllowed as fault:
            raise _not_allowed("read", fault) from fault
        for warning in decision.warnings:
            self._face.warn(warning)
        there = {label.lower() for label in present}
        missing = tuple(label for label in wanted if label.lower() not in there)
        extra = surplus(rules.rules, decision, present) if self._inputs.sync else ()
        missing = self._fitting(missing, len(present) - len(extra))
        sent = sends and self._write(missing, extra, room=MAX_LABELS - len(present))
        self._show(rules, decision, missing, extra, sent=sent)
        return Outputs(
            number=str(place.number),
            labels=",".join(wanted),
            labels_json=json.dumps(sorted(wanted), ensure_ascii=False),
        )

    def _rules(self) -> Rules:
        """Return the rules from GitHub."""
        from maximus.notes.labelling import read_rules  # noqa: PLC0415 - only a run needs it
        from maximus.notes.loading import NotFound, Target, load  # noqa: PLC0415 - as above

        owner, _, name = self._place.repository.partition("/")
        try:
            loaded = load(self._inputs.config_name, Target("github", owner, name, self._place.ref, ""), self._read)
        except NotFound as fault:
            raise Error(
                "LABEL005",
                f"there is no configuration {self._inputs.config_name!r}",
                why=str(fault),
                fix="Write `autolabeler` rules into a file below .github/ and name it with `config-name`.",
                where="config-name",
                status=ExitStatus.USAGE,
            ) from fault
        self._face.say(f"configuration: {', '.join(loaded.files)}")
        rules = read_rules(loaded.root)
        for warning in (*loaded.warnings, *rules.notices):
            self._face.warn(warning)
        return rules

    def _read(self, target: Target) -> str:
        """Return a configuration file's text; raise NotFound, or NotReachable for what a stranger may not name."""
        from maximus.github.contents import read_file  # noqa: PLC0415 - only a run needs it
        from maximus.notes.loading import NotFound, NotReachable  # noqa: PLC0415 - as above
        from maximus.notes.local import read_inside  # noqa: PLC0415 - as above

        is_elsewhere = f"{target.owner}/{target.repo}".lower() != self._place.repository.lower()
        # Before any file was read it is our own second chance, the owner's `.github`; after that it is `_extends`.
        if self._place.is_authors and is_elsewhere and self._read_any:
            raise NotReachable("the configuration of a fork's pull request reads no other repository")
        if target.scheme == "file":
            text: str | None = read_inside(self._place.workspace, target.path)
        else:
            text = read_file(self._client, target.owner, target.repo, target.path, target.ref)
        if text is None:
            raise NotFound(str(target))
        self._read_any = True
        return text

    def _pull(self, rules: Rules) -> PullRequest:
        """Return what the rules look at; files are asked for only where a rule has some."""
        from maximus.github.labels import ChangedFiles, list_changed_files  # noqa: PLC0415 - only a run needs it
        from maximus.notes.labelling import PullRequest  # noqa: PLC0415 - as above

        place = self._place
        changed = ChangedFiles((), is_complete=True)
        if rules.need_files:
            changed = list_changed_files(self._client, place.repository, place.number)
        listed, counted = len(changed.paths), place.changed_files
        # The list ends at 3,000 files; only the count tells whether these are all.
        is_complete = changed.is_complete or (counted is not None and counted <= listed)
        if not is_complete:
            of = f" of {counted:,}" if counted else ""
            self._face.warn(f"GitHub lists the first {listed:,}{of} changed files; rules see no others")
        return PullRequest(place.title, place.branch, place.body, changed.paths, is_complete)

    def _sends(self) -> bool:
        """Return whether anything is sent."""
        if self._place.is_authors and not self._inputs.dry_run:
            self._face.warn(
                "the pull request comes from a fork: nothing is sent, as with `dry-run: true`; "
                "run on pull_request_target"
            )
        return not (self._inputs.dry_run or self._place.is_authors)

    def _fitting(self, missing: tuple[str, ...], there: int) -> tuple[str, ...]:
        """Return the labels that a pull request has room for beside those it keeps, and name the others."""
        from maximus.github.limits import MAX_LABELS  # noqa: PLC0415 - only a run needs it

        room = max(0, MAX_LABELS - there)
        if len(missing) > room:
            self._left_out = missing[room:]
            left = ", ".join(self._left_out)
            self._face.warn(f"a pull request takes {MAX_LABELS} labels; left out for want of room: {left}")
        return missing[:room]

    def _write(self, missing: tuple[str, ...], extra: tuple[str, ...], *, room: int) -> bool:
        """Add and take away; return whether that was allowed, which some runs on `pull_request` are not."""
        from maximus.github.labels import NotAllowed, add_labels, remove_label  # noqa: PLC0415 - only a run needs it

        place = self._place
        try:
            fits = len(missing) <= room
            if fits:
                add_labels(self._client, place.repository, place.number, missing)
            for label in extra:
                remove_label(self._client, place.repository, place.number, label)
            if not fits:
                # A full pull request takes nothing before something went.
                add_labels(self._client, place.repository, place.number, missing)
        except NotAllowed as fault:
            if place.event != "pull_request":
                raise _not_allowed("label", fault) from fault
            self._face.warn(
                f"the token may only read ({fault}): nothing is sent, as with `dry-run: true`; "
                "give the job `pull-requests: write`, or run on pull_request_target"
            )
            return False
        return True

    def _show(
        self, rules: Rules, decision: Decision, missing: tuple[str, ...], extra: tuple[str, ...], *, sent: bool
    ) -> None:
        """Judge, and tell what became of each label."""
        count = counted(len(rules.rules), "rule")
        verdict = Verdict(
            "label.rules",
            Status.PASS if decision.inspected else Status.UNMEASURED,
            decision.inspected,
            measured=len(decision.labels),
            unit="labels",
            reason="" if decision.inspected else "no rule could be applied",
            hint="" if decision.inspected else "Mend the expressions that the warnings name.",
        )
        self._face.judge(verdict)
        if decision.labels or extra:
            does = "" if sent else "would be "
            states = dict.fromkeys(self._left_out, "left out, no room") | dict.fromkeys(missing, f"{does}added")
            rows = [(label, states.get(label, "there already")) for label in decision.labels]
            rows += [(label, f"{does}removed") for label in extra]
            self._face.table("Labels", ("Label", "What"), rows)
        changes = [f"{len(missing)} added"] * bool(missing) + [f"{len(extra)} removed"] * bool(extra)
        done = " and ".join(changes) or "nothing to change"
        where = f"pull request #{self._place.number}: {count}, {len(decision.labels)} matching labels"
        self._face.headline(f"{where}; {done}" if sent or not changes else f"dry run: {where}; nothing was sent")


def _not_allowed(doing: str, fault: Exception) -> Error:
    return Error(
        "LABEL006",
        f"the token is not allowed to {doing} the pull request",
        why=str(fault),
        fix=PERMISSIONS,
        where="token",
        status=ExitStatus.OUTSIDE,
    )
