"""Digests of stored layers, computed beside the reading."""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom.images import digests
from maximus.sbom.images.digests import Digests, Stated
from maximus.sbom.images.layout import Layer, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = os.urandom(100) * 3_000


@pytest.fixture
def window(tmp_path: Path) -> Callable[[], Window]:
    """Return what opens a part of a file that begins at no boundary."""
    path = tmp_path / "file"
    path.write_bytes(b"before" + DATA + b"behind")
    return functools.partial(Window, path, 6, len(DATA))


def stated(algorithm: str, fault: str = "it differs") -> Stated:
    """Return the digest of the part."""
    return Stated(f"{algorithm}:{hashlib.new(algorithm, DATA).hexdigest()}", fault)


@pytest.mark.parametrize("mapped", [mmap.ALLOCATIONGRANULARITY, 3 * mmap.ALLOCATIONGRANULARITY + 5, 32 << 20])
def test_a_part_of_a_file(mapped: int, window: Callable[[], Window], monkeypatch: pytest.MonkeyPatch) -> None:
    """By both algorithms at once, whatever is mapped at a time."""
    monkeypatch.setattr(digests, "_MAPPED", mapped)
    with Digests() as comparing:
        comparing.compare("layer", window, [stated("sha256"), stated("sha512")])
        comparing.finish()


def test_another_digest(window: Callable[[], Window]) -> None:
    """Is the fault that was named for it; the first layer's counts."""
    with Digests() as comparing:
        comparing.compare("one", window, [stated("sha256"), Stated(f"sha512:{'0' * 128}", "the second differs")])
        comparing.compare("two", window, [Stated(f"sha256:{'0' * 64}", "another")])
        with pytest.raises(Error) as caught:
            comparing.finish()
    assert (caught.value.code, caught.value.why, caught.value.where) == ("SBOM033", "the second differs", "one")


@pytest.mark.parametrize("digest", ["", "md5:0", "sha256"])
def test_what_states_no_digest_is_not_compared(digest: str, window: Callable[[], Window]) -> None:
    """Neither where there is none nor of an algorithm that proves nothing."""
    with Digests() as comparing:
        comparing.compare("layer", window, [Stated(digest, "never")] if digest != "sha256" else [])
        comparing.finish()


def test_a_file_that_cannot_be_mapped_is_read(window: Callable[[], Window], monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have no maps."""
    asked = []

    def refuse(*_: object, **__: object) -> mmap.mmap:
        asked.append(1)
        raise OSError(19, "No such device")

    monkeypatch.setattr(mmap, "mmap", refuse)
    monkeypatch.setattr(digests, "_COPIED", 1 << 16)
    with Digests() as comparing:
        comparing.compare("layer", window, [stated("sha256")])
        comparing.finish()
    assert len(asked) > 2


def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    """Is an error that says so: a map of what is gone would end the process."""
    path = tmp_path / "file"
    path.write_bytes(DATA[:-1])
    with Digests() as comparing:
        comparing.compare("layer", functools.partial(Window, path, 0, len(DATA)), [stated("sha256")])
        with pytest.raises(Error) as caught:
            comparing.finish()
    assert caught.value.why == "the file became shorter while it was read"


def test_a_layer_that_cannot_be_opened(tmp_path: Path) -> None:
    """Is an error of the layer before anything is computed."""
    gone = Layer("", f"sha256:{'0' * 64}", 1, functools.partial(Window, tmp_path / "gone", 0, 1))
    with pytest.raises(Error) as caught:
        Digests([gone])
    assert (caught.value.code, caught.value.why) == ("SBOM033", "No such file or directory")


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """Is an error of the layer."""
    with Digests() as comparing:
        comparing.compare("layer", functools.partial(Window, tmp_path / "gone", 0, 1), [stated("sha256")])
        with pytest.raises(Error) as caught:
            comparing.finish()
    assert caught.value.why == "No such file or directory"
