"""How a run of `sign` signs: as the job that it is, or with a key; and for a private repository not in public."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus

from ..custody import refuse_pasted

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["NOT_LOGGED", "Job", "decide", "event_visibility", "plan_signing", "refuse_private"]

NOT_LOGGED: Final = "key-signed, not logged"
"""What every report of a signature by a managed key says."""
_MAX_EVENT: Final = 32 << 20
"""Bytes of the largest event that is read; GitHub sends 25 MB at most."""


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job gets its identity token."""

    url: str
    bearer: str


def plan_signing(key: str, environment: Mapping[str, str]) -> str:
    """Return how `sign` would sign here, for people; raises Error SIGN002 or KEY010 where it would refuse."""
    refuse_pasted(key)
    if decide(key, environment):
        return "keyless, by the identity of this job, logged"
    whose = f"with the key {key}" if key else "with the user's managed key"
    return f"{whose}: {NOT_LOGGED}"


def decide(key: str, environment: Mapping[str, str]) -> Job | None:
    """Return the job that gives its identity, or None where a key signs.

    A key signs when it is named, or on a person's machine. In a job nothing falls back to a key: who
    verifies the release would then be told of another signer than the workflow.
    """
    if key:
        return None
    url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    bearer = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if url and bearer:
        return Job(url, bearer)
    if environment.get("GITHUB_ACTIONS") != "true":
        return None
    raise Error(
        "SIGN002",
        "this job has no identity to sign with",
        why="it was not given the permission `id-token: write` (a pull request from a fork never is)",
        # `contents: write` is what the whole release needs besides, which is where most meet this.
        fix="Add `id-token: write` to what the job may do already, as in permissions: "
        "{ contents: write, id-token: write }",
        where="permissions",
        status=ExitStatus.OUTSIDE,
    )


def event_visibility(environment: Mapping[str, str]) -> str:
    """Return the visibility of the repository as the event that started the job states it; empty where it does not."""
    try:
        with Path(environment.get("GITHUB_EVENT_PATH", "")).open("rb") as stream:
            event = json.loads(stream.read(_MAX_EVENT))
    except (OSError, ValueError, RecursionError):
        # The token says it too.
        return ""
    repository = event.get("repository") if isinstance(event, dict) else None
    if not isinstance(repository, dict):
        return ""
    return "private" if repository.get("private") is True else str(repository.get("visibility") or "")


def refuse_private(visibility: str) -> None:
    """Raise Error SIGN009 where the repository is not for everybody: no log forgets its name again."""
    if visibility in ("private", "internal"):
        raise Error(
            "SIGN009",
            f"this repository is {visibility}, and a keyless signature would make its name public",
            why="the public log keeps the names of repository, workflow and ref for good",
            fix="Set `allow-public-log: true` if they may be known; else sign with a `key`, "
            "or with a private instance by `trust-config`.",
            where="input `allow-public-log`",
            status=ExitStatus.USAGE,
        )
