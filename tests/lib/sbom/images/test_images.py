"""Images, streamed: what is installed in them in the end, and nothing that a later layer took away."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.sbom import checking, contents, inventory, rendering, subject
from maximus.sbom.images import layers as layers_module
from maximus.sbom.images import layout
from maximus.sbom.images.catalogue import Catalogue, catalogue, subject_of
from maximus.sbom.limits import MAX_MANIFEST
from maximus.sbom.model import Inventory, Kind, Known
from maximus.verdict import Status
from tests.lib.sbom.images.making import archive, digest, elf, in_record, layer, oci, rpm_database, rpm_header, stored
from tests.lib.sbom.samples import by_name, edges_of
from tests.stack.build import Unmeasured, locate

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = 'NAME="Debian"\nID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
DPKG = """Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.41-12)
Version: 2.41-12+b1
Maintainer: GNU Libc Maintainers <libc@debian.example>
Provides: libc6-virtual (= 1)

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: curl
Status: install ok installed
Architecture: amd64
Version: 8.14.1-2
Depends: libc6 (>= 2.34), libnone | libc6-virtual
Description: a tool
 with a text that looks like a field: no
Maintainer: Ada
"""
APK = """C:Q1abcdefghijklmnopqrstuvwxyz01=
P:musl
V:1.2.5-r0
A:x86_64
L:MIT
o:musl
m:Ada <ada@alpine.example>
p:so:libc.musl-x86_64.so.1=1

C:Q1zyxwvutsrqponmlkjihgfedcba98=
P:busybox
V:1.36.1-r29
A:x86_64
L:GPL-2.0-only
o:busybox
D:so:libc.musl-x86_64.so.1 !other

"""
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: curl or Expat

Files: x
License: GPL-2+
"""


def look(path: Path, platform: str = "linux/amd64") -> Inventory:
    """Return the inventory of an image; every file in it must be readable, and both documents are sound."""
    image = layout.open_image(path, platform)
    found = catalogue(image)
    assert found.faults == ()
    made = inventory.build(subject_of(image, path, "", ""), found.readings)
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    assert checking.judge_documents(both).status is Status.PASS
    assert checking.judge_references(both, made).status is Status.PASS
    return made


def names(made: Inventory) -> set[str]:
    """Return name and version of every component."""
    return set(by_name(made))


def test_debian_packages_with_their_system(tmp_path: Path) -> None:
    """Installed packages only, with source, system and architecture in the purl, and edges through what is provided."""
    made = look(oci(tmp_path / "i", [layer({"etc/os-release": RELEASE, "var/lib/dpkg/status": DPKG})]))
    found = by_name(made)
    assert set(found) == {"debian 13", "debian/libc6 2.41-12+b1", "debian/curl 8.14.1-2"}
    assert found["debian 13"].kind is Kind.OPERATING_SYSTEM
    libc = found["debian/libc6 2.41-12+b1"]
    assert libc.purl == "pkg:deb/debian/libc6@2.41-12%2Bb1?arch=amd64&distro=debian-13&upstream=glibc%402.41-12"
    assert libc.producer is not None
    assert (libc.producer.name, libc.producer.email) == ("GNU Libc Maintainers", "libc@debian.example")
    assert ("debian/curl 8.14.1-2", "debian/libc6 2.41-12+b1") in edges_of(made)
    assert libc.edges is Known.COMPLETE


def test_a_copyright_file_declares_the_licence(tmp_path: Path) -> None:
    """The paragraph of all files counts; a name that SPDX does not know stays a text."""
    files = {"etc/os-release": RELEASE, "var/lib/dpkg/status": DPKG, "usr/share/doc/curl/copyright": COPYRIGHT}
    (claim,) = by_name(look(oci(tmp_path / "i", [layer(files)])))["debian/curl 8.14.1-2"].licences
    assert (claim.text, claim.expression) == ("curl or Expat", "curl OR MIT")


def test_a_distroless_image_has_its_status_in_parts(tmp_path: Path) -> None:
    """Each part is one package; lists of files are none."""
    part = "Package: base-files\nVersion: 13.8\nArchitecture: amd64\n"
    files = {"etc/os-release": RELEASE, "var/lib/dpkg/status.d/base": part, "var/lib/dpkg/status.d/base.md5sums": part}
    assert names(look(oci(tmp_path / "i", [layer(files)]))) == {"debian 13", "debian/base-files 13.8"}


def test_alpine_packages(tmp_path: Path) -> None:
    """Licences are stated; a checksum of the control segment is no digest of a file; conflicts are no needs."""
    files = {"etc/os-release": "ID=alpine\nVERSION_ID=3.20.1\n", "lib/apk/db/installed": APK}
    made = look(oci(tmp_path / "i", [layer(files)]))
    busybox = by_name(made)["alpine/busybox 1.36.1-r29"]
    assert busybox.purl == "pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1"
    assert [claim.expression for claim in busybox.licences] == ["GPL-2.0-only"]
    assert [fact.name for fact in busybox.facts] == ["apk:control-sha1"]
    assert ("alpine/busybox 1.36.1-r29", "alpine/musl 1.2.5-r0") in edges_of(made)


HELLO: dict[int, str | int | list[str]] = {
         1000: "hello", 1001: "1.2", 1002: "3", 1003: 4, 1011: "Acme", 1014: "MIT", 1022: "noarch",
         1044: "hello-1.2-3.src.rpm", 1047: ["greeting", "hello"]}  # fmt: skip
WORLD: dict[int, str | int | list[str]] = {
    1000: "world",
    1001: "2",
    1002: "1",
    1022: "noarch",
    1049: ["greeting", "rpmlib(X)"],
}


def test_rpm_packages_from_a_database_in_write_ahead_mode(tmp_path: Path) -> None:
    """The database is read from memory; a key among the packages is none."""
    headers = [rpm_header(HELLO), rpm_header(WORLD), rpm_header({1000: "gpg-pubkey", 1001: "1", 1002: "1"})]
    raw = rpm_database(tmp_path / "db", headers)
    files: dict[str, bytes | str | None] = {
        "etc/os-release": "ID=fedora\nVERSION_ID=42\n",
        "usr/lib/sysimage/rpm/rpmdb.sqlite": raw,
    }
    made = look(oci(tmp_path / "i", [layer(files)]))
    found = by_name(made)
    assert found["fedora/hello 1.2-3"].purl == (
        "pkg:rpm/fedora/hello@1.2-3?arch=noarch&distro=fedora-42&epoch=4&upstream=hello-1.2-3.src.rpm"
    )
    assert ("fedora/world 2-1", "fedora/hello 1.2-3") in edges_of(made)


@pytest.mark.parametrize(
    ("raw", "why"),
    [(b"nothing", "no SQLite"), (b"SQLite format 3\0" + b"\0" * 2000, ""), ("view", "no table of packages")],
)
def test_a_database_that_cannot_be_read_is_a_fault(tmp_path: Path, raw: bytes | str, why: str) -> None:
    """A view in place of the table, and what is no database, are named; the rest is read."""
    if raw == "view":
        raw = rpm_database(tmp_path / "db", [], table="CREATE VIEW Packages AS SELECT 1 AS hnum, 2 AS blob")
    path = oci(tmp_path / "i", [layer({"var/lib/rpm/rpmdb.sqlite": raw, "lib/apk/db/installed": APK})])
    found = catalogue(layout.open_image(path, ""))
    assert [fault.code for fault in found.faults] == ["SBOM034"]
    assert why in found.faults[0].why
    assert any(reading.packages for _, reading in found.readings)


def test_a_broken_header_costs_one_package(tmp_path: Path) -> None:
    """It is a finding with its number."""
    broken = struct.pack(">II", 5, 5)
    raw = rpm_database(tmp_path / "db", [rpm_header(WORLD), broken])
    made = look(oci(tmp_path / "i", [layer({"var/lib/rpm/rpmdb.sqlite": raw})]))
    assert names(made) == {"unknown/world 2-1"}
    assert [item.kind for item in made.findings] == ["ignored"]


@pytest.mark.parametrize("path", ["var/lib/rpm/Packages", "var/lib/rpm/Packages.db", "var/lib/rpm/rpmdb.sqlite-wal"])
def test_a_database_that_is_not_read_is_said(tmp_path: Path, path: str) -> None:
    """An older form of rpm's, and changes beside it, are never taken for an empty one."""
    made = look(oci(tmp_path / "i", [layer({path: "x" * 100, "lib/apk/db/installed": APK})]))
    assert [item.kind for item in made.findings] == ["not-locked"]


PYTHON = "usr/lib/python3/site-packages"
METADATA = "Metadata-Version: 2.4\nName: Flask\nVersion: 3.0.3\nLicense-Expression: BSD-3-Clause\nAuthor: Ada\n\ntext\n"
INNER = json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "zlib-rs", "purl": "pkg:cargo/zlib-rs@0.5.0"}]})
TREE = {
    f"{PYTHON}/flask-3.0.3.dist-info/METADATA": METADATA,
    f"{PYTHON}/flask-3.0.3.dist-info/RECORD": "".join(
        f"flask-3.0.3.dist-info/{name},sha256={in_record(text)},{len(text)}\n"
        for name, text in (("METADATA", METADATA), ("sboms/inner.cdx.json", INNER))
    ),
    f"{PYTHON}/flask-3.0.3.dist-info/sboms/inner.cdx.json": INNER,
    "app/package.json": '{"name": "own", "version": "1.0.0"}',
    "app/node_modules/@acme/ui/package.json": '{"name": "@acme/ui", "version": "2.0.0", "license": "MIT"}',
    "app/node_modules/@acme/ui/lib/package.json": '{"name": "inner", "version": "2.0.0"}',
    "usr/lib/ruby/gems/3.3.0/specifications/rack-3.0.11.gemspec": 's.licenses = ["MIT".freeze]\n',
    "opt/java/openjdk/release": 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="21.0.4"\n',
    "etc/release": 'JAVA_VERSION="1"\n',
}


def test_trees_of_languages(tmp_path: Path) -> None:
    """Installed packages; the application's own manifest is not one of them."""
    found = by_name(look(oci(tmp_path / "i", [layer(TREE)])))
    assert set(found) == {"flask 3.0.3", "@acme/ui 2.0.0", "rack 3.0.11", "openjdk 21.0.4"}
    assert [claim.expression for claim in found["rack 3.0.11"].licences] == ["MIT"]
    assert [claim.expression for claim in found["flask 3.0.3"].licences] == ["BSD-3-Clause"]
    assert not found["flask 3.0.3"].is_distributed


def built(read: Catalogue) -> Inventory:
    """Return the inventory of what was found in an image, without what is inside wheels."""
    facts = subject.Facts("image", "https://github.com", "octo/image")
    return inventory.build(subject.describe(facts), read.readings)


def test_what_is_inside_a_wheel_is_nested(tmp_path: Path) -> None:
    """An SBOM that RECORD lists names what was built in; an altered METADATA is told, and its package stays."""
    read = catalogue(layout.open_image(oci(tmp_path / "i", [layer(TREE)]), "linux/amd64"))
    (inner,) = contents.with_contents(built(read), read.carried).inner
    assert (inner.ref, inner.inside) == ("pkg:pypi/flask@3.0.3#pkg:cargo/zlib-rs@0.5.0", "pkg:pypi/flask@3.0.3")
    other = {**TREE, f"{PYTHON}/flask-3.0.3.dist-info/METADATA": METADATA + "more\n"}
    read = catalogue(layout.open_image(oci(tmp_path / "o", [layer(other)]), "linux/amd64"))
    made = built(read)
    assert "flask 3.0.3" in by_name(made)
    assert [item.kind for item in made.findings] == ["alarm"]


def test_an_sbom_that_no_wheel_lists_is_not_taken(tmp_path: Path) -> None:
    """Without RECORD, with another content, or beside no package: each is a finding, and nothing is nested."""
    folder = f"{PYTHON}/flask-3.0.3.dist-info"
    cases = {
        "unlisted": {path: text for path, text in TREE.items() if not path.endswith("RECORD")},
        "altered": {**TREE, f"{folder}/sboms/inner.cdx.json": INNER + " "},
        "homeless": {path: text for path, text in TREE.items() if not path.endswith("METADATA")},
    }
    for name, files in cases.items():
        read = catalogue(layout.open_image(oci(tmp_path / name, [layer(files)]), "linux/amd64"))
        assert read.carried == ()
        assert {item.kind for item in built(read).findings} <= {"ignored", "alarm"}
        assert built(read).findings


def jar(files: dict[str, str | bytes]) -> bytes:
    """Return an archive of Java."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def pom(group: str, name: str, version: str) -> dict[str, str | bytes]:
    """Return the file that Maven puts into what it builds."""
    return {f"META-INF/maven/{group}/{name}/pom.properties": f"groupId={group}\nartifactId={name}\nversion={version}\n"}


def test_archives_of_java(tmp_path: Path) -> None:
    """The file itself has digests of its verified bytes; what is shaded into it and what lies in it is told apart."""
    inner = jar(pom("org.inner", "inner", "2"))
    outer = jar({**pom("com.acme", "app", "1"), **pom("org.shaded", "shaded", "3"), "WEB-INF/lib/inner-2.jar": inner})
    made = look(oci(tmp_path / "i", [layer({"srv/app-1.war": outer, "srv/text.jar": jar({"x": "y"})})]))
    found = by_name(made)
    assert set(found) == {"com.acme:app 1", "org.shaded:shaded 3", "org.inner:inner 2"}
    (artifact,) = found["com.acme:app 1"].artifacts
    assert {d.value for d in artifact.digests if d.algorithm == "SHA-256"} == {digest(outer).partition(":")[2]}
    assert found["org.shaded:shaded 3"].notes == (("shaded-into", "app-1.war"),)
    assert [item.text for item in made.findings] == ["srv/text.jar does not say what it is"]


def go_section(modules: str, version: str = "go1.22.4") -> bytes:
    """Return Go's build information with its texts in it."""

    def text(raw: bytes) -> bytes:
        length, found = len(raw), b""
        while length > 0x7F:
            found += bytes((length & 0x7F | 0x80,))
            length >>= 7
        return found + bytes((length,)) + raw

    return (
        b"\xff Go buildinf:"
        + bytes((8, 2))
        + b"\0" * 16
        + text(version.encode())
        + text(b"m" * 16 + modules.encode() + b"m" * 16)
    )


MODULES = (
    "path\tacme.example/tool\nmod\tacme.example/tool\t(devel)\t\n"
    "dep\tgolang.org/x/net\tv0.26.0\th1:soB7SVo0PWrY4vPW/+ay0jKDNScG2X9wFeYlXIvJsOQ=\n"
    "dep\tacme.example/old\tv1.0.0\n=>\tacme.example/new\tv1.1.0\th1:abc=\nbuild\tGOOS=linux\n"
    "build\tvcs.revision=" + "a" * 40 + "\n"
)  # fmt: skip


@pytest.mark.parametrize(("is_64", "order"), [(True, "<"), (True, ">"), (False, "<")])
def test_modules_in_a_go_executable(tmp_path: Path, is_64: bool, order: str) -> None:  # noqa: FBT001 - a column
    """The main module at its commit, replacements in place of what they replace, and Go itself."""
    binary = elf({".text": b"x" * 64, ".go.buildinfo": go_section(MODULES)}, is_64=is_64, order=order)
    made = look(oci(tmp_path / "i", [layer({"usr/bin/tool": binary})]))
    assert names(made) == {
        f"acme.example/tool {'a' * 40}", "golang.org/x/net v0.26.0", "acme.example/new v1.1.0", "stdlib v1.22.4"
    }  # fmt: skip
    assert (f"acme.example/tool {'a' * 40}", "golang.org/x/net v0.26.0") in edges_of(made)


def test_a_real_go_executable(tmp_path: Path) -> None:
    """A program of the test stack: the same modules as Go's own tool tells."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    try:
        program = locate("merkle-judge") if go else None
    except Unmeasured:
        program = None
    if not go or not program:
        if os.environ.get("MAXIMUS_REQUIRE_STACK") == "1":
            pytest.fail("there is no Go, or no program that it built")
        pytest.skip("unmeasured: there is no Go, or no program that it built")
    told = subprocess.run([go, "version", "-m", program], capture_output=True, encoding="utf-8", check=True).stdout
    expected = {(fields[2], fields[3]) for line in told.splitlines() if (fields := line.split("\t"))[1:2] == ["dep"]}
    made = look(oci(tmp_path / "i", [layer({"usr/bin/program": program.read_bytes()})], pack=""))
    assert {(item.name, item.version) for item in made.components} >= expected
    # Besides them the program itself and Go's own library.
    assert len(made.components) == len(expected) + 2


CRATES = {
    "packages": [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True, "dependencies": [1]},
        {"name": "serde", "version": "1.0.203"},
        {"name": "cc", "version": "1.0.99", "kind": "build"},
    ]
}


def test_crates_in_an_executable(tmp_path: Path) -> None:
    """cargo-auditable's list has edges and what was needed for building only."""
    binary = elf({".dep-v0": zlib.compress(json.dumps(CRATES).encode())})
    made = look(oci(tmp_path / "i", [layer({"bin/app": binary})]))
    assert names(made) == {"app 0.1.0", "serde 1.0.203", "cc 1.0.99"}
    assert ("app 0.1.0", "serde 1.0.203") in edges_of(made)
    assert [scope.value for scope in by_name(made)["cc 1.0.99"].scopes] == ["build"]


@pytest.mark.parametrize(
    "section", [b"no zlib", zlib.compress(b"[1]"), zlib.compress(b"{"), zlib.compress(b"\0" * (65 << 20))]
)
def test_a_broken_list_of_crates_is_a_fault(tmp_path: Path, section: bytes) -> None:
    """What cannot be inflated, is no JSON or inflates without end is named, and the rest is read."""
    path = oci(tmp_path / "i", [layer({"bin/app": elf({".dep-v0": section}), "lib/apk/db/installed": APK})])
    found = catalogue(layout.open_image(path, ""))
    assert [fault.code for fault in found.faults] == ["SBOM035"]
    assert any(reading.packages for _, reading in found.readings)


def test_later_layers_take_away_and_replace(tmp_path: Path) -> None:
    """Whiteouts of files and folders, opaque folders and replaced files count; none of them hides its own layer."""
    module = "node_modules/{}/package.json"

    def package(name: str, version: str = "1.0.0") -> str:
        return json.dumps({"name": name, "version": version})

    below = {f"a/{module.format(name)}": package(name) for name in ("kept", "gone", "replaced", "folder")}
    below |= {f"b/{module.format('hidden')}": package("hidden"), f"c/{module.format('linked')}": package("linked")}
    above: dict[str, bytes | str | None] = {
        "a/node_modules/.wh.gone": "",
        f"a/{module.format('replaced')}": package("replaced", "2.0.0"),
        "a/node_modules/folder/.wh.package.json": "",
        f"b/{module.format('new')}": package("new"),
        "b/.wh..wh..opq": "",
    }
    layers = [layer(below), layer(above, links={"c/node_modules": "/elsewhere"})]
    for path in (oci(tmp_path / "i", layers), archive(tmp_path / "i.tar", layers)):
        assert names(look(path)) == {"kept 1.0.0", "replaced 2.0.0", "new 1.0.0"}


@pytest.mark.parametrize("pack", ["", "gzip", "zstd"])
def test_hard_links_into_a_store_are_followed(pack: str, tmp_path: Path) -> None:
    """As pnpm fills `node_modules`: by its own name, the file that a link leads to is of no interest."""
    root = tmp_path / "root"
    store = root / "store" / "files" / "ab"
    store.mkdir(parents=True)
    for name in ("one", "two"):
        (store / f"{name}-digest").write_text(json.dumps({"name": name, "version": "1.0.0"}))
        for place in ("a", "b"):
            folder = root / "work" / place / "node_modules" / name
            folder.mkdir(parents=True)
            (folder / "package.json").hardlink_to(store / f"{name}-digest")
    made = subprocess.run(
        ["tar", "--sort=name", "-c", "-C", root, "store", "work"], check=True, capture_output=True
    ).stdout
    found = by_name(look(oci(tmp_path / "i", [made], pack=pack)))
    assert set(found) == {"one 1.0.0", "two 1.0.0"}
    places = [item.path for item in found["one 1.0.0"].locations]
    assert places == ["work/a/node_modules/one/package.json", "work/b/node_modules/one/package.json"]


def test_hard_links_that_lead_nowhere_or_were_replaced(tmp_path: Path) -> None:
    """Say nothing; what stands in place of one counts, and so does the last file of the name that it leads to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:

        def add(path: str, text: str = "", link: str = "") -> None:
            member = tarfile.TarInfo(path)
            member.size = len(text)
            if link:
                member.type, member.linkname = tarfile.LNKTYPE, link
            made.addfile(member, io.BytesIO(text.encode()))

        def package(name: str) -> str:
            return json.dumps({"name": name, "version": "1.0.0"})

        add("store/one", package("first"))
        add("store/one", package("last"))
        add("node_modules/a/package.json", link="store/one")
        add("node_modules/gone/package.json", link="store/missing")
        add("node_modules/out/package.json", link="../../etc/passwd")
        add("node_modules/replaced/package.json", link="store/one")
        add("node_modules/replaced/package.json", package("replaced"))
        add("bin/app", link="store/one")
        add("store/large", " " * (MAX_MANIFEST + 1))
        add("node_modules/large/package.json", link="store/large")
    found = catalogue(layout.open_image(oci(tmp_path / "i", [buffer.getvalue()], pack=""), ""))
    assert {package.name for _, reading in found.readings for package in reading.packages} == {"last", "replaced"}
    assert [(fault.code, fault.where) for fault in found.faults] == [("SBOM036", "node_modules/large/package.json")]


def test_a_package_is_told_with_the_layer_that_added_it(tmp_path: Path) -> None:
    """The last version of a database counts, and each package is of the layer in which it first stood there."""
    first = DPKG.split("\n\n", maxsplit=1)[0] + "\n"
    layers = [layer({"etc/os-release": RELEASE, "var/lib/dpkg/status": first}), layer({"var/lib/dpkg/status": DPKG})]
    found = by_name(look(oci(tmp_path / "i", layers, pack="")))
    assert found["debian/libc6 2.41-12+b1"].notes == (("layer", digest(layers[0])),)
    assert found["debian/curl 8.14.1-2"].notes == (("layer", digest(layers[1])),)


@pytest.mark.parametrize("pack", ["gzip", "zstd", ""])
def test_every_form_of_an_image_says_the_same(tmp_path: Path, pack: str) -> None:
    """An OCI layout however packed, the same in one archive, `docker save`, and a folder."""
    files: dict[str, bytes | str | None] = {"etc/os-release": RELEASE, "var/lib/dpkg/status": DPKG, **TREE}
    layers = [layer(files)]
    expected = names(look(oci(tmp_path / "oci", layers, pack=pack)))
    with tarfile.open(tmp_path / "oci.tar", "w") as made:
        made.add(tmp_path / "oci", ".")
    root = tmp_path / "root"
    for name, content in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(str(content), encoding="utf-8")
    for path in (tmp_path / "oci.tar", archive(tmp_path / "docker.tar", layers), root):
        assert names(look(path)) == expected


def test_the_subject_is_the_image(tmp_path: Path) -> None:
    """By its digest, with its tag, platform and registry shown; it was looked at after it was built."""
    path = oci(tmp_path / "i", [layer({"lib/apk/db/installed": APK})])
    made = look(path)
    image = layout.open_image(path, "")
    assert made.root.kind is Kind.CONTAINER
    assert made.subject.purl == (
        f"pkg:oci/app@{image.digest}?arch=amd64&repository_url=registry.example/acme/app&tag=1.0"
    )
    both = rendering.render(made, seconds=0, tool_version="1")
    assert both.cyclonedx["metadata"]["lifecycles"] == [{"phase": "post-build"}]
    assert both.spdx["creationInfo"]["comment"] == "SBOM Type: Analyzed"
    assert image.created == 1_767_323_045


def index_of(root: Path, platforms: list[str]) -> None:
    """Make the layout one for several platforms: the same image under each, and an attestation beside it."""
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    one = index["manifests"][0]

    def at(platform: str) -> dict[str, Any]:
        system, _, architecture = platform.partition("/")
        return {**one, "platform": {"os": system, "architecture": architecture}}

    index["manifests"] = [at(name) for name in (*platforms, "unknown/unknown")]
    (root / "index.json").write_text(json.dumps(index), encoding="utf-8")


def test_one_of_several_platforms_is_chosen(tmp_path: Path) -> None:
    """By name; where nothing fits, the ones that there are are told. Attestations are no images."""
    path = oci(tmp_path / "i", [layer({"lib/apk/db/installed": APK})])
    index_of(path, ["linux/amd64", "linux/arm64"])
    assert names(look(path, "linux/arm64"))
    with pytest.raises(Error) as caught:
        look(path, "linux/s390x")
    assert (caught.value.code, caught.value.status) == ("SBOM032", ExitStatus.USAGE)
    assert "linux/amd64, linux/arm64" in caught.value.why


def damage(root: Path, kind: str) -> None:
    """Damage a layout."""
    blobs = sorted((root / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size)
    manifest = next(path for path in blobs if b'"schemaVersion"' in path.read_bytes()[:40])
    if kind == "layer":
        large = bytearray(blobs[-1].read_bytes())
        large[-1] ^= 1
        blobs[-1].write_bytes(large)
    elif kind == "cut":
        blobs[-1].write_bytes(blobs[-1].read_bytes()[:100])
    elif kind == "gone":
        blobs[-1].unlink()
    elif kind == "manifest":
        manifest.write_bytes(manifest.read_bytes() + b" ")
    else:
        (root / "index.json").write_text(kind, encoding="utf-8")


@pytest.mark.parametrize("pack", ["gzip", ""])
@pytest.mark.parametrize(
    "kind",
    ["layer", "cut", "gone", "manifest", "[]", "{", '{"manifests": []}', '{"manifests": [{"digest": "../../x"}]}'],
)
def test_a_damaged_image_is_an_error(tmp_path: Path, kind: str, pack: str) -> None:
    """Wrong digests, cut or missing layers and broken metadata end the reading by name, without a traceback."""
    root = oci(tmp_path / "i", [layer({"lib/apk/db/installed": APK + "\n" * 9000})], pack=pack)
    damage(root, kind)
    with pytest.raises(Error) as caught:
        catalogue(layout.open_image(root, ""))
    assert caught.value.code in ("SBOM031", "SBOM033", "SBOM005", "SBOM007")


def test_a_damaged_image_says_what_to_do_with_an_image(tmp_path: Path) -> None:
    """Its documents are no locks that a tool makes again, a cut archive is not a packed one, a layout has an index."""
    root = oci(tmp_path / "i", [layer({"a": "b" * 9000})])
    (root / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(Error) as caught:
        layout.open_image(root, "")
    assert (caught.value.code, caught.value.where) == ("SBOM031", root.as_posix())
    assert caught.value.why.startswith("index.json: ")
    (root / "index.json").unlink()
    with pytest.raises(Error) as caught:
        layout.open_image(root, "")
    assert (caught.value.code, caught.value.why) == ("SBOM031", "it has no index.json")
    path = archive(tmp_path / "i.tar", [layer({"a": "b" * 9000})] * 3)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(Error) as caught:
        layout.open_image(path, "")
    assert (caught.value.code, "ends in the middle" in caught.value.why) == ("SBOM031", True)


def test_a_packed_layer_with_a_wrong_byte_is_told_in_plain_words(tmp_path: Path) -> None:
    """And not in zlib's."""
    raw = bytearray(gzip.compress(layer({"var/lib/dpkg/status": "x" * 9000}), mtime=0))
    raw[30] ^= 0xFF
    with pytest.raises(Error) as caught:
        catalogue(stored(bytes(raw), tmp_path / "layer"))
    assert (caught.value.code, caught.value.why) == ("SBOM033", "what is packed in it is damaged")


def test_a_layer_that_is_not_what_the_configuration_says(tmp_path: Path) -> None:
    """The digest of what is in it is compared too, where only the configuration has one (`docker save`)."""
    path = archive(tmp_path / "i.tar", [layer({"a": "b"})])
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"\0b\0", b"\0c\0", 1) if b"\0b\0" in raw else raw.replace(b"b\0\0\0", b"c\0\0\0", 1))
    with pytest.raises(Error) as caught:
        catalogue(layout.open_image(path, ""))
    assert caught.value.code == "SBOM033"


@pytest.mark.parametrize("name", ["gone", "text.tar"])
def test_what_is_no_image_is_wrong_usage(tmp_path: Path, name: str) -> None:
    """A path that is not there, and a file that is none."""
    (tmp_path / "text.tar").write_text("x" * 2000, encoding="utf-8")
    with pytest.raises(Error) as caught:
        layout.open_image(tmp_path / name, "")
    assert (caught.value.code, caught.value.status) == ("SBOM030", ExitStatus.USAGE)


def test_names_that_lead_out_are_nothing(tmp_path: Path) -> None:
    """Entries with `..` are passed over, links are followed nowhere, and nothing is written."""
    bad = layer(
        {"../../../lib/apk/db/installed": APK, "/lib/apk/db/installed": APK}, links={"etc/os-release": "/etc/passwd"}
    )
    assert names(look(oci(tmp_path / "i", [bad]))) == {"unknown/musl 1.2.5-r0", "unknown/busybox 1.36.1-r29"}


@pytest.mark.parametrize(("limit", "value"), [("MAX_ENTRIES", 2), ("MAX_UNPACKED", 1000), ("MAX_RATIO", 1)])
def test_limits_end_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    """Too many entries, too many bytes, or bytes packed too well."""
    monkeypatch.setattr(layers_module, limit, value)
    path = oci(tmp_path / "i", [layer({"a": b"\0" * (3 << 20), "b": "", "c": "", "d": ""})])
    with pytest.raises(Error) as caught:
        catalogue(layout.open_image(path, ""))
    assert caught.value.code == "SBOM033"


@pytest.mark.parametrize("limit", ["MAX_DATABASE", "MAX_MANIFEST", "MAX_JAR"])
def test_a_file_that_is_too_large_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """It is named, and the rest is read."""
    monkeypatch.setattr(sys.modules["maximus.sbom.images.catalogue"], limit, 10)
    files: dict[str, bytes | str | None] = {
        "lib/apk/db/installed": APK, "a/node_modules/b/package.json": "{" + " " * 20 + "}", "x.jar": b"x" * 20
    }  # fmt: skip
    found = catalogue(layout.open_image(oci(tmp_path / "i", [layer(files)]), ""))
    assert [fault.code for fault in found.faults] == ["SBOM036"]


WHOLE: dict[str, bytes] = {
    "var/lib/dpkg/status": DPKG.encode(),
    "lib/apk/db/installed": APK.encode(),
    "usr/bin/go": elf({".go.buildinfo": go_section(MODULES)}),
    "usr/bin/rust": elf({".dep-v0": zlib.compress(json.dumps(CRATES).encode())}),
    "srv/app-1.war": jar({**pom("com.acme", "app", "1"), "x/inner-2.jar": jar(pom("org.inner", "inner", "2"))}),
    "usr/share/doc/curl/copyright": COPYRIGHT.encode(),
    "etc/os-release": RELEASE.encode(),
    "header": rpm_header(HELLO),
}


@pytest.mark.parametrize("path", WHOLE)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_a_fault_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, path: str, data: st.DataObject
) -> None:
    """Bytes changed, cut out or put in anywhere: an error by name or an inventory that is sound, and no traceback."""
    raw = bytearray(WHOLE[path])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = start + data.draw(st.sampled_from([0, 1, 1, 4, 60]))
        raw[start:end] = data.draw(st.binary(max_size=8))
    folder = tmp_path_factory.mktemp("damaged")
    name = "var/lib/rpm/rpmdb.sqlite" if path == "header" else path
    content = rpm_database(folder / "db", [bytes(raw)]) if path == "header" else bytes(raw)
    image = layout.open_image(oci(folder / "i", [layer({name: content})], pack=""), "")
    made = inventory.build(subject_of(image, folder, "", ""), catalogue(image).readings)
    if made.components:
        both = rendering.render(made, seconds=0, tool_version="1.0.0")
        assert checking.judge_documents(both).status is Status.PASS
        assert checking.judge_references(both, made).status is Status.PASS
