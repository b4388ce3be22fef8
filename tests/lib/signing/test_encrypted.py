"""Private keys that a password protects: OpenSSL's and cosign's, right passwords and wrong ones."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.signing.keys import load_signing_key, read_signing_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tests.stack.cosign import Cosign

MAKERS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}
PASSWORD = "correct horse ä"  # noqa: S105 - of keys that live for one test


def locked(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """Return the key as PEM under the password."""
    return key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(PASSWORD.encode()))


LOCKED = locked(MAKERS["P-256"]())


@pytest.fixture(scope="module")
def cosign_key(cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key that cosign made, with its public half beside it."""
    prefix = tmp_path_factory.mktemp("keys") / "cosign"
    done = cosign.run("generate-key-pair", "--output-key-prefix", prefix, environment={"COSIGN_PASSWORD": PASSWORD})
    assert done.returncode == 0, done.stderr
    return prefix.with_name("cosign.key")


def refused(pem: bytes, password: str) -> Error:
    """Return what loading the key ends with; it is always a usage error and never quotes password or key."""
    with pytest.raises(Error) as raised:
        load_signing_key(pem, "the place", password)
    error = raised.value
    assert error.status is ExitStatus.USAGE
    assert "the place" in error.what
    assert not password or password not in "".join(map(str, (error.what, error.why, error.fix)))
    return error


@pytest.mark.parametrize("kind", MAKERS)
def test_an_encrypted_key_opens_with_its_password(kind: str) -> None:
    """PKCS #8, of each type that is signed with."""
    key = MAKERS[kind]()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert load_signing_key(locked(key), "k", PASSWORD).public.der == public


def test_the_older_form_of_an_encrypted_key_opens() -> None:
    """`openssl ec -aes256` writes it: BEGIN EC PRIVATE KEY with a header of its own."""
    pem = locked(MAKERS["P-256"](), PrivateFormat.TraditionalOpenSSL)
    assert b"Proc-Type: 4,ENCRYPTED" in pem
    assert load_signing_key(pem, "k", PASSWORD).public.der


def test_a_key_that_openssl_encrypted_opens(tmp_path: Path) -> None:
    """As the guide says to make one."""
    path = tmp_path / "key.pem"
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    plain = subprocess.run(make, check=True, capture_output=True).stdout
    lock = ["openssl", "pkcs8", "-topk8", "-out", str(path), "-passout", "env:P"]
    subprocess.run(lock, input=plain, env={"P": PASSWORD, "PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    path.chmod(0o600)
    assert read_signing_key(path, PASSWORD).public.der == load_signing_key(plain, "k").public.der


def test_a_key_that_cosign_made_opens(cosign_key: Path) -> None:
    """Its public half is the one that cosign wrote beside it."""
    key = read_signing_key(cosign_key, PASSWORD)
    assert key.public.pem == cosign_key.with_suffix(".pub").read_bytes()


def test_a_key_that_cosign_imported_opens(cosign: Cosign, tmp_path: Path) -> None:
    """Of every type that cosign takes, with the password left empty, as many do."""
    for kind in ("P-256", "P-384", "Ed25519", "RSA"):
        key = MAKERS[kind]()
        plain = tmp_path / f"{kind}.pem"
        plain.write_bytes(load_plain(key))
        prefix = tmp_path / f"import-{kind}"
        done = cosign.run(
            *("import-key-pair", "--yes", "--key", plain, "--output-key-prefix", prefix),
            environment={"COSIGN_PASSWORD": ""},
        )
        assert done.returncode == 0, done.stderr
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert read_signing_key(prefix.with_name(f"{prefix.name}.key")).public.der == public


def load_plain(key: PrivateKeyTypes) -> bytes:
    """Return the key as PEM that anybody can read."""
    from cryptography.hazmat.primitives.serialization import NoEncryption  # noqa: PLC0415 - only here

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("password", "code"), [("", "KEY003"), ("wr0ng!", "KEY008"), (PASSWORD + "\n", "KEY008")])
def test_a_wrong_password_is_a_usage_error(cosign_key: Path, password: str, code: str) -> None:
    """For either form; none at all is told apart from a wrong one."""
    assert [refused(pem, password).code for pem in (LOCKED, cosign_key.read_bytes())] == [code, code]


def test_a_password_for_a_key_that_has_none_is_a_usage_error() -> None:
    """Whoever gives it believes that the key is safe where it lies."""
    assert refused(load_plain(MAKERS["P-256"]()), PASSWORD).code == "KEY009"


def sealed(**changes: object) -> bytes:
    """Return a key in cosign's form with some of its parts changed."""
    document: dict[str, Any] = {
        "kdf": {"name": "scrypt", "params": {"N": 2, "r": 1, "p": 1}, "salt": "AAAA"},
        "cipher": {"name": "nacl/secretbox", "nonce": base64.b64encode(bytes(24)).decode()},
        "ciphertext": base64.b64encode(bytes(64)).decode(),
    }
    for name, value in changes.items():
        document[name] = document[name] | value if isinstance(value, dict) else value
    body = base64.b64encode(json.dumps(document).encode())
    label = b"ENCRYPTED SIGSTORE PRIVATE KEY-----"
    return b"-----BEGIN " + label + b"\n" + body + b"\n-----END " + label + b"\n"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "KEY008"),
        ({"kdf": {"name": "md5"}}, "KEY001"),
        ({"cipher": {"name": "aes"}}, "KEY001"),
        ({"cipher": {"nonce": "AAAA"}}, "KEY001"),
        ({"kdf": {"salt": "?"}}, "KEY001"),
        ({"kdf": {"params": {}}}, "KEY001"),
        ({"kdf": {"params": {"N": 1 << 30, "r": 8, "p": 1}}}, "KEY001"),
        ({"kdf": {"params": {"N": 3, "r": 8, "p": 1}}}, "KEY001"),
        ({"kdf": {"params": {"N": 2, "r": 1, "p": 1000}}}, "KEY001"),
        ({"kdf": {"params": {"N": 2, "r": -1, "p": 1}}}, "KEY001"),
        ({"kdf": {"params": {"N": float("inf"), "r": 1, "p": 1}}}, "KEY001"),
        ({"kdf": []}, "KEY001"),
        ({"ciphertext": ""}, "KEY008"),
        ({"ciphertext": 7}, "KEY001"),
    ],
)
def test_what_is_not_cosigns_form_is_a_usage_error(changes: dict[str, Any], code: str) -> None:
    """Also where it asks for more memory than any key needs: nothing is computed then."""
    assert refused(sealed(**changes), "wr0ng!").code == code


@given(st.binary(max_size=200))
def test_no_garbage_between_the_lines_is_more_than_a_usage_error(body: bytes) -> None:
    """Whatever stands there, in either form."""
    for label in (b"ENCRYPTED SIGSTORE PRIVATE KEY", b"ENCRYPTED COSIGN PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"):
        for text in (body, base64.b64encode(body)):
            pem = b"-----BEGIN " + label + b"-----\n" + text + b"\n-----END " + label + b"-----\n"
            assert refused(pem, "wr0ng!").code in ("KEY001", "KEY008")
