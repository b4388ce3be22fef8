"""`dependencies.lock` of Nebula's plugin for Gradle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import GRADLE_VERIFICATION, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, make, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_configurations_are_scopes_and_who_brings_what_are_edges(tmp_path: Path) -> None:
    """A project of the tree is no package, and what it brings hangs on the tree."""
    made = inventory_of(tmp_path, MORE_SAMPLES["nebula"])
    assert {name: item.scopes[0] for name, item in by_name(made).items()} == {
        "com.google.guava:guava 33.2.1-jre": Scope.RUNTIME,
        "com.google.guava:failureaccess 1.0.2": Scope.TEST,
        "org.slf4j:slf4j-api 2.0.13": Scope.TEST,
    }
    assert edges_of(made) == {
        (".", "com.google.guava:guava 33.2.1-jre"),
        (".", "org.slf4j:slf4j-api 2.0.13"),
        ("com.google.guava:guava 33.2.1-jre", "com.google.guava:failureaccess 1.0.2"),
    }
    lines = [place.line for place in by_name(made)["com.google.guava:guava 33.2.1-jre"].locations]
    assert lines == [3, 17]


def test_what_gradle_verifies_has_its_digests(tmp_path: Path) -> None:
    """As for Gradle's own locks."""
    files = MORE_SAMPLES["nebula"] | {"gradle/verification-metadata.xml": GRADLE_VERIFICATION}
    guava = by_name(inventory_of(tmp_path, files))["com.google.guava:guava 33.2.1-jre"]
    assert sha256("guava") in [digest.value for item in guava.artifacts for digest in item.digests]


@pytest.mark.parametrize(
    "text", ["", "guava 1.0\n", "[]", '{"dependencies": {}}', '{"a": {"b:c": {"locked": 5}}, "d": "locked"}']
)
def test_a_file_of_another_tool_is_left_alone(tmp_path: Path, text: str) -> None:
    """Many things are called so: no fault, and no package."""
    found = scan.scan(make(tmp_path, {"dependencies.lock": text}))
    assert (found.faults, [reading.packages for _, reading in found.readings if reading.packages]) == ((), [])
