"""Signatures that no bundle brings, looked for in the log and judged like any other."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from maximus.verification.material import Item, Material, Sealed
    from maximus.verification.search import Found

    from ..face import Face
    from .expectation import Bench

__all__ = ["searched"]


def searched(material: Material, bench: Bench, face: Face) -> Material:
    """Return the material with what the logs of the trusted root know of the files that no bundle speaks of.

    Anybody can log an entry for any digest. So an entry that does not hold is a fault only where none does: one
    that a stranger made says nothing against the file. Raises Error VERIFY051 (outside) where no log can be
    searched.
    """
    from maximus.signing.transport import Limits, Transport  # noqa: PLC0415 - only a search needs them
    from maximus.verification.folder import account  # noqa: PLC0415 - likewise
    from maximus.verification.search import search_log  # noqa: PLC0415 - likewise

    unsigned = {name for name, _ in account(material).unsigned}
    items = [item for item in material.items if item.name in unsigned]
    if not items or bench.trust is None:
        return material
    found: dict[str, list[Sealed]] = {}
    is_searchable = False
    with Transport(Limits(attempt=20.0, budget=60.0), face.say) as transport:
        for log in bench.trust.log_addresses():
            answers = search_log(transport, log, [item.file.sha256 for item in items])
            is_searchable |= _tell(log, answers, face)
            for digest, answer in answers.items():
                found.setdefault(digest, []).extend(answer.sealed)
    if not is_searchable:
        raise Error(
            "VERIFY051",
            "no log of the trusted root can be searched",
            why="Rekor v2 has no search",
            fix="Leave `search` out and give the bundles.",
            where="input search",
            status=ExitStatus.OUTSIDE,
        )
    kept = [sealed for item in items for sealed in _judged(item, found.get(item.file.sha256, []), bench)]
    return dataclasses.replace(material, sealed=(*material.sealed, *kept))


def _tell(log: str, answers: dict[str, Found], face: Face) -> bool:
    """Say what a log could not tell, and return whether it can be searched."""
    if not all(answer.is_searchable for answer in answers.values()):
        face.say(f"the log {log} has no search")
        return False
    for answer in answers.values():
        for why in answer.others:
            face.say(f"passed over: {why}")
    face.say(f"searched {log}: {sum(len(answer.sealed) for answer in answers.values())} entries")
    return True


def _judged(item: Item, found: list[Sealed], bench: Bench) -> list[Sealed]:
    """Return the entries that hold under the policy, else all of them for their reasons; each is for this file."""
    good = [sealed for sealed in found if not bench.judge.judge(sealed.raw, sealed.bundle, item.file).faults]
    return [dataclasses.replace(sealed, target=item.name) for sealed in good or found]
