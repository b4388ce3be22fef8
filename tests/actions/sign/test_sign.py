"""`sign` as a user runs it: what it signs, how it decides who signs, what it hands on."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from actions import sign, verify
from actions.declare import find_action, inputs_from_texts
from actions.sign import Inputs
from actions.terminal import TerminalFace, options_of
from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import Envelope, read_bundle
from maximus.signing.signers import KeySigner
from maximus.signing.statements import parse_statement
from maximus.signing.transport import Limits
from maximus.signing.trust import load_trust
from maximus.verdict import Status
from tests.stack.faults import Answer, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maximus.files import HashedFile
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack


class Face(TerminalFace):
    """A terminal that can be read afterwards."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Speak into texts."""
        self.said = io.StringIO()
        self.wrong = io.StringIO()
        self.masked: list[str] = []
        super().__init__(environment, "sign", stream=self.said, errors=self.wrong)

    def mask(self, secret: str) -> None:
        """Mask it, and remember that."""
        self.masked.append(secret)
        super().mask(secret)

    @property
    def shown(self) -> str:
        """All that a person sees."""
        return self.said.getvalue() + self.wrong.getvalue()


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to."""

    face: Face
    outputs: Any

    @property
    def status(self) -> ExitStatus:
        """The exit status."""
        return self.face.record.exit_status

    @property
    def bundles(self) -> list[str]:
        """The output `bundles`."""
        found: list[str] = json.loads(self.outputs.bundles)
        return found

    @property
    def failed(self) -> list[str]:
        """The names in the output `failed`."""
        return [str(each["file"]) for each in json.loads(self.outputs.failed)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a release folder of two files and what is not signed."""
    folder = tmp_path / "work"
    for name in ("app.whl", "sub/app.whl", "evidence/verdicts.json", "maximus.pub", "old.sigstore.json"):
        path = folder / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (folder / "release" / "old.sigstore.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def laptop(tmp_path: Path) -> dict[str, str]:
    """The environment of a person with no key yet."""
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def run(environment: Mapping[str, str], inputs: Inputs | None = None, *, limits: Limits | None = None) -> Run:
    """Run `sign` as it is run, and return what it came to."""
    face = Face(environment)
    return Run(face, sign.run(inputs or Inputs(), face, limits=limits))


def pem() -> str:
    """Return a new private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_every_file_of_the_folder_is_signed_but_what_signing_itself_puts_there(
    here: Path, laptop: dict[str, str]
) -> None:
    """Bundles, the public key and the evidence are left alone; folders below are not."""
    done = run(laptop)
    assert done.bundles == ["release/app.whl.sigstore.json", "release/sub/app.whl.sigstore.json"]
    assert done.status is ExitStatus.PASS
    assert all((here / path).is_file() for path in done.bundles)


def test_what_is_not_logged_says_so_wherever_it_is_reported(here: Path, laptop: dict[str, str]) -> None:
    """In the headline, in the verdict and in every row of the table."""
    record = run(laptop).face.record
    (verdict,) = record.verdicts
    (table,) = record.tables
    assert record.headline.endswith(sign.NOT_LOGGED)
    assert (verdict.check, verdict.status, verdict.reason) == ("sign.files", Status.PASS, sign.NOT_LOGGED)
    assert (verdict.inspected, verdict.measured) == (2, 2)
    assert {row[2] for row in table.rows} == {"key-signed, not logged"}
    assert (here / "release" / "maximus.pub").is_file()


@pytest.mark.usefixtures("here")
def test_people_see_a_keys_fingerprint_shortened(laptop: dict[str, str]) -> None:
    """Sixteen digits of it in the headline; the output keeps it whole."""
    done = run(laptop)
    whole = done.outputs.identity
    assert len(whole) == len("sha256:") + 64
    assert f" by {whole[:23]}…: " in done.face.record.headline
    assert whole not in done.face.shown


def test_signing_costs_no_import_of_what_it_does_not_use() -> None:
    """Neither the declarations of `verify` nor statements: each start would pay for them."""
    code = "import sys, actions.sign, maximus.signing.batch; print(*sys.modules)"
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, encoding="utf-8", check=True)
    assert not {"actions.verify", "maximus.signing.statements"} & set(told.stdout.split())


def test_a_person_signs_with_a_key_that_is_made_once(here: Path, laptop: dict[str, str]) -> None:
    """The second run keeps the first one's bundles, because they are by the same key."""
    first, second = run(laptop), run(laptop)
    assert first.outputs.identity == second.outputs.identity
    assert (first.outputs.signing, first.outputs.issuer) == ("key", "")
    assert "made a signing key" in first.face.shown
    assert "made a signing key" not in second.face.shown
    assert {row[1] for row in second.face.record.tables[0].rows} == {"was signed already"}
    assert (here / "release" / "maximus.pub").read_text(encoding="utf-8").startswith("-----BEGIN PUBLIC KEY-----")


def test_cosign_verifies_with_the_public_key_in_the_folder(here: Path, laptop: dict[str, str], cosign: Cosign) -> None:
    """A file's bundle, and the statement over all."""
    run(laptop)
    run(laptop, Inputs(mode="statement"))
    key = ("--key", here / "release" / "maximus.pub", "--insecure-ignore-tlog")
    file = here / "release" / "app.whl"
    single = cosign.run("verify-blob", *key, "--bundle", f"{file}.sigstore.json", file)
    bundle = here / "release" / "release.sigstore.json"
    kind = ("--type", "https://in-toto.io/attestation/release/v0.1")
    statement = cosign.run("verify-blob-attestation", *key, *kind, "--bundle", bundle, file)
    assert [each.stderr.strip().splitlines()[-1] for each in (single, statement)] == ["Verified OK"] * 2


@pytest.mark.parametrize("missing", ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
def test_a_job_without_an_identity_never_falls_back_to_a_key(here: Path, laptop: dict[str, str], missing: str) -> None:
    """It ends with 3 and the line to paste, which is YAML; nothing is written."""
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "y"}
    job = laptop | {"GITHUB_ACTIONS": "true"} | {name: text for name, text in job.items() if name != missing}
    before = sorted(here.rglob("*"))
    with pytest.raises(Error) as raised:
        run(job)
    error = raised.value
    assert (error.code, error.status) == ("SIGN002", ExitStatus.OUTSIDE)
    pasted = yaml.safe_load(error.fix[error.fix.index("permissions:") :])
    assert pasted == {"permissions": {"contents": "write", "id-token": "write"}}
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    ("key", "environment", "said"),
    [
        ("", {}, "with the user's managed key: key-signed, not logged"),
        ("k.pem", {"GITHUB_ACTIONS": "true"}, "with the key k.pem: key-signed, not logged"),
        (
            "",
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
            "keyless, by the identity of this job, logged",
        ),
    ],
)
def test_how_it_will_sign_can_be_asked_beforehand(key: str, environment: dict[str, str], said: str) -> None:
    """A key that is named is used also in a job; an identity at hand is used everywhere."""
    assert sign.plan_signing(key, environment) == said


def test_a_key_from_the_environment_is_masked_and_used(here: Path, laptop: dict[str, str]) -> None:
    """Its text appears nowhere."""
    text = pem()
    done = run(laptop | {"SIGNING_KEY": text}, Inputs(key="env:SIGNING_KEY"))
    assert done.face.masked == [text]
    assert done.status is ExitStatus.PASS
    body = text.splitlines()[1]
    assert body not in done.face.shown
    assert not any(body.encode() in path.read_bytes() for path in here.rglob("*") if path.is_file())


def test_a_key_that_cosign_made_signs_what_cosign_verifies(here: Path, laptop: dict[str, str], cosign: Cosign) -> None:
    """The password, as an option names it, appears nowhere."""
    laptop |= {"COSIGN_PASSWORD": "correct horse"}
    cosign.run("generate-key-pair", "--output-key-prefix", here / "cosign", environment=laptop)
    words = ["--key", "cosign.key", "--key-password", "env:COSIGN_PASSWORD"]
    action = find_action("sign")
    texts, _, _ = options_of(action, words, laptop)
    done = run(laptop, inputs_from_texts(action, texts))
    assert done.status is ExitStatus.PASS
    file = here / "release" / "app.whl"
    key = ("--key", here / "cosign.pub", "--insecure-ignore-tlog")
    assert cosign.run("verify-blob", *key, "--bundle", f"{file}.sigstore.json", file).returncode == 0
    everything = done.face.shown + repr(done.outputs)
    everything += "".join(path.read_text("utf-8") for path in here.rglob("*") if path.is_file())
    assert "correct horse" not in everything


@pytest.mark.usefixtures("here")
def test_a_password_that_has_no_part_is_said(laptop: dict[str, str]) -> None:
    """The key that is made on the first use has none."""
    done = run(laptop, Inputs(key_password="x"))  # noqa: S106 - no credential
    assert "warning: `key-password` has no part" in done.face.shown


@pytest.mark.usefixtures("here")
def test_a_variable_that_is_not_set_is_a_usage_error(laptop: dict[str, str]) -> None:
    """As for a pull request from a fork, which gets no secrets."""
    with pytest.raises(Error, match="SIGNING_KEY") as raised:
        run(laptop | {"SIGNING_KEY": ""}, Inputs(key="env:SIGNING_KEY"))
    assert (raised.value.code, raised.value.status) == ("KEY011", ExitStatus.USAGE)


@pytest.mark.parametrize(
    "form",
    [str, lambda text: base64.b64encode(text.encode()).decode(), lambda text: "\n".join(text.splitlines()[1:3])],
    ids=["PEM", "Base64", "its inside"],
)
@pytest.mark.usefixtures("here")
def test_a_key_in_the_place_of_its_name_is_never_shown(form: Callable[[str], str]) -> None:
    """As where a secret is given to `key` itself; nor does `verify` or a plan of the release show it."""
    key = pem()
    said = form(key)
    for refuse in (
        lambda: run({}, Inputs(key=said)),
        lambda: sign.plan_signing(said, {}),
        lambda: verify.run(verify.Inputs(key=said, folder="."), Face({})),
    ):
        with pytest.raises(Error) as raised:
            refuse()
        assert (raised.value.code, raised.value.status) == ("KEY010", ExitStatus.USAGE)
        assert not any(line in str(raised.value) for line in (said, *key.splitlines()[1:-1]))


@pytest.mark.usefixtures("here")
def test_a_trust_configuration_has_no_part_in_signing_with_a_key(laptop: dict[str, str]) -> None:
    """It is said, not silently passed over."""
    done = run(laptop, Inputs(trust_config="trust.json"))
    assert "warning: `trust-config`" in done.face.shown


def test_globs_choose_files_and_leave_bundles_out(here: Path, laptop: dict[str, str]) -> None:
    """They are relative to the working folder; `!` excludes; a second run does not sign the first one's bundles."""
    (here / "dist").mkdir()
    for name in ("a.whl", "b.tar.gz", "c.txt"):
        (here / "dist" / name).touch()
    for _ in range(2):
        done = run(laptop, Inputs(files=("dist/*", "!dist/*.txt")))
        assert done.bundles == ["dist/a.whl.sigstore.json", "dist/b.tar.gz.sigstore.json"]
    assert (here / "dist" / "maximus.pub").is_file()


@pytest.mark.usefixtures("here")
def test_evidence_that_is_asked_for_is_signed(laptop: dict[str, str]) -> None:
    """It is left out of a folder only, where nobody asked for it."""
    assert run(laptop, Inputs(files=("release/evidence/*",))).bundles == [
        "release/evidence/verdicts.json.sigstore.json"
    ]


@pytest.mark.parametrize("inputs", [Inputs(files=("nothing/*",)), Inputs(folder="empty")], ids=str)
def test_nothing_to_sign_is_unmeasured(here: Path, laptop: dict[str, str], inputs: Inputs) -> None:
    """It is never a pass: 70."""
    (here / "empty").mkdir()
    with pytest.raises(Error) as raised:
        run(laptop, inputs)
    assert (raised.value.code, raised.value.status) == ("SIGN001", ExitStatus.UNMEASURED)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        (Inputs(folder="nowhere"), "FILE005"),
        (Inputs(files=("../*",)), "FILE007"),
        (Inputs(files=("/etc/hostname",)), "FILE007"),
    ],
    ids=str,
)
def test_what_lies_outside_is_a_usage_error(laptop: dict[str, str], inputs: Inputs, code: str) -> None:
    """A folder that is not there, a pattern that leaves the working folder."""
    with pytest.raises(Error) as raised:
        run(laptop, inputs)
    assert (raised.value.code, raised.value.status) == (code, ExitStatus.USAGE)


def test_a_link_out_of_the_folder_is_a_usage_error(here: Path, laptop: dict[str, str], tmp_path: Path) -> None:
    """What would be signed under its name lies elsewhere."""
    (tmp_path / "secret").touch()
    (here / "release" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Error) as raised:
        run(laptop)
    assert (raised.value.code, raised.value.status) == ("FILE004", ExitStatus.USAGE)


def test_what_a_killed_run_left_is_removed_and_not_signed(here: Path, laptop: dict[str, str]) -> None:
    """Half-written files have a name of our own."""
    leftover = here / "release" / ".maximus-abc.tmp"
    leftover.touch()
    done = run(laptop)
    assert not leftover.exists()
    assert len(done.bundles) == 2


def test_bundles_can_lie_in_a_folder_of_their_own(here: Path, laptop: dict[str, str]) -> None:
    """The folders below the release folder are kept, so that two files of one name do not share a bundle."""
    done = run(laptop, Inputs(bundles="proof"))
    assert done.bundles == ["proof/app.whl.sigstore.json", "proof/sub/app.whl.sigstore.json"]
    assert not (here / "release" / "app.whl.sigstore.json").exists()


def test_bundles_of_an_earlier_run_are_told(here: Path, laptop: dict[str, str]) -> None:
    """`verify` reads all that lie there: in the other mode, those of before may speak of files as they were."""
    (here / "release" / "old.sigstore.json").unlink()
    first = run(laptop)
    again = run(laptop)
    assert "of an earlier run" not in first.face.shown + again.face.shown

    other = run(laptop, Inputs(mode="statement"))
    assert "release/app.whl.sigstore.json and 1 more are of an earlier run" in other.face.shown
    (here / "release" / "sub" / "app.whl.sigstore.json").unlink()
    assert "release/app.whl.sigstore.json is of an earlier run" in run(laptop, Inputs(mode="statement")).face.shown


def test_one_statement_covers_the_folder(here: Path, laptop: dict[str, str]) -> None:
    """Names are relative to it."""
    done = run(laptop, Inputs(mode="statement"))
    assert done.bundles == ["release/release.sigstore.json"]
    content = read_bundle(here / done.bundles[0]).content
    assert isinstance(content, Envelope)
    names = [subject.name for subject in parse_statement(content.payload, "s").subjects]
    assert names == ["app.whl", "sub/app.whl"]


def test_in_a_job_the_statement_names_the_tag(here: Path, laptop: dict[str, str]) -> None:
    """Else the commit; and the repository by its id too."""
    job = {"GITHUB_REPOSITORY": "Octo/App", "GITHUB_REPOSITORY_ID": "7", "GITHUB_SHA": "a" * 40}
    (here / "key.pem").touch(mode=0o600)
    (here / "key.pem").write_text(pem(), encoding="utf-8")
    found = []
    for more in ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, {"GITHUB_REF_TYPE": "branch"}):
        done = run(laptop | job | more, Inputs(mode="statement", key="key.pem"))
        content = read_bundle(here / done.bundles[0]).content
        assert isinstance(content, Envelope)
        found.append(parse_statement(content.payload, "s").predicate)
    assert found == [
        {"packageId": "7", "purl": "pkg:github/octo/app@v1"},
        {"packageId": "7", "purl": f"pkg:github/octo/app@{'a' * 40}"},
    ]


@pytest.mark.parametrize(
    "name", ["a b", "line\nfeed", "::error::x", "-dash", "ä€𝄞", "quote'\"$(x)", "a.sigstore.json.x"]
)
def test_any_name_of_a_file_is_signed(here: Path, laptop: dict[str, str], name: str) -> None:
    """And its bundle is beside it."""
    (here / "release" / name).write_text("x", encoding="utf-8")
    done = run(laptop)
    assert f"release/{name}.sigstore.json" in done.bundles
    assert done.status is ExitStatus.PASS


@pytest.mark.usefixtures("here")
def test_a_file_that_changes_while_it_is_signed_fails_the_check(
    laptop: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It alone is named; the other's bundle stays; a second run finishes."""
    original: Callable[[KeySigner, HashedFile], str] = KeySigner.sign_file

    def meddle(self: KeySigner, file: HashedFile) -> str:
        text = original(self, file)
        if file.path.parent.name == "release":
            file.path.write_text("changed", encoding="utf-8")
        return text

    with monkeypatch.context() as patched:
        patched.setattr(KeySigner, "sign_file", meddle)
        done = run(laptop)
    assert (done.status, done.failed) == (ExitStatus.FAILED, ["release/app.whl"])
    assert done.bundles == ["release/sub/app.whl.sigstore.json"]
    assert "release/app.whl changed while it was being signed" in done.face.shown
    (verdict,) = done.face.record.verdicts
    assert (verdict.status, verdict.measured, verdict.threshold, verdict.code) == (Status.FAIL, 1, 2, "SIGN010")
    again = run(laptop)
    assert (again.status, again.failed, len(again.bundles)) == (ExitStatus.PASS, [], 2)


WAYS = pytest.mark.parametrize(
    "inputs",
    [
        Inputs(),
        Inputs(bundles="p r"),
        Inputs(mode="statement"),
        Inputs(mode="statement", bundles="p r"),
        Inputs(files=("release/**/*.whl", "!release/x*")),
        Inputs(files=("release/**/*.whl",), mode="statement"),
    ],
    ids=str,
)


def obey(command: str, *, require: tuple[str, ...] = ()) -> Run:
    """Run the line that `sign` hands on, as it stands; with `require` for these facts alone."""
    words = shlex.split(command)
    assert words[:2] == ["maximus", "verify"]
    action = find_action("verify")
    texts, _, _ = options_of(action, words[2:], {})
    face = Face({})
    asked = inputs_from_texts(action, texts)
    return Run(face, verify.run(dataclasses.replace(asked, require=require) if require else asked, face))


@WAYS
def test_the_line_to_verify_with_proves_what_a_key_signed(here: Path, laptop: dict[str, str], inputs: Inputs) -> None:
    """Each word of it is quoted for a shell, understood by `verify`, and right."""
    (here / "release" / "old.sigstore.json").unlink()
    done = run(laptop, inputs)
    assert any(text == done.outputs.verify_command for _, text in done.face.record.notes)
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown


@WAYS
def test_the_line_to_verify_with_proves_what_a_job_signed(
    here: Path, stack: Stack, trust_v1: Path, inputs: Inputs
) -> None:
    """Signature, log entry and identity of every file."""
    (here / "release" / "old.sigstore.json").unlink()
    done = run(stack.environment(), dataclasses.replace(inputs, trust_config=str(trust_v1)))
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown


_PROGRAM = """
import os, signal, sys
# Started by a shell in the background, as CI may be, a process inherits that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from actions import sign
from actions.terminal import TerminalFace
face = TerminalFace(os.environ, "sign")
sign.run(sign.Inputs(trust_config=os.environ.get("TRUST", "")), face)
raise SystemExit(int(face.record.exit_status))
"""


def start(environment: Mapping[str, str], *, prepare: str = "") -> subprocess.Popen[str]:
    """Start `sign` as a process of its own, in this working folder, with what the tests import."""
    return subprocess.Popen(
        [sys.executable, "-c", prepare + _PROGRAM],
        env={"PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_a_killed_run_leaves_whole_bundles_and_the_next_one_finishes(here: Path, laptop: dict[str, str]) -> None:
    """Killed with no chance to clean up, in the middle of its work."""
    folder = here / "release"
    (folder / "old.sigstore.json").unlink()
    for number in range(200):
        (folder / f"{number:03}").touch()
    # Its holes take seconds to hash: the run cannot end before it is killed.
    with (folder / "100-large").open("wb") as large:
        large.truncate(8 << 30)
    process = start(laptop)
    while len(list(folder.glob("*.sigstore.json"))) < 30:
        assert process.poll() is None
    process.kill()
    process.communicate()
    (folder / "100-large").unlink()
    kept = {path: path.read_bytes() for path in folder.glob("*.sigstore.json")}
    assert folder / "100-large.sigstore.json" not in kept
    done = run(laptop)
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, 202)
    assert {path: path.read_bytes() for path in kept} == kept
    assert not list(folder.rglob(".maximus-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
def test_a_full_disk_costs_only_what_did_not_fit(here: Path, laptop: dict[str, str]) -> None:
    """Nothing is half-written, each file that has no bundle is named with the cause, a second run finishes."""
    folder = here / "release"
    (folder / "old.sigstore.json").unlink()
    run(laptop)
    kept = {path: path.read_bytes() for path in folder.rglob("*.sigstore.json")}
    (folder / "new.txt").touch()
    # The public key fits, a bundle does not: the disk is full in the middle of the work.
    largest = len((folder / "maximus.pub").read_bytes()) + 50
    prepare = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))\n"
    # Python itself would leave half of a compiled module behind, which every later process would choke on.
    prepare += "import sys; sys.dont_write_bytecode = True\n"
    process = start(laptop, prepare=prepare)
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.FAILED
    assert "sign: cannot write release/new.txt.sigstore.json: File too large (FILE003)" in wrong
    assert [line.split()[0] for line in said.splitlines() if "failed (FILE003)" in line] == ["release/new.txt"]
    assert {path: path.read_bytes() for path in folder.rglob("*.sigstore.json")} == kept
    assert not list(folder.rglob(".maximus-*"))
    again = run(laptop)
    assert (again.status, len(again.bundles)) == (ExitStatus.PASS, 3)


def test_every_command_of_the_guide_is_one_that_is_taken() -> None:
    """Each line that begins with `maximus sign` in docs/sign.md parses, and there are several."""
    guide = Path(__file__).resolve().parents[3] / "docs" / "sign.md"
    lines = [line for line in guide.read_text(encoding="utf-8").splitlines() if line.startswith("maximus sign")]
    action = find_action("sign")
    for line in lines:
        texts, _, _ = options_of(action, shlex.split(line)[2:], {"COSIGN_PASSWORD": "x"})
        inputs_from_texts(action, texts)
    assert len(lines) >= 7


# On the real stack.


@pytest.fixture(params=["trust_v1", "trust_v2"], ids=["rekor-v1", "rekor-v2"])
def trust(request: pytest.FixtureRequest) -> str:
    """The trust configuration for each version of the log."""
    return str(request.getfixturevalue(request.param))


def test_a_job_signs_keyless_and_logged(here: Path, stack: Stack, trust: str) -> None:
    """The outputs say who, who vouched, and where each entry is."""
    done = run(stack.environment(), Inputs(trust_config=trust))
    outputs = done.outputs
    assert (done.status, outputs.signing, done.failed) == (ExitStatus.PASS, "keyless", [])
    assert (outputs.identity, outputs.issuer) == (stack.identity(), stack.issuer_url)
    indexes = json.loads(outputs.log_indexes)
    assert sorted(indexes) == done.bundles
    assert indexes == {name: read_bundle(here / name).entries[0].index for name in done.bundles}
    files, log = done.face.record.verdicts
    assert [(each.check, each.status, each.inspected, each.measured) for each in (files, log)] == [
        ("sign.files", Status.PASS, 3, 3),
        ("sign.log", Status.PASS, 3, 3),
    ]


def test_a_public_key_in_the_folder_is_signed_keyless_as_any_file(here: Path, stack: Stack, trust_v1: Path) -> None:
    """Left over from an earlier release with a key; unsigned it would be a file that nobody vouches for."""
    done = run(stack.environment(), Inputs(trust_config=str(trust_v1)))
    assert "release/maximus.pub.sigstore.json" in done.bundles
    assert (here / "release" / "maximus.pub").read_text(encoding="utf-8") == "maximus.pub"


def test_cosign_verifies_every_bundle_of_a_job(here: Path, stack: Stack, trust: str, cosign: Cosign) -> None:
    """Each file's, and the statement for each file."""
    run(stack.environment(), Inputs(trust_config=trust))
    run(stack.environment(), Inputs(trust_config=trust, mode="statement"))
    kind = "https://in-toto.io/attestation/release/v0.1"
    for name in ("app.whl", "sub/app.whl"):
        file = here / "release" / name
        single = cosign.verify_blob(file, file.with_name(f"{file.name}.sigstore.json"))
        statement = cosign.verify_blob_attestation(
            file, here / "release" / "release.sigstore.json", predicate_type=kind
        )
        assert [single.stderr.strip(), statement.stderr.strip()] == ["Verified OK"] * 2


@pytest.mark.usefixtures("here")
def test_one_statement_is_one_log_entry(stack: Stack, trust: str) -> None:
    """However many files it covers."""
    done = run(stack.environment(), Inputs(trust_config=trust, mode="statement"))
    assert list(json.loads(done.outputs.log_indexes)) == ["release/release.sigstore.json"]
    files, log = done.face.record.verdicts
    assert (files.measured, log.measured) == (3, 1)


@pytest.mark.usefixtures("here")
def test_the_line_to_verify_a_job_with_names_repository_and_workflow(stack: Stack, trust: str) -> None:
    """And the issuer where it is not GitHub's."""
    done = run(stack.environment(), Inputs(trust_config=trust))
    assert shlex.split(done.outputs.verify_command)[2:] == [
        *("--folder", "release", "--repository", "octo/app", "--workflow", ".github/workflows/release.yml"),
        *("--issuer", stack.issuer_url, "--trust-config", trust),
        # There is no SBOM in it, and `verify` asks a folder for one.
        *("--require", "signatures", "--require", "log", "--require", "identity"),
    ]


@pytest.mark.usefixtures("here")
def test_a_called_workflow_is_named_with_its_repository(stack: Stack, trust_v1: Path) -> None:
    """The source repository stays the caller's."""
    job = stack.environment(job_workflow_ref="shared/flows/.github/workflows/release.yml@refs/heads/main")
    words = shlex.split(run(job, Inputs(trust_config=str(trust_v1))).outputs.verify_command)
    assert words[words.index("--repository") + 1] == "octo/app"
    assert words[words.index("--workflow") + 1] == "shared/flows/.github/workflows/release.yml"


def test_no_token_appears_anywhere(here: Path, stack: Stack, trust_v1: Path) -> None:
    """Neither the job's bearer nor the identity token: not said, not handed on, not in a file."""
    job = stack.environment() | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the-bearer-of-this-job"}
    done = run(job, Inputs(trust_config=str(trust_v1)))
    bearer, token = done.face.masked
    assert bearer == "the-bearer-of-this-job"
    assert token.count(".") == 2
    everything = done.face.shown + repr(done.outputs)
    everything += "".join(path.read_text("utf-8") for path in here.rglob("*") if path.is_file())
    assert not [secret for secret in (bearer, token, token.split(".")[2]) if secret in everything]


@pytest.mark.parametrize(
    ("service", "said"), [("fulcio", "Fulcio"), ("tsa", "the timestamp authority"), ("rekor-v1", "Rekor")]
)
def test_an_outage_loses_nothing_and_a_second_run_finishes(
    here: Path, stack: Stack, trust_v1: Path, service: str, said: str
) -> None:
    """It ends with 3 and names service, host and the files that are left; the bundles that are there stay."""
    job = stack.environment()
    run(job, Inputs(trust_config=str(trust_v1)))
    kept = (here / "release" / "app.whl.sigstore.json").read_bytes()
    (here / "release" / "new.txt").touch()
    with Faults(stack.urls[service]) as faults, faults.down():
        trust = stack.write_trust(here / "trust.json", through={service: faults.url})
        done = run(job, Inputs(trust_config=str(trust)), limits=Limits(budget=0.5))
        host = faults.url.removeprefix("http://")
    assert (done.status, done.failed) == (ExitStatus.OUTSIDE, ["release/new.txt"])
    assert f"{said} at {host} is away: the connection was refused (WIRE001)" in done.face.shown
    assert len(done.bundles) == 3
    again = run(job, Inputs(trust_config=str(trust_v1)))
    assert (again.status, len(again.bundles)) == (ExitStatus.PASS, 4)
    assert (here / "release" / "app.whl.sigstore.json").read_bytes() == kept


@pytest.mark.usefixtures("trust_v1")
def test_an_outage_is_one_error_however_many_files_it_kept(here: Path, stack: Stack) -> None:
    """And it says what it was, not how often; an outage measures nothing, so the check did not fail."""
    with Faults(stack.urls["rekor-v1"]) as faults, faults.down():
        trust = stack.write_trust(here / "trust.json", through={"rekor-v1": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust)), limits=Limits(budget=0.5))
    assert [error.code for error in done.face.record.errors] == ["WIRE001"]
    assert [(each.check, each.status) for each in done.face.record.verdicts] == [
        ("sign.files", Status.UNMEASURED),
        ("sign.log", Status.UNMEASURED),
    ]
    assert (len(done.failed), done.bundles, done.outputs.signing) == (3, [], "keyless")


@pytest.mark.usefixtures("here")
@pytest.mark.usefixtures("trust_v1")
def test_a_run_that_is_interrupted_does_not_wait_for_a_service(here: Path, stack: Stack) -> None:
    """Ctrl-C ends it at once, however much of the budget is left, and a log that hangs does not hold it."""
    with Faults(stack.urls["rekor-v1"]) as faults:
        faults.inject(Answer(503, retry_after=50), times=1000)
        trust = stack.write_trust(here / "trust.json", through={"rekor-v1": faults.url})
        process = start(stack.environment() | {"TRUST": str(trust)})
        assert process.stderr is not None
        while "trying again" not in process.stderr.readline():
            assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, wrong = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert wrong.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.usefixtures("trust_v1")
def test_the_retry_budget_ends_the_wait(here: Path, stack: Stack) -> None:
    """With 3 after as many seconds, however long the service stays away."""
    with Faults(stack.urls["rekor-v1"]) as faults, faults.down():
        trust = stack.write_trust(here / "trust.json", through={"rekor-v1": faults.url})
        began = time.monotonic()
        done = run(stack.environment(), Inputs(trust_config=str(trust), retry_budget="2"))
        took = time.monotonic() - began
    assert done.status is ExitStatus.OUTSIDE
    assert 2 <= took < 10
    assert len(done.failed) == 3


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "86401", "100000", "٣"])
def test_a_budget_that_is_no_number_of_seconds_is_a_usage_error(laptop: dict[str, str], text: str) -> None:
    """From 0, which tries each service once, to a day."""
    with pytest.raises(Error) as raised:
        run(laptop, Inputs(retry_budget=text))
    assert (raised.value.code, raised.value.status) == ("SIGN011", ExitStatus.USAGE)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "repository", [{"private": True}, {"private": True, "visibility": "internal"}, {"visibility": "internal"}], ids=str
)
def test_a_private_repository_is_not_made_known(tmp_path: Path, repository: dict[str, Any]) -> None:
    """The public log is not even looked up: no service, and no issuer, can be reached here."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": repository}), encoding="utf-8")
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
    with pytest.raises(Error) as raised:
        run(job | {"GITHUB_EVENT_PATH": str(event)}, limits=Limits(budget=0.1))
    assert (raised.value.code, raised.value.status) == ("SIGN009", ExitStatus.USAGE)
    assert "allow-public-log: true" in raised.value.fix


EVENTS: dict[str, bytes | None] = {
    "none": None,
    "a schedule's": b'{"schedule": "0 0 * * *"}',
    "public, before it was changed": b'{"repository": {"private": false, "visibility": "public"}}',
    "not JSON": b"{",
    "too deep": b"[" * 100_000,
    "a list": b"[]",
    "odd": b'{"repository": 7}',
}


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch, trust_v1: Path) -> None:
    """The stack in the place of the public instance."""
    monkeypatch.setattr("maximus.signing.trust.public_trust", lambda *_: load_trust(trust_v1))


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("visibility", ["private", "internal"])
def test_the_token_tells_a_private_repository_too(here: Path, stack: Stack, event: str, visibility: str) -> None:
    """Whatever the event says of it, or does not."""
    text = EVENTS[event]
    if text is not None:
        (here / "event.json").write_bytes(text)
    job = stack.environment(repository_visibility=visibility) | {"GITHUB_EVENT_PATH": str(here / "event.json")}
    with pytest.raises(Error, match=visibility) as raised:
        run(job)
    assert raised.value.code == "SIGN009"
    assert not list((here / "release").glob("app*.sigstore.json"))


@pytest.mark.usefixtures("here", "public")
@pytest.mark.parametrize(("visibility", "allowed"), [("private", True), ("internal", True), ("public", False)])
def test_what_may_be_known_is_signed(stack: Stack, visibility: str, *, allowed: bool) -> None:
    """A public repository, and a private one whose name may be known."""
    job = stack.environment(repository_visibility=visibility)
    assert run(job, Inputs(allow_public_log=allowed)).status is ExitStatus.PASS


@pytest.mark.usefixtures("here")
def test_a_private_instance_needs_no_leave(stack: Stack, trust_v1: Path) -> None:
    """Its log is as private as it is."""
    job = stack.environment(repository_visibility="private")
    assert run(job, Inputs(trust_config=str(trust_v1))).status is ExitStatus.PASS


# Attestations.


TYPE = "https://example.com/scan/v1"


@pytest.fixture
def scan(here: Path) -> str:
    """A predicate in a file, and a folder without what was left there."""
    (here / "release" / "old.sigstore.json").unlink()
    (here / "scan.json").write_text('{"found": [], "by": "ä", "score": 9.5}', encoding="utf-8")
    return "scan.json"


ATTESTED = pytest.mark.parametrize(
    "ways",
    [
        Inputs(),
        Inputs(mode="statement"),
        Inputs(bundles="proof"),
        Inputs(mode="statement", bundles="proof"),
        Inputs(files=("release/**/*.whl",)),
        Inputs(files=("release/**/*.whl",), mode="statement"),
    ],
    ids=str,
)


@ATTESTED
def test_a_predicate_is_attested_over_all_files(here: Path, laptop: dict[str, str], scan: str, ways: Inputs) -> None:
    """Beside the signatures; a second run keeps it; the line to verify with holds."""
    asked = dataclasses.replace(ways, predicate=scan, predicate_type=TYPE)
    done = run(laptop, asked)
    path = here / (ways.bundles or "release") / "attestation.sigstore.json"
    assert path.relative_to(here).as_posix() in done.bundles
    content = read_bundle(path).content
    assert isinstance(content, Envelope)
    statement = parse_statement(content.payload, "s")
    assert [subject.name for subject in statement.subjects] == ["app.whl", "sub/app.whl"]
    assert (statement.predicate_type, statement.predicate) == (TYPE, {"found": [], "by": "ä", "score": 9.5})
    kept = path.read_bytes()
    again = run(laptop, asked)
    assert (again.status, path.read_bytes()) == (ExitStatus.PASS, kept)
    assert ("sign.attestations", Status.PASS, 1) in [
        (each.check, each.status, each.measured) for each in again.face.record.verdicts
    ]
    proof = obey(again.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown


@ATTESTED
@pytest.mark.usefixtures("scan")
def test_a_job_attests_its_provenance(here: Path, stack: Stack, trust_v1: Path, cosign: Cosign, ways: Inputs) -> None:
    """Cosign reads it as SLSA provenance, `verify` proves the folder with it, and both statements are logged."""
    asked = dataclasses.replace(
        ways, trust_config=str(trust_v1), provenance=True, predicate="scan.json", predicate_type=TYPE
    )
    run(stack.environment(), asked)
    done = run(stack.environment(), asked)
    folder = here / (ways.bundles or "release")
    file = here / "release" / "sub" / "app.whl"
    for name, kind in (("provenance", "slsaprovenance1"), ("attestation", TYPE)):
        judged = cosign.verify_blob_attestation(file, folder / f"{name}.sigstore.json", predicate_type=kind)
        assert judged.stderr.strip() == "Verified OK"
        assert (folder / f"{name}.sigstore.json").relative_to(here).as_posix() in json.loads(done.outputs.log_indexes)
    content = read_bundle(folder / "provenance.sigstore.json").content
    assert isinstance(content, Envelope)
    run_details = parse_statement(content.payload, "s").predicate["runDetails"]
    assert run_details["builder"]["id"] == stack.identity()
    assert [each.status for each in done.face.record.verdicts] == [Status.PASS] * 3
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown


@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(predicate="scan.json"),
        Inputs(predicate_type=TYPE),
        Inputs(predicate="scan.json", predicate_type="not a URI"),
        Inputs(provenance=True),
    ],
    ids=str,
)
@pytest.mark.usefixtures("scan")
def test_attestations_that_cannot_be_are_a_usage_error(here: Path, laptop: dict[str, str], inputs: Inputs) -> None:
    """Before anything is signed: half of a predicate, provenance by a key."""
    with pytest.raises(Error) as raised:
        run(laptop, inputs)
    assert (raised.value.code, raised.value.status) == ("SIGN012", ExitStatus.USAGE)
    assert not list(here.rglob("*.sigstore.json"))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": 9007199254740993}'])
def test_what_is_no_predicate_is_a_usage_error(here: Path, laptop: dict[str, str], scan: str, text: str) -> None:
    """Nor a file that is not there; nothing is signed then."""
    (here / scan).write_text(text, encoding="utf-8")
    for name in (scan, "missing.json"):
        with pytest.raises(Error) as raised:
            run(laptop, Inputs(predicate=name, predicate_type=TYPE))
        assert (raised.value.code, raised.value.status) == ("SIGN014", ExitStatus.USAGE)
    assert not list(here.rglob("*.sigstore.json"))


def test_a_file_with_the_name_of_an_attestation_is_a_usage_error(here: Path, laptop: dict[str, str], scan: str) -> None:
    """Its bundle would overwrite the attestation's; with one statement over all there is no such bundle."""
    (here / "release" / "attestation").touch()
    asked = Inputs(predicate=scan, predicate_type=TYPE)
    with pytest.raises(Error) as raised:
        run(laptop, asked)
    assert (raised.value.code, raised.value.status) == ("SIGN015", ExitStatus.USAGE)
    assert run(laptop, dataclasses.replace(asked, mode="statement")).status is ExitStatus.PASS


@pytest.mark.usefixtures("scan")
def test_an_attestation_that_a_log_refused_is_not_a_pass(here: Path, stack: Stack, trust_v1: Path) -> None:
    """The signatures that are there stay; it has a verdict of its own; a second run makes it."""
    run(stack.environment(), Inputs(trust_config=str(trust_v1)))
    with Faults(stack.urls["rekor-v1"]) as faults, faults.down():
        trust = stack.write_trust(here / "trust.json", through={"rekor-v1": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust), provenance=True), limits=Limits(budget=0.5))
    assert (done.status, done.failed, len(done.bundles)) == (ExitStatus.OUTSIDE, ["provenance"], 3)
    found = {each.check: each.status for each in done.face.record.verdicts}
    assert found == {"sign.files": Status.PASS, "sign.log": Status.PASS, "sign.attestations": Status.UNMEASURED}
    again = run(stack.environment(), Inputs(trust_config=str(trust_v1), provenance=True))
    assert (again.status, len(again.bundles)) == (ExitStatus.PASS, 4)


@pytest.mark.usefixtures("here")
def test_an_issuer_that_is_away_ends_with_three(stack: Stack, trust_v1: Path) -> None:
    """Nothing can be signed without knowing who signs."""
    with Faults(stack.issuer_url) as faults, faults.down(), pytest.raises(Error) as raised:
        run(stack.environment(issuer=faults.url), Inputs(trust_config=str(trust_v1)), limits=Limits(budget=0.5))
    assert (raised.value.code, raised.value.status) == ("WIRE001", ExitStatus.OUTSIDE)


@pytest.mark.usefixtures("here")
def test_a_wrong_trust_configuration_is_a_usage_error(stack: Stack) -> None:
    """Before any token is asked for."""
    face = Face(stack.environment())
    with pytest.raises(Error) as raised:
        sign.run(Inputs(trust_config="release/app.whl"), face)
    assert (raised.value.code, raised.value.status, face.masked) == ("TRUST002", ExitStatus.USAGE, [])
