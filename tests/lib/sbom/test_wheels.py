"""SBOMs inside installed wheels (PEP 770), and RECORD, which must vouch for them: real wheels and hostile ones."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maximus.sbom import checking, contents, enrichment, installed, inventory, rendering, scan, subject, units, wheels
from maximus.sbom.baseline import entries_of
from maximus.sbom.coverage import measure
from maximus.sbom.judging.judge import judge
from maximus.sbom.judging.view import read_view
from maximus.sbom.model import Known, Purl
from maximus.verdict import Status
from tests.lib.sbom.images.making import in_record
from tests.lib.sbom.samples import make

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory

FOLDER = "deps/acme-1.0.dist-info"
METADATA = (
    "Metadata-Version: 2.4\nName: acme\nVersion: 1.0\nLicense-Expression: MIT\nAuthor-email: Ada <ada@acme.example>\n"
)
DIGEST = "a" * 64


def crate(name: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - values of JSON
    """Return a component as maturin writes it."""
    ref = f"registry+https://registry.example/index#{name}@{version}"
    return {"type": "library", "bom-ref": ref, "name": name, "version": version,
            "purl": f"pkg:cargo/{name}@{version}", **more}  # fmt: skip


def bom(*components: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - values of JSON
    """Return a CycloneDX document with a subject of its own."""
    root = {"type": "application", "bom-ref": "path+file:///home/them/src", "name": "acme-rust", "version": "0.9.9"}
    serial = "urn:uuid:deb45a29-bc5e-4c8d-beb9-81e2edefa9c9"
    return json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": serial,
         "metadata": {"component": root, "tools": [{"name": "their-tool"}]}, "components": list(components), **more}
    )  # fmt: skip


def wheel(sboms: dict[str, str], *, listed: bool = True, pins: str = "acme==1.0\n") -> dict[str, str]:
    """Return a tree in which a wheel with these SBOMs is installed."""
    inside = {"METADATA": METADATA, **{f"sboms/{name}": text for name, text in sboms.items()}}
    lines = [f"acme-1.0.dist-info/{name},sha256={in_record(text)},{len(text)}" for name, text in inside.items()]
    record = {"RECORD": "\n".join([*lines, "acme/__init__.py,,", ""])} if listed else {}
    return {"requirements.txt": pins, **{f"{FOLDER}/{name}": text for name, text in {**inside, **record}.items()}}


ONE = wheel({"a.json": bom(crate("alpha"))})


def told(root: Path, files: dict[str, str]) -> Inventory:
    """Return the inventory of a tree with what is installed in it."""
    found = scan.scan(make(root, files))
    facts = subject.Facts("app", "https://github.com", "octo/app", commit="a" * 40)
    read = installed.read_installed(found.tree)
    made = enrichment.enrich(inventory.build(subject.describe(facts), found.readings), read).inventory
    return contents.with_contents(made, read.carried)


def sound(made: Inventory) -> rendering.Rendered:
    """Return both documents, which must hold to their schemas with every reference at its end."""
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    assert checking.judge_documents(both).status is Status.PASS
    assert checking.judge_references(both, made).status is Status.PASS
    for document in (both.cyclonedx, both.spdx):
        answers = {item.check.name: item for item in judge(read_view(document, "sbom"))}
        assert answers["references"].verdict.status is Status.PASS
    return both


def test_what_was_built_in_is_nested_in_both_formats(tmp_path: Path) -> None:
    """Below its wheel, with the same ids in both formats, the document's own edges, digests and licences."""
    one = crate("alpha", licenses=[{"expression": "MIT OR Apache-2.0"}], author="Ada <ada@acme.example>",
                hashes=[{"alg": "SHA-256", "content": DIGEST}])  # fmt: skip
    two = crate("beta")
    needs = [{"ref": one["bom-ref"], "dependsOn": [two["bom-ref"]]}, {"ref": two["bom-ref"], "dependsOn": []}]
    made = told(tmp_path, wheel({"rust.cyclonedx.json": bom(one, two, dependencies=needs)}))
    both = sound(made)
    (carrier,) = both.cyclonedx["components"]
    refs = [f"pkg:pypi/acme@1.0#pkg:cargo/{name}@1.0.0" for name in ("alpha", "beta")]
    assert [item["bom-ref"] for item in carrier["components"]] == refs
    assert {"ref": refs[0], "dependsOn": [refs[1]]} in both.cyclonedx["dependencies"]
    assert {"ref": refs[1], "dependsOn": []} in both.cyclonedx["dependencies"]
    alpha = carrier["components"][0]
    assert alpha["licenses"] == [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}]
    assert alpha["manufacturer"] == {"name": "Ada", "contact": [{"email": "ada@acme.example"}]}
    assert alpha["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    ids = {package["SPDXID"]: package["name"] for package in both.spdx["packages"]}
    contained = {
        (ids[item["spdxElementId"]], ids[item["relatedSpdxElement"]])
        for item in both.spdx["relationships"]
        if item["relationshipType"] == "CONTAINS"
    }
    assert contained == {("acme", "alpha"), ("acme", "beta")}


def test_they_are_counted_apart(tmp_path: Path) -> None:
    """The wheel is one component of one, whatever is in it; a comparison lists what is inside in either format."""
    made = told(tmp_path, wheel({"rust.json": bom(crate("alpha"))}))
    assert measure(made.components).components == 1
    assert len(made.inner) == 1
    both = sound(made)
    for document in (both.cyclonedx, both.spdx):
        assert [item.key for item in entries_of(document, "it").entries] == ["pkg:cargo/alpha", "pkg:pypi/acme"]


def test_nothing_of_the_document_itself_is_taken(tmp_path: Path) -> None:
    """Neither its subject nor its serial number nor its tools nor the folders in which it was built."""
    local = crate("gamma")
    local["purl"] = "pkg:cargo/gamma@1.0.0?download_url=file:///home/them/gamma"
    local["bom-ref"] = "path+file:///home/them/gamma#1.0.0"
    made = told(tmp_path, wheel({"rust.json": bom(local, dependencies=[{"ref": local["bom-ref"], "dependsOn": []}])}))
    both = sound(made)
    for document in (both.cyclonedx, both.spdx):
        text = rendering.as_bytes(document).decode()
        for foreign in ("acme-rust", "deb45a29", "their-tool", "/home/them", "file:"):
            assert foreign not in text
    assert [item.purl for item in made.inner] == ["pkg:cargo/gamma@1.0.0"]


def test_its_origin_is_told(tmp_path: Path) -> None:
    """With the wheel's folder, the document's name and its SHA-256, wherever it is installed."""
    text = bom(crate("alpha"))
    made = told(tmp_path, wheel({"rust.json": text}))
    ((name, origin),) = made.inner[0].notes
    assert name == "stated-by"
    assert origin.startswith("acme-1.0.dist-info/sboms/rust.json sha256:")


def test_needs_that_are_not_told_are_unknown(tmp_path: Path) -> None:
    """Without an entry nothing is known; a need that is not in the document leaves the rest incomplete."""
    one, two = crate("alpha"), crate("beta")
    needs = [{"ref": one["bom-ref"], "dependsOn": [two["bom-ref"], "path+file:///elsewhere"]}]
    made = told(tmp_path, wheel({"rust.json": bom(one, two, dependencies=needs)}))
    assert [item.edges for item in made.inner] == [Known.INCOMPLETE, Known.UNKNOWN]
    sound(made)


def test_two_documents_that_name_the_same_thing(tmp_path: Path) -> None:
    """The same digests are one component with two origins; others are another one, under a ref of its own."""
    stated: dict[str, Any] = {"hashes": [{"alg": "SHA-256", "content": DIGEST}]}
    other: dict[str, Any] = {"hashes": [{"alg": "SHA-256", "content": "b" * 64}]}
    made = told(tmp_path, wheel({"a.json": bom(crate("alpha", **stated)), "b.json": bom(crate("alpha", **stated))}))
    assert [len(item.notes) for item in made.inner] == [2]
    made = told(
        tmp_path / "o", wheel({"a.json": bom(crate("alpha", **stated)), "b.json": bom(crate("alpha", **other))})
    )
    assert len({item.ref for item in made.inner}) == 2
    sound(made)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (wheel({"a.json": bom(crate("alpha"))}, listed=False), "ignored"),
        ({**wheel({"a.json": bom(crate("alpha"))}), f"{FOLDER}/sboms/a.json": bom(crate("evil"))}, "alarm"),
        ({**wheel({}), f"{FOLDER}/sboms/a.json": bom(crate("evil"))}, "ignored"),
        (wheel({"a.json": "{"}), "ignored"),
        (wheel({"a.json": "[]"}), "ignored"),
        (wheel({"a.json": '{"components":' + "[" * 5000 + "]" * 5000 + "}"}), "ignored"),
        ({**ONE, f"{FOLDER}/RECORD": 'acme-1.0.dist-info/sboms/a.json,"' + "x" * 200_000}, "ignored"),
        ({**ONE, f"{FOLDER}/RECORD": "acme-1.0.dist-info/sboms/a.json,md5=abc,3\n"}, "alarm"),
        (wheel({"a.xml": "<bom/>"}), "ignored"),
        (wheel({"a.json": bom({"name": "no purl"}), "b.json": bom(crate("beta"))}), "ignored"),
        (wheel({"a.json": bom(crate("../../etc"))}), "ignored"),
        (wheel({"a.json": bom(crate("alpha", "^1"))}), "ignored"),
    ],
)  # fmt: skip
def test_hostile_documents_are_findings(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    """What RECORD does not vouch for, what cannot be read and what names no package: told, and the wheel stays."""
    made = told(tmp_path, files)
    assert [item.full_name for item in made.components] == ["acme"]
    assert not [item for item in made.inner if item.name in ("alpha", "evil")]
    assert kind in {item.kind for item in made.findings}
    assert not any(item.lost for item in made.findings)
    sound(made)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A document that is a link is none."""
    root = make(tmp_path / "app", wheel({"a.json": bom(crate("alpha"))}))
    (tmp_path / "outside.json").write_text(bom(crate("evil")))
    (root / FOLDER / "sboms" / "a.json").unlink()
    (root / FOLDER / "sboms" / "a.json").symlink_to(tmp_path / "outside.json")
    assert told(root, {}).inner == ()


def test_metadata_that_record_does_not_list_like_this_says_nothing(tmp_path: Path) -> None:
    """Somebody changed it after the install: neither licence nor producer is taken, and it is an alarm."""
    made = told(tmp_path, {**wheel({}), f"{FOLDER}/METADATA": METADATA.replace("MIT", "GPL-3.0-only")})
    assert made.components[0].licences == ()
    assert [item.kind for item in made.findings] == ["alarm"]


def test_a_licence_text_that_was_changed_says_nothing(tmp_path: Path) -> None:
    """Only what the wheel brought is matched."""
    text = "MIT License\n\nPermission is hereby granted, free of charge"
    plain = METADATA.replace("License-Expression: MIT\n", "")
    listed = f"acme-1.0.dist-info/licenses/LICENSE,sha256={in_record(text)},3\n"
    files = {
        "requirements.txt": "acme==1.0\n",
        f"{FOLDER}/METADATA": plain,
        f"{FOLDER}/RECORD": listed,
        f"{FOLDER}/licenses/LICENSE": text + ", not",
    }
    assert [item.kind for item in told(tmp_path, files).findings] == ["alarm"]


@pytest.mark.parametrize(
    ("limit", "value", "left"),
    [
        ("wheels.MAX_DOCUMENTS", 1, (["alpha"], ["limit"])),
        ("wheels.MAX_DOCUMENT", 10, ([], ["limit", "limit"])),
        ("contents.MAX_COMPONENTS", 2, (["alpha"], ["limit"])),
        ("wheels.MAX_RECORD", 10, ([], ["ignored", "ignored"])),
    ],
)
def test_limits_are_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, left: tuple[list[str], list[str]]
) -> None:
    """Documents in a wheel, their size, and components in all have limits; the rest goes on."""
    monkeypatch.setattr(f"maximus.sbom.{limit}", value)
    made = told(tmp_path, wheel({"a.json": bom(crate("alpha")), "b.json": bom(crate("beta"))}))
    assert ([item.name for item in made.inner], [item.kind for item in made.findings]) == left


def test_a_purl_that_two_components_share_carries_nothing(tmp_path: Path) -> None:
    """Which of the two is installed is not known."""
    pins = {"a/requirements.txt": f"acme==1.0 --hash=sha256:{DIGEST}\n", "b/requirements.txt": "acme==1.0\n"}
    files = wheel({"a.json": bom(crate("alpha"))})
    made = told(tmp_path, {**files, **pins})
    two = made.components[0]
    twice = contents.with_contents(
        with_components(made, (two, two)), installed.read_installed(scan.scan(tmp_path).tree).carried
    )
    assert twice.inner == ()
    assert "conflict" in {item.kind for item in twice.findings}


def with_components(made: Inventory, components: tuple[Any, ...]) -> Inventory:
    """Return the inventory with these components and nothing inside them."""
    return replace(made, components=components, inner=())


def test_what_is_inside_goes_with_its_wheel(tmp_path: Path) -> None:
    """Into a unit's documents, and out of the inventory with what an overlay removes."""
    files = {
        **wheel({"a.json": bom(crate("alpha"), crate("beta"))}, pins=""),
        "service/requirements.txt": "acme==1.0\n",
        "other/requirements.txt": "none==1.0\n",
    }
    made = told(tmp_path, files)
    found = {unit.name: unit.runtime for unit in units.split_units(made)}
    service, other = found["service"], found["other"]
    assert service is not None
    assert other is not None
    assert len(service.inner) == 2
    assert other.inner == ()
    sound(service)
    assert contents.pruned(replace(made, components=())).inner == ()


def test_real_wheels(tmp_path: Path) -> None:
    """The wheels that this Python has installed: their documents are read, and both formats are sound with them."""
    pins: list[str] = []
    files: dict[str, str] = {}
    count = 0
    for item in importlib.metadata.distributions():
        named = [path for path in item.files or () if ".dist-info/" in path.as_posix()]
        sboms = [path for path in named if "/sboms/" in path.as_posix()]
        if sboms and len(pins) < 3:
            pins.append(f"{item.name}=={item.version}")
            for path in (*sboms, *(path for path in named if path.name in ("METADATA", "RECORD"))):
                files[f"deps/{path.as_posix()}"] = Path(str(item.locate_file(path))).read_text("utf-8")
            count += sum(len(json.loads(files[f"deps/{path.as_posix()}"])["components"]) for path in sboms)
    assert pins
    made = told(tmp_path, {"requirements.txt": "\n".join(sorted(pins)), **files})
    assert 0 < len(made.inner) <= count
    assert not [item for item in made.findings if item.kind == "alarm"]
    sound(made)
    assert {item.inside for item in made.inner} == {item.ref for item in made.components}


def test_a_record_is_read_by_its_own_rules() -> None:
    """Quoted names, other folders, empty digests: a file that is not listed differs from nothing."""
    raw = b'"a-1.dist-info/x,y",sha256=abc,1\na-1.dist-info/RECORD,,\nb-1.dist-info/x,sha256=abc,1\n'
    record = wheels.read_record(raw, "a-1.dist-info")
    assert record.stated == {"x,y": "sha256=abc", "RECORD": ""}
    assert record.differs("x,y", b"")
    assert not record.differs("RECORD", b"")
    assert not record.differs("absent", b"")
    assert not record.lists("RECORD")
    assert not record.is_other("absent", "abc")


def test_lines_of_tags_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind MAX_TAGS lines of a WHEEL is not looked at."""
    monkeypatch.setattr(wheels, "MAX_TAGS", 1)
    assert wheels.read_tags(b"Tag: py3-none-any\nTag: cp311-cp311-win32\n") == {"py3-none-any"}


def test_a_document_about_nobody_says_nothing(tmp_path: Path) -> None:
    """A wheel that no lock names carries nothing."""
    made = told(tmp_path, wheel({"a.json": bom(crate("alpha"))}, pins="else==1.0\n"))
    assert made.inner == ()
    assert Purl("pkg:pypi/else@1.0") in {item.purl for item in made.components}
