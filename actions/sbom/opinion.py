"""`sbom --cross-check`: another generator's document held against the one that was just made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .findings import MAX_LISTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.sbom.baseline import Listed
    from maximus.sbom.opinions import Opinion, Other

    from ..face import Face

__all__ = ["SORTS", "read_opinion", "report_opinion"]

SORTS = ("hash", "version", "only-here", "only-there", "licence")
"""The sorts of `maximus.sbom.opinions`, known here without importing what `--help` does without."""
_TITLES = {
    "hash": "other digests",
    "version": "other versions",
    "only-here": "only here",
    "only-there": "only there",
    "licence": "other licences",
}


def read_opinion(name: str, face: Face) -> tuple[Other, Listed] | None:
    """Read the other document, before anything is written over it; None, with an error shown, where that fails.

    Raises Error SBOM050 (usage) for a file that is not there.
    """
    from maximus.files import hash_file  # noqa: PLC0415 - `--help` needs none of it
    from maximus.sbom.baseline import entries_of  # noqa: PLC0415 - likewise
    from maximus.sbom.foreign import load_sbom  # noqa: PLC0415 - likewise
    from maximus.sbom.opinions import Other  # noqa: PLC0415 - likewise

    path = Path(name)
    try:
        is_there = path.is_file()
    except OSError:
        # Longer than a path can be.
        is_there = False
    if not is_there:
        raise Error(
            "SBOM050",
            f"there is no document {name[:200]}",
            fix="Name another generator's CycloneDX or SPDX document in JSON.",
            where="input cross-check",
            status=ExitStatus.USAGE,
        )
    try:
        listed = entries_of(load_sbom(path), path.as_posix())
        return Other(path.name, hash_file(path).sha256, listed.tool), listed
    except Error as fault:
        # The inventory does not need it.
        face.fail(
            Error(
                "SBOM052",
                f"{path.as_posix()} cannot be compared",
                why=fault.why or fault.what,
                fix="Name another generator's CycloneDX or SPDX 2 document in JSON.",
                where="input cross-check",
            )
        )
        return None


def report_opinion(
    face: Face,
    folder: Path,
    ours: Listed,
    read: tuple[Other, Listed],
    refused: Sequence[str] = (),
) -> Path:
    """Write where the two inventories differ, show how much, and judge it; return the path of the JSON.

    `ours` is what this run found, `read` the other document; `refused` are the sorts of differences that fail it.
    """
    from maximus import documents  # noqa: PLC0415 - as in `read_opinion`
    from maximus.files import EVIDENCE, write_whole  # noqa: PLC0415 - likewise
    from maximus.sbom.opinions import as_document, compare_opinions, judge_opinion  # noqa: PLC0415 - likewise

    other, theirs = read
    opinion = compare_opinions(ours, theirs)
    made = as_document(other, opinion)
    documents.validate(made, "sbom-cross-check", "sbom-cross-check.json")
    path = folder / EVIDENCE / "sbom-cross-check.json"
    write_whole(path, documents.pretty(made))
    _show(face, other, opinion)
    verdict = judge_opinion(opinion, refused)
    face.judge(verdict)
    if verdict.status is Status.FAIL:
        face.fail(
            Error(
                "SBOM051",
                f"{verdict.measured} differences from {other.name} are of a class that `cross-check-policy` refuses",
                why=verdict.reason,
                fix=verdict.hint,
                where="input cross-check-policy",
            )
        )
    return path


def _show(face: Face, other: Other, opinion: Opinion) -> None:
    counts = {sort.value: count for sort, count in opinion.counts().items()}
    compared = {sort.value: count for sort, count in opinion.compared.items()}
    rows = [
        ("packages", f"{opinion.here.packages} here, {opinion.there.packages} there"),
        ("alike", str(opinion.shared)),
    ]
    rows += [
        (
            _TITLES[sort],
            f"{counts[sort]} of {compared[sort]} that both state" if sort in compared else str(counts[sort]),
        )
        for sort in SORTS
    ]
    by = f" ({other.tool})" if other.tool else ""
    face.table(f"Cross-check with {other.name}{by}", ("compared", "count"), rows)
    if opinion.there.repeated:
        count = counted(opinion.there.repeated, "component")
        face.say(f"{other.name} repeats {count} that it has already")
    if opinion.there.unnamed:
        count = counted(opinion.there.unnamed, "component")
        face.warn(f"{count} of {other.name} without a purl could not be compared")
    for sort in SORTS:
        listed = [item for item in opinion.disagreements if item.sort.value == sort]
        if not listed:
            continue
        lines = [
            item.purl + (f": {item.here} here, {item.there} there" if item.here else "") for item in listed[:MAX_LISTED]
        ]
        if len(listed) > MAX_LISTED:
            lines.append(f"... {len(listed) - MAX_LISTED} more are in sbom-cross-check.json")
        face.note(f"{_TITLES[sort]}: {len(listed)}", "\n".join(lines))
