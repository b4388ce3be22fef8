"""Whether a key signed what a bundle holds: a file's own bytes, or an envelope.

sigstore-python verifies SHA-256 alone. With P-384 and P-521 the registry of algorithms, and with it cosign, takes
the hash that is as long as the curve, so that such a file is read once more for its other digest.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from typing import TYPE_CHECKING, Final

from .schemes import HASHES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.files import HashedFile
    from maximus.signing.bundles import Envelope, MessageSignature

    from .schemes import Scheme, Verifier

__all__ = ["check_envelope", "check_file", "digest_again"]

_CHUNK: Final = 1 << 20


def check_envelope(verifier: Verifier, envelope: Envelope) -> None:
    """Return when the key signed the envelope; raise ValueError in words otherwise."""
    if not verifier.signed(envelope.signature, envelope.signed):
        msg = "the key did not sign this envelope"
        raise ValueError(msg)


def check_file(verifier: Verifier, message: MessageSignature, file: HashedFile) -> Mapping[str, bytes]:
    """Return the file's digests by the names of their hashes, SHA-256 among them, when the key signed it.

    Raises ValueError in words otherwise, or when the file is no longer what it was, and OSError when it has to be
    read again and cannot be.
    """
    digests = {"sha256": bytes.fromhex(file.sha256)}
    schemes = _schemes(verifier.schemes, message)
    for scheme in schemes:
        if not scheme.hash:
            if _signed_whole(verifier, scheme, message, file):
                return digests
            continue
        if scheme.hash not in digests:
            digests[scheme.hash] = digest_again(file, scheme.hash)
        if scheme.signed_digest(verifier.key, message.signature, digests[scheme.hash]):
            if message.digest and message.digest[1] != digests[scheme.hash]:
                break
            return digests
    msg = "the key did not sign this file" if schemes else "keys of this type don't sign such digests"
    raise ValueError(msg)


def _schemes(schemes: Sequence[Scheme], message: MessageSignature) -> Sequence[Scheme]:
    """Return the ways that agree with the kind of digest that the bundle states."""
    if message.digest:
        return [scheme for scheme in schemes if scheme.hash in ("", HASHES[message.digest[0]])]
    if message.sha256:
        return [scheme for scheme in schemes if scheme.hash in ("", "sha256")]
    return schemes


def digest_again(file: HashedFile, name: str) -> bytes:
    """Return another digest of the file that was hashed; raise ValueError where it is another one by now."""
    known, other = hashlib.sha256(), hashlib.new(name)
    with file.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            known.update(chunk)
            other.update(chunk)
    if known.hexdigest() != file.sha256:
        raise _changed()
    return other.digest()


def _signed_whole(verifier: Verifier, scheme: Scheme, message: MessageSignature, file: HashedFile) -> bool:
    """Tell whether the key signed the file's bytes, which are mapped and not read into memory."""
    with file.path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:
            # Nothing cannot be mapped, and can be signed.
            return _signed_as_hashed(verifier, scheme, message, file, memoryview(b""))
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapping, memoryview(mapping) as content:
            return _signed_as_hashed(verifier, scheme, message, file, content)


def _signed_as_hashed(
    verifier: Verifier, scheme: Scheme, message: MessageSignature, file: HashedFile, content: memoryview
) -> bool:
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _changed()
    if message.digest and hashlib.new(HASHES[message.digest[0]], content).digest() != message.digest[1]:
        return False
    return scheme.signed_bytes(verifier.key, message.signature, content)


def _changed() -> ValueError:
    return ValueError("the file changed while it was being verified")
