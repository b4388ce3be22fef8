"""Several configurations in one run of `draft`: what must not happen between them, and what is handed on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.changes import Release
    from maximus.github.releases import Payload

    from .inputs import Outputs

__all__ = ["drafts_as_json", "headline", "notes_name", "refuse_files", "refuse_twins"]


def notes_name(config: str, index: int) -> str:
    """Return the name of a configuration's notes in the folder: the first one's are `notes.md`."""
    if index == 0:
        return "notes.md"
    stem = config.rpartition("/")[2].rpartition(":")[2].rpartition(".")[0]
    plain = "".join(character if character.isalnum() or character in "-_" else "-" for character in stem)
    return f"notes.{index + 1}-{plain[:60]}.md"


def headline(names: Sequence[str]) -> str:
    """Return the sentence about all drafts of a run."""
    return f"{len(names)} releases, one a configuration: {', '.join(name or '(no tag)' for name in names)}"


def refuse_files(names: Sequence[str], *, joint: bool) -> None:
    """Raise Error DRAFT021 (usage) where there are files to attach and several drafts to attach them to."""
    if names and not joint:
        raise Error(
            "DRAFT021",
            f"it is not known to which of the drafts {names[0]} is to be attached",
            why=f"there are several configurations, and the folder holds {counted(len(names), 'file')}",
            fix="Attach in a run with one configuration, name an empty `folder`, or set `joint-notes: true`.",
            where="folder",
            status=ExitStatus.USAGE,
        )


def refuse_twins(planned: Sequence[tuple[str, Payload, Release | None]]) -> None:
    """Raise Error DRAFT022 (usage) where two configurations would write one draft, or drafts with one tag."""
    seen: dict[object, str] = {}
    for config, payload, draft in planned:
        for key in ({draft.id} if draft else set()) | ({payload.tag} if payload.tag else set()):
            if key in seen:
                raise Error(
                    "DRAFT022",
                    f"{seen[key]} and {config} lead to the same release, {payload.tag or payload.name or 'a draft'}",
                    why="nothing tells their releases apart",
                    fix="Give each a `tag-prefix` of its own, and a `tag-template` that begins with it.",
                    where="configs",
                    status=ExitStatus.USAGE,
                )
            seen[key] = config


def drafts_as_json(done: Sequence[tuple[str, Outputs]]) -> str:
    """Return the output `drafts`."""
    return json.dumps(
        [
            {
                "body-file": outputs.body_file,
                "config": config,
                "html-url": outputs.html_url,
                "id": outputs.id,
                "name": outputs.name,
                "resolved-version": outputs.resolved_version,
                "tag-name": outputs.tag_name,
            }
            for config, outputs in done
        ],
        ensure_ascii=False,
    )
