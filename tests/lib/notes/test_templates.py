"""Templates, and text whose tokens do not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.notes.templates import fill, foreign, join, own, trim

TOKENS = st.text(alphabet="$AB_x \n", max_size=30)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("$A", "1"),
        ("$AB", "$AB"),
        ("$A_", "$A_"),
        ("$Ax", "1x"),
        ("$$A", "$1"),
        ("$", "$"),
        ("$a", "$a"),
        ("$NONE", "$NONE"),
        ("", ""),
    ],
)
def test_a_token_is_the_longest_run_of_capitals(template: str, made: str) -> None:
    """One without a value stays as it is."""
    assert fill(own(template), {"$A": own("1"), "$NONE": None}).value == made


def test_values_are_not_looked_into() -> None:
    """What was filled in is not filled in again by the same pass."""
    assert fill(own("$A$B"), {"$A": own("$B"), "$B": own("$A")}).value == "$B$A"


@given(TOKENS)
def test_a_strangers_text_comes_through_unchanged(text: str) -> None:
    """Whatever it holds, no later pass fills anything in."""
    once = fill(own("<$A>"), {"$A": foreign(text)})
    assert fill(once, {f"${name}": own("!") for name in ("A", "B", "AB", "A_", "B_")}).value == f"<{text}>"


@given(st.lists(st.tuples(TOKENS, st.booleans()), max_size=5))
def test_joining_keeps_every_guard(parts: list[tuple[str, bool]]) -> None:
    """The guarded places are exactly the dollar signs of the strangers' parts."""
    joined = join([foreign(text) if guarded else own(text) for text, guarded in parts], "|")
    assert joined.value == "|".join(text for text, _ in parts)
    assert len(joined.guarded) == sum(text.count("$") for text, guarded in parts if guarded)
    assert all(joined.value[offset] == "$" for offset in joined.guarded)


@given(TOKENS, st.integers(0, 30), st.integers(0, 30))
def test_cutting_keeps_the_guards_of_what_is_left(text: str, start: int, end: int) -> None:
    """A part of a guarded text is guarded the same way."""
    cut = foreign(text).cut(start, end)
    assert cut == foreign(text[start:end])


@pytest.mark.parametrize(("text", "trimmed"), [("\ufeff a \u2003", "a"), ("\x1ca\x85", "\x1ca\x85"), (" \n\t", "")])
def test_white_space_is_what_javascript_takes_for_it(text: str, trimmed: str) -> None:
    """U+FEFF is white, U+001C and U+0085 are not."""
    assert trim(own(text)).value == trimmed
