"""Documents of an earlier run in the release folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from maximus.sbom.earlier import clear, serial_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("sbom.spdx.json", "sbom.cdx.json")
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "serialNumber": "urn:uuid:1-2",
    "metadata": {"tools": {"components": [{"name": "maximus"}]}},
}
SPDX = {"documentNamespace": "https://x.example/spdx/1-2", "creationInfo": {"creators": ["Tool: maximus-1.0.0"]}}


def put(folder: Path, name: str, document: object) -> None:
    """Write a document into the folder."""
    (folder / name).write_text(json.dumps(document), encoding="utf-8")


def test_our_own_documents_of_another_run_go(tmp_path: Path) -> None:
    """Both formats are known as ours by the tool that they name."""
    put(tmp_path, "sbom.cdx.json", CYCLONEDX)
    put(tmp_path, "sbom.spdx.json", SPDX)
    assert clear(tmp_path, NAMES).removed == ("sbom.cdx.json", "sbom.spdx.json")
    assert list(tmp_path.iterdir()) == []


def test_what_this_run_wrote_is_not_even_read(tmp_path: Path) -> None:
    """A name that this run wrote stays, whatever is in it."""
    put(tmp_path, "sbom.cdx.json", CYCLONEDX)
    assert clear(tmp_path, NAMES, keep={"sbom.cdx.json"}).removed == ()


def test_the_same_content_stays(tmp_path: Path) -> None:
    """A document with this run's serial number says what this run would have said."""
    put(tmp_path, "sbom.spdx.json", SPDX)
    assert clear(tmp_path, NAMES, serial="1-2").removed == ()
    assert clear(tmp_path, NAMES, serial="3-4").removed == ("sbom.spdx.json",)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '"maximus"',
        '{"bomFormat": "CycloneDX", "metadata": {"tools": [{"name": "maximus"}]}}',
        '{"bomFormat": "CycloneDX", "metadata": {"tools": {"components": [{"name": "syft"}]}}}',
        '{"creationInfo": {"creators": ["Tool: syft-1.0", "Organization: maximus"]}}',
        '{"creationInfo": {"creators": 7}}',
        '{"creationInfo": []}',
    ],
)
def test_what_another_tool_wrote_stays_and_is_named(tmp_path: Path, text: str) -> None:
    """Whatever does not name this tool where its format does is somebody else's."""
    (tmp_path / "sbom.cdx.json").write_text(text, encoding="utf-8")
    found = clear(tmp_path, NAMES)
    assert (found.removed, found.foreign) == ((), ("sbom.cdx.json",))
    assert (tmp_path / "sbom.cdx.json").read_text(encoding="utf-8") == text


def test_a_name_that_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    """A copy under another name was made by a person."""
    put(tmp_path, "sbom.copy.json", CYCLONEDX)
    assert clear(tmp_path, NAMES).foreign == ("sbom.copy.json",)


def test_a_link_stays_and_so_does_its_target(tmp_path: Path) -> None:
    """What a link leads to may be anywhere."""
    put(tmp_path, "target.json", CYCLONEDX)
    (tmp_path / "sbom.cdx.json").symlink_to("target.json")
    assert clear(tmp_path, NAMES).foreign == ("sbom.cdx.json",)
    assert (tmp_path / "target.json").exists()


def test_signatures_are_no_inventories(tmp_path: Path) -> None:
    """The bundle beside a document is neither removed nor warned of."""
    put(tmp_path, "sbom.cdx.json.sigstore.json", {})
    assert clear(tmp_path, NAMES).foreign == ()


def test_without_a_folder_there_is_nothing_to_clear(tmp_path: Path) -> None:
    """A first run has no earlier one."""
    assert clear(tmp_path / "release", NAMES).removed == ()


def test_a_document_of_ours_without_a_serial_is_ours_still() -> None:
    """The tool that it names decides, not the number."""
    assert serial_of({**CYCLONEDX, "serialNumber": 5}) == ""
