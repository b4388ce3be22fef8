"""Which change stands where, and what it does to the version."""

from __future__ import annotations

import pytest

from maximus.changes import Change
from maximus.notes.categories import (
    Category,
    CategoryType,
    Condition,
    Conventional,
    Mode,
    admitted,
    assign,
    parse_title,
    resolve_increment,
)
from maximus.notes.versions import Increment


def change(title: str = "x", *, labels: tuple[str, ...] = (), files: tuple[str, ...] = (), number: int = 1) -> Change:
    """Return a change."""
    return Change(title, number=number, repository="acme/app", labels=labels, files=files)


def takes(condition: Condition, made: Change) -> bool:
    """Tell whether a category with the condition takes the change."""
    _, [(_, members)] = assign([made], [Category(title="A", when=(condition,))])
    return bool(members)


@pytest.mark.parametrize(
    ("mode", "labels", "taken"),
    [
        (Mode.ANY, ("a",), True),
        (Mode.ANY, ("c",), False),
        (Mode.ALL, ("a",), False),
        (Mode.ALL, ("a", "b", "c"), True),
        (Mode.ONLY, ("a",), True),
        (Mode.ONLY, ("a", "c"), False),
        (Mode.ONLY, (), False),
        (Mode.EXACTLY, ("b", "a"), True),
        (Mode.EXACTLY, ("a", "b", "c"), False),
        (Mode.ANY, ("A",), False),
    ],
)
def test_labels_are_compared_as_sets(mode: Mode, labels: tuple[str, ...], taken: bool) -> None:  # noqa: FBT001 - what is compared
    """Overlap, all, only and exactly, with their case."""
    assert takes(Condition(labels=("a", "b"), labels_mode=mode), change(labels=labels)) is taken


@pytest.mark.parametrize(
    ("patterns", "mode", "files", "taken"),
    [
        (("src",), Mode.ANY, ("lib/src/a.py",), True),
        (("/src",), Mode.ANY, ("lib/src/a.py",), False),
        (("SRC/**",), Mode.ANY, ("src/a.py",), True),
        (("!x",), Mode.ANY, ("y",), False),
        (("[z-a]",), Mode.ANY, ("z",), False),
        (("*.md", "src"), Mode.ALL, ("a.md",), False),
        (("*.md", "src"), Mode.ALL, ("a.md", "src/x", "y"), True),
        (("*.md",), Mode.ONLY, ("a.md", "y"), False),
        (("*.md", "docs"), Mode.ONLY, ("a.md", "b.md"), True),
        (("*.md", "src"), Mode.EXACTLY, ("a.md", "src/x"), True),
        (("*.md", "src"), Mode.EXACTLY, ("a.md",), False),
        (("*",), Mode.ANY, (), False),
    ],
)
def test_paths_are_matched_as_gitignore_does(
    patterns: tuple[str, ...],
    mode: Mode,
    files: tuple[str, ...],
    taken: bool,  # noqa: FBT001 - what is compared
) -> None:
    """Each pattern by itself, whatever the case; no files, no match."""
    assert takes(Condition(paths=patterns, paths_mode=mode), change(files=files)) is taken


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("feat: x", ("feat", "", False)),
        ("feat(api)!: x", ("feat", "api", True)),
        ("docs(a)(b): x", ("docs", "a)(b", False)),
        ("feat!: x", ("feat", "", True)),
        ("feat:x", None),
        (": x", None),
        ("a b: x", None),
    ],
)
def test_a_conventional_title_is_read_from_its_start(title: str, parts: tuple[str, str, bool] | None) -> None:
    """Type, greedy scope, `!`, colon and blank; anything else is no such title."""
    found = parse_title(title)
    assert (found and (found.type, found.scope, found.is_breaking)) == parts


@pytest.mark.parametrize(
    ("wanted", "title", "taken"),
    [
        (Conventional(), "anything: x", True),
        (Conventional(types=("feat", "fix")), "fix: x", True),
        (Conventional(types=("feat",)), "Feat: x", False),
        (Conventional(scopes=("api",)), "feat: x", False),
        (Conventional(breaking=True), "feat: x", False),
        (Conventional(breaking=False), "feat!: x", False),
    ],
)
def test_titles_are_matched_by_their_parts(wanted: Conventional, title: str, taken: bool) -> None:  # noqa: FBT001 - what is compared
    """Empty lists allow anything; the case counts."""
    assert takes(Condition(conventional=wanted), change(title)) is taken


def test_predicates_of_a_condition_hold_together() -> None:
    """Excluding by label and path at once drops only what has both."""
    rule = Category(CategoryType.PRE_EXCLUDE, when=(Condition(labels=("skip",), paths=("docs",)),))
    both, one = change(labels=("skip",), files=("docs/a",)), change(labels=("skip",), files=("src/a",))
    assert admitted([both, one], [rule]) == (one,)


def test_inclusions_are_alternatives_and_exclusion_has_the_last_word() -> None:
    """All pre-includes first, then any pre-exclude."""
    rules = [
        Category(CategoryType.PRE_EXCLUDE, when=(Condition(labels=("x",)),)),
        Category(CategoryType.PRE_INCLUDE, when=(Condition(labels=("a",)),)),
        Category(CategoryType.PRE_INCLUDE, when=(Condition(labels=("b",)),)),
    ]
    changes = [change(labels=labels) for labels in (("a",), ("b",), ("c",), ("a", "x"))]
    assert admitted(changes, rules) == tuple(changes[:2])


def test_a_change_stands_in_every_category_until_an_exclusive_one() -> None:
    """`exclusive` stops the later ones; the rest goes to the category without conditions, wherever it stands."""
    rules = [
        Category(title="rest"),
        Category(title="a", when=(Condition(labels=("a",)),)),
        Category(title="b", when=(Condition(labels=("b",)),), exclusive=True),
        Category(title="c", when=(Condition(labels=("c",)),)),
    ]
    changes = [change(labels=("a", "b", "c"), number=1), change(number=2), change(labels=("c",), number=3)]
    left, listed = assign(changes, rules)
    assert left == ()
    assert {category.title: [item.number for item in members] for category, members in listed} == {
        "rest": [2], "a": [1], "b": [1], "c": [3],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "by"),
    [(("x",), Increment.MINOR), (("m",), Increment.MAJOR), (("p",), Increment.PATCH), (("p", "m"), Increment.MAJOR)],
)
def test_a_resolver_without_conditions_is_the_fallback(labels: tuple[str, ...], by: Increment) -> None:
    """It counts only where no other resolver matched anything."""
    rules = [
        Category(CategoryType.RESOLVER, increment=Increment.MINOR),
        Category(CategoryType.RESOLVER, when=(Condition(labels=("m",)),), increment=Increment.MAJOR),
        Category(CategoryType.RESOLVER, when=(Condition(labels=("p",)),), increment=Increment.PATCH),
    ]
    assert resolve_increment([change(labels=labels)], rules) is by


def test_changelog_categories_contribute_for_what_stands_in_them() -> None:
    """An empty heading does nothing to the version."""
    rules = [
        Category(title="big", when=(Condition(labels=("big",)),), increment=Increment.MAJOR),
        Category(title="rest", increment=Increment.MINOR),
    ]
    assert resolve_increment([change()], rules) is Increment.MINOR
