"""What a Fulcio certificate says about who signed: its identity and the claims in its extensions.

Nothing here decides anything, and nothing it returns is proven before the certificate's chain is.
See https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md for the extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Extensions

__all__ = ["Signer", "read_signer"]

_ARC: Final = "1.3.6.1.4.1.57264.1."

_CLAIMS: Final = {
    8: "issuer",
    9: "workflow",
    11: "runner",
    12: "repository",
    13: "commit",
    14: "ref",
    15: "repository_id",
    16: "owner",
    17: "owner_id",
    20: "trigger",
    21: "run",
    23: "environment",
}
"""The extensions that hold a DER UTF8String, and the field each fills."""

_OLD_CLAIMS: Final = {1: "issuer", 2: "trigger", 3: "commit", 5: "repository", 6: "ref"}
"""The deprecated ones, which hold raw text: read only where a certificate has none of the others."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the certificate states it; a claim that it does not make is empty."""

    identity: str
    """The one subject alternative name: an address or a mail address."""
    issuer: str = ""
    """Who vouched for it: the OpenID Connect issuer (.8)."""
    workflow: str = ""
    """The workflow that signed, its repository and ref included (.9)."""
    repository: str = ""
    """The source repository, an address (.12)."""
    repository_id: str = ""
    """Its number, which no other repository ever gets (.15)."""
    owner: str = ""
    """The source repository's owner, an address (.16)."""
    owner_id: str = ""
    """The owner's number (.17)."""
    ref: str = ""
    """The source's git ref (.14)."""
    commit: str = ""
    """The source's commit (.13)."""
    runner: str = ""
    """`github-hosted` or `self-hosted` (.11)."""
    trigger: str = ""
    """The event that started the run (.20)."""
    run: str = ""
    """The address of the run (.21)."""
    environment: str = ""
    """The deployment environment (.23)."""
    is_old: bool = False
    """Whether the claims come from the deprecated extensions .1 to .6: no ids, no signing workflow."""


def read_signer(certificate: Certificate) -> Signer:
    """Return what the certificate says about who signed.

    Raises Error VERIFY024 where it names nobody, or more than one, or a claim is not the text it must be.
    """
    try:
        extensions = certificate.extensions
        identity = _identity(extensions)
        raw = _raw_claims(extensions)
        claims = {name: _utf8(raw[number]) for number, name in _CLAIMS.items() if number in raw}
        if not claims.keys() & {"issuer", "workflow", "repository"}:
            claims = {name: raw[number].decode("utf-8") for number, name in _OLD_CLAIMS.items() if number in raw}
            # The old extension holds `owner/name`; the server was always the public one.
            if "repository" in claims:
                claims["repository"] = f"https://github.com/{claims['repository']}"
            return Signer(identity, is_old=bool(claims), **claims)
        return Signer(identity, is_old=False, **claims)
    except ValueError as fault:
        raise Error(
            "VERIFY024",
            "the certificate does not say who signed",
            why=str(fault),
            fix="Certificates of a Sigstore instance name exactly one identity. This one comes from elsewhere.",
        ) from fault


def _raw_claims(extensions: Extensions) -> dict[int, bytes]:
    from cryptography.x509 import UnrecognizedExtension  # noqa: PLC0415 - 50 ms; a wrong input should not cost it

    found: dict[int, bytes] = {}
    for extension in extensions:
        name = extension.oid.dotted_string
        if name.startswith(_ARC) and isinstance(extension.value, UnrecognizedExtension):
            found[int(name.removeprefix(_ARC))] = extension.value.value
    return found


def _identity(extensions: Extensions) -> str:
    """Return the one subject alternative name; raise ValueError where there is none, or another kind."""
    from cryptography import x509  # noqa: PLC0415 - as above

    names: list[x509.GeneralName] = []
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += list(extension.value)
    if len(names) != 1:
        msg = f"it holds {len(names)} subject alternative names, not one"
        raise ValueError(msg)
    (name,) = names
    if isinstance(name, x509.UniformResourceIdentifier | x509.RFC822Name):
        identity: str = name.value
    elif isinstance(name, x509.OtherName) and name.type_id.dotted_string == f"{_ARC}7":
        identity = _utf8(name.value)
    else:
        msg = f"its subject alternative name is of a kind that is no identity ({type(name).__name__})"
        raise ValueError(msg)
    if not identity:
        msg = "its subject alternative name is empty"
        raise ValueError(msg)
    return identity


_UTF8_STRING: Final = 0x0C
_LONG_FORM: Final = 0x80


def _utf8(der: bytes) -> str:
    """Return the text of a DER UTF8String; raise ValueError for anything else, trailing bytes included."""
    if len(der) < 2 or der[0] != _UTF8_STRING:  # noqa: PLR2004 - tag and length
        msg = "a claim is not a UTF8String"
        raise ValueError(msg)
    length, start = der[1], 2
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        length, start = int.from_bytes(der[2 : 2 + octets], "big"), 2 + octets
        # DER has one form for each length; others are how two readers come to disagree.
        if not octets or length < _LONG_FORM or der[2] == 0:
            msg = "a claim's length is not DER"
            raise ValueError(msg)
    if len(der) != start + length:
        msg = "a claim's length does not fit"
        raise ValueError(msg)
    return der[start:].decode("utf-8")
