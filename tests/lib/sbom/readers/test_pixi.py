"""`pixi.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import ELSEWHERE, Known, Scope
from tests.lib.sbom.further_samples import PIXI
from tests.lib.sbom.samples import edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_a_package_is_one_for_all_environments(tmp_path: Path) -> None:
    """Builds of two platforms are two; what a folder or a repository gives has no file."""
    made = inventory_of(tmp_path, {"pixi.lock": PIXI})
    assert {item.purl: tuple(scope.value for scope in item.scopes) for item in made.components} == {
        "pkg:conda/libz@1.3.1?build=h1_2&subdir=linux-64": ("runtime", "test"),
        "pkg:conda/libz@1.3.1?build=h9_2&subdir=osx-64": ("runtime",),
        "pkg:conda/numpy-base@1.26.4?build=py312_0&subdir=noarch": ("runtime",),
        "pkg:conda/pytest@8.2.2?build=pyhd_0&subdir=noarch": ("test",),
        "pkg:conda/python@3.12.4?build=h0_cpython&subdir=linux-64": ("runtime", "test"),
        "pkg:pypi/flask@3.0.3": ("runtime",),
        f"pkg:pypi/forked@0.28.1?vcs_url=git%2Bhttps://git.example/octo/forked.git%40{'c' * 40}": ("runtime",),
    }
    assert made.members == ()
    assert made.findings == ()


def test_digests_licences_and_indexes_are_those_of_the_lock(tmp_path: Path) -> None:
    """A recipe without a licence has the word `None`; only what comes from the index is of the index."""
    found = {item.name: item for item in inventory_of(tmp_path, {"pixi.lock": PIXI}).components}
    assert [claim.expression for claim in found["python"].licences] == ["Python-2.0"]
    assert found["numpy-base"].licences == ()
    (artifact,) = found["flask"].artifacts
    assert (artifact.file, artifact.digests[0].value) == ("flask-3.0.3-py3-none-any.whl", sha256("flask wheel"))
    assert found["flask"].registries == ("https://registry.example/simple",)
    assert found["forked"].registries == (ELSEWHERE,)
    assert (
        found["python"].locations[0].line
        == PIXI[: PIXI.rindex("- conda: https://conda.example/forge/linux-64/python")].count("\n") + 1
    )


def test_needs_are_found_in_the_same_environment_and_platform(tmp_path: Path) -> None:
    """A package of PyPI's may lean on one of Conda's; another system's, an extra's and the machine's are no gaps."""
    made = inventory_of(tmp_path, {"pixi.lock": PIXI})
    edges = edges_of(made)
    assert {edge for edge in edges if edge[0] not in (".", "/")} == {
        ("python 3.12.4", "libz 1.3.1"),
        ("numpy-base 1.26.4", "python 3.12.4"),
        ("pytest 8.2.2", "python 3.12.4"),
        ("flask 3.0.3", "numpy-base 1.26.4"),
        ("flask 3.0.3", "forked 0.28.1"),
    }
    assert (".", "flask 3.0.3") in edges
    assert {item.name for item in made.components if item.edges is not Known.COMPLETE} == {"forked"}


def test_older_locks_name_what_a_package_is(tmp_path: Path) -> None:
    """Versions 4 and 5 have kind, name and address apart; a formatted one has its lines all the same."""
    lock = f"""version: 5
environments:
  dev-env:
    packages:
      linux-64:
        - conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
        - pypi: https://files.example/left-1.0.tar.gz
        - pypi: ./packed/right-2.0-py3-none-any.whl
packages:
  - kind: conda
    name: libz
    version: 1.3.1
    build: h1_2
    subdir: linux-64
    url: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
    md5: {"a" * 32}
  - kind: pypi
    name: left
    version: '1.0'
    url: https://files.example/left-1.0.tar.gz
    sha256: {sha256("left")}
  - kind: pypi
    name: right
    version: '2.0'
    path: ./packed/right-2.0-py3-none-any.whl
"""
    made = inventory_of(tmp_path, {"pixi.lock": lock})
    assert [(item.purl, item.scopes, item.locations[0].line) for item in made.components] == [
        ("pkg:conda/libz@1.3.1?build=h1_2&subdir=linux-64", (Scope.DEV,), 10),
        ("pkg:pypi/left@1.0", (Scope.DEV,), 17),
        ("pkg:pypi/right@2.0", (Scope.DEV,), 22),
    ]
    assert made.components[2].registries == (ELSEWHERE,)


def test_what_builds_a_part_of_the_tree_is_needed_for_building(tmp_path: Path) -> None:
    """Version 7: a source package is a part of the tree, and names what it is built with and upon."""
    lock = """version: 7
platforms:
- name: linux-64
environments:
  default:
    packages:
      linux-64:
      - conda_source: "kit[3a644c82] @ sub"
      - conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
packages:
- conda_source: "kit[3a644c82] @ sub"
  depends:
  - libz
  build_packages:
  - conda: https://conda.example/forge/linux-64/cmake-4.3.4-hc8_0.conda
- conda: https://conda.example/forge/linux-64/libz-1.3.1-h1_2.conda
- conda: https://conda.example/forge/linux-64/cmake-4.3.4-hc8_0.conda
"""
    made = inventory_of(tmp_path, {"pixi.lock": lock})
    assert [(item.own, item.name) for item in made.members] == [("sub", "kit")]
    assert [(item.name, item.scopes) for item in made.components] == [
        ("cmake", (Scope.BUILD,)),
        ("libz", (Scope.RUNTIME,)),
    ]
    assert {("/sub", "cmake 4.3.4"), ("/sub", "libz 1.3.1")} <= edges_of(made)


@pytest.mark.parametrize(
    "text", ["version: 6\npackages: []\n", "", "version: 6\nenvironments:\n  default:\n    indexes:\n    - {a: b}\n"]
)
def test_a_lock_of_nothing_says_nothing(tmp_path: Path, text: str) -> None:
    """An environment may be empty; it is no fault."""
    made = inventory_of(tmp_path, {"pixi.lock": text})
    assert made.components == ()
    assert made.findings == ()
