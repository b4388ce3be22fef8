"""Conda's locks and environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize("name", ["py312-linux-64.lock", "requirements/ci.osx-arm64.lock", "win-64.lock"])
def test_an_explicit_list_may_have_any_name_that_tells_its_platform(tmp_path: Path, name: str) -> None:
    """`conda-lock --filename-template` calls it so; without Conda's mark a file of such a name is none."""
    (text,) = MORE_SAMPLES["conda-explicit"].values()
    made = inventory_of(tmp_path / "list", {name: text})
    assert [item.purl for item in made.components] == ["pkg:conda/zlib@1.3.1?build=h4ab18f5_1&subdir=linux-64"]
    other = inventory_of(tmp_path / "other", {name: text.replace("@EXPLICIT", "@OTHERWISE")})
    assert (other.components, other.findings) == ((), ())


def test_one_equals_sign_in_an_environment_is_no_exact_version(tmp_path: Path) -> None:
    """`python=3.12` is every 3.12.x; two signs, or a build, name one."""
    text = "dependencies:\n  - python=3.12\n  - zlib==1.3.1\n  - numpy=1.26.4=py312_0\n  - pip:\n      - flask==3.0.3\n"
    made = inventory_of(tmp_path, {"environment.yml": text})
    assert {name: item.is_exact for name, item in by_name(made).items()} == {
        "python 3.12": False,
        "zlib 1.3.1": True,
        "numpy 1.26.4": True,
        "flask 3.0.3": True,
    }


def test_an_environment_counts_only_with_exact_versions(tmp_path: Path) -> None:
    """Ranges are named and are no components."""
    made = inventory_of(tmp_path, MORE_SAMPLES["conda-environment"])
    assert set(by_name(made)) == {"numpy 1.26.4", "flask 3.0.3"}
    assert [item.location.line for item in made.findings] == [5, 8]


@pytest.mark.parametrize("lock", ["conda-lock", "conda-explicit"])
def test_what_is_asked_for_beside_a_lock_is_in_the_lock(tmp_path: Path, lock: str) -> None:
    """A range there is not unpinned, and `python=3.12` no other package than the Python that is locked."""
    alone = inventory_of(tmp_path / "alone", MORE_SAMPLES[lock])
    environment = next(iter(MORE_SAMPLES["conda-environment"].values()))
    files = MORE_SAMPLES[lock] | {"environment.yml": environment}
    made = inventory_of(tmp_path / "both", files)
    assert by_name(made).keys() == by_name(alone).keys()
    assert made.findings == alone.findings
    other = inventory_of(tmp_path / "apart", MORE_SAMPLES[lock] | {"docs/environment.yml": environment})
    assert {item.location.path for item in other.findings} >= {"docs/environment.yml"}


@pytest.mark.parametrize(
    "package",
    ["- name: a\n  version: '1'", "- version: '1'\n  name: a", "- {name: a, version: '1'}"],
)
def test_a_package_s_line_is_that_of_its_name(tmp_path: Path, package: str) -> None:
    """However it is written, and whatever else in the lock has a name."""
    head = "version: 1\nmetadata:\n  sources:\n  - name: other\n" if "{" in package else "version: 1\n"
    text = f"{head}package:\n{package}\n"
    made = inventory_of(tmp_path, {"conda-lock.yml": text})
    (line,) = (number for number, row in enumerate(text.split("\n"), 1) if "name: a" in row)
    assert [place.line for place in by_name(made)["a 1"].locations] == [line]


@pytest.mark.parametrize(
    "name", ["conda-lock.yml", "dev.conda-lock.yml", "env/conda-lock-3.14.yaml", "docs-conda-lock.yaml"]
)
def test_a_lock_is_called_as_the_tool_was_told(tmp_path: Path, name: str) -> None:
    """The name says what made it, with words before and behind it."""
    (text,) = MORE_SAMPLES["conda-lock"].values()
    assert len(inventory_of(tmp_path, {name: text}).components) == 3


def test_one_name_for_two_managers_is_two_packages(tmp_path: Path) -> None:
    """What a package of pip needs is pip's where there is one; what is the machine's is no package of anybody's."""
    entries = [
        ("left", "conda", "1.0.0", {}),
        ("left", "pip", "2.0.0", {}),
        ("of_pip", "pip", "1.0.0", {"left": ">=2"}),
        ("of_conda", "conda", "1.0.0", {"left": ">=1", "__glibc": ">=2.17"}),
        ("__glibc", "conda", "2.17", {}),
    ]
    text = "version: 1\npackage:\n"
    for name, manager, version, needs in entries:
        text += f"- name: {name}\n  version: '{version}'\n  manager: {manager}\n  platform: linux-64\n  dependencies:"
        text += "".join(f"\n    {need}: '{span}'" for need, span in needs.items()) + ("\n" if needs else " {}\n")
        text += f"  url: https://conda.example/forge/linux-64/{name}-{version}-0.conda\n"
        text += f"  hash:\n    sha256: {sha256(name)}\n"
    made = inventory_of(tmp_path, {"conda-lock.yml": text})
    assert sorted(item.name for item in made.components) == ["left", "left", "of-pip", "of_conda"]
    assert {(a, b) for a, b in edges_of(made) if a != "."} == {
        ("of-pip 1.0.0", "left 2.0.0"),
        ("of_conda 1.0.0", "left 1.0.0"),
    }


def test_a_line_for_pip_is_read_as_pip_reads_it(tmp_path: Path) -> None:
    """With its digest, its marker or the address of its file; an option and the tree itself are no packages."""
    text = f"""dependencies:
  - pip:
      - flit === 3.9.0 --hash=sha256:{sha256("flit")}
      - left[extra] == 1.0 ; python_version < "3.13"
      - right @ https://files.example/right-2.0-py3-none-any.whl
      - deep @ git+https://git.example/octo/deep@main
      - git+https://git.example/octo/other
      - -e .
      - -r requirements.txt
      - --no-deps
"""
    made = inventory_of(tmp_path, {"environment.yml": text})
    found = by_name(made)
    assert sorted(found) == ["flit 3.9.0", "left 1.0", "right 2.0"]
    assert [digest.value for digest in found["flit 3.9.0"].artifacts[0].digests] == [sha256("flit")]
    assert found["right 2.0"].artifacts[0].url == "https://files.example/right-2.0-py3-none-any.whl"
    assert [item.text.partition(" names")[0] for item in made.findings] == [
        "deep @ git+https://git.example/octo/deep@main",
        "git+https://git.example/octo/other",
    ]
