"""What `sbom --base` names: a document in a file, or the locks of a tag, read before anything is written over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

from .dating import checkout_of

if TYPE_CHECKING:
    from maximus.beside import Beside
    from maximus.sbom.baseline import Listed
    from maximus.sbom.difference import Base
    from maximus.sbom.tree import Selection, Tree

    from ..face import Face
    from .inputs import Inputs

__all__ = ["Compared", "base_file", "base_in", "base_of", "is_file", "no_base"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared with: where it comes from and its packages, None for a first release."""

    base: Base
    listed: Listed | None


def base_of(inputs: Inputs, tree: Tree, selection: Selection) -> Compared:
    """Read what `base` names, before anything is written over it.

    Raises Error SBOM017 or SBOM018 (usage) where it names neither a file nor anything that git could know.
    """
    return base_file(Path(inputs.base)) if is_file(inputs.base) else _base_tag(inputs, tree, selection)


def base_in(reading: Beside[Compared], face: Face) -> Compared | None:
    """Return what was read of the base; None, with an error shown, where that failed. Raises the usage errors."""
    try:
        return reading.result()
    except Error as error:
        if error.status is ExitStatus.USAGE:
            raise
        # The inventory does not need it.
        face.fail(error)
        return None


def is_file(name: str) -> bool:
    """Tell whether an input names a file that is there."""
    try:
        return Path(name).is_file()
    except OSError:
        # Longer than a path can be.
        return False


def base_file(path: Path) -> Compared:
    """Read a document that anybody wrote; raises what loading it raises."""
    from maximus import __version__  # noqa: PLC0415 - `--help` does without it
    from maximus.files import hash_file  # noqa: PLC0415 - likewise
    from maximus.sbom.baseline import entries_of  # noqa: PLC0415 - likewise
    from maximus.sbom.difference import Base  # noqa: PLC0415 - likewise
    from maximus.sbom.foreign import load_sbom  # noqa: PLC0415 - likewise

    listed = entries_of(load_sbom(path), path.as_posix())
    is_other = listed.tool != f"maximus {__version__}"
    base = Base(
        "file",
        path.name,
        sha256=hash_file(path).sha256,
        unnamed=listed.unnamed,
        tool=listed.tool if is_other else "",
    )
    return Compared(base, listed)


def no_base(name: str, why: str) -> Error:
    """Return the error for a base that is not there."""
    return Error(
        "SBOM017",
        f"there is no base {name}",
        why=why,
        fix="Name an SBOM in JSON, or a tag of the tree's repository.",
        where="input base",
        status=ExitStatus.USAGE,
    )


def _base_tag(inputs: Inputs, tree: Tree, selection: Selection) -> Compared:
    from maximus import __version__  # noqa: PLC0415 - `--help` does without it
    from maximus.sbom import inventory, past, subject  # noqa: PLC0415 - likewise
    from maximus.sbom.baseline import entries_in  # noqa: PLC0415 - likewise
    from maximus.sbom.difference import Base  # noqa: PLC0415 - likewise

    tag = inputs.base
    checkout = checkout_of(tree)
    if checkout is None or tag.endswith(".json"):
        why = "no file is called so" + ("" if checkout else ", and the tree is no git checkout with tags")
        raise no_base(tag, why)
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
            raise no_base(tag, f"no file and no tag is called so, and there are earlier tags, such as {earlier}")
        return Compared(Base("none", tag), None)
    below = tree.root.relative_to(checkout.root.resolve()).as_posix()
    found = past.scan_at(checkout, commit, "" if below == "." else below, tag, selection)
    made = inventory.build(subject.describe(subject.Facts(folder=tree.root.name)), found.readings)
    return Compared(Base("tag", tag, commit=commit), entries_in(made, f"maximus {__version__}"))
