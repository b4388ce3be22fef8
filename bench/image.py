"""A large image, the same every time: a system, installed packages, programs, data, and layers that take away.

Nothing of it is anybody's: names, contents and versions are counted up. The programs are those of
`tests/stack/`, so that what is read out of them is what Go really writes.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["PACKAGES", "write_image"]

DEB, PYTHON, NODE, GONE = 1_200, 250, 925, 25
FILES: Final = 110_000
PACKAGES: Final = {"deb": DEB, "pypi": PYTHON, "npm": NODE - GONE}
"""How many of each are in the image, after what its layers take away."""
_WORDS = ("amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron")

_RELEASE = b'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n'


def write_image(path: Path, scratch: Path, programs: Sequence[Path], size: int) -> int:
    """Write an archive as `docker save` does, of about `size` bytes; return how many entries its layers have.

    `scratch` is where the layers lie in between. `programs` are what is put into its `usr/local/bin`.
    """
    layers = [scratch / f"{number}.tar" for number in range(5)]
    makers: tuple[Callable[[_Layer], None], ...] = (
        _system,
        _python,
        _node,
        lambda layer: _programs(layer, programs),
        _taken_away,
    )
    entries = 0
    for file, make in zip(layers, makers, strict=True):
        with tarfile.open(file, "w") as opened:
            layer = _Layer(opened)
            make(layer)
            if make is _taken_away:
                layer.zeros("var/data/blob.bin", max(0, size - sum(made.stat().st_size for made in layers)))
            entries += layer.entries
    digests = [_sha256(file) for file in layers]
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "config": {}, "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
    }).encode()  # fmt: skip
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": ["large:1.0"], "Layers": [f"{digest}/layer.tar" for digest in digests]}]
    with tarfile.open(path, "w") as opened:
        outer = _Layer(opened)
        for file, digest in zip(layers, digests, strict=True):
            outer.file(f"{digest}/layer.tar", file)
            file.unlink()
        outer.text(name, config)
        outer.text("manifest.json", json.dumps(manifest).encode())
    return entries


class _Layer:
    """A tar archive that is being written, with the same owner and time for every entry."""

    def __init__(self, opened: tarfile.TarFile) -> None:
        self.opened = opened
        self.entries = 0

    def text(self, name: str, raw: bytes = b"") -> None:
        self._add(name, len(raw), io.BytesIO(raw))

    def file(self, name: str, path: Path) -> None:
        with path.open("rb") as stream:
            self._add(name, path.stat().st_size, stream, 0o755)

    def zeros(self, name: str, size: int) -> None:
        self._add(name, size, _Zeros())

    def _add(self, name: str, size: int, stream: object, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, mode, 1_767_322_845
        self.opened.addfile(entry, stream)  # type: ignore[arg-type]  # it needs `read` alone
        # tarfile keeps every entry otherwise.
        self.opened.members.clear()  # type: ignore[attr-defined]  # not in its stubs
        self.entries += 1


class _Zeros:
    """A stream of zeros."""

    def read(self, count: int) -> bytes:
        return bytes(count)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _name(number: int) -> str:
    return f"{_WORDS[number % 8]}-{_WORDS[number // 8 % 8]}-{number}"


def _filler(layer: _Layer, folder: str, count: int) -> None:
    for number in range(count):
        layer.text(f"{folder}/{number % 97}/file-{number}.dat", b"%d\n" % number * (number % 50))


def _stanzas(upgraded: int) -> Iterator[bytes]:
    """Yield what dpkg knows of each package; every `upgraded`-th in a newer version."""
    for number in range(DEB):
        version = f"1.{number % 30}-{2 if upgraded and number % upgraded == 0 else 1}"
        text = f"Package: {_name(number)}\nStatus: install ok installed\nPriority: optional\nSection: libs\n"
        text += f"Installed-Size: {number}\nMaintainer: Somebody <somebody@example.org>\nArchitecture: amd64\n"
        text += f"Version: {version}\n"
        if number:
            text += f"Depends: {_name(number // 2)} (>= 1.0)\n"
        yield f"{text}Description: package number {number}\n".encode()


def _system(layer: _Layer) -> None:
    layer.text("etc/os-release", _RELEASE)
    layer.text("var/lib/dpkg/status", b"\n".join(_stanzas(0)))
    for number in range(DEB):
        licence = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        licence += b"Files: *\nCopyright: 2026 Somebody\nLicense: Expat\n"
        layer.text(f"usr/share/doc/{_name(number)}/copyright", licence)
        layer.text(f"var/lib/dpkg/info/{_name(number)}.list", b"/.\n/usr\n")
    _filler(layer, "usr/share/data", FILES * 4 // 10)


def _python(layer: _Layer) -> None:
    place = "usr/lib/python3.13/site-packages"
    for number in range(PYTHON):
        name = _name(number).replace("-", "_")
        home = f"{place}/{name}-2.{number}.0.dist-info"
        text = (
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 2.{number}.0\nLicense-Expression: MIT\nAuthor: Somebody\n"
        )
        layer.text(f"{home}/METADATA", text.encode())
        layer.text(f"{home}/RECORD", f"{name}/__init__.py,,\n{home.rpartition('/')[2]}/METADATA,,\n".encode())
        layer.text(f"{home}/INSTALLER", b"pip\n")
        layer.text(f"{place}/{name}/__init__.py")
    _filler(layer, f"{place}/data", FILES * 2 // 10)


def _node(layer: _Layer) -> None:
    for number in range(NODE):
        about = {"name": _name(number), "version": f"3.{number}.0", "license": "ISC", "author": "Somebody"}
        layer.text(f"app/node_modules/{_name(number)}/package.json", json.dumps(about).encode())
        for file in range(FILES * 3 // 10 // NODE):
            layer.text(f"app/node_modules/{_name(number)}/lib/{file}.js", b"module.exports = 1;\n" * 20)


def _programs(layer: _Layer, programs: Sequence[Path]) -> None:
    for program in programs:
        layer.file(f"usr/local/bin/{program.name}", program)


def _taken_away(layer: _Layer) -> None:
    """Take packages away, one by one and a whole folder at once, and put a newer database in place of the first."""
    for number in range(GONE):
        layer.text(f"app/node_modules/.wh.{_name(number)}")
    layer.text("usr/share/data/.wh..wh..opq")
    layer.text("var/lib/dpkg/status", b"\n".join(_stanzas(10)))
    _filler(layer, "srv", FILES // 10)
