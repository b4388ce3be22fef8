"""The public instance's roots as TUF delivers them, without sigstore's models: half the start of a verification.

See: https://theupdateframework.github.io/specification/latest/#detailed-client-workflow
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from platformdirs import user_cache_dir, user_data_dir
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    LengthOrHashMismatchError,
    RepositoryError,
)
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from maximus import __version__
from maximus.errors import Error, ExitStatus

from .carried import PUBLIC_URL, carried
from .transport import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .transport import Transport

__all__ = ["fetch_targets", "first_line", "metadata_folder", "public_root"]

_APPLICATION: Final = ("sigstore-python", "sigstore")
"""The name and the author under which sigstore-python keeps its folders, which are shared."""
_RACES: Final = 10
"""How often it is tried again where another process is at the same folders."""


def _folders(url: str) -> tuple[Path, Path]:
    base = quote(url, safe="")
    return Path(user_data_dir(*_APPLICATION)) / "tuf" / base, Path(user_cache_dir(*_APPLICATION)) / "tuf" / base


def public_root(transport: Transport, url: str = PUBLIC_URL, bootstrap: bytes | None = None) -> bytes:
    """Return the public instance's trusted root, JSON as TUF delivers it, for who only verifies.

    Raises as `fetch_targets` does.
    """
    (root,) = fetch_targets(("trusted_root.json",), transport, url, bootstrap)
    return root


def metadata_folder(url: str) -> Path:
    """Return where TUF's metadata of a repository is kept between runs, verified anew by each."""
    metadata, _ = _folders(url)
    return metadata


def fetch_targets(names: Sequence[str], transport: Transport, url: str, bootstrap: bytes | None) -> list[bytes]:
    """Return the named targets of a repository, verified by TUF: signatures, versions and expiry, each time anew.

    `bootstrap` is the root that is believed to begin with; by default the one in sigstore-python.

    sigstore-python's own updater takes no fetcher, so its few steps are taken here with ours. Its folders are
    shared with sigstore-python, and what they hold is verified by TUF each time.
    Raises Error WIRE001 when the repository is away, and TRUST003 when what it serves does not verify.
    """
    metadata, targets = _folders(url)
    try:
        metadata.mkdir(parents=True, exist_ok=True)
        targets.mkdir(parents=True, exist_ok=True)
        for is_last in (*[False] * _RACES, True):
            try:
                updater = Updater(
                    metadata_dir=str(metadata),
                    metadata_base_url=url,
                    target_base_url=urljoin(f"{url}/", "targets/"),
                    target_dir=str(targets),
                    fetcher=_Fetcher(transport),
                    config=UpdaterConfig(app_user_agent=f"maximus/{__version__}"),
                    bootstrap=bootstrap or carried("root.json", url),
                )
                return [_target(updater, name) for name in names]
            except (FileExistsError, FileNotFoundError, _Meanwhile):
                # Another process brings the same folders up to date at this moment: a link that TUF removes and makes
                # again, a target that it writes in place. What is there is verified anew, so it is only tried again.
                if is_last:
                    raise
        raise AssertionError  # the last round returns or raises
    except (RepositoryError, DownloadError, OSError, ValueError) as fault:
        _raise_ours(fault)
        raise Error(
            "TRUST003",
            "the public instance's trusted root cannot be established",
            why=first_line(fault),
            fix="Check this machine's clock; then remove the cached copy below "
            f"{metadata.parent} and run again, or name a trusted configuration with `trust-config`.",
            where=url,
            status=ExitStatus.OUTSIDE,
        ) from fault


class _Meanwhile(RepositoryError):  # noqa: N818 - what happened; it never leaves this module
    """What TUF verified was written again, by another process, before it was read."""


def _target(updater: Updater, name: str) -> bytes:
    info = updater.get_targetinfo(name)
    if info is None:
        msg = f"it has no {name}"
        raise RepositoryError(msg)
    path = updater.find_cached_target(info) or updater.download_target(info)
    content = Path(path).read_bytes()
    try:
        info.verify_length_and_hashes(content)
    except LengthOrHashMismatchError as fault:
        raise _Meanwhile(str(fault)) from fault
    return content


class _Fetcher(FetcherInterface):
    """TUF's downloads through our transport."""

    def __init__(self, transport: Transport) -> None:
        self._session = transport.session("the TUF repository", is_json=False)

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            yield self._session.get(url).content
        except Refused as refused:
            # The normal end of the search for a newer root is a 404 or 403.
            msg = f"{url}: {refused.status}"
            raise DownloadHTTPError(msg, refused.status) from refused


def _raise_ours(fault: BaseException) -> None:
    """Raise the Error that lies behind a fault of TUF's, which wraps what its fetcher raised."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, Error):
            raise cause
        cause = cause.__cause__


def first_line(fault: BaseException) -> str:
    """Return what an exception says first, for an error's one line."""
    lines = str(fault).strip().splitlines()
    return (lines[0] if lines else type(fault).__name__)[:200]
