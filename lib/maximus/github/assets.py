"""The files of a release: uploaded once, compared by digest, never replaced once the release is out."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.github.client import Interrupted
from maximus.github.faults import unreachable
from maximus.github.limits import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from maximus.changes import Release
    from maximus.github.client import Client

__all__ = ["Asset", "Difference", "LocalFile", "Plan", "asset_name", "attach", "compare", "list_assets", "plan"]

MAX_ASSETS = 1_000
"""Files that a release may have."""
MAX_SIZE = 2 << 30
"""Bytes that a file may have: each must be under 2 GiB."""
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to attach."""

    name: str
    """The name under which GitHub will show it."""
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as GitHub has it."""

    id: int
    name: str
    size: int
    sha256: str
    """64 hexadecimal digits; empty where GitHub does not tell."""
    is_whole: bool
    """Whether the upload was finished."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done so that the release holds the files."""

    upload: tuple[LocalFile, ...]
    remove: tuple[Asset, ...]
    """Assets that stand where a file of ours belongs and differ from it."""
    kept: tuple[LocalFile, ...]
    """Files that are there already with the same digest."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that the release does not hold as it should."""

    name: str
    reason: str


def asset_name(name: str) -> str:
    """Return the name that GitHub gives a file: what is not plain becomes a full stop.

    See "Upload a release asset": special characters and full stops at the ends are changed.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = f"default{plain}" if plain.startswith(".") else plain
    return re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9_+@-]+", ".", plain)).strip(".")


def refuse_unfit(files: Sequence[LocalFile]) -> None:
    """Raise Error HUB016 (usage) for files that GitHub cannot hold: too many, too large, empty, or of one name."""
    seen: dict[str, Path] = {}
    wrong = [f"{len(files)} files are more than {MAX_ASSETS}"] if len(files) > MAX_ASSETS else []
    for file in files:
        if file.size >= MAX_SIZE:
            wrong.append(f"{file.path} has 2 GiB or more")
        if file.size == 0:
            wrong.append(f"{file.path} is empty")
        if file.name in seen:
            wrong.append(f"{file.path} and {seen[file.name]} would have the same name")
        seen[file.name] = file.path
    if wrong:
        raise Error(
            "HUB016",
            "the release folder cannot be attached as it is",
            why="; ".join(sorted(wrong)[:10]),
            fix="Rename or leave out what is named; nothing was sent.",
            where="folder",
            status=ExitStatus.USAGE,
        )


def list_assets(client: Client, repository: str, release: Release) -> tuple[Asset, ...]:
    """Return the release's files as GitHub has them now."""
    found: list[Asset] = []
    for page in range(1, MAX_ASSETS // MAX_PAGE + 1):
        query = {"per_page": MAX_PAGE} | ({"page": page} if page > 1 else {})
        items = client.get(f"/repos/{repository}/releases/{release.id}/assets", query=query).items()
        found += [_asset(item) for item in items]
        if len(items) < MAX_PAGE:
            break
    return tuple(found)


def _asset(document: Mapping[str, Any]) -> Asset:
    algorithm, _, digest = str(document.get("digest") or "").partition(":")
    return Asset(
        int(document["id"]),
        str(document["name"]),
        int(document.get("size") or 0),
        digest.lower() if algorithm == "sha256" else "",
        document.get("state") == "uploaded",
    )


def plan(files: Iterable[LocalFile], there: Iterable[Asset]) -> Plan:
    """Return what has to be done: what is there with the same digest stays, what differs is replaced.

    An asset that no file of ours would replace is left alone: somebody put it there.
    """
    by_name = {asset.name: asset for asset in there}
    upload: list[LocalFile] = []
    remove: list[Asset] = []
    kept: list[LocalFile] = []
    for file in files:
        asset = by_name.get(file.name)
        if asset and asset.is_whole and asset.sha256 == file.sha256:
            kept.append(file)
            continue
        if asset:
            remove.append(asset)
        upload.append(file)
    return Plan(tuple(upload), tuple(remove), tuple(kept))


def compare(files: Iterable[LocalFile], there: Iterable[Asset]) -> tuple[Difference, ...]:
    """Return how the release's files differ from ours, sorted by name; nothing where all are there and equal."""
    by_name = {asset.name: asset for asset in there}
    found: list[Difference] = []
    for file in files:
        asset = by_name.get(file.name)
        if asset is None:
            found.append(Difference(file.name, "it is not there"))
        elif not asset.is_whole:
            found.append(Difference(file.name, "its upload was not finished"))
        elif asset.sha256 and asset.sha256 != file.sha256:
            found.append(Difference(file.name, f"GitHub has {asset.sha256}, the folder {file.sha256}"))
        elif asset.size != file.size:
            found.append(Difference(file.name, f"GitHub has {asset.size} bytes, the folder {file.size}"))
        elif not asset.sha256:
            found.append(Difference(file.name, "GitHub tells no digest"))
    return tuple(sorted(found, key=lambda difference: difference.name))


def attach(
    client: Client, repository: str, release: Release, files: Sequence[LocalFile], done: Callable[[], None]
) -> tuple[Plan, tuple[Asset, ...]]:
    """Upload what is missing, replace what differs, and return the plan and GitHub's list as it is afterwards.

    `done` is called after each file. Raises Error HUB001 (outside) where an upload gets no answer three times.
    """
    planned = plan(files, _with_digests(client, repository, list_assets(client, repository, release), files))
    for asset in planned.remove:
        _remove(client, repository, asset)
    for file in planned.upload:
        _upload(client, repository, release, file)
        done()
    return planned, _with_digests(client, repository, list_assets(client, repository, release), files)


def _with_digests(
    client: Client, repository: str, there: tuple[Asset, ...], files: Sequence[LocalFile]
) -> tuple[Asset, ...]:
    """Return the assets, each of ours with its digest: where GitHub tells none, the asset is read back."""
    ours = {file.name: file.size for file in files}
    return tuple(
        dataclasses.replace(asset, sha256=client.hash_asset(repository, asset.id, asset.size))
        if asset.is_whole and not asset.sha256 and ours.get(asset.name) == asset.size
        else asset
        for asset in there
    )


def _remove(client: Client, repository: str, asset: Asset) -> None:
    fault: Interrupted | None = None
    for _ in range(ATTEMPTS):
        try:
            # Gone already is what was wanted.
            client.change("DELETE", f"/repos/{repository}/releases/assets/{asset.id}", allowed=(404,))
        except Interrupted as caught:
            fault = caught
        else:
            return
    raise unreachable(f"{asset.name} could not be removed: {fault}")


def _upload(client: Client, repository: str, release: Release, file: LocalFile) -> None:
    """Upload a file; where no answer came, look what became of it before sending it again."""
    address = release.upload_url.partition("{")[0]
    fault: Interrupted | None = None
    for _ in range(ATTEMPTS):
        try:
            client.upload(address, file.name, file.path)
        except Interrupted as caught:
            fault = caught
        else:
            return
        there = next((a for a in list_assets(client, repository, release) if a.name == file.name), None)
        if there and there.is_whole and there.sha256 == file.sha256:
            return
        if there:
            # A broken upload leaves an asset that blocks the name.
            _remove(client, repository, there)
    raise unreachable(f"{file.name} could not be uploaded: {fault}")
