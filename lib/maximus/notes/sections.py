"""Our own sections of the notes: what is attached, how to prove it, and what was measured, from the release folder.

Each comes from documents that other actions wrote, and only from them. A variable such as `$ARTIFACTS` places one in a
template; without it the sections that the configuration names follow the body.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from maximus import markdown
from maximus.errors import Error, ExitStatus, nearest
from maximus.files import BUNDLE_SUFFIX, EVIDENCE, hash_file, list_folder
from maximus.notes.documents import Bundle, Inventory, read_bundle, read_evidence, read_inventory
from maximus.notes.proof import (
    MAX_ARTIFACTS,
    NOT_MEASURED,
    diff_text,
    inventory_text,
    log_link,
    metrics_text,
    table,
    verdicts_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "NAMES",
    "STATEMENT_BUNDLE",
    "Artifact",
    "Sections",
    "check_names",
    "list_artifacts",
    "list_attachments",
    "read_sections",
]

STATEMENT_BUNDLE = f"release{BUNDLE_SUFFIX}"
"""The one bundle over all files, where they were signed by one statement."""
SBOM_NAMES: Final = ("sbom.cdx.json", "sbom.spdx.json")
HEADINGS: Final = {
    "artifacts": "Artifacts",
    "verification": "Verification",
    "sbom-summary": "SBOM",
    "sbom-diff": "SBOM changes",
    "verdicts": "Verdicts",
    "consciousness-metrics": "Consciousness metrics",
}
NAMES: Final = tuple(HEADINGS)
"""The sections, in the order in which they follow the body unless the configuration has another."""
DEFAULT: Final = ("artifacts", "verification")
"""What follows the body where nobody named anything, each where there is something to say."""
DOCUMENTS: Final = {
    "sbom-diff": ("sbom-diff.json", "sbom-diff"),
    "verdicts": ("verdicts.json", "verdicts"),
    "consciousness-metrics": ("consciousness-metrics.json", "consciousness-metrics"),
}
"""The evidence file and the schema behind a section."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the release folder."""

    name: str
    """Its path relative to the folder, with `/`."""
    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""
    bundle: str = ""
    """The name of the bundle that proves it; empty where there is none."""
    entries: tuple[tuple[int, bool], ...] = ()
    """The bundle's log entries: the index, and whether the log is the public one."""
    is_covered: bool = True
    """Whether the bundle is about these bytes."""


@dataclass(frozen=True, slots=True)
class Sections:
    """What there is to say, read and checked; without anything every text is "not measured"."""

    artifacts: tuple[Artifact, ...] = ()
    command: str = ""
    """The line with which anybody verifies the folder, as `sign` puts it out."""
    inventories: tuple[tuple[str, str, Inventory], ...] = ()
    """Each SBOM's name, SHA-256 and numbers."""
    unreadable: Error | None = None
    """Why an SBOM is none: anybody's may be attached, so it only matters where its numbers are asked for."""
    documents: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """The evidence by the section's name."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """Why a check's evidence is not believed."""
    mismatches: tuple[str, ...] = ()
    """Every digest that does not fit its file, for people."""
    today: str = ""
    """`YYYY-MM-DD`; decides whether a waiver holds."""
    wanted: tuple[str, ...] | None = None
    """Which sections follow the body, as the caller says; None leaves it to the configuration."""
    fallback: tuple[str, ...] | None = None
    """The same where the configuration names none either; None for what there is of artifacts and verification."""
    published_name: Callable[[str], str] | None = None
    """The name that a server gives a file; None where nothing is attached."""

    def texts(self, address: str = "", names: Iterable[str] = NAMES) -> dict[str, str]:
        """Return the Markdown of each section that is named, without its heading, ending with a newline.

        `address` is where the release's files will be downloaded from; empty, they are not links.
        Raises the Error of a document that cannot be used.
        """
        return {name: self._text(name, address) for name in names}

    def _text(self, name: str, address: str) -> str:
        match name:
            case "artifacts":
                return self._artifacts(address)
            case "verification":
                return self._verification()
            case "sbom-summary":
                if self.unreadable is not None:
                    raise self.unreadable
                return inventory_text(self.inventories)
            case "sbom-diff":
                return diff_text(self.documents.get(name))
            case "verdicts":
                return verdicts_text(self.documents.get(name), self.broken, self.today)
        return self._mismatched(name) + metrics_text(self.documents.get(name))

    def following(self, named: tuple[str, ...] | None, placed: Collection[str] = ()) -> tuple[str, ...]:
        """Return the names of the sections that follow the body: those that are named and not placed already."""
        names = next((names for names in (self.wanted, named, self.fallback) if names is not None), None)
        if names is None:
            there = {"artifacts": bool(self.artifacts), "verification": bool(self.command.strip())}
            names = tuple(name for name in DEFAULT if there[name])
        return tuple(name for name in dict.fromkeys(names) if name not in placed)

    def behind(self, names: Iterable[str], address: str = "") -> str:
        """Return the sections with their headings and a blank line in front, or an empty text."""
        parts = [f"## {HEADINGS[name]}\n\n{text}" for name, text in self.texts(address, names).items()]
        return "\n" + "\n".join(parts) if parts else ""

    def _artifacts(self, address: str) -> str:
        if not self.artifacts:
            return f"{NOT_MEASURED}\n"
        rows = [
            (
                self._linked(artifact.name, address),
                f"{artifact.size:,}",
                markdown.code(artifact.sha256),
                self._bundle(artifact, address),
                _entries(artifact),
            )
            for artifact in self.artifacts
        ]
        columns = ("File", "Bytes", "SHA-256", "Bundle", "Log entry")
        return table(columns, rows, "the folder", limit=MAX_ARTIFACTS)

    def _linked(self, name: str, address: str) -> str:
        shown = markdown.code(name)
        if not address or self.published_name is None:
            return shown
        return f"[{shown}](<{address}/{quote(self.published_name(name.rpartition('/')[2]), safe='')}>)"

    def _bundle(self, artifact: Artifact, address: str) -> str:
        if not artifact.bundle:
            return "not signed"
        linked = self._linked(artifact.bundle, address)
        return linked if artifact.is_covered else f"❌ {linked} is about other bytes"

    def _verification(self) -> str:
        if not self.command.strip():
            return f"{NOT_MEASURED}\n"
        return "Download the release's files into the folder that the command names, and run it:\n\n" + markdown.fence(
            self.command, "sh"
        )

    def _mismatched(self, name: str) -> str:
        why = self.broken.get(name, "")
        return f"❌ {markdown.escape(why)}\n\n" if why else ""


def _entries(artifact: Artifact) -> str:
    if not artifact.bundle or not artifact.is_covered or not artifact.entries:
        return "not logged" if artifact.bundle else ""
    return ", ".join(log_link(index, is_public=is_public) for index, is_public in artifact.entries)


def check_names(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the names of sections; raise Error NOTES032 (usage) for one that there is not."""
    for name in names:
        if name not in NAMES:
            raise Error(
                "NOTES032",
                f"there is no section {name!r}",
                fix=f"{nearest(name, NAMES).capitalize()}.",
                where=where,
                status=ExitStatus.USAGE,
            )
    return tuple(names)


def list_attachments(folder: Path) -> tuple[Path, ...]:
    """Return what is attached to the release: every file of the folder except the evidence, sorted by name.

    Raises Error FILE004 for a link that leads out of the folder.
    """
    if not folder.is_dir():
        return ()
    return tuple(path for path in list_folder(folder) if path.relative_to(folder).parts[0] != EVIDENCE)


def list_artifacts(folder: Path) -> tuple[Artifact, ...]:
    """Return the attached files that are no bundles, each with its bundle, sorted by name.

    Raises Error DOC001 to DOC004 for a bundle that cannot be read.
    """
    paths = list_attachments(folder)
    names = {path.relative_to(folder).as_posix() for path in paths}

    @functools.cache
    def bundle_of(name: str) -> Bundle:
        return read_bundle(folder / name)

    found = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if name.endswith(BUNDLE_SUFFIX):
            continue
        read = hash_file(path)
        bundle = next((b for b in (name + BUNDLE_SUFFIX, STATEMENT_BUNDLE) if b in names), "")
        if not bundle:
            found.append(Artifact(name, read.size, read.sha256))
            continue
        told = bundle_of(bundle)
        # A bundle that names no digest contradicts nothing; `verify` says what it proves.
        is_covered = not told.sha256 or read.sha256 in told.sha256
        found.append(Artifact(name, read.size, read.sha256, bundle, told.entries, is_covered))
    return tuple(found)


def read_sections(  # noqa: PLR0913 - each is a place that something is read from
    folder: Path,
    *,
    tree: Path | None = None,
    command: str = "",
    verdicts: Path | None = None,
    metrics: Path | None = None,
    today: str = "",
    wanted: tuple[str, ...] | None = None,
    fallback: tuple[str, ...] | None = None,
    published_name: Callable[[str], str] | None = None,
) -> Sections:
    """Return what a release folder has to say; `verdicts` and `metrics` where they lie elsewhere.

    `tree` is what was released: evidence may be a file of it as well as one of the folder.

    Raises Error DOC001 to DOC004 and NOTES030 to NOTES032 for a document that is there and cannot be used.
    """
    artifacts = list_artifacts(folder)
    given = {"verdicts": verdicts, "consciousness-metrics": metrics}
    documents = {}
    for name, (file, schema) in DOCUMENTS.items():
        read = read_evidence(given.get(name) or folder / EVIDENCE / file, schema)
        if read is not None:
            documents[name] = read
    broken = {**_broken_verdicts(folder, tree, documents), **_broken_metrics(folder, metrics, documents)}
    mismatches = [
        f"{item.bundle} is not about {item.name}, SHA-256 {item.sha256}" for item in artifacts if not item.is_covered
    ]
    by_name = {artifact.name: artifact.sha256 for artifact in artifacts}
    inventories, unreadable = _inventories(folder, by_name)
    return Sections(
        artifacts=artifacts,
        command=command,
        inventories=inventories,
        unreadable=unreadable,
        documents=documents,
        broken=broken,
        mismatches=(*mismatches, *(f"{name}: {why}" for name, why in sorted(broken.items()))),
        today=today,
        wanted=None if wanted is None else check_names(wanted, "input sections"),
        fallback=fallback,
        published_name=published_name,
    )


def _inventories(
    folder: Path, by_name: Mapping[str, str]
) -> tuple[tuple[tuple[str, str, Inventory], ...], Error | None]:
    """Return the SBOMs of the folder in numbers, and why one of them is none."""
    found = []
    try:
        for name in SBOM_NAMES:
            read = read_inventory(folder / name) if name in by_name else None
            if read is not None:
                found.append((name, by_name[name], read))
    except Error as error:
        return (), error
    return tuple(found), None


def _broken_verdicts(folder: Path, tree: Path | None, documents: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Return by check which file of the folder is not the one that its verdict was given on.

    A path is relative to the tree or to the folder; a file of the one that fits speaks for both.
    """
    found: dict[str, str] = {}
    for verdict in documents.get("verdicts", {}).get("verdicts", ()):
        for evidence in verdict.get("evidence", ()):
            why = _contradiction(folder, evidence["path"], evidence["sha256"])
            if why and not (tree and _is_there(tree, evidence["path"], evidence["sha256"])):
                found.setdefault(verdict["check"], why)
    return found


def _broken_metrics(folder: Path, metrics: Path | None, documents: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Return why the numbers are not those of the recording that lies beside them."""
    name = "consciousness-metrics"
    if name not in documents:
        return {}
    beside = metrics.parent if metrics else folder / EVIDENCE
    document = documents[name]
    recording = document["recording"]
    for number in ("phi_proxy", "esgt_events", "arousal_range"):
        source = document[number]["source"] if document[number] else recording
        if "profile" in source and source["sha256"] != recording["sha256"]:
            return {name: f"{number} is from SHA-256 {source['sha256']}, the recording has {recording['sha256']}"}
        for place in (beside, folder):
            why = _contradiction(place, source["name"], source["sha256"])
            if why:
                return {name: why}
    return {}


def _is_there(folder: Path, name: str, sha256: str) -> bool:
    """Tell whether a folder has the file with that digest; nothing outside it is looked at."""
    path = folder / name
    inside = path.resolve().is_relative_to(folder.resolve()) and path.is_file()
    return inside and hash_file(path).sha256 == sha256


def _contradiction(folder: Path, name: str, sha256: str) -> str:
    """Return that a file of the folder has another digest than was said; empty where it has not, or is not there."""
    path = folder / name
    top = folder.resolve()
    if not path.resolve().is_relative_to(top) or not path.is_file():
        return ""
    found = hash_file(path).sha256
    return "" if found == sha256 else f"{name} has SHA-256 {found}, not {sha256}"
