"""The modern form of a configuration means the same and keeps its comments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maximus.errors import Error
from maximus.notes.configuration import Configuration, read_configuration
from maximus.notes.modernising import modernise
from maximus.yaml import load_yaml
from tests.compat.cases import load_cases
from tests.compat.worlds import generate

OLD = """\
# How we draft
name-template: 'v$RESOLVED_VERSION'  # the name
categories:
  - title: '🚀 Features'
    labels:
      - 'feature'   # new things
      - 'enhancement'
  - title: "Fixes"
    label: bug
exclude-labels: skip-changelog
# the version
version-resolver:
  major:
    labels:
      - 'major'  # breaking
  default: minor
references:
  - main
template: |
  ## Changes

  $CHANGES
"""

NEW = """\
# the version
# How we draft
name-template: 'v$RESOLVED_VERSION'  # the name
categories:
  - title: '🚀 Features'
    when:
      labels:
        - 'feature' # new things
        - 'enhancement'
  - title: "Fixes"
    when:
      labels:
        - bug
  - type: pre-exclude
    when:
      labels:
        - skip-changelog
  - type: version-resolver
    semver-increment: minor
  - type: version-resolver
    semver-increment: major
    when:
      labels:
        - 'major' # breaking
template: |
  ## Changes

  $CHANGES
"""


def meaning(text: str) -> Configuration:
    """Return what a file says, whatever is to be said about it."""
    return replace(read_configuration(load_yaml(text, "f.yml")), notices=())


def test_the_modern_form_reads_as_a_person_would_write_it() -> None:
    """Comments, quotes and indentation stay; the comment of a key that went moves to the top."""
    made = modernise(OLD, "f.yml")
    assert made.text == NEW
    assert meaning(made.text) == meaning(OLD)
    assert [step.partition(" ")[0] for step in made.steps] == [
        "`label`", "`exclude-labels`", "`version-resolver`", "`references`"
    ]  # fmt: skip


def test_nothing_old_is_left_in_it() -> None:
    """Read again, the modern form has no notice, and making it modern again changes nothing."""
    made = modernise(OLD, "f.yml").text
    assert read_configuration(load_yaml(made, "f.yml")).notices == ()
    assert modernise(made, "f.yml") == replace(modernise(made, "f.yml"), text=made, steps=(), left=())


@pytest.mark.parametrize(
    "text",
    [
        "categories: [{title: A, label: a, labels: [b], when: [{label: c}, {path: src}]}]\n",
        "categories: [{title: A, label: a, when: {labels: [c], label: d}}]\n",
        "categories: [{title: A, labels: []}]\n",
        "exclude-labels: [a]\nexclude-paths: [b]\n",
        "compat: v6\nexclude-labels: [a]\nexclude-paths: [b]\ncategories: [{title: A, collapse-after: 0}]\n",
        "compat: v6\ninitial-commits-since: 2026-01-31\n",
        "include-labels: a\ninclude-paths: [b]\nexclude-labels: []\n",
        "version-resolver: {}\n",
        "version-resolver: {default: major, patch: {labels: p}}\n",
        "pull-request-limit: '5'\nfilter-by-commitish: 'true'\ncategories: [{title: A, collapse-after: '2'}]\n",
        "categories: [{title: A, when: {conventional: {types: feat}, paths: src}}]\n",
        "autolabeler: [{label: docs, files: '*.md'}]\n",
        "name-template: no\ntag-template: 2024-01-01\nheader: 1_000\nfooter: '012'\nexclude-labels: [on, 'y']\n",
    ],
)
def test_every_old_form_has_a_modern_one_that_means_the_same(text: str) -> None:
    """The configuration that is read from both is one and the same."""
    made = modernise(text, "f.yml")
    assert meaning(made.text) == meaning(text)
    assert not [notice for notice in read_configuration(load_yaml(made.text, "f.yml")).notices if "older" in notice]


def test_inherited_categories_are_not_displaced() -> None:
    """With `_extends` a `categories` of its own would take the place of the other file's."""
    made = modernise("_extends: base.yml\nexclude-labels: [a]\nreferences: [x]\n", "f.yml")
    assert "exclude-labels: [a]" in made.text
    assert made.left == ("`exclude-labels`: as a category it would take the place of inherited `categories`",)


def test_json_stays_json() -> None:
    """A configuration may be one."""
    made = modernise('{"exclude-labels": ["a"], "template": "x"}', "f.json")
    assert made.text.startswith("{\n")
    assert '"pre-exclude"' in made.text


def test_a_file_with_faults_has_no_modern_form() -> None:
    """All of them are told, as always."""
    with pytest.raises(Error) as caught:
        modernise("template: 1\nexclude-labels: [2]\n", "f.yml")
    assert caught.value.code == "NOTES002"


@pytest.mark.parametrize("seed", range(1, 60))
def test_generated_configurations_keep_their_meaning(seed: int) -> None:
    """What nobody wrote by hand, in many forms."""
    for path, text in generate(seed).world["repos"]["acme/app"]["files"]["*"].items():
        try:
            before = meaning(text.partition("_extends:")[0])
        except Error:
            continue
        made = modernise(text.partition("_extends:")[0], path)
        assert meaning(made.text) == before


def test_real_configurations_keep_their_meaning() -> None:
    """Every fourth of those among the shared cases with a resolver, where they are present: none is refused."""
    texts = {
        (path, text)
        for case in load_cases()
        for repository in case["world"]["repos"].values()
        for path, text in repository.get("files", {}).get("*", {}).items()
        if path.endswith((".yml", ".yaml")) and "_extends" not in text and "version-resolver" in text
    }
    for path, text in sorted(texts)[::4]:
        try:
            before = meaning(text)
        except Error:
            continue
        made = modernise(text, path)
        assert meaning(made.text) == before
        comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        assert all(line.strip() in made.text for line in comments)
