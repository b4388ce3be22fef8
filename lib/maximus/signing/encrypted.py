"""Private keys that a password protects: PKCS #8 as OpenSSL writes it, and the form of cosign.

cosign's is JSON in PEM: scrypt makes a key of the password, NaCl's secretbox holds a PKCS #8 key in DER.
See: https://github.com/secure-systems-lab/go-securesystemslib/blob/main/encrypted/encrypted.go
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["load_encrypted"]

_MAX_SCRYPT: Final = 1 << 21
"""The largest N x r that is computed: 256 MB of memory; cosign's own is a quarter of that."""
_MAX_PARALLEL: Final = 4
_COSIGN: Final = re.compile(
    rb"-----BEGIN ENCRYPTED (?P<whose>SIGSTORE|COSIGN) PRIVATE KEY-----(?P<body>[A-Za-z0-9+/=\s]+)"
    rb"-----END ENCRYPTED (?P=whose) PRIVATE KEY-----"
)


def load_encrypted(pem: bytes, password: str, where: str) -> PrivateKeyTypes:
    """Return the private key in an encrypted PEM text; `where` names it in the errors, which quote nothing of it.

    cosign lets a password be empty, so an empty one is tried on its keys.
    Raises Error KEY003 when a password is needed, KEY008 when it does not open the key, and KEY001 when the
    text is no key of either form.
    """
    is_cosign = b"ENCRYPTED SIGSTORE PRIVATE KEY" in pem or b"ENCRYPTED COSIGN PRIVATE KEY" in pem
    if not is_cosign and not password:
        raise _locked(where)
    try:
        return _cosign_key(pem, password) if is_cosign else load_pem_private_key(pem, password.encode())
    except _Malformed as fault:
        raise _locked(where) if not password else _unreadable(where, str(fault)) from fault
    except UnsupportedAlgorithm as fault:
        raise _unreadable(where, "it is encrypted in a way that is not known") from fault
    except (ValueError, TypeError) as fault:
        # cryptography tells a wrong password from damaged bytes only where the padding happens to say so.
        raise _locked(where) if not password else _wrong(where) from fault


class _Malformed(Exception):  # noqa: N818 - what the text is
    """The text is not what cosign writes."""


def _cosign_key(pem: bytes, password: str) -> PrivateKeyTypes:
    """Return the key in cosign's form; raises ValueError for a password that does not open it."""
    # 20 ms, for a form of key that few have.
    from nacl.exceptions import CryptoError  # noqa: PLC0415
    from nacl.secret import SecretBox  # noqa: PLC0415

    try:
        document = _document(pem)
        kdf, cipher = document["kdf"], document["cipher"]
        if (kdf["name"], cipher["name"]) != ("scrypt", "nacl/secretbox"):
            msg = "it is encrypted in a way that is not known"
            raise _Malformed(msg)
        scrypt = _scrypt(kdf["params"], base64.b64decode(kdf["salt"], validate=True))
        nonce = base64.b64decode(cipher["nonce"], validate=True)
        sealed = base64.b64decode(document["ciphertext"], validate=True)
        if len(nonce) != SecretBox.NONCE_SIZE:
            msg = "its nonce has the wrong length"
            raise _Malformed(msg)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as fault:
        msg = "it cannot be parsed"
        raise _Malformed(msg) from fault
    try:
        der = SecretBox(scrypt.derive(password.encode())).decrypt(sealed, nonce)
    except CryptoError as fault:
        raise ValueError from fault
    return load_der_private_key(der, None)


def _document(pem: bytes) -> Mapping[str, Any]:
    found = _COSIGN.search(pem)
    if not found:
        msg = "it is cut off"
        raise _Malformed(msg)
    document = json.loads(base64.b64decode(b"".join(found["body"].split()), validate=True))
    if not isinstance(document, dict):
        raise TypeError
    return document


def _scrypt(params: Mapping[str, Any], salt: bytes) -> Scrypt:
    """Return the function that makes a key of the password, where it costs no more than can be afforded."""
    cost, block, parallel = (int(params[name]) for name in ("N", "r", "p"))
    if block < 1 or cost < 2 or not 1 <= parallel <= _MAX_PARALLEL or cost * block > _MAX_SCRYPT:  # noqa: PLR2004
        msg = "it asks for more memory than any key needs"
        raise _Malformed(msg)
    return Scrypt(salt=salt, length=32, n=cost, r=block, p=parallel)


def _locked(where: str) -> Error:
    return Error(
        "KEY003",
        f"{where} holds an encrypted private key",
        why="no password was given",
        fix="Give its password with the input `key-password`: from a secret in a job, as `env:NAME` on a terminal.",
        where="input key-password",
        status=ExitStatus.USAGE,
    )


def _wrong(where: str) -> Error:
    return Error(
        "KEY008",
        f"cannot decrypt the private key in {where}",
        why="the password is wrong, or the key is damaged",
        fix="Check the input `key-password`: a secret is easily stored with a line feed or a quote too many.",
        where="input key-password",
        status=ExitStatus.USAGE,
    )


def _unreadable(where: str, why: str) -> Error:
    return Error(
        "KEY001",
        f"{where} holds no private key in PEM",
        why=why,
        fix="Encrypted keys are PKCS #8 as `openssl pkcs8 -topk8` writes it, or made by `cosign generate-key-pair`.",
        where="input key",
        status=ExitStatus.USAGE,
    )
