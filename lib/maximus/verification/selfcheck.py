"""The verifier as who signs asks it: of a certificate, of a timestamp, of a whole bundle, before it counts.

It meets `maximus.signing.checks.Checker` by its form; neither imports the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.x509 import load_der_x509_certificate

from maximus.signing.bundles import MessageSignature
from maximus.signing.instances import not_a_configuration

from .certificates import check_certificate_log, check_usage
from .finding import Fact
from .keyed import KeyJudge, digest_fault
from .roots import read_roots
from .verifier import ANYTHING, BundleVerifier, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle
    from maximus.signing.keys import PublicKey

__all__ = ["SelfCheck", "self_check"]


class SelfCheck(BundleVerifier):
    """Answers in words; nothing where all holds. Enter `verifier.quiet` before threads ask it."""

    def certificate_fault(self, certificate: bytes) -> str:
        """Tell whether an authority issued the certificate (DER), and whether a certificate log vouches for it."""
        try:
            parsed = load_der_x509_certificate(certificate)
            # By its own time: this machine's clock may be wrong, and need not be right to sign.
            begin = parsed.not_valid_before_utc
            issuer = self._issuers.issuer(parsed, begin)
            if not self._roots.is_without_logs:
                check_certificate_log(parsed, issuer, self._roots.certificate_logs)
            check_usage(parsed, [begin])
        except ANYTHING as cause:
            return refusal(cause, Fact.SIGNATURES, "VERIFY016", "the certificate is not trusted").reason
        return ""

    def stamp_fault(self, stamp: bytes, signature: bytes) -> str:
        """Tell whether a timestamp response (DER) is a believed authority's, over this signature."""
        try:
            self._stampers.times([stamp], signature)
        except ANYTHING as cause:
            return refusal(cause, Fact.SIGNATURES, "VERIFY021", "no trusted time").reason
        return ""

    def bundle_fault(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Tell whether a bundle by an identity holds, over the file or, with none, over its own statement."""
        if file and isinstance(bundle.content, MessageSignature) and (fault := digest_fault(bundle.content, file)):
            return fault.reason
        _, _, _, faults = self.verify_identity(bundle, file)
        return faults[0].reason if faults else ""

    def key_fault(self, bundle: Bundle, file: HashedFile | None, key: PublicKey) -> str:
        """Tell the same of a logged bundle by a key."""
        faults = KeyJudge(key, self).judge(b"", bundle, file).faults
        return faults[0].reason if faults else ""


def self_check(root: Any, where: Path | str) -> SelfCheck:  # noqa: ANN401 - foreign JSON enters here
    """Return the check under a trusted root, which is read from JSON; `where` names it.

    Raises Error TRUST002 (usage) where it is malformed or lacks what bundles need.
    """
    try:
        roots = read_roots(root)
    except ValueError as fault:
        raise not_a_configuration(where, " ".join(str(fault).split())[:200]) from fault
    if lacking := roots.lacking:
        raise not_a_configuration(where, f"its trustedRoot has no {' and no '.join(lacking)}")
    return SelfCheck(roots)
