"""Where `draft` is: the repository, the commit, the checkout and the event that started the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.documents import load_json
from maximus.errors import Error, ExitStatus

from ..workplace import check_repository

if TYPE_CHECKING:
    from ..face import Face
    from .inputs import Inputs

__all__ = ["PULL_REQUEST_EVENTS", "Place", "find_place", "origin_of"]

PULL_REQUEST_EVENTS = ("pull_request", "pull_request_review", "pull_request_review_comment")
"""The events whose files come from a pull request's author; `pull_request_target` reads the base's."""


@dataclass(frozen=True, slots=True)
class Place:
    """The repository on GitHub that the run is about, and what happened there."""

    token: str
    api_url: str
    graphql_url: str
    server: str
    repository: str
    """`owner/name`."""
    ref: str
    """The event's ref; empty where it has none."""
    is_pull_request: bool
    """Whether a pull request started the run: its configuration comes from its author, so nothing is sent."""
    workspace: Path
    event: Path
    """The event's file; it need not exist."""

    @property
    def tag(self) -> str:
        """The tag that started the run, or an empty text."""
        return self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else ""


def find_place(inputs: Inputs, face: Face) -> Place | None:
    """Return where the release is to be, or None where no token or no repository is known."""
    environment = face.environment
    token = inputs.token or environment.get("GITHUB_TOKEN", "")
    if not token:
        return None
    face.mask(token)
    repository = environment.get("GITHUB_REPOSITORY", "")
    ref = environment.get("GITHUB_REF", "") or _event_ref(environment.get("GITHUB_EVENT_PATH", ""))
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    if not repository:
        # At a terminal: a token that merely lies in the environment asks for nothing.
        if not inputs.token:
            return None
        repository, ref = origin_of(inputs, server)
    check_repository(repository)
    return Place(
        token=token,
        api_url=environment.get("GITHUB_API_URL", "https://api.github.com"),
        graphql_url=environment.get("GITHUB_GRAPHQL_URL", ""),
        server=server,
        repository=repository,
        ref=ref,
        is_pull_request=environment.get("GITHUB_EVENT_NAME", "") in PULL_REQUEST_EVENTS,
        workspace=Path(environment.get("GITHUB_WORKSPACE", ".")),
        event=Path(environment.get("GITHUB_EVENT_PATH", "") or "event.json"),
    )


def _event_ref(path: str) -> str:
    """Return the ref in the event's file, or an empty text."""
    if not path or not Path(path).is_file():
        return ""
    event = load_json(Path(path))
    ref = event.get("ref") if isinstance(event, dict) else None
    return ref if isinstance(ref, str) else ""


def origin_of(inputs: Inputs, server: str) -> tuple[str, str]:
    """Return the checkout's repository and commit, for a run at a terminal."""
    from maximus.git import find_checkout  # noqa: PLC0415 - only a run at a terminal needs it

    checkout = find_checkout(Path(inputs.path))
    origin = checkout.origin() if checkout else None
    if checkout is None or origin is None or origin.server != server:
        raise Error(
            "DRAFT003",
            "it is not known which repository the release is for",
            why=f"{inputs.path} is no checkout of a repository on {server}",
            fix="Set GITHUB_REPOSITORY to `owner/name`, or leave the token out.",
            where="path",
            status=ExitStatus.USAGE,
        )
    return origin.name, checkout.head() or ""
