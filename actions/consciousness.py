"""Check a recording of the MAXIMUS stream; make of it the numbers for the release notes.

Every frame is held to its profile, `cockpit/1.0` or `maximus-core/observed`, and bad ones are named by line. Mode
`metrics` writes phi, ESGT events and the range of arousal, each with the file that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.files import EVIDENCE, write_whole
from maximus.verdict import Evidence, Status, Verdict

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from maximus.consciousness.checking import Checked, Finding
    from maximus.consciousness.metrics import Phi

    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]

METRICS = "consciousness-metrics.json"
"""The file's name in the release folder's evidence."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `consciousness` is asked for."""

    mode: str = given(
        "`check`: validate the recording. `metrics`: validate it and write the numbers for the release notes.",
        default="check",
        choices=("check", "metrics"),
    )
    recording: str = given("The recording: one JSON object a line.", required=True, metavar="FILE")
    profile: str = given(
        "What the recording must be: `cockpit/1.0` or `maximus-core/observed`. Default: what its header or its first "
        "frame tells.",
        metavar="PROFILE",
    )
    budgets: tuple[str, ...] = given(
        "What the numbers must keep to, one a line, such as `p95-ms <= 500`, `esgt-events >= 1`, `arousal-max <= 0.95` "
        "or `phi-proxy:unit-interval >= 0.85`.",
        default=(),
        metavar="NUMBER <= LIMIT",
    )
    phi_file: str = given(
        "A file of your own test run with phi and its scale, instead of the recording's phi.", metavar="FILE"
    )
    folder: str = given("The release folder; the numbers go into its `evidence/`.", default="release", metavar="DIR")


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `consciousness` hands on; a number that was not measured is empty."""

    profile: str = out("The recording's profile.")
    phi_proxy: str = out("Phi; it means nothing without `phi-scale`.")
    phi_scale: str = out("Phi's scale: `unit-interval` or `unbounded`.")
    esgt_events: str = out("How many ESGT events there were, each counted once.")
    arousal_min: str = out("The least arousal.")
    arousal_max: str = out("The most arousal.")
    p95_ms: str = out("The 95th percentile of the time from sending to receipt, in milliseconds.")
    metrics_file: str = out("The path of the numbers (mode `metrics`).")


def run(inputs: Inputs, face: Face) -> Outputs:
    """Check the recording, and in mode `metrics` write its numbers where every frame held."""
    from maximus.consciousness.budgets import judge, read_budgets  # noqa: PLC0415 - `--help` needs none of it
    from maximus.consciousness.checking import check  # noqa: PLC0415 - as above
    from maximus.consciousness.metrics import as_document, read_phi  # noqa: PLC0415 - as above

    budgets = read_budgets(inputs.budgets)
    phi = read_phi(Path(inputs.phi_file)) if inputs.phi_file else None
    target = Path(inputs.folder) / EVIDENCE / METRICS
    if inputs.mode == "metrics":
        # An earlier run's numbers do not pass for this run's.
        target.unlink(missing_ok=True)
    checked = check(Path(inputs.recording), inputs.profile)
    if not checked.frames:
        raise Error(
            "CONS009",
            f"the recording {inputs.recording} holds no frame",
            why="connected or not, nothing was received",
            fix="Record for longer than five seconds while the service runs.",
            where=inputs.recording,
            status=ExitStatus.UNMEASURED,
        )
    _report(inputs, face, checked)
    document = as_document(checked, phi)
    if phi and not phi.is_known:
        face.warn(f"phi in {inputs.phi_file} is on the scale {phi.scale!r}, which nobody knows: not measured")
    judged = judge(budgets, checked, document)
    _judge_budgets(face, judged)
    written = _write(inputs, face, checked, document, target) if inputs.mode == "metrics" else ""
    _show(face, checked, document, phi)
    face.headline(_headline(checked, document, written) + _missed(judged))
    return _outputs(checked, document, written)


def _judge_budgets(face: Face, verdicts: tuple[Verdict, ...]) -> None:
    """Record and show how the numbers stand to what was asked of them."""
    for verdict in verdicts:
        face.judge(verdict)
        if verdict.status is Status.FAIL:
            face.fail(Error("CONS008", "a budget is not kept", why=verdict.reason, where="input budgets"))
    if verdicts:
        face.table(
            "Budgets",
            ("budget", "status", "measured", "asked for", "why"),
            [
                (
                    verdict.check.removeprefix("consciousness.budget-"),
                    verdict.status.value,
                    "not measured" if verdict.measured is None else str(verdict.measured),
                    str(verdict.threshold),
                    verdict.reason,
                )
                for verdict in verdicts
            ],
        )


def _report(inputs: Inputs, face: Face, checked: Checked) -> None:
    """Name each kind of fault by its lines, and judge the frames."""
    for finding in checked.findings.values():
        face.fail(
            Error(
                "CONS010",
                f"line {finding.first}: {finding.text}",
                why=_where_else(finding),
                fix="The recording does not hold to its profile; mend the sender, or the recorder.",
                where=f"{inputs.recording}:{finding.first}",
            )
        )
    if checked.unlisted:
        face.warn(f"{checked.unlisted} more faults of further kinds are not listed")
    for place, line in checked.extras.items():
        face.say(f"line {line}: a field that {checked.profile} does not know: {place}")
    face.judge(
        Verdict(
            "consciousness.frames",
            Status.FAIL if checked.bad else Status.PASS,
            checked.frames,
            measured=checked.good,
            threshold=checked.frames,
            unit="frames",
            evidence=(Evidence(checked.name, checked.sha256),),
            reason=f"{checked.bad} of {checked.frames} frames do not hold to {checked.profile or 'any profile'}"
            if checked.bad
            else f"every frame holds to {checked.profile}",
            code="CONS010" if checked.bad else "",
        )
    )


def _where_else(finding: Finding) -> str:
    if finding.count == 1:
        return ""
    more = ", …" if finding.count > len(finding.lines) else ""
    return f"{finding.count} times, on lines {', '.join(map(str, finding.lines))}{more}"


def _write(inputs: Inputs, face: Face, checked: Checked, document: dict[str, Any], target: Path) -> str:
    """Write the numbers and return where; nothing of a recording that breaks its contract."""
    from maximus.consciousness.metrics import measured  # noqa: PLC0415 - as in `run`
    from maximus.documents import pretty, validate  # noqa: PLC0415 - as in `run`

    if checked.bad:
        face.say(f"no numbers were written: {inputs.recording} holds bad frames")
        return ""
    validate(document, "consciousness-metrics", str(target))
    count = measured(document)
    write_whole(target, pretty(document))
    face.judge(
        Verdict(
            "consciousness.metrics",
            Status.PASS if count else Status.UNMEASURED,
            checked.frames if count else 0,
            measured=count,
            unit="numbers",
            reason="" if count else "no frame carries phi, events or two samples of arousal",
        )
    )
    return target.as_posix()


def _show(face: Face, checked: Checked, document: dict[str, Any], phi: Phi | None) -> None:
    """Show what was counted."""
    from maximus.consciousness.metrics import describe  # noqa: PLC0415 - as in `run`

    rows = [("profile", checked.profile or "not known"), ("sha256", checked.sha256)]
    rows += [(f"frames {kind}", str(count)) for kind, count in sorted(checked.types.items())]
    rows += [] if not checked.bad else [("bad frames", str(checked.bad))]
    rows += list(describe(document))
    if phi and checked.phi is not None:
        rows.append(("phi in the recording", f"{checked.phi} (unbounded), not used: {phi.name} is"))
    if checked.latency:
        told = checked.latency
        rows.append(
            ("latency", f"p95 {told.p95} ms, most {told.largest} ms, {told.frames} frames, clocks ± {told.bound} ms")
        )
    else:
        rows.append(("latency", f"not measured: {checked.no_latency}"))
    rows += [
        (
            f"cadence {each.type}",
            f"median {each.median} s, longest {each.largest} s, {each.late} of {each.gaps} gaps over twice the period",
        )
        for each in checked.cadences
    ]
    face.table("Recording", ("what", "found"), rows)


def _headline(checked: Checked, document: dict[str, Any], written: str) -> str:
    from maximus.consciousness.metrics import measured  # noqa: PLC0415 - as in `run`

    count = counted(checked.frames, "frame")
    if checked.bad:
        return f"{checked.bad} of {count} of {checked.name} do not hold to {checked.profile or 'any profile'}"
    what = f"{count} of {checked.name} hold to {checked.profile}"
    return f"{what}; {measured(document)} of 3 numbers measured, in {written}" if written else what


def _missed(verdicts: tuple[Verdict, ...]) -> str:
    """Return which budgets do not hold, as the end of a sentence."""
    names = {
        status: [verdict.check.rpartition("budget-")[2] for verdict in verdicts if verdict.status is status]
        for status in (Status.FAIL, Status.UNMEASURED)
    }
    said = {Status.FAIL: "not kept", Status.UNMEASURED: "not measured"}
    return "".join(f"; budget {said[status]}: {', '.join(found)}" for status, found in names.items() if found)


def _outputs(checked: Checked, document: dict[str, Any], written: str) -> Outputs:
    """Return the numbers; none of a recording that breaks its contract."""
    if checked.bad:
        return Outputs(profile=checked.profile)
    phi, events, arousal = document["phi_proxy"], document["esgt_events"], document["arousal_range"]
    return Outputs(
        profile=checked.profile,
        phi_proxy=str(phi["value"]) if phi else "",
        phi_scale=phi["scale"] if phi else "",
        esgt_events=str(events["count"]) if events else "",
        arousal_min=str(arousal["min"]) if arousal else "",
        arousal_max=str(arousal["max"]) if arousal else "",
        p95_ms=str(checked.latency.p95) if checked.latency else "",
        metrics_file=written,
    )
