"""Signatures by an identity, judged by one policy under one trusted root.

What a bundle proves is `strict`'s business. Here a refusal is turned into words: the steps are taken again one
by one, only to say which fact falls and why, and nothing that a foreign bundle makes a parser raise gets out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigstore.hashes import Hashed
from sigstore.models import Bundle as SigstoreBundle
from sigstore_models.common.v1 import HashAlgorithm

from maximus.errors import Error
from maximus.signing.bundles import MessageSignature

from .finding import Fact, Fault, Finding, Logged, NotLogged
from .identity import mismatches
from .keyed import digest_fault
from .signer import read_signer
from .strict import ANYTHING, quiet, refusal, strict_verifier

if TYPE_CHECKING:
    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle

    from .identity import Policy
    from .trust import Trust

__all__ = ["KeylessJudge"]


class KeylessJudge:
    """Judges by one policy, under one trusted root; everything that can be is built once."""

    def __init__(self, trust: Trust, policy: Policy) -> None:
        """Build keyrings, certificate stores and timestamp verifiers.

        Raises Error VERIFY007 (usage) when the trusted root lacks what is needed.
        """
        self._policy = policy
        self._verifier = strict_verifier(trust)

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:
        """Return what the bundle proves under the policy; see `finding.Judge`."""
        if not bundle.certificate:
            reason = "it was signed with a key, not by an identity; name the key with `key`"
            return Finding((Fault(Fact.SIGNATURES, "VERIFY020", reason),), log=NotLogged(reason))
        hashed = None
        if isinstance(bundle.content, MessageSignature):
            if file is None:
                return Finding((Fault(Fact.SIGNATURES, "VERIFY014", "it signs a file, and there is no such file"),))
            if fault := digest_fault(bundle.content, file):
                return Finding((fault,))
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(file.sha256))
        with quiet():
            return self._judged(raw, hashed)

    def _judged(self, raw: bytes, hashed: Hashed | None) -> Finding:
        try:
            bundle = SigstoreBundle.from_json(raw)
        except ANYTHING as cause:
            return Finding((refusal(cause, Fact.SIGNATURES, "VERIFY013", "the bundle is malformed"),))
        try:
            self._verifier.verify_whole(bundle, hashed)
        except ANYTHING as cause:
            return Finding(self._diagnosed(bundle, hashed, cause))
        try:
            signer = read_signer(bundle.signing_certificate)
        except Error as error:
            return Finding((Fault(Fact.SIGNATURES, error.code, error.headline),))
        wrong = mismatches(self._policy, signer)
        faults = (Fault(Fact.IDENTITY, "VERIFY018", "; ".join(wrong)),) if wrong else ()
        place = Logged(*self._verifier.log_place(bundle.log_entry))
        return Finding(faults, signer, log=place, timestamps=self._verifier.timestamps)

    def _diagnosed(self, bundle: SigstoreBundle, hashed: Hashed | None, cause: BaseException) -> tuple[Fault, ...]:
        """Return which facts fall and why, for a bundle that was refused: never nothing."""
        verifier = self._verifier
        faults: list[Fault] = []
        for fact, code, what, step in (
            (Fact.SIGNATURES, "VERIFY021", "no trusted time", verifier.check_time),
            (Fact.SIGNATURES, "VERIFY016", "the certificate is not trusted", verifier.check_certificate),
            (Fact.SIGNATURES, "VERIFY015", "the signature does not hold", verifier.check_signature),
            (Fact.LOG, "VERIFY017", "the log entry does not hold", verifier.check_log),
        ):
            if step == verifier.check_certificate and faults:
                # Which certificate authority to believe depends on the time.
                continue
            try:
                step(bundle, hashed)
            except ANYTHING as fault:
                faults.append(refusal(fault, fact, code, what))
        if not faults:
            faults.append(refusal(cause, Fact.SIGNATURES, "VERIFY015", "it does not verify"))
        return tuple(sorted(faults))
