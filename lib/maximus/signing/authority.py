"""Fulcio: certificates for a job's identity, each over a key of its own, renewed before they run out.

It knows of no verifier, so that the first certificate can be on its way while a verifier is made. What is sent is a
public key with its proof of possession, as cosign does, and no signing request, because that would need all of
`cryptography.x509` before anything could be sent; that and `serialization` are imported while Fulcio works.
See: https://github.com/sigstore/fulcio/blob/main/fulcio.proto
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import textwrap
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from maximus.errors import Error, ExitStatus

from .transport import Refused, host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

    from .tokens import Token, TokenSource
    from .transport import Session, Transport

__all__ = ["Certificates", "Certified", "nonsense", "public_pem"]

_MARGIN: Final = 30.0
"""Seconds, beyond the retry budget, that a certificate must have left to be signed with."""
_LONGEST_MARGIN: Final = 300.0
_P256: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""What stands before the two coordinates of a point of P-256 in its SubjectPublicKeyInfo (RFC 5480)."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A key that lives in memory alone, and the certificate that says whose it is."""

    key: EllipticCurvePrivateKey = field(repr=False)
    certificate: Certificate

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as the module says

        return self.certificate.public_bytes(Encoding.DER)


class Certificates:
    """The certificates of one job, one at a time, for any number of threads."""

    def __init__(self, url: str, transport: Transport, tokens: TokenSource) -> None:
        """Ask for the token at once, because it says who would sign; for a certificate when one is needed.

        `url` is Fulcio's, without a slash at its end.
        Raises Error TOKEN001, TOKEN002 or WIRE001 when there is no token.
        """
        self._url = url
        self._tokens = tokens
        self._session = transport.session("Fulcio")
        self._margin = dt.timedelta(seconds=min(transport.limits.budget + _MARGIN, _LONGEST_MARGIN))
        self._lock = threading.Lock()
        self._token: Token | None = tokens.fetch()
        self._claims = self._token.claims
        self._known: Certified | None = None
        self._refusal: Error | None = None

    @property
    def claims(self) -> Mapping[str, Any]:
        """What the token says about the job; Fulcio is who verified it once something is signed."""
        return self._claims

    @property
    def visibility(self) -> str:
        """Who may see the repository, as the token says: `public`, `internal` or `private`; empty if it does not."""
        return str(self._claims.get("repository_visibility") or "")

    def prepare(self) -> None:
        """Ask for the first certificate now, and go on meanwhile: it takes longer than all that comes before it."""
        threading.Thread(target=self._prepare, name="certificate", daemon=True).start()

    def _prepare(self) -> None:
        # What comes of it is known to whoever needs the certificate.
        with contextlib.suppress(Error):
            self.current()

    def current(self) -> Certified:
        """Return a key whose certificate lasts long enough for one file, retries included.

        Nothing of it is verified but that it is for this key. Raises Error SIGN004 where Fulcio refuses, SIGN008
        for nonsense, WIRE001 where it is away, and what a token is refused with.
        """
        with self._lock:
            if self._refusal:
                raise self._refusal
            known = self._known
            if known and known.certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > self._margin:
                return known
            try:
                self._known = self._certified()
            except Error as error:
                # What Fulcio said to one file it would say to all.
                self._refusal = error
                raise
            return self._known

    def _certified(self) -> Certified:
        """Return a new key with a new certificate; the first uses the token that is there."""
        for is_last in (False, True):
            token, self._token = self._token or self._tokens.fetch(), None
            if not token.is_valid():
                token = self._tokens.fetch()
            try:
                return self._certify(token)
            except Refused as refused:
                if not is_last and not token.is_valid():
                    continue
                raise _refusal(refused) from refused
            except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as fault:
                raise nonsense(fault, "Fulcio", self._url) from fault
        raise AssertionError  # the last round returns or raises

    def _certify(self, token: Token) -> Certified:
        key = generate_private_key(SECP256R1())
        return Certified(key, _requested(self._session, self._url, token, key))


def _requested(session: Session, url: str, token: Token, key: EllipticCurvePrivateKey) -> Certificate:
    """Return what Fulcio makes of a request; raise ValueError in words for anything but a certificate of this key."""
    proof = key.sign(_subject(token.claims).encode("utf-8"), ECDSA(SHA256()))
    reply = session.post(
        f"{url}/api/v2/signingCert",
        json={
            "publicKeyRequest": {
                "publicKey": {"algorithm": "ECDSA", "content": public_pem(key)},
                "proofOfPossession": base64.b64encode(proof).decode("ascii"),
            }
        },
        headers={"Authorization": f"Bearer {token.raw}", "Accept": "application/pem-certificate-chain"},
    )
    certificate = _first(reply.json())
    if certificate.public_key() != key.public_key():
        msg = "Fulcio's certificate is for another key"
        raise ValueError(msg)
    return certificate


def public_pem(key: EllipticCurvePrivateKey) -> str:
    """Return the public half of a key of P-256 in PEM.

    `cryptography` would load SSH's formats and ciphers for that, 8 ms in which nothing is asked yet.
    """
    point = key.public_key().public_numbers()
    der = _P256 + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    lines = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"


def _subject(claims: Mapping[str, Any]) -> str:
    """Return the claim over which Fulcio checks the proof: a person's mail address, else the token's subject."""
    is_person = bool(claims.get("email")) and "job_workflow_ref" not in claims
    return str(claims["email" if is_person else "sub"])


def _first(reply: Any) -> Certificate:  # noqa: ANN401 - foreign JSON enters here
    """Return the signer's certificate; the others of the chain are those of a trusted root, or are not believed."""
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 - as the module says

    try:
        first = reply["signedCertificateEmbeddedSct"]["chain"]["certificates"][0]
        return load_pem_x509_certificate(first.encode("ascii"))
    except (KeyError, IndexError, TypeError, AttributeError) as fault:
        msg = "Fulcio's answer holds no certificate chain with a certificate log's promise in it"
        raise ValueError(msg) from fault


def _refusal(refused: Refused) -> Error:
    """Return the error for what Fulcio refused, in its own words."""
    return Error(
        "SIGN004",
        f"{refused.service} at {refused.host} refused to certify the job",
        why=f"HTTP {refused.status} {refused.message}".rstrip(),
        fix="A private instance must know this job's issuer and audience; see its configuration.",
        where=refused.host,
        status=ExitStatus.OUTSIDE,
    )


def nonsense(fault: Exception, service: str, url: str) -> Error:
    """Return the error for an answer of the service at this address that cannot be used."""
    host = host_of(url)
    return Error(
        "SIGN008",
        f"{service} at {host} answered with something that is not what was asked for",
        why=(str(fault).strip().splitlines() or [type(fault).__name__])[0][:300],
        fix="Check that the trust configuration belongs to these services.",
        where=host,
        status=ExitStatus.OUTSIDE,
    )
