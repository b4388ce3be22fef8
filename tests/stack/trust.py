"""The stack's keys and certificates, and the trust files that tell clients about them.

All keys are made here and given to the services as files, none in a service's memory: so a service that
is stopped comes back as the same authority, and the trust files stay true.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FULCIO_PASSWORD", "REKOR_V1", "REKOR_V2", "Authorities", "make_authorities", "redirect"]

Document = Mapping[str, Any]

REKOR_V1 = 1
REKOR_V2 = 2

FULCIO_PASSWORD = "loopback"  # noqa: S105 - Fulcio's file CA insists on one; the key lives for one run
_LOG_ORIGIN = "127.0.0.1"
"""Rekor v2's `--hostname`: the host of its `baseUrl` without the port, or cosign finds no signature."""
_CLIENT_TRUST = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
_DAY = dt.timedelta(days=1)
_OPERATOR = "maximus.invalid"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Everything public that the trust files say."""

    fulcio_chain: tuple[x509.Certificate, ...]
    """Intermediate and root."""
    tsa_chain: tuple[x509.Certificate, ...]
    """Leaf, intermediate and root."""
    ct_key: ec.EllipticCurvePublicKey
    rekor_v1_key: ec.EllipticCurvePublicKey
    rekor_v2_key: ed25519.Ed25519PublicKey
    valid_from: dt.datetime
    urls: Mapping[str, str]
    """Where the services answer: `issuer`, `fulcio`, `ct`, `tsa`, `rekor-v1`, `rekor-v2`."""

    def trusted_root(self) -> Document:
        """Return the trusted root: both logs, the authority, the CT log and the timestamp authority."""
        since = {"start": _time(self.valid_from)}
        return {
            "mediaType": _TRUSTED_ROOT,
            "tlogs": [
                _log(self.urls["rekor-v1"], self.rekor_v1_key, since),
                _log(self.urls["rekor-v2"], self.rekor_v2_key, since),
            ],
            "certificateAuthorities": [_authority("fulcio", self.urls["fulcio"], self.fulcio_chain, since)],
            "ctlogs": [_log(self.urls["ct"], self.ct_key, since)],
            "timestampAuthorities": [_authority("tsa", _stamping(self.urls["tsa"]), self.tsa_chain, since)],
        }

    def signing_config(self, rekor: int) -> Document:
        """Return the signing config that logs to one Rekor, by its API version."""

        def service(url: str, version: int = 1) -> list[Document]:
            since = {"start": _time(self.valid_from)}
            return [{"url": url, "majorApiVersion": version, "validFor": since, "operator": _OPERATOR}]

        return {
            "mediaType": _SIGNING_CONFIG,
            "caUrls": service(self.urls["fulcio"]),
            "oidcUrls": service(self.urls["issuer"]),
            "rekorTlogUrls": service(self.urls[f"rekor-v{rekor}"], rekor),
            "tsaUrls": service(_stamping(self.urls["tsa"])),
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "ANY"},
        }

    def client_trust(self, rekor: int) -> Document:
        """Return trusted root and signing config in the one document that sigstore-python reads."""
        return {
            "mediaType": _CLIENT_TRUST,
            "trustedRoot": self.trusted_root(),
            "signingConfig": self.signing_config(rekor),
        }

    def write(self, folder: Path) -> None:
        """Write the five trust files."""
        documents = {"trusted_root.json": self.trusted_root()}
        for rekor in (REKOR_V1, REKOR_V2):
            documents[f"trust.v{rekor}.json"] = self.client_trust(rekor)
            documents[f"signing_config.v{rekor}.json"] = self.signing_config(rekor)
        for name, document in documents.items():
            (folder / name).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def redirect(client_trust: Document, through: Mapping[str, str]) -> Document:
    """Return a client trust config with services reached at other addresses, a proxy's.

    `through` maps what a service's URL begins with to what stands there instead. The trusted root does not
    change: clients find a log by its key.
    """
    config = dict(client_trust["signingConfig"])
    for kind in ("caUrls", "oidcUrls", "rekorTlogUrls", "tsaUrls"):
        config[kind] = [{**service, "url": _redirect(service["url"], through)} for service in config[kind]]
    return {**client_trust, "signingConfig": config}


def _redirect(url: str, through: Mapping[str, str]) -> str:
    for old, new in through.items():
        if url.startswith(old):
            return new + url.removeprefix(old)
    return url


def make_authorities(folder: Path, urls: Mapping[str, str], now: dt.datetime) -> Authorities:
    """Write every private key and chain the services start with, and return what is public.

    `folder` must be fresh. The files: `issuer.pem`, `fulcio.pem`, `fulcio.chain.pem`, `fulcio.root.pem`,
    `ct.pem`, `tsa.pem`, `tsa.chain.pem`, `rekor-v1.pem`, `rekor-v2.pem`.
    """
    start = now - _DAY
    fulcio_key, tsa_key, ct_key, rekor_v1_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
    rekor_v2_key = ed25519.Ed25519PrivateKey.generate()
    fulcio_chain = _chain("fulcio", ExtendedKeyUsageOID.CODE_SIGNING, fulcio_key, start)
    tsa_issuing_key = ec.generate_private_key(ec.SECP256R1())
    tsa_issuers = _chain("tsa", ExtendedKeyUsageOID.TIME_STAMPING, tsa_issuing_key, start)
    tsa_leaf = _stamping_certificate(tsa_key, tsa_issuing_key, tsa_issuers[0], start)
    tsa_chain = (tsa_leaf, *tsa_issuers)

    folder.mkdir(parents=True)
    _write_key(folder / "issuer.pem", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    _write_key(folder / "fulcio.pem", fulcio_key, FULCIO_PASSWORD)
    _write_key(folder / "tsa.pem", tsa_key)
    _write_key(folder / "rekor-v1.pem", rekor_v1_key)
    _write_key(folder / "rekor-v2.pem", rekor_v2_key)
    # TesseraCT reads SEC1 and refuses PKCS#8.
    _write_key(folder / "ct.pem", ct_key, form=serialization.PrivateFormat.TraditionalOpenSSL)
    _write_certificates(folder / "fulcio.chain.pem", fulcio_chain)
    _write_certificates(folder / "fulcio.root.pem", fulcio_chain[-1:])
    _write_certificates(folder / "tsa.chain.pem", tsa_chain)
    return Authorities(
        fulcio_chain=fulcio_chain,
        tsa_chain=tsa_chain,
        ct_key=ct_key.public_key(),
        rekor_v1_key=rekor_v1_key.public_key(),
        rekor_v2_key=rekor_v2_key.public_key(),
        valid_from=start,
        urls=dict(urls),
    )


_PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _chain(
    name: str, usage: x509.ObjectIdentifier, key: ec.EllipticCurvePrivateKey, start: dt.datetime
) -> tuple[x509.Certificate, x509.Certificate]:
    """Make an intermediate for the key, and the root that signs it; the root's key is forgotten."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name, intermediate_name = _name(f"{name} root"), _name(f"{name} intermediate")
    root = (
        _certificate(root_key.public_key(), root_name, root_name, start, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_issuing_usage(), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    intermediate = (
        _certificate(key.public_key(), intermediate_name, root_name, start, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_issuing_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return intermediate, root


def _stamping_certificate(
    key: ec.EllipticCurvePrivateKey,
    issuing_key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate,
    start: dt.datetime,
) -> x509.Certificate:
    """Make the timestamp authority's leaf; RFC 3161, section 2.3 wants its one usage critical."""
    return (
        _certificate(key.public_key(), _name("tsa"), issuer.subject, start, issuing_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(issuing_key, hashes.SHA256())
    )


def _certificate(
    key: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    issuer: x509.Name,
    start: dt.datetime,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + 30 * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _OPERATOR),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _issuing_usage() -> x509.KeyUsage:
    return _usage(key_cert_sign=True, crl_sign=True)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(
    path: Path,
    key: _PrivateKey,
    password: str = "",
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
) -> None:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password.encode("utf-8"))
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))


def _write_certificates(path: Path, chain: tuple[x509.Certificate, ...]) -> None:
    path.write_bytes(b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain))


def _log(url: str, key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey, since: Document) -> Document:
    """Describe a transparency log as the trusted root does; its id depends on the kind of key."""
    public = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if isinstance(key, ed25519.Ed25519PublicKey):
        # C2SP signed-note: the name, a newline, the algorithm's byte and the key.
        details = "PKIX_ED25519"
        identity = hashlib.sha256(_LOG_ORIGIN.encode("utf-8") + b"\n\x01" + key.public_bytes_raw()).digest()
    else:
        details, identity = "PKIX_ECDSA_P256_SHA_256", hashlib.sha256(public).digest()
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": _base64(public), "keyDetails": details, "validFor": since},
        "logId": {"keyId": _base64(identity)},
    }


def _authority(name: str, url: str, chain: tuple[x509.Certificate, ...], since: Document) -> Document:
    certificates = [{"rawBytes": _base64(one.public_bytes(serialization.Encoding.DER))} for one in chain]
    return {
        "subject": {"organization": _OPERATOR, "commonName": name},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": since,
    }


def _stamping(url: str) -> str:
    return f"{url}/api/v1/timestamp"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
