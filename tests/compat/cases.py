"""The shared cases: what release-drafter 7.7.0 wrote in 602 small worlds. Data of other projects, used where they lie.

`../shared/compat/draft-cases.json.gz` beside the project holds them; nothing of it is copied here.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakehub.server import Hub

__all__ = [
    "CASES",
    "COMPARED",
    "Outcome",
    "differences",
    "events",
    "load_cases",
    "read_outputs",
    "run_case",
    "run_world",
    "same_terms",
]

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "compat" / "draft-cases.json.gz"
"""Where the cases lie, on machines that have them."""
COMPARED = ("resolved_version", "major_version", "minor_version", "patch_version", "body")
"""The outputs that are compared."""


@functools.cache
def _document() -> dict[str, Any]:
    with gzip.open(CASES, "rt", encoding="utf-8") as stream:
        loaded: dict[str, Any] = json.load(stream)
    return loaded


def load_cases(kind: str = "drafter") -> list[dict[str, Any]]:
    """Return the cases for `draft`, or of another kind, in their order; none where the file is absent."""
    if not CASES.is_file():
        return []
    return [case for case in _document()["cases"] if case["kind"] == kind]


def events() -> dict[str, Any]:
    """Return the events by their key."""
    return dict(_document()["blobs"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What our run came to."""

    status: int
    writes: tuple[tuple[str, str, Mapping[str, Any]], ...]
    """Method, path and body of each."""
    outputs: Mapping[str, str]


def run_case(case: Mapping[str, Any], hub: Hub, folder: Path, action: str = "draft") -> Outcome:
    """Run the action as the runner does, in this process, and return what it came to."""
    return run_world(events()[case["event"]], case["env"], case["inputs"], hub, folder, action)


def run_world(  # noqa: PLR0913, PLR0917 - what a run consists of
    told: Mapping[str, Any],
    env: Mapping[str, str],
    inputs: Mapping[str, str],
    hub: Hub,
    folder: Path,
    action: str = "draft",
) -> Outcome:
    """Run the action with an event, an environment and inputs, as `run_case` does."""
    event, output, summary = folder / "event.json", folder / "output", folder / "summary"
    event.write_text(json.dumps(told), encoding="utf-8")
    output.write_text("", encoding="utf-8")
    environment = {
        **env,
        "GITHUB_API_URL": hub.api_url,
        "GITHUB_GRAPHQL_URL": hub.graphql_url,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(folder),
        "MAXIMUS_INPUTS": json.dumps({**inputs, "token": hub.token}),
    }
    status = command.main([action], environment)
    writes = tuple((write.method, write.path, write.body) for write in hub.writes)
    return Outcome(status, writes, read_outputs(output.read_text(encoding="utf-8")))


def read_outputs(text: str) -> dict[str, str]:
    """Return the outputs by name from the runner's file, whose entries are heredocs."""
    found = re.finditer(
        r"(?ms)^(?P<name>[\w-]+)<<(?P<mark>(?:maximus|ghadelimiter)[-_][\w-]+)\n(?P<value>.*?)\n(?P=mark)$", text
    )
    return {entry["name"]: entry["value"] for entry in found}


# A replacer may have taken the last line feed away.
_NO_BASELINE = re.compile(r"\n---\n> \[!WARNING\]\n.*?\n---(?:\n|\Z)", re.DOTALL)


def same_terms(body: str, outputs: Mapping[str, str]) -> str:
    """Return a body in the terms in which both sides agree.

    The text about a missing release is each project's own; and a version token in a title, which we leave alone,
    was expanded by the other.
    """
    variables = {
        "$RESOLVED_VERSION": outputs.get("resolved_version", ""),
        "$RESOLVED_VERSION_MAJOR": outputs.get("major_version", ""),
        "$RESOLVED_VERSION_MINOR": outputs.get("minor_version", ""),
        "$RESOLVED_VERSION_PATCH": outputs.get("patch_version", ""),
    }
    masked = _NO_BASELINE.sub("\n---\n(no release to compare with)\n---\n", body)
    return re.sub(r"\$[A-Z_]+", lambda found: variables.get(found[0], found[0]), masked)


def _without(body: str, numbers: Sequence[str]) -> str:
    """Return a body without the lines that name one of the pull requests."""
    return "\n".join(line for line in body.split("\n") if not any(f"#{number}" in line for number in numbers))


def differences(case: Mapping[str, Any], outcome: Outcome, compared: Sequence[str] = COMPARED) -> list[str]:
    """Return how our run differs from what was recorded; nothing where both agree."""
    expected = case["expected"]
    if expected["failed"] or expected["exit"]:
        found = [] if outcome.status else ["it passed where it had to fail"]
        return found + [f"it wrote all the same: {write}" for write in outcome.writes]
    if outcome.status:
        return [f"it failed with {outcome.status}"]
    wanted = [(write["method"], write["path"], write["body"]) for write in expected["writes"]]
    if [write[:2] for write in outcome.writes] != [write[:2] for write in wanted]:
        return [f"it wrote {[write[:2] for write in outcome.writes]}, not {[write[:2] for write in wanted]}"]
    late = [key.rpartition("#")[2] for key in case.get("index_lag_prs", ())]
    found = []
    for (_, _, body), (_, _, wanted_body) in zip(outcome.writes, wanted, strict=True):
        found += _differing(body, wanted_body, outcome.outputs, late)
    theirs = expected["outputs"]
    ours = {key: outcome.outputs.get(key, "") for key in compared}
    return found + _differing(ours, {key: theirs.get(key, "") for key in compared}, outcome.outputs, late)


def _differing(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], outputs: Mapping[str, str], late: Sequence[str]
) -> list[str]:
    """Return how two documents differ; `late` are the pull requests that only one side may have found."""

    def agree(key: str) -> bool:
        one, other = ours.get(key), theirs.get(key)
        if key != "body" or not isinstance(one, str) or not isinstance(other, str):
            return bool(one == other)
        one, other = same_terms(one, outputs), same_terms(other, outputs)
        return one == other or bool(late and _without(one, late) == _without(other, late))

    return [
        f"{key} is {ours.get(key)!r}, not {theirs.get(key)!r}" for key in sorted({*ours, *theirs}) if not agree(key)
    ]
