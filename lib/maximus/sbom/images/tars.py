"""Headers of tar archives that somebody else wrote, held to what an image's layer can need.

`tarfile` believes a header: it reads a name of gigabytes into memory, goes back in the archive where a size is
negative, and puts together a sparse file piece by piece. None of that is in an image that a builder made.
"""

from __future__ import annotations

import tarfile
from typing import Any, Final, Self

__all__ = ["MAX_EXTENDED", "MAX_GLOBAL", "Member"]

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


def _read_error(why: str) -> tarfile.ReadError:
    return tarfile.ReadError(why)


def _sparse() -> tarfile.ReadError:
    return _read_error("it has a sparse file, and no builder of images writes one")
