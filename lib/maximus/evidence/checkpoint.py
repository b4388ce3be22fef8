"""A checkpoint: the count and the root of a log in the form of transparency logs, signed or to be signed as a file.

    acme.example/audit
    128
    <root, base64>

    — acme.example/audit <key id and signature, base64>

A chain alone lets its end be cut off, or all of it be written anew; a checkpoint that lies elsewhere does not.
See: https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note; key ids of ECDSA keys as Rekor has them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from maximus.errors import Error, ExitStatus
from maximus.merkle import HASH_SIZE

from .limits import MAX_NOTE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Checkpoint",
    "PublicHalf",
    "Signer",
    "is_signed_by",
    "make_checkpoint",
    "parse_checkpoint",
    "read_checkpoint",
]

_ORIGIN: Final = re.compile(r"[!-*,-~]{1,200}")
"""What may stand for a log: ASCII without blanks, and without the plus that key names must not have."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE: Final = re.compile("\N{EM DASH} (?P<name>[^ +\n]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_ED25519_DER: Final = bytes.fromhex("302a300506032b6570032100")
_ED25519: Final = b"\x01"
_KEY_ID: Final = 4


class PublicHalf(Protocol):
    """A public key, of whatever kind."""

    @property
    def der(self) -> bytes:
        """The key as SubjectPublicKeyInfo."""

    def signed_bytes(self, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature is the key's over the bytes."""


class Signer(Protocol):
    """A private key, of whatever kind."""

    @property
    def public(self) -> PublicHalf:
        """Its public half."""

    def sign_bytes(self, data: bytes) -> bytes:
        """Return the signature over the bytes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says; whether anybody signed it is another question."""

    origin: str
    count: int
    """How many entries the log had."""
    root: bytes
    body: bytes
    """What is signed."""
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """Name, key id and signature of each."""


def make_checkpoint(origin: str, count: int, root: bytes, signer: Signer | None = None) -> str:
    """Return the checkpoint of a log, signed in the log's own name where there is a key.

    Without one it is the body alone, to be signed as any file is.
    Raises Error LOG020 (usage) for an origin that no checkpoint can have.
    """
    if not _ORIGIN.fullmatch(origin):
        raise Error(
            "LOG020",
            f"{origin!r} cannot stand for a log in a checkpoint",
            fix="Use a name such as `acme.example/audit`: ASCII, without blanks and `+`.",
            where="input origin",
            status=ExitStatus.USAGE,
        )
    body = f"{origin}\n{count}\n{base64.b64encode(root).decode('ascii')}\n"
    if signer is None:
        return body
    data = body.encode("ascii")
    signature = base64.b64encode(_key_id(origin, signer.public.der) + signer.sign_bytes(data)).decode("ascii")
    return f"{body}\n\N{EM DASH} {origin} {signature}\n"


def _key_id(name: str, der: bytes) -> bytes:
    """Return the four bytes by which a signature names its key."""
    if der.startswith(_ED25519_DER):
        # What is hashed: the name, a line feed, the kind of key, the key itself.
        raw = der[len(_ED25519_DER) :]
        return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + raw).digest()[:_KEY_ID]
    return hashlib.sha256(der).digest()[:_KEY_ID]


def read_checkpoint(path: Path) -> Checkpoint:
    """Return what a file of a checkpoint says. Raises Error LOG021 where it cannot be read or is none."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_NOTE + 1)
    except OSError as fault:
        raise _no_checkpoint(str(path), fault.strerror or str(fault)) from fault
    return parse_checkpoint(raw, str(path))


def parse_checkpoint(raw: bytes, where: str) -> Checkpoint:
    """Return what a checkpoint says; `where` names it. Raises Error LOG021 where it is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _no_checkpoint(where, "it is not UTF-8") from fault
    if len(raw) > MAX_NOTE:
        raise _no_checkpoint(where, f"it is larger than {MAX_NOTE} bytes")
    body, is_signed, block = text.partition("\n\n")
    body = body + "\n" if is_signed else body
    lines = body.split("\n")
    # Further lines of the body are extensions, which change nothing of what is said here.
    if len(lines) < 4 or lines[-1] or not lines[0]:  # noqa: PLR2004 - origin, size, root, and the end
        raise _no_checkpoint(where, "it has no three lines of origin, size and root")
    if not _SIZE.fullmatch(lines[1]):
        raise _no_checkpoint(where, "its second line is no size")
    root = _decoded(lines[2])
    if root is None or len(root) != HASH_SIZE:
        raise _no_checkpoint(where, "its third line is no root in base64")
    return Checkpoint(
        lines[0], int(lines[1]), root, body.encode("utf-8"), _signatures(block, where) if is_signed else ()
    )


def _signatures(block: str, where: str) -> tuple[tuple[str, bytes, bytes], ...]:
    if not block.endswith("\n"):
        raise _no_checkpoint(where, "its signatures do not end with a line feed")
    found = []
    for line in block[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        value = _decoded(match["signature"]) if match else None
        if match is None or value is None or len(value) <= _KEY_ID:
            raise _no_checkpoint(where, "a line among its signatures is none")
        found.append((match["name"], value[:_KEY_ID], value[_KEY_ID:]))
    return tuple(found)


def _decoded(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode("ascii") == text else None


def _no_checkpoint(where: str, why: str) -> Error:
    return Error(
        "LOG021",
        f"{where} is no checkpoint",
        why=why,
        fix="Name the file that the mode `checkpoint` wrote.",
        where=where,
    )


def is_signed_by(checkpoint: Checkpoint, key: PublicHalf) -> bool:
    """Tell whether the key signed the checkpoint in the log's own name."""
    wanted = (checkpoint.origin, _key_id(checkpoint.origin, key.der))
    return any(
        (name, key_id) == wanted and key.signed_bytes(signature, checkpoint.body)
        for name, key_id, signature in checkpoint.signatures
    )
