"""Headers of tar archives that somebody else wrote, held to what an image's layer or a package can need.

`tarfile` believes a header: it reads a name of gigabytes into memory, goes back in the archive where a size is
negative, and puts together a sparse file piece by piece. None of that is in an image or a
crate as builders make them. It also takes 30 microseconds a member, which is most of the time that an image of
100,000 files takes: `members` reads the header that nearly all of them have by itself, and leaves it the others.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MAX_EXTENDED", "MAX_GLOBAL", "Content", "Listed", "Member", "Passing", "members"]

MAX_EXTENDED: Final = 1 << 20
"""Bytes of a header that carries a long name or the attributes of PAX."""
MAX_GLOBAL: Final = 100
"""Attributes that an archive may state for all members that follow."""
_EXTENDED: Final = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
})  # fmt: skip


class Member(tarfile.TarInfo):
    """A member whose header was looked at before it was believed. Raises `tarfile.ReadError`."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the member of a header."""
        made = super().frombuf(buf, encoding, errors)
        if made.size < 0:
            raise _read_error("a member has a negative size")
        if made.type in _EXTENDED and made.size > MAX_EXTENDED:
            raise _read_error(f"a header is larger than {MAX_EXTENDED >> 20} MiB")
        if made.type == tarfile.GNUTYPE_SPARSE:
            raise _sparse()
        return made

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        """Return the next member of an archive."""
        made = super().fromtarfile(tarfile)
        # The attributes of PAX count more than the header, and may state another size.
        if made.size < 0:
            raise _read_error("a member has a negative size")
        if len(tarfile.pax_headers) > MAX_GLOBAL:
            raise _read_error(f"it states more than {MAX_GLOBAL} attributes for all members")
        return made

    # What `tarfile` calls for the three ways in which PAX tells of sparse files; reading their maps takes
    # quadratic time. The tests see that it still does.
    def _proc_gnusparse_00(self, *_: Any) -> None:  # noqa: ANN401 - their parts differ
        raise _sparse()

    _proc_gnusparse_01 = _proc_gnusparse_10 = _proc_gnusparse_00


class Listed(NamedTuple):
    """What is told of a member of an archive."""

    name: str
    """As the archive has it, without a slash behind it."""
    kind: bytes
    """Its type: `tarfile.REGTYPE` for every regular file, whatever its header says for one."""
    size: int
    mode: int
    begin: int
    """Where in the archive its content begins."""
    link: str = ""
    """The member that a hard link has its content from."""


_BLOCK: Final = 512
_PLAIN: Final = {
    b"0": tarfile.REGTYPE, b"\0": tarfile.REGTYPE, b"5": tarfile.DIRTYPE, b"1": tarfile.LNKTYPE, b"2": tarfile.SYMTYPE,
}  # fmt: skip
_HEADER: Final = re.compile(
    rb"(.{100})([0-7]{7})[\0 ].{16}([0-7]{11})[\0 ].{12}([0-7]{6})\0 ([\x000125])(.{100})"
    # POSIX's mark and the rest of a long name; GNU's, where no times stand in its place.
    rb"(?:ustar\x0000.{80}(?:\0|([^\0].{154}))|ustar  \0.{80}\0)",
    re.DOTALL,
)


def members(source: Passing) -> Iterator[Listed]:
    """Yield the members of an archive in its order. Raises `tarfile.TarError` for one that is broken."""
    archive: Any = tarfile.TarFile(fileobj=source, mode="r", tarinfo=Member, encoding="utf-8")  # type: ignore[arg-type]  # it needs no more
    # Opening reads the first header.
    member = archive.firstmember
    archive.firstmember = None
    while member is not None:
        # `tarfile` keeps every member it has seen.
        archive.members = []
        kind = tarfile.REGTYPE if member.isreg() else member.type
        link = member.linkname if member.islnk() else ""
        yield Listed(member.name, kind, member.size, member.mode, member.offset_data, link)
        place = archive.offset
        # What is stated for all members changes what a plain header says.
        while not archive.pax_headers and (found := _plain(source, place)) is not None:
            yield found
            place = found.begin + (-(-found.size // _BLOCK) * _BLOCK if found.kind == tarfile.REGTYPE else 0)
        archive.offset = place
        member = archive.next()


def _plain(source: Passing, place: int) -> Listed | None:
    """Return the member whose header is at a place and has nothing unusual; None for what `tarfile` is to look at.

    The source is left in front of the header where it returns None.
    """
    source.seek(place)
    header = source.peek(_BLOCK)
    found = _HEADER.match(header)
    if found is None or len(header) < _BLOCK:
        return None
    # The sum of the bytes with spaces in place of the sum: of 256 bytes it is what Adler-32 has in its lower half.
    total = (zlib.adler32(header[:256]) & 0xFFFF) + (zlib.adler32(header[256:]) & 0xFFFF) - 2
    name, mode, size, stated, kind, link, prefix = found.groups()
    if total - sum(header[148:156]) + 8 * ord(" ") != int(stated, 8):
        return None
    name = name.partition(b"\0")[0]
    if prefix:
        name = prefix.partition(b"\0")[0] + b"/" + name
    kind = _PLAIN[kind]
    if name.endswith(b"/"):
        if kind != tarfile.DIRTYPE:
            return None
        name = name.rstrip(b"/")
    linked = link.partition(b"\0")[0].decode("utf-8", "surrogateescape") if kind == tarfile.LNKTYPE else ""
    return Listed(name.decode("utf-8", "surrogateescape"), kind, int(size, 8), int(mode, 8), place + _BLOCK, linked)


class Passing:
    """What an archive is read from that passes by once.

    The stream of `tarfile` moves all it holds with every header that it reads: of an archive of 3 GB that was half
    the time.
    """

    def __init__(
        self,
        more: Callable[[], bytes],
        leap: Callable[[int], int] | None = None,
        view: Callable[[int, int], memoryview | None] | None = None,
    ) -> None:
        self.more = more
        """Returns the next bytes, as many as there happen to be; none at the end."""
        self.view = view
        """Returns so many bytes at a place without copying them; None where they can only be read."""
        self.leap = leap
        """Goes to a place without reading what lies before it, and returns where it came to; None where all is read."""
        self.held = b""
        self.at = 0
        """Where in what is held the next byte is."""
        self.passed = 0
        """How many bytes came before what is held."""

    def tell(self) -> int:
        """Return how far it has been read."""
        return self.passed + self.at

    def seek(self, place: int) -> None:
        """Go forward. Raises `tarfile.ReadError` where that would be back; the end is seen by reading on."""
        if place < self.tell():
            raise _read_error("a member begins before the one in front of it ends")
        if self.leap is not None and place > self.passed + len(self.held):
            self.passed, self.held, self.at = self.leap(place), b"", 0
            return
        while place > self.passed + len(self.held):
            if not self._next():
                self.at = len(self.held)
                return
        self.at = place - self.passed

    def peek(self, size: int) -> bytes:
        """Return the next bytes without passing them, fewer at the end."""
        end = self.at + size
        if end <= len(self.held):
            return self.held[self.at : end]
        place, data = self.tell(), self.read(size)
        self.held = data + self.held[self.at :]
        self.passed, self.at = place, 0
        return data

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        end = self.at + size
        if end <= len(self.held):
            data = self.held[self.at : end]
            self.at = end
            return data
        parts = [self.held[self.at :]]
        missing = end - len(self.held)
        self.at = len(self.held)
        while missing > 0 and self._next():
            self.at = min(missing, len(self.held))
            parts.append(self.held[: self.at])
            missing -= self.at
        return b"".join(parts)

    def _next(self) -> bool:
        data = self.more()
        if not data:
            return False
        self.passed += len(self.held)
        self.held, self.at = data, 0
        return True


class Content:
    """What is in one member, read once and forward."""

    def __init__(self, source: Passing, begin: int, size: int) -> None:
        self.source = source
        self.begin = begin
        self.size = size
        self.at = begin
        self.left = size

    def view(self) -> memoryview | None:
        """Return all of it without copying; None where it can only be read. Raises OSError for what is cut off."""
        return self.source.view(self.begin, self.size) if self.source.view is not None else None

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that are left. Raises `tarfile.ReadError` where the archive ends before."""
        wanted = self.left if size < 0 else min(size, self.left)
        self.source.seek(self.at)
        data = self.source.read(wanted)
        if len(data) < wanted:
            raise _read_error("unexpected end of data")
        self.at += wanted
        self.left -= wanted
        return data


def _read_error(why: str) -> tarfile.ReadError:
    return tarfile.ReadError(why)


def _sparse() -> tarfile.ReadError:
    return _read_error("it has a sparse file, which nobody who builds one writes")
