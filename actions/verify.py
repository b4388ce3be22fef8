"""Prove a release from the outside: signatures, log entries, SBOMs, identity.

Believes nothing that the producing job said: every file of the folder is accounted for, and each
signature must come from the identity that is named here. COMPLIANT only when all four facts hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .declare import GITHUB_ISSUER, Concluded, as_json, given, out
from .face import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from maximus.errors import Error
    from maximus.signing.keys import PublicKey
    from maximus.verification.facts import Conclusion
    from maximus.verification.finding import Fact, Judge
    from maximus.verification.identity import Policy
    from maximus.verification.material import Material
    from maximus.verification.proof import Proof
    from maximus.verification.terms import Terms
    from maximus.verification.trust import Trust

    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `verify` is asked for."""

    folder: str = given("The release folder to verify. Default: `release`, unless `files` is given.", metavar="DIR")
    files: tuple[str, ...] = given(
        "Which files to verify instead of a folder: globs, one a line; `!` in front excludes.",
        default=(),
        metavar="GLOB",
    )
    bundles: str = given("Where the bundles lie: a folder, or one bundle. Default: beside each file.", metavar="PATH")
    repository: str = given("The source repository that must have built it, `owner/name`.", metavar="OWNER/NAME")
    workflow: str = given(
        "The workflow that must have signed it: a path such as `.github/workflows/release.yml`, or "
        "`owner/name/PATH` where it lives in another repository.",
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
    key: str = given("The public key that must have signed it: a PEM file, or `env:NAME`.", metavar="FILE|env:NAME")
    trust_config: str = given(
        "A Sigstore ClientTrustConfig or trusted root (JSON). Default: the public instance.", metavar="FILE"
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
        "Which facts must hold, one a line. Default: all for a folder, the last three for files; "
        "with `key` the log is not required.",
        default=(),
        choices=("sbom", "signatures", "log", "identity"),
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
        "(empty where open); empty where none was needed."
    )


def run(inputs: Inputs, face: Face) -> Outputs:
    """Verify what the inputs name and return what was found; every fault is shown, none ends the run early."""
    # Imported here: `--help` needs nothing of it.
    from maximus.verification import facts, identity  # noqa: PLC0415
    from maximus.verification.finding import Fact  # noqa: PLC0415
    from maximus.verification.identities import identities  # noqa: PLC0415
    from maximus.verification.inventory import SBOM_NAMES, read_sbom, sbom_errors  # noqa: PLC0415
    from maximus.verification.proof import prove  # noqa: PLC0415
    from maximus.verification.terms import read_terms  # noqa: PLC0415

    terms = read_terms(
        inputs.allow_unsigned,
        inputs.min_log_entries,
        inputs.min_timestamps,
        checks_log=not inputs.key or "log" in inputs.require,
    )
    bench = _judge(inputs, face)
    policy = bench.policy
    material = _material(inputs, face)
    if not material.items and not material.sealed and not material.broken_files and not material.broken_bundles:
        raise _nothing(inputs)
    if material.left_out:
        count = len(material.left_out)
        face.say(f"left out: {count} file{'' if count == 1 else 's'} in evidence/, which is no part of the release")
    proof = prove(material, bench.judge, bench.key, lambda total: face.progress("verifying", total), terms)
    sboms = [
        read_sbom(item.file.path, item.name)
        for item in material.items
        if (item.file.path.name if inputs.files else item.name) in SBOM_NAMES
    ]
    required = facts.required_facts(inputs.require, is_folder=not inputs.files, policy=policy)
    conclusions = facts.conclude(proof, sboms, material, policy, required)

    if bench.trust:
        face.say(bench.trust.describe())
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
    for conclusion in conclusions:
        if conclusion.is_required:
            face.judge(conclusion.verdict)
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
        checks=as_json([conclusion.verdict.as_document() for conclusion in conclusions]),
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
    )


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
        return f"COMPLIANT: {files} file{'' if files == 1 else 's'} by {expected} ({shown}{logged})"
    failed = [
        f"{each.fact.value} {each.count}" for each in conclusions if each.is_required and each.verdict.status != "pass"
    ]
    return f"NOT COMPLIANT: {', '.join(failed) or 'see the errors'}"


@dataclass(frozen=True, slots=True)
class _Bench:
    """What judges, and by what."""

    policy: Policy
    judge: Judge
    key: PublicKey | None = None
    trust: Trust | None = None
    """The trusted root; None where a key alone decides."""


def _judge(inputs: Inputs, face: Face) -> _Bench:
    """Return who must have signed, and the judge for it; raises Error VERIFY001 (usage) with all faults at once."""
    from maximus.verification import identity  # noqa: PLC0415 - as in `run`
    from maximus.verification.claims import Claims  # noqa: PLC0415 - likewise

    asked = identity.Asked(
        repository=inputs.repository,
        workflow=inputs.workflow,
        ref=inputs.ref,
        issuer=inputs.issuer,
        identity=inputs.identity,
        has_key=bool(inputs.key),
        server=(face.environment.get("GITHUB_SERVER_URL") or identity.GITHUB).rstrip("/"),
        claims=Claims(
            repository_id=inputs.repository_id,
            owner_id=inputs.owner_id,
            runner=inputs.runner,
            trigger=inputs.trigger,
            environment=inputs.environment,
            commit=inputs.commit,
        ),
    )
    wrong = identity.policy_faults(asked)
    if inputs.folder and inputs.files:
        wrong.append("`folder` and `files` exclude each other: a whole release, or single files")
    if inputs.key and inputs.issuer != GITHUB_ISSUER:
        wrong.append("`issuer` says nothing about a key: give it or `key`, not both")
    identity.refuse(wrong)
    if inputs.key:
        from maximus.verification.keyed import KeyJudge  # noqa: PLC0415 - 60 ms of cryptography

        key = _public_key(inputs.key, face)
        trust, verifier = None, None
        if "log" in inputs.require:
            from maximus.verification.strict import strict_verifier  # noqa: PLC0415 - as below

            trust = _trust(inputs, face)
            verifier = strict_verifier(trust)
        return _Bench(identity.ByKey(key.fingerprint), KeyJudge(key, verifier), key, trust)
    keyless = identity.read_policy(asked)
    # Imported here: 350 ms of sigstore, which neither a key nor a wrong input should cost.
    from maximus.verification.keyless import KeylessJudge  # noqa: PLC0415

    trust = _trust(inputs, face)
    return _Bench(keyless, KeylessJudge(trust, keyless), trust=trust)


def _trust(inputs: Inputs, face: Face) -> Trust:
    from maximus.verification.instances import find_trust, read_instance  # noqa: PLC0415 - as in `run`

    config = Path(inputs.trust_config) if inputs.trust_config else None
    return find_trust(read_instance(""), config, offline=False, say=face.say)


def _public_key(source: str, face: Face) -> PublicKey:
    from maximus.errors import Error, ExitStatus  # noqa: PLC0415 - as in `run`
    from maximus.signing.keys import MAX_KEY, load_public_key  # noqa: PLC0415 - 60 ms of cryptography

    kind, _, variable = source.partition(":")
    if kind == "env":
        return load_public_key(face.environment.get(variable, "").encode("utf-8"), f"the variable {variable}")
    try:
        with Path(source).open("rb") as stream:
            return load_public_key(stream.read(MAX_KEY), source)
    except OSError as fault:
        raise Error(
            "VERIFY002",
            f"cannot read the key {source}",
            why=fault.strerror or str(fault),
            fix="`key` takes the path of a public key in PEM, or `env:NAME`.",
            where="input key",
            status=ExitStatus.USAGE,
        ) from fault


def _material(inputs: Inputs, face: Face) -> Material:
    from maximus.verification.material import read_files, read_folder  # noqa: PLC0415 - as in `run`

    bundles = Path(inputs.bundles) if inputs.bundles else None
    if inputs.files:
        return read_files(inputs.files, Path.cwd(), bundles, lambda total: face.progress("hashing", total))
    return read_folder(Path(inputs.folder or "release"), bundles, lambda total: face.progress("hashing", total))


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
