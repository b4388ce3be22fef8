"""The modern form of a configuration, meaning the same: deprecated keys become categories, old forms new ones.

Comments and layout stay as far as `ruamel.yaml` keeps them. What was written is read again and compared: a form that
would mean something else is never handed out.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.notes.configuration import DEPRECATED_KEYS, IGNORED_KEYS, read_configuration
from maximus.yaml import load_json, load_yaml

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from maximus.notes.configuration import Compat, Configuration

__all__ = ["Modernised", "modernise"]

Document = Any
"""A mapping or a list of `ruamel.yaml`'s, or of JSON: foreign, and changed in place."""
WIDTH = 10_000
"""Columns of the longest line that is written in one piece: nothing of a user's is folded anew."""


@dataclass(frozen=True, slots=True)
class Modernised:
    """A configuration in its modern form."""

    text: str
    steps: tuple[str, ...]
    """What was changed, in order; nothing where the file was modern already."""
    left: tuple[str, ...]
    """What stays old, and why."""


def modernise(text: str, name: str, *, compat: Compat | None = None) -> Modernised:
    """Return the modern form of one file's text; `name` ends in .yml, .yaml or .json.

    Raises Error NOTES001 and NOTES002 (usage) for a file with faults, NOTES015 where no modern form is known to mean
    the same.
    """
    is_json = name.lower().endswith(".json")
    before = _read(text, name, compat)
    document, write = _open_json(text) if is_json else _open_yaml(text, name)
    steps: list[str] = []
    left: list[str] = []
    _categories(document, steps)
    if "_extends" in document:
        kept = [key for key in DEPRECATED_KEYS if key in document]
        left += [f"`{key}`: as a category it would take the place of inherited `categories`" for key in kept]
    else:
        _top_level(document, steps, is_v6=before.compat == "v6")
    _old_forms(document, steps, is_v6=before.compat == "v6")
    if not steps:
        return Modernised(text, (), tuple(left))
    made = write(document) if is_json else _with_comments(write(document), text)
    after = _read(made, name, compat)
    if _meaning(before) != _meaning(after):
        raise _no_form(name, "the file would mean something else")
    return Modernised(made, tuple(steps), tuple(left))


def _read(text: str, name: str, compat: Compat | None) -> Configuration:
    root = load_json(text, name) if name.lower().endswith(".json") else load_yaml(text, name)
    if isinstance(root.value, dict):
        # What it inherits is another file's business.
        root = replace(root, value={key: node for key, node in root.value.items() if key != "_extends"})
    return read_configuration(root, compat=compat)


def _meaning(configuration: Configuration) -> Configuration:
    return replace(configuration, notices=())


def _no_form(name: str, why: str) -> Error:
    return Error(
        "NOTES015",
        f"the modern form of {name} cannot be written",
        why=why,
        fix="The file works as it stands; change it by hand as `draft --check` explains.",
        where=name,
        status=ExitStatus.USAGE,
    )


def _open_json(text: str) -> tuple[Document, Any]:
    return json.loads(text), lambda document: json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _open_yaml(text: str, name: str) -> tuple[Document, Any]:
    # Imported here: 60 ms that only a configuration costs.
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    writer = YAML(typ="rt")
    writer.preserve_quotes = True
    writer.width = WIDTH
    offset = _offset(text)
    writer.indent(mapping=2, sequence=offset + 2, offset=offset)
    try:
        # A last line without its line feed counts as one with it, as the reader of configurations has it.
        document = writer.load(text if text.endswith("\n") else f"{text}\n")
    except (YAMLError, ValueError, TypeError, NotImplementedError) as fault:
        raise _no_form(name, str(fault).split("\n", maxsplit=1)[0]) from fault

    def write(changed: Document) -> str:
        stream = io.StringIO()
        writer.dump(changed, stream)
        return stream.getvalue()

    return document, write


def _with_comments(made: str, before: str) -> str:
    """Return the text with the comments that lost their place, as those of keys that went, in front of all others."""
    found = (re.search(r"(?:^|\s)(#.*?)\s*$", line) for line in before.splitlines())
    lost = [comment[1] for comment in found if comment and comment[1] not in made]
    return "".join(f"{comment}\n" for comment in dict.fromkeys(lost)) + made


def _offset(text: str) -> int:
    """Return how far the file's lists stand to the right of their keys."""
    found = re.search(r"(?m)^(?P<key> *)[\w-]+:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*(?P<item> *)- ", text)
    return max(0, len(found["item"]) - len(found["key"])) if found else 2


def _listed(value: Document) -> Document:
    """Return a list as it is, with its comments; a bare text as a list of one."""
    return [value] if isinstance(value, str) else value


def _joined(*parts: Document) -> Document:
    """Return the lists in one; a single one stays the same object, so that its comments stay."""
    filled = [part for part in parts if part]
    if len(filled) == 1:
        return filled[0]
    return [item for part in filled for item in part]


def _taken(fields: MutableMapping[str, Any], *keys: str) -> Document:
    """Take the labels of several keys out of a mapping, and return them in one list."""
    return _joined(*[_listed(fields.pop(key)) for key in keys if key in fields])


def _categories(document: Document, steps: list[str]) -> None:
    """Move each category's own labels into its conditions."""
    changed = 0
    for category in document.get("categories") or ():
        place = next((index for index, key in enumerate(category) if key in ("label", "labels")), None)
        if place is None:
            continue
        changed += 1
        labels = _taken(category, "labels", "label")
        when = category.get("when")
        if not labels:
            continue
        if not when:
            category.pop("when", None)
            _insert(category, min(place, len(category)), "when", {"labels": labels})
            continue
        for condition in when if isinstance(when, list) else [when]:
            own = _taken(condition, "labels", "label")
            condition["labels"] = _joined(labels, own) if not isinstance(when, list) else [*labels, *(own or ())]
    if changed:
        steps.append(f"`label` and `labels` of categories became `when: {{labels}}` ({changed} times)")


def _insert(fields: Document, place: int, key: str, value: Document) -> None:
    """Put a key where another one stood; JSON's mappings take it at their end."""
    if hasattr(fields, "insert"):
        fields.insert(place, key, value)
    else:
        fields[key] = value


def _top_level(document: Document, steps: list[str], *, is_v6: bool) -> None:
    """Turn the deprecated top-level keys into categories, behind the own ones, in the order in which they count."""
    added: list[dict[str, Any]] = []
    for verb in ("exclude", "include"):
        given = [key for key in (f"{verb}-labels", f"{verb}-paths") if key in document]
        labels, paths = (_listed(document.pop(f"{verb}-{what}", None)) for what in ("labels", "paths"))
        condition = ({"labels": labels} if labels else {}) | ({"paths": paths} if paths else {})
        if given:
            steps.append(f"{' and '.join(f'`{key}`' for key in given)} became a category of type `pre-{verb}`")
        if condition:
            either = is_v6 and verb == "exclude" and len(condition) > 1
            when: Any = [{key: value} for key, value in condition.items()] if either else condition
            added.append({"type": f"pre-{verb}", "when": when})
    resolver = document.pop("version-resolver", None)
    if resolver is not None:
        added += _resolvers(resolver)
        steps.append("`version-resolver` became categories of that type")
    if added:
        if document.get("categories") is None:
            document["categories"] = []
        document["categories"].extend(added)


def _resolvers(resolver: Document) -> list[dict[str, Any]]:
    kind = "version-resolver"
    default = resolver.get("default", "patch")
    found: list[dict[str, Any]] = [{"type": kind, "semver-increment": default}] if default != "patch" else []
    for name in ("major", "minor", "patch"):
        labels = _listed((resolver.get(name) or {}).get("labels"))
        if labels:
            found.append({"type": kind, "semver-increment": name, "when": {"labels": labels}})
    return found


_LISTS = ("exclude-labels", "exclude-paths", "include-labels", "include-paths", "exclude-contributors")
_NUMBERS = ("pull-request-limit", "history-limit")


def _old_forms(document: Document, steps: list[str], *, is_v6: bool) -> None:
    """Write bare texts as lists and quoted numbers as numbers, and leave out what has no effect."""
    for key in [key for key in IGNORED_KEYS if key in document and not (is_v6 and key == "initial-commits-since")]:
        del document[key]
        steps.append(f"`{key}` has no effect and was left out")
    for key in _LISTS:
        if isinstance(document.get(key), str):
            document[key] = _listed(document[key])
            steps.append(f"`{key}` became a list")
    for rule in document.get("autolabeler") or ():
        _old_rule(rule, steps)
    for key in _NUMBERS:
        if isinstance(document.get(key), str):
            document[key] = int(document[key])
            steps.append(f"`{key}` became a number")
    if isinstance(document.get("filter-by-commitish"), str):
        document["filter-by-commitish"] = document["filter-by-commitish"] == "true"
        steps.append("`filter-by-commitish` became a boolean")
    for category in document.get("categories") or ():
        _old_category(category, steps, is_v6=is_v6)


def _old_rule(rule: Document, steps: list[str]) -> None:
    for key in ("files", "branch", "title", "body"):
        if isinstance(rule.get(key), str):
            rule[key] = _listed(rule[key])
            steps.append(f"`autolabeler[].{key}` became a list")


def _old_category(category: Document, steps: list[str], *, is_v6: bool) -> None:
    if isinstance(category.get("collapse-after"), str):
        category["collapse-after"] = int(category["collapse-after"])
        steps.append("`collapse-after` became a number")
    if is_v6 and category.get("collapse-after") == 0:
        category["collapse-after"] = -1
        steps.append("`collapse-after: 0`, which never collapsed, became -1")
    when = category.get("when") or []
    for condition in when if isinstance(when, list) else [when]:
        conventional = condition.get("conventional")
        fields = [(condition, key) for key in ("labels", "paths")]
        fields += [(conventional, key) for key in ("types", "scopes")] if isinstance(conventional, dict) else []
        for holder, key in fields:
            if isinstance(holder.get(key), str):
                holder[key] = _listed(holder[key])
                steps.append(f"`when.{key}` became a list")
