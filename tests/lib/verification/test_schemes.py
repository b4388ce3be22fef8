"""Keys of every kind that logs and signers have, each with the hash and padding that it signs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maximus.verification.schemes import read_key, schemes_of

if TYPE_CHECKING:
    from collections.abc import Callable

RSA = rsa.generate_private_key(65537, 2048)
P256, P384, P521 = (ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
ED25519 = ed25519.Ed25519PrivateKey.generate()
DATA = b"what a log signs"

Signer = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

KINDS: dict[str, tuple[Signer, Callable[[], bytes]]] = {
    "PKIX_ECDSA_P256_SHA_256": (P256, lambda: P256.sign(DATA, ec.ECDSA(SHA256()))),
    "PKIX_ECDSA_P384_SHA_384": (P384, lambda: P384.sign(DATA, ec.ECDSA(SHA384()))),
    "PKIX_ECDSA_P384_SHA_256": (P384, lambda: P384.sign(DATA, ec.ECDSA(SHA256()))),
    "PKIX_ECDSA_P521_SHA_512": (P521, lambda: P521.sign(DATA, ec.ECDSA(SHA512()))),
    "PKIX_ECDSA_P521_SHA_256": (P521, lambda: P521.sign(DATA, ec.ECDSA(SHA256()))),
    "PKIX_ED25519": (ED25519, lambda: ED25519.sign(DATA)),
    "PKCS1_RSA_PKCS1V5": (RSA, lambda: RSA.sign(DATA, PKCS1v15(), SHA256())),
    "PKIX_RSA_PKCS1V15_2048_SHA256": (RSA, lambda: RSA.sign(DATA, PKCS1v15(), SHA256())),
    "PKIX_RSA_PSS_2048_SHA256": (RSA, lambda: RSA.sign(DATA, PSS(MGF1(SHA256()), 32), SHA256())),
}


def der(key: Signer, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    """Return the public half."""
    return key.public_key().public_bytes(Encoding.DER, form)


@pytest.mark.parametrize("kind", KINDS)
def test_verifies_with_every_kind_of_key_of_a_trusted_root(kind: str) -> None:
    """The row of the registry gives hash and padding; sigstore-python lacks PSS and the mixed rows."""
    key, sign = KINDS[kind]
    verifier = read_key(der(key), kind)
    assert [verifier.signed(sign(), data) for data in (DATA, DATA + b".")] == [True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_verifies_with_no_other_row_than_the_keys_own(kind: str) -> None:
    """A key in a trusted root signs in one way: another hash or padding is another row."""
    key, _ = KINDS[kind]
    names = {"PKCS1_RSA_PKCS1V5", "PKIX_RSA_PKCS1V15_2048_SHA256"}
    others = [other for other in KINDS if other != kind and not {kind, other} <= names]
    verifier = read_key(der(key), kind)
    assert [verifier.signed(KINDS[other][1](), DATA) for other in others] == [False] * len(others)


def test_reads_an_old_rsa_key_without_its_wrapping() -> None:
    """PKCS #1 DER, as deprecated rows of old trusted roots have it."""
    verifier = read_key(der(RSA, PublicFormat.PKCS1), "PKCS1_RSA_PKCS1V5")
    assert verifier.signed(RSA.sign(DATA, PKCS1v15(), SHA256()), DATA)


@pytest.mark.parametrize(
    ("content", "details", "words"),
    [
        (der(P256), "PKIX_ECDSA_P384_SHA_384", "not of the kind"),
        (der(RSA), "PKIX_ED25519", "not of the kind"),
        (der(P256), "LMS_SHA256", "not known"),
        (der(P256), "", "not known"),
        (b"", "PKIX_ED25519", "cannot be parsed"),
        (b"\x30\x00", "PKIX_ECDSA_P256_SHA_256", "cannot be parsed"),
    ],
    # The keys are new ones each time, and a test's name must not be.
    ids=["curve", "type", "kind", "no-kind", "nothing", "no-key"],
)
def test_refuses_a_key_that_is_not_what_it_says(content: bytes, details: str, words: str) -> None:
    """What cannot be used is a fault in words."""
    with pytest.raises(ValueError, match=words):
        read_key(content, details)


def test_refuses_an_rsa_key_that_is_too_short() -> None:
    """1024 bits can be broken."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - what must be refused
    assert schemes_of(short.public_key()) == ()
    with pytest.raises(ValueError, match="not of the kind"):
        read_key(der(short), "PKCS1_RSA_PKCS1V5")


@pytest.mark.parametrize(
    ("key", "tried"),
    [
        (P256, ["sha256"]),
        (P384, ["sha384", "sha256"]),
        (P521, ["sha512", "sha256"]),
        (RSA, ["sha256", "sha256"]),
        (ED25519, [""]),
        (dsa.generate_private_key(2048), []),
        (ec.generate_private_key(ec.SECP256K1()), []),
    ],
)
def test_tries_the_curves_own_hash_first_for_a_key_alone(key: Signer, tried: list[str]) -> None:
    """A PEM names no hash: what the registry and cosign use is tried, nothing weaker, and other types not at all."""
    assert [scheme.hash for scheme in schemes_of(key.public_key())] == tried


def test_accepts_no_signature_over_a_weak_hash() -> None:
    """SHA-1 is never tried."""
    schemes = schemes_of(P256.public_key())
    signature = P256.sign(DATA, ec.ECDSA(SHA1()))  # noqa: S303 - what must be refused
    assert not any(scheme.signed_bytes(P256.public_key(), signature, DATA) for scheme in schemes)


@pytest.mark.parametrize("salt", [0, 20, 32, PSS.MAX_LENGTH])
def test_accepts_a_pss_signature_with_any_salt(salt: int | object) -> None:
    """Signers differ in the salt's length; the issue asks for RSA PSS under a key in PEM."""
    length = PSS.MAX_LENGTH if not isinstance(salt, int) else salt
    signature = RSA.sign(DATA, PSS(MGF1(SHA256()), length), SHA256())
    assert any(scheme.signed_bytes(RSA.public_key(), signature, DATA) for scheme in schemes_of(RSA.public_key()))
