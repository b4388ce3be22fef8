"""Every limit has a name and a test: a breach names the file and the limit, and the rest goes on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.errors import Error
from maximus.sbom import inventory, licences, overlay, producers, scan, subject
from maximus.sbom.baseline import entries_of
from maximus.sbom.judging.view import read_view
from maximus.sbom.limits import MAX_EXPRESSION, MAX_TEXT
from maximus.sbom.model import Ecosystem
from maximus.sbom.naming import MAX_VERSION, is_exact, is_name, visible
from tests.lib.sbom.samples import NPM_3, make

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "lib" / "maximus" / "sbom"
NAME = re.compile(r"(?m)^(_?(?:MAX|LONGEST)_[A-Z_]+)(?:: Final)? = ")


def test_every_limit_is_tested() -> None:
    """A constant that bounds something stands in a test by its name, so that a new one without a test fails."""
    places = [path for folder in ("lib/sbom", "actions") for path in (ROOT / "tests" / folder).rglob("test_*.py")]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in places)
    limits = {
        f"{path.relative_to(LIBRARY).as_posix()}: {name}"
        for path in LIBRARY.rglob("*.py")
        for name in NAME.findall(path.read_text(encoding="utf-8"))
    }
    assert len(limits) > 40
    assert sorted(item for item in limits if not re.search(rf"\b{item.partition(': ')[2]}\b", tests)) == []


LOCKS = {"a/requirements.txt": "a==1\nb==1\nc==1\n", "b/requirements.txt": "d==1\n", "c/requirements.txt": "e==1\n"}


@pytest.mark.parametrize(("limit", "what"), [("MAX_PACKAGES", "packages"), ("MAX_EDGES", "dependencies")])
def test_a_lock_that_makes_it_too_many_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    """The fault names it with the limit; smaller locks before and behind it are read."""
    monkeypatch.setattr(scan, limit, 2)
    found = scan.scan(make(tmp_path, LOCKS))
    assert [(fault.code, fault.where) for fault in found.faults] == [("SBOM038", "a/requirements.txt")]
    assert found.faults[0].why == f"with it the tree has 3 {what}, and at most 2 are read"
    assert [path for path, _ in found.readings] == ["b/requirements.txt", "c/requirements.txt"]


@pytest.mark.parametrize("limit", ["MAX_COMPONENTS", "MAX_EDGES"])
def test_an_inventory_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """An image that names more than can be written is refused with the number."""
    monkeypatch.setattr(inventory, limit, 2)
    with pytest.raises(Error, match="at most 2 are written"):
        inventory.build(subject.describe(subject.Facts("app")), scan.scan(make(tmp_path, LOCKS)).readings)


def test_a_manifest_that_is_too_large_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside a lock only helps: without it the lock is read all the same."""
    monkeypatch.setattr("maximus.sbom.tree.MAX_MANIFEST", 10)
    found = scan.scan(make(tmp_path, {"package-lock.json": NPM_3, "package.json": '{"dependencies": {"left": "1"}}'}))
    assert [path for path, _ in found.readings] == ["package-lock.json"]
    assert found.tree.manifest("package.json") is None


def test_included_lists_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAX_INCLUDES: a list that includes list after list is followed so far, and says so."""
    monkeypatch.setattr("maximus.sbom.readers.requirements.MAX_INCLUDES", 3)
    lists = {f"lists/{number}.txt": f"-r {number + 1}.txt\np{number}==1\n" for number in range(9)}
    found = scan.scan(make(tmp_path, {"requirements.txt": "-r lists/0.txt\n", **lists}))
    ((_, reading),) = [item for item in found.readings if item[0] == "requirements.txt"]
    assert ("limit", "more than 3 included lists") in {(item.kind, item.text) for item in reading.findings}
    assert len(reading.packages) == 3


def test_texts_have_an_end() -> None:
    """Names of MAX_TEXT, versions of MAX_VERSION, licences of MAX_EXPRESSION; what is longer is none, or is cut."""
    assert is_name(Ecosystem.PYPI, "a" * MAX_TEXT)
    assert not is_name(Ecosystem.PYPI, "a" * (MAX_TEXT + 1))
    assert is_exact(Ecosystem.PYPI, "1" * MAX_VERSION)
    assert not is_exact(Ecosystem.PYPI, "1" * (MAX_VERSION + 1))
    assert len(visible("a" * (MAX_TEXT + 1))) == MAX_TEXT
    assert licences.expression_of("MIT AND " * (MAX_EXPRESSION // 8) + "MIT") == ""
    assert len(licences.declared("a" * 9000, "a field").text) == MAX_EXPRESSION


def test_makers_have_an_end() -> None:
    """_LONGEST_NAME and _LONGEST_FIELD: neither a name nor a field of a megabyte is taken apart."""
    found = producers.of_people("a" * 1_000_000)
    assert found is not None
    assert len(found.name) == producers._LONGEST_NAME
    late = producers.of_people("Ada" + " " * producers._LONGEST_FIELD + "<ada@mail.example>")
    assert late is not None
    assert (late.name, late.email) == ("Ada", "")


def foreign(module: str, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return why a document with three components is refused where two are the limit."""
    monkeypatch.setattr(f"maximus.sbom.{module}.MAX_COMPONENTS", 2)
    with pytest.raises(Error) as caught:
        (entries_of if module == "baseline" else read_view)(document, "theirs.json")
    return caught.value.why


@pytest.mark.parametrize("module", ["baseline", "judging.view"])
@pytest.mark.parametrize("depth", [False, True])
def test_a_foreign_document_has_an_end(monkeypatch: pytest.MonkeyPatch, module: str, depth: bool) -> None:  # noqa: FBT001 - both shapes
    """Beside each other or inside each other, in both formats."""
    items: list[dict[str, Any]] = [
        {"type": "library", "name": str(number), "bom-ref": str(number)} for number in range(3)
    ]
    if depth:
        items[0]["components"] = [items[1]]
        items[1]["components"] = [items[2]]
        items = items[:1]
    cyclonedx = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": items}
    assert "more than 2 components" in foreign(module, cyclonedx, monkeypatch)
    packages = [{"SPDXID": f"SPDXRef-{number}", "name": str(number)} for number in range(3)]
    assert "more than 2 packages" in foreign(module, {"spdxVersion": "SPDX-2.3", "packages": packages}, monkeypatch)


def test_a_foreign_document_is_read_up_to_a_size(tmp_path: Path) -> None:
    """Bytes of MAX_DOCUMENT, and no deeper than Python's own reader goes."""
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"a": "b" * 100}), encoding="utf-8")
    with pytest.raises(Error) as caught:
        documents.load_json(path, limit=50)
    assert caught.value.code == "DOC002"
    path.write_text('{"components": [' * 100_000, encoding="utf-8")
    with pytest.raises(Error) as caught:
        documents.load_json(path)
    assert caught.value.code == "DOC003"


def test_faults_of_an_overlay_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """_MAX_FAULTS: so many are named and the rest is counted."""
    monkeypatch.setattr(overlay, "_MAX_FAULTS", 2)
    raw = json.dumps({"add": [{"purl": "x"} for _ in range(5)]}).encode()
    with pytest.raises(Error, match="faults") as caught:
        overlay.read_overlay(raw, "o.json")
    assert re.search(r"; and \d+ more$", caught.value.why)


def test_a_key_that_stands_twice_among_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted once through, and not once for each."""
    monkeypatch.setattr(overlay, "MAX_OVERLAY", 8 << 20)
    raw = b"".join(b"k%d: 1\n" % number for number in range(20_000)) + b"k0: 1\n"
    with pytest.raises(Error) as caught:
        overlay.read_overlay(raw, "o.yml")
    assert "stands twice" in caught.value.why


CHAIN = {
    "root": {"inputs": {"a": ["b"], "b": ["a"], "c": ["d"], "d": "n"}},
    "n": {"locked": {"type": "github", "owner": "o", "repo": "r", "rev": "a" * 40}},
}


def reader_module(name: str) -> ModuleType:
    """Return the module of a reader."""
    import importlib  # noqa: PLC0415 - by its name

    return importlib.import_module(f"maximus.sbom.readers.{name}")


def test_names_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    """_MAX_FOLLOWED: inputs of a flake that follow each other."""
    assert reader_module("flake")._MAX_FOLLOWED <= 100
    found = scan.scan(make(tmp_path, {"flake.lock": json.dumps({"nodes": CHAIN, "root": "root", "version": 7})}))
    assert found.faults == ()
    ((_, reading),) = found.readings
    assert {link.target for link in reading.links} == {"n"}


def test_an_instruction_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """_MAX_LINE: a line with a thousand continuations is cut, and the next is read."""
    monkeypatch.setattr(reader_module("containers"), "_MAX_LINE", 40)
    text = "RUN a \\\n" * 1000 + "b\nFROM registry.example/x:1\n"
    ((_, reading),) = scan.scan(make(tmp_path, {"Dockerfile": text})).readings
    assert [package.name for package in reading.packages] == ["registry.example/x"] or len(reading.packages) == 1


def test_poms_that_lead_to_each_other_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """_MAX_PARENTS, _MAX_ROUNDS, _MAX_FILLED: parents of parents, and properties that double each other."""
    maven = reader_module("maven")
    monkeypatch.setattr(maven, "_MAX_PARENTS", 2)
    parent = "<parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>"
    properties = "".join(f"<p{number}>${{p{number + 1}}}${{p{number + 1}}}</p{number}>" for number in range(60))
    last = f"<p60>{'x' * 100_000}</p60>"
    pom = (
        f"<project>{parent}<artifactId>a</artifactId><properties>{properties}{last}</properties><dependencies><dependency>"
        "<groupId>g</groupId><artifactId>b</artifactId><version>${p0}</version></dependency></dependencies></project>"
    )
    files = {"/".join(["d"] * depth + ["pom.xml"]): pom for depth in range(6)}
    found = scan.scan(make(tmp_path, files))
    assert found.faults == ()
    assert maven._MAX_ROUNDS <= 10
    longest = max(len(package.version) for _, reading in found.readings for package in reading.packages)
    assert longest <= maven._MAX_FILLED


def test_what_a_verdict_names_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """_MAX_NAMED: of a thousand broken locks so many are named."""
    from maximus.sbom import checking  # noqa: PLC0415 - of use here alone

    faults = tuple(Error("SBOM005", "cannot read it", where=f"{number:04}.lock") for number in range(1000))
    monkeypatch.setattr(checking, "_MAX_NAMED", 2)
    reason = checking.judge_locks(0, faults).reason
    assert "0001.lock" in reason
    assert "0002.lock" not in reason


def test_versions_of_one_package_are_paired_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """_MAX_PAIRS: past it they are paired in their order, and none is lost."""
    from maximus.sbom import comparison  # noqa: PLC0415 - of use here alone

    def listed(start: int) -> Any:  # noqa: ANN401 - what a document lists
        items = [
            {
                "type": "library",
                "name": "a",
                "version": f"{number}.0",
                "purl": f"pkg:npm/a@{number}.0",
                "bom-ref": str(number),
            }
            for number in range(start, start + 20)
        ]
        return entries_of({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": items}, "x.json").entries

    near = comparison.compare(listed(0), listed(100)).changes
    monkeypatch.setattr(comparison, "_MAX_PAIRS", 10)
    assert len(comparison.compare(listed(0), listed(100)).changes) == len(near) == 20


def test_a_configuration_is_read_up_to_a_size() -> None:
    """MAX_CONFIGURATION and _MAX_REPLACEMENTS bound what this user's own files may cost."""
    from maximus.sbom import indexes, toolchains  # noqa: PLC0415 - of use here alone

    assert indexes.MAX_CONFIGURATION <= 1 << 20
    assert toolchains._MAX_REPLACEMENTS <= 10


def test_a_wheel_has_so_many_tags() -> None:
    """MAX_TAGS: lines behind it are not looked at."""
    from maximus.sbom import wheels  # noqa: PLC0415 - of use here alone

    raw = "".join(f"Tag: py3-none-any{number}\n" for number in range(wheels.MAX_TAGS + 5)).encode()
    assert len(wheels.read_tags(raw)) == wheels.MAX_TAGS


def test_a_server_is_asked_so_often() -> None:
    """MAX_REDIRECTS and MAX_TRIES: `test_fetching` follows them; here they stay small."""
    from maximus.sbom import transfer  # noqa: PLC0415 - of use here alone

    assert (transfer.MAX_REDIRECTS, transfer.MAX_TRIES) <= (3, 3)
