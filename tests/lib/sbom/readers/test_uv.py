"""`uv.lock` and the locks of single scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.samples import SAMPLES, UV, by_name, edges_of, inventory_of, reading_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_what_uv_writes(tmp_path: Path) -> None:
    """Every package of the registry is a component, the project and its parts are not."""
    made = inventory_of(tmp_path, SAMPLES["uv"])
    assert sorted(by_name(made)) == [
        "anyio 4.4.0",
        "colorama 0.4.6",
        "idna 3.7",
        "patched 2.0.0",
        "pytest 8.2.2",
        "uvloop 0.19.0",
    ]
    assert [(member.name, member.own) for member in made.members] == [("helper", "packages/helper")]


def test_keeps_each_file_with_its_own_digest(tmp_path: Path) -> None:
    """Wheel and sdist are two artefacts, each with the digest that the lock states for it and its line."""
    anyio = by_name(inventory_of(tmp_path, SAMPLES["uv"]))["anyio 4.4.0"]
    assert [(item.file, item.digests[0].value) for item in anyio.artifacts] == [
        ("anyio-4.4.0-py3-none-any.whl", sha256("anyio wheel")),
        ("anyio-4.4.0.tar.gz", sha256("anyio sdist")),
    ]
    line = UV.split("\n").index("[[package]]", 20) + 1
    assert anyio.locations[0].line == line
    origin = anyio.artifacts[1].digests[0].origin
    assert UV.split("\n")[origin.location.line - 1].startswith("sdist = ")


def test_ties_packages_as_the_lock_does(tmp_path: Path) -> None:
    """Root, direct and transitive needs are edges, and all of them are known."""
    made = inventory_of(tmp_path, SAMPLES["uv"])
    assert edges_of(made) == {
        (".", "/packages/helper"),
        (".", "anyio 4.4.0"),
        (".", "colorama 0.4.6"),
        (".", "pytest 8.2.2"),
        (".", "uvloop 0.19.0"),
        ("/packages/helper", "patched 2.0.0"),
        ("anyio 4.4.0", "idna 3.7"),
        ("pytest 8.2.2", "colorama 0.4.6"),
    }
    assert made.root.edges is Known.COMPLETE


def test_tells_scopes_by_the_way_that_leads_there(tmp_path: Path) -> None:
    """What a development group needs is marked so, and what the project needs as well is both."""
    found = by_name(inventory_of(tmp_path, SAMPLES["uv"]))
    assert found["pytest 8.2.2"].scopes == (Scope.DEV,)
    assert found["uvloop 0.19.0"].scopes == (Scope.OPTIONAL,)
    assert found["colorama 0.4.6"].scopes == (Scope.RUNTIME, Scope.DEV)


def test_keeps_the_marker_of_an_edge(tmp_path: Path) -> None:
    """The condition under which a package is needed stays with the edge."""
    reading = reading_of(tmp_path, SAMPLES["uv"])
    assert "sys_platform == 'win32'" in {link.marker for link in reading.links}


def test_a_commit_has_no_hash_to_know(tmp_path: Path) -> None:
    """A package out of a repository gets its commit into the purl and stands outside the denominator of hashes."""
    patched = by_name(inventory_of(tmp_path, SAMPLES["uv"]))["patched 2.0.0"]
    assert patched.purl == f"pkg:pypi/patched@2.0.0?vcs_url=git%2Bhttps://git.example/octo/patched.git%40{'c' * 40}"
    assert not patched.is_distributed


def test_tells_forks_of_one_name_apart(tmp_path: Path) -> None:
    """Two versions of one package are two components, and a dependency names the one it means."""
    lock = """version = 1
[[package]]
name = "app"
version = "1.0.0"
source = { virtual = "." }
dependencies = [
    { name = "numpy", version = "2.0.0", source = { registry = "https://registry.example/simple" } },
]
[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://registry.example/simple" }
[[package]]
name = "numpy"
version = "2.0.0"
source = { registry = "https://registry.example/simple" }
"""
    made = inventory_of(tmp_path, {"uv.lock": lock})
    assert by_name(made)["numpy 2.0.0"].direct
    assert not by_name(made)["numpy 1.26.4"].direct


def test_reads_the_lock_of_a_script(tmp_path: Path) -> None:
    """What a script asks for in its own metadata is direct."""
    lock = """version = 1
[manifest]
requirements = [{ name = "rich", specifier = ">=13" }]
[[package]]
name = "pygments"
version = "2.18.0"
source = { registry = "https://registry.example/simple" }
[[package]]
name = "rich"
version = "13.7.1"
source = { registry = "https://registry.example/simple" }
dependencies = [{ name = "pygments" }]
"""
    made = inventory_of(tmp_path, {"tools/report.py.lock": lock})
    assert {name for name, item in by_name(made).items() if item.direct} == {"rich 13.7.1"}


def test_names_a_need_that_is_not_locked(tmp_path: Path) -> None:
    """A dependency without an entry is a finding, and the package's edges are then incomplete."""
    lock = """version = 1
[[package]]
name = "rich"
version = "13.7.1"
source = { registry = "https://registry.example/simple" }
dependencies = [{ name = "gone" }]
"""
    made = inventory_of(tmp_path, {"uv.lock": lock})
    assert [finding.kind for finding in made.findings] == ["unresolved"]
    assert by_name(made)["rich 13.7.1"].edges is Known.INCOMPLETE


def test_what_comes_from_an_address_of_its_own_has_it(tmp_path: Path) -> None:
    """It stands in the source and not beside the digest; the file has its name and its address all the same."""
    lock = (
        'version = 1\n[[package]]\nname = "left"\nversion = "1.2"\n'
        'source = { url = "https://files.example/left-1.2.tar.gz" }\n'
        f'sdist = {{ hash = "sha256:{sha256("left")}" }}\n'
    )
    (left,) = inventory_of(tmp_path, {"uv.lock": lock}).components
    assert [(item.file, item.url, len(item.digests)) for item in left.artifacts] == [
        ("left-1.2.tar.gz", "https://files.example/left-1.2.tar.gz", 1)
    ]
