"""The locks of an earlier commit, read out of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.git import Checkout
from maximus.sbom.past import scan_at
from maximus.sbom.scan import scan
from tests.lib.sbom.samples import make
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path

_LOCK = """__metadata:
  version: 8

"left@npm:^1.0.0":
  version: 1.2.3
  resolution: "left@npm:1.2.3"

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    left: "catalog:"
"""


def test_the_past_knows_the_catalogs_that_the_present_knows(tmp_path: Path) -> None:
    """One commit says the same out of git and from the disk: else a comparison tells of changes in nothing."""
    make(tmp_path, {"yarn.lock": _LOCK, ".yarnrc.yml": "catalog:\n  left: ^1.0.0\n"})
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit_all(tmp_path, "first")
    now = dict(scan(tmp_path).readings)["yarn.lock"]
    assert [link.source for link in now.links] == ["app@workspace:."]
    assert dict(scan_at(Checkout(tmp_path), "HEAD", "", "v1").readings)["yarn.lock"] == now


def test_the_past_knows_the_sums_of_another_list_of_modules(tmp_path: Path) -> None:
    """Without them nothing would be ruled out, and each hash would be one more difference."""
    make(
        tmp_path,
        {
            "vendor.mod": "module x\n\ngo 1.22\n\nrequire a.example/b v1.0.0\n",
            "vendor.sum": "a.example/b v1.0.0 h1:x=\n",
        },
    )
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit_all(tmp_path, "first")
    now = dict(scan(tmp_path).readings)["vendor.mod"]
    assert [fact.value for item in now.packages for fact in item.facts] == ["h1:x="]
    assert dict(scan_at(Checkout(tmp_path), "HEAD", "", "v1").readings)["vendor.mod"] == now
