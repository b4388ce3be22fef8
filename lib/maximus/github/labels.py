"""Labels of a pull request on GitHub, and the files that it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from maximus.changes import well_formed
from maximus.github.client import Interrupted
from maximus.github.faults import unreachable
from maximus.github.limits import MAX_CHANGED_FILES, MAX_LABEL_PAGES, MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maximus.github.client import Client, Reply

__all__ = ["ChangedFiles", "NotAllowed", "add_labels", "list_changed_files", "list_labels", "remove_label"]

ATTEMPTS = 2
"""How often a write is sent whose first try got no answer: a label that is there already is not added twice."""


class NotAllowed(Exception):  # noqa: N818 - an answer, not a fault
    """The token is not allowed to do this; the message is GitHub's."""


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """The paths that a pull request changes."""

    paths: tuple[str, ...]
    is_complete: bool
    """Whether these are known to be all: GitHub lists no more than 3,000."""


def list_changed_files(client: Client, repository: str, number: int) -> ChangedFiles:
    """Return the paths of the files that a pull request changes, read a page at a time.

    Raises NotAllowed where the token may not read them, and what `Client.get` raises.
    """
    pages = MAX_CHANGED_FILES // MAX_PAGE
    found, is_complete = _list(client, f"/repos/{repository}/pulls/{number}/files", "filename", pages)
    return ChangedFiles(found, is_complete)


def list_labels(client: Client, repository: str, number: int) -> tuple[str, ...]:
    """Return the labels that a pull request has now; raise as `list_changed_files` does."""
    return _list(client, _address(repository, number), "name", MAX_LABEL_PAGES)[0]


def _list(client: Client, path: str, key: str, pages: int) -> tuple[tuple[str, ...], bool]:
    """Return one text of every item, and whether the last page was reached."""
    found: list[str] = []
    for page in range(1, pages + 1):
        reply = client.get(path, query={"per_page": MAX_PAGE, "page": page}, allowed=(403,))
        if reply.status == 403:  # noqa: PLR2004 - HTTP's "forbidden"
            raise NotAllowed(reply.message)
        items = reply.items(key=key)
        found += [well_formed(str(item[key])) for item in items]
        if len(items) < MAX_PAGE:
            return tuple(found), True
    return tuple(found), False


def add_labels(client: Client, repository: str, number: int, labels: Iterable[str]) -> None:
    """Add labels to those that a pull request has, all in one request; none, and nothing is sent.

    Raises NotAllowed where the token may not, Error HUB001 (outside) where GitHub does not answer, and what
    `Client.change` raises.
    """
    wanted = list(labels)
    if not wanted:
        return
    reply = _write(client, "POST", _address(repository, number), {"labels": wanted})
    # A token that may not even see the pull request gets 404.
    if reply.status in (403, 404):
        raise NotAllowed(reply.message)


def remove_label(client: Client, repository: str, number: int, label: str) -> None:
    """Take a label away from a pull request; one that is gone already is no fault. Raises as `add_labels` does."""
    reply = _write(client, "DELETE", f"{_address(repository, number)}/{quote(label, safe='')}", None)
    # 404 is what a label that is gone gets; a token that may not write but read gets 403.
    if reply.status == 403:  # noqa: PLR2004 - HTTP's "forbidden"
        raise NotAllowed(reply.message)


def _address(repository: str, number: int) -> str:
    return f"/repos/{repository}/issues/{number}/labels"


def _write(client: Client, method: str, path: str, body: object) -> Reply:
    for tries_left in range(ATTEMPTS - 1, -1, -1):
        try:
            return client.change(method, path, body, allowed=(403, 404))
        except Interrupted as fault:
            if not tries_left:
                raise unreachable(str(fault)) from fault
    raise AssertionError  # the last try either returned or raised
