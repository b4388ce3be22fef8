"""Attestations that GitHub keeps of files which no bundle speaks of, judged like any other bundle."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maximus.verification.material import Broken, Item, Material, Sealed

    from ..face import Face
    from .expectation import Bench
    from .inputs import Inputs

__all__ = ["with_attestations"]


def with_attestations(material: Material, inputs: Inputs, bench: Bench, face: Face) -> Material:
    """Return the material with what GitHub keeps, in `repository`, of the files that no bundle speaks of.

    Raises Error VERIFY054 (usage) without the repository, else as `read_attestations` does.
    """
    from maximus import __version__  # noqa: PLC0415 - only a run that asks GitHub needs it
    from maximus.github.attested import read_attestations  # noqa: PLC0415 - likewise
    from maximus.github.client import Client  # noqa: PLC0415 - likewise
    from maximus.signing.bundles import MAX_BUNDLE  # noqa: PLC0415 - likewise
    from maximus.verification.folder import account  # noqa: PLC0415 - likewise
    from maximus.verification.material import Broken, Sealed, open_bundles  # noqa: PLC0415 - likewise

    from .delivery import place_of  # noqa: PLC0415 - likewise

    place = place_of(inputs.repository, inputs.token, face)
    if place is None:
        raise _no_repository(inputs.repository)
    unsigned = {name for name, _ in account(material).unsigned}
    sealed: list[Sealed] = []
    broken: list[Broken] = []
    proven: list[Sealed] = []
    count = 0
    client = Client(place.api, place.token, version=__version__)
    try:
        for item in material.items:
            if item.name not in unsigned:
                continue
            # One attestation may be about many files: what was proven once is not asked for again.
            about = [each for each in proven if _names(each, item)]
            if not about:
                source = f"{place.api}/repos/{place.repository}/attestations/sha256:{item.file.sha256}"
                raws = read_attestations(client, place.api, place.repository, item.file.sha256, MAX_BUNDLE)
                count += len(raws)
                read = [
                    each
                    for number, raw in enumerate(raws, 1)
                    for each in open_bundles(raw, f"{source}#{number}", item.name)
                ]
                broken += [each for each in read if isinstance(each, Broken)]
                about = [each for each in read if isinstance(each, Sealed) and _names(each, item)]
                proven += [each for each in about if not bench.judge.judge(each.raw, each.bundle, item.file).faults]
            sealed += [_for(each, item, is_whole=material.is_whole) for each in about]
    finally:
        client.close()
    face.say(f"attestations that GitHub keeps in {place.repository}: {count} for {len(unsigned)} files")
    return dataclasses.replace(
        material, sealed=(*material.sealed, *sealed), broken_bundles=(*material.broken_bundles, *broken)
    )


def _names(sealed: Sealed, item: Item) -> bool:
    return sealed.statement is not None and any(each.sha256 == item.file.sha256 for each in sealed.statement.subjects)


def _for(sealed: Sealed, item: Item, *, is_whole: bool) -> Sealed:
    """Return the attestation as it stands for one file: what else it is about may lie elsewhere.

    In a whole release a file must have a name that its attestation knows: any signed file could be put under
    another's. `source` lets those by others be left aside where the one who was asked for is among them.
    """
    assert sealed.statement is not None  # noqa: S101 - `_names` has looked
    from maximus.github.assets import asset_name  # noqa: PLC0415 - as in `with_attestations`

    own = item.name.rpartition("/")[2]
    subjects = tuple(each for each in sealed.statement.subjects if each.sha256 == item.file.sha256)
    bases = {each.name.rpartition("/")[2] for each in subjects}
    is_named = own in bases or own in {asset_name(name) for name in bases}
    return dataclasses.replace(
        sealed,
        name=f"{sealed.name.rpartition('/')[0]}/sha256:{item.file.sha256}#{sealed.name.rpartition('#')[2]}",
        target=item.name if is_named or not is_whole else "",
        statement=dataclasses.replace(sealed.statement, subjects=subjects),
        source=f"GitHub's attestations of {item.name}",
    )


def _no_repository(repository: str) -> Exception:
    from maximus.errors import Error, ExitStatus  # noqa: PLC0415 - as above

    return Error(
        "VERIFY054",
        f"`attestations` needs the repository that keeps them, and {repository!r} is none"
        if repository
        else "`attestations` needs the repository that keeps them",
        fix="Name it with `repository`: `owner/name`, or its whole address.",
        where="input repository",
        status=ExitStatus.USAGE,
    )
