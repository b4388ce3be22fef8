"""The adapter for Google Cloud KMS at its edge: a fake stands for the service, held to the real client's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from maximus.errors import Error
from maximus.files import hash_file
from maximus.signing.keys import PublicKey
from maximus.signing.kms.opening import open_key
from maximus.signing.kms.references import parse_reference
from maximus.signing.transport import Limits

if TYPE_CHECKING:
    from pathlib import Path

KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/k"
LIMITS = Limits(attempt=5, budget=0.5)
ECDSA = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


class Google:
    """A project with one key in two enabled versions, 8 and 10."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, algorithm: str) -> None:
        """Keep the key."""
        self.key = key
        self.algorithm = algorithm
        self.faults: list[Exception] = []
        self.used: list[str] = []
        self.numbers: tuple[int, ...] = (8, 10)

    def client(self) -> Any:  # noqa: ANN401 - a mock
        """Return a client whose methods take what the real one's take."""
        from google.cloud import kms_v1  # noqa: PLC0415 - importable with the fixture

        spec = create_autospec(kms_v1.KeyManagementServiceClient, instance=True)
        spec.list_crypto_key_versions.side_effect = self.versions
        spec.get_public_key.side_effect = self.public
        spec.asymmetric_sign.side_effect = self.sign
        return spec

    def versions(self, *, request: dict[str, Any], retry: None, timeout: float) -> Any:  # noqa: ANN401 - an iterator
        """Return the enabled versions in no order."""
        from google.cloud import kms_v1  # noqa: PLC0415 - as above

        assert (retry, timeout) == (None, LIMITS.attempt)
        asked = kms_v1.ListCryptoKeyVersionsRequest(request)
        assert (asked.parent, asked.filter) == (KEY, "state=ENABLED")
        return (kms_v1.CryptoKeyVersion(name=f"{KEY}/cryptoKeyVersions/{number}") for number in self.numbers)

    def public(self, *, request: dict[str, Any], retry: None, timeout: float) -> Any:  # noqa: ANN401 - a message
        """Return the public half."""
        from google.cloud import kms_v1  # noqa: PLC0415 - as above

        assert (retry, timeout) == (None, LIMITS.attempt)
        if self.faults:
            raise self.faults.pop(0)
        self.used.append(kms_v1.GetPublicKeyRequest(request).name)
        algorithm = kms_v1.CryptoKeyVersion.CryptoKeyVersionAlgorithm[self.algorithm]
        return kms_v1.PublicKey(pem=PublicKey(self.key.public_key()).pem.decode(), algorithm=algorithm)

    def sign(self, *, request: dict[str, Any], retry: None, timeout: float) -> Any:  # noqa: ANN401 - a message
        """Return a signature."""
        from google.cloud import kms_v1  # noqa: PLC0415 - as above

        assert (retry, timeout) == (None, LIMITS.attempt)
        asked = kms_v1.AsymmetricSignRequest(request)
        self.used.append(asked.name)
        match self.key:
            case ec.EllipticCurvePrivateKey() as key:
                signature = key.sign(asked.digest.sha256, ec.ECDSA(Prehashed(SHA256())))
            case key:
                signature = key.sign(asked.data)
        return kms_v1.AsymmetricSignResponse(signature=signature)


@pytest.fixture
def google(kms_clients: Path, monkeypatch: pytest.MonkeyPatch) -> Google:
    """Google with an ECDSA key in the real client's place."""
    assert kms_clients.is_dir()
    from google.cloud import kms_v1  # noqa: PLC0415 - importable with the fixture

    google = Google(ECDSA, "EC_SIGN_P256_SHA256")
    client = google.client()
    monkeypatch.setattr(kms_v1, "KeyManagementServiceClient", lambda: client)
    return google


def refused(reference: str = f"gcpkms://{KEY}") -> Error:
    """Return the error with which opening the key ends."""
    with pytest.raises(Error) as caught:
        open_key(parse_reference(reference), LIMITS, {})
    return caught.value


@pytest.mark.parametrize(("key", "algorithm"), [(ECDSA, "EC_SIGN_P256_SHA256"), (EDWARDS, "EC_SIGN_ED25519")])
def test_the_newest_enabled_version_signs(google: Google, key: Any, algorithm: str, tmp_path: Path) -> None:  # noqa: ANN401 - either
    """By number and not by letter; what it signs verifies."""
    google.key, google.algorithm = key, algorithm
    path = tmp_path / "a"
    path.write_bytes(b"content")
    file = hash_file(path)

    managed = open_key(parse_reference(f"gcpkms://{KEY}"), LIMITS, {})

    assert managed.public.signed_file(managed.sign_file(file), file)
    assert managed.public.signed_bytes(managed.sign_bytes(b"statement"), b"statement")
    assert {name.rpartition("/")[2] for name in google.used} == {"10"}


def test_a_version_that_is_named_is_taken(google: Google) -> None:
    """Without looking for others."""
    open_key(parse_reference(f"gcpkms://{KEY}/versions/8"), LIMITS, {}).sign_bytes(b"x")

    assert {*google.used} == {f"{KEY}/cryptoKeyVersions/8"}


def test_a_key_without_an_enabled_version_is_refused(google: Google) -> None:
    """There is nothing to sign with."""
    google.numbers = ()

    assert "no version of it is enabled" in refused().headline


@pytest.mark.parametrize(
    "algorithm", ["EC_SIGN_P384_SHA384", "RSA_SIGN_PSS_2048_SHA256", "RSA_DECRYPT_OAEP_2048_SHA256"]
)
def test_a_key_that_nobody_could_verify_is_refused(google: Google, algorithm: str) -> None:
    """By its algorithm's name."""
    google.algorithm = algorithm
    error = refused()

    assert error.code == "KMS005"
    assert algorithm in error.why


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NotFound", "KMS003"),
        ("PermissionDenied", "KMS004"),
        ("Unauthenticated", "KMS002"),
        ("FailedPrecondition", "KMS005"),
        ("InvalidArgument", "KMS005"),
    ],
)
def test_each_refusal_has_its_error(google: Google, name: str, code: str) -> None:
    """In Google's own words."""
    from google.api_core import exceptions  # noqa: PLC0415 - importable with the fixture

    google.faults = [getattr(exceptions, name)("its words")]
    error = refused()

    assert error.code == code
    assert "its words" in error.why


@pytest.mark.parametrize("name", ["ServiceUnavailable", "ResourceExhausted", "DeadlineExceeded", "InternalServerError"])
def test_what_may_pass_is_waited_for(google: Google, name: str) -> None:
    """Once away, then found."""
    from google.api_core import exceptions  # noqa: PLC0415 - importable with the fixture

    google.faults = [getattr(exceptions, name)("later")]

    open_key(parse_reference(f"gcpkms://{KEY}"), Limits(attempt=5, budget=5), {}).sign_bytes(b"x")


def test_no_credentials_are_no_traceback(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real client says so where a job has none."""
    from google.auth import exceptions  # noqa: PLC0415 - importable with the fixture
    from google.cloud import kms_v1  # noqa: PLC0415 - likewise

    def without() -> None:
        raise exceptions.DefaultCredentialsError("none found")  # type: ignore[no-untyped-call,unused-ignore]  # untyped

    monkeypatch.setattr(kms_v1, "KeyManagementServiceClient", without)

    assert refused().code == "KMS002"
    assert google.used == []
