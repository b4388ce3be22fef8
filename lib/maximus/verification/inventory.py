"""The SBOMs of a release: there, valid, and with something in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error

from .about import NOTHING, About, read_about

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["SBOM_NAMES", "Sbom", "read_sbom", "sbom_errors"]

SBOM_NAMES: Final = ("sbom.cdx.json", "sbom.spdx.json")
"""The names under which a release carries its SBOMs."""


@dataclass(frozen=True, slots=True)
class Sbom:
    """An SBOM that was read."""

    name: str
    components: int
    """How many parts it lists, the described thing itself not counted."""
    error: Error | None = None
    """Why it is none."""
    about: About = NOTHING
    """What it says that it is about."""


def read_sbom(path: Path, name: str) -> Sbom:
    """Return what the SBOM in a file lists, or why it is none; raises nothing for what a file may hold."""
    try:
        document = documents.load_json(path)
        if not isinstance(document, dict):
            raise _not_valid(name, "it is not a JSON object")
        if "spdxVersion" in document:
            count = _spdx_components(document, name)
        elif "bomFormat" in document:
            count = _cyclonedx_components(document, name)
        else:
            raise _not_valid(name, "it is neither SPDX nor CycloneDX")
    except Error as error:
        return Sbom(name, 0, error if error.code.startswith("VERIFY") else _not_valid(name, error.why or error.what))
    except RecursionError:
        return Sbom(name, 0, _not_valid(name, "it nests too deep"))
    if not count:
        return Sbom(name, 0, Error("VERIFY032", f"{name} lists nothing", fix="Make it again with `sbom`.", where=name))
    return Sbom(name, count, about=read_about(document))


def _spdx_components(document: dict[str, Any], name: str) -> int:
    version = document["spdxVersion"]
    if version != "SPDX-2.3":
        raise _not_valid(name, f"it is {version!r:.60}, and SPDX-2.3 is what is read")
    documents.validate(document, "spdx-2.3-reader", name)
    described = {entry for entry in document.get("documentDescribes", []) if isinstance(entry, str)}
    described |= {
        relation.get("relatedSpdxElement")
        for relation in document.get("relationships", [])
        if relation.get("relationshipType") == "DESCRIBES" and relation.get("spdxElementId") == "SPDXRef-DOCUMENT"
    }
    return sum(package.get("SPDXID") not in described for package in document.get("packages", []))


def _cyclonedx_components(document: dict[str, Any], name: str) -> int:
    version = str(document.get("specVersion", ""))
    try:
        documents.validate(document, f"cyclonedx-{version}", name)
    except KeyError:
        raise _not_valid(name, f"no CycloneDX version {version!r:.60} is known") from None
    return _nested(document.get("components", []))


def _nested(components: list[dict[str, Any]]) -> int:
    return sum(1 + _nested(component.get("components", [])) for component in components)


def _not_valid(name: str, why: str) -> Error:
    return Error("VERIFY031", f"{name} is not a valid SBOM", why=why, fix="Make it again with `sbom`.", where=name)


def sbom_errors(sboms: Sequence[Sbom]) -> tuple[Error, ...]:
    """Return what is wrong with a release's SBOMs, that there is none included."""
    if not sboms:
        fix = f"`sbom` writes {' and '.join(SBOM_NAMES)} into the folder. Sign them with the rest."
        return (Error("VERIFY030", "there is no SBOM", fix=fix),)
    return tuple(sbom.error for sbom in sboms if sbom.error)
