"""Bundles against `sha256sum` of the same files, and a log of a million entries against its own small beginning."""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import PYTHON, Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["evidence_append", "evidence_pack", "evidence_prove", "evidence_verify"]

ROOT = Path(__file__).resolve().parents[1]
# The log is measured in this process: what a single append costs is less than a start.
sys.path.insert(0, str(ROOT / "lib"))
FILES = 10_000
SIZE = 107_374
"""Bytes of each file: together 1 GiB."""
ENTRIES = 1_000_000
MEMORY = 150 << 20
"""Bytes that a run may have at once."""
PROOFS = 5_000
NOW = "2026-01-31T12:00:00Z"


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """Return one folder for all of a run; making a gigabyte and a million entries takes longer than measuring them."""
    return tempfile.TemporaryDirectory(prefix="maximus-bench-")


@functools.cache
def _tree() -> Path:
    root = Path(_home().name) / "files"
    for number in range(FILES):
        path = root / f"d{number % 100:02}" / f"f{number:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(SIZE))
    return root


def _action(*arguments: str) -> list[str]:
    return [PYTHON, "-I", str(ROOT / "actions"), "evidence", *arguments]


def _sha256sum(root: Path) -> None:
    with subprocess.Popen(["find", str(root), "-type", "f", "-print0"], stdout=subprocess.PIPE) as listed:
        subprocess.run(["xargs", "-0", "sha256sum"], stdin=listed.stdout, check=True, stdout=subprocess.DEVNULL)


def _peak(command: list[str]) -> int:
    """Return the most memory that a command's process had, in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{command[3:6]} ended with {process.returncode}"
        raise SystemExit(message)
    return usage.ru_maxrss * 1024


def _within(name: str, command: list[str]) -> None:
    peak = _peak(command)
    print(f"{name}: {peak >> 20} MB at most")
    if peak > MEMORY:
        message = f"{name} took {peak >> 20} MB, more than {MEMORY >> 20}"
        raise SystemExit(message)


def evidence_pack() -> Comparison:
    """Compare packing 10,000 files of 1 GiB, written to disk, with `sha256sum` of the files, which writes nothing."""
    root, bundle = _tree(), f"{_home().name}/evidence.zip"
    command = _action("--mode", "pack", "--root", str(root), "--bundle", bundle)
    _within("evidence-pack", command)
    return compare(
        "evidence pack, 10,000 files of 1 GiB / sha256sum",
        lambda: _run(command),
        lambda: _sha256sum(root),
        runs=3,
        reach=1.3,
    )


def evidence_verify() -> Comparison:
    """Compare verifying that bundle with `sha256sum` of the files."""
    root, bundle = _tree(), f"{_home().name}/evidence.zip"
    if not Path(bundle).exists():
        _run(_action("--mode", "pack", "--root", str(root), "--bundle", bundle))
    command = _action("--mode", "verify", "--bundle", bundle)
    _within("evidence-verify", command)
    return compare(
        "evidence verify, the bundle of 1 GiB / sha256sum of its files",
        lambda: _run(command),
        lambda: _sha256sum(root),
        runs=3,
        reach=1.3,
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _records(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {"action": "noted", "decision_id": f"d-{number}", "performed_by": "ana", "timestamp": NOW}


@functools.cache
def _log(count: int) -> Path:
    """Return a log of so many entries; how long that took is told."""
    from maximus.evidence.log import append  # noqa: PLC0415 - only these benches need it

    path = Path(_home().name) / f"audit-{count}.jsonl"
    started = time.perf_counter()
    append(path, _records(count), NOW)
    took = time.perf_counter() - started
    print(f"evidence-log: {count:,} entries appended in {took:.1f} s, {path.stat().st_size >> 20} MB", flush=True)
    return path


def evidence_append() -> Comparison:
    """Compare appending 50 single entries to a log of a million with the same to one of a thousand."""
    from maximus.evidence.log import append  # noqa: PLC0415 - only these benches need it

    def work(path: Path) -> None:
        for record in _records(50):
            append(path, [record], NOW)

    large, small = _log(ENTRIES), _log(1_000)
    return compare(
        "evidence append, log of 1,000,000 / log of 1,000", lambda: work(large), lambda: work(small), runs=9, reach=2.0
    )


def evidence_prove() -> Comparison | str:
    """Compare making 1,000 inclusion proofs out of a million entries with one second; Go judges every one of them."""
    from maximus.evidence.auditing import audit  # noqa: PLC0415 - only these benches need it
    from maximus.evidence.log import Reader  # noqa: PLC0415 - likewise
    from maximus.merkle import leaf_hash  # noqa: PLC0415 - likewise
    from tests.stack.build import Unmeasured, locate  # noqa: PLC0415 - likewise

    try:
        judge = locate("merkle-judge")
    except Unmeasured as reason:
        return str(reason)
    path = _log(ENTRIES)
    started = time.perf_counter()
    found = audit(path)
    print(f"evidence-log: {found.count:,} entries verified in {time.perf_counter() - started:.1f} s", flush=True)
    chosen = random.Random(1).sample(range(1, found.count + 1), PROOFS)  # noqa: S311 - which entries is of no matter
    with Reader(path) as reader:
        took, made = [], []
        for begin in range(0, PROOFS, 1_000):
            started = time.perf_counter()
            made += [(index, *reader.inclusion(index)) for index in chosen[begin : begin + 1_000]]
            took.append(time.perf_counter() - started)
        common = {"kind": "inclusion", "size": reader.count, "root": reader.root.hex()}
        if reader.root != found.root:
            raise SystemExit("the head is not the root of the whole log")
    questions = [
        common | {"index": index - 1, "leaf": leaf_hash(line).hex(), "hashes": [item.hex() for item in proof]}
        for index, line, proof in made
    ]
    text = "".join(json.dumps(question) + "\n" for question in [{"kind": "root", "file": str(path)}, *questions])
    told = subprocess.run([judge], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    if told != [common["root"], *["ok"] * PROOFS]:
        raise SystemExit("transparency-dev/merkle does not agree")
    print(f"evidence-log: root and {PROOFS:,} proofs confirmed by transparency-dev/merkle", flush=True)
    return Comparison("1,000 inclusion proofs of 1,000,000 entries / 1 second", tuple(took), (1.0,), 1.0)
