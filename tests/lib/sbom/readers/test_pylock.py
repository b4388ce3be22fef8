"""`pylock.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Known
from maximus.sbom.readers import reader_of
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256, sha512

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_the_example_of_the_specification(tmp_path: Path) -> None:
    """Wheels in either spelling and sdists are artefacts with every digest that stands there."""
    found = by_name(inventory_of(tmp_path, SAMPLES["pylock"]))
    assert sorted(found) == ["attrs 25.1.0", "cattrs 24.1.2", "numpy 2.2.3"]
    digests = {digest.algorithm: digest.value for digest in found["cattrs 24.1.2"].artifacts[0].digests}
    assert digests == {"SHA-256": sha256("cattrs"), "SHA-512": sha512("cattrs")}


def test_dependencies_are_edges(tmp_path: Path) -> None:
    """Where the tool wrote who needs whom it is an edge."""
    assert ("cattrs 24.1.2", "attrs 25.1.0") in edges_of(inventory_of(tmp_path, SAMPLES["pylock"]))


def test_without_dependencies_nothing_is_known(tmp_path: Path) -> None:
    """A lock in which no package names a dependency does not say that there are none."""
    lock = 'lock-version = "1.0"\n[[packages]]\nname = "attrs"\nversion = "25.1.0"\n'
    made = inventory_of(tmp_path, {"pylock.dev.toml": lock})
    assert by_name(made)["attrs 25.1.0"].edges is Known.UNKNOWN
    assert made.root.edges is Known.INCOMPLETE


@pytest.mark.parametrize(
    ("path", "expected"),
    [("pylock.toml", True), ("a/pylock.dev.toml", True), ("pylock.a.b.toml", False), ("xpylock.toml", False)],
)
def test_knows_its_names(path: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """The standard allows one name between `pylock.` and `.toml`, without a dot."""
    found = reader_of(path)
    assert (found is not None and found.name == "pylock") is expected
