"""A line of the log: what it holds, and how it is tied to all lines before it. Pure.

    {"created_at":"…","index":7,"prev":"<leaf hash of line 6>","prev_root":"<root over lines 1 to 6>","record":{…}}

The line is RFC 8785 and a line feed. `prev` makes the log a chain, `prev_root` commits each line to the whole tree in
front of it: with it the tail alone proves the nodes that appending needs (see `nodes`).
See: `schemas/evidence-log-line.schema.json`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import canonical, parse_json
from maximus.errors import Error, ExitStatus
from maximus.merkle import leaf_hash

from .limits import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.merkle import Frontier

__all__ = ["Line", "Malformed", "make_line", "parse_line"]

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_KEYS: Final = frozenset({"created_at", "index", "prev", "prev_root", "record"})


class Malformed(Exception):  # noqa: N818 - an answer; who reads the log knows the line
    """A line is none of a log; the text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log as it was read."""

    index: int
    """From 1."""
    created_at: str
    """When it was appended, UTC."""
    prev: str | None
    """The leaf hash of the line before it, hexadecimal; None for the first."""
    prev_root: str | None
    """The root over all lines before it, hexadecimal; None for the first."""
    record: Mapping[str, Any]
    leaf: bytes
    """The line's own leaf hash, over its bytes without the line feed."""


def make_line(record: Mapping[str, Any], created_at: str, frontier: Frontier, last: bytes | None) -> bytes:
    """Return the next line of a log with that frontier, whose last line has the leaf hash `last`.

    Raises Error LOG001 (usage) for a record that is too large, or that RFC 8785 cannot write.
    """
    prev = f'"{last.hex()}"' if last is not None else "null"
    root = f'"{frontier.root.hex()}"' if last is not None else "null"
    # All but the record is plain: put together by hand it costs half of what writing the whole as RFC 8785 does.
    head = f'{{"created_at":"{created_at}","index":{frontier.size + 1},"prev":{prev},"prev_root":{root},"record":'
    why = ""
    try:
        made = head.encode("ascii") + canonical(record) + b"}\n"
    except ValueError as fault:
        made, why = b"", str(fault)
    if len(made) > MAX_LINE:
        why = f"its line would have {len(made)} bytes, and at most {MAX_LINE} are kept"
    if why:
        raise Error(
            "LOG001",
            f"record {frontier.size + 1} cannot be appended",
            why=why,
            fix="Keep the large part in a file, and its SHA-256 in the record.",
            where="input entry",
            status=ExitStatus.USAGE,
        )
    return made


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_line(raw: bytes) -> Line:
    """Return a line's content; `raw` is without its line feed. Raises Malformed in words otherwise."""
    if len(raw) >= MAX_LINE:
        raise Malformed(f"is longer than {MAX_LINE} bytes")
    try:
        document = parse_json(raw, "it")
    except Error as fault:
        raise Malformed(f"is no JSON ({fault.why})") from fault
    if not isinstance(document, dict) or document.keys() != _KEYS:
        raise Malformed(f"has not the keys {', '.join(sorted(_KEYS))}")
    index, created_at, record = document["index"], document["created_at"], document["record"]
    if type(index) is not int or index < 1:
        raise Malformed("has no index from 1")
    if not isinstance(created_at, str) or not _is_time(created_at):
        raise Malformed("has no time such as 2026-01-31T12:00:00Z in `created_at`")
    if not isinstance(record, dict):
        raise Malformed("has no object as `record`")
    for key in ("prev", "prev_root"):
        value = document[key]
        if not (value is None and index == 1) and not (isinstance(value, str) and _HASH.fullmatch(value) and index > 1):
            raise Malformed(f"has no SHA-256 in `{key}`" if index > 1 else f"is the first and has a `{key}`")
    return Line(index, created_at, document["prev"], document["prev_root"], record, leaf_hash(raw))
