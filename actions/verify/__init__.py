"""Prove a release from the outside: signatures, log entries, SBOMs, identity.

Believes nothing that the producing job said: every file of the folder is accounted for, and each
signature must come from the identity that is named here. COMPLIANT only when all four facts hold.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted

from ..declare import GITHUB_ISSUER, Concluded, as_json, given, out
from ..face import shortened

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

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `verify` is asked for."""

    tag: str = given(
        "The tag of a release on GitHub, whose files are fetched and hashed on the way; `repository` says whose.",
        metavar="TAG",
    )
    folder: str = given(
        "The release folder to verify. Default: `release`, unless `files`, `image` or `tag` is given. "
        "With `tag` the folder in which the files are kept, a new or empty one; without it none is.",
        metavar="DIR",
    )
    files: tuple[str, ...] = given(
        "Which files to verify instead of a folder: globs, one a line; `!` in front excludes. "
        "`sha256:HEX` stands for a file that is not here.",
        default=(),
        metavar="GLOB",
    )
    image: str = given(
        "The image to verify instead, `REGISTRY/NAME@sha256:HEX`, or with a tag, which is resolved once.",
        metavar="REFERENCE",
    )
    bundles: str = given("Where the bundles lie: a folder, or one bundle. Default: beside each file.", metavar="PATH")
    repository: str = given("The source repository that must have built it, `owner/name`.", metavar="OWNER/NAME")
    workflow: str = given(
        "The workflow that must have signed it: a path such as `.github/workflows/release.yml`, or "
        "`owner/name/PATH` where it lives in another repository. Default: any that lives in `repository`.",
        metavar="PATH",
    )
    ref: str = given("The git ref that it must come from: a whole-string glob such as `refs/tags/v*`.", metavar="GLOB")
    issuer: str = given(
        "The issuer that must have vouched for the identity, exact.", default=GITHUB_ISSUER, metavar="URL"
    )
    identity: str = given(
        "The exact identity (SAN) that must have signed it, instead of repository and workflow.", metavar="SAN"
    )
    repository_id: str = given(
        "The number of the source repository, exact: unlike its name, nobody else ever gets it.", metavar="NUMBER"
    )
    owner_id: str = given("The number of the source repository's owner, exact.", metavar="NUMBER")
    runner: str = given(
        "The kind of runner that it must come from: `github-hosted` or `self-hosted`.",
        choices=("github-hosted", "self-hosted"),
    )
    trigger: str = given("The event that must have started the run, exact, such as `push`.", metavar="EVENT")
    environment: str = given("The deployment environment that it must come from, exact.", metavar="NAME")
    commit: str = given("The source's commit that it must come from, the whole id.", metavar="ID")
    key: str = given(
        "The public key that must have signed it: a PEM file, `env:NAME`, or a key in a service: `awskms://`, "
        "`azurekms://`, `gcpkms://` or `hashivault://`, as cosign spells it.",
        metavar="FILE|env:NAME|SERVICE://KEY",
    )
    policy: str = given(
        "A policy in a file (JSON): who must have signed and on which terms. `pin` writes one.", metavar="FILE"
    )
    pin: str = given(
        "Where to write such a policy once the release was verified, pinned to the ids of who signed it.",
        metavar="FILE",
    )
    trust_config: str = given(
        "A Sigstore ClientTrustConfig or trusted root (JSON). Default: the public instance.", metavar="FILE"
    )
    instance: str = given(
        "The Sigstore instance whose root is believed: `public`, `staging`, or the address of a mirror of the public "
        "one's TUF repository. Default: `public`.",
        metavar="public|staging|URL",
    )
    offline: bool = given(
        "Make no request: believe the root in `trust-config`, or the one that came with the program.", default=False
    )
    attestations: bool = given(
        "Ask GitHub for the attestations that `repository` keeps of files that no bundle speaks of.", default=False
    )
    search: bool = given(
        "Look in the log for the signatures of files that no bundle speaks of (Rekor v1 only).", default=False
    )
    allow_unsigned: tuple[str, ...] = given(
        "Files that may be without a signature, one a line: `GLOB: reason`. They are reported as not signed.",
        default=(),
        metavar="GLOB: reason",
    )
    min_log_entries: str = given(
        "How many different log entries each file must have, over all bundles that speak of it.", metavar="NUMBER"
    )
    min_timestamps: str = given(
        "How many signed timestamps of trusted authorities each bundle must have.", metavar="NUMBER"
    )
    require: tuple[str, ...] = given(
        "Which facts must hold, one a line. Default: all for a folder, the last three for files and images; "
        "with `key` the log is not required.",
        default=(),
        choices=("sbom", "signatures", "log", "identity"),
    )
    statement: str = given(
        "Where to write the verdict as a statement (SLSA verification summary); its predicate alone goes beside it.",
        metavar="FILE",
    )
    token: str = given(
        "The token to fetch a private release or its attestations with; public ones need none.",
        secret=True,
        action_default="${{ github.token }}",
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `verify` hands on."""

    compliant: str = out("`true` when every required fact holds, else `false`.", default="false")
    checks: str = out("The verdicts, a JSON list.", default="[]")
    missing: str = out("What is named by a bundle or statement and not there, a sorted JSON list.", default="[]")
    extra: str = out("Bundles without their file, a sorted JSON list.", default="[]")
    unsigned: str = out("Files that no valid bundle covers, a sorted JSON list.", default="[]")
    identities: str = out(
        "Who signed, a JSON list: `identity` (SAN), `issuer`, `workflow`, `repository`, `repository-id`, `owner`, "
        "`owner-id`, `ref`, `commit`, `trigger`, `runner`, `environment`, or `key`; their `files`, and whether they "
        "were `expected`.",
        default="[]",
    )
    trust_root: str = out(
        "The trusted root that was used, a JSON object: `origin`, `source`, `sha256`, `valid-from`, `valid-until` "
        "(empty where open), `expires` (when TUF wants it renewed); empty where none was needed."
    )
    records: str = out(
        "What became of each file, a JSON list: `name`, `status`, `reason`, `sha256`, `code`, `log`, `bundles`.",
        default="[]",
    )
    statement: str = out("The path of the statement that was written, empty without one.")
    pinned: str = out("The path of the policy that was written, empty without one.")


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
    from maximus.verification.about import fitting  # noqa: PLC0415 - likewise
    from maximus.verification.finding import Fact  # noqa: PLC0415 - likewise
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
