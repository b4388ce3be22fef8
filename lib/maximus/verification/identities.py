"""Who signed what was found, with the numbers that never change hands, so that they can be pinned. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .finding import Fact

if TYPE_CHECKING:
    from .proof import Proof
    from .signer import Signer

__all__ = ["as_identity", "identities"]

_FIELDS: Final = (
    *("identity", "issuer", "workflow", "repository", "repository_id", "owner", "owner_id"),
    *("ref", "commit", "trigger", "runner", "environment"),
)
"""What is told of a signer, under the names of the inputs. Which run it was is left out: it differs each time."""


def as_identity(signer: Signer) -> dict[str, str]:
    """Return what a certificate states, by the inputs' names; what it does not state is left out."""
    return {name.replace("_", "-"): value for name in _FIELDS if (value := getattr(signer, name))}


def identities(proof: Proof) -> list[dict[str, object]]:
    """Return everybody whose signature holds, once each and sorted, with the files and whether they were expected.

    A signer that is not the one who was asked for is listed too, with `expected` false: never pin that one.
    """
    found: dict[tuple[tuple[str, str], ...], tuple[set[str], list[bool]]] = {}
    for outcome in proof.outcomes:
        for finding in outcome.findings:
            if not finding.holds(Fact.SIGNATURES):
                continue
            who = as_identity(finding.signer) if finding.signer else {"key": finding.key}
            files, is_expected = found.setdefault(tuple(who.items()), (set(), []))
            files.add(outcome.name)
            is_expected.append(finding.holds(Fact.IDENTITY))
    return [
        {**dict(who), "files": sorted(files), "expected": all(is_expected)}
        for who, (files, is_expected) in sorted(found.items(), key=lambda entry: entry[0])
    ]
