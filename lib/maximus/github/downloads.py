"""The bytes of an asset as GitHub serves them, hashed while they come; nothing is kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from maximus.github.client import unreachable

if TYPE_CHECKING:
    from requests import Response

__all__ = ["hash_asset"]

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 60
"""Seconds without a byte."""
_CHUNK = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)


def hash_asset(api_url: str, token: str, repository: str, asset_id: int, size: int) -> str:
    """Return the SHA-256 of an asset (64 hexadecimal digits), read from where GitHub keeps it.

    The token goes to the API alone: GitHub answers with a redirect to its storage, which is asked without it.
    `size` is what GitHub says the asset holds; more is not read. Raises Error HUB001 (outside) when the asset
    cannot be read whole.
    """
    # Imported here: only servers that tell no digest need it, such as older Enterprise Servers.
    import requests  # noqa: PLC0415

    address = f"{api_url.rstrip('/')}/repos/{repository}/releases/assets/{asset_id}"
    headers = {"Accept": "application/octet-stream", "User-Agent": "maximus"}
    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        with requests.Session() as session:
            session.trust_env = True
            reply = session.get(
                address,
                headers=headers | {"Authorization": f"Bearer {token}"},
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            )
            if reply.status_code in _REDIRECTS:
                target = _target(address, reply.headers.get("Location", ""))
                reply.close()
                reply = session.get(target, headers=headers, timeout=timeout, stream=True, allow_redirects=False)
            with reply:
                return _hash(reply, asset_id, size)
    except requests.RequestException as fault:
        raise unreachable(f"the asset {asset_id} could not be read back: {type(fault).__name__}") from fault


def _target(address: str, location: str) -> str:
    """Return where the storage is; only HTTPS, or the scheme of an API that is plain HTTP itself."""
    target = urljoin(address, location)
    if urlsplit(target).scheme not in ("https", urlsplit(address).scheme):
        raise unreachable(f"an asset is kept at {urlsplit(target).scheme}, which is not asked")
    return target


def _hash(reply: Response, asset_id: int, size: int) -> str:
    if reply.status_code != 200:  # noqa: PLR2004 - the one status that carries the file
        raise unreachable(f"the asset {asset_id} could not be read back: status {reply.status_code}")
    digest = hashlib.sha256()
    seen = 0
    for chunk in reply.iter_content(_CHUNK):
        digest.update(chunk)
        seen += len(chunk)
        if seen > size:
            break
    return digest.hexdigest()
