"""What `sbom` inventories: a tree or an image, with what is installed, cached or known of its packages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.beside import Beside
from maximus.counting import counted
from maximus.errors import Error, ExitStatus

from ..workplace import home_of
from .base import Compared, base_file, base_in, base_of, is_file, no_base
from .dating import Dated, facts_of, stated_time
from .facts import with_facts

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from maximus.sbom.model import Inventory, Subject
    from maximus.sbom.tree import Selection, Tree

    from ..face import Face
    from .inputs import Inputs

__all__ = ["Found", "of_image", "of_tree"]


@dataclass(frozen=True, slots=True)
class Found:
    """An inventory, and what the run needs to know besides."""

    inventory: Inventory
    read: int
    """How many locks and databases were read."""
    faults: tuple[Error, ...]
    """Those that could not be."""
    dated: Dated
    compared: Callable[[], Compared | None]
    """Waits for what it is compared with. Raises Error SBOM017 or SBOM018 (usage) where there is no such thing."""
    confirm: Callable[[], None] = lambda: None
    """Waits until it is known that what was read is what was stated; an Error is raised where it is not."""


def of_tree(inputs: Inputs, face: Face, held: contextlib.ExitStack) -> Found:
    """Inventory the tree at `path`; what is read beside it is given up where `held` is left."""
    from maximus.sbom import inventory, scan, subject  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.unlocked import unlocked  # noqa: PLC0415 - likewise

    selection = _selection_of(inputs)
    # What is compared with is no part of the tree, although it may lie there and look like an SBOM of a part.
    named = [Path(name) for name in (inputs.base, inputs.cross_check, inputs.facts) if name and is_file(name)]
    tree = scan.find_locks(Path(inputs.path), leave_out=[Path(inputs.folder), *named], selection=selection)
    # The locks of the last release take as long to read as those of this one.
    base = held.enter_context(Beside(lambda: base_of(inputs, tree, selection))) if inputs.base else None
    found = scan.read_locks(tree)
    for words in tree.unfit:
        face.warn(f"{words}, which fits no lock and no manifest in {inputs.path}")
    for fault in found.faults:
        face.fail(fault)
    facts, dated = facts_of(found.tree, face.environment)
    about = _authored(inputs, subject.describe(facts, inputs.name, inputs.version))
    made = inventory.build(about, found.readings, found.tree.skipped, unlocked(found.tree, found.readings))
    if inputs.installed:
        made = _with_installed(face, made, found.tree)
    if inputs.caches:
        made = _with_caches(face, made)
    if inputs.fetch or inputs.facts or inputs.hashes:
        fetching = inputs.fetch or bool(inputs.hashes)
        made = with_facts(face, made, inputs.facts, fetching=fetching, hashes=bool(inputs.hashes))
    return Found(made, len(found.readings), found.faults, dated, lambda: base_in(base, face) if base else None)


def _authored(inputs: Inputs, about: Subject) -> Subject:
    """Return the subject with the author that the input names. Raises Error SBOM060 (usage) where it names nobody."""
    if not inputs.author:
        return about
    from maximus.sbom.producers import of_entity  # noqa: PLC0415 - `--help` does without it

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


def of_image(inputs: Inputs, face: Face, held: contextlib.ExitStack) -> Found:
    """Inventory the image that `image` names; its digests are computed until `held` is left."""
    from maximus.sbom.images.digests import Digests  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.images.layout import open_image  # noqa: PLC0415 - likewise

    path = Path(inputs.image)
    image = open_image(path, inputs.platform)
    # What takes longest begins first: while it is computed, the rest is imported, looked at and written down.
    digests = held.enter_context(Digests(image.layers))
    from maximus.sbom import inventory  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.contents import with_contents  # noqa: PLC0415 - likewise
    from maximus.sbom.images.catalogue import catalogue, subject_of  # noqa: PLC0415 - likewise

    compared = None
    if inputs.base:
        if not is_file(inputs.base):
            raise no_base(inputs.base, "no file is called so, and an image has no tags of git")
        compared = base_file(Path(inputs.base))
    found = catalogue(image, digests)
    for fault in found.faults:
        face.fail(fault)
    system = found.release.name or found.release.distro or "a system that does not say what it is"
    face.say(
        f"image {image.name or path.as_posix()}{f':{image.tag}' if image.tag else ''}"
        f"{f' {image.digest}' if image.digest else ''}: "
        f"{counted(len(image.layers), 'layer')}, {system}"
    )
    dated = stated_time(face.environment)
    if dated is None and image.created is not None:
        dated = Dated(image.created, "the image's own time", reproducible=True)
    made = inventory.build(_authored(inputs, subject_of(image, path, inputs.name, inputs.version)), found.readings)
    made = with_contents(made, found.carried)
    read = sum(1 for _, reading in found.readings if reading.packages)
    return Found(
        made,
        read,
        found.faults,
        dated or Dated(0, "1970, for want of any time", reproducible=True),
        lambda: compared,
        digests.finish,
    )


def _selection_of(inputs: Inputs) -> Selection:
    """Return what the globs select. Raises Error GLOB001 (usage) for what is no pattern."""
    from maximus.globs import compile_globs  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.tree import Selection  # noqa: PLC0415 - likewise

    # Each glob is compiled once more for itself: which of them fits nothing, the whole cannot tell.
    each = [
        (f"`{name}` has {glob!r}", pattern)
        for name, globs in (("include", inputs.include), ("exclude", inputs.exclude))
        for glob in dict.fromkeys(globs)
        if (pattern := compile_globs([glob]))
    ]
    return Selection(compile_globs(inputs.include), compile_globs(inputs.exclude), tuple(each))


def _with_installed(face: Face, made: Inventory, tree: Tree) -> Inventory:
    """Return the inventory with what installed packages declare, and say how many of its components these are."""
    from maximus.sbom import enrichment, installed  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom.contents import with_contents  # noqa: PLC0415 - likewise

    read = installed.read_installed(tree)
    enriched = enrichment.enrich(made, read)
    face.say(f"installed: {enriched.matched} of {counted(len(made.components), 'component')}")
    if made.components and not enriched.matched:
        face.warn("nothing of what the locks name is installed in the tree; install first, or leave out `installed`")
    return with_contents(enriched.inventory, read.carried)


def _with_caches(face: Face, made: Inventory) -> Inventory:
    """Return the inventory with what verified bytes of the caches gave, and say of how many components these are."""
    from maximus.sbom import caches, enrichment  # noqa: PLC0415 - `--help` does without it

    home = home_of(face.environment)
    read = caches.read_caches(made.components, caches.places_of(face.environment, home))
    enriched = enrichment.with_cached(made, read)
    face.say(f"caches: {enriched.matched} of {counted(len(made.components), 'component')} verified and hashed")
    return enriched.inventory
