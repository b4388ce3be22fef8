"""When the documents are dated, and what a tree says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.git import Checkout
    from maximus.sbom.subject import Facts
    from maximus.sbom.tree import Tree


__all__ = ["Dated", "checkout_of", "facts_of", "stated_time"]


@dataclass(frozen=True, slots=True)
class Dated:
    """The time that the documents bear, and where it comes from."""

    seconds: int
    source: str
    reproducible: bool


def facts_of(tree: Tree, environment: Mapping[str, str]) -> tuple[Facts, Dated]:
    """Return what the tree says about itself, and the time of the documents."""
    from maximus.sbom.subject import Facts  # noqa: PLC0415 - `--help` does without it

    checkout = checkout_of(tree)
    stated = stated_time(environment)
    if checkout is None:
        facts = Facts(folder=tree.root.name)
        newest = tree.newest_change(tree.locks) or 0
        return facts, stated or Dated(newest, "the newest lock's modification time", reproducible=False)
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
        return facts, stated or Dated(newest, "the newest lock's modification time", reproducible=False)
    return facts, stated or Dated(committed, "the commit's time", reproducible=True)


def checkout_of(tree: Tree) -> Checkout | None:
    """Return the checkout that the tree is, or is a committed part of; None where it merely lies inside another."""
    from maximus.git import find_checkout  # noqa: PLC0415 - `--help` does without it

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


def stated_time(environment: Mapping[str, str]) -> Dated | None:
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
    return Dated(int(text), "SOURCE_DATE_EPOCH", reproducible=True)
