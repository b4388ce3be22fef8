"""npm's names in their own case: two packages that differ in nothing else are two, in every document and comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.sbom import rendering
from maximus.sbom.baseline import Listed, entries_in, entries_of
from maximus.sbom.comparison import compare
from maximus.sbom.judging.judge import judge
from maximus.sbom.judging.view import read_view
from maximus.sbom.opinions import compare_opinions
from maximus.verdict import Status
from tests.lib.sbom.samples import inventory_of, sri

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory
    from maximus.sbom.rendering import Rendered


def lock(*names: str) -> str:
    """Return a package-lock with these packages, all of one version."""
    root = {"name": "app", "version": "1.0.0", "dependencies": dict.fromkeys(names, "1.3.5")}
    packages: dict[str, Any] = {"": root}
    for name in names:
        packages[f"node_modules/{name}"] = {"version": "1.3.5", "integrity": sri(name)}
    return json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": packages})


def inventory(root: Path, *names: str) -> Inventory:
    """Return the inventory of a tree that needs these packages."""
    return inventory_of(root, {"package-lock.json": lock(*names)})


def render(made: Inventory) -> Rendered:
    """Return the documents of an inventory."""
    return rendering.render(made, seconds=1_700_000_000, tool_version="0.1.0")


def written_small(document: dict[str, Any]) -> Listed:
    """Return the packages of a document as a tool that writes all names small would have written it."""
    return entries_of(json.loads(json.dumps(document).replace("JSONStream", "jsonstream")), "theirs.json")


def test_two_names_that_differ_in_case_are_two_components(tmp_path: Path) -> None:
    """The registry has both, and their bytes have nothing to do with each other."""
    made = inventory(tmp_path, "JSONStream", "jsonstream", "@Acme/Left")
    assert [item.purl for item in made.components] == [
        "pkg:npm/%40Acme/Left@1.3.5",
        "pkg:npm/JSONStream@1.3.5",
        "pkg:npm/jsonstream@1.3.5",
    ]
    assert made.findings == ()
    assert [item.key for item in entries_in(made, "x").entries] == [
        "pkg:npm/%40Acme/Left",
        "pkg:npm/JSONStream",
        "pkg:npm/jsonstream",
    ]


def test_the_judges_take_them(tmp_path: Path) -> None:
    """cyclonedx-python-lib and spdx-tools read and accept both documents, and so does our own judge."""
    from cyclonedx.model.bom import Bom  # noqa: PLC0415 - a judge
    from spdx_tools.spdx.parser.parse_anything import parse_file  # noqa: PLC0415 - a judge, 1 s to load
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document  # noqa: PLC0415 - likewise

    both = render(inventory(tmp_path / "tree", "JSONStream", "jsonstream"))
    read = Bom.from_json(json.loads(rendering.as_bytes(both.cyclonedx)))  # type: ignore[attr-defined]  # made by a decorator
    assert len(read.components) == 2
    (tmp_path / "x.spdx.json").write_bytes(rendering.as_bytes(both.spdx))
    assert validate_full_spdx_document(parse_file(str(tmp_path / "x.spdx.json"))) == []
    for document in (both.cyclonedx, both.spdx):
        answers = judge(read_view(document, "ours.json"), "")
        assert [item.verdict.check for item in answers if item.verdict.status is Status.FAIL] == []


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_a_document_that_writes_names_small_is_of_the_same_packages(tmp_path: Path, form: str) -> None:
    """Older documents and tools that use packageurl-python do: nothing was added or removed."""
    made = inventory(tmp_path, "JSONStream", "left-pad")
    ours = entries_in(made, "maximus 0.1.0")
    theirs = written_small(getattr(render(made), form))
    assert [change.kind for change in compare(theirs.entries, ours.entries).changes] == []
    assert [change.kind for change in compare(ours.entries, theirs.entries).changes] == []
    opinion = compare_opinions(ours, theirs)
    assert (opinion.shared, opinion.disagreements) == (2, ())


def test_of_two_that_differ_in_case_nobody_knows_which_is_meant(tmp_path: Path) -> None:
    """Then what only one side has is told."""
    both = inventory(tmp_path / "both", "JSONStream", "jsonstream")
    one = written_small(render(inventory(tmp_path / "one", "jsonstream")).cyclonedx)
    found = compare(one.entries, entries_in(both, "x").entries).changes
    assert [(item.kind.value, item.purl) for item in found] == [("added", "pkg:npm/JSONStream@1.3.5")]
