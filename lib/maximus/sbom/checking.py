"""What is checked before a document is written: its schema, and that everything it refers to is in it.

A public judge's pass proves little: the schemas resolve no reference, so that is done here.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from maximus import documents
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.errors import Error
    from maximus.sbom.model import Inventory
    from maximus.sbom.rendering import Rendered

__all__ = ["judge_components", "judge_documents", "judge_locks", "judge_references", "reference_faults"]

_MAX_NAMED = 20
_FOLLOWED = ("DESCRIBES", "CONTAINS", "DEPENDS_ON")
_NO_ELEMENT = frozenset({"NONE", "NOASSERTION"})


def judge_locks(read: int, faults: tuple[Error, ...]) -> Verdict:
    """Return `sbom.locks`: whether every lock that was found could be read."""
    found = read + len(faults)
    if not found:
        return Verdict(
            "sbom.locks",
            Status.UNMEASURED,
            0,
            unit="lock files",
            reason="the tree has no lock file that is known",
            hint="Commit the lock of your package manager, or name another folder with `path`.",
        )
    if faults:
        named = ", ".join(sorted(fault.where or fault.what for fault in faults)[:_MAX_NAMED])
        return Verdict(
            "sbom.locks",
            Status.FAIL,
            found,
            measured=read,
            threshold=found,
            unit="lock files",
            reason=f"{len(faults)} of {found} cannot be read: {named}",
            hint="Make them again with their own tools; everything else is in the documents.",
            code=faults[0].code,
        )
    return Verdict("sbom.locks", Status.PASS, found, measured=read, threshold=found, unit="lock files")


def judge_components(count: int) -> Verdict:
    """Return `sbom.components`: whether anything was inventoried; nothing is unmeasured, never a pass."""
    if not count:
        return Verdict(
            "sbom.components",
            Status.UNMEASURED,
            0,
            unit="components",
            reason="no lock names a component",
            hint="A project without dependencies needs no inventory; otherwise commit its lock.",
        )
    return Verdict("sbom.components", Status.PASS, count, measured=count, unit="components")


def judge_documents(rendered: Rendered) -> Verdict:
    """Return `sbom.documents`: whether both hold to their schemas, CycloneDX's official one and our SPDX profile."""
    found = [
        *(
            f"sbom.cdx.json {fault}"
            for fault in documents.faults(rendered.cyclonedx, f"cyclonedx-{rendered.cyclonedx['specVersion']}")
        ),
        *(f"sbom.spdx.json {fault}" for fault in documents.faults(rendered.spdx, "spdx-2.3")),
    ]
    if found:
        return Verdict(
            "sbom.documents",
            Status.FAIL,
            2,
            unit="documents",
            reason="; ".join(found),
            hint="This is a fault of maximus: report it with the lock that leads to it.",
            code="SBOM011",
        )
    return Verdict("sbom.documents", Status.PASS, 2, unit="documents")


def judge_references(rendered: Rendered, inventory: Inventory) -> Verdict:
    """Return `sbom.references`: whether every reference resolves, nothing stands twice and nothing floats."""
    inspected, found = reference_faults(rendered.cyclonedx, rendered.spdx)
    expected = {component.purl for component in inventory.everything}
    shown = {
        reference["referenceLocator"]
        for package in rendered.spdx["packages"]
        for reference in package["externalRefs"]
        if reference["referenceType"] == "purl"
    }
    if shown != expected:
        found.append("the two documents do not name the same packages")
    if found:
        return Verdict(
            "sbom.references",
            Status.FAIL,
            inspected,
            unit="references",
            reason="; ".join(found[:_MAX_NAMED]),
            hint="This is a fault of maximus: report it with the lock that leads to it.",
            code="SBOM012",
        )
    return Verdict("sbom.references", Status.PASS, inspected, unit="references")


def reference_faults(cyclonedx: Mapping[str, Any], spdx: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many references were followed in both documents, and what is wrong with them."""
    count_cdx, faults_cdx = _cyclonedx_faults(cyclonedx)
    count_spdx, faults_spdx = _spdx_faults(spdx)
    return count_cdx + count_spdx, faults_cdx + faults_spdx


def _cyclonedx_faults(document: Mapping[str, Any]) -> tuple[int, list[str]]:
    refs, edges, faults = _components(document)
    count = 0
    seen: set[str] = set()
    for entry in document.get("dependencies", ()):
        if entry["ref"] in seen:
            faults.append(f"sbom.cdx.json: the dependencies of {entry['ref']} stand twice")
        seen.add(entry["ref"])
        edges[entry["ref"]] = [*edges.get(entry["ref"], ()), *entry.get("dependsOn", ())]
        for ref in (entry["ref"], *entry.get("dependsOn", ())):
            count += 1
            if ref not in refs:
                faults.append(f"sbom.cdx.json: a dependency names {ref}, which is no component")
    for composition in document.get("compositions", ()):
        for ref in (*composition.get("dependencies", ()), *composition.get("assemblies", ())):
            count += 1
            if ref not in refs:
                faults.append(f"sbom.cdx.json: a composition names {ref}, which is no component")
    faults += [
        f"sbom.cdx.json: nothing leads to {ref}"
        for ref in sorted(refs - _reached(document["metadata"]["component"]["bom-ref"], edges))
    ]
    return count, faults


def _components(document: Mapping[str, Any]) -> tuple[set[str], dict[str, list[str]], list[str]]:
    """Return all refs of a CycloneDX document, what is inside what, and the refs that stand twice."""
    refs: set[str] = set()
    inside: dict[str, list[str]] = {}
    faults: list[str] = []
    waiting = deque([document["metadata"]["component"], *document.get("components", ())])
    while waiting:
        component = waiting.popleft()
        ref = component["bom-ref"]
        if ref in refs:
            faults.append(f"sbom.cdx.json: the ref {ref} stands twice")
        refs.add(ref)
        if nested := component.get("components", ()):
            # What is inside something is reached with it.
            inside[ref] = [inner["bom-ref"] for inner in nested]
            waiting.extend(nested)
    return refs, inside, faults


def _spdx_faults(document: Mapping[str, Any]) -> tuple[int, list[str]]:
    faults: list[str] = []
    ids = {document["SPDXID"]}
    for package in document["packages"]:
        if package["SPDXID"] in ids:
            faults.append(f"sbom.spdx.json: the id {package['SPDXID']} stands twice")
        ids.add(package["SPDXID"])
    edges: dict[str, list[str]] = {}
    told: set[tuple[str, str, str]] = set()
    for relationship in document["relationships"]:
        source, target = relationship["spdxElementId"], relationship["relatedSpdxElement"]
        told.add((source, relationship["relationshipType"], target))
        faults += [
            f"sbom.spdx.json: a relationship names {end}, which is no package"
            for end in (source, target)
            if end not in ids and not (end is target and end in _NO_ELEMENT)
        ]
        if relationship["relationshipType"] in _FOLLOWED and target not in _NO_ELEMENT:
            edges.setdefault(source, []).append(target)
    if len(told) < len(document["relationships"]):
        faults.append("sbom.spdx.json: a relationship stands twice")
    faults += [f"sbom.spdx.json: nothing leads to {name}" for name in sorted(ids - _reached(document["SPDXID"], edges))]
    return 2 * len(document["relationships"]), faults


def _reached(start: str, edges: Mapping[str, list[str]]) -> set[str]:
    seen = {start}
    waiting = deque([start])
    while waiting:
        for target in edges.get(waiting.popleft(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
