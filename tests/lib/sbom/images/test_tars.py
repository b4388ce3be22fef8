"""Members of tar archives, as `tarfile` tells of them and with what it believes left out."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from maximus.sbom.images.tars import MAX_GLOBAL, Content, Listed, Passing, members

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE]
LINKS = [tarfile.LNKTYPE, tarfile.SYMTYPE]
NAMES = [
    "plain", "a/b/c.txt", "a//b", "./a", "zażółć/日本", "x" * 99, "x" * 100, "x" * 101, "ab/" * 40 + "deep",
    "ab/" * 93 + "f", "blank in it", "ends in a space ", "x\udcff\udcfe",
]  # fmt: skip


def archive(form: int, *, attributes: bool = False) -> bytes:
    """Return an archive of every kind of member, under names short and long, with contents about as long as a block."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as made:
        old = form == tarfile.USTAR_FORMAT
        for number, name in enumerate(NAMES):
            # The old format has no place for a long name, but in front of a slash.
            if old and name in {"x" * 101, "ab/" * 93 + "f"}:
                continue
            for kind in (*KINDS, tarfile.DIRTYPE, *LINKS, tarfile.FIFOTYPE, tarfile.CHRTYPE):
                member = tarfile.TarInfo(name)
                member.type, member.mode, member.uid = kind, 0o644 + number, 1000 if old else 0o7777777 + number
                member.linkname = "elsewhere" if kind in LINKS else ""
                if attributes:
                    member.pax_headers = {"SCHILY.xattr.user.a": "b", "mtime": "1.5"}
                raw = b"c" * (510 + number % 4) if kind in KINDS else b""
                member.size = len(raw)
                made.addfile(member, io.BytesIO(raw))
    return buffer.getvalue()


def as_tarfile_tells(raw: bytes) -> list[Listed]:
    """Return what `tarfile` reads."""
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:", encoding="utf-8", errors="surrogateescape") as opened:
        return [
            Listed(
                member.name,
                tarfile.REGTYPE if member.isreg() else member.type,
                member.size,
                member.mode,
                member.offset_data,
                member.linkname if member.islnk() else "",
            )
            for member in opened
        ]


def passing(raw: bytes, step: int) -> Passing:
    """Return a source that gives so many bytes at a time."""
    stream = io.BytesIO(raw)
    return Passing(lambda: stream.read(step))


def leaping(raw: bytes, step: int) -> Passing:
    """Return one that leaps over what nobody reads."""
    stream = io.BytesIO(raw)
    return Passing(lambda: stream.read(step), lambda place: stream.seek(min(place, len(raw))))


SOURCES = [passing, leaping]
FORMS = {
    "ustar": archive(tarfile.USTAR_FORMAT),
    "gnu": archive(tarfile.GNU_FORMAT),
    "pax": archive(tarfile.PAX_FORMAT),
    "attributes": archive(tarfile.PAX_FORMAT, attributes=True),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("step", [1, 511, 512, 513, 4096, 1 << 20])
@pytest.mark.parametrize("form", FORMS)
def test_what_tarfile_tells(form: str, step: int, source: Callable[[bytes, int], Passing]) -> None:
    """Every kind of member in every format, however the bytes come."""
    raw = FORMS[form]
    found = list(members(source(raw, step)))
    assert found == as_tarfile_tells(raw)
    assert len(found) >= 11 * 8
    assert {item.kind for item in found} >= {tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE}


@pytest.mark.parametrize("form", ["ustar", "gnu", "posix", "v7", "oldgnu"])
def test_what_gnu_tar_writes(form: str, tmp_path: Path) -> None:
    """The formats of the program itself, whose headers differ from those of Python."""
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "file").write_bytes(b"x" * 700)
    (root / "a" / ("n" * 60)).write_bytes(b"")
    (root / "a" / "link").symlink_to("file")
    (root / "a" / "same").hardlink_to(root / "a" / "file")
    raw = subprocess.run(["tar", f"--format={form}", "-c", "-C", root, "."], check=True, capture_output=True).stdout
    found = list(members(leaping(raw, 4096)))
    assert found == as_tarfile_tells(raw)
    assert len(found) == 6


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_read_is_the_content(source: Callable[[bytes, int], Passing]) -> None:
    """Of any of them, whole or in parts, or not at all."""
    whole = source(FORMS["pax"], 1000)
    read = 0
    for number, member in enumerate(members(whole)):
        if member.kind == tarfile.REGTYPE and number % 2:
            content = Content(whole, member.begin, member.size)
            assert content.read(7) + content.read() == b"c" * member.size
            assert content.read() == b""
            read += 1
    assert read > 10


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("cut", [100, 512, 700, 1023])
def test_an_archive_that_is_cut(cut: int, source: Callable[[bytes, int], Passing]) -> None:
    """One that ends inside a content is broken, whether the content was wanted or not."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name in ("one", "two"):
            member = tarfile.TarInfo(name)
            member.size = 5_000
            made.addfile(member, io.BytesIO(b"x" * 5_000))
    with pytest.raises(tarfile.ReadError, match="unexpected end of data"):
        list(members(source(buffer.getvalue()[: 512 + 5_120 + 512 + cut], 300)))


@pytest.mark.parametrize("at", range(0, 512, 3))
def test_a_header_with_one_byte_changed(at: int) -> None:
    """Its sum shows it: the list ends there, as `tarfile` ends it."""
    raw = bytearray(FORMS["gnu"])
    second = as_tarfile_tells(bytes(raw))[1].begin - 512
    raw[second + at] ^= 0x15
    assert list(members(leaping(bytes(raw), 4096))) == as_tarfile_tells(bytes(raw))


def test_what_is_stated_for_all_members_counts() -> None:
    """A global header changes what the plain headers behind it say."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers={"path": "of all"}) as made:
        made.addfile(tarfile.TarInfo("its own"))
    assert [item.name for item in members(leaping(buffer.getvalue(), 512))] == ["of all"]
    many = {f"key{number}": "value" for number in range(MAX_GLOBAL + 1)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers=many) as made:
        made.addfile(tarfile.TarInfo("its own"))
    with pytest.raises(tarfile.ReadError, match="attributes for all members"):
        list(members(leaping(buffer.getvalue(), 512)))


def test_nobody_goes_back() -> None:
    """A source that passed a byte has it no more."""
    source = leaping(FORMS["gnu"], 512)
    source.seek(4096)
    with pytest.raises(tarfile.ReadError, match="before the one in front of it ends"):
        source.seek(1000)
