"""Releases on GitHub: listed, made once, updated only while they are drafts, published last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.changes import Release, well_formed
from maximus.errors import Error, ExitStatus
from maximus.github.client import Interrupted
from maximus.github.faults import unreachable
from maximus.github.limits import MAX_PAGE, MAX_RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from maximus.github.client import Client

__all__ = [
    "Payload",
    "create_draft",
    "is_published",
    "list_releases",
    "publish",
    "read_release",
    "release_of",
    "update_draft",
]

ATTEMPTS = 2
"""How often a write is tried whose first try got no answer, each after looking what became of it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a release is to be."""

    target: str
    name: str
    tag: str
    body: str | None
    """None leaves the body that is there as it is."""
    prerelease: bool
    make_latest: str
    """`true`, `false` or `legacy`."""
    draft: bool = True

    def for_creation(self) -> dict[str, Any]:
        """Return the body of the POST."""
        return {
            "target_commitish": self.target,
            "name": self.name,
            "tag_name": self.tag,
            "body": self.body or "",
            "draft": self.draft,
            "prerelease": self.prerelease,
            "make_latest": self.make_latest,
        }

    def for_update(self, old: Release) -> dict[str, Any]:
        """Return the body of the PATCH; what is empty keeps its old value."""
        document: dict[str, Any] = {
            "draft": self.draft,
            "prerelease": self.prerelease,
            "make_latest": self.make_latest,
        }
        if self.body is not None:
            document["body"] = self.body
        texts = {"name": self.name or old.name, "tag_name": self.tag or old.tag, "target_commitish": self.target}
        return document | {key: text for key, text in texts.items() if text}


def release_of(document: Mapping[str, Any]) -> Release:
    """Return GitHub's release as a value."""
    return Release(
        tag=well_formed(document.get("tag_name") or ""),
        id=int(document["id"]),
        name=well_formed(document.get("name") or ""),
        is_draft=bool(document.get("draft")),
        is_prerelease=bool(document.get("prerelease")),
        is_immutable=bool(document.get("immutable")),
        target=document.get("target_commitish") or "",
        created_at=document.get("created_at") or "",
        body=well_formed(document.get("body") or ""),
        html_url=document.get("html_url") or "",
        upload_url=document.get("upload_url") or "",
    )


def list_releases(client: Client, repository: str) -> tuple[Release, ...]:
    """Return the repository's releases in GitHub's order, drafts too, at most MAX_RELEASES."""
    found: list[Release] = []
    for page in range(1, MAX_RELEASES // MAX_PAGE + 1):
        # Page 1 is asked for without its number: the first request of most runs, and the only one.
        query = {"per_page": MAX_PAGE} | ({"page": page} if page > 1 else {})
        items = client.get(f"/repos/{repository}/releases", query=query).items()
        found += [release_of(item) for item in items]
        if len(items) < MAX_PAGE:
            break
    return tuple(found)


def read_release(client: Client, repository: str, number: int) -> Release | None:
    """Return a release as it is now, or None where it is gone."""
    reply = client.get(f"/repos/{repository}/releases/{number}", allowed=(404,))
    return None if reply.status == 404 else release_of(reply.document())  # noqa: PLR2004 - HTTP's "not found"


def is_published(release: Release) -> bool:
    """Tell whether a release must not be touched any more."""
    return release.is_immutable or not release.is_draft


def create_draft(client: Client, repository: str, payload: Payload, known: Sequence[Release]) -> Release:
    """Return the release that was made from the payload.

    A POST without an answer may have worked: the list tells, and what was made is adopted, never made again.
    `known` are the releases that were there before.
    """
    before = {release.id for release in known}

    def made() -> Release | None:
        for release in list_releases(client, repository):
            if release.id not in before and _carries(release, payload):
                return release
        return None

    return _write(client, "POST", f"/repos/{repository}/releases", payload.for_creation(), made)


def _carries(release: Release, payload: Payload) -> bool:
    return (
        (not payload.tag or release.tag == payload.tag)
        and release.name == payload.name
        and (payload.body is None or _same_text(release.body, payload.body))
        and release.is_draft == payload.draft
    )


def _same_text(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")


def update_draft(
    client: Client, repository: str, old: Release, decide: Callable[[Release], Payload], known: Sequence[Release]
) -> Release | None:
    """Return the draft with a payload's content, or None where it is no draft any more and was left alone.

    It is read again right before the PATCH: one that was published meanwhile would fall back to a draft, and what
    somebody wrote into it meanwhile would be lost. `decide` is given the draft as it is then.
    `known` are the releases that were listed with it.
    """
    if sum(release.id == old.id for release in known) > 1:
        # Never on GitHub, but in recorded worlds: a number that several share names none of them.
        again = list_releases(client, repository)
        now = next((release for release in again if (release.id, release.tag) == (old.id, old.tag)), None)
    else:
        now = read_release(client, repository, old.id)
    if now is None or is_published(now):
        return None
    payload = decide(now)

    def done() -> Release | None:
        release = read_release(client, repository, old.id)
        if release is not None and is_published(release):
            return release
        return release if release and _carries(release, payload) else None

    return _write(client, "PATCH", f"/repos/{repository}/releases/{old.id}", payload.for_update(now), done)


def publish(client: Client, repository: str, release: Release, payload: Payload) -> Release:
    """Return the release, published by one PATCH; the last write of a run.

    The body is left out: somebody may have written into it while the files were uploaded.
    Raises Error HUB014 where somebody published it meanwhile.
    """
    now = read_release(client, repository, release.id)
    if now is None or is_published(now):
        raise Error(
            "HUB014",
            f"the draft {release.tag} was {'deleted' if now is None else 'published'} while this run was under way",
            why="it was left alone",
            fix="Look at the release; run again for the next one.",
        )

    def done() -> Release | None:
        found = read_release(client, repository, release.id)
        return found if found and is_published(found) else None

    document = replace(payload, body=None, draft=False).for_update(now)
    return _write(client, "PATCH", f"/repos/{repository}/releases/{release.id}", document, done)


def _write(client: Client, method: str, path: str, document: object, made: Callable[[], Release | None]) -> Release:
    """Send a write; where no answer came, look whether it worked before sending it again."""
    fault: Interrupted | None = None
    for _ in range(ATTEMPTS):
        try:
            return release_of(client.change(method, path, document).document())
        except Interrupted as caught:
            fault = caught
            found = made()
            if found is not None:
                return found
    raise unreachable(f"{method} got no answer: {fault}") from fault


def already_published(release: Release) -> Error:
    """Return the error for a tag whose release is out already."""
    return Error(
        "HUB015",
        f"the release {release.tag} is published already and was left alone",
        why="what people may have downloaded is not changed",
        fix="Release the next version.",
        where=release.html_url,
        status=ExitStatus.FAILED,
    )
