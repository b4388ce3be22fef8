"""What is said about each key of a configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maximus.errors import Error
from maximus.notes import configuration
from maximus.notes.configuration import DEPRECATED_KEYS, IGNORED_KEYS
from maximus.notes.explanation import KEYS, MODERN, explain
from maximus.yaml import load_yaml


def advice(text: str) -> dict[str, str]:
    """Return what is to be done about each key."""
    return {line.key: line.advice for line in explain(load_yaml(text, "f.yml")).lines}


def test_every_key_that_is_read_is_explained() -> None:
    """A key added to the reader without a sentence about it is found here."""
    source = Path(configuration.__file__).read_text(encoding="utf-8")
    read = set(re.findall(r'\(\s*(?:reading, )?keys,\s*"([a-z-]+)"', source))
    assert len(read) > 30
    assert read | {*DEPRECATED_KEYS, *IGNORED_KEYS} <= set(KEYS)
    assert set(MODERN) == set(DEPRECATED_KEYS)


def test_what_is_old_has_its_modern_form_beside_it() -> None:
    """Deprecated keys, keys without effect, and a category's own labels."""
    found = advice("exclude-labels: [a]\nreferences: [b]\ncategories: [{title: A, label: c}]\ntemplate: x\n")
    assert "pre-exclude" in found["exclude-labels"]
    assert "leave it out" in found["references"]
    assert "when: {labels" in found["categories"]
    assert found["template"] == ""


def test_a_slip_of_the_pen_is_told_from_another_tools_key() -> None:
    """Unknown keys are passed over, but one that is nearly ours is worth a question."""
    found = advice("chnage-template: x\nsort_by: title\ncompletely-other: 1\n")
    assert list(found.values()) == ["Did you mean `change-template`?", "Did you mean `sort-by`?", ""]


def test_titles_that_keep_mentions_are_named() -> None:
    """Where `change-title-escapes` lacks @ or <."""
    assert "escape: strict" in advice("change-title-escapes: '*'")["change-title-escapes"]
    assert advice("change-title-escapes: '@<'")["change-title-escapes"] == ""


def test_all_faults_are_told_at_once_with_line_and_key() -> None:
    """Of the notes, of the labels and of the range alike."""
    text = "template: 1\nautolabeler: [{label: 2}]\nfilter-by-range: latest\nsort-by: x\n"
    text += "categories: [{title: A, when: 3}]\n"
    with pytest.raises(Error) as caught:
        explain(load_yaml(text, "f.yml"))
    assert [re.sub(r":.*\(", " (", part) for part in sorted(caught.value.why.split("; "))] == [
        "autolabeler[0].label (f.yml:2)",
        "categories[0].when (f.yml:5)",
        "filter-by-range (f.yml:3)",
        "sort-by (f.yml:4)",
        "template (f.yml:1)",
    ]


def test_a_replacer_that_will_be_left_out_is_named() -> None:
    """Its expression is none."""
    found = explain(load_yaml("replacers: [{search: '/(/', replace: x}, {search: '/a/', replace: b}]", "f.yml"))
    [warning] = found.warnings
    assert warning.startswith("the replacer '/(/' will be left out")
