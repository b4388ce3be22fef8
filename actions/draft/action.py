"""The action `draft`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from . import proof, rollback
from .drafting import Drafting
from .explanation import explain
from .inputs import Inputs, Outputs
from .place import Place, find_place
from .writing import compat_of, outputs_of, request_of, write_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.github.client import Client
    from maximus.notes.sections import Sections

    from ..face import Face

__all__ = ["run"]


def run(inputs: Inputs, face: Face, *, verification: str = "", fallback: tuple[str, ...] | None = None) -> Outputs:
    """Write the notes and, with a token, see to the release on GitHub.

    `verification` is the command with which anybody verifies the folder, and `fallback` the sections that follow the
    notes where neither the caller nor the configuration names some: what another action knows when it calls this one.
    """
    if inputs.check:
        tree, compat = Path(inputs.path), compat_of(inputs)
        explain(face, tree, inputs.config_name, compat=compat, modernised=inputs.modernised, overwrite=inputs.overwrite)
        return Outputs()
    _notice_old_inputs(inputs, face)
    inputs = dataclasses.replace(inputs, publish=inputs.publish or inputs.mode == "publish")
    place = find_place(inputs, face)
    if inputs.mode == "rollback":
        return _roll_back(inputs, face, place)
    sections = proof.read(inputs, face, verification, fallback, is_sent=place is not None)
    if place is None:
        return _write_notes(inputs, face, sections)
    return _draft(inputs, face, place, sections)


def _notice_old_inputs(inputs: Inputs, face: Face) -> None:
    old = {
        "disable-releaser": inputs.disable_releaser,
        "disable-autolabeler": inputs.disable_autolabeler,
    }
    given_ones = [name for name, value in old.items() if value]
    if given_ones:
        face.warn(f"inputs without effect since release-drafter 7: {', '.join(given_ones)}; leave them out")


def _write_notes(inputs: Inputs, face: Face, sections: Sections) -> Outputs:
    """Write `notes.md` from git's history; nothing is sent."""
    from maximus.git import find_checkout  # noqa: PLC0415 - only a run without a token needs it
    from maximus.notes.local import compose_local  # noqa: PLC0415 - as above

    checkout = find_checkout(Path(inputs.path))
    if checkout is None:
        return _write_without_history(inputs, face, sections)
    made = compose_local(checkout, request_of(inputs), inputs.config_name, sections)
    for warning in made.warnings:
        face.warn(warning)
    path, body = write_body(inputs, made.notes.body, made.notes.behind)
    since = f"since {made.base}" if made.base else "of the whole history (no release so far)"
    found = Status.PASS if made.commits else Status.UNMEASURED
    face.judge(Verdict("draft.notes", found, made.commits, measured=made.notes.changes, unit="changes"))
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
    changes = counted(made.notes.changes, "change")
    face.headline(f"{path} holds {changes} {since} for {made.notes.version}; nothing was sent")
    return outputs_of(made.notes, path, body)


def _write_without_history(inputs: Inputs, face: Face, sections: Sections) -> Outputs:
    """Write notes for a tree that is no checkout, such as an unpacked source archive: what the folder proves."""
    artifacts = sections.artifacts
    if not artifacts:
        raise Error(
            "DRAFT001",
            f"{inputs.path} is no git checkout",
            why="without a token the notes come from git's history, and there is no release folder either",
            fix="Run in a checkout, name one with `path`, or give a `token`.",
            where="path",
            status=ExitStatus.USAGE,
        )
    # The tree has no history, so nothing is said about changes but that.
    behind = sections.behind(sections.following(None))
    path, body = write_body(inputs, "Changes: not measured, the tree is no git checkout.\n", behind)
    face.judge(Verdict("draft.notes", Status.PASS, len(artifacts), measured=len(artifacts), unit="artifacts"))
    count = counted(len(artifacts), "artifact")
    face.headline(f"{path} lists {count}; changes not measured, no git checkout; nothing was sent")
    return Outputs(body=body, resolved_version=inputs.version, body_file=str(path))


def _roll_back(inputs: Inputs, face: Face, place: Place | None) -> Outputs:
    """Make an earlier release the latest."""
    if place is None:
        raise Error(
            "DRAFT017",
            "a rollback needs a token",
            fix="Give `token`, and `contents: write` to the job; it is the releases on GitHub that change.",
            where="token",
            status=ExitStatus.USAGE,
        )
    with _client(place) as client:
        sends = not (inputs.dry_run or place.is_pull_request)
        release = rollback.run(inputs, face, rollback.Site(client, place.repository, place.token, sends=sends))
    if release is None:
        return Outputs()
    return Outputs(id=str(release.id), html_url=release.html_url, tag_name=release.tag, name=release.name)


@contextlib.contextmanager
def _client(place: Place) -> Iterator[Client]:
    from maximus import __version__  # noqa: PLC0415 - only a run with a token needs it
    from maximus.github.client import Client  # noqa: PLC0415 - as above

    client = Client(place.api_url, place.token, graphql_url=place.graphql_url, version=__version__)
    try:
        yield client
    finally:
        client.close()


def _draft(inputs: Inputs, face: Face, place: Place, sections: Sections) -> Outputs:
    """See to the release on GitHub: read, decide, write, compare, publish."""
    with _client(place) as client:
        return Drafting(inputs, face, place, client, sections).run()
