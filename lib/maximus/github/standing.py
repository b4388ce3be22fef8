"""Which release is the latest: read, moved, and a published release's notes marked. Nothing else of it is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error
from maximus.github.client import Interrupted
from maximus.github.faults import unreachable
from maximus.github.releases import read_release, release_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maximus.changes import Release
    from maximus.github.client import Client

__all__ = ["latest_release", "make_latest", "replace_notes"]

ATTEMPTS: Final = 2
"""How often a change is sent whose first try got no answer, each after looking what became of it."""


def latest_release(client: Client, repository: str) -> Release | None:
    """Return the release that is shown as the latest, or None where there is none."""
    reply = client.get(f"/repos/{repository}/releases/latest", allowed=(404,))
    return None if reply.status == 404 else release_of(reply.document())  # noqa: PLR2004 - HTTP's "not found"


def make_latest(client: Client, repository: str, release: Release) -> None:
    """Move the latest mark to a published release, and look whether it is there.

    Raises Error HUB030 where the release is published no more, HUB031 where the mark did not move.
    """
    now = _published(client, repository, release)

    def done() -> bool:
        found = latest_release(client, repository)
        return found is not None and found.id == now.id

    _change(client, f"/repos/{repository}/releases/{now.id}", {"make_latest": "true"}, done)
    if not done():
        raise Error(
            "HUB031",
            f"{release.tag} did not become the latest release",
            why="GitHub took the change and shows another one",
            fix="Look at the releases' page; run again.",
        )


def replace_notes(client: Client, repository: str, release: Release, decide: Callable[[Release], str | None]) -> bool:
    """Replace a published release's notes by what `decide` makes of it as it is now; return whether they were.

    `decide` returns None to leave it alone. Raises Error HUB030 where the release is published no more.
    """
    now = _published(client, repository, release)
    text = decide(now)
    if text is None:
        return False

    def done() -> bool:
        found = read_release(client, repository, now.id)
        return found is not None and found.body.replace("\r\n", "\n") == text.replace("\r\n", "\n")

    _change(client, f"/repos/{repository}/releases/{now.id}", {"body": text}, done)
    return True


def _published(client: Client, repository: str, release: Release) -> Release:
    now = read_release(client, repository, release.id)
    if now is None or now.is_draft:
        raise Error(
            "HUB030",
            f"the release {release.tag} is published no more",
            why="somebody changed it while this run was under way",
            fix="Look at the releases' page; run again.",
        )
    return now


def _change(client: Client, path: str, body: Mapping[str, Any], done: Callable[[], bool]) -> None:
    """Send a change that may be sent twice; where no answer came, look first whether it worked."""
    fault: Interrupted | None = None
    for _ in range(ATTEMPTS):
        try:
            client.change("PATCH", path, dict(body))
        except Interrupted as caught:
            fault = caught
            if done():
                return
        else:
            return
    raise unreachable(f"PATCH got no answer: {fault}") from fault
