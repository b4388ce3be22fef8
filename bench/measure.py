"""Times two commands in turn, A B A B, so that a machine whose speed drifts treats both alike."""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PYTHON", "Comparison", "compare"]

PYTHON: Final[str] = os.environ.get("MAXIMUS_BENCH_PYTHON") or getattr(sys, "_base_executable", "") or sys.executable
"""The Python that starts ours: by default the one below the developers' environment, what a laptop's `python3` is.

Another is named where that one starts with more than Python itself, such as a `.pth` file that imports a package.
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two pieces of work took, several times each."""

    name: str
    ours: tuple[float, ...]
    """Seconds of each run."""
    peer: tuple[float, ...]
    """Seconds of each run of what it is compared with."""
    reach: float
    """The ratio that is aimed at."""
    allowance: float = 0.0
    """Seconds that the aim allows on top."""

    @property
    def ratio(self) -> float:
        """Median against median."""
        return statistics.median(self.ours) / statistics.median(self.peer)

    @property
    def is_reached(self) -> bool:
        """Tell whether the median lies within the aim."""
        return statistics.median(self.ours) <= self.reach * statistics.median(self.peer) + self.allowance

    def line(self) -> str:
        """Return the row that is printed."""
        aim = f"{self.reach:g} x" + (f" + {self.allowance * 1000:.0f} ms" if self.allowance else "")
        return (
            f"{'reached' if self.is_reached else 'MISSED ':7}  {self.name:58}  {self.ratio:5.2f} x  (aim {aim})  "
            f"ours {statistics.median(self.ours):7.3f} s, peer {statistics.median(self.peer):7.3f} s, "
            f"{len(self.ours)} runs"
        )


def compare(  # noqa: PLR0913 - what is compared, how often, and the aim
    name: str,
    ours: Callable[[], None],
    peer: Callable[[], None],
    *,
    runs: int,
    reach: float,
    allowance: float = 0.0,
    warm: bool = True,
) -> Comparison:
    """Run both in turn `runs` times, after one run of each that does not count where `warm` says so."""
    if warm:
        ours()
        peer()
    ours_took: list[float] = []
    peer_took: list[float] = []
    for _ in range(runs):
        ours_took.append(_seconds(ours))
        peer_took.append(_seconds(peer))
    return Comparison(name, tuple(ours_took), tuple(peer_took), reach, allowance)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
