"""`ivy.xml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.further_samples import FURTHER_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of

if TYPE_CHECKING:
    from pathlib import Path


def test_direct_needs_with_exact_versions(tmp_path: Path) -> None:
    """Ranges and `latest` are findings; without `org` a module is of the project's own organisation."""
    made = inventory_of(tmp_path, FURTHER_SAMPLES["ivy"])
    found = by_name(made)
    assert set(found) == {"org.slf4j:slf4j-api 2.0.13", "junit:junit 4.13.2", "org.example:shop-core 1.0.0"}
    assert all(item.direct for item in found.values())
    assert found["junit:junit 4.13.2"].scopes == (Scope.TEST,)
    assert sorted((item.kind, item.location.line) for item in made.findings) == [
        ("not-locked", 0),
        ("unpinned", 11),
        ("unpinned", 12),
    ]
