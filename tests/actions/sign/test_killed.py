"""`sign` killed at any point of a batch: what was finished stays, and the next run signs only what is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from actions.sign import Inputs
from maximus.errors import ExitStatus
from tests.actions.sign.test_sign import obey, run
from tests.stack.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.stack.stack import Stack

FILES = 50
POINTS = 20
_PROGRAM = """
import os, signal, sys, threading
import maximus.files, maximus.signing.batch
from maximus.signing.authority import Certificates
from maximus.signing.keyless import KeylessSigner

where, after = sys.argv[1], int(sys.argv[2])
lock, passed = threading.Lock(), 0

def point(name):
    # The n-th time that any thread comes here, the whole process is gone: no cleaning up, no farewell.
    global passed
    if name == where:
        with lock:
            passed += 1
            if passed > after:
                os.kill(os.getpid(), signal.SIGKILL)

def around(owner, name, before, behind):
    original = getattr(owner, name)
    def replaced(*arguments, **options):
        point(before)
        found = original(*arguments, **options)
        point(behind)
        return found
    setattr(owner, name, replaced)

around(Certificates, "_certified", "before the certificate", "after the certificate")
around(KeylessSigner, "sign_file", "before a signature", "after its log entry")
around(maximus.signing.batch, "write_whole", "before a bundle is written", "after a bundle is written")
around(os, "replace", "before a bundle has its name", "after a bundle has its name")

from actions import sign
from actions.terminal import TerminalFace
face = TerminalFace(os.environ, "sign")
sign.run(sign.Inputs(trust_config=os.environ["TRUST"], jobs="4"), face)
"""
PLACES = (
    "before the certificate",
    "after the certificate",
    "before a signature",
    "after its log entry",
    "before a bundle is written",
    "before a bundle has its name",
    "after a bundle has its name",
    "after a bundle is written",
)


def kill_at(place: str, after: int, environment: Mapping[str, str]) -> int:
    """Run `sign` in a process that is killed at a place once it has passed it that often; return how it ended."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, place, str(after)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_batch_that_is_killed_at_twenty_points_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    """Fifty files, killed twenty times on the way: no bundle is half, none is made twice, and all verify."""
    folder = tmp_path / "release"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:02}.bin").write_text(f"file {number}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    kept: dict[Path, bytes] = {}
    with Faults(stack.urls["rekor-v1"]) as log:
        trust = stack.write_trust(tmp_path / "trust.json", through={"rekor-v1": log.url})
        job = stack.environment() | {"TRUST": str(trust)}
        for number in range(POINTS):
            place = PLACES[number % len(PLACES)]
            assert kill_at(place, 0 if "certificate" in place else number % 3, job) == -signal.SIGKILL, place
            assert {path: path.read_bytes() for path in kept} == kept, place
            kept = {path: path.read_bytes() for path in folder.glob("*.sigstore.json")}
        assert 0 < len(kept) < FILES
        lost = log.count("POST") - len(kept)
        before = log.count("POST")
        done = run(job, Inputs(trust_config=str(trust)))
        assert log.count("POST") - before == FILES - len(kept)
    # A run has four files at once on their way, so that is what one kill can cost at most.
    assert 0 <= lost <= 4 * POINTS
    assert (done.status, len(done.bundles), done.failed) == (ExitStatus.PASS, FILES, [])
    assert {path: path.read_bytes() for path in kept} == kept
    assert not list(folder.glob(".maximus-*"))
    proof = obey(done.outputs.verify_command)
    assert (proof.status, proof.outputs.compliant) == (ExitStatus.PASS, "true"), proof.face.shown
