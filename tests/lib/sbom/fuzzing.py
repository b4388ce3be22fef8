"""Damage done to real files, the same in every run, and a guard that sees what a reader must never do.

Ordinary runs take a hundred mutants of each kind of file; `MAXIMUS_FUZZ=10000` takes as many as the nightly run does.
"""

# ruff: noqa: E501 - a table of what is put in

from __future__ import annotations

import os
import random
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["COUNT", "guarded", "mutants"]

COUNT: Final = int(os.environ.get("MAXIMUS_FUZZ", "100"))
"""How many mutants of each kind of file are tried."""

_FRAGMENTS = (
    b"", b"\n", b"\r\n", b"\0", b"\t", b"\xff", b"\xc3", b"\xed\xa0\x80", "\u202e".encode(), "\u2028".encode(), "é".encode(),
    b'"', b"'", b"\\", b"[", b"]", b"{", b"}", b"(", b")", b"<", b">", b":", b"::", b"=", b"==", b",", b"@", b"/", b"..",
    b"#", b"&a ", b"*a", b"!!python/object:os.system ", b"- ", b"null", b"true", b"-1", b"1e999", b"NaN", b"0x", b"\\ud800",
    b"2020-99-99", b"9" * 30, b"9" * 5_000, b"a" * 9_000, b"[" * 300, b"{" * 300, b'{"a":' * 300, b"a." * 400, b"../" * 20,
    b"C:\\x", b"npm:", b"workspace:../..", b"file:///etc/passwd", b"link:..", b"git+ssh://", b"https://u:p@h/x?token=1#f",
    b"-r ", b"-c ", b"=>", b"h1:", b"${A}", b"sha256:", b"sha512-", b"[[package]]\n", b"</a>", b"<!DOCTYPE a>", b"::error::x",
)  # fmt: skip
_TOKEN = re.compile(rb"[A-Za-z0-9_.@/+-]+")


def mutants(name: str, seeds: Sequence[bytes], count: int = COUNT) -> Iterator[bytes]:
    """Yield the seeds themselves, then damaged copies of them; of one name always the same ones."""
    yield from seeds
    for number in range(count):
        chance = random.Random(f"{name} {number}")  # noqa: S311 - the same damage in every run is the point
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            raw = _damaged(raw, chance, seeds)
        yield bytes(raw)


def _damaged(raw: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> bytearray:
    """Return the bytes with one thing wrong with them."""
    start = chance.randint(0, len(raw))
    end = min(len(raw), start + chance.choice((0, 1, 1, 4, 20, 200)))
    kind = chance.randrange(9)
    if kind == 0 and raw:
        at = chance.randrange(len(raw))
        raw[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        raw[start:end] = chance.choice(_FRAGMENTS)
    elif kind == 2:
        del raw[start:end]
    elif kind == 3:
        raw[start:start] = raw[start:end] * chance.choice((1, 2, 50))
    elif kind == 4:
        del raw[start:]
    elif kind == 5:
        other = chance.choice(seeds)
        at = chance.randint(0, len(other))
        raw[start:end] = other[at : at + chance.choice((1, 20, 400))]
    elif kind == 6:
        raw[start:end] = chance.randbytes(chance.choice((1, 2, 8)))
    else:
        raw = _with_other_token(raw, chance)
    return raw if len(raw) < 1 << 20 else raw[: 1 << 20]


def _with_other_token(raw: bytearray, chance: random.Random) -> bytearray:
    """Return the bytes with one word of theirs in another word's place, so that the syntax holds."""
    found = list(_TOKEN.finditer(raw))
    if not found:
        return raw
    here, there = chance.choice(found), chance.choice(found)
    new = there[0] if chance.random() < 0.5 else chance.choice(_FRAGMENTS)
    return raw[: here.start()] + new + raw[here.end() :]


_FORBIDDEN = frozenset({"socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.remove",
                        "os.rename", "os.mkdir", "os.link", "os.symlink", "os.truncate"})  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_seen: list[str] | None = None
_hooked: list[bool] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Remember what a reader of other people's files has no business to do."""
    if _seen is None:
        return
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        name = str(arguments[0])
        if not name.endswith(".pyc") and "__pycache__" not in name:
            _seen.append(f"wrote {name}")
    elif event in _FORBIDDEN and "__pycache__" not in str(arguments):
        _seen.append(f"{event} {arguments!r:.200}")


@contextmanager
def guarded() -> Iterator[None]:
    """Fail where anything in it writes a file, opens a connection or starts a program."""
    global _seen  # noqa: PLW0603 - a hook of the interpreter stays for good, so that it has to be switched
    if not _hooked:
        sys.addaudithook(_watch)
        _hooked.append(True)
    found: list[str] = []
    _seen = found
    try:
        yield
    finally:
        _seen = None
    assert found == [], found
