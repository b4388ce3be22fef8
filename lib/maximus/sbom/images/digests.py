"""Digests of stored layers, computed beside the reading of what is in them.

Who looks for packages leaps over what holds none; every byte counts for a digest. So that goes its own way, in a
thread, and by memory maps: copying 3 GB out of the page cache takes as long as hashing them.
"""

from __future__ import annotations

import hashlib
import mmap
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from maximus.sbom.images.limits import broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from maximus.sbom.images.layout import Window

__all__ = ["ALGORITHMS", "Digests", "Stated"]

ALGORITHMS: Final = ("sha256", "sha512")
_MAPPED: Final = 32 << 20
"""Bytes that are mapped at a time: many, since whoever holds the interpreter lets a thread wait for it in between."""
_COPIED: Final = 1 << 20
"""Bytes that are read at a time where a file cannot be mapped."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A digest that somebody stated, and what it is of."""

    digest: str
    """Such as `sha256:…`."""
    fault: str
    """What to say where it is another."""


class Digests:
    """Compares layers with what is stated of them, beside everything else. To be left as a context."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "digests")
        self._left = threading.Event()
        self._pending: list[tuple[str, tuple[Stated, ...], Future[dict[str, str]]]] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what is not computed yet."""
        self._left.set()
        self._pool.shutdown(cancel_futures=True)

    def compare(self, name: str, opener: Callable[[], Window], stated: Iterable[Stated]) -> None:
        """Begin to compute what is stated of a layer; what has no digest of a known algorithm is left out."""
        known = tuple(item for item in stated if _algorithm(item.digest) in ALGORITHMS)
        if known:
            algorithms = sorted({_algorithm(item.digest) for item in known})
            self._pending.append((name, known, self._pool.submit(self._compute, opener, algorithms)))

    def finish(self) -> None:
        """Wait for all. Raises Error SBOM033 for the first layer that has another digest, or that cannot be read."""
        for name, stated, future in self._pending:
            try:
                found = future.result()
            except OSError as fault:
                raise broken(name, fault.strerror or "it cannot be read") from fault
            for item in stated:
                algorithm, _, value = item.digest.partition(":")
                if found[algorithm] != value:
                    raise broken(name, item.fault)

    def _compute(self, opener: Callable[[], Window], algorithms: Iterable[str]) -> dict[str, str]:
        hashes = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
        with opener() as window:
            parts = _Parts(window)
            while not self._left.is_set() and parts.update(hashes.values()):
                pass
        return {algorithm: made.hexdigest() for algorithm, made in hashes.items()}


class _Parts:
    """A window, taken into hashes part by part."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.at = 0

    def update(self, hashes: Iterable[hashlib._Hash]) -> bool:
        """Take the next part; False at the end. Raises OSError for a file that became shorter."""
        size = min(_MAPPED, self.window.size - self.at)
        if size <= 0:
            return False
        # A map of what is no longer there would end the process instead of failing.
        if not self.window.is_whole():
            msg = "the file became shorter while it was read"
            raise OSError(0, msg)
        begin = self.window.begin + self.at
        aligned = begin - begin % mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(self.window.fileno(), begin - aligned + size, access=mmap.ACCESS_READ, offset=aligned)
        except (OSError, ValueError):
            # Some file systems cannot.
            self.window.seek(self.at)
            data = self.window.read(min(_COPIED, size)) or b""
            for one in hashes:
                one.update(data)
            self.at += len(data)
            return bool(data)
        with mapped, memoryview(mapped) as whole, whole[begin - aligned :] as part:
            for one in hashes:
                one.update(part)
        self.at += size
        return True


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]
