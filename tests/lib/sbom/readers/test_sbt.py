"""`build.sbt.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, sha1

if TYPE_CHECKING:
    from pathlib import Path


def test_jars_with_their_digests(tmp_path: Path) -> None:
    """Each jar has a SHA-1 and nothing better; the place of the entry is told."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["sbt"])
    cats = by_name(made)["org.typelevel:cats-core_3 2.12.0"]
    assert cats.purl == "pkg:maven/org.typelevel/cats-core_3@2.12.0"
    (artifact,) = cats.artifacts
    assert (artifact.file, [(d.algorithm, d.value) for d in artifact.digests]) == (
        "cats-core_3.jar",
        [("SHA-1", sha1("cats"))],
    )
    assert cats.locations[0].line == 13


def test_configurations_are_scopes_and_the_list_is_flat(tmp_path: Path) -> None:
    """What only tests need is marked; who needs what is not told."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["sbt"])
    found = by_name(made)
    assert found["org.scalameta:munit_3 1.0.0"].scopes == (Scope.TEST,)
    assert found["org.typelevel:cats-core_3 2.12.0"].scopes == (Scope.RUNTIME,)
    assert not any(item.direct for item in found.values())
    assert made.root.edges is Known.INCOMPLETE
