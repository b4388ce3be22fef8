"""What `sign` claims about a release besides that it is signed: its provenance, and a predicate of the user's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from maximus.signing.batch import Claim, Failed, Outcome
    from maximus.signing.signers import Signer

    from .face import Face

__all__ = ["ATTESTATION", "PROVENANCE", "attest_all", "check_attestations", "judge_attestations", "read_predicate"]

PROVENANCE: Final = "provenance"
"""What the bundle of the provenance is called, before `.sigstore.json`."""
ATTESTATION: Final = "attestation"
"""What the bundle of the predicate in a file is called."""
_MAX_PREDICATE: Final = 8 << 20
"""Bytes of the largest predicate; its bundle, in base64, stays below what verifiers read."""


def check_attestations(*, predicate: str, predicate_type: str, provenance: bool, files: bool, with_key: bool) -> None:
    """Return when the inputs go together; raise Error SIGN012 (usage) where they do not."""
    if not (predicate or predicate_type or provenance):
        return
    if bool(predicate) != bool(predicate_type):
        lacking = "predicate-type" if predicate else "predicate"
        why, fix, where = "one says nothing without the other", f"Give `{lacking}` too.", lacking
    elif files:
        why = "an attestation is over a release folder, and `files` names others"
        fix, where = "Copy the files into the folder, or leave `predicate` and `provenance` out.", "files"
    elif provenance and with_key:
        why = "it is made of the claims of a job's identity, and a key signs here"
        fix, where = "Leave `key` out, in a job with the permission `id-token: write`.", "provenance"
    elif predicate_type and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,500}", predicate_type):
        why = f"{predicate_type!r:.80} is no URI"
        fix, where = "A predicate's type is a URI, such as https://slsa.dev/verification_summary/v1.", "predicate-type"
    else:
        return
    raise Error(
        "SIGN012",
        "the inputs for attestations do not go together",
        why=why,
        fix=fix,
        where=f"input `{where}`",
        status=ExitStatus.USAGE,
    )


def read_predicate(path: Path, predicate_type: str) -> Claim:
    """Return what a predicate in a file claims; raises Error SIGN014 (usage) where it holds no JSON object."""
    from maximus import documents  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.batch import Claim  # noqa: PLC0415 - likewise

    predicate: object = None
    try:
        predicate = documents.load_json(path, limit=_MAX_PREDICATE)
        why = "" if isinstance(predicate, dict) else "it holds no JSON object"
        if not why:
            # A number that no two readers agree on cannot be signed: this is where it shows.
            documents.canonical(predicate)
    except (Error, ValueError) as fault:
        why = fault.headline if isinstance(fault, Error) else str(fault)
    if why or not isinstance(predicate, dict):
        raise Error(
            "SIGN014",
            f"{path} is no predicate",
            why=why,
            fix="It is one JSON object, in UTF-8; the statement around it is made here.",
            where="input `predicate`",
            status=ExitStatus.USAGE,
        )
    return Claim(predicate_type, predicate)


def attest_all(  # noqa: PLR0913, PLR0917 - claims, files, their names, where to, who signs, whom to show
    claims: Sequence[tuple[str, Claim]],
    files: Sequence[Path],
    root: Path,
    place: Callable[[str, int], Path],
    signer: Signer,
    face: Face,
) -> tuple[tuple[str, Outcome], ...]:
    """Return what became of each statement, with its stem; `place` says where the n-th of a stem lies."""
    if not claims:
        return ()
    from maximus.signing.batch import attest  # noqa: PLC0415 - most runs attest nothing

    found: list[tuple[str, Outcome]] = []
    with face.progress("attesting", len(claims)) as advance:
        for stem, claim in claims:
            made = attest(
                files,
                root,
                signer,
                claim=claim,
                place=lambda number, stem=stem: place(stem, number),  # type: ignore[misc]  # a default binds it now
                advance=lambda: None,
            )
            found += [(stem, outcome) for outcome in made]
            advance()
    return tuple(found)


def judge_attestations(count: int, failed: Sequence[Failed], reason: str) -> Verdict:
    """Return the verdict over `count` statements: an outage measured nothing, any other fault is one."""
    good = count - len(failed)
    status = Status.PASS
    if failed:
        is_outside = all(outcome.error.status is ExitStatus.OUTSIDE for outcome in failed)
        status = Status.UNMEASURED if is_outside else Status.FAIL
        reason = f"{len(failed)} not signed"
    return Verdict(
        "sign.attestations",
        status,
        count,
        good,
        count,
        "statements",
        reason=reason,
        hint="Run it again: what is signed is kept." if failed else "",
        code=failed[0].error.code if failed else "",
    )
