"""Everything that is read out of an image against damaged copies: an Error by name, or something sound."""

# ruff: noqa: E501 - files as they are written

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from maximus.sbom import inventory
from maximus.sbom.images import binaries, jars, layout, rpm, system
from maximus.sbom.images.catalogue import catalogue, subject_of
from tests.lib.sbom.images.making import Held, config_of, elf, layer, oci, rpm_database, rpm_header
from tests.lib.sbom.images.test_hostile_images import APK, HELLO, TRICKS, jar, pom
from tests.lib.sbom.test_fuzz import hold, sound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from maximus.sbom.images.system import Database

DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.41-12)
Version: 2.41-12+b1
Depends: libgcc-s1 | libgcc1, libcrypt1 (>= 1:4.4.10)
Provides: libc-bin
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.example>

Package: libgcc-s1
Status: install ok installed
Architecture: amd64
Version: 14.2.0-19
"""
COPYRIGHT = (
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ and MIT\n"
)
FULL_APK = (
    "C:Q1abc=\nP:busybox\nV:1.36.1-r29\nA:x86_64\nL:GPL-2.0-only\no:busybox\nm:Ada <ada@mail.example>\nD:musl so:libc !x\np:cmd:sh=1\n\n"
    + APK
)
RELEASE = 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
MODULES = "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\tgolang.org/x/sys\tv0.21.0\th1:abc=\ndep\ta.example/b\tv1.0.0\n=>\t./b\nbuild\tvcs.revision=0123456789abcdef0123456789abcdef01234567\n"
CRATES = {"packages": [
    {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [1], "root": True},
    {"name": "serde", "version": "1.0.203", "source": "registry", "kind": "build"},
]}  # fmt: skip


def go_section(text: str) -> bytes:
    """Return Go's build information as a linker writes it."""

    def with_length(raw: bytes) -> bytes:
        length, made = len(raw), b""
        while length > 127:
            made += bytes((length & 0x7F | 0x80,))
            length >>= 7
        return made + bytes((length,)) + raw

    mark = b"0" * 16
    return (
        b"\xff Go buildinf:\x08\x02" + b"\0" * 16 + with_length(b"go1.22.5") + with_length(mark + text.encode() + mark)
    )


def database(read: Callable[[bytes, str], Database]) -> Callable[[bytes], Any]:
    """Return what reads a database and makes documents of it."""
    release = system.read_release(RELEASE.encode())
    return lambda raw: sound([("db", read(raw, "db").reading("db", release, lambda _: ""))])


def reading(read: Callable[[bytes, str], Any]) -> Callable[[bytes], None]:
    """Return what reads a file and makes documents of it, where it says anything."""

    def both(raw: bytes) -> None:
        found = read(raw, "usr/bin/app")
        if found is not None:
            sound([("usr/bin/app", found)])

    return both


FILES: dict[str, tuple[list[bytes], Callable[[bytes], Any]]] = {
    "dpkg": ([DPKG.encode()], database(system.read_dpkg)),
    "apk": ([FULL_APK.encode()], database(system.read_apk)),
    "copyright": ([COPYRIGHT.encode()], system.claims_of_copyright),
    "os-release": ([RELEASE.encode()], system.read_release),
    "go": (
        [elf({".go.buildinfo": go_section(MODULES)}), elf({".go.buildinfo": go_section(MODULES)}, is_64=False, order=">"),
         b"MZ" + b"\0" * 62 + go_section(MODULES), b"\xcf\xfa\xed\xfe" + b"\0" * 60 + go_section(MODULES)],
        reading(binaries.read_executable),
    ),
    "go text": ([go_section(MODULES)], reading(lambda raw, path: binaries.read_executable(elf({".go.buildinfo": raw}), path))),
    "crates": ([elf({".dep-v0": zlib.compress(json.dumps(CRATES).encode())})], reading(binaries.read_executable)),
    "crates text": (
        [json.dumps(CRATES).encode()],
        reading(lambda raw, path: binaries.read_executable(elf({".dep-v0": zlib.compress(raw)}), path)),
    ),
    "jar": (
        [jar({**pom("a"), "inner.jar": jar(pom("b"))}), jar({"META-INF/MANIFEST.MF": b"Bundle-SymbolicName: a.b\nBundle-Version: 1\nImplementation-Vendor-Id: c\n"})],
        reading(lambda raw, path: jars.read_jar(raw, path + ".jar", "SHA-256:" + "a" * 64)),
    ),
    "pom.properties": (
        list(pom("a").values()),
        reading(lambda raw, path: jars.read_jar(jar({next(iter(pom("a"))): raw}), path, "")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_an_image(name: str) -> None:
    """Databases, executables and archives."""
    seeds, read = FILES[name]
    hold(name, seeds, read)


def test_an_rpm_database(tmp_path: Path) -> None:
    """The file that SQLite reads."""
    more: dict[int, str | int | Sequence[str]] = {
        **HELLO,
        1003: 1,
        1014: "GPL-3.0-or-later",
        1047: ["a", "b"],
        1049: ["c", "rpmlib(x)"],
    }
    hold("rpm", [rpm_database(tmp_path / "db", [rpm_header(more)])], database(rpm.read_rpm))


def test_a_header_of_rpm(tmp_path: Path) -> None:
    """What stands in a row; the database around it is sound."""
    header = rpm_header({**HELLO, 1003: 1, 1014: "GPL-3.0-or-later", 1047: ["a", "b"], 1049: ["c", "rpmlib(x)"]})
    whole = rpm_database(tmp_path / "db", [header])
    place = whole.find(header)
    assert place > 0

    def read(raw: bytes) -> None:
        cut = raw[: len(header)].ljust(len(header), b"\0")
        database(rpm.read_rpm)(whole[:place] + cut + whole[place + len(header) :])

    hold("rpm header", [header], read)


LAYER = layer(
    {"lib/apk/db/installed": APK, "etc/os-release": RELEASE, "a/.wh.b": "", "a/" + "c" * 200: "long"}, links={"x": "y"}
)
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda raw: raw,
    "gzip": lambda raw: gzip.compress(raw, mtime=0),
    "zstd": lambda raw: zstandard.ZstdCompressor().compress(raw),
}


@pytest.mark.parametrize("pack", PACKED)
def test_a_layer(pack: str, tmp_path: Path) -> None:
    """Headers, whiteouts, long names and the packing around them, with every trick that is known as a seed."""
    packed = PACKED[pack]
    seeds = [packed(LAYER), *(packed(raw[:20_000]) for raw, _ in TRICKS.values())]

    def read(raw: bytes) -> None:
        kept = layout.Layer("", "", len(raw), lambda: Held(raw))
        image = layout.Image("", "", "", "", (kept,))
        inventory.build(subject_of(image, tmp_path, "", ""), catalogue(image).readings)

    hold(f"layer {pack}", seeds, read)


@pytest.mark.parametrize("name", ["index", "manifest", "configuration"])
def test_the_metadata_of_an_image(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads to the layers; digests are taken as right, so that what stands in them is looked at."""
    root = oci(tmp_path / "i", [LAYER])
    blobs = {path: path.read_bytes() for path in (root / "blobs/sha256").iterdir()}
    files = {
        "index": root / "index.json",
        "manifest": next(path for path, raw in blobs.items() if b'"schemaVersion"' in raw[:40]),
        "configuration": next(path for path, raw in blobs.items() if raw == config_of([LAYER])),
    }
    target = files[name]
    documents = {path.as_posix(): path.read_bytes() for path in (*files.values(), root / "oci-layout")}
    store = layout._Store  # what it opens is all that differs

    class Believing(store):  # type: ignore[valid-type, misc]  # a class as a value
        def blob(self, digest: str) -> tuple[dict[str, Any], bytes]:
            return self.document(layout._blob_name(digest, self.where))  # type: ignore[no-any-return]

    monkeypatch.setattr(layout, "_Store", Believing)

    def read(raw: bytes) -> None:
        documents[target.as_posix()] = raw
        believing = Believing(
            lambda name: Held(documents[full]) if (full := (root / name).as_posix()) in documents else None, "i"
        )
        believing.oci("linux/amd64")

    hold(f"image {name}", [target.read_bytes()], read)
