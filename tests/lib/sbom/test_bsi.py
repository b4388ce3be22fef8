"""What the profile bsi-2.1 makes of our own documents, and what is concluded: stated where it is known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from maximus.sbom import bsi, checking, concluding, contents, enrichment, installed, inventory, rendering, scan, subject
from maximus.sbom.judging.judge import judge
from maximus.sbom.judging.view import read_view
from maximus.sbom.model import Artifact, LicenceClaim, Producer
from maximus.sbom.spdx import spdx_id
from maximus.verdict import Status
from tests.lib.sbom.images.making import in_record
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, inventory_of, make, sha256, sha512, sri

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Component, Inventory
    from maximus.sbom.rendering import Rendered

ARCHIVE = {
    "bsi:component:executable": "non-executable",
    "bsi:component:archive": "archive",
    "bsi:component:structured": "structured",
}
AUTHOR = Producer("Acme", "https://acme.example", "info@acme.example")


def rendered(made: Inventory, version: str = "1.6", profile: str = bsi.PROFILE) -> Rendered:
    """Return both sound documents."""
    both = rendering.render(made, seconds=0, tool_version="1.0.0", cyclonedx_version=version, profile=profile)
    assert checking.judge_documents(both).status is Status.PASS
    assert checking.judge_references(both, made).status is Status.PASS
    return both


def first(made: Inventory) -> Component:
    """Return the first component."""
    return made.components[0]


def lacking(both: Rendered) -> set[str]:
    """Return the checks of the profile that our own CycloneDX document falls short of."""
    answers = judge(read_view(both.cyclonedx, "sbom.cdx.json"), bsi.PROFILE)
    return {item.check.name for item in answers if item.verdict.status is Status.FAIL}


def test_an_npm_tree_with_installed_packages_holds_to_it(tmp_path: Path) -> None:
    """Lock and installed packages together state all that TR-03183-2 asks for, with `conclude: declared`."""
    packages = {"": {"name": "app", "version": "1.0.0", "dependencies": {"left": "1"}}}
    packages["node_modules/left"] = {
        "version": "1.2.3", "resolved": "https://registry.example/left/-/left-1.2.3.tgz", "integrity": sri("left"),
        "license": "MIT",
    }  # fmt: skip
    own = {"name": "left", "version": "1.2.3", "author": "Ada <ada@acme.example> (https://acme.example)"}
    files = {
        "package.json": json.dumps({"name": "app", "version": "1.0.0", "dependencies": {"left": "1"}}),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": packages}),
        "node_modules/left/package.json": json.dumps(own),
    }
    found = scan.scan(make(tmp_path, files))
    made = inventory.build(replace(subject.describe(subject.Facts("app")), author=AUTHOR), found.readings)
    made = enrichment.enrich(made, installed.read_installed(found.tree)).inventory
    assert lacking(rendered(made)) == {"concluded-licences"}
    both = rendered(concluding.conclude_declared(made))
    assert lacking(both) == set()
    (component,) = both.cyclonedx["components"]
    told = {item["name"]: item["value"] for item in component["properties"]}
    assert told.items() >= {**ARCHIVE, bsi.FILENAME: "left-1.2.3.tgz"}.items()
    assert component["manufacturer"] == {
        "name": "Ada", "url": ["https://acme.example"], "contact": [{"email": "ada@acme.example"}],
    }  # fmt: skip
    (reference,) = component["externalReferences"]
    assert {"alg": "SHA-512", "content": sha512("left")} in reference["hashes"]


def test_only_this_profile_states_them(tmp_path: Path) -> None:
    """Other documents stay as small as they are."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    assert b"bsi:" not in rendering.as_bytes(rendered(made, profile="cisa-2026").cyclonedx)


@pytest.mark.parametrize("name", [*SAMPLES, *MORE_SAMPLES])
def test_words_are_of_the_taxonomy_and_nothing_is_guessed(tmp_path: Path, name: str) -> None:
    """On every lock: a name only where one file is meant, words only for files, and the documents stay sound."""
    made = inventory_of(tmp_path, {**SAMPLES, **MORE_SAMPLES}[name])
    both = rendered(made)
    parts = {component.ref: component for component in made.components}
    for item in both.cyclonedx["components"]:
        told = {entry["name"]: entry["value"] for entry in item["properties"] if entry["name"].startswith("bsi:")}
        part = parts[item["bom-ref"]]
        assert told.get(bsi.FILENAME) in (None, *(artifact.file for artifact in part.artifacts))
        assert bsi.FILENAME not in told or part.delivered is not None
        assert part.is_distributed or not told
        assert all(told[key] in words for key, words in bsi.WORDS.items() if key in told)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("a-1.0-py3-none-any.whl", ARCHIVE),
        ("a-1.0.tar.gz", ARCHIVE),
        ("a-1.0.crate", ARCHIVE),
        ("a-1.0.jar", ARCHIVE),
        ("a-1.0.pom", {**ARCHIVE, "bsi:component:archive": "no archive"}),
        ("a-1.0.exe", {}),
        ("a", {}),
    ],
)
def test_what_sort_of_file_it_is(tmp_path: Path, file: str, words: dict[str, str]) -> None:
    """By its ending; of what has none that is known nothing is said."""
    made = replace(first(inventory_of(tmp_path, SAMPLES["npm-3"])), artifacts=(Artifact(file),))
    assert dict(bsi.properties_of(made)) == {bsi.FILENAME: file, **words}


WHEELS = ["acme-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "acme-1.0-py3-none-any.whl"]
METADATA = (
    "Name: acme\nVersion: 1.0\nLicense-Expression: MIT OR Apache-2.0\nAuthor: Ada\nAuthor-email: ada@acme.example\n"
)


def python(root: Path, wheel: str, *, listed: bool = True) -> Inventory:
    """Return the inventory of a pylock with two wheels and an sdist, of which one is installed."""
    files = "\n".join(
        f'[[packages.wheels]]\nname = "{name}"\nurl = "https://registry.example/{name}"\n'
        f'hashes = {{ sha256 = "{sha256(name)}" }}'
        for name in WHEELS
    )
    record = "".join(
        f"acme-1.0.dist-info/{name},sha256={in_record(text)},1\n"
        for name, text in (("METADATA", METADATA), ("WHEEL", wheel))
        if listed
    )
    tree = {
        "pylock.toml": f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "acme"\nversion = "1.0"\n'
        f"{files}\n"
        f'[packages.sdist]\nname = "acme-1.0.tar.gz"\nurl = "https://registry.example/acme-1.0.tar.gz"\n'
        f'hashes = {{ sha256 = "{sha256("sdist")}" }}\n',
        "deps/acme-1.0.dist-info/METADATA": METADATA,
        "deps/acme-1.0.dist-info/WHEEL": wheel,
        "deps/acme-1.0.dist-info/RECORD": record,
    }
    found = scan.scan(make(root, tree))
    assert not found.faults
    read = installed.read_installed(found.tree)
    made = enrichment.enrich(inventory.build(subject.describe(subject.Facts("app")), found.readings), read)
    return contents.with_contents(made.inventory, read.carried)


BOTH_TAGS = "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_17_x86_64\nTag: cp311-cp311-manylinux2014_x86_64\n"


def test_the_installed_wheel_is_the_file(tmp_path: Path) -> None:
    """Of several files the one that was built for what is installed has its digests in `hashes` and `checksums`."""
    made = python(tmp_path, BOTH_TAGS)
    both = rendered(made)
    (component,) = both.cyclonedx["components"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": sha256(WHEELS[0])}]
    assert len(component["externalReferences"]) == 3
    package = next(item for item in both.spdx["packages"] if item["name"] == "acme")
    assert package["packageFileName"] == WHEELS[0]
    assert package["downloadLocation"] == f"https://registry.example/{WHEELS[0]}"
    assert [item["checksumValue"] for item in package["checksums"]] == [sha256(WHEELS[0])]
    assert {"name": bsi.FILENAME, "value": WHEELS[0]} in component["properties"]


@pytest.mark.parametrize(
    "wheel", ["Tag: cp312-cp312-win_amd64\n", "", "Tag: \n", "Tag: cp311-cp311-manylinux_2_17_x86_64\n"]
)
def test_a_wheel_that_no_file_fits_is_none_of_them(tmp_path: Path, wheel: str) -> None:
    """Then no file stands for the component: taking the first one would be a false claim."""
    made = python(tmp_path, wheel)
    (component,) = rendered(made).cyclonedx["components"]
    assert "hashes" not in component
    assert bsi.FILENAME not in {item["name"] for item in component["properties"]}


def test_tags_that_record_does_not_vouch_for_say_nothing(tmp_path: Path) -> None:
    """Somebody may have written them after the install."""
    assert first(python(tmp_path, BOTH_TAGS, listed=False)).installed_file == ""


def test_what_is_concluded_stands_apart_from_what_is_declared(tmp_path: Path) -> None:
    """In 1.6 the conclusion alone where it is compound, with the declaration as a property; in 1.7 both; so in SPDX."""
    made = concluding.conclude_declared(python(tmp_path, ""))
    both = rendered(made)
    (component,) = both.cyclonedx["components"]
    assert component["licenses"] == [{"expression": "MIT OR Apache-2.0", "acknowledgement": "concluded"}]
    told = [(item["name"], item["value"]) for item in component["properties"]]
    assert ("maximus:declared-licence", "MIT OR Apache-2.0") in told
    assert ("maximus:licence-evidence", concluding.EVIDENCE) in told
    (newer,) = rendered(made, "1.7").cyclonedx["components"]
    assert newer["licenses"] == [
        {"expression": "MIT OR Apache-2.0", "acknowledgement": "concluded"},
        {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"},
    ]
    package = next(item for item in both.spdx["packages"] if item["name"] == "acme")
    assert package["licenseConcluded"] == package["licenseDeclared"] == "MIT OR Apache-2.0"
    view = read_view(both.cyclonedx, "x")
    assert (view.used[0].declared, view.used[0].concluded) == (("MIT OR Apache-2.0",), ("MIT OR Apache-2.0",))


def test_single_licences_stand_side_by_side(tmp_path: Path) -> None:
    """Declared and concluded are two entries of the list, which 1.6 takes."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    claims = tuple(LicenceClaim("MIT", "MIT", concluded=word, evidence="x") for word in (False, True))
    parts = (replace(first(made), licences=claims), *made.components[1:])
    (component, *_) = rendered(replace(made, components=parts)).cyclonedx["components"]
    assert component["licenses"] == [
        {"license": {"id": "MIT", "acknowledgement": "concluded"}},
        {"license": {"id": "MIT", "acknowledgement": "declared"}},
    ]


def test_nothing_is_concluded_from_nothing_or_over_a_conclusion(tmp_path: Path) -> None:
    """What no expression declares stays open, and what was matched in a text is not replaced."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    plain = concluding.conclude_declared(made)
    for before, after in zip(made.components, plain.components, strict=True):
        declares = any(claim.expression for claim in before.licences)
        assert any(claim.concluded for claim in after.licences) == declares
    assert concluding.conclude_declared(plain) == plain


def test_several_declarations_hold_together(tmp_path: Path) -> None:
    """One expression with AND, in which a choice keeps its brackets."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    claims = (
        LicenceClaim("MIT", "MIT", concluded=False, evidence="x"),
        LicenceClaim("c", "ISC OR Zlib", concluded=False, evidence="x"),
    )
    one = replace(made, components=(replace(first(made), licences=claims),), edges=())
    text = {claim.expression for claim in first(concluding.conclude_declared(one)).licences if claim.concluded}
    assert text == {"(ISC OR Zlib) AND MIT"}


def compositions(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return by ref in which compositions it stands."""
    found: dict[str, list[str]] = {}
    for entry in document["compositions"]:
        for ref in entry["dependencies"]:
            found.setdefault(ref, []).append(entry["aggregate"])
    return found


@pytest.mark.parametrize("name", [*SAMPLES, *MORE_SAMPLES])
def test_how_far_needs_are_known_is_told_of_everything(tmp_path: Path, name: str) -> None:
    """On every lock: each component in exactly one composition, and both formats say the same of it.

    Complete with an entry or with NONE, never an empty one where it is unknown; everything is reached from the root.
    """
    made = inventory_of(tmp_path, {**SAMPLES, **MORE_SAMPLES}[name])
    both = rendered(made, profile="")
    told = compositions(both.cyclonedx)
    entries = {item["ref"]: item["dependsOn"] for item in both.cyclonedx["dependencies"]}
    ids = {spdx_id(part.ref): part for part in made.everything}
    ends: dict[str, set[str]] = {}
    for item in both.spdx["relationships"]:
        if item["relationshipType"] == "DEPENDS_ON":
            ends.setdefault(item["spdxElementId"], set()).add(item["relatedSpdxElement"])
    assert set(told) == {part.ref for part in made.everything}
    for own_id, part in ids.items():
        assert told[part.ref] == [part.edges.value]
        needed = ends[own_id] - {"NONE", "NOASSERTION"}
        assert {spdx_id(ref) for ref in entries.get(part.ref, ())} == needed
        assert ("NONE" in ends[own_id]) == (entries.get(part.ref) == [] and told[part.ref] == ["complete"])
        assert ("NOASSERTION" in ends[own_id]) == (told[part.ref] != ["complete"])
        assert part.edges.value == "complete" or needed or part.ref not in entries
