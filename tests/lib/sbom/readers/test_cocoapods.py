"""`Podfile.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sha1

if TYPE_CHECKING:
    from pathlib import Path


def test_subspecs_are_parts_of_one_pod(tmp_path: Path) -> None:
    """Two subspecs of a pod are one component; which of them are used is a note."""
    firebase = by_name(inventory_of(tmp_path, MORE_SAMPLES["cocoapods"]))["Firebase 10.28.0"]
    assert firebase.notes == (("cocoapods:subspec", "Core"), ("cocoapods:subspec", "CoreOnly"))


def test_a_podspec_s_checksum_is_no_hash_of_a_file(tmp_path: Path) -> None:
    """It goes out under its own name and never as the digest of what is distributed."""
    alamofire = by_name(inventory_of(tmp_path, MORE_SAMPLES["cocoapods"]))["Alamofire 5.9.1"]
    assert [(fact.name, fact.value) for fact in alamofire.facts] == [("cocoapods:podspec-sha1", sha1("alamofire"))]
    assert alamofire.artifacts == ()


def test_needs_and_sources(tmp_path: Path) -> None:
    """Edges are those of the lock; a path is a part of the tree; a need that is not there is told."""
    made = inventory_of(tmp_path, MORE_SAMPLES["cocoapods"])
    assert edges_of(made) == {
        (".", "/Local"),
        (".", "Alamofire 5.9.1"),
        (".", "Firebase 10.28.0"),
        (".", "Patched 1.0.0"),
        ("Firebase 10.28.0", "GoogleUtilities 7.13.3"),
    }
    assert [item.text for item in made.findings] == ["Gone is needed on another platform and not locked"]


def test_what_a_whole_lock_lacks_is_of_another_platform(tmp_path: Path) -> None:
    """A pod for two platforms names the needs of both, and only one's are there: nothing is missing."""
    text = "PODS:\n  - Flutter (1.0.0)\n  - links (6.4.1):\n    - Flutter\n    - FlutterMacOS\n"
    (whole,) = inventory_of(tmp_path / "whole", {"Podfile.lock": f"{text}\nCOCOAPODS: 1.16.2\n"}).findings
    assert (whole.text, whole.lost) == ("FlutterMacOS is needed on another platform and not locked", False)
    (cut,) = inventory_of(tmp_path / "cut", {"Podfile.lock": text}).findings
    assert (cut.text, cut.lost) == ("FlutterMacOS is needed and not locked", True)
