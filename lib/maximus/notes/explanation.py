"""What each key of a configuration does, for the person who has to keep it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.notes.baseline import choose_baseline
from maximus.notes.configuration import DEPRECATED_KEYS, IGNORED_KEYS, read_keys
from maximus.notes.expressions import Expression, Worker, parse_search
from maximus.notes.labelling import read_rule_items
from maximus.notes.reading import Reading
from maximus.notes.settings import Request, settle

if TYPE_CHECKING:
    from maximus.notes.configuration import Compat, Configuration
    from maximus.yaml import Node

__all__ = ["KEYS", "Explained", "Line", "explain"]

KEYS = {
    "_extends": "Takes the keys that are missing here from another file.",
    "autolabeler": "The rules of `label`; `draft` passes over them.",
    "base": "What the notes count from: the highest release, or the nearest one below the commit.",
    "branches": "Told version 5 which branches to draft for.",
    "categories": "The headings, what goes under each, what is left out, and what makes a version major or minor.",
    "category-template": "How a heading is written.",
    "change-author-template": "How each author in `$AUTHORS` is written.",
    "change-authors-final-separator": "What stands before the last of several authors.",
    "change-authors-separator": "What stands between authors.",
    "change-template": "How each change is written.",
    "change-title-escapes": "Which characters lose their Markdown meaning in titles.",
    "commitish": "The branch, tag or commit that the release is made from.",
    "compat": "Whose meanings the file has: release-drafter 6's or 7's.",
    "direct-commits": "Lists commits that belong to no pull request.",
    "escape": "`strict` takes the Markdown out of every text of a stranger's.",
    "exclude-contributors": "Who is not named among the contributors.",
    "exclude-labels": "Leaves out pull requests with one of these labels.",
    "exclude-paths": "Leaves out pull requests that touch one of these paths.",
    "filter-by-commitish": "Counts only releases made from the same branch.",
    "filter-by-range": "Counts only releases whose version lies in this range.",
    "footer": "Text behind the notes.",
    "header": "Text in front of the notes.",
    "history-limit": "Accepted; how many commits are asked for at once changes no result.",
    "include-labels": "Takes only pull requests with one of these labels.",
    "include-paths": "Takes only pull requests that touch one of these paths.",
    "include-pre-releases": "Lets the notes count from a prerelease.",
    "initial-commits-since": "From when on the history counts where there is no release; with `compat: v6` only.",
    "latest": "Whether the release is marked as the latest.",
    "major-by": "`maintainer`: only a maintainer's label makes a version major.",
    "name-template": "The release's name.",
    "new-contributor-template": "How each new contributor is written.",
    "no-changes-template": "What stands in place of the changes where there are none.",
    "no-contributors-template": "What stands in place of the contributors where there are none.",
    "no-new-contributor-template": "What stands in place of the new contributors where there are none.",
    "prerelease": "Makes prereleases.",
    "prerelease-identifier": "What a prerelease's version is marked with.",
    "pull-request-limit": "How many pull requests are asked for per commit.",
    "references": "Told version 6 which refs to draft for.",
    "replacers": "Searches and replacements over the whole notes.",
    "sections": "Which sections of the suite's own follow the notes.",
    "sort-by": "What changes are sorted by.",
    "sort-direction": "In which direction changes are sorted.",
    "tag-prefix": "Counts only releases whose tag begins with this, which is taken off before versions are read.",
    "tag-template": "The release's tag.",
    "template": "The notes.",
    "title-from": "Where titles come from: pull requests, or their merge commits.",
    "version-resolver": "Which labels make a version major, minor or patch.",
    "version-template": "How versions are written.",
}
"""What each key does, in a sentence."""

MODERN = {
    "exclude-labels": "`categories: [{type: pre-exclude, when: {labels: […]}}]`",
    "exclude-paths": "`categories: [{type: pre-exclude, when: {paths: […]}}]`",
    "include-labels": "`categories: [{type: pre-include, when: {labels: […]}}]`",
    "include-paths": "`categories: [{type: pre-include, when: {paths: […]}}]`",
    "version-resolver": "`categories: [{type: version-resolver, semver-increment: major, when: {labels: […]}}]`",
}
"""What takes the place of each deprecated key."""


@dataclass(frozen=True, slots=True)
class Line:
    """One key of a file."""

    key: str
    place: str
    what: str
    """What it does."""
    advice: str
    """What to do about it; empty where there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A configuration and what is to be said about it."""

    configuration: Configuration
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]


def explain(root: Node, *, compat: Compat | None = None) -> Explained:
    """Return what each key of the merged file does.

    Raises Error NOTES002 (usage) with every fault at once, its key and its line, those of `autolabeler` among them.
    """
    reading = Reading()
    configuration = read_keys(reading, root, compat=compat)
    keys = root.value if isinstance(root.value, dict) else {}
    if "autolabeler" in keys:
        read_rule_items(reading, keys)
    node = keys.get("filter-by-range")
    if node is not None and isinstance(node.value, str):
        _check_range(reading, configuration, node)
    reading.refuse()
    lines = tuple(_line(key, keys[key], configuration) for key in keys)
    return Explained(configuration, lines, (*sorted(reading.notices), *_expressions(configuration)))


def _check_range(reading: Reading, configuration: Configuration, node: Node) -> None:
    try:
        choose_baseline((), settle(configuration, Request(), "HEAD").filters)
    except Error as error:
        reading.fault("filter-by-range", f"{error.what}: {error.why}", node)


def _line(key: str, node: Node, configuration: Configuration) -> Line:
    if key not in KEYS:
        # Most foreign keys are another tool's; one that is nearly ours is a slip of the pen.
        near = get_close_matches(key.replace("_", "-").lower(), KEYS, n=1, cutoff=0.8)
        return Line(key, node.place, "Not known; passed over.", f"Did you mean `{near[0]}`?" if near else "")
    advice = ""
    if key in DEPRECATED_KEYS:
        advice = f"Deprecated: write {MODERN[key]}."
    elif key in IGNORED_KEYS and not (key == "initial-commits-since" and configuration.compat == "v6"):
        advice = "No effect since release-drafter 7: leave it out."
    elif key == "categories" and _has_old_labels(node):
        advice = "Deprecated: `label` and `labels` of a category; write `when: {labels: […]}`."
    elif key == "change-title-escapes" and not {"@", "<"} <= set(configuration.change_title_escapes):
        advice = "Titles keep mentions or HTML: add `@` and `<`, or write `escape: strict`."
    elif key == "latest" and node.value == "legacy":
        advice = "Sent as it stands; release-drafter 7 refuses it."
    return Line(key, node.place, KEYS[key], advice)


def _has_old_labels(node: Node) -> bool:
    items = node.value if isinstance(node.value, list) else []
    return any(isinstance(item.value, dict) and {"label", "labels"} & set(item.value) for item in items)


def _expressions(configuration: Configuration) -> list[str]:
    """Return a warning for each replacer whose expression is none."""
    warnings: list[str] = []
    with Worker() as worker:
        for replacer in configuration.replacers:
            search = parse_search(replacer.search)
            answer = worker.find(search, "") if isinstance(search, Expression) else None
            if isinstance(answer, str):
                warnings.append(f"the replacer {replacer.search!r} will be left out: {answer}")
    return warnings
