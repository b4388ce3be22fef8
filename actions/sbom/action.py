"""The action `sbom`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .difference import report_difference
from .findings import show_findings
from .inputs import Inputs, Outputs
from .opinion import read_opinion, report_opinion
from .overlay import load_overlay, with_overlay
from .reading import of_image, of_tree
from .report import counts, judge_coverage, say_nothing_found, show_inventory

if TYPE_CHECKING:
    from maximus.sbom.baseline import Listed
    from maximus.sbom.model import Inventory
    from maximus.sbom.opinions import Other
    from maximus.sbom.rendering import Rendered
    from maximus.verdict import Verdict

    from ..face import Face
    from .base import Compared
    from .dating import Dated

__all__ = ["FILES", "run"]

FILES = {"spdx": "sbom.spdx.json", "cyclonedx": "sbom.cdx.json"}
"""What the documents are called in the release folder."""


PAGE = "sbom.html"
"""What the page for people is called there."""


def run(inputs: Inputs, face: Face) -> Outputs:
    """Read the tree, judge what was found, and write the documents that were asked for."""
    if inputs.check:
        return _check(inputs, face)
    was_on = gc.isenabled()
    # An inventory is millions of small values without a cycle: looking for one costs a quarter of the run.
    gc.disable()
    written = _Written()
    try:
        made = _run(inputs, face, written)
    except Error as error:
        if error.status is not ExitStatus.USAGE:
            # Nothing was done on wrong usage; otherwise what this run did not write must not look as if it had.
            _clear_earlier(face, Path(inputs.folder), written)
        raise
    else:
        _clear_earlier(face, Path(inputs.folder), written)
        return made
    finally:
        if was_on:
            gc.enable()


def _check(inputs: Inputs, face: Face) -> Outputs:
    """Judge the document that `check` names."""
    from .check import check_document  # noqa: PLC0415 - `--help` needs none of it

    minimums = {
        "components": inputs.min_components,
        "licences": inputs.min_licences,
        "versions": inputs.min_versions,
        "hashes": inputs.min_hashes,
    }
    view = check_document(inputs.check, inputs.profile, minimums, face)
    below = face.record.exit_status is not ExitStatus.PASS
    held = f"held to {inputs.profile}" if inputs.profile else "judged"
    face.headline(
        f"{counted(len(view.used), 'component')} in {view.where}, {view.format} {view.version}, {held}: "
        + ("it falls short" if below else "it holds")
    )
    return Outputs(components=str(len(view.used)))


@dataclass(slots=True)
class _Written:
    """What this run has put into the folder so far; filled in on the way, because a run may end half-way."""

    serial: str = ""
    """The UUID that its documents share."""
    paths: dict[str, Path] = field(default_factory=dict)
    """By format."""
    diff: Path | None = None
    """The comparison, in JSON."""
    units: list[Path] = field(default_factory=list)
    """The units' documents."""
    opinion: Path | None = None
    """The comparison with another generator's document."""


def _clear_earlier(face: Face, folder: Path, written: _Written) -> None:
    """Remove an earlier run's documents and say so; warn of those that another tool wrote."""
    from maximus.files import EVIDENCE  # noqa: PLC0415 - as in `_run`
    from maximus.sbom import earlier  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.units import is_unit_file  # noqa: PLC0415 - likewise

    found = earlier.clear(
        folder,
        [*FILES.values(), PAGE, *(path.name for path in folder.glob("sbom.*") if is_unit_file(path.name))],
        keep={path.name for path in (*written.paths.values(), *written.units)},
        serial=written.serial,
    )
    for name in found.removed:
        face.say(f"removed {name}: an earlier run wrote it, and this one did not write it again")
    if written.diff is None and earlier.clear_difference(folder / EVIDENCE):
        face.say("removed evidence/sbom-diff.json: an earlier run wrote it, and this one compared nothing")
    if written.opinion is None and earlier.clear_opinion(folder / EVIDENCE):
        face.say("removed evidence/sbom-cross-check.json: an earlier run wrote it, and this one compared nothing")
    for name in found.foreign:
        face.warn(f"{name} is not of this run and was left as it is", where=(folder / name).as_posix())


def _warn_of_idle(inputs: Inputs, face: Face) -> None:
    """Warn of inputs that do nothing without another: a policy that is never applied looks like one that holds."""
    idle = (
        ("diff-policy", inputs.diff_policy, "base", inputs.base),
        ("diff-output", inputs.diff_output, "base", inputs.base),
        ("cross-check-policy", inputs.cross_check_policy, "cross-check", inputs.cross_check),
    )
    for name, value, other, given_with in idle:
        if value and not given_with:
            face.warn(f"`{name}` does nothing here: `{other}` is empty, so nothing is compared")
    for name, globs in (("include", inputs.include), ("exclude", inputs.exclude)):
        if globs and inputs.image:
            face.warn(f"`{name}` does nothing here: it selects locks of a tree, and `image` is inventoried")


def _run(inputs: Inputs, face: Face, written: _Written) -> Outputs:
    # Imported here: an inventory's own packages, which `--help` does without.
    from maximus import __version__  # noqa: PLC0415
    from maximus.files import write_whole  # noqa: PLC0415
    from maximus.sbom import checking, rendering, thresholds  # noqa: PLC0415
    from maximus.sbom.concluding import conclude_declared  # noqa: PLC0415

    minimums = thresholds.minimums_of(
        {
            "components": inputs.min_components,
            "licences": inputs.min_licences,
            "versions": inputs.min_versions,
            "hashes": inputs.min_hashes,
        },
        inputs.profile,
    )
    folder = Path(inputs.folder)
    _warn_of_idle(inputs, face)
    overlay = load_overlay(inputs.overlay, inputs.path) if inputs.overlay else None
    other = read_opinion(inputs.cross_check, face) if inputs.cross_check else None
    with contextlib.ExitStack() as held:
        found = of_image(inputs, face, held) if inputs.image else of_tree(inputs, face, held)
        made, dated = found.inventory, found.dated
        if overlay is not None:
            made = with_overlay(face, made, overlay)
        made = conclude_declared(made) if inputs.conclude else made
        rendered: Rendered | None = None
        verdicts: tuple[Verdict, ...] = ()
        if made.components:
            rendered = rendering.render(
                made,
                seconds=dated.seconds,
                tool_version=__version__,
                cyclonedx_version=inputs.cyclonedx_version,
                profile=inputs.profile,
            )
            verdicts = (checking.judge_documents(rendered), checking.judge_references(rendered, made))
        # Last: what they wait for goes on beside all that.
        found.confirm()
        compared = found.compared()
    face.judge(checking.judge_locks(found.read, found.faults))
    face.judge(checking.judge_components(len(made.components)))
    if rendered is None:
        show_findings(face, made.findings)
        say_nothing_found(face, inputs.image or inputs.path, bool(found.faults))
        return Outputs(components="0")
    for verdict in verdicts:
        face.judge(verdict)
    if faulty := [verdict for verdict in verdicts if verdict.status is Status.FAIL]:
        raise Error(
            faulty[0].code, "the documents are not sound and were not written", why=faulty[0].reason, fix=faulty[0].hint
        )
    written.serial = rendered.serial
    for name, document in (("spdx", rendered.spdx), ("cyclonedx", rendered.cyclonedx)):
        if name in inputs.formats:
            write_whole(folder / FILES[name], rendering.as_bytes(document))
            written.paths[name] = folder / FILES[name]
    _write_page(inputs, written, made, dated, found.faults)
    _write_units(inputs, face, written, made, dated)
    if compared is not None or other is not None:
        _write_comparisons(inputs, face, written, made, rendered, base=compared, other=other)
    show_inventory(face, made, dated)
    if inputs.profile not in ("", *thresholds.PROFILES):
        _hold_to_profile(inputs.profile, rendered, face)
    judge_coverage(face, thresholds.judge(minimums, made, [fault.where for fault in found.faults]))
    return Outputs(
        spdx=_shown(written.paths.get("spdx")),
        cyclonedx=_shown(written.paths.get("cyclonedx")),
        html=_shown(written.paths.get("html")),
        components=str(len(made.components)),
        **counts(made),
        diff=_shown(written.diff),
        diff_markdown=_shown(written.diff.with_suffix(".md") if written.diff else None),
        units="\n".join(path.as_posix() for path in written.units),
        cross_check=_shown(written.opinion),
        serial_number=f"urn:uuid:{rendered.serial}",
    )


def _write_comparisons(  # noqa: PLR0913 - what was made, and the two that it is compared with
    inputs: Inputs,
    face: Face,
    written: _Written,
    made: Inventory,
    rendered: Rendered,
    *,
    base: Compared | None,
    other: tuple[Other, Listed] | None,
) -> None:
    """Write what changed since the base and where the other document differs, from one list of what was found."""
    from maximus import __version__  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.baseline import entries_in  # noqa: PLC0415 - likewise

    folder = Path(inputs.folder)
    before = base.listed if base is not None else None
    # Nothing is compared with a first release.
    now = entries_in(made, f"maximus {__version__}") if before is not None or other is not None else None
    if base is not None:
        written.diff = report_difference(
            face,
            folder,
            base.base,
            (before, now) if before is not None and now is not None else None,
            document=rendered.cyclonedx,
            policy=inputs.diff_policy,
            output=inputs.diff_output,
        )
    if other is not None and now is not None:
        written.opinion = report_opinion(face, folder, now, other, inputs.cross_check_policy)


def _write_page(inputs: Inputs, written: _Written, made: Inventory, dated: Dated, faults: tuple[Error, ...]) -> None:
    """Write the page for people, where it is asked for."""
    if "html" not in inputs.formats:
        return
    from maximus import __version__  # noqa: PLC0415 - as in `_run`
    from maximus.files import write_whole  # noqa: PLC0415 - likewise
    from maximus.sbom import page, rendering  # noqa: PLC0415 - likewise

    path = Path(inputs.folder) / PAGE
    when = rendering.timestamp(dated.seconds)
    content = page.as_page(made, when=when, tool_version=__version__, serial=written.serial, faults=faults)
    write_whole(path, content)
    written.paths["html"] = path


def _write_units(inputs: Inputs, face: Face, written: _Written, made: Inventory, dated: Dated) -> None:
    """Write the documents of the tree's parts, where they are asked for."""
    if not inputs.units:
        return
    from .units import write_units  # noqa: PLC0415 - as in `_run`

    names = FILES | {"html": PAGE}
    asked = {name: names[name] for name in inputs.formats}
    written.units = write_units(
        face,
        Path(inputs.folder),
        made,
        asked,
        seconds=dated.seconds,
        cyclonedx_version=inputs.cyclonedx_version,
        profile=inputs.profile,
    )


def _hold_to_profile(profile: str, rendered: Rendered, face: Face) -> None:
    """Judge the document that was just made by what a standard asks for, as anybody's would be."""
    from maximus.sbom.judging import judge as judging  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.judging.profiles import PROFILES  # noqa: PLC0415 - likewise
    from maximus.sbom.judging.view import read_view  # noqa: PLC0415 - likewise

    from .check import show_answers  # noqa: PLC0415 - likewise

    form = "spdx" if set(PROFILES[profile].formats) == {"SPDX"} else "cyclonedx"
    view = read_view(rendered.spdx if form == "spdx" else rendered.cyclonedx, FILES[form])
    if (verdict := judging.judge_format(view, profile)) is not None:
        face.judge(verdict)
    show_answers(face, FILES[form], judging.judge(view, profile))


def _shown(path: Path | None) -> str:
    return path.as_posix() if path else ""
