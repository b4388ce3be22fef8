"""Keys in Azure Key Vault and Managed HSM, by azure-keyvault-keys. Experimental: tried with a fake only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .faults import Fault, Kind
from .managed import from_der, key_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.signing.keys import PublicKey
    from maximus.signing.transport import Limits

    from .references import Reference

__all__ = ["AzureKeyVault"]

_HALF: Final = 32
"""Bytes of each half of a P-256 signature, which Azure puts one behind the other (RFC 7518)."""
_FIXES: Final = {
    Kind.CREDENTIALS: "Give the job credentials, as `azure/login` does by OIDC.",
    Kind.DENIED: "Whoever asks needs the role `Key Vault Crypto User`, or `get` and `sign` in the vault's policy.",
}


class AzureKeyVault:
    """One key in an Azure Key Vault."""

    longest = 0

    def __init__(self, reference: Reference, limits: Limits) -> None:
        """Remember which key; nothing is asked yet."""
        self._reference = reference
        self._limits = limits
        self._client: Any = None
        self._algorithm: Any = None

    def find(self) -> PublicKey:
        """Return the public half of the version that signs from then on."""
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - 1 s to import, for who names such a key
        from azure.keyvault.keys import KeyClient  # noqa: PLC0415 - likewise
        from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm  # noqa: PLC0415 - likewise

        # Warnings of its own would go to the terminal beside our errors.
        logging.getLogger("azure").addHandler(logging.NullHandler())
        limits = self._limits
        # Who waits for the service is one: `ManagedKey`.
        terms = {"retry_total": 0, "connection_timeout": limits.connect, "read_timeout": limits.attempt}

        def get() -> Any:  # noqa: ANN401 - the client is not there to be typed by
            credential = DefaultAzureCredential(**terms)
            client = KeyClient(f"https://{self._reference.host}/", credential, **terms)
            return credential, client.get_key(self._reference.key, self._reference.version or None)

        credential, found = _asked(get)
        if "sign" not in [str(getattr(each, "value", each)) for each in found.key_operations or ()]:
            raise Fault(Kind.UNFIT, "`sign` is not among its operations")
        if found.properties.enabled is False:
            raise Fault(Kind.UNFIT, "it is disabled")
        public = _public(found.key, self._reference.text)
        algorithms = {"P-256": SignatureAlgorithm.es256, "RSA": SignatureAlgorithm.rs256}
        self._algorithm = algorithms[key_type(public)]
        # With the key and not its name: its version is fixed so, and it is not asked for again.
        self._client = CryptographyClient(found, credential, **terms)
        return public

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature over the digest, in the form that others have."""
        signature = bytes(_asked(lambda: self._client.sign(self._algorithm, digest)).signature)
        if self._algorithm.value != "ES256":
            return signature
        first, second = signature[:_HALF], signature[_HALF:]
        return encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))

    def sign_message(self, message: bytes) -> bytes:
        """Raise Fault: no Ed25519 key of Azure comes here."""
        raise Fault(Kind.UNFIT, f"{len(message)} bytes are not signed whole")


def _public(key: Any, where: str) -> PublicKey:  # noqa: ANN401 - as above
    kind, curve = str(getattr(key.kty, "value", key.kty)), str(getattr(key.crv, "value", key.crv))
    numbers: EllipticCurvePublicNumbers | RSAPublicNumbers
    if kind in ("EC", "EC-HSM") and curve == "P-256":
        numbers = EllipticCurvePublicNumbers(int.from_bytes(key.x, "big"), int.from_bytes(key.y, "big"), SECP256R1())
    elif kind in ("RSA", "RSA-HSM"):
        numbers = RSAPublicNumbers(int.from_bytes(key.e, "big"), int.from_bytes(key.n, "big"))
    else:
        name = f"{kind} {curve}" if key.crv else kind
        raise Fault(Kind.UNFIT, f"it is {name}, and not one that signs over SHA-256 as verifiers of a public key do")
    der = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return from_der(der, where)


def _asked(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    from azure.core import exceptions  # noqa: PLC0415 - as above

    try:
        return call()
    except exceptions.ClientAuthenticationError as fault:
        raise Fault(Kind.CREDENTIALS, fault.message, fix=_FIXES[Kind.CREDENTIALS]) from fault
    except exceptions.ResourceNotFoundError as fault:
        raise Fault(Kind.ABSENT, fault.message) from fault
    except (exceptions.ServiceRequestError, exceptions.ServiceResponseError) as fault:
        raise Fault(Kind.AWAY, fault.message) from fault
    except exceptions.HttpResponseError as fault:
        status = fault.status_code or 0
        if status == 403:  # noqa: PLR2004 - as HTTP numbers them
            raise Fault(Kind.DENIED, fault.message, fix=_FIXES[Kind.DENIED]) from fault
        is_busy = status == 429 or status >= 500  # noqa: PLR2004 - likewise
        raise Fault(Kind.AWAY if is_busy else Kind.UNFIT, fault.message) from fault
    except exceptions.AzureError as fault:
        raise Fault(Kind.AWAY, fault.message) from fault
