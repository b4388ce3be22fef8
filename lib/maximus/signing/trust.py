"""Which Sigstore to sign with: a private instance by its trust configuration, or the public one by TUF."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus

from .carried import carried
from .instances import not_a_configuration, read_configuration
from .services import Services, read_services

if TYPE_CHECKING:
    from pathlib import Path

    from .instances import Instance
    from .transport import Transport

__all__ = ["SigningTrust", "find_trust", "load_trust", "public_trust"]

_CONFIGURATION: Final = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_ROOT: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_TARGETS: Final = ("trusted_root.json", "signing_config.v0.2.json")


@dataclass(frozen=True, slots=True)
class SigningTrust:
    """An instance to sign with."""

    services: Services
    """Who is asked."""
    root: Any = field(repr=False)
    """The trusted root, as it was read from JSON: what is made must verify under it."""
    source: str
    """The file, or the instance, for people."""


def find_trust(transport: Transport, instance: Instance, config: Path | None) -> SigningTrust:
    """Return the trust configuration in a file where one is named, else that of a public instance.

    Raises what `load_trust` and `public_trust` raise.
    """
    return load_trust(config) if config is not None else public_trust(transport, instance)


def load_trust(path: Path) -> SigningTrust:
    """Return the trust configuration in a file.

    Raises Error TRUST001 when it cannot be read, TRUST002 when it is no ClientTrustConfig or names no
    service that can be signed with, and TRUST004 when its log gives no time and it names no timestamp authority.
    """
    raw = read_configuration(path)
    try:
        document = documents.parse_json(raw, path.as_posix())
    except Error as error:
        raise not_a_configuration(path, error.headline) from error
    kind = document.get("mediaType") if isinstance(document, dict) else None
    if kind != _CONFIGURATION:
        raise not_a_configuration(path, f"its mediaType is {kind!r:.120}" if kind else "it has no mediaType")
    return _trust(document.get("trustedRoot"), document.get("signingConfig"), path, str(path))


def public_trust(transport: Transport, instance: Instance, bootstrap: bytes | None = None) -> SigningTrust:
    """Return the trust configuration of a public instance, or of a mirror of one, brought up to date by TUF.

    `bootstrap` is the root that is believed to begin with; by default the one that `sigstore` carries.
    Raises Error WIRE001 when the repository is away, and TRUST003 when what it serves does not verify.
    """
    # 70 ms, for the instance that most sign with and that a trust configuration does without.
    from .tuf import fetch_targets  # noqa: PLC0415

    bootstrap = bootstrap or carried("root.json", instance.home)
    root, signing = fetch_targets(_TARGETS, transport, instance.url, bootstrap)
    parsed = (documents.parse_json(root, _TARGETS[0]), documents.parse_json(signing, _TARGETS[1]))
    return _trust(*parsed, instance.name, instance.name)


def _trust(root: Any, signing: Any, where: Path | str, source: str) -> SigningTrust:  # noqa: ANN401 - foreign JSON
    if not isinstance(root, dict) or root.get("mediaType") != _ROOT:
        raise not_a_configuration(where, "it has no trustedRoot of a kind that is known")
    try:
        services = read_services(signing, dt.datetime.now(dt.UTC))
    except ValueError as fault:
        raise not_a_configuration(where, str(fault)) from fault
    if not services.log.gives_time and not services.stampers:
        raise Error(
            "TRUST004",
            "the trust configuration names no timestamp authority",
            why="Rekor v2 states no time, so nobody could verify what is logged",
            fix="Add tsaUrls to its signingConfig, or name a log of version 1.",
            where="input `trust-config`",
            status=ExitStatus.USAGE,
        )
    return SigningTrust(services, root, source)
