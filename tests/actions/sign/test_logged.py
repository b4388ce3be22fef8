"""A managed key's signatures in the log: `log: rekor`, with cosign as judge; and how often services are asked."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from actions import verify
from actions.declare import find_action, inputs_from_texts
from actions.sign import NOT_LOGGED, Inputs
from actions.terminal import options_of
from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import Envelope, read_bundle
from maximus.verdict import Status
from tests.actions.sign.test_sign import Face, Run, pem, run
from tests.stack.faults import Answer, Drop, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

PREDICATE = "https://example.org/predicate/v1"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release folder with two files, in a working folder with a key and a predicate."""
    folder = tmp_path / "work" / "release"
    folder.mkdir(parents=True)
    for name in ("app.whl", "app.tar.gz"):
        (folder / name).write_text(name, encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    keep(pem())
    Path("predicate.json").write_text("{}", encoding="utf-8")
    return folder


def keep(text: str) -> None:
    """Keep a private key as it has to be kept."""
    Path("key.pem").touch(mode=0o600)
    Path("key.pem").write_text(text, encoding="utf-8")


@pytest.fixture(params=[1, 2], ids=["rekor-v1", "rekor-v2"])
def rekor(request: pytest.FixtureRequest) -> int:
    """A version of the log; the first is unmeasured where its database is not there."""
    version: int = request.param
    request.getfixturevalue(f"trust_v{version}")
    return version


@pytest.fixture
def trust(stack: Stack, rekor: int) -> str:
    """The trust configuration for that log."""
    return str(stack.trust(rekor))


@pytest.fixture
def log(stack: Stack, rekor: int) -> Iterator[Faults]:
    """A proxy in front of that log."""
    with Faults(stack.urls[f"rekor-v{rekor}"]) as faults:
        yield faults


@pytest.fixture
def tsa(stack: Stack) -> Iterator[Faults]:
    """A proxy in front of the timestamp authority."""
    with Faults(stack.urls["tsa"]) as faults:
        yield faults


def logged(trust: str | Path, **given: object) -> Inputs:
    """Return the inputs that sign with the key and log it."""
    return dataclasses.replace(Inputs(key="key.pem", log="rekor", trust_config=str(trust)), **given)  # type: ignore[arg-type]  # named as its fields


def obey(command: str) -> Run:
    """Run the line that `sign` hands on; there is no SBOM here, so that fact is left out."""
    action = find_action("verify")
    words = shlex.split(command.replace(" --require sbom", ""))
    texts, _, _ = options_of(action, words[2:], {})
    face = Face({})
    return Run(face, verify.run(inputs_from_texts(action, texts), face))


def test_a_keys_signatures_are_logged_where_that_is_asked_for(release: Path, trust: str) -> None:
    """Each bundle has its entry and its time; headline, verdict, table and outputs say so."""
    done = run({}, logged(trust))
    bundles = [read_bundle(Path(name)) for name in done.bundles]
    assert [(len(each.entries), len(each.timestamps), each.certificate) for each in bundles] == [(1, 1, b"")] * 2
    assert (done.status, done.outputs.signing) == (ExitStatus.PASS, "key")
    assert json.loads(done.outputs.log_indexes) == {
        name: bundle.entries[0].index for name, bundle in zip(done.bundles, bundles, strict=True)
    }
    record = done.face.record
    assert record.headline.endswith(": 2 log entries")
    assert [(each.check, each.status, each.measured, each.reason) for each in record.verdicts] == [
        ("sign.files", Status.PASS, 2, ""),
        ("sign.log", Status.PASS, 2, ""),
    ]
    assert NOT_LOGGED not in done.face.shown
    assert release.joinpath("maximus.pub").is_file()


@pytest.mark.parametrize("mode", ["each", "statement"])
def test_the_line_to_verify_with_asks_for_the_keys_log_entries(release: Path, trust: str, mode: str) -> None:
    """It passes, and without the entry it does not."""
    done = run({}, logged(trust, mode=mode))
    assert "--require log" in done.outputs.verify_command
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown
    for name in done.bundles:
        document = json.loads(Path(name).read_text(encoding="utf-8"))
        del document["verificationMaterial"]["tlogEntries"]
        Path(name).write_text(json.dumps(document), encoding="utf-8")
    assert obey(done.outputs.verify_command).status is ExitStatus.FAILED
    assert release.is_dir()


def test_cosign_verifies_what_a_key_signed_and_logged(release: Path, trust: str, cosign: Cosign, stack: Stack) -> None:
    """Its log entries too, which it is not told to leave out: a file, the statement, a predicate over all."""
    run({}, logged(trust, predicate="predicate.json", predicate_type=PREDICATE))
    run({}, logged(trust, mode="statement"))
    key = ("--key", release / "maximus.pub", "--trusted-root", stack.trusted_root)
    file = release / "app.whl"
    verified = [cosign.run("verify-blob", *key, "--bundle", f"{file}.sigstore.json", file)]
    for name, kind in (("release", "https://in-toto.io/attestation/release/v0.1"), ("attestation", PREDICATE)):
        bundle = release / f"{name}.sigstore.json"
        verified.append(cosign.run("verify-blob-attestation", *key, "--type", kind, "--bundle", bundle, file))
    assert [each.stderr.strip().splitlines()[-1] for each in verified] == ["Verified OK"] * 3
    file.write_text("other", encoding="utf-8")
    assert cosign.run("verify-blob", *key, "--bundle", f"{file}.sigstore.json", file).returncode != 0


def test_a_second_run_keeps_what_is_logged_and_logs_what_is_not(release: Path, trust: str) -> None:
    """A bundle without an entry is not what was asked for, though its signature holds."""
    run({}, Inputs(key="key.pem"))
    first, second = run({}, logged(trust)), run({}, logged(trust))
    assert [{row[1] for row in each.face.record.tables[0].rows} for each in (first, second)] == [
        {"signed"},
        {"was signed already"},
    ]
    assert first.outputs.log_indexes == second.outputs.log_indexes
    assert release.is_dir()


def test_rsa_is_logged_too(release: Path, trust: str, cosign: Cosign, stack: Stack) -> None:
    """With the padding that cosign takes for a key in PEM."""
    keep(text_of(rsa.generate_private_key(65537, 2048)))
    run({}, logged(trust))
    file = release / "app.whl"
    key = ("--key", release / "maximus.pub", "--trusted-root", stack.trusted_root)
    done = cosign.run("verify-blob", *key, "--bundle", f"{file}.sigstore.json", file)
    assert done.stderr.strip() == "Verified OK"


def text_of(key: PrivateKeyTypes) -> str:
    """Return a private key in PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2056),
    ],
    ids=["Ed25519", "P-384", "RSA-2056"],
)
def test_a_key_whose_signatures_no_log_takes_is_refused(release: Path, trust_v1: Path, key: PrivateKeyTypes) -> None:
    """Before anything is signed; unlogged it may sign."""
    keep(text_of(key))
    with pytest.raises(Error) as raised:
        run({}, logged(trust_v1))
    assert (raised.value.code, raised.value.status) == ("KEY030", ExitStatus.USAGE)
    with pytest.raises(Error, match="KEY030"):
        # Before anybody is asked whom to trust.
        run({}, logged(Path("missing.json")))
    assert run({}, Inputs(key="key.pem", log="none")).status is ExitStatus.PASS
    assert len(list(release.glob("*.sigstore.json"))) == 2


def test_a_keyless_signature_without_a_log_is_refused(release: Path, stack: Stack, trust_v1: Path) -> None:
    """Its certificate is worth ten minutes; it says so before a token is asked for."""
    face = Face(stack.environment())
    with pytest.raises(Error) as raised:
        run(stack.environment(), Inputs(log="none", trust_config=str(trust_v1)))
    assert (raised.value.code, raised.value.status, face.masked) == ("SIGN020", ExitStatus.USAGE, [])
    assert not list(release.glob("*.sigstore.json"))


@pytest.mark.usefixtures("release")
def test_a_keys_lost_reply_is_made_good(stack: Stack, tmp_path: Path, rekor: int, log: Faults) -> None:
    """Rekor v1's entry is read and used; with v2 the same bytes are signed again."""
    trust = stack.write_trust(tmp_path / "trust.json", rekor=rekor, through={f"rekor-v{rekor}": log.url})
    log.inject(Drop(forwarded=True), method="POST")
    done = run({}, logged(trust, files=("release/app.whl",)))
    assert (done.status, log.count("POST"), log.count("GET")) == {
        1: (ExitStatus.PASS, 2, 1),
        2: (ExitStatus.PASS, 3, 0),
    }[rekor]


def test_a_key_logs_nothing_without_its_timestamp(  # noqa: PLR0913, PLR0917 - a proxy for each service
    release: Path, stack: Stack, tmp_path: Path, rekor: int, log: Faults, tsa: Faults
) -> None:
    """As with an identity: the file is named, the log sees nothing."""
    through = {f"rekor-v{rekor}": log.url, "tsa": tsa.url}
    trust = stack.write_trust(tmp_path / "trust.json", rekor=rekor, through=through)
    tsa.inject(Answer(400, body=b"no"), times=99)
    done = run({}, logged(trust))
    assert (len(done.failed), log.count()) == (2, 0)
    (error,) = done.face.record.errors
    assert (error.code, error.where) == ("SIGN005", tsa.url.removeprefix("http://"))
    # What is told to do is about the authority, and not about the log.
    assert error.what.startswith("the timestamp authority at ")
    assert "/api/v1/timestamp" in error.fix
    assert not list(release.glob("*.sigstore.json"))


def test_a_log_that_refuses_a_key_is_one_fault_a_file(
    release: Path, stack: Stack, tmp_path: Path, rekor: int, log: Faults
) -> None:
    """In the log's own words; nothing half-done lies there."""
    trust = stack.write_trust(tmp_path / "trust.json", rekor=rekor, through={f"rekor-v{rekor}": log.url})
    log.inject(Answer(400, body=b'{"message": "no such key"}'), times=99)
    done = run({}, logged(trust))
    assert len(done.failed) == 2
    assert [(error.code, error.why) for error in done.face.record.errors] == [("SIGN005", "HTTP 400 no such key")]
    assert not list(release.glob("*.sigstore.json"))


def test_a_statement_costs_four_requests(release: Path, stack: Stack, tmp_path: Path, rekor: int) -> None:
    """A token, a certificate, a timestamp, a log entry, however many files there are."""
    for number in range(40):
        (release / f"{number}.bin").write_text(str(number), encoding="utf-8")
    with (
        Faults(stack.issuer_url) as issuer,
        Faults(stack.urls["fulcio"]) as fulcio,
        Faults(stack.urls["tsa"]) as tsa,
        Faults(stack.urls[f"rekor-v{rekor}"]) as log,
    ):
        through = {"fulcio": fulcio.url, "tsa": tsa.url, f"rekor-v{rekor}": log.url}
        trust = stack.write_trust(tmp_path / "trust.json", rekor=rekor, through=through)
        job = stack.environment(issuer=issuer.url)
        done = run(job, Inputs(mode="statement", trust_config=str(trust)))
        asked = [each.count() for each in (issuer, fulcio, tsa, log)]
    (bundle,) = done.bundles
    assert (done.status, asked) == (ExitStatus.PASS, [1, 1, 1, 1])
    assert isinstance(read_bundle(Path(bundle)).content, Envelope)


def test_what_is_signed_already_costs_no_certificate(
    release: Path, stack: Stack, tmp_path: Path, trust_v1: Path
) -> None:
    """The second run asks for the token, which says who would sign, and for nothing else."""
    assert trust_v1.is_file()
    with Faults(stack.urls["fulcio"]) as fulcio:
        trust = stack.write_trust(tmp_path / "trust.json", through={"fulcio": fulcio.url})
        for mode in ("each", "statement"):
            first = run(stack.environment(), Inputs(mode=mode, trust_config=str(trust)))
            asked = fulcio.count()
            second = run(stack.environment(), Inputs(mode=mode, trust_config=str(trust)))
            assert (first.bundles, asked, fulcio.count()) == (second.bundles, asked, asked)
    assert release.is_dir()
