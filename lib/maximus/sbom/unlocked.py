"""Manifests without a lock: what they ask for is missing in the inventory, and that is said, once an ecosystem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.counting import counted
from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.limits import MAX_MANIFEST
from maximus.sbom.model import Ecosystem, Finding, Location
from maximus.sbom.naming import normal_pypi
from maximus.sbom.readers import reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from maximus.sbom.model import Reading
    from maximus.sbom.tree import Tree

__all__ = ["MAX_LOOKED_AT", "declares", "unlocked"]

_GRADLE_LOCKS: Final = "/gradle/dependency-locks"
"""Where Gradle before 6.8 kept a lock for each configuration."""
MAX_LOOKED_AT: Final = 20_000
"""Manifests without a lock that are looked into; of those behind them nothing is known."""

_LOCAL = ("file:", "link:", "workspace:", "portal:")
"""How a need begins that leads to another folder and to no registry."""
_NPM_TABLES = ("dependencies", "devDependencies", "optionalDependencies")
_CARGO_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")
_PLATFORM = re.compile(r"(?:php|ext-|lib-|composer-)[^/]*")
"""What Composer asks of the machine and of no registry."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PUB_TABLE = re.compile(r"(?:dev_)?dependencies:\s*(?:#.*)?")
_PUB_NEED = re.compile(r"[ \t]+(?!flutter)\w+:\s*(?:[\"'^<>=\d]|any\b)")


def _matches(pattern: str) -> Callable[[str], bool]:
    """Return whether a text has the pattern somewhere: of formats that only their own tool can read."""
    return lambda text: re.search(pattern, text) is not None


def _npm(text: str) -> bool:
    document = parsing.parse_json(text.encode(), "")
    stated = [value for table in _NPM_TABLES for value in parsing.texts(document.get(table)).values()]
    return any(not value.startswith(_LOCAL) for value in stated)


def _composer(text: str) -> bool:
    document = parsing.parse_json(text.encode(), "")
    names = [name for table in ("require", "require-dev") for name in parsing.texts(document.get(table))]
    return any(not _PLATFORM.fullmatch(name) for name in names)


def _table(value: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _cargo(text: str) -> bool:
    document = parsing.parse_toml(text.encode(), "")
    tables = [document, _table(document, "workspace"), *_table(document, "target").values()]
    stated = [wanted for table in tables for name in _CARGO_TABLES for wanted in _table(table, name).values()]
    return any(isinstance(wanted, str) or not {"path", "workspace"} & set(_table(wanted)) for wanted in stated)


def _pub(text: str) -> bool:
    inside = False
    for line in text.splitlines():
        if line[:1] not in ("", " ", "\t", "#"):
            inside = _PUB_TABLE.fullmatch(line) is not None
        elif inside and _PUB_NEED.match(line):
            return True
    return False


def _python_needs(path: str, text: str) -> Iterator[str]:
    """Yield the names of what a manifest of Python's asks for; an empty one where it does not say them plainly."""
    if path.endswith("setup.py"):
        if re.search(r"install_requires\s*=\s*\[\s*[\"']", text):
            yield ""
        return
    if path.endswith("setup.cfg"):
        if re.search(r"(?m)^install_requires[ \t]*=[ \t]*(?:(?!file:)[^\s#]|\r?\n[ \t]+[A-Za-z])", text):
            yield ""
        return
    document = parsing.parse_toml(text.encode(), "")
    if path.endswith("Pipfile"):
        yield from (*_table(document, "packages"), *_table(document, "dev-packages"))
        return
    lists = [_table(document, "project").get("dependencies")]
    lists += _table(document, "project", "optional-dependencies").values()
    lists += _table(document, "dependency-groups").values()
    for wanted in (item for stated in lists for item in parsing.listed(stated)):
        if isinstance(wanted, str) and (name := _NAME.match(wanted.strip())):
            yield name[0]
    poetry = _table(document, "tool", "poetry")
    groups = [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    for stated in (_table(poetry, "dependencies"), _table(poetry, "dev-dependencies"), *groups):
        yield from (name for name, wanted in stated.items() if name != "python" and "path" not in _table(wanted))


@dataclass(frozen=True, slots=True)
class _Manager:
    """A package manager: how its manifests and locks are called, and what makes a lock."""

    name: str
    manifests: tuple[str, ...]
    """Names, or endings that begin with a dot."""
    locks: tuple[str, ...]
    """Names of what takes the place of what the manifest asks for, or tells that it is missing."""
    asks: Callable[[str], bool] | None
    """Whether the text of a manifest asks for packages; None for Python, where lists may hold them."""
    remedy: str


_MANAGERS: Final = (
    _Manager(
        "NuGet",
        (".csproj", ".fsproj", ".vbproj", "Directory.Build.props", "Directory.Build.targets"),
        ("packages.lock.json", "project.assets.json", "paket.lock", "packages.config", "Directory.Packages.props"),
        _matches(r"<(?:Global)?PackageReference\s"),
        "run `dotnet restore --use-lock-file` and commit each packages.lock.json",
    ),
    _Manager(
        "Python",
        ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py"),
        ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pixi.lock", "conda-lock.yml"),
        None,
        "run `uv lock`, `poetry lock`, `pdm lock` or `pipenv lock` and commit the lock",
    ),
    _Manager(
        "npm",
        ("package.json",),
        (
            "package-lock.json",
            "npm-shrinkwrap.json",
            "pnpm-lock.yaml",
            "yarn.lock",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
        ),
        _npm,
        "run `npm install --package-lock-only` (or pnpm's, yarn's or bun's own install) and commit the lock",
    ),
    _Manager("Cargo", ("Cargo.toml",), ("Cargo.lock",), _cargo, "run `cargo generate-lockfile` and commit Cargo.lock"),
    _Manager(
        "Bundler",
        ("Gemfile", "gems.rb"),
        ("Gemfile.lock", "Gemfile.next.lock", "gems.locked"),
        _matches(r"(?m)^[ \t]*(?:gem[ \t(]+[\"']|gemspec\b)"),
        "run `bundle lock` and commit Gemfile.lock",
    ),
    _Manager(
        "Composer",
        ("composer.json",),
        ("composer.lock", "installed.json"),
        _composer,
        "run `composer update --no-install` and commit composer.lock",
    ),
    _Manager(
        "Gradle",
        ("build.gradle", "build.gradle.kts"),
        # A pom beside says the same, and that it is no lock.
        ("gradle.lockfile", "buildscript-gradle.lockfile", "dependencies.lock", "pom.xml"),
        _matches(
            r"(?m)^[ \t]*(?:\w*(?:[iI]mplementation|[aA]pi|(?:[cC]ompile|[rR]untime)(?:Only)?)|classpath)"
            r"(?:[ \t]+|\([ \t]*)(?:(?:enforcedP|p)latform\()?(?:[\"'][^\"':\s]+:|libs\.|group[ \t]*[:=])"
        ),
        "lock all configurations (`dependencyLocking`), run `gradle dependencies --write-locks` and commit each "
        "gradle.lockfile",
    ),
    _Manager("pub", ("pubspec.yaml",), ("pubspec.lock",), _pub, "run `dart pub get` and commit pubspec.lock"),
    _Manager(
        "Swift",
        ("Package.swift",),
        ("Package.resolved",),
        _matches(r"\.package\s*\(\s*(?:name\s*:[^,)\n]{0,200},\s*)?(?:url|id)\s*:"),
        "run `swift package resolve` and commit Package.resolved",
    ),
    _Manager(
        "CocoaPods",
        ("Podfile",),
        ("Podfile.lock",),
        _matches(r"(?m)^[ \t]*pod[ \t(]+[\"']"),
        "run `pod install` and commit Podfile.lock",
    ),
    _Manager(
        "Mix",
        ("mix.exs",),
        ("mix.lock",),
        _matches(r"\{\s*:\w+\s*,\s*(?:\"[^\"\n]{0,100}\d|git(?:hub)?:)"),
        "run `mix deps.get` and commit mix.lock",
    ),
    _Manager(
        "Deno",
        ("deno.json", "deno.jsonc"),
        ("deno.lock",),
        _matches(r"\"(?:npm|jsr):[^\"\s]"),
        "run `deno install` and commit deno.lock",
    ),
    _Manager(
        "Conan",
        ("conanfile.txt", "conanfile.py"),
        ("conan.lock",),
        _matches(
            r"(?m)^\[(?:tool_|build_|test_)?requires\][ \t]*\r?\n\w|\b(?:tool_|build_|test_)?requires[ \t]*[=(][ \t]*\S"
        ),
        "run `conan lock create .` and commit conan.lock",
    ),
    _Manager(
        "Helm",
        ("Chart.yaml",),
        ("Chart.lock", "requirements.lock"),
        _matches(r"(?m)^[ \t-]*repository:[ \t]*[\"']?(?:https?:|oci:|@|alias:)"),
        "run `helm dependency update` and commit Chart.lock",
    ),
)
_NAMES: Final = {name: manager for manager in _MANAGERS for name in manager.manifests if name[0] != "."}
_ENDINGS: Final = {name: manager for manager in _MANAGERS for name in manager.manifests if name[0] == "."}
_TAILS: Final = tuple(_ENDINGS)
_LISTS: Final = "requirements"


def declares(name: str) -> bool:
    """Tell whether a file of this name is one that asks for packages; the walk wants to know it of every file."""
    return name in _NAMES or name.endswith(_TAILS)


def unlocked(tree: Tree, readings: Iterable[tuple[str, Reading]]) -> tuple[Finding, ...]:
    """Return one finding for each package manager whose manifests ask for packages and have no lock at or above them.

    It is about the first of them, the nearest to the root. A member of a workspace is covered by the lock above it.
    `readings` are what the locks of the tree say, by their paths.
    """
    homes = _homes(tree)
    lists = _lists(readings)
    open_ones: dict[str, list[str]] = {}
    looked_at = 0
    for path in sorted(tree.declared, key=lambda item: (item.count("/"), item)):
        manager = _manager_of(path)
        above = _above(path)
        if not homes.get(manager.name, set()).isdisjoint(above):
            continue
        looked_at += 1
        if looked_at > MAX_LOOKED_AT:
            break
        if _asks(tree, path, manager, [lists[folder] for folder in above if folder in lists]):
            open_ones.setdefault(manager.name, []).append(path)
    findings = [_finding(manager, open_ones[manager.name]) for manager in _MANAGERS if manager.name in open_ones]
    if looked_at > MAX_LOOKED_AT:
        text = f"more than {MAX_LOOKED_AT} manifests have no lock; those behind this one were not looked into"
        findings.append(Finding("limit", text, Location(path)))
    return tuple(findings)


def _finding(manager: _Manager, paths: list[str]) -> Finding:
    one = len(paths) == 1
    text = (
        f"{counted(len(paths), 'manifest')} of {manager.name}{'' if one else ' (this one first)'} "
        f"{'asks' if one else 'ask'} for packages and {'has' if one else 'have'} no lock, so these are missing: "
        f"{manager.remedy}"
    )
    return Finding("not-locked", text, Location(paths[0]))


def _manager_of(path: str) -> _Manager:
    name = path.rpartition("/")[2]
    return _NAMES.get(name) or _ENDINGS[f".{name.rpartition('.')[2]}"]


def _above(path: str) -> list[str]:
    """Return the folder that a file lies in and those above it, the root last."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]


def _homes(tree: Tree) -> dict[str, set[str]]:
    """Return for each package manager the folders that its locks are of."""
    managers: dict[str, list[str]] = {}
    for manager in _MANAGERS:
        for lock in manager.locks:
            managers.setdefault(lock, []).append(manager.name)
    found: dict[str, set[str]] = {}
    for path in tree.locks:
        folder, _, name = path.rpartition("/")
        if name.startswith("pylock.") and name.endswith(".toml"):
            name = "pylock.toml"
        if name.endswith(".lockfile") and f"/{folder}".endswith(_GRADLE_LOCKS):
            folder, name = f"/{folder}".removesuffix(_GRADLE_LOCKS).removeprefix("/"), "gradle.lockfile"
        for manager_name in managers.get(name, ()):
            found.setdefault(manager_name, set()).add(_home(folder, name))
    return found


def _home(folder: str, lock: str) -> str:
    """Return the folder whose manifest a lock is of."""
    if lock == "project.assets.json":
        return folder.rpartition("/")[0]
    if lock == "installed.json":
        return folder.removesuffix("vendor/composer").rstrip("/")
    if lock == "Package.resolved":
        # Xcode keeps it inside of its project.
        parts = folder.split("/")
        inside = [number for number, part in enumerate(parts) if part.endswith((".xcodeproj", ".xcworkspace"))]
        return "/".join(parts[: inside[0]]) if inside else folder
    return folder


def _lists(readings: Iterable[tuple[str, Reading]]) -> Mapping[str, set[str]]:
    """Return for each folder the names that its lists of requirements pin; a folder `requirements` is the one above."""
    names: dict[str, set[str]] = {}
    for path, reading in readings:
        reader = reader_of(path)
        if reader is None or reader.name != _LISTS:
            continue
        folder = path.rpartition("/")[0]
        home = folder.rpartition("/")[0] if folder.rpartition("/")[2] == _LISTS else folder
        pinned = {normal_pypi(item.name) for item in reading.packages if item.ecosystem is Ecosystem.PYPI}
        names.setdefault(home, set()).update(pinned)
    return names


def _asks(tree: Tree, path: str, manager: _Manager, lists: list[set[str]]) -> bool:
    """Tell whether a manifest asks for packages that nothing locks; one that cannot be read asks for nothing."""
    try:
        text = parsing.decode(tree.read(path, MAX_MANIFEST), path)
        if manager.asks is not None:
            return manager.asks(text)
        names = {normal_pypi(name) for name in _python_needs(path, text)}
    except (Error, RecursionError):
        return False
    # A list that pins one of them is where this project keeps its versions; which ones it lacks the list itself tells.
    return bool(names) and not (lists and ("" in names or any(names & pinned for pinned in lists)))
