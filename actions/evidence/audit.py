"""The log's part of `evidence`: append, checkpoint, verify, report."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maximus.counting import counted
from maximus.documents import load_json, parse_json, read_document
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from ..custody import key_in_variable
from ..declare import as_json
from ..workplace import is_repository
from . import telling
from .inputs import Inputs, Outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.evidence.auditing import Audit
    from maximus.evidence.checkpoint import Checkpoint
    from maximus.evidence.entries import Line
    from maximus.signing.keys import PublicKey, SigningKey

    from ..face import Face

__all__ = ["append_entries", "make_checkpoint", "make_report", "verify"]

_MAX_ENTRY: Final = 256 << 20
"""Bytes of the largest file of records."""
_MAX_PROVEN: Final = 1_000
"""How many proofs one run writes."""


def append_entries(inputs: Inputs, face: Face) -> Outputs:
    """Append records, an approval each where `run-id` is given."""
    from maximus.evidence.log import append  # noqa: PLC0415 - `--help` needs none of it

    log = _log_of(inputs)
    if bool(inputs.entry) == bool(inputs.run_id):
        raise Error(
            "EVID070",
            "give either `entry` or `run-id`" if inputs.entry else "there is nothing to append",
            fix="`entry` is a JSON object or a file; `run-id` appends who approved a run.",
            where="input entry",
            status=ExitStatus.USAGE,
        )
    records = _approvals(inputs, log, face) if inputs.run_id else _records(inputs.entry)
    if not records:
        raise Error(
            "EVID071",
            f"nobody approved run {inputs.run_id} that the log does not know of"
            if inputs.run_id
            else f"{inputs.entry} holds no record",
            fix="Nothing was appended.",
            where="input run-id" if inputs.run_id else "input entry",
            status=ExitStatus.UNMEASURED,
        )
    done = append(log, records, telling.now())
    if done.rebuilt:
        face.warn(f"the nodes beside {log} did not agree with it: they were made again from the whole log")
    face.judge(Verdict("evidence.append", Status.PASS, len(records), len(records), unit="entries"))
    last = done.first + len(records) - 1
    which = f"entry {last}" if last == done.first else f"entries {done.first} to {last}"
    face.headline(f"{which} appended to {log}; head {done.root.hex()}, {counted(done.count, 'entry', 'entries')}")
    return Outputs(head=done.root.hex(), count=str(done.count), appended=str(len(records)))


def _log_of(inputs: Inputs) -> Path:
    if not inputs.log:
        raise Error(
            "EVID072",
            f"`mode: {inputs.mode}` needs a log",
            fix="Name the JSONL file with `log`; `append` begins a new one.",
            where="input log",
            status=ExitStatus.USAGE,
        )
    return Path(inputs.log)


def _records(text: str) -> tuple[dict[str, Any], ...]:
    """Return the records that the input gives, itself or in a file."""
    if text.lstrip().startswith("{"):
        return (_record(parse_json(text, "input `entry`"), "input `entry`"),)
    path = Path(text)
    if path.suffix not in (".jsonl", ".ndjson"):
        return (_record(load_json(path, limit=_MAX_ENTRY), text),)
    raw = read_document(path, limit=_MAX_ENTRY)
    lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip()]
    return tuple(_record(parse_json(line, f"{text}:{number}"), f"{text}:{number}") for number, line in lines)


def _record(document: object, where: str) -> dict[str, Any]:
    if not isinstance(document, dict) or not document:
        raise Error(
            "EVID073",
            f"{where} is no record",
            why="it is a JSON object with something in it",
            fix='Such as {"action": "approved", "decision_id": "d-1", "performed_by": "ana"}.',
            where=where,
            status=ExitStatus.USAGE,
        )
    return document


def _approvals(inputs: Inputs, log: Path, face: Face) -> tuple[dict[str, Any], ...]:
    """Return the approvals of a run as records; those that the log has already are not told twice."""
    from maximus import __version__  # noqa: PLC0415 - only this asks GitHub
    from maximus.github.approvals import list_approvals  # noqa: PLC0415 - likewise
    from maximus.github.client import Client  # noqa: PLC0415 - likewise

    environment = face.environment
    repository = inputs.repository or environment.get("GITHUB_REPOSITORY", "")
    token = inputs.token or environment.get("GITHUB_TOKEN", "")
    wrong = {
        "input run-id": not re.fullmatch(r"[1-9][0-9]{0,18}", inputs.run_id),
        "input repository": not is_repository(repository),
        "input token": not token,
    }
    for where, is_wrong in wrong.items():
        if is_wrong:
            raise Error(
                "EVID074",
                f"the approvals of run {inputs.run_id[:40]!r} of {repository[:80]!r} cannot be asked for",
                why=f"{where} is missing or malformed",
                fix="Give `run-id` as a number, `repository` as owner/name, and a `token` that may read actions.",
                where=where,
                status=ExitStatus.USAGE,
            )
    face.mask(token)
    client = Client(environment.get("GITHUB_API_URL", "https://api.github.com"), token, version=__version__)
    try:
        found = list_approvals(client, repository, int(inputs.run_id))
    finally:
        client.close()
    moment = telling.now()
    records = [
        {
            "action": approval.state,
            "comment": approval.comment,
            "environments": list(approval.environments),
            "kind": "approval",
            # GitHub tells no time of the decision: this is when it was seen, and nothing else.
            "observed_at": moment,
            "performed_by": approval.user,
            "performed_by_id": approval.user_id,
            "repository": repository,
            "run_id": int(inputs.run_id),
        }
        for approval in found
    ]
    known = {_said(record) for record in _known(log)}
    return tuple(record for record in records if _said(record) not in known)


def _said(record: dict[str, Any]) -> str:
    """Return what an approval says, without when it was seen."""
    return json.dumps({key: value for key, value in record.items() if key != "observed_at"}, sort_keys=True)


def _known(log: Path) -> Iterator[dict[str, Any]]:
    """Yield the approvals that the log has already."""
    from maximus.evidence.auditing import open_log, read_lines  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.entries import Malformed, parse_line  # noqa: PLC0415 - likewise

    if not log.exists():
        return
    with open_log(log) as stream:
        for raw, _ in read_lines(stream):
            if b'"kind":"approval"' in raw:
                try:
                    yield dict(parse_line(raw).record)
                except Malformed:
                    # What is wrong with a log is told by `verify`; it is no approval.
                    continue


def make_checkpoint(inputs: Inputs, face: Face) -> Outputs:
    """Write the checkpoint of a log, and the proofs that are asked for."""
    from maximus.documents import pretty  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.checkpoint import make_checkpoint as compose  # noqa: PLC0415 - likewise
    from maximus.evidence.checkpoint import read_checkpoint  # noqa: PLC0415 - likewise
    from maximus.evidence.log import Reader  # noqa: PLC0415 - likewise
    from maximus.evidence.proofs import prove_consistency, prove_inclusion  # noqa: PLC0415 - likewise

    log = _log_of(inputs)
    wanted = _indexes(inputs.prove)
    signer = _signer(inputs.key, face) if inputs.key else None
    earlier = [read_checkpoint(Path(name)) for name in inputs.checkpoints]
    target = Path(inputs.output) if inputs.output else log.parent
    with Reader(log) as reader:
        if not reader.count:
            raise Error(
                "EVID075",
                f"the log {log} has no entry",
                fix="Append one first.",
                where="input log",
                status=ExitStatus.UNMEASURED,
            )
        if reader.rebuilt:
            face.warn(f"the nodes beside {log} did not agree with it: they were made again from the whole log")
        note = compose(_origin(inputs, log, face), reader.count, reader.root, signer)
        # All are made before any is written: a checkpoint of a log that cannot prove its entries is none.
        proofs = {f"{log.name}.entry-{index}.proof.json": prove_inclusion(reader, index) for index in wanted}
        for checkpoint in earlier:
            name = f"{log.name}.since-{checkpoint.count}.proof.json"
            proofs[name] = prove_consistency(reader, checkpoint.count, checkpoint.root)
        head, count = reader.root.hex(), reader.count
    path = telling.written(target / f"{log.name}.checkpoint", note)
    made = [telling.written(target / name, pretty(document)) for name, document in sorted(proofs.items())]
    face.table("checkpoint", ("what", "where"), [("checkpoint", path), *(("proof", name) for name in made)])
    face.judge(Verdict("evidence.checkpoint", Status.PASS, count, count, unit="entries"))
    how = f"signed by {signer.public.fingerprint}" if signer else "not signed yet: sign the file, with `sign`"
    face.headline(f"{path}: {counted(count, 'entry', 'entries')}, head {head}, {how}")
    return Outputs(head=head, count=str(count), checkpoint=path, proofs=as_json(made))


def _indexes(texts: tuple[str, ...]) -> tuple[int, ...]:
    if len(texts) > _MAX_PROVEN or not all(re.fullmatch(r"[1-9][0-9]{0,14}", text) for text in texts):
        raise Error(
            "EVID076",
            f"`prove` names no entries: {', '.join(texts)[:80]!r}",
            why=f"they are whole numbers from 1, one a line, {_MAX_PROVEN} at most",
            fix="See the indexes in the log or in a report.",
            where="input prove",
            status=ExitStatus.USAGE,
        )
    return tuple(sorted({int(text) for text in texts}))


def _origin(inputs: Inputs, log: Path, face: Face) -> str:
    """Return the log's name: as given, or who keeps it and the file's own name."""
    if inputs.origin:
        return inputs.origin
    server = face.environment.get("GITHUB_SERVER_URL", "https://github.com").partition("://")[2]
    repository = face.environment.get("GITHUB_REPOSITORY", "")
    return f"{server}/{repository}/{log.name}" if repository else log.name


def _signer(name: str, face: Face) -> SigningKey:
    from maximus.signing import keys  # noqa: PLC0415 - 60 ms of cryptography

    if held := key_in_variable(name, face, is_secret=True):
        _refuse_encrypted(held[0].decode())
        return keys.load_signing_key(*held)
    # What is wrong with the file besides is told below.
    with contextlib.suppress(OSError, UnicodeDecodeError), Path(name).open("rb") as stream:
        _refuse_encrypted(stream.read(keys.MAX_KEY).decode("ascii"))
    return keys.read_signing_key(Path(name))


def _refuse_encrypted(pem: str) -> None:
    if "ENCRYPTED" in pem:
        raise Error(
            "EVID080",
            "the key is encrypted, and `evidence` takes no password",
            fix="Leave `key` out and sign the checkpoint as a file, with `sign`, which takes `key-password`.",
            where="input key",
            status=ExitStatus.USAGE,
        )


def _public(name: str) -> PublicKey:
    from maximus.signing.keys import read_public_key  # noqa: PLC0415 - 60 ms of cryptography

    return read_public_key(Path(name), name)


def verify(inputs: Inputs, face: Face, outputs: Outputs) -> Outputs:
    """Check a log, checkpoints and proofs; nothing is written, not even the nodes beside the log."""
    from maximus.evidence.checkpoint import read_checkpoint  # noqa: PLC0415 - `--help` needs none of it

    checkpoints = [(name, read_checkpoint(Path(name))) for name in inputs.checkpoints]
    if checkpoints:
        checkpoints = _check_signatures(inputs, checkpoints, face)
    audit = None
    if inputs.log:
        audit = _verify_log(Path(inputs.log), checkpoints, face)
        outputs = dataclasses.replace(outputs, head=audit.root.hex(), count=str(audit.count))
    if inputs.proofs:
        _verify_proofs(inputs.proofs, checkpoints, audit, face)
    return outputs


def _check_signatures(
    inputs: Inputs, checkpoints: list[tuple[str, Checkpoint]], face: Face
) -> list[tuple[str, Checkpoint]]:
    """Return the checkpoints that may be believed: those that the key signed, or all where no key is named."""
    from maximus.evidence.checkpoint import is_signed_by  # noqa: PLC0415 - `--help` needs none of it

    if not inputs.public_key:
        face.warn(
            "who signed the checkpoints was not checked: name the key with `public-key`, or verify the files with "
            "`verify` first",
            where="input public-key",
        )
        return checkpoints
    key = _public(inputs.public_key)
    good = [(name, item) for name, item in checkpoints if is_signed_by(item, key)]
    believed = {name for name, _ in good}
    for name, item in checkpoints:
        if name not in believed:
            face.fail(
                Error(
                    "EVID078",
                    f"{name} is not signed by {inputs.public_key} in the name of {item.origin}",
                    why="it has no signature" if not item.signatures else "no signature of it is that key's",
                    fix="Get the checkpoint, or the key, from where the log's keeper publishes it.",
                    where=name,
                )
            )
    status = Status.PASS if len(good) == len(checkpoints) else Status.FAIL
    code = "" if status is Status.PASS else "EVID078"
    face.judge(
        Verdict("evidence.signatures", status, len(checkpoints), len(good), len(checkpoints), "checkpoints", code=code)
    )
    return good


def _verify_log(path: Path, checkpoints: list[tuple[str, Checkpoint]], face: Face) -> Audit:
    from maximus.evidence.auditing import audit  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.holding import hold  # noqa: PLC0415 - likewise

    found = audit(path, wanted=[item.count for _, item in checkpoints])
    telling.tell(found.faults, face)
    status = Status.FAIL if found.faults else Status.PASS if found.count else Status.UNMEASURED
    reason = found.faults[0].what if found.faults else "" if found.count else "the log has no entry"
    code = found.faults[0].code if found.faults else ""
    face.judge(Verdict("evidence.log", status, found.count, found.count, unit="entries", reason=reason, code=code))
    held: tuple[Error, ...] = ()
    if checkpoints:
        held = hold(found, path.name, checkpoints)
        telling.tell(held, face)
        state = Status.FAIL if held else Status.PASS
        why, code = (held[0].what, held[0].code) if held else ("", "")
        face.judge(Verdict("evidence.checkpoints", state, len(checkpoints), reason=why, code=code))
        reason = reason or why
    faults = (*found.faults, *held)
    if faults:
        face.table("faults", ("where", "code", "what"), [(item.where, item.code, item.what) for item in faults])
    against = (
        f", as {len(checkpoints)} checkpoints say" if checkpoints else "; without a checkpoint a cut end is not seen"
    )
    what = f"{counted(found.count, 'entry', 'entries')}, head {found.root.hex()}{against}"
    is_good = "holds together" if not faults and found.count else "does not hold together" if faults else "is empty"
    face.headline(f"{path} {is_good}: {reason or what}")
    return found


def _verify_proofs(
    names: tuple[str, ...], checkpoints: list[tuple[str, Checkpoint]], audit: Audit | None, face: Face
) -> None:
    """Check each proof, and whether a checkpoint or the log itself has the root that it leads to."""
    from maximus.evidence.proofs import check_proof, read_proof  # noqa: PLC0415 - `--help` needs none of it

    roots = {(item.count, item.root) for _, item in checkpoints}
    if audit is not None and not audit.faults:
        roots.add((audit.count, audit.root))
    rows = []
    good = 0
    for name in names:
        try:
            proved = check_proof(read_proof(Path(name)), name)
        except Error as fault:
            face.fail(fault)
            rows.append((name, "does not hold", fault.why))
            continue
        if (proved.count, proved.root) in roots:
            good += 1
            rows.append((name, "holds", proved.what))
        elif any(count == proved.count for count, _ in roots):
            face.fail(
                Error(
                    "EVID079",
                    f"{name} leads to another root than the checkpoint of {proved.count} entries has",
                    fix="It was made of another log.",
                    where=name,
                )
            )
            rows.append((name, "does not hold", "another root"))
        else:
            rows.append((name, "not measured", f"{proved.what}, if its root is that of the log: no checkpoint says so"))
    failed = sum(row[1] == "does not hold" for row in rows)
    status = Status.FAIL if failed else Status.PASS if good == len(names) else Status.UNMEASURED
    reason = f"{failed} do not hold" if failed else "no checkpoint of that count is known" if good < len(names) else ""
    face.table("proofs", ("proof", "status", "what it shows"), rows)
    face.judge(Verdict("evidence.proofs", status, len(names), good, len(names), "proofs", reason=reason))
    if audit is None:
        face.headline(f"{good} of {len(names)} proofs hold" + (f": {reason}" if reason else f": {rows[0][2]}"))


def make_report(inputs: Inputs, face: Face) -> Outputs:
    """Write the report of a period, as CSV and as Markdown."""
    from maximus.evidence.auditing import audit  # noqa: PLC0415 - `--help` needs none of it
    from maximus.evidence.period import parse_period  # noqa: PLC0415 - likewise
    from maximus.evidence.report import make_report as compose  # noqa: PLC0415 - likewise

    log = _log_of(inputs)
    period = parse_period(inputs.period)
    lines: list[Line] = []
    found = audit(log, visit=lambda line, _: lines.append(line))
    if found.faults:
        telling.tell(found.faults, face)
        reason = found.faults[0].what
        verdict = Verdict("evidence.log", Status.FAIL, found.count, reason=reason, code=found.faults[0].code)
        face.judge(verdict)
        face.headline(f"no report: {log} does not hold together: {reason}")
        return Outputs(head=found.root.hex(), count=str(found.count))
    head = f"{counted(found.count, 'entry', 'entries')}, head {found.root.hex()}"
    report = compose(lines, period, _origin(inputs, log, face), head)
    target = Path(inputs.output) if inputs.output else log.parent
    stem = f"{log.stem}-{period}"
    table = telling.written(target / f"{stem}.csv", report.csv)
    page = telling.written(target / f"{stem}.md", report.markdown)
    status = Status.PASS if report.count else Status.UNMEASURED
    reason = "" if report.count else f"no entry lies in {period}"
    face.judge(Verdict("evidence.report", status, report.count, report.count, unit="entries", reason=reason))
    face.note("report", report.markdown)
    late = f", {len(report.breaches)} of {len(report.decisions)} decisions late" if report.decisions else ""
    face.headline(f"{counted(report.count, 'entry', 'entries')} in {period}{late}; {table} and {page}")
    return Outputs(head=found.root.hex(), count=str(found.count), report=table, report_markdown=page)
