"""Bundles: the same bytes everywhere, everything in them, and nothing that cannot be there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.evidence import layout, packing
from maximus.evidence.checking import check_bundle
from maximus.evidence.packing import pack
from maximus.evidence.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from maximus.evidence.packing import pack
from maximus.evidence.tree import read_tree
print(pack(read_tree(Path(sys.argv[1])).files, Path(sys.argv[2])).file.sha256)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of evidence whose names are ordered differently by bytes, by letters and by locale."""
    root = tmp_path / "evidence"
    for name in (
        "b.txt",
        "a/z.json",
        "a.txt",
        "A2.txt",
        "\u00e9.txt",
        "Z.txt",
        "a-b/c.bin",
        "\U0001f600.txt",
        "\uff5e.txt",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"{}" if name.endswith(".json") else name.encode() * 100)
    (root / "empty.txt").write_bytes(b"")
    return root


def test_the_bytes_are_the_same_as_ever(folder: Path, tmp_path: Path) -> None:
    """Not only now: this hash was written down once, and any change of the format changes it."""
    packed = pack(read_tree(folder).files, tmp_path / "one.zip")

    assert packed.file.sha256 == "9392fe2f2c50a9cb64868e810b0aa5fa07d7f8f5a472509b58511471780306f6"
    assert check_bundle(tmp_path / "one.zip").faults == ()


def test_the_files_stand_in_the_order_of_their_bytes_and_the_manifest_among_them(folder: Path, tmp_path: Path) -> None:
    """UTF-8's order, not UTF-16's and no locale's; the manifest lists all but itself."""
    pack(read_tree(folder).files, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("MANIFEST.json"))

    assert names == sorted(names, key=lambda name: name.encode())
    assert [entry["path"] for entry in manifest["entries"]] == [name for name in names if name != "MANIFEST.json"]


def test_every_choice_that_zip_leaves_open_is_taken(folder: Path, tmp_path: Path) -> None:
    """Stored, 1980-01-01, made on Unix, mode 0o100644, no comment, no extra field; read here by another reader."""
    pack(read_tree(folder).files, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert archive.comment == b""
        for item in archive.infolist():
            assert (item.compress_type, item.date_time) == (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
            assert (item.create_system, item.external_attr >> 16) == (3, 0o100644)
            assert (item.extra, item.comment) == (b"", b"")
            expected = b"" if item.filename == "MANIFEST.json" else (folder / item.filename).read_bytes()
            assert archive.read(item) == expected or item.filename == "MANIFEST.json"


def pythons() -> list[str]:
    """Return every Python of this machine that is new enough and runs."""
    names = [sys.executable, "/usr/bin/python3", *(f"python3.{minor}" for minor in range(11, 16))]
    found = []
    for name in names:
        program = shutil.which(name)
        code = "import sys; print(sys.executable if sys.version_info >= (3, 11) else '')"
        told = subprocess.run([program, "-c", code], check=False, capture_output=True, text=True) if program else None
        # The program itself and not what starts it: a shell in between has words of its own about locales.
        if told and told.returncode == 0 and told.stdout.strip():
            found.append(told.stdout.strip())
    return sorted(set(found))


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "1700000000", "TZ": "Asia/Tokyo"},
    ],
    ids=["C", "elsewhere"],
)
def test_the_bytes_are_the_same_in_another_python_locale_folder_and_time(
    folder: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    """Processes of their own, with another order of listing, working folder, times and modes of the files."""
    here = pack(read_tree(folder).files, tmp_path / "one.zip").file.sha256
    other = tmp_path / "other"
    # Made in the opposite order, so that the file system may list it in another one.
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            copy = other / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            copy.chmod(0o600)
            os.utime(copy, (1, 1))
    packages = [str(ROOT / "lib"), *(path for path in sys.path if path.endswith("site-packages"))]
    environment = {
        "PYTHONPATH": os.pathsep.join(packages),
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        **variables,
    }
    for program in pythons():
        told = subprocess.run(
            [program, "-c", PROGRAM, str(other), str(tmp_path / "two.zip")],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
        )  # fmt: skip

        assert (told.returncode, told.stderr, told.stdout.strip()) == (0, "", here), program


def test_what_an_earlier_run_left_is_no_evidence(folder: Path, tmp_path: Path) -> None:
    """The bundle itself, an old manifest and temporary files are left out: packing twice gives the same."""
    first = pack(read_tree(folder).files, tmp_path / "one.zip").file.sha256
    target = folder / "evidence.zip"
    pack(read_tree(folder, (target,)).files, target)
    (folder / "MANIFEST.json").write_text("{}", encoding="utf-8")
    (folder / ".maximus-x.tmp").write_text("x", encoding="utf-8")

    assert pack(read_tree(folder, (target,)).files, target).file.sha256 == first


def _link_inside(root: Path) -> None:
    (root / "link.txt").symlink_to(root / "a.txt")


def _link_outside(root: Path) -> None:
    (root / "link").symlink_to(root.parent)


def _dangling(root: Path) -> None:
    (root / "link").symlink_to("nowhere")


def _pipe(root: Path) -> None:
    os.mkfifo(root / "pipe")


def _case(root: Path) -> None:
    (root / "A.TXT").write_text("x", encoding="utf-8")


def _folder_case(root: Path) -> None:
    (root / "A").mkdir()
    (root / "A" / "other").write_text("x", encoding="utf-8")


def _composed(root: Path) -> None:
    (root / "e\u0301.txt").write_text("x", encoding="utf-8")


def _manifest_case(root: Path) -> None:
    (root / "manifest.JSON").write_text("x", encoding="utf-8")


def _newline(root: Path) -> None:
    (root / "a\nb").write_text("x", encoding="utf-8")


def _backslash(root: Path) -> None:
    (root / "a\\b").write_text("x", encoding="utf-8")


def _direction(root: Path) -> None:
    (root / "a\u202eb").write_text("x", encoding="utf-8")


def _no_utf8(root: Path) -> None:
    Path(os.fsdecode(bytes(root) + b"/\xff")).write_text("x", encoding="utf-8")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_link_inside, "EVID004"), (_link_outside, "EVID004"), (_dangling, "EVID004"), (_pipe, "EVID005"),
        (_case, "EVID003"), (_folder_case, "EVID003"), (_composed, "EVID003"), (_manifest_case, "EVID003"),
        (_newline, "EVID006"), (_backslash, "EVID006"), (_direction, "EVID006"), (_no_utf8, "EVID006"),
    ],
)  # fmt: skip
def test_what_cannot_be_packed_is_named(folder: Path, make: Callable[[Path], None], code: str) -> None:
    """A link, what is no file, a name that is another one elsewhere: one fault each, which leads to 1."""
    make(folder)
    faults = read_tree(folder).faults

    assert [(fault.code, fault.status) for fault in faults] == [(code, ExitStatus.FAILED)]
    assert all(line.isprintable() for fault in faults for line in fault.lines)


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """Nobody mends a folder one name at a time."""
    for make in (_link_inside, _pipe, _case, _newline):
        make(folder)

    assert sorted(fault.code for fault in read_tree(folder).faults) == ["EVID003", "EVID004", "EVID005", "EVID006"]


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """A misspelt root is not an empty one."""
    with pytest.raises(Error) as caught:
        read_tree(tmp_path / "nowhere")
    assert (caught.value.code, caught.value.status) == ("EVID001", ExitStatus.USAGE)


def test_too_many_files_end_the_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build's whole tree is no evidence."""
    monkeypatch.setattr("maximus.evidence.tree.MAX_ENTRIES", 3)
    with pytest.raises(Error) as caught:
        read_tree(folder)
    assert caught.value.code == "EVID002"


@pytest.mark.parametrize(
    "content", [b"longer than it was before", b"x", b"other" * 20], ids=["longer", "shorter", "same"]
)
def test_a_file_that_changes_meanwhile_stops_the_packing(folder: Path, tmp_path: Path, content: bytes) -> None:
    """What was listed is what is packed; the bundle of before stays."""
    target = tmp_path / "one.zip"
    target.write_bytes(b"before")
    files = read_tree(folder).files
    (folder / "a.txt").write_bytes(content * 100 if content == b"longer than it was before" else content)
    with pytest.raises(Error) as caught:
        pack(files, target)

    assert caught.value.code == "EVID007"
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence", "one.zip"]


def test_a_link_put_in_a_files_place_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """Between listing and reading nobody can bring in what lies elsewhere."""
    files = read_tree(folder).files
    (folder / "b.txt").rename(tmp_path / "b.txt")
    (folder / "b.txt").symlink_to(tmp_path / "b.txt")
    with pytest.raises(Error) as caught:
        pack(files, tmp_path / "one.zip")
    assert caught.value.code == "FILE001"


def test_a_disk_that_is_full_is_not_the_files_fault(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the bundle, and nothing half-written stays."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(Error) as caught:
        pack(read_tree(folder).files, tmp_path / "one.zip")

    assert caught.value.code == "FILE003"
    assert "one.zip" in caught.value.what
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]


def test_where_positions_cannot_be_written_to_the_bytes_are_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no pwrite: one thread at a time seeks and writes."""
    first = pack(read_tree(folder).files, tmp_path / "one.zip").file.sha256
    monkeypatch.delattr(os, "pwrite")

    assert pack(read_tree(folder).files, tmp_path / "two.zip").file.sha256 == first


def test_many_files_are_shared_out_and_come_together(tmp_path: Path) -> None:
    """More files than one thread takes at a time, and one of several chunks."""
    root = tmp_path / "many"
    root.mkdir()
    for number in range(packing._BATCH * 2 + 1):
        (root / f"{number:04}").write_bytes(b"%d" % number)
    (root / "large").write_bytes(os.urandom((2 << 20) + 1))
    pack(read_tree(root).files, tmp_path / "one.zip")

    assert check_bundle(tmp_path / "one.zip").faults == ()
    assert check_bundle(tmp_path / "one.zip").inspected == packing._BATCH * 2 + 2


@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 1 << 33])
def test_zip64_is_used_exactly_where_a_number_does_not_fit(size: int) -> None:
    """The rule is fixed: a library's own guess changed between versions."""
    placed = layout.Placed("x", size, 0)
    is_big = size >= 0xFFFFFFFF

    assert (b"\x01\x00\x10\x00" in layout.local_header(placed, 0)) == is_big
    assert len(layout.local_header(placed, 0)) == layout.local_size(b"x", size)
    assert (b"\x01\x00\x10\x00" in layout.central_header(placed, 0)) == is_big
    assert (len(layout.end_of_archive(1, 50, size)) > layout.END.size) == is_big


def test_an_archive_beyond_four_gigabytes_is_read_by_another_reader(tmp_path: Path) -> None:
    """Headers of a sparse file of 4 GiB and one behind it: Python's own reader finds both."""
    big = layout.Placed("big", (1 << 32) + 5, 0)
    small = layout.Placed("small", 1, big.end)
    directory = layout.central_header(big, 0) + layout.central_header(small, 0xD202EF8D)
    with (tmp_path / "big.zip").open("wb") as stream:
        stream.write(layout.local_header(big, 0))
        stream.seek(small.offset)
        stream.write(layout.local_header(small, 0xD202EF8D) + b"\0")
        stream.write(directory + layout.end_of_archive(2, len(directory), small.end))
    with zipfile.ZipFile(tmp_path / "big.zip") as archive:
        assert [(item.filename, item.file_size, item.header_offset) for item in archive.infolist()] == [
            ("big", (1 << 32) + 5, 0), ("small", 1, big.end),
        ]  # fmt: skip
        assert archive.read("small") == b"\0"
