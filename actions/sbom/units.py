"""`sbom --units`: documents for each workspace member or service, beside those of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maximus.sbom.model import Inventory

    from ..face import Face

__all__ = ["write_units"]


def write_units(  # noqa: PLR0913 - what a document is made of
    face: Face,
    folder: Path,
    made: Inventory,
    files: Mapping[str, str],
    *,
    seconds: int,
    cyclonedx_version: str,
    profile: str,
) -> list[Path]:
    """Write the documents of each unit into the folder, after judging them as the whole ones; return their paths.

    `files` are the names of the whole documents by format. Raises Error SBOM058 for more units than are written, and
    SBOM059 for a document that is not sound.
    """
    from maximus import __version__  # noqa: PLC0415 - `--help` needs none of it
    from maximus.files import write_whole  # noqa: PLC0415 - likewise
    from maximus.sbom import checking, page, rendering  # noqa: PLC0415 - likewise
    from maximus.sbom.units import MAX_UNITS, file_name, split_units  # noqa: PLC0415 - likewise
    from maximus.verdict import Status  # noqa: PLC0415 - likewise

    units = split_units(made)
    if len(units) > MAX_UNITS:
        raise Error(
            "SBOM058",
            f"the tree has {len(units)} units, and at most {MAX_UNITS} get documents of their own",
            fix="Leave some out with `exclude`, or run `sbom` on parts of the tree.",
            where="input units",
        )
    written: list[Path] = []
    rows = []
    for unit in units:
        for part, dev in ((unit.runtime, False), (unit.dev, True)):
            if part is None:
                continue
            rendered = rendering.render(
                part,
                seconds=seconds,
                tool_version=__version__,
                cyclonedx_version=cyclonedx_version,
                profile=profile,
            )
            for verdict in (checking.judge_documents(rendered), checking.judge_references(rendered, part)):
                if verdict.status is Status.FAIL:
                    raise Error(
                        "SBOM059",
                        f"the documents of the unit {unit.name} are not sound",
                        why=verdict.reason,
                        fix=verdict.hint,
                    )
            for form, name in sorted(files.items()):
                path = folder / file_name(unit.name, name, dev=dev)
                if form == "html":
                    when = rendering.timestamp(seconds)
                    content = page.as_page(part, when=when, tool_version=__version__, serial=rendered.serial)
                else:
                    content = rendering.as_bytes(rendered.spdx if form == "spdx" else rendered.cyclonedx)
                write_whole(path, content)
                written.append(path)
        counts = [str(len(part.components)) if part else "0" for part in (unit.runtime, unit.dev)]
        rows.append((unit.name, unit.folder, *counts))
    if rows:
        face.table("Units", ("unit", "folder", "runtime", "only development"), rows)
    else:
        face.say("units: the tree has no part with components of its own; only the whole was written")
    return written
