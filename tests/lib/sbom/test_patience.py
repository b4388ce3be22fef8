"""A reader that does not end is stopped."""

from __future__ import annotations

import itertools
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom import patience, scan
from maximus.sbom.readers import reader_of
from tests.lib.sbom.samples import make

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Reading
    from maximus.sbom.tree import Source

needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="unmeasured: no timers here")


@needs_timers
def test_one_endless_file_is_a_fault_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault names the file and the limit."""
    make(tmp_path, {"a/requirements.txt": "a==1\n", "b/requirements.txt": "b==1\n"})
    whole = reader_of("requirements.txt")
    assert whole is not None

    def read(source: Source) -> Reading:
        if source.path.startswith("a/"):
            for _ in itertools.count():
                pass
        return whole.read(source)

    monkeypatch.setattr(patience, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(scan, "reader_of", lambda path: replace(whole, read=read) if path.endswith(".txt") else None)
    found = scan.scan(tmp_path)
    assert [(fault.code, fault.where) for fault in found.faults] == [("SBOM037", "a/requirements.txt")]
    assert "0.05 seconds" in found.faults[0].why
    assert [path for path, _ in found.readings] == ["b/requirements.txt"]


def stubborn(kind: type[BaseException], parts: int) -> int:
    """Work on parts of a file, each for ever by a test's measure; return how many were given up and passed over."""
    caught = 0
    for _ in range(parts):
        try:
            for _ in range(50_000_000):
                pass
        except kind:
            caught += 1
    return caught


@needs_timers
@pytest.mark.parametrize("kind", [Error, Exception])
def test_a_reader_that_passes_over_faults_is_stopped_all_the_same(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    """It may take the limit for a fault of one part of the file, and go on with the next."""
    monkeypatch.setattr(patience, "MAX_SECONDS", 0.05)
    done: list[int] = []
    with pytest.raises(Error, match="cannot read a"), patience.limited("a"):
        done.append(stubborn(kind, 2))
    assert done == []


@needs_timers
def test_a_reader_that_lets_nothing_through_is_told_again_and_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is up as often as it goes on, and what it makes of the rest is no reading."""
    monkeypatch.setattr(patience, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(patience, "AGAIN", 0.01)
    done: list[int] = []
    with pytest.raises(Error, match="cannot read a"), patience.limited("a"):
        done.append(stubborn(BaseException, 3))
    assert done == [3]


@needs_timers
def test_nothing_is_left_behind() -> None:
    """Neither a timer nor a handler outlives the file."""
    before = signal.getsignal(signal.SIGALRM)
    with patience.limited("a"):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_another_thread_reads_without_a_limit() -> None:
    """Where nothing can be stopped nothing is tried."""
    done: list[str] = []

    def work() -> None:
        with patience.limited("a"):
            done.append("read")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["read"]


def test_an_error_of_the_reader_goes_through() -> None:
    """What is raised inside is what the caller sees."""
    with pytest.raises(Error, match="its own"), patience.limited("a"):
        raise Error("SBOM005", "its own")
