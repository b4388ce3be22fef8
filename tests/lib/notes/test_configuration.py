"""What a configuration says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

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


def test_all_that_is_old_shares_one_notice() -> None:
    """Deprecated keys, keys without effect and old forms: one notice, which names them and the way out."""
    text = "latest: legacy\nreferences: [main]\nexclude-labels: skip\nhistory-limit: '5'\n"
    [notice] = read(text).notices
    assert [word in notice for word in ("`latest: legacy`", "references", "exclude-labels", "--check")] == [True] * 4


# The meanings of version 6, row by row where they reach the configuration.


def test_version_6_never_collapses_after_zero() -> None:
    """`collapse-after: 0` is -1 there, without a word about it."""
    made = read("compat: v6\ncategories: [{title: A, collapse-after: 0}, {title: B, label: b, collapse-after: 3}]")
    assert [category.collapse_after for category in made.categories] == [-1, 3]
    assert not any("collapse" in notice for notice in made.notices)


def test_version_7_says_that_zero_collapses() -> None:
    """Without `compat` the meaning is 7's, and a notice says what changed."""
    made = read("categories: [{title: A, collapse-after: 0}]")
    assert made.categories[0].collapse_after == 0
    assert any("collapse-after: 0" in notice for notice in made.notices)


def test_version_6_excludes_by_labels_or_paths() -> None:
    """Either drops a pull request there; in 7 both are needed, which is said."""
    text = "exclude-labels: [skip]\nexclude-paths: [docs/]\n"
    [both] = read(text).categories[0].when
    either = read(f"compat: v6\n{text}").categories[0].when
    assert (both.labels, both.paths) == (("skip",), ("docs/",))
    assert [(one.labels, one.paths) for one in either] == [(("skip",), ()), ((), ("docs/",))]
    assert any("exclude-paths" in notice for notice in read(text).notices if "either was enough" in notice)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("include-labels: [a]\ninclude-paths: [src]\n", "includes need both in either version"),
        ("change-template: '* $TITLE'\n", "templates"),
        ("template: x\n", "the default change template is 7's"),
        ("latest: legacy\n", "legacy is taken in both"),
        ("exclude-labels: skip\n", "bare texts are taken in both"),
        ("replacers: [{search: a, replace: '$<b>'}]\n", "replacement texts"),
        ("references: [main]\nbranches: [main]\n", "keys without effect"),
    ],
)
def test_all_else_is_the_same_in_both(text: str, same: str) -> None:
    """`compat: v6` touches only what its rows name."""
    old, new = read(f"compat: v6\n{text}"), read(text)
    assert (replace(old, compat="v7"), same) == (new, same)


def test_the_callers_word_beats_the_files() -> None:
    """The input `compat` wins over the key, both ways."""
    root = load_yaml("compat: v6\ncategories: [{title: A, collapse-after: 0}]", "f.yml")
    assert read_configuration(root, compat="v7").categories[0].collapse_after == 0
    plain = load_yaml("categories: [{title: A, collapse-after: 0}]", "f.yml")
    assert read_configuration(plain, compat="v6").categories[0].collapse_after == -1


def test_the_first_commits_count_from_a_date_in_version_6_only() -> None:
    """Elsewhere the key has no effect, whatever it holds, and is named as such."""
    assert read("compat: v6\ninitial-commits-since: 2026-01-31\n").initial_commits_since == "2026-01-31"
    passed_over = read("initial-commits-since: [x]\n")
    assert passed_over.initial_commits_since == ""
    assert "initial-commits-since" in passed_over.notices[0]
    assert "initial-commits-since: a date is needed" in faults("compat: v6\ninitial-commits-since: soon\n")


@pytest.mark.parametrize("key", ["compat", "escape", "title-from", "major-by"])
def test_own_keys_take_their_words_only(key: str) -> None:
    """A word that means nothing here would otherwise mean the default, silently."""
    assert f"{key}: it is " in faults(f"{key}: maybe")
