"""Attestations as npm, PyPI and GitHub hand them out: what they carry is a bundle, and is held to what a bundle is."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.signing.statements import Statement, Subject, parse_statement
from maximus.verification.keyless import KeylessJudge
from maximus.verification.material import read_files, read_folder
from maximus.verification.proof import prove
from maximus.verification.trust import read_trust
from maximus.verification.wrappings import MAX_BUNDLES, attested_file, distribution_fault, is_attestation, unwrap

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.verification.proof import Proof
    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign

WHEEL = "My_App-1.0-py3-none-any.whl"
CONTENT = b"a wheel\n"
PUBLISH = "https://docs.{}.org/attestations/publish/v1".format("pypi")


def statement(name: str = WHEEL, predicate: str = PUBLISH, **digest: str) -> dict[str, Any]:
    """Return a statement about one file."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": digest or {"sha256": hashlib.sha256(CONTENT).hexdigest()}}],
        "predicateType": predicate,
        "predicate": None,
    }


def signed(cosign: Cosign, folder: Path, document: dict[str, Any]) -> dict[str, Any]:
    """Return the bundle that cosign makes of a statement."""
    path, bundle = folder / "statement.in.json", folder / "bundle.out.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = cosign.attest_blob(path, bundle)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(bundle.read_text(encoding="utf-8"))
    return made


def as_pep740(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return what PyPI would hand out for the bundle, base64 with line ends as its own tool writes it."""
    material, envelope = bundle["verificationMaterial"], bundle["dsseEnvelope"]
    certificate = base64.b64decode(material["certificate"]["rawBytes"])
    return {
        "version": 1,
        "verification_material": {
            "certificate": base64.encodebytes(certificate).decode(),
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {
            "statement": base64.encodebytes(base64.b64decode(envelope["payload"])).decode(),
            "signature": envelope["signatures"][0]["sig"],
        },
    }


@pytest.fixture(scope="session")
def attested(cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bundle of a publish attestation of the wheel."""
    return signed(cosign, tmp_path_factory.mktemp("pep740"), statement())


def judged(real: Real, folder: Path, bundles: Path | None = None) -> Proof:
    """Return what is proven about the wheels of a folder."""
    return prove(read_files(["*.whl", "*.tgz"], folder, bundles), KeylessJudge(read_trust(real.root), real.policy))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the wheel."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / WHEEL).write_bytes(CONTENT)
    return tmp_path / "dist"


@pytest.mark.parametrize("whole", [False, True])
def test_reads_a_distributions_attestation_beside_it(
    real: Real, attested: dict[str, Any], folder: Path, *, whole: bool
) -> None:
    """`NAME.publish.attestation` is for NAME, in a folder and among files."""
    (folder / f"{WHEEL}.publish.attestation").write_text(json.dumps(as_pep740(attested)), encoding="utf-8")
    judge = KeylessJudge(read_trust(real.root), real.policy)
    proof = prove(read_folder(folder, None), judge) if whole else judged(real, folder)
    assert proof.errors == ()
    assert [outcome.name for outcome in proof.outcomes] == [WHEEL]


def test_reads_the_provenance_that_an_index_hands_out(real: Real, attested: dict[str, Any], folder: Path) -> None:
    """By publisher, several attestations each; whom the index names as publisher decides nothing."""
    provenance = folder.parent / "provenance.json"
    groups = [{"publisher": {"kind": "GitHub", "repository": "evil/fork"}, "attestations": [as_pep740(attested)]}]
    provenance.write_text(json.dumps({"version": 1, "attestation_bundles": groups}), encoding="utf-8")
    assert judged(real, folder, provenance).errors == ()


@pytest.mark.parametrize("shape", ["lines", "answer"])
def test_reads_what_github_hands_out(real: Real, attested: dict[str, Any], folder: Path, shape: str) -> None:
    """A line each, as `gh attestation download` writes them, and the list that the API answers."""
    bundles = folder.parent / "bundles"
    text = json.dumps(attested)
    answer = json.dumps({"attestations": [{"bundle": attested, "repository_id": 1, "bundle_url": "https://x.example"}]})
    bundles.write_text({"lines": f"{text}\n{text}\n", "answer": answer}[shape], encoding="utf-8")
    proof = judged(real, folder, bundles)
    assert proof.errors == ()
    assert len(proof.outcomes[0].findings) == {"lines": 2, "answer": 1}[shape]


def test_one_bad_attestation_among_several_is_told_by_its_number(
    real: Real, attested: dict[str, Any], folder: Path
) -> None:
    """Nothing is passed over that speaks of the file."""
    bad = json.loads(json.dumps(attested))
    bad["verificationMaterial"]["tlogEntries"][0]["logIndex"] = "7"
    bundles = folder.parent / "bundles"
    bundles.write_text(f"{json.dumps(attested)}\n{json.dumps(bad)}\n", encoding="utf-8")
    proof = judged(real, folder, bundles)
    assert {error.where for _, error in proof.errors} == {WHEEL}
    assert all("bundles#2)" in error.why for _, error in proof.errors)


def test_finds_a_file_by_sha512_alone(real: Real, cosign: Cosign, tmp_path: Path) -> None:
    """Statements of npm give no SHA-256; a file of other bytes is not found by it."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "app-1.0.0.tgz").write_bytes(CONTENT)
    document = statement(
        "pkg:npm/app@1.0.0", "https://slsa.dev/provenance/v1", sha512=hashlib.sha512(CONTENT).hexdigest()
    )
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(signed(cosign, tmp_path, document)), encoding="utf-8")
    proof = judged(real, folder, bundle)
    assert proof.errors == ()
    assert [alias for _, alias in proof.outcomes[0].aliases] == ["pkg:npm/app@1.0.0"]
    (folder / "app-1.0.0.tgz").write_bytes(CONTENT + b".")
    assert [error.code for _, error in judged(real, folder, bundle).errors] == ["VERIFY010"]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        (f"{WHEEL}.publish.attestation", True),
        ("app-1.0.tar.gz.slsa.attestation", True),
        ("app-1.0.tar.gz.attestation", False),
        ("notes.publish.attestation", False),
        (".publish.attestation", False),
    ],
)
def test_knows_an_attestation_by_its_name(tmp_path: Path, name: str, *, is_one: bool) -> None:
    """It ends in its kind, behind the whole name of a distribution."""
    assert is_attestation(tmp_path / name) is is_one
    assert not is_one or attested_file(name) in (WHEEL, "app-1.0.tar.gz")


def parsed(document: dict[str, Any]) -> Statement:
    """Return the statement as it is read."""
    return parse_statement(json.dumps(document).encode(), "statement")


@pytest.mark.parametrize(
    ("subject", "target"),
    [
        ("my_app-1.0-py3-none-any.whl", WHEEL),
        ("My.App-1.0.0-py3-none-any.whl", "my_app-1.0.0-py3-none-any.whl"),
        (WHEEL, ""),
        ("my_app-1.0.tar.gz", "My.App-1.0.tar.gz"),
        ("app-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",) * 2,
    ],
)
def test_compares_distributions_by_what_their_names_mean(subject: str, target: str) -> None:
    """As PyPI does: case and separators differ between who wrote the name."""
    assert distribution_fault(parsed(statement(subject)), target) == ""


@pytest.mark.parametrize(
    ("document", "target", "words"),
    [
        (statement("other-1.0-py3-none-any.whl"), WHEEL, "it attests 'other-1.0"),
        (statement("my_app-1.1-py3-none-any.whl"), WHEEL, "it attests"),
        (statement("my_app-1.0-py2-none-any.whl"), WHEEL, "it attests"),
        (statement("my_app-1.0.tar.gz"), WHEEL, "it attests"),
        (statement("../../evil"), WHEEL, "no name of a Python distribution"),
        (statement("my_app.whl"), "", "no name of a Python distribution"),
        (statement(predicate="https://example.com/x"), WHEEL, "which PyPI does not take"),
        ({**statement(), "subject": statement()["subject"] * 2}, WHEEL, "2 subjects"),
    ],
)
def test_refuses_what_attests_something_else(document: dict[str, Any], target: str, words: str) -> None:
    """Another distribution, no distribution, several, or a predicate that PyPI does not take."""
    assert words in distribution_fault(parsed(document), target)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "DOC003"),
        (b"{", "DOC003"),
        (b"[" * 100_000, "DOC003"),
        (b'{"a": 1, "a": 2}', "DOC003"),
        (b'{"attestations": []}', "VERIFY097"),
        (b'{"attestation_bundles": [{"attestations": []}, 7]}', "VERIFY097"),
        (b'{"attestations": [7, null, {"bundle": null}]}', "VERIFY097"),
        (b'{}\n{"a": 1, "a": 2}', "DOC003"),
        (b"{}\n" * (MAX_BUNDLES + 1), "VERIFY096"),
    ],
)
def test_refuses_a_wrapping_that_carries_nothing(raw: bytes, code: str) -> None:
    """What is no JSON, or holds no attestation, or too many, is an error and no empty success."""
    with pytest.raises(Error) as caught:
        unwrap(raw, "bundles")
    assert caught.value.code == code


@pytest.mark.parametrize("part", ["version", "verification_material", "envelope", "certificate", "statement"])
@pytest.mark.parametrize("value", [None, 2, [], "", {}])
def test_a_part_of_an_attestation_that_is_wrong_is_a_fault(
    real: Real, attested: dict[str, Any], folder: Path, part: str, value: object
) -> None:
    """Whatever is missing or of another type: refused with a reason, never an exception."""
    document = as_pep740(attested)
    holders = {"certificate": "verification_material", "statement": "envelope"}
    (document[holders[part]] if part in holders else document)[part] = value
    (folder / f"{WHEEL}.publish.attestation").write_text(json.dumps(document), encoding="utf-8")
    found = read_files(["*.whl"], folder, None)
    assert found.broken_bundles or judged(real, folder).errors


def test_a_subject_keeps_both_of_its_digests() -> None:
    """What a statement says is kept as it says it."""
    (subject,) = parsed(statement(sha256="A" * 64, sha512="b" * 128)).subjects
    assert subject == Subject(WHEEL, "a" * 64, "b" * 128)
