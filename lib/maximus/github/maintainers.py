"""Who set a label, and whether that somebody may write to the repository.

It costs a request for each pull request that is asked about, and one for each person who labelled them; asking stops
with the first answer that suffices. No GraphQL points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from maximus.errors import Error
from maximus.github.limits import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.github.client import Client

__all__ = ["find_vouched"]

MAX_ASKED = 50
"""How many pull requests are asked about: more would cost more than a major version is worth."""
MAX_EVENT_PAGES = 5
"""How many pages of a pull request's events are read."""
WRITING = frozenset({"admin", "maintain", "write"})
"""The roles whose labels count."""


def find_vouched(
    client: Client, repository: str, contested: Mapping[int, frozenset[str]]
) -> tuple[dict[int, frozenset[str]], tuple[str, ...]]:
    """Return the labels that somebody with write access set, by pull request, and notices of what is not known.

    `contested` names the labels of interest. The first pull request with such a label ends the search.
    """
    roles: dict[str, str] = {}
    notices: list[str] = []
    asked = sorted(number for number, labels in contested.items() if labels)
    if len(asked) > MAX_ASKED:
        notices.append(f"of {len(asked)} pull requests with such a label only {MAX_ASKED} were asked about")
    for number in asked[:MAX_ASKED]:
        try:
            setters = _setters(client, repository, number)
            vouched = frozenset(
                label
                for label, login in setters.items()
                if label in contested[number] and _role(client, repository, login, roles) in WRITING
            )
        except Error as error:
            if error.code not in ("HUB003", "HUB010"):
                raise
            notices.append(f"who labelled #{number} is not known: {error.why or error.what}")
            continue
        if vouched:
            return {number: vouched}, tuple(notices)
    return {}, tuple(notices)


def _setters(client: Client, repository: str, number: int) -> dict[str, str]:
    """Return who set each of the labels last."""
    found: dict[str, str] = {}
    for page in range(1, MAX_EVENT_PAGES + 1):
        query = {"per_page": MAX_PAGE} | ({"page": page} if page > 1 else {})
        items = client.get(f"/repos/{repository}/issues/{number}/events", query=query).items(key="event")
        for item in items:
            label, login = _text(item.get("label"), "name"), _text(item.get("actor"), "login")
            if item["event"] == "labeled" and label:
                found[label] = login
            elif item["event"] == "unlabeled":
                found.pop(label, None)
        if len(items) < MAX_PAGE:
            break
    return found


def _text(document: Any, key: str) -> str:  # noqa: ANN401 - foreign JSON enters here
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def _role(client: Client, repository: str, login: str, known: dict[str, str]) -> str:
    """Return somebody's role; one who is no collaborator, or whose account is gone, has none."""
    if not login:
        return "none"
    if login not in known:
        reply = client.get(f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission", allowed=(404,))
        known[login] = "none" if reply.status == 404 else _text(reply.document(), "permission")  # noqa: PLR2004 - HTTP's "not found"
    return known[login]
