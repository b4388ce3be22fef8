"""Headers of tar archives that somebody else wrote, held to what an image's layer or a package can need.

`tarfile` believes a header: it reads a name of gigabytes into memory, goes back in the archive where a size is
negative, and puts together a sparse file piece by piece. None of that is in an image or a
crate as builders make them.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_EXTENDED", "MAX_GLOBAL", "Content", "Member", "Passing"]

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


class Passing:
    """What `tarfile` reads an archive from that passes by once.

    Its own stream moves all it holds with every header that it reads: of an archive of 3 GB that was half the time.
    """

    def __init__(self, more: Callable[[], bytes]) -> None:
        self.more = more
        """Returns the next bytes, as many as there happen to be; none at the end."""
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
        while place > self.passed + len(self.held):
            if not self._next():
                self.at = len(self.held)
                return
        self.at = place - self.passed

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

    def __init__(self, source: Passing, size: int) -> None:
        self.source = source
        self.left = size

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that are left. Raises `tarfile.ReadError` where the archive ends before."""
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.source.read(wanted)
        if len(data) < wanted:
            raise _read_error("unexpected end of data")
        self.left -= wanted
        return data


def _read_error(why: str) -> tarfile.ReadError:
    return tarfile.ReadError(why)


def _sparse() -> tarfile.ReadError:
    return _read_error("it has a sparse file, which nobody who builds one writes")
