"""What `forbidden` and `required` share: a rule about words out of a policy's entry, and what it found.

words: [TODO, FIXME]     whole words as they stand in the text; no patterns
in: comments             comments, strings, code or any (default any)
after: [pass]            the token of code right before: `raise` before a name, `pass` before a comment
languages: [python]      default: each that has such a part; `any`: every text
paths: ["src/**"]        default: every file of the tree; `!` takes out again
tests: exclude           include (default), exclude or only
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error
from maximus.gating.check import Place
from maximus.gating.words import ForTests, Within, WordRule

if TYPE_CHECKING:
    from maximus.gating.check import Fields
    from maximus.gating.search import Tally

__all__ = ["MAX_TEXT", "match_places", "read_rule", "unread_reason"]

MAX_TEXT = 100
"""Characters of a line that a place shows."""
_NOTHING = WordRule(("nothing",))


def read_rule(fields: Fields) -> WordRule:
    """Return the rule that an entry's fields describe; what is wrong with them is told as their fault."""
    words, after, languages = fields.texts("words"), fields.texts("after", ()), fields.texts("languages", ())
    within = Within(fields.choice("in", tuple(Within), Within.ANY.value))
    tests = ForTests(fields.choice("tests", tuple(ForTests), ForTests.INCLUDE.value))
    paths = fields.paths()
    try:
        return WordRule(
            words=words or _NOTHING.words,
            within=within,
            languages=languages,
            include=tuple(path for path in paths if not path.startswith("!") and path != "**"),
            exclude=tuple(path[1:] for path in paths if path.startswith("!")),
            tests=tests,
            after=after,
        )
    except Error as fault:
        key = "languages" if fault.code == "GATE303" else "words"
        fields.fault(key, f"{fault.what}: {fault.why}")
        return _NOTHING


def match_places(tally: Tally) -> tuple[Place, ...]:
    """Return where the words stand, each with the beginning of its line."""
    return tuple(Place(match.path, match.line, f"{match.word}: {match.text[:MAX_TEXT]}") for match in tally.matches)


def unread_reason(tally: Tally) -> str:
    """Return which files should have been read and were not; empty where all were."""
    if not tally.unread:
        return ""
    path, why = tally.unread[0]
    return f"{counted(len(tally.unread), 'file')} could not be read, the first: {path}: {why}"
