"""`conan.lock` and `vcpkg.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of

if TYPE_CHECKING:
    from pathlib import Path


def test_conan_2_is_a_list(tmp_path: Path) -> None:
    """User, channel and revision of the recipe are qualifiers; nothing is claimed to be direct."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["conan-2"]))
    assert found["openssl 3.3.1"].purl == "pkg:conan/openssl@3.3.1?channel=stable&rrev=abcdef&user=acme"
    assert found["cmake 3.29.3"].scopes == (Scope.BUILD,)
    assert not any(item.direct for item in found.values())


def test_conan_1_is_a_graph(tmp_path: Path) -> None:
    """The project itself is a node as well, and no component."""
    made = inventory_of(tmp_path, MORE_SAMPLES["conan-1"])
    assert edges_of(made) == {(".", "openssl 1.1.1t"), ("openssl 1.1.1t", "zlib 1.2.13")}


def test_vcpkg_pins_only_what_it_overrides(tmp_path: Path) -> None:
    """Everything else is decided by the baseline, which is elsewhere: it is named as not exact."""
    made = inventory_of(tmp_path, MORE_SAMPLES["vcpkg"])
    assert set(by_name(made)) == {"fmt 10.2.1", "cmake-tools 3"}
    assert [(item.kind, item.text.partition(" ")[0], item.location.line) for item in made.findings] == [
        ("unpinned", "zlib", 7)
    ]


def test_an_edition_of_a_port_is_no_part_of_its_version(tmp_path: Path) -> None:
    """`1.2.11#9` is the ninth way to build 1.2.11."""
    text = """{"dependencies": ["zlib"], "overrides": [{"name": "zlib", "version": "1.2.11#9"}]}"""
    (zlib,) = inventory_of(tmp_path, {"vcpkg.json": text}).components
    assert (zlib.version, zlib.is_exact, dict(zlib.notes)["vcpkg:port-version"]) == ("1.2.11", True, "9")


def test_what_configures_conan_is_locked_as_well(tmp_path: Path) -> None:
    """Conan 2 locks the packages that hold its settings in a list of their own."""
    text = """{"version": "0.5", "requires": [], "config_requires": ["settings/1.0#abc"]}"""
    assert by_name(inventory_of(tmp_path, {"conan.lock": text}))["settings 1.0"].scopes == (Scope.BUILD,)
