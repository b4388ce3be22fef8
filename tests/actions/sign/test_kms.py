"""`sign` and `verify` with a key in a service: what it signs cosign verifies, and no secret is seen on the way."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from actions import custody, sign, verify
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from maximus.signing.keys import SigningKey
from maximus.signing.kms.references import Provider, parse_reference
from maximus.verdict import Status
from tests.stack import build
from tests.stack.custody import CACHE, tools_path
from tests.stack.faults import Answer, Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.stack.custody import Aws, Vault

ROOT = Path(sign.__file__).resolve().parents[2]
FILES = ("app.whl", "empty")


@pytest.fixture(autouse=True)
def here(kms_clients: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with a release, and no setting of this machine's user."""
    # Made importable before the path is copied.
    assert kms_clients.is_dir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # What is installed for a key is importable in this test only.
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("release").mkdir()
    Path("release/app.whl").write_text("app " * 10_000, encoding="utf-8")
    Path("release/empty").touch()


@pytest.fixture(params=["aws", "vault"])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, str]]:
    """The reference of a key in each service that something real stands for, and the environment that leads there."""
    if request.param == "aws":
        aws: Aws = request.getfixturevalue("aws")
        environment = aws.environment
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        import boto3  # noqa: PLC0415 - importable with the fixture

        kms = boto3.client("kms")
        found = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        # Over TLS, by the address in the reference, as cosign reads it.
        return f"awskms://{aws.host}/{found}", environment
    vault: Vault = request.getfixturevalue("vault")
    for name, value in vault.environment.items():
        monkeypatch.setenv(name, value)
    vault.change("keys/release", type="ecdsa-p256")
    return "hashivault://release", vault.environment


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a run that installs the clients where the others of this machine did."""
    return {"PATH": tools_path(), "XDG_CACHE_HOME": str(CACHE), **environment}


def signed(environment: Mapping[str, str], inputs: sign.Inputs) -> tuple[TerminalFace, sign.Outputs, str]:
    """Run `sign` and return what it came to and all that was shown."""
    shown = io.StringIO()
    face = TerminalFace(surroundings(environment), "sign", stream=shown, errors=shown)
    outputs = sign.run(inputs, face)
    face.conclude({"bundles": outputs.bundles, "identity": outputs.identity})
    return face, outputs, shown.getvalue()


def cosign(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run cosign, without a log."""
    return subprocess.run(
        [build.locate("cosign"), *arguments],
        env={"HOME": str(Path.cwd()), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_what_a_service_signed_verifies_everywhere(service: tuple[str, dict[str, str]]) -> None:
    """By cosign with the exported key, by cosign and by us with the service's own, and no secret lies anywhere."""
    key, environment = service
    # No proxy of moto's settings: cosign asks the address in the reference.
    face, outputs, shown = signed(environment, sign.Inputs(key=key))

    assert face.record.exit_status is ExitStatus.PASS
    assert json.loads(outputs.bundles) == [f"release/{name}.sigstore.json" for name in FILES]
    for name in FILES:
        for judge in ("release/maximus.pub", key):
            done = cosign(
                *("verify-blob", "--key", judge, "--bundle", f"release/{name}.sigstore.json"),
                *("--insecure-ignore-tlog", f"release/{name}"),
                environment=environment,
            )
            assert done.returncode == 0, done.stderr

    said = io.StringIO()
    judge_face = TerminalFace(surroundings(environment), "verify", stream=said, errors=said)
    verify.run(verify.Inputs(files=("release/app.whl",), key=key), judge_face)
    assert judge_face.record.exit_status is ExitStatus.PASS, said.getvalue()

    secrets = [environment[name] for name in ("AWS_SECRET_ACCESS_KEY", "VAULT_TOKEN") if name in environment]
    written = b"".join(path.read_bytes() for path in Path("release").rglob("*") if path.is_file()).decode()
    assert secrets
    assert not [secret for secret in secrets if secret in shown + said.getvalue() + written + repr(outputs)]


def test_one_statement_is_signed_for_all(service: tuple[str, dict[str, str]]) -> None:
    """The service is asked once, and cosign finds each file in what it signed."""
    key, environment = service
    face, outputs, _ = signed(environment, sign.Inputs(key=key, mode="statement"))

    (bundle,) = json.loads(outputs.bundles)
    done = cosign(
        *("verify-blob-attestation", "--key", "release/maximus.pub", "--bundle", bundle, "--insecure-ignore-tlog"),
        *("--type", json.loads(_payload(bundle))["predicateType"], "release/app.whl"),
        environment={},
    )

    assert face.record.exit_status is ExitStatus.PASS
    assert done.returncode == 0, done.stderr


def _payload(bundle: str) -> str:
    import base64  # noqa: PLC0415 - for one call

    envelope = json.loads(Path(bundle).read_text(encoding="utf-8"))["dsseEnvelope"]
    return base64.b64decode(envelope["payload"]).decode()


def test_what_is_signed_already_is_not_asked_for_again(service: tuple[str, dict[str, str]]) -> None:
    """A second run keeps each bundle as it is."""
    key, environment = service
    signed(environment, sign.Inputs(key=key))
    before = [Path(f"release/{name}.sigstore.json").read_bytes() for name in FILES]

    _, _, shown = signed(environment, sign.Inputs(key=key))

    assert [Path(f"release/{name}.sigstore.json").read_bytes() for name in FILES] == before
    assert "(2 already)" in shown


def test_the_command_installs_the_client_and_no_more(vault: Vault) -> None:
    """As it is typed: with a key in a file nothing of a service is installed or imported; with a reference its own."""
    vault.change("keys/typed", type="ecdsa-p256")
    Path("key.pem").touch(mode=0o600)
    Path("key.pem").write_bytes(_pem())
    watch = "import runpy, sys; sys.argv = sys.argv[1:]; sys.path.insert(0, sys.argv[0])\n"
    watch += "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
    watch += "except SystemExit as end:\n"
    watch += "    names = ('boto3', 'hvac', 'azure.identity', 'google.cloud.kms_v1')\n"
    watch += "    print('IMPORTED', [name for name in names if name in sys.modules], end.code)\n"

    def typed(key: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", watch, str(ROOT / "actions"), "sign", "--folder", "release", "--key", key],
            env=surroundings(vault.environment) | {"HOME": os.environ["HOME"]},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return done.stdout + done.stderr

    assert "IMPORTED [] 0" in typed("key.pem")
    assert "IMPORTED ['hvac'] 0" in typed("hashivault://typed")


def _pem() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", "keys in Google Cloud KMS are experimental"),
        ("azurekms://v.vault.azure.net/k", "keys in Azure Key Vault are experimental"),
        ("hashivault://k", ""),
        ("awskms:///alias/k", ""),
    ],
)
def test_what_no_test_has_met_is_experimental(key: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict says so, and of the others it does not."""
    monkeypatch.setattr(custody, "find_key", lambda *_: SigningKey(generate_private_key(SECP256R1())))
    monkeypatch.setattr("actions.sign.action.find_key", lambda *_: SigningKey(generate_private_key(SECP256R1())))

    face, _, _ = signed({}, sign.Inputs(key=key))
    (verdict,) = [each for each in face.record.verdicts if each.check == "sign.files"]

    assert verdict.status is Status.PASS
    assert verdict.reason == "; ".join(filter(None, (sign.NOT_LOGGED, said)))


def test_a_password_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and the key signs."""
    monkeypatch.setattr("actions.sign.action.find_key", lambda *_: SigningKey(generate_private_key(SECP256R1())))

    _, _, shown = signed({}, sign.Inputs(key="hashivault://k", key_password="secret"))  # noqa: S106 - a test's

    assert "`key-password` has no part" in shown


@pytest.mark.parametrize("action", ["sign", "verify"])
def test_a_wrong_reference_is_a_usage_error(action: str) -> None:
    """Before anything is installed."""
    shown = io.StringIO()
    face = TerminalFace({}, action, stream=shown, errors=shown)
    wrong = "awskms://alias/x"

    def run() -> None:
        if action == "sign":
            sign.run(sign.Inputs(key=wrong), face)
        else:
            verify.run(verify.Inputs(folder="release", key=wrong), face)

    with pytest.raises(Error) as caught:
        run()

    assert (caught.value.code, caught.value.status) == ("KMS001", ExitStatus.USAGE)


def test_offline_and_a_service_exclude_each_other() -> None:
    """With what to do instead."""
    shown = io.StringIO()
    face = TerminalFace({}, "verify", stream=shown, errors=shown)
    inputs = verify.Inputs(files=("release/app.whl",), key="hashivault://k", offline=True)

    with pytest.raises(Error) as caught:
        verify.run(inputs, face)

    assert caught.value.code == "VERIFY060"


def test_the_guide_names_keys_as_they_are_named(vault: Vault) -> None:
    """Each reference in it is one, and Vault's is signed with as it stands there."""
    vault.change("keys/release", type="ecdsa-p256")
    guide = (ROOT / "docs" / "sign.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^maximus sign --folder release --key (\w+://\S+)$", guide)

    assert {parse_reference(key).provider for key in commands} == {*Provider}
    (key,) = [key for key in commands if key.startswith("hashivault")]
    face, _, _ = signed(vault.environment, sign.Inputs(key=key))
    assert face.record.exit_status is ExitStatus.PASS


def test_an_outage_half_way_costs_a_second_run_only(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was signed stays, the rest is unmeasured and named with 3; the next run signs just that."""
    vault.change("keys/halfway", type="ecdsa-p256")
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    with Faults(vault.url) as faults:
        environment = {**vault.environment, "VAULT_ADDR": faults.url}
        first = signed(environment, sign.Inputs(key="hashivault://halfway", files=("release/empty",)))
        faults.inject(Answer(503), times=100, path="/v1/transit/sign")
        inputs = sign.Inputs(key="hashivault://halfway", retry_budget="1", timeout="1")
        face, outputs, shown = signed(environment, inputs)

    assert first[0].record.exit_status is ExitStatus.PASS
    assert face.record.exit_status is ExitStatus.OUTSIDE, shown
    assert "KMS006" in shown
    assert Path("release/empty.sigstore.json").exists()
    assert not Path("release/app.whl.sigstore.json").exists()
    assert "app.whl" in outputs.failed

    face, _, shown = signed(vault.environment, sign.Inputs(key="hashivault://halfway"))
    assert face.record.exit_status is ExitStatus.PASS
    assert "(1 already)" in shown


@pytest.mark.usefixtures("stack")
def test_the_signatures_can_be_logged(vault: Vault, trust_v2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an entry in the log for each, which the verifier asks for."""
    vault.change("keys/logged", type="ecdsa-p256")
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    face, outputs, shown = signed(
        vault.environment, sign.Inputs(key="hashivault://logged", log="rekor", trust_config=str(trust_v2))
    )

    assert face.record.exit_status is ExitStatus.PASS, shown
    assert len(json.loads(outputs.log_indexes)) == len(FILES)
