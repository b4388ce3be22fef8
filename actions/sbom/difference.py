"""`sbom --base`: what changed since an earlier inventory, written, shown, and held to what may change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.counting import counted
from maximus.errors import Error
from maximus.verdict import Status, Verdict

from .findings import MAX_LISTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.sbom.baseline import Listed
    from maximus.sbom.comparison import Change, Comparison
    from maximus.sbom.difference import Base

    from ..face import Face

__all__ = ["CLASSES", "report_difference"]

CLASSES = (
    "hash-changed", "downgraded", "upgraded", "version-changed", "added", "removed", "renamed", "licence-changed",
    "producer-changed", "source-changed", "scope-changed", "direct-changed",
)  # fmt: skip
"""The classes of `maximus.sbom.comparison`, known here without importing what `--help` does without."""


def report_difference(  # noqa: PLR0913 - what is compared, and what is asked for
    face: Face,
    folder: Path,
    base: Base,
    sides: tuple[Listed, Listed] | None,
    *,
    document: dict[str, Any],
    policy: Sequence[str] = (),
    output: str = "",
) -> Path:
    """Write what changed since the base, show how much, warn of every alarm and judge by the policy.

    `sides` are the packages then and now, None for a first release; `document` is this run's CycloneDX document.
    Returns the path of the JSON.
    """
    from maximus import documents  # noqa: PLC0415 - `--help` needs none of it
    from maximus.files import EVIDENCE, write_whole  # noqa: PLC0415 - likewise
    from maximus.sbom.comparison import compare  # noqa: PLC0415 - likewise
    from maximus.sbom.difference import as_document, as_markdown  # noqa: PLC0415 - likewise
    from maximus.sbom.paths import ways_in  # noqa: PLC0415 - likewise

    found = None
    if sides is None:
        face.say(f"there is no tag {base.name}: this is the first release, and nothing to compare it with")
    else:
        then, now = sides
        if then.phase and now.phase and then.phase != now.phase:
            base = replace(base, phase=then.phase)
        found = compare(then.entries, now.entries, ways_in(document))
        _show(face, base, found)
    made = as_document(base, found)
    path = folder / EVIDENCE / "sbom-diff.json"
    documents.validate(made, "sbom-diff", "sbom-diff.json")
    texts = {".json": documents.pretty(made), ".md": as_markdown(base, found)}
    write_whole(path, texts[".json"])
    write_whole(path.with_suffix(".md"), texts[".md"])
    if output:
        write_whole(Path(output), texts[".json" if output.endswith(".json") else ".md"])
    if found is not None and policy:
        _judge(face, base, found, policy)
    return path


def _show(face: Face, base: Base, found: Comparison) -> None:
    face.table(f"Since {base.name}", ("change", "count"), [(k.value, str(n)) for k, n in found.counts().items()])
    if base.unnamed:
        face.warn(f"{counted(base.unnamed, 'component')} of {base.name} without a purl could not be compared")
    if base.tool:
        face.say(f"{base.name} was made by {base.tool}: part of the difference may come from that")
    alarms = [change for change in found.changes if change.kind.value == "hash-changed"]
    for change in alarms[:MAX_LISTED]:
        face.warn(f"alarm: {change.purl} is the same version with another hash: {change.before} -> {change.after}")
    if len(alarms) > MAX_LISTED:
        face.warn(f"{len(alarms) - MAX_LISTED} more alarms are in sbom-diff.json")


def _judge(face: Face, base: Base, found: Comparison, policy: Sequence[str]) -> None:
    """Record whether anything changed that may not, and name it."""
    refused = [change for change in found.changes if change.kind.value in policy]
    face.judge(
        Verdict(
            check="sbom.diff",
            status=Status.FAIL if refused else Status.PASS,
            inspected=found.after.components,
            measured=len(refused),
            threshold=0,
            unit="changes",
            reason=f"{len(refused)} changes of a class that `diff-policy` refuses" if refused else "",
            hint="Look at each, and release on purpose or not at all." if refused else "",
            code="SBOM019" if refused else "",
        )
    )
    if refused:
        shown = [_told(change) for change in refused[:MAX_LISTED]]
        shown += [f"{len(refused) - MAX_LISTED} more are in sbom-diff.json"] if len(refused) > MAX_LISTED else []
        face.note(f"refused: {counted(len(refused), 'change')}", "\n".join(shown))
        face.fail(
            Error(
                "SBOM019",
                f"{counted(len(refused), 'change')} since {base.name} of a class that `diff-policy` refuses",
                why=", ".join(sorted({change.kind.value for change in refused})),
                fix="Look at each in evidence/sbom-diff.md; release on purpose without the class, or not at all.",
                where="input diff-policy",
            )
        )


def _told(change: Change) -> str:
    sides = " -> ".join(text for text in (change.before, change.after) if text)
    return f"{change.kind.value}: {change.purl}" + (f" ({sides})" if sides else "")
