"""Keys in AWS KMS, against moto's server with digests mended (see `tests/stack/aws.py`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.kms.opening import open_key
from maximus.signing.kms.references import parse_reference
from maximus.signing.transport import Limits
from tests.stack.custody import running_aws
from tests.stack.faults import Answer, Drop, Faults, Hang

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.signing.kms.managed import ManagedKey
    from tests.stack.custody import Aws

LIMITS = Limits(connect=2, attempt=5, budget=10, absent=1)


@pytest.fixture
def kms(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - boto3 makes its clients from data
    """A client of moto's; the environment that leads every other there too."""
    import boto3  # noqa: PLC0415 - importable with the fixture

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return boto3.client("kms")


def made(kms: Any, spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY") -> dict[str, str]:  # noqa: ANN401 - as above
    """Return the ARN, the id and an alias of a new key."""
    key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    alias = f"alias/test/{uuid4()}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    return {"arn": key["Arn"], "id": key["KeyId"], "alias": alias}


def opened(name: str, limits: Limits = LIMITS) -> ManagedKey:
    """Return the key with this name."""
    return open_key(parse_reference(f"awskms://{name}"), limits, {})


def refused(name: str, limits: Limits = LIMITS) -> Error:
    """Return the error with which opening the key ends."""
    with pytest.raises(Error) as caught:
        opened(name, limits)
    return caught.value


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "RSA_2048", "RSA_3072", "RSA_4096"])
def test_files_and_statements_are_signed(kms: Any, spec: str, tmp_path: Path) -> None:  # noqa: ANN401 - as above
    """What AWS signed verifies with the public half by our own judgement, and by AWS's."""
    key = opened(f"/{made(kms, spec)['alias']}")
    path = tmp_path / "a"
    path.write_bytes(b"content" * 10_000)
    file = hash_file(path)

    assert key.public.signed_file(key.sign_file(file), file)
    assert key.public.signed_bytes(key.sign_bytes(b"statement"), b"statement")


@pytest.mark.parametrize("form", ["arn", "id", "alias"])
def test_a_key_is_found_by_each_of_its_names(kms: Any, form: str) -> None:  # noqa: ANN401 - as above
    """ARN, id and alias mean the same key."""
    names = made(kms)

    assert opened(f"/{names[form]}").public.der == kms.get_public_key(KeyId=names["id"])["PublicKey"]


def test_the_reference_may_say_where(aws: Aws, kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """Its host is asked over TLS, trusted by the environment's authority, and nothing else is."""
    alias = made(kms)["alias"]
    monkeypatch.delenv("AWS_ENDPOINT_URL_KMS")

    opened(f"{aws.host}/{alias}").sign_bytes(b"x")
    monkeypatch.delenv("AWS_CA_BUNDLE")
    error = refused(f"{aws.host}/{alias}")

    assert error.code == "KMS006"
    assert "AWS_CA_BUNDLE" in error.fix


def test_the_region_may_be_said_as_to_cosign(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """By `AWS_REGION` alone, which boto3 does not read; it counts before what boto3 finds."""
    alias = made(kms)["alias"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

    open_key(parse_reference(f"awskms:///{alias}"), LIMITS, {"AWS_REGION": "eu-central-1"}).sign_bytes(b"x")


def test_an_arn_says_the_region(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """A job set up for another region, or for none, still finds the key."""
    arn = made(kms)["arn"]
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)

    opened(f"/{arn}").sign_bytes(b"x")


def test_without_a_region_that_is_said(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """With what to set."""
    alias = made(kms)["alias"]
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)

    error = refused(f"/{alias}")

    assert (error.code, error.status) == ("KMS002", ExitStatus.OUTSIDE)
    assert "AWS_REGION" in error.fix


def test_an_alias_that_moves_changes_nothing_in_a_run(kms: Any) -> None:  # noqa: ANN401 - as above
    """The key that the run began with signs to its end."""
    first, second = made(kms), made(kms)
    key = opened(f"/{first['alias']}")

    kms.update_alias(AliasName=first["alias"], TargetKeyId=second["id"])

    assert key.public.signed_bytes(key.sign_bytes(b"x"), b"x")


def test_no_credentials_are_no_traceback(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """The error says how a job gets some."""
    alias = made(kms)["alias"]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    error = refused(f"/{alias}")

    assert (error.code, error.status) == ("KMS002", ExitStatus.OUTSIDE)
    assert "configure-aws-credentials" in error.fix


def test_a_key_that_is_not_there_is_said(kms: Any) -> None:  # noqa: ANN401 - as above
    """By alias and by id."""
    assert kms
    assert [refused(f"/{name}").code for name in ("alias/nowhere", str(uuid4()))] == ["KMS003", "KMS003"]


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("ECC_NIST_P384", "SIGN_VERIFY"),
        ("ECC_NIST_P521", "SIGN_VERIFY"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    ],
)
def test_a_key_that_nobody_could_verify_is_refused(kms: Any, spec: str, usage: str) -> None:  # noqa: ANN401 - as above
    """AWS signs with P-384 over SHA-384 only, which cosign does not take with a plain public key."""
    error = refused(f"/{made(kms, spec, usage)['alias']}")

    assert error.status is ExitStatus.USAGE
    assert error.code == ("KEY002" if spec == "ECC_SECG_P256K1" else "KMS005")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DisabledException", "KMS005"),
        ("KMSInvalidStateException", "KMS005"),
        ("AccessDeniedException", "KMS004"),
        ("ExpiredTokenException", "KMS002"),
        ("UnrecognizedClientException", "KMS002"),
    ],
)
def test_each_refusal_has_its_error(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    kms: Any,  # noqa: ANN401 - as above
    name: str,
    code: str,
) -> None:
    """In AWS's own words, which are put in front: moto says them in another form, or signs all the same."""
    alias = made(kms)["alias"]
    said = json.dumps({"__type": name, "message": "its words."}).encode()
    with Faults(aws.url) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", faults.url)
        key = opened(f"/{alias}")
        faults.inject(Answer(400, body=said), times=1)
        with pytest.raises(Error) as caught:
            key.sign_bytes(b"x")

    assert caught.value.code == code
    assert "its words" in caught.value.why


@pytest.mark.parametrize(
    "fault",
    [
        Answer(503),
        Answer(429),
        Answer(400, body=b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'),
        Answer(500, body=b'{"__type": "KMSInternalException"}'),
        Drop(),
    ],
    ids=["503", "429", "throttled", "internal", "dropped"],
)
def test_what_may_pass_is_waited_for(aws: Aws, kms: Any, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:  # noqa: ANN401 - as above
    """Twice away, then signed: three requests, none of them by boto3's own retries."""
    alias = made(kms)["alias"]
    with Faults(aws.url) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", faults.url)
        key = opened(f"/{alias}")
        before = faults.count("POST")
        faults.inject(fault, times=2)

        key.sign_bytes(b"x")

        assert faults.count("POST") - before == 3


def test_an_endpoint_that_hangs_is_given_up(aws: Aws, kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """Within the run's own time, and outside."""
    alias = made(kms)["alias"]
    with Faults(aws.url) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", faults.url)
        faults.inject(Hang(), times=20)

        error = refused(f"/{alias}", Limits(connect=0.3, attempt=0.3, budget=0.6))

    assert (error.code, error.status) == ("KMS006", ExitStatus.OUTSIDE)


def test_where_nobody_listens_that_is_said(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """After a short while."""
    assert kms
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")

    assert refused("/alias/x").code == "KMS006"


def test_who_may_not_sign_is_told_what_is_missing(
    kms_clients: Path,
    kms: Any,  # noqa: ANN401 - as above
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Moto judges by real policies: a user who may only read is denied, and a key of nobody's is unknown."""
    import boto3  # noqa: PLC0415 - importable with the fixture
    import requests  # noqa: PLC0415 - likewise

    assert kms
    with running_aws(tmp_path, kms_clients) as own:
        monkeypatch.setenv("AWS_ENDPOINT_URL", own.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", own.url)
        alias = made(boto3.client("kms"))["alias"]
        iam = boto3.client("iam")
        iam.create_user(UserName="reader")
        read = [{"Effect": "Allow", "Action": "kms:GetPublicKey", "Resource": "*"}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": read})
        iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
        pair = iam.create_access_key(UserName="reader")["AccessKey"]
        requests.post(f"{own.url}/moto-api/reset-auth", data="0", timeout=10)

        unknown = refused(f"/{alias}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair["SecretAccessKey"])
        key = opened(f"/{alias}")
        with pytest.raises(Error) as caught:
            key.sign_bytes(b"x")

    assert unknown.code == "KMS002"
    assert (caught.value.code, caught.value.status) == ("KMS004", ExitStatus.OUTSIDE)
    assert "kms:Sign" in caught.value.fix
    assert pair["SecretAccessKey"] not in str(caught.value)
