"""Which Sigstore instance is meant by a word or an address: for who signs with it and for who believes it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from maximus import documents
from maximus.errors import Error, ExitStatus

from .carried import PUBLIC_URL

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "PUBLIC",
    "STAGING",
    "Instance",
    "check_configuration",
    "not_a_configuration",
    "read_configuration",
    "read_instance",
]

PUBLIC: Final = "public"
STAGING: Final = "staging"
MAX_TRUST: Final = 16 << 20
"""Bytes of the largest trust configuration that is read."""
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


def read_configuration(path: Path) -> bytes:
    """Return what a file with a trust configuration holds; raise Error TRUST001 (usage) where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_TRUST)
    except OSError as fault:
        raise Error(
            "TRUST001",
            f"cannot read the trust configuration {path}",
            why=fault.strerror or str(fault),
            fix="Name the instance's ClientTrustConfig, or leave the input out for the public one.",
            where="input `trust-config`",
            status=ExitStatus.USAGE,
        ) from fault


def check_configuration(path: Path) -> None:
    """Return where a file may be a trust configuration to sign with, told without the models of `sigstore`.

    Raises Error TRUST001 or TRUST002 (usage) where it is none: before anything is asked of anybody.
    """
    try:
        document = documents.parse_json(read_configuration(path), path.as_posix())
        missing = sorted({"signingConfig", "trustedRoot"} - set(document if isinstance(document, dict) else ()))
        why = f"it has no {missing[0]}" if missing else ""
    except Error as error:
        if error.code == "TRUST001":
            raise
        why = error.headline
    if why:
        raise not_a_configuration(path, why)


def not_a_configuration(path: Path | str, why: str) -> Error:
    """Return the error for a file, or what TUF delivered, that is no trust configuration to sign with."""
    return Error(
        "TRUST002",
        f"{path} is no trust configuration to sign with",
        why=why,
        fix="It needs a trustedRoot and a signingConfig that names Fulcio and Rekor; "
        "a trusted root alone is enough to verify only.",
        where="input `trust-config`",
        status=ExitStatus.USAGE,
    )
