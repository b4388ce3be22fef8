"""What one bundle proves under a trusted root: a verifier of our own, held to sigstore's and cosign's in the tests.

It imports neither sigstore nor its models, which cost more time and memory than all the checking. Each step
answers for itself, so that every fact that falls is named, with its reason, in one pass.
"""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate

from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import MessageSignature

from .certificates import Issuers, check_certificate_log, check_usage
from .content import check_envelope, check_file
from .entry import body_fault
from .finding import Fact, Fault, Logged
from .logged import check_entry
from .schemes import Verifier, schemes_of
from .timestamps import Stampers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate

    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle, LogEntry

    from .logged import Place
    from .roots import Roots
    from .trust import Trust

__all__ = ["ANYTHING", "BundleVerifier", "Log", "bundle_verifier", "quiet", "refusal"]

ANYTHING = BaseException
"""What a foreign bundle may make a parser raise; `refusal` lets pass what ends a process."""


@dataclass(frozen=True, slots=True)
class Log:
    """What the log entries of a bundle prove."""

    places: tuple[Place, ...] = ()
    """Where the entries are that hold."""
    faults: tuple[Fault, ...] = ()

    @property
    def logged(self) -> tuple[Logged, ...]:
        """The places as they are told."""
        return tuple(Logged(place.index, place.log.address) for place in self.places)


class BundleVerifier:
    """Verifies bundles under one trusted root; stores and verifiers are built once."""

    def __init__(self, roots: Roots) -> None:
        """Build what can be built before a bundle is seen."""
        self._roots = roots
        with quiet():
            self._issuers = Issuers(roots.authorities)
            self._stampers = Stampers(roots.stampers)

    def verify_identity(self, bundle: Bundle, file: HashedFile | None) -> tuple[Certificate | None, Log, int, Faults]:
        """Return the certificate, the log entries, the number of timestamp authorities, and what does not hold.

        The certificate is None where it cannot be parsed, and says nothing where there are faults.
        Never raises for anything that a bundle may hold.
        """
        with quiet():
            try:
                certificate = load_der_x509_certificate(bundle.certificate)
            except ANYTHING as cause:
                fault = refusal(cause, Fact.SIGNATURES, "VERIFY013", "the certificate is malformed")
                return None, Log(), 0, (fault,)
            log = self._entries(bundle)
            faults: list[Fault] = []
            times, stamps = self._times(bundle, log, faults)
            if not faults:
                # Which authority to believe depends on the time.
                self._certificate(certificate, times, faults)
            digests = _content(bundle, certificate, file, faults)
            log = self._held(log, bundle, times, digests, bundle.certificate)
            return certificate, log, stamps, tuple(sorted((*faults, *log.faults)))

    def verify_log(self, bundle: Bundle, digests: Mapping[str, bytes], signer: bytes) -> tuple[Log, int, Faults]:
        """Return the same of a bundle that a managed key signed, whose signature was verified already.

        `digests` are the file's, `signer` is the key in DER. A key needs no trusted time; what is there must hold.
        """
        with quiet():
            log = self._entries(bundle)
            faults: list[Fault] = []
            times: list[datetime] = [place.time for place in log.places if place.time]
            stamps: tuple[datetime, ...] = ()
            count = 0
            try:
                stamps, count = self._stampers.times(bundle.timestamps, bundle.content.signature)
            except ANYTHING as cause:
                faults.append(refusal(cause, Fact.LOG, "VERIFY017", "the log entry does not hold"))
            log = self._held(log, bundle, [*stamps, *times], digests, signer)
            return log, count, tuple(sorted((*faults, *log.faults)))

    def _entries(self, bundle: Bundle) -> Log:
        """Return which entries their logs vouch for; a bundle by an identity has at least one."""
        places: list[Place] = []
        faults: list[Fault] = []
        if self._roots.is_without_logs:
            # Never a pass: whoever is content without a log says so with `require`.
            faults.append(Fault(Fact.LOG, "VERIFY022", "the trusted root names no log"))
        elif not bundle.entries:
            faults.append(Fault(Fact.LOG, "VERIFY017", "the log entry does not hold: there is none"))
        for entry in bundle.entries:
            try:
                place = check_entry(entry, self._roots.logs, is_promise_enough=bundle.is_first_format)
                if any((place.log.key_id, place.index) == (other.log.key_id, other.index) for other in places):
                    msg = "it stands twice in the bundle"
                    raise ValueError(msg)
            except ANYTHING as cause:
                faults.append(refusal(cause, Fact.LOG, "VERIFY017", "the log entry does not hold"))
            else:
                places.append(place)
        return Log(tuple(places), tuple(faults))

    def _times(self, bundle: Bundle, log: Log, faults: list[Fault]) -> tuple[list[datetime], int]:
        """Return the trusted times, at least one, and how many timestamp authorities are among who says so."""
        what = "no trusted time"
        try:
            stamps, count = self._stampers.times(bundle.timestamps, bundle.content.signature)
        except ANYTHING as cause:
            faults.append(refusal(cause, Fact.SIGNATURES, "VERIFY021", what))
            return [], 0
        times = [*stamps, *(place.time for place in log.places if place.time)]
        if not times:
            why = "there is neither a timestamp nor a log's promise"
            if any(entry.promise for entry in bundle.entries):
                why = "the only time is the log's, and its entry does not hold"
            faults.append(Fault(Fact.SIGNATURES, "VERIFY021", f"{what}: {why}"))
        return times, count

    def _certificate(self, certificate: Certificate, times: Sequence[datetime], faults: list[Fault]) -> None:
        try:
            issuers = [self._issuers.issuer(certificate, time) for time in times]
            if not self._roots.is_without_logs:
                check_certificate_log(certificate, issuers[-1], self._roots.certificate_logs)
            check_usage(certificate, times)
        except ANYTHING as cause:
            faults.append(refusal(cause, Fact.SIGNATURES, "VERIFY016", "the certificate is not trusted"))

    def _held(
        self, log: Log, bundle: Bundle, times: Sequence[datetime], digests: Mapping[str, bytes], signer: bytes
    ) -> Log:
        """Return the entries with what is wrong about their content, and about their logs at the trusted times."""
        faults = list(log.faults)
        whys = (_entry_fault(entry, bundle, digests, signer) for entry in bundle.entries)
        faults += [Fault(Fact.LOG, "VERIFY017", f"the log entry does not hold: {why}") for why in whys if why]
        for place in log.places:
            late = next((time for time in times if not place.log.period.holds(time)), None)
            if late is not None:
                why = f"the log {place.log.address} was not trusted then ({late:%Y-%m-%dT%H:%M:%SZ})"
                faults.append(Fault(Fact.LOG, "VERIFY017", f"the log entry does not hold: {why}"))
        return Log(log.places, tuple(faults))


Faults = tuple[Fault, ...]


def _entry_fault(entry: LogEntry, bundle: Bundle, digests: Mapping[str, bytes], signer: bytes) -> str:
    try:
        return body_fault(entry, bundle.content, digests, signer)
    except ANYTHING as cause:
        return refusal(cause, Fact.LOG, "VERIFY017", "its body is malformed").reason


def _content(
    bundle: Bundle, certificate: Certificate, file: HashedFile | None, faults: list[Fault]
) -> Mapping[str, bytes]:
    """Return the file's digests; whatever is wrong with the signature becomes a fault."""
    digests: Mapping[str, bytes] = {"sha256": bytes.fromhex(file.sha256)} if file else {}
    try:
        key = certificate.public_key()
        if not isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey):
            msg = f"its key is of a type that signs nothing here ({type(key).__name__})"
            raise TypeError(msg)
        verifier = Verifier(key, schemes_of(key))
        if isinstance(bundle.content, MessageSignature):
            assert file is not None  # noqa: S101 - the judge has seen to it
            return check_file(verifier, bundle.content, file)
        check_envelope(verifier, bundle.content)
    except ANYTHING as cause:
        faults.append(refusal(cause, Fact.SIGNATURES, "VERIFY015", "the signature does not hold"))
    return digests


def bundle_verifier(trust: Trust) -> BundleVerifier:
    """Return the verifier under a trusted root; raise Error VERIFY007 (usage) where that lacks what is needed."""
    if lacking := trust.roots.lacking:
        raise Error(
            "VERIFY007",
            f"the trusted root of {trust.source} cannot be used",
            why=f"it has no {' and no '.join(lacking)}",
            fix="It needs a certificate authority, a CT log and a transparency log, with their keys.",
            where="input trust-config",
            status=ExitStatus.USAGE,
        )
    return BundleVerifier(trust.roots)


def refusal(cause: BaseException, fact: Fact, code: str, what: str) -> Fault:
    """Return the fault for whatever was raised over a foreign bundle.

    Parsers written in Rust panic with an exception outside `Exception`; only what ends a process goes on.
    """
    if isinstance(cause, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise cause
    text = " ".join(str(part) for part in cause.args) if cause.args else str(cause)
    return Fault(fact, code, f"{what}: {' '.join(text.split())[:300] or type(cause).__name__}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what `cryptography` warns about certificates that others made (a country of three letters)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"cryptography\..*|rfc3161_client\..*")
        warnings.filterwarnings("ignore", message=r"Attribute's length must be .*")
        yield
