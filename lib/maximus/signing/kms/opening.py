"""A key in a service by its reference: which adapter, with which client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

from .managed import ManagedKey
from .references import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.signing.transport import Limits

    from .managed import Service
    from .references import Reference

__all__ = ["open_key"]


def open_key(reference: Reference, limits: Limits, environment: Mapping[str, str]) -> ManagedKey:
    """Return the key that a reference names, found and ready to sign.

    `environment` says which Vault and which region of AWS; the clients find their other settings themselves.
    Raises what `ManagedKey` raises, and Error KMS009 where the provider's client is not installed.
    """
    try:
        return ManagedKey(reference, _service(reference, limits, environment), limits)
    except ImportError as fault:
        raise Error(
            "KMS009",
            f"the client of {reference.provider.title} is not installed",
            why=str(fault),
            fix=f"pip install 'maximus-actions[{reference.provider.group}]'",
            where="input key",
            status=ExitStatus.OUTSIDE,
        ) from fault


def _service(reference: Reference, limits: Limits, environment: Mapping[str, str]) -> Service:
    # Each imported for its own references only.
    match reference.provider:
        case Provider.AWS:
            from .aws import AwsKms  # noqa: PLC0415 - as said above

            return AwsKms(reference, limits, environment)
        case Provider.GCP:
            from .gcp import GoogleKms  # noqa: PLC0415 - as said above

            return GoogleKms(reference, limits)
        case Provider.AZURE:
            from .azure import AzureKeyVault  # noqa: PLC0415 - as said above

            return AzureKeyVault(reference, limits)
        case Provider.VAULT:
            from .vault import VaultTransit  # noqa: PLC0415 - as said above

            return VaultTransit(reference, limits, environment)
