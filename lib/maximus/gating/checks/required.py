"""`required`: words of which enough must stand in comments, strings or code, or anywhere in texts.

    - id: consciousness
      type: required
      words: [IIT, GWD, AST]
      paths: ["docs/architecture/consciousness-*.md"]
      source: golden rule, consciencia_compliant

Acronyms are whole words in their own case: `AST` is not in `FAST`. One of the words is enough, unless `each` says
that every one has to stand. See `wording` for the options; `at-least` is how many places there must be (default 1).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.gating.check import Finding, Place, Status
from maximus.gating.wording import read_rule, unread_reason

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields
    from maximus.gating.words import WordRule

__all__ = ["Required", "read"]


@dataclass(frozen=True, slots=True)
class Required:
    """The options."""

    rule: WordRule
    at_least: int
    """How many places there must be: of all words together, or of each."""
    each: bool
    """Whether every word has to stand as often."""

    def announce(self, context: Context) -> None:
        """Say what will be looked for, so that one search serves all checks."""
        context.tree.texts.expect(self.rule)

    def judge(self, context: Context) -> Finding:
        """Look for the words."""
        tally = context.tree.texts.find(self.rule)
        counts = Counter(match.word for match in tally.matches)
        few = [word for word in self.rule.words if counts[word] < self.at_least]
        is_enough = not few if self.each else counts.total() >= self.at_least
        unread = unread_reason(tally)
        # What is there is there, whatever could not be read; what is not may stand in what was not read.
        status = Status.PASS if is_enough else Status.UNMEASURED if unread else Status.FAIL
        missing = ", ".join(few if self.each else self.rule.words)
        reason = f"{missing} {'stand' if ',' in missing else 'stands'} in none of {tally.inspected} files"
        if counts.total():
            reason = f"{missing}: too few places"
        measured = min((counts[word] for word in self.rule.words), default=0) if self.each else counts.total()
        return Finding(
            status,
            tally.inspected,
            measured=measured,
            threshold=f">= {self.at_least}",
            unit="places of each word" if self.each else "places",
            reason="" if is_enough else "; ".join(part for part in (reason, unread) if part),
            hint="Write what the words stand for where the policy looks; its `paths` say where.",
            places=tuple(Place(path, 0, why) for path, why in tally.unread),
        )


def read(fields: Fields) -> Required:
    """Take the rule, `at-least` and `each` out of a policy's entry."""
    return Required(read_rule(fields), fields.whole("at-least", 1, least=1), fields.flag("each", default=False))
