"""A policy: one YAML file of checks, which may extend presets and override their checks by id.

Reading gathers every fault with its line and raises them together. The result depends on the bytes of the policy
and of the presets alone, so it is the same in a job and on a laptop.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus, nearest
from maximus.gating.check import Fault, Fields
from maximus.gating.checks import TYPES, find_type
from maximus.verdict import Waiver
from maximus.yaml import Node, load_yaml

if TYPE_CHECKING:
    from fractions import Fraction

    from maximus.gating.check import Check

__all__ = ["DEFAULT", "PRESETS", "Entry", "Group", "LeftOut", "Policy", "Source", "load_policy", "preset_text"]

DEFAULT = ".github/release-checklist.yml"
"""Where a policy is looked for, relative to the tree."""
PRESETS = ("cec", "doctrine", "go-no-go", "post-deploy", "pre-deploy", "regra-de-ouro")
"""The policies that come with the suite."""
MAX_POLICY = 256 << 10
"""Bytes of the largest policy: room for some 3,000 checks of one line, more than MAX_CHECKS."""
MAX_CHECKS = 2_000
"""How many checks a policy may have, those it extends included."""
MAX_FAULTS = 50
"""How many faults an error names."""
MAX_CHAIN = 8
"""How many presets may extend one another."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*")
_MAX_ID = 100


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a policy was read from."""

    name: str
    """As errors name it: a path, or `preset NAME`."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Group:
    """What checks are reported under, such as an article."""

    id: str
    title: str
    target: Fraction | None
    """The percentage of its judged checks that have to pass; None for no target of its own."""
    source: str
    """Where the target comes from."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One check of a policy, with the options that every check has."""

    id: str
    type: str
    title: str
    group: str
    source: str
    """Where the threshold comes from."""
    expected_min: int
    hint: str
    waiver: Waiver | None
    allow_unmeasured: str
    """Why it may go unmeasured; empty where it may not."""
    place: str
    """Where it stands, as `path:line`."""
    check: Check


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A check of a preset that the policy leaves out, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a gate judges by."""

    name: str
    title: str
    target: Fraction | None
    """The percentage of all checks that have to pass, waived and unmeasured ones counted as not passing."""
    target_source: str
    groups: tuple[Group, ...]
    """In the order in which they are declared."""
    entries: tuple[Entry, ...]
    """In the order in which they are declared, those of presets first."""
    left_out: tuple[LeftOut, ...]
    sources: tuple[Source, ...]
    """The policy's own file first, then the presets."""


@dataclass(slots=True)
class _Merged:
    """The checks and groups of a policy and all that it extends, as they were written."""

    checks: dict[str, Node] = dataclasses.field(default_factory=dict)
    groups: dict[str, Node] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)
    sources: list[Source] = dataclasses.field(default_factory=list)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    top: dict[str, tuple[str, Fraction | None, str]] = dataclasses.field(default_factory=dict)


def preset_text(name: str) -> str:
    """Return the text of the preset called `name`, one of PRESETS."""
    return (resources.files("maximus.gating") / "presets" / f"{name}.yml").read_text(encoding="utf-8")


def load_policy(raw: bytes | None, source: str, presets: tuple[str, ...] = ()) -> Policy:
    """Return the policy that a file's bytes hold, on top of the presets that are named besides.

    `source` is what errors call the file; `raw` is None where presets alone are the policy. Raises Error GATE001
    with every fault and its line, GATE002 where the policy is larger than it may be, YAML001 where it is no YAML,
    GATE003 for a preset that nobody knows (all usage, 2).
    """
    merged = _Merged()
    name = source
    for preset in presets:
        if preset not in PRESETS:
            raise Error(
                "GATE003",
                f"there is no preset {preset!r}",
                why=nearest(preset, PRESETS),
                where="input `preset`",
                status=ExitStatus.USAGE,
            )
        _extend(preset, merged, ())
    if raw is not None:
        name = _add(raw, source, merged, ())
    elif presets:
        name = presets[-1]
    title = merged.top.get(name, ("", None, ""))[0]
    # A target that the policy does not give itself is that of the last preset that gives one.
    targets = [(target, where) for _, target, where in merged.top.values() if target is not None]
    target, target_source = targets[-1] if targets else (None, "")
    groups = _groups(merged)
    entries = _entries(merged, groups)
    if merged.faults:
        raise _refused(merged.faults, source)
    sources = tuple(dict.fromkeys(reversed(merged.sources)))
    return Policy(
        name,
        title,
        target,
        target_source,
        groups,
        entries,
        tuple(LeftOut(*item) for item in sorted(merged.left_out.items())),
        sources,
    )


def _extend(preset: str, merged: _Merged, chain: tuple[str, ...]) -> None:
    # A preset that two others extend is read once: what the first changed in it stays changed.
    if f"preset {preset}" not in {item.name for item in merged.sources}:
        _add(preset_text(preset).encode("utf-8"), f"preset {preset}", merged, (*chain, preset))


def _add(raw: bytes, source: str, merged: _Merged, chain: tuple[str, ...]) -> str:
    """Read a policy's text and lay it over what was read before; return its name."""
    _refuse_size(raw, source)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Error(
            "GATE004",
            f"{source} is not UTF-8",
            why=str(fault),
            fix="Save the policy as UTF-8.",
            where=source,
            status=ExitStatus.USAGE,
        ) from fault
    root = load_yaml(text, source, lambda told: merged.faults.append(Fault(source, 0, "(top)", told)))
    fields = Fields(root, "", merged.faults)
    version = fields.whole("version", least=1, most=1_000)
    if fields.has("version") and version not in (0, 1):
        fields.fault("version", "version 1 is the one that is known")
    name = fields.text("name", source)
    title = fields.text("title", "")
    target, target_source = _percentage(fields, "target"), fields.text("target-source", "")
    for extended in fields.texts("extends", ()):
        if extended not in PRESETS:
            fields.fault("extends", f"there is no preset {extended!r}: {nearest(extended, PRESETS)}")
        elif extended in chain or len(chain) >= MAX_CHAIN:
            fields.fault("extends", f"{extended!r} extends itself")
        else:
            _extend(extended, merged, chain)
    merged.sources.append(Source(source, hashlib.sha256(raw).hexdigest()))
    merged.top[name] = title, target, target_source
    _lay_over(fields, "groups", merged.groups, merged)
    _lay_over(fields, "checks", merged.checks, merged)
    for left in fields.items("without", required=False):
        dropped, why = left.text("id"), left.text("why")
        if dropped and merged.checks.pop(dropped, None) is None:
            left.fault("id", f"there is no check {dropped!r} to leave out: {_known(dropped, merged.checks)}")
        merged.left_out[dropped] = why
        left.finish()
    # What stands below these keys is read once everything is merged.
    merged.faults += _unknown(fields)
    return name


def _unknown(fields: Fields) -> list[Fault]:
    found: list[Fault] = []
    known = fields.asked
    for name, node in fields.values.items():
        if name not in known:
            found.append(Fault(node.source, node.line, name, f"unknown key: {nearest(name, known)}"))
    return found


def _refuse_size(raw: bytes, source: str) -> None:
    if len(raw) > MAX_POLICY:
        raise Error(
            "GATE002",
            f"{source} is larger than a policy may be",
            why=f"it has {len(raw)} bytes, {MAX_POLICY} are the limit",
            fix="One check may look at many files: name them by patterns instead of one check for each.",
            where=source,
            status=ExitStatus.USAGE,
        )


def _lay_over(fields: Fields, key: str, merged_into: dict[str, Node], merged: _Merged) -> None:
    """Add each item of a list to what was there under its id, key by key; another `type` starts anew."""
    seen: set[str] = set()
    for item in fields.items(key, required=False):
        values = item.values
        ident = item.text("id")
        if not ident:
            continue
        if not _ID.fullmatch(ident) or len(ident) > _MAX_ID:
            item.fault("id", f"{ident[:80]!r} is no id: lower case letters, digits, `-` and `.`, at most {_MAX_ID}")
            continue
        if ident in seen:
            item.fault("id", f"{ident!r} stands twice")
            continue
        seen.add(ident)
        earlier = merged_into.get(ident)
        if earlier is not None and isinstance(earlier.value, dict):
            is_another = (
                "type" in values and "type" in earlier.value and (values["type"].value != earlier.value["type"].value)
            )
            values = dict(values) if is_another else {**earlier.value, **values}
            # An option that is left empty takes the preset's away.
            values = {name: node for name, node in values.items() if node.value is not None or name == "id"}
        merged_into[ident] = dataclasses.replace(item.node, value=dict(values))
        merged.left_out.pop(ident, None)
    if len(merged_into) > MAX_CHECKS:
        fields.fault(key, f"there are more than {MAX_CHECKS}")


def _groups(merged: _Merged) -> tuple[Group, ...]:
    found = []
    for ident, node in merged.groups.items():
        fields = Fields(node, f"groups.{ident}", merged.faults)
        fields.text("id")
        target = _percentage(fields, "target")
        found.append(Group(ident, fields.text("title", ident), target, fields.text("source", "")))
        fields.finish()
    return tuple(found)


def _percentage(fields: Fields, name: str) -> Fraction | None:
    if not fields.has(name):
        return None
    found = fields.exact(name)
    if not 0 < found <= 100:  # noqa: PLR2004 - percent
        fields.fault(name, "a percentage above 0 and up to 100 is needed")
        return None
    return found


def _entries(merged: _Merged, groups: tuple[Group, ...]) -> tuple[Entry, ...]:
    known = tuple(group.id for group in groups)
    found = []
    for ident, node in merged.checks.items():
        fields = Fields(node, f"checks.{ident}", merged.faults)
        fields.text("id")
        kind = fields.text("type")
        title, group, source = fields.text("title", ident), fields.text("group", ""), fields.text("source", "")
        if group and group not in known:
            fields.fault(
                "group", f"there is no group {group!r}: " + (nearest(group, known) if known else "add `groups`")
            )
        least, hint = fields.whole("expected-min", 1, least=1), fields.text("hint", "")
        waiver, allowed = _waiver(fields.nested("waiver")), fields.text("allow-unmeasured", "")
        if kind not in TYPES:
            if kind:
                fields.fault("type", f"there is no check type {kind!r}: {nearest(kind, TYPES)}")
            continue
        check = find_type(kind).read(fields)
        fields.finish()
        found.append(Entry(ident, kind, title, group, source, least, hint, waiver, allowed, node.place, check))
    return tuple(found)


def _waiver(fields: Fields | None) -> Waiver | None:
    """Return a waiver; whether it still holds is judged later, by a day from outside."""
    if fields is None:
        return None
    who, why, until, issue = (fields.text(name) for name in ("who", "why", "until", "issue"))
    if until:
        try:
            dt.date.fromisoformat(until)
        except ValueError:
            fields.fault("until", f"{until!r} is no day: write YYYY-MM-DD")
            return None
    return Waiver(who, why, until, issue) if who and why and until and issue else None


def _known(name: str, checks: dict[str, Node]) -> str:
    return nearest(name, tuple(sorted(checks))) if checks else "the policy has none"


def _refused(faults: list[Fault], source: str) -> Error:
    ordered = sorted(set(faults))
    shown = ordered[:MAX_FAULTS]
    more = f" ({len(shown)} of {len(ordered)} are shown)" if len(ordered) > len(shown) else ""
    return Error(
        "GATE001",
        f"the policy {source} cannot be used{more}",
        why="; ".join(str(fault) for fault in shown),
        fix="Mend the lines; docs/gate.md lists the keys. Nothing was judged.",
        where=f"{shown[0].source}:{shown[0].line}" if shown[0].line else shown[0].source,
        status=ExitStatus.USAGE,
    )
