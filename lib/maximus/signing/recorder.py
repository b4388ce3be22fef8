"""A signature with its witnesses: first the time, then the log, and the bundle that holds all of it."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error, ExitStatus

from .authority import nonsense
from .bundles import MEDIA_TYPE, Bundle, Envelope, MessageSignature, key_hint
from .rekor import Rekor, SignAgain, Signatory
from .stamps import request_stamp
from .transport import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from .checks import Checker
    from .services import Services
    from .transport import Transport

__all__ = ["STAMPER", "Recorder", "Signature", "not_verified"]

STAMPER: Final = "the timestamp authority"
"""What it is called before people."""
ATTEMPTS: Final = 4
"""How often one file is signed anew where a log says that it has the entry, or a certificate ran out."""
_WORKERS: Final = {1: 24, 2: 64}
"""Files at once by the log's version. With v2 each waits for the next checkpoint; v1 answers sooner.

Measured on two cores, 60 files, Rekor v1: 1 thread 12.0 s, 4 4.1 s, 12 2.7 s, 48 2.2 s. The public log takes some
500 entries a minute from one client.
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was just made."""

    content: MessageSignature | Envelope
    signatory: Signatory
    expires: dt.datetime | None = None
    """Until when it must be logged to count; None where its key needs no certificate."""


class Recorder:
    """Has signatures witnessed by the timestamp authorities and the log of an instance."""

    def __init__(self, services: Services, checker: Checker, transport: Transport) -> None:
        """Ask nothing yet."""
        self.services = services
        self.checker = checker
        self._transport = transport
        self._rekor = Rekor(services.log, transport)
        self._sessions = threading.local()

    @property
    def workers(self) -> int:
        """How many signatures are worth having witnessed at once."""
        return _WORKERS[self.services.log.version]

    def seal(self, sign: Callable[[], Signature]) -> Bundle:
        """Return the bundle around a signature of `sign`, timestamped and logged, of which the whole is not verified.

        `sign` is called again where the log has the entry already and gives no proof, or where the certificate ran
        out meanwhile. Raises Error SIGN005 where a service refuses, SIGN007 where the log never takes it, SIGN008
        for nonsense, WIRE001 where one is away, and what `sign` raises.
        """
        for _ in range(ATTEMPTS):
            signature = sign()
            try:
                bundle = self._witnessed(signature)
            except SignAgain:
                continue
            except Refused as refused:
                raise _refusal(refused) from refused
            except (ValueError, KeyError, TypeError) as fault:
                raise nonsense(fault, "Rekor", self.services.log.url) from fault
            if signature.expires is None or dt.datetime.now(dt.UTC) <= signature.expires:
                return bundle
        raise Error(
            "SIGN007",
            f"the log kept answering that it has the entry already, {ATTEMPTS} times",
            fix="Run it again. If that does not help, the log is broken, or it is Rekor v2 and the key of a kind that "
            "makes the same signature each time: then sign with an ECDSA key.",
            status=ExitStatus.OUTSIDE,
        )

    def _witnessed(self, signature: Signature) -> Bundle:
        content, signatory = signature.content, signature.signatory
        # An entry is in the log for good, and with Rekor v2, which states no time, it could never be verified
        # without its timestamp: so that comes first, and is verified before the log sees anything.
        stamps = tuple(self._stamp(url, content.signature) for url in self.services.stampers)
        entry = self._rekor.enter(content, signatory)
        certificate, hint = (signatory.der, "") if signatory.is_certificate else (b"", key_hint(signatory.der))
        return Bundle(MEDIA_TYPE, certificate, hint, content, (entry,), stamps)

    def _stamp(self, url: str, signature: bytes) -> bytes:
        try:
            stamp = request_stamp(self._session, url, signature)
        except ValueError as fault:
            raise nonsense(fault, STAMPER, url) from fault
        if why := self.checker.stamp_fault(stamp, signature):
            raise nonsense(ValueError(f"its timestamp does not verify: {why}"), STAMPER, url)
        return stamp

    @property
    def _session(self) -> Any:  # noqa: ANN401 - threading.local holds anything
        if not hasattr(self._sessions, "session"):
            self._sessions.session = self._transport.session(STAMPER, is_json=False)
        return self._sessions.session


def not_verified(why: str) -> Error:
    """Return the error for what services made and a verifier does not believe: it must not count."""
    return Error(
        "SIGN006",
        "the services answered, and what they made does not verify",
        why=why[:300],
        fix="The trust configuration and the services do not belong together, or one of them is broken.",
        status=ExitStatus.OUTSIDE,
    )


def _refusal(refused: Refused) -> Error:
    """Return the error for what a service refused, in its own words."""
    advice = "The log takes no such entry; check that the trust configuration names its version."
    if refused.service == STAMPER:
        advice = "Check that the trust configuration names its whole address, such as https://HOST/api/v1/timestamp."
    return Error(
        "SIGN005",
        f"{refused.service} at {refused.host} refused what was asked",
        why=f"HTTP {refused.status} {refused.message}".rstrip(),
        fix=advice,
        where=refused.host,
        status=ExitStatus.OUTSIDE,
    )
