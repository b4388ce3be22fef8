"""Signatures by an identity: what others signed verifies, and what differs in anything does not."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from maximus.files import hash_file
from maximus.verification.finding import Fact, Logged
from maximus.verification.identity import ByIdentity, ByWorkflow
from maximus.verification.keyless import KeylessJudge
from maximus.verification.trust import read_trust

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

KINDS = [
    f"{maker}-{kind}-v{rekor}"
    for maker in ("cosign", "sigstore")
    for kind in ("message", "statement")
    for rekor in (1, 2)
]
APP = "https://github.com/octo/app"


@pytest.mark.parametrize("kind", KINDS)
def test_verifies_what_others_signed(real: Real, kind: str) -> None:
    """Bundles by cosign and by sigstore-python hold, under Rekor v1 and v2, over a file and as a statement."""
    finding = real.find(real.judge(), real.bundles[kind])
    assert finding.faults == ()
    assert all(finding.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY))


@pytest.mark.parametrize("version", ["0.1", "0.2"])
@pytest.mark.parametrize("kind", ["cosign-message-v1", "sigstore-statement-v1"])
def test_reads_bundles_of_older_formats(real: Real, version: str, kind: str) -> None:
    """Before 0.3 a bundle carried a chain that began with the certificate."""
    document = json.loads(real.bundles[kind])
    material = document["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}
    document["mediaType"] = f"application/vnd.dev.sigstore.bundle+json;version={version}"
    assert real.find(real.judge(), json.dumps(document).encode()).faults == ()


def test_says_who_signed_with_the_numbers_to_pin(real: Real) -> None:
    """The signer carries repository id and owner id, which no rename changes."""
    signer = real.find(real.judge(), real.bundles["cosign-message-v1"]).signer
    assert signer is not None
    assert (signer.repository, signer.repository_id, signer.owner_id) == (APP, "1296269", "583231")


def test_says_in_which_log_the_entry_is(real: Real, stack: Stack) -> None:
    """A logged signature names its log and its index there."""
    raw = real.bundles["sigstore-message-v2"]
    index = int(json.loads(raw)["verificationMaterial"]["tlogEntries"][0]["logIndex"])
    assert real.find(real.judge(), raw).log == Logged(index, stack.urls["rekor-v2"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("repository", "https://github.com/octo/other", "but you asked for octo/other"),
        ("workflow", f"{APP}/.github/workflows/ci.yml", "signing workflow is"),
        ("ref", "refs/heads/*", "ref is refs/tags/v1.2.3"),
        ("issuer", "https://token.actions.githubusercontent.com", "issuer is"),
    ],
)
def test_refuses_another_identity_and_nothing_else(real: Real, field: str, value: str, words: str) -> None:
    """A wrong identity leaves signature and log entry as they are, and is said in words."""
    changed: dict[str, Any] = {field: value}
    policy = dataclasses.replace(real.policy, **changed)
    finding = real.find(real.judge(policy), real.bundles["sigstore-message-v1"])
    assert [(fault.fact, fault.code) for fault in finding.faults] == [(Fact.IDENTITY, "VERIFY018")]
    assert words in finding.faults[0].reason
    assert finding.holds(Fact.SIGNATURES)
    assert finding.holds(Fact.LOG)


def test_tells_a_called_workflow_from_its_caller(real: Real, stack: Stack, cosign: Cosign, tmp_path: Path) -> None:
    """What a called workflow signed for this source needs that workflow to be named, and this source."""
    build = "acme/build/.github/workflows/go.yml"
    bundle = tmp_path / "called.json"
    environment = stack.environment(job_workflow_ref=f"{build}@refs/heads/main")
    assert cosign.sign_blob(real.file.path, bundle, environment=environment).returncode == 0
    named = ByWorkflow(APP, f"https://github.com/{build}", real.issuer)
    stranger = dataclasses.replace(named, repository="https://github.com/octo/other")
    exact = ByIdentity(f"https://github.com/{build}@refs/heads/main", real.issuer)
    accepted = [
        real.find(real.judge(policy), bundle.read_bytes()).faults == ()
        for policy in (named, real.policy, stranger, exact)
    ]
    assert accepted == [True, False, False, False]


def test_refuses_the_bundle_of_another_file(real: Real, tmp_path: Path) -> None:
    """A file with other bytes has another digest, and both are said."""
    other = tmp_path / "app.bin"
    other.write_bytes(b"What was released\n")
    file = hash_file(other)
    (fault,) = real.find(real.judge(), real.bundles["cosign-message-v1"], file).faults
    assert fault.code == "VERIFY014"
    assert file.sha256 in fault.reason
    assert real.file.sha256 in fault.reason


def test_refuses_another_file_where_the_bundle_states_no_digest(real: Real, tmp_path: Path) -> None:
    """The stated digest is a convenience: without it the signature itself does not fit."""
    document = json.loads(real.bundles["cosign-message-v1"])
    del document["messageSignature"]["messageDigest"]
    other = tmp_path / "app.bin"
    other.write_bytes(b"What was released\n")
    finding = real.find(real.judge(), json.dumps(document).encode(), hash_file(other))
    assert not finding.holds(Fact.SIGNATURES)
    assert "VERIFY015" in {fault.code for fault in finding.faults}


def test_refuses_a_bundle_of_another_instance(real: Real, tmp_path: Path) -> None:
    """Under a trusted root with other authorities nothing holds."""
    root = json.loads(real.root.read_text(encoding="utf-8"))
    root["certificateAuthorities"] = [dict(root["timestampAuthorities"][0])]
    path = tmp_path / "root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    finding = real.find(KeylessJudge(read_trust(path), real.policy), real.bundles["cosign-message-v1"])
    assert "VERIFY016" in {fault.code for fault in finding.faults}


def _moved(root: dict[str, Any], part: str, period: dict[str, str]) -> dict[str, Any]:
    moved = copy.deepcopy(root)
    for entry in moved[part]:
        entry.get("publicKey", entry)["validFor"] = period
    return moved


@pytest.mark.parametrize("part", ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"])
@pytest.mark.parametrize("kind", ["cosign-message-v1", "sigstore-statement-v2"])
def test_refuses_an_authority_outside_its_period(real: Real, tmp_path: Path, part: str, kind: str) -> None:
    """Each authority is believed only for the time that the trusted root gives it."""
    root = json.loads(real.root.read_text(encoding="utf-8"))
    path = tmp_path / "root.json"
    past = {"start": "2020-01-01T00:00:00Z", "end": "2020-12-31T00:00:00Z"}
    path.write_text(json.dumps(_moved(root, part, past)), encoding="utf-8")
    finding = real.find(KeylessJudge(read_trust(path), real.policy), real.bundles[kind])
    assert not (finding.holds(Fact.SIGNATURES) and finding.holds(Fact.LOG))


def test_believes_a_timestamp_authority_to_the_last_second(real: Real, tmp_path: Path) -> None:
    """A period is closed at its end: sigstore-python refuses a timestamp of its last instant."""
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415 - only tests with the stack need it

    raw = real.bundles["sigstore-message-v2"]
    data = json.loads(raw)["verificationMaterial"]["timestampVerificationData"]
    stamp = decode_timestamp_response(base64.b64decode(data["rfc3161Timestamps"][0]["signedTimestamp"]))
    root = json.loads(real.root.read_text(encoding="utf-8"))
    period = {"start": "2020-01-01T00:00:00Z", "end": stamp.tst_info.gen_time.strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = tmp_path / "root.json"
    path.write_text(json.dumps(_moved(root, "timestampAuthorities", period)), encoding="utf-8")
    assert real.find(KeylessJudge(read_trust(path), real.policy), raw).faults == ()


def _entry(document: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = document["verificationMaterial"]["tlogEntries"][0]
    return entry


def _shift_index(document: dict[str, Any]) -> None:
    _entry(document)["logIndex"] = str(int(_entry(document)["logIndex"]) + 1)


def _grow_tree(document: dict[str, Any]) -> None:
    proof = _entry(document)["inclusionProof"]
    proof["treeSize"] = str(int(proof["treeSize"]) + 1)


def _rename_log(document: dict[str, Any]) -> None:
    raw = bytearray(base64.b64decode(_entry(document)["logId"]["keyId"]))
    raw[-1] ^= 1
    _entry(document)["logId"]["keyId"] = base64.b64encode(raw).decode()


def _claim_time(document: dict[str, Any]) -> None:
    _entry(document)["integratedTime"] = "1600000000"


def _sign_twice(document: dict[str, Any]) -> None:
    checkpoint = _entry(document)["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] += checkpoint["envelope"].split("\n\n")[1]


@pytest.mark.parametrize("change", [_shift_index, _grow_tree, _rename_log, _claim_time, _sign_twice])
def test_refuses_what_sigstore_does_not_look_at(real: Real, change: Callable[[dict[str, Any]], None]) -> None:
    """Parts of an entry that no signature covers must agree with those that one does."""
    document = json.loads(real.bundles["sigstore-message-v2"])
    change(document)
    finding = real.find(real.judge(), json.dumps(document).encode())
    assert {(fault.fact, fault.code) for fault in finding.faults} == {(Fact.LOG, "VERIFY017")}


def test_refuses_a_bad_timestamp_beside_a_good_time(real: Real) -> None:
    """With Rekor v1 there is another time, and a timestamp that does not hold is refused all the same."""
    document = json.loads(real.bundles["sigstore-message-v1"])
    stamp = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    other = json.loads(real.bundles["sigstore-message-v2"])
    stamp.update(other["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0])
    (fault, *_) = real.find(real.judge(), json.dumps(document).encode()).faults
    assert (fault.fact, "a timestamp does not hold" in fault.reason) == (Fact.SIGNATURES, True)


def test_refuses_a_key_where_an_identity_was_asked_for(real: Real) -> None:
    """A bundle that names a key proves nothing about an identity."""
    document = json.loads(real.bundles["cosign-message-v1"])
    del document["verificationMaterial"]["certificate"]
    document["verificationMaterial"]["publicKey"] = {"hint": "x"}
    (fault,) = real.find(real.judge(), json.dumps(document).encode()).faults
    assert (fault.fact, fault.code) == (Fact.SIGNATURES, "VERIFY020")


def test_makes_no_request(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a trusted root in a file verification needs no network at all."""

    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert [real.find(real.judge(), real.bundles[kind]).faults for kind in KINDS] == [()] * len(KINDS)
