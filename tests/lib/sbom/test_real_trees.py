"""Trees written by others, fetched with the ordinary clients, and inventories by others as judges of ours.

What was fetched stays in `tests/.cache/`, which git ignores. A client that is not on this machine, or an
index that cannot be reached, leaves a test unmeasured.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from packageurl import PackageURL

from actions.dependencies import SYSTEM_STORE
from maximus.sbom import checking, inventory, rendering, scan, subject
from maximus.verdict import Status

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory

pytestmark = pytest.mark.network

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "sbom"
TIMEOUT = 300


def unmeasured(reason: str) -> NoReturn:
    """Leave the test unmeasured; where every real part is required that is a failure."""
    if os.environ.get("MAXIMUS_REQUIRE_STACK") == "1":
        pytest.fail(reason)
    pytest.skip(f"unmeasured: {reason}")


def client(name: str) -> str:
    """Return the path of a client, beside this Python or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    return found or unmeasured(f"{name} is not installed")


def cargo() -> str:
    """Return the path of a cargo that asks its index over HTTPS, as 1.68 and later do.

    Debian 12 has an older one, and a newer one comes by no package: so this is not required in CI, only said.
    """
    found = shutil.which("cargo")
    told = subprocess.run([found, "--version"], capture_output=True, encoding="utf-8", check=True) if found else None
    release = told.stdout.split()[1].split(".") if told else ["0", "0"]
    if (int(release[0]), int(release[1])) < (1, 68):
        pytest.skip("unmeasured: there is no cargo 1.68 or newer")
    return str(found)


def call(*command: str, folder: Path, **environment: str) -> str:
    """Run a client and return what it prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
        # uv trusts the system's certificates only when it is told to; a private index has no other.
        env=os.environ | SYSTEM_STORE | environment,
    )
    if done.returncode:
        unmeasured(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def kept(name: str, files: dict[str, str], *command: str, made: str) -> Path:
    """Return a folder with these files in which the client has made `made`; kept for the next run."""
    folder = CACHE / name
    if not (folder / made).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        call(client(command[0]), *command[1:], folder=folder)
    return folder


def inventory_of(folder: Path) -> Inventory:
    """Return the inventory of a tree, after both documents were found sound."""
    found = scan.scan(folder)
    assert not found.faults, [str(fault) for fault in found.faults]
    made = inventory.build(subject.describe(subject.Facts("app")), found.readings, found.tree.skipped)
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    for verdict in (checking.judge_documents(both), checking.judge_references(both, made)):
        assert verdict.status is Status.PASS, verdict.reason
    return made


def purls(made: Inventory) -> set[str]:
    """Return the purls of what a tree uses."""
    return {str(component.purl) for component in made.components}


def theirs(text: str) -> set[str]:
    """Return the purls of another tool's CycloneDX, in canonical form and without their qualifiers."""
    found = set()
    for component in json.loads(text)["components"]:
        purl = PackageURL.from_string(component["purl"])
        found.add(PackageURL(purl.type, purl.namespace, purl.name, purl.version).to_string())
    return found


UV = """[project]
name = "probe"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["requests[socks]==2.32.3", "httpx==0.27.0; sys_platform == 'linux'"]
[project.optional-dependencies]
fast = ["orjson==3.10.6"]
[dependency-groups]
dev = ["pytest==8.2.2"]
"""


@pytest.fixture
def uv_tree() -> Path:
    """A project that uv has locked."""
    return kept("uv", {"pyproject.toml": UV}, "uv", "lock", "--quiet", made="uv.lock")


def test_uv_lists_the_same_packages(uv_tree: Path) -> None:
    """The inventory that uv makes of its lock has the same packages as ours."""
    listed = call(
        client("uv"), "export", "--quiet", "--format", "cyclonedx1.5", "--all-groups", "--all-extras", folder=uv_tree
    )
    assert purls(inventory_of(uv_tree)) == theirs(listed)


@pytest.mark.parametrize(("form", "name"), [("requirements-txt", "requirements.txt"), ("pylock.toml", "pylock.toml")])
def test_what_uv_exports_reads_the_same(uv_tree: Path, tmp_path: Path, form: str, name: str) -> None:
    """The same packages and digests come out of uv's lock and of the lists that uv makes of it."""
    call(
        client("uv"), "export", "--quiet", "--format", form, "--all-groups", "--all-extras", "--no-emit-project",
        "--output-file", str(tmp_path / name), folder=uv_tree,
    )  # fmt: skip
    ours, exported = inventory_of(uv_tree), inventory_of(tmp_path)
    assert purls(ours) == purls(exported)

    def digests(made: Inventory) -> dict[str, set[str]]:
        return {c.purl: {d.value for a in c.artifacts for d in a.digests} for c in made.components}

    assert digests(ours) == digests(exported)


NPM = """{"name": "probe", "version": "1.0.0",
 "dependencies": {"express": "4.19.2", "alias": "npm:left-pad@1.3.0"}, "devDependencies": {"mocha": "10.4.0"}}
"""


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_npm_lists_the_same_packages(version: str) -> None:
    """The inventory that npm makes of its lock has the same packages as ours, in each version of the lock."""
    arguments = ("install", "--silent", "--package-lock-only", "--ignore-scripts", "--lockfile-version", version)
    tree = kept(f"npm-{version}", {"package.json": NPM}, "npm", *arguments, made="package-lock.json")
    made = inventory_of(tree)
    listed = call(client("npm"), "sbom", "--package-lock-only", "--sbom-format", "cyclonedx", folder=tree)
    assert purls(made) == theirs(listed)
    assert all(artifact.digests for component in made.components for artifact in component.artifacts)
    assert {c.name for c in made.components if c.direct} == {"express", "left-pad", "mocha"}


CARGO = '[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nserde_json = "=1.0.120"\n'


def test_cargo_lists_the_same_crates() -> None:
    """What cargo reads in its lock has the same crates and edges as ours."""
    files = {"Cargo.toml": CARGO, "src/main.rs": "fn main() {}\n"}
    tree = kept("cargo", files, cargo(), "generate-lockfile", "--quiet", made="Cargo.lock")
    told = json.loads(call(cargo(), "metadata", "--format-version", "1", "--quiet", folder=tree))
    crates = {
        f"pkg:cargo/{item['name']}@{item['version'].replace('+', '%2B')}" for item in told["packages"] if item["source"]
    }
    made = inventory_of(tree)
    assert purls(made) == crates
    assert len(made.edges) == sum(len(node["dependencies"]) for node in told["resolve"]["nodes"])


def test_a_crate_with_its_lock() -> None:
    """A published program carries its lock: every crate in it is found, each with its checksum."""
    home = CACHE / "cargo-home"
    manifest = CARGO.replace('serde_json = "=1.0.120"', 'ripgrep = "=14.1.0"')
    tree = CACHE / "ripgrep"
    (tree / "src").mkdir(parents=True, exist_ok=True)
    (tree / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    (tree / "Cargo.toml").write_text(manifest, encoding="utf-8")
    found = [*home.glob("registry/src/*/ripgrep-14.1.0")]
    if not found:
        call(cargo(), "fetch", "--quiet", folder=tree, CARGO_HOME=str(home))
        found = [*home.glob("registry/src/*/ripgrep-14.1.0")]
    made = inventory_of(found[0])
    stated = (found[0] / "Cargo.lock").read_text(encoding="utf-8").count("\nchecksum = ")
    assert sum(1 for component in made.components if component.artifacts) == stated > 30


def test_a_go_module() -> None:
    """A published module: what its `go.mod` requires and its `go.sum` has a zip's hash for, and nothing else."""
    folder = CACHE / "go"
    folder.mkdir(parents=True, exist_ok=True)
    told = json.loads(call(client("go"), "mod", "download", "-json", "github.com/spf13/cobra@v1.8.1", folder=folder))
    made = inventory_of(Path(told["Dir"]))
    # Its workflows name actions as well, which are told apart by their type.
    assert {purl for purl in purls(made) if not purl.startswith("pkg:github/")} == {
        "pkg:golang/github.com/cpuguy83/go-md2man/v2@v2.0.4",
        "pkg:golang/github.com/inconshreveable/mousetrap@v1.1.0",
        "pkg:golang/github.com/russross/blackfriday/v2@v2.1.0",
        "pkg:golang/github.com/spf13/pflag@v1.0.5",
        # Its go.mod is of Go 1.15 and leaves this one out; go.sum has the hash of its zip.
        "pkg:golang/gopkg.in/check.v1@v0.0.0-20161208181325-20d25e280405",
        "pkg:golang/gopkg.in/yaml.v3@v3.0.1",
    }


GO_WORKSPACE = {
    "go.work": "go 1.22\n\nuse (\n\t./app\n\t./lib\n)\n\nreplace example.org/lib v0.0.0 => ./lib\n",
    "app/go.mod": """module example.org/app

go 1.22

require (
	example.org/lib v0.0.0
	github.com/spf13/cobra v1.8.1
)
""",
    "app/main.go": """package main

import (
	_ "example.org/lib"
	_ "github.com/spf13/cobra"
)

func main() {}
""",
    "lib/go.mod": "module example.org/lib\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
    "lib/lib.go": 'package lib\n\nimport _ "github.com/google/uuid"\n',
}


def test_a_go_workspace_that_vendors() -> None:
    """What Go itself says it builds of a vendored workspace is what is found; members are no modules of a proxy."""
    tree = kept("go-work", GO_WORKSPACE, "go", "work", "vendor", made="vendor/modules.txt")
    form = "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}"
    # Go vendors what any system needs, and cobra needs one module more on Windows.
    told = call(client("go"), "list", "-deps", "-f", form, "./app/...", "./lib/...", folder=tree, GOOS="windows")
    built = {line for line in told.split() if "example.org/" not in line}
    assert len(built) == 4
    made = inventory_of(tree)
    assert purls(made) == {f"pkg:golang/{module}" for module in built}
    assert [member.own for member in made.members] == ["app", "lib"]
    # `go work vendor` fetched their zips, so that each has a hash in `go.work.sum` or a `go.sum`.
    assert all(component.facts for component in made.components)


def test_an_sdist_full_of_locks() -> None:
    """The tests of poetry hold locks of every age: each is read, or named as what it is."""
    folder = CACHE / "sdist"
    folder.mkdir(parents=True, exist_ok=True)
    if not [*folder.glob("*.tar.gz")]:
        # An environment that uv made has no pip; the Python that it stands on has.
        python = getattr(sys, "_base_executable", sys.executable)
        call(
            python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "poetry", "poetry==1.8.3",
            folder=folder,
        )  # fmt: skip
    (archive,) = folder.glob("*.tar.gz")
    if not (folder / "poetry-1.8.3").is_dir():
        with tarfile.open(archive) as opened:
            # The filter came with 3.11.4; before it, extracting is what it always was.
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            opened.extractall(folder, **safe)  # type: ignore[arg-type]  # noqa: S202 - poetry, by its version
    whole = scan.scan(folder / "poetry-1.8.3")
    assert len(whole.tree.skipped) > 10
    locks = [folder / "poetry-1.8.3" / item.path for item in whole.tree.skipped if item.path.endswith("poetry.lock")]
    read = [scan.scan(lock.parent) for lock in locks]
    assert sum(len(found.readings) for found in read) > 10
    assert {fault.code for found in read for fault in found.faults} <= {"SBOM005", "SBOM007"}
