"""Signatures by a managed key, against the one that was named: `cryptography` alone, and sigstore for a log entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.signing.bundles import Bundle, Envelope, MessageSignature

from .entry import body_fault
from .finding import NOT_LOGGED, Fact, Fault, Finding, Logged

if TYPE_CHECKING:
    from maximus.files import HashedFile
    from maximus.signing.keys import PublicKey

    from .strict import StrictVerifier

__all__ = ["KeyJudge"]


@dataclass(frozen=True, slots=True)
class KeyJudge:
    """Judges by one public key."""

    key: PublicKey
    verifier: StrictVerifier | None = None
    """What checks log entries; None where the log is not asked for, which needs no trusted root."""

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:
        """Return whether this key signed the file, or the statement in the bundle."""
        if fault := self._fault(bundle, file):
            return Finding((fault,), key=self.key.fingerprint, log=NOT_LOGGED)
        if self.verifier is None:
            return Finding((), key=self.key.fingerprint, log=NOT_LOGGED)
        if not bundle.entries:
            fault = Fault(Fact.LOG, "VERIFY022", NOT_LOGGED.reason)
            return Finding((fault,), key=self.key.fingerprint, log=NOT_LOGGED)
        return self._with_log(self.verifier, raw, bundle, file)

    def _with_log(self, verifier: StrictVerifier, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:
        from .strict import ANYTHING, quiet, refusal  # noqa: PLC0415 - 350 ms of sigstore; loaded with the verifier

        entry, *_ = bundle.entries
        if why := body_fault(entry, bundle.content, file.sha256 if file else "", self.key.der):
            fault = Fault(Fact.LOG, "VERIFY017", f"the log entry does not hold: {why}")
            return Finding((fault,), key=self.key.fingerprint)
        try:
            with quiet():
                place, stamps = verifier.verify_entry(raw, bundle.content.signature)
        except ANYTHING as cause:
            fault = refusal(cause, Fact.LOG, "VERIFY017", "the log entry does not hold")
            return Finding((fault,), key=self.key.fingerprint)
        return Finding((), key=self.key.fingerprint, log=Logged(*place), timestamps=stamps)

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
