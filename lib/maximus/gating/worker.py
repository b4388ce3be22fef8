"""What runs in a process that searches texts: a task on the first line of its input, then one answer to each line."""

from __future__ import annotations

import json
import sys

from maximus.gating.search import Search
from maximus.gating.words import WordRule

__all__ = ["serve"]


def serve() -> None:
    """Answer each line of the standard input, a list of paths, with one line: what each rule found in them."""
    task = json.loads(sys.stdin.buffer.readline())
    search = Search(task["root"], [WordRule.from_document(rule) for rule in task["rules"]])
    for line in sys.stdin.buffer:
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
        sys.stdout.write(json.dumps(tallies) + "\n")
        sys.stdout.flush()
