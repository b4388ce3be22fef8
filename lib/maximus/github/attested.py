"""The attestations that a repository on GitHub keeps of a digest, as Sigstore bundles; only read, never believed.

Small ones come in the answer, large ones lie where the answer says, packed with Snappy's block format.
See: https://docs.github.com/rest/repos/attestations
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from maximus.errors import Error, ExitStatus
from maximus.github.downloads import read_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.github.client import Client

__all__ = ["MAX_ATTESTATIONS", "read_attestations", "unpacked"]

MAX_ATTESTATIONS: Final = 256
"""How many attestations of one digest are read."""
_PAGE: Final = 30
"""How many of them one answer brings; each may have a megabyte."""
_NEXT: Final = re.compile(r'<([^<>]*)>; *rel="next"')


def read_attestations(client: Client, api_url: str, repository: str, sha256: str, limit: int) -> tuple[bytes, ...]:
    """Return the bundles (JSON) that the repository keeps of a digest, in GitHub's order; none where it has none.

    `limit` is the size in bytes of the largest bundle that is read. Raises Error HUB050 (outside) where an answer is
    none that GitHub gives, HUB051 for more attestations than are read, HUB001 (outside) where one does not
    come whole, else as `Client.get` does.
    """
    found: list[bytes] = []
    after = ""
    while True:
        query: dict[str, str | int] = {"per_page": _PAGE} | ({"after": after} if after else {})
        reply = client.get(f"/repos/{repository}/attestations/sha256:{sha256}", query=query, allowed=(404,))
        if reply.status == 404:  # noqa: PLR2004 - HTTP's "not found"
            return tuple(found)
        items = reply.document().get("attestations")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _strange(repository, "there is no list of attestations in it")
        if len(found) + len(items) > MAX_ATTESTATIONS:
            raise Error(
                "HUB051",
                f"{repository} has more than {MAX_ATTESTATIONS} attestations of one file",
                why=f"sha256:{sha256}",
                fix="Fetch the one that is meant, and name it with `bundles`.",
            )
        found += [_bundle(item, repository, api_url, limit) for item in items]
        follows = _cursor(reply.headers)
        # A page that is empty, or that says to come after itself, has no other behind it.
        if not items or follows in ("", after):
            return tuple(found)
        after = follows


def _cursor(headers: Mapping[str, str]) -> str:
    """Return where the next page begins, empty on the last. Only that is taken of the address, never its host."""
    there = _NEXT.search(headers.get("link", ""))
    values = parse_qs(urlsplit(there[1]).query).get("after", []) if there else []
    return values[0] if values else ""


def _bundle(item: Mapping[str, Any], repository: str, api_url: str, limit: int) -> bytes:
    bundle, address = item.get("bundle"), item.get("bundle_url")
    if isinstance(bundle, dict) and bundle:
        return json.dumps(bundle, separators=(",", ":")).encode("utf-8")
    if isinstance(address, str) and address:
        return unpacked(read_address(address, api_url, limit), limit)
    raise _strange(repository, "an attestation of it has neither a bundle nor an address")


def unpacked(raw: bytes, limit: int) -> bytes:
    """Return what was packed as one block of Snappy; raise Error HUB052 (outside) for anything else or more."""
    import cramjam  # noqa: PLC0415 - 8 MB that only such a bundle needs

    why = f"it would have more than {limit} bytes"
    try:
        # The block says its length first, so that nothing is unpacked which would be too long.
        if cramjam.snappy.decompress_raw_len(raw) <= limit:
            return bytes(cramjam.snappy.decompress_raw(raw))
    except cramjam.DecompressionError as fault:
        why = str(fault)[:120]
    raise Error(
        "HUB052",
        "an attestation that GitHub keeps cannot be unpacked",
        why=why,
        fix="Run again; if it stays so, fetch it in another way and name it with `bundles`.",
        status=ExitStatus.OUTSIDE,
    )


def _strange(repository: str, why: str) -> Error:
    return Error(
        "HUB050",
        f"GitHub's answer about the attestations of {repository} cannot be read",
        why=why,
        fix="Look whether a proxy answers in GitHub's place, then run again.",
        status=ExitStatus.OUTSIDE,
    )
