"""`sbom --overlay` as its users run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from tests.actions.sbom.test_sbom import face_of, load, run
from tests.trees import make_tree

if TYPE_CHECKING:
    from pathlib import Path

ADDED = "add:\n  - {purl: 'pkg:generic/zlib@1.3.1', reason: linked in by build.sh, licence: Zlib}\n"


def test_what_people_know_is_in_both_documents(tmp_path: Path) -> None:
    """An added component is counted, listed in both formats, and told with its reason and its file."""
    tree, face = make_tree(tmp_path / "app"), face_of()
    (tree / "sbom-overlay.yml").write_text(ADDED, encoding="utf-8")
    made = run(tree, tmp_path / "release", face, overlay=str(tree / "sbom-overlay.yml"))
    assert (made.components, face.record.exit_status) == ("2", ExitStatus.PASS)
    cdx, spdx = load(tmp_path / "release")
    (component,) = [item for item in cdx["components"] if item["name"] == "zlib"]
    assert {"name": "maximus:overlay", "value": "added: linked in by build.sh"} in component["properties"]
    assert component["evidence"]["occurrences"] == [{"location": "sbom-overlay.yml"}]
    (package,) = [item for item in spdx["packages"] if item["name"] == "zlib"]
    assert package["licenseConcluded"] == "Zlib"
    assert "overlay: added: linked in by build.sh" in [note["comment"] for note in package["annotations"]]


def test_an_overlay_outside_the_tree_gives_the_same_bytes_from_anywhere(tmp_path: Path) -> None:
    """Only the file's name is told: no path of the machine enters a document."""
    tree = make_tree(tmp_path / "app")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "o.yml").write_text(ADDED, encoding="utf-8")
        run(tree, tmp_path / folder / "release", overlay=str(tmp_path / folder / "o.yml"))
    first, second = (tmp_path / folder / "release" / "sbom.cdx.json" for folder in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (None, "SBOM054", ExitStatus.USAGE),
        ("adds: []", "SBOM055", ExitStatus.USAGE),
        ("remove: [{purl: 'pkg:npm/gone', reason: x}]", "SBOM056", ExitStatus.FAILED),
    ],
)
def test_a_faulty_overlay_writes_nothing(tmp_path: Path, text: str | None, code: str, status: ExitStatus) -> None:
    """A file that is missing, says nonsense or fits nothing ends the run by name."""
    if text is not None:
        (tmp_path / "o.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Error) as caught:
        run(make_tree(tmp_path / "app"), tmp_path / "release", overlay=str(tmp_path / "o.yml"))
    assert (caught.value.code, caught.value.status) == (code, status)
    assert not (tmp_path / "release").exists()
