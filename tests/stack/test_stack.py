"""The stack itself: both clients agree on it, and it can be taken apart and put together."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from sigstore.dsse import StatementBuilder, Subject
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from tests.stack import build
from tests.stack.build import Unmeasured
from tests.stack.faults import Answer, Cut, Delay, Drip, Drop, Fault, Faults, Hang
from tests.stack.issuer import Issuer, job_claims
from tests.stack.services import ROOT
from tests.stack.stack import Failed
from tests.stack.trust import REKOR_V1, REKOR_V2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

BOTH_LOGS = pytest.mark.parametrize("rekor", [REKOR_V1, REKOR_V2])
PREDICATE_TYPE = "https://maximus.invalid/predicate/v1"


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A file to sign."""
    path = tmp_path / "app-1.2.3.whl"
    path.write_bytes(b"the bytes of a release\n")
    return path


def fetch_token(environment: Mapping[str, str], *, audience: str = "sigstore", bearer: str | None = None) -> str:
    """Ask for a token as an action does."""
    url = f"{environment['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={audience}"
    secret = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] if bearer is None else bearer
    headers = {"Authorization": f"bearer {secret}"} if secret else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as reply:  # noqa: S310 - loopback
        value: str = json.load(reply)["value"]
    return value


def sign(stack: Stack, trust: Path, artifact: Path) -> Bundle:
    """Sign a file with sigstore-python as the stack's default job."""
    config = ClientTrustConfig.from_json(trust.read_text(encoding="utf-8"))
    token = IdentityToken(fetch_token(stack.environment()))
    with SigningContext.from_trust_config(config).signer(token) as signer:
        return signer.sign_artifact(artifact.read_bytes())


def verify(stack: Stack, artifact: Path, bundle: Bundle) -> None:
    """Verify a file with sigstore-python; raises where it does not hold."""
    verifier_of(stack).verify_artifact(artifact.read_bytes(), bundle, identity_of(stack))


def verifier_of(stack: Stack) -> Verifier:
    """Return a verifier that trusts the stack."""
    config = ClientTrustConfig.from_json(stack.trust_v2.read_text(encoding="utf-8"))
    return Verifier(trusted_root=config.trusted_root)


def identity_of(stack: Stack) -> Identity:
    """Return the policy that only the stack's default job meets."""
    return Identity(identity=stack.identity(), issuer=stack.issuer_url)


@BOTH_LOGS
def test_cosign_verifies_what_sigstore_python_signs(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, rekor: int
) -> None:
    """A bundle made by one client is accepted by the other, with either log."""
    bundle = tmp_path / "bundle.json"
    bundle.write_text(sign(stack, stack.trust(rekor), artifact).to_json(), encoding="utf-8")

    done = cosign.verify_blob(artifact, bundle)

    assert done.returncode == 0, done.stderr


@BOTH_LOGS
def test_sigstore_python_verifies_what_cosign_signs(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, rekor: int
) -> None:
    """A bundle made by cosign, with the token of a GitHub job, is accepted by sigstore-python."""
    bundle = tmp_path / "bundle.json"

    done = cosign.sign_blob(artifact, bundle, rekor=rekor)

    assert done.returncode == 0, done.stderr
    verify(stack, artifact, Bundle.from_json(bundle.read_text(encoding="utf-8")))


@BOTH_LOGS
def test_cosign_verifies_a_statement_that_sigstore_python_signs(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, rekor: int
) -> None:
    """An attestation made by one client covers its file for the other."""
    config = ClientTrustConfig.from_json(stack.trust(rekor).read_text(encoding="utf-8"))
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    subject = Subject.model_validate({"name": artifact.name, "digest": {"sha256": digest}})
    statement = StatementBuilder([subject], PREDICATE_TYPE, {"answer": 42}).build()
    token = IdentityToken(fetch_token(stack.environment()))
    with SigningContext.from_trust_config(config).signer(token) as signer:
        made = signer.sign_dsse(statement)
    bundle = tmp_path / "bundle.json"
    bundle.write_text(made.to_json(), encoding="utf-8")

    done = cosign.verify_blob_attestation(artifact, bundle, predicate_type=PREDICATE_TYPE)

    assert done.returncode == 0, done.stderr


@BOTH_LOGS
def test_sigstore_python_verifies_a_statement_that_cosign_signs(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, rekor: int
) -> None:
    """A whole statement is signed by cosign as it stands, and read back by sigstore-python."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": artifact.name, "digest": {"sha256": hashlib.sha256(artifact.read_bytes()).hexdigest()}},
            {"name": "other", "digest": {"sha256": "00" * 32}},
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"answer": 42},
    }
    source, bundle = tmp_path / "statement.json", tmp_path / "bundle.json"
    source.write_text(json.dumps(statement), encoding="utf-8")

    done = cosign.attest_blob(source, bundle, rekor=rekor)

    assert done.returncode == 0, done.stderr
    _, payload = verifier_of(stack).verify_dsse(
        Bundle.from_json(bundle.read_text(encoding="utf-8")), identity_of(stack)
    )
    assert json.loads(payload)["subject"] == statement["subject"]


def test_cosign_refuses_another_identity(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, trust_v2: Path
) -> None:
    """The judge does judge: a bundle signed by one workflow is not another's."""
    bundle = tmp_path / "bundle.json"
    bundle.write_text(sign(stack, trust_v2, artifact).to_json(), encoding="utf-8")

    done = cosign.verify_blob(artifact, bundle, identity=stack.identity(repository="evil/fork"))

    assert done.returncode != 0
    assert "no matching CertificateIdentity found" in done.stderr


def test_cosign_refuses_other_bytes(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, trust_v2: Path
) -> None:
    """A file changed after signing is refused."""
    bundle = tmp_path / "bundle.json"
    bundle.write_text(sign(stack, trust_v2, artifact).to_json(), encoding="utf-8")
    artifact.write_bytes(b"other bytes")

    done = cosign.verify_blob(artifact, bundle)

    assert done.returncode != 0


def test_the_certificate_names_the_called_workflow(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path
) -> None:
    """With a reusable workflow the identity is the called one's, in another repository."""
    called = "octo/shared/.github/workflows/build.yml@refs/heads/main"
    bundle = tmp_path / "bundle.json"

    signed = cosign.sign_blob(artifact, bundle, rekor=REKOR_V2, environment=stack.environment(job_workflow_ref=called))
    verified = cosign.verify_blob(artifact, bundle, identity=f"https://github.com/{called}")

    assert signed.returncode == 0, signed.stderr
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize(
    "job",
    [
        lambda stack: stack.environment(lifetime=-60),
        lambda stack: stack.environment(aud="https://github.com/octo"),
        lambda stack: stack.environment(job_workflow_ref=None),
    ],
    ids=["expired", "other-audience", "claim-missing"],
)
def test_fulcio_refuses_a_bad_token(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, job: Callable[[Stack], dict[str, str]]
) -> None:
    """The real Fulcio checks the token: expired, for somebody else, or incomplete ones get no certificate."""
    environment = job(stack)

    done = cosign.sign_blob(artifact, tmp_path / "bundle.json", rekor=REKOR_V2, environment=environment)

    assert done.returncode != 0
    assert not (tmp_path / "bundle.json").exists()


def test_the_issuer_refuses_a_request_without_a_bearer(stack: Stack) -> None:
    """A token is given only to who shows the job's secret."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch_token(stack.environment(), bearer="")

    refused.value.close()
    assert refused.value.code == 401


def test_the_environment_agrees_with_the_token(stack: Stack) -> None:
    """What a job sees in its variables is what its token claims."""
    environment = stack.environment(repository="octo/other", ref="refs/heads/main")
    token = IdentityToken(fetch_token(environment))
    claims = job_claims({"repository": "octo/other", "ref": "refs/heads/main"})

    assert environment["GITHUB_WORKFLOW_REF"] == "octo/other/.github/workflows/release.yml@refs/heads/main"
    assert environment["GITHUB_REPOSITORY"] == claims["repository"]
    assert token.federated_issuer == stack.issuer_url
    assert token.identity == claims["sub"]


def test_an_issuer_of_ones_own_signs_the_chosen_claims() -> None:
    """A test can run an issuer by itself, without the stack."""
    with Issuer() as issuer, urllib.request.urlopen(f"{issuer.url}/keys", timeout=10) as reply:  # noqa: S310 - loopback
        keys = json.load(reply)["keys"]

    assert [key["alg"] for key in keys] == ["RS256"]


@pytest.mark.parametrize("service", ["fulcio", "ct", "tsa", "rekor-v2", "rekor-v1"])
def test_a_stopped_service_comes_back_as_itself(stack: Stack, artifact: Path, service: str) -> None:
    """A service that was stopped has its old keys and entries: bundles from before and after hold."""
    trust = stack.trust(REKOR_V1 if service == "rekor-v1" else REKOR_V2)
    before = sign(stack, trust, artifact)

    stack.stop(service)
    stack.start(service)

    verify(stack, artifact, before)
    verify(stack, artifact, sign(stack, trust, artifact))


# Not the CT log: Fulcio waits 30 seconds for it.
@pytest.mark.parametrize("service", ["fulcio", "tsa", "rekor-v2", "rekor-v1"])
def test_nothing_is_signed_without_a_service(
    stack: Stack, cosign: Cosign, artifact: Path, tmp_path: Path, service: str
) -> None:
    """A service that is stopped is really gone."""
    rekor = REKOR_V1 if service == "rekor-v1" else REKOR_V2

    with stack.without(service):
        refused = cosign.sign_blob(artifact, tmp_path / "bundle.json", rekor=rekor)

    assert refused.returncode != 0


def test_a_second_process_shares_the_stack(stack: Stack) -> None:
    """Parallel workers find the running stack, and leave it running."""
    code = "from tests.stack.stack import Stack\nwith Stack() as stack: print(stack.state)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True, timeout=60
    )

    assert done.stdout.strip() == str(stack.state)
    assert fetch_token(stack.environment())


def test_an_unknown_service_is_named(stack: Stack) -> None:
    """A misspelt service is an error that lists the right ones."""
    with pytest.raises(Failed, match=r"no service 'rekor'; there are .*rekor-v2"):
        stack.start("rekor")


@pytest.fixture
def tsa_faults(stack: Stack) -> Iterator[Faults]:
    """A proxy in front of the timestamp authority."""
    with Faults(stack.urls["tsa"]) as faults:
        yield faults


def ping(faults: Faults, seconds: float = 5.0) -> int:
    """Return the status of a request through the proxy."""
    try:
        with urllib.request.urlopen(f"{faults.url}/ping", timeout=seconds) as reply:  # noqa: S310 - loopback
            reply.read()
            status: int = reply.status
            return status
    except urllib.error.HTTPError as refused:
        with contextlib.closing(refused):
            return refused.code


def test_signing_goes_through_a_proxy(stack: Stack, artifact: Path, tmp_path: Path, tsa_faults: Faults) -> None:
    """A trust config written through a proxy makes the client use it, and its bundles hold."""
    trust = stack.write_trust(tmp_path / "trust.json", rekor=REKOR_V2, through={"tsa": tsa_faults.url})

    verify(stack, artifact, sign(stack, trust, artifact))

    assert tsa_faults.count("POST", "/api/v1/timestamp") == 1


def test_an_injected_answer_strikes_as_often_as_asked(tsa_faults: Faults) -> None:
    """The next two requests fail, the third reaches the service."""
    tsa_faults.inject(Answer(503, retry_after=1), times=2)

    assert [ping(tsa_faults) for _ in range(3)] == [503, 503, 200]


def test_an_injected_answer_carries_retry_after(tsa_faults: Faults) -> None:
    """A client that honours `Retry-After` can be tried."""
    tsa_faults.inject(Answer(429, retry_after=7))

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{tsa_faults.url}/ping", timeout=5)  # noqa: S310 - loopback

    refused.value.close()
    assert refused.value.headers["Retry-After"] == "7"


@pytest.mark.parametrize("fault", [Hang(), Drip(), Drip(seconds_per_byte=0.4), Delay(5.0)], ids=repr)
def test_a_slow_service_outlasts_the_client(tsa_faults: Faults, fault: Fault) -> None:
    """A client with a deadline sees it pass."""
    tsa_faults.inject(fault)

    with pytest.raises(OSError, match="timed out"):
        ping(tsa_faults, 0.3)


def test_a_cut_reply_ends_in_its_middle(tsa_faults: Faults) -> None:
    """The head promises more than comes."""
    tsa_faults.inject(Cut())

    with pytest.raises(http.client.IncompleteRead):
        ping(tsa_faults)


@pytest.mark.parametrize("forwarded", [True, False])
def test_a_dropped_connection_is_reset(tsa_faults: Faults, forwarded: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A lost reply is a broken connection, not an empty one."""
    tsa_faults.inject(Drop(forwarded=forwarded))

    with pytest.raises(ConnectionResetError):
        ping(tsa_faults)


def test_a_service_that_is_down_refuses_connections(tsa_faults: Faults) -> None:
    """To one test the service is gone and comes back, and nobody else notices."""
    with tsa_faults.down(), pytest.raises(urllib.error.URLError, match="refused"):
        ping(tsa_faults)

    assert ping(tsa_faults) == 200


def test_a_ready_made_folder_without_the_program_is_unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of binaries that lacks one says which."""
    monkeypatch.setenv("MAXIMUS_STACK_BIN", str(tmp_path))

    with pytest.raises(Unmeasured, match=r"holds no fulcio"):
        build.locate("fulcio")


@pytest.mark.parametrize(("required", "outcome"), [("0", "1 skipped"), ("1", "1 error")])
def test_a_missing_stack_is_unmeasured(tmp_path: Path, required: str, outcome: str) -> None:
    """What cannot be started is skipped with the verdict's word, and is a failure where it is required."""
    asking = tmp_path / "test_asking.py"
    asking.write_text("def test_it(stack): pass\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "tests.stack.fixtures", asking],
        cwd=tmp_path,
        env={
            **os.environ,
            "MAXIMUS_REQUIRE_STACK": required,
            "MAXIMUS_STACK_BIN": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert outcome in done.stdout
    assert f"unmeasured: MAXIMUS_STACK_BIN={tmp_path} holds no fulcio" in " ".join(done.stdout.split())


def test_a_go_that_is_too_old_is_unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old Go is refused with both versions, before it fails in a thousand ways."""
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n", encoding="utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(build, "BIN", tmp_path / "bin")
    monkeypatch.delenv("MAXIMUS_STACK_BIN", raising=False)

    with pytest.raises(Unmeasured, match=r"is 1\.19\.8; the stack needs Go 1\.26\.0 or newer"):
        build.locate("fulcio")
