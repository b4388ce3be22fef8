"""A bundle somebody else made: every way in which it can be wrong is named, and nothing is written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error
from maximus.evidence import reading
from maximus.evidence.checking import Checked, check_bundle
from maximus.evidence.packing import pack
from maximus.evidence.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCORECARD: dict[str, Any] = {
    "sprint": "Q2-S7",
    "commit_sha": "a" * 40,
    "started_at": "2026-01-01T00:00:00Z",
    "finished_at": "2026-01-01T00:01:00Z",
    "gates": {f"T{number}": {"status": "pass", "duration_ms": 1} for number in range(9)},
    "hashes": dict.fromkeys(("entries_hash", "root", "batch_sha256", "evidence_zip"), "b" * 64),
    "slo_p95_ms": dict.fromkeys(
        ("normalize", "build_batch", "merkle", "sign", "verify", "append_guard", "pack", "total"), 1.5
    ),
    "gating": {"hard_fail": False, "warn_count": 0},
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a good bundle of three files."""
    root = tmp_path / "evidence"
    root.mkdir()
    for name in ("a.txt", "b.txt", "c.json"):
        (root / name).write_text("{}" if name.endswith("json") else f"content of {name}", encoding="utf-8")
    pack(read_tree(root).files, tmp_path / "one.zip")
    return tmp_path / "one.zip"


def codes(path: Path) -> list[str]:
    """Return the codes of all faults, having seen that the bundle was not touched."""
    before, around = path.read_bytes(), sorted(path.parent.rglob("*"))
    found = check_bundle(path)
    assert path.read_bytes() == before
    assert sorted(path.parent.rglob("*")) == around
    return sorted({fault.code for fault in found.faults})


def zipped(path: Path, files: dict[str, bytes], *, manifest: bytes | None = None, **how: Any) -> Path:  # noqa: ANN401 - of ZipInfo
    """Write an archive by Python's own writer, whose entries look as ours unless `how` says otherwise."""
    entries = [
        {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
    ]
    listed = json.dumps({"entries": entries, "version": 1}, separators=(",", ":")).encode() + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted({"MANIFEST.json": manifest or listed, **files}.items()):
            info = zipfile.ZipInfo(name)
            info.filename, info.external_attr, info.create_system = name, 0o100644 << 16, 3
            for key, value in how.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return path


def test_a_good_bundle_is_whole(bundle: Path) -> None:
    """All files are counted, and the manifest is not one of them."""
    found = check_bundle(bundle)

    assert found == Checked(3, len("content of a.txt") * 2 + 2, found.manifest, 0, ())


def test_another_writers_entries_of_the_same_form_are_good(tmp_path: Path) -> None:
    """The form is ZIP's and no secret of ours: Python's own writer can make it."""
    assert codes(zipped(tmp_path / "x.zip", {"a.txt": b"x"})) == []


def _changed(raw: bytes) -> bytes:
    return raw.replace(b"content of a.txt", b"content of A.txt", 1)


def _changed_with_crc(raw: bytes) -> bytes:
    old, new = (struct.pack("<L", zlib.crc32(text)) for text in (b"content of a.txt", b"content of A.txt"))
    return _changed(raw).replace(old, new)


def _trailing(raw: bytes) -> bytes:
    return raw + b"more"


def _in_front(raw: bytes) -> bytes:
    return b"#!/bin/sh\n" + raw


def _comment(raw: bytes) -> bytes:
    return raw[:-2] + b"\x04\x00more"


def _encrypted(raw: bytes) -> bytes:
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 8] + b"\x01" + raw[place + 9 :]


def _manifest_changed(raw: bytes) -> bytes:
    return raw.replace(b'"size":16', b'"size":17', 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_changed, ["EVID031", "EVID032"]),
        (_changed_with_crc, ["EVID031"]),
        (_trailing, ["EVID013"]),
        (_comment, ["EVID013"]),
        (_encrypted, ["EVID016"]),
        (_manifest_changed, ["EVID030", "EVID032"]),
    ],
)
def test_a_changed_bundle_is_not_whole(bundle: Path, change: Callable[[bytes], bytes], expected: list[str]) -> None:
    """Each change is named by what it is."""
    bundle.write_bytes(change(bundle.read_bytes()))

    assert codes(bundle) == expected


def test_bytes_in_front_move_every_place(bundle: Path) -> None:
    """An archive behind a script is one for lenient readers, and none for us."""
    bundle.write_bytes(_in_front(bundle.read_bytes()))

    try:
        assert "EVID013" in codes(bundle)
    except Error as fault:
        assert fault.code == "EVID010"  # noqa: PT017 - either is a clear answer


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../up.txt", "EVID006"), ("a/../../up.txt", "EVID006"), ("/etc/passwd", "EVID006"), ("C:/x.txt", "EVID006"),
        ("a\\b.txt", "EVID006"), ("a\nb.txt", "EVID006"), ("a//b.txt", "EVID006"), ("./a.txt", "EVID006"),
        ("\u202etxt.exe", "EVID006"), ("folder/", "EVID015"), ("x" * 1025, "EVID006"),
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_named(tmp_path: Path, name: str, code: str) -> None:
    """Nothing is unpacked, and who would unpack it is warned."""
    assert code in codes(zipped(tmp_path / "x.zip", {"a.txt": b"x", name: b"" if name.endswith("/") else b"y"}))


def test_names_that_are_one_elsewhere_are_named(tmp_path: Path) -> None:
    """Case, and the composition of letters."""
    assert codes(zipped(tmp_path / "x.zip", {"A.txt": b"x", "a.txt": b"y"})) == ["EVID003"]


def test_a_name_that_stands_twice_is_named(tmp_path: Path) -> None:
    """Which one a reader takes is its own choice."""
    path = zipped(tmp_path / "x.zip", {"a.txt": b"x", "b.txt": b"y"})
    path.write_bytes(path.read_bytes().replace(b"b.txt", b"a.txt"))

    assert "EVID012" in codes(path)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"date_time": (2026, 1, 1, 0, 0, 0)}, "EVID018"),
        ({"create_system": 0}, "EVID018"),
        ({"external_attr": 0o120777 << 16}, "EVID018"),
        ({"external_attr": 0o100755 << 16}, "EVID018"),
        ({"comment": b"hello"}, "EVID018"),
        ({"extra": b"\x99\x99\x00\x00"}, "EVID018"),
        ({"compress_type": zipfile.ZIP_DEFLATED}, "EVID017"),
    ],
)
def test_an_entry_of_another_form_is_named(tmp_path: Path, how: dict[str, Any], expected: str) -> None:
    """Another date, system, mode, a link, a comment, an extra field, compression."""
    assert expected in codes(zipped(tmp_path / "x.zip", {"a.txt": b"x" * 100}, **how))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A compressed entry is told with what it says to become, and no byte of it is expanded."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"\0" * (50 << 20))
    fault = next(fault for fault in check_bundle(path).faults if fault.code == "EVID017")

    assert "as a bomb does" in fault.why
    assert "52428800" in fault.what


def test_overlapping_entries_are_named(bundle: Path) -> None:
    """Many names over the same bytes are the bomb that needs no compression."""
    raw = bytearray(bundle.read_bytes())
    lines = [at for at in range(len(raw)) if raw.startswith(b"PK\x01\x02", at)]
    raw[lines[2] + 42 : lines[2] + 46] = raw[lines[1] + 42 : lines[1] + 46]
    bundle.write_bytes(raw)

    assert "EVID019" in codes(bundle)


def test_a_size_beyond_the_file_is_named(bundle: Path) -> None:
    """No size is believed before it was held against the file's."""
    raw = bytearray(bundle.read_bytes())
    line = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4)
    raw[line + 20 : line + 28] = struct.pack("<2L", 1 << 31, 1 << 31)
    bundle.write_bytes(raw)

    assert {"EVID019"} <= set(codes(bundle))


def test_a_header_that_disagrees_with_the_directory_is_named(bundle: Path) -> None:
    """One reader would go by the one name, another by the other."""
    raw = bundle.read_bytes()
    first = raw.index(b"PK\x03\x04", 4)
    name = raw.index(b"a.txt", first)
    bundle.write_bytes(raw[:name] + b"d.txt" + raw[name + 5 :])

    assert "EVID020" in codes(bundle)


def test_bytes_between_files_are_named(tmp_path: Path) -> None:
    """Something hidden between two entries belongs to no file."""
    good = io.BytesIO()
    with zipfile.ZipFile(good, "w") as archive:
        for name in ("MANIFEST.json", "a.txt"):
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = 0o100644 << 16, 3
            archive.writestr(info, b"x")
            if name == "MANIFEST.json" and archive.fp:
                archive.fp.write(b"hidden")
                archive.start_dir = archive.fp.tell()
    (tmp_path / "x.zip").write_bytes(good.getvalue())

    assert "EVID021" in codes(tmp_path / "x.zip")


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (b"{", ["DOC003"]),
        (b'{"version":2,"entries":[]}', ["EVID025"]),
        (b'{"version":1,"entries":[{"path":"a.txt"}]}', ["EVID025"]),
        (b'{"entries":[],"version":1}\n', ["EVID029"]),
        (b'{ "entries":[],"version":1}\n', ["EVID028", "EVID029"]),
        (
            b'{"entries":[{"path":"MANIFEST.json","sha256":"' + b"0" * 64 + b'","size":1}],"version":1}\n',
            ["EVID026", "EVID029"],
        ),
    ],
)
def test_a_manifest_that_is_none_or_lacks_a_file_is_named(tmp_path: Path, manifest: bytes, expected: list[str]) -> None:
    """Malformed, of another version, without an entry, in another form, listing itself."""
    assert codes(zipped(tmp_path / "x.zip", {"a.txt": b"x"}, manifest=manifest)) == expected


def test_a_file_of_the_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    """What was taken out is missed, and what is listed twice is told."""
    entry = {"path": "gone.txt", "sha256": "0" * 64, "size": 1}
    listed = json.dumps({"entries": [entry, entry], "version": 1}, separators=(",", ":")).encode() + b"\n"

    assert codes(zipped(tmp_path / "x.zip", {"a.txt": b"x"}, manifest=listed)) == ["EVID023", "EVID027", "EVID029"]


def test_an_archive_without_a_manifest_is_named(tmp_path: Path) -> None:
    """Any ZIP can be given; only one with a manifest is a bundle."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), b"x")

    assert "EVID022" in codes(tmp_path / "x.zip")


@pytest.mark.parametrize("raw", [b"", b"PK", b"no archive at all", b"PK\x05\x06" + b"\0" * 18 + b"x"])
def test_another_kind_of_file_is_refused_or_named(tmp_path: Path, raw: bytes) -> None:
    """No traceback, whatever is given."""
    (tmp_path / "x.zip").write_bytes(raw)
    try:
        assert codes(tmp_path / "x.zip")
    except Error as fault:
        assert fault.code == "EVID010"  # noqa: PT017 - either is a clear answer


@pytest.mark.parametrize(("count", "size"), [(0xFFFE, 10), (3, 0x7FFFFFFF)])
def test_more_than_is_read_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch, count: int, size: int) -> None:
    """A directory that says to hold more than any bundle is not read at all."""
    monkeypatch.setattr(reading, "MAX_ENTRIES", 1000)
    raw = bytearray(bundle.read_bytes())
    raw[-14:-10] = struct.pack("<2H", count, count)
    raw[-10:-6] = struct.pack("<L", size)
    bundle.write_bytes(raw)
    with pytest.raises(Error) as caught:
        check_bundle(bundle)
    assert caught.value.code == "EVID011" if count > 1000 else caught.value.code in ("EVID010", "EVID011")


@pytest.mark.parametrize("cut", [1, 22, 50, 200, 300])
def test_a_bundle_that_was_cut_is_refused(bundle: Path, cut: int) -> None:
    """Half a download is no bundle."""
    bundle.write_bytes(bundle.read_bytes()[:-cut])
    with pytest.raises(Error) as caught:
        check_bundle(bundle)
    assert caught.value.code == "EVID010"


@given(st.data())
def test_no_byte_can_be_changed_unseen_and_none_makes_a_traceback(data: st.DataObject) -> None:
    """Any one byte of a bundle, set to anything else, is a fault or a refusal."""
    import tempfile  # noqa: PLC0415 - a fixture of the function's scope cannot be used by hypothesis
    from pathlib import Path  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "evidence")
        root.mkdir()
        (root / "a.json").write_text("{}", encoding="utf-8")
        path = Path(folder, "one.zip")
        pack(read_tree(root).files, path)
        raw = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] = (raw[place] + data.draw(st.integers(1, 255))) % 256
        path.write_bytes(raw)
        try:
            assert check_bundle(path).faults != ()
        except Error as fault:
            assert fault.code in ("EVID010", "EVID011")  # noqa: PT017 - either is a clear answer


def packed(tmp_path: Path, **files: str) -> Path:
    """Return a bundle of documents."""
    root = tmp_path / "documents"
    root.mkdir()
    for name, text in files.items():
        (root / f"{name}.json").write_text(text, encoding="utf-8")
    pack(read_tree(root).files, tmp_path / "two.zip")
    return tmp_path / "two.zip"


def test_documents_of_known_kinds_hold_to_their_schemas(tmp_path: Path) -> None:
    """Verdicts, a scorecard and a manifest of version 1 are recognised; what is of no kind is not held to one."""
    path = packed(
        tmp_path,
        verdicts='{"kind":"maximus-verdicts","version":1,"verdicts":[]}',
        scorecard=json.dumps(SCORECARD),
        listed='{"version":1,"generated_at":"2026-01-01T00:00:00Z","entries":[]}',
        other='{"kind":"maximus-../../x"}',
        number="3",
    )

    assert (check_bundle(path).documents, check_bundle(path).faults) == (3, ())


@pytest.mark.parametrize(
    "change",
    [
        {"sprint": "Q2-S8"}, {"commit_sha": "main"}, {"extra": 1}, {"gates": {"T0": {"status": "pass"}}},
        {"hashes": {}}, {"gating": {"hard_fail": "no", "warn_count": 0}}, {"started_at": "yesterday"},
    ],
)  # fmt: skip
def test_a_scorecard_that_is_none_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    """Its keys and values are those of version 1, and no others."""
    path = packed(tmp_path, scorecard=json.dumps(SCORECARD | change))

    assert [(fault.code, fault.where) for fault in check_bundle(path).faults] == [("EVID033", "scorecard.json")]


def test_evidence_that_cannot_be_parsed_does_not_count(tmp_path: Path) -> None:
    """Half a JSON file is a fault: 532 of 542 incident reports were like that elsewhere."""
    path = packed(tmp_path, report='{"steps": [')

    assert [(fault.code, fault.where) for fault in check_bundle(path).faults] == [("DOC003", "report.json")]


def test_a_bundle_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A folder in its place, for one."""
    os.mkdir(tmp_path / "x.zip")  # noqa: PTH102 - of no matter here
    with pytest.raises(Error) as caught:
        check_bundle(tmp_path / "x.zip")
    assert caught.value.code == "FILE001"
