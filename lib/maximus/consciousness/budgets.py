"""What a recording's numbers must keep to: `p95-ms <= 500`, `phi-proxy:unit-interval >= 0.85`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from maximus.consciousness.metrics import SCALES
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.consciousness.checking import Checked

__all__ = ["NUMBERS", "Budget", "judge", "read_budgets"]

NUMBERS: Final = ("p95-ms", "esgt-events", "arousal-min", "arousal-max", *(f"phi-proxy:{scale}" for scale in SCALES))
_LINE = re.compile(r"(?P<number>[a-z0-9:-]+)\s*(?P<sign><=|>=)\s*(?P<limit>-?[0-9]{1,15}(\.[0-9]{1,15})?)")


@dataclass(frozen=True, slots=True)
class Budget:
    """One number and its limit."""

    number: str
    is_most: bool
    """Whether the limit is the most (`<=`) or the least (`>=`)."""
    limit: str
    """As it was written."""

    def holds(self, value: Fraction) -> bool:
        """Tell whether a value keeps to it, exactly."""
        return value <= Fraction(self.limit) if self.is_most else value >= Fraction(self.limit)


def read_budgets(lines: Sequence[str]) -> tuple[Budget, ...]:
    """Return the budgets; raise Error CONS007 (usage) with all that cannot be read."""
    found, wrong = [], []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match and match["number"] == "phi-proxy":
            wrong.append(f"{line!r} names no scale: write `phi-proxy:unit-interval` or `phi-proxy:unbounded`")
        elif not match or match["number"] not in NUMBERS:
            wrong.append(f"{line!r} is no budget")
        else:
            found.append(Budget(match["number"], match["sign"] == "<=", match["limit"]))
    if wrong:
        raise Error(
            "CONS007",
            "; ".join(wrong),
            fix=f"A budget is NUMBER <= LIMIT or NUMBER >= LIMIT, the number one of {', '.join(NUMBERS)}.",
            where="input budgets",
            status=ExitStatus.USAGE,
        )
    return tuple(found)


def judge(budgets: Sequence[Budget], checked: Checked, document: dict[str, Any]) -> tuple[Verdict, ...]:
    """Return a verdict for each budget; a number that there is not, or on another scale, is unmeasured."""
    return tuple(_judge(budget, checked, document) for budget in budgets)


def _judge(budget: Budget, checked: Checked, document: dict[str, Any]) -> Verdict:
    check = "consciousness.budget-" + budget.number.replace(":", "-")
    sign = "at most" if budget.is_most else "at least"
    value, why = _value(budget, checked, document)
    threshold = f"{sign} {budget.limit}"
    if value is None:
        return Verdict(check, Status.UNMEASURED, 0, threshold=threshold, reason=why)
    holds = budget.holds(Fraction(str(value)))
    return Verdict(
        check,
        Status.PASS if holds else Status.FAIL,
        checked.good,
        measured=str(value),
        threshold=threshold,
        reason=why if holds else f"{budget.number} is {value}, {sign} {budget.limit} is asked for",
        code="" if holds else "CONS008",
    )


def _value(budget: Budget, checked: Checked, document: dict[str, Any]) -> tuple[float | None, str]:
    """Return the number that the budget is about, or why there is none."""
    name, _, scale = budget.number.partition(":")
    if name == "p95-ms":
        if checked.latency is None:
            return None, checked.no_latency
        # The clocks may be wrong by the bound; the worse end has to hold.
        bound = checked.latency.bound if budget.is_most else -checked.latency.bound
        return checked.latency.p95 + bound, f"with the clocks' bound of {checked.latency.bound} ms"
    if name == "phi-proxy":
        return _phi(document["phi_proxy"], scale)
    if name == "esgt-events":
        part, field, why = "esgt_events", "count", "no event was streamed, which proves nothing in this profile"
    else:
        part, field, why = "arousal_range", name.removeprefix("arousal-"), "fewer than two samples of arousal"
    return (document[part][field], "") if document[part] else (None, why)


def _phi(phi: dict[str, Any] | None, scale: str) -> tuple[float | None, str]:
    if phi is None:
        return None, "no file tells phi"
    if phi["scale"] != scale:
        return None, f"phi is on the scale {phi['scale']}, which is not compared with {scale}"
    return phi["value"], ""
