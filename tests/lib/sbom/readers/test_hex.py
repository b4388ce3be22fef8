"""`mix.lock` and `rebar.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.sbom.model import Known, Scope
from maximus.sbom.readers import terms
from maximus.sbom.readers.terms import Atom, Keyed
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("sample", "name", "version"), [("mix", "plug", "1.16.0"), ("rebar", "cowboy", "2.12.0")])
def test_only_the_outer_digest_is_the_tarball_s(tmp_path: Path, sample: str, name: str, version: str) -> None:
    """The outer digest is published as the file's, the inner one under its own name."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES[sample]))[f"{name} {version}"]
    assert [(item.file, item.digests[0].value) for item in found.artifacts] == [(f"{name}-{version}.tar", sha256(name))]
    assert [(fact.name, fact.value) for fact in found.facts] == [("hex:inner-sha256", sha256(f"{name} inner"))]


def test_mix_states_what_each_package_needs(tmp_path: Path) -> None:
    """Optional needs are marked, and one that is not locked is no gap."""
    made = inventory_of(tmp_path, MORE_SAMPLES["mix"])
    assert ("phoenix 1.7.12", "plug 1.16.0") in edges_of(made)
    jason = by_name(made)["jason 1.4.1"]
    assert Scope.OPTIONAL in jason.scopes
    assert jason.edges is Known.COMPLETE
    assert made.findings == ()


def test_git_is_no_package_of_hex(tmp_path: Path) -> None:
    """An entry from a repository is told by its commit and never as a Hex package of that name."""
    for sample, name in (("mix", "tz"), ("rebar", "lager")):
        found = by_name(inventory_of(tmp_path / sample, MORE_SAMPLES[sample]))[f"{name} {COMMIT}"]
        assert found.purl.startswith(f"pkg:generic/{name}@")


def test_rebar_s_levels_tell_what_is_direct(tmp_path: Path) -> None:
    """Level 0 is the project's own need; who needs the deeper ones is unknown."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["rebar"]))
    assert found["cowboy 2.12.0"].direct
    assert not found["cowlib 2.13.0"].direct


def test_another_repository_is_noted(tmp_path: Path) -> None:
    """A package of a private organisation is not the public one of that name."""
    assert by_name(inventory_of(tmp_path, MORE_SAMPLES["mix"]))["private 0.2.0"].notes == (("hex:repository", "acme"),)


def test_an_organisation_s_package_is_in_its_namespace(tmp_path: Path) -> None:
    """And its needs find it by the name in the lock."""
    inner, outer = sha256("inner"), sha256("outer")
    text = f"""%{{
  "shop": {{:hex, :shop, "1.0.0", "{inner}", [:mix], [{{:widgets, "~> 0.2", [hex: :widgets, repo: "hexpm:acme", optional: false]}}], "hexpm", "{outer}"}},
  "widgets": {{:hex, :widgets, "0.2.0", "{inner}", [:mix], [], "hexpm:acme", "{outer}"}},
}}
"""  # noqa: E501 - as mix writes it
    made = inventory_of(tmp_path, {"mix.lock": text})
    assert {str(item.purl) for item in made.components} == {"pkg:hex/shop@1.0.0", "pkg:hex/acme/widgets@0.2.0"}
    assert ("shop 1.0.0", "acme/widgets 0.2.0") in edges_of(made)


def test_terms_of_both_languages() -> None:
    """Maps, tuples, lists, binaries, atoms, both spellings of keys, and comments."""
    assert terms.parse('%{"a": {:b, "c\\"d"}, e: [f, <<"g">>]} # end\n', "x") == [
        [Keyed("a", (Atom("b"), 'c"d'), 1), Keyed("e", [Atom("f"), "g"], 1)]
    ]
    assert terms.parse("% note\n[{k => 1}].", "x") == [[(Keyed("k", Atom("1"), 2),)]]


@pytest.mark.parametrize("text", ["{", "}", "{]", "%{'a'}", '"open'])
def test_what_is_no_term_is_named_with_its_line(text: str) -> None:
    """An error names file and line."""
    with pytest.raises(Error) as caught:
        terms.parse("\n" + text, "mix.lock")
    assert caught.value.code == "SBOM005"
    assert caught.value.where == "mix.lock:2"
