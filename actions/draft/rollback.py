"""`draft` in mode `rollback`: an earlier release that verifies again becomes the latest one, forward only.

The bad release stays published, its tag stays its own; its notes say which one to use instead where they may still be
edited. Who did it, when and why goes into `evidence/rollback.json`.
"""

from __future__ import annotations

import dataclasses
import io
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.files import EVIDENCE, write_whole
from maximus.verdict import Status, Verdict

from ..declare import find_action, inputs_from_texts

if TYPE_CHECKING:
    from maximus.changes import Release
    from maximus.github.client import Client

    from .. import verify
    from ..face import Face
    from .inputs import Inputs

__all__ = ["Site", "check_inputs", "run"]

RECORD = "rollback.json"
"""The file's name in the folder's evidence."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the releases are."""

    client: Client
    repository: str
    """`owner/name`."""
    token: str
    sends: bool
    """Whether anything is written."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """An earlier release that was verified again."""

    release: Release
    is_compliant: bool
    found: str


def check_inputs(inputs: Inputs) -> None:
    """Return where a rollback can begin; raise Error DRAFT012 or DRAFT013 (usage) where something is missing."""
    from maximus.notes.rollback import MAX_REASON  # noqa: PLC0415 - only a rollback needs it

    if not 0 < len(inputs.reason) <= MAX_REASON:
        raise Error(
            "DRAFT012",
            "a rollback needs a reason",
            why=f"it is longer than {MAX_REASON} characters"
            if inputs.reason
            else "it goes into the notes and the record",
            fix="Say in one sentence with `reason` what is wrong with the release.",
            where="input reason",
            status=ExitStatus.USAGE,
        )
    if not inputs.verify_command:
        raise Error(
            "DRAFT013",
            "a rollback needs the line to verify with",
            why="an earlier release only becomes the latest when it verifies again",
            fix="Give `verify-command`, such as `maximus verify --repository OWNER/NAME --workflow "
            ".github/workflows/release.yml --ref 'refs/tags/v*'`.",
            where="input verify-command",
            status=ExitStatus.USAGE,
        )


def run(inputs: Inputs, face: Face, site: Site) -> Release | None:
    """Make the last COMPLIANT release before the bad one the latest, and return it; None in a dry run.

    Raises Error DRAFT012 to DRAFT016, and what GitHub's client raises. Without a compliant release nothing is written.
    """
    from maximus.github.releases import list_releases  # noqa: PLC0415 - only a run with a token needs it
    from maximus.github.standing import latest_release  # noqa: PLC0415 - as above
    from maximus.notes.rollback import candidates  # noqa: PLC0415 - as above

    check_inputs(inputs)
    wanted = _verify_inputs(inputs, face, site)
    releases = list_releases(site.client, site.repository)
    bad = _bad_release(inputs, releases, latest_release(site.client, site.repository))
    tried = _try(candidates(releases, bad), wanted, face)
    rows = [(each.release.tag, "COMPLIANT" if each.is_compliant else "not taken", each.found) for each in tried]
    face.table("Candidates", ("release", "verdict", "what was found"), rows)
    good = next((each.release for each in tried if each.is_compliant), None)
    if good is None:
        raise Error(
            "DRAFT014",
            f"no release before {bad.tag} is COMPLIANT, so none takes its place",
            why="; ".join(f"{each.release.tag}: {each.found}" for each in tried)[:1000] or "there is none",
            fix="Release a mended version instead; nothing was changed.",
        )
    if not site.sends:
        face.judge(Verdict("draft.rollback", Status.PASS, len(tried), reason=f"{good.tag} would become the latest"))
        face.headline(f"dry run: {good.tag} is COMPLIANT and would take the place of {bad.tag}; nothing was sent")
        return None
    unmarked = _write(inputs, site, bad, good)
    path = _keep_record(inputs, face, site, bad=bad, good=good, tried=tried, unmarked=unmarked)
    if unmarked:
        face.say(f"the notes of {bad.tag} were left as they are: {unmarked}")
    face.judge(
        Verdict("draft.rollback", Status.PASS, len(tried), measured=good.tag, reason=f"it took the place of {bad.tag}")
    )
    face.headline(f"{good.tag} is COMPLIANT and the latest release now, instead of {bad.tag}; recorded in {path}")
    return good


def _verify_inputs(inputs: Inputs, face: Face, site: Site) -> verify.Inputs:
    """Return what the line says to verify by, for a release that is fetched by its tag.

    Raises Error DRAFT015 (usage) for a line that is not `maximus verify`, and what its options raise.
    """
    from ..command import ROOT  # noqa: PLC0415 - only a rollback needs it
    from ..dependencies import make_importable  # noqa: PLC0415 - as above
    from ..terminal import options_of  # noqa: PLC0415 - as above

    try:
        words = shlex.split(inputs.verify_command)
    except ValueError:
        words = []
    if words[:2] != ["maximus", "verify"]:
        raise Error(
            "DRAFT015",
            f"{inputs.verify_command[:200]!r} is no line to verify with",
            fix="It begins with `maximus verify`, as `sign` puts it out; no shell reads it.",
            where="input verify-command",
            status=ExitStatus.USAGE,
        )
    # The group of `draft` has nothing that reads signatures.
    make_importable("verify", ROOT, face.environment, face.say)
    action = find_action("verify")
    texts, *_ = options_of(action, words[2:], face.environment)
    asked: verify.Inputs = inputs_from_texts(action, texts)
    return dataclasses.replace(
        asked,
        # Where the files lie here, and what would be written here, is nothing to a release that is fetched.
        folder="",
        bundles="",
        files=(),
        pin="",
        statement="",
        repository=asked.repository or site.repository,
        token=site.token,
    )


def _bad_release(inputs: Inputs, releases: tuple[Release, ...], latest: Release | None) -> Release:
    """Return the release to turn away from: the one that `tag` names, else the latest."""
    if not inputs.tag and latest is not None:
        return latest
    found = next((release for release in releases if release.tag == inputs.tag and not release.is_draft), None)
    if found is None:
        raise Error(
            "DRAFT016",
            f"there is no published release {inputs.tag}" if inputs.tag else "there is no published release",
            fix="Name the release to turn away from with `tag`; without it the latest is meant.",
            where="input tag",
            status=ExitStatus.USAGE,
        )
    return found


def _try(earlier: tuple[Release, ...], wanted: verify.Inputs, face: Face) -> tuple[_Tried, ...]:
    """Verify one release after the other until one is COMPLIANT."""
    from maximus.notes.rollback import MAX_CANDIDATES  # noqa: PLC0415 - as in `run`

    tried: list[_Tried] = []
    for release in earlier[:MAX_CANDIDATES]:
        face.say(f"verifying {release.tag}")
        tried.append(_verify(release, wanted, face))
        if tried[-1].is_compliant:
            break
    if len(earlier) > len(tried) == MAX_CANDIDATES:
        face.warn(f"the last {MAX_CANDIDATES} of {len(earlier)} earlier releases were verified, no others")
    return tuple(tried)


def _verify(release: Release, wanted: verify.Inputs, face: Face) -> _Tried:
    """Return whether a release holds, as a stranger would find it; outages end the run instead of looking like one."""
    from .. import verify  # noqa: PLC0415 - only a rollback needs it
    from ..terminal import TerminalFace  # noqa: PLC0415 - as above

    # Heard by nobody: a candidate that fails is a finding here, and its errors are none of this run's.
    quiet = TerminalFace(face.environment, "verify", stream=io.StringIO(), errors=io.StringIO())
    try:
        found = verify.run(dataclasses.replace(wanted, tag=release.tag), quiet)
    except Error as error:
        if error.status in (ExitStatus.OUTSIDE, ExitStatus.USAGE):
            raise
        return _Tried(release, is_compliant=False, found=error.headline)
    outage = next((error for error in quiet.record.errors if error.status is ExitStatus.OUTSIDE), None)
    if outage is not None:
        raise outage
    holds = found.compliant == "true" and quiet.record.exit_status is ExitStatus.PASS
    return _Tried(release, is_compliant=holds, found=quiet.record.headline)


def _write(inputs: Inputs, site: Site, bad: Release, good: Release) -> str:
    """Move the mark, then mark the bad release's notes; return why those were left alone, or an empty text."""
    from maximus.github.standing import make_latest, replace_notes  # noqa: PLC0415 - as in `run`
    from maximus.notes.rollback import unmarked_because, withdrawn_body  # noqa: PLC0415 - as above

    make_latest(site.client, site.repository, good)
    why = ""

    def decide(now: Release) -> str | None:
        nonlocal why
        why = unmarked_because(now, good, inputs.reason)
        return None if why else withdrawn_body(now, good, inputs.reason)

    try:
        replace_notes(site.client, site.repository, bad, decide)
    except Error as error:
        # The rollback itself is done; that the notes could not be edited is told and recorded.
        why = error.headline
    return why


def _keep_record(  # noqa: PLR0913 - what happened, to which two, and what was found
    inputs: Inputs, face: Face, site: Site, *, bad: Release, good: Release, tried: tuple[_Tried, ...], unmarked: str
) -> Path:
    """Write who made which release the latest, when and why, and return where."""
    from maximus.documents import pretty, validate  # noqa: PLC0415 - as in `run`

    environment = face.environment
    claims: dict[str, Any] = {
        "repository": site.repository,
        "from": _named(bad),
        "to": _named(good),
        "reason": inputs.reason,
        "by": environment.get("GITHUB_ACTOR") or environment.get("USER") or "not known",
        "candidates": [
            {"tag": each.release.tag, "compliant": each.is_compliant, "found": each.found} for each in tried
        ],
        "notes_marked": not unmarked,
    }
    if unmarked:
        claims["unmarked_because"] = unmarked
    telemetry = {"when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    for key, name in (("run_id", "GITHUB_RUN_ID"), ("run_attempt", "GITHUB_RUN_ATTEMPT")):
        if environment.get(name):
            telemetry[key] = environment[name]
    document = {"kind": "maximus-rollback", "version": 1, "claims": claims, "telemetry": telemetry}
    path = Path(inputs.folder) / EVIDENCE / RECORD
    validate(document, "rollback", str(path))
    write_whole(path, pretty(document))
    return path


def _named(release: Release) -> dict[str, Any]:
    return {"tag": release.tag, "id": release.id, "url": release.html_url}
