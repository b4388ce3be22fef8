"""Compares runs by what they claim, and names the first file, and the first place in it, that is not the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.documents import parse_json
from maximus.errors import Error

from .claims import claims_of, first_difference
from .naming import in_order
from .profiles import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .runs import Run

__all__ = ["Difference", "compare"]

_MISSING: Final = "is not there"


@dataclass(frozen=True, slots=True)
class Difference:
    """A file in which a run differs from the first one."""

    run: str
    """The name of the run that differs."""
    file: str
    pointer: str
    """JSON pointer in the file; behind `line N ` where each line is a document; empty for the whole file."""
    what: str
    """In what it differs, as the end of a sentence."""

    @property
    def place(self) -> str:
        """The file and the pointer as one text, such as `verdicts.json#/verdicts/0/status`."""
        return f"{self.file}#{self.pointer}" if self.pointer else self.file


def compare(first: Run, others: Sequence[Run]) -> tuple[Difference, ...]:
    """Return the files in which any of the others differs from the first run, by run and then by name."""
    return tuple(difference for other in others for difference in _differences(first, other))


def _differences(first: Run, other: Run) -> Iterator[Difference]:
    for name in in_order({*first.files, *other.files}):
        one, two = first.files.get(name), other.files.get(name)
        if one is None:
            yield Difference(other.name, name, "", f"is only in {other.name}")
        elif two is None:
            yield Difference(other.name, name, "", f"{_MISSING}")
        elif (one.size, one.sha256) != (two.size, two.sha256):
            found = _first_place(name, first.content(name), other.content(name))
            if found is not None:
                yield Difference(other.name, name, *found)


def _first_place(name: str, one: bytes | None, two: bytes | None) -> tuple[str, str] | None:
    """Return pointer and words for the first claim that differs; None where only telemetry does."""
    if one is None or two is None:
        return "", "has another SHA-256"
    try:
        if name.endswith(".json"):
            return _in_documents(one, two, name)
        if name.endswith((".jsonl", ".ndjson")):
            return _in_lines(one, two, name)
    except Error:
        # One of them is no JSON: then the bytes speak for themselves.
        pass
    place = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return "", f"differs at byte {place + 1}"


def _in_documents(one: bytes, two: bytes, name: str) -> tuple[str, str] | None:
    left, right = parse_json(one, name), parse_json(two, name)
    pointer = first_difference(claims_of(left, kind_of(left)), claims_of(right, kind_of(right)))
    if pointer is None:
        return None
    return pointer, "claims something else there" if pointer else "is another document"


def _in_lines(one: bytes, two: bytes, name: str) -> tuple[str, str] | None:
    left, right = one.splitlines(), two.splitlines()
    for number, (a, b) in enumerate(zip(left, right, strict=False), start=1):
        found = _in_documents(a, b, name) if a != b else None
        if found is not None:
            return f"line {number} {found[0]}".rstrip(), found[1]
    if len(left) != len(right):
        return f"line {min(len(left), len(right)) + 1}", f"has {len(right)} lines and not {len(left)}"
    return None
