"""The action `sbom`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.beside import Beside
from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status

from .chart import show_charts
from .difference import report_difference
from .facts import with_facts
from .findings import MAX_LISTED, first_of, show_findings
from .inputs import Inputs, Outputs
from .opinion import read_opinion, report_opinion
from .overlay import load_overlay, with_overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from maximus.git import Checkout
    from maximus.sbom.baseline import Listed
    from maximus.sbom.coverage import Coverage
    from maximus.sbom.difference import Base
    from maximus.sbom.model import Inventory, Subject
    from maximus.sbom.opinions import Other
    from maximus.sbom.rendering import Rendered
    from maximus.sbom.subject import Facts
    from maximus.sbom.thresholds import Judged
    from maximus.sbom.tree import Selection, Tree
    from maximus.verdict import Verdict

    from ..face import Face

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
        found = _of_image(inputs, face, held) if inputs.image else _of_tree(inputs, face, held)
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
        _say_nothing_found(face, inputs.image or inputs.path, bool(found.faults))
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
    _report(face, made, dated)
    if inputs.profile not in ("", *thresholds.PROFILES):
        _hold_to_profile(inputs.profile, rendered, face)
    _judge_coverage(face, thresholds.judge(minimums, made, [fault.where for fault in found.faults]))
    return Outputs(
        spdx=_shown(written.paths.get("spdx")),
        cyclonedx=_shown(written.paths.get("cyclonedx")),
        html=_shown(written.paths.get("html")),
        components=str(len(made.components)),
        **_counts(made),
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
    base: _Compared | None,
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


def _write_page(inputs: Inputs, written: _Written, made: Inventory, dated: _Dated, faults: tuple[Error, ...]) -> None:
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


def _write_units(inputs: Inputs, face: Face, written: _Written, made: Inventory, dated: _Dated) -> None:
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


@dataclass(frozen=True, slots=True)
class _Found:
    """An inventory, and what the run needs to know besides."""

    inventory: Inventory
    read: int
    """How many locks and databases were read."""
    faults: tuple[Error, ...]
    """Those that could not be."""
    dated: _Dated
    compared: Callable[[], _Compared | None]
    """Waits for what it is compared with. Raises Error SBOM017 or SBOM018 (usage) where there is no such thing."""
    confirm: Callable[[], None] = lambda: None
    """Waits until it is known that what was read is what was stated; an Error is raised where it is not."""


def _of_tree(inputs: Inputs, face: Face, held: contextlib.ExitStack) -> _Found:
    """Inventory the tree at `path`; what is read beside it is given up where `held` is left."""
    from maximus.sbom import inventory, scan, subject  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.unlocked import unlocked  # noqa: PLC0415 - likewise

    selection = _selection_of(inputs)
    # What is compared with is no part of the tree, although it may lie there and look like an SBOM of a part.
    named = [Path(name) for name in (inputs.base, inputs.cross_check, inputs.facts) if name and _is_file(name)]
    tree = scan.find_locks(Path(inputs.path), leave_out=[Path(inputs.folder), *named], selection=selection)
    # The locks of the last release take as long to read as those of this one.
    base = held.enter_context(Beside(lambda: _base_of(inputs, tree, selection))) if inputs.base else None
    found = scan.read_locks(tree)
    for words in tree.unfit:
        face.warn(f"{words}, which fits no lock and no manifest in {inputs.path}")
    for fault in found.faults:
        face.fail(fault)
    facts, dated = _facts_of(found.tree, face.environment)
    about = _authored(inputs, subject.describe(facts, inputs.name, inputs.version))
    made = inventory.build(about, found.readings, found.tree.skipped, unlocked(found))
    if inputs.installed:
        made = _with_installed(face, made, found.tree)
    if inputs.caches:
        made = _with_caches(face, made)
    if inputs.fetch or inputs.facts or inputs.hashes:
        fetching = inputs.fetch or bool(inputs.hashes)
        made = with_facts(face, made, inputs.facts, fetching=fetching, hashes=bool(inputs.hashes))
    return _Found(made, len(found.readings), found.faults, dated, lambda: _base_in(base, face) if base else None)


def _authored(inputs: Inputs, about: Subject) -> Subject:
    """Return the subject with the author that the input names. Raises Error SBOM060 (usage) where it names nobody."""
    if not inputs.author:
        return about
    from maximus.sbom.producers import of_entity  # noqa: PLC0415 - as in `_run`

    author = of_entity(inputs.author)
    if author is None:
        raise Error(
            "SBOM060",
            f"`author` is {inputs.author[:80]!r}, which names nobody",
            fix="Write a name, with a mail address in <> or an address of the web in () behind it.",
            where="input author",
            status=ExitStatus.USAGE,
        )
    return replace(about, author=author)


def _of_image(inputs: Inputs, face: Face, held: contextlib.ExitStack) -> _Found:
    """Inventory the image that `image` names; its digests are computed until `held` is left."""
    from maximus.sbom.images.digests import Digests  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.images.layout import open_image  # noqa: PLC0415 - likewise

    path = Path(inputs.image)
    image = open_image(path, inputs.platform)
    # What takes longest begins first: while it is computed, the rest is imported, looked at and written down.
    digests = held.enter_context(Digests(image.layers))
    from maximus.sbom import inventory  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.contents import with_contents  # noqa: PLC0415 - likewise
    from maximus.sbom.images.catalogue import catalogue, subject_of  # noqa: PLC0415 - likewise

    compared = None
    if inputs.base:
        if not _is_file(inputs.base):
            raise _no_base(inputs.base, "no file is called so, and an image has no tags of git")
        compared = _base_file(Path(inputs.base))
    found = catalogue(image, digests)
    for fault in found.faults:
        face.fail(fault)
    system = found.release.name or found.release.distro or "a system that does not say what it is"
    face.say(
        f"image {image.name or path.as_posix()}{f':{image.tag}' if image.tag else ''} {image.digest}: "
        f"{counted(len(image.layers), 'layer')}, {system}"
    )
    dated = _stated_time(face.environment)
    if dated is None and image.created is not None:
        dated = _Dated(image.created, "the image's own time", reproducible=True)
    made = inventory.build(_authored(inputs, subject_of(image, path, inputs.name, inputs.version)), found.readings)
    made = with_contents(made, found.carried)
    read = sum(1 for _, reading in found.readings if reading.packages)
    return _Found(
        made,
        read,
        found.faults,
        dated or _Dated(0, "1970, for want of any time", reproducible=True),
        lambda: compared,
        digests.finish,
    )


def _counts(made: Inventory) -> dict[str, str]:
    """Return the outputs that count."""
    from maximus.sbom.coverage import measure  # noqa: PLC0415 - as in `_run`

    whole = measure(made.components)
    return {
        "ecosystems": ",".join(sorted({component.ecosystem for component in made.components})),
        "licence_coverage": f"{whole.licences}/{whole.components}",
        "hash_coverage": f"{whole.sha256}/{whole.distributed}",
        "version_coverage": f"{whole.versions}/{whole.components}",
        "unknown": str(sum(1 for component in made.components if component.gaps)),
        "skipped": str(len(made.skipped)),
        "inside": str(len(made.inner)),
    }


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


@dataclass(frozen=True, slots=True)
class _Compared:
    """What is compared with: where it comes from and its packages, None for a first release."""

    base: Base
    listed: Listed | None


def _selection_of(inputs: Inputs) -> Selection:
    """Return what the globs select. Raises Error GLOB001 (usage) for what is no pattern."""
    from maximus.globs import compile_globs  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.tree import Selection  # noqa: PLC0415 - likewise

    # Each glob is compiled once more for itself: which of them fits nothing, the whole cannot tell.
    each = [
        (f"`{name}` has {glob!r}", pattern)
        for name, globs in (("include", inputs.include), ("exclude", inputs.exclude))
        for glob in dict.fromkeys(globs)
        if (pattern := compile_globs([glob]))
    ]
    return Selection(compile_globs(inputs.include), compile_globs(inputs.exclude), tuple(each))


def _base_of(inputs: Inputs, tree: Tree, selection: Selection) -> _Compared:
    """Read what `base` names, before anything is written over it.

    Raises Error SBOM017 or SBOM018 (usage) where it names neither a file nor anything that git could know.
    """
    return _base_file(Path(inputs.base)) if _is_file(inputs.base) else _base_tag(inputs, tree, selection)


def _base_in(reading: Beside[_Compared], face: Face) -> _Compared | None:
    """Return what was read of the base; None, with an error shown, where that failed. Raises the usage errors."""
    try:
        return reading.result()
    except Error as error:
        if error.status is ExitStatus.USAGE:
            raise
        # The inventory does not need it.
        face.fail(error)
        return None


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:
        # Longer than a path can be.
        return False


def _base_file(path: Path) -> _Compared:
    from maximus import __version__, documents  # noqa: PLC0415 - as in `_run`
    from maximus.files import hash_file  # noqa: PLC0415 - likewise
    from maximus.sbom.baseline import entries_of  # noqa: PLC0415 - likewise
    from maximus.sbom.difference import Base  # noqa: PLC0415 - likewise

    listed = entries_of(documents.load_json(path), path.as_posix())
    is_other = listed.tool != f"maximus {__version__}"
    base = Base(
        "file",
        path.name,
        sha256=hash_file(path).sha256,
        unnamed=listed.unnamed,
        tool=listed.tool if is_other else "",
    )
    return _Compared(base, listed)


def _no_base(name: str, why: str) -> Error:
    return Error(
        "SBOM017",
        f"there is no base {name}",
        why=why,
        fix="Name an SBOM in JSON, or a tag of the tree's repository.",
        where="input base",
        status=ExitStatus.USAGE,
    )


def _base_tag(inputs: Inputs, tree: Tree, selection: Selection) -> _Compared:
    from maximus import __version__  # noqa: PLC0415 - as in `_run`
    from maximus.sbom import inventory, past, subject  # noqa: PLC0415 - likewise
    from maximus.sbom.baseline import entries_in  # noqa: PLC0415 - likewise
    from maximus.sbom.difference import Base  # noqa: PLC0415 - likewise

    tag = inputs.base
    checkout = _checkout_of(tree)
    if checkout is None or tag.endswith(".json"):
        why = "no file is called so" + ("" if checkout else ", and the tree is no git checkout with tags")
        raise _no_base(tag, why)
    commit = checkout.commit_of(f"refs/tags/{tag}") or checkout.commit_of(tag)
    if commit is None:
        if checkout.is_shallow():
            raise Error(
                "SBOM018",
                f"there is no tag {tag} in this shallow clone",
                why="its history and tags were cut off, so that nobody can say whether there is an earlier release",
                fix="Check out with `fetch-depth: 0`, or run `git fetch --unshallow --tags`.",
                where="input base",
                status=ExitStatus.USAGE,
            )
        at_head = checkout.tags_at_head()
        if earlier := next((name for name in checkout.tags_reachable() if name not in at_head), ""):
            # A slip must not pass for a first release, to which every policy says yes.
            raise _no_base(tag, f"no file and no tag is called so, and there are earlier tags, such as {earlier}")
        return _Compared(Base("none", tag), None)
    below = tree.root.relative_to(checkout.root.resolve()).as_posix()
    found = past.scan_at(checkout, commit, "" if below == "." else below, tag, selection)
    made = inventory.build(subject.describe(subject.Facts(folder=tree.root.name)), found.readings)
    return _Compared(Base("tag", tag, commit=commit), entries_in(made, f"maximus {__version__}"))


def _with_installed(face: Face, made: Inventory, tree: Tree) -> Inventory:
    """Return the inventory with what installed packages declare, and say how many of its components these are."""
    from maximus.sbom import enrichment, installed  # noqa: PLC0415 - as in `_run`
    from maximus.sbom.contents import with_contents  # noqa: PLC0415 - likewise

    read = installed.read_installed(tree)
    enriched = enrichment.enrich(made, read)
    face.say(f"installed: {enriched.matched} of {counted(len(made.components), 'component')}")
    if made.components and not enriched.matched:
        face.warn("nothing of what the locks name is installed in the tree; install first, or leave out `installed`")
    return with_contents(enriched.inventory, read.carried)


def _with_caches(face: Face, made: Inventory) -> Inventory:
    """Return the inventory with what verified bytes of the caches gave, and say of how many components these are."""
    from maximus.sbom import caches, enrichment  # noqa: PLC0415 - as in `_run`

    home = Path(face.environment.get("HOME") or face.environment.get("USERPROFILE") or Path.home())
    read = caches.read_caches(made.components, caches.places_of(face.environment, home))
    enriched = enrichment.with_cached(made, read)
    face.say(f"caches: {enriched.matched} of {counted(len(made.components), 'component')} verified and hashed")
    return enriched.inventory


@dataclass(frozen=True, slots=True)
class _Dated:
    """The time that the documents bear, and where it comes from."""

    seconds: int
    source: str
    reproducible: bool


def _facts_of(tree: Tree, environment: Mapping[str, str]) -> tuple[Facts, _Dated]:
    """Return what the tree says about itself, and the time of the documents."""
    from maximus.sbom.subject import Facts  # noqa: PLC0415 - as in `run`

    checkout = _checkout_of(tree)
    stated = _stated_time(environment)
    if checkout is None:
        facts = Facts(folder=tree.root.name)
        newest = tree.newest_change(tree.locks) or 0
        return facts, stated or _Dated(newest, "the newest lock's modification time", reproducible=False)
    origin = checkout.origin()
    below = tree.root.relative_to(checkout.root.resolve()).as_posix()
    facts = Facts(
        folder=tree.root.name,
        server=origin.server if origin else "",
        repository=origin.name if origin else "",
        below="" if below == "." else below,
        commit=checkout.head() or "",
        tags=checkout.tags_at_head(),
    )
    committed = checkout.commit_time()
    if committed is None:
        newest = tree.newest_change(tree.locks) or 0
        return facts, stated or _Dated(newest, "the newest lock's modification time", reproducible=False)
    return facts, stated or _Dated(committed, "the commit's time", reproducible=True)


def _checkout_of(tree: Tree) -> Checkout | None:
    """Return the checkout that the tree is, or is a committed part of; None where it merely lies inside another."""
    from maximus.git import find_checkout  # noqa: PLC0415 - as in `run`

    try:
        checkout = find_checkout(tree.root)
    except Error as error:
        if error.code == "GIT001":
            # Without git there is nothing to ask; a tree that was unpacked from an archive needs none.
            return None
        raise
    if checkout is None or not tree.root.is_relative_to(checkout.root.resolve()):
        return None
    below = tree.root.relative_to(checkout.root.resolve())
    if below.parts and not any(checkout.file_at("HEAD", (below / lock).as_posix()) for lock in tree.locks[:3]):
        return None
    return checkout


def _stated_time(environment: Mapping[str, str]) -> _Dated | None:
    """Return the time that SOURCE_DATE_EPOCH states; raise Error SBOM013 (usage) where it states none."""
    text = environment.get("SOURCE_DATE_EPOCH", "").strip()
    if not text:
        return None
    # 253402300799 is the last second of the year 9999, after which no timestamp can be written.
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > 253_402_300_799:  # noqa: PLR2004
        raise Error(
            "SBOM013",
            f"SOURCE_DATE_EPOCH is {text[:40]!r}, which is no time",
            fix="Set it to whole seconds since 1970, or unset it.",
            where="environment SOURCE_DATE_EPOCH",
            status=ExitStatus.USAGE,
        )
    return _Dated(int(text), "SOURCE_DATE_EPOCH", reproducible=True)


def _say_nothing_found(face: Face, root: str, broken: bool) -> None:  # noqa: FBT001 - one bit of the sentence
    face.headline(f"nothing could be inventoried in {root}" + (": no lock could be read" if broken else ""))
    if not broken:
        face.fail(
            Error(
                "SBOM001",
                f"nothing to inventory in {root}",
                why="it has no lock file or database that names a component",
                fix="Commit the lock of your package manager, or name another tree or image.",
                where="inputs path and image",
                status=ExitStatus.UNMEASURED,
            )
        )


def _shown(path: Path | None) -> str:
    return path.as_posix() if path else ""


def _report(face: Face, made: Inventory, dated: _Dated) -> None:
    """Show the coverage, one row an ecosystem, and say what was left out or is doubtful."""
    from maximus.sbom.coverage import measure  # noqa: PLC0415 - as in `run`
    from maximus.sbom.naming import visible  # noqa: PLC0415 - likewise

    for item in made.skipped[:MAX_LISTED]:
        face.say(f"left out: {visible(item.path)} ({item.reason})")
    if len(made.skipped) > MAX_LISTED:
        face.say(f"left out: {len(made.skipped) - MAX_LISTED} more")
    show_findings(face, made.findings)
    if not dated.reproducible:
        face.warn(
            f"the documents are dated by {dated.source} and are not reproducible elsewhere; "
            "scan a git checkout or set SOURCE_DATE_EPOCH"
        )
    ecosystems = sorted({component.ecosystem for component in made.components})
    rows = [
        _row(name, measure(component for component in made.components if component.ecosystem == name))
        for name in ecosystems
    ]
    whole = measure(made.components)
    if len(rows) > 1:
        rows.append(_row("all", whole))
    columns = (
        "ecosystem",
        "components",
        "direct",
        "exact version",
        "hash",
        "SHA-256",
        "SHA-512",
        "licence",
        "edges known",
    )
    show_charts(face, made.components)
    face.table("Inventory", columns, rows)
    if made.inner:
        carriers = len({item.inside for item in made.inner})
        face.say(
            f"inside {counted(carriers, 'component')}: {counted(len(made.inner), 'further component')}, "
            "as the SBOMs in them say; nested in the documents and counted apart"
        )
    counts = f"{counted(whole.components, 'component')} in {counted(len(made.locks), 'lock file')}"
    face.headline(
        f"{counts}; versions {whole.versions}/{whole.components}, "
        f"hashes {whole.hashes}/{whole.distributed}, licences {whole.licences}/{whole.components}"
    )


def _judge_coverage(face: Face, judged: Sequence[Judged]) -> None:
    """Record what the minimums say, and name what falls below them; the documents are written by now."""
    below = []
    for item in judged:
        verdict = item.verdict
        face.judge(verdict)
        subject = verdict.check.removeprefix("sbom.min-")
        if item.exceptions:
            face.note(f"{subject}: {len(item.exceptions)} not known", first_of(item.exceptions))
        if verdict.status is Status.FAIL:
            below.append(subject)
            face.fail(
                Error(
                    "SBOM015",
                    f"{subject}: {verdict.measured} is below {verdict.threshold} percent",
                    why=verdict.reason,
                    fix=verdict.hint,
                    where=f"input min-{subject}",
                )
            )
    if below:
        face.headline(f"{face.record.headline}; below the minimum: {', '.join(below)}")


def _row(name: str, found: Coverage) -> tuple[str, ...]:
    return (
        name,
        str(found.components),
        str(found.direct),
        f"{found.versions}/{found.components}",
        f"{found.hashes}/{found.distributed}",
        f"{found.sha256}/{found.distributed}",
        f"{found.sha512}/{found.distributed}",
        f"{found.licences}/{found.components}",
        f"{found.edges}/{found.components}",
    )
