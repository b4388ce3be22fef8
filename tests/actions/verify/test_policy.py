"""`verify` by a policy in a file, the policy that it writes, and the statement about what it found."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from actions import verify
from actions.terminal import TerminalFace
from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from tests.actions.verify.test_tag import KEY, SBOM

if TYPE_CHECKING:
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack


def run(inputs: verify.Inputs, environment: dict[str, str] | None = None) -> tuple[verify.Outputs, ExitStatus, str]:
    """Run the action at a terminal."""
    shown = io.StringIO()
    face = TerminalFace(environment or {}, "verify", stream=shown, errors=shown)
    outputs = verify.run(inputs, face)
    face.conclude({})
    return outputs, face.record.exit_status, shown.getvalue()


def refusal(inputs: verify.Inputs) -> Error:
    """Return the Error with which a run ends."""
    with pytest.raises(Error) as caught:
        run(inputs)
    return caught.value


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder signed with a key; the working folder is above it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "release"
    folder.mkdir()
    for name, content in {"app.whl": "app", "sbom.cdx.json": SBOM}.items():
        (folder / name).write_text(content, encoding="utf-8")
        bundle = KeySigner(KEY).sign_file(hash_file(folder / name))
        (folder / f"{name}.sigstore.json").write_text(bundle, encoding="utf-8")
    (folder / "notes.txt").write_text("prose", encoding="utf-8")
    Path("key.pub").write_bytes(KEY.public.pem)
    return folder


ALLOWED = ("*.txt: prose that nobody runs",)


def test_what_was_verified_can_be_pinned_and_verified_by(release: Path) -> None:
    """The policy that `pin` writes is one that `policy` reads, and the next run by it ends the same."""
    outputs, status, _ = run(verify.Inputs(key="key.pub", allow_unsigned=ALLOWED, pin="policy.json"))
    assert (status, outputs.pinned, release.is_dir()) == (ExitStatus.PASS, "policy.json", True)
    policy = json.loads(Path("policy.json").read_text(encoding="utf-8"))
    assert policy == {
        "version": 1,
        "key": KEY.public.fingerprint,
        "allow-unsigned": [{"files": "*.txt", "reason": "prose that nobody runs"}],
    }
    assert run(verify.Inputs(key="key.pub", policy="policy.json"))[1] is ExitStatus.PASS


def test_nothing_is_pinned_of_what_does_not_hold(release: Path) -> None:
    """A release that is not compliant leaves no policy, and that is said."""
    outputs, status, shown = run(verify.Inputs(key="key.pub", pin="policy.json"))
    assert (status, outputs.pinned) == (ExitStatus.FAILED, "")
    assert not Path("policy.json").exists()
    assert "no policy was written" in shown
    assert release.is_dir()


@pytest.mark.usefixtures("release")
def test_another_key_than_the_policy_asks_for_is_refused() -> None:
    """A policy names the key by its fingerprint; the input that brings it must bring that one."""
    Path("policy.json").write_text(json.dumps({"version": 1, "key": KEY.public.fingerprint}), encoding="utf-8")
    Path("key.pub").write_bytes(SigningKey(ec.generate_private_key(ec.SECP256R1())).public.pem)
    assert refusal(verify.Inputs(key="key.pub", policy="policy.json")).code == "VERIFY048"
    assert "`key` is needed" in refusal(verify.Inputs(policy="policy.json")).why


WORKFLOW = {
    "version": 1,
    "repository": "https://github.com/octo/app",
    "workflow": "https://github.com/octo/app/.github/workflows/release.yml",
}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("[]", "no JSON object"),
        ("{", ""),
        ('{"version": 1, "version": 1}', "stands twice"),
        (json.dumps(WORKFLOW | {"repositry": "x"}), "did you mean repository?"),
        (json.dumps(WORKFLOW | {"owner_id": "1"}), "did you mean owner-id?"),
        (json.dumps(WORKFLOW | {"version": 2}), "version"),
        (json.dumps({"version": 1}), "repository"),
        (json.dumps({"version": 1, "workflow": "https://github.com/octo/app/.github/workflows/r.yml"}), "repository"),
        (json.dumps(WORKFLOW | {"runner": "any"}), "runner"),
        (json.dumps(WORKFLOW | {"repository-id": 12}), "repository-id"),
        (json.dumps(WORKFLOW | {"allow-unsigned": [{"files": "*.txt"}]}), "reason"),
        (json.dumps({"version": 1, "key": "key.pub"}), "key"),
    ],
)
@pytest.mark.usefixtures("release")
def test_what_is_no_policy_is_refused(document: str, words: str) -> None:
    """Unknown keys come with the nearest known one, wrong values with their place; nothing is verified."""
    Path("policy.json").write_text(document, encoding="utf-8")
    error = refusal(verify.Inputs(policy="policy.json"))
    assert (error.code, error.status) == ("VERIFY045", ExitStatus.USAGE)
    assert words in error.why


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repository": "octo/other"}, "`repository` is octo/other"),
        ({"workflow": ".github/workflows/other.yml"}, "`workflow`"),
        ({"repository_id": "2"}, "`repository-id` is 2"),
        ({"allow_unsigned": ("*.txt: prose",)}, "`allow-unsigned` is not in policy.json"),
        ({"require": ("signatures",)}, "`require` is not in"),
        ({"identity": "somebody@example.org"}, "`identity` is not in"),
        ({"key": "key.pub"}, "`key` is not in"),
    ],
)
@pytest.mark.usefixtures("release")
def test_inputs_that_contradict_the_policy_are_refused(changes: dict[str, Any], words: str) -> None:
    """Neither wins silently: whoever means something else leaves the policy out."""
    Path("policy.json").write_text(json.dumps(WORKFLOW | {"repository-id": "1"}), encoding="utf-8")
    error = refusal(verify.Inputs(policy="policy.json", **changes))
    assert (error.code, error.status) == ("VERIFY046", ExitStatus.USAGE)
    assert words in error.why


def test_a_policy_that_is_not_there_is_wrong_usage(release: Path) -> None:
    """A wrong path is the same usage error as a wrong file."""
    assert release.is_dir()
    assert refusal(verify.Inputs(policy="nowhere.json")).code == "VERIFY045"


@pytest.mark.parametrize("field", ["repository", "workflow"])
def test_a_policy_cannot_match_everybody(release: Path, field: str) -> None:
    """What is refused of inputs is refused of a policy too."""
    Path("policy.json").write_text(json.dumps(WORKFLOW | {field: ".*"}), encoding="utf-8")
    assert release.is_dir()
    assert refusal(verify.Inputs(policy="policy.json")).code == "VERIFY001"


def test_a_file_swapped_while_it_was_verified_is_a_fault(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between hash and report another file takes the place of the good one: it was not the one that was verified."""
    from maximus.verification.keyed import KeyJudge  # noqa: PLC0415 - this test's only

    judge = KeyJudge.judge

    def swapping(*arguments: Any) -> Any:  # noqa: ANN401 - passed on as they are
        other = release.parent / "other"
        other.write_text("bad", encoding="utf-8")
        other.replace(release / "app.whl")
        return judge(*arguments)

    monkeypatch.setattr(KeyJudge, "judge", swapping)
    outputs, status, shown = run(verify.Inputs(key="key.pub", allow_unsigned=ALLOWED))
    states = {record["name"]: record["status"] for record in json.loads(outputs.records)}
    assert (status, outputs.compliant, states["app.whl"]) == (ExitStatus.FAILED, "false", "unreadable")
    assert "it changed while it was being verified (VERIFY052)" in shown


# The statement.


def test_the_verdict_is_a_statement_that_holds_to_its_schema(release: Path) -> None:
    """Subjects are the files that were proven, the policy and the bundles are named by their digests."""
    inputs = verify.Inputs(key="key.pub", allow_unsigned=ALLOWED, statement="out/vsa.json")
    outputs, status, _ = run(inputs)
    assert (status, outputs.statement) == (ExitStatus.PASS, "out/vsa.json")
    document = documents.load_json(Path("out/vsa.json"))
    assert documents.faults(document, "verification-summary") == ()
    predicate = document["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("PASSED", ["MAXIMUS_COMPLIANT"])
    assert [subject["name"] for subject in document["subject"]] == ["app.whl", "sbom.cdx.json"]
    assert document["subject"][0]["digest"]["sha256"] == hash_file(release / "app.whl").sha256
    bundle = release / "app.whl.sigstore.json"
    assert {"uri": bundle.name, "digest": {"sha256": hash_file(bundle).sha256}} in predicate["inputAttestations"]
    assert documents.load_json(Path("out/vsa.predicate.json")) == predicate


def test_two_runs_write_the_same_statement(release: Path) -> None:
    """No time and no run is in it, unless SOURCE_DATE_EPOCH gives one."""
    inputs = verify.Inputs(key="key.pub", allow_unsigned=ALLOWED, statement="vsa.json")
    run(inputs)
    first = Path("vsa.json").read_bytes()
    run(inputs)
    assert (first, release.is_dir()) == (Path("vsa.json").read_bytes(), True)
    run(inputs, {"SOURCE_DATE_EPOCH": "1700000000"})
    assert documents.load_json(Path("vsa.json"))["predicate"]["timeVerified"] == "2023-11-14T22:13:20Z"


def test_what_is_not_compliant_says_so_in_its_statement(release: Path) -> None:
    """A failed verification is stated as failed, with no level."""
    (release / "app.whl").write_text("other", encoding="utf-8")
    _, status, _ = run(verify.Inputs(key="key.pub", statement="vsa.json"))
    document = documents.load_json(Path("vsa.json"))
    assert documents.faults(document, "verification-summary") == ()
    predicate = document["predicate"]
    assert (status, predicate["verificationResult"], predicate["verifiedLevels"]) == (
        ExitStatus.FAILED,
        "FAILED",
        ["FAILED"],
    )


def test_sign_attests_the_summary(release: Path) -> None:
    """The predicate that lies beside the statement is what `sign` takes, over the same files."""
    from actions import sign  # noqa: PLC0415 - this test's only
    from maximus.signing.bundles import Envelope, read_bundle  # noqa: PLC0415 - likewise

    (release / "notes.txt").unlink()
    assert run(verify.Inputs(key="key.pub", statement="vsa.json"))[1] is ExitStatus.PASS
    private = KEY.key.private_bytes(*_pem())
    face = TerminalFace({"SIGNING_KEY": private.decode()}, "sign", stream=io.StringIO(), errors=io.StringIO())
    sign.run(
        sign.Inputs(
            folder="release",
            key="env:SIGNING_KEY",
            predicate="vsa.predicate.json",
            predicate_type="https://slsa.dev/verification_summary/v1",
        ),
        face,
    )
    (bundle,) = [path for path in release.glob("*.sigstore.json") if path.name.startswith("attestation")]
    content = read_bundle(bundle).content
    assert isinstance(content, Envelope)
    signed = json.loads(content.payload)
    stated = documents.load_json(Path("vsa.json"))
    assert signed["predicate"] == stated["predicate"]
    assert {subject["name"] for subject in stated["subject"]} <= {subject["name"] for subject in signed["subject"]}


def _pem() -> tuple[Any, Any, Any]:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - one test's only

    return serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


# On the real stack.


@pytest.fixture
def keyless(stack: Stack, cosign: Cosign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that cosign signed on the real stack, and the stack's trusted root."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "release"
    folder.mkdir()
    for name, content in {"app.whl": "app", "sbom.cdx.json": SBOM}.items():
        (folder / name).write_text(content, encoding="utf-8")
        done = cosign.sign_blob(folder / name, folder / f"{name}.sigstore.json")
        assert done.returncode == 0, done.stderr
    Path("root.json").write_bytes(stack.trusted_root.read_bytes())
    return folder


def asked(stack: Stack, **changes: Any) -> verify.Inputs:  # noqa: ANN401 - inputs of several types
    """Return the inputs for who really signed."""
    good: dict[str, Any] = {
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "ref": "refs/tags/v*",
        "issuer": stack.issuer_url,
        "trust_config": "root.json",
    }
    return verify.Inputs(**(good | changes))


def test_the_ids_of_a_real_release_are_pinned(stack: Stack, keyless: Path) -> None:
    """Repository, owner and runner are pinned by what the certificates state, and the policy alone is enough then."""
    outputs, status, shown = run(asked(stack, pin="policy.json"))
    assert (status, outputs.pinned, keyless.is_dir()) == (ExitStatus.PASS, "policy.json", True)
    policy = documents.load_json(Path("policy.json"))
    assert {name: policy[name] for name in ("repository-id", "owner-id", "runner", "ref")} == {
        "repository-id": "1296269",
        "owner-id": "583231",
        "runner": "github-hosted",
        "ref": "refs/tags/v*",
    }
    assert "repository-id 1296269" in shown
    run(asked(stack, workflow="", pin="own.json"))
    assert documents.load_json(Path("own.json")) == policy
    by_policy = verify.Inputs(policy="policy.json", trust_config="root.json")
    assert run(by_policy)[1] is ExitStatus.PASS
    assert run(verify.Inputs(policy="policy.json", repository="octo/app", trust_config="root.json"))[1] is (
        ExitStatus.PASS
    )
    Path("policy.json").write_text(json.dumps(policy | {"owner-id": "1"}), encoding="utf-8")
    assert run(by_policy)[1] is ExitStatus.FAILED


def test_a_stranger_is_named_in_words(stack: Stack, keyless: Path) -> None:
    """The record says who signed and who was asked for, as people name repositories."""
    outputs, status, _ = run(asked(stack, repository="octo/other"))
    records = {record["name"]: record for record in json.loads(outputs.records)}
    assert (status, records["app.whl"]["status"], keyless.is_dir()) == (ExitStatus.FAILED, "wrong identity", True)
    assert "signed by octo/app, but you asked for octo/other" in records["app.whl"]["reason"]
