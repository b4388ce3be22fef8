"""`pnpm-lock.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.samples import PNPM_9, SAMPLES, by_name, edges_of, inventory_of, sha512, sri

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("version", ["pnpm-5", "pnpm-6", "pnpm-9"])
def test_reads_the_keys_of_each_version(tmp_path: Path, version: str) -> None:
    """Slashes, underscores, parentheses: the same packages and edges come out of each notation."""
    made = inventory_of(tmp_path, SAMPLES[version])
    found = by_name(made)
    assert {"@scope/real 2.0.1", "loose-envify 1.4.0", "react 18.3.1", "react-dom 18.3.1"} <= set(found)
    assert found["react 18.3.1"].artifacts[0].digests[0].value == sha512("react")
    assert {
        (".", "@scope/real 2.0.1"),
        (".", "react-dom 18.3.1"),
        ("react-dom 18.3.1", "react 18.3.1"),
        ("react-dom 18.3.1", "loose-envify 1.4.0"),
        ("react 18.3.1", "loose-envify 1.4.0"),
    } <= edges_of(made)
    assert {name for name, item in found.items() if item.direct} >= {"@scope/real 2.0.1", "react-dom 18.3.1"}


def test_a_workspace_is_a_part_of_the_tree(tmp_path: Path) -> None:
    """An importer is no component; what it needs hangs on it."""
    made = inventory_of(tmp_path, SAMPLES["pnpm-9"])
    assert [member.own for member in made.members] == ["packages/lib"]
    assert ("/packages/lib", "fork 0.0.9") in edges_of(made)


def test_the_line_is_that_of_the_package(tmp_path: Path) -> None:
    """A place in the lock is the line where its entry begins."""
    react = by_name(inventory_of(tmp_path, SAMPLES["pnpm-9"]))["react 18.3.1"]
    assert PNPM_9.split("\n")[react.locations[0].line - 1] == "  react@18.3.1:"


def test_several_documents_are_all_read(tmp_path: Path) -> None:
    """A lock may begin with a document for pnpm's own configuration; neither hides the other."""
    own = """lockfileVersion: '9.0'
importers:
  .:
    configDependencies:
      settings:
        specifier: 1.0.0
        version: 1.0.0
packages:
  settings@1.0.0:
    resolution: {integrity: sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=}
snapshots:
  settings@1.0.0: {}
"""
    made = inventory_of(tmp_path, {"pnpm-lock.yaml": f"---\n{own}---\n{PNPM_9}"})
    assert {"settings 1.0.0", "react 18.3.1"} <= set(by_name(made))
    assert by_name(made)["settings 1.0.0"].scopes == (Scope.BUILD,)


def test_the_same_version_with_other_peers_is_one_component(tmp_path: Path) -> None:
    """Peers tell installations apart, not packages: one component with the needs of both."""
    lock = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: {specifier: '1', version: 1.0.0(b@1.0.0)}
  x:
    dependencies:
      a: {specifier: '1', version: 1.0.0(b@2.0.0)}
packages:
  a@1.0.0: {resolution: {integrity: sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=}}
  b@1.0.0: {resolution: {integrity: sha1-BAAAAAAAAAAAAAAAAAAAAAAAAAA=}}
  b@2.0.0: {resolution: {integrity: sha1-CAAAAAAAAAAAAAAAAAAAAAAAAAA=}}
snapshots:
  a@1.0.0(b@1.0.0):
    dependencies: {b: 1.0.0}
  a@1.0.0(b@2.0.0):
    dependencies: {b: 2.0.0}
  b@1.0.0: {}
  b@2.0.0: {}
"""
    made = inventory_of(tmp_path, {"pnpm-lock.yaml": lock})
    assert sorted(by_name(made)) == ["a 1.0.0", "b 1.0.0", "b 2.0.0"]
    assert {("a 1.0.0", "b 1.0.0"), ("a 1.0.0", "b 2.0.0")} <= edges_of(made)


def test_a_member_has_the_version_of_its_own_manifest(tmp_path: Path) -> None:
    """The lock names the folders alone; the version of the release is not that of each part."""
    lock = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  packages/lib: {}\n\n  packages/bare: {}\n"
    manifest = '{"name": "@octo/lib", "version": "4.5.6"}'
    made = inventory_of(tmp_path, {"pnpm-lock.yaml": lock, "packages/lib/package.json": manifest})
    assert [(item.own, item.full_name, item.version) for item in made.members] == [
        ("packages/bare", "bare", made.root.version),
        ("packages/lib", "@octo/lib", "4.5.6"),
    ]


def test_a_folder_has_its_own_version_and_a_runtime_is_no_package_of_npm(tmp_path: Path) -> None:
    """`file:` names no version; `node@runtime:` is Node itself, a file for each platform."""
    build = f"https://files.example/node-v22.1.0-linux-x64.tar.gz, integrity: {sri('node')}"
    lock = f"""lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      kit:
        specifier: file:kit
        version: file:kit
    devDependencies:
      node:
        specifier: runtime:^22.0.0
        version: runtime:22.1.0

packages:

  kit@file:kit:
    resolution: {{directory: kit, type: directory}}

  node@runtime:22.1.0:
    resolution:
      type: variations
      variants:
      - resolution: {{type: binary, url: {build}}}
        targets: [{{cpu: x64, os: linux}}]
    version: 22.1.0

snapshots:

  kit@file:kit: {{}}

  node@runtime:22.1.0: {{}}
"""
    manifest = '{"name": "kit", "version": "3.1.0"}'
    made = inventory_of(tmp_path, {"pnpm-lock.yaml": lock, "kit/package.json": manifest})
    assert [(item.own, item.full_name, item.version) for item in made.members] == [("kit", "kit", "3.1.0")]
    (node,) = made.components
    assert (node.purl, node.scopes, node.direct) == ("pkg:generic/node@22.1.0", (Scope.DEV,), True)
    assert [(item.file, len(item.digests)) for item in node.artifacts] == [("node-v22.1.0-linux-x64.tar.gz", 1)]
