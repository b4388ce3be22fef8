"""The configuration, `release-drafter.yml` as its users have written it since 2018, read into values.

All faults are gathered and reported together, each with its key and line. Unknown keys are passed over,
because thousands of files carry keys of older versions and of other tools.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from maximus.notes.categories import Category, CategoryType, Condition, Conventional, Mode
from maximus.notes.expressions import Replacer
from maximus.notes.reading import Reading
from maximus.notes.sections import NAMES
from maximus.notes.versions import Increment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.yaml import Node

__all__ = [
    "Compat",
    "Configuration",
    "is_moment",
    "read_configuration",
    "read_keys",
]

Latest = Literal["true", "false", "legacy"]
Compat = Literal["v6", "v7"]
"""Which release-drafter's meanings a configuration has; 7's where nothing is said."""

IGNORED_KEYS = ("branches", "initial-commits-since", "references")
"""Keys of version 6 and earlier that have no effect any more; with `compat: v6` the second has."""
DEPRECATED_KEYS = ("exclude-labels", "exclude-paths", "include-labels", "include-paths", "version-resolver")
"""Keys that still work and have a modern form: `categories` with `type` and `when`."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration says, defaults filled in; None where a key's absence means something."""

    template: str = ""
    header: str = ""
    footer: str = ""
    category_template: str = "## $TITLE"
    name_template: str = ""
    tag_template: str = ""
    tag_prefix: str = ""
    version_template: str = "$MAJOR.$MINOR.$PATCH$PRERELEASE"
    change_template: str = "* $TITLE (#$NUMBER) $AUTHORS"
    change_author_template: str = "$AUTHOR_MENTION"
    change_authors_separator: str = ", "
    change_authors_final_separator: str | None = None
    change_title_escapes: str = ""
    no_changes_template: str = "* No changes"
    categories: tuple[Category, ...] = ()
    exclude_contributors: tuple[str, ...] = ()
    new_contributor_template: str = "* $AUTHOR_MENTION made their first contribution in #$NUMBER"
    no_contributors_template: str = "No contributors"
    no_new_contributor_template: str = "* No new contributors"
    sort_by: Literal["merged_at", "title"] = "merged_at"
    sort_direction: Literal["ascending", "descending"] = "descending"
    filter_by_commitish: bool = False
    filter_by_range: str = ""
    commitish: str = ""
    latest: Latest | None = None
    prerelease: bool | None = None
    prerelease_identifier: str = ""
    include_pre_releases: bool = False
    pull_request_limit: int = 5
    base: Literal["latest", "nearest"] = "latest"
    """Our own: whether the notes count from the highest release, or from the nearest one below the head."""
    direct_commits: bool = False
    """Our own: whether commits without a pull request are changes too."""
    replacers: tuple[Replacer, ...] = ()
    compat: Compat = "v7"
    initial_commits_since: str = ""
    """With `compat: v6` and no release: from when on the history counts, ISO 8601; empty for all of it."""
    sections: tuple[str, ...] | None = None
    """Which of our own sections follow the body; None where nothing is said."""
    escape: Literal["configured", "strict"] = "configured"
    """Whether strangers' texts lose their Markdown: as `change-title-escapes` says, or all of it."""
    title_from: Literal["pull-request", "merge-commit"] = "pull-request"
    """Where a change's title comes from; a pull request's can be changed after the merge."""
    major_by: Literal["anybody", "maintainer"] = "anybody"
    """Whose label or title may lead to a major version."""
    notices: tuple[str, ...] = ()
    """What a maintainer should know about the file, sorted: deprecated and removed keys, old forms."""


_DEFAULT = Configuration()


def read_configuration(root: Node, *, compat: Compat | None = None) -> Configuration:
    """Return the configuration that the merged file holds; `compat` beats what the file says of it.

    Raises Error NOTES002 (usage) with every fault, its key and its line.
    """
    reading = Reading()
    configuration = read_keys(reading, root, compat=compat)
    reading.refuse()
    return replace(configuration, notices=tuple(sorted(reading.notices)))


def read_keys(reading: Reading, root: Node, *, compat: Compat | None = None) -> Configuration:
    """Return the configuration without its notices; what is wrong, and what is to be said, stays with the reading."""
    keys = reading.mapping(root, "")
    stated: Compat = reading.choice(keys, "compat", ("v6", "v7"), "v7")
    compat = compat or stated
    categories = [
        _read_category(reading, item, f"categories[{index}]")
        for index, item in enumerate(reading.items(keys.get("categories"), "categories"))
    ]
    categories += _deprecated_categories(reading, keys, categories, compat)
    _check_categories(reading, keys.get("categories"), categories)
    if compat == "v6":
        categories = [replace(item, collapse_after=item.collapse_after or -1) for item in categories]
    elif any(item.type is CategoryType.CHANGELOG and item.collapse_after == 0 for item in categories):
        reading.notices.add("`collapse-after: 0` always collapses; in version 6 it never did (write -1 for that)")
    configuration = Configuration(
        template=reading.text(keys, "template", ""),
        header=reading.text(keys, "header", ""),
        footer=reading.text(keys, "footer", ""),
        category_template=reading.text(keys, "category-template", _DEFAULT.category_template),
        name_template=reading.text(keys, "name-template", ""),
        tag_template=reading.text(keys, "tag-template", ""),
        tag_prefix=reading.text(keys, "tag-prefix", ""),
        version_template=reading.text(keys, "version-template", _DEFAULT.version_template),
        change_template=reading.text(keys, "change-template", _DEFAULT.change_template),
        change_author_template=reading.text(keys, "change-author-template", _DEFAULT.change_author_template),
        change_authors_separator=reading.text(keys, "change-authors-separator", ", "),
        change_authors_final_separator=reading.optional_text(keys, "change-authors-final-separator"),
        change_title_escapes=reading.text(keys, "change-title-escapes", ""),
        no_changes_template=reading.text(keys, "no-changes-template", _DEFAULT.no_changes_template),
        categories=tuple(categories),
        exclude_contributors=reading.texts(keys, "exclude-contributors"),
        new_contributor_template=reading.text(keys, "new-contributor-template", _DEFAULT.new_contributor_template),
        no_contributors_template=reading.text(keys, "no-contributors-template", _DEFAULT.no_contributors_template),
        no_new_contributor_template=reading.text(
            keys, "no-new-contributor-template", _DEFAULT.no_new_contributor_template
        ),
        sort_by=reading.choice(keys, "sort-by", ("merged_at", "title"), "merged_at"),
        sort_direction=reading.choice(keys, "sort-direction", ("ascending", "descending"), "descending"),
        filter_by_commitish=reading.boolean(keys, "filter-by-commitish", default=False),
        filter_by_range=reading.text(keys, "filter-by-range", ""),
        commitish=reading.text(keys, "commitish", ""),
        latest=_read_latest(reading, keys),
        prerelease=reading.word(keys, "prerelease"),
        prerelease_identifier=reading.text(keys, "prerelease-identifier", ""),
        include_pre_releases=reading.word(keys, "include-pre-releases") or False,
        pull_request_limit=reading.integer(keys, "pull-request-limit", 5, minimum=1),
        base=reading.choice(keys, "base", ("latest", "nearest"), "latest"),
        direct_commits=reading.boolean(keys, "direct-commits", default=False),
        replacers=_read_replacers(reading, keys),
        compat=compat,
        initial_commits_since=_read_since(reading, keys, compat),
        sections=_read_sections(reading, keys),
        escape=reading.choice(keys, "escape", ("configured", "strict"), "configured"),
        title_from=reading.choice(keys, "title-from", ("pull-request", "merge-commit"), "pull-request"),
        major_by=reading.choice(keys, "major-by", ("anybody", "maintainer"), "anybody"),
    )
    # Accepted for the sake of files that set it: how many commits are asked for at once changes no result.
    reading.integer(keys, "history-limit", 15, minimum=1)
    _notice_old(reading, keys, compat)
    return configuration


def _read_sections(reading: Reading, keys: Mapping[str, Node]) -> tuple[str, ...] | None:
    if "sections" not in keys:
        return None
    names = reading.texts(keys, "sections")
    for name in names:
        if name not in NAMES:
            reading.fault("sections", f"there is no section {name!r}; there are {', '.join(NAMES)}", keys["sections"])
    return names


def _read_latest(reading: Reading, keys: Mapping[str, Node]) -> Latest | None:
    node = keys.get("latest")
    if node is not None and node.value == "legacy":
        reading.bare.add("`latest: legacy`")
        return "legacy"
    word = reading.word(keys, "latest")
    if word is None:
        return None
    return "true" if word else "false"


def _read_since(reading: Reading, keys: Mapping[str, Node], compat: Compat) -> str:
    """Return `initial-commits-since`, which only `compat: v6` looks at; elsewhere it may hold anything."""
    if compat != "v6":
        return ""
    text = reading.text(keys, "initial-commits-since", "")
    if text and not is_moment(text):
        reading.fault("initial-commits-since", "a date is needed, such as 2026-01-31", keys["initial-commits-since"])
    return text


def is_moment(text: str) -> bool:
    """Tell whether a text is a date or a moment as ISO 8601 writes one, such as 2026-01-31T00:00:00Z."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_replacers(reading: Reading, keys: Mapping[str, Node]) -> tuple[Replacer, ...]:
    found = []
    for index, item in enumerate(reading.items(keys.get("replacers"), "replacers")):
        path = f"replacers[{index}]"
        fields = reading.mapping(item, path)
        found.append(
            Replacer(
                reading.text(fields, "search", "", path=path, required=True, filled=True, parent=item),
                reading.text(fields, "replace", "", path=path, required=True, parent=item),
            )
        )
    return tuple(found)


def _read_category(reading: Reading, node: Node, path: str) -> Category:
    fields = reading.mapping(node, path)
    kind = CategoryType(reading.choice(fields, "type", tuple(CategoryType), "changelog", path=path))
    title = reading.text(fields, "title", "", path=path, filled=True)
    labels = (*reading.texts(fields, "labels", path=path, filled=True), *reading.one(fields, "label", path=path))
    if labels:
        reading.deprecated.add("categories[].label(s)")
    exclusive = reading.boolean(fields, "exclusive", default=False, path=path)
    collapse_after = reading.integer(fields, "collapse-after", -1, minimum=-1, path=path)
    increment = _read_increment(reading, fields, "semver-increment", path)
    if kind is CategoryType.CHANGELOG and not title:
        reading.fault(f"{path}.title", "a category of the changelog needs a title", node)
    if kind in (CategoryType.PRE_INCLUDE, CategoryType.PRE_EXCLUDE) and exclusive:
        reading.fault(f"{path}.exclusive", f"a category of type {kind} cannot be exclusive", fields["exclusive"])
    _notice_ignored(reading, fields, kind, path)
    return Category(
        type=kind,
        title=title,
        when=_read_when(reading, fields.get("when"), f"{path}.when", labels),
        exclusive=exclusive,
        collapse_after=collapse_after,
        increment=increment,
    )


def _notice_ignored(reading: Reading, fields: Mapping[str, Node], kind: CategoryType, path: str) -> None:
    ignored = {
        CategoryType.CHANGELOG: (),
        CategoryType.RESOLVER: ("title", "collapse-after"),
        CategoryType.PRE_INCLUDE: ("title", "collapse-after", "semver-increment"),
        CategoryType.PRE_EXCLUDE: ("title", "collapse-after", "semver-increment"),
    }[kind]
    for key in ignored:
        if key in fields:
            reading.notices.add(f"`{path}.{key}` has no effect on a category of type {kind}")


def _read_increment(reading: Reading, fields: Mapping[str, Node], key: str, path: str) -> Increment:
    return Increment[reading.choice(fields, key, ("major", "minor", "patch"), "patch", path=path).upper()]


def _read_when(reading: Reading, node: Node | None, path: str, labels: tuple[str, ...]) -> tuple[Condition, ...]:
    """Return the conditions; the category's own labels, a deprecated form, join every one of them."""
    if node is None or node.value == []:
        raw: list[Condition] = [Condition()] if labels else []
    elif isinstance(node.value, list):
        raw = [_read_condition(reading, item, f"{path}[{index}]") for index, item in enumerate(node.value)]
    else:
        raw = [_read_condition(reading, node, path)]
    joined = (
        Condition(
            (*labels, *condition.labels),
            condition.labels_mode,
            condition.paths,
            condition.paths_mode,
            condition.conventional,
        )
        for condition in raw
    )
    return tuple(condition for condition in joined if not condition.is_empty)


def _read_condition(reading: Reading, node: Node, path: str) -> Condition:
    fields = reading.mapping(node, path)
    modes = tuple(Mode)
    return Condition(
        labels=(*reading.texts(fields, "labels", path=path, filled=True), *reading.one(fields, "label", path=path)),
        labels_mode=Mode(reading.choice(fields, "labels-mode", modes, "any", path=path)),
        paths=(*reading.texts(fields, "paths", path=path, filled=True), *reading.one(fields, "path", path=path)),
        paths_mode=Mode(reading.choice(fields, "paths-mode", modes, "any", path=path)),
        conventional=_read_conventional(reading, fields.get("conventional"), f"{path}.conventional"),
    )


def _read_conventional(reading: Reading, node: Node | None, path: str) -> Conventional | None:
    if node is None:
        return None
    if node.value is True:
        return Conventional()
    if not isinstance(node.value, dict):
        reading.fault(path, f"`true` or a mapping is needed, this is {reading.kind(node)}", node)
        return None
    if not node.value:
        reading.notices.add(f"`{path}: {{}}` means `true`; write that")
    fields = node.value
    breaking = reading.boolean(fields, "breaking", default=False, path=path) if "breaking" in fields else None
    return Conventional(
        types=(*reading.texts(fields, "types", path=path, filled=True), *reading.one(fields, "type", path=path)),
        scopes=(*reading.texts(fields, "scopes", path=path, filled=True), *reading.one(fields, "scope", path=path)),
        breaking=breaking,
    )


def _deprecated_categories(
    reading: Reading, keys: Mapping[str, Node], own: list[Category], compat: Compat
) -> list[Category]:
    """Return what the deprecated top-level keys mean, in the order in which they are appended."""
    found: list[Category] = []
    for verb, kind in (("exclude", CategoryType.PRE_EXCLUDE), ("include", CategoryType.PRE_INCLUDE)):
        labels = reading.texts(keys, f"{verb}-labels")
        paths = reading.texts(keys, f"{verb}-paths")
        if not labels and not paths:
            continue
        if any(category.type is kind for category in own):
            reading.fault(f"{verb}-labels", f"a category of type {kind} is there too; keep one of the two", None)
        reading.deprecated |= {key for key in (f"{verb}-labels", f"{verb}-paths") if key in keys}
        both: tuple[Condition, ...] = (Condition(labels=labels, paths=paths),)
        if labels and paths and kind is CategoryType.PRE_EXCLUDE:
            if compat == "v6":
                both = (Condition(labels=labels), Condition(paths=paths))
            else:
                reading.notices.add(
                    "`exclude-labels` and `exclude-paths` drop what has both; in version 6 either was enough"
                )
        found.append(Category(kind, when=both))
    return found + _deprecated_resolvers(reading, keys.get("version-resolver"), own)


def _deprecated_resolvers(reading: Reading, node: Node | None, own: list[Category]) -> list[Category]:
    if node is None:
        return []
    path = "version-resolver"
    fields = reading.mapping(node, path)
    reading.deprecated.add(path)
    found: list[Category] = []
    default = _read_increment(reading, fields, "default", path)
    if default is not Increment.PATCH:
        if any(category.type is CategoryType.RESOLVER and not category.when for category in own):
            reading.fault(f"{path}.default", "a version-resolver category without `when` is there too; keep one", node)
        found.append(Category(CategoryType.RESOLVER, increment=default))
    for increment in (Increment.MAJOR, Increment.MINOR, Increment.PATCH):
        name = increment.name.lower()
        if name not in fields:
            continue
        inner = reading.mapping(fields[name], f"{path}.{name}")
        if "labels" not in inner and isinstance(fields[name].value, dict):
            reading.fault(f"{path}.{name}.labels", "a list of labels is needed", fields[name])
        labels = reading.texts(inner, "labels", path=f"{path}.{name}", filled=True)
        if labels:
            found.append(Category(CategoryType.RESOLVER, when=(Condition(labels=labels),), increment=increment))
    return found


def _check_categories(reading: Reading, node: Node | None, categories: list[Category]) -> None:
    open_ended = [c for c in categories if c.type is CategoryType.CHANGELOG and not c.when]
    if len(open_ended) > 1:
        reading.fault("categories", "only one category of the changelog can do without `when`", node)


def _notice_old(reading: Reading, keys: Mapping[str, Node], compat: Compat) -> None:
    """Collect what is old into one notice: most real files have several such keys, and nobody reads one for each."""
    taken = ("initial-commits-since",) if compat == "v6" else ()
    removed = sorted(key for key in IGNORED_KEYS if key in keys and key not in taken)
    told = []
    if reading.deprecated:
        told.append(f"deprecated: {', '.join(sorted(reading.deprecated))} (write `categories` with `type` and `when`)")
    if removed:
        told.append(f"without effect since release-drafter 7: {', '.join(removed)} (leave out)")
    if reading.bare:
        told.append(f"old forms: {', '.join(sorted(reading.bare))}")
    if told:
        reading.notices.add(
            f"the configuration works as it stands, but is of an older kind: {'; '.join(told)}; "
            "`draft --check` explains each and writes the modern form"
        )
