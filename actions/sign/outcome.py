"""What became of the files and images that `sign` signed: shown, judged, and handed on to the next step."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from ..declare import as_json
from ..face import shortened
from .advice import advice, failure
from .attestations import (
    judge_attestations,
)
from .consumers import Cosign
from .declared import declare
from .inputs import Outputs
from .plan import NOT_LOGGED
from .pushed import Pushed, image_headline, report_images
from .strays import tell_earlier
from .terms import is_outage, judge_fallback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from maximus.signing.batch import Failed, Outcome, Signed
    from maximus.signing.signers import Identity

    from ..face import Face

__all__ = ["Made", "report_outcome"]

_MAX_ROWS: Final = 200
"""Files that the table names; the outputs name all."""


@dataclass(frozen=True, slots=True)
class Made:
    """What signing came to."""

    outcomes: tuple[Outcome, ...]
    stated: tuple[tuple[str, Outcome], ...]
    identity: Identity
    signing: str
    command: str
    pushed: tuple[Pushed, ...] = ()
    image_command: tuple[str, ...] = ()
    public: str = ""
    """The file with the key's public half; empty where a job signed."""
    is_private: bool = False
    """Whether a trust configuration names the services."""
    is_logged: bool = True
    """Whether the signatures were to be logged."""
    remark: str = ""
    """What the verdict says of the key."""
    earlier: tuple[Path, ...] = ()
    """The bundles that the folder had before."""
    instead_of: Error | None = None
    """The outage for which a key signed and not the job."""

    @property
    def unlogged(self) -> str:
        """What every report says of signatures that were not to be logged; empty otherwise."""
        return "" if self.is_logged else NOT_LOGGED

    @property
    def outage(self) -> Error | None:
        """The first outage that kept anything from being signed."""
        from maximus.signing.batch import Failed  # noqa: PLC0415 - `--help` needs none of it

        made = (*self.outcomes, *(outcome for _, outcome in self.stated))
        errors = [each.error for each in made if isinstance(each, Failed)]
        errors += [each.error for each in self.pushed if each.error]
        return next(filter(is_outage, errors), None)


def report_outcome(made: Made, face: Face) -> Outputs:
    """Judge what became of the files, show it, and return the outputs."""
    from maximus.signing.batch import Failed, Signed  # noqa: PLC0415 - `--help` needs none of it

    signed = tuple(outcome for outcome in made.outcomes if isinstance(outcome, Signed))
    failed = tuple(outcome for outcome in made.outcomes if isinstance(outcome, Failed))
    lost = tuple(outcome for _, outcome in made.stated if isinstance(outcome, Failed))
    for error in _distinct((*failed, *lost)):
        face.fail(error)
    new = (*signed, *(outcome for _, outcome in made.stated if isinstance(outcome, Signed)))
    indexes = {outcome.bundle.as_posix(): index for outcome in new if (index := _log_index(outcome)) is not None}
    if made.outcomes or not made.pushed:
        _show(signed, failed, made.stated, indexes, face)
    if made.outcomes or not made.pushed:
        for verdict in _verdicts(signed, failed, len(new), len(indexes), made.unlogged):
            reason = "; ".join(filter(None, (verdict.reason, made.remark)))
            face.judge(dataclasses.replace(verdict, reason=reason))
    if made.stated:
        face.judge(judge_attestations(len(made.stated), lost, made.unlogged))
    report_images(made.pushed, made.unlogged, face)
    if made.instead_of:
        face.judge(judge_fallback(made.instead_of, NOT_LOGGED))
    said = [_headline(signed, failed, len(indexes), made.identity, made.unlogged)] if made.outcomes else []
    said += image_headline(made.pushed, shortened(made.identity.name), made.unlogged)
    face.headline("; ".join(said))
    if not failed and not lost:
        tell_earlier(made.earlier, {outcome.bundle for outcome in new}, face)
    cosign = _cosign(made, signed)
    _hand_on(made, signed, cosign, face)
    if kept := declare([path for outcome in signed for path in outcome.files], face.environment):
        face.warn(
            f"{_count(len(kept), 'file')} cannot be declared as an artifact of this job: {shortened(str(kept[0]))}"
        )
    return Outputs(
        bundles=as_json(sorted({outcome.bundle.as_posix() for outcome in new})),
        log_indexes=as_json(indexes),
        identity=made.identity.name,
        issuer=made.identity.issuer,
        signing=made.signing,
        failed=as_json(sorted(_failures(made, failed, lost), key=lambda each: str(each["file"]))),
        verify_command=made.command if signed else "",
        cosign_command="\n".join(cosign),
        signed_images=as_json(sorted({each.image for image in made.pushed for each in image.attached})),
        image_verify_command="\n".join(made.image_command),
    )


def _hand_on(made: Made, signed: Sequence[Signed], cosign: Sequence[str], face: Face) -> None:
    """Show the lines with which anybody verifies what was signed."""
    if signed:
        face.note("Anybody verifies it with", made.command)
    for line in made.image_command:
        face.note("Anybody verifies the image with", line)
    if cosign:
        title = "cosign verifies it with" if len(cosign) == 1 else f"cosign too, the first of {len(cosign)} lines"
        face.note(title, cosign[0])


def _failures(made: Made, failed: Sequence[Failed], lost: Sequence[Failed]) -> list[dict[str, object]]:
    """Return what could not be signed, and why: files, attestations by their names, images."""
    found = [failure(path.as_posix(), outcome.error) for outcome in failed for path in outcome.files]
    stems = {id(outcome): stem for stem, outcome in made.stated}
    found += [failure(stems[id(outcome)], outcome.error) for outcome in lost]
    return found + [failure(each.name, each.error) for each in made.pushed if each.error]


def _cosign(made: Made, signed: Sequence[Signed]) -> list[str]:
    """Return the lines for cosign: each file, the first file of each attestation, each image."""
    from maximus.signing.batch import Signed  # noqa: PLC0415 - `--help` needs none of it

    if not made.identity.name:
        return []
    cosign = Cosign(made.identity, made.public, is_private=made.is_private, is_logged=made.is_logged)
    stated = [outcome for _, outcome in made.stated if isinstance(outcome, Signed)]
    covered = [(outcome.bundle, outcome.files) for outcome in signed]
    return [
        *cosign.of_files(covered),
        # Apart: however many files there are, what is said of all of them is not left out.
        *cosign.of_files([(outcome.bundle, outcome.files[:1]) for outcome in stated]),
        *(cosign.of_images(made.pushed) if made.pushed else ()),
    ]


def _distinct(failed: Sequence[Failed]) -> tuple[Error, ...]:
    """Return each error once: an outage is one fault, however many files it kept from being signed."""
    return tuple({outcome.error.headline: outcome.error for outcome in failed}.values())


def _log_index(outcome: Signed) -> int | None:
    from maximus.signing.bundles import read_bundle  # noqa: PLC0415 - `--help` needs none of it

    entries = read_bundle(outcome.bundle).entries
    return entries[0].index if entries else None


def _count(number: int, what: str) -> str:
    """Return `1 file`, `2 files`, `1 log entry`, `2 log entries`."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("y") else f"{number} {what}s"


def _show(
    signed: Sequence[Signed],
    failed: Sequence[Failed],
    stated: Sequence[tuple[str, Outcome]],
    indexes: Mapping[str, int],
    face: Face,
) -> None:
    from maximus.signing.batch import Signed  # noqa: PLC0415 - `--help` needs none of it

    rows: list[tuple[str, str, str]] = []
    for outcome in signed:
        index = indexes.get(outcome.bundle.as_posix())
        how = "signed" if outcome.is_new else "was signed already"
        entry = NOT_LOGGED if index is None else str(index)
        rows += [(path.as_posix(), how, entry) for path in outcome.files]
    rows += [(path.as_posix(), f"failed ({outcome.error.code})", "") for outcome in failed for path in outcome.files]
    for stem, made in stated:
        if isinstance(made, Signed):
            index = indexes.get(made.bundle.as_posix())
            entry = NOT_LOGGED if index is None else str(index)
            how = f"{stem} of {_count(len(made.files), 'file')}"
            rows.append((made.bundle.as_posix(), how if made.is_new else f"{how}, signed already", entry))
        else:
            rows.append((stem, f"failed ({made.error.code})", ""))
    rows.sort()
    shown = rows if len(rows) <= _MAX_ROWS else [*rows[:_MAX_ROWS], (f"and {len(rows) - _MAX_ROWS} more", "", "")]
    face.table("signatures", ("file", "signature", "log entry"), shown)


def _verdicts(
    signed: Sequence[Signed], failed: Sequence[Failed], made: int, logged: int, unlogged: str
) -> tuple[Verdict, ...]:
    """Return what the run claims: that every file is signed and that every bundle made is logged, if asked for."""
    good = sum(len(outcome.files) for outcome in signed)
    bad = sum(len(outcome.files) for outcome in failed)
    if not failed:
        status, reason, code = Status.PASS, unlogged, ""
    else:
        # A service that was away says nothing about the files: a second run can still sign them.
        is_outside = all(outcome.error.status is ExitStatus.OUTSIDE for outcome in failed)
        status = Status.UNMEASURED if is_outside else Status.FAIL
        reason, code = f"{_count(bad, 'file')} not signed", failed[0].error.code
    hint = advice([outcome.error for outcome in failed])
    files = Verdict("sign.files", status, good + bad, good, good + bad, "files", reason=reason, hint=hint, code=code)
    if unlogged:
        return (files,)
    status = Status.UNMEASURED if not made else Status.PASS if logged == made else Status.FAIL
    reason = "" if made else "there is no signature to be logged"
    return (files, Verdict("sign.log", status, made, logged, made, "log entries", reason=reason))


def _headline(
    signed: Sequence[Signed], failed: Sequence[Failed], logged: int, identity: Identity, unlogged: str
) -> str:
    good = sum(len(outcome.files) for outcome in signed)
    bad = sum(len(outcome.files) for outcome in failed)
    how = unlogged or _count(logged, "log entry")
    by = f" by {shortened(identity.name)}" if identity.name else ""
    if failed:
        return f"{bad} of {_count(good + bad, 'file')} not signed; {good} signed{by}: {how}"
    kept = sum(len(outcome.files) for outcome in signed if not outcome.is_new)
    before = f" ({kept} already)" if kept else ""
    return f"{_count(good, 'file')} signed{before}{by}: {how}"
