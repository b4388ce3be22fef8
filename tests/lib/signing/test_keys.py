"""Managed keys: made once, kept private, refused where they are not."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing import keys
from maximus.signing.keys import (
    configuration_folder,
    load_public_key,
    load_signing_key,
    make_or_load_key,
    read_public_key,
    read_signing_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAKERS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


def pem_of(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    """Return a private key as an unencrypted PEM text."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


@pytest.fixture(params=MAKERS)
def pem(request: pytest.FixtureRequest) -> bytes:
    """A private key of each type that is signed with."""
    return pem_of(MAKERS[request.param]())


@pytest.mark.parametrize("content", [b"", b"content"])
def test_a_key_verifies_what_it_signed(pem: bytes, content: bytes, tmp_path: Path) -> None:
    """Of a file, empty or not, and of no other file."""
    key = load_signing_key(pem, "k")
    public = load_public_key(key.public.pem, "p")
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(b"other")
    signature = key.sign_file(hash_file(tmp_path / "a"))
    assert public.signed_file(signature, hash_file(tmp_path / "a"))
    assert not public.signed_file(signature, hash_file(tmp_path / "b"))


@pytest.mark.parametrize("size", [keys._MAPPED - 1, keys._MAPPED, keys._MAPPED + 1])
def test_ed25519_signs_small_and_large_files(tmp_path: Path, size: int) -> None:
    """Read whole below the size from on which they are mapped, and from it on without that."""
    key = load_signing_key(pem_of(MAKERS["Ed25519"]()), "k")
    with (tmp_path / "a").open("wb") as stream:
        stream.truncate(size)
    file = hash_file(tmp_path / "a")
    signature = key.sign_file(file)
    assert signature == key.sign_bytes(bytes(size))
    assert key.public.signed_file(signature, file)


def test_a_file_that_cannot_be_mapped_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems map nothing; what was cut off meanwhile is empty."""
    monkeypatch.setattr(keys, "_MAPPED", 0)
    key = load_signing_key(pem_of(MAKERS["Ed25519"]()), "k")
    (tmp_path / "a").touch()
    with pytest.raises(Error) as raised:
        key.sign_file(hash_file(tmp_path / "a"))
    assert raised.value.code == "FILE001"


def test_a_key_verifies_the_bytes_it_signed(pem: bytes) -> None:
    """And no others."""
    key = load_signing_key(pem, "k")
    signature = key.sign_bytes(b"data")
    assert key.public.signed_bytes(signature, b"data")
    assert not key.public.signed_bytes(signature, b"date")


def test_a_garbled_signature_is_not_a_signature(pem: bytes) -> None:
    """Bytes that cannot be a signature are wrong, not a crash."""
    assert not load_signing_key(pem, "k").public.signed_bytes(b"garbage", b"data")


def test_the_older_form_of_a_private_key_is_read() -> None:
    """`openssl ecparam` writes it: BEGIN EC PRIVATE KEY."""
    key = ec.generate_private_key(ec.SECP256R1())
    loaded = load_signing_key(pem_of(key, PrivateFormat.TraditionalOpenSSL), "k")
    assert loaded.public.fingerprint == load_signing_key(pem_of(key), "k").public.fingerprint


def test_a_key_shows_its_public_half_only() -> None:
    """Its representation, as in a traceback, is the fingerprint."""
    key = load_signing_key(pem_of(MAKERS["P-256"]()), "k")
    assert repr(key) == f"SigningKey({key.public.fingerprint})"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "KEY001"),
        (b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "KEY001"),
        (load_signing_key(pem_of(MAKERS["P-256"]()), "k").public.pem, "KEY001"),
        (pem_of(ec.generate_private_key(ec.SECP521R1())), "KEY002"),
        (pem_of(rsa.generate_private_key(65537, 1024)), "KEY002"),  # noqa: S505 - it must be refused
        (pem_of(dsa.generate_private_key(1024)), "KEY002"),  # noqa: S505 - likewise
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
            ),
            "KEY003",
        ),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "KEY003"),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "KEY003"),
    ],
)
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_what_is_no_key_to_sign_with_is_a_usage_error(text: bytes, code: str) -> None:
    """It names the place and never quotes the text."""
    with pytest.raises(Error) as raised:
        load_signing_key(text, "the place")
    assert (raised.value.code, raised.value.status) == (code, ExitStatus.USAGE)
    assert "the place" in raised.value.what
    assert "c2VjcmV0" not in str(raised.value)


@pytest.mark.parametrize("text", [b"", pem_of(MAKERS["Ed25519"]())])
def test_what_is_no_public_key_is_a_usage_error(text: bytes) -> None:
    """A private key is none: it should not be where a public one is expected."""
    with pytest.raises(Error) as raised:
        load_public_key(text, "p")
    assert raised.value.code == "KEY004"


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(MAKERS["P-256"]()))
    path.chmod(0o644)
    with pytest.raises(Error) as raised:
        read_signing_key(path)
    assert raised.value.code == "KEY006"
    assert f"chmod 600 {path}" in raised.value.fix


def test_a_key_that_others_may_read_is_used_where_somebody_is_told(tmp_path: Path) -> None:
    """With its mode; one that others may change is refused all the same."""
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(MAKERS["P-256"]()))
    told: list[str] = []
    for mode, count in ((0o600, 0), (0o644, 1)):
        path.chmod(mode)
        read_signing_key(path, warn=told.append)
        assert len(told) == count
    assert "0644" in told[0]
    path.chmod(0o646)
    with pytest.raises(Error, match="KEY006"):
        read_signing_key(path, warn=told.append)


def test_a_key_for_its_owner_and_group_is_read(tmp_path: Path) -> None:
    """As secrets are mounted into containers."""
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(MAKERS["P-256"]()))
    path.chmod(0o440)
    assert read_signing_key(path).public.fingerprint.startswith("sha256:")


@pytest.mark.parametrize("read", [read_signing_key, lambda path: read_public_key(path, "p")], ids=["private", "public"])
def test_a_key_that_is_not_there_is_a_usage_error(tmp_path: Path, read: Callable[[Path], object]) -> None:
    """It is named."""
    with pytest.raises(Error, match=r"missing\.pem") as raised:
        read(tmp_path / "missing.pem")
    assert (raised.value.code, raised.value.status) == ("KEY005", ExitStatus.USAGE)


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The second use finds the first one's key; nobody else may read it or look into its folder."""
    folder = tmp_path / "config" / "maximus"
    first, is_new = make_or_load_key(folder)
    second, is_newer = make_or_load_key(folder)
    assert (is_new, is_newer) == (True, False)
    assert first.public.fingerprint == second.public.fingerprint
    (path,) = folder.iterdir()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, path)] == [0o700, 0o600]


def test_many_that_make_a_key_at_once_use_one(tmp_path: Path) -> None:
    """Parallel first runs end with the same key and leave nothing else behind."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_or_load_key(tmp_path), range(8)))
    assert len({key.public.fingerprint for key, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["signing-key.pem"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file in its place is one clear error."""
    (tmp_path / "file").touch()
    with pytest.raises(Error) as raised:
        make_or_load_key(tmp_path / "file" / "maximus")
    assert raised.value.code == "KEY007"


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", "/home/u/.config/maximus"),
        ({"XDG_CONFIG_HOME": "/etc/u"}, "linux", "/etc/u/maximus"),
        ({"XDG_CONFIG_HOME": "relative"}, "linux", "/home/u/.config/maximus"),
        ({}, "darwin", "/home/u/Library/Application Support/maximus"),
        ({"APPDATA": "/roaming"}, "win32", "/roaming/maximus"),
        ({}, "win32", "/home/u/AppData/Roaming/maximus"),
    ],
)
def test_the_configuration_folder_is_the_platforms(environment: dict[str, str], platform: str, expected: str) -> None:
    """A relative XDG_CONFIG_HOME is invalid and passed over, as its specification says."""
    folder = configuration_folder(environment, Path("/home/u"), platform)
    assert PurePosixPath(folder.as_posix()) == PurePosixPath(expected)
