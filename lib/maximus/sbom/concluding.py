"""Licences that a policy concludes from what is declared. Pure.

A declaration is its author's word and no conclusion; whoever answers for the document may take it as one, and then
it is told that this is how it came about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from maximus.sbom.licences import stated
from maximus.sbom.model import LicenceClaim

if TYPE_CHECKING:
    from maximus.sbom.model import Component, Inventory

__all__ = ["EVIDENCE", "conclude_declared"]

EVIDENCE: Final = "concluded from what is declared, by `conclude: declared`"


def conclude_declared(inventory: Inventory) -> Inventory:
    """Return the inventory with a concluded licence for everything that declares one and has none concluded yet."""
    return replace(
        inventory,
        root=_concluded(inventory.root),
        members=tuple(map(_concluded, inventory.members)),
        components=tuple(map(_concluded, inventory.components)),
        inner=tuple(map(_concluded, inventory.inner)),
    )


def _concluded(component: Component) -> Component:
    text = stated(component.licences, concluded=False)
    if not text or any(claim.concluded for claim in component.licences):
        return component
    claim = LicenceClaim(text, text, concluded=True, evidence=EVIDENCE)
    return replace(component, licences=tuple(sorted((*component.licences, claim), key=repr)))
