"""Texts of locks turned into values, within the limits: TOML, JSON and YAML that somebody else wrote."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.sbom.limits import MAX_ALIASED, MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Element",
    "Scalar",
    "broken",
    "decode",
    "listed",
    "mapping",
    "mappings_in",
    "parse_json",
    "parse_toml",
    "parse_xml",
    "parse_yaml",
    "records",
    "scalars_of_yaml",
    "text_of",
    "texts",
    "too_deep",
]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MERGE = ("\n<<<<<<< ", "\n=======", "\n>>>>>>> ")
_INDENTATION = re.compile(rb"(?m)^(?:[ \t]|[-?:][ \t])*")
_BRACKETS = re.compile(rb"[\[\]{}]")
_ANCHOR = re.compile(rb"(?m)(?:^|[\s\[{,:?-])&[^\s,\[\]{}]")


def decode(raw: bytes, where: str) -> str:
    """Return the text of a lock: UTF-8, or what its byte-order mark says.

    Raises Error SBOM005 where it is none, or where a merge left both sides in it: a format told by its lines would pass
    over the marks and lose what stands behind them.
    """
    encoding = "utf-8"
    for mark, name in _BOMS:
        if raw.startswith(mark):
            raw, encoding = raw[len(mark) :], name
            break
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as fault:
        raise broken(where, f"it is not text in {encoding.upper()}") from fault
    _refuse_merge(text, where)
    return text


def _refuse_merge(text: str, where: str) -> None:
    if "<<<<<<< " not in text:
        return
    lines = "\n" + text
    begun = place = lines.find(_MERGE[0])
    for mark in _MERGE[1:]:
        # Each behind the one before, or none at all.
        place = lines.find(mark, place + 1) if place >= 0 else place
    if place >= 0:
        raise broken(where, "a merge left both sides in it", lines.count("\n", 0, begun + 1))


def parse_toml(raw: bytes, where: str) -> dict[str, Any]:
    """Return what a TOML lock holds. Raises Error SBOM005 or SBOM006."""
    # Imported here: a few ms that only a TOML lock should cost. tomllib takes ten times as long (measured on 88
    # locks of uv, 11.7 MB: 1.73 s against 0.17 s), and quadratic time for a dotted key.
    import rtoml  # noqa: PLC0415

    try:
        return rtoml.loads(decode(raw, where))
    except rtoml.TomlParsingError as fault:
        if "recurs" in str(fault):
            raise too_deep(where) from fault
        raise broken(where, str(fault)) from fault


def parse_json(raw: bytes, where: str) -> dict[str, Any]:
    """Return the object that a JSON lock holds; of a key that stands twice the last counts, as for npm.

    Raises Error SBOM005 or SBOM006.
    """
    # Imported here: 17 ms that only a JSON lock should cost.
    import orjson  # noqa: PLC0415

    try:
        found = orjson.loads(decode(raw, where) if raw.startswith(_UTF_16) else raw.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as fault:
        # Of what is no text, or was left by a merge, orjson says something that only its author understands.
        if not decode(raw, where).strip():
            raise broken(where, "it is empty") from fault
        # Which of the two it says depends on the version.
        if re.search("recursion|depth limit", str(fault).lower()):
            raise too_deep(where) from fault
        raise broken(where, str(fault)) from fault
    return mapping(found, where)


def parse_yaml(raw: bytes, where: str) -> list[dict[str, Any]]:
    """Return the mappings that a YAML lock holds, one a document, every scalar as text.

    The C parser dies of deep nesting with a signal that nothing can catch, and aliases multiply when
    they are walked: both are refused before it sees the text. Raises Error SBOM005, SBOM006 or SBOM008.
    """
    # Imported here: 20 ms that only a YAML lock should cost.
    import yaml  # noqa: PLC0415 - loaded by the caller already

    text = decode(raw, where)
    _refuse_depth(raw if text.isascii() else text.encode("utf-8"), where)
    # No C extension: slower, and it raises RecursionError instead of dying.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        if _ANCHOR.search(raw):
            _refuse_aliases(text, where)
        found = [_plain(node, where) for node in yaml.compose_all(text, Loader=loader)]
    except yaml.YAMLError as fault:
        raise _no_yaml(where, fault) from fault
    except RecursionError as fault:
        raise too_deep(where) from fault
    return [mapping(document, where) for document in found if document not in (None, "")]


def _plain(node: Any, where: str) -> Any:  # noqa: ANN401 - PyYAML's nodes have no types
    """Return a node as texts, lists and mappings; what PyYAML's own constructor takes twice as long for."""
    value = node.value
    if isinstance(value, str):
        return value
    if node.id == "sequence":
        return [_plain(item, where) for item in value]
    made = {}
    for key, item in value:
        if not isinstance(key.value, str):
            raise broken(where, f"line {key.start_mark.line + 1} has a list or a mapping for a key")
        made[key.value] = _plain(item, where)
    return made


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value of a YAML file, and where it stands."""

    keys: tuple[str, ...]
    """The keys that lead to it; an item of a list is `-`."""
    value: str
    line: int
    """From 1."""
    document: int
    """Which of the file's documents it is in, from 0."""
    merged: int = 0
    """Through how many `<<` it came here: what stands in a mapping itself counts more than what is merged into it."""


def scalars_of_yaml(raw: bytes, where: str) -> Iterator[Scalar]:
    """Yield every value of a YAML file that a person wrote; at an alias those that its anchor names, with their lines.

    Nothing is built, and only so many values are told again, so that aliases of aliases cannot multiply.
    Raises Error SBOM005, SBOM006 or SBOM008.
    """
    import yaml  # noqa: PLC0415 - as in `parse_yaml`

    text = decode(raw, where)
    _refuse_depth(raw if text.isascii() else text.encode("utf-8"), where)
    try:
        yield from _Scalars(where).of(yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except yaml.YAMLError as fault:
        raise _no_yaml(where, fault) from fault
    except RecursionError as fault:
        raise too_deep(where) from fault


@dataclass(slots=True)
class _Anchored:
    """A collection that has a name, and has not ended yet."""

    name: str
    depth: int
    """How many keys lead to it."""
    found: list[Scalar]


class _Scalars:
    """Follows the events of a YAML file with the keys that lead to each."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.keys: list[str | None] = []
        """Of each open collection the key whose value comes next; None where a mapping expects a key."""
        self.lists: list[bool] = []
        self.document = -1
        self.anchors: dict[str, list[Scalar]] = {}
        """By name: what stands in it, with the keys behind those that lead to it."""
        self.open: list[_Anchored] = []
        self.kept = 0

    def of(self, events: Any) -> Iterator[Scalar]:  # noqa: ANN401 - PyYAML's events have no types
        import yaml  # noqa: PLC0415 - loaded by the caller already

        keys, lists = self.keys, self.lists
        # By class and not by `isinstance`: a value of a workflow costs a dozen of those, and there are thousands.
        for event in events:
            kind = event.__class__
            if kind is yaml.ScalarEvent:
                if keys and keys[-1] is None:
                    keys[-1] = event.value
                    continue
                line = event.start_mark.line + 1 if event.start_mark else 0
                made = Scalar(tuple([key or "" for key in keys]), event.value, line, self.document)
                if event.anchor or self.open:
                    self._keep(made, event.anchor)
                yield made
                self._after_value()
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if event.anchor:
                    self.open.append(_Anchored(event.anchor, len(keys), []))
                lists.append(kind is yaml.SequenceStartEvent)
                keys.append("-" if kind is yaml.SequenceStartEvent else None)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
                self._after_value()
            elif kind is yaml.AliasEvent:
                yield from self._again(event.anchor)
                self._after_value()
            elif kind is yaml.DocumentStartEvent:
                self.document += 1
                self.anchors.clear()

    def _end(self) -> None:
        self.lists.pop()
        self.keys.pop()
        if self.open and self.open[-1].depth == len(self.keys):
            done = self.open.pop()
            self.anchors[done.name] = done.found

    def _again(self, name: str) -> Iterator[Scalar]:
        """Yield what an anchor names, at the keys where its alias stands; behind `<<` at those of the mapping."""
        if self.keys and self.keys[-1] is None:
            # A key itself, of which nobody asks.
            return
        before = tuple(key or "" for key in self.keys)
        behind = 1 if before[-1:] == ("<<",) else 2 if before[-2:] == ("<<", "-") else 0
        before = before[:-behind] if behind else before
        for scalar in self.anchors.get(name, ()):
            made = replace(scalar, keys=before + scalar.keys, merged=scalar.merged + bool(behind))
            self._keep(made)
            yield made

    def _keep(self, made: Scalar, name: str | None = None) -> None:
        """Remember a value for the aliases of what it stands in. Raises Error SBOM008 where these are too many."""
        if name:
            self.anchors[name] = [replace(made, keys=())]
        for anchored in self.open:
            anchored.found.append(replace(made, keys=made.keys[anchored.depth :]))
        self.kept += 1 + len(self.open)
        if self.kept > MAX_ALIASED:
            raise _aliased(self.where, f"its anchors and aliases stand for more than {MAX_ALIASED} values")

    def _after_value(self) -> None:
        """Expect the next key, where the collection around the value is a mapping."""
        if self.keys and not self.lists[-1]:
            # A collection may itself be a key; what follows is then its value.
            self.keys[-1] = "" if self.keys[-1] is None else None


@dataclass(slots=True)
class Element:
    """An element of an XML file."""

    name: str
    """Without its namespace."""
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""
    """The text directly in it, without blanks around it."""

    def all(self, *names: str) -> list[Element]:
        """Return the elements at the end of a path of names."""
        found = [self]
        for name in names:
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def first(self, name: str) -> str:
        """Return the text of the first child of this name; empty where there is none."""
        return next((child.text for child in self.children if child.name == name), "")


def parse_xml(raw: bytes, where: str) -> Element:
    """Return the root of an XML file; a document type, and with it every entity, is refused.

    Raises Error SBOM005 or SBOM006.
    """
    from xml.parsers import expat  # noqa: PLC0415 - only few trees have such files

    root = Element("", {}, 0)
    stack = [root]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise too_deep(where)
        element = Element(name.rpartition(":")[2], attributes, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def end(_: str) -> None:
        element = stack.pop()
        element.text = "".join(texts_of.pop(len(stack), [])).strip()

    texts_of: dict[int, list[str]] = {}

    def text(data: str) -> None:
        texts_of.setdefault(len(stack) - 1, []).append(data)

    def doctype(*_: object) -> None:
        raise broken(where, "it has a document type, and no tool writes one")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - the signature of expat: this is the end
    except (expat.ExpatError, LookupError, ValueError) as fault:
        # The latter two for an encoding that it names and Python does not know.
        raise broken(where, str(fault)) from fault
    return root.children[0]


def _refuse_depth(raw: bytes, where: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(raw):
        depth += 1 if match[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise too_deep(where)
    # A level of a block costs at least one column of indentation, or two for `- - -`.
    if any(len(match[0]) > 2 * MAX_DEPTH for match in _INDENTATION.finditer(raw)):
        raise too_deep(where)


def _refuse_aliases(text: str, where: str) -> None:
    import yaml  # noqa: PLC0415 - loaded by the caller already

    for event in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            why = f"it has an alias in line {line}, and no package manager writes one into a lock"
            raise _aliased(where, why, line)


def _aliased(where: str, why: str, line: int = 0) -> Error:
    """Return the error of a text whose aliases are not followed."""
    return Error(
        "SBOM008",
        f"cannot read {where}",
        why=why,
        fix="Mend it or make it again with its own tool, or leave it out with `exclude`.",
        where=f"{where}:{line}" if line else where,
    )


def broken(where: str, why: str, line: int = 0) -> Error:
    """Return the error of a lock that is not in its format, in a line where one is known."""
    return Error(
        "SBOM005",
        f"cannot read {where}",
        why=f"line {line}: {why}" if line else why,
        fix="Mend it or make it again with its own tool, or leave it out with `exclude`.",
        where=f"{where}:{line}" if line else where,
    )


def _no_yaml(where: str, fault: Any) -> Error:  # noqa: ANN401 - PyYAML's errors have no types
    """Return the error of a text that is no YAML, with the line: PyYAML names neither the file nor one place for it."""
    mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
    problem = getattr(fault, "problem", None) or getattr(fault, "reason", None) or "it is no YAML"
    return broken(where, " ".join(str(problem).split())[:200], mark.line + 1 if mark is not None else 0)


def too_deep(where: str) -> Error:
    """Return the error of a lock that nests deeper than its parser, or the limit, allows."""
    return Error(
        "SBOM006",
        f"cannot read {where}",
        why="it nests deeper than can be read",
        fix="No package manager writes such a lock: look at who changed it.",
        where=where,
    )


def mapping(value: object, where: str) -> dict[str, Any]:
    """Return the value when it is a mapping with texts as keys; raise Error SBOM007 otherwise."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Error(
            "SBOM007",
            f"cannot read {where}",
            why="it does not have the shape of such a lock: a table stands where something else is, or the reverse",
            fix="Mend it or make it again with its own tool, or leave it out with `exclude`.",
            where=where,
        )
    return value


def records(value: object, where: str) -> list[dict[str, Any]]:
    """Return a list of mappings; nothing is an empty one. Raises Error SBOM007 for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        mapping(None, where)
    return [mapping(item, where) for item in value]  # type: ignore[attr-defined]  # a list, as just seen


def listed(value: object) -> list[Any]:
    """Return the value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mappings_in(value: object) -> list[dict[str, Any]]:
    """Return the mappings of a list; whatever else is in it, or is no list, is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: object) -> dict[str, str]:
    """Return the pairs of a mapping whose values are texts; anything else is left out."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str) and isinstance(item, str)}


def text_of(value: object) -> str:
    """Return the value when it is a text, else an empty one."""
    return value if isinstance(value, str) else ""
