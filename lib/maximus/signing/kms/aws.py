"""Keys in AWS KMS, by boto3. Region and credentials come from its own chain: variables, profile, role, OIDC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .faults import Fault, Kind
from .managed import from_der, key_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maximus.signing.keys import PublicKey
    from maximus.signing.transport import Limits

    from .references import Reference

__all__ = ["AwsKms"]

_ALGORITHMS: Final = {"P-256": "ECDSA_SHA_256", "RSA": "RSASSA_PKCS1_V1_5_SHA_256"}
"""Over SHA-256, which is all that anybody verifies with a plain public key; AWS signs with P-384 over SHA-384 only."""
_KINDS: Final = {
    "NotFoundException": Kind.ABSENT,
    "AccessDeniedException": Kind.DENIED,
    **dict.fromkeys(
        (
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "OptInRequired",
            "UnrecognizedClientException",
        ),
        Kind.CREDENTIALS,
    ),
    **dict.fromkeys(
        (
            "DependencyTimeoutException",
            "KMSInternalException",
            "KeyUnavailableException",
            "LimitExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
        ),
        Kind.AWAY,
    ),
}
_FIXES: Final = {
    Kind.CREDENTIALS: "Give the job credentials, as `aws-actions/configure-aws-credentials` does by OIDC; "
    "`aws sts get-caller-identity` shows whose they are.",
    Kind.DENIED: "Allow `kms:GetPublicKey` and `kms:Sign` on the key: in its policy, or by the role's.",
}


class AwsKms:
    """One key in AWS KMS."""

    longest = 0

    def __init__(self, reference: Reference, limits: Limits, environment: Mapping[str, str]) -> None:
        """Remember which key; nothing is asked yet."""
        self._reference = reference
        self._limits = limits
        # cosign and AWS's other clients read this variable, boto3 only AWS_DEFAULT_REGION.
        self._region = environment.get("AWS_REGION", "")
        self._client: Any = None
        self._pinned = reference.key
        self._algorithm = ""

    def find(self) -> PublicKey:
        """Return the public half; from then on an alias that moves changes nothing."""
        answer = self._ask(lambda client: client.get_public_key(KeyId=self._reference.key))
        if lacks := {"KeyId", "KeyUsage", "PublicKey", "SigningAlgorithms"} - set(answer):
            # As of a key for encryption, which has no public half.
            raise Fault(Kind.UNFIT, f"what the service says of it lacks {', '.join(sorted(lacks))}")
        if answer["KeyUsage"] != "SIGN_VERIFY":
            raise Fault(Kind.UNFIT, f"its usage is {answer['KeyUsage']} and not SIGN_VERIFY")
        public = from_der(answer["PublicKey"], self._reference.text)
        algorithm = _ALGORITHMS.get(key_type(public), "")
        if algorithm not in answer["SigningAlgorithms"]:
            offered = ", ".join(answer["SigningAlgorithms"])
            raise Fault(Kind.UNFIT, f"it signs with {offered}, and not over SHA-256 as verifiers of a public key do")
        self._pinned, self._algorithm = answer["KeyId"], algorithm
        return public

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature over the digest."""
        answer = self._ask(
            lambda client: client.sign(
                KeyId=self._pinned, Message=digest, MessageType="DIGEST", SigningAlgorithm=self._algorithm
            )
        )
        return bytes(answer["Signature"])

    def sign_message(self, message: bytes) -> bytes:
        """Raise Fault: no Ed25519 key of AWS comes here."""
        raise Fault(Kind.UNFIT, f"{len(message)} bytes are not signed whole")

    def _connect(self) -> Any:  # noqa: ANN401 - boto3 makes its clients from data
        # 0.3 s to import, for who names such a key.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        limits = self._limits
        config = Config(
            connect_timeout=limits.connect,
            read_timeout=limits.attempt,
            # Who waits for the service is one: `ManagedKey`.
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=64,
        )
        kept: dict[str, str] = {}
        if self._reference.host:
            kept["endpoint_url"] = f"https://{self._reference.host}"
        # An ARN says where the key lies; a region from elsewhere would only not find it.
        region = self._reference.key.split(":")[3] if self._reference.key.startswith("arn:") else self._region
        if region:
            kept["region_name"] = region
        return boto3.session.Session().client("kms", config=config, **kept)

    def _ask(self, call: Callable[[Any], Mapping[str, Any]]) -> Mapping[str, Any]:
        from botocore import exceptions  # noqa: PLC0415 - as above
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

        try:
            if self._client is None:
                self._client = self._connect()
            return call(self._client)
        except exceptions.ClientError as fault:
            raise _refused(fault.response) from fault
        except exceptions.NoRegionError as fault:
            raise Fault(
                Kind.CREDENTIALS, "no region is set", fix="Set AWS_REGION, or name the key by its ARN."
            ) from fault
        except exceptions.SSLError as fault:
            raise Fault(
                Kind.AWAY, str(fault), is_final=True, fix="Set AWS_CA_BUNDLE for an endpoint of yours."
            ) from fault
        except (exceptions.EndpointConnectionError, exceptions.ProxyConnectionError) as fault:
            raise Fault(Kind.AWAY, str(fault), is_absent=True) from fault
        except (exceptions.HTTPClientError, exceptions.ConnectionClosedError, ResponseParserError) as fault:
            raise Fault(Kind.AWAY, str(fault)) from fault
        except exceptions.BotoCoreError as fault:
            # What is left is about credentials and profiles: none, half of one, one that cannot be had.
            raise Fault(Kind.CREDENTIALS, str(fault), fix=_FIXES[Kind.CREDENTIALS]) from fault


def _refused(response: Mapping[str, Any]) -> Fault:
    error = response.get("Error", {})
    code, said = str(error.get("Code", "")), str(error.get("Message", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _KINDS.get(code) or (Kind.DENIED if "AccessDenied" in said else _kind(status))
    return Fault(kind, f"{code}: {said}" if said else code, fix=_FIXES.get(kind, ""))


def _kind(status: int) -> Kind:
    """Return the sort of a fault by its HTTP status, where its name says nothing."""
    match status:
        case 401 | 403:
            return Kind.CREDENTIALS
        case 429:
            return Kind.AWAY
        case _:
            return Kind.AWAY if status >= 500 else Kind.UNFIT  # noqa: PLR2004 - as HTTP numbers them
