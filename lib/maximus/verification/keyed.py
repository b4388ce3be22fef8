"""Signatures by a managed key, against the one that was named: ECDSA, Ed25519, RSA with either padding.

sigstore-python verifies none of them (sigstore-python#1244). A key in PEM names neither hash nor padding: see
`schemes.schemes_of` for what is tried. Its log entries are held to the log like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.signing.bundles import Bundle, MessageSignature

from .content import check_envelope, check_file
from .finding import NOT_LOGGED, Fact, Fault, Finding
from .schemes import Verifier, schemes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.files import HashedFile
    from maximus.signing.keys import PublicKey

    from .verifier import BundleVerifier

__all__ = ["KeyJudge"]


@dataclass(frozen=True, slots=True)
class KeyJudge:
    """Judges by one public key."""

    key: PublicKey
    verifier: BundleVerifier | None = None
    """What checks log entries; None where the log is not asked for, which needs no trusted root."""

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:  # noqa: ARG002 - a Judge's form
        """Return whether this key signed the file, or the statement in the bundle."""
        signed = self._signed(bundle, file)
        if isinstance(signed, Fault):
            return Finding((signed,), key=self.key.fingerprint, log=NOT_LOGGED)
        if self.verifier is None:
            return Finding((), key=self.key.fingerprint, log=NOT_LOGGED)
        if not bundle.entries:
            fault = Fault(Fact.LOG, "VERIFY022", NOT_LOGGED.reason)
            return Finding((fault,), key=self.key.fingerprint, log=NOT_LOGGED)
        log, timestamps, faults = self.verifier.verify_log(bundle, signed, self.key.der)
        if faults:
            return Finding(faults, key=self.key.fingerprint)
        return Finding((), key=self.key.fingerprint, log=log.logged[0], logs=log.logged, timestamps=timestamps)

    def _signed(self, bundle: Bundle, file: HashedFile | None) -> Mapping[str, bytes] | Fault:
        """Return the digests of the file that the key signed (none for an envelope), or why it did not."""
        if bundle.certificate:
            reason = "it was signed with a certificate, not with the key that `key` names"
            return Fault(Fact.SIGNATURES, "VERIFY020", reason)
        verifier = Verifier(self.key.key, schemes_of(self.key.key))
        try:
            if not isinstance(bundle.content, MessageSignature):
                check_envelope(verifier, bundle.content)
                return {}
            if file is None:
                return Fault(Fact.SIGNATURES, "VERIFY014", "it signs a file's own bytes, and there is no such file")
            return digest_fault(bundle.content, file) or check_file(verifier, bundle.content, file)
        except (OSError, ValueError) as cause:
            reason = f"the signature does not hold under the key {self.key.fingerprint}: {cause}"
            return Fault(Fact.SIGNATURES, "VERIFY015", reason)


def digest_fault(message: MessageSignature, file: HashedFile) -> Fault | None:
    """Return the fault where a bundle says itself that it is for other bytes than the file's."""
    if not message.sha256 or message.sha256 == file.sha256:
        return None
    reason = f"digest differs: the bundle is for sha256:{message.sha256}, the file has sha256:{file.sha256}"
    return Fault(Fact.SIGNATURES, "VERIFY014", reason)
