"""Fulcio: a certificate over a new key, for the identity in a token.

See: https://github.com/sigstore/fulcio/blob/main/fulcio.proto
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    import requests

    from .tokens import Token

__all__ = ["Certified", "certify"]


@dataclass(frozen=True, slots=True)
class Certified:
    """A key that lives in memory alone, and the certificate that says whose it is."""

    key: EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)


def certify(session: requests.Session, url: str, token: Token) -> Certified:
    """Return a new key with its certificate, of which nothing is verified yet but that it is for this key.

    `url` is Fulcio's, without a slash at its end.
    Raises Refused, Error WIRE001, and ValueError in words for an answer that is not what was asked for.
    """
    key = generate_private_key(SECP256R1())
    # Fulcio takes the identity from the token and leaves the subject unread (sigstore/fulcio#863).
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    pem = request.sign(key, SHA256()).public_bytes(Encoding.PEM)
    reply = session.post(
        f"{url}/api/v2/signingCert",
        json={"certificateSigningRequest": base64.b64encode(pem).decode("ascii")},
        headers={"Authorization": f"Bearer {token.raw}", "Accept": "application/pem-certificate-chain"},
    )
    certificate = _first(reply.json())
    if certificate.public_key() != key.public_key():
        msg = "Fulcio's certificate is for another key"
        raise ValueError(msg)
    return Certified(key, certificate)


def _first(reply: Any) -> x509.Certificate:  # noqa: ANN401 - foreign JSON enters here
    """Return the signer's certificate; the others of the chain are those of a trusted root, or are not believed."""
    try:
        first = reply["signedCertificateEmbeddedSct"]["chain"]["certificates"][0]
        return x509.load_pem_x509_certificate(first.encode("ascii"))
    except (KeyError, IndexError, TypeError, AttributeError) as fault:
        msg = "Fulcio's answer holds no certificate chain with a certificate log's promise in it"
        raise ValueError(msg) from fault
