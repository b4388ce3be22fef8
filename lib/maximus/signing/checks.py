"""What a signer asks of a verifier before it uses what services made, and before a bundle counts.

Signing does not import verification: the check is handed in, so that each can change without the other, and that
what signs is not what judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from maximus.files import HashedFile

    from .bundles import Bundle
    from .keys import PublicKey

__all__ = ["Checker"]


class Checker(Protocol):
    """A verifier under the instance's trusted root, asked from several threads at once.

    Each method returns in words what does not hold, or nothing where all does, and never raises.
    """

    def certificate_fault(self, certificate: bytes) -> str:
        """Tell whether an authority issued the certificate (DER), and whether a certificate log vouches for it."""

    def stamp_fault(self, stamp: bytes, signature: bytes) -> str:
        """Tell whether a timestamp response (DER) is a believed authority's, over this signature."""

    def bundle_fault(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Tell whether a bundle by an identity holds, over the file or, with none, over its own statement."""

    def key_fault(self, bundle: Bundle, file: HashedFile | None, key: PublicKey) -> str:
        """Tell the same of a logged bundle by a key."""
