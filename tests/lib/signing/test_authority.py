"""What Fulcio is sent for a certificate, and what is made of its answers; the real one is asked elsewhere."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from maximus.errors import Error
from maximus.signing.authority import Certificates, public_pem
from maximus.signing.carried import PUBLIC_URL, carried
from maximus.signing.tokens import Token
from maximus.signing.transport import Limits, Transport
from tests.stack.faults import Answer, Faults, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.signing.tokens import TokenSource

JOB = {"iss": "https://issuer.example", "sub": "repo:octo/app:ref:refs/tags/v1", "job_workflow_ref": "octo/app/w@r"}


class _Tokens:
    """Gives tokens with these claims."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self.claims = dict(claims) | {"exp": time.time() + 600}

    def fetch(self) -> Token:
        """Return one."""
        return Token("header.claims.signature", self.claims)


def asked(claims: Mapping[str, Any], answer: bytes) -> tuple[Request, Error]:
    """Return what Fulcio was sent, and the error that its answer led to."""
    with Faults("http://127.0.0.1:9") as fulcio, Transport(Limits(budget=0.2)) as transport:
        fulcio.inject(Answer(200, body=answer))
        certificates = Certificates(fulcio.url, transport, cast("TokenSource", _Tokens(claims)))
        with pytest.raises(Error) as raised:
            certificates.current()
        (request,) = fulcio.requests
    return request, raised.value


@pytest.mark.parametrize(
    ("claims", "subject"),
    [
        (JOB, JOB["sub"]),
        (JOB | {"email": "a@example.org"}, JOB["sub"]),
        ({"iss": "i", "sub": "1234", "email": "a@example.org"}, "a@example.org"),
        ({"iss": "i", "sub": "1234", "email": ""}, "1234"),
        ({"iss": "i", "sub": "umgebung:größe"}, "umgebung:größe"),
    ],
)
def test_the_key_proves_that_it_is_held_by_who_has_the_token(claims: Mapping[str, Any], subject: str) -> None:
    """By a signature over the token's subject, or over a person's mail address, as Fulcio checks it."""
    request, _ = asked(claims, b"{}")
    sent = json.loads(request.body)["publicKeyRequest"]
    key = load_pem_public_key(sent["publicKey"]["content"].encode())
    assert isinstance(key, EllipticCurvePublicKey)
    key.verify(base64.b64decode(sent["proofOfPossession"]), subject.encode(), ECDSA(SHA256()))
    assert (request.path, request.headers["authorization"]) == (
        "/api/v2/signingCert",
        "Bearer header.claims.signature",
    )


def chain(*certificates: str) -> bytes:
    """Return an answer with these certificates."""
    return json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": certificates}}}).encode()


def somebodys() -> str:
    """Return a certificate of another key: the public authority's own."""
    root = json.loads(carried("trusted_root.json", PUBLIC_URL))
    raw = root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"]
    return f"-----BEGIN CERTIFICATE-----\n{raw}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"{}", "certificate chain"),
        (b"[]", "certificate chain"),
        (b"null", "certificate chain"),
        (b'{"signedCertificateDetachedSct": {}}', "certificate chain"),
        (chain(), "certificate chain"),
        (json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": [1]}}}).encode(), "certificate chain"),
        (chain("no certificate"), ""),
        (chain(somebodys()), "Fulcio's certificate is for another key"),
    ],
)
def test_an_answer_that_holds_no_certificate_of_this_key_is_one_error(answer: bytes, why: str) -> None:
    """Whatever JSON it is."""
    _, error = asked(JOB, answer)
    assert (error.code, why in error.why) == ("SIGN008", True)
    assert error.why


def test_nothing_secret_is_shown() -> None:
    """Neither the token nor what it says, nor a key."""
    token = _Tokens(JOB).fetch()
    assert repr(token) == "Token()"


@pytest.mark.parametrize("secret", [0, 1, 43, 379])
def test_a_public_key_is_written_as_cryptography_writes_it(secret: int) -> None:
    """Byte for byte, for any key and for points whose coordinates begin with zeros."""
    key = derive_private_key(secret, SECP256R1()) if secret else generate_private_key(SECP256R1())
    written = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public_pem(key) == written.decode("ascii")
