"""Recall on locks of hundreds of packages, resolved by the real tools, which also say what is in them.

Our sets equal theirs; where they differ, the difference is named here with its reason. Nothing stands twice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lib.sbom.test_real_trees import CACHE, call, cargo, client, inventory_of, kept, theirs

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory

pytestmark = pytest.mark.network


def once(made: Inventory) -> set[str]:
    """Return the purls of an inventory, after none of them was found twice."""
    listed = [str(component.purl) for component in made.components]
    assert len(listed) == len(set(listed))
    return set(listed)


WORKSPACE = """[project]
name = "service"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["django[argon2]==5.0.6", "celery[redis]==5.4.0", "pandas==2.2.2", "worker"]
[project.optional-dependencies]
docs = ["sphinx==7.3.7"]
[dependency-groups]
dev = ["black==24.4.2", "pytest==8.2.2"]
lint = ["mypy==1.10.0; python_version < '3.13'"]
[tool.uv.workspace]
members = ["worker"]
[tool.uv.sources]
worker = { workspace = true }
"""
WORKER = """[project]
name = "worker"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["jupyterlab==4.2.2", "uvicorn[standard]==0.30.1"]
"""


def test_a_workspace_of_uv() -> None:
    """The export of uv's own of its workspace names the same packages: extras, groups, markers and a member's."""
    files = {"pyproject.toml": WORKSPACE, "worker/pyproject.toml": WORKER}
    tree = kept("uv-workspace", files, "uv", "lock", "--quiet", made="uv.lock")
    everything = ("--all-groups", "--all-extras", "--all-packages")
    listed = call(client("uv"), "export", "--quiet", "--format", "cyclonedx1.5", *everything, folder=tree)
    # The member has no purl of theirs: it is a part of the tree.
    packages = json.dumps({"components": [item for item in json.loads(listed)["components"] if "purl" in item]})
    assert once(inventory_of(tree)) == theirs(packages)
    assert len(theirs(packages)) > 100


APP = """{"name": "app", "version": "1.0.0", "private": true, "workspaces": ["packages/*"],
 "dependencies": {"jest": "29.7.0"}, "optionalDependencies": {"fsevents": "2.3.3"}}
"""
MEMBER = '{"name": "@app/site", "version": "0.2.0", "dependencies": {"express": "4.19.2", "react": "18.3.1"}}\n'


def test_a_workspace_of_npm() -> None:
    """The inventory of npm's own names the same packages, hundreds of them, and none of ours stands twice."""
    files = {"package.json": APP, "packages/site/package.json": MEMBER}
    arguments = ("install", "--silent", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")
    tree = kept("npm-site", files, "npm", *arguments, made="package-lock.json")
    listed = call(client("npm"), "sbom", "--package-lock-only", "--sbom-format", "cyclonedx", folder=tree)
    # npm lists the member as a package of the registry; it is a part of the tree, and stands there.
    assert once(inventory_of(tree)) == theirs(listed) - {"pkg:npm/%40app/site@0.2.0"}
    assert len(theirs(listed)) > 250


def test_the_crates_of_a_program() -> None:
    """What cargo itself reads in a published program's lock has the same crates, for every platform and feature."""
    program = "bat", "0.24.0"
    home = CACHE / "cargo-home"
    tree = CACHE / program[0]
    (tree / "src").mkdir(parents=True, exist_ok=True)
    (tree / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    manifest = '[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n'
    (tree / "Cargo.toml").write_text(f'{manifest}{program[0]} = "={program[1]}"\n', encoding="utf-8")
    name = f"registry/src/*/{program[0]}-{program[1]}"
    if not [*home.glob(name)]:
        call(cargo(), "fetch", "--quiet", folder=tree, CARGO_HOME=str(home))
    (found,) = home.glob(name)
    arguments = ("metadata", "--format-version", "1", "--locked", "--all-features", "--quiet")
    told = json.loads(call(cargo(), *arguments, folder=found, CARGO_HOME=str(home)))
    crates = {f"pkg:cargo/{i['name']}@{i['version'].replace('+', '%2B')}" for i in told["packages"] if i["source"]}
    made = inventory_of(found)
    assert {purl for purl in once(made) if purl.startswith("pkg:cargo/")} == crates
    assert len(crates) > 100


def test_the_modules_of_a_program() -> None:
    """Go itself reads the same modules in a published program's `go.mod`, and lists every one of them as its own.

    Its list of all has more: modules that only the tests of others need, which Go leaves out of `go.mod` since 1.17.
    """
    folder = CACHE / "go"
    folder.mkdir(parents=True, exist_ok=True)
    program = "github.com/prometheus/alertmanager@v0.27.0"
    tree = Path(json.loads(call(client("go"), "mod", "download", "-json", program, folder=folder))["Dir"])
    required = json.loads(call(client("go"), "mod", "edit", "-json", folder=tree))["Require"]
    wanted = {f"pkg:golang/{item['Path']}@{item['Version'].replace('+', '%2B')}" for item in required}
    found = {purl for purl in once(inventory_of(tree)) if purl.startswith("pkg:golang/")}
    assert found == wanted
    assert len(found) > 80
    listed = call(client("go"), "list", "-mod=mod", "-m", "-f", "{{.Path}}@{{.Version}}", "all", folder=tree)
    assert found <= {f"pkg:golang/{line.replace('+', '%2B')}" for line in listed.splitlines()}
