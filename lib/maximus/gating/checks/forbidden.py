"""`forbidden`: words that must not stand in comments, strings or code, whole and told apart by language.

    - id: no-placeholder
      type: forbidden
      words: [TODO, FIXME]
      in: comments
      tests: exclude
      source: golden rule, no_placeholder

`TODO` is neither in `TODOS` nor in a text that a program prints. A file that cannot be read leaves the check
unmeasured, unless others fail it. See `wording` for the options; `at-most` is how many may stand (default 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.gating.check import Finding, Place, Status
from maximus.gating.wording import match_places, read_rule, unread_reason

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields
    from maximus.gating.words import WordRule

__all__ = ["Forbidden", "read"]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The options."""

    rule: WordRule
    at_most: int
    """How many such words may stand there."""

    def announce(self, context: Context) -> None:
        """Say what will be looked for, so that one search serves all checks."""
        context.tree.texts.expect(self.rule)

    def judge(self, context: Context) -> Finding:
        """Look for the words."""
        tally = context.tree.texts.find(self.rule)
        count = len(tally.matches)
        unread = unread_reason(tally)
        is_too_much = count > self.at_most
        files = len({match.path for match in tally.matches})
        status = Status.FAIL if is_too_much else Status.UNMEASURED if unread else Status.PASS
        found = f"{counted(count, 'place')} in {counted(files, 'file')}"
        unread_places = tuple(Place(path, 0, why) for path, why in tally.unread)
        return Finding(
            status,
            tally.inspected,
            measured=count,
            threshold=f"<= {self.at_most}",
            unit="places",
            reason="; ".join(part for part in (found if is_too_much else "", unread) if part),
            hint="Finish what the words stand for, or say in a waiver who lets it pass, why and until when.",
            places=(match_places(tally) if is_too_much else ()) + unread_places,
        )


def read(fields: Fields) -> Forbidden:
    """Take the rule and `at-most` out of a policy's entry."""
    return Forbidden(read_rule(fields), fields.whole("at-most", 0))
