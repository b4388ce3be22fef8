"""The `.env` beside a compose file: what docker compose puts in the place of variables unless it is told otherwise.

Only assignments are read, and of their values only those are used that an `image` names: the rest may be secrets.
See https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/.
"""

from __future__ import annotations

import re
from typing import Final

from maximus.errors import Error
from maximus.sbom import parsing

__all__ = ["FILE", "MAX_FILLED", "MAX_ROUNDS", "variables_in"]

FILE: Final = ".env"
MAX_FILLED: Final = 2_000
"""Characters of a value, and of a reference with its variables filled in."""
MAX_ROUNDS: Final = 10
"""How often a variable may lead to another."""

_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*[=:][ \t]*(.*)")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")


def variables_in(raw: bytes) -> dict[str, str]:
    """Return the assignments of such a file, the last of a name; none where it is no text."""
    try:
        text = parsing.decode(raw, FILE)
    except Error:
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _ASSIGNMENT.fullmatch(line):
            found[match[1]] = _value(match[2][: 2 * MAX_FILLED])[:MAX_FILLED]
    return found


def _value(written: str) -> str:
    """Return a value without its quotes, or without the comment behind it."""
    quote = written[:1]
    if quote in ("'", '"') and (end := written.find(quote, 1)) > 0:
        return written[1:end]
    return _COMMENT.sub("", written, count=1).strip()
