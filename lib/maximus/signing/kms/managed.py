"""A key in a service, to be used as one in a file: it signs digests, is waited for, and is checked.

Whatever a client library does, each request ends within the limits: it runs in a thread that is left behind when its
time is over. Even the search for credentials may hang, in a program or an address that the provider's chain tries.
"""

from __future__ import annotations

import base64
import hashlib
import queue
import random
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from maximus.errors import Error, ExitStatus
from maximus.files import unreadable
from maximus.signing.keys import PublicKey, load_public_key

from .faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from maximus.files import HashedFile
    from maximus.signing.transport import Limits

    from .references import Reference

__all__ = ["ManagedKey", "Service", "from_der", "key_type"]

_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 10.0
_LEAST: Final = 0.5
"""Seconds that an attempt is worth making with: in less nothing answers, and the error would say just that."""

_T = TypeVar("_T")
_Answer: TypeAlias = "tuple[_T, None] | tuple[None, BaseException]"


class Service(Protocol):
    """What a provider's adapter can do, from several threads at once. Each method raises Fault."""

    longest: int
    """Bytes of the longest message that is signed whole; 0 where only digests are."""

    def find(self) -> PublicKey:
        """Return the key's public half, and hold to this version of the key from then on."""

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature over a SHA-256 digest: ECDSA in DER, RSA with PKCS #1 v1.5."""

    def sign_message(self, message: bytes) -> bytes:
        """Return the Ed25519 signature over a message."""


class ManagedKey:
    """A private key that stays where it is; used as a `SigningKey`."""

    def __init__(
        self,
        reference: Reference,
        service: Service,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], object] = time.sleep,
    ) -> None:
        """Find the key.

        Raises Error KMS002 to KMS006 where that cannot be done, and KEY002 or KEY004 for a public key that is none.
        """
        self._reference = reference
        self._service = service
        self._limits = limits
        self._clock = clock
        self._rest = rest
        self._gone: Error | None = None
        self.public: PublicKey = self._ask(service.find)

    def __repr__(self) -> str:
        """Return the reference and the public half's fingerprint."""
        return f"ManagedKey({self._reference.text}, {self.public.fingerprint})"

    def sign_file(self, file: HashedFile) -> bytes:
        """Return the signature over a file, from its digest alone where the key's type allows that.

        Raises Error KMS002 to KMS008, and FILE001 when an Ed25519 key's file cannot be read.
        """
        if isinstance(self.public.key, Ed25519PublicKey):
            self._refuse_long(file.size, str(file.path))
            signature = self._sign_message(_content(file))
        else:
            signature = self._sign_digest(bytes.fromhex(file.sha256))
        return self._checked(signature, is_good=self.public.signed_file(signature, file))

    def sign_bytes(self, data: bytes) -> bytes:
        """Return the signature over the bytes; raises as `sign_file` does."""
        if isinstance(self.public.key, Ed25519PublicKey):
            self._refuse_long(len(data), "the statement")
            signature = self._sign_message(data)
        else:
            signature = self._sign_digest(hashlib.sha256(data).digest())
        return self._checked(signature, is_good=self.public.signed_bytes(signature, data))

    def _sign_digest(self, digest: bytes) -> bytes:
        return self._ask(lambda: self._service.sign_digest(digest))

    def _sign_message(self, message: bytes) -> bytes:
        return self._ask(lambda: self._service.sign_message(message))

    def _checked(self, signature: bytes, *, is_good: bool) -> bytes:
        if is_good:
            return signature
        raise Error(
            "KMS007",
            f"{self._reference.provider.title} answered with a signature that is not the key's",
            why=f"{self._reference.text} is {self.public.fingerprint}",
            fix="Run it again; if that does not help, the service, or what stands before it, is broken.",
            status=ExitStatus.OUTSIDE,
        )

    def _refuse_long(self, size: int, what: str) -> None:
        if size > self._service.longest:
            raise Error(
                "KMS008",
                f"{self._reference.provider.title} cannot sign {what} with an Ed25519 key",
                why=f"it takes {self._service.longest} bytes, and these are {size}",
                fix="Take an ECDSA key, which signs a digest, or `mode: statement`, which signs one small text.",
                where="input key",
                status=ExitStatus.USAGE,
            )

    def _ask(self, call: Callable[[], _T]) -> _T:
        """Return the service's answer, tried again within the budget while it is away."""
        started, wait = self._clock(), _FIRST_WAIT
        while True:
            if self._gone:
                # Another thread has waited long enough: a batch does not wait once for each file.
                raise self._gone
            left = self._limits.budget - (self._clock() - started)
            attempt = min(self._limits.attempt, left) if self._limits.budget else self._limits.attempt
            try:
                return _within(attempt, lambda: _understood(call))
            except Fault as fault:
                # Where nobody is there, that is known at once.
                budget = self._limits.budget - _LEAST
                if fault.is_absent:
                    budget = min(self._limits.budget, self._limits.absent)
                pause = random.uniform(wait / 2, wait)  # noqa: S311 - jitter, no secret
                spent = self._clock() - started
                if fault.is_final or spent + pause >= budget:
                    error = _error(self._reference, fault, spent)
                    if fault.kind is Kind.AWAY:
                        self._gone = error
                    raise error from fault
                self._rest(pause)
                wait = min(wait * 2, _LONGEST_WAIT)


def _understood(call: Callable[[], _T]) -> _T:
    """Return what the call returns; raise Fault where an adapter cannot make sense of what the service says."""
    try:
        return call()
    except (AttributeError, LookupError, TypeError, ValueError) as fault:
        raise Fault(Kind.AWAY, "its answer is not what was asked for", is_final=True) from fault


def _within(seconds: float, call: Callable[[], _T]) -> _T:
    """Return what the call returns; raises Fault where it takes longer, and what it raises."""
    answers: queue.SimpleQueue[_Answer[_T]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((call(), None))
        except BaseException as fault:  # noqa: BLE001 - it is raised again, in the thread that asked
            answers.put((None, fault))

    # A daemon: a program that ends does not wait for what it gave up.
    threading.Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise Fault(Kind.AWAY, f"no answer within {seconds:.0f} s") from None
    if answer[1] is not None:
        raise answer[1]
    return answer[0]


def _content(file: HashedFile) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as fault:
        raise unreadable(fault, file.path) from fault


def from_der(der: bytes, where: str) -> PublicKey:
    """Return a public key that a service gives in DER; raises Error KEY002 or KEY004."""
    text = base64.encodebytes(der).decode()
    return load_public_key(f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode(), where)


def key_type(public: PublicKey) -> str:
    """Return `P-256`, `P-384`, `P-521`, `Ed25519` or `RSA`."""
    match public.key:
        case EllipticCurvePublicKey() as key:
            return f"P-{key.key_size}"
        case Ed25519PublicKey():
            return "Ed25519"
        case _:
            return "RSA"


def _error(reference: Reference, fault: Fault, spent: float) -> Error:
    """Return the error of ours for a fault, with the service's own words and what to do."""
    title, name = reference.provider.title, reference.text
    match fault.kind:
        case Kind.CREDENTIALS:
            return Error(
                "KMS002",
                f"{title} does not know who asks for {name}",
                why=fault.why,
                fix=fault.fix,
                where="input key",
                status=ExitStatus.OUTSIDE,
            )
        case Kind.ABSENT:
            return Error(
                "KMS003",
                f"{title} has no key {name}",
                why=fault.why,
                fix=fault.fix or "Check the reference: its spelling, and the region, project or vault that it lies in.",
                where="input key",
                status=ExitStatus.USAGE,
            )
        case Kind.DENIED:
            return Error(
                "KMS004",
                f"{title} does not allow this with {name}",
                why=fault.why,
                fix=fault.fix,
                where="input key",
                status=ExitStatus.OUTSIDE,
            )
        case Kind.UNFIT:
            return Error(
                "KMS005",
                f"{name} is no key for such signatures",
                why=fault.why,
                fix=fault.fix
                or "Name an enabled key for signatures: ECDSA P-256, or RSA with PKCS #1 v1.5 and SHA-256.",
                where="input key",
                status=ExitStatus.USAGE,
            )
        case Kind.AWAY:
            tried = f", tried for {spent:.0f} s" if spent >= 1 else ""
            return Error(
                "KMS006",
                f"{title} is away",
                why=f"{fault.why}{tried}",
                fix=fault.fix or "Run it again: what is signed is kept. `retry-budget` says how long is waited.",
                where=name,
                status=ExitStatus.OUTSIDE,
            )
