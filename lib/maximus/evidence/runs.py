"""One run's evidence, wherever it lies: in a bundle, in a folder, or only in a manifest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import faults, load_json, parse_json
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file, open_file, unreadable
from maximus.verdict import Status

from .claims import is_telemetry
from .limits import MAX_DOCUMENT
from .manifest import NAME, manifest_entries
from .profiles import kind_of
from .reading import read_chunks, read_directory
from .tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .reading import Member

__all__ = ["File", "Run", "green_of", "read_run"]

_NOT_GREEN: Final = ("fail", "pending")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a run."""

    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""
    member: Member | None = None
    """Where it lies in a bundle."""
    path: Path | None = None
    """Where it lies in a folder; neither is there for a file that only a manifest knows."""


@dataclass(frozen=True, slots=True)
class Run:
    """The evidence of one run."""

    name: str
    """As the caller named it."""
    source: Path
    files: dict[str, File]
    """By name, claims only, in the order of a bundle."""
    left_out: int
    """How many files are telemetry."""

    def content(self, name: str) -> bytes | None:
        """Return a file's content; None where it is not there to be read, or too large to be parsed."""
        file = self.files[name]
        if file.size > MAX_DOCUMENT:
            return None
        if file.path is not None:
            try:
                return file.path.read_bytes()
            except OSError as fault:
                raise unreadable(fault, file.path) from fault
        if file.member is not None:
            with self.source.open("rb") as stream:
                return b"".join(read_chunks(stream, file.member))
        return None


def read_run(path: Path, telemetry: Sequence[str] = ()) -> Run:
    """Return what a bundle, a folder or a manifest holds; files that are telemetry are counted and left out.

    Raises Error EVID040 (usage) where there is nothing, EVID041 for a bundle that is not whole, EVID042 for a JSON
    file that is no manifest, and what reading raises.
    """
    if path.is_dir():
        found = dict(_of_folder(path))
    elif not path.is_file():
        raise Error(
            "EVID040",
            f"there is no {path} to compare",
            fix="Name bundles, folders or manifests, one a line.",
            where="input manifests",
            status=ExitStatus.USAGE,
        )
    elif path.suffix == ".json":
        found = dict(_of_manifest(path))
    else:
        found = dict(_of_bundle(path))
    claims = {name: file for name, file in found.items() if not is_telemetry(name, telemetry)}
    return Run(str(path), path, claims, len(found) - len(claims))


def _of_folder(path: Path) -> Iterator[tuple[str, File]]:
    tree = read_tree(path)
    if tree.faults:
        raise tree.faults[0]
    for found in tree.files:
        hashed = hash_file(found.path)
        yield found.name, File(hashed.size, hashed.sha256, path=found.path)


def _of_manifest(path: Path) -> Iterator[tuple[str, File]]:
    document = load_json(path, limit=MAX_DOCUMENT)
    wrong = faults(document, "evidence-manifest")
    if wrong:
        raise Error(
            "EVID042",
            f"{path} is no manifest",
            why="; ".join(wrong),
            fix="Name the MANIFEST.json of a bundle, the bundle, or the folder that was packed.",
            where=str(path),
        )
    for entry in manifest_entries(document):
        yield entry.path, File(entry.size, entry.sha256)


def _of_bundle(path: Path) -> Iterator[tuple[str, File]]:
    with open_file(path) as stream:
        directory = read_directory(stream, path.name)
        if directory.faults:
            first = directory.faults[0]
            raise Error(
                "EVID041",
                f"{path} is not whole, so that nothing is compared with it",
                why=f"{first.what}, and {len(directory.faults) - 1} more" if directory.faults[1:] else first.what,
                fix="See all of it with the mode `verify`.",
                where=str(path),
            )
        for member in directory.members:
            if member.at.name != NAME:
                digest = hashlib.sha256()
                for chunk in read_chunks(stream, member):
                    digest.update(chunk)
                yield member.at.name, File(member.at.size, digest.hexdigest(), member=member)


def green_of(run: Run) -> tuple[Status, int, str]:
    """Return whether the run was green, by how many answers, and what was not.

    Read are documents of verdicts and scorecards; a run without any is unmeasured, and never green.
    """
    count = 0
    reasons: list[str] = []
    unmeasured: list[str] = []
    for name in run.files:
        raw = run.content(name) if name.endswith(".json") else None
        document = _document(raw, name)
        kind = kind_of(document)
        if kind in ("verdicts", "scorecard-1") and faults(document, kind):
            reasons.append(f"{name} does not hold to its schema")
            count += 1
        elif kind == "verdicts":
            for item in document["verdicts"]:
                count += 1
                if item["status"] == Status.FAIL.value:
                    reasons.append(f"{name}: {item['check']} failed")
                elif item["status"] == Status.UNMEASURED.value:
                    unmeasured.append(f"{name}: {item['check']} is unmeasured")
        elif kind == "scorecard-1":
            gates = document["gates"]
            count += len(gates)
            reasons += [f"{name}: {gate} is {gates[gate]['status']}" for gate in sorted(gates)
                        if gates[gate]["status"] in _NOT_GREEN]  # fmt: skip
            reasons += [f"{name}: a gate failed hard"] if document["gating"]["hard_fail"] else []
    if reasons:
        return Status.FAIL, count, reasons[0]
    if unmeasured or not count:
        return Status.UNMEASURED, count, unmeasured[0] if unmeasured else "it holds no verdict"
    return Status.PASS, count, ""


def _document(raw: bytes | None, name: str) -> Any:  # noqa: ANN401 - foreign JSON
    try:
        return None if raw is None else parse_json(raw, name)
    except Error:
        # That it cannot be parsed is told where the bundle is verified; it says nothing about green.
        return None
