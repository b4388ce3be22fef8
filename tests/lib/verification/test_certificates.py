"""Certificates of signers: their chain, their time, their certificate log, and what their key is for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from maximus.signing.bundles import parse_bundle
from maximus.verification.certificates import Issuers, check_certificate_log, check_usage
from maximus.verification.roots import ALWAYS, Authority, Period
from maximus.verification.signer import read_signer
from maximus.verification.trust import read_trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lib.verification.conftest import Real

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SIGNED = START + dt.timedelta(minutes=5)
END = START + dt.timedelta(minutes=10)
OTHER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
URI = x509.UniformResourceIdentifier("https://github.com/octo/app/.github/workflows/release.yml@refs/tags/v1")

KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "intermediate", "leaf", "stranger")}


def usage(*, signs: bool = True, issues: bool = False) -> x509.KeyUsage:
    """Return what a key may be used for."""
    named = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    ) | dict.fromkeys(("encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=signs, key_cert_sign=issues, crl_sign=issues, **named)


def made(  # noqa: PLR0913 - a certificate has many parts
    subject: str,
    issuer: str,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
    *,
    signer: str = "",
    start: dt.datetime = START,
    end: dt.datetime = END,
) -> x509.Certificate:
    """Return a certificate whose names are those of the keys, unless `signer` signs in the issuer's name."""
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]),
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject != "leaf" else []),
        public_key=KEYS[subject].public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=end,
    )
    key = KEYS[issuer]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    for value, is_critical in (*extensions, (identifier, False)):
        builder = builder.add_extension(value, is_critical)
    return builder.sign(KEYS[signer or issuer], SHA256())


def authority(subject: str, issuer: str, **given: Any) -> x509.Certificate:  # noqa: ANN401 - as `made` takes them
    """Return a certificate that may issue others."""
    parts: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (usage(signs=False, issues=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(KEYS[subject].public_key()), False),
    ]
    return made(subject, issuer, parts, **({"end": START + dt.timedelta(days=3650)} | given))


def leaf(
    name: x509.GeneralName = URI,
    *,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    **given: Any,  # noqa: ANN401 - as `made` takes them
) -> x509.Certificate:
    """Return a signer's certificate."""
    parts: list[tuple[x509.ExtensionType, bool]] = [
        (usage(), True),
        (x509.ExtendedKeyUsage([purpose]), False),
        (x509.SubjectAlternativeName([name]), True),
    ]
    return made("leaf", "intermediate", parts, **given)


ROOT = authority("root", "root")
INTERMEDIATE = authority("intermediate", "root")
TRUSTED = Authority((INTERMEDIATE, ROOT), ALWAYS)


def test_finds_who_issued_a_certificate() -> None:
    """A chain that was whole, valid and believed at the time gives the issuer."""
    assert Issuers([TRUSTED]).issuer(leaf(), SIGNED) == INTERMEDIATE


@pytest.mark.parametrize("time", [START, END])
def test_a_certificate_is_valid_to_the_last_second(time: dt.datetime) -> None:
    """Its period is closed at both ends."""
    assert Issuers([TRUSTED]).issuer(leaf(), time) == INTERMEDIATE
    check_usage(leaf(), [time])


@pytest.mark.parametrize("seconds", [-1, 601])
def test_refuses_a_certificate_outside_its_validity(seconds: int) -> None:
    """A second before, and a second after."""
    time = START + dt.timedelta(seconds=seconds)
    with pytest.raises(ValueError, match="valid"):
        Issuers([TRUSTED]).issuer(leaf(), time)
    with pytest.raises(ValueError, match="not valid when it signed"):
        check_usage(leaf(), [SIGNED, time])


@pytest.mark.parametrize(
    ("trusted", "certificate"),
    [
        pytest.param(TRUSTED, leaf(signer="stranger"), id="signed by a stranger"),
        pytest.param(Authority((ROOT,), ALWAYS), leaf(), id="its issuer is not among those believed"),
        pytest.param(
            Authority((authority("intermediate", "root", signer="stranger"), ROOT), ALWAYS),
            leaf(),
            id="the issuer's own chain is none",
        ),
        pytest.param(
            Authority((authority("intermediate", "root", end=START + dt.timedelta(minutes=1)), ROOT), ALWAYS),
            leaf(),
            id="the issuer had expired",
        ),
        pytest.param(
            dataclasses.replace(TRUSTED, period=Period(START, START + dt.timedelta(minutes=1))),
            leaf(),
            id="the root believed it for a shorter time",
        ),
    ],
)
def test_refuses_a_chain_that_does_not_hold(trusted: Authority, certificate: x509.Certificate) -> None:
    """Every link must be there, and be believed at that time; the reason is said."""
    with pytest.raises(ValueError, match=r"\w"):
        Issuers([trusted]).issuer(certificate, SIGNED)


def test_passes_over_authorities_that_issued_nothing_here() -> None:
    """A root that renewed its authority names the old one too."""
    old = Authority((ROOT,), Period(None, START))
    assert Issuers([old, Authority((ROOT,), ALWAYS), TRUSTED]).issuer(leaf(), SIGNED) == INTERMEDIATE


def other_name(text: str = "someone@example") -> x509.OtherName:
    """Return the kind of name that private issuers of Fulcio use."""
    return x509.OtherName(OTHER_NAME, bytes((0x0C, len(text))) + text.encode())


def test_reads_the_name_of_a_kind_that_cryptography_cannot_chain() -> None:
    """Fulcio's `username` issuers write an OtherName: cosign verifies those, sigstore-python cannot."""
    certificate = leaf(other_name())
    assert Issuers([TRUSTED]).issuer(certificate, SIGNED) == INTERMEDIATE
    assert read_signer(certificate).identity == "someone@example"


@pytest.mark.parametrize("given", [{"signer": "stranger"}, {"start": SIGNED + dt.timedelta(seconds=1)}, {"end": START}])
def test_holds_such_a_certificate_to_the_same(given: dict[str, Any]) -> None:
    """Signature and validity are checked for it too."""
    with pytest.raises(ValueError, match=r"\w"):
        Issuers([TRUSTED]).issuer(leaf(other_name(), **given), SIGNED)


def test_refuses_an_unknown_critical_extension_beside_such_a_name() -> None:
    """What must be understood and is not is refused."""
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    parts: list[tuple[x509.ExtensionType, bool]] = [
        (usage(), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
        (x509.SubjectAlternativeName([other_name()]), True),
        (strange, True),
    ]
    with pytest.raises(ValueError, match=r"1\.2\.3\.4 is critical"):
        Issuers([TRUSTED]).issuer(made("leaf", "intermediate", parts), SIGNED)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (leaf(purpose=ExtendedKeyUsageOID.TIME_STAMPING), "not for signing code"),
        (leaf(purpose=ExtendedKeyUsageOID.CLIENT_AUTH), "not for signing code"),
        (made("leaf", "intermediate", [(usage(), True)]), "does not say what its key is for"),
        (
            made(
                "leaf",
                "intermediate",
                [(usage(signs=False), True), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)],
            ),
            "not for signing",
        ),
        (
            made(
                "leaf",
                "intermediate",
                [
                    (usage(issues=True), True),
                    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
                    (x509.BasicConstraints(ca=True, path_length=0), True),
                ],
            ),
            "an authority's",
        ),
    ],
)
def test_refuses_a_key_that_is_for_something_else(certificate: x509.Certificate, words: str) -> None:
    """A timestamp authority's, a server's or a certificate authority's key signs no code."""
    with pytest.raises(ValueError, match=words):
        check_usage(certificate, [SIGNED])


def test_refuses_a_certificate_that_no_log_vouches_for() -> None:
    """Without a promise of a certificate log its owner could not see that it was issued."""
    with pytest.raises(ValueError, match="no certificate log vouches for it"):
        check_certificate_log(leaf(), INTERMEDIATE, {})


def test_checks_the_promise_of_the_certificate_log(real: Real) -> None:
    """A real certificate's promise holds, and not for another issuer, under no log, or by another key."""
    roots = read_trust(real.root).roots
    raw = parse_bundle(json.loads(real.bundles["cosign-message-v1"]), "bundle").certificate
    certificate = x509.load_der_x509_certificate(raw)
    (issuer,) = [each for each in roots.authorities[0].certificates if each.subject == certificate.issuer]
    check_certificate_log(certificate, issuer, roots.certificate_logs)
    ((key_id, log),) = roots.certificate_logs.items()
    stranger = dataclasses.replace(log, key=dataclasses.replace(log.key, key=KEYS["stranger"].public_key()))
    late = dataclasses.replace(log, period=Period(None, START))
    for wrong, logs, words in (
        (ROOT, roots.certificate_logs, "did not sign"),
        (issuer, {key_id: stranger}, "did not sign"),
        (issuer, {key_id: late}, "was not trusted"),
        (issuer, {}, "has no certificate log"),
    ):
        with pytest.raises(ValueError, match=words):
            check_certificate_log(certificate, wrong, logs)
    assert certificate.public_bytes(Encoding.DER) == raw
