"""Who signs: what every signer can do, and the one that holds a managed key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from maximus import documents
from maximus.errors import Error

from .bundles import PAYLOAD_TYPE, Bundle, Envelope, MessageSignature, key_bundle, parse_bundle

if TYPE_CHECKING:
    from maximus.files import HashedFile

    from .keys import SigningKey

__all__ = ["Identity", "KeySigner", "Signer"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a signature is by, as a verifier has to name them."""

    name: str
    """The certificate's subject alternative name, or a public key's fingerprint."""
    issuer: str = ""
    """Who vouched for it; empty with a key."""
    repository: str = ""
    """The source repository's URL, where a job signed."""


class Signer(Protocol):
    """What signs files and statements, from several threads at once.

    Each method that signs returns the bundle's text, checked already. It raises Error when that cannot be
    done; with `ExitStatus.OUTSIDE` a later run may succeed.
    """

    @property
    def workers(self) -> int:
        """How many files are worth signing at once."""

    @property
    def identity(self) -> Identity:
        """Who signs; known once something was signed or found signed."""

    def sign_file(self, file: HashedFile) -> str:
        """Return the text of a bundle over the file's bytes."""

    def sign_statement(self, payload: bytes) -> str:
        """Return the text of a bundle with an envelope around the statement."""

    def has_signed_file(self, text: bytes, file: HashedFile) -> bool:
        """Tell whether the bundle is a valid one over these bytes by the identity that would sign now."""

    def has_signed_statement(self, text: bytes, payload: bytes) -> bool:
        """Tell whether the bundle holds exactly this statement, validly signed by the identity that would sign now."""


class KeySigner:
    """Signs with a managed key: no certificate, no log entry."""

    def __init__(self, key: SigningKey, *, jobs: int = 0) -> None:
        """Sign with `key`, as many files at once as `jobs` says where it says anything."""
        self._key = key
        self._jobs = jobs
        self._public = key.public
        self._der = self._public.der

    @property
    def workers(self) -> int:
        """A few: reading files is all that takes time."""
        return self._jobs or 4

    @property
    def identity(self) -> Identity:
        """The key's fingerprint."""
        return Identity(self._public.fingerprint)

    def sign_file(self, file: HashedFile) -> str:
        """Return the text of a bundle over the file's bytes."""
        return self._bundle(MessageSignature(self._key.sign_file(file), file.sha256))

    def sign_statement(self, payload: bytes) -> str:
        """Return the text of a bundle with an envelope around the statement."""
        unsigned = Envelope(PAYLOAD_TYPE, payload, b"")
        return self._bundle(Envelope(PAYLOAD_TYPE, payload, self._key.sign_bytes(unsigned.signed)))

    def has_signed_file(self, text: bytes, file: HashedFile) -> bool:
        """Tell whether the bundle is this key's over these bytes."""
        match _parsed(text):
            case Bundle(certificate=b"", content=MessageSignature(signature=signature, sha256=sha256)):
                return sha256 in ("", file.sha256) and self._public.signed_file(signature, file)
        return False

    def has_signed_statement(self, text: bytes, payload: bytes) -> bool:
        """Tell whether the bundle is this key's over exactly this statement."""
        match _parsed(text):
            case Bundle(certificate=b"", content=Envelope() as envelope):
                same = (envelope.payload_type, envelope.payload) == (PAYLOAD_TYPE, payload)
                return same and self._public.signed_bytes(envelope.signature, envelope.signed)
        return False

    def _bundle(self, content: MessageSignature | Envelope) -> str:
        return documents.pretty(key_bundle(content, self._der))


def _parsed(text: bytes) -> Bundle | None:
    """Return the bundle's parts; a text that is no bundle of ours is signed again and not a fault."""
    try:
        return parse_bundle(documents.parse_json(text, "bundle"), "bundle")
    except Error:
        return None
