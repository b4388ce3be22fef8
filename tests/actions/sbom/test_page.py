"""`sbom --formats html` as its users run it: a page beside the documents, of the whole and of each unit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from maximus import documents
from maximus.errors import ExitStatus
from maximus.sbom.page import serial_in
from tests.actions.sbom.test_sbom import face_of, run
from tests.actions.sbom.test_units import tree
from tests.lib.sbom.test_page import data_of
from tests.trees import make_tree

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["tree"]

EVERY = ("spdx", "cyclonedx", "html")


def serial_of(path: Path) -> str:
    """Return a page's serial number as the documents write it."""
    return f"urn:uuid:{serial_in(path.read_text(encoding='utf-8'))}"


def test_the_page_stands_beside_the_documents_with_their_number(tmp_path: Path) -> None:
    """It is written where it is asked for, and says of which documents it is."""
    face, folder = face_of(), tmp_path / "release"
    made = run(make_tree(tmp_path / "app"), folder, face, formats=EVERY)
    assert face.record.exit_status is ExitStatus.PASS
    assert made.html == (folder / "sbom.html").as_posix()
    assert serial_of(folder / "sbom.html") == made.serial_number
    assert documents.load_json(folder / "sbom.cdx.json")["serialNumber"] == made.serial_number


def test_a_lock_that_cannot_be_read_is_told_on_the_page(tmp_path: Path) -> None:
    """The page does not pass for whole where something is missing: it names the file and the reason."""
    app = make_tree(tmp_path / "app")
    (app / "Cargo.lock").write_text("[[package", encoding="utf-8")
    face = face_of()
    run(app, tmp_path / "release", face, formats=EVERY)
    assert face.record.exit_status is ExitStatus.FAILED
    data = data_of((tmp_path / "release" / "sbom.html").read_text(encoding="utf-8"))
    assert data["totals"]["unread"] == len(data["unread"]) == 1
    assert "Cargo.lock" in data["unread"][0]


def test_the_page_alone_and_no_page(tmp_path: Path) -> None:
    """One format needs no other; without a word there is no page."""
    made = run(make_tree(tmp_path / "app"), tmp_path / "one", formats=("html",))
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["sbom.html"]
    assert (made.spdx, made.cyclonedx) == ("", "")
    made = run(tmp_path / "app", tmp_path / "two")
    assert made.html == ""
    assert not (tmp_path / "two" / "sbom.html").exists()


def test_two_runs_give_the_same_page(tmp_path: Path) -> None:
    """Another place and another folder: the same bytes."""
    run(make_tree(tmp_path / "app"), tmp_path / "one", formats=EVERY)
    shutil.copytree(tmp_path / "app", tmp_path / "elsewhere" / "copy")
    run(tmp_path / "elsewhere" / "copy", tmp_path / "two", formats=EVERY)
    assert (tmp_path / "one" / "sbom.html").read_bytes() == (tmp_path / "two" / "sbom.html").read_bytes()


def test_each_unit_has_pages_of_its_own(tree: Path, tmp_path: Path) -> None:
    """One for each of its documents, with their number; and a run that does not write them again removes them."""
    folder = tmp_path / "release"
    made = run(tree, folder, formats=EVERY, units=True)
    page = folder / "sbom.packages-api.dev.html"
    assert page.as_posix() in made.units.split("\n")
    assert serial_of(page) == documents.load_json(folder / "sbom.packages-api.dev.cdx.json")["serialNumber"]
    assert len(list(folder.glob("sbom.*.html"))) == len(list(folder.glob("sbom.*.*.json"))) // 2
    face = face_of()
    run(tree, folder, face)
    assert sorted(path.name for path in folder.iterdir()) == ["sbom.cdx.json", "sbom.spdx.json"]


def test_a_page_of_another_tool_stays(tmp_path: Path) -> None:
    """What bears no number of ours is named and left as it is, a link too."""
    tree_of, folder = make_tree(tmp_path / "app"), tmp_path / "release"
    run(tree_of, folder, formats=EVERY)
    (folder / "sbom.html").rename(tmp_path / "ours.html")
    (folder / "sbom.theirs.html").write_text("<title>theirs</title>", encoding="utf-8")
    (folder / "sbom.html").symlink_to(tmp_path / "ours.html")
    face = face_of()
    run(tree_of, folder, face)
    assert (folder / "sbom.theirs.html").is_file()
    assert (folder / "sbom.html").is_symlink()
