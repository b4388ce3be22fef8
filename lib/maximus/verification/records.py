"""The account of a release, file by file: what became of each, in a word and a sentence. Pure.

Nothing is left out: what is verified, what lacks its bundle, what is there twice, what nobody can sign.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .finding import Fact, Logged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .material import Material
    from .proof import Outcome, Proof

__all__ = ["Record", "State", "records"]


class State(enum.StrEnum):
    """What became of a file."""

    VERIFIED = "verified"
    WRONG_IDENTITY = "wrong identity"
    """The signature holds, and somebody else made it."""
    NOT_VALID = "not valid"
    """A bundle speaks of it, and what it proves does not hold."""
    MISSING_BUNDLE = "missing bundle"
    UNSIGNED = "unsigned"
    """It may be without a signature, for the reason that was given."""
    DUPLICATE = "duplicate"
    """It has the content of a file that is signed, under a name that nobody signed; or its name stands twice."""
    MISSING_FILE = "missing file"
    """A bundle or a statement names it, and it is not there."""
    BUNDLE_WITHOUT_FILE = "bundle without file"
    UNREADABLE = "unreadable"
    PUBLIC_KEY = "public key"
    """The very key that was named to verify with."""
    NOT_SIGNABLE = "not signable"
    """GitHub makes it anew for every download."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one file."""

    name: str
    state: State
    reason: str = ""
    """Why, in words; for a verified file who signed it."""
    sha256: str = ""
    """64 hexadecimal digits; empty where there is no such file."""
    code: str = ""
    """The code of what is wrong first."""
    log: str = ""
    """Where it is logged, as `LOG#INDEX`."""
    bundles: tuple[str, ...] = ()
    """Those that speak of it."""

    def as_document(self) -> dict[str, object]:
        """Return the record for programs, empty fields left out."""
        fields: dict[str, object] = {
            "name": self.name,
            "status": self.state.value,
            "reason": self.reason,
            "sha256": self.sha256,
            "code": self.code,
            "log": self.log,
            "bundles": list(self.bundles),
        }
        return {key: value for key, value in fields.items() if value or key in ("name", "status")}


def records(proof: Proof, material: Material, archives: Sequence[str] = ()) -> tuple[Record, ...]:
    """Return a record for every file and every bundle without one, sorted by name, what nobody can sign at the end.

    `archives` are the files that stand beside a release and that nobody can sign.
    """
    unreadable = {entry.target: entry for entry in material.broken_bundles if entry.target}
    signed = {
        outcome.sha256: outcome.name
        for outcome in reversed(proof.outcomes)
        if outcome.holds(Fact.SIGNATURES) and not outcome.is_public_key
    }
    bundles: dict[str, list[str]] = {}
    for cover in proof.account.covers:
        bundles.setdefault(cover.item.name, []).append(cover.sealed.name)
    found = [_record(outcome, signed, bundles.get(outcome.name, [])) for outcome in proof.outcomes]
    found = [
        Record(each.name, State.NOT_VALID, entry.error.headline, each.sha256, entry.error.code, "", (entry.name,))
        if each.state is State.MISSING_BUNDLE and (entry := unreadable.get(each.name))
        else each
        for each in found
    ]
    for entry in material.broken_files:
        state = State.DUPLICATE if "twice" in entry.error.why else State.UNREADABLE
        found.append(Record(entry.name, state, entry.error.why or entry.error.what, code=entry.error.code))
    named: dict[str, list[str]] = {}
    for name, bundle in proof.account.missing:
        named.setdefault(name, []).append(bundle)
    found += [
        Record(
            name,
            State.MISSING_FILE,
            f"{' and '.join(sorted(who)[:3])} name{'s' if len(who) == 1 else ''} it",
            code="VERIFY011",
        )
        for name, who in named.items()
    ]
    found += [
        Record(name, State.BUNDLE_WITHOUT_FILE, "there is no file for it", code="VERIFY012")
        for name in proof.account.extra
    ]
    found += [
        Record(entry.name, State.UNREADABLE, entry.error.headline, code=entry.error.code)
        for entry in material.broken_bundles
        if not entry.target or entry.target not in {outcome.name for outcome in proof.outcomes}
    ]
    found += [
        Record(name, State.NOT_SIGNABLE, "GitHub makes it anew for every download; build from a signed tag instead")
        for name in archives
    ]
    # What nobody can sign comes last: it decides nothing.
    return tuple(sorted(found, key=lambda each: (each.state is State.NOT_SIGNABLE, each.name, each.state.value)))


def _record(outcome: Outcome, signed: Mapping[str, str], bundles: Sequence[str]) -> Record:
    """Return what became of a file that is there."""
    state, reason, code = _judged(outcome, signed)
    return Record(outcome.name, state, reason, outcome.sha256, code, _place(outcome), tuple(bundles))


def _judged(outcome: Outcome, signed: Mapping[str, str]) -> tuple[State, str, str]:
    if outcome.is_public_key:
        return State.PUBLIC_KEY, "the key that it was verified with", ""
    if outcome.allowed:
        return State.UNSIGNED, outcome.allowed, ""
    if outcome.faults:
        faults = [fault for _, fault in outcome.faults]
        is_stranger = {fault.fact for fault in faults} == {Fact.IDENTITY}
        reason = "; ".join(dict.fromkeys(fault.reason for fault in faults))
        return State.WRONG_IDENTITY if is_stranger else State.NOT_VALID, reason, faults[0].code
    if not outcome.findings:
        twin = signed.get(outcome.sha256)
        if twin:
            return State.DUPLICATE, f"it has the content of {twin}, and nobody signed it under this name", "VERIFY010"
        return State.MISSING_BUNDLE, "no bundle speaks of it", "VERIFY010"
    who = dict.fromkeys(_who(finding.signer, finding.key) for finding in outcome.findings)
    known = [f"known as {alias} in {bundle}" for bundle, alias in outcome.aliases]
    return State.VERIFIED, "; ".join([f"signed by {' and '.join(who)}", *known]), ""


def _who(signer: object, key: str) -> str:
    from .signer import Signer  # noqa: PLC0415 - a cycle of types only

    if isinstance(signer, Signer):
        return signer.workflow or signer.identity
    return f"the key {key}"


def _place(outcome: Outcome) -> str:
    places = [finding.log for finding in outcome.findings if isinstance(finding.log, Logged)]
    return f"{places[0].log}#{places[0].index}" if places else ""
