"""What a measured number is held against: `>= 90`, `< 200`, `== 0`; compared exactly, never rounded."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.gating.check import read_number

if TYPE_CHECKING:
    from fractions import Fraction

    from maximus.gating.check import Fields

__all__ = ["Bound", "read_bound", "shown"]

_FORM = re.compile(r"(?P<sign>>=|<=|==|>|<)\s*(?P<number>\S.*)")
_SIGNS = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound, closed or open, on one side or both."""

    sign: str
    number: Fraction

    def holds(self, value: Fraction) -> bool:
        """Tell whether a value keeps to it."""
        return bool(_SIGNS[self.sign](value, self.number))

    def __str__(self) -> str:
        """Return it as the table shows it."""
        return f"{self.sign} {shown(self.number)}"


def read_bound(fields: Fields, name: str = "threshold", default: str = "") -> Bound | None:
    """Return the bound under a key, or None where the key is not there and has no default."""
    text = fields.text(name, default)
    if not text:
        return None
    found = _FORM.fullmatch(text.strip())
    number = read_number(found["number"]) if found else None
    if not found or number is None:
        fields.fault(name, f"{text!r} is no bound: write `>= 90`, `< 200` or `== 0`")
        return None
    return Bound(found["sign"], number)


def shown(number: Fraction) -> str:
    """Return a number exactly: as a decimal where that ends, else as a fraction in lowest terms."""
    below = number.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    if below != 1:
        return f"{number.numerator}/{number.denominator}"
    if number.denominator == 1:
        return str(number.numerator)
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
    digits = str(abs(int(number * 10**places))).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
