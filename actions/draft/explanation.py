"""Explains a configuration of `draft` at a desk: no network, no token, nothing sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.files import write_whole
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from maximus.notes.configuration import Compat
    from maximus.notes.loading import Target

    from ..face import Face

__all__ = ["explain"]


def explain(  # noqa: PLR0913 - what the action was given
    face: Face, tree: Path, config_name: str, *, compat: Compat | None, modernised: str, overwrite: bool
) -> None:
    """Say what each key does and what is old; write the modern form where a file for it is named.

    Raises Error NOTES001 to NOTES015 (usage) for a configuration with faults, all of them at once, DRAFT030 (usage)
    where there is no configuration, DRAFT031 (usage) where the file to write is there already.
    """
    from maximus.notes import explanation  # noqa: PLC0415 - `--help` needs none of it
    from maximus.notes.loading import NotFound, NotReachable, Target, load  # noqa: PLC0415 - as above
    from maximus.notes.local import TreeSource  # noqa: PLC0415 - as above

    context = Target("github", "-", "-", None, "")
    source = TreeSource(tree, context)
    texts: list[tuple[str, str]] = []

    def read(target: Target) -> str:
        text = source(target)
        texts.append((target.path, text))
        return text

    try:
        loaded = load(config_name, context, read)
    except (NotFound, NotReachable) as fault:
        raise Error(
            "DRAFT030",
            f"there is no configuration {config_name!r} in {tree}",
            why=str(fault) if isinstance(fault, NotReachable) else "",
            fix="Name a file below .github/ with `config-name`, or the tree with `path`.",
            where="config-name",
            status=ExitStatus.USAGE,
        ) from fault
    found = explanation.explain(loaded.root, compat=compat)
    for warning in (*loaded.warnings, *found.warnings):
        face.warn(warning)
    face.table(
        f"What {', '.join(path for path, _ in texts)} says",
        ("Key", "Line", "What it does", "To do"),
        [(line.key, line.place, line.what, line.advice) for line in found.lines],
    )
    told = ""
    if modernised:
        told = "; " + _write_modern(face, texts[0], Path(modernised), compat=compat, overwrite=overwrite)
    face.judge(Verdict("draft.configuration", Status.PASS, len(found.lines), unit="keys"))
    old = sum(bool(line.advice) for line in found.lines)
    keys = counted(len(found.lines), "key")
    face.headline(f"{texts[0][0]} is sound: {keys}, {old or 'none'} with something to do{told}; nothing was sent")


def _write_modern(face: Face, first: tuple[str, str], path: Path, *, compat: Compat | None, overwrite: bool) -> str:
    """Write the modern form of the file itself, not of what it inherits; return what became of it."""
    from maximus.notes.modernising import modernise  # noqa: PLC0415 - only where it is asked for

    name, text = first
    made = modernise(text, name, compat=compat)
    for left in made.left:
        face.warn(f"stays as it is: {left}")
    if path.exists() and not overwrite:
        raise Error(
            "DRAFT031",
            f"{path} is there already and was left alone",
            fix="Name another file with `modernised`, or say `overwrite: true`.",
            where="modernised",
            status=ExitStatus.USAGE,
        )
    write_whole(path, made.text)
    if not made.steps:
        return f"it is modern already, and {path} is its copy"
    face.table("Modernised", ("What changed",), [(step,) for step in made.steps])
    return f"{path} has the modern form"
