"""Signatures by an identity, judged by one policy under one trusted root.

What a bundle proves is the business of `verifier`; who must have signed is compared here, on what was proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.signing.bundles import MessageSignature

from .finding import Fact, Fault, Finding, NotLogged
from .identity import mismatches
from .keyed import digest_fault
from .signer import read_signer
from .verifier import bundle_verifier

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle

    from .identity import Policy
    from .trust import Trust
    from .verifier import Log

__all__ = ["KeylessJudge"]


class KeylessJudge:
    """Judges by one policy, under one trusted root; everything that can be is built once."""

    def __init__(self, trust: Trust, policy: Policy) -> None:
        """Build certificate stores and timestamp verifiers.

        Raises Error VERIFY007 (usage) when the trusted root lacks what is needed.
        """
        self._policy = policy
        self._verifier = bundle_verifier(trust)

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:  # noqa: ARG002 - a Judge's form
        """Return what the bundle proves under the policy; see `finding.Judge`."""
        if not bundle.certificate:
            reason = "it was signed with a key, not by an identity; name the key with `key`"
            return Finding((Fault(Fact.SIGNATURES, "VERIFY020", reason),), log=NotLogged(reason))
        if isinstance(bundle.content, MessageSignature):
            if file is None:
                return Finding((Fault(Fact.SIGNATURES, "VERIFY014", "it signs a file, and there is no such file"),))
            if fault := digest_fault(bundle.content, file):
                return Finding((fault,))
        certificate, log, timestamps, faults = self._verifier.verify_identity(bundle, file)
        if certificate is None or any(fault.fact is Fact.SIGNATURES for fault in faults):
            return Finding(faults)
        # A log entry that does not hold leaves the question of who signed: the log may not be required.
        return self._answer(certificate, log, timestamps, faults)

    def _answer(self, certificate: Certificate, log: Log, timestamps: int, faults: tuple[Fault, ...]) -> Finding:
        """Return who signed, and whether that is who was asked for; `faults` are of the log alone."""
        try:
            signer = read_signer(certificate)
        except Error as error:
            return Finding((Fault(Fact.SIGNATURES, error.code, error.headline),))
        wrong = mismatches(self._policy, signer)
        unlike = (Fault(Fact.IDENTITY, "VERIFY018", "; ".join(wrong)),) if wrong else ()
        if faults or not log.logged:
            reason = "; ".join(fault.reason for fault in faults)
            return Finding(tuple(sorted((*faults, *unlike))), signer, log=NotLogged(reason), timestamps=timestamps)
        return Finding(unlike, signer, log=log.logged[0], logs=log.logged, timestamps=timestamps)
