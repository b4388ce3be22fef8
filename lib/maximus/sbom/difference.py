"""A comparison as it is written: `sbom-diff.json` for tools, `sbom-diff.md` for the release notes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import markdown
from maximus.sbom.comparison import Class
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from maximus.sbom.comparison import Change, Comparison

__all__ = ["KIND", "MAX_ROWS", "Base", "as_document", "as_markdown"]

KIND: Final = "maximus-sbom-diff"
MAX_ROWS: Final = 200
"""Rows of the Markdown table; the JSON has all."""


@dataclass(frozen=True, slots=True)
class Base:
    """What an inventory is compared with."""

    kind: str
    """`file`, `tag`, or `none` for a first release."""
    name: str
    """The file's base name, or the tag as it was given."""
    commit: str = ""
    """Of a tag."""
    sha256: str = ""
    """Of a file."""
    unnamed: int = 0
    """Components of the file without a purl, which cannot be compared."""
    tool: str = ""
    """Of a file: what wrote it, where that is not this very tool."""
    phase: str = ""
    """Of a file: when in its life the subject was looked at, where that is another time."""


def as_document(base: Base, comparison: Comparison | None) -> dict[str, Any]:
    """Return the document under `schemas/sbom-diff.schema.json`; without a comparison it says "first release"."""
    document: dict[str, Any] = {
        "kind": KIND,
        "version": 1,
        "base": {name: value for name, value in asdict(base).items() if value},
        "first_release": comparison is None,
    }
    document["base"]["name"] = visible(base.name)
    if comparison is not None:
        document["counts"] = {kind.value: count for kind, count in comparison.counts().items()}
        document["before"] = asdict(comparison.before)
        document["after"] = asdict(comparison.after)
        document["changes"] = [_record(change) for change in comparison.changes]
    return document


def _record(change: Change) -> dict[str, Any]:
    found = {name: value for name, value in asdict(change).items() if value not in ("", None, ())}
    found["class"] = found.pop("kind").value
    if change.why:
        found["why"] = list(change.why)
    return found


def as_markdown(base: Base, comparison: Comparison | None) -> str:
    """Return the changes as Markdown: a sentence, and a table with alarms first."""
    if comparison is None:
        return f"There is no {markdown.code(base.name)}: this is the first release, and nothing to compare it with.\n"
    counted = [(kind, count) for kind, count in comparison.counts().items() if count]
    since = markdown.code(base.name)
    if not counted:
        return (
            f"Nothing changed in {comparison.after.components} components since {since}.\n" + _other_makers(base, since)
        ) + _completeness(comparison)
    text = f"Components since {since}: " + ", ".join(f"{count} {_WORDS[kind]}" for kind, count in counted) + ".\n\n"
    if base.unnamed:
        text += f"{base.unnamed} components of {since} have no package URL and were not compared.\n\n"
    text += _other_makers(base, since)
    rows = [_row(change) for change in comparison.changes[:MAX_ROWS]]
    text += markdown.table(("change", "component", "before", "after", "needed"), rows)
    if (more := len(comparison.changes) - MAX_ROWS) > 0:
        text += (
            f"\nShowing {MAX_ROWS} of {len(comparison.changes)}: {more} rows are cut, and all are in "
            "`sbom-diff.json`.\n"
        )
    return text + _completeness(comparison)


def _other_makers(base: Base, since: str) -> str:
    """Return what else may have made a difference: another tool, or another time."""
    said = [f"by {markdown.code(base.tool)}"] if base.tool else []
    said += [f"at another time of its life ({markdown.code(base.phase)})"] if base.phase else []
    return f"{since} was made {' and '.join(said)}: part of the difference may come from that.\n\n" if said else ""


def _completeness(comparison: Comparison) -> str:
    """Return how much more or less is known than before; nothing where that is the same share."""
    before, after = comparison.before, comparison.after
    told = []
    for word in ("hashes", "licences", "producers", "edges"):
        old, new = getattr(before, word), getattr(after, word)
        # Shares compared exactly: a component more with a licence is no more complete than before.
        if old * after.components != new * before.components:
            told.append(f"{_KNOWN.get(word, word)} {old}/{before.components} before, {new}/{after.components} now")
    return f"\nKnown: {'; '.join(told)}.\n" if told else ""


_KNOWN: Final = {"edges": "what they need"}


_WORDS: Final = {
    Class.HASH_CHANGED: "with another hash of the same version (alarm)",
    Class.DOWNGRADED: "downgraded",
    Class.UPGRADED: "upgraded",
    Class.VERSION_CHANGED: "with another version",
    Class.ADDED: "added",
    Class.REMOVED: "removed",
    Class.RENAMED: "renamed",
    Class.LICENCE_CHANGED: "with another licence",
    Class.PRODUCER_CHANGED: "with another producer",
    Class.SOURCE_CHANGED: "from another source",
    Class.SCOPE_CHANGED: "with another scope",
    Class.DIRECT_CHANGED: "needed directly and not before, or the reverse",
}


_SHORT_WAY: Final = 2
"""Packages on a way whose beginning is also what needs the package."""


def _row(change: Change) -> tuple[str, ...]:
    needed = "" if change.direct is None else "directly" if change.direct else "transitively"
    if len(change.why) > 1:
        needed += f", by {markdown.code(change.why[-2])}"
        needed += f" for {markdown.code(change.why[0])}" if len(change.why) > _SHORT_WAY else ""
    word = "**alarm: same version, other hash**" if change.kind is Class.HASH_CHANGED else change.kind.value
    word += f" ({change.step})" if change.step else ""
    cells = [markdown.code(text) if text else "" for text in (change.purl, change.before, change.after)]
    return (word, *cells, needed)
