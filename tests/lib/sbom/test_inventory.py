"""One inventory out of many locks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom import checking, inventory, rendering, subject
from maximus.sbom.model import (
    Artifact,
    Digest,
    Ecosystem,
    Known,
    Link,
    Location,
    Package,
    Reading,
    Scope,
    Stated,
)
from maximus.verdict import Status
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256, sha512

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory

SUBJECT = subject.describe(subject.Facts("app"))


def package(name: str, lock: str, *, digest: str = "", file: str = "", key: str = "") -> Package:
    """Return a PyPI package of version 1.0 out of a lock."""
    place = Location(lock, 1)
    digests = (Digest("SHA-256", digest, Stated(place)),) if digest else ()
    artifacts = (Artifact(file, "", digests),) if digest else ()
    return Package(key or name, Ecosystem.PYPI, name, "1.0", (place,), artifacts=artifacts)


def build(*readings: tuple[str, Reading]) -> Inventory:
    """Return the inventory of these readings."""
    return inventory.build(SUBJECT, readings)


def test_one_purl_is_one_component_with_all_its_places() -> None:
    """The same package in two locks is one component; what they state about its files is united."""
    made = build(
        ("a.lock", Reading((package("x", "a.lock", digest=sha256("1"), file="x.whl"),), ())),
        ("b.lock", Reading((package("X", "b.lock", digest=sha256("2"), file="x.tar.gz"),), ())),
    )
    (component,) = made.components
    assert [place.path for place in component.locations] == ["a.lock", "b.lock"]
    assert [item.file for item in component.artifacts] == ["x.tar.gz", "x.whl"]


def test_a_digest_without_a_file_joins_the_file_it_is_of() -> None:
    """A list states digests, a lock states files too: the same digest is not told twice."""
    made = build(
        ("a.lock", Reading((package("x", "a.lock", digest=sha256("1"), file="x.whl"),), ())),
        ("requirements.txt", Reading((package("x", "requirements.txt", digest=sha256("1")),), ())),
    )
    assert [item.file for item in made.components[0].artifacts] == ["x.whl"]


def test_other_digests_of_one_file_are_other_components() -> None:
    """Where two locks disagree about a file's bytes, both stay, apart, and a finding says so."""
    made = build(
        ("a.lock", Reading((package("x", "a.lock", digest=sha256("1"), file="x.whl"),), ())),
        ("b.lock", Reading((package("x", "b.lock", digest=sha256("2"), file="x.whl"),), ())),
    )
    assert [component.purl for component in made.components] == ["pkg:pypi/x@1.0", "pkg:pypi/x@1.0"]
    assert len({component.ref for component in made.components}) == 2
    assert [finding.kind for finding in made.findings] == ["conflict"]


def test_the_ref_of_a_conflict_depends_on_its_content_alone() -> None:
    """The order of the locks changes no ref, so that the difference of two documents stays small."""
    first = ("a.lock", Reading((package("x", "a.lock", digest=sha256("1"), file="x.whl"),), ()))
    second = ("b.lock", Reading((package("x", "b.lock", digest=sha256("2"), file="x.whl"),), ()))
    assert build(first, second) == build(second, first)


def test_nothing_floats() -> None:
    """What nobody needs, and a ring that nothing leads to, hang on the root, which is then incomplete."""
    names = ("a", "b", "c")
    ring = tuple(Link(one, other) for one, other in zip(names, (*names[1:], names[0]), strict=True))
    made = build(("x.lock", Reading(tuple(package(name, "x.lock") for name in (*names, "d")), ring)))
    assert {(".", "a 1.0"), (".", "d 1.0")} <= edges_of(made)
    assert made.root.edges is Known.INCOMPLETE


def test_a_scope_is_that_of_the_way(tmp_path: Path) -> None:
    """What is only reached through a development tool is needed for development."""
    lock = """version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
[package.dev-dependencies]
dev = [{ name = "tool" }]
[[package]]
name = "tool"
version = "1"
source = { registry = "https://registry.example/simple" }
dependencies = [{ name = "part" }]
[[package]]
name = "part"
version = "1"
source = { registry = "https://registry.example/simple" }
"""
    assert by_name(inventory_of(tmp_path, {"uv.lock": lock}))["part 1"].scopes == (Scope.DEV,)


def test_a_range_is_no_version(tmp_path: Path) -> None:
    """A version that is none is a finding, and the component says that it is unknown."""
    lock = 'version = 1\n[[package]]\nname = "a"\nversion = ">=1"\nsource = { registry = "https://registry.example" }\n'
    made = inventory_of(tmp_path, {"uv.lock": lock})
    assert made.components[0].version == ""
    assert [finding.kind for finding in made.findings] == ["unpinned"]
    assert "Component Version" in {gap.field for gap in made.components[0].gaps}


def test_too_many_components_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is passed is an error and not half an inventory."""
    monkeypatch.setattr(inventory, "MAX_COMPONENTS", 2)
    with pytest.raises(Error) as raised:
        build(("x.lock", Reading(tuple(package(name, "x.lock") for name in "abc"), ())))
    assert raised.value.code == "SBOM010"


def test_algorithms_of_one_file_are_united(tmp_path: Path) -> None:
    """What one lock says with SHA-256 and another with SHA-512 about the same file stands together."""
    files = {
        "pylock.toml": f"""lock-version = '1.0'
[[packages]]
name = 'a'
version = '1.0'
wheels = [{{ name = 'a-1.0-py3-none-any.whl', url = 'https://registry.example/a-1.0-py3-none-any.whl',
             hashes = {{ sha512 = '{sha512("a")}' }} }}]
""".replace("\n             ", " "),
        "poetry.lock": f"""[[package]]
name = "a"
version = "1.0"
files = [{{file = "a-1.0-py3-none-any.whl", hash = "sha256:{sha256("a")}"}}]
""",
    }
    (component,) = inventory_of(tmp_path, files).components
    (artifact,) = component.artifacts
    assert {digest.algorithm for digest in artifact.digests} == {"SHA-256", "SHA-512"}
    assert artifact.url == "https://registry.example/a-1.0-py3-none-any.whl"


@pytest.mark.skipif(os.name == "nt", reason="unmeasured: names are not bytes here")
def test_a_part_in_a_folder_of_any_name(tmp_path: Path) -> None:
    """A folder's name with invisible signs is written out in the refs."""
    made = inventory_of(
        tmp_path, {"we\u202eird \x1b[31m/Cargo.lock": 'version = 4\n[[package]]\nname = "a"\nversion = "0.1.0"\n'}
    )
    assert [member.own for member in made.members] == ["we\\u202eird \\u001b[31m"]


def test_an_sbom_of_the_tree_in_the_tree_is_the_tree_itself(tmp_path: Path) -> None:
    """What an earlier run wrote elsewhere in the tree names its parts: they are no further components."""
    files = {"api/uv.lock": SAMPLES["uv"]["uv.lock"]}
    first = inventory_of(tmp_path, files)
    earlier = rendering.as_bytes(rendering.render(first, seconds=0, tool_version="1.0.0").cyclonedx).decode()
    made = inventory_of(tmp_path, {"earlier/sbom.cdx.json": earlier})
    assert not [item.purl for item in made.components if item.purl.startswith(first.subject.purl)]
    assert [item.ref for item in made.members] == [item.ref for item in first.members]
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    assert checking.judge_documents(both).status is Status.PASS
