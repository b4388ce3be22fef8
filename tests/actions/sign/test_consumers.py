"""What those who come after `sign` are told is run as it stands: cosign's lines, and what a second run can do."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions.sign import Inputs, consumers
from actions.sign.advice import advice, failure
from actions.sign.consumers import TRUSTED_ROOT
from maximus.errors import Error, ExitStatus
from maximus.signing.transport import Limits
from tests.actions.sign.test_sign import pem, run
from tests.stack.faults import Faults
from tests.stack.images import push_image, repository

if TYPE_CHECKING:
    from tests.actions.sign.test_sign import Run
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

WAYS = {
    "each": Inputs(),
    "statement": Inputs(mode="statement"),
    "elsewhere": Inputs(bundles="pro of", files=("release/*.whl",)),
    "attested": Inputs(provenance=True, sbom=True),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a release, and a key."""
    (tmp_path / "release").mkdir()
    for name in ("app.whl", "app 2.whl", "sbom.cdx.json"):
        (tmp_path / "release" / name).write_text(json.dumps({"bomFormat": "CycloneDX", "n": name}), encoding="utf-8")
    (tmp_path / "key.pem").touch(mode=0o600)
    (tmp_path / "key.pem").write_text(pem(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def held_against(cosign: Cosign, done: Run) -> list[str]:
    """Run each of cosign's lines; return what it holds against any."""
    lines = done.outputs.cosign_command.splitlines()
    assert lines
    assert any(lines[0] == text for _, text in done.face.record.notes)
    found = []
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "cosign"
        judged = cosign.run(*words)
        found += [] if judged.returncode == 0 else [f"{line}\n{judged.stderr}"]
    return found


@pytest.mark.parametrize("rekor", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_cosigns_lines_verify_what_a_job_signed(  # noqa: PLR0913, PLR0917 - a way, a log, and who judges
    here: Path, stack: Stack, cosign: Cosign, request: pytest.FixtureRequest, way: str, rekor: int
) -> None:
    """Each as it stands, beside the trusted root that it names."""
    trust = request.getfixturevalue(f"trust_v{rekor}")
    shutil.copy(stack.trusted_root, here / TRUSTED_ROOT)
    inputs = {field: getattr(WAYS[way], field) for field in ("mode", "bundles", "files", "provenance", "sbom")}
    done = run(stack.environment(), Inputs(**inputs, trust_config=str(trust)))
    assert done.status is ExitStatus.PASS, done.face.shown
    count = {"each": 3, "statement": 3, "elsewhere": 2, "attested": 3 + 2}[way]
    assert len(done.outputs.cosign_command.splitlines()) == count
    assert held_against(cosign, done) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("mode", ["each", "statement"])
def test_cosigns_lines_verify_what_a_key_signed(cosign: Cosign, mode: str) -> None:
    """With the public key that lies there, and no log."""
    done = run({}, Inputs(key="key.pem", mode=mode, sbom=True))
    assert held_against(cosign, done) == []
    assert done.outputs.cosign_command.count("--insecure-ignore-tlog") == len(done.outputs.cosign_command.splitlines())


def test_cosigns_lines_verify_what_a_key_signed_and_logged(here: Path, stack: Stack, cosign: Cosign) -> None:
    """The log is believed by its root, and has to have the entry."""
    shutil.copy(stack.trusted_root, here / TRUSTED_ROOT)
    done = run({}, Inputs(key="key.pem", log="rekor", trust_config=str(stack.trust_v1)))
    assert "--insecure-ignore-tlog" not in done.outputs.cosign_command
    assert held_against(cosign, done) == []


@pytest.mark.usefixtures("here")
def test_cosigns_lines_verify_what_an_earlier_run_had_logged(stack: Stack, cosign: Cosign) -> None:
    """Its entry is in a log that nobody names this time: the key alone vouches."""
    run({}, Inputs(key="key.pem", log="rekor", trust_config=str(stack.trust_v1)))
    done = run({}, Inputs(key="key.pem", log="none"))
    assert "--insecure-ignore-tlog" in done.outputs.cosign_command
    assert held_against(cosign, done) == []


def test_cosigns_lines_verify_images(here: Path, stack: Stack, registry: str, cosign: Cosign) -> None:
    """Signature and provenance, by digest."""
    shutil.copy(stack.trusted_root, here / TRUSTED_ROOT)
    shutil.rmtree(here / "release")
    push_image(repository(registry, "octo/consumed"), b"consumed", "v1")
    images = (f"{registry}/octo/consumed:v1",)
    done = run(stack.environment(), Inputs(images=images, provenance=True, trust_config=str(stack.trust_v1)))
    kinds = [shlex.split(line)[1] for line in done.outputs.cosign_command.splitlines()]
    assert kinds == ["verify", "verify-attestation"]
    assert held_against(cosign, done) == []
    keyed = run({}, Inputs(images=images, key="key.pem"))
    assert held_against(cosign, keyed) == []


@pytest.mark.usefixtures("here")
def test_very_many_files_are_not_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of theirs says how many are left; what is attested over all of them has its own."""
    monkeypatch.setattr(consumers, "MAX_LINES", 2)
    Path("scan.json").write_text("{}", encoding="utf-8")
    kind = "https://example.com/scan/v1"
    for mode in ("each", "statement"):
        done = run({}, Inputs(key="key.pem", mode=mode, predicate="scan.json", predicate_type=kind))
        *_, left, attested = done.outputs.cosign_command.splitlines()
        assert (left, len(done.outputs.cosign_command.splitlines())) == ("# and so on for 1 more", 4)
        assert "release/attestation.sigstore.json" in attested


def test_what_failed_is_named_with_its_cause_and_what_helps(here: Path, stack: Stack) -> None:
    """A service that was away: another run signs it. What is signed has its line all the same."""
    run(stack.environment(), Inputs(trust_config=str(stack.trust_v1)))
    (here / "release" / "new.bin").touch()
    with Faults(stack.urls["rekor-v1"]) as faults, faults.down():
        trust = stack.write_trust(here / "trust.json", through={"rekor-v1": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust), provenance=True), limits=Limits(budget=0.3))
        host = faults.url.removeprefix("http://")
    away = {"cause": f"Rekor at {host} is away: the connection was refused", "code": "WIRE001", "retry": True}
    assert json.loads(done.outputs.failed) == [{**away, "file": "provenance"}, {**away, "file": "release/new.bin"}]
    assert len(done.outputs.cosign_command.splitlines()) == 3


@pytest.mark.parametrize(("code", "retry"), [("WIRE001", True), ("SIGN010", True), ("SIGN004", False), ("X", False)])
def test_a_refusal_is_not_helped_by_asking_again(code: str, *, retry: bool) -> None:
    """An outage passes, and a file that was being written is whole the next time."""
    error = Error(code, "what")
    assert failure("a", error)["retry"] is retry
    assert advice([error]).startswith("Run it again") is retry
    assert advice([]) == ""


@pytest.mark.usefixtures("here")
def test_where_nothing_was_signed_there_is_nothing_to_verify(stack: Stack, tmp_path: Path) -> None:
    """No line would hold."""
    with Faults(stack.urls["fulcio"]) as faults, faults.down():
        trust = stack.write_trust(tmp_path / "trust.json", through={"fulcio": faults.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust)), limits=Limits(budget=0.3))
    assert (done.outputs.cosign_command, done.outputs.verify_command) == ("", "")
    assert {each["file"] for each in json.loads(done.outputs.failed)} == {
        path.as_posix() for path in Path("release").iterdir()
    }
