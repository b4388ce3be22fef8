"""What a configuration says, and what is wrong with it."""

from __future__ import annotations

import pytest

from maximus.errors import Error
from maximus.notes.categories import CategoryType
from maximus.notes.configuration import Configuration, read_configuration
from maximus.notes.versions import Increment
from maximus.yaml import load_yaml


def read(text: str) -> Configuration:
    """Return the configuration that a YAML text holds."""
    return read_configuration(load_yaml(text, "f.yml"))


def faults(text: str) -> str:
    """Return what is said about a wrong configuration."""
    with pytest.raises(Error) as caught:
        read(text)
    assert caught.value.code == "NOTES002"
    return caught.value.why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name-template: 2024", "name-template: a text is needed, this is a number (f.yml:1)"),
        ("exclude-labels: [1]", "exclude-labels[0]: a text is needed"),
        ("template:", "template: a text is needed, this is empty"),
        ("latest: 1", "latest: `true` or `false` is needed"),
        ("filter-by-commitish: yes", "filter-by-commitish: `true` or `false` is needed"),
        ("history-limit: 0", "history-limit: it is at least 1, not 0"),
        ("pull-request-limit: 1.5", "pull-request-limit: a whole number is needed"),
        ("sort-direction: up", "sort-direction: it is ascending or descending, not up"),
        ("replacers: [{search: '', replace: x}]", "replacers[0].search: it must not be empty"),
        ("replacers: [{search: x}]", "replacers[0].replace: it is missing"),
        ("categories: [{label: x}]", "categories[0].title: a category of the changelog needs a title"),
        ("categories: [{title: a}, {title: b}]", "only one category of the changelog can do without `when`"),
        ("categories: [{title: a, when: }]", "categories[0].when: a mapping is needed, this is empty"),
        ("categories: [{title: a, when: {conventional: false}}]", "conventional: `true` or a mapping is needed"),
        ("categories: [{type: pre-exclude, exclusive: true}]", "cannot be exclusive"),
        ("categories: [{title: a, collapse-after: -2}]", "it is at least -1, not -2"),
        ("version-resolver: {major: {}}", "version-resolver.major.labels: a list of labels is needed"),
        ("exclude-labels: [a]\ncategories: [{type: pre-exclude, when: {label: b}}]", "keep one of the two"),
        ("version-resolver: {default: minor}\ncategories: [{type: version-resolver}]", "keep one"),
        ("[]", "(top): a mapping is needed, this is a list"),
    ],
)
def test_a_wrong_value_names_its_key(text: str, said: str) -> None:
    """Nothing is coerced; the message has the key, what is needed, what was found and the line."""
    assert said in faults(text)


def test_all_faults_are_told_at_once() -> None:
    """Nobody mends a file one run at a time."""
    said = faults("template: 1\nsort-by: x\nreplacers: 3\n")
    assert [part.split(":")[0] for part in said.split("; ")] == ["template", "sort-by", "replacers"]


def test_unknown_keys_are_passed_over() -> None:
    """Files carry keys of other tools and of other years."""
    assert read("changeTemplate: 3\nwhatever: [x]\n") == Configuration()


@pytest.mark.parametrize(("text", "limit"), [("1e1", 10), ("7", 7), ("'9'", 9)])
def test_whole_numbers_in_any_form(text: str, limit: int) -> None:
    """A whole float is an integer, and quotes are an old form."""
    assert read(f"pull-request-limit: {text}").pull_request_limit == limit


@pytest.mark.parametrize(
    ("word", "meant"), [("Yes", True), ("'1'", True), ("ENABLED", True), ("off", False), ("n", False)]
)
def test_words_for_booleans(word: str, meant: bool) -> None:  # noqa: FBT001 - what is compared
    """`prerelease`, `latest` and `include-pre-releases` take them in any case."""
    assert read(f"prerelease: {word}").prerelease is meant


@pytest.mark.parametrize("text", ["latest: legacy", "exclude-labels: skip", "references: [main]", "history-limit: '5'"])
def test_old_forms_are_taken_with_a_notice(text: str) -> None:
    """What version 6 and earlier took still works, and the notice names it."""
    assert any(text.split(":", maxsplit=1)[0] in notice for notice in read(text).notices)


def test_deprecated_keys_share_one_notice() -> None:
    """Most real files have several of them; nobody reads a warning for each."""
    text = "exclude-labels: [a]\nversion-resolver: {major: {labels: [b]}}\ncategories: [{title: A, label: c}]\n"
    [notice] = read(text).notices
    assert "categories[].label(s), exclude-labels, version-resolver" in notice


def test_deprecated_keys_become_categories_behind_the_own() -> None:
    """Exclusion, inclusion, the fallback, then major, minor, patch."""
    made = read(
        "categories: [{title: A, labels: [a]}]\n"
        "version-resolver: {patch: {labels: [p]}, minor: {labels: [m]}, major: {labels: [M]}, default: minor}\n"
        "include-paths: [src]\nexclude-labels: [skip]\nexclude-paths: [docs]\n"
    ).categories
    assert [(item.type, item.increment) for item in made[1:]] == [
        (CategoryType.PRE_EXCLUDE, Increment.PATCH),
        (CategoryType.PRE_INCLUDE, Increment.PATCH),
        (CategoryType.RESOLVER, Increment.MINOR),
        (CategoryType.RESOLVER, Increment.MAJOR),
        (CategoryType.RESOLVER, Increment.MINOR),
        (CategoryType.RESOLVER, Increment.PATCH),
    ]


def test_a_categorys_own_labels_join_every_condition() -> None:
    """`label` and `labels` beside `when` are a shorthand."""
    [category] = read("categories: [{title: A, label: a, labels: [b], when: [{label: c}, {path: src}]}]").categories
    assert [condition.labels for condition in category.when] == [("b", "a", "c"), ("b", "a")]


def test_conditions_without_a_predicate_are_dropped() -> None:
    """A category whose conditions are all empty takes what is left over."""
    [category] = read("categories: [{title: A, when: [{}, {labels-mode: all}]}]").categories
    assert category.when == ()
