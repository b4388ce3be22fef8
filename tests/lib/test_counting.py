"""Counts as people read them."""

from __future__ import annotations

import pytest

from maximus.counting import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 changes"), (1, "1 change"), (2, "2 changes"), (1_200, "1,200 changes")]
)
def test_a_count_has_its_noun(count: int, text: str) -> None:
    """One thing is one, none and many are several, and thousands are told apart."""
    assert counted(count, "change") == text


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    """Not every one takes an `s`."""
    assert [counted(count, "entry", "entries") for count in (1, 2)] == ["1 entry", "2 entries"]
