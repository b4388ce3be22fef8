"""What a job's steps declare as its artifacts: read where nobody says what to sign, and told of what was signed.

A declared artifact has a name and a digest and no path, so it is looked for by both: what is signed is byte for byte
what was declared. Where the runner has the feature switched off the list is empty and what is written is ignored.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Subject", "declare", "declared_files", "find_declared", "lines_to_declare"]

MAX_LIST: Final = 1 << 20
"""Bytes of the longest list that is read or added to, which is the runner's own limit."""
MAX_SUBJECTS: Final = 500
"""Artifacts of one job, likewise."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A file that an earlier step declared."""

    name: str
    """Its base name."""
    sha256: str


def declared_files(environment: Mapping[str, str]) -> tuple[Subject, ...]:
    """Return the files that earlier steps declared, sorted; none where there is no list.

    Raises Error SIGN018 (usage) for a list that is not the runner's.
    """
    from maximus import documents  # noqa: PLC0415 - `--help` needs none of it

    path = Path(environment.get("GITHUB_ARTIFACTS_LIST") or "/nonexistent")
    try:
        if not path.stat().st_size:
            return ()
    except OSError:
        return ()
    try:
        document: Any = documents.load_json(path, limit=MAX_LIST)
        found = {_subject(item) for item in _listed(document) if item["kind"] == "file"}
    except (Error, KeyError, TypeError, ValueError) as fault:
        raise Error(
            "SIGN018",
            "the list of declared artifacts is not the runner's",
            why=_words(fault),
            fix="Name what to sign with `files`.",
            where="GITHUB_ARTIFACTS_LIST",
            status=ExitStatus.USAGE,
        ) from fault
    return tuple(sorted(found))


def _words(fault: Exception) -> str:
    """Return what is wrong with a list, in words that its readers know."""
    match fault:
        case Error():
            return fault.headline
        case KeyError():
            return f"{fault} is missing in it"
        case TypeError():
            return "it is no object with a list of `subjects`"
    return str(fault)[:200]


def _listed(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    if document["version"] != 1:
        msg = f"its version is {document['version']!r:.40}"
        raise ValueError(msg)
    return tuple(document["subjects"])


def _subject(item: Mapping[str, Any]) -> Subject:
    name, digest = str(item["name"]), str(item["digest"])
    algorithm, _, value = digest.rpartition(":")
    if algorithm not in ("", "sha256") or not re.fullmatch(r"[0-9a-f]{64}", value):
        msg = f"{digest!r:.100} is no SHA-256 digest"
        raise ValueError(msg)
    if not name or "/" in name or "\\" in name or name in (".", ".."):
        msg = f"{name!r:.100} is no file's name"
        raise ValueError(msg)
    return Subject(name, value)


def find_declared(subjects: Sequence[Subject], root: Path) -> tuple[Path, ...]:
    """Return the files below `root` that were declared, by name and content, sorted.

    Of several with the same bytes the first is taken. Raises Error SIGN019 where one is not there any more.
    """
    from maximus.files import find_files, hash_file  # noqa: PLC0415 - `--help` needs none of it

    candidates: dict[str, list[Path]] = {}
    for path in find_files([f"**/{glob.escape(subject.name)}" for subject in subjects], root) if subjects else ():
        candidates.setdefault(path.name, []).append(path)
    found = []
    for subject in subjects:
        kept = next(
            (path for path in candidates.get(subject.name, ()) if hash_file(path).sha256 == subject.sha256), None
        )
        if kept is None:
            raise Error(
                "SIGN019",
                f"{subject.name} was declared by an earlier step and is not here",
                why="a file of that name has other bytes now"
                if subject.name in candidates
                else "no file has that name",
                fix="Keep what was declared as it is, or name what to sign with `files`.",
                where="GITHUB_ARTIFACTS_LIST",
            )
        found.append(kept)
    return tuple(sorted(found))


def declare(files: Sequence[Path], environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Tell the runner what was signed, and return the files that its list cannot hold.

    The runner refuses a whole list for one line that it cannot take, so such a file is left out.
    """
    path = Path(environment.get("GITHUB_ARTIFACTS") or "/nonexistent")
    if not path.is_file():
        return ()
    known = frozenset(subject.name for subject in _known(environment))
    lines, left_out = lines_to_declare(files, known)
    try:
        text = path.read_text(encoding="utf-8")
        space = MAX_LIST - len(text.encode("utf-8")) - 1
        added = "".join(f"{line}\n" for line in lines)
        if len(added.encode("utf-8")) > space:
            return tuple(files)
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(("" if text.endswith("\n") or not text else "\n") + added)
    except (OSError, ValueError):
        # Nothing of the signing depends on it.
        return tuple(files)
    return left_out


def _known(environment: Mapping[str, str]) -> tuple[Subject, ...]:
    try:
        return declared_files(environment)
    except Error:
        # Who signs what `files` names does not depend on the list.
        return ()


def lines_to_declare(files: Sequence[Path], known: frozenset[str]) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Return a line for each file that can be declared, and the files that cannot.

    Names that are `known` are declared already. The second of two files of one name cannot be, nor one whose path has
    `=`, a digest or a line break in it, nor what is beyond the runner's count.
    """
    lines: dict[str, str] = {}
    left_out = []
    for path in files:
        line = path.absolute().as_posix()
        is_plain = not re.search(r"[=\n\r]|@sha\d+:", line) and line == line.strip()
        if path.name in known:
            continue
        if is_plain and path.name not in lines and len(lines) + len(known) < MAX_SUBJECTS:
            lines[path.name] = line
        else:
            left_out.append(path)
    return tuple(lines.values()), tuple(left_out)
