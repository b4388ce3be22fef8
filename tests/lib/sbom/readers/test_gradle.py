"""`gradle.lockfile` and `verification-metadata.xml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import GRADLE, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_verified_digests_belong_to_the_jar(tmp_path: Path) -> None:
    """The digests that Gradle holds files to are the files' own; descriptions of a module are not counted."""
    made = inventory_of(tmp_path, MORE_SAMPLES["gradle"])
    guava = by_name(made)["com.google.guava:guava 33.2.1-jre"]
    assert guava.purl == "pkg:maven/com.google.guava/guava@33.2.1-jre"
    assert [(item.file, item.digests[0].value) for item in guava.artifacts] == [
        ("guava-33.2.1-jre.jar", sha256("guava"))
    ]
    assert "gradle/verification-metadata.xml" in made.locks


def test_a_snapshot_is_not_exact(tmp_path: Path) -> None:
    """What is published again and again under one version counts as no exact version."""
    edge = by_name(inventory_of(tmp_path, MORE_SAMPLES["gradle"]))["com.acme:edge 1.0-SNAPSHOT"]
    assert not edge.is_exact
    assert edge.version == "1.0-SNAPSHOT"


def test_configurations_are_scopes(tmp_path: Path) -> None:
    """Class paths of tests are for tests; the lock of a build script is for building."""
    found = by_name(inventory_of(tmp_path, {"gradle.lockfile": GRADLE}))
    assert found["org.junit.jupiter:junit-jupiter 5.10.3"].scopes == (Scope.TEST,)
    script = inventory_of(tmp_path / "b", {"buildscript-gradle.lockfile": "a.b:c:1=classpath\n"})
    assert by_name(script)["a.b:c 1"].scopes == (Scope.BUILD,)


def test_a_line_that_is_no_entry_is_told(tmp_path: Path) -> None:
    """Nothing in a lock is passed over without a word."""
    made = inventory_of(tmp_path, {"gradle.lockfile": "a:b:1=runtimeClasspath\nrubbish\n"})
    assert [(item.kind, item.location.line) for item in made.findings] == [("ignored", 2)]


def test_broken_verification_metadata_costs_only_the_digests(tmp_path: Path) -> None:
    """The versions are still listed, and a finding says what was not read."""
    made = inventory_of(
        tmp_path, {"gradle.lockfile": "a:b:1=runtimeClasspath\n", "gradle/verification-metadata.xml": "<a>"}
    )
    assert "a:b 1" in by_name(made)
    assert [item.location.path for item in made.findings] == ["gradle/verification-metadata.xml"]


@pytest.mark.parametrize("name", ["settings-gradle.lockfile", "buildscript-gradle.lockfile"])
def test_what_the_build_itself_uses_is_for_building(tmp_path: Path, name: str) -> None:
    """Plugins of the settings and of the build script."""
    made = inventory_of(tmp_path, {name: "com.acme:plugin:1.0=classpath\nempty=\n"})
    assert by_name(made)["com.acme:plugin 1.0"].scopes == (Scope.BUILD,)


def test_older_locks_are_one_a_configuration(tmp_path: Path) -> None:
    """Gradle before 6.8 wrote them; what several name is one component, of the weightiest scope."""
    head = "# This is a Gradle generated file for dependency locking.\n"
    files = {
        "app/gradle/dependency-locks/runtimeClasspath.lockfile": f"{head}com.acme:core:1.0\n",
        "app/gradle/dependency-locks/testRuntimeClasspath.lockfile": f"{head}com.acme:core:1.0\norg.junit:junit:4.13\n",
        "app/gradle/dependency-locks/jacocoAgent.lockfile": f"{head}org.jacoco:agent:0.8\n",
    }
    found = by_name(inventory_of(tmp_path, files))
    assert {name: item.scopes[0] for name, item in found.items()} == {
        "com.acme:core 1.0": Scope.RUNTIME, "org.junit:junit 4.13": Scope.TEST, "org.jacoco:agent 0.8": Scope.BUILD
    }  # fmt: skip
