"""A package's name is told to the index that its lock names, and to no other."""

# ruff: noqa: E501 - locks and configurations have the lines that their tools write

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from maximus.sbom import fetching
from maximus.sbom.indexes import indexes_of
from maximus.sbom.model import ELSEWHERE
from maximus.sbom.readers import requirement_indexes
from maximus.sbom.sources import npm_source
from maximus.sbom.transfer import Client
from maximus.sbom.tree import Tree
from tests.lib.sbom.samples import inventory_of
from tests.lib.sbom.test_archives import CRATE, cargo_configuration
from tests.lib.sbom.test_fetching import INTEGRITY, METADATA, PIN, SIMPLE, VERSION, WHEEL, index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADA = "Basic " + base64.b64encode(b"ada:pw").decode()
EVE = "Basic " + base64.b64encode(b"eve:pw").decode()


def fetched(root: Path, files: dict[str, str], environment: Mapping[str, str], **texts: str) -> fetching.Fetched:
    """Return what is fetched about a tree, files of packages included."""
    client = Client(indexes_of(environment, texts), wait=lambda _: None)
    return fetching.fetch(inventory_of(root, files).components, client, hashes=True)


def with_user(address: str, user: str) -> str:
    """Return an address with a user and a password in it."""
    return address.replace("//", f"//{user}:pw@")


def npm_lock(*resolved: str) -> dict[str, str]:
    """Return a lock with a package `p0`, `p1`, ... from each address."""
    packages: dict[str, object] = {"": {"dependencies": {f"p{number}": "1" for number in range(len(resolved))}}}
    for number, address in enumerate(resolved):
        stated = {"version": "1.0.0", "integrity": INTEGRITY} | ({"resolved": address} if address else {})
        packages[f"node_modules/p{number}"] = stated
    return {"package-lock.json": json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages})}


UV = """version = 1
[[package]]
name = "left"
version = "1.0"
source = {{ registry = "{own}/simple" }}
wheels = [{{ url = "{own}/simple/files/left-1.0-py3-none-any.whl", hash = "sha256:{wheel}" }}]
"""
POETRY = """[[package]]
name = "left"
version = "1.0"
files = [{{ file = "left-1.0-py3-none-any.whl", hash = "sha256:{wheel}" }}]
[package.source]
type = "legacy"
url = "{own}/simple"
reference = "corp"
[metadata]
lock-version = "2.1"
"""
PYLOCK = """lock-version = "1.0"
[[packages]]
name = "left"
version = "1.0"
index = "{own}/simple/"
wheels = [{{ name = "left-1.0-py3-none-any.whl", hashes = {{ sha256 = "{wheel}" }} }}]
"""
PDM = """[[package]]
name = "left"
version = "1.0"
files = [{{ file = "left-1.0-py3-none-any.whl", hash = "sha256:{wheel}" }}]
"""
PDM_PROJECT = """[[tool.pdm.source]]
name = "{name}"
url = "{own}/simple"
"""
PIPFILE = """{{"_meta": {{"sources": [{{"name": "pypi", "url": "{default}/simple"}},
  {{"name": "corp", "url": "{shown}/simple"}}]}},
 "default": {{"left": {{"version": "==1.0", "index": "corp", "hashes": ["sha256:{wheel}"]}}}}}}"""
LIST = "left==1.0 --hash=sha256:{wheel}\n"


@pytest.mark.parametrize(
    "files",
    [
        {"uv.lock": UV},
        {"poetry.lock": POETRY},
        {"pylock.toml": PYLOCK},
        {"Pipfile.lock": PIPFILE},
        {"pdm.lock": PDM, "pyproject.toml": PDM_PROJECT.replace("{name}", "pypi")},
        {"requirements.txt": "--index-url {shown}/simple\n" + LIST},
        {"requirements.txt": "-i{own}/simple/ # ours\n" + LIST},
        {"requirements.txt": "-r 'base.txt'\n" + LIST, "base.txt": "--index-url={own}/simple\n"},
        {"all-requirements.txt": "-i {own}/simple\n-r requirements.txt\n", "requirements.txt": LIST},
        {"a.cdx.json": '{{"bomFormat": "CycloneDX", "components": [{{"purl": "pkg:pypi/left@1.0'
                       '?repository_url={own}/simple", "hashes": [{{"alg": "SHA-256", "content": "{wheel}"}}]}}]}}'},
    ],
    ids=["uv", "poetry", "pylock", "pipfile", "pdm", "list", "short", "included", "including", "sbom"],
)  # fmt: skip
def test_what_a_lock_takes_from_another_index_is_asked_for_there(tmp_path: Path, files: dict[str, str]) -> None:
    """With its own credentials; the default index does not even hear the name."""
    with index({}) as default, index(SIMPLE) as own:
        values = {"own": own.address, "shown": with_user(own.address, "eve"), "default": default.address}
        lock = {name: text.format(wheel=WHEEL, **values) for name, text in files.items()}
        environment = {
            "UV_DEFAULT_INDEX": with_user(f"{default.address}/simple", "ada"),
            "PIP_EXTRA_INDEX_URL": with_user(f"{own.address}/simple", "eve"),
        }
        found = fetched(tmp_path, lock, environment)
        assert default.asked == []
        assert {sent for _, sent in own.asked} == {EVE}
        # A purl with a qualifier is another one than the metadata is of.
        assert [fact.licence and fact.licence.text for fact in found.facts] == ["MIT"] * ("a.cdx.json" not in files)


@pytest.mark.parametrize(
    "files",
    [
        {"pdm.lock": PDM, "pyproject.toml": PDM_PROJECT.replace("{name}", "corp")},
        {"pdm.lock": PDM, "pyproject.toml": "["},
        {"Pipfile.lock": PIPFILE.replace('"index": "corp", ', "")},
        {"Pipfile.lock": PIPFILE.replace('"index": "corp"', '"index": "gone"')},
        {"poetry.lock": POETRY.replace("legacy", "file")},
        {"uv.lock": UV.replace('{own}/simple"', '../wheels"').replace('url = "{own}/simple/files/', 'path = "')},
        {"uv.lock": UV.replace("registry =", "path =").replace('url = "{own}/simple/files/', 'path = "')},
        {"pylock.toml": PYLOCK.replace("{own}", "file:///srv")},
        {"requirements.txt": "--extra-index-url {own}/simple\n" + LIST},
        {"requirements.txt": "--extra-index {own}/simple\n" + LIST},
        {"requirements.txt": "-f {own}/wheels\n" + LIST},
        {"requirements.txt": "--index-url https://${{HOST}}/simple\n" + LIST},
        {"requirements.txt": LIST, "a-requirements.txt": "-i {own}/s\n-r requirements.txt\n",
         "b-requirements.txt": "-i {default}/s\n-r requirements.txt\n"},
        {"requirements.txt": "-r common.in\n" + LIST, "common.in": "--find-links {own}/wheels\n"},
        {"requirements.txt": "left @ git+https://git.example/left@v1.0 --hash=sha256:{wheel}\n" + LIST,
         "constraints.txt": "--no-index\n", "x-requirements.txt": "-c constraints.txt\n-r requirements.txt\n"},
        {"a.cdx.json": '{{"bomFormat": "CycloneDX", "components": [{{"purl": "pkg:pypi/left@1.0'
                       '?vcs_url=git%2Bhttps://git.example/left", '
                       '"hashes": [{{"alg": "SHA-256", "content": "{wheel}"}}]}}]}}'},
    ],
    ids=["pdm", "pdm broken", "pipfile", "pipfile gone", "poetry file", "uv folder", "uv path", "pylock", "extra",
         "extra short", "links", "variable", "two", "included", "none", "sbom"],
)  # fmt: skip
def test_what_has_no_index_that_is_told_is_asked_for_nowhere(tmp_path: Path, files: dict[str, str]) -> None:
    """It may be private: nobody is asked, and a finding names it."""
    with index(SIMPLE) as default, index(SIMPLE) as own:
        values = {"own": own.address, "shown": own.address, "default": default.address}
        lock = {name: text.format(wheel=WHEEL, **values) for name, text in files.items()}
        found = fetched(tmp_path, lock, {"UV_DEFAULT_INDEX": f"{default.address}/simple",
                                         "UV_INDEX": f"{own.address}/simple"})  # fmt: skip
        assert (default.asked, own.asked) == ([], [])
    assert found.facts == ()
    assert ["nobody was asked about one package of pypi (left): " in item.text for item in found.findings] == [True]


def test_what_cannot_be_found_out_in_time_is_not_taken_for_the_default_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first list is told to end; the others are read, and it is not tried again for each of them."""
    times: list[str] = []

    def endless(*_: object) -> None:
        times.append("tried")
        raise KeyboardInterrupt

    monkeypatch.setattr(requirement_indexes, "_registries", endless)
    tree = Tree(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        requirement_indexes.registry_of("requirements.txt", tree)
    assert requirement_indexes.registry_of("b-requirements.txt", tree) == ELSEWHERE
    assert times == ["tried"]


def test_a_redirect_takes_no_credentials_along() -> None:
    """A file may lie at another host: that one gets its own, or none."""
    with index({"/left.whl": b"x"}) as there, index({"/left.whl": f"{there.address}/left.whl"}) as here:
        named = {"UV_INDEX": f"{with_user(here.address, 'ada')} {with_user(there.address, 'eve')}"}
        for environment, sent in ((named, EVE), (named | {"UV_INDEX": with_user(here.address, "ada")}, "")):
            found = indexes_of(environment, {})
            client = Client(replace(found, trusted=frozenset({here.address, there.address})))
            assert client.get(f"{here.address}/left.whl", follow=True).body == b"x"
            assert (here.asked.pop()[1], there.asked.pop()[1]) == (ADA, sent)


def test_what_no_lock_places_is_asked_for_at_the_default_index(tmp_path: Path) -> None:
    """With its credentials; those of another index stay at home."""
    with index(SIMPLE) as default, index({}) as other:
        environment = {
            "PIP_INDEX_URL": with_user(f"{default.address}/simple", "ada"),
            "PIP_EXTRA_INDEX_URL": with_user(f"{other.address}/simple", "eve"),
        }
        found = fetched(tmp_path, PIN, environment)
        assert {sent for _, sent in default.asked} == {ADA}
        assert other.asked == []
    assert len(found.facts) == 1


def test_an_npm_package_of_another_registry_is_asked_for_there(tmp_path: Path) -> None:
    """By the address that the lock took it from, with that host's token; each registry hears of its own alone."""
    with index({"/p0/1.0.0": json.dumps(VERSION | {"name": "p0"}).encode()}) as default, index({}) as own:
        own.content = {"/npm/p1/1.0.0": json.dumps(VERSION | {"name": "p1"}).encode()}
        npmrc = (
            f"registry={default.address}\n//{default.address[7:]}/:_authToken=one\n"
            f"@unused:registry={own.address}/npm\n//{own.address[7:]}/npm/:_authToken=two\n"
        )
        lock = npm_lock("", f"{own.address}/npm/p1/-/p1-1.0.0.tgz")
        found = fetched(tmp_path, lock, {}, npm=npmrc)
        assert set(default.asked) == {("/p0/1.0.0", "Bearer one"), ("/p0/-/p0-1.0.0.tgz", "Bearer one")}
        assert set(own.asked) == {("/npm/p1/1.0.0", "Bearer two"), ("/npm/p1/-/p1-1.0.0.tgz", "Bearer two")}
    assert len(found.facts) == 2


PNPM = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@acme/left': {{specifier: '1', version: 1.0.0}}
packages:
  '@acme/left@1.0.0':
    resolution: {{integrity: {sri}}}
snapshots:
  '@acme/left@1.0.0': {{}}
"""
DENO = """{{"version": "4", "specifiers": {{"npm:@acme/left@1": "1.0.0"}},
 "npm": {{"@acme/left@1.0.0": {{"integrity": "{sri}"}}}}}}"""
BUN = """{{"lockfileVersion": 1, "workspaces": {{"": {{"name": "app", "dependencies": {{"@acme/left": "1"}}}}}},
 "packages": {{"@acme/left": ["@acme/left@1.0.0", "", {{}}, "{sri}"]}}}}"""
NPM_BARE = """{{"name": "app", "lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"@acme/left": "1"}}}},
 "node_modules/@acme/left": {{"version": "1.0.0", "integrity": "{sri}"}}}}}}"""


@pytest.mark.parametrize(
    "npmrc", ["@acme:registry={own}/\n", 'registry = "{own}"\n@other:registry=https://x.example\n']
)
@pytest.mark.parametrize(
    ("lock", "text"),
    [("pnpm-lock.yaml", PNPM), ("deno.lock", DENO), ("bun.lock", BUN), ("package-lock.json", NPM_BARE)],
)
def test_a_project_that_names_its_registry_is_heard_where_its_lock_is_silent(
    tmp_path: Path, lock: str, text: str, npmrc: str
) -> None:
    """By the `.npmrc` beside the lock: asked there, where it is trusted, and never at the default one."""
    with index({}) as default, index({}) as own:
        own.content = {"/@acme%2Fleft/1.0.0": json.dumps(VERSION | {"name": "@acme/left"}).encode()}
        files = {lock: text.format(sri=INTEGRITY), ".npmrc": npmrc.format(own=own.address)}
        made = inventory_of(tmp_path, files)
        for trust, count in (("", 0), (f"@unused:registry={own.address}\n", 1)):
            client = Client(indexes_of({}, {"npm": f"registry={default.address}\n{trust}"}), wait=lambda _: None)
            assert len(fetching.fetch(made.components, client).facts) == count
        assert default.asked == []
        assert {path for path, _ in own.asked} == {"/@acme%2Fleft/1.0.0"}


def test_a_registry_that_only_its_user_can_fill_in_is_not_the_default_one(tmp_path: Path) -> None:
    """A variable in the project's `.npmrc`: nobody is asked."""
    with index({}) as default:
        files = {"pnpm-lock.yaml": PNPM.format(sri=INTEGRITY), ".npmrc": "@acme:registry=${CORP}\n"}
        found = fetched(tmp_path, files, {"npm_config_registry": default.address})
        assert default.asked == []
    assert "nobody was asked about one package of npm (@acme/left): " in found.findings[0].text


@pytest.mark.parametrize("address", ["https://corp.invalid/@acme/left/-/left-1.0.0.tgz", "https://corp.invalid/"])
def test_bun_tells_where_a_file_lies_that_is_not_the_default_registrys(tmp_path: Path, address: str) -> None:
    """In the place that is empty for those of the default one."""
    with index({}) as default:
        files = {"bun.lock": BUN.replace('1.0.0", ""', f'1.0.0", "{address}"').format(sri=INTEGRITY)}
        (component,) = inventory_of(tmp_path, files).components
        assert component.artifacts[0].url == (address if address.endswith(".tgz") else "")
        assert (
            npm_source(component, indexes_of({"npm_config_registry": default.address}, {})).base
            == "https://corp.invalid"
        )


def test_an_npm_package_with_an_address_of_its_own_is_not_named_to_a_registry(tmp_path: Path) -> None:
    """A tarball that lies anywhere is no registry's."""
    with index({}) as default:
        found = fetched(tmp_path, npm_lock("https://files.invalid/p0.tgz"), {"npm_config_registry": default.address})
        assert default.asked == []
    assert any("an address of its own" in item.text for item in found.findings)


PNPM_LOCAL = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      left: {{specifier: 'file:left-1.0.0.tgz', version: 'file:left-1.0.0.tgz'}}
packages:
  left@file:left-1.0.0.tgz:
    resolution: {{integrity: {sri}, tarball: 'file:left-1.0.0.tgz'}}
    version: 1.0.0
snapshots:
  left@file:left-1.0.0.tgz: {{}}
"""
YARN_LOCAL = """"left@file:left-1.0.0.tgz":
  version "1.0.0"
  resolved "file:left-1.0.0.tgz#{sha1}"
  integrity {sri}
"""
BUN_LOCAL = """{{"lockfileVersion": 1, "workspaces": {{"": {{"name": "app", "dependencies": {{"left": "./left-1.0.0.tgz"}}}}}},
 "packages": {{"left": ["left@./left-1.0.0.tgz", {{}}, "{sri}"]}}}}"""
NPM_LOCAL = """{{"name": "app", "lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"left": "file:left-1.0.0.tgz"}}}},
 "node_modules/left": {{"version": "1.0.0", "resolved": "file:left-1.0.0.tgz", "integrity": "{sri}"}}}}}}"""
NPM_1_LOCAL = """{{"name": "app", "lockfileVersion": 1, "dependencies": {{
 "left": {{"version": "file:left-1.0.0.tgz", "integrity": "{sri}"}}}}}}"""


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        ("package-lock.json", NPM_LOCAL),
        ("package-lock.json", NPM_1_LOCAL),
        ("pnpm-lock.yaml", PNPM_LOCAL),
        ("yarn.lock", YARN_LOCAL),
        ("bun.lock", BUN_LOCAL),
    ],
)
def test_a_tarball_of_the_trees_own_is_not_named_to_a_registry(tmp_path: Path, lock: str, text: str) -> None:
    """What anybody published under its name is another package, and its name is nobody's business."""
    with index({"/left/1.0.0": json.dumps(VERSION).encode()}) as default:
        files = {lock: text.format(sri=INTEGRITY, sha1="a" * 40)}
        found = fetched(tmp_path, files, {"npm_config_registry": default.address})
        assert default.asked == []
    assert [item.version for item in inventory_of(tmp_path, files).components] == ["1.0.0"]
    assert "nobody was asked about one package of npm (left): " in found.findings[0].text


@pytest.mark.parametrize("path", ["p0/-/p0-1.0.0.tgz", "repo/p0/-/@acme/p0-1.0.0.tgz", "download/p0/1.0.0/0a1b"])
def test_the_registry_is_read_off_the_address_of_a_tarball(tmp_path: Path, path: str) -> None:
    """As registries write them; at the host of the configured one any form will do."""
    base = "/repo" if path.startswith("repo/") else ""
    with index({f"{base}/p0/1.0.0": json.dumps(VERSION | {"name": "p0"}).encode()}) as server:
        found = fetched(tmp_path, npm_lock(f"{server.address}/{path}"), {"npm_config_registry": server.address})
    assert len(found.facts) == 1


@pytest.mark.parametrize(("value", "is_asked"), [("always", True), ("old.example", True), ("x.example", False)])
def test_a_mirror_is_asked_where_its_user_says_so(tmp_path: Path, value: str, *, is_asked: bool) -> None:
    """As npm takes `replace-registry-host`: for the files of that host, or of all."""
    with index({"/p0/1.0.0": json.dumps(VERSION | {"name": "p0"}).encode()}) as mirror:
        npmrc = f"registry={mirror.address}\nreplace-registry-host={value}\n"
        lock = npm_lock("http://old.example:8080/p0/-/p0-1.0.0.tgz")
        found = fetched(tmp_path, lock, {}, npm=npmrc)
        assert bool(mirror.asked) == bool(found.facts) == is_asked


def test_a_purl_with_an_index_is_no_crate_of_the_default_one(tmp_path: Path) -> None:
    """What a foreign SBOM takes from another registry is not named to cargo's."""
    digest = hashlib.sha256(CRATE).hexdigest()
    purl = "pkg:cargo/left@1.0.0?repository_url=https://corp.example/index"
    part = {"purl": purl, "hashes": [{"alg": "SHA-256", "content": digest}]}
    with index({}) as server:
        lock = {"a.cdx.json": json.dumps({"bomFormat": "CycloneDX", "components": [part]})}
        found = fetched(tmp_path, lock, {}, cargo=cargo_configuration(server.address))
        assert server.asked == []
    assert ["nobody was asked about one package of cargo" in item.text for item in found.findings] == [True]


def test_two_locks_that_name_two_indexes_are_both_right(tmp_path: Path) -> None:
    """The configured one is asked, where it is one of them; naming one counts more than naming none."""
    with index(SIMPLE) as default, index({}) as other:
        lock = {
            f"{name}/poetry.lock": POETRY.format(own=server.address, wheel=WHEEL)
            for name, server in (("a", other), ("b", default))
        }
        elsewhere = {"c/poetry.lock": POETRY.replace("legacy", "file").format(own="", wheel=WHEEL)}
        made = inventory_of(tmp_path, lock | elsewhere).components
        assert [set(item.registries) for item in made] == [
            {f"{default.address}/simple", f"{other.address}/simple", ELSEWHERE}
        ]
        found = fetching.fetch(made, Client(indexes_of({"PIP_INDEX_URL": f"{default.address}/simple"}, {})))
        assert other.asked == []
    assert len(found.facts) == 1


def test_many_packages_of_nobody_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the first names and how many more; a reason is cut where it is too long."""
    monkeypatch.setattr(fetching, "_MAX_NAMES", 2)
    lines = "".join(f"p{number}==1.0 --hash=sha256:{number:064x}\n" for number in range(5))
    lock = {"requirements.txt": f"--extra-index-url https://corp.example/s\n{lines}"}
    found = fetched(tmp_path / "a", lock, {})
    (finding,) = found.findings
    assert found.unanswered == 5
    assert finding.text.startswith("nobody was asked about 5 packages of pypi (p0, p1 and 3 more): the lock takes")
    monkeypatch.setattr(fetching, "_MAX_REASON", 9)
    cut = fetched(tmp_path / "b", npm_lock("http://a.example/p0/-/p0-1.0.0.tgz"), {}).findings[0]
    assert cut.text.endswith(": http://a.")


@pytest.mark.parametrize(
    ("environment", "texts", "expected"),
    [
        ({"UV_INDEX": "corp=https://a.example/s https://b.example/s"}, {},
         {"https://a.example": "", "https://b.example": ""}),
        ({"UV_INDEX": "my-corp=https://a.example/s", "UV_INDEX_MY_CORP_USERNAME": "ada", "UV_INDEX_MY_CORP_PASSWORD": "pw"},
         {}, {"https://a.example": ADA}),
        ({"UV_EXTRA_INDEX_URL": "https://ada:pw@a.example/s?x=1"}, {}, {"https://a.example": ADA}),
        ({}, {"pip": "[global]\nextra-index-url =\n  https://a.example/s\n  https://eve:pw@b.example/s\n"},
         {"https://a.example": "", "https://b.example": EVE}),
        ({"UV_INDEX_CORP_PASSWORD": "pw", "UV_INDEX_CORP_USERNAME": "ada"},
         {"uv": '[[index]]\nname = "corp"\nurl = "https://a.example/s"\nexplicit = true\n'}, {"https://a.example": ADA}),
        ({}, {"uv": 'extra-index-url = ["https://a.example/s"]\nindex = [1, {}]\n'}, {"https://a.example": ""}),
        ({}, {"npm": "//a.example/npm/:_authToken=t\n"}, {"https://a.example": "Bearer t"}),
        ({"UV_INDEX": "= x=file:///srv"}, {"uv": "[", "pip": "["}, {}),
    ],
)  # fmt: skip
def test_further_indexes_are_trusted_and_never_the_default(
    environment: dict[str, str], texts: dict[str, str], expected: dict[str, str]
) -> None:
    """What the tools are told besides: a lock may send us there, with the credentials for this very host."""
    found = indexes_of(environment, texts)
    assert (found.pypi, found.npm) == ("", "")
    assert found.trusted == frozenset(expected)
    assert dict(found.credentials) == {origin: sent for origin, sent in expected.items() if sent}


def test_the_metadata_is_of_the_wheel_that_the_lock_names(tmp_path: Path) -> None:
    """Where a lock has the address of a wheel and no index, the default one is not told of it."""
    with index(SIMPLE) as default, index({"/left-1.0-py3-none-any.whl.metadata": METADATA}) as own:
        text = PYLOCK.replace('index = "{own}/simple/"\n', "").replace(
            "{{ name =", '{{ url = "{own}/left-1.0-py3-none-any.whl", name ='
        )
        lock = {"pylock.toml": text.format(own=own.address, wheel=WHEEL)}
        client = Client(indexes_of({"UV_DEFAULT_INDEX": f"{default.address}/simple", "UV_INDEX": own.address}, {}))
        found = fetching.fetch(inventory_of(tmp_path, lock).components, client)
        assert default.asked == []
    assert len(found.facts) == 1


def test_without_an_index_one_finding_speaks_of_all(tmp_path: Path) -> None:
    """Nobody may be asked about any of them: that is one thing to mend, and not one for each of hundreds."""
    lines = [f"p{number}==1.0 --hash=sha256:{hashlib.sha256(bytes([number])).hexdigest()}" for number in range(12)]
    found = fetched(tmp_path, {"requirements.txt": "\n".join(lines) + "\n"}, {})
    assert found.unanswered == 12
    assert {item.text.partition(" (")[0] for item in found.findings} == {"nobody was asked about 12 packages of pypi"}
    assert sorted(item.text.partition("): ")[2] for item in found.findings) == [
        "the lock names no address of a wheel, and no index is configured",
        "the lock names no address of their files, and no index is configured",
    ]
