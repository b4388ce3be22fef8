"""`sbom --cross-check` as its users run it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from maximus import documents
from maximus.errors import Error, ExitStatus
from tests.actions.sbom.test_sbom import ROOT, face_of, load, run
from tests.trees import make_tree

if TYPE_CHECKING:
    from pathlib import Path


def other(path: Path, *purls: str) -> str:
    """Write another generator's document and return its path."""
    made = {"bomFormat": "CycloneDX", "components": [{"purl": purl} for purl in purls]}
    path.write_text(json.dumps(made), encoding="utf-8")
    return str(path)


def test_tells_the_differences_and_blocks_nothing(tmp_path: Path) -> None:
    """The comparison is evidence, an output and a verdict that passes."""
    tree, face = make_tree(tmp_path / "app"), face_of()
    run(tree, tmp_path / "first")
    purl = load(tmp_path / "first")[0]["components"][0]["purl"]
    made = run(tree, tmp_path / "release", face, cross_check=other(tmp_path / "o.json", purl, "pkg:npm/zz@1"))
    found = documents.load_json(tmp_path / "release" / "evidence" / "sbom-cross-check.json")
    assert made.cross_check.endswith("release/evidence/sbom-cross-check.json")
    assert found["differences"] == [{"class": "only-there", "purl": "pkg:npm/zz@1"}]
    assert face.record.exit_status is ExitStatus.PASS
    assert [v.measured for v in face.record.verdicts if v.check == "sbom.cross-check"] == [1]


def test_a_refused_class_fails_and_the_documents_are_written(tmp_path: Path) -> None:
    """`cross-check-policy` names what may not differ; a run without the comparison removes the old one."""
    tree, face = make_tree(tmp_path / "app"), face_of()
    run(tree, tmp_path / "release")
    purl = load(tmp_path / "release")[0]["components"][0]["purl"]
    document = other(tmp_path / "o.json", purl, "pkg:npm/zz@1")
    run(tree, tmp_path / "release", face, cross_check=document, cross_check_policy=("only-there",))
    assert face.record.exit_status is ExitStatus.FAILED
    assert [fault.code for fault in face.record.errors] == ["SBOM051"]
    assert (tmp_path / "release" / "sbom.cdx.json").is_file()
    run(tree, tmp_path / "release")
    assert not (tmp_path / "release" / "evidence" / "sbom-cross-check.json").exists()


def test_nothing_comparable_is_unmeasured(tmp_path: Path) -> None:
    """A document of another thing is no second opinion."""
    face = face_of()
    run(make_tree(tmp_path / "app"), tmp_path / "release", face, cross_check=other(tmp_path / "o.json", "pkg:npm/zz@1"))
    assert face.record.exit_status is ExitStatus.UNMEASURED


def test_a_document_that_is_none_is_named_and_the_inventory_is_written(tmp_path: Path) -> None:
    """A missing file is wrong usage; one that is no SBOM is an error after which the work goes on."""
    tree, face = make_tree(tmp_path / "app"), face_of()
    with pytest.raises(Error) as caught:
        run(tree, tmp_path / "release", cross_check=str(tmp_path / "none.json"))
    assert (caught.value.code, caught.value.status) == ("SBOM050", ExitStatus.USAGE)
    (tmp_path / "o.json").write_text("[]", encoding="utf-8")
    made = run(tree, tmp_path / "release", face, cross_check=str(tmp_path / "o.json"))
    assert [fault.code for fault in face.record.errors] == ["SBOM052"]
    assert (made.components, made.cross_check) == ("1", "")


def test_agrees_with_syft_about_its_own_reading(tmp_path: Path) -> None:
    """syft, where it was built, lists the package of the same tree in the same version."""
    syft = ROOT / "tests" / "stack" / ".bin" / "syft"
    if not syft.is_file():
        pytest.skip("unmeasured: syft was not built here")
    tree = make_tree(tmp_path / "app")
    made = subprocess.run(
        [str(syft), "scan", f"dir:{tree}", "-o", "cyclonedx-json", "-q"], check=True, capture_output=True, timeout=120
    )
    (tmp_path / "syft.json").write_bytes(made.stdout)
    run(tree, tmp_path / "release", cross_check=str(tmp_path / "syft.json"))
    found = documents.load_json(tmp_path / "release" / "evidence" / "sbom-cross-check.json")
    assert found["shared"] == 1
    assert (found["counts"]["only-here"], found["counts"]["version"]) == (0, 0)
