"""Keyless signing against the real services, with cosign as judge and a proxy that fails as it is told."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.authority import Certificates
from maximus.signing.bundles import Envelope, MessageSignature, parse_bundle
from maximus.signing.keyless import KeylessSigner
from maximus.signing.recorder import STAMPER
from maximus.signing.signers import Identity
from maximus.signing.stamps import request_stamp
from maximus.signing.statements import RELEASE_PREDICATE, Subject, statement_payload
from maximus.signing.tokens import TokenSource
from maximus.signing.transport import Limits, Transport
from maximus.signing.trust import load_trust
from maximus.verification.selfcheck import self_check
from maximus.verification.verifier import quiet
from tests.stack.faults import Answer, Drop, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maximus.files import HashedFile
    from maximus.signing.bundles import Bundle
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

LOG = {1: "rekor-v1", 2: "rekor-v2"}
ENTRIES = {1: "/api/v1/log/entries", 2: "/api/v2/log/entries"}


@pytest.fixture
def file(tmp_path: Path) -> HashedFile:
    """A file to sign."""
    path = tmp_path / "app-1.2.3.whl"
    path.write_bytes(b"built")
    return hash_file(path)


@contextmanager
def signing(stack: Stack, trust: Path, limits: Limits | None = None, **claims: str | None) -> Iterator[KeylessSigner]:
    """A signer for a job with these claims."""
    job = stack.environment(lifetime=None, issuer=None, **claims)
    url, bearer = job["ACTIONS_ID_TOKEN_REQUEST_URL"], job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    with quiet(), Transport(limits or Limits(budget=5)) as transport:
        config = load_trust(trust)
        tokens = TokenSource(transport, url, bearer, lambda _: None)
        certificates = Certificates(config.services.authority, transport, tokens)
        yield KeylessSigner(certificates, config.services, self_check(config.root, trust), transport)


def trust_of(stack: Stack, rekor: int) -> Path:
    """Return the trust configuration for a version of the log."""
    return stack.trust_v1 if rekor == 1 else stack.trust_v2


def parsed(text: str) -> Bundle:
    """Return a bundle's parts."""
    return parse_bundle(json.loads(text), "b")


def payload_of(file: HashedFile) -> bytes:
    """Return a statement over one file."""
    return statement_payload([Subject(file.path.name, file.sha256)], {"purl": "pkg:generic/x@1"})


@pytest.fixture
def fulcio(stack: Stack) -> Iterator[Faults]:
    """A proxy in front of Fulcio."""
    with Faults(stack.urls["fulcio"]) as faults:
        yield faults


@pytest.fixture
def tsa(stack: Stack) -> Iterator[Faults]:
    """A proxy in front of the timestamp authority."""
    with Faults(stack.urls["tsa"]) as faults:
        yield faults


@pytest.fixture(params=[1, 2], ids=["rekor-v1", "rekor-v2"])
def rekor(request: pytest.FixtureRequest) -> int:
    """A version of the log; the first is unmeasured where its database is not there."""
    version: int = request.param
    request.getfixturevalue(f"trust_v{version}")
    return version


@pytest.fixture
def log(stack: Stack, rekor: int) -> Iterator[Faults]:
    """A proxy in front of that log."""
    with Faults(stack.urls[LOG[rekor]]) as faults:
        yield faults


@pytest.fixture
def trust(  # noqa: PLR0913, PLR0917 - a proxy for each service
    stack: Stack, rekor: int, tmp_path: Path, fulcio: Faults, tsa: Faults, log: Faults
) -> Path:
    """A trust configuration that leads through the proxies."""
    through = {"fulcio": fulcio.url, "tsa": tsa.url, LOG[rekor]: log.url}
    return stack.write_trust(tmp_path / "trust.json", rekor=rekor, through=through)


def test_cosign_verifies_the_signature_of_a_file(
    stack: Stack, cosign: Cosign, rekor: int, file: HashedFile, tmp_path: Path
) -> None:
    """And says so; of another file it does not."""
    bundle = tmp_path / "b.sigstore.json"
    with signing(stack, trust_of(stack, rekor)) as signer:
        bundle.write_text(signer.sign_file(file), encoding="utf-8")
    verified = cosign.verify_blob(file.path, bundle)
    assert (verified.returncode, verified.stderr.strip()) == (0, "Verified OK")
    file.path.write_bytes(b"Built")
    assert cosign.verify_blob(file.path, bundle).returncode != 0


def test_cosign_verifies_a_statement(
    stack: Stack, cosign: Cosign, rekor: int, file: HashedFile, tmp_path: Path
) -> None:
    """With the predicate type that we give it."""
    bundle = tmp_path / "release.sigstore.json"
    with signing(stack, trust_of(stack, rekor)) as signer:
        bundle.write_text(signer.sign_statement(payload_of(file)), encoding="utf-8")
    verified = cosign.verify_blob_attestation(file.path, bundle, predicate_type=RELEASE_PREDICATE)
    assert (verified.returncode, verified.stderr.strip()) == (0, "Verified OK")


def test_sigstore_python_verifies_both_and_would_have_written_the_same(
    stack: Stack, rekor: int, file: HashedFile
) -> None:
    """The bundle's JSON is protobuf's: sigstore-python reads and writes it without a change."""
    from sigstore.hashes import Hashed  # noqa: PLC0415 - half a second that only this needs
    from sigstore.models import Bundle, ClientTrustConfig  # noqa: PLC0415 - likewise
    from sigstore.verify import Verifier  # noqa: PLC0415 - likewise
    from sigstore.verify.policy import Identity as Policy  # noqa: PLC0415 - likewise
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415 - likewise

    trust, payload = trust_of(stack, rekor), payload_of(file)
    with signing(stack, trust) as signer:
        texts = signer.sign_file(file), signer.sign_statement(payload)
    single, statement = (Bundle.from_json(text) for text in texts)
    policy = Policy(identity=stack.identity(), issuer=stack.issuer_url)
    with quiet():
        config = ClientTrustConfig.from_json(trust.read_text(encoding="utf-8"))
        verifier = Verifier(trusted_root=config.trusted_root)
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(file.sha256))
        verifier.verify_artifact(hashed, single, policy)
        assert verifier.verify_dsse(statement, policy) == ("application/vnd.in-toto+json", payload)
    for text in texts:
        assert json.loads(Bundle.from_json(text).to_json()) == json.loads(text)


def test_a_certificate_that_no_log_vouches_for_is_not_used(
    stack: Stack, trust: Path, log: Faults, file: HashedFile
) -> None:
    """A root that does not know the certificate log: nothing is timestamped and nothing is logged."""
    document = json.loads(trust.read_text(encoding="utf-8"))
    document["trustedRoot"]["ctlogs"][0]["logId"]["keyId"] = base64.b64encode(bytes(32)).decode()
    trust.write_text(json.dumps(document), encoding="utf-8")
    with (
        signing(stack, trust) as signer,
        pytest.raises(Error, match="the trusted root has no certificate log") as raised,
    ):
        signer.sign_file(file)
    assert (raised.value.code, log.count()) == ("SIGN006", 0)


def test_a_timestamp_for_another_request_is_not_used(stack: Stack, trust: Path, tsa: Faults, log: Faults) -> None:
    """The authority answers with the number that it was asked with, or its answer was made for something else."""
    headers = {"Content-Type": "application/timestamp-reply"}
    with Transport(Limits(budget=5)) as transport:
        session = transport.session("the timestamp authority", is_json=False)
        url = f"{tsa.url}/api/v1/timestamp"
        tsa.inject(Answer(200, body=request_stamp(session, url, b"same"), headers=headers))
        with pytest.raises(ValueError, match="answered another request"):
            request_stamp(session, url, b"same")
    assert (trust.is_file(), log.count(), stack.unmeasured.get("tsa")) == (True, 0, None)


def test_a_certificate_that_was_asked_for_ahead_is_the_one_that_signs(
    stack: Stack, trust: Path, fulcio: Faults, file: HashedFile
) -> None:
    """Many threads wait for the one request; a refusal is raised where it is needed and not where it was asked."""
    with signing(stack, trust) as signer:
        signer._certificates.prepare()
        texts = [signer.sign_file(file) for _ in range(2)]
    assert (fulcio.count("POST"), len({parsed(text).certificate for text in texts})) == (1, 1)
    fulcio.inject(Answer(400, body=b'{"code": 3, "message": "no"}'))
    with signing(stack, trust) as signer:
        signer._certificates.prepare()
        with pytest.raises(Error, match="HTTP 400 no"):
            signer.sign_file(file)
    assert fulcio.count("POST") == 2


def test_a_bundle_says_who_signed_and_where_it_is_logged(stack: Stack, rekor: int, file: HashedFile) -> None:
    """The workflow, the issuer, the source repository; the log's version, a timestamp."""
    with signing(stack, trust_of(stack, rekor)) as signer:
        bundle = parsed(signer.sign_file(file))
        assert signer.identity == Identity(stack.identity(), stack.issuer_url, "https://github.com/octo/app")
    (entry,) = bundle.entries
    assert (entry.kind, entry.version) == ("hashedrekord", f"0.0.{rekor}")
    assert len(bundle.timestamps) == 1
    assert isinstance(bundle.content, MessageSignature)
    assert bundle.content.sha256 == file.sha256


def test_all_files_share_one_token_and_one_certificate(
    stack: Stack, trust: Path, fulcio: Faults, file: HashedFile
) -> None:
    """However many they are."""
    with Faults(stack.issuer_url) as issuer:
        job = stack.environment(issuer=issuer.url)
        with quiet(), Transport(Limits()) as transport:
            tokens = TokenSource(transport, job["ACTIONS_ID_TOKEN_REQUEST_URL"], "stack", lambda _: None)
            config = load_trust(trust)
            certified = Certificates(config.services.authority, transport, tokens)
            signer = KeylessSigner(certified, config.services, self_check(config.root, trust), transport)
            certificates = {parsed(signer.sign_file(file)).certificate for _ in range(3)}
        assert (len(certificates), fulcio.count("POST"), issuer.count()) == (1, 1, 1)


def test_what_was_signed_by_the_same_job_is_known_again(stack: Stack, rekor: int, file: HashedFile) -> None:
    """Without a certificate being asked for, and only over the same bytes."""
    trust = trust_of(stack, rekor)
    payload = payload_of(file)
    with signing(stack, trust) as signer:
        single, statement = signer.sign_file(file).encode(), signer.sign_statement(payload).encode()
    with signing(stack, trust) as again:
        assert again.has_signed_file(single, file)
        assert again.has_signed_statement(statement, payload)
        assert again.identity.name == stack.identity()
        assert not again.has_signed_statement(statement, payload + b" ")
        assert not again.has_signed_file(statement, file)
        assert not again.has_signed_statement(single, payload)
        file.path.write_bytes(b"rebuilt")
        assert not again.has_signed_file(single, hash_file(file.path))


@pytest.mark.parametrize(
    "claims",
    [
        {"repository": "evil/fork"},
        {"ref": "refs/heads/main"},
        {"sha": "f" * 40},
        {"job_workflow_ref": "other/repo/.github/workflows/release.yml@refs/heads/main"},
    ],
    ids=str,
)
def test_what_another_job_signed_is_not_ours(
    stack: Stack, trust_v1: Path, file: HashedFile, claims: dict[str, str]
) -> None:
    """Another repository, ref, commit or workflow signs anew."""
    with signing(stack, trust_v1, None, **claims) as other:
        text = other.sign_file(file).encode()
    with signing(stack, trust_v1) as signer:
        assert not signer.has_signed_file(text, file)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff"])
def test_what_is_no_bundle_is_not_ours(stack: Stack, trust_v1: Path, file: HashedFile, text: bytes) -> None:
    """Whatever it is, it is signed again."""
    with signing(stack, trust_v1) as signer:
        assert not signer.has_signed_file(text, file)


def test_passing_faults_cost_time_and_nothing_else(  # noqa: PLR0913, PLR0917 - a proxy for each service
    stack: Stack, trust: Path, fulcio: Faults, tsa: Faults, log: Faults, file: HashedFile
) -> None:
    """Each service pushes back once; the bundle verifies."""
    for service in (fulcio, tsa, log):
        service.inject(Answer(503))
        service.inject(Drop(forwarded=False))
    with signing(stack, trust) as signer:
        assert signer.has_signed_file(signer.sign_file(file).encode(), file)
    assert (fulcio.count("POST"), tsa.count("POST"), log.count("POST")) == (3, 3, 3)


def test_a_lost_reply_of_the_log_is_made_good(
    stack: Stack, trust: Path, rekor: int, log: Faults, file: HashedFile
) -> None:
    """The log answers the retry with 409. Rekor v1's entry is read and used; v2 has no way to, so we sign again."""
    log.inject(Drop(forwarded=True), method="POST")
    with signing(stack, trust) as signer:
        assert signer.has_signed_file(signer.sign_file(file).encode(), file)
    asked = (log.count("POST", ENTRIES[rekor]), log.count("GET", ENTRIES[rekor]))
    assert asked == {1: (2, 1), 2: (3, 0)}[rekor]


def test_a_lost_reply_about_a_statement_is_made_good(
    stack: Stack, trust: Path, rekor: int, log: Faults, file: HashedFile
) -> None:
    """Rekor v1 keeps only digests of it; they are compared with what was sent."""
    log.inject(Drop(forwarded=True), method="POST")
    payload = payload_of(file)
    with signing(stack, trust) as signer:
        assert signer.has_signed_statement(signer.sign_statement(payload).encode(), payload)
    asked = (log.count("POST", ENTRIES[rekor]), log.count("GET", ENTRIES[rekor]))
    assert asked == {1: (2, 1), 2: (3, 0)}[rekor]


def test_an_entry_that_is_not_ours_is_not_used(stack: Stack, trust_v1: Path, tmp_path: Path, file: HashedFile) -> None:
    """A log that answers 409 and points to somebody else's entry is asked anew with a new signature."""
    with signing(stack, trust_v1) as other:
        index = parsed(other.sign_file(file)).entries[0].index
    with Faults(stack.urls["rekor-v1"]) as log:
        import requests  # noqa: PLC0415 - to ask for the other's id

        found = requests.get(f"{log.url}{ENTRIES[1]}", params={"logIndex": index}, timeout=10).json()
        (uuid,) = found
        log.inject(Answer(409, headers={"Location": f"{ENTRIES[1]}/{uuid}"}), method="POST")
        trust = stack.write_trust(tmp_path / "t.json", through={"rekor-v1": log.url})
        with signing(stack, trust) as signer:
            assert parsed(signer.sign_file(file)).entries[0].index > index
        assert log.count("POST", ENTRIES[1]) == 2


def test_a_log_that_never_takes_an_entry_is_given_up(stack: Stack, trust: Path, log: Faults, file: HashedFile) -> None:
    """After a few signatures it is the log that is broken."""
    log.inject(Answer(409), times=99, method="POST")
    with signing(stack, trust) as signer, pytest.raises(Error) as raised:
        signer.sign_file(file)
    assert (raised.value.code, raised.value.status) == ("SIGN007", ExitStatus.OUTSIDE)
    assert log.count("POST") < 9


def test_nothing_is_logged_without_its_timestamp(
    stack: Stack, trust: Path, tsa: Faults, log: Faults, file: HashedFile
) -> None:
    """With Rekor v2 such an entry could never be verified, and it would be in the log for good."""
    with tsa.down(), signing(stack, trust, Limits(budget=0.5)) as signer, pytest.raises(Error) as raised:
        signer.sign_file(file)
    assert raised.value.what.startswith("the timestamp authority at 127.0.0.1:")
    assert log.count() == 0


def test_nothing_is_logged_with_a_timestamp_of_something_else(
    stack: Stack, trust: Path, tsa: Faults, log: Faults, file: HashedFile
) -> None:
    """The timestamp is verified before the log sees anything."""
    with signing(stack, trust) as signer:
        stamp = base64.b64encode(parsed(signer.sign_file(file)).timestamps[0])
        logged = log.count()
        headers = {"Content-Type": "application/timestamp-reply"}
        tsa.inject(Answer(200, body=base64.b64decode(stamp), headers=headers))
        with pytest.raises(Error) as raised:
            signer.sign_file(file)
    assert raised.value.code == "SIGN008"
    assert log.count() == logged


@pytest.mark.parametrize("service", ["fulcio", "tsa", "log"])
def test_a_service_that_is_away_is_named(
    stack: Stack, trust: Path, request: pytest.FixtureRequest, file: HashedFile, service: str
) -> None:
    """With its host; something outside failed."""
    faults: Faults = request.getfixturevalue(service)
    names = {"fulcio": "Fulcio", "tsa": "the timestamp authority", "log": "Rekor"}
    with faults.down(), signing(stack, trust, Limits(budget=0.5)) as signer, pytest.raises(Error) as raised:
        signer.sign_file(file)
    assert (raised.value.code, raised.value.status) == ("WIRE001", ExitStatus.OUTSIDE)
    assert raised.value.what == f"{names[service]} at {faults.url.removeprefix('http://')} is away"


def test_fulcios_own_words_are_shown(stack: Stack, trust_v1: Path, file: HashedFile) -> None:
    """A token that lacks a claim is refused by the real Fulcio, for one file as for all."""
    with signing(stack, trust_v1, job_workflow_sha=None) as signer:
        for _ in range(2):
            with pytest.raises(Error) as raised:
                signer.sign_file(file)
            assert (raised.value.code, raised.value.status) == ("SIGN004", ExitStatus.OUTSIDE)
            assert raised.value.why.startswith("HTTP 40")
            assert len(raised.value.why) > len("HTTP 400 ")


def test_fulcio_is_asked_once_what_it_refused(stack: Stack, trust: Path, fulcio: Faults, file: HashedFile) -> None:
    """A hundred files would get the same answer."""
    fulcio.inject(Answer(400, body=b'{"code": 3, "message": "no"}'), times=9)
    with signing(stack, trust) as signer:
        for _ in range(3):
            with pytest.raises(Error, match="HTTP 400 no"):
                signer.sign_file(file)
    assert fulcio.count() == 1


def test_the_logs_own_words_are_shown(stack: Stack, trust: Path, log: Faults, file: HashedFile) -> None:
    """What it refuses it refuses for good; the next file may be taken."""
    log.inject(Answer(400, body=b'{"code": 400, "message": "no such kind"}'), method="POST")
    with signing(stack, trust) as signer:
        with pytest.raises(Error) as raised:
            signer.sign_file(file)
        assert signer.has_signed_file(signer.sign_file(file).encode(), file)
    assert (raised.value.code, raised.value.why) == ("SIGN005", "HTTP 400 no such kind")


def test_a_token_that_ran_out_is_replaced(stack: Stack, trust_v1: Path, file: HashedFile) -> None:
    """As after a long wait between the first request and the first file."""
    with signing(stack, trust_v1) as signer:
        token = signer._certificates._token
        assert token is not None
        signer._certificates._token = dataclasses.replace(token, claims=dict(token.claims) | {"exp": 0})
        assert signer.has_signed_file(signer.sign_file(file).encode(), file)


def test_a_certificate_is_replaced_before_it_runs_out(stack: Stack, trust_v1: Path, file: HashedFile) -> None:
    """Here each is considered too old at once: every file gets a token and a certificate of its own."""
    with signing(stack, trust_v1) as signer:
        signer._certificates._margin = dt.timedelta(minutes=11)
        certificates = [parsed(signer.sign_file(file)).certificate for _ in range(2)]
    assert certificates[0] != certificates[1]


def test_a_certificate_lasts_longer_than_the_retries_of_a_file(stack: Stack, trust_v1: Path) -> None:
    """Else an entry could be logged after its certificate ran out, and never verify."""
    with signing(stack, trust_v1, Limits(budget=120)) as signer:
        assert signer._certificates._margin > dt.timedelta(seconds=120)


def test_services_that_do_not_belong_together_are_found_out(
    stack: Stack, trust_v1: Path, tmp_path: Path, file: HashedFile
) -> None:
    """A root that does not know the log: the bundle verifies nowhere and does not count."""
    document = json.loads(trust_v1.read_text(encoding="utf-8"))
    document["trustedRoot"]["tlogs"] = [
        log for log in document["trustedRoot"]["tlogs"] if log["baseUrl"] != stack.urls["rekor-v1"]
    ]
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(document), encoding="utf-8")
    with signing(stack, trust) as signer, pytest.raises(Error) as raised:
        signer.sign_file(file)
    assert (raised.value.code, raised.value.status) == ("SIGN006", ExitStatus.OUTSIDE)


def test_a_log_without_time_needs_a_timestamp_authority(stack: Stack, trust_v2: Path, tmp_path: Path) -> None:
    """It is said before anything is signed."""
    document = json.loads(trust_v2.read_text(encoding="utf-8"))
    document["signingConfig"]["tsaUrls"] = []
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Error) as raised, signing(stack, trust):
        pass
    assert (raised.value.code, raised.value.status) == ("TRUST004", ExitStatus.USAGE)


def test_a_service_that_answers_nonsense_is_one_error(  # noqa: PLR0913, PLR0917 - a proxy for each service
    stack: Stack, trust: Path, fulcio: Faults, log: Faults, tsa: Faults, file: HashedFile
) -> None:
    """JSON of another shape, from whichever service: no traceback, no parser's words, and its name."""
    with signing(stack, trust) as signer:
        for name, service, body in (("Rekor", log, b'{"hello": "world"}'), (STAMPER, tsa, b"0\x03hi")):
            service.inject(Answer(201, body=body), method="POST")
            with pytest.raises(Error) as raised:
                signer.sign_file(file)
            assert (raised.value.code, raised.value.where) == ("SIGN008", service.url.removeprefix("http://"))
            assert raised.value.what.startswith(f"{name} at ")
            assert "Error" not in raised.value.why
            assert "object" not in raised.value.why
    fulcio.inject(Answer(200, body=b'{"signedCertificateDetachedSct": {}}'))
    with signing(stack, trust) as signer, pytest.raises(Error, match="certificate chain") as raised:
        signer.sign_file(file)
    assert raised.value.code == "SIGN008"


def test_a_called_workflow_is_named_apart_from_its_caller(stack: Stack, trust_v1: Path, file: HashedFile) -> None:
    """The certificate's name is the called one; the source repository is the caller's."""
    called = "shared/flows/.github/workflows/release.yml@refs/heads/main"
    with signing(stack, trust_v1, job_workflow_ref=called) as signer:
        bundle = parsed(signer.sign_file(file))
        assert signer.identity.repository == "https://github.com/octo/app"
    certificate = x509.load_der_x509_certificate(bundle.certificate)
    assert signer.identity.name == f"https://github.com/{called}"
    assert certificate.public_bytes(Encoding.DER) == bundle.certificate


def test_an_envelope_holds_the_statement_as_it_was_given(stack: Stack, trust_v1: Path, file: HashedFile) -> None:
    """Byte for byte, so that a second run finds it unchanged."""
    payload = payload_of(file)
    with signing(stack, trust_v1) as signer:
        content = parsed(signer.sign_statement(payload)).content
    assert isinstance(content, Envelope)
    assert content.payload == payload
