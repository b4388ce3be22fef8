"""What installed packages say about themselves, and how it enters an inventory."""

from __future__ import annotations

import importlib.metadata
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.sbom import scan
from maximus.sbom.enrichment import enrich
from maximus.sbom.gems import of_gemspec
from maximus.sbom.installed import Installed, of_metadata, of_package_json, read_installed
from maximus.sbom.model import Producer
from maximus.sbom.synonyms import by_classifiers, by_name
from tests.lib.sbom.samples import SAMPLES, inventory_of, make
from tests.lib.sbom.samples import by_name as components_by_name
from tests.lib.sbom.test_licence_texts import BSD_3, MIT

if TYPE_CHECKING:
    from pathlib import Path

PNPM_STORE = "node_modules/.pnpm/left@1.2.3/node_modules/left/package.json"


def metadata(**headers: str) -> bytes:
    """Return a METADATA file with these headers, underscores standing for hyphens."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\n".join(
        ["Metadata-Version: 2.4", "Name: Some.Thing", "Version: 1.0", *lines, "", "License: no", ""]
    ).encode()


def claim_of(raw: bytes) -> tuple[str, str]:
    """Return expression and evidence of the one licence that a METADATA file declares."""
    said = of_metadata(raw)
    assert said is not None
    (claim,) = said.licences
    return claim.expression, claim.evidence


def read(root: Path, files: dict[str, str]) -> Installed:
    """Return what is installed in a tree of these files."""
    return read_installed(scan.scan(make(root, files)).tree)


def package_json(name: str, **more: object) -> str:
    """Return a package.json of version 1.2.3."""
    return json.dumps({"name": name, "version": "1.2.3", "license": "MIT", **more})


def test_the_first_step_of_the_ladder_that_gives_an_expression_wins() -> None:
    """The expression field before the free field before the classifiers."""
    classified = {"Classifier": "License :: OSI Approved :: MIT License"}
    assert claim_of(metadata(License_Expression="mit or apache-2.0", License="ISC", **classified)) == (
        "MIT OR Apache-2.0",
        "installed METADATA License-Expression",
    )
    assert claim_of(metadata(License="Apache License, Version 2.0", **classified)) == (
        "Apache-2.0",
        "installed METADATA License",
    )
    assert claim_of(metadata(License="see the file", **classified)) == ("MIT", "installed METADATA Classifier")


@pytest.mark.parametrize(
    "text", ["BSD", "GPLv3", "GPL", "LGPL", "Apache", "Public Domain", "MIT/Apache-2.0", "ZPL", ""]
)
def test_a_name_that_leaves_a_choice_is_no_expression(text: str) -> None:
    """It is kept as a text."""
    said = of_metadata(metadata(License=text))
    assert said is not None
    assert [claim.expression for claim in said.licences] == ([""] if text else [])


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("The MIT License", "MIT"),
        ("MIT/X11", "MIT"),
        ("Apache Software License 2.0", "Apache-2.0"),
        ("Apache Licence, Version 2.0.", "Apache-2.0"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("GPLv3+", "GPL-3.0-or-later"),
        ("x" * 200, ""),
    ],
)
def test_common_names(text: str, licence: str) -> None:
    """A name that means one licence to everybody is that licence."""
    assert by_name(text) == licence


@pytest.mark.parametrize(
    ("classifiers", "licence"),
    [
        (["License :: OSI Approved", "License :: OSI Approved :: MIT License"], "MIT"),
        (["License :: OSI Approved :: BSD License"], ""),
        (["License :: OSI Approved :: Apache Software License"], ""),
        (["License :: OSI Approved :: MIT License", "License :: OSI Approved :: ISC License (ISCL)"], ""),
        (["Programming Language :: Python", "License"], ""),
    ],
)
def test_only_unambiguous_classifiers_count(classifiers: list[str], licence: str) -> None:
    """Several classifiers do not say whether one may choose among them."""
    assert by_classifiers(classifiers)[0] == licence


def test_a_whole_licence_text_names_nothing() -> None:
    """Some authors paste the text into the field; its first words are no licence."""
    said = of_metadata(metadata(License="MIT License\n    Copyright (c) somebody\n    Permission is granted"))
    assert said is not None
    assert said.licences == ()


def test_what_stands_behind_the_headers_is_not_read() -> None:
    """A description may contain lines that look like headers."""
    said = of_metadata(metadata())
    assert said is not None
    assert said.licences == ()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Author": "Ada Lovelace"}, "Ada Lovelace"),
        ({"Author-email": "Ada <ada@example.org>, Bob <b@example.org>"}, "Ada, Bob"),
        ({"Author-email": "ada@example.org"}, "ada@example.org"),
        ({"Author": "UNKNOWN", "Maintainer": "Bob"}, "Bob"),
        ({"Author": "Ada (Organization: Evil"}, "Ada"),
    ],
)
def test_the_producer_is_author_or_maintainer(headers: dict[str, str], name: str) -> None:
    """Only the name: a parenthesis would begin a mail address in SPDX."""
    said = of_metadata(metadata(**headers))
    assert said is not None
    assert said.producer is not None
    assert said.producer.name == name


@pytest.mark.parametrize("author", ["Ada <a@example.org> (https://x.example)", {"name": "Ada", "email": 5}])
def test_npms_author_in_both_forms(author: object) -> None:
    """As a text and as an object."""
    said = of_package_json(package_json("left", author=author).encode(), "x")
    assert said is not None
    assert said.producer is not None
    assert said.producer.name == "Ada"


@given(st.binary(max_size=400))
def test_no_metadata_is_a_traceback(raw: bytes) -> None:
    """Whatever stands in METADATA, it says something or nothing."""
    of_metadata(b"Name: a\nVersion: 1\nLicense: " + raw)


@given(
    st.dictionaries(
        st.sampled_from(["name", "version", "license", "licenses", "author"]),
        st.recursive(
            st.none() | st.integers() | st.text(), lambda item: st.lists(item) | st.dictionaries(st.text(), item)
        ),
    )
)
def test_no_package_json_is_a_traceback(document: dict[str, object]) -> None:
    """Whatever its fields hold, they say something or nothing."""
    of_package_json(json.dumps({"name": "a", "version": "1.0.0", **document}).encode(), "x")


def test_licences_and_producers_of_node_modules(tmp_path: Path) -> None:
    """A pnpm lock states no licence; what is installed beside it does, nested and in pnpm's store."""
    lock = SAMPLES["npm-3"]["package-lock.json"].replace('"license"', '"other"')
    made = inventory_of(tmp_path, {"package-lock.json": lock})
    before = [item for item in made.components if item.licences]
    first = next(item for item in made.components if "?" not in item.purl)
    name = first.full_name
    path = f"node_modules/.pnpm/x@1/node_modules/{name}/package.json"
    text = json.dumps({"name": name, "version": first.version, "license": "ISC", "author": "Ada"})
    found = enrich(made, read(tmp_path, {path: text}))
    after = next(item for item in found.inventory.components if item.ref == first.ref)
    assert before == []
    assert found.matched == 1
    assert [claim.expression for claim in after.licences] == ["ISC"]
    assert after.producer is not None
    assert {"Component License", "Component Producer"}.isdisjoint(gap.field for gap in after.gaps)


def test_node_modules_without_a_lock_are_not_read(tmp_path: Path) -> None:
    """They belong to nothing that is inventoried."""
    assert read(tmp_path, {"a/node_modules/left/package.json": package_json("left"), "b/yarn.lock": ""}).said == ()


def test_every_shape_of_an_installed_tree_is_found(tmp_path: Path) -> None:
    """Nested packages, scopes, pnpm's store, both kinds of virtual environments, and a target folder."""
    wheel = metadata(License_Expression="MIT").decode()
    found = read(
        tmp_path,
        {
            "package-lock.json": SAMPLES["npm-3"]["package-lock.json"],
            "node_modules/a/package.json": package_json("a"),
            "node_modules/a/node_modules/b/package.json": package_json("b"),
            "node_modules/@s/c/package.json": package_json("@s/c"),
            "packages/web/node_modules/d/package.json": package_json("d"),
            PNPM_STORE: package_json("left"),
            "node_modules/.bin/package.json": package_json("no"),
            "env/pyvenv.cfg": "",
            "env/lib/python3.11/site-packages/p-1.dist-info/METADATA": wheel,
            "win/pyvenv.cfg": "",
            "win/Lib/site-packages/q-1.dist-info/METADATA": wheel.replace("Some.Thing", "q"),
            "deps/r-1.dist-info/METADATA": wheel.replace("Some.Thing", "r"),
            "testdata/s-1.dist-info/METADATA": wheel.replace("Some.Thing", "s"),
        },
    )
    assert sorted(item.purl for item in found.said) == [
        "pkg:npm/%40s/c@1.2.3",
        "pkg:npm/a@1.2.3",
        "pkg:npm/b@1.2.3",
        "pkg:npm/d@1.2.3",
        "pkg:npm/left@1.2.3",
        "pkg:pypi/q@1.0",
        "pkg:pypi/r@1.0",
        "pkg:pypi/some-thing@1.0",
    ]
    assert found.findings == ()


def test_another_version_says_nothing(tmp_path: Path) -> None:
    """Only the very package that the lock names is believed."""
    made = inventory_of(tmp_path / "a", {"requirements.txt": "some-thing==1.1\n"})
    wheel = metadata(License_Expression="MIT").decode()
    found = enrich(made, read(tmp_path / "b", {".venv/lib/python3/site-packages/p-1.dist-info/METADATA": wheel}))
    assert (found.matched, found.inventory) == (0, made)


def test_what_the_lock_states_counts_more(tmp_path: Path) -> None:
    """An expression out of the lock is neither replaced nor joined by another."""
    made = inventory_of(tmp_path, SAMPLES["npm-3"])
    stated = next(item for item in made.components if item.licences and item.licences[0].expression)
    text = json.dumps({"name": stated.full_name, "version": stated.version, "license": "WTFPL"})
    found = enrich(made, read(tmp_path, {f"node_modules/{stated.full_name}/package.json": text}))
    assert next(i for i in found.inventory.components if i.ref == stated.ref).licences == stated.licences


def test_copies_that_contradict_each_other_say_nothing(tmp_path: Path) -> None:
    """Two installed copies with different licences are a finding, in whatever order they are found."""
    made = inventory_of(tmp_path / "a", {"requirements.txt": "some-thing==1.0\n"})
    tree = {
        "x/p-1.dist-info/METADATA": metadata(License_Expression="MIT").decode(),
        "y/p-1.dist-info/METADATA": metadata(License_Expression="ISC").decode(),
    }
    found = enrich(made, read(tmp_path / "b", tree)).inventory
    assert components_by_name(found)["some-thing 1.0"].licences == ()
    assert [item.kind for item in found.findings] == ["conflict"]


def test_broken_and_huge_metadata_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and the limit are named, and everything else is read."""
    monkeypatch.setattr("maximus.sbom.installed.MAX_MANIFEST", 1000)
    found = read(
        tmp_path,
        {
            "package-lock.json": SAMPLES["npm-3"]["package-lock.json"],
            "node_modules/a/package.json": package_json("a"),
            "node_modules/b/package.json": "{",
            "node_modules/c/package.json": package_json("c", x="x" * 1000),
            "node_modules/d/package.json": "[" * 900,
        },
    )
    assert [item.purl for item in found.said] == ["pkg:npm/a@1.2.3"]
    assert [(item.kind, item.location.path) for item in found.findings] == [
        ("ignored", "node_modules/b/package.json"),
        ("limit", "node_modules/c/package.json"),
        ("ignored", "node_modules/d/package.json"),
    ]
    assert not any(item.lost for item in found.findings)


def test_this_pythons_own_packages_are_understood() -> None:
    """Metadata as real tools write it: each names its package, and nine of ten tell their licence."""
    raws = [text.encode() for item in importlib.metadata.distributions() if (text := item.read_text("METADATA"))]
    said = [of_metadata(raw) for raw in raws]
    told = [item for item in said if item is not None and item.licences]
    assert len(raws) > 20
    assert None not in said
    assert 10 * len(told) > 9 * len(raws)


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    """A linked folder is passed over; a linked file is a finding."""
    outside = make(tmp_path / "outside", {"a/package.json": package_json("a")})
    tree = make(tmp_path / "tree", {"yarn.lock": "", "node_modules/b/x": ""})
    (tree / "node_modules" / "a").symlink_to(outside / "a")
    (tree / "node_modules" / "b" / "package.json").symlink_to(outside / "a" / "package.json")
    found = read(tree, {})
    assert found.said == ()
    assert [item.location.path for item in found.findings] == ["node_modules/b/package.json"]


def test_too_many_entries_end_the_walk_with_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is named; what was read until then counts."""
    files = {f"node_modules/p{number}/package.json": package_json(f"p{number}") for number in range(9)}
    tree = scan.scan(make(tmp_path, {"yarn.lock": "", **files})).tree
    monkeypatch.setattr("maximus.sbom.installed.MAX_ENTRIES", 5)
    found = read_installed(tree)
    assert [item.kind for item in found.findings] == ["limit"]


def test_too_many_packages_end_with_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many are read as a tree may have components."""
    monkeypatch.setattr("maximus.sbom.installed.MAX_COMPONENTS", 2)
    files = {f"node_modules/p{number}/package.json": package_json(f"p{number}") for number in range(3)}
    found = read(tmp_path, {"yarn.lock": "", **files})
    assert (len(found.said), [item.kind for item in found.findings]) == (2, ["limit"])


def test_licence_files_tell_where_the_metadata_does_not(tmp_path: Path) -> None:
    """Those of npm beside `package.json`, those of Python beside METADATA or below `licenses`; declared stays."""
    found = read(
        tmp_path,
        {
            "yarn.lock": "",
            "node_modules/a/package.json": package_json("a", license="SEE LICENSE IN terms"),
            "node_modules/a/terms": MIT,
            "node_modules/b/package.json": package_json("b", license="UNLICENSED"),
            "node_modules/b/LICENSE": MIT,
            "node_modules/c/package.json": package_json("c", license=None),
            "node_modules/c/LICENSE": MIT,
            "d/d-1.dist-info/METADATA": metadata(License="BSD").decode().replace("Some.Thing", "d"),
            "d/d-1.dist-info/licenses/vendor/LICENSE.txt": BSD_3,
            "d/e-1.dist-info/METADATA": metadata(License="dual license").decode().replace("Some.Thing", "e"),
            "d/e-1.dist-info/LICENSE": MIT,
            "d/e-1.dist-info/LICENSE.BSD": BSD_3,
            "d/f-1.dist-info/METADATA": metadata(License_Expression="ISC").decode().replace("Some.Thing", "f"),
            "d/f-1.dist-info/LICENSE": MIT,
        },
    )
    told = {
        item.purl.partition("/")[2].partition("@")[0]: [(claim.expression, claim.concluded) for claim in item.licences]
        for item in found.said
    }
    assert told == {
        "a": [("", False), ("MIT", True)],
        "b": [("", False)],
        "c": [("MIT", True)],
        "d": [("", False), ("BSD-3-Clause", True)],
        "e": [("", False), ("BSD-3-Clause OR MIT", True)],
        "f": [("ISC", False)],
    }


def test_a_licence_file_that_is_too_long_leaves_the_licence_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the others say is not the whole."""
    monkeypatch.setattr("maximus.sbom.licence_texts.MAX_LICENCE", 2000)
    package = {"yarn.lock": "", "node_modules/c/package.json": package_json("c", license=None)}
    texts = {"node_modules/c/LICENSE": MIT, "node_modules/c/COPYING": "x" * 2001}
    assert [item.licences for item in read(tmp_path, package | texts).said] == [()]


def test_licences_are_not_looked_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders below `licenses` have a limit."""
    monkeypatch.setattr("maximus.sbom.installed._DEEPEST", 1)
    files = {"d/d-1.dist-info/METADATA": metadata().decode(), "d/d-1.dist-info/licenses/a/b/LICENSE": MIT}
    assert [item.licences for item in read(tmp_path, files).said] == [()]


def test_a_whole_text_in_the_licence_field_is_matched() -> None:
    """Some authors paste it there; it is concluded like any text."""
    said = of_metadata(metadata(License=MIT.replace("\n", "\n    ")))
    assert said is not None
    assert [(claim.expression, claim.concluded) for claim in said.licences] == [("MIT", True)]


@pytest.mark.parametrize(
    ("fields", "producer"),
    [
        ({"maintainers": [{"name": "Eve"}, {"name": "Bob"}]}, Producer("Eve")),
        (
            {"repository": {"url": "git+https://github.com/ada/left.git"}},
            Producer("ada", "https://github.com/ada", derived=True),
        ),
        ({"repository": "gitlab:ada/left"}, Producer("ada", "https://gitlab.com/ada", derived=True)),
        ({"repository": "https://example.org/ada/left"}, None),
        ({"author": {"name": "Ada"}, "repository": "bob/left"}, Producer("Ada")),
    ],
)
def test_npms_producer_without_an_author(fields: dict[str, object], producer: Producer | None) -> None:
    """Who maintains it; else who owns the repository, marked as derived; an index is nobody's producer."""
    said = of_package_json(package_json("left", **fields).encode(), "x")
    assert said is not None
    assert said.producer == producer


def test_pythons_producer_without_an_author() -> None:
    """The owner of the repository, the source's own address before others."""
    raw = metadata(Home_page="https://github.com/eve/x", Project_URL="Source, https://github.com/ada/x").replace(
        b"Home-page", b"Project-URL: Docs, https://github.com/bob/x\nHome-page"
    )
    said = of_metadata(raw)
    assert said is not None
    assert said.producer == Producer("ada", "https://github.com/ada", derived=True)


EGG = "Metadata-Version: 1.2\nName: Some.Thing\nVersion: 1.0\nLicense: MIT\nAuthor: Ada\n\nLong text.\n"


@pytest.mark.parametrize(
    "path",
    [
        ".venv/lib/python3.11/site-packages/Some.Thing-1.0-py3.11.egg-info/PKG-INFO",
        ".venv/lib/python3.11/site-packages/Some.Thing-1.0.egg-info",
        "function/Some.Thing.egg-info/PKG-INFO",
    ],
)
def test_eggs_tell_what_wheels_tell(tmp_path: Path, path: str) -> None:
    """A folder, or one file as distutils wrote it, in an environment or where `pip install --target` put it."""
    (said,) = read(tmp_path, {path: EGG}).said
    assert said.purl == "pkg:pypi/some-thing@1.0"
    assert [claim.expression for claim in said.licences] == ["MIT"]
    assert said.producer == Producer("Ada")


def test_the_licence_beside_a_single_file_is_another_packages(tmp_path: Path) -> None:
    """In `site-packages` itself lies whatever somebody dropped there."""
    folder = ".venv/lib/python3.11/site-packages"
    egg = EGG.replace("License: MIT\n", "")
    (said,) = read(tmp_path, {f"{folder}/Some.Thing-1.0.egg-info": egg, f"{folder}/LICENSE": MIT}).said
    assert said.licences == ()


GEMSPEC = r"""# -*- encoding: utf-8 -*-
# stub: left 1.2.0 ruby lib

Gem::Specification.new do |s|
  s.name = "left".freeze
  s.version = "1.2.0"

  s.authors = ["Andr\u00E9 Someone".freeze, "Other".freeze]
  s.licenses = ["MIT".freeze]
end
"""
BUNDLE = "vendor/bundle/ruby/3.3.0/specifications"
LOCK = """GEM
  remote: https://registry.example/
  specs:
    left (1.2.0)

PLATFORMS
  ruby

DEPENDENCIES
  left
"""


def test_gems_of_a_bundle(tmp_path: Path) -> None:
    """What Bundler installed into the tree fills in what its lock does not say; the folder is named once."""
    files = {"Gemfile.lock": LOCK, f"{BUNDLE}/left-1.2.0.gemspec": GEMSPEC, f"{BUNDLE}/../gems/x/Gemfile.lock": LOCK}
    made = inventory_of(tmp_path, files)
    assert [item.path for item in made.skipped] == ["vendor/bundle"]
    (left,) = enrich(made, read_installed(scan.scan(tmp_path).tree)).inventory.components
    assert [claim.expression for claim in left.licences] == ["MIT"]
    assert left.producer == Producer("André Someone")


def test_a_gem_for_a_platform(tmp_path: Path) -> None:
    """It is another file than the one for every platform; of two licences nobody knows whether they are a choice."""
    text = GEMSPEC.replace('["MIT".freeze]', '["MIT".freeze, "Ruby".freeze]')
    (said,) = read(tmp_path, {f"{BUNDLE}/left-1.2.0-x86_64-linux.gemspec": text}).said
    assert said.purl == "pkg:gem/left@1.2.0?platform=x86_64-linux"
    assert said.licences == ()


def test_a_folder_called_bundle_may_be_anything(tmp_path: Path) -> None:
    """Without Ruby's folder it is a vendored copy as any other."""
    made = inventory_of(tmp_path, {"vendor/bundle/Gemfile.lock": LOCK, "Gemfile.lock": LOCK})
    assert [(item.path, item.reason) for item in made.skipped] == [("vendor/bundle/Gemfile.lock", "a vendored copy")]


@given(st.text(alphabet='.licensauthor= []"\\\\u0aé\\n', max_size=200))
def test_any_gemspec_is_read_or_left(text: str) -> None:
    """Ruby may stand in it; whatever does is never run."""
    found = of_gemspec(text.encode(), "specifications/left-1.2.0.gemspec")
    assert found is not None
    assert (found.name, found.version) == ("left", "1.2.0")
    assert of_gemspec(text.encode(), "left.gemspec") is None
