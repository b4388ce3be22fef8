"""Keys that lie in no file: in a variable, or in a key management service, whose client is installed when named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from maximus.signing.kms.managed import ManagedKey
    from maximus.signing.transport import Limits

    from .face import Face

__all__ = ["experimental", "find_key", "is_reference", "key_in_variable", "refuse_pasted"]


def refuse_pasted(key: str) -> None:
    """Raise Error KEY010 (usage) where `key` is a key and not the name of one: names are shown, and no key may be."""
    # PEM, or the same in Base64, as secrets are often kept.
    if "-----BEGIN" in key or "LS0tLS1CRUdJTi" in key or len(key.splitlines()) > 1:
        raise Error(
            "KEY010",
            "`key` holds a key, and takes the name of one",
            why="inputs are shown in logs, and arguments to every process of this machine",
            fix="Put the key into an environment variable, as in env: { SIGNING_KEY: ... } of the step, and write "
            "key: env:SIGNING_KEY",
            where="input `key`",
            status=ExitStatus.USAGE,
        )


def key_in_variable(key: str, face: Face, *, is_secret: bool) -> tuple[bytes, str] | None:
    """Return the text of the key in the variable that `env:NAME` names, and what errors call it; None for other keys.

    Raises Error KEY011 (usage) where the variable is not set.
    """
    kind, _, name = key.partition(":")
    if kind != "env":
        return None
    pem = face.environment.get(name, "")
    if is_secret:
        face.mask(pem)
    if not pem.strip():
        raise Error(
            "KEY011",
            f"the environment variable {name} is not set",
            fix=f'Set it to the PEM text of the key: env: {{ {name}: "${{{{ secrets.{name} }}}}" }}',
            where="input key",
            status=ExitStatus.USAGE,
        )
    return pem.encode(), f"the environment variable {name}"


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
