"""Which keys are believed and how they sign: the rows of Sigstore's registry of algorithms. Pure.

sigstore-python verifies log keys of ECDSA, Ed25519 and RSA with PKCS #1 v1.5 only, and signers with P-256 only;
cosign knows them all. A row gives a key's type and its hash: the same P-384 key with another hash is another row.
See: https://github.com/sigstore/protobuf-specs/blob/main/docs/algorithm-registry.md
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["HASHES", "Scheme", "Verifier", "read_key", "schemes_of"]

HASHES: Final = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
"""The hashes as the protocol names them, and as `hashlib` does."""
MIN_RSA: Final = 2048
"""Bits of the smallest RSA key that is believed."""

_CURVE_HASHES: Final = {"secp256r1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}
_HASHES: Final[dict[str, Callable[[], HashAlgorithm]]] = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}

_Key: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to sign with a type of key."""

    family: str
    """`ecdsa`, `ed25519`, `rsa-pkcs1` or `rsa-pss`."""
    hash: str = ""
    """`sha256`, `sha384` or `sha512`; empty where the bytes themselves are signed."""
    curve: str = ""

    def fits(self, key: object) -> bool:
        """Tell whether a key is of the type that this scheme signs with."""
        match key:
            case EllipticCurvePublicKey():
                return self.family == "ecdsa" and key.curve.name == self.curve
            case RSAPublicKey():
                return self.family.startswith("rsa-") and key.key_size >= MIN_RSA
            case Ed25519PublicKey():
                return self.family == "ed25519"
        return False

    def signed_digest(self, key: _Key, signature: bytes, digest: bytes) -> bool:
        """Tell whether the key signed the digest, which must be of this scheme's hash."""
        if len(digest) != hashlib.new(self.hash).digest_size:
            return False
        prehashed = Prehashed(_HASHES[self.hash]())
        try:
            match key:
                case EllipticCurvePublicKey():
                    key.verify(signature, digest, ECDSA(prehashed))
                case RSAPublicKey() if self.family == "rsa-pss":
                    # Any length of salt, as Go's default reads them: signers differ in it.
                    padding = PSS(MGF1(_HASHES[self.hash]()), PSS.AUTO)
                    key.verify(signature, digest, padding, prehashed)
                case RSAPublicKey():
                    key.verify(signature, digest, PKCS1v15(), prehashed)
                case _:
                    return False
        except InvalidSignature:
            return False
        return True

    def signed_bytes(self, key: _Key, signature: bytes, data: bytes | memoryview) -> bool:
        """Tell whether the key signed the bytes."""
        if isinstance(key, Ed25519PublicKey):
            try:
                key.verify(signature, data)
            except InvalidSignature:
                return False
            return True
        return self.signed_digest(key, signature, hashlib.new(self.hash, data).digest())


_DETAILS: Final = {
    "PKIX_ECDSA_P256_SHA_256": Scheme("ecdsa", "sha256", "secp256r1"),
    "PKIX_ECDSA_P384_SHA_384": Scheme("ecdsa", "sha384", "secp384r1"),
    "PKIX_ECDSA_P384_SHA_256": Scheme("ecdsa", "sha256", "secp384r1"),
    "PKIX_ECDSA_P521_SHA_512": Scheme("ecdsa", "sha512", "secp521r1"),
    "PKIX_ECDSA_P521_SHA_256": Scheme("ecdsa", "sha256", "secp521r1"),
    "PKIX_ED25519": Scheme("ed25519"),
    "PKCS1_RSA_PKCS1V5": Scheme("rsa-pkcs1", "sha256"),
    "PKIX_RSA_PKCS1V5": Scheme("rsa-pkcs1", "sha256"),
    "PKIX_RSA_PKCS1V15_2048_SHA256": Scheme("rsa-pkcs1", "sha256"),
    "PKIX_RSA_PKCS1V15_3072_SHA256": Scheme("rsa-pkcs1", "sha256"),
    "PKIX_RSA_PKCS1V15_4096_SHA256": Scheme("rsa-pkcs1", "sha256"),
    "PKCS1_RSA_PSS": Scheme("rsa-pss", "sha256"),
    "PKIX_RSA_PSS": Scheme("rsa-pss", "sha256"),
    "PKIX_RSA_PSS_2048_SHA256": Scheme("rsa-pss", "sha256"),
    "PKIX_RSA_PSS_3072_SHA256": Scheme("rsa-pss", "sha256"),
    "PKIX_RSA_PSS_4096_SHA256": Scheme("rsa-pss", "sha256"),
}
"""The rows of the registry by their names, the deprecated ones that old trusted roots have included."""


def schemes_of(key: object) -> tuple[Scheme, ...]:
    """Return the ways in which a key that stands alone (PEM, certificate) may sign, the usual one first.

    A key alone does not name its hash or padding. The registry's hash for the curve comes first, then SHA-256,
    with which cosign and we ourselves sign under every PEM key; nothing weaker is ever tried.
    """
    match key:
        case EllipticCurvePublicKey() if key.curve.name in _CURVE_HASHES:
            hashes = dict.fromkeys((_CURVE_HASHES[key.curve.name], "sha256"))
            return tuple(Scheme("ecdsa", name, key.curve.name) for name in hashes)
        case RSAPublicKey() if key.key_size >= MIN_RSA:
            return Scheme("rsa-pkcs1", "sha256"), Scheme("rsa-pss", "sha256")
        case Ed25519PublicKey():
            return (Scheme("ed25519"),)
    return ()


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key with the ways in which it may have signed."""

    key: _Key
    schemes: Sequence[Scheme]

    def signed(self, signature: bytes, data: bytes | memoryview) -> bool:
        """Tell whether the key signed the bytes in one of these ways."""
        return any(scheme.signed_bytes(self.key, signature, data) for scheme in self.schemes)


def read_key(der: bytes, details: str) -> Verifier:
    """Return the verifier for a key as a trusted root gives it: SPKI DER, or PKCS #1 for an old RSA key.

    Raises ValueError in words for a key that cannot be used, or that is not of the type that `details` says.
    """
    scheme = _DETAILS.get(details)
    if scheme is None:
        msg = f"keys of the kind {details[:60]!r} are not known"
        raise ValueError(msg)
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as fault:
        msg = "a key cannot be parsed"
        raise ValueError(msg) from fault
    if not scheme.fits(key) or not isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey):
        msg = f"a key is not of the kind {details}"
        raise ValueError(msg)
    return Verifier(key, (scheme,))
