"""A published release, fetched for `verify`: streamed, hashed on the way, and kept only where that was asked for."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.github.client import Client
    from maximus.github.downloads import Attached, Downloads
    from maximus.github.published import Published
    from maximus.verification.material import Broken, Material

    from ..face import Face

__all__ = ["Delivery", "Order", "Place", "deliver", "place_of"]

MAX_READ: Final = 64 << 20
"""Bytes of the largest SBOM or key that is set aside to be looked into."""
MAX_IN_MEMORY: Final = 512 << 20
"""Bytes of all bundles, SBOMs and keys of a release together; a thousand bundles have some 10 MB."""
_GITHUB: Final = "https://github.com"
_REPOSITORY: Final = re.compile(r"(?:(?P<server>https?://[^/\s]+)/)?(?P<name>[\w.-]+/[\w.-]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on a GitHub server."""

    repository: str
    """`owner/name`."""
    api: str
    """The address of the server's API."""
    token: str
    """The job's token where the server is the job's own, else empty."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which release is fetched."""

    repository: str
    """`owner/name`, or its whole address."""
    tag: str
    token: str = ""
    folder: Path | None = None
    """Where the files are kept; None where they are only hashed."""
    keeps_content: bool = False
    """Whether a check reads the files again, as an Ed25519 key's does; they are removed afterwards."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A release that was fetched."""

    material: Material
    page: str
    """Its address for people."""
    tag: str
    files: int
    bytes: int


@contextlib.contextmanager
def deliver(order: Order, face: Face) -> Iterator[Delivery]:
    """Yield the release of a tag; what was set aside to be looked into goes away with the block.

    Raises Error VERIFY040 (usage) for a tag or a repository that nobody can see, VERIFY041 (unmeasured) for a
    release without files, VERIFY042 (usage) for a folder that holds something else,
    VERIFY053 for bundles that are too large in all, HUB019 (outside) where a file did
    not come whole, else as GitHub's client does.
    """
    from maximus import __version__  # noqa: PLC0415 - only a run with a tag needs it
    from maximus.github.client import Client  # noqa: PLC0415 - 170 ms of PyGithub, as above

    place = place_of(order.repository, order.token, face)
    if place is None:
        raise _no_repository(order.repository)
    client = Client(place.api, place.token, version=__version__)
    try:
        found = _release(client, place.repository, order)
    finally:
        client.close()
    if order.folder is not None:
        _require_own(order.folder, found)
    with tempfile.TemporaryDirectory(prefix="maximus-verify-") as aside:
        from maximus.github.downloads import Downloads  # noqa: PLC0415 - as above

        downloads = Downloads(api_url=place.api, repository=place.repository, token=place.token, sleep=time.sleep)
        yield _fetched(found, order, downloads, Path(aside), face)


def _release(client: Client, name: str, order: Order) -> Published:
    """Return the release; raises as `deliver` does."""
    from maximus.github.published import read_published  # noqa: PLC0415 - as in `deliver`

    found = read_published(client, name, order.tag)
    if found is None:
        raise Error(
            "VERIFY040",
            f"there is no release {order.tag} in {name}",
            why="drafts are not published, and what is private needs a token",
            fix="Check `tag` and `repository`; for a private repository give a `token` that may read it.",
            where="input tag",
            status=ExitStatus.USAGE,
        )
    if not found.files:
        raise Error(
            "VERIFY041",
            f"the release {found.tag} has no files",
            why="nothing is attached, and the source archives that GitHub makes cannot be signed",
            fix="Attach what was built; `draft` does.",
            where="input tag",
            status=ExitStatus.UNMEASURED,
        )
    return found


def _fetched(found: Published, order: Order, downloads: Downloads, aside: Path, face: Face) -> Delivery:
    from maximus.files import HashedFile  # noqa: PLC0415 - as in `deliver`
    from maximus.github.assets import asset_name  # noqa: PLC0415 - likewise
    from maximus.github.downloads import fetch_all  # noqa: PLC0415 - likewise
    from maximus.signing.bundles import MAX_BUNDLE, PUBLIC_KEY_NAME  # noqa: PLC0415 - likewise
    from maximus.verification.delivered import assemble  # noqa: PLC0415 - likewise
    from maximus.verification.inventory import SBOM_NAMES  # noqa: PLC0415 - likewise

    fit, unfit = _sorted_out(found.files)
    looked_into = {*SBOM_NAMES, PUBLIC_KEY_NAME}

    def keeps(name: str) -> Path | None:
        if order.folder is not None:
            return order.folder / name
        return aside / name if order.keeps_content and not _is_bundle(name) else None

    def reads(name: str) -> int:
        if _is_bundle(name):
            return MAX_BUNDLE
        return MAX_READ if name in looked_into else 0

    _refuse_too_much(sum(item.size for item in fit if reads(item.name)), found.tag)
    with face.progress("fetching", len(fit)) as tick:
        came = fetch_all(fit, dataclasses.replace(downloads, keeps=keeps, reads=reads), tick)
    files = []
    for item in came:
        if _is_bundle(item.attached.name):
            continue
        path = item.path or aside / item.attached.name
        if item.path is None and item.content is not None:
            path.write_bytes(item.content)
        files.append((item.attached.name, HashedFile(path, item.attached.size, item.sha256)))
    bundles = [(item.attached.name, item.content or b"") for item in came if _is_bundle(item.attached.name)]
    material = assemble(files, bundles, unfit, asset_name)
    return Delivery(material, found.page, found.tag, len(found.files), sum(item.attached.size for item in came))


def _refuse_too_much(size: int, tag: str) -> None:
    if size > MAX_IN_MEMORY:
        raise Error(
            "VERIFY053",
            f"the bundles of {tag} are too large to be read",
            why=f"with SBOMs and keys they have {size} bytes, and {MAX_IN_MEMORY} are read",
            fix="No signatures of a release need so much. Verify single files with `files` and their bundles.",
        )


def _sorted_out(files: tuple[Attached, ...]) -> tuple[list[Attached], list[Broken]]:
    """Return the files that can be fetched, and those whose name or state says that they cannot be what they should."""
    from maximus.github.published import is_file_name  # noqa: PLC0415 - as in `deliver`
    from maximus.verification.material import Broken  # noqa: PLC0415 - likewise

    fit: dict[str, Attached] = {}
    unfit = []
    for item in files:
        why = ""
        if not is_file_name(item.name):
            why = "no file can have such a name; the server lies, or somebody tries to write elsewhere"
        elif item.name in fit:
            why = "it is attached twice under one name, so that nobody can say which one is meant"
        elif not item.is_whole:
            why = "its upload was never finished"
        if why:
            fix = "Take it out of the release, and attach it again if it belongs there."
            error = Error("VERIFY043", f"{item.name!r} is not a file", why=why, fix=fix, where=item.name)
            unfit.append(Broken(item.name, error))
        else:
            fit[item.name] = item
    return list(fit.values()), unfit


def _is_bundle(name: str) -> bool:
    from maximus.verification.material import is_sealed  # noqa: PLC0415 - as in `deliver`

    return is_sealed(PurePosixPath(name))


def _home(face: Face) -> str:
    """Return the server that the job's token belongs to."""
    return (face.environment.get("GITHUB_SERVER_URL") or _GITHUB).rstrip("/")


def _no_repository(repository: str) -> Error:
    return Error(
        "VERIFY044",
        f"`tag` needs the repository of the release, and {repository!r} is none"
        if repository
        else "`tag` needs the repository of the release",
        fix="Name it with `repository`: `owner/name`, or its whole address.",
        where="input repository",
        status=ExitStatus.USAGE,
    )


def place_of(repository: str, token: str, face: Face) -> Place | None:
    """Return where a repository is, given as `owner/name` or as its whole address; None where it is neither."""
    found = _REPOSITORY.fullmatch(repository)
    if found is None:
        return None
    home = _home(face)
    server = (found["server"] or home).rstrip("/")
    token = token if server == home else ""
    if token:
        face.mask(token)
    if server == home and face.environment.get("GITHUB_API_URL"):
        return Place(found["name"], face.environment["GITHUB_API_URL"], token)
    if server == _GITHUB:
        return Place(found["name"], "https://api.github.com", token)
    host = urlsplit(server)
    return Place(found["name"], f"{host.scheme}://{host.netloc}/api/v3", token)


def _require_own(folder: Path, found: Published) -> None:
    """Return where nothing else lies in the folder than files of this release, such as an earlier run left there.

    They are fetched anew. Anything else would later pass for a part of the release.
    """
    names = {item.name for item in found.files}
    try:
        there = sorted(folder.iterdir()) if folder.is_dir() else [folder] if folder.exists() else []
    except OSError:
        there = [folder]
    others = [path for path in there if path.name not in names or not path.is_file() or path.is_symlink()]
    if others:
        raise Error(
            "VERIFY042",
            f"the release cannot be kept in {folder}",
            why=f"{others[0].name} is there already and no file of it",
            fix="Name a new folder with `folder`, or leave it out: then nothing is kept.",
            where="input folder",
            status=ExitStatus.USAGE,
        )
