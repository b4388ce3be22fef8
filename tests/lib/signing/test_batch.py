"""Many files in one go: what is kept, what fails, what is written."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from maximus.errors import Error
from maximus.signing.batch import Claim, Failed, Origin, Outcome, Signed, attest, sign_each, sign_together
from maximus.signing.bundles import Envelope, bundle_path, read_bundle, statement_path
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from maximus.signing.statements import MAX_SUBJECTS, parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.files import HashedFile


@dataclass
class Recording(KeySigner):
    """A real signer that remembers what it signed, and does something meanwhile."""

    key: SigningKey = field(default_factory=lambda: SigningKey(ec.generate_private_key(ec.SECP256R1())))
    meanwhile: Callable[[Path], None] = lambda _: None
    signed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Hold the key as every key signer does."""
        super().__init__(self.key)

    def sign_file(self, file: HashedFile) -> str:
        """Sign, after what happens meanwhile."""
        self.signed.append(file.path.name)
        self.meanwhile(file.path)
        return super().sign_file(file)

    def sign_statement(self, payload: bytes) -> str:
        """Sign."""
        self.signed.append("statement")
        self.meanwhile(Path("statement"))
        return super().sign_statement(payload)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """Three files of a release."""
    paths = tuple(tmp_path / name for name in ("a", "b", "c"))
    for path in paths:
        path.write_text(path.name, encoding="utf-8")
    return paths


def each(files: tuple[Path, ...], signer: KeySigner) -> tuple[Outcome, ...]:
    """Sign each file beside itself."""
    return sign_each(files, signer, lambda path: bundle_path(path, path.parent), lambda: None)


def together(files: tuple[Path, ...], signer: KeySigner) -> tuple[Outcome, ...]:
    """Sign one statement over all."""
    root = files[0].parent
    return sign_together(
        files, root, signer, origin=Origin(), place=lambda n: statement_path(root, n), advance=lambda: None
    )


def attested(files: tuple[Path, ...], signer: KeySigner) -> tuple[Outcome, ...]:
    """Attest something of all."""
    root = files[0].parent
    claim = Claim("https://example.com/scan/v1", {})
    return attest(
        files, root, signer, claim=claim, place=lambda n: statement_path(root, n, "attestation"), advance=lambda: None
    )


def failures(outcomes: tuple[Outcome, ...]) -> list[tuple[str, str]]:
    """Return the name and the code of each file that failed."""
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    return [(path.name, outcome.error.code) for outcome in failed for path in outcome.files]


def test_outcomes_come_in_the_order_of_the_files(files: tuple[Path, ...]) -> None:
    """Whatever thread was first."""
    outcomes = each(files, Recording())
    assert outcomes == tuple(Signed((path,), bundle_path(path, path.parent), is_new=True) for path in files)


def test_a_second_run_signs_only_what_is_missing_or_changed(files: tuple[Path, ...]) -> None:
    """A bundle that still holds is kept as it is."""
    signer = Recording()
    each(files, signer)
    bundle_path(files[0], files[0].parent).unlink()
    files[1].write_text("changed", encoding="utf-8")
    kept = bundle_path(files[2], files[2].parent).read_bytes()
    signer.signed.clear()
    outcomes = each(files, signer)
    assert sorted(signer.signed) == ["a", "b"]
    assert [outcome.is_new for outcome in outcomes if isinstance(outcome, Signed)] == [True, True, False]
    assert bundle_path(files[2], files[2].parent).read_bytes() == kept


def test_another_key_signs_anew(files: tuple[Path, ...]) -> None:
    """A valid signature of somebody else is not ours."""
    each(files, Recording())
    signer = Recording()
    each(files, signer)
    assert sorted(signer.signed) == ["a", "b", "c"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"mediaType": 1}', b"\xff"])
def test_a_broken_bundle_is_made_again(files: tuple[Path, ...], content: bytes) -> None:
    """As a killed run of another tool may leave it."""
    bundle_path(files[0], files[0].parent).write_bytes(content)
    each(files, Recording())
    assert read_bundle(bundle_path(files[0], files[0].parent)).key_hint


def test_a_file_that_changes_while_it_is_signed_fails_alone(files: tuple[Path, ...]) -> None:
    """It is named and gets no bundle; the others keep theirs."""

    def meanwhile(path: Path) -> None:
        if path.name == "b":
            path.write_text("B", encoding="utf-8")

    outcomes = each(files, Recording(meanwhile=meanwhile))
    assert failures(outcomes) == [("b", "SIGN010")]
    written = [bundle_path(path, path.parent).exists() for path in files]
    assert written == [True, False, True]


def test_a_change_back_in_time_is_seen(files: tuple[Path, ...]) -> None:
    """Size and modification time can be set back; the change is noticed all the same."""
    entry = files[0].stat()

    def meanwhile(path: Path) -> None:
        path.write_text(path.name.upper(), encoding="utf-8")
        os.utime(path, ns=(entry.st_atime_ns, entry.st_mtime_ns))

    assert failures(each(files[:1], Recording(meanwhile=meanwhile))) == [("a", "SIGN010")]


def test_a_file_that_is_only_touched_is_signed(files: tuple[Path, ...]) -> None:
    """What counts is what is in it."""
    assert failures(each(files, Recording(meanwhile=lambda path: path.touch()))) == []


def test_a_file_that_goes_away_while_it_is_signed_fails(files: tuple[Path, ...]) -> None:
    """And the error says so."""
    (outcome,) = each(files[:1], Recording(meanwhile=lambda path: path.unlink()))
    assert isinstance(outcome, Failed)
    assert "was removed" in outcome.error.what


def test_a_file_that_is_gone_fails_alone(files: tuple[Path, ...]) -> None:
    """The list of files was made before."""
    files[1].unlink()
    assert failures(each(files, Recording())) == [("b", "FILE001")]


def test_a_bundle_that_cannot_be_written_fails_alone(files: tuple[Path, ...]) -> None:
    """A folder in its place; the others are signed."""
    bundle_path(files[0], files[0].parent).mkdir()
    assert failures(each(files, Recording())) == [("a", "FILE003")]


def test_a_fault_that_is_a_bug_is_not_hidden(files: tuple[Path, ...]) -> None:
    """Only an Error is a file's own fault."""

    def meanwhile(_: Path) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each(files, Recording(meanwhile=meanwhile))


def test_one_statement_names_all_files(files: tuple[Path, ...]) -> None:
    """One signature, with each file's name and digest."""
    (outcome,) = together(files, Recording())
    assert isinstance(outcome, Signed)
    content = read_bundle(outcome.bundle).content
    assert isinstance(content, Envelope)
    statement = parse_statement(content.payload, "s")
    assert [subject.name for subject in statement.subjects] == ["a", "b", "c"]


def test_a_statement_is_made_again_only_where_something_changed(files: tuple[Path, ...]) -> None:
    """A new file is a change."""
    signer = Recording()
    together(files[:2], signer)
    together(files[:2], signer)
    together(files, signer)
    assert signer.signed == ["statement", "statement"]


def test_no_statement_covers_a_part_of_a_release(files: tuple[Path, ...]) -> None:
    """Where a file cannot be read nothing is signed: a statement would claim to be about all."""
    files[1].unlink()
    signer = Recording()
    assert failures(together(files, signer)) == [("b", "FILE001")]
    assert signer.signed == []


def test_a_name_that_no_statement_can_hold_fails_by_itself(files: tuple[Path, ...]) -> None:
    """Linux takes any bytes for a name, and JSON only what is UTF-8; alone the file can be signed."""
    odd = files[0].parent / os.fsdecode(b"\xff.bin")
    odd.touch()
    signer = Recording()
    for outcomes in (together((*files, odd), signer), attested((*files, odd), signer)):
        assert failures(outcomes) == [(odd.name, "SIGN021")]
        (failed,) = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        assert str(failed.error).isascii()
    assert signer.signed == []
    assert failures(each((odd,), signer)) == []


def test_a_file_that_goes_away_while_a_statement_is_signed_fails_all(files: tuple[Path, ...]) -> None:
    """The statement would be about something that is not there, so it is not written."""
    signer = Recording(meanwhile=lambda _: files[1].unlink())
    assert failures(together(files, signer)) == [(name, "SIGN010") for name in "abc"]
    assert not statement_path(files[0].parent).exists()


def test_more_files_than_one_statement_holds_get_several(tmp_path: Path) -> None:
    """Together they name every file once."""
    files = tuple(tmp_path / f"{number:04}" for number in range(MAX_SUBJECTS + 1))
    for path in files:
        path.touch()
    outcomes = together(files, Recording())
    assert [outcome.bundle.name for outcome in outcomes if isinstance(outcome, Signed)] == [
        "release.sigstore.json",
        "release-2.sigstore.json",
    ]
    assert [path for outcome in outcomes for path in outcome.files] == list(files)


def test_every_bundle_is_readable_json(files: tuple[Path, ...]) -> None:
    """On one line, as lists of bundles have it: sorted keys, one final line feed."""
    each(files, Recording())
    text = bundle_path(files[0], files[0].parent).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True) + "\n"


def test_progress_is_told_of_each_file(files: tuple[Path, ...]) -> None:
    """Also of those that fail."""
    files[0].unlink()
    told: list[None] = []
    sign_each(files, Recording(), lambda path: bundle_path(path, path.parent), lambda: told.append(None))
    assert len(told) == len(files)


def test_a_fault_keeps_its_error() -> None:
    """Two outcomes with one error are equal, so that reports can name it once."""
    error = Error("SIGN010", "x")
    assert Failed((), error) == Failed((), error)
