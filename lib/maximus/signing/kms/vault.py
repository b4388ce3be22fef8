"""Keys in the transit engine of HashiCorp Vault, or of OpenBao, which speaks the same; by hvac."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final

from maximus.signing.keys import PublicKey, load_public_key
from maximus.signing.transport import host_of

from .faults import Fault, Kind
from .managed import key_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maximus.signing.transport import Limits

    from .references import Reference

__all__ = ["VaultTransit"]

_TYPES: Final = frozenset({"P-256", "P-384", "RSA", "Ed25519"})
_SIGNATURE: Final = re.compile(r"vault:v(\d+):([A-Za-z0-9+/]+=*)")
_FIXES: Final = {
    Kind.CREDENTIALS: "Set VAULT_TOKEN, as `hashicorp/vault-action` does by OIDC with `exportToken: true`.",
    Kind.DENIED: "The token's policy needs `read` on transit/keys/KEY and `update` on transit/sign/KEY; "
    "or the token has run out.",
}


class VaultTransit:
    """One key in a Vault. Which Vault, and who asks, say the variables that Vault's own tools read."""

    longest = 16 << 20
    """Vault refuses requests of more than 32 MiB, and base64 makes a third more of it."""

    def __init__(self, reference: Reference, limits: Limits, environment: Mapping[str, str]) -> None:
        """Remember which key; nothing is asked yet."""
        self._reference = reference
        self._limits = limits
        self._address = environment.get("VAULT_ADDR", "")
        # Where the variable is not set hvac looks into the file of `vault login`.
        self._token = environment.get("VAULT_TOKEN") or None
        self._namespace = environment.get("VAULT_NAMESPACE") or None
        # As cosign has it: a reference names the key alone.
        self._mount = environment.get("TRANSIT_SECRET_ENGINE_PATH") or "transit"
        self._client: Any = None
        self._version = 0
        self._is_whole = False

    def find(self) -> PublicKey:
        """Return the public half of the newest version, which signs from then on, whatever is rotated meanwhile."""
        data = self._ask(lambda client: client.secrets.transit.read_key(self._reference.key, mount_point=self._mount))
        version = data.get("latest_version")
        key = data["keys"].get(str(version)) if isinstance(data.get("keys"), dict) else None
        if not data.get("supports_signing") or not isinstance(key, dict) or "public_key" not in key:
            raise Fault(Kind.UNFIT, f"a transit key of the type {data.get('type')} makes no signatures")
        self._is_whole = data.get("type") == "ed25519"
        text = str(key["public_key"])
        public = load_public_key(_pem(text) if self._is_whole else text.encode(), self._reference.text)
        if key_type(public) not in _TYPES:
            raise Fault(Kind.UNFIT, f"it is of the type {key_type(public)}")
        self._version = int(str(version))
        return public

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature over the digest."""
        return self._sign(
            digest,
            prehashed=True,
            hash_algorithm="sha2-256",
            signature_algorithm="pkcs1v15",
            marshaling_algorithm="asn1",
        )

    def sign_message(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        return self._sign(message)

    def _sign(self, content: bytes, **how: object) -> bytes:
        data = self._ask(
            lambda client: client.secrets.transit.sign_data(
                self._reference.key,
                hash_input=base64.b64encode(content).decode(),
                key_version=self._version,
                mount_point=self._mount,
                **how,
            )
        )
        found = _SIGNATURE.fullmatch(str(data.get("signature")))
        if found is None:
            raise Fault(Kind.AWAY, "the answer holds no signature", is_final=True)
        return base64.b64decode(found[2])

    @property
    def _shown(self) -> str:
        """Where the Vault is, for people: its address as it was set may hold a password."""
        return (
            f"{self._address.partition('://')[0]}://{found}"
            if (found := host_of(self._address))
            else "what it is set to"
        )

    def _connect(self) -> Any:  # noqa: ANN401 - hvac has no types
        # 0.2 s to import, for who names such a key.
        import hvac  # noqa: PLC0415

        if not self._address:
            raise Fault(Kind.CREDENTIALS, "VAULT_ADDR is not set", fix="Set it to the address of the Vault.")
        # Redirects are not followed: the token would go along, to whatever host they name.
        client = hvac.Client(
            self._address, self._token, timeout=self._limits.attempt, allow_redirects=False, namespace=self._namespace
        )
        if not client.token:
            raise Fault(Kind.CREDENTIALS, "there is no token", fix=_FIXES[Kind.CREDENTIALS])
        return client

    def _ask(self, call: Callable[[Any], Any]) -> Mapping[str, Any]:
        import requests  # noqa: PLC0415 - as above
        from hvac import exceptions  # noqa: PLC0415 - as above

        try:
            if self._client is None:
                self._client = self._connect()
            answer = call(self._client)
        except exceptions.VaultError as fault:
            raise _refused(fault) from fault
        except (requests.exceptions.RequestException, OSError, ValueError) as fault:
            raise self._lost(fault) from fault
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise Fault(Kind.AWAY, f"what answers at {self._shown} is no Vault that serves", is_final=True)
        return data

    def _lost(self, fault: OSError | ValueError) -> Fault:
        """Return the fault for a request that came to no answer of a Vault's."""
        from requests import exceptions  # noqa: PLC0415 - as above

        kind, why, fix = Kind.AWAY, f"no connection to {self._shown}", ""
        match fault:
            case exceptions.SSLError():
                why, fix = "its certificate is not trusted", "Set VAULT_CACERT for a Vault of yours."
            case exceptions.ConnectionError():
                pass
            case exceptions.InvalidHeader():
                # Its words quote the header.
                kind, fix = Kind.CREDENTIALS, _FIXES[Kind.CREDENTIALS]
                why = "the token or the namespace has a line break or another character that no request can carry"
            case exceptions.InvalidURL() | exceptions.InvalidSchema() | exceptions.MissingSchema():
                kind, why, fix = Kind.CREDENTIALS, f"VAULT_ADDR is no address: {self._shown}", "Correct it."
            case exceptions.RequestException():
                why = str(fault)
            case OSError():
                # Of files that the environment names, as of an authority's certificate.
                kind, why = Kind.CREDENTIALS, f"what its connection needs cannot be read: {fault}"
                fix = "Correct VAULT_CACERT, VAULT_CAPATH, VAULT_CLIENT_CERT or REQUESTS_CA_BUNDLE."
            case _:
                kind, why, fix = Kind.CREDENTIALS, f"VAULT_ADDR is no address: {self._shown}", "Correct it."
        is_absent = isinstance(fault, exceptions.ConnectionError) and not isinstance(fault, exceptions.ConnectTimeout)
        is_final = isinstance(fault, exceptions.SSLError)
        return Fault(kind, why, fix=fix, is_absent=is_absent, is_final=is_final)


def _pem(raw: str) -> bytes:
    """Return an Ed25519 key, which Vault gives as its 32 bytes in base64, in PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - loaded already

    try:
        return PublicKey(Ed25519PublicKey.from_public_bytes(base64.b64decode(raw, validate=True))).pem
    except ValueError as fault:
        raise Fault(Kind.AWAY, "the answer holds no public key", is_final=True) from fault


def _refused(fault: Any) -> Fault:  # noqa: ANN401 - hvac has no types
    from hvac import exceptions  # noqa: PLC0415 - as above

    # Its text by itself names the request's address, which says nothing beside the reference.
    said = "; ".join(map(str, fault.errors)) if isinstance(fault.errors, list) else str(fault.text or "")
    match fault:
        case exceptions.InvalidPath():
            kind = Kind.ABSENT
        case exceptions.InvalidRequest() if "key not found" in said:
            kind = Kind.ABSENT
        case exceptions.Unauthorized():
            kind = Kind.CREDENTIALS
        case exceptions.Forbidden():
            kind = Kind.CREDENTIALS if "invalid token" in said else Kind.DENIED
        case exceptions.InvalidRequest() | exceptions.UnsupportedOperation() | exceptions.ParamValidationError():
            kind = Kind.UNFIT
        case _:
            kind = Kind.AWAY
    return Fault(kind, said, fix=_FIXES.get(kind, ""))
