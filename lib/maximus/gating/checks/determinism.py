"""`determinism`: the same command on the same tree gives the same bytes, run for run; or folders that are there do.

    - id: t6
      type: determinism
      run: make bundle
      outputs: ["out/**"]
      runs: 3
      source: T6

The tree's files are copied afresh for each run, and the command runs in the copy. Instead of `run`, `folders` names two
or more folders of the tree that are compared. The first difference is named: the file, and in JSON the pointer.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import parse_json
from maximus.errors import Error
from maximus.files import hash_file
from maximus.gating.check import Finding, Place, Status
from maximus.gating.checks.command import last_words
from maximus.gating.processes import MAX_TIMEOUT, command_of, run_program
from maximus.gating.worktree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.gating.check import Context, Fields

__all__ = ["Determinism", "read"]

TIMEOUT: Final = 600
"""Seconds that one run may take where the policy does not say."""
MAX_RUNS: Final = 20
MAX_JSON: Final = 16 << 20
"""Bytes of the largest file in which the place of a difference is looked for."""


@dataclass(frozen=True, slots=True)
class Determinism:
    """The options."""

    command: tuple[str, ...]
    outputs: tuple[str, ...]
    """What is compared: patterns in the copies, or in the folders."""
    folders: tuple[str, ...]
    """What is compared instead of runs."""
    runs: int
    timeout: int
    """Seconds that one run may take."""

    def judge(self, context: Context) -> Finding:
        """Run, or look at what was run, and compare."""
        if self.folders:
            absent = [name for name in self.folders if not _is_inside(context.tree.root, name)]
            if absent:
                return Finding(Status.UNMEASURED, 0, reason=f"there is no folder {absent[0]}")
            return self._compared([context.tree.root / name for name in self.folders], self.folders)
        with tempfile.TemporaryDirectory(prefix="maximus-runs-") as home:
            copies = []
            for number in range(1, self.runs + 1):
                copy = Path(home) / f"run-{number}"
                _copy(context.tree, copy)
                ran = run_program(self.command, copy, context.environment, self.timeout)
                if ran.is_missing():
                    return Finding(Status.UNMEASURED, 0, reason=f"a program is not there: {last_words(ran)}")
                if ran.status != 0:
                    how = f"did not end within {self.timeout} s" if ran.status is None else f"ended with {ran.status}"
                    return Finding(Status.FAIL, number, reason=f"run {number} {how}: {last_words(ran)}")
                copies.append(copy)
            return self._compared(copies, [f"run {number}" for number in range(1, self.runs + 1)])

    def _compared(self, folders: Sequence[Path], names: Sequence[str]) -> Finding:
        """Compare every folder with the first."""
        found = [{path: folder / path for path in _selected(folder, self.outputs)} for folder in folders]
        places = []
        everything = sorted({path for files in found for path in files})
        for path in everything:
            text = _difference(path, found, names)
            if text:
                places.append(Place(path, 0, text))
        same = len(everything) - len(places)
        return Finding(
            Status.FAIL if places else Status.PASS if everything else Status.UNMEASURED,
            len(everything),
            measured=f"{same}/{len(everything)}",
            threshold="100 %",
            unit=f"files, {len(folders)} times",
            reason=f"{places[0].path}: {places[0].text}" if places else "" if everything else "no output was there",
            hint="Fix SOURCE_DATE_EPOCH, the order of files, the final line end and the locale; then run it again.",
            places=tuple(places),
        )


def _is_inside(root: Path, name: str) -> bool:
    path = root / name
    return path.is_dir() and path.resolve().is_relative_to(root.resolve())


def _copy(tree: Tree, target: Path) -> None:
    """Copy the files of a tree; links, which no check follows, are left out."""
    for path in tree.files:
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.root / path, place, follow_symlinks=False)
    target.mkdir(parents=True, exist_ok=True)


def _selected(folder: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the regular files of a folder that the patterns name, whether git tracks them or not."""
    return Tree(folder, tracked=False).select(patterns)


def _difference(path: str, found: Sequence[dict[str, Path]], names: Sequence[str]) -> str:
    """Return in what one file differs between the folders, empty where it does not."""
    absent = [name for files, name in zip(found, names, strict=True) if path not in files]
    if absent:
        return f"it is not in {', '.join(absent)}"
    first = hash_file(found[0][path])
    for files, name in zip(found[1:], names[1:], strict=True):
        other = hash_file(files[path])
        if (other.size, other.sha256) != (first.size, first.sha256):
            return f"{names[0]} and {name} differ {_where(found[0][path], files[path])}"
    return ""


def _where(one: Path, other: Path) -> str:
    """Return where two files differ: a JSON pointer, or the line and the byte."""
    if max(one.stat().st_size, other.stat().st_size) > MAX_JSON:
        return "somewhere; it is too large to be told where"
    left, right = one.read_bytes(), other.read_bytes()
    try:
        pointer = _pointer(parse_json(left, ""), parse_json(right, ""))
    except Error:
        pointer = None
    if pointer:
        return f"at {pointer}"
    at = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return f"in line {left.count(10, 0, at) + 1}, at byte {at}"


def _pointer(one: Any, other: Any, path: str = "") -> str | None:  # noqa: ANN401 - any JSON
    """Return the JSON pointer of the first difference, keys in their order by name; None where there is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            below = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in one or key not in other:
                return below
            if (found := _pointer(one[key], other[key], below)) is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            if (found := _pointer(left, right, f"{path}/{index}")) is not None:
                return found
        return None if len(one) == len(other) else f"{path}/{min(len(one), len(other))}"
    return None if type(one) is type(other) and one == other else path


def read(fields: Fields) -> Determinism:
    """Take the options out of a policy's entry."""
    run, folders = fields.texts("run", ()), fields.texts("folders", ())
    is_list = fields.has("run") and isinstance(fields.values["run"].value, list)
    if bool(run) == bool(folders):
        fields.fault("", "needs either `run` with `outputs`, or `folders`")
    if len(folders) == 1:
        fields.fault("folders", "two folders or more are needed: one is always like itself")
    outputs = fields.paths("outputs")
    if run and not fields.has("outputs"):
        fields.fault("outputs", "is required: what the command makes")
    return Determinism(
        command=run if is_list else command_of(run[0]) if run else (),
        outputs=outputs,
        folders=folders,
        runs=fields.whole("runs", 3, least=2, most=MAX_RUNS),
        timeout=fields.whole("timeout", TIMEOUT, least=1, most=MAX_TIMEOUT),
    )
