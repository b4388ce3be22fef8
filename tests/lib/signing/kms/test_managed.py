"""A key in a service is waited for within bounds, signs what it was asked to, and says what went wrong."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.keys import PublicKey
from maximus.signing.kms.faults import Fault, Kind, one_line
from maximus.signing.kms.managed import ManagedKey, from_der, key_type
from maximus.signing.kms.references import parse_reference
from maximus.signing.transport import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REFERENCE = parse_reference("hashivault://release")
LIMITS = Limits(connect=1, attempt=2, budget=10, absent=4)
KEY = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


class Service:
    """A service that does as it is told, one thing after the other; then it works."""

    longest = 100

    def __init__(self, *faults: Exception, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = KEY) -> None:
        """Raise these first."""
        self.faults = list(faults)
        self.key = key
        self.asked = 0

    def find(self) -> PublicKey:
        """Return the key's public half."""
        self._stumble()
        return PublicKey(self.key.public_key())

    def sign_digest(self, digest: bytes) -> bytes:
        """Return a signature over the digest."""
        self._stumble()
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return self.key.sign(digest, ec.ECDSA(Prehashed(SHA256())))

    def sign_message(self, message: bytes) -> bytes:
        """Return a signature over the message."""
        self._stumble()
        assert isinstance(self.key, ed25519.Ed25519PrivateKey)
        return self.key.sign(message)

    def _stumble(self) -> None:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)


class Time:
    """A clock that rests move on."""

    def __init__(self) -> None:
        """Begin at nought."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def rest(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


def opened(service: Service, limits: Limits = LIMITS, time: Time | None = None) -> ManagedKey:
    """Return the key in the service, with a time that passes by resting only."""
    time = time or Time()
    return ManagedKey(REFERENCE, service, limits, clock=time, rest=time.rest)


def away(*, is_absent: bool = False, is_final: bool = False) -> Fault:
    """Return a fault that may pass."""
    return Fault(Kind.AWAY, "503 try later", is_absent=is_absent, is_final=is_final)


def caught(call: Callable[[], object]) -> Error:
    """Return the error that a call ends with."""
    with pytest.raises(Error) as found:
        call()
    return found.value


@pytest.mark.parametrize("key", [KEY, EDWARDS], ids=["ECDSA", "Ed25519"])
def test_files_and_statements_are_signed(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """Both verify with the public half, whether the key signs digests or whole messages."""
    path = tmp_path / "a"
    path.write_bytes(b"content")
    managed = opened(Service(key=key))

    file = hash_file(path)
    assert managed.public.signed_file(managed.sign_file(file), file)
    assert managed.public.signed_bytes(managed.sign_bytes(b"statement"), b"statement")


def test_it_never_shows_more_than_its_name() -> None:
    """What a log could catch is the reference and the public half's fingerprint."""
    managed = opened(Service())

    assert repr(managed) == f"ManagedKey(hashivault://release, {managed.public.fingerprint})"


def test_a_service_that_comes_back_in_time_is_no_fault() -> None:
    """It is asked again, with growing pauses."""
    service, time = Service(), Time()
    managed = opened(service, time=time)
    service.faults = [away(), away(), away()]

    managed.sign_bytes(b"x")

    assert service.asked == 5
    assert 0.25 / 2 + 0.5 / 2 + 1 / 2 <= time.now <= 0.25 + 0.5 + 1


def test_a_service_that_stays_away_is_given_up_within_the_budget() -> None:
    """KMS006: outside, so a second run may succeed; and the other files of the batch do not wait again."""
    service, time = Service(), Time()
    managed = opened(service, time=time)
    service.faults = [away() for _ in range(100)]

    error = caught(lambda: managed.sign_bytes(b"x"))
    asked = service.asked

    assert (error.code, error.status) == ("KMS006", ExitStatus.OUTSIDE)
    assert "503 try later" in error.headline
    assert LIMITS.budget / 2 <= time.now <= LIMITS.budget
    assert caught(lambda: managed.sign_bytes(b"y")) is error
    assert service.asked == asked


@pytest.mark.parametrize("budget", [0.1, 0.6, 0.9, 2.0, 5.0])
def test_the_last_attempt_has_time_for_an_answer(budget: float) -> None:
    """What the error says is what the service said, and not that it said nothing in no time."""
    time = Time()
    asked: list[float] = []

    class Noting(Service):
        def _stumble(self) -> None:
            asked.append(time.now)
            super()._stumble()

    service = Noting()
    managed = opened(service, Limits(connect=1, attempt=2, budget=budget, absent=4), time)
    service.faults = [away() for _ in range(100)]
    asked.clear()
    assert "503 try later" in caught(lambda: managed.sign_bytes(b"x")).headline
    _, *again = asked
    assert all(budget - each >= 0.5 for each in again)


def test_where_nothing_is_there_less_is_waited() -> None:
    """A wrong address does not recover."""
    service, time = Service(*(away(is_absent=True) for _ in range(100))), Time()

    caught(lambda: opened(service, time=time))

    assert time.now <= LIMITS.absent


def test_without_a_budget_it_is_tried_once() -> None:
    """`retry-budget: 0` means no second try."""
    service = Service(away())

    assert caught(lambda: opened(service, Limits(attempt=2, budget=0))).code == "KMS006"
    assert service.asked == 1


def test_what_cannot_pass_is_not_tried_again() -> None:
    """An endpoint that is not trusted is one."""
    service = Service(away(is_final=True))

    assert caught(lambda: opened(service)).code == "KMS006"
    assert service.asked == 1


@pytest.mark.parametrize("nonsense", [KeyError("Signature"), TypeError("x"), ValueError("x"), AttributeError("x")])
def test_a_service_that_answers_nonsense_is_named(nonsense: Exception) -> None:
    """Once: no client of a service promises what is in an answer."""
    service = Service(nonsense)
    with pytest.raises(Error) as raised:
        ManagedKey(REFERENCE, service, LIMITS)
    assert (raised.value.code, raised.value.why) == ("KMS006", "its answer is not what was asked for")
    assert service.asked == 1


def test_a_service_that_hangs_is_left_behind() -> None:
    """Whatever its client does, a request ends when its time is over."""
    released = threading.Event()
    service = Service()
    service.find = released.wait  # type: ignore[assignment,method-assign]  # hangs until the test is over

    error = caught(lambda: opened(service, Limits(attempt=0.05, budget=0.05)))
    released.set()

    assert error.code == "KMS006"
    assert "no answer within" in error.why


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (Kind.CREDENTIALS, "KMS002", ExitStatus.OUTSIDE),
        (Kind.ABSENT, "KMS003", ExitStatus.USAGE),
        (Kind.DENIED, "KMS004", ExitStatus.OUTSIDE),
        (Kind.UNFIT, "KMS005", ExitStatus.USAGE),
    ],
)
def test_each_fault_has_its_error(kind: Kind, code: str, status: ExitStatus) -> None:
    """It is told at once, in the service's own words, with what to do and which key."""
    service = Service(Fault(kind, "its own\nwords.", fix="Do that."))

    error = caught(lambda: opened(service))

    assert (error.code, error.status, error.fix, error.why) == (code, status, "Do that.", "its own words")
    assert "hashivault://release" in error.what
    assert service.asked == 1


def test_another_keys_signature_is_not_passed_on() -> None:
    """A key that was exchanged behind the name would make bundles that nobody can verify."""
    service = Service()
    managed = opened(service)
    service.key = ec.generate_private_key(ec.SECP256R1())

    assert caught(lambda: managed.sign_bytes(b"x")).code == "KMS007"


def test_what_is_too_long_to_be_signed_whole_is_refused(tmp_path: Path) -> None:
    """Before anything of it is sent; at the limit it is signed."""
    service = Service(key=EDWARDS)
    managed = opened(service)
    path = tmp_path / "a"
    path.write_bytes(b"x" * service.longest)
    managed.sign_file(hash_file(path))
    path.write_bytes(b"x" * (service.longest + 1))

    assert caught(lambda: managed.sign_file(hash_file(path))).code == "KMS008"
    assert caught(lambda: managed.sign_bytes(b"x" * (service.longest + 1))).code == "KMS008"
    assert service.asked == 2


def test_a_file_that_went_away_is_named(tmp_path: Path) -> None:
    """As with a key in a file."""
    path = tmp_path / "a"
    path.write_bytes(b"x")
    file = hash_file(path)
    path.unlink()

    assert caught(lambda: opened(Service(key=EDWARDS)).sign_file(file)).code == "FILE001"


def test_a_long_message_is_cut() -> None:
    """An error is three lines, whatever a service says."""
    assert len(one_line("word " * 1000)) <= 300


def test_keys_have_their_types_names() -> None:
    """By these the adapters choose the algorithm."""
    keys = (ec.generate_private_key(ec.SECP384R1()), EDWARDS, rsa.generate_private_key(65537, 2048))

    assert [key_type(PublicKey(key.public_key())) for key in keys] == ["P-384", "Ed25519", "RSA"]


def test_a_key_in_der_is_read() -> None:
    """And what is none is an error of ours."""
    public = PublicKey(KEY.public_key())

    assert from_der(public.der, "k").der == public.der
    assert caught(lambda: from_der(hashlib.sha256(b"").digest(), "k")).code == "KEY004"
