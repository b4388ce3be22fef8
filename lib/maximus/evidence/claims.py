"""What of a document is claimed, and what is telemetry: times, run ids and durations, which differ in every run. Pure.

Telemetry is what says so: a file called `telemetry.json` or `NAME.telemetry.json`, all below a folder `telemetry/`,
and the member `telemetry` of a document's top level. Documents of version 1 that others defined have theirs by name.
All else is a claim, and so is a time that nobody declared to be telemetry.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["claims_of", "first_difference", "is_telemetry"]

_WORD: Final = "telemetry"
_ABSENT: Final = object()
_DECLARED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "scorecard-1": (
        ("started_at",),
        ("finished_at",),
        ("slo_p95_ms",),
        ("gates", "*", "duration_ms"),
        # The bundle's own hash is over all of these.
        ("hashes", "evidence_zip"),
    ),
    "evidence-manifest": (("generated_at",),),
}


def is_telemetry(name: str, patterns: Sequence[str] = ()) -> bool:
    """Tell whether a whole file is telemetry, by its path or by a glob that the caller declares."""
    *folders, last = name.split("/")
    stem, _, suffix = last.rpartition(".")
    by_name = suffix in ("json", "jsonl", "ndjson") and (stem == _WORD or stem.endswith(f".{_WORD}"))
    return _WORD in folders or by_name or any(fnmatchcase(name, pattern) for pattern in patterns)


def claims_of(document: Any, kind: str) -> Any:  # noqa: ANN401 - foreign JSON
    """Return the document without its telemetry; what is left out is gone and not blanked."""
    if not isinstance(document, dict):
        return document
    kept = {key: value for key, value in document.items() if key != _WORD}
    for path in _DECLARED.get(kind, ()):
        kept = _without(kept, path)
    return kept


def _without(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - foreign JSON
    if not isinstance(value, dict):
        return value
    key, *rest = path
    if not rest:
        return {name: item for name, item in value.items() if name != key}
    return {name: _without(item, tuple(rest)) if key in ("*", name) else item for name, item in value.items()}


def first_difference(first: Any, second: Any) -> str | None:  # noqa: ANN401 - foreign JSON
    """Return the JSON pointer of the first place in which two documents differ; None where they do not.

    First is: keys by their order as text, items by their place. The pointer of the whole document is empty.
    Numbers are compared as RFC 8785 does: 1 and 1.0 are one number, and true is none.
    See: RFC 6901.
    """
    pending: list[tuple[str, Any, Any]] = [("", first, second)]
    while pending:
        pointer, one, other = pending.pop()
        match one, other:
            case dict(), dict():
                keys = sorted({*one, *other}, reverse=True)
                pending += [
                    (f"{pointer}/{_escaped(key)}", one.get(key, _ABSENT), other.get(key, _ABSENT)) for key in keys
                ]
            case list(), list():
                longer = range(max(len(one), len(other)) - 1, -1, -1)
                pending += [(f"{pointer}/{place}", _item(one, place), _item(other, place)) for place in longer]
            case _:
                if isinstance(one, bool) != isinstance(other, bool) or one != other:
                    return pointer
    return None


def _item(items: list[Any], place: int) -> Any:  # noqa: ANN401 - foreign JSON
    return items[place] if place < len(items) else _ABSENT


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
