"""Who may make a version major: everybody who can open a pull request, or maintainers by their labels alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.notes.categories import CategoryType, assign, matching_categories, resolve_increment
from maximus.notes.versions import Increment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from maximus.changes import Change
    from maximus.notes.categories import Category

__all__ = ["contested_labels", "increment_by_maintainers"]


def contested_labels(changes: Sequence[Change], categories: Sequence[Category]) -> dict[str, frozenset[str]]:
    """Return, for each admitted change that would lead to a major version, the labels that could vouch for it.

    By key; a change without such a label has none: a title alone is anybody's.
    """
    found: dict[str, frozenset[str]] = {}
    _, listed = assign(changes, categories)
    leading = [(category, members) for category, members in listed if category.increment is Increment.MAJOR]
    resolvers = [item for item in categories if item.type is CategoryType.RESOLVER]
    for category, members in matching_categories(changes, resolvers):
        if category.increment is Increment.MAJOR:
            leading.append((category, members))
    for category, members in leading:
        wanted = {label for condition in category.when for label in condition.labels}
        for change in members:
            found[change.key] = found.get(change.key, frozenset()) | (wanted & set(change.labels))
    return found


def increment_by_maintainers(
    changes: Sequence[Change], categories: Sequence[Category], vouched: Mapping[str, Collection[str]]
) -> tuple[Increment, str]:
    """Return what the admitted changes do to the version where only a maintainer's label makes it major, and why not.

    `vouched` holds the labels of each change, by key, that are known to have been set by a maintainer. What is not
    known counts as not set: the version then becomes a minor one at most.
    """
    by = resolve_increment(changes, categories)
    if by is not Increment.MAJOR:
        return by, ""
    contested = contested_labels(changes, categories)
    if any(labels & set(vouched.get(key, ())) for key, labels in contested.items()):
        return by, ""
    names = sorted(
        f"#{change.number}" if change.number else change.commit[:8] for change in changes if change.key in contested
    )
    told = ", ".join(names[:10]) + (" and more" if len(names) > 10 else "") if names else "the configuration's default"  # noqa: PLR2004 - a few by name
    return (
        Increment.MINOR,
        f"{told} would make the version major, but no maintainer's label says so: it becomes a minor one",
    )
