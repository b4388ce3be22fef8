"""Keys in a key management service, for `sign` and `verify`: the provider's client is installed when one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maximus.signing.kms.managed import ManagedKey
    from maximus.signing.transport import Limits

    from .face import Face

__all__ = ["experimental", "find_key", "is_reference"]


def is_reference(key: str) -> bool:
    """Tell whether the input `key` names a key in a service."""
    from maximus.signing.kms import references  # noqa: PLC0415 - `--help` needs none of it

    return references.is_reference(key)


def experimental(key: str) -> str:
    """Return what the verdict says of a service that no test has met; nothing for the others, and for other keys."""
    from maximus.signing.kms import references  # noqa: PLC0415 - `--help` needs none of it

    if not references.is_reference(key):
        return ""
    provider = references.parse_reference(key).provider
    return f"keys in {provider.title} are experimental" if provider.is_experimental else ""


def find_key(key: str, limits: Limits, face: Face) -> ManagedKey:
    """Return the key that a reference names; raises Error KMS001 to KMS009 where it cannot be used."""
    from maximus.signing.kms.opening import open_key  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.kms.references import parse_reference  # noqa: PLC0415 - likewise

    from .command import ROOT  # noqa: PLC0415 - other keys need no client
    from .dependencies import make_importable  # noqa: PLC0415 - likewise

    reference = parse_reference(key)
    make_importable(reference.provider.group, ROOT, face.environment, face.say)
    if said := experimental(key):
        face.warn(f"{said}: nothing but a fake has stood for the service in our tests", where="input `key`")
    return open_key(reference, limits, face.environment)
