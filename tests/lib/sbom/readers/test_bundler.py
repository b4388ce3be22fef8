"""`Gemfile.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.model import Known
from tests.lib.sbom.more_samples import COMMIT, GEMFILE, MORE_SAMPLES
from tests.lib.sbom.samples import edges_of, inventory_of, make, reading_of, sha256, sha512

if TYPE_CHECKING:
    from pathlib import Path


def test_a_platform_is_a_file_of_its_own(tmp_path: Path) -> None:
    """The same version for two platforms is two components, each with the digest of its own file."""
    made = inventory_of(tmp_path, MORE_SAMPLES["bundler"])
    found = {str(item.purl): item for item in made.components if item.name == "nokogiri"}
    linux = found["pkg:gem/nokogiri@1.16.5?platform=x86_64-linux"]
    assert set(found) == {str(linux.purl), "pkg:gem/nokogiri@1.16.5?platform=arm64-darwin"}
    assert [(item.file, item.digests[0].value) for item in linux.artifacts] == [
        ("nokogiri-1.16.5-x86_64-linux.gem", sha256("nokogiri linux"))
    ]
    assert (
        linux.artifacts[0].digests[0].origin.location.line
        == GEMFILE.split("\n").index(f"  nokogiri (1.16.5-x86_64-linux) sha256={sha256('nokogiri linux')}") + 1
    )


def test_sources_are_told_apart(tmp_path: Path) -> None:
    """A path is a part of the tree, a repository is a commit without a file, a checksum may be missing."""
    made = inventory_of(tmp_path, MORE_SAMPLES["bundler"])
    assert [item.own for item in made.members] == ["engines/shop"]
    widgets = next(item for item in made.components if item.name == "widgets")
    assert COMMIT in widgets.purl
    assert not widgets.is_distributed
    rails = next(item for item in made.components if item.name == "rails")
    assert rails.artifacts == ()


def test_indentation_tells_who_needs_whom(tmp_path: Path) -> None:
    """Needs stand below a gem, what the project asks for in a section of its own; Bundler itself is no need."""
    made = inventory_of(tmp_path, MORE_SAMPLES["bundler"])
    assert edges_of(made) == {
        (".", "/engines/shop"),
        (".", "rails 7.1.3.4"),
        (".", "widgets 0.3.0"),
        ("/engines/shop", "rails 7.1.3.4"),
        ("nokogiri 1.16.5", "racc 1.8.0"),
        ("rails 7.1.3.4", "nokogiri 1.16.5"),
        ("rails 7.1.3.4", "rack 3.0.11"),
        ("widgets 0.3.0", "rack 3.0.11"),
    }
    assert {item.edges for item in made.components} == {Known.COMPLETE}


def test_a_need_that_is_not_locked_is_told(tmp_path: Path) -> None:
    """The gem's needs are then incomplete, and a finding names the one that is missing."""
    reading = reading_of(tmp_path, {"gems.locked": "GEM\n  specs:\n    a (1.0)\n      b\n\nDEPENDENCIES\n  a\n"})
    assert [(item.kind, item.text) for item in reading.findings] == [("unresolved", "b is needed and not locked")]
    assert reading.packages[0].edges is Known.INCOMPLETE


@pytest.mark.parametrize("text", ["", "\n", "source 'https://registry.example'\ngem 'rails'\n"])
def test_a_file_without_a_section_is_no_lock(tmp_path: Path, text: str) -> None:
    """An empty one is what a broken run leaves behind, and would pass for a project without gems."""
    (fault,) = scan.scan(make(tmp_path, {"Gemfile.lock": text})).faults
    assert (fault.code, fault.why) == ("SBOM005", "it has no section of a lock")
    found = scan.scan(make(tmp_path, {"Gemfile.lock": "GEM\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n"}))
    assert found.faults == ()


def test_a_gem_may_have_several_checksums(tmp_path: Path) -> None:
    """Bundler writes those of different algorithms beside one another."""
    both = f"sha256={sha256('rack')},sha512={sha512('rack')}"
    text = f"GEM\n  remote: https://registry.example/\n  specs:\n    rack (3.1.0)\n\nCHECKSUMS\n  rack (3.1.0) {both}\n"
    (rack,) = inventory_of(tmp_path, {"Gemfile.lock": text}).components
    assert {item.algorithm: item.value for item in rack.artifacts[0].digests} == {
        "SHA-256": sha256("rack"), "SHA-512": sha512("rack")
    }  # fmt: skip
