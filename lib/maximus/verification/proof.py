"""The proof of a release: every bundle judged once, every file with what that means for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.signing.bundles import PUBLIC_KEY_NAME

from .finding import Fact, Fault, Finding
from .folder import Account, account
from .material import unseen
from .terms import NO_TERMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.signing.keys import PublicKey

    from .finding import Judge
    from .folder import Cover
    from .material import Item, Material, Progress
    from .terms import Terms

__all__ = ["Outcome", "Proof", "prove"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is proven about one file."""

    name: str
    sha256: str
    findings: tuple[Finding, ...]
    """One for each bundle that speaks of it; with none it is unsigned."""
    faults: tuple[tuple[str, Fault], ...]
    """What is wrong, each with the bundle it was found in."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Bundles that know its content under another name, and the name."""
    is_public_key: bool = False
    """Whether it is the very key that was named to verify with, which needs no signature."""
    allowed: str = ""
    """Why it may be without a signature; empty where it may not. It is not signed, and never counts as such."""

    def holds(self, fact: Fact) -> bool:
        """Tell whether the fact holds for this file: every bundle that speaks of it says so."""
        return bool(self.findings) and all(finding.holds(fact) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven about a release, or about single files."""

    outcomes: tuple[Outcome, ...]
    account: Account

    @property
    def errors(self) -> tuple[tuple[Fact, Error], ...]:
        """Everything that is wrong, each named and with the fact that falls with it, in the order of the names."""
        found = [
            (
                Fact.SIGNATURES,
                Error("VERIFY010", f"{name} is not signed", why=why, fix="Sign it, or take it out.", where=name),
            )
            for name, why in self.account.unsigned
        ]
        found += [
            (Fact.SIGNATURES, Error("VERIFY011", f"{name} is missing", why=f"{bundle} names it", where=name))
            for name, bundle in self.account.missing
        ]
        found += [
            (Fact.SIGNATURES, Error("VERIFY012", f"{name} is a bundle without its file", where=name))
            for name in self.account.extra
        ]
        found += [
            (fault.fact, _error(outcome.name, bundle, fault))
            for outcome in self.outcomes
            for bundle, fault in outcome.faults
        ]
        return tuple(sorted(found, key=lambda entry: (entry[1].where, entry[1].code, entry[1].why)))


def _error(name: str, bundle: str, fault: Fault) -> Error:  # noqa: C901, PLR0911 - one line a code, and no more
    """Return the fault as a person reads it: what it means for the file, and what to do."""
    why = fault.reason + (f" (in {bundle})" if bundle else "")
    again = "Fetch the file and its bundle again; if it stays so, do not use the file."
    match fault.code:
        case "VERIFY013":
            return Error("VERIFY013", f"cannot read the bundle of {name}", why=why, fix=again, where=name)
        case "VERIFY014":
            return Error("VERIFY014", f"{name} is not what was signed", why=why, fix=again, where=name)
        case "VERIFY015":
            return Error("VERIFY015", f"the signature of {name} does not hold", why=why, fix=again, where=name)
        case "VERIFY016":
            fix = "If another Sigstore instance signed it, name that one's trusted root with `trust-config`."
            return Error("VERIFY016", f"the signer of {name} is not trusted", why=why, fix=fix, where=name)
        case "VERIFY017":
            return Error("VERIFY017", f"the log entry of {name} does not hold", why=why, fix=again, where=name)
        case "VERIFY018":
            fix = "If you expect that signer, name it with `repository`, `workflow`, `ref` and `issuer`."
            return Error("VERIFY018", f"{name} was signed by somebody else", why=why, fix=fix, where=name)
        case "VERIFY020":
            fix = "Ask for what there is: `repository` and `workflow` for an identity, `key` for a key."
            return Error("VERIFY020", f"{name} was signed in another way", why=why, fix=fix, where=name)
        case "VERIFY021":
            return Error("VERIFY021", f"it is not proven when {name} was signed", why=why, fix=again, where=name)
        case "VERIFY022":
            fix = "Leave `log` out of `require`, or have it signed by an identity."
            return Error("VERIFY022", f"{name} is not in a public log", why=why, fix=fix, where=name)
        case "VERIFY023":
            fix = "Take it out: a key that comes with the files proves nothing about them."
            return Error("VERIFY023", f"{name} is not the key that was named", why=why, fix=fix, where=name)
        case "VERIFY025":
            fix = "Lower `min-log-entries`, or have it logged again, in a bundle or statement of its own."
            return Error("VERIFY025", f"{name} is not logged often enough", why=why, fix=fix, where=name)
        case "VERIFY026":
            fix = "Lower `min-timestamps`, or have it signed with a timestamp authority."
            return Error("VERIFY026", f"{name} has too few timestamps", why=why, fix=fix, where=name)
    return Error(fault.code, f"{name} does not verify", why=why, fix=again, where=name)


def prove(
    material: Material,
    judge: Judge,
    key: PublicKey | None = None,
    progress: Progress = unseen,
    terms: Terms = NO_TERMS,
) -> Proof:
    """Return what the bundles prove about the files; a statement is judged once, however many it covers.

    `key` is the managed key that was named: a release's own copy of it needs no signature. A file that no
    bundle speaks of may be one that the terms allow to be unsigned; a bundle that does not hold is never excused.
    """
    accounted = account(material)
    with progress(len(accounted.covers)) as tick:
        judged = _judged(accounted, judge, tick)
    judged = {name: _held_to(terms, _answering(found)) for name, found in judged.items()}
    unsigned = {name for name, _ in accounted.unsigned}
    broken = {entry.target for entry in material.broken_bundles}
    outcomes = []
    own_keys: set[str] = set()
    for item in material.items:
        outcome = _outcome(item, judged.get(item.name, []))
        if key is not None and _is_key_file(item.name) and not outcome.findings and item.name not in broken:
            outcome = _public_key_outcome(item, key)
            own_keys.add(item.name)
        elif item.name in unsigned and (allowance := terms.allowance(item.name)):
            outcome = dataclasses.replace(outcome, allowed=allowance.reason)
        outcomes.append(outcome)
    excused = own_keys | {outcome.name for outcome in outcomes if outcome.allowed}
    return Proof(tuple(outcomes), _without(accounted, excused))


_SOMEBODY_ELSE = frozenset({"VERIFY018", "VERIFY020"})


def _answering(judged: list[tuple[Cover, Finding]]) -> list[tuple[Cover, Finding]]:
    """Return what answers the question of who signed, of the several attestations that one source may carry.

    npm hands out its own, by a key, beside the one of who built, and an image may be signed by several: asked for
    one of them, the valid word of somebody else is left aside. Where none answers, all are told.
    """

    def answers(finding: Finding) -> bool:
        return not any(fault.code in _SOMEBODY_ELSE for fault in finding.faults)

    answered = {cover.sealed.source for cover, finding in judged if answers(finding)} - {""}
    return [(cover, finding) for cover, finding in judged if answers(finding) or cover.sealed.source not in answered]


def _held_to(terms: Terms, judged: list[tuple[Cover, Finding]]) -> list[tuple[Cover, Finding]]:
    """Return what was found about one file, with a fault wherever there is less proof than the terms ask for."""
    held = []
    for cover, finding in judged:
        if finding.holds(Fact.SIGNATURES) and finding.timestamps < terms.min_timestamps:
            reason = f"signed timestamps that hold: {finding.timestamps}, at least {terms.min_timestamps} are asked for"
            finding = _faulted(finding, Fault(Fact.SIGNATURES, "VERIFY026", reason))  # noqa: PLW2901 - the same, judged
        held.append((cover, finding))
    entries = {place for _, finding in held if finding.holds(Fact.LOG) for place in finding.logs}
    if not entries or len(entries) >= terms.min_log_entries:
        return held
    reason = f"different log entries that hold: {len(entries)}, at least {terms.min_log_entries} are asked for"
    fault = Fault(Fact.LOG, "VERIFY025", reason)
    return [(cover, _faulted(finding, fault) if finding.holds(Fact.LOG) else finding) for cover, finding in held]


def _faulted(finding: Finding, fault: Fault) -> Finding:
    return dataclasses.replace(finding, faults=tuple(sorted((*finding.faults, fault))))


def _is_key_file(name: str) -> bool:
    return name.rpartition("/")[2] == PUBLIC_KEY_NAME


def _judged(accounted: Account, judge: Judge, tick: Callable[[], None]) -> dict[str, list[tuple[Cover, Finding]]]:
    """Return for each file, by name, the bundles that speak of it and what they prove."""
    statements: dict[str, Finding] = {}
    judged: dict[str, list[tuple[Cover, Finding]]] = {}
    for cover in accounted.covers:
        name = cover.sealed.name
        if cover.sealed.statement is None:
            finding = judge.judge(cover.sealed.raw, cover.sealed.bundle, cover.item.file)
        else:
            if name not in statements:
                statements[name] = judge.judge(cover.sealed.raw, cover.sealed.bundle, cover.sealed.payload)
            finding = statements[name]
        judged.setdefault(cover.item.name, []).append((cover, _joined(finding, cover)))
        tick()
    return judged


def _joined(finding: Finding, cover: Cover) -> Finding:
    """Return the finding as it stands for this file, the statement's own disagreement included."""
    if cover.fault is None:
        return finding
    return _faulted(finding, cover.fault)


def _outcome(item: Item, judged: list[tuple[Cover, Finding]]) -> Outcome:
    return Outcome(
        name=item.name,
        sha256=item.file.sha256,
        findings=tuple(finding for _, finding in judged),
        faults=tuple((cover.sealed.name, fault) for cover, finding in judged for fault in finding.faults),
        aliases=tuple((cover.sealed.name, cover.alias) for cover, _ in judged if cover.alias),
    )


def _public_key_outcome(item: Item, key: PublicKey) -> Outcome:
    """Return the outcome for the key file of a release: it must be the key that was named from elsewhere."""
    from maximus.signing.keys import read_public_key  # noqa: PLC0415 - loaded already with the key

    try:
        found = read_public_key(item.file.path, item.name)
    except Error as fault:
        reason = fault.headline
    else:
        if found.fingerprint == key.fingerprint:
            return Outcome(item.name, item.file.sha256, (), (), is_public_key=True)
        reason = f"it is the key {found.fingerprint}, and `key` names {key.fingerprint}"
    wrong = Fault(Fact.SIGNATURES, "VERIFY023", reason)
    return Outcome(item.name, item.file.sha256, (), (("", wrong),))


def _without(accounted: Account, names: set[str]) -> Account:
    unsigned = tuple((name, why) for name, why in accounted.unsigned if name not in names)
    return Account(accounted.covers, unsigned, accounted.missing, accounted.extra)
