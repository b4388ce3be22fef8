"""`package-lock.json` and `npm-shrinkwrap.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.samples import NPM_3, SAMPLES, by_name, edges_of, inventory_of, sha1, sha512

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_what_npm_writes(tmp_path: Path) -> None:
    """Packages are components, an alias under its real name; the workspace is a part of the tree."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    assert sorted(by_name(made)) == [
        "@scope/real 2.0.1",
        "fork 0.0.9",
        "inner 1.0.0",
        "left 1.2.3",
        "shared 1.0.0",
        "shared 2.0.0",
        "tester 3.0.0",
    ]
    assert [(member.name, member.own) for member in made.members] == [("@octo/lib", "packages/lib")]


def test_a_need_is_found_upwards_as_node_finds_it(tmp_path: Path) -> None:
    """The nearest `node_modules` wins: one version for the tool, another for everybody else."""
    edges = edges_of(inventory_of(tmp_path, SAMPLES["npm-3"]))
    assert ("tester 3.0.0", "shared 2.0.0") in edges
    assert ("left 1.2.3", "shared 1.0.0") in edges
    assert ("tester 3.0.0", "shared 1.0.0") not in edges
    assert ("/packages/lib", "left 1.2.3") in edges


def test_development_needs_are_in_and_marked(tmp_path: Path) -> None:
    """What only development needs is a component with the scope `dev`."""
    found = by_name(inventory_of(tmp_path, SAMPLES["npm-3"]))
    assert {name for name, item in found.items() if item.scopes == (Scope.DEV,)} == {
        "tester 3.0.0",
        "shared 2.0.0",
        "inner 1.0.0",
    }


def test_licences_are_expressions_where_they_are_ones(tmp_path: Path) -> None:
    """Old objects count by their type; `UNLICENSED` is a text and never the Unlicense."""
    found = by_name(inventory_of(tmp_path, SAMPLES["npm-3"]))
    assert found["left 1.2.3"].licences[0].expression == "(MIT OR Apache-2.0)"
    assert found["shared 1.0.0"].licences[0].expression == "BSD-2-Clause"
    assert (found["tester 3.0.0"].licences[0].expression, found["tester 3.0.0"].licences[0].text) == ("", "UNLICENSED")


def test_states_the_digest_of_the_tarball_and_its_line(tmp_path: Path) -> None:
    """The SHA-512 in base64 becomes hexadecimal, with the line that it stands on."""
    left = by_name(inventory_of(tmp_path, SAMPLES["npm-3"]))["left 1.2.3"]
    (artifact,) = left.artifacts
    assert (artifact.file, artifact.url) == ("left-1.2.3.tgz", "https://registry.example/left/-/left-1.2.3.tgz")
    assert artifact.digests[0].value == sha512("left")
    assert "integrity" in NPM_3.split("\n")[artifact.digests[0].origin.location.line - 1]
    assert '"node_modules/left"' in NPM_3.split("\n")[left.locations[0].line - 1]


def test_a_bundled_package_has_no_file_of_its_own(tmp_path: Path) -> None:
    """What lies inside its parent's tarball is outside the denominator of hashes, with the reason."""
    inner = by_name(inventory_of(tmp_path, SAMPLES["npm-3"]))["inner 1.0.0"]
    assert "bundled" in inner.not_applicable[0].reason


def test_version_1_nests(tmp_path: Path) -> None:
    """Nested entries are components, aliases have their real names, `requires` makes edges."""
    made = inventory_of(tmp_path, SAMPLES["npm-1"])
    assert sorted(by_name(made)) == [
        "@scope/real 2.0.1",
        f"fork {'e' * 40}",
        "left 1.2.3",
        "shared 1.0.0",
        "shared 2.0.0",
    ]
    assert ("left 1.2.3", "shared 1.0.0") in edges_of(made)
    assert by_name(made)["left 1.2.3"].artifacts[0].digests[0].value == sha1("left")


def test_the_manifest_tells_what_is_direct_in_version_1(tmp_path: Path) -> None:
    """Version 1 does not say what the project itself needs; `package.json` does."""
    manifest = {"name": "app", "dependencies": {"left": "^1"}, "devDependencies": {"renamed": "npm:@scope/real@2"}}
    made = inventory_of(tmp_path, {**SAMPLES["npm-1"], "package.json": json.dumps(manifest)})
    assert {name for name, item in by_name(made).items() if item.direct} == {"left 1.2.3", "@scope/real 2.0.1"}
    assert by_name(made)["@scope/real 2.0.1"].scopes == (Scope.DEV,)


def test_a_private_root_needs_neither_name_nor_version(tmp_path: Path) -> None:
    """The client's own inventory fails on a root without a version; this one does not."""
    lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}
    made = inventory_of(tmp_path, {"package-lock.json": json.dumps(lock)})
    assert sorted(by_name(made)) == ["a 1.0.0"]


def test_one_package_in_two_places_is_one_component(tmp_path: Path) -> None:
    """The same version under two folders, and in two locks, is one component with all its places."""
    entry = {"version": "1.0.0", "integrity": "sha1-" + "A" * 27 + "="}
    lock = json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "": {},
                "node_modules/a": entry,
                "node_modules/b": entry,
                "node_modules/b/node_modules/a": entry,
            },
        },
        indent=2,
    )
    made = inventory_of(tmp_path, {"package-lock.json": lock, "web/package-lock.json": lock})
    assert len(by_name(made)["a 1.0.0"].locations) == 4


def test_a_missing_optional_package_is_no_fault(tmp_path: Path) -> None:
    """An optional need for another platform may be left out of a lock; a necessary one may not."""
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {},
            "node_modules/a": {"version": "1.0.0", "optionalDependencies": {"x": "1"}},
            "node_modules/b": {"version": "1.0.0", "dependencies": {"y": "1"}},
        },
    }
    made = inventory_of(tmp_path, {"package-lock.json": json.dumps(lock)})
    assert [item.text for item in made.findings] == ["y is needed and not locked"]
    assert by_name(made)["a 1.0.0"].edges is Known.COMPLETE
    assert by_name(made)["b 1.0.0"].edges is Known.INCOMPLETE


def test_a_hostile_name_becomes_no_purl(tmp_path: Path) -> None:
    """A name that npm could not have is a finding; it is not percent-encoded into another package."""
    lock = {
        "lockfileVersion": 3,
        "packages": {"node_modules/a": {"version": "1.0.0"}, "node_modules/../x": {"version": "1.0.0", "name": "../x"}},
    }
    made = inventory_of(tmp_path, {"package-lock.json": json.dumps(lock)})
    assert sorted(by_name(made)) == ["a 1.0.0"]
    assert [item.kind for item in made.findings] == ["ignored"]


def test_a_folder_is_called_like_its_package_where_the_lock_is_silent(tmp_path: Path) -> None:
    """The name is left out where it is the folder's own; one outside the tree is a package all the same."""
    lock = """{"name": "app", "lockfileVersion": 3, "packages": {
  "": {"workspaces": ["packages/*"], "dependencies": {"ext": "file:../ext"}},
  "../ext": {"version": "2.0.0"},
  "packages/kit": {"version": "3.1.0"},
  "node_modules/ext": {"resolved": "../ext", "link": true},
  "node_modules/kit": {"resolved": "packages/kit", "link": true}
}}"""
    made = inventory_of(tmp_path, {"package-lock.json": lock})
    assert [(item.own, item.full_name, item.version) for item in made.members] == [("packages/kit", "kit", "3.1.0")]
    assert [item.purl for item in made.components] == ["pkg:npm/ext@2.0.0"]
    assert made.findings == ()


def test_a_folder_of_the_first_version_has_its_own_version(tmp_path: Path) -> None:
    """There the path stands in place of the version."""
    lock = '{"name": "app", "lockfileVersion": 1, "dependencies": {"kit": {"version": "file:kit"}}}'
    made = inventory_of(
        tmp_path, {"package-lock.json": lock, "kit/package.json": '{"name": "kit", "version": "3.1.0"}'}
    )
    assert [(item.own, item.version) for item in made.members] == [("kit", "3.1.0")]
