"""Holds a log against checkpoints that were kept elsewhere: what was cut off, written anew, or has two heads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .auditing import Audit
    from .checkpoint import Checkpoint

__all__ = ["hold"]


def hold(found: Audit, name: str, checkpoints: Sequence[tuple[str, Checkpoint]]) -> tuple[Error, ...]:
    """Return in what a log is not the one that the checkpoints were made of.

    `checkpoints` come with the name of their files. The audit must have kept the roots at their counts.
    """
    ordered = sorted(checkpoints, key=lambda item: (item[1].count, item[0]))
    return (*_two_heads(ordered), *_held(found, name, ordered))


def _two_heads(ordered: Sequence[tuple[str, Checkpoint]]) -> Iterator[Error]:
    for place, (first_name, first) in enumerate(ordered):
        for second_name, second in ordered[place + 1 :]:
            if first.origin == second.origin and first.count == second.count and first.root != second.root:
                yield Error(
                    "LOG022",
                    f"{first_name} and {second_name} are two heads of {first.origin} at entry {first.count}",
                    why="both were made of a log of that count, with other entries in it",
                    fix="Somebody keeps two logs under one name: find out who was shown which.",
                    where=second_name,
                )


def _held(found: Audit, name: str, ordered: Sequence[tuple[str, Checkpoint]]) -> Iterator[Error]:
    good = 0
    for where, checkpoint in ordered:
        count = checkpoint.count
        if count > found.count:
            first = found.count + 1
            missing = f"entry {count} is" if first == count else f"entries {first} to {count} are"
            yield Error(
                "LOG023",
                f"{missing} not in {name}: its end was cut off",
                why=f"{where} was made of {count} entries, the log has {found.count}",
                fix="Bring the whole log back from where it was kept; append nothing before.",
                where=f"{name}:{first}",
            )
        elif found.roots.get(count) != checkpoint.root:
            yield Error(
                "LOG024",
                f"an entry from {good + 1} to {count} of {name} is not the one that {where} was made of",
                why="the two roots differ: the log was written anew, or an entry was changed",
                fix="Bring the log back from where it was kept; append nothing before.",
                where=f"{name}:{good + 1}",
            )
        else:
            good = count
