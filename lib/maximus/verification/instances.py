"""Which Sigstore instance is believed, and where its root comes from: TUF, a mirror, a file, or what we carry.

Offline nothing is asked: the root is the file that was named, or the one that came with `sigstore`, and how old that
may be is said with it.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.signing.carried import carried
from maximus.signing.instances import PUBLIC, STAGING, Instance, read_instance

from .trust import Origin, Trust, parse_root, read_trust

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PUBLIC", "STAGING", "Instance", "find_trust", "read_instance"]

BUDGET: Final = 30.0
"""Seconds in which TUF must have delivered the root."""


def find_trust(
    instance: Instance,
    config: Path | None,
    *,
    offline: bool,
    say: Callable[[str], None] | None = None,
    budget: float = BUDGET,
) -> Trust:
    """Return the trusted root: the file's where one is named, what we carry when offline, else TUF's.

    Raises Error VERIFY003 (usage) for a file that is none, VERIFY005 (outside) where TUF does not deliver within
    `budget` seconds, or what it delivers does not verify.
    """
    if config is not None:
        return read_trust(config)
    return _embedded(instance) if offline else _by_tuf(instance, say, budget)


def _embedded(instance: Instance) -> Trust:
    raw = carried("trusted_root.json", instance.home)
    source = f"{instance.name}, as it came with `sigstore` {_version()}"
    trust = parse_root(raw, source, Origin.EMBEDDED)
    return dataclasses.replace(trust, expires=_expiry(carried("root.json", instance.home)))


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 15 ms that only this needs

    return version("sigstore")


def _expiry(raw: bytes) -> str:
    """Return until when TUF's own metadata says that it is to be believed, RFC 3339."""
    signed: Any = json.loads(raw)["signed"]
    return str(signed["expires"])


def _by_tuf(instance: Instance, say: Callable[[str], None] | None, budget: float) -> Trust:
    """Return the root as TUF delivers and verifies it: signatures, versions and expiry, each time anew."""
    from maximus.signing.transport import Limits, Transport  # noqa: PLC0415 - offline needs neither TUF nor a network
    from maximus.signing.tuf import metadata_folder, public_root  # noqa: PLC0415 - likewise

    try:
        with Transport(Limits(attempt=min(budget, 20.0), budget=budget), say) as transport:
            raw = public_root(transport, instance.url, carried("root.json", instance.home))
    except Error as error:
        raise Error(
            "VERIFY005",
            f"the trusted root of {instance.name} cannot be fetched",
            why=error.headline,
            fix="Try again later, name a trusted root that you keep with `trust-config`, or believe the one that came "
            "with the program with `offline`.",
            status=ExitStatus.OUTSIDE,
        ) from error
    newest = (metadata_folder(instance.url) / "timestamp.json").read_bytes()
    return dataclasses.replace(parse_root(raw, instance.name, Origin.TUF), expires=_expiry(newest))


def expiry_words(trust: Trust, now: datetime) -> str:
    """Return how long the root is to be believed, in words; empty where nothing says so."""
    if not trust.expires:
        return ""
    days = (datetime.fromisoformat(trust.expires).astimezone(UTC) - now).days
    when = f"{trust.expires[:10]}"
    if days >= 0:
        return f"to be renewed by {when}"
    return f"it should have been renewed by {when}, {counted(-days, 'day')} ago"
