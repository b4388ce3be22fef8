"""Keyless signing: the one place where sigstore-python 4.5 is wrapped.

It builds requests, bundles and proofs as sigstore-python does, and adds what that lacks: our transport, one
certificate for all files and a new one when it runs out, duplicates as the logs answer them, no log entry
without the timestamp it needs, and a check of each bundle before it counts.
"""

# ruff: noqa: SLF001 - sigstore-python has no public way to what has to be replaced; its version is pinned
from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import threading
import warnings
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import requests
from cryptography import x509
from sigstore import dsse
from sigstore._internal.fulcio.client import FulcioClientError
from sigstore._internal.rekor.client import RekorClient
from sigstore._internal.rekor.client_v2 import RekorV2Client
from sigstore.errors import Error as SigstoreError
from sigstore.errors import VerificationError
from sigstore.hashes import Hashed
from sigstore.models import Bundle
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier
from sigstore_models.common.v1 import HashAlgorithm, MessageSignature

from maximus import documents
from maximus.errors import Error, ExitStatus

from .bundles import PAYLOAD_TYPE
from .signers import Identity
from .tokens import claims_of
from .transport import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rfc3161_client import TimeStampResponse
    from sigstore._internal.rekor import EntryRequestBody, RekorLogSubmitter
    from sigstore._internal.timestamp import TimestampAuthorityClient
    from sigstore.models import ClientTrustConfig, TransparencyLogEntry
    from sigstore.oidc import IdentityToken

    from maximus.files import HashedFile

    from .tokens import TokenSource
    from .transport import Transport

__all__ = ["KeylessSigner", "quiet"]

_OID: Final = "1.3.6.1.4.1.57264.1."
"""Fulcio's extensions; see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md."""
_ISSUER, _SOURCE_REPOSITORY, _SOURCE_DIGEST = "8", "12", "13"
_ATTEMPTS: Final = 4
"""How often one file is signed anew where a log says that it has the entry, or a certificate ran out."""
_MARGIN: Final = 30.0
"""Seconds, beyond the retry budget, that a certificate must have left to be signed with."""
_LONGEST_MARGIN: Final = 300.0


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep `cryptography` from warning of Fulcio's ephemeral roots while the context lasts.

    Their subject's country has three letters, which is harmless and nothing a user could mend. It has to be
    entered before threads start: the filters of warnings are the whole process's.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Attribute's length must be", UserWarning)
        yield


class KeylessSigner:
    """Signs by a job's identity: Fulcio's certificate, the timestamp authority's time, Rekor's entry."""

    def __init__(self, trust: ClientTrustConfig, transport: Transport, tokens: TokenSource, *, jobs: int = 0) -> None:
        """Ask for the token at once, because it says who would sign; for a certificate when one is needed.

        `jobs` is how many files are signed at once, where it says anything.
        Raises Error TOKEN001, TOKEN002 or WIRE001 when there is no token, TRUST004 for a configuration
        whose log gives no time and that names no timestamp authority.
        """
        self._tokens = tokens
        self._jobs = jobs
        self._context = _context(trust, transport)
        self._verifier = Verifier(trusted_root=trust.trusted_root)
        self._margin = dt.timedelta(seconds=min(transport.limits.budget + _MARGIN, _LONGEST_MARGIN))
        self._lock = threading.Lock()
        self._token: IdentityToken | None = tokens.fetch()
        self._claims = claims_of(self._token)
        self._policy = _Ours(self._claims)
        self._signer: _Signer | None = None
        self._refusal: Error | None = None
        self._identity = Identity("")

    @property
    def workers(self) -> int:
        """Many with Rekor v2, where each waits for the next checkpoint; fewer with v1, which answers sooner.

        Measured on two cores, 60 files, Rekor v1: 1 thread 12.0 s, 4 4.1 s, 12 2.7 s, 48 2.2 s. The public log
        takes some 500 entries a minute from one client.
        """
        return self._jobs or (64 if isinstance(self._context._rekor, RekorV2Client) else 24)

    @property
    def identity(self) -> Identity:
        """Who signs, as the certificate says."""
        return self._identity

    @property
    def services(self) -> tuple[tuple[str, str], ...]:
        """What is asked for each signature, by name and URL."""
        context = self._context
        rekor: Any = context._rekor
        stamps = [("the timestamp authority", authority.url) for authority in context._tsa_clients]
        return (("Fulcio", context._fulcio.url), ("Rekor", rekor.url), *stamps)

    @property
    def claims(self) -> Mapping[str, Any]:
        """What the token says about the job; Fulcio is who verified it once something is signed."""
        return self._claims

    @property
    def visibility(self) -> str:
        """Who may see the repository, as the token says: `public`, `internal` or `private`; empty if it does not."""
        return str(self._claims.get("repository_visibility") or "")

    def sign_file(self, file: HashedFile) -> str:
        """Return the text of a bundle over the file's digest, logged and checked.

        Raises Error SIGN004 when Fulcio refuses, SIGN005 when the log does, SIGN006 when the bundle does not
        verify, and WIRE001 when one of them or the timestamp authority is away.
        """
        hashed = _hashed(file)
        bundle = self._sign(lambda signer: signer.sign_artifact(hashed))
        self._check(bundle, lambda: self._verifier.verify_artifact(hashed, bundle, self._policy))
        return bundle.to_json() + "\n"

    def sign_statement(self, payload: bytes) -> str:
        """Return the text of a bundle with an envelope around the statement, logged and checked.

        Raises what `sign_file` raises.
        """
        statement = dsse.Statement(payload)
        bundle = self._sign(lambda signer: signer.sign_dsse(statement))
        self._check(bundle, lambda: self._verifier.verify_dsse(bundle, self._policy))
        return bundle.to_json() + "\n"

    def has_signed_file(self, text: bytes, file: HashedFile) -> bool:
        """Tell whether the bundle is a valid one over these bytes by this job's identity, of the same commit."""
        hashed = _hashed(file)
        return self._holds(text, lambda bundle: self._verifier.verify_artifact(hashed, bundle, self._policy))

    def has_signed_statement(self, text: bytes, payload: bytes) -> bool:
        """Tell whether the bundle holds exactly this statement, validly signed by this job's identity."""

        def check(bundle: Bundle) -> None:
            if self._verifier.verify_dsse(bundle, self._policy) != (PAYLOAD_TYPE, payload):
                msg = "another statement"
                raise VerificationError(msg)

        return self._holds(text, check)

    def _holds(self, text: bytes, check: Callable[[Bundle], object]) -> bool:
        try:
            bundle = Bundle.from_json(text)
            check(bundle)
        except Exception:  # noqa: BLE001 - sigstore-python raises anything for a malformed bundle; it is signed anew
            return False
        self._identity = _identity(bundle.signing_certificate)
        return True

    def _check(self, bundle: Bundle, check: Callable[[], object]) -> None:
        """Return when the bundle verifies; raise Error SIGN006 otherwise: it must not count."""
        try:
            check()
        except Exception as fault:
            raise Error(
                "SIGN006",
                "the services answered, and what they made does not verify",
                why=str(fault)[:300] or type(fault).__name__,
                fix="The trust configuration and the services do not belong together, or one of them is broken.",
                status=ExitStatus.OUTSIDE,
            ) from fault
        self._identity = _identity(bundle.signing_certificate)

    def _sign(self, make: Callable[[_Signer], Bundle]) -> Bundle:
        for _ in range(_ATTEMPTS):
            signer = self._current()
            try:
                bundle = make(signer)
            except _SignAgain:
                continue
            except Refused as refused:
                raise _refusal(refused, "SIGN005") from refused
            except (SigstoreError, requests.RequestException, ValueError, KeyError, TypeError) as fault:
                # What a service may answer is checked by sigstore-python with whatever comes to hand.
                raise _nonsense(fault) from fault
            if _now() <= bundle.signing_certificate.not_valid_after_utc:
                return bundle
        raise Error(
            "SIGN007",
            f"the log kept answering that it has the entry already, {_ATTEMPTS} times",
            fix="Run it again. If that does not help, the log is broken.",
            status=ExitStatus.OUTSIDE,
        )

    def _current(self) -> _Signer:
        """Return a signer whose certificate lasts long enough for one file, retries included."""
        with self._lock:
            if self._refusal:
                raise self._refusal
            if self._signer and self._signer.expires - _now() > self._margin:
                return self._signer
            try:
                self._signer = self._certified()
            except Error as error:
                # What Fulcio said to one file it would say to all.
                self._refusal = error
                raise
            return self._signer

    def _certified(self) -> _Signer:
        """Return a signer with a new key and a new certificate; the first uses the token that is there."""
        for is_last in (False, True):
            token, self._token = self._token or self._tokens.fetch(), None
            if not token.in_validity_period():
                token = self._tokens.fetch()
            try:
                return _Signer(token, self._context, self._verifier)
            except Refused as refused:
                if not is_last and not token.in_validity_period():
                    continue
                raise _refusal(refused, "SIGN004") from refused
            except (FulcioClientError, SigstoreError, ValueError, KeyError, TypeError) as fault:
                raise _nonsense(fault) from fault
        raise AssertionError  # the last round returns or raises


class _SignAgain(Exception):  # noqa: N818 - what to do
    """The log has the entry, but gives no proof for it: ECDSA signs the same bytes differently each time."""


class _Signer(Signer):
    """sigstore-python's signer with our rules for times and duplicates."""

    def __init__(self, token: IdentityToken, context: SigningContext, verifier: Verifier) -> None:
        super().__init__(token, context, cache=True)
        self._verifier = verifier
        self.expires = self._signing_cert().not_valid_after_utc

    def _finalize_sign(
        self,
        cert: x509.Certificate,
        content: MessageSignature | dsse.Envelope,
        proposed_entry: EntryRequestBody,
    ) -> Bundle:
        # sigstore-python only warns when there is no timestamp. The entry would be in the log for good, and
        # with Rekor v2, which states no time, nobody could ever verify it.
        stamps = [self._timestamp(authority, content.signature) for authority in self._signing_ctx._tsa_clients]
        rekor = self._signing_ctx._rekor
        try:
            entry = rekor.create_entry(proposed_entry)
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise
            entry = _existing_entry(rekor, refused, proposed_entry)
        return Bundle._from_parts(cert, content, entry, stamps)

    def _timestamp(self, authority: TimestampAuthorityClient, signature: bytes) -> TimeStampResponse:
        stamp = authority.request_timestamp(signature)
        if self._verifier._verify_signed_timestamp(stamp, signature) is None:
            msg = f"the timestamp authority at {authority.url} sent a timestamp that does not verify"
            raise VerificationError(msg)
        return stamp


def _existing_entry(rekor: RekorLogSubmitter, refused: Refused, proposed: EntryRequestBody) -> TransparencyLogEntry:
    """Return the entry that a log says it has already, where it is byte for byte the one that was sent.

    After a lost reply that is the normal case. Rekor v2 gives no way to read it: then _SignAgain is raised.
    """
    uuid = refused.location.rstrip("/").rpartition("/")[2]
    if not isinstance(rekor, RekorClient) or not uuid.isalnum():
        raise _SignAgain
    entry = rekor.log.entries.get(uuid=uuid)
    if entry._inner.canonicalized_body != _canonical_body(proposed):
        raise _SignAgain
    return entry


def _canonical_body(proposed: EntryRequestBody) -> bytes:
    """Return the body that Rekor v1 makes of a proposed entry."""
    body: dict[str, Any] = _without_none(proposed)
    if body["kind"] == "dsse":
        offered = body["spec"]["proposedContent"]
        envelope = documents.parse_json(offered["envelope"], "envelope")
        (verifier,) = offered["verifiers"]
        body["spec"] = {
            "envelopeHash": _sha256(offered["envelope"].encode("utf-8")),
            "payloadHash": _sha256(base64.b64decode(envelope["payload"])),
            "signatures": [{"signature": item["sig"], "verifier": verifier} for item in envelope["signatures"]],
        }
    return documents.canonical(body)


def _sha256(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _without_none(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


class _Ours:
    """The policy that a certificate is this job's own: the token's issuer, workflow and commit."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def verify(self, cert: x509.Certificate) -> None:
        """Return when the certificate says what the token does; raise VerificationError otherwise."""
        claims = self._claims
        if _extension(cert, _ISSUER) != claims["iss"]:
            msg = f"the certificate's issuer is {_extension(cert, _ISSUER)}"
            raise VerificationError(msg)
        name = _name(cert)
        workflow = claims.get("job_workflow_ref")
        if not (name.endswith(f"/{workflow}") if workflow else name in (claims["sub"], claims.get("email"))):
            msg = f"the certificate is for {name}"
            raise VerificationError(msg)
        if "sha" in claims and _extension(cert, _SOURCE_DIGEST) != claims["sha"]:
            msg = "the certificate is for another commit"
            raise VerificationError(msg)


def _identity(cert: x509.Certificate) -> Identity:
    return Identity(_name(cert), _extension(cert, _ISSUER), _extension(cert, _SOURCE_REPOSITORY))


def _name(cert: x509.Certificate) -> str:
    """Return the certificate's one subject alternative name that is a URI or a mail address."""
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [
        *names.get_values_for_type(x509.UniformResourceIdentifier),
        *names.get_values_for_type(x509.RFC822Name),
    ]
    return found[0] if found else ""


def _extension(cert: x509.Certificate, number: str) -> str:
    """Return one of Fulcio's extensions, or nothing where it is not there."""
    try:
        value = cert.extensions.get_extension_for_oid(x509.ObjectIdentifier(_OID + number)).value
    except x509.ExtensionNotFound:
        return ""
    # A DER UTF8String: its tag, its length in short or long form, the text.
    raw = value.public_bytes()
    skipped = 2 + (raw[1] & 0x7F if raw[1] & 0x80 else 0)
    return raw[skipped:].decode("utf-8", "replace")


def _context(trust: ClientTrustConfig, transport: Transport) -> SigningContext:
    """Return sigstore-python's context with every session of its clients replaced by ours."""
    context = SigningContext.from_trust_config(trust)
    rekor: Any = context._rekor
    if isinstance(rekor, RekorV2Client) and not context._tsa_clients:
        raise Error(
            "TRUST004",
            "the trust configuration names no timestamp authority",
            why="Rekor v2 states no time, so nobody could verify what is logged",
            fix="Add tsaUrls to its signingConfig, or name a log of version 1.",
            where="input `trust-config`",
            status=ExitStatus.USAGE,
        )
    context._fulcio.session = transport.session("Fulcio")
    rekor._thread_local = _Sessions(lambda: transport.session("Rekor", headers={"Accept": "application/json"}))
    for authority in context._tsa_clients:
        client: Any = authority
        client._thread_local = _Sessions(
            lambda: transport.session(
                "the timestamp authority", is_json=False, headers={"Content-Type": "application/timestamp-query"}
            )
        )
    return context


class _Sessions(threading.local):
    """A session for each thread, under the name where sigstore-python looks for one."""

    def __init__(self, make: Callable[[], requests.Session]) -> None:
        self.session = make()


def _hashed(file: HashedFile) -> Hashed:
    return Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(file.sha256))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _refusal(refused: Refused, code: str) -> Error:
    return Error(
        code,
        f"{refused.service} at {refused.host} refused what was asked",
        why=f"HTTP {refused.status} {refused.message}".rstrip(),
        fix="A private instance must know this job's issuer and audience; see its configuration."
        if code == "SIGN004"
        else "The log takes no such entry; check that the trust configuration names its version.",
        where=refused.host,
        status=ExitStatus.OUTSIDE,
    )


def _nonsense(fault: Exception) -> Error:
    return Error(
        "SIGN008",
        "a service answered with something that is not what was asked for",
        why=(str(fault).strip().splitlines() or [type(fault).__name__])[0][:300],
        fix="Check that the trust configuration belongs to these services.",
        status=ExitStatus.OUTSIDE,
    )
