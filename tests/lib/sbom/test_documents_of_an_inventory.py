"""Both formats: what they say, that they agree, and that others can read them."""

from __future__ import annotations

import copy
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions.declare import find_action
from maximus import documents
from maximus.sbom import checking, rendering
from maximus.sbom.model import Component, Known
from maximus.verdict import Status
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, inventory_of, make, sha256, sha512

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory
    from maximus.sbom.rendering import Rendered

WHEN = 1_767_322_800
ROOT = Path(__file__).resolve().parents[3]
VERSIONS = next(item.choices for item in find_action("sbom").inputs() if item.name == "cyclonedx-version")


def all_samples(root: Path) -> Inventory:
    """Return the inventory of a tree that holds every sample, each in a folder of its own."""
    samples = {**SAMPLES, **MORE_SAMPLES}
    return inventory_of(
        root, {f"{name}/{path}": text for name, files in samples.items() for path, text in files.items()}
    )


def render(made: Inventory) -> Rendered:
    """Return both documents, dated as always."""
    return rendering.render(made, seconds=WHEN, tool_version="1.0.0")


@pytest.fixture
def whole(tmp_path: Path) -> Inventory:
    """Everything at once."""
    return all_samples(tmp_path)


@pytest.fixture
def rendered(whole: Inventory) -> Rendered:
    """Both documents of everything."""
    return render(whole)


def component(document: dict[str, Any], ref: str) -> dict[str, Any]:
    """Return the CycloneDX component with this ref."""
    (found,) = [item for item in document["components"] if item["bom-ref"] == ref]
    assert isinstance(found, dict)
    return found


def package(document: dict[str, Any], purl: str) -> dict[str, Any]:
    """Return the SPDX package with this purl."""
    (found,) = [
        item for item in document["packages"] if any(r["referenceLocator"] == purl for r in item["externalRefs"])
    ]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_every_lock_makes_sound_documents(tmp_path: Path, name: str) -> None:
    """Both documents hold to their schemas and everything they refer to is in them."""
    made = inventory_of(tmp_path, SAMPLES[name])
    both = render(made)
    assert checking.judge_documents(both).status is Status.PASS
    assert checking.judge_references(both, made).status is Status.PASS


def test_cyclonedx_python_lib_reads_it(rendered: Rendered) -> None:
    """The official library makes its model of our document, and its strict validator accepts it."""
    from cyclonedx.model.bom import Bom  # noqa: PLC0415 - a judge, 1 s to load
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 - a judge, 1 s to load
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415 - a judge, 1 s to load

    text = rendering.as_bytes(rendered.cyclonedx).decode()
    read = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]  # added by a decorator
    assert len(read.components) == len(rendered.cyclonedx["components"])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spdx_tools_reads_it(rendered: Rendered, tmp_path: Path) -> None:
    """The official tools parse our document and find nothing wrong in their full validation."""
    from spdx_tools.spdx.parser.parse_anything import parse_file  # noqa: PLC0415 - a judge, 1 s to load
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document  # noqa: PLC0415 - a judge, 1 s to load

    path = tmp_path / "sbom.spdx.json"
    path.write_bytes(rendering.as_bytes(rendered.spdx))
    read = parse_file(str(path))
    assert len(read.packages) == len(rendered.spdx["packages"])
    assert [message.validation_message for message in validate_full_spdx_document(read)] == []


def test_both_formats_say_the_same(rendered: Rendered) -> None:
    """The same packages, versions, licences, digests and edges, whichever document is read."""
    cdx, spdx = rendered.cyclonedx, rendered.spdx
    parts = [*cdx["metadata"]["component"].get("components", ()), *cdx["components"], cdx["metadata"]["component"]]
    names = {"md5": "MD5", "sha-1": "SHA1", "sha-256": "SHA256", "sha-512": "SHA512"}
    from_cdx = {
        (
            item["purl"],
            item["version"],
            frozenset(
                (names[digest["alg"].lower()], digest["content"])
                for reference in item.get("externalReferences", ())
                for digest in reference.get("hashes", ())
            ),
        )
        for item in parts
    }
    from_spdx = {
        (
            next(r["referenceLocator"] for r in item["externalRefs"] if r["referenceType"] == "purl"),
            item["versionInfo"],
            frozenset((digest["algorithm"], digest["checksumValue"]) for digest in item.get("checksums", ())),
        )
        for item in spdx["packages"]
    }
    assert from_cdx == from_spdx
    edges_cdx = sum(len(entry["dependsOn"]) for entry in cdx["dependencies"])
    assert edges_cdx == sum(
        item["relationshipType"] == "DEPENDS_ON" and item["relatedSpdxElement"].startswith("SPDXRef-")
        for item in spdx["relationships"]
    )


def test_one_file_is_the_component_and_several_are_not(rendered: Rendered) -> None:
    """`hashes` stands only where exactly one file is meant; every file is a reference with its own digest."""
    one = component(rendered.cyclonedx, "pkg:npm/left@1.2.3")
    assert {"alg": "SHA-512", "content": sha512("left")} in one["externalReferences"][0]["hashes"]
    several = component(rendered.cyclonedx, "pkg:pypi/anyio@4.4.0")
    assert "hashes" not in several
    assert [
        (reference["url"], reference["hashes"][0]["content"])
        for reference in several["externalReferences"]
        if reference["type"] == "distribution"
    ] == [
        ("https://registry.example/files/anyio-4.4.0-py3-none-any.whl", sha256("anyio wheel")),
        ("https://registry.example/files/anyio-4.4.0.tar.gz", sha256("anyio sdist")),
    ]


def test_a_go_hash_is_never_relabelled(rendered: Rendered) -> None:
    """`h1:` stands under its own name in both formats and in no field for digests."""
    uuid = component(rendered.cyclonedx, "pkg:golang/github.com/google/uuid@v1.6.0")
    assert "hashes" not in uuid
    assert {"name": "maximus:go:h1", "value": "h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0="} in uuid["properties"]
    described = package(rendered.spdx, "pkg:golang/github.com/google/uuid@v1.6.0")
    assert "checksums" not in described
    assert "go:h1: h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=" in {
        note["comment"] for note in described["annotations"]
    }


def test_what_is_unknown_is_said(rendered: Rendered) -> None:
    """CISA's property names each unknown field; the SPDX annotation adds the reason."""
    uuid = component(rendered.cyclonedx, "pkg:golang/github.com/google/uuid@v1.6.0")
    unknown = {item["value"] for item in uuid["properties"] if item["name"] == "cdx:cisa:unknown-information"}
    assert unknown == {"Component Hash Value", "Component License", "Component Dependency Relationship"}
    notes = {note["comment"] for note in package(rendered.spdx, uuid["purl"])["annotations"]}
    assert "unknown: Component License: the licence is not stated in a lock" in notes


def test_none_and_unknown_are_told_apart(whole: Inventory, rendered: Rendered) -> None:
    """An empty list of needs says none; of a component whose needs are unknown there is no entry."""
    entries = {entry["ref"]: entry["dependsOn"] for entry in rendered.cyclonedx["dependencies"]}
    assert entries["pkg:npm/shared@1.0.0"] == []
    for item in whole.components:
        if item.edges is Known.UNKNOWN:
            assert item.ref not in entries
    aggregates = {
        ref: entry["aggregate"] for entry in rendered.cyclonedx["compositions"] for ref in entry["dependencies"]
    }
    assert aggregates["pkg:npm/shared@1.0.0"] == "complete"
    assert aggregates["pkg:golang/github.com/google/uuid@v1.6.0"] == "unknown"


def test_the_metadata_says_who_what_when_and_how(rendered: Rendered) -> None:
    """Author with address, subject, tool and version without a hyphen in its name, context and time."""
    metadata = rendered.cyclonedx["metadata"]
    assert metadata["manufacturer"] == {"name": "octo", "url": ["https://github.com/octo"]}
    assert metadata["lifecycles"] == [{"phase": "pre-build"}]
    assert metadata["tools"]["components"][0]["name"] == "maximus"
    assert metadata["timestamp"] == "2026-01-02T03:00:00Z"
    info = rendered.spdx["creationInfo"]
    assert info["creators"] == ["Organization: octo", "Tool: maximus-1.0.0"]
    assert info["comment"] == "SBOM Type: Source"
    assert rendered.spdx["documentNamespace"] == f"https://github.com/octo/app/spdx/{rendered.serial}"
    assert metadata["component"]["purl"] == "pkg:github/octo/app@v1.0.0"


def test_the_serial_number_is_made_from_the_content(whole: Inventory) -> None:
    """The same content has the same serial, another time another one; it is a UUID of version 5."""
    assert render(whole).serial == render(whole).serial
    assert rendering.render(whole, seconds=WHEN + 1, tool_version="1.0.0").serial != render(whole).serial
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", render(whole).serial)


def test_no_document_knows_where_it_was_made(rendered: Rendered, tmp_path: Path) -> None:
    """No absolute path, no user and no host of this machine is in either document."""
    for document in (rendered.cyclonedx, rendered.spdx):
        text = rendering.as_bytes(document).decode()
        assert str(tmp_path) not in text
        # As a word: a host may well be called `vm`.
        assert not re.search(rf"\b{re.escape(os.uname().nodename)}\b", text)


@pytest.mark.parametrize(
    ("seed", "zone", "locale"),
    [("0", "UTC", "C"), ("1", "Asia/Kathmandu", "C.UTF-8"), ("4294967295", "America/Nome", "")],
)
def test_the_bytes_are_the_same_everywhere(tmp_path: Path, seed: str, zone: str, locale: str) -> None:
    """Hash seeds, time zones, locales and working directories change nothing."""
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.lib.sbom.test_documents_of_an_inventory import all_samples, render\n"
        "from maximus.sbom import rendering\n"
        "both = render(all_samples(Path(sys.argv[1])))\n"
        "sys.stdout.buffer.write(rendering.as_bytes(both.cyclonedx) + rendering.as_bytes(both.spdx))\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "lib"))),
        "PYTHONHASHSEED": seed,
        "TZ": zone,
        "LC_ALL": locale,
        "PYTHONUTF8": "1",
    }
    tree = tmp_path / f"tree{seed}"
    tree.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(tree)], cwd=tmp_path, env=environment, check=True, capture_output=True
    )
    here = render(all_samples(tmp_path / "here"))
    assert done.stdout == rendering.as_bytes(here.cyclonedx) + rendering.as_bytes(here.spdx)


def test_compound_licences_are_exactly_one_expression(tmp_path: Path) -> None:
    """CycloneDX 1.6 takes either single licences or one expression; a text that is none becomes a name."""
    both = render(inventory_of(tmp_path, SAMPLES["npm-3"]))
    assert component(both.cyclonedx, "pkg:npm/left@1.2.3")["licenses"] == [
        {"acknowledgement": "declared", "expression": "(MIT OR Apache-2.0)"}
    ]
    assert component(both.cyclonedx, "pkg:npm/tester@3.0.0")["licenses"] == [
        {"license": {"acknowledgement": "declared", "name": "UNLICENSED"}}
    ]
    assert package(both.spdx, "pkg:npm/tester@3.0.0")["licenseDeclared"] == "NOASSERTION"


def test_an_own_licence_is_described(tmp_path: Path) -> None:
    """SPDX asks for an entry for each licence of somebody's own naming."""
    lock = json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {"": {}, "node_modules/a": {"version": "1.0.0", "license": "LicenseRef-Ours"}},
        }
    )
    made = inventory_of(tmp_path, {"package-lock.json": lock})
    both = render(made)
    assert checking.judge_documents(both).status is Status.PASS
    assert [item["licenseId"] for item in both.spdx["hasExtractedLicensingInfos"]] == ["LicenseRef-Ours"]


def broken(both: Rendered, fault: str) -> Rendered:  # noqa: C901 - a table of faults
    """Return the documents with one fault in them."""
    made = copy.deepcopy(both)
    cdx, spdx = made.cyclonedx, made.spdx
    match fault:
        case "a short hash":
            next(item for item in cdx["components"] if "hashes" in item)["hashes"][0]["content"] = "abc"
        case "an unknown key":
            cdx["components"][0]["colour"] = "red"
        case "a wrong type":
            cdx["components"][0]["type"] = "thing"
        case "no namespace":
            del spdx["documentNamespace"]
        case "a checksum of another length":
            next(item for item in spdx["packages"] if "checksums" in item)["checksums"][0]["checksumValue"] = "ab"
        case "a creator without a kind":
            spdx["creationInfo"]["creators"].append("somebody")
        case "a dangling dependency":
            cdx["dependencies"][0]["dependsOn"] = [*cdx["dependencies"][0]["dependsOn"], "pkg:npm/gone@1"]
        case "a ref twice":
            cdx["components"].append(cdx["components"][0] | {"description": "again"})
        case "a floating component":
            cdx["components"].append({"type": "library", "name": "x", "bom-ref": "x", "purl": "pkg:npm/x@1"})
        case "a dangling relationship":
            spdx["relationships"][0]["relatedSpdxElement"] = "SPDXRef-gone"
        case "a relationship twice":
            spdx["relationships"].append(dict(spdx["relationships"][-1]))
        case "a package too many":
            extra = copy.deepcopy(spdx["packages"][0]) | {"SPDXID": "SPDXRef-extra"}
            extra["externalRefs"][0]["referenceLocator"] = "pkg:npm/extra@1"
            spdx["packages"].append(extra)
    return made


@pytest.mark.parametrize(
    "fault",
    [
        "a short hash",
        "an unknown key",
        "a wrong type",
        "no namespace",
        "a checksum of another length",
        "a creator without a kind",
    ],
)
def test_the_schemas_catch(rendered: Rendered, fault: str) -> None:
    """A document that does not hold to its schema is not passed."""
    verdict = checking.judge_documents(broken(rendered, fault))
    assert (verdict.status, verdict.code) == (Status.FAIL, "SBOM011")


@pytest.mark.parametrize(
    "fault",
    [
        "a dangling dependency",
        "a ref twice",
        "a floating component",
        "a dangling relationship",
        "a relationship twice",
        "a package too many",
    ],
)
def test_the_references_catch(rendered: Rendered, whole: Inventory, fault: str) -> None:
    """What no schema sees is seen here: references without an end, doubles, what floats, documents that differ."""
    verdict = checking.judge_references(broken(rendered, fault), whole)
    assert (verdict.status, verdict.code) == (Status.FAIL, "SBOM012")


def test_validation_asks_no_network(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every schema that a schema refers to comes from this installation."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the validation went to the network")

    documents._validator.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert checking.judge_documents(rendered).status is Status.PASS


def test_the_library_named_in_the_model_has_no_mutable_part() -> None:
    """A component can be hashed: nothing in it can change behind the inventory's back."""
    assert Component.__hash__ is not None


def test_the_same_tree_twice(tmp_path: Path) -> None:
    """Reading the same files again gives an equal inventory."""
    files = {f"{name}/{path}": text for name, item in SAMPLES.items() for path, text in item.items()}
    assert inventory_of(make(tmp_path / "a", files), {}) == inventory_of(make(tmp_path / "b", files), {})


@pytest.mark.filterwarnings("ignore:.*is deprecated from CycloneDX")  # the older versions' own words
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_cyclonedx_is_valid(whole: Inventory, version: str) -> None:
    """The official schema and the library of the format read what was written, with every component in it."""
    both = rendering.render(whole, seconds=WHEN, tool_version="1.0.0", cyclonedx_version=version)
    assert both.cyclonedx["specVersion"] == version
    assert checking.judge_documents(both).status is Status.PASS
    assert checking.judge_references(both, whole).status is Status.PASS
    from cyclonedx.model.bom import Bom  # noqa: PLC0415 - a judge that only this test needs

    read = Bom.from_json(json.loads(rendering.as_bytes(both.cyclonedx)))  # type: ignore[attr-defined]  # made by a decorator
    assert len(read.components) == len(whole.components)


def test_an_older_version_keeps_what_it_has_words_for(whole: Inventory) -> None:
    """Names, versions, digests, licences and edges are in all of them; the places only from 1.5 on."""
    made = {
        version: rendering.render(whole, seconds=WHEN, tool_version="1", cyclonedx_version=version).cyclonedx
        for version in VERSIONS
    }
    for field in ("purl", "version", "externalReferences", "properties"):
        assert (
            len({json.dumps([item.get(field) for item in document["components"]]) for document in made.values()}) == 1
        )
    assert len({json.dumps(document["dependencies"]) for document in made.values()}) == 1
    assert any("evidence" in item for item in made["1.5"]["components"])
    assert not any("evidence" in item for item in made["1.4"]["components"])
