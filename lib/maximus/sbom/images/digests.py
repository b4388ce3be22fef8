"""Digests of stored layers, computed beside the reading of what is in them.

Who looks for packages leaps over what holds none; every byte counts for a digest. So that goes its own way, in a
thread, and by memory maps: copying 3 GB out of the page cache takes as long as hashing them.
"""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from maximus.sbom.images.layout import CUT
from maximus.sbom.images.limits import broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from maximus.errors import Error
    from maximus.sbom.images.layout import Layer, Window

__all__ = ["ALGORITHMS", "OTHER_CONTENT", "Digests", "Stated"]

ALGORITHMS: Final = ("sha256", "sha512")
OTHER_CONTENT: Final = "what is in it has another digest than the image's configuration states"
_OTHER_STORED: Final = "what is stored there has another digest than was stated"
_MAPPED: Final = 32 << 20
"""Bytes that are mapped at a time: many, since whoever holds the interpreter lets a thread wait for it in between."""
_MOST_THREADS: Final = 4
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
    """Compares layers with what is stated of them as they are stored, beside everything else.

    It is left as a context. Raises Error SBOM033 for a layer that cannot be read.
    """

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        self._pool = ThreadPoolExecutor(max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1)), "digests")
        self._left = threading.Event()
        self._pending: list[tuple[str, tuple[Stated, ...], Future[dict[str, str]]]] = []
        named = [(layer.name(number), layer) for number, layer in enumerate(layers, 1)]
        for name, layer, stated in [(name, layer, _stated_of(layer, name)) for name, layer in named]:
            self.compare(name, layer.open, stated)

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
                raise _unreadable(name, fault) from fault
            for item in stated:
                algorithm, _, value = item.digest.partition(":")
                if found[algorithm] != value:
                    raise broken(name, item.fault)

    def _compute(self, opener: Callable[[], Window], algorithms: Iterable[str]) -> dict[str, str]:
        hashes = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
        with opener() as window:
            at = 0
            while at < window.size and not self._left.is_set():
                at += _take(window, at, hashes.values())
        return {algorithm: made.hexdigest() for algorithm, made in hashes.items()}


def _stated_of(layer: Layer, name: str) -> list[Stated]:
    stated = [Stated(layer.digest, _OTHER_STORED)]
    try:
        return stated if layer.packed() else [*stated, Stated(layer.diff_id, OTHER_CONTENT)]
    except OSError as fault:
        raise _unreadable(name, fault) from fault


def _unreadable(name: str, fault: OSError) -> Error:
    return broken(name, fault.strerror or "it cannot be read")


def _take(window: Window, at: int, hashes: Iterable[hashlib._Hash]) -> int:
    """Take the bytes at a place into hashes, and return how many. Raises OSError for a file that became shorter."""
    size = min(_MAPPED, window.size - at)
    part: memoryview | bytes | None = window.view(at, size)
    if part is None:
        window.seek(at)
        part = window.read(min(_COPIED, size))
        if not part:
            raise OSError(0, CUT)
    for made in hashes:
        made.update(part)
    return len(part)


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]
