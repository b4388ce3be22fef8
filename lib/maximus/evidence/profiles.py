"""Documents of known kinds among the evidence: by what a file is recognised, and which schema it must hold to."""

from __future__ import annotations

import re
from typing import Any, Final

from maximus.documents import faults, parse_json, schema
from maximus.errors import Error

__all__ = ["kind_of", "profile_faults"]

_OURS: Final = "maximus-"
_SCORECARD: Final = frozenset({"sprint", "gates", "commit_sha"})
_MANIFEST: Final = frozenset({"version", "entries"})


def kind_of(document: Any) -> str:  # noqa: ANN401 - foreign JSON
    """Return the name of the schema that a document is to hold to; empty for a document of no known kind.

    Ours say their kind. A scorecard and a manifest of version 1 do not, and are known by their keys.
    """
    if not isinstance(document, dict):
        return ""
    kind = document.get("kind")
    if isinstance(kind, str) and kind.startswith(_OURS):
        return kind.removeprefix(_OURS) if _is_schema(kind.removeprefix(_OURS)) else ""
    if document.keys() >= _SCORECARD:
        return "scorecard-1"
    if document.keys() >= _MANIFEST and isinstance(document["entries"], list):
        return "evidence-manifest"
    return ""


def _is_schema(name: str) -> bool:
    if not re.fullmatch(r"[a-z][a-z0-9.-]*", name):
        return False
    try:
        schema(name)
    except KeyError:
        return False
    return True


def profile_faults(name: str, raw: bytes) -> tuple[bool, list[Error]]:
    """Return whether a JSON file is of a known kind, and what is wrong with it.

    A file that ends in `.json` and is none is a fault of its own: evidence is parsed before it counts.
    """
    try:
        document = parse_json(raw, name)
    except Error as fault:
        return False, [fault]
    kind = kind_of(document)
    wrong = faults(document, kind) if kind else ()
    if wrong:
        return True, [Error("EVID033", f"{name!r} does not hold to {kind}", why="; ".join(wrong), where=name)]
    return bool(kind), []
