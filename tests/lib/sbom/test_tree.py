"""What a walk finds and what it leaves out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.sbom import scan
from maximus.sbom import tree as trees
from maximus.sbom.limits import MAX_LOCK
from tests.lib.sbom.samples import NPM_3, make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("folder", ["testdata", "fixtures", "vendor", "a/test-data", "third_party/x"])
def test_copies_are_left_out_and_named(tmp_path: Path, folder: str) -> None:
    """A lock in a folder of test data or of vendored code is no part of what is released; it is listed."""
    found = scan.scan(make(tmp_path, {f"{folder}/package-lock.json": NPM_3})).tree
    assert found.locks == ()
    assert [item.path for item in found.skipped] == [f"{folder}/package-lock.json"]


@pytest.mark.parametrize("folder", ["node_modules", ".venv", "web/node_modules", ".tox"])
def test_installed_trees_are_not_entered(tmp_path: Path, folder: str) -> None:
    """A folder of installed packages is named once and its thousands of files are not."""
    found = scan.scan(make(tmp_path, {f"{folder}/a/package-lock.json": NPM_3})).tree
    assert [item.path for item in found.skipped] == [folder]


def test_a_virtual_environment_of_any_name_is_left_out(tmp_path: Path) -> None:
    """What makes it one is the file in it, not its name."""
    found = scan.scan(make(tmp_path, {"env39/pyvenv.cfg": "", "env39/requirements.txt": "a==1\n"})).tree
    assert [(item.path, item.reason) for item in found.skipped] == [("env39", "a virtual environment")]


def test_the_release_folder_is_never_looked_into(tmp_path: Path) -> None:
    """What we wrote ourselves is not inventoried, wherever the folder lies in the tree."""
    make(tmp_path, {"out/release/package-lock.json": NPM_3, "package-lock.json": NPM_3})
    found = scan.scan(tmp_path, leave_out=[tmp_path / "out" / "release"]).tree
    assert found.locks == ("package-lock.json",)


def test_no_link_leads_out(tmp_path: Path) -> None:
    """A link to a lock outside the tree is listed and not read; one inside is read."""
    outside = make(tmp_path / "outside", {"package-lock.json": NPM_3})
    tree = make(tmp_path / "tree", {"locks/npm.json": NPM_3})
    (tree / "package-lock.json").symlink_to(outside / "package-lock.json")
    (tree / "a").mkdir()
    (tree / "a" / "package-lock.json").symlink_to(tree / "locks" / "npm.json")
    (tree / "b").symlink_to(outside)
    found = scan.scan(tree).tree
    assert found.locks == ("a/package-lock.json",)
    assert [item.path for item in found.skipped] == ["package-lock.json"]


def test_a_ring_of_links_ends(tmp_path: Path) -> None:
    """Folders that are links are not entered, so that none leads in a circle."""
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "uv.lock").symlink_to(tmp_path / "uv.lock")
    assert scan.scan(tmp_path).tree.locks == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="unmeasured: no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe with a lock's name is listed; opening it would hold us for ever."""
    os.mkfifo(tmp_path / "uv.lock")
    assert [item.reason for item in scan.scan(tmp_path).tree.skipped] == ["not a regular file"]


def test_a_lock_that_is_too_large_is_named(tmp_path: Path) -> None:
    """The limit is a fault with the file and the limit, and the rest is read."""
    make(tmp_path, {"requirements.txt": "a==1\n", "uv.lock": ""})
    os.truncate(tmp_path / "uv.lock", MAX_LOCK + 1)
    found = scan.scan(tmp_path)
    assert [(fault.code, fault.where) for fault in found.faults] == [("SBOM004", "uv.lock")]
    assert "64 MiB" in found.faults[0].why
    assert [path for path, _ in found.readings] == ["requirements.txt"]


def test_too_many_entries_end_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without an end is refused and not walked for ever."""
    monkeypatch.setattr(trees, "MAX_ENTRIES", 3)
    make(tmp_path, {f"{number}.txt": "" for number in range(4)})
    with pytest.raises(Error) as raised:
        scan.scan(tmp_path)
    assert raised.value.code == "SBOM009"


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_such_folder_is_wrong_usage(tmp_path: Path, name: str) -> None:
    """A path that is no folder is the caller's mistake."""
    make(tmp_path, {"file.txt": ""})
    with pytest.raises(Error) as raised:
        scan.scan(tmp_path / name)
    assert raised.value.status is ExitStatus.USAGE


@pytest.mark.parametrize(
    ("folder", "stated", "expected"),
    [
        ("a", "b", "a/b"),
        ("a", "./b/../c", "a/c"),
        ("a", "..", ""),
        ("a", "../..", None),
        ("", ".", ""),
        ("", "/etc", None),
        ("", "C:\\x", None),
        ("", "a\0b", None),
    ],
)
def test_paths_in_locks_stay_inside(tmp_path: Path, folder: str, stated: str, expected: str | None) -> None:
    """A path that leaves the tree is none."""
    source = trees.Source(f"{folder}/uv.lock" if folder else "uv.lock", b"", trees.Tree(tmp_path))
    assert source.inside(stated) == expected


@pytest.mark.skipif(os.name == "nt", reason="unmeasured: names are not bytes here")
def test_a_folder_with_an_undecodable_name(tmp_path: Path) -> None:
    """A name that is not UTF-8 is written out in the documents and stops nothing."""
    folder = os.fsencode(tmp_path) + b"/\xff\x1b[31m"
    os.mkdir(folder)  # noqa: PTH102 - a name in bytes
    with open(folder + b"/package-lock.json", "w", encoding="utf-8") as stream:  # noqa: PTH123 - a name in bytes
        stream.write(NPM_3)
    found = scan.scan(tmp_path)
    assert len(found.readings) == 1
