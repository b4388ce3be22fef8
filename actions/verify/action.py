"""The action `verify`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted

from ..declare import as_json
from ..face import shortened
from .inputs import Inputs, Outputs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from maximus.errors import Error
    from maximus.verification.facts import Conclusion
    from maximus.verification.finding import Fact
    from maximus.verification.material import Material
    from maximus.verification.proof import Proof
    from maximus.verification.records import Record
    from maximus.verification.terms import Terms

    from ..face import Face
    from .expectation import Bench

__all__ = ["run"]


def run(inputs: Inputs, face: Face) -> Outputs:
    """Verify what the inputs name and return what was found; every fault is shown, none ends the run early."""
    # Imported here: `--help` needs nothing of it.
    from maximus.verification.terms import read_terms  # noqa: PLC0415

    from .expectation import bench_of, with_policy  # noqa: PLC0415 - likewise

    inputs, read = with_policy(inputs)
    terms = read_terms(
        inputs.allow_unsigned,
        inputs.min_log_entries,
        inputs.min_timestamps,
        checks_log=not inputs.key or "log" in inputs.require,
    )
    bench = bench_of(inputs, face, read)
    with contextlib.ExitStack() as stack:
        material, tag = _material(inputs, face, bench, stack)
        if not material.items and not material.sealed and not material.broken_files and not material.broken_bundles:
            raise _nothing(inputs)
        if inputs.attestations:
            from .attested import with_attestations  # noqa: PLC0415 - only what GitHub keeps needs it

            material = with_attestations(material, inputs, bench, face)
        if inputs.search:
            from .logsearch import searched  # noqa: PLC0415 - only a search needs it

            material = searched(material, bench, face)
        return _judged(inputs, face, bench, material=material, terms=terms, tag=tag)


def _judged(  # noqa: PLR0913 - the facts of one run
    inputs: Inputs, face: Face, bench: Bench, *, material: Material, terms: Terms, tag: str
) -> Outputs:
    """Judge the material, show what was found, and write what was asked for."""
    from maximus.verification import facts, identity  # noqa: PLC0415 - as in `run`
    from maximus.verification.finding import Fact  # noqa: PLC0415 - likewise
    from maximus.verification.fitting import fitting  # noqa: PLC0415 - likewise
    from maximus.verification.identities import identities  # noqa: PLC0415 - likewise
    from maximus.verification.inventory import SBOM_NAMES, read_sbom, sbom_errors  # noqa: PLC0415 - likewise
    from maximus.verification.proof import prove  # noqa: PLC0415 - likewise
    from maximus.verification.records import records  # noqa: PLC0415 - likewise
    from maximus.verification.steady import without_changed  # noqa: PLC0415 - likewise

    from .findings import source_name, trust_verdict, write_policy, write_statement  # noqa: PLC0415 - likewise

    policy = bench.policy
    if material.left_out:
        count = counted(len(material.left_out), "file")
        face.say(f"left out: {count} in evidence/, which is no part of the release")
    proof = prove(material, bench.judge, bench.key, lambda total: face.progress("verifying", total), terms)
    material, proof = without_changed(material, proof)
    sboms = [
        read_sbom(item.file.path, item.name)
        for item in material.items
        if (item.file.path.name if inputs.files else item.name) in SBOM_NAMES
    ]
    digests = {item.name: item.file.sha256 for item in material.items}
    sboms = list(fitting(sboms, digests, source_name(inputs.repository), tag))
    required = facts.required_facts(inputs.require, is_folder=not (inputs.files or inputs.image), policy=policy)
    conclusions = facts.conclude(proof, sboms, material, policy, required)

    _report(
        face, required, [(Fact.SIGNATURES, entry.error) for entry in (*material.broken_files, *material.broken_bundles)]
    )
    _report(face, required, proof.errors)
    if sboms or Fact.SBOM in required:
        _report(face, required, [(Fact.SBOM, error) for error in sbom_errors(sboms)])
    for outcome in proof.outcomes:
        for bundle, alias in outcome.aliases:
            face.warn(f"{outcome.name} is signed under another name, {alias} (in {bundle})")
    allowed = _tell_allowances(face, proof, terms)
    found = records(proof, material, _archives(inputs))
    _show(face, found)
    for conclusion in conclusions:
        if conclusion.is_required:
            face.judge(conclusion.verdict)
    verdicts = [conclusion.verdict for conclusion in conclusions]
    if bench.trust:
        verdicts.append(trust_verdict(bench.trust, face))
        face.judge(verdicts[-1])
    face.table(
        "four facts",
        ("fact", "status", "count", "what"),
        [(each.fact.value, each.shown_status, each.count, each.verdict.reason) for each in conclusions],
    )
    is_compliant = facts.is_compliant(conclusions)
    signed = sum(1 for outcome in proof.outcomes if not outcome.is_public_key) - allowed
    face.headline(_headline(is_compliant, signed, allowed, conclusions, shortened(identity.describe(policy))))
    return Outputs(
        compliant="true" if is_compliant else "false",
        checks=as_json([verdict.as_document() for verdict in verdicts]),
        missing=as_json(sorted({name for name, _ in proof.account.missing})),
        extra=as_json(list(proof.account.extra)),
        unsigned=as_json(
            [
                outcome.name
                for outcome in proof.outcomes
                if not outcome.is_public_key and not outcome.holds(Fact.SIGNATURES)
            ]
        ),
        identities=as_json(identities(proof)),
        trust_root=as_json(bench.trust.as_document()) if bench.trust else "",
        records=as_json([record.as_document() for record in found]),
        statement=write_statement(
            inputs, bench, terms, found=found, material=material, tag=tag, is_compliant=is_compliant, face=face
        ),
        pinned=write_policy(inputs, bench, terms, proof, is_compliant=is_compliant, face=face),
    )


def _archives(inputs: Inputs) -> Sequence[str]:
    """Return what stands beside a release on GitHub and cannot be signed."""
    if not inputs.tag:
        return ()
    from maximus.github.published import ARCHIVES  # noqa: PLC0415 - only a run with a tag needs it

    return ARCHIVES


MAX_SHOWN = 200
"""Files that get a line each; of more, those that are verified are counted in one."""


def _show(face: Face, found: Sequence[Record]) -> None:
    """Show the account, a line for each file."""
    from maximus.verification.records import State  # noqa: PLC0415 - as in `run`

    quiet = [record for record in found if record.state is State.VERIFIED] if len(found) > MAX_SHOWN else []
    rows = [
        (record.state.value, record.name, shortened(record.reason))
        for record in found
        if not quiet or record.state is not State.VERIFIED
    ]
    if quiet:
        rows.append((State.VERIFIED.value, f"{len(quiet)} files", "the output `records` has each of them"))
    # The status first: a line that began with a foreign name could pose as a command of the runner's.
    face.table("files", ("status", "file", "why"), rows)


def _tell_allowances(face: Face, proof: Proof, terms: Terms) -> int:
    """Say which files may be without a signature and why, and return how many those are."""
    allowed = [outcome for outcome in proof.outcomes if outcome.allowed]
    for outcome in allowed:
        face.warn(f"{outcome.name} is not signed, as `allow-unsigned` lets it be: {outcome.allowed}")
    for allowance in terms.allow_unsigned:
        if not any(allowance.covers(outcome.name) for outcome in allowed):
            face.warn(f"`allow-unsigned` names {allowance.pattern}, and there is no such file without a signature")
    return len(allowed)


def _report(face: Face, required: Collection[Fact], found: Sequence[tuple[Fact, Error]]) -> None:
    """Show what is wrong: as an error where the fact must hold, as a warning where it need not."""
    for fact, error in found:
        if fact in required:
            face.fail(error)
        else:
            face.warn(error.headline, where=error.where)


def _headline(
    is_compliant: bool,  # noqa: FBT001 - the verdict
    files: int,
    unsigned: int,
    conclusions: Sequence[Conclusion],
    expected: str,
) -> str:
    if is_compliant:
        shown = ", ".join(f"{each.fact.value} {each.count}" for each in conclusions if each.is_required)
        logged = "" if any(each.fact == "log" and each.is_required for each in conclusions) else ", not logged"
        logged += f", {unsigned} not signed, as allowed" if unsigned else ""
        return f"COMPLIANT: {counted(files, 'file')} by {expected} ({shown}{logged})"
    failed = [
        f"{each.fact.value} {each.count}" for each in conclusions if each.is_required and each.verdict.status != "pass"
    ]
    return f"NOT COMPLIANT: {', '.join(failed) or 'see the errors'}"


def _material(inputs: Inputs, face: Face, bench: Bench, stack: contextlib.ExitStack) -> tuple[Material, str]:
    """Return what there is to verify, and the release's tag where it was fetched."""
    from maximus.verification.delivered import named_digests, read_digests  # noqa: PLC0415 - as in `run`
    from maximus.verification.material import read_files, read_folder  # noqa: PLC0415 - likewise

    if inputs.image:
        from .imagery import pulled  # noqa: PLC0415 - only an image needs a registry

        return pulled(inputs, face, stack), ""
    if inputs.tag:
        from .delivery import Order, deliver  # noqa: PLC0415 - only a run with a tag needs it
        from .expectation import reads_files  # noqa: PLC0415 - likewise

        order = Order(
            repository=inputs.repository,
            tag=inputs.tag,
            token=inputs.token,
            folder=Path(inputs.folder) if inputs.folder else None,
            keeps_content=reads_files(bench),
        )
        delivery = stack.enter_context(deliver(order, face))
        face.say(f"release {delivery.tag} of {inputs.repository}: {delivery.files} files, {delivery.bytes} bytes")
        return delivery.material, delivery.tag
    bundles = Path(inputs.bundles) if inputs.bundles else None
    if not inputs.files:
        folder = Path(inputs.folder or "release")
        return read_folder(folder, bundles, lambda total: face.progress("hashing", total)), ""
    digests, patterns = named_digests(inputs.files)
    material = read_files(patterns, Path.cwd(), bundles, lambda total: face.progress("hashing", total))
    if digests:
        if bundles is None and not inputs.search and not inputs.attestations:
            raise _no_place()
        material = read_digests(digests, bundles, material)
    return material, ""


def _no_place() -> Error:
    from maximus.errors import Error, ExitStatus  # noqa: PLC0415 - as in `run`

    return Error(
        "VERIFY050",
        "a digest has no bundle beside it",
        fix="Say with `bundles` where its bundle lies, or look for it with `attestations` or `search`.",
        where="input bundles",
        status=ExitStatus.USAGE,
    )


def _nothing(inputs: Inputs) -> Error:
    from maximus.errors import Error, ExitStatus  # noqa: PLC0415 - as in `run`

    what = "no file matches `files`" if inputs.files else f"the folder {inputs.folder or 'release'} is empty"
    return Error(
        "VERIFY006",
        f"nothing to verify: {what}",
        fix="Name the files or the folder as they lie here; patterns are relative to the working folder.",
        where="input files" if inputs.files else "input folder",
        status=ExitStatus.UNMEASURED,
    )
