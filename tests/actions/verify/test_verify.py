"""The action that proves a release: what it says, what it hands on, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from actions import verify
from actions.declare import find_action, inputs_from_texts
from actions.runner import RunnerFace
from actions.terminal import TerminalFace, options_of
from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from maximus.verification.identity import Asked, policy_faults

if TYPE_CHECKING:
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

KEY = SigningKey(ec.generate_private_key(ec.SECP256R1()))
SBOM = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{"type": "library", "name": "a", "version": "1"}],
    }
)
WORKFLOW = ".github/workflows/release.yml"


@dataclass(frozen=True)
class Run:
    """What one run left behind."""

    outputs: verify.Outputs
    status: ExitStatus
    codes: list[str]
    shown: str

    @property
    def headline(self) -> str:
        """The last line that a person sees."""
        return self.shown.rstrip().splitlines()[-1]

    def checks(self) -> dict[str, dict[str, Any]]:
        """Return the verdicts by their checks."""
        return {check["check"]: check for check in json.loads(self.outputs.checks)}


def run(inputs: verify.Inputs, environment: dict[str, str] | None = None) -> Run:
    """Run the action at a terminal."""
    shown = io.StringIO()
    face = TerminalFace(environment or {}, "verify", stream=shown, errors=shown)
    outputs = verify.run(inputs, face)
    face.conclude({})
    return Run(outputs, face.record.exit_status, [error.code for error in face.record.errors], shown.getvalue())


def refusal(inputs: verify.Inputs, environment: dict[str, str] | None = None) -> Error:
    """Return the Error with which a run ends."""
    with pytest.raises(Error) as caught:
        run(inputs, environment)
    return caught.value


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release folder signed with a key: two files, an SBOM, the key; the working folder is above it."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "app.whl").write_bytes(b"app")
    (folder / "app.tar.gz").write_bytes(b"source")
    (folder / "sbom.cdx.json").write_text(SBOM, encoding="utf-8")
    for path in tuple(folder.iterdir()):
        sign(path)
    (folder / "maximus.pub").write_bytes(KEY.public.pem)
    (tmp_path / "key.pub").write_bytes(KEY.public.pem)
    monkeypatch.chdir(tmp_path)
    return folder


def sign(path: Path) -> None:
    """Sign a file with the test's key."""
    path.with_name(path.name + ".sigstore.json").write_text(KeySigner(KEY).sign_file(hash_file(path)), encoding="utf-8")


KEYED = verify.Inputs(key="key.pub")


@pytest.mark.usefixtures("release")
def test_a_whole_release_is_compliant() -> None:
    """Everything accounted for and valid: exit 0 and COMPLIANT on the last line."""
    found = run(KEYED)
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")
    assert found.headline.startswith("✔ verify: COMPLIANT: 3 files")


@pytest.mark.usefixtures("release")
def test_a_key_is_reported_as_not_logged() -> None:
    """With a key the log is neither required nor passed: it is not logged, wherever it is reported."""
    found = run(KEYED)
    assert found.checks()["verify.log"]["status"] == "unmeasured"
    assert "not logged" in found.headline


@pytest.mark.usefixtures("release")
def test_the_four_facts_have_their_counts() -> None:
    """Each fact says how many were looked at and how many hold."""
    counts = {
        name: (check["inspected"], check["measured"], check["threshold"]) for name, check in run(KEYED).checks().items()
    }
    assert counts == {
        "verify.sbom": (1, 1, 1),
        "verify.signatures": (3, 3, 3),
        "verify.log": (0, 0, 3),
        "verify.identity": (3, 3, 3),
    }


@pytest.mark.usefixtures("release")
def test_the_checks_hold_to_their_schema() -> None:
    """Every verdict that is handed on is a valid document."""
    for check in json.loads(run(KEYED).outputs.checks):
        documents.validate(check, "verdict", "checks")


@pytest.mark.usefixtures("release")
def test_two_runs_claim_the_same() -> None:
    """The claims of two runs on the same folder are equal byte for byte."""
    assert run(KEYED).outputs == run(KEYED).outputs


def test_one_flipped_byte_is_named_and_the_rest_judged(release: Path) -> None:
    """A changed file fails with both digests said; the others still count."""
    (release / "app.whl").write_bytes(b"apq")
    found = run(KEYED)
    assert (found.status, found.codes, found.outputs.unsigned) == (ExitStatus.FAILED, ["VERIFY014"], '["app.whl"]')
    assert found.checks()["verify.signatures"]["measured"] == 2
    assert "digest differs" in found.shown


def test_the_bundle_of_another_file_is_named(release: Path) -> None:
    """A bundle under the wrong name proves nothing."""
    shutil.copy(release / "app.tar.gz.sigstore.json", release / "app.whl.sigstore.json")
    assert run(KEYED).codes == ["VERIFY014"]


def test_a_missing_file_is_named(release: Path) -> None:
    """A file that is gone is missing, and its bundle extra."""
    (release / "app.whl").unlink()
    found = run(KEYED)
    assert (found.status, sorted(found.codes)) == (ExitStatus.FAILED, ["VERIFY011", "VERIFY012"])
    assert (found.outputs.missing, found.outputs.extra) == ('["app.whl"]', '["app.whl.sigstore.json"]')


def test_an_extra_file_is_named(release: Path) -> None:
    """A file that nobody signed is unsigned."""
    (release / "more.txt").write_bytes(b"more")
    found = run(KEYED)
    assert (found.status, found.codes, found.outputs.unsigned) == (ExitStatus.FAILED, ["VERIFY010"], '["more.txt"]')


def test_all_faults_are_shown_in_one_run(release: Path) -> None:
    """Nothing stops at the first fault."""
    (release / "app.whl").write_bytes(b"apq")
    (release / "app.tar.gz.sigstore.json").write_text("{", encoding="utf-8")
    (release / "more.txt").write_bytes(b"more")
    assert sorted(run(KEYED).codes) == ["DOC003", "VERIFY010", "VERIFY014"]


def test_a_release_without_an_sbom_is_not_compliant(release: Path) -> None:
    """The SBOM is one of the four facts."""
    (release / "sbom.cdx.json").unlink()
    (release / "sbom.cdx.json.sigstore.json").unlink()
    found = run(KEYED)
    assert (found.status, found.codes, found.outputs.compliant) == (ExitStatus.FAILED, ["VERIFY030"], "false")


def test_an_sbom_that_nobody_signed_does_not_count(release: Path) -> None:
    """A valid SBOM without a valid signature is no fact."""
    (release / "sbom.cdx.json.sigstore.json").unlink()
    sbom = run(KEYED).checks()["verify.sbom"]
    assert (sbom["status"], sbom["code"]) == ("fail", "VERIFY033")


def test_only_what_is_required_decides(release: Path) -> None:
    """With `require` the other facts are shown and do not decide."""
    (release / "sbom.cdx.json").unlink()
    (release / "sbom.cdx.json.sigstore.json").unlink()
    found = run(verify.Inputs(key="key.pub", require=("signatures", "identity")))
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")


@pytest.mark.usefixtures("release")
def test_single_files_need_no_sbom() -> None:
    """`files` asks for signatures and identity of those files alone."""
    found = run(verify.Inputs(key="key.pub", files=("release/app.*", "!release/*.gz")))
    assert (found.status, found.headline.split(" by ")[0]) == (ExitStatus.PASS, "✔ verify: COMPLIANT: 1 file")


def test_the_evidence_is_left_out_and_said(release: Path) -> None:
    """`evidence/` is no part of the release, and that is not silent."""
    (release / "evidence").mkdir()
    (release / "evidence" / "notes.md").write_text("x", encoding="utf-8")
    found = run(KEYED)
    assert found.status is ExitStatus.PASS
    assert "left out: 1 file in evidence/" in found.shown


@pytest.mark.usefixtures("release")
def test_a_key_comes_from_a_variable_too() -> None:
    """`env:NAME` reads the public key from the environment."""
    found = run(verify.Inputs(key="env:PUBLIC"), {"PUBLIC": KEY.public.pem.decode()})
    assert found.status is ExitStatus.PASS


@pytest.mark.parametrize("key", ["nowhere.pub", "env:NOBODY", "release/app.whl"])
@pytest.mark.usefixtures("release")
def test_a_key_that_is_none_is_a_usage_error(key: str) -> None:
    """A wrong key is said before anything is judged."""
    assert refusal(verify.Inputs(key=key)).status is ExitStatus.USAGE


def test_an_empty_folder_is_unmeasured(tmp_path: Path, release: Path) -> None:
    """Nothing to look at is never a pass."""
    (tmp_path / "empty").mkdir()
    error = refusal(verify.Inputs(key=str(release.parent / "key.pub"), folder=str(tmp_path / "empty")))
    assert (error.code, error.status) == ("VERIFY006", ExitStatus.UNMEASURED)


@pytest.mark.usefixtures("release")
def test_no_matching_file_is_unmeasured() -> None:
    """A glob that matches nothing proves nothing."""
    assert refusal(verify.Inputs(key="key.pub", files=("dist/*",))).status is ExitStatus.UNMEASURED


@pytest.mark.usefixtures("release")
def test_a_folder_that_is_not_there_is_a_usage_error() -> None:
    """A wrong folder is not an empty one."""
    assert refusal(verify.Inputs(key="key.pub", folder="nowhere")).status is ExitStatus.USAGE


@pytest.mark.parametrize(
    "inputs",
    [
        verify.Inputs(),
        verify.Inputs(repository=".*", workflow=WORKFLOW),
        verify.Inputs(workflow=WORKFLOW),
        verify.Inputs(identity=".*"),
        verify.Inputs(repository="octo/app", workflow=WORKFLOW, issuer=".*"),
        verify.Inputs(repository="octo/app", workflow=WORKFLOW, ref=".*"),
        verify.Inputs(repository="octo/app", workflow=WORKFLOW, identity="a@b.example"),
        verify.Inputs(repository="octo/app", workflow=WORKFLOW, key="key.pub"),
        verify.Inputs(key="key.pub", issuer="https://issuer.example"),
        verify.Inputs(key="key.pub", folder="release", files=("release/*",)),
    ],
)
@pytest.mark.usefixtures("release")
def test_inputs_that_name_nobody_in_particular_are_a_usage_error(inputs: verify.Inputs) -> None:
    """Nothing matches everybody, and contradictions are said before anything is read."""
    error = refusal(inputs)
    assert (error.code, error.status) == ("VERIFY001", ExitStatus.USAGE)


@pytest.mark.parametrize(
    ("inputs", "where"),
    [
        (verify.Inputs(key="key.pub", folder="release", files=("a",)), "folder"),
        (verify.Inputs(key="key.pub", tag="v1", files=("a",)), "files"),
        (verify.Inputs(key="key.pub", tag="v1", bundles="there"), "bundles"),
        (verify.Inputs(key="key.pub", tag="v1", offline=True), "offline"),
        (verify.Inputs(identity="a@b.example", search=True, offline=True), "offline"),
        (verify.Inputs(key="key.pub", attestations=True, offline=True), "offline"),
        (verify.Inputs(key="key.pub", instance="staging", trust_config="trust.json"), "instance"),
    ],
)
@pytest.mark.usefixtures("release")
def test_inputs_that_exclude_each_other_are_named_with_the_reason(inputs: verify.Inputs, where: str) -> None:
    """Before anything is read or asked for."""
    error = refusal(inputs)
    assert (error.code, error.where) == ("VERIFY001", f"input {where}")
    assert "exclude each other: " in error.what


def test_wrong_inputs_are_said_all_at_once() -> None:
    """Every fault of the inputs stands in one message, each with its input."""
    error = refusal(
        verify.Inputs(repository=".*", workflow="x", ref=".*", issuer="*", folder="release", files=("release/*",))
    )
    named = ("`repository`", "`workflow`", "`ref`", "`issuer`", "`folder`")
    assert [name for name in named if name not in error.what] == []


@pytest.mark.parametrize("content", ["", "{}", '{"mediaType": "x"}'])
@pytest.mark.usefixtures("release")
def test_a_trust_configuration_that_is_none_is_a_usage_error(content: str) -> None:
    """A wrong trust file is said before anything is judged."""
    Path("trust.json").write_text(content, encoding="utf-8")
    error = refusal(verify.Inputs(repository="octo/app", workflow=WORKFLOW, trust_config="trust.json"))
    assert (error.code, error.status) == ("VERIFY003", ExitStatus.USAGE)


def test_names_reach_a_log_without_obeying(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file name that looks like a runner's command is shown and does nothing."""
    (release / "\n::set-output name=compliant::true").write_bytes(b"x")
    stream = io.StringIO()
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    face = RunnerFace({}, "verify", stream=stream)
    outputs = verify.run(KEYED, face)
    face.conclude({"unsigned": outputs.unsigned})
    assert not any(line.startswith("::set-output") for line in stream.getvalue().splitlines())


def test_a_name_that_is_no_text_is_named(release: Path) -> None:
    """A file whose name is not UTF-8 is unsigned like any other, and the outputs are still JSON."""
    (release / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    found = run(KEYED)
    assert (found.codes, json.loads(found.outputs.unsigned)) == (["VERIFY010"], [os.fsdecode(b"caf\xe9")])


def test_a_file_that_cannot_be_read_is_named_and_the_rest_judged(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unreadable file fails alone."""
    refused = release / "app.whl"
    opened = Path.open

    def open_or_refuse(self: Path, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as Path.open
        if self.name == refused.name:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", open_or_refuse)
    found = run(KEYED)
    assert (found.status, found.codes) == (ExitStatus.FAILED, ["FILE001"])
    assert found.checks()["verify.signatures"]["threshold"] == 3


def test_an_sbom_among_single_files_is_found_where_it_lies(release: Path) -> None:
    """With `require: sbom` the SBOM among the files counts, whatever folder it is in."""
    assert release.is_dir()
    found = run(verify.Inputs(key="key.pub", files=("release/*.json", "!release/*.sigstore.json"), require=("sbom",)))
    assert (found.status, found.checks()["verify.sbom"]["measured"]) == (ExitStatus.PASS, 1)


def test_a_file_may_be_unsigned_for_a_reason(release: Path) -> None:
    """An allowed file leaves the release compliant, is reported with the reason, and never counts as signed."""
    (release / "NOTICE.txt").write_bytes(b"prose")
    found = run(verify.Inputs(key="key.pub", allow_unsigned=("*.txt: prose that nobody runs",)))
    assert (found.status, found.outputs.compliant, found.outputs.unsigned) == (
        ExitStatus.PASS,
        "true",
        '["NOTICE.txt"]',
    )
    assert found.checks()["verify.signatures"]["measured"] == 3
    assert (
        "not signed, as allowed: NOTICE.txt (prose that nobody runs)" in found.checks()["verify.signatures"]["reason"]
    )
    assert found.headline.startswith("✔ verify: COMPLIANT: 3 files by")
    assert found.headline.endswith("1 not signed, as allowed)")


def test_an_allowance_excuses_no_signature_that_does_not_hold(release: Path) -> None:
    """Who breaks a signed file cannot hide behind the allowance; without its bundle he can, and it is said."""
    (release / "app.whl").write_bytes(b"apq")
    found = run(verify.Inputs(key="key.pub", allow_unsigned=("app.*: we trust it",)))
    assert (found.status, found.codes) == (ExitStatus.FAILED, ["VERIFY014"])


@pytest.mark.usefixtures("release")
def test_an_allowance_for_nothing_is_said() -> None:
    """A glob that is not needed any more is a warning."""
    found = run(verify.Inputs(key="key.pub", allow_unsigned=("app.whl: signed by now",)))
    assert found.status is ExitStatus.PASS
    assert "`allow-unsigned` names app.whl, and there is no such file without a signature" in found.shown


def test_a_release_of_allowed_files_alone_proves_nothing(tmp_path: Path, release: Path) -> None:
    """Where every file may be unsigned no signature was looked at, which is never a pass."""
    (tmp_path / "prose").mkdir()
    (tmp_path / "prose" / "a.txt").write_bytes(b"prose")
    assert release.is_dir()
    inputs = verify.Inputs(
        key="key.pub", folder="prose", allow_unsigned=("*.txt: prose",), require=("signatures", "identity")
    )
    found = run(inputs)
    assert (found.status, found.outputs.compliant) == (ExitStatus.UNMEASURED, "false")


GUIDE = (Path(verify.__file__).resolve().parents[2] / "docs" / "verify.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", re.findall(r"(?m)^maximus verify .*$", GUIDE))
def test_the_commands_of_the_guide_are_taken(line: str) -> None:
    """Every command in the guide names inputs that there are, and somebody in particular."""
    texts, _, _ = options_of(find_action("verify"), shlex.split(line)[2:], {})
    inputs = inputs_from_texts(find_action("verify"), texts)
    asked_for = Asked(inputs.repository, inputs.workflow, inputs.ref, inputs.issuer, inputs.identity, bool(inputs.key))
    assert policy_faults(asked_for) == []


def test_the_guide_knows_every_code() -> None:
    """Each of the area's codes stands in the guide, alone or in a range."""
    root = Path(verify.__file__).resolve().parents[2]
    sources = [path for part in ("lib/maximus/verification", "actions/verify") for path in (root / part).rglob("*.py")]
    used = {code for path in sources for code in re.findall(r'"VERIFY(\d{3})"', path.read_text(encoding="utf-8"))}
    told = {int(code) for code in re.findall(r"VERIFY(\d{3})", GUIDE)}
    for first, last in re.findall(r"`VERIFY(\d{3})` to `VERIFY(\d{3})`", GUIDE):
        told |= set(range(int(first), int(last) + 1))
    assert {int(code) for code in used} - told == set()


# Against the real stack


@pytest.fixture(scope="module")
def signed(stack: Stack, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release folder that cosign signed on the stack with Rekor v1 and v2, and the trusted root beside it."""
    above = tmp_path_factory.mktemp("signed")
    (above / "release").mkdir()
    for name, content, rekor in (("app.whl", "app", 1), ("sbom.cdx.json", SBOM, 2)):
        path = above / "release" / name
        path.write_text(content, encoding="utf-8")
        done = cosign.sign_blob(path, path.with_name(f"{name}.sigstore.json"), rekor=rekor)
        assert done.returncode == 0, done.stderr
    shutil.copy(stack.trusted_root, above / "root.json")
    return above


@pytest.fixture
def keyless(signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the signed release for one test; the working folder is above it."""
    shutil.copytree(signed, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "release"


def asked(stack: Stack, **changes: Any) -> verify.Inputs:  # noqa: ANN401 - inputs of every type
    """Return the inputs that fit what the stack's default job signs, with changes."""
    good = {
        "repository": "octo/app",
        "workflow": WORKFLOW,
        "ref": "refs/tags/v*",
        "issuer": stack.issuer_url,
        "trust_config": "root.json",
    }
    return verify.Inputs(**(good | changes))


@pytest.mark.usefixtures("keyless")
def test_a_release_that_cosign_signed_is_compliant(stack: Stack) -> None:
    """All four facts hold, and the ids to pin are said."""
    found = run(asked(stack))
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")
    assert "repository id 1296269, owner id 583231" in found.checks()["verify.identity"]["reason"]


@pytest.mark.usefixtures("keyless")
def test_a_repository_alone_means_its_own_workflows(stack: Stack) -> None:
    """Any workflow of the source repository will do, and only of that one."""
    assert run(asked(stack, workflow="")).status is ExitStatus.PASS
    assert run(asked(stack, workflow="", repository="octo/other")).status is ExitStatus.FAILED


@pytest.mark.usefixtures("keyless")
def test_an_exact_identity_does_instead(stack: Stack) -> None:
    """`identity` and `issuer` are enough."""
    inputs = verify.Inputs(identity=stack.identity(), issuer=stack.issuer_url, trust_config="root.json")
    assert run(inputs).status is ExitStatus.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "octo/other"},
        {"workflow": ".github/workflows/other.yml"},
        {"ref": "refs/heads/main"},
        {"issuer": "https://token.actions.githubusercontent.com"},
        {"repository_id": "1296270"},
        {"owner_id": "1"},
        {"runner": "self-hosted"},
        {"trigger": "workflow_dispatch"},
        {"environment": "production"},
        {"commit": "f" * 40},
    ],
)
@pytest.mark.usefixtures("keyless")
def test_another_identity_is_not_compliant(stack: Stack, changes: dict[str, str]) -> None:
    """A wrong repository, workflow, ref, issuer or claim fails the identity and leaves the other facts."""
    found = run(asked(stack, **changes))
    # sbom, signatures, log, identity, and which root was believed
    statuses = [check["status"] for check in found.checks().values()]
    assert (found.status, found.outputs.compliant) == (ExitStatus.FAILED, "false")
    assert statuses == ["pass", "pass", "pass", "fail", "pass"]


def test_a_bare_name_means_the_server_of_the_job(stack: Stack, keyless: Path) -> None:
    """In a job of another server the same name is another repository."""
    assert keyless.is_dir()
    found = run(asked(stack), {"GITHUB_SERVER_URL": "https://git.acme.example"})
    assert "expected https://git.acme.example/octo/app" in found.shown


@pytest.mark.usefixtures("keyless")
def test_verifying_with_a_trusted_root_makes_no_request(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `trust-config` the whole run opens no socket."""

    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert run(asked(stack)).status is ExitStatus.PASS


def test_what_we_refuse_cosign_refuses_too(stack: Stack, cosign: Cosign, keyless: Path) -> None:
    """A changed file is refused by both; unchanged, both accept it."""
    file, bundle = keyless / "app.whl", keyless / "app.whl.sigstore.json"
    before = (run(asked(stack)).status, cosign.verify_blob(file, bundle).returncode)
    file.write_text("apq", encoding="utf-8")
    after = (run(asked(stack)).status, cosign.verify_blob(file, bundle).returncode != 0)
    assert (before, after) == ((ExitStatus.PASS, 0), (ExitStatus.FAILED, True))


JOB = {
    "repository_id": "1296269",
    "owner_id": "583231",
    "runner": "github-hosted",
    "trigger": "push",
    "commit": "0123456789abcdef0123456789abcdef01234567",
}
"""What the stack's default job states beside its names."""


@pytest.mark.usefixtures("keyless")
def test_the_claims_of_a_real_certificate_are_compared(stack: Stack) -> None:
    """Ids, runner, trigger and commit as Fulcio writes them are who was asked for."""
    found = run(asked(stack, **JOB))
    assert found.status is ExitStatus.PASS
    assert "repository-id 1296269" in found.headline


@pytest.mark.usefixtures("keyless")
def test_the_identities_that_were_found_can_be_pinned(stack: Stack) -> None:
    """The output names signer, ids, runner and trigger under the inputs' names, with the files."""
    (found,) = json.loads(run(asked(stack)).outputs.identities)
    pinned = {
        name.replace("-", "_"): found[name] for name in ("repository-id", "owner-id", "runner", "trigger", "commit")
    }
    assert (pinned, found["identity"], found["issuer"]) == (JOB, stack.identity(), stack.issuer_url)
    assert (found["files"], found["expected"]) == (["app.whl", "sbom.cdx.json"], True)


@pytest.mark.usefixtures("keyless")
def test_somebody_else_among_the_identities_is_not_expected(stack: Stack) -> None:
    """Who signed and was not asked for is told as such, so that nobody pins a stranger unseen."""
    (found,) = json.loads(run(asked(stack, repository="octo/other")).outputs.identities)
    assert (found["repository"], found["expected"]) == ("https://github.com/octo/app", False)


@pytest.mark.usefixtures("release")
def test_a_key_among_the_identities_is_its_fingerprint() -> None:
    """What a key signed has no name but the key's; no trusted root was needed for it."""
    outputs = run(KEYED).outputs
    (found,) = json.loads(outputs.identities)
    assert (found["key"], found["expected"], outputs.trust_root) == (KEY.public.fingerprint, True, "")


@pytest.mark.usefixtures("keyless")
def test_the_trusted_root_that_was_used_is_said(stack: Stack) -> None:
    """File, digest and period of the root stand in the output, the digest as `sha256sum` gives it."""
    found = run(asked(stack))
    root = json.loads(found.outputs.trust_root)
    assert (root["origin"], root["source"], root["sha256"]) == (
        "file",
        "root.json",
        hash_file(Path("root.json")).sha256,
    )
    assert root["valid-from"]
    assert f"trusted root of root.json (sha256:{root['sha256']}" in found.shown


@pytest.mark.usefixtures("keyless")
def test_more_proof_can_be_asked_for(stack: Stack) -> None:
    """One entry and one timestamp are there, two are not, and each file is named."""
    enough = run(asked(stack, min_log_entries="1", min_timestamps="1"))
    short = run(asked(stack, min_log_entries="2"))
    assert (enough.status, short.status, short.codes) == (ExitStatus.PASS, ExitStatus.FAILED, ["VERIFY025"] * 2)
