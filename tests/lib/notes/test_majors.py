"""Who makes a version major."""

from __future__ import annotations

from maximus.changes import Change
from maximus.notes.categories import Category, CategoryType, Condition, Conventional
from maximus.notes.majors import contested_labels, increment_by_maintainers
from maximus.notes.versions import Increment

BY_LABEL = Category(CategoryType.RESOLVER, when=(Condition(labels=("breaking",)),), increment=Increment.MAJOR)
BY_TITLE = Category(
    title="Breaking", when=(Condition(conventional=Conventional(breaking=True)),), increment=Increment.MAJOR
)
ALWAYS = Category(CategoryType.RESOLVER, increment=Increment.MAJOR)
LABELLED = Change(title="x", number=1, labels=("breaking", "bug"))
TITLED = Change(title="feat!: x", number=2)


def test_a_maintainers_label_makes_it_major() -> None:
    """The label that the rule is about, set by somebody who may write."""
    assert increment_by_maintainers((LABELLED,), (BY_LABEL,), {"#1": {"breaking"}}) == (Increment.MAJOR, "")


def test_a_label_of_unknown_origin_does_not() -> None:
    """Not known is not set: the version becomes a minor one, which is said."""
    by, told = increment_by_maintainers((LABELLED,), (BY_LABEL,), {})
    assert by is Increment.MINOR
    assert told.startswith("#1 would make the version major")
    assert increment_by_maintainers((LABELLED,), (BY_LABEL,), {"#1": {"bug"}})[0] is Increment.MINOR


def test_a_strangers_title_does_not() -> None:
    """`feat!:` is anybody's to write; a label of another rule does not vouch for it."""
    by, told = increment_by_maintainers((TITLED, LABELLED), (BY_TITLE,), {"#2": {"breaking"}})
    assert (by, told[:3]) == (Increment.MINOR, "#2 ")


def test_a_default_alone_does_not() -> None:
    """`default: major` beside this option means nothing: no maintainer's label says so."""
    by, told = increment_by_maintainers((TITLED,), (ALWAYS,), {})
    assert (by, told.partition(" would")[0]) == (Increment.MINOR, "the configuration's default")


def test_what_is_not_major_is_left_as_it_is() -> None:
    """Only majors are asked about."""
    minor = Category(CategoryType.RESOLVER, when=(Condition(labels=("bug",)),), increment=Increment.MINOR)
    assert increment_by_maintainers((LABELLED,), (minor,), {}) == (Increment.MINOR, "")
    assert contested_labels((LABELLED,), (minor,)) == {}


def test_an_exclusive_rule_before_it_takes_the_change_away() -> None:
    """A change that the major rule never sees is not asked about."""
    first = Category(CategoryType.RESOLVER, when=(Condition(labels=("bug",)),), exclusive=True)
    assert contested_labels((LABELLED,), (first, BY_LABEL)) == {}
