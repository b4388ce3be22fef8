"""Keyless signing: Fulcio's certificate for a job's identity, and one key for all that the job signs.

One certificate serves all files and is replaced before it runs out; nothing counts before a verifier that is handed
in has found it valid. What sigstore-python does is done here anew, because importing it costs more time than
everything that a job waits for; it and cosign stay the judges in the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from maximus import documents
from maximus.errors import Error

from .bundles import PAYLOAD_TYPE, Bundle, Envelope, MessageSignature, bundle_text, parse_bundle
from .recorder import Recorder, Signature, not_verified
from .rekor import Signatory
from .signers import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.files import HashedFile

    from .authority import Certificates, Certified
    from .checks import Checker
    from .services import Services
    from .transport import Transport

__all__ = ["KeylessSigner"]

_OID: Final = "1.3.6.1.4.1.57264.1."
"""Fulcio's extensions; see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md."""
_ISSUER, _SOURCE_REPOSITORY, _SOURCE_DIGEST = "8", "12", "13"
_PREHASHED: Final = ECDSA(Prehashed(SHA256()))
_WHOLE: Final = ECDSA(SHA256())


class KeylessSigner:
    """Signs by a job's identity: Fulcio's certificate, the timestamp authority's time, Rekor's entry."""

    def __init__(
        self,
        certificates: Certificates,
        services: Services,
        checker: Checker,
        transport: Transport,
        *,
        jobs: int = 0,
    ) -> None:
        """Ask for nothing before something is to be signed; `jobs` says how many files at once, where it says it."""
        self._certificates = certificates
        self._claims = certificates.claims
        self._recorder = Recorder(services, checker, transport)
        self._checker = checker
        self._jobs = jobs
        self._verified: Certified | None = None
        self._identity = Identity("")

    @property
    def workers(self) -> int:
        """As many as the log takes."""
        return self._jobs or self._recorder.workers

    @property
    def identity(self) -> Identity:
        """Who signs, as the certificate says."""
        return self._identity

    def sign_file(self, file: HashedFile) -> str:
        """Return the text of a bundle over the file's digest, logged and checked.

        Raises Error SIGN004 when Fulcio refuses, SIGN005 when the log does, SIGN006 when the bundle does not
        verify, and WIRE001 when one of them or the timestamp authority is away.
        """

        def sign() -> Signature:
            certified = self._current()
            signature = certified.key.sign(bytes.fromhex(file.sha256), _PREHASHED)
            return _by(certified, MessageSignature(signature, file.sha256))

        return self._checked(self._recorder.seal(sign), file)

    def sign_statement(self, payload: bytes) -> str:
        """Return the text of a bundle with an envelope around the statement, logged and checked.

        Raises what `sign_file` raises.
        """

        def sign() -> Signature:
            certified = self._current()
            unsigned = Envelope(PAYLOAD_TYPE, payload, b"")
            return _by(certified, Envelope(PAYLOAD_TYPE, payload, certified.key.sign(unsigned.signed, _WHOLE)))

        return self._checked(self._recorder.seal(sign), None)

    def has_signed_file(self, text: bytes, file: HashedFile) -> bool:
        """Tell whether the bundle is a valid one over these bytes by this job's identity, of the same commit."""
        bundle = _parsed(text)
        return bundle is not None and isinstance(bundle.content, MessageSignature) and not self._fault(bundle, file)

    def has_signed_statement(self, text: bytes, payload: bytes) -> bool:
        """Tell whether the bundle holds exactly this statement, validly signed by this job's identity."""
        match _parsed(text):
            case Bundle(content=Envelope(payload_type=kind, payload=found)) as bundle:
                return (kind, found) == (PAYLOAD_TYPE, payload) and not self._fault(bundle, None)
        return False

    def _checked(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Return the bundle's text when it verifies; raise Error SIGN006 otherwise: it must not count."""
        if fault := self._fault(bundle, file):
            raise not_verified(fault)
        return bundle_text(bundle)

    def _fault(self, bundle: Bundle, file: HashedFile | None) -> str:
        """Return what keeps a bundle from being this job's valid one; note the identity where nothing does."""
        if not bundle.certificate:
            return "a key signed it"
        if fault := self._checker.bundle_fault(bundle, file):
            return fault
        certificate = x509.load_der_x509_certificate(bundle.certificate)
        if fault := _foreign(certificate, self._claims):
            return fault
        self._identity = Identity(
            _name(certificate), _extension(certificate, _ISSUER), _extension(certificate, _SOURCE_REPOSITORY)
        )
        return ""

    def _current(self) -> Certified:
        """Return the key to sign with, its certificate verified: what no log vouches for is not used."""
        certified = self._certificates.current()
        if certified is not self._verified:
            if fault := self._checker.certificate_fault(certified.der):
                raise not_verified(fault)
            self._verified = certified
        return certified


def _by(certified: Certified, content: MessageSignature | Envelope) -> Signature:
    expires = certified.certificate.not_valid_after_utc
    return Signature(content, Signatory(certified.der, is_certificate=True), expires)


def _parsed(text: bytes) -> Bundle | None:
    """Return the bundle's parts; a text that is no bundle is signed again and not a fault."""
    try:
        return parse_bundle(documents.parse_json(text, "bundle"), "bundle")
    except Error:
        return None


def _foreign(certificate: x509.Certificate, claims: Mapping[str, Any]) -> str:
    """Return how a certificate differs from this job's own: the token's issuer, workflow and commit."""
    if _extension(certificate, _ISSUER) != claims["iss"]:
        return f"the certificate's issuer is {_extension(certificate, _ISSUER)}"
    name = _name(certificate)
    workflow = claims.get("job_workflow_ref")
    if not (name.endswith(f"/{workflow}") if workflow else name in (claims["sub"], claims.get("email"))):
        return f"the certificate is for {name}"
    if "sha" in claims and _extension(certificate, _SOURCE_DIGEST) != claims["sha"]:
        return "the certificate is for another commit"
    return ""


def _name(certificate: x509.Certificate) -> str:
    """Return the certificate's one subject alternative name that is a URI or a mail address."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [
        *names.get_values_for_type(x509.UniformResourceIdentifier),
        *names.get_values_for_type(x509.RFC822Name),
    ]
    return found[0] if found else ""


def _extension(certificate: x509.Certificate, number: str) -> str:
    """Return one of Fulcio's extensions, or nothing where it is not there."""
    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(_OID + number)).value
    except x509.ExtensionNotFound:
        return ""
    # A DER UTF8String: its tag, its length in short or long form, the text.
    raw = value.public_bytes()
    skipped = 2 + (raw[1] & 0x7F if raw[1] & 0x80 else 0)
    return raw[skipped:].decode("utf-8", "replace")
