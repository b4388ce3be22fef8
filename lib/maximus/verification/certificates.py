"""A signer's certificate: its chain to the root at a time, its certificate log, what its key may be used for.

sigstore-python looks at the certificates' own validity and not at the period in the trusted root, refuses the
name of a kind that private issuers use (`OtherName`), and rounds a certificate log's time through a float.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import LogEntryType, SignedCertificateTimestamp
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .roots import Authority, Log

__all__ = ["Issuers", "check_certificate_log", "check_usage"]

_KNOWN: Final = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.ExtendedKeyUsage.oid,
        x509.KeyUsage.oid,
        x509.SubjectAlternativeName.oid,
    }
)
"""The extensions that may be critical in a signer's certificate."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Issuer:
    authority: Authority
    store: Store
    is_linked: bool
    """Whether each certificate of its chain was issued by the next one."""


class Issuers:
    """The certificate authorities that are believed, each with its store, built once."""

    def __init__(self, authorities: Sequence[Authority]) -> None:
        """Build the stores."""
        self._issuers = [
            _Issuer(each, Store(list(each.certificates)), _is_linked(each.certificates)) for each in authorities
        ]

    def issuer(self, certificate: x509.Certificate, time: datetime) -> x509.Certificate:
        """Return who issued the certificate, by a chain that was valid and believed at that time.

        Raises ValueError in words where there is none.
        """
        why = f"no certificate authority was trusted then ({time:%Y-%m-%dT%H:%M:%SZ})"
        for issuer in self._issuers:
            if not issuer.authority.period.holds(time):
                continue
            if not issuer.is_linked:
                why = "the trusted root's chain of its authority is none"
                continue
            if any(not _is_valid(each, time) for each in issuer.authority.certificates):
                why = f"its authority's certificates were not valid then ({time:%Y-%m-%dT%H:%M:%SZ})"
                continue
            try:
                return _chained(certificate, issuer, time)
            except (VerificationError, ValueError) as fault:
                why = " ".join(str(fault).split())[:300]
        raise ValueError(why)


def _chained(certificate: x509.Certificate, issuer: _Issuer, time: datetime) -> x509.Certificate:
    if _has_other_name(certificate):
        return _directly_issued(certificate, issuer, time)
    ca_policy = ExtensionPolicy.webpki_defaults_ca().may_be_present(
        x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None
    )
    # Its usage is checked apart: not a client's, but signing code.
    ee_policy = ExtensionPolicy.webpki_defaults_ee().may_be_present(
        x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None
    )
    policy = PolicyBuilder().store(issuer.store).time(time).extension_policies(ca_policy=ca_policy, ee_policy=ee_policy)
    return policy.build_client_verifier().verify(certificate, []).chain[1]


def _has_other_name(certificate: x509.Certificate) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return any(isinstance(name, x509.OtherName) for name in names)


def _directly_issued(certificate: x509.Certificate, issuer: _Issuer, time: datetime) -> x509.Certificate:
    """Return which certificate of the authority issued this one, whose kind of name `cryptography` cannot chain."""
    if not _is_valid(certificate, time):
        msg = f"it was not valid when it signed ({time:%Y-%m-%dT%H:%M:%SZ})"
        raise ValueError(msg)
    if unknown := sorted(e.oid.dotted_string for e in certificate.extensions if e.critical and e.oid not in _KNOWN):
        msg = f"its extension {unknown[0]} is critical and not known"
        raise ValueError(msg)
    for each in issuer.authority.certificates:
        if _issued(certificate, each):
            return each
    msg = "no certificate authority of the trusted root issued it"
    raise ValueError(msg)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether the one was issued by the other, which may issue."""
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca and usage.key_cert_sign


def _is_linked(chain: Sequence[x509.Certificate]) -> bool:
    return all(_issued(each, issuer) for each, issuer in itertools.pairwise(chain))


def _is_valid(certificate: x509.Certificate, time: datetime) -> bool:
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc


def check_usage(certificate: x509.Certificate, times: Sequence[datetime]) -> None:
    """Return when the key is for signing code, is no authority's, and was valid at each of the times.

    Raises ValueError in words otherwise.
    """
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as fault:
        msg = "it does not say what its key is for"
        raise ValueError(msg) from fault
    if not usage.digital_signature:
        msg = "its key is not for signing"
        raise ValueError(msg)
    if ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        msg = "its key is not for signing code"
        raise ValueError(msg)
    constraints = [each.value for each in extensions if isinstance(each.value, x509.BasicConstraints)]
    if usage.key_cert_sign or any(each.ca for each in constraints):
        msg = "it is an authority's, and no signer's"
        raise ValueError(msg)
    for time in times:
        if not _is_valid(certificate, time):
            msg = f"it was not valid when it signed ({time:%Y-%m-%dT%H:%M:%SZ})"
            raise ValueError(msg)


def check_certificate_log(certificate: x509.Certificate, issuer: x509.Certificate, logs: Mapping[bytes, Log]) -> None:
    """Return when a certificate log that was trusted then vouches for the certificate.

    Of several, which RFC 6962 allows and sigstore-python refuses, those of unknown logs are passed over as cosign
    does: the certificate's signature covers them. Raises ValueError in words where none holds.
    """
    try:
        stamps = list(
            certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
        )
    except x509.ExtensionNotFound:
        stamps = []
    why = "no certificate log vouches for it"
    for stamp in stamps:
        log = logs.get(stamp.log_id)
        if log is None:
            why = f"the trusted root has no certificate log {stamp.log_id.hex()}"
        elif not log.key.signed(stamp.signature, _logged(stamp, certificate, issuer)):
            msg = f"the certificate log {log.address} did not sign what stands in it"
            raise ValueError(msg)
        elif not log.period.holds(stamp.timestamp.replace(tzinfo=UTC)):
            msg = f"the certificate log {log.address} was not trusted when it vouched for the certificate"
            raise ValueError(msg)
        else:
            return
    raise ValueError(why)


def _logged(stamp: SignedCertificateTimestamp, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """Return what the log signed: RFC 6962, section 3.2."""
    if stamp.entry_type is not LogEntryType.PRE_CERTIFICATE or not isinstance(stamp.signature_hash_algorithm, SHA256):
        msg = "its certificate log's promise is of an unknown kind"
        raise ValueError(msg)
    time = (stamp.timestamp.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
    issuer_key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body, extra = certificate.tbs_precertificate_bytes, stamp.extension_bytes
    return b"".join(
        (
            bytes((stamp.version.value, 0)),
            time.to_bytes(8, "big"),
            LogEntryType.PRE_CERTIFICATE.value.to_bytes(2, "big"),
            hashlib.sha256(issuer_key).digest(),
            len(body).to_bytes(3, "big"),
            body,
            len(extra).to_bytes(2, "big"),
            extra,
        )
    )
