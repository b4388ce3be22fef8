"""Go modules and crates fetched from what the user configured: believed only with the very bytes that the lock pins."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus import documents
from maximus.sbom import archives, crates, facts, fetching, transfer
from maximus.sbom.caches import Cached
from maximus.sbom.enrichment import with_cached
from maximus.sbom.indexes import indexes_of
from maximus.sbom.toolchains import MAX_PROXIES, Proxies, crates_of, is_private, proxies_of, toolchain_paths
from maximus.sbom.transfer import Client
from tests.lib.sbom.samples import by_name, edges_of, inventory_of
from tests.lib.sbom.test_caches import GO, TARBALL, UPPER, algorithms, h1, module
from tests.lib.sbom.test_fetching import VERSION, index, locked_at
from tests.lib.sbom.test_licence_texts import MIT
from tests.lib.sbom.test_real_trees import unmeasured

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maximus.sbom.model import Inventory

UPPER_PATH = "/example.org/!upper/@v/v1.0.0.zip"


def crate(manifest: str, **more: str) -> bytes:
    """Return a crate, as `cargo package` makes one."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in {"Cargo.toml": manifest, "src/lib.rs": "", **more}.items():
            member = tarfile.TarInfo(f"left-1.0.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


CRATE = crate('[package]\nname = "left"\nversion = "1.0.0"\nlicense = "MIT OR Apache-2.0"\nauthors = ["Ada <a@b.c>"]\n')


def lock(raw: bytes, registry: str = "https://registry.example/crates.io-index") -> dict[str, str]:
    """Return a tree whose lock pins this crate."""
    text = f"""version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["left"]
[[package]]
name = "left"
version = "1.0.0"
source = "registry+{registry}"
checksum = "{hashlib.sha256(raw).hexdigest()}"
"""
    return {"Cargo.lock": text}


def asked(made: Inventory, environment: Mapping[str, str], **texts: str) -> fetching.Fetched:
    """Return what was fetched for an inventory; a pause takes no time."""
    return fetching.fetch(made.components, Client(indexes_of(environment, texts), wait=lambda _: None))


def cargo_configuration(address: str) -> str:
    """Return a configuration that replaces the default registry."""
    return f'[source.crates-io]\nreplace-with = "mirror"\n[source.mirror]\nregistry = "sparse+{address}/index/"\n'


def test_a_module_tells_its_licence_and_its_digests(tmp_path: Path) -> None:
    """Of a zip whose `h1:` was recomputed; a module that is not there is told."""
    made = inventory_of(tmp_path, GO)
    with index({f"/go{UPPER_PATH}": UPPER}) as server:
        found = asked(made, {"GOPROXY": f"{server.address}/go,direct"})
    (fact,) = found.facts
    assert (fact.purl, fact.digest) == ("pkg:golang/example.org/Upper@v1.0.0", h1(UPPER))
    assert fact.licence is not None
    assert (fact.licence.expression, fact.licence.concluded) == ("MIT", True)
    assert dict(fact.hashes) == {
        "SHA-256": hashlib.sha256(UPPER).hexdigest(),
        "SHA-512": hashlib.sha512(UPPER).hexdigest(),
    }
    assert ["example.org/deep" in item.text and "404" in item.text for item in found.findings] == [True]


def test_other_bytes_than_go_sum_states_are_an_alarm(tmp_path: Path) -> None:
    """Nothing is kept of them."""
    made = inventory_of(tmp_path, GO)
    with index({UPPER_PATH: module("example.org/Upper", "v1.0.0", LICENSE=MIT)}) as server:
        found = asked(made, {"GOPROXY": server.address})
    assert found.facts == ()
    assert sorted("alarm" in item.text for item in found.findings) == [False, True]


def test_a_private_module_is_never_asked_for(tmp_path: Path) -> None:
    """By `GONOPROXY`, else by `GOPRIVATE`: not even its name leaves the machine."""
    made = inventory_of(tmp_path, GO)
    with index({UPPER_PATH: UPPER}) as server:
        found = asked(made, {"GOPROXY": server.address, "GOPRIVATE": "*.corp.example,example.org/*"})
        assert server.asked == []
    assert ["about 2 packages" in item.text and "private" in item.text for item in found.findings] == [True]


@pytest.mark.parametrize(("sign", "status", "is_found"), [(",", 404, True), (",", 403, False), ("|", 403, True)])
def test_the_next_proxy_is_asked_as_go_asks_it(tmp_path: Path, sign: str, status: int, *, is_found: bool) -> None:
    """After a comma only where the module is not there, after a bar whatever happened."""
    made = inventory_of(tmp_path, GO)
    with index({f"/a{UPPER_PATH}": status, f"/b{UPPER_PATH}": UPPER}) as server:
        found = asked(made, {"GOPROXY": f"{server.address}/a{sign}{server.address}/b"})
    assert bool(found.facts) == is_found


def test_a_crate_tells_what_its_manifest_declares(tmp_path: Path) -> None:
    """From where the index's `config.json` says, with the SHA-256 that the lock states."""
    made = inventory_of(tmp_path, lock(CRATE))
    checksum = hashlib.sha256(CRATE).hexdigest()
    path = f"/dl/le/ft/left/1.0.0/{checksum}"
    with index({path: CRATE}) as server:
        template = f"{server.address}/dl/{{prefix}}/{{crate}}/{{version}}/{{sha256-checksum}}"
        server.content = {path: CRATE, "/index/config.json": json.dumps({"dl": template}).encode()}
        found = asked(made, {}, cargo=cargo_configuration(server.address))
    (fact,) = found.facts
    assert fact.licence is not None
    assert fact.producer is not None
    assert (fact.licence.expression, fact.licence.concluded, fact.producer.name) == ("MIT OR Apache-2.0", False, "Ada")
    assert dict(fact.hashes)["SHA-512"] == hashlib.sha512(CRATE).hexdigest()


def test_a_crate_may_lie_elsewhere_and_its_text_may_tell(tmp_path: Path) -> None:
    """A redirect is followed for bytes that are verified; without a field the licence file is matched."""
    raw = crate('[package]\nname = "left"\nversion = "1.0.0"\n', LICENSE=MIT)
    made = inventory_of(tmp_path, lock(raw))
    with index({}) as server:
        server.content = {
            "/index/config.json": json.dumps({"dl": f"{server.address}/api"}).encode(),
            "/api/left/1.0.0/download": "/files/left.crate",
            "/files/left.crate": raw,
        }
        found = asked(made, {}, cargo=cargo_configuration(server.address))
    (fact,) = found.facts
    assert fact.licence is not None
    assert (fact.licence.expression, fact.licence.concluded) == ("MIT", True)


def test_a_circle_of_redirects_ends() -> None:
    """After so many of them it is no answer."""
    with index({"/x": "/x"}) as server, pytest.raises(transfer.UnreachableError, match="redirects"):
        Client(indexes_of({"GOPROXY": server.address}, {})).get(f"{server.address}/x", follow=True)


def test_a_crate_of_another_registry_is_not_asked_for(tmp_path: Path) -> None:
    """It may be private: the mirror of the default registry learns nothing of it."""
    made = inventory_of(tmp_path, lock(CRATE, "https://corp.example/index"))
    with index({}) as server:
        found = asked(made, {}, cargo=cargo_configuration(server.address))
        assert server.asked == []
    assert ["another registry" in item.text for item in found.findings] == [True]


def test_a_registry_without_a_configuration_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its no holds for every crate, and the crates are named once."""
    monkeypatch.setattr(fetching, "_WORKERS", 1)
    source = "registry+https://registry.example/crates.io-index"
    entries = "".join(
        f'[[package]]\nname = "c{number}"\nversion = "1.0.0"\nsource = "{source}"\nchecksum = "{str(number) * 64}"\n'
        for number in range(5)
    )
    made = inventory_of(tmp_path, {"Cargo.lock": f"version = 3\n{entries}"})
    with index({}) as server:
        found = asked(made, {}, cargo=cargo_configuration(server.address))
        assert [path for path, _ in server.asked] == ["/index/config.json"]
    assert (len(found.facts), found.unanswered) == (0, 5)
    assert ["about 5 packages of cargo (c0, c1, c2, c3, c4): " in item.text for item in found.findings] == [True]


def test_without_a_configuration_nobody_is_asked_and_that_is_told_once(tmp_path: Path) -> None:
    """No proxy and no index is built in."""
    made = inventory_of(tmp_path, {**GO, **{f"rs/{name}": text for name, text in lock(CRATE).items()}})
    found = asked(made, {})
    assert found.facts == ()
    assert sorted("GOPROXY" in item.text for item in found.findings) == [False, True]


def test_a_failing_host_is_asked_again_and_then_forgiven(tmp_path: Path) -> None:
    """A fault that passes costs a pause and nothing else."""
    made = inventory_of(
        tmp_path, {name: text.replace("require example.org/deep v1.2.0 // indirect\n", "") for name, text in GO.items()}
    )
    pauses: list[float] = []
    with index({UPPER_PATH: 503}) as server:

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            server.content = {UPPER_PATH: UPPER}

        client = Client(indexes_of({"GOPROXY": server.address}, {}), wait=pause)
        found = fetching.fetch(made.components, client)
    assert len(found.facts) == 1
    assert pauses == [0.5]
    assert client.faults == {}


def test_a_budget_of_bytes_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all answers together, and of one archive."""
    made = inventory_of(tmp_path, GO)
    with index({UPPER_PATH: UPPER}) as server:
        monkeypatch.setattr(archives, "MAX_ARCHIVE", 10)
        assert asked(made, {"GOPROXY": server.address}).facts == ()
        monkeypatch.setattr(transfer, "MAX_BYTES", -1)
        assert all("GiB" in item.text for item in asked(made, {"GOPROXY": server.address}).findings)


def test_what_was_fetched_is_pinned_and_read_again(tmp_path: Path) -> None:
    """The facts hold digests too; a second run has the same files without a network."""
    made = inventory_of(tmp_path, {**GO, **{f"rs/{name}": text for name, text in lock(CRATE).items()}})
    with index({}) as server:
        server.content = {
            UPPER_PATH: UPPER,
            "/index/config.json": json.dumps({"dl": f"{server.address}/api"}).encode(),
            "/api/left/1.0.0/download": CRATE,
        }
        found = asked(made, {"GOPROXY": server.address}, cargo=cargo_configuration(server.address)).facts
    document = facts.as_document(found)
    assert documents.faults(document, "sbom-facts") == ()
    again = facts.facts_of(json.loads(json.dumps(document)))
    assert sorted(again, key=str) == sorted(found, key=str)
    cached = facts.told_of(again, made.components)
    assert ("example.org/Upper v1.0.0", "example.org/deep v1.2.0") in edges_of(with_cached(made, cached).inventory)
    known = by_name(with_cached(made, cached, fetched=True).inventory)
    assert set(algorithms(known["example.org/Upper v1.0.0"])) == {"SHA-256", "SHA-512"}
    assert algorithms(known["left 1.0.0"])["SHA-512"] == hashlib.sha512(CRATE).hexdigest()
    assert "fetched bytes" in dict(known["left 1.0.0"].notes)["computed"]
    other = inventory_of(tmp_path / "other", lock(CRATE + b" "))
    assert facts.artifacts_of(again, other.components) == {}


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        (b"no archive", ""),
        (CRATE[:-40], ""),
        (CRATE, "MAX_MEMBERS"),
        (CRATE, "MAX_UNPACKED"),
        (gzip.compress(b"x" * 600), ""),
    ],
)
def test_a_broken_crate_is_an_error_of_its_own(raw: bytes, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an archive, cut off, with too many files, or with too much in it."""
    if limit:
        monkeypatch.setattr(crates, limit, 1)
    with pytest.raises(crates.UnreadableError):
        crates.open_crate(raw, "left", "1.0.0")


@given(st.binary(max_size=300), st.integers(0, len(CRATE)))
def test_no_crate_is_a_traceback(noise: bytes, place: int) -> None:
    """Whatever stands in it, it says something or is unreadable."""
    try:
        crates.open_crate(CRATE[:place] + noise + CRATE[place:], "left", "1.0.0")
    except crates.UnreadableError as fault:
        assert str(fault)  # noqa: PT017 - either is right


def test_headers_that_lead_to_headers_are_a_broken_crate() -> None:
    """`tarfile` calls itself for each long name that another one follows, until Python stops it."""
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 1
    raw = (member.tobuf(tarfile.GNU_FORMAT) + b"a".ljust(512, b"\0")) * 3_000
    with pytest.raises(crates.UnreadableError, match="without an end"):
        crates.open_crate(gzip.compress(raw), "left", "1.0.0")


def test_an_author_of_nothing_but_spaces_takes_no_time(tmp_path: Path) -> None:
    """What the field says is cut first: a pattern that tried every way to split 100,000 spaces took minutes."""
    raw = crate(
        f'[package]\nname = "left"\nversion = "1.0.0"\nauthors = ["a{" " * 100_000}<", "Ada <ada@acme.example>"]\n'
    )
    made = inventory_of(tmp_path, lock(raw))
    path = "/dl/left/1.0.0/download"
    with index({path: raw}) as server:
        server.content = {path: raw, "/index/config.json": json.dumps({"dl": f"{server.address}/dl"}).encode()}
        (fact,) = asked(made, {}, cargo=cargo_configuration(server.address)).facts
    assert fact.producer is not None
    assert fact.producer.name


@pytest.mark.parametrize(
    ("environment", "text", "expected"),
    [
        ({}, "", Proxies()),
        ({"GOPROXY": "https://a.example|https://b.example,direct"}, "",
         Proxies((("https://a.example", True), ("https://b.example", False)))),
        ({"GOPROXY": "off"}, "GOPROXY=https://a.example\n", Proxies()),
        ({}, "GOPROXY=https://a.example\nGOPRIVATE=x.example/*\n",
         Proxies((("https://a.example", False),), ("x.example/*",))),
        ({"GONOPROXY": "none", "GOPRIVATE": "x.example"}, "", Proxies((), ("none",))),
    ],
)  # fmt: skip
def test_proxies_are_those_of_go(environment: dict[str, str], text: str, expected: Proxies) -> None:
    """A variable before Go's own file; `direct` and `off` end the list."""
    assert proxies_of(environment, text) == expected


def test_a_list_of_proxies_has_an_end() -> None:
    """So many are asked one after the other, and no more."""
    many = ",".join(f"https://p{number}.example" for number in range(MAX_PROXIES + 5))
    assert len(proxies_of({"GOPROXY": many}, "").addresses) == MAX_PROXIES


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.corp.example", "git.corp.example/a/b", True),
        ("corp.example/private", "corp.example/private/x", True),
        ("corp.example/private", "corp.example/privateer", False),
        ("corp.example/a/b", "corp.example/a", False),
        ("none", "none", False),
        ("corp[^0-9].example", "corpx.example/a", True),
        ("corp[^0-9].example", "corp7.example/a", False),
    ],
)
def test_private_patterns_fit_the_beginning_of_a_path(pattern: str, path: str, *, expected: bool) -> None:
    """Part by part, as Go compares them."""
    assert is_private(path, (pattern,)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("[", ""),
        ('[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+https://m.example/"\n', "https://m.example/"),
        ('[source.crates-io]\nreplace-with = "m"\n[registries.m]\nindex = "sparse+https://m.example/"\n', "https://m.example/"),
        ('[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "https://git.example/index"\n', ""),
        ('[source.crates-io]\nreplace-with = "m"\n[source.m]\ndirectory = "vendor"\n', ""),
        ('[source.crates-io]\nreplace-with = "crates-io"\n', ""),
        ('[registries.m]\nindex = "sparse+https://m.example/"\n', ""),
    ],
)  # fmt: skip
def test_the_index_is_what_replaces_the_default_one(text: str, expected: str) -> None:
    """A sparse index, by whatever way cargo's configuration leads to it; no other registry takes its place."""
    assert crates_of(text) == expected


def test_where_the_configuration_lies_is_what_the_tools_say() -> None:
    """By their own variables, else in the home folder."""
    assert toolchain_paths({}, "linux") == {"go": ".config/go/env", "cargo": ".cargo/config.toml"}
    assert toolchain_paths({"GOENV": "/g", "CARGO_HOME": "/c"}) == {"go": "/g", "cargo": "/c/config.toml"}
    # Where `go env -w GOPRIVATE=...` writes it on other systems.
    assert toolchain_paths({}, "darwin")["go"] == "Library/Application Support/go/env"
    assert toolchain_paths({"APPDATA": "C:/r"}, "win32")["go"] == "C:/r/go/env"


@pytest.mark.network
def test_a_real_module_comes_from_this_machines_proxy(tmp_path: Path) -> None:
    """The proxy that Go itself is configured with here, and a module whose hash stands in many a `go.sum`."""
    go = shutil.which("go") or unmeasured("go is not installed")
    told = subprocess.run([go, "env", "GOPROXY"], capture_output=True, encoding="utf-8", check=True, cwd=tmp_path)
    files = {
        "go.mod": "module example.org/app\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
        "go.sum": "github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\n",
    }
    found = asked(inventory_of(tmp_path / "tree", files), {"GOPROXY": told.stdout.strip()})
    if not found.facts:
        unmeasured(found.findings[0].text)
    (fact,) = found.facts
    assert fact.licence is not None
    assert fact.licence.expression == "BSD-3-Clause"
    assert len(dict(fact.hashes)["SHA-512"]) == 128


def test_hashes_are_fetched_with_the_file_itself(tmp_path: Path) -> None:
    """Npm's lock states a SHA-512: the tarball with it tells the SHA-256, besides what the document says."""
    content = {"/left/1.0.0": json.dumps(VERSION).encode(), "/left/-/left-1.0.0.tgz": TARBALL}
    with index(content) as server:
        made = inventory_of(tmp_path, locked_at(server))
        client = Client(indexes_of({"npm_config_registry": server.address}, {}), wait=lambda _: None)
        found = fetching.fetch(made.components, client, hashes=True)
    (fact,) = found.facts
    assert dict(fact.hashes)["SHA-256"] == hashlib.sha256(TARBALL).hexdigest()
    assert fact.licence is not None
    cached = Cached(artifacts=facts.artifacts_of(found.facts, made.components))
    left = by_name(with_cached(made, cached, fetched=True).inventory)["left 1.0.0"]
    assert set(algorithms(left)) == {"SHA-256", "SHA-512"}


@pytest.mark.parametrize(("file", "facts_left"), [(b"other bytes", 1), (404, 1)])
def test_a_file_with_other_bytes_gives_no_digest(tmp_path: Path, file: bytes | int, facts_left: int) -> None:
    """What the document says stays; the file is an alarm or a finding."""
    with index({"/left/1.0.0": json.dumps(VERSION).encode(), "/left/-/left-1.0.0.tgz": file}) as server:
        made = inventory_of(tmp_path, locked_at(server))
        client = Client(indexes_of({"npm_config_registry": server.address}, {}), wait=lambda _: None)
        found = fetching.fetch(made.components, client, hashes=True)
    assert [fact.hashes for fact in found.facts] == [()] * facts_left
    assert len(found.findings) == 1


def test_a_python_package_is_found_by_its_digest_on_the_page(tmp_path: Path) -> None:
    """A list of requirements names no address; the index has a file with the stated SHA-256."""
    wheel = b"the bytes of a wheel"
    digest = hashlib.sha256(wheel).hexdigest()
    made = inventory_of(tmp_path, {"requirements.txt": f"left==1.0 --hash=sha256:{digest}\n"})
    listed = json.dumps({"files": [{"url": "../files/left.whl", "hashes": {"sha256": digest}}]}).encode()
    with index({"/simple/left/": listed, "/simple/files/left.whl": wheel}) as server:
        client = Client(indexes_of({"PIP_INDEX_URL": f"{server.address}/simple"}, {}), wait=lambda _: None)
        found = fetching.fetch(made.components, client, hashes=True)
    (fact,) = found.facts
    assert dict(fact.hashes)["SHA-512"] == hashlib.sha512(wheel).hexdigest()


def test_of_several_files_none_is_fetched(tmp_path: Path) -> None:
    """Nobody knows which of them is installed."""
    pair = f"left==1.0 --hash=sha256:{'a' * 64} --hash=sha256:{'b' * 64}\n"
    assert not any(
        fetching.lacks_hashes(item) for item in inventory_of(tmp_path, {"requirements.txt": pair}).components
    )


def test_caches_do_not_change_what_a_fact_is_pinned_by(tmp_path: Path) -> None:
    """Only stated digests pin: those that a cache told may be gone the next time."""
    made = inventory_of(tmp_path, lock(CRATE))
    fact = facts.Fact(made.components[0].purl, facts.digest_of(made.components[0]), None, None, "https://r.example",
                      hashes=(("SHA-512", hashlib.sha512(CRATE).hexdigest()),))  # fmt: skip
    cached = Cached(artifacts=facts.artifacts_of((fact,), made.components))
    after = with_cached(made, cached, fetched=True).inventory
    assert facts.digest_of(after.components[0]) == fact.digest
