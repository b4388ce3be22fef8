"""On which terms `sign` works: outages that a key bridges, time and effort, SBOMs, and what a job declared."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions import sign
from actions.sign import NOT_LOGGED, Inputs
from actions.sign.declared import MAX_SUBJECTS, declare, declared_files, find_declared, lines_to_declare
from actions.sign.terms import is_outage, read_terms
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.bundles import ATTESTATION_STEMS, Envelope, is_statement, read_bundle
from maximus.signing.statements import parse_statement
from maximus.signing.transport import Limits
from maximus.verdict import Status, overall
from tests.actions.sign.test_sign import Face, Run, obey, pem, run
from tests.stack.faults import Answer, Faults, Hang

if TYPE_CHECKING:
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

SPDX = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "app"}
CYCLONEDX = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release folder with two files, in a working folder with a key."""
    folder = tmp_path / "work" / "release"
    folder.mkdir(parents=True)
    for name in ("app.whl", "app.tar.gz"):
        (folder / name).write_text(name, encoding="utf-8")
    key = tmp_path / "work" / "key.pem"
    key.touch(mode=0o600)
    key.write_text(pem(), encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    return folder


def statuses(done: Run) -> dict[str, Status]:
    """Return each verdict's status by its check."""
    return {each.check: each.status for each in done.face.record.verdicts}


def refused(inputs: Inputs, environment: dict[str, str]) -> Error:
    """Return the error that a run ends with before anything is written."""
    before = sorted(Path().rglob("*"))
    with pytest.raises(Error) as raised:
        run(environment, inputs)
    assert sorted(Path().rglob("*")) == before
    return raised.value


# A key where keyless cannot be.


@pytest.mark.parametrize("mode", ["each", "statement"])
@pytest.mark.parametrize("service", ["fulcio", "rekor-v1", "tsa"])
def test_a_key_steps_in_for_a_service_that_is_away(release: Path, stack: Stack, service: str, mode: str) -> None:
    """All is signed by the key; it is said everywhere and is no pass; the line to verify with holds."""
    with Faults(stack.urls[service]) as faults, faults.down():
        trust = stack.write_trust(release.parent / "trust.json", through={service: faults.url})
        asked = Inputs(trust_config=str(trust), key="key.pem", fallback="key", mode=mode)
        done = run(stack.environment(), asked, limits=Limits(budget=0.3))
    assert (done.outputs.signing, done.outputs.issuer, done.failed) == ("key", "", [])
    assert statuses(done) == {"sign.files": Status.PASS, "sign.log": Status.UNMEASURED}
    assert overall(done.face.record.verdicts) is Status.WAIVED
    assert done.status is ExitStatus.PASS
    files, log = done.face.record.verdicts
    assert files.reason == NOT_LOGGED
    assert log.reason.startswith(f"{NOT_LOGGED}: ")
    assert log.code == "WIRE001"
    assert NOT_LOGGED in done.face.record.headline
    assert {row[2] for row in done.face.record.tables[0].rows} == {NOT_LOGGED}
    proof = obey(done.outputs.verify_command)
    assert proof.status is ExitStatus.PASS, proof.face.shown


def test_a_key_steps_in_where_the_identity_itself_is_away(release: Path, stack: Stack, trust_v1: Path) -> None:
    """Before a single file was signed; the next run puts the job's signatures in the place of the key's."""
    asked = Inputs(trust_config=str(trust_v1), key="key.pem", fallback="key")
    with Faults(stack.issuer_url) as faults, faults.down():
        done = run(stack.environment(issuer=faults.url), asked, limits=Limits(budget=0.3))
    assert done.outputs.signing == "key"
    (release / "maximus.pub").unlink()
    again = run(stack.environment(), asked)
    assert (again.outputs.signing, again.status) == ("keyless", ExitStatus.PASS)
    assert statuses(again) == {"sign.files": Status.PASS, "sign.log": Status.PASS}
    assert all(read_bundle(Path(bundle)).certificate for bundle in again.bundles)


def test_a_key_that_is_not_asked_for_never_steps_in(release: Path, stack: Stack) -> None:
    """An outage is then an outage: 3, and nothing is signed."""
    with Faults(stack.urls["fulcio"]) as faults, faults.down():
        trust = stack.write_trust(release.parent / "trust.json", through={"fulcio": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust)), limits=Limits(budget=0.3))
    assert (done.status, done.bundles, done.outputs.signing) == (ExitStatus.OUTSIDE, [], "keyless")


def test_a_refusal_is_no_outage(release: Path, stack: Stack) -> None:
    """What Fulcio says no to, no key may say yes to."""
    with Faults(stack.urls["fulcio"]) as faults:
        faults.inject(Answer(403), times=10)
        trust = stack.write_trust(release.parent / "trust.json", through={"fulcio": faults.url})
        asked = Inputs(trust_config=str(trust), key="key.pem", fallback="key")
        done = run(stack.environment(), asked, limits=Limits(budget=0.3))
    assert (done.status, done.bundles) == (ExitStatus.OUTSIDE, [])
    assert [error.code for error in done.face.record.errors] == ["SIGN004"]
    assert not is_outage(done.face.record.errors[0])


@pytest.mark.usefixtures("release")
def test_a_job_without_an_identity_does_not_fall_back_either() -> None:
    """A permission that is missing is no outage."""
    asked = Inputs(key="key.pem", fallback="key")
    assert refused(asked, {"GITHUB_ACTIONS": "true"}).code == "SIGN002"


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize(
    "inputs", [Inputs(fallback="key"), Inputs(fallback="key", key="key.pem", provenance=True)], ids=str
)
def test_a_fallback_that_cannot_be_kept_is_a_usage_error(inputs: Inputs) -> None:
    """Without a key, and with what no key can claim: said before there is an outage."""
    error = refused(inputs, {"GITHUB_ACTIONS": "true"})
    assert (error.code, error.status) == ("SIGN016", ExitStatus.USAGE)


# Time and effort.


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(timeout="0"),
        Inputs(timeout="3601"),
        Inputs(timeout="1.5"),
        Inputs(jobs="0"),
        Inputs(jobs="65"),
        Inputs(jobs="-1"),
        Inputs(jobs="٣"),
        Inputs(retry_budget="86401"),
    ],
    ids=str,
)
def test_a_number_out_of_its_bounds_is_a_usage_error(inputs: Inputs) -> None:
    """It names the input and the bounds."""
    error = refused(inputs, {})
    assert (error.code, error.status) == ("SIGN011", ExitStatus.USAGE)
    assert error.where.removeprefix("input `").removesuffix("`") in error.what


def test_a_request_may_take_as_long_as_is_said(release: Path, stack: Stack) -> None:
    """A log that hangs is tried again after `timeout` seconds, and not after the minute of the default."""
    with Faults(stack.urls["rekor-v1"]) as faults:
        faults.inject(Hang(), times=1, method="POST")
        trust = stack.write_trust(release.parent / "trust.json", through={"rekor-v1": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust), timeout="1", retry_budget="30", jobs="1"))
        assert faults.count("POST") == 3
    assert done.status is ExitStatus.PASS
    assert "no whole answer within 1 s" in done.face.shown or "no answer in time" in done.face.shown


@pytest.mark.usefixtures("release")
def test_each_service_is_probed_before_the_work(stack: Stack, trust_v1: Path) -> None:
    """One line, with what a connection took; one that is away is named and nothing ends for it."""
    shown = run(stack.environment(), Inputs(trust_config=str(trust_v1))).face.shown
    (line,) = [line for line in shown.splitlines() if line.startswith("services: ")]
    assert line.count(" ms") == 3
    assert [name in line for name in ("Fulcio at ", "Rekor at ", "the timestamp authority at ")] == [True] * 3


def test_one_statement_takes_four_requests(release: Path, stack: Stack) -> None:
    """Token, certificate, timestamp, log entry: the probes are none."""
    names = ("fulcio", "rekor-v1", "tsa")
    with (
        Faults(stack.urls["fulcio"]) as fulcio,
        Faults(stack.urls["rekor-v1"]) as log,
        Faults(stack.urls["tsa"]) as tsa,
        Faults(stack.issuer_url) as issuer,
    ):
        through = dict(zip(names, (each.url for each in (fulcio, log, tsa)), strict=True))
        trust = stack.write_trust(release.parent / "trust.json", through=through)
        done = run(stack.environment(issuer=issuer.url), Inputs(trust_config=str(trust), mode="statement"))
        assert [each.count() for each in (issuer, fulcio, tsa, log)] == [1, 1, 1, 1]
    assert done.status is ExitStatus.PASS


def test_terms_are_what_the_inputs_say() -> None:
    """A connection is never waited for longer than the whole request."""
    terms = read_terms(retry_budget="0", timeout="3", jobs="7")
    assert (terms.budget, terms.attempt, terms.jobs) == (0, 3, 7)
    assert (terms.limits.attempt, terms.limits.connect, terms.limits.budget) == (3, 3, 0)
    assert read_terms(retry_budget="600", timeout="60", jobs="").jobs == 0


@pytest.mark.parametrize("instance", ["nonsense", "ftp://mirror.example"])
@pytest.mark.usefixtures("release")
def test_an_unknown_instance_is_refused(stack: Stack, instance: str) -> None:
    """Before a token is asked for."""
    face = Face(stack.environment())
    with pytest.raises(Error) as raised:
        sign.run(Inputs(instance=instance), face)
    assert (raised.value.code, raised.value.status, face.masked) == ("TRUST005", ExitStatus.USAGE, [])


def test_the_line_to_verify_with_names_the_instance(
    release: Path, stack: Stack, trust_v1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose TUF repository was asked is whose root a verifier has to believe."""
    from maximus.signing.trust import load_trust  # noqa: PLC0415 - half a second that only this needs

    asked = []

    def trusted(_: object, instance: object) -> object:
        asked.append(instance)
        return load_trust(trust_v1)

    monkeypatch.setattr("maximus.signing.trust.public_trust", trusted)
    done = run(stack.environment(), Inputs(instance="https://mirror.example/tuf"))
    assert [getattr(each, "url", "") for each in asked] == ["https://mirror.example/tuf"]
    assert " --instance https://mirror.example/tuf --require " in done.outputs.verify_command
    assert len(done.bundles) == len(list(release.glob("app*[lz]")))


def test_a_key_that_others_may_read_is_warned_of(release: Path) -> None:
    """It signs; the warning names the file and the command."""
    (release.parent / "key.pem").chmod(0o644)
    done = run({}, Inputs(key="key.pem"))
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, 2)
    assert "other users may read the private key key.pem (its mode is 0644): chmod 600 it" in done.face.shown


# What there may be in a folder.


def test_an_empty_file_is_signed_and_what_is_no_file_is_not(release: Path) -> None:
    """A FIFO would be waited for without end."""
    (release / "empty").touch()
    os.mkfifo(release / "pipe")
    done = run({}, Inputs(key="key.pem"))
    assert "release/empty.sigstore.json" in done.bundles
    assert not [path for path in done.bundles if "pipe" in path]
    assert "warning: release/pipe is no file: " in done.face.shown


def test_what_is_not_signed_because_it_is_no_file_is_told(release: Path) -> None:
    """A link that leads nowhere and one to a folder beside it; a link to a file in the folder is signed as that."""
    assert "no file" not in run({}, Inputs(key="key.pem")).face.shown
    (release / "sub").mkdir()
    for name, target in (("latest", "app.whl"), ("nowhere", "gone"), ("other", "sub")):
        (release / name).symlink_to(target)
    done = run({}, Inputs(key="key.pem"))
    assert "release/latest.sigstore.json" in done.bundles
    assert "warning: release/nowhere is no file, and 1 more are none: " in done.face.shown


def test_what_another_run_is_writing_is_neither_signed_nor_told(release: Path) -> None:
    """Its name has the number of a process that lives; soon it is a bundle."""
    (release / f".maximus-{os.getppid()}-x.tmp").touch()
    done = run({}, Inputs(key="key.pem"))
    assert not [path for path in done.bundles if "tmp" in path]
    assert "no file" not in done.face.shown


def test_ten_thousand_files_are_one_run(release: Path) -> None:
    """As statements, none over more than other verifiers read, and proved by the line that it hands on."""
    for number in range(10_000 - 2):
        (release / f"{number:05}").touch()
    done = run({}, Inputs(key="key.pem", mode="statement"))
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, 10)
    assert done.face.record.verdicts[0].measured == 10_000
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true")


def test_ten_thousand_files_have_a_bundle_each(release: Path) -> None:
    """Report and outputs stay within what a page and a job take."""
    for number in range(10_000 - 2):
        (release / f"{number:05}").touch()
    done = run({}, Inputs(key="key.pem"))
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, 10_000)
    assert len(done.face.record.tables[0].rows) == 201
    assert max(map(len, (done.outputs.bundles, done.outputs.cosign_command))) < 1 << 20
    assert all((release / f"{number:05}.sigstore.json").is_file() for number in range(0, 10_000 - 2, 97))


def test_ten_thousand_files_are_ten_log_entries(release: Path, stack: Stack, trust_v1: Path) -> None:
    """Keyless too: one certificate, one statement for each 1,024 files."""
    for number in range(10_000 - 2):
        (release / f"{number:05}").touch()
    done = run(stack.environment(), Inputs(trust_config=str(trust_v1), mode="statement"))
    assert (done.status, len(json.loads(done.outputs.log_indexes))) == (ExitStatus.PASS, 10)
    assert len({read_bundle(Path(bundle)).certificate for bundle in done.bundles}) == 1


def test_a_clock_that_is_five_minutes_behind_is_named(release: Path, stack: Stack, trust_v1: Path) -> None:
    """The issuer's token has not begun then: 3, with the clock as the cause, and nothing is signed."""
    now = int(time.time()) + 300
    error = refused(Inputs(trust_config=str(trust_v1)), stack.environment(iat=now, nbf=now, exp=now + 600))
    assert (error.code, error.status) == ("TOKEN002", ExitStatus.OUTSIDE)
    assert "it begins in " in error.why
    assert "Check this machine's clock" in error.fix
    assert not list(release.glob("*.sigstore.json"))


def test_a_clock_that_is_five_minutes_ahead_costs_nothing(release: Path, stack: Stack, trust_v1: Path) -> None:
    """The token is older than it is, and still holds."""
    now = int(time.time()) - 300
    done = run(stack.environment(iat=now, nbf=now, exp=now + 600), Inputs(trust_config=str(trust_v1)))
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, len(list(release.glob("app.*[lz]"))))


# SBOMs.


@pytest.fixture
def inventoried(release: Path) -> Path:
    """A release folder with its SBOMs."""
    (release / "sbom.spdx.json").write_text(json.dumps(SPDX), encoding="utf-8")
    (release / "sbom.cdx.json").write_text(json.dumps(CYCLONEDX), encoding="utf-8")
    return release


@pytest.mark.parametrize(
    "ways",
    [Inputs(), Inputs(mode="statement"), Inputs(bundles="proof"), Inputs(files=("release/*.whl", "release/*.gz"))],
    ids=str,
)
def test_sboms_are_attested_over_the_artifacts(
    inventoried: Path, stack: Stack, trust_v1: Path, cosign: Cosign, ways: Inputs
) -> None:
    """Each format with its own type, which cosign reads; `verify` proves the folder; a second run keeps them."""
    asked = dataclasses.replace(ways, trust_config=str(trust_v1), sbom=True)
    done = run(stack.environment(), asked)
    assert done.status is ExitStatus.PASS, done.face.shown
    folder = Path(ways.bundles or "release")
    expected = {
        "sbom-spdx": ("https://spdx.dev/Document/v2.3", SPDX),
        "sbom-cyclonedx": ("https://cyclonedx.org/bom", CYCLONEDX),
    }
    for stem, (kind, predicate) in expected.items():
        content = read_bundle(folder / f"{stem}.sigstore.json").content
        assert isinstance(content, Envelope)
        statement = parse_statement(content.payload, stem)
        assert (statement.predicate_type, statement.predicate) == (kind, predicate)
        assert [subject.name for subject in statement.subjects] == ["app.tar.gz", "app.whl"]
        judged = cosign.verify_blob_attestation(
            inventoried / "app.whl", folder / f"{stem}.sigstore.json", predicate_type=kind
        )
        assert judged.stderr.strip() == "Verified OK"
    kept = {path: path.read_bytes() for path in folder.glob("sbom-*.sigstore.json")}
    again = run(stack.environment(), asked)
    assert {path: path.read_bytes() for path in kept} == kept
    # They stand for SBOMs, and are none that `verify` takes.
    proof = obey(again.outputs.verify_command, require=("signatures", "log", "identity"))
    assert proof.status is ExitStatus.PASS, proof.face.shown


def test_no_sbom_to_attest_is_unmeasured(release: Path) -> None:
    """Nor an SBOM alone, which is about nothing then."""
    with pytest.raises(Error) as raised:
        run({}, Inputs(key="key.pem", sbom=True))
    assert (raised.value.code, raised.value.status) == ("SIGN017", ExitStatus.UNMEASURED)
    for path in release.iterdir():
        path.unlink()
    (release / "sbom.spdx.json").write_text(json.dumps(SPDX), encoding="utf-8")
    with pytest.raises(Error) as raised:
        run({}, Inputs(key="key.pem", sbom=True))
    assert raised.value.code == "SIGN017"


def test_attestations_that_a_pattern_names_are_not_taken_for_lost_files(release: Path) -> None:
    """`release/*` matches the bundles too: each of ours is known by its name, whatever it claims."""
    (release.parent / "scan.json").write_text("{}", encoding="utf-8")
    (release / "sbom.spdx.json").write_text(json.dumps(SPDX), encoding="utf-8")
    run({}, Inputs(key="key.pem", sbom=True, predicate="scan.json", predicate_type="https://example.com/scan/v1"))
    proof = obey("maximus verify --files 'release/*' --files '!release/maximus.pub' --key release/maximus.pub")
    assert proof.status is ExitStatus.PASS, proof.face.shown


@pytest.mark.parametrize("stem", ["release", *ATTESTATION_STEMS])
def test_statements_are_known_by_their_whole_names(stem: str) -> None:
    """A file whose name only begins like one keeps its own bundle."""
    assert is_statement(Path(f"a/{stem}.sigstore.json"))
    assert is_statement(Path(f"{stem}-12.sigstore.json"))
    for end in (".txt.sigstore.json", "-0.sigstore.json", "-notes.sigstore.json", ".json"):
        assert not is_statement(Path(f"{stem}{end}"))


# What a job declared.


def listed(folder: Path, *subjects: dict[str, str], version: int = 1) -> dict[str, str]:
    """Return the environment of a step after others declared these."""
    path = folder / "artifacts.json"
    path.write_text(json.dumps({"version": version, "subjects": subjects}), encoding="utf-8")
    (folder / "declare").touch()
    return {"GITHUB_ARTIFACTS_LIST": str(path), "GITHUB_ARTIFACTS": str(folder / "declare")}


def declared(path: Path) -> dict[str, str]:
    """Return how the runner lists a file."""
    return {"name": path.name, "digest": f"sha256:{hash_file(path).sha256}", "kind": "file"}


@pytest.fixture
def dist(release: Path) -> Path:
    """Built files in a folder that is no release folder."""
    return release.rename(release.with_name("dist"))


def test_what_was_declared_is_signed_where_nobody_says_what(dist: Path, tmp_path: Path) -> None:
    """Found by name and digest; images are another matter; the line to verify with names the files."""
    (dist / "other").mkdir()
    (dist / "other" / "app.whl").write_text("another of that name", encoding="utf-8")
    image = {"name": "r.example/app", "digest": f"sha256:{'0' * 64}", "kind": "oci"}
    environment = listed(tmp_path, image, declared(dist / "app.whl"))
    done = run(environment, Inputs(key="key.pem"))
    assert done.bundles == ["dist/app.whl.sigstore.json"]
    proof = obey(done.outputs.verify_command)
    assert proof.status is ExitStatus.PASS, proof.face.shown


@pytest.mark.parametrize(
    ("inputs", "bundle"),
    [
        (Inputs(files=("dist/*.gz",), key="key.pem"), "dist/app.tar.gz.sigstore.json"),
        (Inputs(folder="made", key="key.pem"), "made/x.sigstore.json"),
    ],
    ids=str,
)
def test_who_says_what_to_sign_is_followed(dist: Path, tmp_path: Path, inputs: Inputs, bundle: str) -> None:
    """Patterns, and a folder that is there, go before the list."""
    (dist.parent / "made").mkdir()
    (dist.parent / "made" / "x").touch()
    assert run(listed(tmp_path, declared(dist / "app.whl")), inputs).bundles == [bundle]


def test_what_was_declared_and_changed_is_not_signed(dist: Path, tmp_path: Path) -> None:
    """Nor what is gone: another file under its name is not what a step made."""
    environment = listed(tmp_path, declared(dist / "app.whl"))
    (dist / "app.whl").write_text("changed", encoding="utf-8")
    changed = refused(Inputs(key="key.pem"), environment)
    (dist / "app.whl").unlink()
    gone = refused(Inputs(key="key.pem"), environment)
    assert (changed.code, gone.code) == ("SIGN019", "SIGN019")
    assert "other bytes" in changed.why
    assert "no file" in gone.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not valid JSON"),
        ("[]", "it is no object with a list of `subjects`"),
        ('{"version": 1, "subjects": 5}', "it is no object with a list of `subjects`"),
        ('{"version": 2, "subjects": []}', "its version is 2"),
        ('{"version": 1}', "'subjects' is missing in it"),
        ('{"version": 1, "subjects": [{"name": "a", "digest": "sha256:0", "kind": "file"}]}', "is no SHA-256 digest"),
        ('{"version": 1, "subjects": [{"name": "../a", "digest": "%s", "kind": "file"}]}' % ("0" * 64), "no file's"),
    ],
)
@pytest.mark.usefixtures("dist")
def test_a_list_that_is_not_the_runners_is_a_usage_error(tmp_path: Path, text: str, why: str) -> None:
    """What is wrong with it is said; nothing is signed."""
    path = tmp_path / "list.json"
    path.write_text(text, encoding="utf-8")
    error = refused(Inputs(key="key.pem"), {"GITHUB_ARTIFACTS_LIST": str(path)})
    assert (error.code, error.status) == ("SIGN018", ExitStatus.USAGE)
    assert why in error.why


def test_an_empty_list_is_none(tmp_path: Path) -> None:
    """With the feature switched off the variable is there and the file is empty."""
    (tmp_path / "list").touch()
    assert declared_files({"GITHUB_ARTIFACTS_LIST": str(tmp_path / "list")}) == ()
    assert declared_files({"GITHUB_ARTIFACTS_LIST": str(tmp_path / "gone")}) == ()
    assert declared_files({}) == ()
    assert find_declared((), tmp_path) == ()


def test_what_was_signed_is_declared(release: Path, tmp_path: Path) -> None:
    """Each file once, by its whole path; what a step before declared is not declared again."""
    environment = listed(tmp_path, declared(release / "app.whl"))
    run(environment, Inputs(key="key.pem"))
    assert Path(environment["GITHUB_ARTIFACTS"]).read_text(encoding="utf-8") == f"{release / 'app.tar.gz'}\n"


def test_what_the_runner_would_refuse_is_left_out(tmp_path: Path) -> None:
    """One bad line costs the whole list: a name twice, `=`, a line break, and more than there may be."""
    good, twice = tmp_path / "a", tmp_path / "b" / "a"
    bad = [tmp_path / "x=y", tmp_path / "line\nfeed", tmp_path / "i@sha256:0"]
    lines, left_out = lines_to_declare([good, twice, *bad], frozenset())
    assert lines == (str(good),)
    assert left_out == (twice, *bad)
    many = [tmp_path / str(number) for number in range(MAX_SUBJECTS + 1)]
    lines, left_out = lines_to_declare(many, frozenset({"known"}))
    assert (len(lines), left_out) == (MAX_SUBJECTS - 1, tuple(many[-2:]))


def test_files_that_cannot_be_declared_are_told(release: Path, tmp_path: Path) -> None:
    """The signatures stand; a warning names the first."""
    (release / "x=y").touch()
    done = run(listed(tmp_path), Inputs(key="key.pem"))
    assert done.status is ExitStatus.PASS
    assert "1 file cannot be declared as an artifact of this job: release/x=y" in done.face.shown
    full = tmp_path / "full"
    full.write_bytes(b"#" * ((1 << 20) - 3))
    assert declare([release / "app.whl"], {"GITHUB_ARTIFACTS": str(full)}) == (release / "app.whl",)
    assert full.stat().st_size == (1 << 20) - 3
