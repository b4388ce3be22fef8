"""Which roots are believed: a private instance's from a file, or the public one's by TUF.

A file is taken as it is and asks nothing of the network: whoever names it vouches for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sigstore.models import TrustedRoot

__all__ = ["Trust", "public_trust", "read_trust"]

MAX_TRUST: Final = 4 << 20
"""Bytes of the largest trust file that is read; the public one has 7 KB."""
BUDGET: Final = 30.0
"""Seconds in which the public instance's root must have come."""
_CONFIG: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_ROOT: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


@dataclass(frozen=True, slots=True)
class Trust:
    """A trusted root, and where it is from."""

    root: TrustedRoot
    source: str
    """The file, or the instance, for people."""


def read_trust(path: Path) -> Trust:
    """Return the trusted root in a ClientTrustConfig, or one that stands alone in its file.

    Raises Error VERIFY003 (usage) when it is neither.
    """
    try:
        document = documents.load_json(path, limit=MAX_TRUST)
    except Error as error:
        raise _unusable(path, error.why or error.what) from error
    kind = document.get("mediaType") if isinstance(document, dict) else None
    match kind:
        case str() if kind == _CONFIG:
            return Trust(_root(document.get("trustedRoot"), path), str(path))
        case str() if kind == _ROOT:
            return Trust(_root(document, path), str(path))
    raise _unusable(path, f"its mediaType is {kind!r:.120}" if kind else "it has no mediaType")


def _root(document: Any, path: Path) -> TrustedRoot:  # noqa: ANN401 - foreign JSON enters here
    from sigstore.models import TrustedRoot as Root  # noqa: PLC0415 - 300 ms that a wrong path should not cost
    from sigstore_models.trustroot.v1 import TrustedRoot as Message  # noqa: PLC0415 - likewise

    try:
        return Root(Message.from_json(json.dumps(document)))
    except Exception as fault:
        # Whatever sigstore and its models raise over a foreign file, the file is what is wrong.
        raise _unusable(path, str(fault).replace("\n", " ")[:300]) from fault


def _unusable(path: Path, why: str) -> Error:
    return Error(
        "VERIFY003",
        f"{path} is not a trust configuration",
        why=why,
        fix="`trust-config` takes a Sigstore ClientTrustConfig or a trusted root, JSON with its mediaType.",
        where="input trust-config",
        status=ExitStatus.USAGE,
    )


def public_trust(say: Callable[[str], None] | None = None, budget: float = BUDGET) -> Trust:
    """Return the public instance's trusted root, brought up to date by TUF.

    `say` is told in one line when it has to be waited for. Raises Error VERIFY005 (outside) when it has not
    come within `budget` seconds, or does not verify.
    """
    # Imported here: a trust file needs neither TUF nor the network.
    from maximus.signing.transport import Limits, Transport  # noqa: PLC0415
    from maximus.signing.trust import public_trust as fetch  # noqa: PLC0415

    try:
        with Transport(Limits(attempt=min(budget, 20.0), budget=budget), say) as transport:
            return Trust(fetch(transport).trusted_root, "the public Sigstore instance")
    except Error as error:
        raise Error(
            "VERIFY005",
            "the trusted root of the public Sigstore instance cannot be fetched",
            why=error.headline,
            fix="Try again later, or name a trusted root that you keep with `trust-config`: it needs no network.",
            status=ExitStatus.OUTSIDE,
        ) from error
