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
    found = {name: value for name, value in asdict(change).items() if value not in ("", None)}
    found["class"] = found.pop("kind").value
    return found


def as_markdown(base: Base, comparison: Comparison | None) -> str:
    """Return the changes as Markdown: a sentence, and a table with alarms first."""
    if comparison is None:
        return f"There is no {markdown.code(base.name)}: this is the first release, and nothing to compare it with.\n"
    counted = [(kind, count) for kind, count in comparison.counts().items() if count]
    since = markdown.code(base.name)
    if not counted:
        return f"Nothing changed in {comparison.after.components} components since {since}.\n"
    text = f"Components since {since}: " + ", ".join(f"{count} {_WORDS[kind]}" for kind, count in counted) + ".\n\n"
    if base.unnamed:
        text += f"{base.unnamed} components of {since} have no package URL and were not compared.\n\n"
    rows = [_row(change) for change in comparison.changes[:MAX_ROWS]]
    text += markdown.table(("change", "component", "before", "after", "needed"), rows)
    if more := len(comparison.changes) - MAX_ROWS:
        text += f"\nShowing {MAX_ROWS} of {len(comparison.changes)}: all are in `sbom-diff.json`.\n" if more > 0 else ""
    return text


_WORDS: Final = {
    Class.HASH_CHANGED: "with another hash of the same version (alarm)",
    Class.DOWNGRADED: "downgraded",
    Class.UPGRADED: "upgraded",
    Class.VERSION_CHANGED: "with another version",
    Class.ADDED: "added",
    Class.REMOVED: "removed",
    Class.LICENCE_CHANGED: "with another licence",
    Class.SCOPE_CHANGED: "with another scope",
}


def _row(change: Change) -> tuple[str, ...]:
    needed = "" if change.direct is None else "directly" if change.direct else "transitively"
    word = "**alarm: same version, other hash**" if change.kind is Class.HASH_CHANGED else change.kind.value
    word += f" ({change.step})" if change.step else ""
    cells = [markdown.code(text) if text else "" for text in (change.purl, change.before, change.after)]
    return (word, *cells, needed)
