"""What `evidence` is given, and what it puts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..declare import Concluded, given, out

__all__ = ["MODES", "Inputs", "Outputs"]

MODES: Final = ("pack", "verify", "compare", "append", "checkpoint", "report")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `evidence` is asked for."""

    mode: str = given(
        "`pack` a folder, `verify` a bundle, a log or a proof, `compare` runs, `append` to a log, make a `checkpoint` "
        "of it, or a `report`.",
        choices=MODES,
        required=True,
    )
    folder: str = given(
        "The release folder, whose `evidence/` is packed and verified.", default="release", metavar="DIR"
    )
    root: str = given("The folder to pack. Default: `evidence/` in the release folder.", metavar="DIR")
    bundle: str = given(
        "The bundle to write or to verify. Default: `evidence/evidence.zip` in the release folder.", metavar="FILE"
    )
    manifests: tuple[str, ...] = given(
        "What to compare: bundles, folders or manifests of two runs or more, one a line; the first is compared with "
        "all others.",
        default=(),
        metavar="PATH",
    )
    telemetry: tuple[str, ...] = given(
        "Files to leave out when comparing, globs one a line, besides those that say themselves that they are "
        "telemetry.",
        default=(),
        metavar="GLOB",
    )
    log: str = given("The log (JSONL) to append to, to verify, or to report on.", metavar="FILE")
    entry: str = given(
        "What to append: a JSON object, or a file that holds one (`.json`) or one a line (`.jsonl`).",
        metavar="JSON|FILE",
    )
    run_id: str = given("Append who approved this run of GitHub Actions in an environment.", metavar="ID")
    repository: str = given("The repository of `run-id`. Default: the job's.", metavar="OWNER/NAME")
    token: str = given("The token to read approvals with.", secret=True, action_default="${{ github.token }}")
    key: str = given(
        "A private key (Ed25519 or ECDSA) to sign the checkpoint with: a PEM file, or `env:NAME`. Without one the "
        "checkpoint is signed as a file, by `sign`.",
        metavar="FILE|env:NAME",
    )
    origin: str = given(
        "The log's name in its checkpoints. Default: server and repository of the job, and the log's file name."
    )
    prove: tuple[str, ...] = given(
        "With `checkpoint`: entries (from 1) to write a proof for, one a line.", default=(), metavar="INDEX"
    )
    checkpoints: tuple[str, ...] = given(
        "Earlier checkpoints: `verify` holds the log and proofs against them, `checkpoint` proves that the log begins "
        "with each.",
        default=(),
        metavar="FILE",
    )
    public_key: str = given(
        "With `verify`: the public key (PEM) that must have signed every checkpoint.", metavar="FILE"
    )
    proofs: tuple[str, ...] = given("With `verify`: proofs to check, one a line.", default=(), metavar="FILE")
    period: str = given("With `report`: days or months, such as `2026-01-01..2026-03-31` or `2026-01`.")
    output: str = given(
        "The folder in which checkpoint, proofs and report are written. Default: where the log lies.", metavar="DIR"
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `evidence` hands on."""

    bundle: str = out("The bundle that was written or verified.")
    sha256: str = out("Its SHA-256.")
    manifest: str = out("The manifest that was written beside the bundle.")
    identical: str = out("`true` where all runs claim the same, else `false`; empty where nothing was compared.")
    divergent: str = out(
        "The first difference as `FILE#POINTER`, such as `verdicts.json#/verdicts/0/status`; empty without one."
    )
    head: str = out("The root of the log's Merkle tree, hexadecimal.")
    count: str = out("How many entries the log has, or how many files the bundle.")
    appended: str = out("How many entries were appended.")
    checkpoint: str = out("The checkpoint that was written.")
    proofs: str = out("The proofs that were written, as a JSON list.")
    report: str = out("The report as CSV.")
    report_markdown: str = out("The report in Markdown.")
