"""The accounting of a release: every file and every bundle has its place, and what has none is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.bundles import PAYLOAD_TYPE, Envelope
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from maximus.signing.statements import Subject, statement_payload
from maximus.verification.folder import Account, account
from maximus.verification.keyed import KeyJudge
from maximus.verification.material import Material, read_files, read_folder
from maximus.verification.proof import Proof, prove

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY = SigningKey(ec.generate_private_key(ec.SECP256R1()))
SIGNER = KeySigner(KEY)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder with two files, neither signed."""
    folder = tmp_path / "release"
    (folder / "lib").mkdir(parents=True)
    (folder / "app.whl").write_bytes(b"app")
    (folder / "lib" / "core.so").write_bytes(b"core")
    return folder


def sign(path: Path, bundle: Path | None = None) -> Path:
    """Sign a file as `sign` does, its bundle beside it unless it is said where."""
    target = bundle or path.with_name(path.name + ".sigstore.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(SIGNER.sign_file(hash_file(path)), encoding="utf-8")
    return target


def state(bundle: Path, subjects: Iterable[Subject]) -> Path:
    """Sign one statement over the subjects."""
    bundle.write_text(SIGNER.sign_statement(statement_payload(subjects, {})), encoding="utf-8")
    return bundle


def subject(path: Path, name: str) -> Subject:
    """Return a file as a statement names it."""
    return Subject(name, hash_file(path).sha256)


def both(release: Path) -> list[Subject]:
    """Return both files of the release as subjects."""
    return [subject(release / name, name) for name in ("app.whl", "lib/core.so")]


def accounted(folder: Path, bundles: Path | None = None) -> Account:
    """Return the accounting of a folder."""
    return account(read_folder(folder, bundles))


def proven(material: Material) -> Proof:
    """Return what the test's key proves."""
    return prove(material, KeyJudge(KEY.public), KEY.public)


def codes(proof: Proof) -> list[tuple[str, str]]:
    """Return code and name of everything that is wrong."""
    return [(error.code, error.where) for _, error in proof.errors]


def test_accounts_for_each_file_with_its_bundle_beside_it(release: Path) -> None:
    """Each file is covered by the bundle of its name, in folders below too."""
    sign(release / "app.whl")
    sign(release / "lib" / "core.so")
    found = accounted(release)
    assert [(cover.item.name, cover.sealed.name) for cover in found.covers] == [
        ("app.whl", "app.whl.sigstore.json"),
        ("lib/core.so", "lib/core.so.sigstore.json"),
    ]
    assert (found.unsigned, found.missing, found.extra) == ((), (), ())


def test_accounts_for_bundles_in_a_folder_of_their_own(release: Path, tmp_path: Path) -> None:
    """Below `bundles` each lies under its file's relative path."""
    sign(release / "app.whl", tmp_path / "bundles" / "app.whl.sigstore.json")
    sign(release / "lib" / "core.so", tmp_path / "bundles" / "lib" / "core.so.sigstore.json")
    assert proven(read_folder(release, tmp_path / "bundles")).errors == ()


def test_accounts_for_all_files_by_one_statement(release: Path) -> None:
    """`release.sigstore.json` covers every file that its statement names."""
    state(release / "release.sigstore.json", both(release))
    assert proven(read_folder(release, None)).errors == ()


def test_accounts_for_several_statements(release: Path) -> None:
    """A long list of files is split over statements, and each covers its own."""
    first, second = both(release)
    state(release / "release.sigstore.json", [first])
    state(release / "release-2.sigstore.json", [second])
    assert proven(read_folder(release, None)).errors == ()


def test_takes_one_bundle_for_everything(release: Path, tmp_path: Path) -> None:
    """`bundles` may be a single bundle, wherever it lies and whatever its name."""
    one = state(tmp_path / "all.json", both(release))
    assert proven(read_folder(release, one)).errors == ()


def test_names_a_file_that_is_not_signed(release: Path) -> None:
    """A file that no bundle speaks of is unsigned, however many others are signed."""
    sign(release / "app.whl")
    assert accounted(release).unsigned == (("lib/core.so", "no bundle speaks of it"),)


def test_names_a_file_that_is_gone_and_its_bundle(release: Path) -> None:
    """A bundle without its file is extra, and the file is missing."""
    sign(release / "app.whl")
    sign(release / "lib" / "core.so")
    (release / "lib" / "core.so").unlink()
    found = accounted(release)
    assert (found.missing, found.extra) == (
        (("lib/core.so", "lib/core.so.sigstore.json"),),
        ("lib/core.so.sigstore.json",),
    )


def test_names_a_file_that_a_statement_misses(release: Path) -> None:
    """What the statement names must be there."""
    state(release / "release.sigstore.json", [*both(release), Subject("gone.txt", "0" * 64)])
    assert accounted(release).missing == (("gone.txt", "release.sigstore.json"),)


def test_names_a_file_that_a_statement_does_not_know(release: Path) -> None:
    """A file beside those of the statement is unsigned."""
    state(release / "release.sigstore.json", both(release))
    (release / "more.txt").write_bytes(b"more")
    assert [name for name, _ in accounted(release).unsigned] == ["more.txt"]


def test_does_not_take_a_signed_content_under_another_name(release: Path) -> None:
    """A copy of a signed file under a name of its own is unsigned, and what it copies is said."""
    state(release / "release.sigstore.json", both(release))
    (release / "evil.whl").write_bytes(b"app")
    assert accounted(release).unsigned == (
        ("evil.whl", "release.sigstore.json knows its content under another name, app.whl"),
    )


def test_refuses_two_files_that_changed_places(release: Path) -> None:
    """A statement binds each name to its content."""
    state(release / "release.sigstore.json", both(release))
    (release / "app.whl").write_bytes(b"core")
    (release / "lib" / "core.so").write_bytes(b"app")
    assert codes(proven(read_folder(release, None))) == [("VERIFY014", "app.whl"), ("VERIFY014", "lib/core.so")]


def test_refuses_a_name_that_stands_twice_with_two_contents(release: Path) -> None:
    """A statement that says two things about one file says nothing about it."""
    state(release / "release.sigstore.json", [*both(release), Subject("app.whl", "0" * 64)])
    assert codes(proven(read_folder(release, None))) == [("VERIFY014", "app.whl")]


def test_refuses_a_subject_without_a_sha256(release: Path) -> None:
    """A name alone vouches for nothing."""
    payload = json.loads(statement_payload(both(release), {}))
    payload["subject"][0]["digest"] = {"sha1": "0" * 40}
    text = SIGNER.sign_statement(json.dumps(payload).encode())
    (release / "release.sigstore.json").write_text(text, encoding="utf-8")
    (error,) = [error for _, error in proven(read_folder(release, None)).errors]
    assert "no SHA-256" in error.why


def test_refuses_a_statement_without_subjects(release: Path) -> None:
    """A statement about nothing is not a statement about these files."""
    payload = json.loads(statement_payload(both(release), {}))
    payload["subject"] = []
    text = SIGNER.sign_statement(json.dumps(payload).encode())
    (release / "release.sigstore.json").write_text(text, encoding="utf-8")
    (broken,) = read_folder(release, None).broken_bundles
    assert broken.error.code == "BUNDLE003"


def test_refuses_an_envelope_around_something_else(release: Path) -> None:
    """Only in-toto statements name files."""
    payload = statement_payload(both(release), {})
    document = json.loads(SIGNER.sign_statement(payload))
    document["dsseEnvelope"]["payloadType"] = "text/plain"
    (release / "release.sigstore.json").write_text(json.dumps(document), encoding="utf-8")
    (broken,) = read_folder(release, None).broken_bundles
    assert broken.error.code == "VERIFY019"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"mediaType": "x"}', b"\xff\xfe", b"[" * 100_000, b'{"a": 1, "a": 2}']
)
def test_names_a_bundle_that_cannot_be_read(release: Path, content: bytes) -> None:
    """A broken bundle is named, and the files beside it are judged all the same."""
    sign(release / "app.whl")
    sign(release / "lib" / "core.so").write_bytes(content)
    material = read_folder(release, None)
    assert [broken.name for broken in material.broken_bundles] == ["lib/core.so.sigstore.json"]
    assert [cover.item.name for cover in account(material).covers] == ["app.whl"]


def test_leaves_the_evidence_out_and_says_so(release: Path) -> None:
    """`evidence/` is no part of the release."""
    (release / "evidence").mkdir()
    (release / "evidence" / "notes.md").write_text("x", encoding="utf-8")
    material = read_folder(release, None)
    assert material.left_out == ("evidence/notes.md",)
    assert "evidence/notes.md" not in [item.name for item in material.items]


def test_leaves_nothing_out_that_is_only_called_evidence(release: Path) -> None:
    """A file of that name, or a folder further down, is released."""
    (release / "lib" / "evidence").mkdir()
    (release / "lib" / "evidence" / "x").write_bytes(b"x")
    assert read_folder(release, None).left_out == ()


def test_accepts_the_public_key_that_was_named(release: Path) -> None:
    """The key's own file needs no signature when it is the key to verify with."""
    sign(release / "app.whl")
    sign(release / "lib" / "core.so")
    (release / "maximus.pub").write_bytes(KEY.public.pem)
    assert proven(read_folder(release, None)).errors == ()


def test_refuses_another_public_key_in_the_folder(release: Path) -> None:
    """A key file that is not the named key is a fault of its own."""
    sign(release / "app.whl")
    sign(release / "lib" / "core.so")
    other = SigningKey(ec.generate_private_key(ec.SECP256R1())).public
    (release / "maximus.pub").write_bytes(other.pem)
    assert codes(proven(read_folder(release, None))) == [("VERIFY023", "maximus.pub")]


def test_does_not_spare_a_public_key_without_one_to_compare(release: Path) -> None:
    """By an identity the key file is a file like others: unsigned."""
    (release / "maximus.pub").write_bytes(KEY.public.pem)
    assert "maximus.pub" in [name for name, _ in accounted(release).unsigned]


def test_takes_the_bundle_beside_a_single_file(release: Path) -> None:
    """`files` looks beside each file."""
    sign(release / "app.whl")
    assert proven(read_files(["release/app.whl"], release.parent, None)).errors == ()


def test_takes_the_statement_above_a_single_file(release: Path) -> None:
    """Where a file has no bundle, the release's statement in a folder above it speaks of it, whatever else it names."""
    state(release / "release.sigstore.json", both(release))
    proof = proven(read_files(["release/lib/*"], release.parent, None))
    assert (proof.errors, [outcome.name for outcome in proof.outcomes]) == ((), ["release/lib/core.so"])


def test_takes_bundles_from_a_folder_as_a_download_leaves_them(release: Path, tmp_path: Path) -> None:
    """A flat folder of bundles serves files from anywhere."""
    sign(release / "lib" / "core.so", tmp_path / "bundles" / "core.so.sigstore.json")
    assert proven(read_files(["release/lib/*"], release.parent, tmp_path / "bundles")).errors == ()


def test_names_a_matched_bundle_whose_file_is_gone(release: Path) -> None:
    """A glob that matches a bundle and not its file tells of the loss."""
    sign(release / "app.whl")
    (release / "app.whl").unlink()
    found = account(read_files(["release/*"], release.parent, None))
    assert (found.extra, [name for name, _ in found.missing]) == (
        ("release/app.whl.sigstore.json",),
        ["release/app.whl"],
    )


def test_reports_the_name_that_a_foreign_statement_gives(release: Path) -> None:
    """A statement that names a package vouches for the file's digest, and the other name is reported."""
    one = state(release / "attestation.json", [subject(release / "app.whl", "pkg:pypi/app@1.0")])
    proof = proven(read_files(["release/app.whl"], release.parent, one))
    assert (proof.errors, proof.outcomes[0].aliases) == ((), (("release/attestation.json", "pkg:pypi/app@1.0"),))


def test_refuses_a_place_for_bundles_that_is_not_there(release: Path) -> None:
    """A wrong `bundles` is a usage error."""
    with pytest.raises(Error) as caught:
        read_folder(release, release / "nowhere")
    assert (caught.value.code, caught.value.status) == ("VERIFY004", ExitStatus.USAGE)


def test_judges_a_statement_once_for_all_its_files(release: Path) -> None:
    """However many files a statement covers, its signature is checked once."""
    calls = []

    class Counting(KeyJudge):
        def judge(self, raw, bundle, file):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            calls.append(bundle)
            return super().judge(raw, bundle, file)

    state(release / "release.sigstore.json", both(release))
    prove(read_folder(release, None), Counting(KEY.public))
    assert len(calls) == 1


def test_refuses_every_file_of_a_statement_with_a_wrong_signature(release: Path) -> None:
    """A statement that is not signed by the key covers nobody."""
    payload = statement_payload(both(release), {})
    other = SigningKey(ec.generate_private_key(ec.SECP256R1()))
    forged = json.loads(SIGNER.sign_statement(payload))
    signature = KeySigner(other).sign_statement(payload)
    forged["dsseEnvelope"] = json.loads(signature)["dsseEnvelope"]
    (release / "release.sigstore.json").write_text(json.dumps(forged), encoding="utf-8")
    assert Envelope(PAYLOAD_TYPE, payload, b"").payload == payload
    assert codes(proven(read_folder(release, None))) == [("VERIFY015", "app.whl"), ("VERIFY015", "lib/core.so")]
