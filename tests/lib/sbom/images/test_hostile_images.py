"""Images that somebody made to do harm: each limit by name, each trick an error or a finding, the rest inventoried."""

# ruff: noqa: E501 - a table of headers

from __future__ import annotations

import gzip
import io
import lzma
import os
import sqlite3
import struct
import sys
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard

from maximus.errors import Error
from maximus.sbom.images import binaries, jars, layers, layout, limits, rpm, tars
from maximus.sbom.images.catalogue import catalogue
from tests.lib.sbom.images.making import archive, elf, layer, oci, rpm_database, rpm_header, stored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maximus.sbom.images.catalogue import Catalogue

APK = "P:musl\nV:1.2.5-r0\nA:x86_64\n\n"
HELLO = {1000: "hello", 1001: "2.12", 1002: "1.fc40", 1022: "x86_64"}


def found_in(root: Path, *tars_of: bytes, pack: str = "gzip") -> Catalogue:
    """Return what an image with these layers holds."""
    return catalogue(layout.open_image(oci(root / "i", list(tars_of), pack=pack), ""))


def names_of(found: Catalogue) -> set[str]:
    """Return the names of all packages."""
    return {package.name for _, reading in found.readings for package in reading.packages}


def findings_of(found: Catalogue) -> list[tuple[str, str]]:
    """Return kind and text of every finding."""
    return [(item.kind, item.text) for _, reading in found.readings for item in reading.findings]


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, prefix: bytes = b"") -> bytes:
    """Return a header and what stands behind it, with whatever size it claims."""
    made = tarfile.TarInfo(name)
    made.type = kind
    raw = bytearray(made.tobuf(tarfile.GNU_FORMAT))
    if size < 0:
        raw[124:136] = b"\xff" + (256**11 + size).to_bytes(11, "big")
    else:
        raw[124:136] = f"{size:011o}\0".encode() if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    raw[148:156] = b" " * 8
    raw[148:156] = f"{sum(raw):06o}\0 ".encode()
    return bytes(raw) + prefix + b"\0" * (-len(prefix) % 512)


def pax(attributes: dict[str, str], kind: bytes = tarfile.XHDTYPE) -> bytes:
    """Return a header of attributes."""
    body = b""
    for name, value in attributes.items():
        rest = f" {name}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        body += str(length).encode() + rest
    return member("p", kind, len(body), body)


END = b"\0" * 1024
TRICKS: dict[str, tuple[bytes, str]] = {
    "negative size": (member("a", size=-512) + END, "negative size"),
    "negative size of a long name": (member("a", tarfile.GNUTYPE_LONGNAME, -512) + END, "negative size"),
    "negative size by pax": (pax({"size": "-1024"}) + member("a") + END, "negative size"),
    "long name of one byte too many": (member("a", tarfile.GNUTYPE_LONGNAME, tars.MAX_EXTENDED + 1) + END, "larger than 1 MiB"),
    "long name without an end": (member("a", tarfile.GNUTYPE_LONGNAME, 4 << 30) + END, "larger than 1 MiB"),
    "long link without an end": (member("a", tarfile.GNUTYPE_LONGLINK, 2 << 20) + END, "larger than 1 MiB"),
    "attributes without an end": (member("a", tarfile.XHDTYPE, 2 << 20) + END, "larger than 1 MiB"),
    "headers without an end": ((pax({"comment": "x"})) * 2000 + member("a") + END, "without an end"),
    "names without an end": (member("n", tarfile.GNUTYPE_LONGNAME, 4, b"abc\0") * 2000 + member("a") + END, "without an end"),
    "attributes for all": (
        b"".join(pax({f"k{number}": "v"}, tarfile.XGLTYPE) + member("a") for number in range(tars.MAX_GLOBAL + 1)) + END,
        "more than 100 attributes",
    ),
    "sparse of GNU": (member("a", tarfile.GNUTYPE_SPARSE) + END, "sparse"),
    "sparse 0.0": (pax({"GNU.sparse.size": "99999999999", "GNU.sparse.numblocks": "1"}) + member("a") + END, "sparse"),
    "sparse 0.1": (pax({"GNU.sparse.map": "0,1", "GNU.sparse.size": "9"}) + member("a") + END, "sparse"),
    "sparse 1.0": (
        pax({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}) + member("a", size=1024) + END,
        "sparse",
    ),
    "size that lies": (member("lib/apk/db/installed", size=1 << 40) + APK.encode(), ""),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_a_header_that_lies_ends_the_layer(tmp_path: Path, trick: str) -> None:
    """Nothing is read into memory, gone back to or put together because a header says so; the error names the layer."""
    raw, why = TRICKS[trick]
    with pytest.raises(Error) as caught:
        found_in(tmp_path, raw)
    assert caught.value.code == "SBOM033"
    assert why in caught.value.why


@pytest.mark.parametrize("trick", ["negative size", "negative size by pax", "headers without an end", "sparse of GNU"])
def test_a_header_that_lies_in_the_outer_archive(tmp_path: Path, trick: str) -> None:
    """The archive that holds the layers is somebody else's too."""
    (tmp_path / "i.tar").write_bytes(TRICKS[trick][0])
    with pytest.raises(Error) as caught:
        layout.open_image(tmp_path / "i.tar", "")
    assert caught.value.code == "SBOM030"


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """Devices, pipes, links and folders with the name of a database are not opened; the real one is read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, kind in (
            ("var/lib/dpkg/status", tarfile.CHRTYPE),
            ("var/lib/rpm/rpmdb.sqlite", tarfile.FIFOTYPE),
            ("usr/lib/apk/db/installed", tarfile.BLKTYPE),
            ("app.jar", tarfile.DIRTYPE),
            ("etc/os-release", tarfile.SYMTYPE),
            ("usr/lib/os-release", tarfile.LNKTYPE),
        ):
            item = tarfile.TarInfo(name)
            item.type, item.linkname = kind, "../../../etc/passwd"
            made.addfile(item)
        item = tarfile.TarInfo("lib/apk/db/installed")
        item.size = len(APK)
        made.addfile(item, io.BytesIO(APK.encode()))
    assert names_of(found_in(tmp_path, buffer.getvalue())) == {"unknown/musl"}


def test_of_two_entries_of_one_name_the_later_counts(tmp_path: Path) -> None:
    """Also where the later one is of no interest: what stood there before is gone."""
    name = "bin/app"
    first = layer({name: elf({".dep-v0": zlib.compress(b'{"packages": [{"name": "a", "version": "1.0.0"}]}')})})
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/bin/true"
    for later in (layer({name: "#!/bin/sh\n" + " " * 100}), link.tobuf() + END):
        both = first.rstrip(b"\0") + b"\0" * (-len(first.rstrip(b"\0")) % 512) + later
        assert names_of(found_in(tmp_path / str(len(later)), both)) == set()


def test_a_path_that_no_system_opens_is_a_finding(tmp_path: Path) -> None:
    """A name of a megabyte is not taken apart; the rest is read, and only some such files are named."""
    long = "a/" * (limits.MAX_PATH // 2)
    files = {f"{long}{number}/node_modules/b/package.json": "{}" for number in range(limits.MAX_REFUSED + 5)}
    found = found_in(tmp_path, layer({**files, "lib/apk/db/installed": APK}))
    assert names_of(found) == {"unknown/musl"}
    told = findings_of(found)
    assert len(told) == limits.MAX_REFUSED + 1
    assert "longer than 4096 characters" in told[0][1]
    assert told[-1][1] == "5 more files were not looked at"


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
def test_a_bomb_is_counted_before_it_is_kept(tmp_path: Path, pack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte that holds gigabytes ends as soon as too much came out, never with all of it in memory."""
    most = 0
    count = layers._Budget.bytes

    def watch(self: layers._Budget, size: int, name: str) -> None:
        nonlocal most
        most = max(most, size)
        count(self, size, name)

    monkeypatch.setattr(layers._Budget, "bytes", watch)
    with pytest.raises(Error) as caught:
        found_in(tmp_path, layer({"a": b"\0" * (96 << 20)}), pack=pack)
    assert "times its size" in caught.value.why
    assert most <= 1 << 20


def test_packed_streams_behind_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as a builder makes that packs each file alone, and no more."""
    raw = layer({"lib/apk/db/installed": APK})
    parts = [raw[start : start + 512] for start in range(0, len(raw), 512)]

    def image(root: Path, data: Sequence[bytes]) -> layout.Image:
        path = oci(root, [raw])
        image = layout.open_image(path, "")
        (kept,) = image.layers
        packed = b"".join(gzip.compress(part, mtime=0) for part in data)
        return stored(packed, root / "packed", diff=kept.diff_id)

    assert names_of(catalogue(image(tmp_path / "a", parts))) == {"unknown/musl"}
    monkeypatch.setattr(layers, "MAX_STREAMS", 3)
    with pytest.raises(Error) as caught:
        catalogue(image(tmp_path / "b", parts))
    assert "more than 3 packed streams" in caught.value.why


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
def test_a_packed_layer_that_is_cut_or_garbage(tmp_path: Path, pack: str) -> None:
    """What cannot be unpacked is an error that names the layer."""
    raw = layer({"lib/apk/db/installed": APK, "b": os.urandom(100_000)})
    packed = gzip.compress(raw) if pack == "gzip" else zstandard.ZstdCompressor().compress(raw)
    for data in (packed[:-2000], packed[:40] + b"\xff" * 40 + packed[80:], packed + b"garbage"):
        diff = layout.open_image(oci(tmp_path / str(len(data)) / pack, [raw]), "").layers[0].diff_id
        with pytest.raises(Error) as caught:
            catalogue(stored(data, tmp_path / "packed", diff=diff))
        assert caught.value.code == "SBOM033"


@pytest.mark.parametrize(
    ("limit", "value", "why"),
    [("MAX_LAYERS", 1, "more than 1 layers"), ("MAX_MANIFEST", 20, "larger than"), ("_MAX_INDEXES", 0, "indexes")],
)
def test_limits_of_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, why: str
) -> None:
    """Layers, bytes of a manifest, and indexes in indexes."""
    path = oci(tmp_path / "i", [layer({"a": "b"}), layer({"c": "d"})])
    monkeypatch.setattr(layout, limit, value)
    with pytest.raises(Error) as caught:
        layout.open_image(path, "")
    assert caught.value.code == "SBOM031"
    assert why in caught.value.why


def test_the_members_of_the_outer_archive_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of millions of empty members is no image."""
    path = archive(tmp_path / "i.tar", [layer({"a": "b"})])
    monkeypatch.setattr(layout, "_MAX_OUTER", 1)
    with pytest.raises(Error) as caught:
        layout.open_image(path, "")
    assert (caught.value.code, "more than 1 members" in caught.value.why) == ("SBOM031", True)


def test_links_of_the_outer_archive_lead_nowhere_else(tmp_path: Path) -> None:
    """A link to a file of this machine is none in the archive; one to itself ends."""
    for target in ("/etc/passwd", "../../../../etc/passwd", "manifest.json"):
        path = tmp_path / f"{len(target)}.tar"
        with tarfile.open(path, "w") as made:
            item = tarfile.TarInfo("manifest.json")
            item.type, item.linkname = tarfile.SYMTYPE, target
            made.addfile(item)
        with pytest.raises(Error) as caught:
            layout.open_image(path, "")
        assert caught.value.code == "SBOM030"


def test_a_blob_that_is_a_link_out_of_the_layout(tmp_path: Path) -> None:
    """Nothing outside of the folder is an image's."""
    root = oci(tmp_path / "i", [layer({"lib/apk/db/installed": APK})])
    (tmp_path / "index.json").write_bytes((root / "index.json").read_bytes())
    (root / "index.json").unlink()
    (root / "index.json").symlink_to(tmp_path / "index.json")
    with pytest.raises(Error) as caught:
        layout.open_image(root, "")
    assert caught.value.code == "SBOM031"


def test_a_root_file_system_with_links_and_pipes(tmp_path: Path) -> None:
    """Links are followed nowhere, pipes and sockets are not waited for, the rest is read."""
    root = tmp_path / "root"
    (root / "lib/apk/db").mkdir(parents=True)
    (root / "lib/apk/db/installed").write_text(APK, encoding="utf-8")
    outside = tmp_path / "outside"
    (outside / "dpkg").mkdir(parents=True)
    (outside / "dpkg/status").write_text("Package: a\nStatus: install ok installed\nVersion: 1\n", encoding="utf-8")
    (root / "var").mkdir()
    (root / "var/lib").symlink_to(outside)
    (root / "etc").mkdir()
    (root / "etc/os-release").symlink_to("/etc/os-release")
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "app.jar")
    assert names_of(catalogue(layout.open_image(root, ""))) == {"unknown/musl"}


def jar(members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of Java."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as made:
        for name, raw in members.items():
            made.writestr(name, raw)
    return buffer.getvalue()


def pom(name: str) -> dict[str, bytes]:
    """Return what names a module in its archive."""
    text = f"groupId=com.acme\nartifactId={name}\nversion=1\n"
    return {f"META-INF/maven/com.acme/{name}/pom.properties": text.encode()}


def test_archives_inside_archives_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """By depth, by members, by how well they are packed, and by all that is read out of them together."""
    made = jar(pom("a0"))
    for depth in range(1, limits.MAX_JAR_DEPTH + 3):
        made = jar({**pom(f"a{depth}"), "inner.jar": made})
    reading = jars.read_jar(made, "x.jar", "")
    assert len(reading.packages) == limits.MAX_JAR_DEPTH + 1
    assert [item.kind for item in reading.findings] == ["limit"]
    bomb = jar({**pom("a"), "inner.jar": b"\0" * (1 << 20)})
    assert "too well packed" in jars.read_jar(bomb, "x.jar", "").findings[0].text
    many = jar({**pom("a"), **{f"{number}.jar": jar(pom(f"b{number}")) for number in range(20)}})
    assert len(jars.read_jar(many, "x.jar", "").packages) == 21
    monkeypatch.setattr(jars, "MAX_INFLATED", 1000)
    reading = jars.read_jar(many, "x.jar", "")
    assert len(reading.packages) < 21
    assert "the rest was not read" in reading.findings[-1].text
    monkeypatch.setattr(jars, "MAX_MEMBERS", 3)
    assert "more than 3 members" in jars.read_jar(many, "x.jar", "").findings[0].text


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_packed_otherwise_is_not_unpacked(packing: int) -> None:
    """Java reads none, and a broken one raised what nobody expected."""
    made = bytearray(jar({**pom("a")}, packing))
    assert jars.read_jar(bytes(made), "x.jar", "").packages == ()
    place = made.find(b"pom.properties") + len(b"pom.properties")
    made[place : place + 8] = b"\xff" * 8
    with pytest.raises((lzma.LZMAError, struct.error, OSError, EOFError, zipfile.BadZipFile)):
        # What the standard library does with it: the reason for leaving it alone.
        zipfile.ZipFile(io.BytesIO(made)).read(next(iter(pom("a"))))
    assert jars.read_jar(bytes(made), "x.jar", "").packages == ()


def test_one_name_twice_in_an_archive() -> None:
    """The module is told once."""
    buffer = io.BytesIO()
    ((name, raw),) = pom("a").items()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(name, raw)
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr(name, raw)
    assert len(jars.read_jar(buffer.getvalue(), "x.jar", "").packages) == 1


VIEW = "CREATE VIEW Packages AS SELECT 1 AS hnum, randomblob(100000000) AS blob"
VIRTUAL = "CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)"


@pytest.mark.parametrize("table", [VIEW, VIRTUAL])
def test_a_database_that_brings_its_own_code(tmp_path: Path, table: str) -> None:
    """A view and a virtual table run what their maker wrote: they are no table of packages."""
    try:
        raw = rpm_database(tmp_path / "db", [], table=table)
    except sqlite3.OperationalError:
        pytest.skip("unmeasured: this SQLite has no such module")
    with pytest.raises(Error) as caught:
        rpm.read_rpm(raw, "rpmdb.sqlite")
    assert (caught.value.code, caught.value.why) == ("SBOM034", "it has no table of packages")


def test_a_trigger_is_never_run(tmp_path: Path) -> None:
    """It stands in the database, and nothing is written that could set it off."""
    path = tmp_path / "db"
    rpm_database(path, [rpm_header(HELLO)])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("CREATE TRIGGER t AFTER INSERT ON Packages BEGIN DELETE FROM Packages; END")
    connection.commit()
    connection.close()
    assert [item.name for item in rpm.read_rpm(path.read_bytes(), "db").packages] == ["hello"]


def test_a_query_without_an_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite is asked to stop after so many of its instructions."""
    raw = rpm_database(tmp_path / "db", [rpm_header(HELLO)] * 2_000)
    monkeypatch.setattr(rpm, "_STEP", 1_000)
    monkeypatch.setattr(rpm, "_MAX_STEPS", 2)
    with pytest.raises(Error) as caught:
        rpm.read_rpm(raw, "db")
    assert caught.value.why == "interrupted"


@pytest.mark.parametrize("value", [1 << 40, 5, "text", None, 1.5])
def test_a_header_that_is_no_blob(tmp_path: Path, value: object) -> None:
    """A number is not as many zeros: it costs its package."""
    path = tmp_path / "db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(value,), (rpm_header(HELLO),)])
    connection.commit()
    connection.close()
    found = rpm.read_rpm(path.read_bytes(), "db")
    assert [item.name for item in found.packages] == ["hello"]
    assert len(found.findings) == 1


def test_rows_are_counted_whether_or_not_they_are_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of broken rows are not millions of findings."""
    raw = rpm_database(tmp_path / "db", [b""] * 5)
    monkeypatch.setattr(rpm, "_MAX_PACKAGES", 4)
    with pytest.raises(Error) as caught:
        rpm.read_rpm(raw, "db")
    assert "more than 4 packages" in caught.value.why


def test_tags_of_a_header_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that claims more tags than there can be costs its package."""
    monkeypatch.setattr(rpm, "_MAX_TAGS", 2)
    found = rpm.read_rpm(rpm_database(tmp_path / "db", [rpm_header(HELLO)]), "db")
    assert (found.packages, len(found.findings)) == ((), 1)


def test_an_executable_of_half_a_gigabyte_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not looked into, and the rest is read."""
    monkeypatch.setattr(sys.modules["maximus.sbom.images.catalogue"], "MAX_EXECUTABLE", 100)
    found = found_in(tmp_path, layer({"bin/a": b"\x7fELF" + b"\0" * 200, "lib/apk/db/installed": APK}))
    assert names_of(found) == {"unknown/musl"}
    assert [kind for kind, _ in findings_of(found)] == ["limit"]


def test_a_section_of_an_executable_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """MAX_SECTION: stored, and inflated."""
    raw = elf({".dep-v0": zlib.compress(b'{"packages": [' + b" " * 10_000 + b"]}")})
    monkeypatch.setattr(binaries, "MAX_SECTION", 1000)
    with pytest.raises(Error) as caught:
        binaries.read_executable(raw, "a")
    assert "inflates to more than" in caught.value.why
    monkeypatch.setattr(binaries, "MAX_SECTION", 10)
    assert binaries.read_executable(raw, "a") is None


def test_sections_of_an_executable_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that claims 65,535 of them costs as many as there may be."""
    raw = elf({".dep-v0": zlib.compress(b'{"packages": []}')})
    assert binaries.read_executable(raw, "a") is not None
    monkeypatch.setattr(binaries, "_MAX_SECTIONS", 1)
    assert binaries.read_executable(raw, "a") is None


def test_a_schema_that_is_no_text(tmp_path: Path) -> None:
    """SQLite quotes it, and Python cannot decode the quotation: a fault, and no traceback."""
    raw = rpm_database(tmp_path / "db", [rpm_header(HELLO)])
    place = raw.find(b"CREATE TABLE Packages")
    assert place > 0
    broken = raw[:place] + b"CREATE \xc0\xff" + raw[place + 9 :]
    with pytest.raises(Error) as caught:
        rpm.read_rpm(broken, "db")
    assert caught.value.code == "SBOM034"
