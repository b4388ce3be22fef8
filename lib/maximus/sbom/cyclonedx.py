"""An inventory as CycloneDX 1.6, as plain values ready for JSON.

Built as dictionaries and not through cyclonedx-python-lib, whose model takes 467 s for 10,000 components
where this takes 0.1 s; the library judges the result in the tests.
See https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.sbom.licences import stated
from maximus.sbom.model import Kind, Known, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.sbom.model import Artifact, Component, ComponentRef, Inventory, LicenceClaim, Producer

__all__ = ["Style", "address_of", "as_document", "licences_of", "scope_of"]

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_SINGLE = re.compile(r"(?!LicenseRef-|DocumentRef-)[A-Za-z0-9.-]+")
_UNKNOWN = "cdx:cisa:unknown-information"


@dataclass(frozen=True, slots=True)
class Style:
    """What differs between the documents of one inventory."""

    mixed: bool = False
    """Whether single licences and expressions may stand side by side, as from 1.7 on."""
    more: Callable[[Component], list[tuple[str, str]]] | None = None
    """Further properties of each component that a profile asks for."""


def as_document(inventory: Inventory, *, when: str, tool_version: str, style: Style | None = None) -> dict[str, Any]:
    """Return the document without its serial number, which is made from this content.

    `when` is the timestamp as RFC 3339 in UTC.
    """
    style = style or Style()
    author = inventory.subject.author
    owner = _entity(author) if author else {"name": "unknown"}
    root = _component(inventory.root, style)
    if inventory.members:
        # Parts of the released thing, not things that it uses.
        root["components"] = [_component(member, style) for member in inventory.members]
    metadata: dict[str, Any] = {
        "timestamp": when,
        "lifecycles": [{"phase": inventory.subject.phase}],
        "tools": {"components": [{"type": "application", "name": "maximus", "version": tool_version}]},
        "manufacturer": owner,
        "component": root,
    }
    properties = [("maximus:lock", path) for path in inventory.locks]
    # Not what is installed or cached here: the same commit gives the same bytes before and after an install.
    properties += [("maximus:skipped", f"{item.path}: {item.reason}") for item in inventory.skipped if item.is_source]
    if author:
        metadata["supplier"] = owner
    else:
        properties.append((_UNKNOWN, "SBOM Author"))
    if properties:
        metadata["properties"] = _properties(properties)
    return {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": _components(inventory, style),
        "dependencies": _dependencies(inventory),
        "compositions": _compositions(inventory),
    }


def _components(inventory: Inventory, style: Style) -> list[dict[str, Any]]:
    """Return the components, with those inside them nested."""
    inside: dict[ComponentRef | None, list[dict[str, Any]]] = {}
    for item in inventory.inner:
        inside.setdefault(item.inside, []).append(_component(item, style))
    made = [_component(component, style) for component in inventory.components]
    if inside:
        for component in made:
            if nested := inside.get(component["bom-ref"]):
                component["components"] = nested
    return made


def _component(component: Component, style: Style) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "application" if component.kind is Kind.ACTION else component.kind.value,
        "bom-ref": component.ref,
        "name": component.name,
        "version": component.version or "unknown",
        "purl": component.purl,
    }
    if component.group:
        made["group"] = component.group
    if component.own is None:
        made["scope"] = scope_of(component.scopes)
    if component.producer:
        made["manufacturer"] = made["supplier"] = _entity(component.producer)
    if component.copyright:
        made["copyright"] = component.copyright
    if licences := licences_of(component.licences, mixed=style.mixed):
        made["licenses"] = licences
    if (one := component.delivered) and one.digests:
        # Only where exactly one file is the component is it clear which file is meant.
        made["hashes"] = _hashes(one)
    if references := _references(component):
        made["externalReferences"] = references
    if component.locations:
        made["evidence"] = {
            "occurrences": [
                {"location": place.path, "line": place.line} if place.line else {"location": place.path}
                for place in component.locations
            ]
        }
    if properties := _component_properties(component, style):
        made["properties"] = properties
    return made


def scope_of(scopes: tuple[Scope, ...]) -> str:
    """Return CycloneDX's word: what only development needs is excluded from the running thing."""
    if Scope.RUNTIME in scopes:
        return "required"
    return "optional" if Scope.OPTIONAL in scopes or Scope.PEER in scopes else "excluded"


def _entity(producer: Producer) -> dict[str, Any]:
    made: dict[str, Any] = {"name": producer.name}
    if producer.url:
        made["url"] = [producer.url]
    if producer.email:
        made["contact"] = [{"email": producer.email}]
    return made


def _hashes(artifact: Artifact) -> list[dict[str, str]]:
    if len(artifact.digests) == 1:
        return [{"alg": artifact.digests[0].algorithm, "content": artifact.digests[0].value}]
    return [{"alg": alg, "content": value} for alg, value in sorted({(d.algorithm, d.value) for d in artifact.digests})]


def _references(component: Component) -> list[dict[str, Any]]:
    """Return one distribution reference a file, each with its own digests."""
    found = []
    for artifact in component.artifacts:
        reference: dict[str, Any] = {
            "type": "distribution",
            "url": address_of(component, artifact),
        }
        if artifact.digests:
            reference["hashes"] = _hashes(artifact)
        if not artifact.url:
            who = "the SBOM that names it" if component.inside else "the lock"
            reference["comment"] = (
                f"{who} states no address" if artifact.file else f"{who} states neither address nor file name"
            )
        found.append(reference)
    if "vcs_url=" in component.purl and (vcs := re.search(r"[?&]vcs_url=([^&#]+)", component.purl)):
        from urllib.parse import unquote  # noqa: PLC0415 - of use to few components

        found.append({"type": "vcs", "url": unquote(vcs[1])})
    if len(found) > 1:
        found.sort(key=lambda item: (item["type"], item["url"], str(item.get("hashes", ""))))
    return found


def address_of(component: Component, artifact: Artifact) -> str:
    """Return the address of a file's reference, which needs one: its URL, else its name as a relative one.

    Without a name it is some file of this package, and the purl stands there.
    """
    return artifact.url or _relative(artifact.file) or component.purl


def _relative(file: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - of use to few components

    return quote(file, safe="!$&'()*+,;=@~")


def licences_of(claims: tuple[LicenceClaim, ...], *, mixed: bool = False) -> list[dict[str, Any]]:
    """Return the licences: single ones, or exactly one expression, which is all that 1.6 allows.

    There a compound expression that is concluded stands alone, and what is declared in a property; 1.7 takes any mix.
    """
    chosen = [claim for claim in claims if claim.expression] or list(claims)
    compound = any(claim.expression and not _SINGLE.fullmatch(claim.expression) for claim in chosen)
    if compound and not mixed:
        concluded = any(claim.concluded for claim in chosen)
        text = stated(claims, concluded=concluded)
        return [{"expression": text, "acknowledgement": "concluded" if concluded else "declared"}]
    made = {(claim.expression, "" if claim.expression else claim.text, _acknowledged(claim)): None for claim in chosen}
    return [
        {"license": {"id": expression, "acknowledgement": word}}
        if _SINGLE.fullmatch(expression)
        else {"expression": expression, "acknowledgement": word}
        if expression
        else {"license": {"name": text, "acknowledgement": word}}
        for expression, text, word in sorted(made)
    ]


def _displaced(claims: tuple[LicenceClaim, ...]) -> list[tuple[str, str]]:
    """Return as a property what is declared where 1.6 has room for nothing but what is concluded."""
    declared = stated(claims, concluded=False)
    if not declared or not stated(claims, concluded=True):
        return []
    if all(_SINGLE.fullmatch(claim.expression) for claim in claims if claim.expression):
        return []
    return [("maximus:declared-licence", declared)]


def _acknowledged(claim: LicenceClaim) -> str:
    return "concluded" if claim.concluded else "declared"


def _component_properties(component: Component, style: Style) -> list[dict[str, str]]:
    found = [(f"maximus:{fact.name}", fact.value) for fact in component.facts]
    found += [(f"maximus:{name}", value) for name, value in component.notes]
    found += [("maximus:not-applicable", f"{item.field}: {item.reason}") for item in component.not_applicable]
    found += [("maximus:licence-evidence", claim.evidence) for claim in component.licences]
    fields = {gap.field for gap in component.gaps} | {item.field for item in component.not_applicable}
    found += [(_UNKNOWN, field) for field in fields]
    if component.own is None:
        found += [("maximus:scope", scope.value) for scope in component.scopes]
        if component.inside is None:
            found.append(("maximus:direct", "true" if component.direct else "false"))
    elif component.own:
        found.append(("maximus:folder", component.own))
    if component.installed_file:
        found.append(("maximus:installed-file", component.installed_file))
    if component.producer and component.producer.derived:
        source = "the repository's address" if component.producer.url else "the namespace of its name"
        found.append(("maximus:producer", f"derived from {source}"))
    if len(component.licences) > 1 and not style.mixed:
        found += _displaced(component.licences)
    if style.more is not None:
        found += style.more(component)
    return _properties(found)


def _properties(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(set(pairs))]


def _dependencies(inventory: Inventory) -> list[dict[str, Any]]:
    """Return an entry for each component whose needs are known; an empty one says that it needs nothing."""
    by_source = inventory.edges_by_source()
    found = []
    for component in inventory.everything:
        targets = [edge.target for edge in by_source.get(component.ref, ())]
        if targets or component.edges is Known.COMPLETE:
            found.append({"ref": component.ref, "dependsOn": targets})
    return sorted(found, key=lambda item: str(item["ref"]))


def _compositions(inventory: Inventory) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for component in inventory.everything:
        found.setdefault(component.edges.value, []).append(component.ref)
    return [{"aggregate": aggregate, "dependencies": sorted(refs)} for aggregate, refs in sorted(found.items())]
