"""Which Sigstore to sign with: a private instance by its trust configuration, or the public one by TUF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigstore.models import ClientTrustConfig
from sigstore_models.trustroot import v1 as trustroot

from .carried import carried
from .instances import not_a_configuration, read_configuration
from .tuf import fetch_targets, first_line

if TYPE_CHECKING:
    from pathlib import Path

    from .instances import Instance
    from .transport import Transport

__all__ = ["load_trust", "public_trust"]

_TARGETS: Final = ("trusted_root.json", "signing_config.v0.2.json")


def load_trust(path: Path) -> ClientTrustConfig:
    """Return the trust configuration in a file.

    Raises Error TRUST001 when it cannot be read, and TRUST002 when it is no ClientTrustConfig or names no
    service that can be signed with.
    """
    raw = read_configuration(path)
    try:
        config = ClientTrustConfig.from_json(raw.decode("utf-8"))
        # These are parsed on first use, which is too late for a good error.
        _ = config.trusted_root, config.signing_config
    except Exception as fault:
        # sigstore-python raises errors of pydantic's, its own and ValueError here; all mean the same.
        raise not_a_configuration(path, first_line(fault)) from fault
    return config


def public_trust(transport: Transport, instance: Instance, bootstrap: bytes | None = None) -> ClientTrustConfig:
    """Return the trust configuration of a public instance, or of a mirror of one, brought up to date by TUF.

    `bootstrap` is the root that is believed to begin with; by default the one in sigstore-python.

    sigstore-python's own updater takes no fetcher, so its few steps are taken here with ours. Its folders are
    shared with sigstore-python, and what they hold is verified by TUF each time.
    Raises Error WIRE001 when the repository is away, and TRUST003 when what it serves does not verify.
    """
    bootstrap = bootstrap or carried("root.json", instance.home)
    root, signing = fetch_targets(_TARGETS, transport, instance.url, bootstrap)
    return ClientTrustConfig(
        trustroot.ClientTrustConfig(
            media_type=ClientTrustConfig.ClientTrustConfigType.CONFIG_0_1.value,
            trusted_root=trustroot.TrustedRoot.from_json(root),
            signing_config=trustroot.SigningConfig.from_json(signing),
        )
    )
