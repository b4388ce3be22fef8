"""Documents that an earlier run left in the release folder: never left to pass for this run's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus import documents
from maximus.errors import Error
from maximus.files import BUNDLE_SUFFIX
from maximus.sbom.page import BEGINNING, serial_in

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

__all__ = ["Cleared", "clear", "clear_difference", "clear_opinion", "serial_of"]


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of an earlier run's documents."""

    removed: tuple[str, ...] = ()
    """Names of documents that this tool wrote and that are gone."""
    foreign: tuple[str, ...] = ()
    """Names of documents that somebody else wrote, or that cannot be read or removed, and that stay."""


def clear(folder: Path, names: Iterable[str], keep: Container[str] = (), serial: str = "") -> Cleared:
    """Remove our own documents of other runs from a folder, and name what else looks like an inventory.

    `names` are those that this tool writes, `keep` those that this run wrote; `serial` is the UUID of this
    run's content, empty where it came to none: a document with that serial says the same and stays.
    """
    ours = frozenset(names)
    removed: list[str] = []
    foreign: list[str] = []
    for path in _listed(folder):
        if path.name in keep:
            continue
        found = _serial_at(path) if path.name in ours else None
        if found is None:
            foreign.append(path.name)
        elif not serial or found != serial or path.suffix == ".html":
            # A page tells findings too, of which the serial number says nothing: it goes with the run that wrote it.
            try:
                path.unlink()
            except OSError:
                foreign.append(path.name)
            else:
                removed.append(path.name)
    return Cleared(tuple(removed), tuple(foreign))


def _listed(folder: Path) -> list[Path]:
    """Return what is called like an inventory, sorted; signatures are of a file and no inventory themselves."""
    try:
        found = [path for path in folder.glob("sbom.*.json") if not path.name.endswith(BUNDLE_SUFFIX)]
        found += [*folder.glob("sbom.html"), *folder.glob("sbom.*.html")]
    except OSError:
        return []
    return sorted(path for path in found if path.is_symlink() or path.is_file())


def _serial_at(path: Path) -> str | None:
    """Return the serial of a document that this tool wrote; None for a link and for anything else."""
    if path.is_symlink():
        return None
    if path.suffix == ".html":
        return _serial_of_page(path)
    try:
        return serial_of(documents.load_json(path))
    except Error:
        return None


def _serial_of_page(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return serial_in(stream.read(BEGINNING))
    except OSError:
        return None


def clear_difference(folder: Path) -> bool:
    """Remove a comparison of ours, in both its forms, from the evidence; tell whether there was one."""
    return _clear_evidence(folder / "sbom-diff.json", "maximus-sbom-diff")


def clear_opinion(folder: Path) -> bool:
    """Remove a cross-check of ours from the evidence; tell whether there was one."""
    return _clear_evidence(folder / "sbom-cross-check.json", "maximus-sbom-cross-check")


def _clear_evidence(path: Path, kind: str) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    try:
        document = documents.load_json(path)
    except Error:
        return False
    if not isinstance(document, dict) or document.get("kind") != kind:
        return False
    path.unlink(missing_ok=True)
    path.with_suffix(".md").unlink(missing_ok=True)
    return True


def serial_of(document: Any) -> str | None:  # noqa: ANN401 - foreign JSON enters here
    """Return the UUID of a document that this tool wrote, in either format; None where another one did."""
    if not isinstance(document, dict):
        return None
    if document.get("bomFormat") == "CycloneDX":
        tools = _inside(document, "metadata", "tools", "components")
        named = isinstance(tools, list) and any(isinstance(t, dict) and t.get("name") == "maximus" for t in tools)
        return _last(document.get("serialNumber"), ":") if named else None
    creators = _inside(document, "creationInfo", "creators")
    named = isinstance(creators, list) and any(str(creator).startswith("Tool: maximus-") for creator in creators)
    return _last(document.get("documentNamespace"), "/") if named else None


def _inside(document: dict[str, Any], *keys: str) -> object:
    here: object = document
    for key in keys:
        here = here.get(key) if isinstance(here, dict) else None
    return here


def _last(text: object, sign: str) -> str:
    return text.rpartition(sign)[2] if isinstance(text, str) else ""
