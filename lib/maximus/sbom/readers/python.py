"""What the readers of Python's locks share: distribution files, project manifests, parts of the tree itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom import addresses, digests, parsing
from maximus.sbom.model import Artifact, Link, Scope
from maximus.sbom.naming import normal_pypi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.sbom.digests import DigestLines
    from maximus.sbom.tree import Source

__all__ = [
    "ByName",
    "artifact",
    "artifacts",
    "files_by_name",
    "links_from_project",
    "of_file",
    "requirement_name",
    "requirements_of_pyproject",
    "scope_of_group",
    "scope_of_words",
]


_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_TESTS = frozenset({"test", "tests", "testing"})
_WORK = frozenset(
    {"dev", "develop", "development", "lint", "docs", "doc", "ci", "typing", "mypy", "local", "debug", "build"}
)


def artifact(file: str, url: str, stated: tuple[str, ...], lines: DigestLines) -> Artifact:
    """Return a distribution file with the digests that the lock states as `algorithm:HEX`."""
    cleaned = addresses.clean(url)
    found = tuple(digest for text in stated if (digest := digests.from_pair(text, lines)) is not None)
    return Artifact(file or addresses.file_name(url), cleaned, found)


def of_file(name: str) -> tuple[str, str]:
    """Return name and version out of a wheel's or an sdist's file name; empty texts where it is neither."""
    from packaging.utils import (  # noqa: PLC0415 - 15 ms that only an address in a list should cost
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if name.endswith(".whl"):
            wheel = parse_wheel_filename(name)
            return str(wheel[0]), str(wheel[1])
        sdist = parse_sdist_filename(name)
        return str(sdist[0]), str(sdist[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return "", ""


def artifacts(stated: object, lines: DigestLines) -> tuple[Artifact, ...]:
    """Return the distribution files of a list as poetry and pdm write it: file, perhaps its address, and one hash."""
    return tuple(
        artifact(facts.get("file", ""), facts.get("url", ""), (facts.get("hash", ""),), lines)
        for item in parsing.listed(stated)
        if (facts := parsing.texts(item))
    )


def files_by_name(document: dict[str, Any]) -> dict[str, Any]:
    """Return the lists of files that locks before 2021 keep apart from the packages, in `metadata`."""
    return _table(_table(document.get("metadata")).get("files"))


def scope_of_group(name: str) -> Scope:
    """Return the scope of a dependency group or a poetry category: runtime for the main one, test or dev for others."""
    lowered = name.lower()
    if lowered in ("main", "default", "runtime"):
        return Scope.RUNTIME
    return Scope.TEST if lowered in _TESTS else Scope.DEV


def scope_of_words(name: str) -> Scope:
    """Return what a list or an environment is for, going by its name: `tests.txt`, `dev-requirements.txt`, `docs`."""
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    if words & _TESTS:
        return Scope.TEST
    return Scope.DEV if words & _WORK else Scope.RUNTIME


def requirement_name(text: str) -> str:
    """Return the normalised name at the beginning of a requirement; empty where there is none."""
    found = _NAME.match(text)
    return normal_pypi(found[1]) if found else ""


def requirements_of_pyproject(source: Source) -> dict[str, tuple[Scope, ...]] | None:
    """Return what the `pyproject.toml` beside a lock asks for by normalised name, or None without a readable one.

    Reads PEP 621, PEP 735 and the tables of poetry and pdm.
    """
    raw = source.tree.manifest(source.beside("pyproject.toml"))
    if raw is None:
        return None
    try:
        document = parsing.parse_toml(raw, source.beside("pyproject.toml"))
    except Error:
        return None
    found: dict[str, set[Scope]] = {}
    for name, scope in (*_asked_by_standards(document), *_asked_by_poetry(document)):
        if name and name != "python":
            found.setdefault(name, set()).add(scope)
    return {name: tuple(scope for scope in Scope if scope in scopes) for name, scopes in found.items()}


def _asked_by_standards(document: dict[str, Any]) -> Iterator[tuple[str, Scope]]:
    """Yield name and scope of what PEP 621, PEP 735 and pdm's own table ask for."""
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    for text in _list(project.get("dependencies")):
        yield requirement_name(str(text)), Scope.RUNTIME
    for group in _table(project.get("optional-dependencies")).values():
        for text in _list(group):
            yield requirement_name(str(text)), Scope.OPTIONAL
    for groups in (_table(document.get("dependency-groups")), _table(_table(tool.get("pdm")).get("dev-dependencies"))):
        for name, group in groups.items():
            for text in _list(group):
                # `{include-group = ...}` stands between the requirements; the group itself is listed too.
                if isinstance(text, str):
                    yield requirement_name(text.removeprefix("-e ")), scope_of_group(name)


def _asked_by_poetry(document: dict[str, Any]) -> Iterator[tuple[str, Scope]]:
    """Yield name and scope of what poetry's tables ask for."""
    poetry = _table(_table(document.get("tool")).get("poetry"))
    for name, constraint in _table(poetry.get("dependencies")).items():
        optional = isinstance(constraint, dict) and constraint.get("optional") is True
        yield normal_pypi(name), Scope.OPTIONAL if optional else Scope.RUNTIME
    for name in _table(poetry.get("dev-dependencies")):
        yield normal_pypi(name), Scope.DEV
    for group_name, group in _table(poetry.get("group")).items():
        for name in _table(_table(group).get("dependencies")):
            yield normal_pypi(name), scope_of_group(group_name)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


class ByName:
    """Finds the entries of a lock by name, and by range where a name stands several times."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        """Index the entries, which have a `name` and a `version`."""
        self.entries = entries
        self.numbers: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self.numbers.setdefault(normal_pypi(parsing.text_of(entry.get("name"))), []).append(number)

    def find(self, name: str, wanted: str = "") -> list[int]:
        """Return the numbers of the entries that a dependency may mean, all of the name where a range tells nothing."""
        found = self.numbers.get(normal_pypi(name), [])
        if len(found) < 2 or not wanted:  # noqa: PLR2004 - nothing to choose between
            return found
        # Imported here: 30 ms that only a lock with forks should cost.
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415

        try:
            specifiers = SpecifierSet(_as_pep440(wanted))
            inside = [
                n
                for n in found
                if specifiers.contains(parsing.text_of(self.entries[n].get("version")), prereleases=True)
            ]
        except (InvalidSpecifier, ValueError):
            return found
        return inside or found


def _as_pep440(wanted: str) -> str:
    """Return poetry's and pdm's range as PEP 440 writes it, where the two differ in spelling alone."""
    text = wanted.strip().strip("()")
    if text in ("*", ""):
        return ""
    return f"=={text}" if text[0].isdigit() else text


def links_from_project(source: Source, finder: ByName, links: list[Link]) -> list[Link]:
    """Return what the project needs directly: as its `pyproject.toml` says, else what nobody else needs."""
    wanted = requirements_of_pyproject(source)
    if wanted is not None:
        return [
            Link("", str(number), scope)
            for name, scopes in sorted(wanted.items())
            for number in finder.find(name)
            for scope in scopes
        ]
    needed = {link.target for link in links}
    return [Link("", str(number), known=False) for number in range(len(finder.entries)) if str(number) not in needed]
