"""Where a configuration is found, and what it inherits from others through `_extends`.

What is read is decided here; reading itself is the caller's business (`Source`): a checkout, or GitHub.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn, Protocol

from maximus.errors import Error, ExitStatus
from maximus.yaml import Node, load_json, load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Loaded", "NotFound", "NotReachable", "Source", "Target", "load", "parse_target"]

MAX_STEPS = 33
"""How many files one chain of `_extends` may have behind the first."""
EXTENSIONS = ("json", "yml", "yaml")
STRATEGIES = ("override", "append", "prepend")


@dataclass(frozen=True, slots=True)
class Target:
    """A file to read."""

    scheme: str
    """`github`, or `file` for the workspace."""
    owner: str
    repo: str
    ref: str | None
    """None for the default branch."""
    path: str

    def __str__(self) -> str:
        """Return it as a person would write it."""
        if self.scheme == "file":
            return self.path
        return f"{self.owner}/{self.repo}:{self.path}" + (f"@{self.ref}" if self.ref else "")

    def is_same_place(self, other: Target) -> bool:
        """Tell whether both lie in the same repository."""
        return (self.owner, self.repo) == (other.owner, other.repo)


class NotFound(Exception):  # noqa: N818 - an answer, not a fault
    """There is no such file."""


class NotReachable(Exception):  # noqa: N818 - an answer, not a fault
    """The file cannot be read from here; the message says why."""


class Source(Protocol):
    """Reads a file's text."""

    def __call__(self, target: Target) -> str:
        """Return the text; raise NotFound, or NotReachable where this source cannot know."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration merged from its files."""

    root: Node
    files: tuple[str, ...]
    """What was read, the file that was asked for first."""
    warnings: tuple[str, ...]


def _wrong(text: str, why: str) -> NoReturn:
    raise Error(
        "NOTES003",
        f"{text!r} does not name a configuration",
        why=why,
        fix="Write `[owner/]repo:path[@ref]`, `path` or `file:path`, ending in .yml, .yaml or .json.",
        where="config-name",
        status=ExitStatus.USAGE,
    )


def parse_target(text: str, context: Target) -> Target:
    """Return the file that a text names, seen from another file's place.

    Forms: `[github:][[owner/]repo]:path[@ref]`, `file:path`, and a bare `repo` or `owner/repo`, whose path is empty.
    Raises Error NOTES003 (usage) for any other.
    """
    bare = text.strip()
    if " " in bare:
        _wrong(text, "it holds a blank")
    if bare.startswith("file:"):
        path = bare.removeprefix("file:")
        if ":" in path or "@" in path:
            _wrong(text, "a file of the workspace takes neither `:` nor `@`")
        return replace(context, scheme="file", path=path)
    bare = bare.removeprefix("github:")
    place, at, ref = bare.partition("@")
    if (at and not ref) or "@" in ref:
        _wrong(text, "`@` stands before one ref")
    repo, colon, path = place.partition(":")
    if not colon:
        last = place.rpartition("/")[2]
        if "." not in last or last == ".github":
            repo, colon, path = place, ":", ""
        else:
            repo, path = "", place
    if ":" in path or ":" in ref:
        _wrong(text, "`:` stands more than once")
    owner, name = context.owner, context.repo
    if colon:
        owner, name = _repository(text, repo, context)
    own = (owner, name) == (context.owner, context.repo)
    return Target("github", owner, name, ref or (context.ref if own else None), path)


def _repository(text: str, written: str, context: Target) -> tuple[str, str]:
    first, slash, second = written.partition("/")
    if "/" in second:
        _wrong(text, "`/` stands more than once in the repository's name")
    owner, name = (first, second) if slash else (context.owner, first)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name) or not re.fullmatch(r"[A-Za-z0-9._-]+", owner):
        _wrong(text, "the repository's name is missing or no name")
    return owner, name


def _placed(target: Target, parent: Target | None) -> Target:
    """Return the target with its path from the repository's root: relative to `.github/`, or to the parent file."""
    if not target.path:
        return target
    path = posixpath.normpath(target.path)
    if path.startswith("/"):
        path = path.lstrip("/")
    elif parent and target.is_same_place(parent) and target.ref == parent.ref:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(parent.path), path))
    elif not path.startswith(".github/"):
        path = posixpath.normpath(posixpath.join(".github", path))
    if path.startswith("../"):
        _wrong(str(target), "it leads out of the repository")
    return replace(target, path=path)


def _refuse_extension(target: Target) -> None:
    if target.path.rpartition(".")[2].lower() not in EXTENSIONS:
        _wrong(str(target), "it does not end in .yml, .yaml or .json")


def load(name: str, context: Target, source: Source) -> Loaded:
    """Return the configuration called `name`, merged with all that it extends.

    `context` is the repository and ref of the run. Raises NotFound where there is none, Error YAML001 or NOTES002
    to NOTES006 (usage) where something in the chain is wrong.
    """
    warnings: list[str] = []
    target = _placed(parse_target(name, context), None)
    _refuse_extension(target)
    try:
        text = source(target)
    except NotFound:
        if target.scheme == "file" or not target.is_same_place(context) or context.repo == ".github":
            raise
        target = replace(target, repo=".github", ref=None)
        text = source(target)
    chain = [_parse(text, target, warnings.append)]
    seen = [target]
    while (extension := chain[-1].extends) is not None:
        if len(seen) > MAX_STEPS:
            raise Error(
                "NOTES004",
                f"{seen[0]} extends more than {MAX_STEPS} files",
                fix="Shorten the chain of `_extends`.",
                where="_extends",
                status=ExitStatus.USAGE,
            )
        following = _following(extension, seen[-1])
        if any(_is_same_file(loaded, following) for loaded in seen):
            warnings.append(f"`_extends: {extension}` leads back to a file that was read already; it is passed over")
            break
        try:
            text = source(following)
        except NotFound as fault:
            raise Error(
                "NOTES005",
                f"there is no {following}",
                why=f"{seen[-1]} extends it",
                fix="Mend `_extends`, or see to it that the token may read that repository.",
                where="_extends",
                status=ExitStatus.USAGE,
            ) from fault
        except NotReachable as fault:
            warnings.append(f"`_extends: {extension}` is left out: {fault}")
            break
        chain.append(_parse(text, following, warnings.append))
        seen.append(following)
    return Loaded(_merge(chain), tuple(str(target) for target in seen), tuple(warnings))


def _following(extension: str, parent: Target) -> Target:
    target = parse_target(extension, parent)
    if parent.scheme == "github" and target.scheme == "file":
        _wrong(extension, "a file of a repository cannot extend one of the workspace")
    if not target.path:
        target = replace(target, path=posixpath.basename(parent.path))
    target = _placed(target, parent)
    _refuse_extension(target)
    return target


def _is_same_file(loaded: Target, following: Target) -> bool:
    """Tell whether a file was read already; one of the workspace stands for it at any ref."""
    crosses = loaded.scheme == "file" and following.scheme == "github"
    same = loaded.path == following.path and loaded.is_same_place(following)
    return same and (crosses or loaded.ref == following.ref)


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a chain."""

    keys: dict[str, Node]
    extends: str | None
    strategies: dict[str, str]
    name: str
    root: Node


def _parse(text: str, target: Target, warn: Callable[[str], None]) -> _File:
    name = target.path
    root = load_json(text, name) if name.lower().endswith(".json") else load_yaml(text, name, warn)
    if not isinstance(root.value, dict):
        raise Error(
            "NOTES006",
            f"{target} is no configuration",
            why="it is empty" if root.value is None else "a mapping of keys is needed at the top",
            fix="Write at least `template: $CHANGES`.",
            where=name,
            status=ExitStatus.USAGE,
        )
    keys = dict(root.value)
    declared = keys.pop("_extends", None)
    extends, strategies = _extension(declared) if declared else (None, {})
    for key in strategies:
        if key not in keys:
            warn(f"`_extends.strategy.{key}` has no effect: {name} does not set `{key}`")
    return _File(keys, extends, strategies, name, root)


def _extension(node: Node) -> tuple[str | None, dict[str, str]]:
    """Return what `_extends` names and the strategy of each key; None where it is blank."""
    if node.value is None:
        return None, {}
    if isinstance(node.value, str):
        return node.value.strip() or None, {}
    if not isinstance(node.value, dict) or set(node.value) - {"from", "strategy"}:
        _wrong_extends(node, "it is a text, or a mapping of `from` and `strategy`")
    origin = node.value.get("from")
    if origin is None or not isinstance(origin.value, str) or not origin.value.strip():
        _wrong_extends(node, "`from` must name a configuration")
    strategy = node.value.get("strategy")
    if strategy is None or strategy.value is None:
        return origin.value.strip(), {}
    if not isinstance(strategy.value, dict):
        _wrong_extends(strategy, f"`strategy` maps keys to {', '.join(STRATEGIES)}")
    found: dict[str, str] = {}
    for key, value in strategy.value.items():
        if value.value not in STRATEGIES:
            _wrong_extends(value, f"`strategy.{key}` is one of {', '.join(STRATEGIES)}")
        found[key] = str(value.value)
    return origin.value.strip(), found


def _wrong_extends(node: Node, why: str, key: str = "_extends") -> NoReturn:
    raise Error(
        "NOTES002",
        "the configuration has 1 fault",
        why=f"{key}: {why} ({node.place})",
        fix="Mend the key that is named; nothing was sent.",
        where=node.place,
        status=ExitStatus.USAGE,
    )


def _merge(chain: list[_File]) -> Node:
    """Return the files in one: each key of a file beats what it inherits, or joins it where both are lists."""
    merged: dict[str, Node] = {}
    for file in reversed(chain):
        for key, node in file.keys.items():
            strategy = file.strategies.get(key, "override")
            if strategy == "override":
                merged[key] = node
                continue
            inherited, own = _list(merged.get(key), key), _list(node, key)
            both = [*inherited, *own] if strategy == "append" else [*own, *inherited]
            merged[key] = Node(both, node.source, node.line)
    return Node(merged, chain[0].name, chain[0].root.line)


def _list(node: Node | None, key: str) -> list[Node]:
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list):
        _wrong_extends(node, "only lists can be joined by `_extends.strategy`", key)
    return node.value
