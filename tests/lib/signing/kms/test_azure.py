"""The adapter for Azure Key Vault at its edge: a fake stands for the service, held to the real clients' signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from maximus.errors import Error
from maximus.files import hash_file
from maximus.signing.kms.opening import open_key
from maximus.signing.kms.references import parse_reference
from maximus.signing.transport import Limits

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = "azurekms://v.vault.azure.net/release"
LIMITS = Limits(connect=3, attempt=5, budget=0.5)
TERMS = {"retry_total": 0, "connection_timeout": 3, "read_timeout": 5}
ECDSA = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


class Azure:
    """A vault with one key."""

    def __init__(self) -> None:
        """Begin with an ECDSA key."""
        self.key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ECDSA
        self.curve = "P-256"
        self.operations = ["sign", "verify"]
        self.enabled = True
        self.faults: list[Exception] = []
        self.asked: list[tuple[str, str | None]] = []

    def get_key(self, name: str, version: str | None = None) -> Any:  # noqa: ANN401 - Azure's own
        """Return the key's public half, in the real model."""
        from azure.keyvault.keys import KeyVaultKey  # noqa: PLC0415 - importable with the fixture

        self.asked.append((name, version))
        if self.faults:
            raise self.faults.pop(0)
        match self.key.public_key().public_numbers():
            case ec.EllipticCurvePublicNumbers() as numbers:
                jwk = {"kty": "EC-HSM", "crv": self.curve, "x": _number(numbers.x), "y": _number(numbers.y)}
            case numbers:
                jwk = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        key = KeyVaultKey(f"https://v.vault.azure.net/keys/{name}/0af1", {**jwk, "key_ops": self.operations})
        key.properties._attributes = type("Attributes", (), {"enabled": self.enabled})()  # where the service sets it
        return key

    def sign(self, algorithm: Any, digest: bytes) -> Any:  # noqa: ANN401 - Azure's own
        """Return a signature in Azure's form: the halves of ECDSA's one behind the other."""
        from azure.keyvault.keys.crypto import SignResult  # noqa: PLC0415 - importable with the fixture

        match self.key:
            case ec.EllipticCurvePrivateKey() as key:
                assert algorithm == "ES256"
                halves = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
                signature = b"".join(half.to_bytes(32, "big") for half in halves)
            case key:
                assert algorithm == "RS256"
                signature = key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
        return SignResult("id", algorithm, signature)


@pytest.fixture
def azure(kms_clients: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """Azure in the real clients' place; how they are made is checked against them."""
    assert kms_clients.is_dir()
    import azure.identity  # noqa: PLC0415 - importable with the fixture
    from azure.keyvault import keys  # noqa: PLC0415 - likewise
    from azure.keyvault.keys import crypto  # noqa: PLC0415 - likewise

    fake = Azure()
    credential = create_autospec(azure.identity.DefaultAzureCredential)
    client, signer = create_autospec(keys.KeyClient), create_autospec(crypto.CryptographyClient)
    client.return_value.get_key.side_effect = fake.get_key
    signer.return_value.sign.side_effect = fake.sign
    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", credential)
    monkeypatch.setattr(keys, "KeyClient", client)
    monkeypatch.setattr(crypto, "CryptographyClient", signer)
    return fake


def refused() -> Error:
    """Return the error with which opening the key ends."""
    with pytest.raises(Error) as caught:
        open_key(parse_reference(REFERENCE), LIMITS, {})
    return caught.value


@pytest.mark.parametrize("key", [ECDSA, RSA], ids=["ECDSA", "RSA"])
def test_files_and_statements_are_signed(azure: Azure, key: Any, tmp_path: Path) -> None:  # noqa: ANN401 - either
    """In the form that verifiers have, ECDSA's halves too."""
    azure.key = key
    path = tmp_path / "a"
    path.write_bytes(b"content")
    file = hash_file(path)

    managed = open_key(parse_reference(REFERENCE), LIMITS, {})

    assert managed.public.signed_file(managed.sign_file(file), file)
    assert managed.public.signed_bytes(managed.sign_bytes(b"statement"), b"statement")


@pytest.mark.parametrize(("suffix", "version"), [("", None), ("/", None), ("/0af1", "0af1")])
def test_a_version_is_asked_for_where_it_is_named(azure: Azure, suffix: str, version: str | None) -> None:
    """Else the newest; either way it is asked for once, and what came signs."""
    from azure.keyvault import keys  # noqa: PLC0415 - importable with the fixture
    from azure.keyvault.keys import crypto  # noqa: PLC0415 - likewise

    open_key(parse_reference(REFERENCE + suffix), LIMITS, {}).sign_bytes(b"x")

    assert azure.asked == [("release", version)]
    assert keys.KeyClient.call_args.args[0] == "https://v.vault.azure.net/"
    assert keys.KeyClient.call_args.kwargs == crypto.CryptographyClient.call_args.kwargs == TERMS
    assert crypto.CryptographyClient.call_args.args[0].id.endswith("/0af1")


@pytest.mark.parametrize(
    ("what", "value", "word"),
    [("curve", "P-384", "EC-HSM P-384"), ("operations", ["verify"], "`sign`"), ("enabled", False, "disabled")],
)
def test_a_key_that_cannot_sign_is_refused(azure: Azure, what: str, value: object, word: str) -> None:
    """With what is wrong with it."""
    setattr(azure, what, value)
    error = refused()

    assert error.code == "KMS005"
    assert word in error.why


@pytest.mark.parametrize(("status", "code"), [(400, "KMS005"), (403, "KMS004"), (429, "KMS006"), (503, "KMS006")])
def test_each_status_has_its_error(azure: Azure, status: int, code: str) -> None:
    """In Azure's own words."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - importable with the fixture

    for _ in range(9):
        fault = HttpResponseError("its words")
        fault.status_code = status
        azure.faults.append(fault)
    error = refused()

    assert error.code == code
    assert "its words" in error.why


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ClientAuthenticationError", "KMS002"),
        ("ResourceNotFoundError", "KMS003"),
        ("ServiceRequestError", "KMS006"),
        ("ServiceResponseError", "KMS006"),
    ],
)
def test_each_fault_has_its_error(azure: Azure, name: str, code: str) -> None:
    """Whether nobody answered or nobody was known."""
    from azure.core import exceptions  # noqa: PLC0415 - importable with the fixture

    azure.faults = [getattr(exceptions, name)("its words") for _ in range(9)]

    assert refused().code == code
