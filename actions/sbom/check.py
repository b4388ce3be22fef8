"""`sbom --check FILE`: an SBOM that anybody wrote, held to a profile. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .findings import first_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.sbom.judging.judge import Answer
    from maximus.sbom.judging.view import View

    from ..face import Face

__all__ = ["check_document", "show_answers"]


def check_document(name: str, profile: str, minimums: Mapping[str, str], face: Face) -> View:
    """Judge a document and return what was read of it.

    Raises Error SBOM021 (1) where it is no SBOM, SBOM025 (usage) for a file that is not there, and SBOM026 (usage)
    for a minimum that only an inventory has.
    """
    from maximus.sbom import checking, thresholds  # noqa: PLC0415 - `--help` needs none of it
    from maximus.sbom.foreign import load_sbom  # noqa: PLC0415 - likewise
    from maximus.sbom.judging import judge as judging  # noqa: PLC0415 - likewise
    from maximus.sbom.judging.view import read_view  # noqa: PLC0415 - likewise

    path = Path(name)
    if not path.is_file():
        raise Error(
            "SBOM025",
            f"there is no document {name}",
            fix="Name an SBOM in JSON with the input `check`.",
            where="input check",
            status=ExitStatus.USAGE,
        )
    if minimums.get("components"):
        raise Error(
            "SBOM026",
            "`min-components` says nothing about a finished document",
            why="what its locks named beside is not in it",
            fix="Leave it out with `check`, or inventory the tree itself.",
            where="input min-components",
            status=ExitStatus.USAGE,
        )
    asked = thresholds.minimums_of(minimums)
    document = load_sbom(path)
    view = read_view(document, path.as_posix())
    face.judge(judging.judge_form(document, view))
    face.judge(checking.judge_components(len(view.used)))
    if not view.used:
        face.fail(
            Error(
                "SBOM027",
                f"there is no component in {path.as_posix()}",
                why="a document that names nothing says nothing about what is delivered",
                fix="Make it again of a tree or an image that its generator can read.",
                where="input check",
                status=ExitStatus.UNMEASURED,
            )
        )
    if (format_verdict := judging.judge_format(view, profile)) is not None:
        face.judge(format_verdict)
    stated = {key: getattr(asked, key) for key in ("versions", "licences", "hashes") if minimums.get(key)}
    show_answers(face, path.name, judging.judge(view, profile, stated))
    return view


def _shown(answer: Answer) -> str:
    if not answer.counts:
        return ""
    if answer.verdict.status is Status.PASS:
        return "pass" if answer.asked else "told"
    return "fail" if answer.verdict.status is Status.FAIL else "not measured"


def show_answers(face: Face, title: str, answers: tuple[Answer, ...]) -> None:
    """Record what the judge answers, show it as a table, and name what lacks what was asked for."""
    rows = []
    for answer in answers:
        verdict = answer.verdict
        if answer.counts:
            face.judge(verdict)
        asked = f"{answer.asked} %" if answer.asked else ""
        if answer.asked or not answer.check.is_special:
            known = f"{answer.found.known} of {answer.found.whole}"
            rows.append((answer.check.name, known, asked, _shown(answer)))
        if answer.found.missing and answer.asked:
            face.note(f"{answer.check.name}: {len(answer.found.missing)} lack it", first_of(answer.found.missing))
        if answer.counts and verdict.status is Status.FAIL:
            face.fail(
                Error(
                    "SBOM024",
                    f"{answer.check.name}: {verdict.measured} is below {answer.asked} percent",
                    why=verdict.reason,
                    fix=verdict.hint,
                    where=title,
                )
            )
    face.table(f"What {title} tells", ("check", "known", "asked", "verdict"), rows)
