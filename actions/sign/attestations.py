"""What `sign` claims about a release besides that it is signed: its provenance, and a predicate of the user's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from .advice import advice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from maximus.signing.batch import Claim, Failed, Outcome
    from maximus.signing.signers import Signer

    from ..face import Face

__all__ = [
    "ATTESTATION",
    "PROVENANCE",
    "SBOM_NAMES",
    "SBOM_STEMS",
    "Attested",
    "attest_all",
    "check_attestations",
    "judge_attestations",
    "read_predicate",
    "read_sboms",
]

PROVENANCE: Final = "provenance"
"""What the bundle of the provenance is called, before `.sigstore.json`."""
ATTESTATION: Final = "attestation"
"""What the bundle of the predicate in a file is called."""
SBOM_STEMS: Final = ("sbom-cyclonedx", "sbom-spdx")
"""What the bundles of the attested SBOMs are called."""
_SBOMS: Final = (
    ("sbom.cdx.json", "sbom-cyclonedx", "https://cyclonedx.org/bom"),
    ("sbom.spdx.json", "sbom-spdx", "https://spdx.dev/Document/v2.3"),
)
"""The SBOMs of a release folder, their bundles' stems, and the types of their predicates."""
SBOM_NAMES: Final = tuple(name for name, _, _ in _SBOMS)
"""What they are called."""
_WRITTEN: Final = re.compile(r"sbom(\..+)?\.((cdx|spdx)\.json|html)")
"""What `sbom` calls what it writes."""
_MAX_PREDICATE: Final = 8 << 20
"""Bytes of the largest predicate; its bundle, in base64, stays below what verifiers read."""


@dataclass(frozen=True, slots=True)
class Attested:
    """A claim that is to be signed."""

    stem: str
    """What its bundle is called, before `.sigstore.json`."""
    claim: Claim
    left_out: frozenset[Path] = frozenset()
    """Files that it is not about."""


def check_attestations(*, predicate: str, predicate_type: str, provenance: bool, with_key: bool) -> None:
    """Return when the inputs go together; raise Error SIGN012 (usage) where they do not."""
    if not (predicate or predicate_type or provenance):
        return
    if bool(predicate) != bool(predicate_type):
        lacking = "predicate-type" if predicate else "predicate"
        why, fix, where = "one says nothing without the other", f"Give `{lacking}` too.", lacking
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


def read_predicate(path: Path, predicate_type: str, where: str = "predicate") -> Claim:
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
            where=f"input `{where}`",
            status=ExitStatus.USAGE,
        )
    return Claim(predicate_type, predicate)


def read_sboms(folder: Path, root: Path, files: Sequence[Path]) -> tuple[Attested, ...]:
    """Return what the SBOMs of a release claim: each the predicate of a statement over the other files.

    They are looked for in `root`, where the files are, and in the release folder. No SBOM describes another, so none
    is among the subjects. Raises Error SIGN017 (unmeasured) where there is none, or nothing that it could be about
    among the `files`; SIGN014 for one that is no JSON.
    """
    # What `sbom` wrote, the documents of units and the page for people too, is no artifact that a document is about.
    written = {path for path in files if path.parent in {root, folder} and _WRITTEN.fullmatch(path.name)}
    left_out = frozenset(place / name for name, _, _ in _SBOMS for place in (root, folder)) | written
    found: list[tuple[str, Path, str]] = []
    for name, stem, kind in _SBOMS:
        path = next((place / name for place in (root, folder) if (place / name).is_file()), None)
        if path:
            found.append((stem, path, kind))
    if not found or left_out.issuperset(files):
        why = (
            "there is no other file"
            if found
            else f"neither {' nor '.join(name for name, _, _ in _SBOMS)} is in {folder}"
        )
        raise Error(
            "SIGN017",
            "there is no SBOM to attest over anything",
            why=why,
            fix="Run `sbom` first, or leave `sbom` out.",
            where="input `sbom`",
            status=ExitStatus.UNMEASURED,
        )
    return tuple(Attested(stem, read_predicate(path, kind, "sbom"), left_out) for stem, path, kind in found)


def attest_all(  # noqa: PLR0913, PLR0917 - claims, files, their names, where to, who signs, whom to show
    claims: Sequence[Attested],
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
        for each in claims:
            made = attest(
                [path for path in files if path not in each.left_out],
                root,
                signer,
                claim=each.claim,
                place=lambda number, stem=each.stem: place(stem, number),  # type: ignore[misc]  # bound now
                advance=lambda: None,
            )
            found += [(each.stem, outcome) for outcome in made]
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
        hint=advice([outcome.error for outcome in failed]),
        code=failed[0].error.code if failed else "",
    )
