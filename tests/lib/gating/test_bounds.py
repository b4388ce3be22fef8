"""Bounds and numbers: exact from the text to the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.gating.bounds import Bound, read_bound, shown
from maximus.gating.check import Fault, Fields, read_number
from maximus.yaml import load_yaml

if TYPE_CHECKING:
    from fractions import Fraction


def _read(text: str) -> tuple[Bound | None, list[Fault]]:
    faults: list[Fault] = []
    return read_bound(Fields(load_yaml(f"threshold: {text!r}", "p.yml"), "", faults)), faults


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [(">= 90", "90", True), (">= 90", "89.999999999999999999", False), ("< 200", "200", False),
     ("<= 0.1", "1/10", True), ("== 0", "0.0", True), (">2/3", "0.6666666666666666", False), ("> -1", "0", True)],
)  # fmt: skip
def test_bounds_hold_exactly(text: str, value: str, *, holds: bool) -> None:
    """Closed and open, decimals and fractions, digits that a float would lose."""
    bound, faults = _read(text)
    number = read_number(value)
    assert bound is not None
    assert number is not None
    assert (bound.holds(number), faults) == (holds, [])


@pytest.mark.parametrize("text", ["90", ">=", "=> 90", ">= ninety", ">= 1e9", ">= 1/0", "!= 3", ">= 90 %", "~ 3"])
def test_what_is_no_bound_is_a_fault(text: str) -> None:
    """With how one is written."""
    bound, (fault,) = _read(text)
    assert bound is None
    assert "write `>= 90`, `< 200` or `== 0`" in fault.text


@given(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4))
def test_a_number_is_shown_as_it_is(number: Fraction) -> None:
    """What is shown reads back as the same number; nothing is rounded."""
    assert read_number(shown(number)) == number


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e400", "0x10", "1_000", "٣", "1/0", "1" * 31, "1.2.3", "--1"])
def test_what_is_no_number_is_none(text: str) -> None:
    """Neither words nor other digits, and nothing that is too long to mean anything."""
    assert read_number(text) is None
