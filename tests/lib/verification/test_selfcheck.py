"""What a signer is told by the verifier: words for whatever does not hold, and never an exception."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import MEDIA_TYPE, Bundle, Envelope, MessageSignature
from maximus.signing.carried import PUBLIC_URL, carried
from maximus.signing.keys import PublicKey
from maximus.verification.selfcheck import SelfCheck, self_check


def root() -> dict[str, Any]:
    """Return the public instance's trusted root."""
    document: dict[str, Any] = json.loads(carried("trusted_root.json", PUBLIC_URL))
    return document


@pytest.fixture(scope="module")
def check() -> SelfCheck:
    """The check under it."""
    return self_check(root(), "the public instance")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "malformed"),
        ([], "malformed"),
        ({}, "its trustedRoot has no certificate authority and no CT log and no transparency log"),
        (root() | {"tlogs": []}, "its trustedRoot has no transparency log"),
        (root() | {"ctlogs": []}, "its trustedRoot has no CT log"),
        (root() | {"certificateAuthorities": [{"certChain": {}}]}, "'certificates' is missing"),
    ],
)
def test_a_root_under_which_nothing_could_verify_is_refused(document: object, why: str) -> None:
    """With the trust configuration's name, before anything is asked for."""
    with pytest.raises(Error, match=r"trust\.json is no trust configuration") as raised:
        self_check(document, "trust.json")
    assert (raised.value.code, raised.value.status) == ("TRUST002", ExitStatus.USAGE)
    assert why in raised.value.why


@pytest.mark.parametrize("certificate", [b"", b"no certificate", bytes(64)])
def test_what_is_no_certificate_is_said_in_words(check: SelfCheck, certificate: bytes) -> None:
    """Whatever a parser makes of it."""
    assert check.certificate_fault(certificate).startswith("the certificate is not trusted: ")


def test_an_authoritys_own_certificate_is_not_one_to_sign_with(check: SelfCheck) -> None:
    """Though its chain holds: no log vouches for it, and its key is for issuing."""
    chain = root()["certificateAuthorities"][-1]["certChain"]["certificates"]
    assert check.certificate_fault(base64.b64decode(chain[0]["rawBytes"]))


@pytest.mark.parametrize("stamp", [b"", b"no timestamp", bytes(64)])
def test_what_is_no_timestamp_is_said_in_words(check: SelfCheck, stamp: bytes) -> None:
    """Whatever a parser makes of it."""
    assert check.stamp_fault(stamp, b"signature") == "no trusted time: a timestamp cannot be parsed"


@pytest.mark.parametrize("certificate", [b"", b"no certificate"])
def test_a_bundle_that_does_not_hold_is_said_in_words(check: SelfCheck, certificate: bytes) -> None:
    """By an identity and by a key, over a statement."""
    bundle = Bundle(MEDIA_TYPE, certificate, "hint", Envelope("kind", b"{}", b"signature"), (), ())
    assert check.bundle_fault(bundle, None)
    key = PublicKey(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert check.key_fault(bundle, None, key)


def test_a_key_without_its_log_entry_is_said_in_words(check: SelfCheck) -> None:
    """The signature alone is not what was asked for."""
    private = ec.generate_private_key(ec.SECP256R1())
    signed = Envelope("kind", b"{}", b"").signed
    envelope = Envelope("kind", b"{}", private.sign(signed, ec.ECDSA(SHA256())))
    bundle = Bundle(MEDIA_TYPE, b"", "hint", envelope, (), ())
    assert check.key_fault(bundle, None, PublicKey(private.public_key())) == "not logged: signed with a key"
    without_file = Bundle(MEDIA_TYPE, b"", "hint", MessageSignature(b"signature", "0" * 64), (), ())
    assert check.key_fault(without_file, None, PublicKey(private.public_key()))
