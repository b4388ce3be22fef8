"""Files of a repository, read as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from maximus.github.client import Client

__all__ = ["read_file"]

RAW = "application/vnd.github.v3.raw"


def read_file(client: Client, owner: str, repo: str, path: str, ref: str | None) -> str | None:
    """Return a file's text at a ref (None: the default branch), or None where there is none.

    Raises Error HUB013 (usage) for what is no file, and what `Client.get` raises.
    """
    address = f"/repos/{quote(owner, safe='')}/{quote(repo, safe='')}/contents/{quote(path)}"
    reply = client.get(address, query={"ref": ref} if ref else {}, accept=RAW, allowed=(404,))
    if reply.status == 404:  # noqa: PLR2004 - HTTP's "not found"
        return None
    if not reply.headers.get("content-type", "").startswith(RAW):
        raise Error(
            "HUB013",
            f"{owner}/{repo}:{path} is no file",
            why="it is a folder, a submodule or a link that leads nowhere",
            fix="Name a file.",
            where="config-name",
            status=ExitStatus.USAGE,
        )
    return reply.text
