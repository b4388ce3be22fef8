"""Digests, needs and licences out of the caches of npm, cargo and Go: of verified bytes and of no others."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maximus.sbom import caches, checking, module_zips, rendering
from maximus.sbom.caches import Places, places_of, read_caches
from maximus.sbom.enrichment import with_cached
from maximus.sbom.model import Known
from maximus.verdict import Status
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, make
from tests.lib.sbom.test_licence_texts import MIT

if TYPE_CHECKING:
    from maximus.sbom.model import Component, Inventory

TARBALL = b"the bytes of left-1.0.0.tgz"
CRATE = b"the bytes of left-1.0.0.crate"
NPM = {
    "package.json": '{"name": "app", "dependencies": {"left": "1.0.0"}}',
    "package-lock.json": json.dumps({
        "name": "app",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "dependencies": {"left": "1.0.0"}},
            "node_modules/left": {
                "version": "1.0.0",
                "resolved": "https://registry.example/left/-/left-1.0.0.tgz",
                "integrity": "sha512-" + base64.b64encode(hashlib.sha512(TARBALL).digest()).decode(),
            },
        },
    }),
}  # fmt: skip
CARGO = {
    "Cargo.lock": f"""version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["left"]
[[package]]
name = "left"
version = "1.0.0"
source = "registry+https://registry.example/index"
checksum = "{hashlib.sha256(CRATE).hexdigest()}"
"""
}


def places(root: Path) -> Places:
    """Return caches that all lie below one folder."""
    return Places(npm=root / "npm", cargo=root / "cargo", go=root / "go", pip=root / "pip")


def put(path: Path, content: bytes) -> Path:
    """Write a file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def tarball(root: Path, content: bytes = TARBALL) -> Path:
    """Put bytes where npm's cache keeps those of the tarball."""
    name = hashlib.sha512(TARBALL).hexdigest()
    return put(root / "npm" / "_cacache" / "content-v2" / "sha512" / name[:2] / name[2:4] / name[4:], content)


def module(name: str, version: str, requires: str = "", **more: str) -> bytes:
    """Return the zip of a module."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}@{version}/go.mod", f"module {name}\ngo 1.20\n{requires}")
        for file, text in {"a.go": "package a\n", **more}.items():
            archive.writestr(f"{name}@{version}/{file}", text)
    return stream.getvalue()


def h1(raw: bytes) -> str:
    """Return the hash of a zip as the specification words it, one line a file."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        lines = "".join(
            f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in sorted(archive.namelist())
        )
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


UPPER = module("example.org/Upper", "v1.0.0", "require example.org/deep v1.2.0\n", LICENSE=MIT)
DEEP = module("example.org/deep", "v1.2.0", "require example.org/other v1.0.0 // indirect\n")
GO = {
    "go.mod": """module example.org/app
go 1.20
require example.org/Upper v1.0.0
require example.org/deep v1.2.0 // indirect
""",
    "go.sum": f"example.org/Upper v1.0.0 {h1(UPPER)}\nexample.org/deep v1.2.0 {h1(DEEP)}\n",
}


def go_cache(root: Path, upper: bytes = UPPER, deep: bytes = DEEP) -> None:
    """Put both modules where Go's cache keeps them."""
    put(root / "go" / "cache" / "download" / "example.org" / "!upper" / "@v" / "v1.0.0.zip", upper)
    put(root / "go" / "cache" / "download" / "example.org" / "deep" / "@v" / "v1.2.0.zip", deep)


def enriched(root: Path, made: Inventory) -> Inventory:
    """Return an inventory with what the caches tell, after both documents were found sound."""
    found = with_cached(made, read_caches(made.components, places(root))).inventory
    both = rendering.render(found, seconds=0, tool_version="1.0.0")
    for verdict in (checking.judge_documents(both), checking.judge_references(both, found)):
        assert verdict.status is Status.PASS, verdict.reason
    return found


def algorithms(component: Component) -> dict[str, str]:
    """Return the digests of a component's one file."""
    (artifact,) = component.artifacts
    return {digest.algorithm: digest.value for digest in artifact.digests}


def test_npms_cache_gives_the_sha256_of_a_verified_tarball(tmp_path: Path) -> None:
    """The lock states SHA-512 only; the same bytes have both."""
    made = inventory_of(tmp_path / "tree", NPM)
    tarball(tmp_path)
    left = by_name(enriched(tmp_path, made))["left 1.0.0"]
    assert algorithms(left) == {
        "SHA-256": hashlib.sha256(TARBALL).hexdigest(),
        "SHA-512": hashlib.sha512(TARBALL).hexdigest(),
    }
    assert [name for name, _ in left.notes] == ["computed"]


def test_cargos_cache_gives_the_sha512_of_a_verified_crate(tmp_path: Path) -> None:
    """In whichever registry's folder it lies."""
    made = inventory_of(tmp_path / "tree", CARGO)
    put(tmp_path / "cargo" / "registry" / "cache" / "a.example" / "left-1.0.0.crate", CRATE)
    left = by_name(enriched(tmp_path, made))["left 1.0.0"]
    assert algorithms(left)["SHA-512"] == hashlib.sha512(CRATE).hexdigest()


def test_gos_cache_gives_digests_needs_and_licences(tmp_path: Path) -> None:
    """Of zips whose h1 is the one in go.sum; what hung on the project for want of an edge hangs where it belongs."""
    made = inventory_of(tmp_path / "tree", GO)
    go_cache(tmp_path)
    found = enriched(tmp_path, made)
    components = by_name(found)
    assert algorithms(components["example.org/Upper v1.0.0"])["SHA-256"] == hashlib.sha256(UPPER).hexdigest()
    assert [claim.expression for claim in components["example.org/Upper v1.0.0"].licences] == ["MIT"]
    assert ("example.org/Upper", "example.org/deep") in {
        (source.rpartition(" ")[0], target.rpartition(" ")[0]) for source, target in edges_of(found)
    }
    assert len(found.edges) == 2
    assert {item.edges for item in (found.root, *found.components)} == {Known.COMPLETE}


def test_without_some_modules_the_rest_still_hangs_on_the_project(tmp_path: Path) -> None:
    """Nothing floats: a module that no known edge leads to stays where it was."""
    made = inventory_of(tmp_path / "tree", GO)
    go_cache(tmp_path, upper=b"")
    found = enriched(tmp_path, made)
    assert len(found.edges) == 2
    assert found.root.edges is Known.INCOMPLETE


@pytest.mark.parametrize("files", [NPM, CARGO, GO])
def test_other_bytes_in_a_cache_are_an_alarm_and_give_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    """A cache is a folder that others write to."""
    made = inventory_of(tmp_path / "tree", files)
    tarball(tmp_path, b"evil")
    put(tmp_path / "cargo" / "registry" / "cache" / "a.example" / "left-1.0.0.crate", b"evil")
    go_cache(tmp_path, upper=module("example.org/Upper", "v1.0.0", LICENSE="other"))
    found = read_caches(made.components, places(tmp_path))
    assert not found.artifacts.keys() - {"pkg:golang/example.org/deep@v1.2.0"}
    assert ["alarm" in item.text for item in found.findings] == [True]


def test_links_and_pipes_in_a_cache_are_passed_over(tmp_path: Path) -> None:
    """Neither is followed nor waited for."""
    made = inventory_of(tmp_path / "tree", NPM)
    path = tarball(tmp_path)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert read_caches(made.components, places(tmp_path)).artifacts == {}
    path.unlink()
    os.mkfifo(path)
    assert read_caches(made.components, places(tmp_path)).artifacts == {}


def test_no_cache_is_no_fault(tmp_path: Path) -> None:
    """What is not there tells nothing."""
    for number, files in enumerate((NPM, CARGO, GO)):
        found = read_caches(inventory_of(tmp_path / str(number), files).components, places(tmp_path))
        assert (found.artifacts, found.findings) == ({}, [])


def test_a_large_file_of_a_cache_is_not_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on one archive."""
    monkeypatch.setattr(caches, "MAX_ARCHIVE", len(TARBALL) - 1)
    made = inventory_of(tmp_path / "tree", NPM)
    tarball(tmp_path)
    assert read_caches(made.components, places(tmp_path)).artifacts == {}


def test_only_so_much_is_read_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on all of it is a finding."""
    monkeypatch.setattr(caches, "MAX_CACHED", -1)
    found = read_caches(inventory_of(tmp_path / "tree", NPM).components, places(tmp_path))
    assert [item.kind for item in found.findings] == ["limit"]


def test_only_so_many_registries_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of their names."""
    monkeypatch.setattr(caches, "MAX_REGISTRIES", 1)
    made = inventory_of(tmp_path / "tree", CARGO)
    (tmp_path / "cargo" / "registry" / "cache" / "a.example").mkdir(parents=True)
    put(tmp_path / "cargo" / "registry" / "cache" / "b.example" / "left-1.0.0.crate", CRATE)
    assert read_caches(made.components, places(tmp_path)).artifacts == {}


@pytest.mark.parametrize(("limit", "value"), [("MAX_ZIP", 10), ("MAX_UNPACKED", 10), ("MAX_MEMBERS", 1)])
def test_a_zip_that_passes_a_limit_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    """Its size, what is in it, and how many files."""
    monkeypatch.setattr(module_zips, limit, value)
    made = inventory_of(tmp_path / "tree", GO)
    go_cache(tmp_path)
    found = read_caches(made.components, places(tmp_path))
    assert (found.artifacts, {item.kind for item in found.findings}) == ({}, {"limit"})


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04" * 9, UPPER[:-30], UPPER[:40] + b"\0" * 40 + UPPER[80:]])
def test_a_broken_zip_is_no_traceback(raw: bytes) -> None:
    """Cut off, overwritten, or none at all."""
    with pytest.raises(module_zips.UnreadableError):
        module_zips.open_zip(raw, "example.org/Upper", "v1.0.0")


def test_where_the_caches_lie_is_what_their_tools_say() -> None:
    """By each tool's own variable, else below the home folder."""
    home = Path("/home/a")
    assert places_of({}, home) == Places(home / ".npm", home / ".cargo", home / "go/pkg/mod", home / caches._PIP)
    stated = {"npm_config_cache": "/n", "CARGO_HOME": "/c", "GOPATH": f"/g{os.pathsep}/h", "PIP_CACHE_DIR": "/p"}
    assert places_of(stated, home) == Places(Path("/n"), Path("/c"), Path("/g/pkg/mod"), Path("/p"))
    assert places_of({"GOMODCACHE": "/m", "GOPATH": "/g"}, home).go == Path("/m")
    assert places_of({"XDG_CACHE_HOME": "/x"}, home).pip == Path("/x/pip")


def test_gos_own_cache_and_sums_are_understood(tmp_path: Path) -> None:
    """Go itself downloads both modules from a folder and writes go.sum; its h1 is ours, and so is its graph."""
    go = shutil.which("go")
    if go is None:
        if os.environ.get("MAXIMUS_REQUIRE_STACK") == "1":
            pytest.fail("go is not installed")
        pytest.skip("unmeasured: go is not installed")
    for name, version, raw in (("!upper", "v1.0.0", UPPER), ("deep", "v1.2.0", DEEP)):
        folder = tmp_path / "proxy" / "example.org" / name / "@v"
        put(folder / f"{version}.zip", raw)
        put(folder / f"{version}.info", json.dumps({"Version": version}).encode())
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            put(folder / f"{version}.mod", archive.read(archive.namelist()[0]))
    tree = make(tmp_path / "tree", {"go.mod": GO["go.mod"]})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GOPROXY": (tmp_path / "proxy").as_uri(),
        "GONOSUMDB": "*",
        "GOFLAGS": "-modcacherw -mod=mod",
        "GOTOOLCHAIN": "local",
        "GOMODCACHE": str(tmp_path / "go"),
    }
    call = [go, "mod", "download", "example.org/Upper", "example.org/deep"]
    subprocess.run(call, cwd=tree, env=environment, check=True, timeout=120, capture_output=True)
    found = enriched(tmp_path, inventory_of(tree, {}))
    assert all(algorithms(item)["SHA-256"] for item in found.components)
    assert len(found.edges) == 2


WHEEL = b"the bytes of acme-1.0-py3-none-any.whl"
PINNED = {"requirements.txt": f"acme==1.0 --hash=sha256:{hashlib.sha256(WHEEL).hexdigest()}\n"}


def download(root: Path, content: bytes, name: str = "abcdef0") -> Path:
    """Put bytes where pip keeps a download: by a digest of its address, below folders of one sign each."""
    return put(root / "pip" / "http-v2" / Path(*name[:5]) / f"{name}.body", content)


def test_pips_downloads_give_sha512(tmp_path: Path) -> None:
    """Of the bytes whose SHA-256 the lock states; another package's download and what is not pip's are no alarm."""
    download(tmp_path, WHEEL)
    download(tmp_path, b"another package", "fedcba0")
    put(tmp_path / "pip" / "http-v2" / "a" / "b" / "c" / "d" / "e" / "abcde", b"headers")
    made = inventory_of(tmp_path / "app", PINNED)
    found = with_cached(made, read_caches(made.components, places(tmp_path)))
    assert found.matched == 1
    (component,) = found.inventory.components
    digests = {item.algorithm: item.value for artifact in component.artifacts for item in artifact.digests}
    assert digests["SHA-512"] == hashlib.sha512(WHEEL).hexdigest()
    assert ("computed", "SHA-512, from pip's cache, verified with the SHA-256 that the lock states") in component.notes
    assert found.inventory.findings == made.findings


def test_pips_cache_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link gives nothing, a cache that is not there neither; too many downloads are a finding."""
    made = inventory_of(tmp_path / "app", PINNED)
    assert read_caches(made.components, places(tmp_path / "none")).artifacts == {}
    path = download(tmp_path, WHEEL)
    outside = put(tmp_path / "outside", WHEEL)
    path.unlink()
    path.symlink_to(outside)
    assert read_caches(made.components, places(tmp_path)).artifacts == {}
    monkeypatch.setattr(caches, "MAX_BODIES", 1)
    download(tmp_path, b"x", "bbbbbb0")
    read = read_caches(made.components, places(tmp_path))
    assert [item.kind for item in read.findings] == ["limit"]
    assert read.artifacts == {}
