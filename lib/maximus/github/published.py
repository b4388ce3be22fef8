"""A published release as anybody sees it: by its tag, with every file that is attached to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from maximus.errors import Error, ExitStatus
from maximus.github.downloads import Attached
from maximus.github.limits import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.github.client import Client

__all__ = ["ARCHIVES", "Published", "is_file_name", "read_published"]

MAX_ATTACHED: Final = 1_000
"""Files that a release may have."""
MAX_NAME: Final = 255
"""Bytes of the longest name that a file can have."""
ARCHIVES: Final = ("Source code (tar.gz)", "Source code (zip)")
"""What GitHub puts beside every release by itself; made anew for each download, so that nobody can sign them."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Published:
    """A release and its files, sorted by name."""

    tag: str
    page: str
    """Its address for people."""
    files: tuple[Attached, ...]


def is_file_name(name: str) -> bool:
    """Tell whether a file can be kept under the name: one plain component, nothing unseen in it."""
    plain = bool(name) and not _UNFIT.search(name) and name not in (".", "..")
    return plain and name.isprintable() and len(name.encode("utf-8", "replace")) <= MAX_NAME


def read_published(client: Client, repository: str, tag: str) -> Published | None:
    """Return the release of a tag with all its files, or None where there is none that anybody may see.

    It takes two requests up to a full last page: the release comes with its files, and the page of the list on
    which the next one would stand shows that there is none. Raises Error HUB018 (outside) for more files than
    a release can have, else as `Client.get` does.
    """
    reply = client.get(f"/repos/{repository}/releases/tags/{quote(tag, safe='')}", allowed=(404,))
    if reply.status == 404:  # noqa: PLR2004 - HTTP's "not found"
        return None
    document = reply.document()
    found = {item.id: item for item in map(_attached, document.get("assets") or ())}
    page = len(found) // MAX_PAGE + 1
    while True:
        query = {"per_page": MAX_PAGE} | ({"page": page} if page > 1 else {})
        items = client.get(f"/repos/{repository}/releases/{int(document['id'])}/assets", query=query).items()
        found |= {item.id: item for item in map(_attached, items)}
        if len(found) > MAX_ATTACHED:
            raise Error(
                "HUB018",
                f"the release {tag} lists more than {MAX_ATTACHED} files",
                why="no release can have so many",
                fix="Look whether a proxy answers in GitHub's place, then run again.",
                status=ExitStatus.OUTSIDE,
            )
        if len(items) < MAX_PAGE:
            break
        page += 1
    files = tuple(sorted(found.values(), key=lambda item: (item.name, item.id)))
    return Published(str(document.get("tag_name") or tag), str(document.get("html_url") or ""), files)


def _attached(document: Mapping[str, Any]) -> Attached:
    return Attached(
        int(document["id"]),
        str(document.get("name") or ""),
        max(0, int(document.get("size") or 0)),
        str(document.get("browser_download_url") or ""),
        document.get("state") == "uploaded",
    )
