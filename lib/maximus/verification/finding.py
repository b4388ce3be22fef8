"""What checking one bundle found: the words in which the parts of this area answer each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle

    from .signer import Signer

__all__ = ["NOT_LOGGED", "Fact", "Fault", "Finding", "Judge", "Logged", "NotLogged"]


class Fact(enum.StrEnum):
    """One of the four things that are claimed about a release, in the order in which they are shown."""

    SBOM = "sbom"
    SIGNATURES = "signatures"
    LOG = "log"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why a bundle or a file does not hold."""

    fact: Fact
    """The fact that falls with it."""
    code: str
    """Such as `VERIFY014`."""
    reason: str
    """What is wrong, one clause, foreign words and all."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The signature is in a transparency log: proof and checkpoint hold."""

    index: int
    log: str
    """The log's address, as the trusted root names it."""


@dataclass(frozen=True, slots=True)
class NotLogged:
    """Nothing is proven about a log."""

    reason: str


NOT_LOGGED = NotLogged("not logged: signed with a key")
"""What is said of a managed key's signature wherever it is reported."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one bundle proves, about one file or, as a statement, about all that it names."""

    faults: tuple[Fault, ...]
    """Sorted; empty where everything holds."""
    signer: Signer | None = None
    """Who signed, by a certificate; believed only where no fault touches the signature."""
    key: str = ""
    """The fingerprint of the managed key that it was checked with."""
    log: Logged | NotLogged = NotLogged("nothing was checked")
    logs: tuple[Logged, ...] = ()
    """All entries of the bundle, each of which holds; `log` is the first."""
    timestamps: int = 0
    """How many trusted timestamp authorities say when it was signed."""

    def holds(self, fact: Fact) -> bool:
        """Tell whether the fact holds; without a valid signature neither log entry nor identity mean anything."""
        touched = {fault.fact for fault in self.faults}
        if Fact.SIGNATURES in touched or fact in touched:
            return False
        return fact is not Fact.LOG or isinstance(self.log, Logged)


class Judge(Protocol):
    """Checks bundles against one policy; made once, used for all of them."""

    def judge(self, raw: bytes, bundle: Bundle, file: HashedFile | None) -> Finding:
        """Return what the bundle proves: about the file by its digest, or without one about its own statement.

        `raw` are the bytes that `bundle` was read from. Never raises for anything that a bundle may hold.
        """
