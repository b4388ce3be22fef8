"""Imports run one way: actions, areas, leaves."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "lib" / "maximus"

LEAVES = {
    "beside",
    "changes",
    "characters",
    "counting",
    "documents",
    "errors",
    "files",
    "git",
    "globs",
    "markdown",
    "merkle",
    "registry",
    "verdict",
    "yaml",
}
"""Modules that every area may use."""
BORROWED = {
    "verification": {
        f"signing.{module}"
        for module in ("annotated", "bundles", "carried", "instances", "keys", "statements", "transport", "tuf")
    }
}
"""What an area may use of another: how bundles are read and whom they are trusted by, never how they are made."""

MODULES = sorted(path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.py"))


def area_of(module: str) -> str:
    """Return the area, or the leaf, that a module's file belongs to."""
    return Path(module).parts[0].removesuffix(".py")


def imported(path: Path, package: str) -> set[str]:
    """Return the full names of all that a file imports, wherever in it and for types only too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names} | {origin}
    return names


def used_of_ours(module: str) -> set[str]:
    """Return what a module of the library imports of the library, as `area.module` or `leaf`."""
    path = LIBRARY / module
    package = ".".join(["maximus", *Path(module).parts[:-1]])
    own = {name.removeprefix("maximus.") for name in imported(path, package) if name.startswith("maximus.")}
    return {".".join(name.split(".")[:2]) for name in own}


@pytest.mark.parametrize("module", MODULES)
def test_the_library_knows_nothing_of_actions(module: str) -> None:
    """No module of lib/ imports from actions/ or from the tests."""
    names = imported(LIBRARY / module, "maximus")

    assert {name for name in names if name.split(".")[0] in ("actions", "tests", "tools")} == set()
    assert {name for name in names if name.startswith("maximus.actions")} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if "/" in name])
def test_areas_do_not_import_each_other(module: str) -> None:
    """An area uses itself, the leaves, and what is lent to it by name."""
    area = area_of(module)
    allowed = BORROWED.get(area, set())
    foreign = {
        name
        for name in used_of_ours(module)
        if name.split(".")[0] not in {area, *LEAVES, "__version__"}
        and name not in allowed
        # `from maximus.signing import bundles` names the area as well as the module.
        and not any(lent.startswith(f"{name}.") for lent in allowed)
    }

    assert foreign == set()


@pytest.mark.parametrize("module", [name for name in MODULES if "/" not in name and name != "__init__.py"])
def test_leaves_use_leaves_only(module: str) -> None:
    """A module that everybody uses knows no area."""
    assert area_of(module) in LEAVES
    assert {name.split(".")[0] for name in used_of_ours(module)} <= LEAVES


def test_the_library_does_not_speak_of_the_runner() -> None:
    """Only maximus.github may know that GitHub Actions exists: no workflow command or file of the runner elsewhere."""
    told = []
    for module in MODULES:
        if area_of(module) == "github":
            continue
        for node in ast.walk(ast.parse((LIBRARY / module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                told += [(module, word) for word in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "::error", "::add-mask")
                         if word in node.value]  # fmt: skip

    assert told == []


def test_the_library_prints_nothing() -> None:
    """What is said is said by a face: no print and no standard stream in lib/."""
    said = [
        (module, ast.unparse(node))
        for module in MODULES
        for node in ast.walk(ast.parse((LIBRARY / module).read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"))
    ]

    assert said == []


@pytest.mark.parametrize("name", sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "actions").rglob("*.py")))
def test_an_action_imports_no_package_before_it_runs(name: str) -> None:
    """At the top of a module in actions/ stand the standard library, leaves, and neighbours: help needs no more."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    foreign = {
        found for found in names
        if found.split(".")[0] not in {*sys.stdlib_module_names, "maximus", "actions"}
        or (found.startswith("maximus.") and found.split(".")[1] not in LEAVES)
    }  # fmt: skip

    assert foreign == set()
