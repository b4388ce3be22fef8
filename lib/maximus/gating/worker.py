"""What runs in a process that searches texts: a task on the first line it is given, then one answer to each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from maximus.gating.search import Search
from maximus.gating.words import WordRule

if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

__all__ = ["serve"]


def serve(asked: BinaryIO, answers: TextIO) -> None:
    """Answer each line that is asked, a list of paths, with one line: what each rule found in them."""
    task = json.loads(asked.readline())
    search = Search(task["root"], [WordRule.from_document(rule) for rule in task["rules"]])
    for line in asked:
        tallies = [
            {
                "inspected": tally.inspected,
                "matches": [(match.path, match.line, match.word, match.text) for match in tally.matches],
                "unread": tally.unread,
                "binary": tally.binary,
            }
            for tally in search.files(json.loads(line))
        ]
        # ASCII, so that the surrogates in names that are not UTF-8 come through.
        answers.write(json.dumps(tallies) + "\n")
        answers.flush()
