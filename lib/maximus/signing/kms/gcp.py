"""Keys in Google Cloud KMS, by google-cloud-kms. Experimental: nothing but a fake has stood for the service."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any, Final

from maximus.signing.keys import PublicKey, load_public_key

from .faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.signing.transport import Limits

    from .references import Reference

__all__ = ["GoogleKms"]

_ALGORITHMS: Final = frozenset({
    "EC_SIGN_ED25519",
    "EC_SIGN_P256_SHA256",
    "RSA_SIGN_PKCS1_2048_SHA256",
    "RSA_SIGN_PKCS1_3072_SHA256",
    "RSA_SIGN_PKCS1_4096_SHA256",
})  # fmt: skip
"""Over SHA-256 or whole, which is all that anybody verifies with a plain public key."""
_MOST_VERSIONS: Final = 10_000
_FIXES: Final = {
    Kind.CREDENTIALS: "Give the job credentials, as `google-github-actions/auth` does by OIDC.",
    Kind.DENIED: "Whoever asks needs `roles/cloudkms.signerVerifier`, and `roles/cloudkms.viewer` "
    "where the reference names no version.",
}


class GoogleKms:
    """One key in Google Cloud KMS."""

    longest = 64 << 10
    """What AsymmetricSign takes as `data`."""

    def __init__(self, reference: Reference, limits: Limits) -> None:
        """Remember which key; nothing is asked yet."""
        self._reference = reference
        self._limits = limits
        self._client: Any = None
        self._name = ""

    def find(self) -> PublicKey:
        """Return the public half of the version that signs from then on."""
        name = self._ask(self._version)
        key = self._ask(lambda client: client.get_public_key(request={"name": name}, **self._terms()))
        algorithm = str(getattr(key.algorithm, "name", key.algorithm))
        if algorithm not in _ALGORITHMS:
            raise Fault(
                Kind.UNFIT, f"its algorithm is {algorithm}, and not one over SHA-256 as verifiers of a public key take"
            )
        public = load_public_key(key.pem.encode(), self._reference.text)
        self._name = name
        return public

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature over the digest."""
        return self._sign({"digest": {"sha256": digest}})

    def sign_message(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        return self._sign({"data": message})

    def _sign(self, what: dict[str, Any]) -> bytes:
        request = {"name": self._name, **what}
        return bytes(self._ask(lambda client: client.asymmetric_sign(request=request, **self._terms())).signature)

    def _version(self, client: Any) -> str:  # noqa: ANN401 - the client is not there to be typed by
        """Return the full name of the version: the one named, or the newest that is enabled."""
        if self._reference.version:
            return f"{self._reference.key}/cryptoKeyVersions/{self._reference.version}"
        request = {"parent": self._reference.key, "filter": "state=ENABLED"}
        found = client.list_crypto_key_versions(request=request, **self._terms())
        # Sorted here: by name, version 9 would be newer than 10.
        names = sorted(
            (version.name for version in itertools.islice(found, _MOST_VERSIONS)),
            key=lambda name: int(name.rpartition("/")[2]),
        )
        if not names:
            raise Fault(Kind.UNFIT, "no version of it is enabled")
        return str(names[-1])

    def _terms(self) -> dict[str, Any]:
        # Who waits for the service is one: `ManagedKey`.
        return {"retry": None, "timeout": self._limits.attempt}

    def _connect(self) -> Any:  # noqa: ANN401 - as above
        # 1 s to import, for who names such a key.
        from google.cloud import kms_v1  # noqa: PLC0415

        return kms_v1.KeyManagementServiceClient()

    def _ask(self, call: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - as above
        from google.api_core import exceptions  # noqa: PLC0415 - as above
        from google.auth import exceptions as identity  # noqa: PLC0415 - as above

        # Warnings of its own would go to the terminal beside our errors.
        logging.getLogger("google").addHandler(logging.NullHandler())
        try:
            if self._client is None:
                self._client = self._connect()
            return call(self._client)
        except identity.TransportError as fault:
            raise Fault(Kind.AWAY, str(fault)) from fault
        except (identity.GoogleAuthError, exceptions.Unauthenticated) as fault:
            raise Fault(Kind.CREDENTIALS, str(fault), fix=_FIXES[Kind.CREDENTIALS]) from fault
        except exceptions.NotFound as fault:
            raise Fault(Kind.ABSENT, fault.message) from fault
        except exceptions.Forbidden as fault:
            raise Fault(Kind.DENIED, fault.message, fix=_FIXES[Kind.DENIED]) from fault
        except (exceptions.TooManyRequests, exceptions.ServerError, exceptions.RetryError) as fault:
            raise Fault(Kind.AWAY, str(fault)) from fault
        except exceptions.GoogleAPICallError as fault:
            raise Fault(Kind.UNFIT, fault.message) from fault
