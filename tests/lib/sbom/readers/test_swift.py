"""`Package.resolved`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["swift-1", "swift-2"])
def test_a_package_is_named_by_its_repository(tmp_path: Path, name: str) -> None:
    """Host and path are the name, the tag is the version, the commit stands beside it."""
    nio = by_name(inventory_of(tmp_path, MORE_SAMPLES[name]))["git.example/apple/swift-nio 2.65.0"]
    assert nio.purl == "pkg:swift/git.example/apple/swift-nio@2.65.0"
    assert ("swift:revision", COMMIT) in nio.notes
    assert not nio.is_distributed
    assert nio.producer is not None
    assert nio.producer.derived


def test_a_branch_is_its_commit(tmp_path: Path) -> None:
    """A pin on a branch has no version but a commit."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["swift-2"]))
    assert f"git.example/acme/tracing {COMMIT}" in found


def test_a_folder_of_somebody_s_machine_is_told(tmp_path: Path) -> None:
    """A local pin names a path outside the tree: it is left out and said."""
    made = inventory_of(tmp_path, MORE_SAMPLES["swift-2"])
    assert [item.kind for item in made.findings] == ["ignored"]


def test_a_package_of_a_registry_has_no_address(tmp_path: Path) -> None:
    """Scope and name are its name: it lies in no folder of a machine."""
    text = """{
  "pins" : [
    {
      "identity" : "mona.LinkedList",
      "kind" : "registry",
      "location" : "",
      "state" : { "version" : "1.2.0" }
    }
  ],
  "version" : 3
}"""
    made = inventory_of(tmp_path, {"Package.resolved": text})
    assert [(item.purl, item.locations[0].line) for item in made.components] == [("pkg:swift/mona/LinkedList@1.2.0", 4)]
    assert made.findings == ()
