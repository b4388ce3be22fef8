"""`libs.versions.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import CATALOG, GRADLE_VERIFICATION, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_a_catalog_s_libraries_and_plugins(tmp_path: Path) -> None:
    """In every spelling; a version by its name, a preference inside a range; a plugin is its marker, for building."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["gradle-catalog"]))
    assert {name: item.scopes for name, item in found.items()} == {
        "com.google.guava:guava 33.2.1-jre": (Scope.RUNTIME,),
        "com.fasterxml.jackson.core:jackson-core 2.17.1": (Scope.RUNTIME,),
        "io.netty:netty-all 4.1.110": (Scope.RUNTIME,),
        "com.acme:edge 1.0-SNAPSHOT": (Scope.RUNTIME,),
        "com.acme.shadow:com.acme.shadow.gradle.plugin 8.1.1": (Scope.BUILD,),
        "com.acme.short:com.acme.short.gradle.plugin 2.0": (Scope.BUILD,),
    }
    assert not found["com.acme:edge 1.0-SNAPSHOT"].is_exact
    assert [place.line for place in found["io.netty:netty-all 4.1.110"].locations] == [9]
    assert not any(item.direct for item in found.values())


def test_what_a_catalog_leaves_open_is_told(tmp_path: Path) -> None:
    """Ranges, what a platform decides, and that it is no lock."""
    made = inventory_of(tmp_path, MORE_SAMPLES["gradle-catalog"])
    assert [(item.kind, item.text.partition(" ")[0], item.location.line) for item in made.findings] == [
        ("not-locked", "a", 0),
        ("unpinned", "org.junit:junit-api", 10),
        ("unpinned", "com.acme:wide", 11),
        ("unpinned", "com.acme:newest", 12),
    ]


def test_what_gradle_verifies_has_its_digests(tmp_path: Path) -> None:
    """The file with them lies beside the catalog."""
    files = MORE_SAMPLES["gradle-catalog"] | {"gradle/verification-metadata.xml": GRADLE_VERIFICATION}
    found = by_name(inventory_of(tmp_path, files))
    digests = [digest.value for item in found["com.google.guava:guava 33.2.1-jre"].artifacts for digest in item.digests]
    assert sha256("guava") in digests
    assert found["io.netty:netty-all 4.1.110"].artifacts == ()


@pytest.mark.parametrize("lock", ["app/gradle.lockfile", "gradle.lockfile"])
def test_a_lock_says_what_a_catalog_s_versions_became(tmp_path: Path, lock: str) -> None:
    """The catalog of a build with locks is not read; one beside that build is."""
    locked = {lock: "com.google.guava:guava:33.3.0-jre=runtimeClasspath\n"}
    made = inventory_of(tmp_path / "locked", locked | {"gradle/libs.versions.toml": CATALOG})
    assert set(by_name(made)) == {"com.google.guava:guava 33.3.0-jre"}
    other = inventory_of(tmp_path / "beside", locked | {"other/gradle/libs.versions.toml": CATALOG})
    assert "io.netty:netty-all 4.1.110" in by_name(other)


@pytest.mark.parametrize("text", ["", "libraries = 1\n", "[libraries]\na = 1\nb = {}\nc = ''\n[plugins]\nd = []\n"])
def test_what_is_no_catalog_names_nothing(tmp_path: Path, text: str) -> None:
    """No traceback, and no package without a name."""
    assert inventory_of(tmp_path, {"gradle/libs.versions.toml": text}).components == ()
