"""What a certificate says about who signed, and certificates that say too much or too little."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, strategies

from maximus.errors import Error
from maximus.verification.signer import _utf8, read_signer

KEY = ec.generate_private_key(ec.SECP256R1())
ARC = "1.3.6.1.4.1.57264.1"
WORKFLOW = "https://github.com/octo/app/.github/workflows/release.yml@refs/tags/v1"


def der(text: str) -> bytes:
    """Return a text as a DER UTF8String."""
    raw = text.encode()
    length = bytes([len(raw)]) if len(raw) < 128 else bytes([0x81, len(raw)])
    return b"\x0c" + length + raw


def certificate(names: list[x509.GeneralName] | None, claims: dict[int, bytes]) -> x509.Certificate:
    """Return a certificate with these alternative names and claims, signed by itself."""
    name = x509.Name([])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + dt.timedelta(minutes=10))
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for number, value in claims.items():
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{ARC}.{number}"), value)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, hashes.SHA256())


URI: list[x509.GeneralName] = [x509.UniformResourceIdentifier(WORKFLOW)]


def test_reads_every_claim_into_its_field() -> None:
    """Each extension fills one field, whatever its length."""
    claims = {
        8: "https://issuer.example",
        9: WORKFLOW,
        12: "https://github.com/octo/app",
        14: "refs/tags/v1",
        15: "1",
        17: "2",
        21: "https://github.com/octo/app/" + "x" * 150,
    }
    signer = read_signer(certificate(URI, {number: der(text) for number, text in claims.items()}))
    found = (
        *(signer.issuer, signer.workflow, signer.repository, signer.ref),
        *(signer.repository_id, signer.owner_id, signer.run),
    )
    assert (found, signer.identity, signer.is_old) == (tuple(claims.values()), WORKFLOW, False)


def test_reads_the_deprecated_claims_of_old_certificates_and_says_so() -> None:
    """Where there are no others, the raw texts of .1 to .6 are read."""
    old = {1: b"https://issuer.example", 5: b"octo/app", 6: b"refs/tags/v1"}
    signer = read_signer(certificate(URI, old))
    assert (signer.issuer, signer.repository, signer.ref, signer.is_old) == (
        "https://issuer.example",
        "https://github.com/octo/app",
        "refs/tags/v1",
        True,
    )


def test_never_mixes_deprecated_claims_with_the_others() -> None:
    """A certificate that has the new claims is read by them alone."""
    signer = read_signer(certificate(URI, {1: b"https://evil.example", 5: b"evil/app", 9: der(WORKFLOW)}))
    assert (signer.issuer, signer.repository, signer.is_old) == ("", "", False)


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        (x509.RFC822Name("someone@acme.example"), "someone@acme.example"),
        (x509.OtherName(x509.ObjectIdentifier(f"{ARC}.7"), der("foo!acme.example")), "foo!acme.example"),
    ],
)
def test_reads_other_kinds_of_identities(name: x509.GeneralName, identity: str) -> None:
    """A mail address and Fulcio's own kind of name are identities too."""
    assert read_signer(certificate([name], {})).identity == identity


@pytest.mark.parametrize(
    "names",
    [
        None,
        [*URI, x509.RFC822Name("someone@acme.example")],
        [x509.DNSName("acme.example")],
        [x509.OtherName(x509.ObjectIdentifier("1.2.3"), der("x"))],
        [x509.OtherName(x509.ObjectIdentifier(f"{ARC}.7"), b"\x04\x01x")],
        [x509.UniformResourceIdentifier("")],
    ],
)
def test_refuses_a_certificate_that_does_not_name_one_identity(names: list[x509.GeneralName] | None) -> None:
    """Nobody, several, or a name that is no identity: a fault."""
    with pytest.raises(Error) as caught:
        read_signer(certificate(names, {8: der("https://issuer.example")}))
    assert caught.value.code == "VERIFY024"


@pytest.mark.parametrize(
    "claim",
    [b"", b"\x0c", b"\x0c\x02x", b"\x0c\x01xy", b"\x0c\x81\x01x", b"\x0c\x80", b"\x13\x01x", b"\x0c\x01\xff", b"plain"],
)
def test_refuses_a_claim_that_is_not_its_one_encoding(claim: bytes) -> None:
    """A claim in another encoding could be read in two ways."""
    with pytest.raises(Error) as caught:
        read_signer(certificate(URI, {9: claim}))
    assert caught.value.code == "VERIFY024"


@given(strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=60))
def test_reads_back_what_was_encoded(text: str) -> None:
    """Any text comes out as it went in."""
    assert _utf8(der(text)) == text


@given(strategies.binary(max_size=40))
def test_no_bytes_make_the_reader_raise_anything_else(raw: bytes) -> None:
    """Whatever stands in a claim, it is a text or a ValueError."""
    try:
        text = _utf8(raw)
    except ValueError:
        return
    assert raw.endswith(text.encode())
