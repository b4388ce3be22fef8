"""`yarn.lock`, of yarn 1 and of berry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom import scan
from maximus.sbom.model import Known, Scope
from tests.lib.sbom.samples import SAMPLES, YARN_1, by_name, edges_of, inventory_of, make, sha1, sha512

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_yarn_1(tmp_path: Path) -> None:
    """Entries with several ranges are one component; an alias has its real name."""
    made = inventory_of(tmp_path, SAMPLES["yarn-1"])
    assert sorted(by_name(made)) == ["@scope/real 2.0.1", "fork 0.0.9", "left 1.2.3", "shared 1.0.0"]
    assert edges_of(made) == {
        (".", "/packages/lib"),
        (".", "@scope/real 2.0.1"),
        (".", "left 1.2.3"),
        ("/packages/lib", "fork 0.0.9"),
        ("left 1.2.3", "@scope/real 2.0.1"),
        ("left 1.2.3", "shared 1.0.0"),
    }
    assert by_name(made)["fork 0.0.9"].scopes == (Scope.DEV,)


def test_an_old_address_carries_the_sha_1(tmp_path: Path) -> None:
    """Before there was integrity, the tarball's SHA-1 stood behind the address; it is stated as what it is."""
    left = by_name(inventory_of(tmp_path, SAMPLES["yarn-1"]))["left 1.2.3"]
    assert [(item.algorithm, item.value) for item in left.artifacts[0].digests] == [("SHA-1", sha1("left"))]
    assert left.artifacts[0].url == "https://registry.example/left/-/left-1.2.3.tgz"


def test_without_a_manifest_nothing_is_said_to_be_direct(tmp_path: Path) -> None:
    """The first yarn does not say what the project needs itself."""
    made = inventory_of(tmp_path, {"yarn.lock": YARN_1})
    assert not any(item.direct for item in made.components)
    assert made.root.edges is Known.INCOMPLETE


def test_reads_berry(tmp_path: Path) -> None:
    """Workspaces are parts of the tree; a patched package is the package, once."""
    made = inventory_of(tmp_path, SAMPLES["yarn-berry"])
    assert sorted(by_name(made)) == [
        "@scope/real 2.0.1",
        "fork 0.0.9",
        "left 1.2.3",
        "shared 1.0.0",
        "typescript 5.5.3",
    ]
    assert ("left 1.2.3", "shared 1.0.0") in edges_of(made)
    assert ("/packages/lib", "fork 0.0.9") in edges_of(made)
    assert ("npm:patched", "true") in by_name(made)["typescript 5.5.3"].notes


def test_berrys_checksum_is_no_hash_of_a_file(tmp_path: Path) -> None:
    """It is of a zip that yarn packs: kept under its own name, and the hash stays unknown."""
    left = by_name(inventory_of(tmp_path, SAMPLES["yarn-berry"]))["left 1.2.3"]
    assert left.artifacts == ()
    assert [(fact.name, fact.value) for fact in left.facts] == [("yarn:checksum", f"10c0/{sha512('left')}")]
    assert "Component Hash Value" in {gap.field for gap in left.gaps}


def test_the_manifest_tells_berrys_development_needs(tmp_path: Path) -> None:
    """The lock lists a workspace's needs as one; its `package.json` tells which are for development."""
    manifest = '{"name": "app", "dependencies": {"left": "^1.0.0"}, "devDependencies": {"typescript": "^5.0.0"}}'
    made = inventory_of(tmp_path, {**SAMPLES["yarn-berry"], "package.json": manifest})
    assert by_name(made)["typescript 5.5.3"].scopes == (Scope.DEV,)


def test_a_line_of_another_notation_is_a_fault(tmp_path: Path) -> None:
    """A lock that yarn did not write, such as one with a conflict's marks in it, is named with the line."""
    found = scan.scan(make(tmp_path, {"yarn.lock": YARN_1 + "<<<<<<< HEAD\n"}))
    with pytest.raises(Error, match="not in yarn's notation"):
        raise found.faults[0]
    assert found.faults[0].where == f"yarn.lock:{YARN_1.count(chr(10)) + 1}"


@pytest.mark.parametrize("berry", [False, True])
def test_what_the_project_resolves_otherwise_is_what_a_package_needs(tmp_path: Path, *, berry: bool) -> None:
    """`resolutions` for everybody, for one parent and for one range: the lock has only what they lead to."""
    manifest = """{
  "name": "shop", "version": "1.0.0", "workspaces": [],
  "dependencies": {"tool": "^1.0.0", "other": "^1.0.0", "@scope/cli": "^1.0.0"},
  "resolutions": {
    "pg": "8.11.3", "@scope/cli/react": "^17.0.1", "**/deep": "2.0.0", "narrow@npm:^1.0.0": "1.5.0",
    "": "1", "a/b/c": "1"
  }
}"""
    needs = {
        "tool": {"pg": "^8.0.0", "react": "^18.0.0", "narrow": "^1.0.0"},
        "other": {"narrow": "^3.0.0", "deep": "^9.0.0"},
        "@scope/cli": {"react": "^18.0.0"},
    }
    versions = [("pg", "8.11.3", "8.11.3"), ("react", "^17.0.1", "17.0.2"), ("react", "^18.0.0", "18.3.1"),
                ("deep", "2.0.0", "2.0.0"), ("narrow", "1.5.0", "1.5.0"), ("narrow", "^3.0.0", "3.0.0"),
                *((name, "^1.0.0", "1.0.0") for name in needs)]  # fmt: skip
    text = "__metadata:\n  version: 8\n\n" if berry else "# yarn lockfile v1\n\n"
    for name, asked, version in versions:
        if berry:
            text += f'"{name}@npm:{asked}":\n  version: {version}\n  resolution: "{name}@npm:{version}"\n'
        else:
            text += f'"{name}@{asked}":\n  version "{version}"\n'
            text += f'  resolved "https://registry.example/{name}/-/x-{version}.tgz"\n'
        if name in needs:
            lines = (f'    "{need}": "npm:{want}"\n' if berry else f'    "{need}" "{want}"\n'
                     for need, want in needs[name].items())  # fmt: skip
            text += "  dependencies:\n" + "".join(lines)
        text += "\n"
    made = inventory_of(tmp_path, {"yarn.lock": text, "package.json": manifest})
    assert made.findings == ()
    assert edges_of(made) >= {
        ("tool 1.0.0", "pg 8.11.3"),
        ("tool 1.0.0", "react 18.3.1"),
        ("tool 1.0.0", "narrow 1.5.0"),
        ("other 1.0.0", "narrow 3.0.0"),
        ("other 1.0.0", "deep 2.0.0"),
        ("@scope/cli 1.0.0", "react 17.0.2"),
    }
    assert ("@scope/cli 1.0.0", "react 18.3.1") not in edges_of(made)


def _berry(*entries: tuple[str, str, str, str]) -> str:
    """Return a lock of berry with these entries: descriptors, version, resolution, and lines of needs."""
    made = "__metadata:\n  version: 8\n"
    for descriptors, version, resolution, needs in entries:
        made += f'\n"{descriptors}":\n  version: {version}\n  resolution: "{resolution}"\n'
        made += f"  dependencies:\n{needs}" if needs else ""
    return made


def test_a_catalog_of_the_settings_says_what_a_need_was_resolved_to(tmp_path: Path) -> None:
    """The lock says `catalog:`; the range stands in `.yarnrc.yml`, in the default catalog or in a named one."""
    lock = _berry(
        ("left@npm:^1.0.0", "1.2.3", "left@npm:1.2.3", ""),
        ("left@npm:^2.0.0", "2.0.1", "left@npm:2.0.1", ""),
        ("shared@npm:1.0.0", "1.0.0", "shared@npm:1.0.0", ""),
        ("app@workspace:.", "0.0.0-use.local", "app@workspace:.", '    left: "catalog:"\n    shared: "catalog:dev"\n'),
    )
    settings = "nodeLinker: node-modules\ncatalog:\n  left: ^2.0.0\ncatalogs:\n  dev:\n    shared: 1.0.0\n"
    made = inventory_of(tmp_path, {"yarn.lock": lock, ".yarnrc.yml": settings})
    assert {(".", "left 2.0.1"), (".", "shared 1.0.0")} <= edges_of(made)
    assert made.findings == ()
    assert {item.purl: item.direct for item in made.components} == {
        "pkg:npm/left@1.2.3": False,
        "pkg:npm/left@2.0.1": True,
        "pkg:npm/shared@1.0.0": True,
    }


@pytest.mark.parametrize("settings", ["", "catalog: [", "catalog: 1\ncatalogs: 2\n", "catalogs:\n  dev: 1\n"])
def test_a_need_of_a_catalog_that_is_not_there_is_told(tmp_path: Path, settings: str) -> None:
    """Without settings, or with some that say nothing of it, nobody knows what was meant."""
    needs = '    left: "catalog:"\n'
    lock = _berry(
        ("left@npm:^1.0.0", "1.2.3", "left@npm:1.2.3", ""),
        ("app@workspace:.", "0.0.0-use.local", "app@workspace:.", needs),
    )
    made = inventory_of(tmp_path, {"yarn.lock": lock, ".yarnrc.yml": settings})
    assert [finding.text for finding in made.findings] == ["left is needed and not locked"]


def test_a_linked_folder_is_found_from_the_workspace_that_asks_for_it(tmp_path: Path) -> None:
    """Two workspaces reach one folder by different paths: it is one part of the tree, whatever it is asked for as."""
    root, member = "app%40workspace%3A.", "%40octo%2Flib%40workspace%3Apackages%2Flib"
    own = "0.0.0-use.local"
    lock = _berry(
        (f"$kit@link:../../kit::locator={member}", own, f"$kit@link:../../kit::locator={member}", ""),
        (f"$kit@link:./kit::locator={root}", own, f"$kit@link:./kit::locator={root}", ""),
        ("@octo/lib@workspace:packages/lib", own, "@octo/lib@workspace:packages/lib", '    $kit: "link:../../kit"\n'),
        ("app@workspace:.", own, "app@workspace:.", '    $kit: "link:./kit"\n'),
    )
    files = {"yarn.lock": lock, "kit/package.json": '{"name": "kit", "version": "3.1.0"}'}
    files["packages/lib/package.json"] = '{"name": "@octo/lib", "version": "2.0.0"}'
    made = inventory_of(tmp_path, files)
    assert [(item.own, item.full_name, item.version) for item in made.members] == [
        ("kit", "kit", "3.1.0"),
        ("packages/lib", "@octo/lib", "2.0.0"),
    ]
    assert ("/packages/lib", "/kit") in edges_of(made)
    assert made.components == ()
    assert made.findings == ()


def test_a_link_to_no_package_is_none(tmp_path: Path) -> None:
    """`link:./nope` in `resolutions` takes a package away: it is neither a part of the tree nor missing."""
    manifest = '{"name": "app", "resolutions": {"@types/left": "link:./nope"}}'
    key = "@types/left@link:./nope::locator=app%40workspace%3A."
    lock = _berry(
        (key, "0.0.0-use.local", key, ""),
        ("left@npm:^1.0.0", "1.2.3", "left@npm:1.2.3", '    "@types/left": "npm:^4.0.0"\n'),
        ("app@workspace:.", "0.0.0-use.local", "app@workspace:.", '    left: "npm:^1.0.0"\n'),
    )
    made = inventory_of(tmp_path, {"yarn.lock": lock, "package.json": manifest})
    assert made.members == ()
    assert made.findings == ()
    assert [item.purl for item in made.components] == ["pkg:npm/left@1.2.3"]
    assert made.components[0].edges is Known.COMPLETE


def test_a_packed_file_in_the_tree_is_a_package_and_no_part_of_the_tree(tmp_path: Path) -> None:
    """`file:` leads to a folder of the tree, or to a tarball of somebody's with a version of its own."""
    place = "app%40workspace%3A."
    lock = _berry(
        (
            f"left@file:vendor/left-1.2.3.tgz::locator={place}",
            "1.2.3",
            f"left@file:vendor/left-1.2.3.tgz#vendor/left-1.2.3.tgz::hash=abcdef&locator={place}",
            "",
        ),
        ("app@workspace:.", "0.0.0-use.local", "app@workspace:.", '    left: "file:vendor/left-1.2.3.tgz"\n'),
    )
    made = inventory_of(tmp_path, {"yarn.lock": lock})
    assert made.members == ()
    assert edges_of(made) == {(".", "left 1.2.3")}
    assert [artifact.file for artifact in made.components[0].artifacts] == ["left-1.2.3.tgz"]


def test_what_a_plugin_makes_is_no_package_and_what_it_needs_is_needed_instead(tmp_path: Path) -> None:
    """A protocol that yarn itself does not know: its entries stand for others, through one another too."""
    made_up = "left@either:A ? ^2.0.0 : ^1.0.0"
    lock = _berry(
        (
            made_up,
            "0.0.0-either-1",
            "left@either:A?^2.0.0:^1.0.0#1",
            '    left-B: "either:B"\n    left-C: "npm:left@^2"\n',
        ),
        (
            "left-B@either:B",
            "0.0.0-either-2",
            "left-B@either:B#2",
            f'    left-D: "npm:left@^1"\n    left: "{made_up[5:]}"\n',
        ),
        ("left-D@npm:left@^1", "1.2.3", "left@npm:1.2.3", ""),
        ("left-C@npm:left@^2", "2.0.1", "left@npm:2.0.1", ""),
        ("app@workspace:.", "0.0.0-use.local", "app@workspace:.", f'    left: "{made_up[5:]}"\n'),
    )
    made = inventory_of(tmp_path, {"yarn.lock": lock})
    assert edges_of(made) == {(".", "left 1.2.3"), (".", "left 2.0.1")}
    assert len(made.components) == 2
    assert [(item.kind, item.lost) for item in made.findings] == [("ignored", False)]
    assert "makes 2 entries by its protocol `either`" in made.findings[0].text


@pytest.mark.parametrize("wanted", ["octo/left", "https://codeload.example/octo/left/tar.gz/main"])
def test_what_yarn_1_takes_from_elsewhere_is_not_the_package_of_that_name(tmp_path: Path, wanted: str) -> None:
    """A fork that is packed by its host has no integrity: its address is a part of its purl."""
    url = f"https://codeload.example/octo/left/tar.gz/{'c' * 40}"
    lock = f'# yarn lockfile v1\n\n\nleft@{wanted}:\n  version "1.2.3"\n  resolved "{url}"\n'
    (left,) = inventory_of(tmp_path, {"yarn.lock": lock.replace(f"left@{wanted}:", f'"left@{wanted}":')}).components
    assert left.purl == f"pkg:npm/left@1.2.3?download_url={url}"
