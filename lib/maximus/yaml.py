"""YAML 1.2 core and JSON, read within limits, every value with the line it stands on.

`ruamel.yaml` scans and composes; what a plain scalar means is decided here, because the configurations
were written for a reader in which `no`, `on`, `2024-01-01`, `1_000` and `12:30` are texts and `012` is 12.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maximus.changes import well_formed
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Node", "Scalar", "load_json", "load_yaml"]

MAX_SIZE = 1 << 20
"""Bytes of the largest configuration that is read."""
MAX_DEPTH = 64
"""How deep values may nest."""
MAX_NODES = 100_000
"""How many values a configuration may hold, aliases counted each time they are used."""

Scalar = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands."""

    value: Scalar | list[Node] | dict[str, Node]
    source: str = ""
    """The file, as an error names it."""
    line: int = 0
    """From 1; 0 where it is not known."""
    size: int = field(default=1, compare=False)
    """How many values it holds, itself included."""
    text: str = field(default="", compare=False)
    """A scalar of YAML as it was written: a number's own digits, which a float may not keep."""

    @property
    def place(self) -> str:
        """Where it stands, as `path:line`."""
        return f"{self.source}:{self.line}" if self.line else self.source


_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+)")
_SPECIAL = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))")


def _plain(text: str) -> Scalar:  # noqa: PLR0911 - one return for each kind of the core schema
    """Return what an untagged plain scalar means in YAML 1.2's core schema (section 10.3.2)."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if re.fullmatch(r"0o[0-7]+|0x[0-9a-fA-F]+", text):
        return int(text, 0)
    # Longer numbers are no counts of anything, and Python refuses to convert very long ones.
    if _INTEGER.fullmatch(text) and len(text) <= 300:  # noqa: PLR2004
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def load_yaml(raw: str, source: str, warn: Callable[[str], None] = lambda _text: None) -> Node:
    """Return what a YAML text holds.

    Raises Error YAML001 (usage) for a text that is no YAML, is too large, nests too deep, holds two documents,
    or in which a key stands twice.
    """
    _refuse_size(raw, source)
    # Imported here: 60 ms that only a configuration costs.
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    # A last line without its line feed counts as one with it: a block text at the end keeps its own.
    text = raw if raw.endswith("\n") else f"{raw}\n"
    # YAML 1.2 ends no line at U+0085, the scanner does; the stand-in is taken back from every value.
    text = text.replace("\x85", _NEXT_LINE)
    try:
        composed = _compose(text)
        if composed is None:
            return Node(None, source, 1)
        return _Construction(source, warn).build(composed, 0)
    except YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        problem = getattr(fault, "problem", None) or str(fault).split("\n", maxsplit=1)[0]
        raise _no_yaml(source, line, str(problem)) from fault
    except (ValueError, RecursionError) as fault:
        # The scanner raises ValueError for characters that YAML does not allow.
        why = "it nests too deep" if isinstance(fault, RecursionError) else str(fault).split("\n", maxsplit=1)[0]
        raise _no_yaml(source, 0, why) from fault


_NEXT_LINE = "\ue085"
"""What stands in for U+0085: a character for private use."""
MAX_TABS = 200
"""How many tabs between tokens are put right."""


def _compose(text: str) -> Any:  # noqa: ANN401 - ruamel's node
    """Return the composed text; a tab between tokens, which YAML 1.2 allows and the scanner does not, is a blank."""
    import warnings  # noqa: PLC0415 - as in load_yaml

    from ruamel.yaml import YAML  # noqa: PLC0415 - as in load_yaml
    from ruamel.yaml.error import YAMLWarning  # noqa: PLC0415 - as in load_yaml
    from ruamel.yaml.scanner import ScannerError  # noqa: PLC0415 - as in load_yaml

    for tries_left in range(MAX_TABS, -1, -1):
        reader = YAML(typ="safe", pure=True)
        reader.Resolver = _core_resolver()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", YAMLWarning)
                return reader.compose(text)
        except ScannerError as fault:
            mark = fault.problem_mark
            lines = text.split("\n")
            line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
            # At the start of a line a tab would be indentation, which is no YAML.
            if not tries_left or line[mark.column : mark.column + 1] != "\t" or not line[: mark.column].strip():
                raise
            lines[mark.line] = f"{line[: mark.column]} {line[mark.column + 1 :]}"
            text = "\n".join(lines)
    raise AssertionError  # the last try either returned or raised


def _refuse_size(raw: str, source: str) -> None:
    if len(raw) > MAX_SIZE:
        raise _no_yaml(source, 0, f"it is larger than {MAX_SIZE} characters")


def _no_yaml(source: str, line: int, why: str, *, kind: str = "YAML") -> Error:
    return Error(
        "YAML001",
        f"cannot read {source} as {kind}",
        why=why + (f" (line {line})" if line else ""),
        fix="Mend the file; nothing was done.",
        where=f"{source}:{line}" if line else source,
        status=ExitStatus.USAGE,
    )


def _core_resolver() -> Any:  # noqa: ANN401 - a class made from ruamel's, imported lazily
    """Return a resolver that gives plain scalars a tag of ours, so that they can be told from tagged ones."""
    from ruamel.yaml.resolver import VersionedResolver  # noqa: PLC0415 - see load_yaml
    from ruamel.yaml.tag import Tag  # noqa: PLC0415 - see load_yaml

    tags = {
        "ScalarNode": Tag(suffix="tag:yaml.org,2002:str"),
        "SequenceNode": Tag(suffix="tag:yaml.org,2002:seq"),
        "MappingNode": Tag(suffix="tag:yaml.org,2002:map"),
    }
    plain = Tag(suffix=_PLAIN)

    class CoreResolver(VersionedResolver):
        """Decides nothing but whether a scalar is plain."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # noqa: ANN401, ARG002 - ruamel's signature
            if kind.__name__ == "ScalarNode" and implicit[0]:
                return plain
            return tags[kind.__name__]

    return CoreResolver


_PLAIN = "maximus:plain"
_CORE = "tag:yaml.org,2002:"


class _Construction:
    """Turns composed nodes into ours, counting and limiting."""

    def __init__(self, source: str, warn: Callable[[str], None]) -> None:
        self._source = source
        self._warn = warn
        self._made: dict[int, Node] = {}
        self._open: set[int] = set()

    def build(self, node: Any, depth: int) -> Node:  # noqa: ANN401 - ruamel's node
        key = id(node)
        if key in self._made:
            return self._made[key]
        line = node.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise _no_yaml(self._source, line, f"values nest deeper than {MAX_DEPTH}")
        if key in self._open:
            raise _no_yaml(self._source, line, "an alias stands inside what it names")
        self._open.add(key)
        made = self._build(node, depth, line)
        self._open.discard(key)
        if made.size > MAX_NODES:
            raise _no_yaml(self._source, line, f"it holds more than {MAX_NODES} values")
        self._made[key] = made
        return made

    def _build(self, node: Any, depth: int, line: int) -> Node:  # noqa: ANN401 - ruamel's node
        tag = str(node.tag)
        kind = type(node).__name__
        known = {
            "ScalarNode": ("str", "int", "float", "bool", "null"),
            "SequenceNode": ("seq",),
            "MappingNode": ("map",),
        }
        if tag not in ("!", _PLAIN) and tag.removeprefix(_CORE) not in known[kind]:
            self._warn(f"the tag {tag} is not known; its value is taken as it stands ({self._source}:{line})")
        if kind == "SequenceNode":
            items = [self.build(item, depth + 1) for item in node.value]
            return Node(items, self._source, line, 1 + sum(item.size for item in items))
        if kind == "MappingNode":
            return self._mapping(node, depth, line)
        text = well_formed(node.value.replace(_NEXT_LINE, "\x85"))
        return Node(self._scalar(text, tag, line), self._source, line, text=text)

    def _scalar(self, text: str, tag: str, line: int) -> Scalar:
        if tag == _PLAIN:
            return _plain(text)
        wanted = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(tag.removeprefix(_CORE))
        if wanted is None:
            return text
        value = _plain(text)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not wanted:
            raise _no_yaml(self._source, line, f"{text!r} is not what its tag {tag} says")
        return value

    def _mapping(self, node: Any, depth: int, line: int) -> Node:  # noqa: ANN401 - ruamel's node
        found: dict[str, Node] = {}
        size = 1
        for key_node, value_node in node.value:
            key = self.build(key_node, depth + 1)
            # No key of ours is a list or a mapping; such an entry is one of the unknown ones.
            name = f"\0{len(found)}" if isinstance(key.value, (list, dict)) else _key_text(key.value)
            if name in found:
                raise _no_yaml(self._source, key.line, f"the key `{name}` stands twice")
            made = self.build(value_node, depth + 1)
            size += 1 + made.size
            # The key's line: where a value spans lines or is empty, that is where a person looks.
            found[name] = Node(made.value, self._source, key.line, made.size, made.text)
        return Node(found, self._source, line, size)


def _key_text(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def load_json(raw: str, source: str) -> Node:
    """Return what a JSON text holds; lines are not known. Raises Error YAML001 (usage) where it is none."""
    _refuse_size(raw, source)
    try:
        return _from_json(json.loads(raw), source, 0)
    except (ValueError, RecursionError) as fault:
        why = "it nests too deep" if isinstance(fault, RecursionError) else str(fault)
        raise _no_yaml(source, getattr(fault, "lineno", 0), why, kind="JSON") from fault


def _from_json(value: Any, source: str, depth: int) -> Node:  # noqa: ANN401 - foreign JSON enters here
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return Node({name: _from_json(item, source, depth + 1) for name, item in value.items()}, source)
    if isinstance(value, list):
        return Node([_from_json(item, source, depth + 1) for item in value], source)
    return Node(value, source)
