"""The four facts about a release, each a verdict with its count, and the one conclusion from them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.verdict import Evidence, Status, Verdict

from .finding import NOT_LOGGED, Fact, Logged, NotLogged
from .identity import ByKey, describe

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .identity import Policy
    from .inventory import Sbom
    from .material import Material
    from .proof import Outcome, Proof
    from .signer import Signer

__all__ = ["Conclusion", "conclude", "is_compliant", "required_facts"]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One fact: its verdict, and whether the release must satisfy it."""

    fact: Fact
    verdict: Verdict
    is_required: bool

    @property
    def count(self) -> str:
        """How much of it holds, as in `3 of 4`."""
        return f"{self.verdict.measured or 0} of {self.verdict.threshold or 0}"

    @property
    def shown_status(self) -> str:
        """The status in the words of the table."""
        if self.is_required:
            return self.verdict.status.value
        return f"{self.verdict.status.value}, not required"


def required_facts(asked: Sequence[str], *, is_folder: bool, policy: Policy) -> frozenset[Fact]:
    """Return the facts that must hold: those asked for, else all for a folder, and for single files all but the SBOM.

    A signature by a managed key is not logged, so that the log is not required of it unless it is asked for.
    """
    if asked:
        return frozenset(Fact(name) for name in asked)
    left_out = set() if is_folder else {Fact.SBOM}
    if isinstance(policy, ByKey):
        left_out.add(Fact.LOG)
    return frozenset(Fact) - left_out


def is_compliant(conclusions: Sequence[Conclusion]) -> bool:
    """Tell whether every required fact passes; where none is required nothing was proven."""
    required = [conclusion for conclusion in conclusions if conclusion.is_required]
    return bool(required) and all(conclusion.verdict.status is Status.PASS for conclusion in required)


def conclude(
    proof: Proof, sboms: Sequence[Sbom], material: Material, policy: Policy, required: Collection[Fact]
) -> tuple[Conclusion, ...]:
    """Return the four conclusions, in the order in which they are shown.

    A file that cannot be read counts as one that does not verify, and so does one whose bundle cannot.
    """
    verdicts = (
        _sboms(sboms, proof, is_required=Fact.SBOM in required),
        _signatures(proof, material),
        _log(proof, material, is_required=Fact.LOG in required),
        _identity(proof, material, policy),
    )
    return tuple(Conclusion(fact, verdict, fact in required) for fact, verdict in zip(Fact, verdicts, strict=True))


def _sboms(sboms: Sequence[Sbom], proof: Proof, *, is_required: bool) -> Verdict:
    signed = {outcome.name for outcome in proof.outcomes if outcome.holds(Fact.SIGNATURES)}
    good = [sbom for sbom in sboms if sbom.error is None and sbom.name in signed]
    digests = {outcome.name: outcome.sha256 for outcome in proof.outcomes}
    evidence = tuple(Evidence(sbom.name, digests[sbom.name]) for sbom in sboms if sbom.name in digests)
    if not sboms and not is_required:
        return Verdict("verify.sbom", Status.UNMEASURED, 0, 0, 0, "SBOMs", reason="there is no SBOM among them")
    if not sboms:
        return Verdict("verify.sbom", Status.FAIL, 0, 0, 1, "SBOMs", reason="there is no SBOM", code="VERIFY030")
    faults = [(sbom.error.code, sbom.error.headline) for sbom in sboms if sbom.error]
    faults += [
        ("VERIFY033", f"{sbom.name} is not covered by a valid signature") for sbom in sboms if sbom.name not in signed
    ]
    listed = ", ".join(f"{sbom.name} with {sbom.components} components" for sbom in good)
    return Verdict(
        check="verify.sbom",
        status=Status.FAIL if faults else Status.PASS,
        inspected=len(sboms),
        measured=len(good),
        threshold=len(sboms),
        unit="SBOMs",
        evidence=evidence,
        reason="; ".join(text for _, text in faults) or listed,
        code=faults[0][0] if faults else "",
    )


def _counted(proof: Proof) -> tuple[Outcome, ...]:
    """Return the files that need a signature: all but the public key itself, and those that may be without."""
    return tuple(outcome for outcome in proof.outcomes if not outcome.is_public_key and not outcome.allowed)


def _verdict(fact: Fact, good: int, proof: Proof, material: Material, reason: str) -> Verdict:
    """Return the verdict over files that a fact must hold for, each of them."""
    broken = (*material.broken_files, *material.broken_bundles)
    files = len(_counted(proof)) + len(material.broken_files)
    expected = files + len({name for name, _ in proof.account.missing})
    is_good = good == expected and not broken and not proof.account.extra
    held = Status.PASS if is_good else Status.FAIL
    status = held if expected else Status.UNMEASURED
    code = ""
    if status is Status.FAIL:
        codes = [fault.code for outcome in proof.outcomes for _, fault in outcome.faults if fault.fact is fact]
        codes += [error.code for _, error in proof.errors] + [entry.error.code for entry in broken]
        code = codes[0] if codes else "VERIFY022"
    return Verdict(
        check=f"verify.{fact.value}",
        status=status,
        inspected=files,
        measured=good,
        threshold=expected,
        unit="files",
        reason=reason,
        code=code,
    )


def _faulty(proof: Proof, fact: Fact) -> str:
    """Return which files do not hold, in words, the first few by name."""
    names = [outcome.name for outcome in _counted(proof) if not outcome.holds(fact)]
    names += sorted({name for name, _ in proof.account.missing})
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a few


def _signatures(proof: Proof, material: Material) -> Verdict:
    good = sum(outcome.holds(Fact.SIGNATURES) for outcome in _counted(proof))
    parts = []
    if faulty := _faulty(proof, Fact.SIGNATURES):
        parts.append(f"no valid signature: {faulty}")
    if proof.account.extra:
        parts.append(f"bundles without their file: {', '.join(proof.account.extra[:3])}")
    broken = (*material.broken_files, *material.broken_bundles)
    if broken:
        parts.append(f"cannot be read: {', '.join(entry.name for entry in broken[:3])}")
    parts = parts or ["every file has a valid signature"]
    if allowed := [f"{outcome.name} ({outcome.allowed})" for outcome in proof.outcomes if outcome.allowed]:
        parts.append(f"not signed, as allowed: {', '.join(allowed)}")
    return _verdict(Fact.SIGNATURES, good, proof, material, "; ".join(parts))


def _log(proof: Proof, material: Material, *, is_required: bool) -> Verdict:
    good = sum(outcome.holds(Fact.LOG) for outcome in _counted(proof))
    reasons = {
        finding.log.reason
        for outcome in proof.outcomes
        for finding in outcome.findings
        if isinstance(finding.log, NotLogged)
    }
    if good == 0 and not is_required and reasons == {NOT_LOGGED.reason}:
        expected = len(_counted(proof))
        return Verdict("verify.log", Status.UNMEASURED, 0, 0, expected, "files", reason=NOT_LOGGED.reason)
    faulty = _faulty(proof, Fact.LOG)
    reason = f"no valid log entry: {faulty}" if faulty else f"every signature is in {_logs(proof)}"
    return _verdict(Fact.LOG, good, proof, material, reason)


def _logs(proof: Proof) -> str:
    found = {
        finding.log.log for outcome in proof.outcomes for finding in outcome.findings if isinstance(finding.log, Logged)
    }
    return ", ".join(sorted(found)) or "no log"


def _identity(proof: Proof, material: Material, policy: Policy) -> Verdict:
    counted = _counted(proof)
    good = sum(outcome.holds(Fact.IDENTITY) for outcome in counted)
    signers = sorted(
        {
            describe_signer(finding.signer)
            for outcome in counted
            if outcome.holds(Fact.IDENTITY)
            for finding in outcome.findings
            if finding.signer
        }
    )
    parts = []
    if faulty := _faulty(proof, Fact.IDENTITY):
        parts.append(f"not proven to be by {describe(policy)}: {faulty}")
    if isinstance(policy, ByKey) and good:
        parts.append(f"signed with {describe(policy)}")
    parts += [f"signed by {signer}" for signer in signers]
    return _verdict(Fact.IDENTITY, good, proof, material, "; ".join(parts))


def describe_signer(signer: Signer) -> str:
    """Return who signed in one line, the numbers included that a verifier can pin."""
    parts = [signer.workflow or signer.identity]
    if signer.repository:
        number = f" (repository id {signer.repository_id}" if signer.repository_id else " ("
        owner = f"owner id {signer.owner_id})" if signer.owner_id else ")"
        separator = ", " if signer.repository_id and signer.owner_id else ""
        ids = f"{number}{separator}{owner}" if signer.repository_id or signer.owner_id else ""
        parts.append(f"for {signer.repository}{ids}")
    if signer.ref:
        parts.append(f"at {signer.ref}")
    parts.append(f"vouched for by {signer.issuer}")
    if signer.is_old:
        parts.append("read from deprecated extensions, without ids")
    return ", ".join(parts)
