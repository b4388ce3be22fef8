"""Jobs of a matrix sign side by side, and one job gathers what they made."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions.sign import Inputs
from maximus.errors import ExitStatus
from tests.actions.sign.test_sign import Run, obey, run
from tests.stack.faults import Faults

if TYPE_CHECKING:
    from tests.stack.stack import Stack

LEGS = ("linux", "macos", "windows")


def leg(name: str, environment: dict[str, str], trust: Path) -> Run:
    """Build and sign what one job of the matrix makes."""
    folder = Path("legs") / name
    folder.mkdir(parents=True)
    for end in ("whl", "zip"):
        (folder / f"app-{name}.{end}").write_text(f"{name} {end}", encoding="utf-8")
    return run(environment, Inputs(folder=str(folder), trust_config=str(trust)))


@pytest.fixture
def gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack, trust_v1: Path) -> Path:
    """One folder with what all jobs uploaded, as a download with `merge-multiple` leaves it."""
    monkeypatch.chdir(tmp_path)
    jobs = [stack.environment(run_attempt="1", job=name) for name in LEGS]
    with ThreadPoolExecutor(len(LEGS)) as pool:
        done = list(pool.map(leg, LEGS, jobs, [trust_v1] * len(LEGS)))
    assert [each.status for each in done] == [ExitStatus.PASS] * len(LEGS)
    release = Path("release")
    release.mkdir()
    for path in sorted(Path("legs").rglob("*.*")):
        # Nothing that one job made has the name of what another did.
        assert not (release / path.name).exists()
        shutil.copy(path, release)
    return release


def test_the_gathering_job_keeps_what_the_others_signed(gathered: Path, stack: Stack) -> None:
    """The same workflow, ref and commit signed it: no entry is made again, one statement over all is added."""
    kept = {path: path.read_bytes() for path in gathered.glob("*.sigstore.json")}
    with Faults(stack.urls["rekor-v1"]) as log:
        trust = stack.write_trust(Path("trust.json"), through={"rekor-v1": log.url})
        done = run(stack.environment(), Inputs(trust_config=str(trust), provenance=True))
        assert log.count("POST") == 1
    assert len(kept) == 2 * len(LEGS)
    assert {path: path.read_bytes() for path in kept} == kept
    assert done.status is ExitStatus.PASS
    proof = obey(done.outputs.verify_command)
    assert proof.status is ExitStatus.PASS, proof.face.shown


def test_the_gathering_job_signs_what_a_job_did_not(gathered: Path, stack: Stack, trust_v1: Path) -> None:
    """A job that broke off before its last bundle costs one signature."""
    missing = gathered / "app-macos.zip.sigstore.json"
    missing.unlink()
    done = run(stack.environment(), Inputs(trust_config=str(trust_v1)))
    assert (done.status, len(done.bundles)) == (ExitStatus.PASS, 2 * len(LEGS))
    (table,) = done.face.record.tables
    assert [row[0] for row in table.rows if row[1] == "signed"] == ["release/app-macos.zip"]


def test_a_file_that_was_lost_on_the_way_is_found_out(gathered: Path, stack: Stack, trust_v1: Path) -> None:
    """Its bundle is there and speaks of nothing, and so does what was attested before: the folder does not verify."""
    run(stack.environment(), Inputs(trust_config=str(trust_v1), provenance=True))
    (gathered / "app-windows.zip").unlink()
    done = run(stack.environment(), Inputs(trust_config=str(trust_v1)))
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.FAILED, "false")
    assert "app-windows.zip.sigstore.json and provenance.sigstore.json name it" in proof.face.shown
