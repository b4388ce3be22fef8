"""sigstore's verifier, wrapped in this one place, with the checks that it leaves out.

A bundle is accepted only when sigstore's own whole verification accepts it and the checks here hold too; each
names what it closes in sigstore-python 4.5.1. Internals of sigstore are used, so its version is pinned and the
tests hold this wrapper to sigstore's own verdicts.
"""

# ruff: noqa: SLF001 - sigstore offers no other way to these parts

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, ExtendedKeyUsage, KeyUsage
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerificationError as TimestampError
from rfc3161_client import VerifierBuilder
from sigstore import dsse
from sigstore._internal.sct import _get_signed_certificate_timestamp, verify_sct
from sigstore._internal.timestamp import TimestampSource, TimestampVerificationResult
from sigstore._internal.trust import CertificateAuthority, Key, KeyringPurpose
from sigstore.errors import VerificationError
from sigstore.hashes import Hashed
from sigstore.models import Bundle as SigstoreBundle
from sigstore.models import TransparencyLogEntry, TrustedRoot, VerificationMaterial
from sigstore.verify import verifier as sigstore_verifier
from sigstore.verify.verifier import Verifier
from sigstore_models.bundle.v1 import Bundle as BundleMessage

from maximus.errors import Error, ExitStatus

from .checkpoint import check_checkpoint
from .finding import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfc3161_client import TimeStampResponse
    from rfc3161_client.verify import Verifier as TimestampVerifier
    from sigstore_models.common.v1 import TimeRange
    from sigstore_models.trustroot.v1 import TransparencyLogInstance

    from .finding import Fact
    from .trust import Trust

__all__ = ["ANYTHING", "StrictVerifier", "quiet", "refusal", "strict_verifier"]

ANYTHING = BaseException
"""What a foreign bundle may make a parser raise; `refusal` lets pass what ends a process."""

# sigstore warns through logging about bundles; with no handler Python would print that on standard error.
logging.getLogger("sigstore").addHandler(logging.NullHandler())


class _LogKeyring:
    """The keys of several logs, each under the id that the trusted root gives it.

    sigstore-python's own tries every key where it does not know the id, so that an entry could name one log
    and be signed by another.
    """

    def __init__(self, logs: list[TransparencyLogInstance]) -> None:
        """Load the keys; one that cannot be used is as good as absent."""
        self._keys: dict[bytes, tuple[Key, TransparencyLogInstance]] = {}
        for log in logs:
            with contextlib.suppress(VerificationError):
                self._keys[log.log_id.key_id] = (Key(log.public_key), log)

    def log(self, key_id: bytes) -> TransparencyLogInstance:
        """Return the log with this id; raise VerificationError where the trusted root has none."""
        if key_id not in self._keys:
            msg = f"the trusted root has no log {key_id.hex()[:64]}"
            raise VerificationError(msg)
        return self._keys[key_id][1]

    def verify(self, *, key_id: bytes, signature: bytes, data: bytes) -> None:
        """Return when the log with this id signed the data; raise VerificationError otherwise."""
        self.log(key_id)
        try:
            self._keys[key_id][0].verify(signature, data)
        except InvalidSignature as fault:
            msg = "its signature is invalid"
            raise VerificationError(msg) from fault


class _Root(TrustedRoot):
    """A trusted root whose keyrings are built once; sigstore-python builds them for every bundle."""

    def __init__(self, root: TrustedRoot) -> None:
        super().__init__(root._inner)
        self.rekor = _LogKeyring(root._inner.tlogs)
        self.ct = _LogKeyring(root._inner.ctlogs)
        self.authorities = [CertificateAuthority(each) for each in root._inner.certificate_authorities]
        self.timestamp_authorities = super().get_timestamp_authorities()

    def rekor_keyring(self, purpose: KeyringPurpose) -> Any:  # noqa: ANN401, ARG002 - sigstore's NewType over its own class
        return self.rekor

    def ct_keyring(self, purpose: KeyringPurpose) -> Any:  # noqa: ANN401, ARG002 - likewise
        return self.ct

    def get_timestamp_authorities(self) -> list[CertificateAuthority]:
        return self.timestamp_authorities


class StrictVerifier(Verifier):
    """sigstore's verifier, built once, with the checks that it leaves out."""

    def __init__(self, trusted_root: TrustedRoot) -> None:
        """Build keyrings and timestamp verifiers; raises what sigstore does over a root that lacks them."""
        self._root = _Root(trusted_root)
        super().__init__(trusted_root=self._root)
        self._established: list[TimestampVerificationResult] = []
        self._stampers = [
            (authority, stamper) for authority in self._root.timestamp_authorities for stamper in _stampers(authority)
        ]

    def verify_whole(self, bundle: SigstoreBundle, hashed: Hashed | None) -> None:
        """Return when sigstore accepts the bundle and everything that it does not look at holds too."""
        anybody = _Anybody()
        if hashed is None:
            self.verify_dsse(bundle, anybody)
        else:
            self.verify_artifact(hashed, bundle, anybody)
        self._check_periods(bundle, self._established)
        self._check_entry(bundle.log_entry)

    # The steps of the above, for saying which one fails.

    def check_time(self, bundle: SigstoreBundle, hashed: Hashed | None) -> None:  # noqa: ARG002 - one form for all steps
        """Return when there is a trusted time that does not hang on a log entry that does not hold."""
        times = self._times(bundle)
        if all(time.source is TimestampSource.TRANSPARENCY_SERVICE for time in times):
            try:
                bundle.log_entry._verify(self._root.rekor_keyring(KeyringPurpose.VERIFY))
            except VerificationError as fault:
                msg = f"the only time is the log's, and its entry does not hold: {fault}"
                raise VerificationError(msg) from fault

    def check_certificate(self, bundle: SigstoreBundle, hashed: Hashed | None) -> None:  # noqa: ARG002 - likewise
        """Return when the certificate chains to the root, was logged, may sign code, and was valid then."""
        certificate = bundle.signing_certificate
        times = self._times(bundle)
        chain = [self._verify_chain_at_time(certificate, time) for time in times][-1]
        verify_sct(certificate, chain, self._root.ct_keyring(KeyringPurpose.VERIFY))
        if not certificate.extensions.get_extension_for_class(KeyUsage).value.digital_signature:
            msg = "its key is not for signing"
            raise VerificationError(msg)
        if (
            ExtendedKeyUsageOID.CODE_SIGNING
            not in certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
        ):
            msg = "its key is not for signing code"
            raise VerificationError(msg)
        for time in times:
            if not certificate.not_valid_before_utc <= time.time <= certificate.not_valid_after_utc:
                msg = f"it was not valid when it signed ({time.time:%Y-%m-%dT%H:%M:%SZ})"
                raise VerificationError(msg)
        self._check_sct_period(certificate)

    def check_signature(self, bundle: SigstoreBundle, hashed: Hashed | None) -> None:
        """Return when the certificate's key signed the digest, or the envelope."""
        key = bundle.signing_certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            msg = f"a certificate's key must be ECDSA, not {type(key).__name__}"
            raise VerificationError(msg)
        if hashed is None:
            dsse._verify(key, _envelope(bundle))
            return
        try:
            key.verify(bundle.signature, hashed.digest, ec.ECDSA(Prehashed(SHA256())))
        except InvalidSignature as fault:
            msg = "the certificate's key did not sign this file"
            raise VerificationError(msg) from fault

    def check_log(self, bundle: SigstoreBundle, hashed: Hashed | None) -> None:
        """Return when the entry is in its log, and is about this signature, key and content."""
        bundle.log_entry._verify(self._root.rekor_keyring(KeyringPurpose.VERIFY))
        kind = bundle.log_entry._inner.kind_version
        match (kind.kind, kind.version, hashed):
            case ("hashedrekord", "0.0.1", Hashed()):
                sigstore_verifier._validate_hashedrekord_v001_entry_body(bundle, hashed)
            case ("hashedrekord", "0.0.2", Hashed()):
                sigstore_verifier._validate_hashedrekord_v002_entry_body(bundle, hashed)
            case ("dsse", "0.0.1", None):
                sigstore_verifier._validate_dsse_v001_entry_body(bundle)
            case ("hashedrekord", "0.0.2", None):
                sigstore_verifier._validate_hashedrekord_v002_dsse_entry_body(bundle)
            case _:
                msg = f"entries {kind.kind} {kind.version} are not for such a signature"
                raise VerificationError(msg)
        self._check_entry(bundle.log_entry)
        times: list[TimestampVerificationResult] = []
        # Without a trusted time the signature falls, and the log's period cannot be judged.
        with contextlib.suppress(VerificationError):
            times = self._times(bundle)
        for time in times:
            self._check_log_period(bundle.log_entry, time.time)

    def log_place(self, entry: TransparencyLogEntry) -> tuple[int, str]:
        """Return the entry's index, and the address of the log that holds it."""
        log = self._root.rekor.log(entry._inner.log_id.key_id)
        return entry._inner.log_index, str(log.base_url)

    @property
    def timestamps(self) -> int:
        """How many signed timestamps held in the bundle that was verified last."""
        return sum(time.source is TimestampSource.TIMESTAMP_AUTHORITY for time in self._established)

    def verify_entry(self, raw: bytes, signature: bytes) -> tuple[tuple[int, str], int]:
        """Return the place of the log entry in a bundle that a managed key signed, and the number of its timestamps.

        sigstore reads no such bundles, but knows their entries. The entry's body is the caller's to compare.
        """
        material = BundleMessage.from_json(raw).verification_material
        if len(material.tlog_entries) != 1:
            msg = f"it has {len(material.tlog_entries)} log entries, not one"
            raise VerificationError(msg)
        (inner,) = material.tlog_entries
        entry = TransparencyLogEntry(inner)
        entry._verify(self._root.rekor_keyring(KeyringPurpose.VERIFY))
        self._check_entry(entry)
        data = VerificationMaterial(material).timestamp_verification_data
        stamps = data.rfc3161_timestamps if data else []
        if len(set(stamps)) != len(stamps):
            msg = "a timestamp stands twice"
            raise VerificationError(msg)
        for stamp in stamps:
            self._check_log_period(entry, self._verify_signed_timestamp(stamp, signature).time)
        if inner.integrated_time:
            self._check_log_period(entry, datetime.fromtimestamp(inner.integrated_time, tz=UTC))
        return self.log_place(entry), len(stamps)

    # What sigstore leaves out.

    def _establish_time(self, bundle: SigstoreBundle) -> list[TimestampVerificationResult]:
        """Return the trusted times, and keep them for the checks that follow: they are half of all the work."""
        self._established = []
        self._established = super()._establish_time(bundle)
        return self._established

    def _verify_signed_timestamp(
        self, timestamp_response: TimeStampResponse, message: bytes
    ) -> TimestampVerificationResult:
        """Return the time that an authority vouches for; every timestamp must hold, none is passed over.

        sigstore-python ignores one that does not hold as long as another time is there, compares the end of
        an authority's period with `<` though it is closed, and rebuilds the verifiers each time.
        """
        why = "no timestamp authority of the trusted root signed it"
        for authority, stamper in self._stampers:
            try:
                stamper.verify_message(timestamp_response, message)
            except TimestampError as fault:
                why = _words(fault)
                continue
            time = timestamp_response.tst_info.gen_time
            if _is_within(time, authority._inner.valid_for):
                return TimestampVerificationResult(source=TimestampSource.TIMESTAMP_AUTHORITY, time=time)
            why = f"the authority was not trusted then ({time:%Y-%m-%dT%H:%M:%SZ})"
        msg = f"a timestamp does not hold: {why}"
        raise VerificationError(msg)

    def _verify_chain_at_time(
        self, certificate: Certificate, timestamp_result: TimestampVerificationResult
    ) -> list[Certificate]:
        """Return the chain, made of authorities that the trusted root believes at that time.

        sigstore-python looks at the certificates' own validity and not at the period in the trusted root.
        """
        self._fulcio_certificate_chain = [
            each
            for authority in self._root.authorities
            if _is_within(timestamp_result.time, authority._inner.valid_for)
            for each in authority.certificates(allow_expired=True)
        ]
        if not self._fulcio_certificate_chain:
            msg = f"no certificate authority was trusted then ({timestamp_result.time:%Y-%m-%dT%H:%M:%SZ})"
            raise VerificationError(msg)
        return super()._verify_chain_at_time(certificate, timestamp_result)

    def _times(self, bundle: SigstoreBundle) -> list[TimestampVerificationResult]:
        times = self._establish_time(bundle)
        if not times:
            msg = "there is neither a timestamp nor a log's promise"
            raise VerificationError(msg)
        return times

    def _check_periods(self, bundle: SigstoreBundle, times: list[TimestampVerificationResult]) -> None:
        """Return when the logs' keys were trusted at the times in question."""
        for time in times:
            self._check_log_period(bundle.log_entry, time.time)
        self._check_sct_period(bundle.signing_certificate)

    def _check_log_period(self, entry: TransparencyLogEntry, time: datetime) -> None:
        log = self._root.rekor.log(entry._inner.log_id.key_id)
        if not _is_within(time, log.public_key.valid_for):
            msg = f"the log {log.base_url} was not trusted then ({time:%Y-%m-%dT%H:%M:%SZ})"
            raise VerificationError(msg)

    def _check_sct_period(self, certificate: Certificate) -> None:
        sct = _get_signed_certificate_timestamp(certificate)
        log = self._root.ct.log(sct.log_id)
        if not _is_within(sct.timestamp.replace(tzinfo=UTC), log.public_key.valid_for):
            msg = f"the certificate log {log.base_url} was not trusted when it vouched for the certificate"
            raise VerificationError(msg)

    def _check_entry(self, logged: TransparencyLogEntry) -> None:
        """Return when the parts of the entry that no signature covers agree with those that one does."""
        entry = logged._inner
        proof = entry.inclusion_proof
        if proof.checkpoint is None:
            msg = "it has no inclusion proof with a checkpoint"
            raise VerificationError(msg)
        check_checkpoint(proof.checkpoint.envelope, proof.tree_size, proof.root_hash, entry.log_id.key_id)
        if not 0 <= proof.log_index < proof.tree_size:
            msg = "its inclusion proof is for an index outside the tree"
            raise VerificationError(msg)
        if entry.inclusion_promise is None:
            # Rekor v1 counts over all its trees, and its promise covers that number; without one it must agree.
            if entry.log_index != proof.log_index:
                msg = f"its index is {entry.log_index}, and its proof is for {proof.log_index}"
                raise VerificationError(msg)
            if entry.integrated_time:
                msg = "it states a time that no promise covers"
                raise VerificationError(msg)
        elif not entry.integrated_time:
            msg = "it has a promise without the time that it covers"
            raise VerificationError(msg)
        body = json.loads(entry.canonicalized_body)
        if (body["kind"], body["apiVersion"]) != (entry.kind_version.kind, entry.kind_version.version):
            msg = "its body is of another kind than it says"
            raise VerificationError(msg)


class _Anybody:
    """Lets sigstore accept any certificate: who signed is judged by `identity`, on what was proven."""

    def verify(self, cert: Certificate) -> None:
        """Return."""


def _stampers(authority: CertificateAuthority) -> list[TimestampVerifier]:
    """Return the verifier for an authority's timestamps; none where its chain is not whole, or not begun."""
    chain = authority.certificates(allow_expired=True)
    if len(chain) < 2:  # noqa: PLR2004 - who stamps, and a root
        return []
    leaf, *others = chain
    builder = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(others[-1])
    for certificate in others[:-1]:
        builder = builder.add_intermediate_certificate(certificate)
    return [builder.build()]


def _envelope(bundle: SigstoreBundle) -> dsse.Envelope:
    envelope = bundle._dsse_envelope
    if envelope is None:
        msg = "there is no envelope"
        raise VerificationError(msg)
    return envelope


def _is_within(time: datetime, period: TimeRange | None) -> bool:
    """Tell whether the time lies in the period, which is closed at both ends and may be open to the future."""
    if period is None:
        return True
    if time < period.start:
        return False
    return period.end is None or time <= period.end


def strict_verifier(trust: Trust) -> StrictVerifier:
    """Return the verifier under a trusted root; raise Error VERIFY007 (usage) where that lacks what is needed."""
    try:
        with quiet():
            return StrictVerifier(trust.root)
    except Exception as fault:
        # sigstore raises several kinds over a root that lacks keys; all mean the same to the user.
        raise Error(
            "VERIFY007",
            f"the trusted root of {trust.source} cannot be used",
            why=_words(fault),
            fix="It needs a certificate authority, a CT log and a transparency log, with their keys.",
            where="input trust-config",
            status=ExitStatus.USAGE,
        ) from fault


def _words(cause: BaseException) -> str:
    """Return what an exception says, on one line and within bounds; its kind where it says nothing."""
    text = " ".join(str(part) for part in cause.args) if cause.args else str(cause)
    return " ".join(text.split())[:300] or type(cause).__name__


def refusal(cause: BaseException, fact: Fact, code: str, what: str) -> Fault:
    """Return the fault for whatever was raised over a foreign bundle.

    Parsers written in Rust panic with an exception outside `Exception`; only what ends a process goes on.
    """
    if isinstance(cause, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise cause
    return Fault(fact, code, f"{what}: {_words(cause)}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what `cryptography` warns about certificates that others made (a country of three letters)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"cryptography\..*|sigstore\..*|rfc3161_client\..*")
        warnings.filterwarnings("ignore", message=r"Attribute's length must be .*")
        yield
