"""Which Sigstore instance is meant by a word or an address: for who signs with it and for who believes it."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from maximus.errors import Error, ExitStatus

from .carried import PUBLIC_URL

__all__ = ["PUBLIC", "STAGING", "Instance", "read_instance"]

PUBLIC: Final = "public"
STAGING: Final = "staging"
_URLS: Final = {PUBLIC: PUBLIC_URL, STAGING: "https://tuf-repo-cdn.sigstage.dev"}
_NAMES: Final = {PUBLIC: "the public Sigstore instance", STAGING: "the staging Sigstore instance"}
_MIRROR: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/-]*)?")


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """A Sigstore instance."""

    name: str
    """For people."""
    url: str
    """Its TUF repository, or a mirror of it."""
    home: str
    """The TUF repository whose root we carry; what a mirror serves must be signed by it."""


def read_instance(text: str) -> Instance:
    """Return the instance that an input names; raise Error TRUST005 (usage) where it names none."""
    name = text or PUBLIC
    if name in _URLS:
        return Instance(_NAMES[name], _URLS[name], _URLS[name])
    if _MIRROR.fullmatch(name):
        return Instance(f"{_NAMES[PUBLIC]}, by the mirror {name}", name.rstrip("/"), _URLS[PUBLIC])
    raise Error(
        "TRUST005",
        f"{name[:80]!r} is no Sigstore instance",
        fix="`instance` is `public`, `staging`, or the address of a mirror of the public one's TUF repository; "
        "a private instance is named with `trust-config`.",
        where="input instance",
        status=ExitStatus.USAGE,
    )
