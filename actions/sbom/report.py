"""What `sbom` shows of an inventory: a row an ecosystem, what was left out, and what falls below a minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .chart import show_charts
from .findings import MAX_LISTED, first_of, show_findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.sbom.coverage import Coverage
    from maximus.sbom.model import Inventory
    from maximus.sbom.thresholds import Judged

    from ..face import Face
    from .dating import Dated

__all__ = ["counts", "judge_coverage", "say_nothing_found", "show_inventory"]


def counts(made: Inventory) -> dict[str, str]:
    """Return the outputs that count."""
    from maximus.sbom.coverage import measure  # noqa: PLC0415 - `--help` does without it

    whole = measure(made.components)
    return {
        "ecosystems": ",".join(sorted({component.ecosystem for component in made.components})),
        "licence_coverage": f"{whole.licences}/{whole.components}",
        "hash_coverage": f"{whole.sha256}/{whole.distributed}",
        "version_coverage": f"{whole.versions}/{whole.components}",
        "unknown": str(sum(1 for component in made.components if component.gaps)),
        "skipped": str(len(made.skipped)),
        "inside": str(len(made.inner)),
    }


def say_nothing_found(face: Face, root: str, broken: bool) -> None:  # noqa: FBT001 - one bit of the sentence
    """Say that there is nothing to inventory, and what to do where no lock is to blame."""
    face.headline(f"nothing could be inventoried in {root}" + (": no lock could be read" if broken else ""))
    if not broken:
        face.fail(
            Error(
                "SBOM001",
                f"nothing to inventory in {root}",
                why="it has no lock file or database that names a component",
                fix="Commit the lock of your package manager, or name another tree or image.",
                where="inputs path and image",
                status=ExitStatus.UNMEASURED,
            )
        )


def show_inventory(face: Face, made: Inventory, dated: Dated) -> None:
    """Show the coverage, one row an ecosystem, and say what was left out or is doubtful."""
    from maximus.sbom.coverage import measure  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.naming import visible  # noqa: PLC0415 - likewise

    for item in made.skipped[:MAX_LISTED]:
        face.say(f"left out: {visible(item.path)} ({item.reason})")
    if len(made.skipped) > MAX_LISTED:
        face.say(f"left out: {len(made.skipped) - MAX_LISTED} more")
    show_findings(face, made.findings)
    if not dated.reproducible:
        face.warn(
            f"the documents are dated by {dated.source} and are not reproducible elsewhere; "
            "scan a git checkout or set SOURCE_DATE_EPOCH"
        )
    ecosystems = sorted({component.ecosystem for component in made.components})
    rows = [
        _row(name, measure(component for component in made.components if component.ecosystem == name))
        for name in ecosystems
    ]
    whole = measure(made.components)
    if len(rows) > 1:
        rows.append(_row("all", whole))
    columns = (
        "ecosystem",
        "components",
        "direct",
        "exact version",
        "hash",
        "SHA-256",
        "SHA-512",
        "licence",
        "edges known",
    )
    show_charts(face, made.components)
    face.table("Inventory", columns, rows)
    if made.inner:
        carriers = len({item.inside for item in made.inner})
        face.say(
            f"inside {counted(carriers, 'component')}: {counted(len(made.inner), 'further component')}, "
            "as the SBOMs in them say; nested in the documents and counted apart"
        )
    size = f"{counted(whole.components, 'component')} in {counted(len(made.locks), 'lock file')}"
    face.headline(
        f"{size}; versions {whole.versions}/{whole.components}, "
        f"hashes {whole.hashes}/{whole.distributed}, licences {whole.licences}/{whole.components}"
    )


def judge_coverage(face: Face, judged: Sequence[Judged]) -> None:
    """Record what the minimums say, and name what falls below them; the documents are written by now."""
    below = []
    for item in judged:
        verdict = item.verdict
        face.judge(verdict)
        subject = verdict.check.removeprefix("sbom.min-")
        if item.exceptions:
            face.note(f"{subject}: {len(item.exceptions)} not known", first_of(item.exceptions))
        if verdict.status is Status.FAIL:
            below.append(subject)
            face.fail(
                Error(
                    "SBOM015",
                    f"{subject}: {verdict.measured} is below {verdict.threshold} percent",
                    why=verdict.reason,
                    fix=verdict.hint,
                    where=f"input min-{subject}",
                )
            )
    if below:
        face.headline(f"{face.record.headline}; below the minimum: {', '.join(below)}")


def _row(name: str, found: Coverage) -> tuple[str, ...]:
    return (
        name,
        str(found.components),
        str(found.direct),
        f"{found.versions}/{found.components}",
        f"{found.hashes}/{found.distributed}",
        f"{found.sha256}/{found.distributed}",
        f"{found.sha512}/{found.distributed}",
        f"{found.licences}/{found.components}",
        f"{found.edges}/{found.components}",
    )
