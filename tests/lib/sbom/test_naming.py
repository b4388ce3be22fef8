"""Names, versions and package URLs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from maximus.sbom.model import Ecosystem
from maximus.sbom.naming import (
    is_exact,
    is_name,
    make_purl,
    parse_purl,
    respelled,
    split_group,
    visible,
    write_purl,
)

NAMES = {
    Ecosystem.PYPI: (["a", "zope.interface", "A-B_c"], ["", "-a", "a-", "a/b", "a b", "é", "a\n"]),
    Ecosystem.NPM: (["left-pad", "@scope/name", "JSONStream", "_x"], ["", "../x", "a/b", "@scope", "@/x", "a b", ".x"]),
    Ecosystem.GO: (["golang.org/x/mod", "github.com/Azure/go"], ["", "/a", "a/", "a//b", "(", "a/../b", "exclude("]),
    Ecosystem.CARGO: (["serde", "a_b-c"], ["", "1a", "a.b", "a/b", "a b"]),
}


@pytest.mark.parametrize(("ecosystem", "name"), [(e, name) for e, (good, _) in NAMES.items() for name in good])
def test_takes_names_of_the_ecosystem(ecosystem: Ecosystem, name: str) -> None:
    """Names that its registry has or has had are names."""
    assert is_name(ecosystem, name)


@pytest.mark.parametrize(("ecosystem", "name"), [(e, name) for e, (_, bad) in NAMES.items() for name in bad])
def test_refuses_what_no_registry_has(ecosystem: Ecosystem, name: str) -> None:
    """Paths, blanks, syntax and control characters are no names, so no purl is made of them."""
    assert not is_name(ecosystem, name)


@pytest.mark.parametrize(
    ("ecosystem", "version", "expected"),
    [
        (Ecosystem.PYPI, "1!2.0.post1+local.1", True),
        (Ecosystem.PYPI, "1.*", False),
        (Ecosystem.PYPI, ">=1", False),
        (Ecosystem.NPM, "1.0.0-rc.1+build", True),
        (Ecosystem.NPM, "^1.0.0", False),
        (Ecosystem.NPM, "latest", False),
        (Ecosystem.GO, "v1.2.3-0.20240102030405-0123456789ab", True),
        (Ecosystem.GO, "latest", False),
        (Ecosystem.CARGO, "0.1.0", True),
        (Ecosystem.CARGO, "0.1", False),
        (Ecosystem.NPM, "a" * 40, True),
    ],
)
def test_an_exact_version_is_no_range(ecosystem: Ecosystem, version: str, expected: bool) -> None:  # noqa: FBT001 - a column
    """One version, or one commit, is exact; ranges and tags are not."""
    assert is_exact(ecosystem, version) is expected


@pytest.mark.parametrize(
    ("ecosystem", "name", "purl"),
    [
        ("pypi", "Zope.Interface", "pkg:pypi/zope-interface@1.0"),
        ("npm", "@babel/core", "pkg:npm/%40babel/core@1.0"),
        ("golang", "github.com/a/b/v2", "pkg:golang/github.com/a/b/v2@1.0"),
        ("cargo", "serde_json", "pkg:cargo/serde_json@1.0"),
        ("npm", "JSONStream", "pkg:npm/JSONStream@1.0"),
        ("npm", "@Acme/Left*Pad", "pkg:npm/%40Acme/Left%2APad@1.0"),
    ],
)
def test_makes_canonical_purls(ecosystem: str, name: str, purl: str) -> None:
    """Namespaces, case and dashes are as the specification has them for each type."""
    assert make_purl(ecosystem, name, "1.0") == purl


@given(
    st.sampled_from(["pypi", "npm", "cargo"]),
    st.from_regex(r"(?:@[A-Za-z0-9_.-]{1,8}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True),
    st.from_regex(r"[0-9][A-Za-z0-9.+_-]{0,8}", fullmatch=True),
)
def test_the_short_way_says_what_the_library_says(ecosystem: str, name: str, version: str) -> None:
    """A purl made without the library is the one that the library reads and writes back."""
    bare = name if ecosystem == "npm" else name.rpartition("/")[2]
    made = make_purl(ecosystem, bare, version)
    assert write_purl(parse_purl(made)) == made
    # packageurl-python writes npm's names small, and is the judge of everything else.
    library = PackageURL.from_string(made).to_string()
    assert (library.lower() == made.lower()) if ecosystem == "npm" else (library == made)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("pkg:npm/JSONStream@1.3.5-RC", "pkg:npm/JSONStream@1.3.5-RC"),
        ("pkg:npm/@Acme/Left", "pkg:npm/%40Acme/Left"),
        ("pkg:NPM//%40Acme/Left@1?a=B#C/d", "pkg:npm/%40Acme/Left@1?a=B#C/d"),
        (
            "pkg:npm/L%65ft@1?vcs_url=git%2Bhttps://Host.example/A",
            "pkg:npm/Left@1?vcs_url=git%2Bhttps://Host.example/A",
        ),
        ("pkg:pypi/Left_Pad@1.0A", "pkg:pypi/left-pad@1.0A"),
        ("pkg:composer/Acme/Left@1", "pkg:composer/acme/left@1"),
    ],
)
def test_an_npm_name_keeps_its_case(text: str, written: str) -> None:
    """There are packages that differ in nothing else; other types keep what the specification says of them."""
    assert write_purl(parse_purl(text)) == written


@given(st.text(alphabet="pkg:npm/@%40aB.1?=&#", max_size=40))
def test_a_purl_is_read_wherever_the_library_reads_one(rest: str) -> None:
    """No text makes more or less of a purl than it does, and what is written says the same again."""
    text = f"pkg:npm/{rest}"
    try:
        expected = PackageURL.from_string(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"(?i)purl|qualifier"):
            parse_purl(text)
        return
    found = parse_purl(text)
    assert found._replace(name=found.name.lower()) == expected
    assert found.name.lower() == expected.name


def test_only_one_function_takes_purls_apart() -> None:
    """Another one would write npm's names small."""
    library = Path(__file__).resolve().parents[3] / "lib"
    places = {path.name for path in library.rglob("*.py") if "URL.from_string" in path.read_text(encoding="utf-8")}
    assert places == {"naming.py"}


def test_a_name_in_another_case_is_the_same_only_where_there_is_one() -> None:
    """Of two that differ in nothing else nobody knows which is which; other types are left alone."""
    assert respelled(["pkg:npm/a", "pkg:npm/b"], ["pkg:npm/A", "pkg:npm/b"]) == {"pkg:npm/a": "pkg:npm/A"}
    assert respelled(["pkg:npm/a"], ["pkg:npm/A", "pkg:npm/a"]) == {}
    assert respelled(["pkg:npm/a"], ["pkg:npm/AB", "pkg:npm/Ab"]) == {}
    assert respelled(["pkg:npm/ab"], ["pkg:npm/AB", "pkg:npm/Ab"]) == {}
    assert respelled(["pkg:cargo/a"], ["pkg:cargo/A"]) == {}


def test_splits_a_scope_off() -> None:
    """Only a name that begins with `@` has a scope."""
    assert split_group("npm", "@a/b") == ("@a", "b")
    assert split_group("npm", "a") == ("", "a")


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """Control characters, directional marks and lone surrogates are written out."""
    shown = visible(text)
    shown.encode()
    assert not {"\u202e", "\u200b", "\n", "\x1b", "\u2066", "\ufeff"} & set(shown)
