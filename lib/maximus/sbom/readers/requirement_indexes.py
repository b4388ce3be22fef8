"""From which index the packages of a list of requirements come, as far as the lists of the tree tell.

Options that name an index hold for everything that pip reads in one run: for the list that has them, for those that it
includes, and for those that include it. See https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.sbom import addresses, parsing
from maximus.sbom.limits import MAX_LOCK, MAX_TEXT
from maximus.sbom.model import ELSEWHERE

if TYPE_CHECKING:
    from maximus.sbom.tree import Tree

__all__ = ["registry_of"]

# pip takes every beginning of a long option that is no other's.
_OPTION = re.compile(
    r"(?m)^[ \t]*(?:(?P<index>-i|--(?:ind|pypi)[\w-]*)|(?P<besides>-f|--(?:ext|fi|no-i)[\w-]*)"
    r"|(?P<list>-[rc]|--(?:req[\w-]*|cons[\w-]*)))[ \t=]*(?P<value>[^\r\n]*)"
)
_QUOTING = re.compile(r"[\"'\\]")


def registry_of(path: str, tree: Tree) -> str:
    """Return the index that the packages of a list come from, as in `Package.registry`.

    Where lists that are read together name several, or lists of files besides, nobody knows which had what.
    """
    key = "requirements indexes"
    if key not in tree.memory:
        # What is not found out in time is not tried again for each list, and is not taken for the default index either.
        tree.memory[key] = None
        tree.memory[key] = _registries(tree)
    found: dict[str, str] | None = tree.memory[key]
    return ELSEWHERE if found is None else found.get(path, "")


def _registries(tree: Tree) -> dict[str, str]:
    """Return the index of each list that has one, for all lists of the tree and what they include."""
    stated: dict[str, set[str]] = {}
    beside: dict[str, set[str]] = {}
    waiting = [path for path in tree.locks if path.endswith(".txt")]
    while waiting:
        path = waiting.pop()
        if path not in stated:
            stated[path], included = _look_into(path, tree)
            waiting += included
            for other in included:
                beside.setdefault(path, set()).add(other)
                beside.setdefault(other, set()).add(path)
    found: dict[str, str] = {}
    seen: set[str] = set()
    for path in sorted(stated):
        if path not in seen:
            together = _reached(path, beside)
            seen |= together
            indexes = {index for member in together for index in stated.get(member, ())}
            if indexes:
                found |= dict.fromkeys(together, indexes.pop() if len(indexes) == 1 else ELSEWHERE)
    return found


def _look_into(path: str, tree: Tree) -> tuple[set[str], set[str]]:
    """Return the indexes that a list names, and which lists of the tree it includes."""
    from maximus.sbom.tree import Source  # noqa: PLC0415 - a value here, a type above

    try:
        text = parsing.decode(tree.read(path, MAX_LOCK), path)
    except Error:
        # It is a fault, or a finding, where it is read for what it lists.
        return set(), set()
    stated: set[str] = set()
    included: set[str] = set()
    for option in _OPTION.finditer(text):
        value = _word(option["value"])
        if option["index"]:
            stated.add(addresses.index_of(value))
        elif option["besides"]:
            stated.add(ELSEWHERE)
        elif "://" not in value and (inside := Source(path, b"", tree).inside(value)) is not None:
            included.add(inside)
    return stated, included


def _reached(start: str, beside: dict[str, set[str]]) -> set[str]:
    """Return a list and all that are read with it, in whatever order."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += beside.get(path, ())
    return seen


def _word(rest: str) -> str:
    """Return the first word behind an option; empty without one."""
    rest = rest[:MAX_TEXT]
    if not _QUOTING.search(rest):
        # What nearly all are, at a hundredth of the price.
        words = rest.split()
    else:
        try:
            words = shlex.split(rest, comments=True)
        except ValueError:
            words = [rest.strip()]
    return words[0] if words else ""
