"""Run a checklist and judge the evidence against a policy; block the release where it falls short.

The policy is one YAML file, `.github/release-checklist.yml` by default, which may extend the presets that come with
the suite. A check that inspected nothing is unmeasured and blocks, unless the policy allows it by name.
Nothing is changed in the tree; what was found is kept in the release folder's `evidence/`, where there is one.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .declare import Concluded, as_json, given, out
from .workplace import find_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maximus.gating.check import Answer, Context
    from maximus.gating.judging import Judged, Share
    from maximus.gating.policy import Policy
    from maximus.gating.scorecard import Subject
    from maximus.git import Checkout
    from maximus.github.client import Client

    from .face import Face

__all__ = ["Inputs", "Outcome", "Outputs", "has_policy", "judge_tree", "run", "without_secrets"]

MAX_SHOWN = 200
"""Places of one check that the log names; the scorecard names more and says how many there are."""
MAX_WHERE = 3
"""Places of one check that the table names."""

_SECRET = re.compile(
    r"(MAXIMUS_INPUTS|INPUT_.*|GITHUB_TOKEN|GH_TOKEN|ACTIONS_ID_TOKEN_REQUEST_.*|ACTIONS_RUNTIME_.*"
    r"|ACTIONS_RESULTS_URL|ACTIONS_CACHE_URL"
    # The runner's files: what a checked program wrote there would be outputs and variables of our step.
    r"|GITHUB_OUTPUT|GITHUB_ENV|GITHUB_PATH|GITHUB_STATE|GITHUB_STEP_SUMMARY)",
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `gate` is asked for."""

    policy: str = given(
        "The policy, a YAML file below `path`. Default: `.github/release-checklist.yml`, unless `preset` is given.",
        metavar="FILE",
    )
    preset: tuple[str, ...] = given(
        "Policies that come with the suite, one a line: `regra-de-ouro`, `go-no-go`, `doctrine`, `pre-deploy`, "
        "`post-deploy`, `cec`. With `policy` that file may override their checks by id.",
        default=(),
        metavar="NAME",
    )
    path: str = given("The tree to judge.", default=".", metavar="DIR")
    folder: str = given(
        "The release folder: its `evidence/` is read, and gets the scorecard where the folder is there.",
        default="release",
        metavar="DIR",
    )
    verdicts: tuple[str, ...] = given(
        "Files with verdicts of other actions besides those of the folder, one a line.", default=(), metavar="FILE"
    )
    subject: str = given("The commit to judge. Default, and the only one that can be: what is checked out.")
    base: str = given(
        "The revision that the policy is compared with, to report that it changed. "
        "Default: the base of the pull request."
    )
    allow_unmeasured: tuple[str, ...] = given(
        "Ids of checks that may go unmeasured without blocking, one a line.", default=(), metavar="ID"
    )
    token: str = given(
        "The token to ask GitHub with, for the checks `pins` and `ruleset`. Without one they are unmeasured.",
        secret=True,
        action_default="${{ github.token }}",
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `gate` hands on."""

    passed: str = out("The checks that passed, a sorted JSON list of ids.", default="[]")
    failed: str = out("The checks that failed, a sorted JSON list of ids.", default="[]")
    unmeasured: str = out("The checks that could not be measured, allowed or not, a sorted JSON list.", default="[]")
    waived: str = out("The checks that a waiver lets through, a sorted JSON list of ids.", default="[]")
    scorecard: str = out("The scorecard's path; empty where there is no release folder.")
    statement: str = out(
        "The path of the in-toto statement (SVR) of what passed; empty without a folder, or where the tree is no "
        "clean commit."
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a gate found, before anything is written."""

    policy: Policy
    judged: tuple[Judged, ...]
    groups: tuple[Share, ...]
    subject: Subject
    changed: bool | None
    """Whether the policy changed since the base; None where that is not known."""
    now: dt.datetime

    def ids(self, status: Status) -> str:
        """Return the ids of the checks with a status, a sorted JSON list."""
        return as_json(sorted(item.entry.id for item in self.judged if item.verdict.status is status))

    def outputs(self, kept: tuple[str, str] = ("", "")) -> Outputs:
        """Return the outputs; `kept` are the paths of scorecard and statement."""
        passed, failed = self.ids(Status.PASS), self.ids(Status.FAIL)
        return Outputs(
            passed=passed,
            failed=failed,
            unmeasured=self.ids(Status.UNMEASURED),
            waived=self.ids(Status.WAIVED),
            scorecard=kept[0],
            statement=kept[1],
        )

    def keep(self, folder: Path) -> tuple[str, str]:
        """Write scorecard, telemetry and statement below the folder; return the paths of the first and the last."""
        from maximus.documents import pretty  # noqa: PLC0415 - `--help` needs none of it
        from maximus.files import EVIDENCE, write_whole  # noqa: PLC0415 - likewise
        from maximus.gating.scorecard import scorecard, slug, statement, telemetry  # noqa: PLC0415 - likewise

        name = f"gate-{slug(self.policy.name)}"
        evidence = folder / EVIDENCE
        card = evidence / f"{name}.scorecard.json"
        found = scorecard(self.policy, self.judged, self.groups, self.subject, changed=self.changed)
        write_whole(card, pretty(found))
        write_whole(evidence / f"{name}.telemetry.json", pretty(telemetry(self.judged, self.now.date())))
        # The time of the judgement is part of the statement, so it lies where times are no claims.
        said = evidence / "telemetry" / f"{name}.svr.json"
        if not self.subject.commit or not self.subject.is_clean:
            said.unlink(missing_ok=True)
            return card.as_posix(), ""
        write_whole(said, pretty(statement(self.policy, self.judged, self.subject, self.now)))
        return card.as_posix(), said.as_posix()


def run(inputs: Inputs, face: Face) -> Outputs:
    """Judge the tree, keep what was found where there is a release folder, and return the outputs.

    Raises Error GATE006 (70) for a policy without checks, GATE008, GATE009, GATE015 and RUN022 (usage) for what is
    wrong before anything is judged, and what a policy is refused with.
    """
    outcome = judge_tree(inputs, face)
    folder = Path(inputs.folder)
    if not folder.is_dir():
        face.say(f"there is no release folder {inputs.folder}: the scorecard is not kept")
        return outcome.outputs()
    return outcome.outputs(outcome.keep(folder))


def has_policy(inputs: Inputs) -> bool:
    """Tell whether there is anything to judge by: an input, or the file at its usual place."""
    from maximus.gating.policy import DEFAULT  # noqa: PLC0415 - `--help` needs none of it

    return bool(inputs.policy or inputs.preset or (Path(inputs.path) / DEFAULT).is_file())


def judge_tree(inputs: Inputs, face: Face) -> Outcome:
    """Judge the tree by its policy and say what was found; nothing is written."""
    from maximus.gating.judging import judge, shares  # noqa: PLC0415 - `--help` needs none of it
    from maximus.git import find_checkout  # noqa: PLC0415 - likewise

    tree = find_tree(inputs.path)
    policy, own = _policy(inputs, tree)
    if not policy.entries:
        raise Error(
            "GATE006",
            f"the policy {policy.name} has no checks",
            why="a gate that judges nothing lets everything pass",
            fix="Add `checks`, or `extends` with a preset.",
            where=policy.sources[0].name,
            status=ExitStatus.UNMEASURED,
        )
    checkout = find_checkout(tree)
    subject = _subject(inputs, checkout, face)
    changed = _policy_changed(inputs, checkout, own, face) if own is not None and checkout is not None else None
    now = _now(face.environment)
    with face.progress(f"judging {policy.name}", len(policy.entries)) as advance:
        judged = judge(policy, _context(inputs, tree, subject, now, face), inputs.allow_unmeasured, advance)
    outcome = Outcome(policy, judged, shares(policy, judged), subject, changed, now)
    _show(outcome, inputs, face)
    return outcome


def _policy(inputs: Inputs, tree: Path) -> tuple[Policy, Path | None]:
    """Return the policy, and its own file where it is one of the tree's."""
    from maximus.gating.lookup import confined  # noqa: PLC0415 - `--help` needs none of it
    from maximus.gating.policy import DEFAULT, MAX_POLICY, load_policy  # noqa: PLC0415 - likewise

    name = inputs.policy or ("" if inputs.preset else DEFAULT)
    if not name:
        return load_policy(None, "", inputs.preset), None
    path = confined(tree, name)
    if path is None:
        raise Error(
            "GATE008",
            f"there is no policy {name} in {inputs.path}",
            why="it has to be a file of the tree that is judged",
            fix="Write one (docs/gate.md shows how), or name a preset: --preset regra-de-ouro.",
            where="input `policy`",
            status=ExitStatus.USAGE,
        )
    with path.open("rb") as stream:
        raw = stream.read(MAX_POLICY + 1)
    return load_policy(raw, name, inputs.preset), path


def _subject(inputs: Inputs, checkout: Checkout | None, face: Face) -> Subject:
    """Return the commit that is checked out; raise Error GATE009 where another one is asked for."""
    from maximus.gating.scorecard import Subject  # noqa: PLC0415 - `--help` needs none of it

    head = checkout.head() if checkout else None
    if inputs.subject:
        wanted = checkout.commit_of(inputs.subject) if checkout else None
        if wanted is None or wanted != head:
            raise Error(
                "GATE009",
                f"the tree {inputs.path} is not at {inputs.subject}",
                why=f"it is at {head}" if head else "it is no git checkout with a commit",
                fix="Check that commit out first; what is judged is what lies there.",
                where="input `subject`",
                status=ExitStatus.USAGE,
            )
    is_clean = not (checkout and checkout.has_changes())
    if not is_clean:
        face.warn("tracked files have changes: what is judged is no commit, so no statement is made about one")
    return Subject(head or "", is_clean, face.environment.get("GITHUB_REPOSITORY", ""))


def _policy_changed(inputs: Inputs, checkout: Checkout, policy: Path, face: Face) -> bool | None:
    """Return whether the policy differs from the base's, and say so; None where there is no base to compare with."""
    pull_base = face.environment.get("GITHUB_BASE_REF", "")
    base = inputs.base or (f"origin/{pull_base}" if pull_base else "")
    if not base:
        return None
    commit = checkout.commit_of(base)
    if commit is None and inputs.base:
        raise Error(
            "GATE015",
            f"there is no revision {base!r} here",
            fix="Fetch it (`fetch-depth: 0`), or check the name.",
            where="input `base`",
            status=ExitStatus.USAGE,
        )
    name = policy.resolve().relative_to(checkout.root.resolve()).as_posix()
    if commit is None:
        face.warn(f"whether the policy changed is not known: {base} is not fetched (`fetch-depth: 0`)", where=name)
        return None
    # Where the histories parted: what the base got since is no change of this pull request.
    before = checkout.file_at(checkout.merge_base(commit) or commit, name)
    changed = before != policy.read_bytes()
    if changed:
        what = "is new" if before is None else "changed"
        face.warn(f"the policy {what} since {base}: who reviews this, reviews what it is judged by", where=name)
    return changed


def _now(environment: Mapping[str, str]) -> dt.datetime:
    """Return the time to judge by: SOURCE_DATE_EPOCH where it is set, else the clock's."""
    epoch = environment.get("SOURCE_DATE_EPOCH", "")
    if re.fullmatch(r"\d{1,11}", epoch):
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    return dt.datetime.now(dt.UTC)


def _context(inputs: Inputs, tree: Path, subject: Subject, now: dt.datetime, face: Face) -> Context:
    from maximus.files import find_files  # noqa: PLC0415 - `--help` needs none of it
    from maximus.gating.check import Context  # noqa: PLC0415 - likewise
    from maximus.gating.worktree import Tree  # noqa: PLC0415 - likewise

    environment, folder = face.environment, Path(inputs.folder)
    on_branch = environment.get("GITHUB_REF_NAME", "") if environment.get("GITHUB_REF_TYPE") == "branch" else ""
    return Context(
        tree=Tree(tree, without=[folder]),
        folder=folder if folder.is_dir() else None,
        subject=subject.commit,
        base=inputs.base,
        today=now.date(),
        environment=without_secrets(environment),
        repository=subject.repository,
        branch=environment.get("GITHUB_BASE_REF", "") or on_branch,
        ask=_ask(inputs, face),
        verdicts=find_files(inputs.verdicts, Path()) if inputs.verdicts else (),
    )


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a program: without what belongs to our step alone, credentials first."""
    return {name: value for name, value in environment.items() if not _SECRET.fullmatch(name)}


def _ask(inputs: Inputs, face: Face) -> Callable[[str], Answer] | None:
    """Return what asks GitHub, or None without a token; connecting waits for the first question."""
    token = inputs.token or (
        face.environment.get("GITHUB_TOKEN", "") if face.environment.get("GITHUB_REPOSITORY") else ""
    )
    if not token:
        return None
    face.mask(token)
    clients: list[Client] = []

    def ask(path: str) -> Answer:
        from maximus import __version__  # noqa: PLC0415 - only a question needs it
        from maximus.documents import parse_json  # noqa: PLC0415 - likewise
        from maximus.gating.check import Answer  # noqa: PLC0415 - likewise
        from maximus.github.client import Client  # noqa: PLC0415 - PyGithub costs 170 ms

        if not clients:
            api = face.environment.get("GITHUB_API_URL", "https://api.github.com")
            clients.append(Client(api, token, version=__version__))
        reply = clients[0].get(path, allowed=(404, 422))
        return Answer(reply.status, parse_json(reply.text, path) if reply.status < 400 else None)  # noqa: PLR2004 - allowed above

    return ask


def _show(outcome: Outcome, inputs: Inputs, face: Face) -> None:
    """Judge before the face, point at the places, and say in one table and one line how it went."""
    for item in outcome.judged:
        face.judge(item.verdict)
        if item.error is not None:
            face.fail(item.error)
        if item.verdict.status is Status.FAIL:
            _point(item, inputs, face)
    for share in outcome.groups:
        if share.verdict is not None:
            face.judge(share.verdict)
    if outcome.policy.left_out:
        left = "\n".join(f"{item.id}: {item.why}" for item in outcome.policy.left_out)
        face.note("left out by the policy", left)
    if outcome.groups:
        face.table("groups", ("group", "title", "pass", "target"), [_group_row(share) for share in outcome.groups])
    face.table(
        f"gate {outcome.policy.name}",
        ("check", "status", "inspected", "measured", "threshold", "where and why"),
        [_row(item) for item in outcome.judged],
    )
    face.headline(_headline(outcome))


def _point(item: Judged, inputs: Inputs, face: Face) -> None:
    """Point at the places where a check does not hold, the first of them."""
    places = item.finding.places
    for place in places[:MAX_SHOWN]:
        where = place if inputs.path in ("", ".") else f"{inputs.path.rstrip('/')}/{place}"
        face.point(f"{item.entry.id}: {place.text}", where=str(where))
    if len(places) > MAX_SHOWN:
        face.say(f"{item.entry.id}: {MAX_SHOWN} of {len(places)} places are shown")


def _row(item: Judged) -> tuple[str, ...]:
    verdict = item.verdict
    unit = f" {verdict.unit}" if verdict.unit else ""
    places = [str(place) for place in item.finding.places[:MAX_WHERE]]
    left = len(item.finding.places) - len(places)
    why = [verdict.reason if verdict.status is not Status.PASS else ""]
    why += [f"allowed: {verdict.allowed}"] if verdict.allowed else []
    why += [", ".join(places) + (f" and {left} more" if left > 0 else "")] if places else []
    why += [verdict.hint] if verdict.hint and not verdict.allowed and verdict.status is not Status.WAIVED else []
    return (
        item.entry.id,
        verdict.status.value,
        str(verdict.inspected),
        "" if verdict.measured is None else f"{verdict.measured}{unit}",
        "" if verdict.threshold is None else str(verdict.threshold),
        "; ".join(part for part in why if part) or item.entry.title,
    )


def _group_row(share: Share) -> tuple[str, ...]:
    from maximus.gating.bounds import shown  # noqa: PLC0415 - `--help` needs none of it

    held = f"{share.passed} of {share.counted}" if share.counted else "nothing was judged"
    return (share.id or "(all)", share.title, held, "" if share.target is None else f">= {shown(share.target)} %")


def _headline(outcome: Outcome) -> str:
    verdicts = [item.verdict for item in outcome.judged]
    counts = {status: sum(verdict.status is status for verdict in verdicts) for status in Status}
    said = [f"{counts[Status.PASS]} of {len(verdicts)} checks pass"]
    said += [f"{counts[Status.FAIL]} fail"] * bool(counts[Status.FAIL])
    allowed = sum(bool(verdict.allowed) for verdict in verdicts)
    blocking = counts[Status.UNMEASURED] - allowed
    said += [f"{blocking} unmeasured"] * bool(blocking)
    said += [f"{allowed} unmeasured as allowed by name"] * bool(allowed)
    said += [f"{counts[Status.WAIVED]} waived"] * bool(counts[Status.WAIVED])
    missed = [share.title for share in outcome.groups if share.verdict and share.verdict.status is Status.FAIL]
    said += [f"target missed: {', '.join(missed)}"] * bool(missed)
    return f"{outcome.policy.name}: {', '.join(said)}"
