"""What this suite wrote into a draft, told from what somebody else wrote: one marker line with a nonce and a hash.

    <!-- maximus:notes nonce=0123456789abcdef lines=12 sha256=… -->

The lines that follow, as many as the marker says, are ours as long as the hash fits; everything around them is
somebody's and stays. The hash covers the nonce, so that a part cannot be taken over from another draft.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import assert_never

from maximus.notes.limits import MAX_BODY, fit, units

__all__ = ["EDITED", "FULL", "Edited", "Foreign", "Ours", "Placed", "find_part", "marked", "place_notes"]

EDITED = "somebody edited the notes between the marker's lines; they were left as they are"
FULL = "what somebody wrote around the notes leaves no room for them; the draft's text was left as it is"
MARKER_ROOM = 160
"""Characters that a marker and the line feeds around it take at most."""
MIN_ROOM = 1_000
"""Characters below which notes are not worth placing."""

_MARKER = re.compile(
    r"^<!-- maximus:notes nonce=(?P<nonce>[0-9a-f]{16}) lines=(?P<lines>[0-9]{1,7}) "
    r"sha256=(?P<hash>[0-9a-f]{64}) -->[ \t]*\r?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Ours:
    """A part that is as this suite wrote it, and the text around it."""

    before: str
    after: str
    nonce: str

    def replaced(self, part: str) -> str:
        """Return the whole body with another part in the same place."""
        return self.before + marked(part, self.nonce) + self.after


@dataclass(frozen=True, slots=True)
class Edited:
    """A body with a marker whose hash does not fit any more: somebody edited the part itself."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A body without a marker: nothing in it is known to be ours."""


def marked(part: str, nonce: str) -> str:
    """Return the part with its marker line in front and a line feed behind; `nonce` has 16 hexadecimal digits."""
    # A lone carriage return at a line's end would become one with its line feed.
    text = part.replace("\r", "").rstrip("\n")
    lines = text.count("\n") + 1
    return f"<!-- maximus:notes nonce={nonce} lines={lines} sha256={_hash(text, nonce)} -->\n{text}\n"


def _hash(text: str, nonce: str) -> str:
    return hashlib.sha256(f"{nonce}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def find_part(body: str) -> Ours | Edited | Foreign:
    """Return what a draft's body is: with a part of ours, with one that somebody edited, or somebody's altogether.

    Line ends count as one kind: an editor in a browser turns them into CR LF.
    """
    is_marked = False
    for found in _MARKER.finditer(body):
        is_marked = True
        lines = _lines(body[found.end() + 1 :])
        count = int(found["lines"])
        part = "".join(lines[:count]).replace("\r", "").rstrip("\n")
        if len(lines) >= count and _hash(part, found["nonce"]) == found["hash"]:
            return Ours(body[: found.start()], "".join(lines[count:]), found["nonce"])
    return Edited() if is_marked else Foreign()


def _lines(text: str) -> list[str]:
    """Return the lines with their line feeds; nothing else ends a line here."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


@dataclass(frozen=True, slots=True)
class Placed:
    """What a draft's body is to become."""

    body: str | None
    """None where the body that is there is left as it is."""
    cut: int = 0
    """How many lines did not fit."""
    reason: str = ""
    """Why the body is left as it is."""
    loses: bool = False
    """Whether text goes that is not known to be ours."""


def place_notes(old: str | None, notes: str, sections: str, *, nonce: str | None) -> Placed:
    """Return what becomes of a draft's body (None: there is no draft yet) with new notes and our sections behind them.

    With a nonce the notes are marked, and what stands around marked ones is kept; without one they are the whole
    body, as release-drafter has it.
    """
    if nonce is None:
        body, cut = fit(notes, sections)
        return Placed(body, cut, loses=_loses(old, body))
    part = Foreign() if old is None else find_part(old)
    match part:
        case Edited():
            return Placed(None, reason=EDITED)
        case Foreign():
            body, cut = fit(notes, sections, limit=MAX_BODY - MARKER_ROOM)
            whole = marked(body, nonce)
            return Placed(whole, cut, loses=_loses(old, whole))
        case Ours():
            room = MAX_BODY - MARKER_ROOM - units(part.before) - units(part.after)
            if room < MIN_ROOM + units(sections):
                return Placed(None, reason=FULL)
            body, cut = fit(notes, sections, limit=room)
            return Placed(part.replaced(body), cut)
        case _ as never:
            assert_never(never)


def _loses(old: str | None, new: str) -> bool:
    return bool(old and old.strip()) and (old or "").replace("\r\n", "\n") != new
