"""Typed reading of a configuration's values; what is wrong is gathered, not raised, so that all is told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from maximus.counting import counted
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.yaml import Node

__all__ = ["Fault", "Reading"]

Choice = TypeVar("Choice", bound=str)

_TRUE = ("true", "1", "yes", "on", "y", "enabled")
_FALSE = ("false", "0", "no", "off", "n", "disabled")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one value."""

    key: str
    """Such as `categories[2].label`."""
    text: str
    place: str
    """`path:line`, or empty."""

    @property
    def line(self) -> str:
        """The fault as an error names it."""
        return f"{self.key}: {self.text}" + (f" ({self.place})" if self.place else "")


@dataclass(slots=True)
class Reading:
    """Reads values and remembers what was wrong, deprecated or of an old form.

    A getter that meets a fault returns the default, so that reading goes on.
    """

    faults: list[Fault] = field(default_factory=list)
    notices: set[str] = field(default_factory=set)
    deprecated: set[str] = field(default_factory=set)
    """Deprecated keys that were met."""
    bare: set[str] = field(default_factory=set)
    """Keys with a value in a form that only older versions took: a text for a list, a number in quotes."""

    def refuse(self) -> None:
        """Raise Error NOTES002 (usage) with every fault that was met, its key and its line; nothing without any."""
        if not self.faults:
            return
        raise Error(
            "NOTES002",
            f"the configuration has {counted(len(self.faults), 'fault')}",
            why="; ".join(fault.line for fault in self.faults),
            fix="Mend the keys that are named; nothing was sent.",
            where=self.faults[0].place,
            status=ExitStatus.USAGE,
        )

    def fault(self, key: str, text: str, node: Node | None) -> None:
        """Remember a fault."""
        self.faults.append(Fault(key or "(top)", text, node.place if node else ""))

    @staticmethod
    def kind(node: Node) -> str:
        """Return what the value is, for a person."""
        match node.value:
            case None:
                return "empty"
            case bool():
                return "a boolean"
            case int() | float():
                return "a number"
            case str():
                return "a text"
            case list():
                return "a list"
            case _:
                return "a mapping"

    def mapping(self, node: Node, path: str) -> Mapping[str, Node]:
        """Return a mapping's values by key."""
        if isinstance(node.value, dict):
            return node.value
        self.fault(path, f"a mapping is needed, this is {self.kind(node)}", node)
        return {}

    def items(self, node: Node | None, path: str) -> list[Node]:
        """Return a list's items; none where the key is absent."""
        if node is None:
            return []
        if isinstance(node.value, list):
            return node.value
        self.fault(path, f"a list is needed, this is {self.kind(node)}", node)
        return []

    def optional_text(self, keys: Mapping[str, Node], key: str, *, path: str = "") -> str | None:
        """Return a text, or None where the key is absent."""
        return self.text(keys, key, "", path=path) if key in keys else None

    def text(  # noqa: PLR0913 - each is a rule that some key needs
        self,
        keys: Mapping[str, Node],
        key: str,
        default: str,
        *,
        path: str = "",
        required: bool = False,
        filled: bool = False,
        parent: Node | None = None,
    ) -> str:
        """Return a text; `filled` refuses an empty one."""
        name = _join(path, key)
        node = keys.get(key)
        if node is None:
            if required and (parent is None or isinstance(parent.value, dict)):
                self.fault(name, "it is missing", parent)
            return default
        if not isinstance(node.value, str):
            self.fault(name, f"a text is needed, this is {self.kind(node)}", node)
            return default
        if filled and not node.value:
            self.fault(name, "it must not be empty", node)
        return node.value

    def one(self, keys: Mapping[str, Node], key: str, *, path: str) -> tuple[str, ...]:
        """Return the key's text in a tuple of one, or an empty tuple; a list is an old form of it."""
        node = keys.get(key)
        if node is None:
            return ()
        text = self.text(keys, key, "", path=path, filled=True)
        return (text,) if text else ()

    def texts(self, keys: Mapping[str, Node], key: str, *, path: str = "", filled: bool = False) -> tuple[str, ...]:
        """Return a list of texts; a bare text stands for a list of one, as version 6 had it."""
        name = _join(path, key)
        node = keys.get(key)
        if node is None:
            return ()
        if isinstance(node.value, str):
            self.bare.add(f"`{name}: {node.value}`")
            return (node.value,) if node.value else ()
        found: list[str] = []
        for index, item in enumerate(self.items(node, name)):
            if not isinstance(item.value, str):
                self.fault(f"{name}[{index}]", f"a text is needed, this is {self.kind(item)}", item)
            elif filled and not item.value:
                self.fault(f"{name}[{index}]", "it must not be empty", item)
            else:
                found.append(item.value)
        return tuple(found)

    def choice(
        self, keys: Mapping[str, Node], key: str, choices: tuple[Choice, ...], default: Choice, *, path: str = ""
    ) -> Choice:
        """Return one of the choices."""
        node = keys.get(key)
        if node is None:
            return default
        for choice in choices:
            if node.value == str(choice):
                return choice
        shown = node.value if isinstance(node.value, str) else self.kind(node)
        self.fault(_join(path, key), f"it is {' or '.join(choices)}, not {shown}", node)
        return default

    def boolean(self, keys: Mapping[str, Node], key: str, *, default: bool, path: str = "") -> bool:
        """Return a boolean; in quotes it is an old form."""
        node = keys.get(key)
        if node is None:
            return default
        if isinstance(node.value, bool):
            return node.value
        if key == "filter-by-commitish" and node.value in ("true", "false"):
            self.bare.add(f"`{key}: '{node.value}'`")
            return node.value == "true"
        self.fault(_join(path, key), f"`true` or `false` is needed, this is {self.kind(node)}", node)
        return default

    def word(self, keys: Mapping[str, Node], key: str) -> bool | None:
        """Return a boolean or what a word such as `yes` or `off` means, or None where the key is absent."""
        node = keys.get(key)
        if node is None:
            return None
        if isinstance(node.value, bool):
            return node.value
        word = node.value.lower() if isinstance(node.value, str) else ""
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        self.fault(key, f"`true` or `false` is needed, this is {self.kind(node)}", node)
        return None

    def integer(self, keys: Mapping[str, Node], key: str, default: int, *, minimum: int, path: str = "") -> int:
        """Return a whole number of at least `minimum`; `1e1` is one, and in quotes it is an old form."""
        name = _join(path, key)
        node = keys.get(key)
        if node is None:
            return default
        value = node.value
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
            self.bare.add(f"`{name}: '{value}'`")
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(name, f"a whole number is needed, this is {self.kind(node)}", node)
            return default
        if value < minimum:
            self.fault(name, f"it is at least {minimum}, not {value}", node)
            return default
        return value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
