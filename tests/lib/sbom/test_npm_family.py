"""One project locked by npm, pnpm, yarn and bun themselves: the same packages, edges and digests out of every lock.

The tools come from the npm registry at the versions that stand here, and stay in `tests/.cache/` with their locks.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.test_real_trees import CACHE, call, client, inventory_of, kept, purls, theirs

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory

pytestmark = pytest.mark.network

# All of npm's forms: an alias, one for development, one that is optional; nothing that the tools resolve differently.
PROBE = """{"name": "probe", "version": "1.0.0", "license": "MIT",
 "dependencies": {"express": "4.19.2", "alias": "npm:left-pad@1.3.0"},
 "devDependencies": {"debug": "4.3.4"}, "optionalDependencies": {"fsevents": "2.3.3"}}
"""
QUIET = ("--silent", "--ignore-scripts")
LOCKS = {
    "npm": ("package-lock.json", ("install", *QUIET, "--package-lock-only", "--no-audit", "--no-fund")),
    "pnpm": ("pnpm-lock.yaml", ("install", *QUIET, "--lockfile-only")),
    "yarn": ("yarn.lock", ("install", *QUIET, "--non-interactive", "--no-progress")),
    "bun": ("bun.lock", ("install", *QUIET, "--lockfile-only")),
}
VERSIONS = {"pnpm": "10.34.9", "yarn": "1.22.22", "bun": "1.4.5"}


def program(name: str) -> str:
    """Return the path of a tool, which npm installs once."""
    if name == "npm":
        return client("npm")
    arguments = ("install", *QUIET, "--no-audit", "--no-fund", f"{name}@{VERSIONS[name]}")
    folder = kept(
        f"tool-{name}-{VERSIONS[name]}",
        {"package.json": "{}"},
        "npm",
        *arguments,
        made=f"node_modules/{name}/package.json",
    )
    # The package of bun would put its program in place by a script; it lies in a package for the platform.
    found = (
        sorted(folder.glob("node_modules/@oven/*/bin/bun")) if name == "bun" else [folder / f"node_modules/.bin/{name}"]
    )
    return client(str(found[0]) if found else name)


@pytest.fixture(scope="module")
def locked() -> dict[str, Path]:
    """The project in a folder for each tool; all locks are made at once, so that no release comes between."""
    folders = {name: CACHE / "npm-family" / name for name in LOCKS}
    if not all((folder / LOCKS[name][0]).exists() for name, folder in folders.items()):
        shutil.rmtree(CACHE / "npm-family", ignore_errors=True)
        for name, folder in folders.items():
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(PROBE, encoding="utf-8")
            call(program(name), *LOCKS[name][1], folder=folder)
            # yarn 1 cannot lock without installing.
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
    return folders


def edges(made: Inventory) -> set[tuple[str, str]]:
    """Return who needs whom."""
    return {(str(edge.source), str(edge.target)) for edge in made.edges}


def digests(made: Inventory) -> dict[str, set[tuple[str, str]]]:
    """Return what is stated of the file of each package, for none of which that is nothing."""
    found = {item.purl: {(d.algorithm, d.value) for a in item.artifacts for d in a.digests} for item in made.components}
    assert all(found.values())
    return {str(purl): stated for purl, stated in found.items()}


@pytest.mark.parametrize("name", ["pnpm", "yarn", "bun"])
def test_every_lock_says_the_same(locked: dict[str, Path], name: str) -> None:
    """What npm locked is what the others locked: none is missing, none invented, and nothing hangs elsewhere."""
    ours, npm = inventory_of(locked[name]), inventory_of(locked["npm"])
    assert len(purls(npm)) > 60
    assert purls(ours) == purls(npm)
    assert edges(ours) == edges(npm)
    assert {purl: ("SHA-512" in dict(stated)) for purl, stated in digests(ours).items()} == dict.fromkeys(
        purls(npm), True
    )
    stated = digests(npm)
    # yarn writes the SHA-1 out of the registry's address besides.
    assert all(stated[purl] <= found for purl, found in digests(ours).items())
    assert {str(item.purl) for item in ours.components if item.direct} == {
        str(item.purl) for item in npm.components if item.direct
    }
    dev = {str(item.purl) for item in ours.components if item.scopes == (Scope.DEV,)}
    assert "pkg:npm/debug@4.3.4" in dev
    assert "pkg:npm/express@4.19.2" not in dev


def test_npm_lists_what_it_locked(locked: dict[str, Path]) -> None:
    """The measure of the others is npm's own list."""
    listed = call(client("npm"), "sbom", "--package-lock-only", "--sbom-format", "cyclonedx", folder=locked["npm"])
    assert purls(inventory_of(locked["npm"])) == theirs(listed)


def test_pnpm_lists_what_it_locked(locked: dict[str, Path]) -> None:
    """Of what is needed directly pnpm tells name and version, out of its lock alone."""
    told = json.loads(call(program("pnpm"), "list", "--lockfile-only", "--json", folder=locked["pnpm"]))[0]
    fields = ("dependencies", "devDependencies", "optionalDependencies")
    direct = {(item["from"], item["version"]) for field in fields for item in told.get(field, {}).values()}
    assert {(item.name, item.version) for item in inventory_of(locked["pnpm"]).components if item.direct} == direct
