"""Archives of Java and Java runtimes that lie in a tree."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from maximus.sbom import limits, scan, tree
from maximus.sbom.model import Kind
from tests.lib.sbom.further_samples import FURTHER_SAMPLES, archive
from tests.lib.sbom.samples import by_name, inventory_of, make, reading_of
from tests.lib.sbom.test_licence_texts import MIT

if TYPE_CHECKING:
    from pathlib import Path

JAR = FURTHER_SAMPLES["jar"]["lib/left-1.2.0.jar"]


def test_an_archive_is_what_it_says(tmp_path: Path) -> None:
    """It is the module that it is called after, with the digests of its bytes; the other one is shaded into it."""
    found = by_name(inventory_of(tmp_path, FURTHER_SAMPLES["jar"]))
    assert set(found) == {"org.example:left 1.2.0", "org.example:shaded 0.9"}
    left = found["org.example:left 1.2.0"]
    assert left.locations[0].path == "lib/left-1.2.0.jar"
    assert {(item.algorithm, item.value) for item in left.artifacts[0].digests} == {
        ("SHA-256", hashlib.sha256(JAR.encode()).hexdigest()),
        ("SHA-512", hashlib.sha512(JAR.encode()).hexdigest()),
    }
    assert found["org.example:shaded 0.9"].artifacts == ()
    assert dict(found["org.example:shaded 0.9"].notes) == {"shaded-into": "left-1.2.0.jar"}


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("lib/ojdbc8.jar", archive({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n"}), "does not say what it is"),
        ("lib/x.jar", "version https://git-lfs.example/spec/v1\n", "is no archive that can be read"),
        ("gradle/wrapper/gradle-wrapper.jar", JAR, "only starts the build tool"),
    ],
)
def test_an_archive_that_says_nothing_is_listed(tmp_path: Path, path: str, text: str, said: str) -> None:
    """By its name, and it is no fault: a first run on an ordinary repository passes."""
    reading = reading_of(tmp_path, {path: text})
    assert reading.packages == ()
    assert [finding.text for finding in reading.findings] == [f"{path} {said}"]
    assert reading.findings[0].lost is ("wrapper" not in path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("service/target/service-1.0.jar", "output of a build"),
        ("build/libs/app.jar", "output of a build"),
        ("src/test/resources/left-1.2.0.jar", "test data"),
        ("testdata/left-1.2.0.jar", "test data"),
        ("third_party/left-1.2.0.jar", "a vendored copy"),
    ],
)
def test_what_is_built_or_for_tests_is_left_out(tmp_path: Path, path: str, reason: str) -> None:
    """And named; whether a build's output is there is a matter of the machine."""
    found = scan.scan(make(tmp_path, {path: JAR}))
    assert found.readings == ()
    assert [(item.path, item.reason) for item in found.tree.skipped] == [(path, reason)]
    assert found.tree.skipped[0].is_source is (reason != "output of a build")


def test_one_that_is_too_large_blocks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a finding with its name and the limit, and no fault as of a lock."""
    monkeypatch.setattr(tree.Tree.read, "__defaults__", (64,))
    assert limits.MAX_LOCK > 64
    reading = reading_of(tmp_path, FURTHER_SAMPLES["jar"])
    assert [(item.kind, item.lost) for item in reading.findings] == [("limit", False)]
    assert "lib/left-1.2.0.jar was not read: it is larger than" in reading.findings[0].text


def test_a_runtime_says_its_version(tmp_path: Path) -> None:
    """With its build, for two builds of a release differ; who made it stands there."""
    found = by_name(inventory_of(tmp_path, FURTHER_SAMPLES["jvm"]))
    assert set(found) == {"openjdk 21.0.4+7-LTS"}
    runtime = found["openjdk 21.0.4+7-LTS"]
    assert runtime.kind is Kind.APPLICATION
    assert runtime.producer is not None
    assert runtime.producer.name == "Eclipse Adoptium"
    assert not runtime.is_distributed


def test_a_runtime_of_graalvm(tmp_path: Path) -> None:
    """GraalVM's own version counts; Java's stands beside it."""
    text = 'GRAALVM_VERSION="23.1.4"\nJAVA_VERSION="21.0.4"\n'
    found = by_name(inventory_of(tmp_path, {"graalvm/release": text}))
    assert set(found) == {"graalvm 23.1.4"}
    assert dict(found["graalvm 23.1.4"].notes)["java:version"] == "21.0.4"


@pytest.mark.parametrize("files", [{"jdk/release": "#!/bin/sh\nmake\n"}, {"release": 'JAVA_VERSION="21"\n'}])
def test_other_files_of_this_name_are_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    """A script, or one that lies in no runtime's folder: neither is listed as read."""
    assert scan.scan(make(tmp_path, files)).readings == ()


@pytest.mark.parametrize(
    ("names", "claims"),
    [
        (["Apache License, Version 2.0"], [("Apache License, Version 2.0", "Apache-2.0")]),
        (["House rules"], [("House rules", "")]),
        (["MIT", "Apache-2.0"], []),
        ([], []),
        (["&broken;"], []),
    ],
)
def test_the_licence_in_an_archives_own_pom(tmp_path: Path, names: list[str], claims: list[tuple[str, str]]) -> None:
    """As its authors declare it; of several nobody knows whether they are a choice, and broken ones say nothing."""
    listed = "".join(f"<license><name>{name}</name></license>" for name in names)
    folder = "META-INF/maven/org.example/left"
    jar = tmp_path / "lib" / "left.jar"
    jar.parent.mkdir()
    with zipfile.ZipFile(jar, "w") as made:
        made.writestr(f"{folder}/pom.properties", "groupId=org.example\nartifactId=left\nversion=1.2.0\n")
        made.writestr(f"{folder}/pom.xml", f"<project><licenses>{listed}</licenses></project>")
    (left,) = inventory_of(tmp_path, {}).components
    assert [(claim.text, claim.expression) for claim in left.licences] == claims


def test_the_licence_files_in_an_archive(tmp_path: Path) -> None:
    """Where the POM declares none, what the text is; a folder's file further down, or of a shaded module, is not it."""
    jar = tmp_path / "lib" / "left.jar"
    jar.parent.mkdir()
    own = "META-INF/maven/org.example/left/pom.properties"
    with zipfile.ZipFile(jar, "w") as made:
        made.writestr(own, "groupId=org.example\nartifactId=left\nversion=1.2.0\n")
        made.writestr("META-INF/LICENSE.txt", MIT)
        made.writestr("com/other/LICENSE", "another")
    (left,) = inventory_of(tmp_path, {}).components
    assert [(claim.expression, claim.concluded) for claim in left.licences] == [("MIT", True)]
    with zipfile.ZipFile(jar, "a") as made:
        made.writestr(own.replace("left", "shaded"), "groupId=org.example\nartifactId=shaded\nversion=1\n")
    assert [item.licences for item in inventory_of(tmp_path, {}).components] == [(), ()]
