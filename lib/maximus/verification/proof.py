"""The proof of a release: every bundle judged once, every file with what that means for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error
from maximus.signing.bundles import PUBLIC_KEY_NAME

from .finding import Fact, Fault, Finding
from .folder import Account, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.signing.keys import PublicKey

    from .finding import Judge
    from .folder import Cover
    from .material import Item, Material

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
        for outcome in self.outcomes:
            for bundle, fault in outcome.faults:
                source = f" (in {bundle})" if bundle else ""
                what = f"{outcome.name} does not verify"
                found.append((fault.fact, Error(fault.code, what, why=f"{fault.reason}{source}", where=outcome.name)))
        return tuple(sorted(found, key=lambda entry: (entry[1].where, entry[1].code, entry[1].why)))


def prove(
    material: Material, judge: Judge, key: PublicKey | None = None, tick: Callable[[], None] = lambda: None
) -> Proof:
    """Return what the bundles prove about the files; `tick` is called after each bundle.

    A statement is judged once, however many files it covers.
    """
    accounted = account(material)
    statements: dict[str, Finding] = {}
    judged: dict[str, list[tuple[Cover, Finding]]] = {}
    for cover in accounted.covers:
        name = cover.sealed.name
        if cover.sealed.statement is None:
            finding = judge.judge(cover.sealed.raw, cover.sealed.bundle, cover.item.file)
        else:
            if name not in statements:
                statements[name] = judge.judge(cover.sealed.raw, cover.sealed.bundle, None)
            finding = statements[name]
        judged.setdefault(cover.item.name, []).append((cover, _joined(finding, cover)))
        tick()
    broken = {entry.target: entry for entry in material.broken_bundles if entry.target}
    outcomes = []
    own_keys: set[str] = set()
    for item in material.items:
        outcome = _outcome(item, judged.get(item.name, []))
        if key is not None and item.name == PUBLIC_KEY_NAME and not outcome.findings and item.name not in broken:
            outcome = _public_key_outcome(item, key)
            own_keys.add(item.name)
        outcomes.append(outcome)
    return Proof(tuple(outcomes), _without(accounted, own_keys))


def _joined(finding: Finding, cover: Cover) -> Finding:
    """Return the finding as it stands for this file, the statement's own disagreement included."""
    if cover.fault is None:
        return finding
    return Finding(tuple(sorted((*finding.faults, cover.fault))), finding.signer, finding.key, finding.log)


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
    from maximus.signing.keys import MAX_KEY, load_public_key  # noqa: PLC0415 - loaded already with the key

    try:
        with item.file.path.open("rb") as stream:
            found = load_public_key(stream.read(MAX_KEY), item.name)
    except (Error, OSError) as fault:
        reason = fault.headline if isinstance(fault, Error) else str(fault)
    else:
        if found.fingerprint == key.fingerprint:
            return Outcome(item.name, item.file.sha256, (), (), is_public_key=True)
        reason = f"it is the key {found.fingerprint}, and `key` names {key.fingerprint}"
    wrong = Fault(Fact.SIGNATURES, "VERIFY023", reason)
    return Outcome(item.name, item.file.sha256, (), (("", wrong),))


def _without(accounted: Account, names: set[str]) -> Account:
    unsigned = tuple((name, why) for name, why in accounted.unsigned if name not in names)
    return Account(accounted.covers, unsigned, accounted.missing, accounted.extra)
