"""`sbom --units` as its users run it, and the splitting behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.sbom import checking, units
from maximus.sbom.units import file_name, is_unit_file
from maximus.verification.inventory import read_sbom
from tests.actions.sbom.test_sbom import face_of, run
from tests.lib.sbom.samples import make, sri

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory
    from maximus.sbom.rendering import Rendered
    from maximus.verdict import Verdict


def entry(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a lock
    """Return a package as an npm lock states it."""
    return {
        "version": "1.0.0", "resolved": f"https://registry.example/{name}/-/{name}-1.0.0.tgz", "integrity": sri(name),
    } | more  # fmt: skip


LOCK = {
    "name": "whole", "version": "1.0.0", "lockfileVersion": 3, "requires": True,
    "packages": {
        "": {"name": "whole", "version": "1.0.0", "workspaces": ["packages/*"]},
        "packages/api": {"name": "api", "version": "2.0.0", "dependencies": {"a": "1"}, "devDependencies": {"t": "1"}},
        "packages/web": {"name": "web", "version": "3.0.0", "dependencies": {"w": "1"}},
        "node_modules/api": {"resolved": "packages/api", "link": True},
        "node_modules/web": {"resolved": "packages/web", "link": True},
        "node_modules/a": entry("a", dependencies={"b": "1"}),
        "node_modules/b": entry("b"),
        "node_modules/t": entry("t", dev=True),
        "node_modules/w": entry("w"),
    },
}  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a workspace of two npm packages with a Python service beside."""
    files = {"package-lock.json": json.dumps(LOCK), "services/mail/requirements.txt": "six==1.17.0\n"}
    return make(tmp_path / "mono", files)


def names(path: Path) -> list[str]:
    """Return the names of a document's components."""
    return [item["name"] for item in documents.load_json(path)["components"]]


def test_each_member_and_service_has_documents_of_its_own(tree: Path, tmp_path: Path) -> None:
    """What runs and what only development needs are apart; the whole stays as it is."""
    face, folder = face_of(), tmp_path / "release"
    made = run(tree, folder, face, units=True)
    assert face.record.exit_status is ExitStatus.PASS
    assert names(folder / "sbom.packages-api.cdx.json") == ["a", "b"]
    assert names(folder / "sbom.packages-api.dev.cdx.json") == ["t"]
    assert names(folder / "sbom.packages-web.cdx.json") == ["w"]
    assert names(folder / "sbom.services-mail.cdx.json") == ["six"]
    assert not (folder / "sbom.packages-web.dev.cdx.json").exists()
    assert sorted(names(folder / "sbom.cdx.json")) == ["a", "b", "six", "t", "w"]
    assert len(made.units.split("\n")) == len(list(folder.glob("sbom.*.json"))) - 2
    subject = documents.load_json(folder / "sbom.packages-api.cdx.json")["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("api", "2.0.0")


def test_units_are_valid_and_the_same_twice(tree: Path, tmp_path: Path) -> None:
    """Each document is one that `verify` reads, in both formats, with the same bytes in a second run."""
    for folder in ("one", "two"):
        run(tree, tmp_path / folder, units=True)
    found = sorted(path.name for path in (tmp_path / "one").glob("sbom.*.json"))
    for name in found:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        sbom = read_sbom(tmp_path / "one" / name, name)
        assert sbom.error is None
        assert sbom.components


def test_a_run_without_units_removes_those_of_an_earlier_one(tree: Path, tmp_path: Path) -> None:
    """What this run did not write does not pass for its own."""
    run(tree, tmp_path / "release", units=True)
    run(tree, tmp_path / "release")
    assert sorted(path.name for path in (tmp_path / "release").iterdir()) == ["sbom.cdx.json", "sbom.spdx.json"]


def test_more_units_than_are_written_is_an_error(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of documents that one run writes is bounded."""
    monkeypatch.setattr(units, "MAX_UNITS", 2)
    with pytest.raises(Error) as caught:
        run(tree, tmp_path / "release", units=True)
    assert caught.value.code == "SBOM058"


@pytest.mark.parametrize("judge", ["judge_documents", "judge_references"])
def test_a_unit_that_is_not_sound_is_not_written(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judge: str
) -> None:
    """Its documents are judged like the whole ones: the fault is told by the unit's name, and the whole stays."""
    real = getattr(checking, judge)

    def judged(rendered: Rendered, *more: Inventory) -> Verdict:
        if rendered.cyclonedx["metadata"]["component"]["name"] == "web":
            rendered.cyclonedx["components"][0]["bom-ref"] = rendered.cyclonedx["metadata"]["component"]["bom-ref"]
            rendered.cyclonedx["components"][0]["type"] = "nonsense"
        verdict: Verdict = real(rendered, *more)
        return verdict

    monkeypatch.setattr(checking, judge, judged)
    with pytest.raises(Error) as caught:
        run(tree, tmp_path / "release", units=True)
    assert caught.value.code == "SBOM059"
    assert "packages-web" in caught.value.what
    assert caught.value.why
    written = {path.name for path in (tmp_path / "release").iterdir()}
    assert {"sbom.cdx.json", "sbom.spdx.json"} <= written
    assert not any(name.startswith("sbom.packages-web") for name in written)


def test_names_of_units_are_names_of_files() -> None:
    """The name tells unit and part, and is known again; another tool's is not taken for one."""
    assert file_name("api", "sbom.cdx.json") == "sbom.api.cdx.json"
    assert file_name("api", "sbom.spdx.json", dev=True) == "sbom.api.dev.spdx.json"
    assert is_unit_file("sbom.api.dev.spdx.json")
    assert not is_unit_file("sbom.cdx.json")
    assert not is_unit_file("sbom.syft.json")
