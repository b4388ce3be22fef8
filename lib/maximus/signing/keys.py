"""Managed keys: loaded, made on first use, and used to sign and to check.

The key types and hashes are those that cosign takes for a PEM key: ECDSA P-256 and P-384, RSA with PKCS #1
v1.5, all over SHA-256, and Ed25519 over the bytes themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import secrets
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from maximus.errors import Error, ExitStatus
from maximus.files import open_file, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from maximus.files import HashedFile

__all__ = [
    "PublicKey",
    "SigningKey",
    "configuration_folder",
    "load_public_key",
    "load_signing_key",
    "make_or_load_key",
    "read_signing_key",
]

MAX_KEY: Final = 64 << 10
"""Bytes of the largest key file that is read."""
KEY_NAME: Final = "signing-key.pem"
"""The name of the managed key in the user's configuration folder."""
_MIN_RSA: Final = 2048
_MAPPED: Final = 4 << 20
"""Bytes from which on a file that Ed25519 signs is mapped and not read."""
_CURVES: Final = ("secp256r1", "secp384r1")
_READ_CURVES: Final = (*_CURVES, "secp521r1")
"""What others sign with is verified: P-521 too."""
_PREHASHED: Final = Prehashed(SHA256())

_Private: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey
_Public: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a managed key that everybody may have."""

    key: _Public

    @property
    def der(self) -> bytes:
        """The key as SubjectPublicKeyInfo in DER."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> bytes:
        """The key as SubjectPublicKeyInfo in PEM, as `maximus.pub` holds it."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """The key's name among people: `sha256:` and 64 hexadecimal digits over its DER."""
        return f"sha256:{hashlib.sha256(self.der).hexdigest()}"

    def signed_file(self, signature: bytes, file: HashedFile) -> bool:
        """Tell whether the signature is this key's over the file as it was hashed.

        With Ed25519 the file is read again. Raises Error FILE001 when that cannot be done.
        """
        match self.key:
            case Ed25519PublicKey() as key:
                with _mapped(file.path) as content:
                    return _signed_whole(key, signature, content)
            case key:
                return _signed_digest(key, signature, bytes.fromhex(file.sha256))

    def signed_bytes(self, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature is this key's over the bytes."""
        match self.key:
            case Ed25519PublicKey() as key:
                return _signed_whole(key, signature, data)
            case key:
                return _signed_digest(key, signature, hashlib.sha256(data).digest())


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that signs; it never shows itself."""

    key: _Private

    def __repr__(self) -> str:
        """Return the public half's fingerprint and nothing else."""
        return f"SigningKey({self.public.fingerprint})"

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self.key.public_key())

    def sign_file(self, file: HashedFile) -> bytes:
        """Return the signature over a file, from its digest alone where the key's type allows that.

        Ed25519 signs the bytes, which are mapped and not read into memory.
        Raises Error FILE001 when they cannot be read.
        """
        match self.key:
            case Ed25519PrivateKey() as key:
                with _mapped(file.path) as content:
                    return key.sign(content)
            case key:
                return _sign_digest(key, bytes.fromhex(file.sha256))

    def sign_bytes(self, data: bytes) -> bytes:
        """Return the signature over the bytes."""
        match self.key:
            case Ed25519PrivateKey() as key:
                return key.sign(data)
            case key:
                return _sign_digest(key, hashlib.sha256(data).digest())


def _sign_digest(key: EllipticCurvePrivateKey | RSAPrivateKey, digest: bytes) -> bytes:
    match key:
        case EllipticCurvePrivateKey():
            return key.sign(digest, ECDSA(_PREHASHED))
        case RSAPrivateKey():
            return key.sign(digest, PKCS1v15(), _PREHASHED)


def _signed_digest(key: EllipticCurvePublicKey | RSAPublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        match key:
            case EllipticCurvePublicKey():
                key.verify(signature, digest, ECDSA(_PREHASHED))
            case RSAPublicKey():
                key.verify(signature, digest, PKCS1v15(), _PREHASHED)
    except InvalidSignature:
        return False
    return True


def _signed_whole(key: Ed25519PublicKey, signature: bytes, content: memoryview | bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def load_signing_key(pem: bytes, where: str, password: str = "") -> SigningKey:
    """Return the private key in a PEM text; `where` names it in the errors, which never quote it.

    Raises Error KEY001 when it is no private key, KEY002 when it is of a type not signed with, KEY003 when it is
    encrypted and there is no password, KEY008 when the password does not open it, and KEY009 when it needs none.
    """
    if b"ENCRYPTED" in pem:
        from .encrypted import load_encrypted  # noqa: PLC0415 - 5 ms, for the few keys that have a password

        return SigningKey(_private_of_known_type(load_encrypted(pem, password, where), where))
    if password:
        # Whoever gives a password believes that the key is safe where it lies. It is not.
        raise Error(
            "KEY009",
            f"{where} holds a private key that is not encrypted, and a password was given for it",
            fix="Leave the input `key-password` out, or encrypt the key: openssl pkcs8 -topk8 -in KEY -out ENCRYPTED",
            where="input key-password",
            status=ExitStatus.USAGE,
        )
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise Error(
            "KEY001",
            f"{where} holds no private key in PEM",
            why="it is a public key" if b"PUBLIC KEY" in pem else "it cannot be parsed",
            fix="Make one with `openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt`.",
            where="input key",
            status=ExitStatus.USAGE,
        ) from fault
    return SigningKey(_private_of_known_type(key, where))


def load_public_key(pem: bytes, where: str) -> PublicKey:
    """Return the public key in a PEM text.

    Raises Error KEY004 when it is no public key, and KEY002 when it is of a type not signed with.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise Error(
            "KEY004",
            f"{where} holds no public key in PEM",
            why="it is a private key" if b"PRIVATE KEY" in pem else "it cannot be parsed",
            fix="It begins with `-----BEGIN PUBLIC KEY-----`, as in the `maximus.pub` that `sign` wrote.",
            where="input key",
            status=ExitStatus.USAGE,
        ) from fault
    return PublicKey(_public_of_known_type(key, where))


def read_public_key(path: Path, where: str) -> PublicKey:
    """Return the public key in a file; raises Error KEY005 when it cannot be read, else as `load_public_key`."""
    try:
        with path.open("rb") as stream:
            pem = stream.read(MAX_KEY)
    except OSError as fault:
        raise _unreadable(fault, path) from fault
    return load_public_key(pem, where)


def _unreadable(fault: OSError, path: Path) -> Error:
    return Error(
        "KEY005",
        f"cannot read the key {path}",
        why=fault.strerror or str(fault),
        fix="Name a file with the key in PEM; `sign` and `verify` take `env:NAME` and a key in a service, as "
        "`awskms://...`, too.",
        where="input key",
        status=ExitStatus.USAGE,
    )


def read_signing_key(path: Path, password: str = "", warn: Callable[[str], None] | None = None) -> SigningKey:
    """Return the private key in a file that nobody but its owner and group may read.

    With `warn` a key that others may only read is used, and that is said: many a job writes a secret into a file
    as files come, on a machine that nobody shares.
    Raises Error KEY005 when it cannot be read, KEY006 when others may read or change it, and what
    `load_signing_key` raises.
    """
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            pem = stream.read(MAX_KEY + 1)
    except OSError as fault:
        raise _unreadable(fault, path) from fault
    # Windows keeps no such bits.
    shared = mode & (stat.S_IRWXO | stat.S_IWGRP) if os.name == "posix" else 0
    if warn and shared and not shared & (stat.S_IWOTH | stat.S_IWGRP):
        warn(f"other users may read the private key {path} (its mode is {stat.S_IMODE(mode):04o}): chmod 600 it")
    elif shared:
        raise Error(
            "KEY006",
            f"other users may read or change the private key {path}",
            why=f"its mode is {stat.S_IMODE(mode):04o}",
            fix=f"Consider it known to them. Make a new one, then: chmod 600 {path}",
            where="input key",
            status=ExitStatus.USAGE,
        )
    return load_signing_key(pem[:MAX_KEY], str(path), password)


def configuration_folder(environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """Return the folder of the user's configuration that is ours; it need not exist yet."""
    if platform == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "maximus"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "maximus"
    base = Path(environment.get("XDG_CONFIG_HOME", ""))
    # A relative path there is invalid and to be passed over (XDG Base Directory Specification).
    return (base if base.is_absolute() else home / ".config") / "maximus"


def make_or_load_key(folder: Path) -> tuple[SigningKey, bool]:
    """Return the user's managed key and whether it was made just now.

    A new one is ECDSA P-256 in PKCS #8, readable by its owner alone. It appears under its name whole or not
    at all; of two processes that make one at once, both use the first.
    Raises Error KEY007 when it cannot be written, and what `read_signing_key` raises.
    """
    path = folder / KEY_NAME
    if path.exists():
        return read_signing_key(path), False

    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        is_ours = _create(path, pem)
    except OSError as fault:
        raise Error(
            "KEY007",
            f"cannot make the signing key {path}",
            why=fault.strerror or str(fault),
            fix="Name a key of your own with the input `key`.",
        ) from fault
    return read_signing_key(path), is_ours


def _create(path: Path, content: bytes) -> bool:
    """Write a private file under a name that is free; return False where it was taken meanwhile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            # A link fails where the name is taken, which a rename would not.
            os.link(temporary, path)
        except FileExistsError:
            return False
        return True
    finally:
        temporary.unlink(missing_ok=True)


def _private_of_known_type(key: object, where: str) -> _Private:
    match key:
        case EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return key
        case RSAPrivateKey() if key.key_size >= _MIN_RSA:
            return key
        case Ed25519PrivateKey():
            return key
    raise _unknown_type(where)


def _public_of_known_type(key: object, where: str) -> _Public:
    match key:
        case EllipticCurvePublicKey() if key.curve.name in _READ_CURVES:
            return key
        case RSAPublicKey() if key.key_size >= _MIN_RSA:
            return key
        case Ed25519PublicKey():
            return key
    raise _unknown_type(where)


def _unknown_type(where: str) -> Error:
    return Error(
        "KEY002",
        f"{where} holds a key of a type that is not signed with",
        fix=f"Use ECDSA P-256 or P-384, Ed25519, or RSA of at least {_MIN_RSA} bits.",
        where="input key",
        status=ExitStatus.USAGE,
    )


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[memoryview | bytes]:
    """Yield a file's bytes, a large one's without reading them into memory; raise Error FILE001 where that fails."""
    with open_file(path) as stream, contextlib.ExitStack() as stack:
        try:
            # A mapped file that becomes shorter ends the process: few are worth the risk.
            content: memoryview | bytes = stream.read(_MAPPED)
            if len(content) == _MAPPED:
                mapping = stack.enter_context(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
                content = stack.enter_context(memoryview(mapping))
        except (OSError, ValueError) as fault:
            # Some file systems map nothing, and what is empty by now cannot be mapped.
            raise unreadable(fault if isinstance(fault, OSError) else OSError(str(fault)), path) from fault
        yield content
