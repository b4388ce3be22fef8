"""`pylock.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Known, Scope
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


def test_a_marker_tells_for_whom_a_package_is(tmp_path: Path) -> None:
    """By dependency groups and extras, as PEP 751 writes them; the default groups run, a denial says nothing."""
    markers = {
        "left": "'dev' in dependency_groups",
        "right": "'dev' in dependency_groups or 'main' in dependency_groups",
        "fast": "python_version >= '3.9' and 'speed' in extras",
        "plain": "'test' not in dependency_groups",
    }
    text = 'lock-version = "1.0"\ncreated-by = "x"\ndefault-groups = ["main"]\n'
    for name, marker in markers.items():
        text += f'[[packages]]\nname = "{name}"\nversion = "1.0"\nmarker = "{marker}"\n'
    found = {item.name: item.scopes for item in inventory_of(tmp_path, {"pylock.toml": text}).components}
    assert found == {
        "left": (Scope.DEV,),
        "right": (Scope.RUNTIME, Scope.DEV),
        "fast": (Scope.OPTIONAL,),
        "plain": (Scope.RUNTIME,),
    }
