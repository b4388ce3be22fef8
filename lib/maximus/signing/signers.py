"""Who signs: what every signer can do, and the one that holds a managed key."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from maximus import documents
from maximus.errors import Error

from .bundles import PAYLOAD_TYPE, Bundle, Envelope, MessageSignature, bundle_text, key_bundle, parse_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.files import HashedFile

    from .keys import PublicKey, SigningKey
    from .kms.managed import ManagedKey
    from .recorder import Recorder
    from .rekor import Signatory

__all__ = ["Identity", "KeySigner", "Logging", "Signer"]


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
    """Signs with a managed key: no certificate, and a log entry where that is asked for."""

    def __init__(self, key: SigningKey | ManagedKey, *, jobs: int = 0, logging: Logging | None = None) -> None:
        """Sign with `key`, as many files at once as `jobs` says where it says anything.

        With `logging` each signature is timestamped, logged and checked before it counts.
        """
        self._key = key
        self._jobs = jobs
        self._public = key.public
        self._der = self._public.der
        self._logging = logging
        self._twins = _Twins() if logging and logging.signatory.is_repeating else None

    @property
    def workers(self) -> int:
        """A few, where reading files is all that takes time; else as many as the log takes."""
        return self._jobs or (self._logging.recorder.workers if self._logging else 4)

    @property
    def identity(self) -> Identity:
        """The key's fingerprint."""
        return Identity(self._public.fingerprint)

    def sign_file(self, file: HashedFile) -> str:
        """Return the text of a bundle over the file's bytes."""

        def bundle() -> str:
            return self._bundle(lambda: MessageSignature(self._key.sign_file(file), file.sha256), file)

        return self._twins.of(file.sha256, bundle) if self._twins else bundle()

    def sign_statement(self, payload: bytes) -> str:
        """Return the text of a bundle with an envelope around the statement."""
        unsigned = Envelope(PAYLOAD_TYPE, payload, b"")
        return self._bundle(lambda: Envelope(PAYLOAD_TYPE, payload, self._key.sign_bytes(unsigned.signed)), None)

    def has_signed_file(self, text: bytes, file: HashedFile) -> bool:
        """Tell whether the bundle is this key's over these bytes, and logged where it would be."""
        match _parsed(text):
            case Bundle(certificate=b"", content=MessageSignature(signature=signature, sha256=sha256)) as bundle:
                same = sha256 in ("", file.sha256)
                found = same and self._public.signed_file(signature, file) and not self._fault(bundle, file)
                if found and self._twins:
                    self._twins.know(file.sha256, bundle_text(bundle))
                return found
        return False

    def has_signed_statement(self, text: bytes, payload: bytes) -> bool:
        """Tell whether the bundle is this key's over exactly this statement, and logged where it would be."""
        match _parsed(text):
            case Bundle(certificate=b"", content=Envelope() as envelope) as bundle:
                same = (envelope.payload_type, envelope.payload) == (PAYLOAD_TYPE, payload)
                signed = same and self._public.signed_bytes(envelope.signature, envelope.signed)
                return signed and not self._fault(bundle, None)
        return False

    def _bundle(self, sign: Callable[[], MessageSignature | Envelope], file: HashedFile | None) -> str:
        bundle = self._logging.seal(sign, file) if self._logging else key_bundle(sign(), self._der)
        return bundle_text(bundle)

    def _fault(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Return what is wrong with the log entry that there has to be; nothing where there need not be one."""
        return self._logging.fault(bundle, file) if self._logging else ""


class _Twins:
    """The bundles of files by their bytes: of files that are the same, one signature serves all.

    Some keys make the same signature each time. Rekor v2 takes such a one once, and gives no proof for it after that.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def know(self, sha256: str, text: str) -> None:
        """Note a bundle that an earlier run made."""
        self._known.setdefault(sha256, text)

    def of(self, sha256: str, make: Callable[[], str]) -> str:
        """Return the bundle over these bytes, made where there is none yet."""
        with self._lock:
            turn = self._locks.setdefault(sha256, threading.Lock())
        with turn:
            if sha256 not in self._known:
                try:
                    self._known[sha256] = make()
                except Error as error:
                    # Another file's bundle may have been found valid meanwhile.
                    if error.code != "SIGN007" or sha256 not in self._known:
                        raise
            return self._known[sha256]


@dataclass(frozen=True, slots=True)
class Logging:
    """How a key's signatures get into the log."""

    recorder: Recorder
    """Has them witnessed."""
    public: PublicKey
    """Under which what comes of it must verify."""
    signatory: Signatory
    """The same as the log is told it."""

    def seal(self, sign: Callable[[], MessageSignature | Envelope], file: HashedFile | None) -> Bundle:
        """Return the bundle around a signature, logged and verified."""
        # 80 ms of a network's client, for the few keys whose signatures are logged.
        from .recorder import Signature, not_verified  # noqa: PLC0415

        bundle = self.recorder.seal(lambda: Signature(sign(), self.signatory))
        if fault := self.fault(bundle, file):
            raise not_verified(fault)
        return bundle

    def fault(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Return what keeps a bundle from being a valid and logged one of this key."""
        return self.recorder.checker.key_fault(bundle, file, self.public)


def _parsed(text: bytes) -> Bundle | None:
    """Return the bundle's parts; a text that is no bundle of ours is signed again and not a fault."""
    try:
        return parse_bundle(documents.parse_json(text, "bundle"), "bundle")
    except Error:
        return None
