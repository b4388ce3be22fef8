"""References to keys in a key management service, in the same spelling as cosign's. Standard library only."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from maximus.errors import Error, ExitStatus

__all__ = ["Provider", "Reference", "is_reference", "parse_reference"]

MAX_REFERENCE: Final = 1024
"""Characters; the longest that a provider allows has fewer."""


class Provider(enum.Enum):
    """Who keeps the key."""

    AWS = "awskms"
    AZURE = "azurekms"
    GCP = "gcpkms"
    VAULT = "hashivault"

    @property
    def group(self) -> str:
        """The dependency group with the provider's client."""
        return {"awskms": "sign-aws", "azurekms": "sign-azure", "gcpkms": "sign-gcp", "hashivault": "sign-vault"}[
            self.value
        ]

    @property
    def title(self) -> str:
        """The service's name among people."""
        return {
            "awskms": "AWS KMS",
            "azurekms": "Azure Key Vault",
            "gcpkms": "Google Cloud KMS",
            "hashivault": "Vault's transit engine",
        }[self.value]

    @property
    def is_experimental(self) -> bool:
        """Whether nothing but a fake has stood for the service in a test: there is no server of it to be had."""
        return self in (Provider.AZURE, Provider.GCP)


@dataclass(frozen=True, slots=True)
class Reference:
    """One key in one service."""

    text: str
    """As it was given; it holds no secret."""
    provider: Provider
    key: str
    """The key's name as the service takes it."""
    host: str = ""
    """The service's address, `host` or `host:port`, where the reference says it."""
    version: str = ""
    """The key's version; empty for the newest when signing begins."""


_FORMS: Final = {
    Provider.AWS: "awskms://[ENDPOINT]/[ID|ARN|alias/NAME]",
    Provider.AZURE: "azurekms://VAULT.vault.azure.net/KEY[/VERSION]",
    Provider.GCP: "gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/cryptoKeyVersions/V]",
    Provider.VAULT: "hashivault://KEY",
}
_HOST: Final = r"(?P<host>[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?)"
_UUID: Final = r"(mrk-)?[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}|mrk-[0-9A-Fa-f]{32}"
_ARN: Final = r"arn:(aws|aws-us-gov|aws-cn):kms:[a-z0-9\-]+:\d{12}:"
_NAME: Final = r"[A-Za-z0-9_\-]+"
_PATTERNS: Final = {
    Provider.AWS: rf"{_HOST}?/(?P<key>({_ARN}key/)?({_UUID})|({_ARN})?alias/[A-Za-z0-9/_\-]+)",
    Provider.AZURE: rf"{_HOST}/(?P<key>[A-Za-z0-9\-]+)(/(?P<version>[0-9a-z]*))?",
    # A project's id may begin with its domain: `example.com:name`.
    Provider.GCP: rf"(?P<key>projects/[a-z0-9.:\-]+/locations/{_NAME}/keyRings/{_NAME}/cryptoKeys/{_NAME})"
    r"(/(cryptoKeyVersions|versions)/(?P<version>\d+))?",
    Provider.VAULT: r"(?P<key>\w([\w.\-]*\w)?)",
}


def is_reference(text: str) -> bool:
    """Tell whether a text names a key in a service, well or badly, and not a file or a variable."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://", text) is not None


def parse_reference(text: str) -> Reference:
    """Return what a reference names.

    Raises Error KMS001 (usage) where it is in no form of its provider's, KMS010 (usage) for an unknown one.
    """
    scheme, _, rest = text.partition("://")
    known = {provider.value: provider for provider in Provider}
    if scheme not in known:
        raise Error(
            "KMS010",
            f"{text[:200]!r} names a key in a service that is not known",
            fix=f"Keys are named in {', '.join(f'{each}://' for each in sorted(known))}; anything else is a PEM file "
            "or `env:NAME`.",
            where="input key",
            status=ExitStatus.USAGE,
        )
    provider = known[scheme]
    found = re.fullmatch(_PATTERNS[provider], rest, re.ASCII) if len(text) <= MAX_REFERENCE else None
    if found is None:
        raise Error(
            "KMS001",
            f"{text[:200]!r} names no key in {provider.title}",
            why=f"it is longer than {MAX_REFERENCE} characters" if len(text) > MAX_REFERENCE else "",
            fix=f"A reference is {_FORMS[provider]}.",
            where="input key",
            status=ExitStatus.USAGE,
        )
    parts = found.groupdict()
    return Reference(text, provider, parts["key"], parts.get("host") or "", parts.get("version") or "")
