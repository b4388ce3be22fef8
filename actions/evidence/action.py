"""The action `evidence`: what it does with its inputs, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Evidence, Status, Verdict

from . import audit, telling
from .inputs import Inputs, Outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.evidence.comparison import Difference
    from maximus.evidence.runs import Run

    from ..face import Face

__all__ = ["run"]

_MAX_ROWS: Final = 200
"""Rows that a table shows; the outputs and files have all."""
_NAME: Final = "evidence.zip"


def run(inputs: Inputs, face: Face) -> Outputs:
    """Do what `mode` says. Raises Error EVID060 to EVID063 (usage) for inputs that do not fit it."""
    match inputs.mode:
        case "pack":
            return _pack(inputs, face)
        case "compare":
            return _compare(inputs, face)
        case "append":
            return audit.append_entries(inputs, face)
        case "checkpoint":
            return audit.make_checkpoint(inputs, face)
        case "report":
            return audit.make_report(inputs, face)
        case _:
            return _verify(inputs, face)


def _evidence_of(inputs: Inputs) -> Path:
    from maximus.files import EVIDENCE  # noqa: PLC0415 - `--help` needs none of it

    return Path(inputs.folder) / EVIDENCE


def _bundle_of(inputs: Inputs) -> Path:
    return Path(inputs.bundle) if inputs.bundle else _evidence_of(inputs) / _NAME


def _pack(inputs: Inputs, face: Face) -> Outputs:
    from maximus.documents import pretty  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.packing import pack  # noqa: PLC0415 - likewise
    from maximus.evidence.tree import read_tree  # noqa: PLC0415 - likewise
    from maximus.files import BUNDLE_SUFFIX  # noqa: PLC0415 - likewise

    root = Path(inputs.root) if inputs.root else _evidence_of(inputs)
    target = _bundle_of(inputs)
    manifest, telemetry = target.with_suffix(".manifest.json"), target.with_suffix(".telemetry.json")
    # What an earlier run of this very step wrote is no evidence of this one.
    own = (target, manifest, telemetry, target.with_name(target.name + BUNDLE_SUFFIX))
    tree = read_tree(root, own)
    if tree.faults:
        telling.tell(tree.faults, face)
        count = len(tree.files) + len(tree.faults)
        reason = f"{len(tree.faults)} of {count} names cannot be packed"
        face.judge(Verdict("evidence.pack", Status.FAIL, count, reason=reason, code=tree.faults[0].code))
        face.headline(f"nothing is packed: {reason}")
        return Outputs()
    if not tree.files:
        raise Error(
            "EVID060",
            f"{root} holds no file to pack",
            why="a bundle without evidence would look like one with it",
            fix="Run what is to be kept first, or name the right folder with `root`.",
            where="input root",
            status=ExitStatus.UNMEASURED,
        )
    packed = pack(tree.files, target)
    size = sum(entry.size for entry in packed.entries)
    told = {
        "bundle": target.name,
        "generated_at": telling.now(),
        "run_attempt": face.environment.get("GITHUB_RUN_ATTEMPT", ""),
        "run_id": face.environment.get("GITHUB_RUN_ID", ""),
    }
    outputs = Outputs(
        bundle=target.as_posix(),
        sha256=packed.file.sha256,
        manifest=telling.written(manifest, packed.manifest.decode("utf-8")),
        count=str(len(packed.entries)),
    )
    telling.written(telemetry, pretty({"telemetry": told}))
    rows = [(entry.path, f"{entry.size:,}", f"sha256:{entry.sha256}") for entry in packed.entries[:_MAX_ROWS]]
    shown = f": {_MAX_ROWS} of {len(packed.entries)}" if len(packed.entries) > _MAX_ROWS else ""
    face.table(f"bundle{shown}", ("file", "bytes", "SHA-256"), rows)
    kept = (Evidence(target.name, packed.file.sha256),)
    face.judge(Verdict("evidence.pack", Status.PASS, len(packed.entries), size, unit="bytes", evidence=kept))
    face.headline(f"{len(packed.entries)} files, {size:,} bytes, in {target}, sha256:{packed.file.sha256}")
    return outputs


def _verify(inputs: Inputs, face: Face) -> Outputs:
    """Check all that is named; without a name, the bundle of the release folder."""
    outputs = Outputs()
    if inputs.bundle or not (inputs.log or inputs.proofs):
        outputs = _verify_bundle(_bundle_of(inputs), face)
    if inputs.log or inputs.proofs:
        outputs = audit.verify(inputs, face, outputs)
    elif inputs.checkpoints or inputs.public_key:
        raise Error(
            "EVID061",
            "there is no log and no proof to hold the checkpoints against",
            fix="Name the log with `log`, or proofs with `proofs`.",
            where="input checkpoints",
            status=ExitStatus.USAGE,
        )
    return outputs


def _verify_bundle(path: Path, face: Face) -> Outputs:
    from maximus.evidence.checking import check_bundle  # noqa: PLC0415 - `--help` needs none of it
    from maximus.files import hash_file  # noqa: PLC0415 - likewise

    if not path.is_file():
        raise Error(
            "EVID062",
            f"there is no bundle {path}",
            fix="Make one with the mode `pack`, or name it with `bundle`.",
            where="input bundle",
            status=ExitStatus.USAGE,
        )
    sha256 = hash_file(path).sha256
    found = check_bundle(path)
    telling.tell(found.faults, face)
    status = Status.FAIL if found.faults else Status.PASS if found.inspected else Status.UNMEASURED
    reason = f"{len(found.faults)} faults" if found.faults else "" if found.inspected else "it holds no file"
    face.judge(
        Verdict(
            "evidence.bundle",
            status,
            found.inspected,
            found.inspected,
            unit="files",
            evidence=(Evidence(path.name, sha256),),
            reason=reason,
            code=found.faults[0].code if found.faults else "",
        )
    )
    rows = [(fault.where, fault.code, fault.what) for fault in found.faults[:_MAX_ROWS]]
    if rows:
        face.table("faults", ("where", "code", "what"), rows)
    documents = f", {found.documents} of them documents of known kinds" if found.documents else ""
    what = f"{found.inspected} files, {found.size:,} bytes{documents}"
    is_good = "is whole" if status is Status.PASS else "is not whole" if found.faults else "holds no evidence"
    face.headline(f"{path} {is_good}: {reason or what}")
    return Outputs(bundle=path.as_posix(), sha256=sha256, count=str(found.inspected))


def _compare(inputs: Inputs, face: Face) -> Outputs:
    from maximus.evidence.comparison import compare  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.limits import MAX_RUNS  # noqa: PLC0415 - likewise
    from maximus.evidence.runs import read_run  # noqa: PLC0415 - likewise

    if not 1 < len(inputs.manifests) <= MAX_RUNS:
        raise Error(
            "EVID063",
            f"{len(inputs.manifests)} runs are named, and two to {MAX_RUNS} can be compared",
            fix="Name bundles, folders or manifests, one a line.",
            where="input manifests",
            status=ExitStatus.USAGE,
        )
    runs = [read_run(Path(name), inputs.telemetry) for name in inputs.manifests]
    differences = compare(runs[0], runs[1:])
    _judge_claims(runs, differences, face)
    is_green = _judge_green(runs, face)
    if not any(run.files for run in runs):
        face.headline("nothing was compared: no run holds a claim")
        return Outputs()
    if differences:
        rows = [(item.run, item.file, item.pointer, item.what) for item in differences[:_MAX_ROWS]]
        face.table("differences", ("run", "file", "pointer", "in what"), rows)
    face.headline(_repeatable(len(runs), differences, is_green=is_green))
    return Outputs(
        identical="false" if differences else "true",
        divergent=differences[0].place if differences else "",
        count=str(len(runs[0].files)),
    )


def _judge_claims(runs: Sequence[Run], differences: Sequence[Difference], face: Face) -> None:
    names = {name for run in runs for name in run.files}
    differing = {item.file for item in differences}
    left_out = sum(run.left_out for run in runs)
    reason = f"{left_out} files are telemetry and left out" if left_out else ""
    if differences:
        first = differences[0]
        reason = f"{first.place} {first.what}"
        face.fail(
            Error(
                "EVID064",
                f"{first.run} does not claim what {runs[0].name} claims: {first.place} {first.what}",
                fix="Look for times, random numbers, the order of listings and the locale there; "
                "what differs in every run belongs under `telemetry`.",
                where=first.place,
            )
        )
    status = Status.FAIL if differences else Status.PASS if names else Status.UNMEASURED
    same = len(names) - len(differing)
    code = "EVID064" if differences else ""
    face.judge(Verdict("evidence.claims", status, len(names), same, len(names), "files", reason=reason, code=code))


def _judge_green(runs: Sequence[Run], face: Face) -> bool | None:
    """Judge whether every run was green; None, and no verdict, where none of them says anything about it."""
    from maximus.evidence.runs import green_of  # noqa: PLC0415 - `--help` needs none of it

    answers = [(run, *green_of(run)) for run in runs]
    if not any(count for _, _, count, _ in answers):
        face.say("no run holds a verdict: whether they were green was not measured")
        return None
    rows = [(run.name, status.value, str(count), reason) for run, status, count, reason in answers]
    face.table("runs", ("run", "status", "answers", "why"), rows)
    green = [run for run, status, _, _ in answers if status is Status.PASS]
    worst = next((item for item in answers if item[1] is Status.FAIL), None) or next(
        (item for item in answers if item[1] is Status.UNMEASURED), None
    )
    status = worst[1] if worst else Status.PASS
    reason = f"{worst[0].name}: {worst[3]}" if worst else ""
    face.judge(Verdict("evidence.green", status, len(runs), len(green), len(runs), "runs", reason=reason))
    return worst is None


def _repeatable(count: int, differences: Sequence[Difference], *, is_green: bool | None) -> str:
    """Return in one sentence what comparing found: repeatable is green in every run, and equal in what is claimed."""
    if differences:
        first = f"{differences[0].place} differs first"
        return f"not repeatable: all {count} runs are green, but {first}" if is_green else f"not repeatable: {first}"
    if is_green is None:
        return f"{count} runs claim the same; whether they were green was not measured"
    return (
        f"repeatable: {count} of {count} runs are green and claim the same"
        if is_green
        else (f"not repeatable: {count} runs claim the same, but not all are green")
    )
