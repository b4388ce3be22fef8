"""Keys in a Vault, against Vault's own transit engine (see `tests/stack/transit`)."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.kms.opening import open_key
from maximus.signing.kms.references import parse_reference
from maximus.signing.transport import Limits
from tests.stack.faults import Answer, Drop, Faults, Hang

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maximus.signing.kms.managed import ManagedKey
    from tests.stack.custody import Vault

LIMITS = Limits(connect=2, attempt=5, budget=10, absent=1)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token lies where hvac looks."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VAULT_TOKEN", raising=False)


def made(vault: Vault, kind: str = "ecdsa-p256") -> str:
    """Return the reference of a new key."""
    name = f"test-{uuid4()}"
    vault.change(f"keys/{name}", type=kind)
    return f"hashivault://{name}"


def opened(
    reference: str, vault: Vault, monkeypatch: pytest.MonkeyPatch, limits: Limits = LIMITS, **environment: str
) -> ManagedKey:
    """Return the key."""
    said: Mapping[str, str] = vault.environment | environment
    monkeypatch.setenv("VAULT_TOKEN", said["VAULT_TOKEN"])
    return open_key(parse_reference(reference), limits, said)


def refused(*arguments: Any, **environment: Any) -> Error:  # noqa: ANN401 - those of `opened`
    """Return the error with which opening the key ends."""
    with pytest.raises(Error) as caught:
        opened(*arguments, **environment)
    return caught.value


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096", "ed25519"])
def test_files_and_statements_are_signed(
    vault: Vault, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the engine signed verifies with the public half that it gives."""
    key = opened(made(vault, kind), vault, monkeypatch)
    path = tmp_path / "a"
    path.write_bytes(b"content" * 100_000)
    file = hash_file(path)

    assert key.public.signed_file(key.sign_file(file), file)
    assert key.public.signed_bytes(key.sign_bytes(b"statement"), b"statement")


def test_a_key_that_is_rotated_signs_on_as_it_was(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is by one key: the newest version when it began. The next run takes the next."""
    reference = made(vault)
    key = opened(reference, vault, monkeypatch)

    vault.change(f"keys/{reference.partition('://')[2]}/rotate")
    newer = opened(reference, vault, monkeypatch)

    assert key.public.signed_bytes(key.sign_bytes(b"x"), b"x")
    assert newer.public.fingerprint != key.public.fingerprint
    assert newer.public.signed_bytes(newer.sign_bytes(b"x"), b"x")


def test_a_key_that_is_not_there_is_said(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name is the caller's."""
    error = refused("hashivault://nowhere", vault, monkeypatch)

    assert (error.code, error.status) == ("KMS003", ExitStatus.USAGE)


def test_another_mount_is_asked_where_it_is_named(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """By cosign's variable; nothing is mounted there."""
    elsewhere = {"TRANSIT_SECRET_ENGINE_PATH": "elsewhere"}

    assert refused(made(vault), vault, monkeypatch, **elsewhere).code == "KMS003"


@pytest.mark.parametrize("kind", ["aes256-gcm96", "ecdsa-p521", "hmac"])
def test_a_key_that_cannot_sign_is_refused(vault: Vault, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one of a curve that is not signed with."""
    data = {"key_size": 32} if kind == "hmac" else {}
    name = f"test-{uuid4()}"
    vault.change(f"keys/{name}", type=kind, **data)

    error = refused(f"hashivault://{name}", vault, monkeypatch)

    assert (error.code, error.status) == ("KMS005", ExitStatus.USAGE)


def test_who_may_not_sign_is_told_what_is_missing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token that may read finds the key and is denied its use."""
    key = opened(made(vault), vault, monkeypatch, VAULT_TOKEN=vault.reader)
    with pytest.raises(Error) as caught:
        key.sign_bytes(b"x")

    assert (caught.value.code, caught.value.status) == ("KMS004", ExitStatus.OUTSIDE)
    assert "transit/sign" in caught.value.fix
    assert vault.reader not in str(caught.value)


def test_without_a_token_that_is_said(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how a job gets one."""
    error = refused(made(vault), vault, monkeypatch, VAULT_TOKEN="")

    assert (error.code, error.status) == ("KMS002", ExitStatus.OUTSIDE)
    assert "VAULT_TOKEN" in error.fix


@pytest.mark.parametrize(("address", "word"), [("", "VAULT_ADDR is not set"), ("vault.internal", "no address")])
def test_without_an_address_that_is_said(
    vault: Vault, address: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Vault is looked for on this machine by default."""
    error = refused(made(vault), vault, monkeypatch, VAULT_ADDR=address)

    assert error.code == "KMS002"
    assert word in error.why


@pytest.mark.parametrize(
    "fault",
    [Answer(503, body=b'{"errors": ["Vault is sealed"]}'), Answer(429), Answer(502), Answer(500), Drop()],
    ids=["sealed", "429", "502", "500", "dropped"],
)
def test_what_may_pass_is_waited_for(vault: Vault, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:  # noqa: ANN401 - a fault of any kind
    """Twice away, then signed."""
    with Faults(vault.url) as faults:
        key = opened(made(vault), vault, monkeypatch, VAULT_ADDR=faults.url)
        before = faults.count("POST")
        faults.inject(fault, times=2)

        key.sign_bytes(b"x")

        assert faults.count("POST") - before == 3


def test_a_vault_that_hangs_is_given_up(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the run's own time, and outside."""
    with Faults(vault.url) as faults:
        faults.inject(Hang(), times=20)
        limits = Limits(connect=0.3, attempt=0.3, budget=0.6)
        error = refused(made(vault), vault, monkeypatch, limits, VAULT_ADDR=faults.url)

    assert (error.code, error.status) == ("KMS006", ExitStatus.OUTSIDE)


def test_where_nobody_listens_that_is_said(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a short while, with the address and without the token."""
    error = refused("hashivault://k", vault, monkeypatch, VAULT_ADDR="http://127.0.0.1:9")

    assert error.code == "KMS006"
    assert "127.0.0.1:9" in error.why


@pytest.mark.parametrize(
    "answer",
    [Answer(200, body=b"<html>"), Answer(200, body=b"[]"), Answer(307, headers={"Location": "http://x.example"})],
)
def test_what_is_no_vault_is_said(vault: Vault, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """A page, another service, and one that would send the token on elsewhere."""
    with Faults(vault.url) as faults:
        faults.inject(answer, times=1)
        error = refused(made(vault), vault, monkeypatch, VAULT_ADDR=faults.url)

        assert error.code == "KMS006"
        assert faults.count("GET") == 1


def test_a_token_in_the_home_folder_is_found(vault: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where `vault login` leaves it."""
    (tmp_path / ".vault-token").write_text(vault.token, encoding="utf-8")
    monkeypatch.delenv("VAULT_TOKEN", raising=False)

    environment = {"VAULT_ADDR": vault.url}
    key = open_key(parse_reference(made(vault)), LIMITS, environment)

    shutil.rmtree(tmp_path, ignore_errors=True)
    assert key.public.signed_bytes(key.sign_bytes(b"x"), b"x")


def test_a_client_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installed package without that extra: with how to have it."""
    monkeypatch.setitem(sys.modules, "hvac", None)
    with pytest.raises(Error) as caught:
        open_key(parse_reference("hashivault://k"), LIMITS, {"VAULT_ADDR": "http://127.0.0.1:9"})

    assert (caught.value.code, caught.value.status) == ("KMS009", ExitStatus.OUTSIDE)
    assert "maximus-actions[sign-vault]" in caught.value.fix


@pytest.mark.parametrize("address", ["http://user:s3cret@127.0.0.1:9", "http://user:s3cret@[::1", "http://s3cret@a..b"])
def test_a_password_in_the_address_is_not_shown(vault: Vault, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Neither where nobody listens nor where it is no address."""
    error = refused("hashivault://k", vault, monkeypatch, VAULT_ADDR=address)
    assert error.code in ("KMS002", "KMS006")
    assert "s3cret" not in str(error)


def test_a_token_that_no_request_can_carry_is_not_shown(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client would quote it."""
    environment = {"VAULT_TOKEN": "s3cret\n1"}
    error = refused("hashivault://k", vault, monkeypatch, **environment)
    assert (error.code, "s3cret" in str(error)) == ("KMS002", False)


def test_an_authority_that_is_not_there_is_named(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variables that may have named it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at-all.pem")
    error = refused("hashivault://k", vault, monkeypatch, VAULT_ADDR="https://127.0.0.1:9")
    assert error.code == "KMS002"
    assert "/nowhere/at-all.pem" in error.why
    assert "VAULT_CACERT" in error.fix
