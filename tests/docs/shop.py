"""The monorepo of the SBOM guide: Python, Go and TypeScript, with a release behind it."""

# ruff: noqa: E501 - files as their tools write them

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from tests.lib.sbom.images.making import archive, layer
from tests.lib.sbom.samples import INDEX, make, sha256
from tests.lib.sbom.test_caches import h1, module
from tests.lib.sbom.test_fetching import Index, index
from tests.lib.sbom.test_licence_texts import MIT
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["company_index", "make_shop"]

UPPER = module("example.org/upper", "v1.0.0", LICENSE=MIT)
TARBALLS = {"left-pad-1.3.0": b"the bytes of left-pad", "typescript-5.5.2": b"the bytes of typescript"}
WHEELS = {"anyio": ("4.4.0", "MIT"), "idna": ("3.7", "BSD-3-Clause"), "pytest": ("8.2.2", "MIT")}


def _uv(idna: str) -> str:
    def package(name: str, version: str, needs: str = "") -> str:
        file = f"{name}-{version}-py3-none-any.whl"
        return f"""
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "{INDEX}/simple" }}
{needs}wheels = [
    {{ url = "{INDEX}/files/{file}", hash = "sha256:{sha256(file)}", size = 86780 }},
]
"""

    return (
        f"""version = 1
revision = 3
requires-python = ">=3.11"
{package("anyio", "4.4.0", 'dependencies = [{ name = "idna" }]' + chr(10))}
[[package]]
name = "api"
version = "1.2.0"
source = {{ editable = "." }}
dependencies = [
    {{ name = "anyio" }},
]

[package.dev-dependencies]
dev = [
    {{ name = "pytest" }},
]
"""
        + package("idna", idna)
        + package("pytest", "8.2.2")
    )


def _npm() -> str:
    def entry(name: str, version: str, licence: str, **more: object) -> dict[str, object]:
        raw = TARBALLS[f"{name}-{version}"]
        sri = "sha512-" + base64.b64encode(hashlib.sha512(raw).digest()).decode()
        url = f"{INDEX}/{name}/-/{name}-{version}.tgz"
        return {"version": version, "resolved": url, "integrity": sri, "license": licence, **more}

    root = {
        "name": "web",
        "version": "1.2.0",
        "dependencies": {"left-pad": "^1.3.0"},
        "devDependencies": {"typescript": "^5.5.0"},
    }
    packages = {
        "": root,
        "node_modules/left-pad": entry("left-pad", "1.3.0", "WTFPL"),
        "node_modules/typescript": entry("typescript", "5.5.2", "Apache-2.0", dev=True),
    }
    return json.dumps({"name": "web", "version": "1.2.0", "lockfileVersion": 3, "packages": packages}, indent=2) + "\n"


GO_MOD = "module example.org/shop/relay\n\ngo 1.22.1\n\nrequire example.org/upper v1.0.0\n"
WORKFLOW = """\
name: release
on: { push: { tags: ["v*"] } }
jobs:
  release:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
"""
THEIRS = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {"timestamp": "2026-01-02T03:04:05Z", "tools": {"components": [{"type": "application", "name": "other", "version": "1.0"}]},
                 "component": {"bom-ref": "shop", "type": "application", "name": "shop"}},
    "components": [
        {"bom-ref": "1", "type": "library", "name": "anyio", "version": "4.4.0", "purl": "pkg:pypi/anyio@4.4.0"},
        {"bom-ref": "2", "type": "library", "name": "idna", "version": "3.6", "purl": "pkg:pypi/idna@3.6"},
        {"bom-ref": "3", "type": "library", "name": "requests", "version": "2.32.3", "purl": "pkg:pypi/requests@2.32.3"},
    ],
    "dependencies": [{"ref": "shop", "dependsOn": ["1", "2", "3"]}],
}  # fmt: skip
STATUS = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 8.14.1-2\nMaintainer: Ada <ada@mail.example>\n"


def make_shop(folder: Path) -> Path:
    """Make the monorepo at v1.2.0, with v1.1.0 behind it and the caches of its build in `folder`."""
    tree = make(
        folder / "shop",
        {
            "api/uv.lock": _uv("3.6"),
            "web/package-lock.json": _npm(),
            "web/package.json": '{"name": "web", "version": "1.2.0", "dependencies": {"left-pad": "^1.3.0"}}\n',
            "relay/go.mod": GO_MOD,
            "relay/go.sum": f"example.org/upper v1.0.0 {h1(UPPER)}\nexample.org/upper v1.0.0/go.mod h1:{'A' * 43}=\n",
            ".github/workflows/release.yml": WORKFLOW,
            "web/tests/fixtures/package-lock.json": _npm(),
            ".gitignore": "release*/\n*.tar\n",
        },
    )
    git(tree, "init", "--quiet", "--initial-branch=main")
    git(tree, "remote", "add", "origin", "https://github.com/octo/shop.git")
    commit_all(tree, "feat: begin")
    git(tree, "tag", "v1.1.0")
    (tree / "api/uv.lock").write_text(_uv("3.7"), encoding="utf-8")
    commit_all(tree, "build: a newer idna")
    git(tree, "tag", "v1.2.0")
    (folder / "theirs.cdx.json").write_text(json.dumps(THEIRS), encoding="utf-8")
    archive(
        tree / "shop.tar", [layer({"etc/os-release": 'ID=debian\nVERSION_ID="13"\n', "var/lib/dpkg/status": STATUS})]
    )
    _fill_caches(folder)
    return tree


def _fill_caches(folder: Path) -> None:
    """Put there what `npm ci` and `go mod download` leave behind."""
    for raw in TARBALLS.values():
        name = hashlib.sha512(raw).hexdigest()
        path = folder / "npm" / "_cacache" / "content-v2" / "sha512" / name[:2] / name[2:4] / name[4:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    path = folder / "go" / "cache" / "download" / "example.org" / "upper" / "@v" / "v1.0.0.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(UPPER)


def company_index() -> AbstractContextManager[Index]:
    """Run the index that a company has, for wheels and npm packages, on loopback."""
    content: dict[str, bytes | int] = {}
    for name, (version, licence) in WHEELS.items():
        file = f"{name}-{version}-py3-none-any.whl"
        metadata = f"Name: {name}\nVersion: {version}\nLicense-Expression: {licence}\nAuthor: Ada\n".encode()
        item = {
            "url": f"../files/{file}",
            "hashes": {"sha256": sha256(file)},
            "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
        }
        content[f"/simple/{name}/"] = json.dumps({"files": [item]}).encode()
        content[f"/simple/files/{file}.metadata"] = metadata
    for full, raw in TARBALLS.items():
        name, _, version = full.rpartition("-")
        sri = "sha512-" + base64.b64encode(hashlib.sha512(raw).digest()).decode()
        document = {"name": name, "version": version, "author": "Eve", "dist": {"integrity": sri}}
        content[f"/{name}/{version}"] = json.dumps(document).encode()
    return index(content)
