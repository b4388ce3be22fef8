"""Conda's locks and environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_has_files_and_needs(tmp_path: Path) -> None:
    """Builds are qualifiers, digests belong to the file, virtual packages are the machine's; pip's are PyPI's."""
    made = inventory_of(tmp_path, MORE_SAMPLES["conda-lock"])
    found = by_name(made)
    numpy = found["numpy 1.26.4"]
    assert numpy.purl == "pkg:conda/numpy@1.26.4?build=py312heda63a1_0&subdir=linux-64"
    assert sha256("numpy") in {digest.value for digest in numpy.artifacts[0].digests}
    assert ("numpy 1.26.4", "python 3.12.4") in edges_of(made)
    assert found["flask 3.0.3"].purl == "pkg:pypi/flask@3.0.3"
    assert found["flask 3.0.3"].scopes == (Scope.DEV,)


def test_an_explicit_list_is_one_of_files(tmp_path: Path) -> None:
    """Name, version and build are in the file's name."""
    made = inventory_of(tmp_path, MORE_SAMPLES["conda-explicit"])
    assert [item.purl for item in made.components] == ["pkg:conda/zlib@1.3.1?build=h4ab18f5_1&subdir=linux-64"]
    assert [item.kind for item in made.findings] == ["ignored"]


def test_an_environment_counts_only_with_exact_versions(tmp_path: Path) -> None:
    """Ranges are named and are no components."""
    made = inventory_of(tmp_path, MORE_SAMPLES["conda-environment"])
    assert set(by_name(made)) == {"numpy 1.26.4", "flask 3.0.3"}
    assert [item.location.line for item in made.findings] == [5, 8]
