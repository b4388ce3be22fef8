"""Signatures by a managed key: checked with `cryptography` alone, against the one key that was named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.signing.bundles import Bundle, Envelope, MessageSignature

from .finding import Fact, Fault, Finding, NotLogged

if TYPE_CHECKING:
    from maximus.files import HashedFile
    from maximus.signing.keys import PublicKey

__all__ = ["KeyJudge"]

NOT_LOGGED = NotLogged("not logged: signed with a key")


@dataclass(frozen=True, slots=True)
class KeyJudge:
    """Judges by one public key."""

    key: PublicKey

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:  # noqa: ARG002 - the Judge's form
        """Return whether this key signed the file, or the statement in the bundle."""
        fault = self._fault(bundle, file)
        return Finding((fault,) if fault else (), key=self.key.fingerprint, log=NOT_LOGGED)

    def _fault(self, bundle: Bundle, file: HashedFile | None) -> Fault | None:
        if bundle.certificate:
            reason = "it was signed with a certificate, not with the key that `key` names"
            return Fault(Fact.SIGNATURES, "VERIFY020", reason)
        match bundle.content:
            case Envelope() as envelope:
                is_signed = self.key.signed_bytes(envelope.signature, envelope.signed)
            case MessageSignature() as message if file is not None:
                if fault := digest_fault(message, file):
                    return fault
                try:
                    is_signed = self.key.signed_file(message.signature, file)
                except Error as error:
                    return Fault(Fact.SIGNATURES, error.code, error.headline)
            case _:
                return Fault(Fact.SIGNATURES, "VERIFY014", "it signs a file's own bytes, and there is no such file")
        if is_signed:
            return None
        reason = f"the signature does not hold under the key {self.key.fingerprint}"
        return Fault(Fact.SIGNATURES, "VERIFY015", reason)


def digest_fault(message: MessageSignature, file: HashedFile) -> Fault | None:
    """Return the fault where a bundle says itself that it is for other bytes than the file's."""
    if not message.sha256 or message.sha256 == file.sha256:
        return None
    reason = f"digest differs: the bundle is for sha256:{message.sha256}, the file has sha256:{file.sha256}"
    return Fault(Fact.SIGNATURES, "VERIFY014", reason)
