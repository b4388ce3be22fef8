"""What sbom/README.md shows of a run is what a run shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.inventory import PICTURE, README, block_of, make_project, run_sbom

if TYPE_CHECKING:
    from pathlib import Path


def test_the_run_in_the_readme_is_what_the_command_says_now(tmp_path: Path) -> None:
    """The same project gives the text in the README, and the page that it speaks of; `make docs` writes it anew."""
    project = make_project(tmp_path / "shop")
    shown = block_of(run_sbom(project))
    told = re.search(r"<!-- run -->\n(.*?)<!-- /run -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert told is not None
    assert shown == told[1]
    assert sorted(path.name for path in (project / "release").iterdir()) == [
        "sbom.cdx.json",
        "sbom.html",
        "sbom.spdx.json",
    ]


def test_the_picture_in_the_readme_is_there_and_small() -> None:
    """A reader on a slow line gets it too."""
    assert "../docs/sbom-page.png" in README.read_text(encoding="utf-8")
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size < 150_000
