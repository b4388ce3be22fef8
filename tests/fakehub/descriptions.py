"""Take GitHub's descriptions of its own API from npm and cut out the part that the fake serves.

`python3 -m tests.fakehub.descriptions` does it and prints the folder; the tests do it by themselves.
It happens once for each set of pins: the cut lies in `tests/fakehub/.cache/`, which git ignores, or in
the folder that `MAXIMUS_TEST_CACHE` names. Nothing of it is ever committed.

`MAXIMUS_TEST_DESCRIPTIONS=newest` takes the newest packages instead of the pinned ones, so that a
scheduled run learns early what GitHub changes.

Standard library only: this runs before anything else is known to be installed.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OPERATIONS", "Descriptions", "Tampered", "Unmeasured", "descriptions", "unmeasured"]

CACHE_FOLDER = "MAXIMUS_TEST_CACHE"
"""The environment variable that places the cache elsewhere."""

EDITION = "MAXIMUS_TEST_DESCRIPTIONS"
"""The environment variable that asks for the `newest` packages instead of the pinned ones."""

_FORMAT = "1"
"""Counts up when the cut changes its form, so that an older cache is not read."""

_NPM_SECONDS = 300
"""The OpenAPI package has 29 MB: a slow line needs minutes, a dead one must not hang a test run."""


class Unmeasured(Exception):  # noqa: N818 - named for the verdict it leads to
    """Something the fake needs cannot be had on this machine, so nothing can be measured with it."""

    def __str__(self) -> str:
        """Say the verdict and its reason in one line."""
        return f"unmeasured: {self.args[0]}"


class Tampered(Exception):  # noqa: N818 - says what was found, as the tests' reports quote it
    """A package is not the one that was pinned. This is never a reason to skip."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package at one version, and the one file that is needed of it."""

    name: str
    """As npm knows it."""
    version: str
    """The pinned version."""
    integrity: str
    """The tarball's digest as npm writes it: `sha512-` and base64."""
    member: str
    """The file's path inside the tarball."""


OPENAPI = Package(
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    "package/generated/api.github.com.json",
)
GRAPHQL = Package(
    "@octokit/graphql-schema",
    "15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
    "package/schema.graphql",
)

_REPOSITORY = "/repos/{owner}/{repo}"

OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "/rate_limit": ("get",),
    _REPOSITORY: ("get",),
    f"{_REPOSITORY}/releases": ("get", "post"),
    f"{_REPOSITORY}/releases/latest": ("get",),
    f"{_REPOSITORY}/releases/generate-notes": ("post",),
    f"{_REPOSITORY}/releases/tags/{{tag}}": ("get",),
    f"{_REPOSITORY}/releases/assets/{{asset_id}}": ("get", "delete"),
    f"{_REPOSITORY}/releases/{{release_id}}": ("get", "patch", "delete"),
    f"{_REPOSITORY}/releases/{{release_id}}/assets": ("get", "post"),
    f"{_REPOSITORY}/contents/{{path}}": ("get",),
    f"{_REPOSITORY}/pulls": ("get",),
    f"{_REPOSITORY}/pulls/{{pull_number}}": ("get",),
    f"{_REPOSITORY}/pulls/{{pull_number}}/files": ("get",),
    f"{_REPOSITORY}/compare/{{basehead}}": ("get",),
    f"{_REPOSITORY}/commits": ("get",),
    f"{_REPOSITORY}/commits/{{commit_sha}}/pulls": ("get",),
    f"{_REPOSITORY}/commits/{{ref}}": ("get",),
    f"{_REPOSITORY}/tags": ("get",),
    f"{_REPOSITORY}/rules/branches/{{branch}}": ("get",),
    f"{_REPOSITORY}/collaborators/{{username}}/permission": ("get",),
    f"{_REPOSITORY}/issues/{{issue_number}}/events": ("get",),
    f"{_REPOSITORY}/issues/{{issue_number}}/labels": ("get", "post"),
    f"{_REPOSITORY}/issues/{{issue_number}}/labels/{{name}}": ("delete",),
    f"{_REPOSITORY}/git/ref/{{ref}}": ("get",),
    f"{_REPOSITORY}/actions/runs/{{run_id}}/approvals": ("get",),
    f"{_REPOSITORY}/attestations": ("post",),
    f"{_REPOSITORY}/attestations/{{subject_digest}}": ("get",),
    f"{_REPOSITORY}/dependency-graph/sbom": ("get",),
    f"{_REPOSITORY}/dependency-graph/compare/{{basehead}}": ("get",),
}
"""What the fake serves: paths as GitHub writes them, and their methods."""

_PROSE = frozenset({"description", "example", "examples", "externalDocs", "summary", "tags", "x-github", "x-octokit"})
"""Keys that say nothing a check could use; without them the cut is a tenth of the size."""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Where the two descriptions lie on this machine."""

    openapi: Path
    """The subset of `OPERATIONS` as one OpenAPI 3.0 document."""
    graphql: Path
    """GitHub's whole public GraphQL schema, in the schema language."""


def descriptions(environment: Mapping[str, str] = os.environ) -> Descriptions:
    """Return the two descriptions, taking them from npm where this machine does not have them yet.

    Raises Unmeasured where npm cannot deliver, Tampered where it delivers something else.
    """
    newest = environment.get(EDITION, "") == "newest"
    # The newest is asked for once a day: every process of a run then reads the same.
    edition = f"newest-{date.today().isoformat()}" if newest else _fingerprint()  # noqa: DTZ011 - a local folder's name
    folder = _cache(environment) / f"github-{edition}"
    found = Descriptions(folder / "openapi.json", folder / "schema.graphql")
    if not (found.openapi.is_file() and found.graphql.is_file()):
        _fetch(folder, found, newest=newest)
    return found


def unmeasured() -> str:
    """Return why the fake cannot run on this machine, empty where it can."""
    try:
        descriptions()
        for module in ("graphql", "jsonschema_rs"):
            importlib.import_module(module)
    except (Unmeasured, ImportError) as error:
        return str(error) if isinstance(error, Unmeasured) else f"unmeasured: {error}"
    return ""


def _cache(environment: Mapping[str, str]) -> Path:
    """Return the cache folder: the named one, else the one beside this file."""
    named = environment.get(CACHE_FOLDER, "")
    return Path(named) / "fakehub" if named else Path(__file__).resolve().parent / ".cache"


def _fingerprint() -> str:
    """Return a short name for what the cut depends on."""
    parts = [_FORMAT, OPENAPI.integrity, GRAPHQL.integrity, json.dumps(OPERATIONS, sort_keys=True)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _fetch(folder: Path, wanted: Descriptions, *, newest: bool) -> None:
    """Fill `folder`, whole or not at all: two test runs may do this at the same moment."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fakehub-", dir=folder.parent) as temporary:
        work = Path(temporary)
        openapi = json.loads(_member(OPENAPI, work, newest=newest))
        whole = work / "whole"
        whole.mkdir()
        (whole / wanted.openapi.name).write_text(json.dumps(_cut(openapi)), encoding="utf-8")
        (whole / wanted.graphql.name).write_bytes(_member(GRAPHQL, work, newest=newest))
        try:
            whole.rename(folder)
        except OSError:
            # Another run was faster and its folder is as good; without one the failure is real.
            if not wanted.openapi.is_file():
                raise


def _member(package: Package, work: Path, *, newest: bool) -> bytes:
    """Return the one file of a package, after its tarball has proven to be the pinned one."""
    tarball = _pack(package, work, "latest" if newest else package.version)
    if not newest:
        digest = hashlib.sha512(tarball.read_bytes()).digest()
        integrity = f"sha512-{base64.b64encode(digest).decode()}"
        if integrity != package.integrity:
            message = f"{package.name} {package.version} is not the pinned package: {integrity}"
            raise Tampered(message)
    with tarfile.open(tarball) as archive:
        content = archive.extractfile(package.member)
        if content is None:
            message = f"{package.name} {package.version} has no file {package.member}"
            raise Tampered(message)
        return content.read()


def _pack(package: Package, work: Path, version: str) -> Path:
    """Have npm place the package's tarball under `work`."""
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is not installed, and GitHub's API descriptions come from there"
        raise Unmeasured(message)
    place = Path(tempfile.mkdtemp(dir=work))
    command = [npm, "pack", f"{package.name}@{version}", "--silent", "--ignore-scripts", "--pack-destination", "."]
    try:
        subprocess.run(
            command, cwd=place, check=True, capture_output=True, timeout=_NPM_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        message = f"npm did not deliver {package.name} within {_NPM_SECONDS} s"
        raise Unmeasured(message) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        message = f"npm could not deliver {package.name} {version}: {said[-1] if said else 'no reason given'}"
        raise Unmeasured(message) from error
    tarballs = sorted(place.glob("*.tgz"))
    if len(tarballs) != 1:
        message = f"npm left {len(tarballs)} tarballs for {package.name} {version}"
        raise Unmeasured(message)
    return tarballs[0]


def _cut(document: dict[str, Any]) -> dict[str, Any]:
    """Return the operations of `OPERATIONS` with every component that their references reach.

    Raises Tampered where GitHub no longer describes one of them: then the fake serves a ghost.
    """
    paths: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        described = document["paths"].get(path, {})
        absent = [method for method in methods if method not in described]
        if absent:
            message = f"GitHub's description has no {', '.join(absent)} on {path}"
            raise Tampered(message)
        paths[path] = {method: _without_prose(described[method]) for method in methods}
    components: dict[str, dict[str, Any]] = {}
    waiting = list(_references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name in components.setdefault(kind, {}):
            continue
        component = _without_prose(document["components"][kind][name])
        components[kind][name] = component
        waiting.extend(_references(component))
    return {"openapi": document["openapi"], "info": document["info"], "paths": paths, "components": components}


def _without_prose(node: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - a foreign JSON tree
    """Return the tree without prose. `names` says that the keys here are names somebody chose."""
    if isinstance(node, list):
        return [_without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # Below `properties` a key is a property's name, and GitHub has properties called `description`.
        key: _without_prose(value, names=key == "properties" and not names)
        for key, value in node.items()
        if names or key not in _PROSE
    }


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401 - a foreign JSON tree
    """Yield every `$ref` in the tree."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


if __name__ == "__main__":
    sys.stdout.write(f"{descriptions().openapi.parent}\n")
