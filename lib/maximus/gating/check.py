"""The contract of a check type, so that each can be one file, one test file and one entry in docs/gate.md.

A check type is a module `maximus.gating.checks.<type>` (`_` for `-`) with one function:

    def read(fields: Fields) -> Check

`read` takes its options out of the policy's entry and returns a check: a frozen dataclass of the options with one
method, `judge(context) -> Finding`. `read` never raises for a wrong option: it says `fields.fault(...)`, or lets
a getter say it, and goes on, so that a policy's faults are all told at once. A key that no getter asked for is an
unknown key; the reader says so by itself.

`read` asks for every key that the type knows, whatever the others say: a key that was not asked for is unknown.

The options that every check has are read before (`policy.Entry`), and a type does not read them again:

    id               its name in this policy: lower case, digits, `-`, `.`; unique. Required
    type             one of `checks.TYPES`. Required
    title            one sentence of what has to hold; shown in the table
    group            the group that it counts for, such as an article; declared in the policy's `groups`
    source           where the threshold comes from: required for whatever has a threshold in a preset
    expected-min     how many things it must have inspected at least, else it is unmeasured (default 1)
    hint             what to do when it does not hold; takes the place of the type's own
    waiver           {who, why, until, issue}: lets a fail pass until that day
    allow-unmeasured why this check may go unmeasured without blocking

What a check does not have to care about, because `judging` does: nothing inspected is unmeasured whatever the
check says; waivers; `expected-min`; the time. What a check raises as Error becomes its verdict: status UNMEASURED
is unmeasured (a missing program, no server to ask); OUTSIDE is unmeasured and the run ends with 3; any other is
a fail with the error's code.

Checks measure; they never change the tree, and only `command` and what builds on it starts programs of the tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from maximus.errors import Error, nearest
from maximus.globs import compile_globs
from maximus.verdict import Evidence, Status

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from maximus.gating.worktree import Tree
    from maximus.yaml import Node

__all__ = [
    "Announcing",
    "Answer",
    "Check",
    "CheckType",
    "Context",
    "Evidence",
    "Fault",
    "Fields",
    "Finding",
    "Place",
    "Status",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something does not hold."""

    path: str
    """Relative to the tree, with `/`."""
    line: int = 0
    """From 1; 0 for the file as a whole."""
    text: str = ""
    """What is wrong there, one clause; foreign text in it is escaped by the faces."""

    def __str__(self) -> str:
        """Return it as an annotation wants it: `path:line`."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; claims only, no times."""

    status: Status
    """PASS, FAIL or UNMEASURED; a waiver is applied by the judge."""
    inspected: int
    """How many things were looked at: files, services, values. 0 is unmeasured, whatever `status` says."""
    measured: int | str | None = None
    """What was found; an integer in `unit`, or an exact text such as `3/4`."""
    threshold: int | str | None = None
    """What it was compared with, in `unit`: an integer, or a text such as `>= 90` or `< 1/2`."""
    unit: str = ""
    reason: str = ""
    """Why the status is what it is, one clause."""
    hint: str = ""
    """What to do about it."""
    places: tuple[Place, ...] = ()
    """Where it does not hold, sorted by path and line; all of them, whoever shows them cuts and says so."""
    evidence: tuple[Evidence, ...] = ()
    code: str = ""
    """A finer cause for machines, three to six capitals and three digits; mostly empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub answered to a question."""

    status: int
    """200, or 404 and 422 for `no such thing`; every other refusal is raised."""
    document: Any
    """The JSON; None for 404 and 422."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may look at. It reads no clock and no environment of its own."""

    tree: Tree
    """The tree that is judged: its files, selected and read within limits (`tree.select`, `tree.read`)."""
    folder: Path | None
    """The release folder, or None where there is none."""
    subject: str
    """The commit that is judged, 40 or 64 hexadecimal digits; empty where the tree is no checkout."""
    base: str
    """The revision that it is compared with; empty for none."""
    today: dt.date
    """The day that waivers and statements are judged by."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What programs are started with; holds no secret of the job."""
    repository: str = ""
    """`owner/name` on GitHub; empty where it is not known."""
    branch: str = ""
    """The branch whose rules count: the base's of a pull request, else the one that is built; empty if unknown."""
    ask: Callable[[str], Answer] | None = None
    """Asks GitHub's REST API by path, such as `/repos/o/r/commits/SHA?per_page=100`; raises Error OUTSIDE where there
    is no answer. None where there is no token: what needs one is unmeasured."""
    verdicts: tuple[Path, ...] = ()
    """Files of verdicts besides those of the folder's `evidence/`."""


class Check(Protocol):
    """A check with its options."""

    def judge(self, context: Context) -> Finding:
        """Look and answer. Raises Error where it cannot; see the module's docstring for what that becomes."""
        ...


@runtime_checkable
class Announcing(Protocol):
    """A check that says, before any is judged, what it will ask of the tree, so that one pass over it serves all."""

    def announce(self, context: Context) -> None:
        """Say it; nothing is looked at yet."""
        ...


class CheckType(Protocol):
    """A module of `checks`."""

    def read(self, fields: Fields) -> Check:
        """Take the type's options out of a policy's entry."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a policy."""

    source: str
    line: int
    key: str
    """Such as `checks[2].paths`."""
    text: str

    def __str__(self) -> str:
        """Return it as an error names it."""
        return f"{self.source}:{self.line}: {self.key}: {self.text}"


MAX_PATTERN = 1_000
"""Characters of a regular expression in a policy."""
# ASCII: Python takes the digits of every script for numbers, JSON and people who read policies do not.
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?(\s*/\s*\d{1,30})?", re.ASCII)


class Fields:
    """Takes values out of a mapping and gathers what is wrong with them, each with its line.

    A getter that meets a fault returns the default, so that reading goes on. Where no default is given (None)
    the key is required. Call `finish` last: it reports what nobody asked for.
    """

    def __init__(self, node: Node, key: str, faults: list[Fault]) -> None:
        """Read from a mapping; `key` is its path, such as `checks[2]`."""
        self._node = node
        self._key = key
        self._faults = faults
        self._asked: dict[str, None] = {}
        self._nested: list[Fields] = []
        self._values: Mapping[str, Node] = node.value if isinstance(node.value, dict) else {}
        if not isinstance(node.value, dict):
            self.fault("", "a mapping is needed here")

    @property
    def asked(self) -> tuple[str, ...]:
        """The keys that were asked for so far."""
        return tuple(self._asked)

    @property
    def node(self) -> Node:
        """The mapping itself."""
        return self._node

    @property
    def values(self) -> Mapping[str, Node]:
        """What the mapping holds by key."""
        return self._values

    def fault(self, name: str, text: str) -> None:
        """Remember that something is wrong with a key; an empty name is the mapping itself."""
        at = self._values.get(name, self._node)
        key = f"{self._key}.{name}" if self._key and name else name or self._key or "(top)"
        self._faults.append(Fault(at.source, at.line, key, text))

    def has(self, name: str) -> bool:
        """Tell whether the key is there."""
        self._asked[name] = None
        return name in self._values

    def _get(self, name: str, default: object) -> Node | None:
        if self.has(name):
            return self._values[name]
        if default is None:
            self.fault(name, "is required")
        return None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text that is not empty; numbers and booleans count as they were written."""
        node = self._get(name, default)
        if node is None:
            return default or ""
        found = _written(node)
        if found is None or not found.strip():
            self.fault(name, "a text is needed")
            return default or ""
        if "\0" in found:
            self.fault(name, "holds a NUL character")
            return default or ""
        return found

    def texts(self, name: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one. Given, it is never empty."""
        node = self._get(name, default)
        if node is None:
            return default or ()
        items = node.value if isinstance(node.value, list) else [node]
        found = [_written(item) for item in items]
        if not found or not all(item is not None and item.strip() and "\0" not in item for item in found):
            self.fault(name, "a text or a list of texts is needed")
            return default or ()
        return tuple(item for item in found if item is not None)

    def paths(self, name: str = "paths", default: tuple[str, ...] = ("**",)) -> tuple[str, ...]:
        """Return patterns of paths (see `globs`), for `tree.select`; one with `!` in front takes out again."""
        found = self.texts(name, default)
        for pattern in found:
            try:
                compile_globs([pattern.removeprefix("!")])
            except Error as fault:
                self.fault(name, f"{fault.what}: {fault.why}")
                return default
        if found and all(pattern.startswith("!") for pattern in found):
            self.fault(name, "nothing is selected: a pattern without `!` is needed")
        return found

    def whole(self, name: str, default: int | None = None, *, least: int = 0, most: int = 10**12) -> int:
        """Return a whole number between `least` and `most`."""
        node = self._get(name, default)
        if node is None:
            return default or 0
        if type(node.value) is not int or not least <= node.value <= most:
            self.fault(name, f"a whole number from {least} to {most} is needed")
            return default or 0
        return node.value

    def exact(self, name: str, default: Fraction | None = None) -> Fraction:
        """Return a number as it was written, exactly: `90`, `0.95`, `3/4`."""
        node = self._get(name, default)
        fallback = Fraction(0) if default is None else default
        if node is None:
            return fallback
        found = read_number(_written(node) or "")
        if found is None or isinstance(node.value, bool):
            self.fault(name, "a number is needed, such as 90, 0.95 or 3/4")
            return fallback
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        """Return `true` or `false`."""
        node = self._get(name, default=default)
        if node is None:
            return default
        if not isinstance(node.value, bool):
            self.fault(name, "`true` or `false` is needed")
            return default
        return node.value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the choices."""
        found = self.text(name, default)
        if found and found not in choices:
            self.fault(name, f"{found!r} is not known: {nearest(found, choices)}")
            return default or choices[0]
        return found

    def pattern(self, name: str, default: str | None = None) -> re.Pattern[str]:
        """Return a regular expression, compiled; use it with `fullmatch`, so that it is anchored at both ends."""
        found = self.text(name, default)
        try:
            if len(found) > MAX_PATTERN:
                self.fault(name, f"is longer than {MAX_PATTERN} characters")
                return re.compile("")
            return re.compile(found)
        except (re.error, RecursionError, OverflowError) as fault:
            self.fault(name, f"{found!r} is no regular expression: {fault}")
            return re.compile("")

    def nested(self, name: str) -> Fields | None:
        """Return the fields of a mapping below, or None where the key is not there."""
        node = self._get(name, default=False)
        return None if node is None else self._below(node, name)

    def items(self, name: str, *, required: bool = True) -> tuple[Fields, ...]:
        """Return the fields of each mapping of a list."""
        node = self._get(name, None if required else ())
        if node is None:
            return ()
        if not isinstance(node.value, list) or (required and not node.value):
            self.fault(name, "a list of mappings is needed")
            return ()
        return tuple(self._below(item, f"{name}[{number}]") for number, item in enumerate(node.value))

    def table(self, name: str) -> dict[str, str]:
        """Return a mapping of texts, such as variables; empty where the key is not there."""
        node = self._get(name, default=False)
        if node is None:
            return {}
        found = (
            {key: _written(item) for key, item in node.value.items()} if isinstance(node.value, dict) else {"": None}
        )
        if any(value is None for value in found.values()):
            self.fault(name, "a mapping of texts is needed")
            return {}
        return {key: value for key, value in found.items() if value is not None}

    def plain(self, name: str) -> Any:  # noqa: ANN401 - whatever a policy wants to compare with
        """Return any value as JSON would hold it, or None where the key is not there."""
        node = self._get(name, default=False)
        return None if node is None else _plain(node)

    def _below(self, node: Node, name: str) -> Fields:
        made = Fields(node, f"{self._key}.{name}" if self._key else name, self._faults)
        self._nested.append(made)
        return made

    def finish(self) -> None:
        """Report every key that nobody asked for, here and below, with the nearest that is known."""
        known = tuple(self._asked)
        for name in self._values:
            if name not in self._asked:
                self.fault(name, f"unknown key: {nearest(name, known)}")
        for nested in self._nested:
            nested.finish()


def read_number(text: str) -> Fraction | None:
    """Return the number that a text holds, exactly, or None; `1e9` and the like are none."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    whole, _, below = text.partition("/")
    if below and not Fraction(below.strip()):
        return None
    return Fraction(whole.strip()) / (Fraction(below.strip()) if below else 1)


def _written(node: Node) -> str | None:
    """Return a scalar as it was written; None for anything else."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, (bool, int, float)):
        return node.text or str(node.value)
    return None


def _plain(node: Node) -> Any:  # noqa: ANN401 - see Fields.plain
    match node.value:
        case list():
            return [_plain(item) for item in node.value]
        case dict():
            return {key: _plain(item) for key, item in node.value.items()}
        case _:
            return node.value
