"""Which Sigstore to sign with: a private instance by its trust configuration, or the public one by TUF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from sigstore import __version__ as sigstore_version
from sigstore._internal.tuf import DEFAULT_TUF_URL, _get_dirs
from sigstore._utils import read_embedded
from sigstore.models import ClientTrustConfig
from sigstore_models.trustroot import v1 as trustroot
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from maximus.errors import Error, ExitStatus

from .transport import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .transport import Transport

__all__ = ["load_trust", "public_root", "public_trust"]

MAX_TRUST: Final = 16 << 20
"""Bytes of the largest trust configuration that is read."""
_TARGETS: Final = ("trusted_root.json", "signing_config.v0.2.json")


def load_trust(path: Path) -> ClientTrustConfig:
    """Return the trust configuration in a file.

    Raises Error TRUST001 when it cannot be read, and TRUST002 when it is no ClientTrustConfig or names no
    service that can be signed with.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_TRUST)
    except OSError as fault:
        raise Error(
            "TRUST001",
            f"cannot read the trust configuration {path}",
            why=fault.strerror or str(fault),
            fix="Name the instance's ClientTrustConfig, or leave the input out for the public one.",
            where="input `trust-config`",
            status=ExitStatus.USAGE,
        ) from fault
    try:
        config = ClientTrustConfig.from_json(raw.decode("utf-8"))
        # These are parsed on first use, which is too late for a good error.
        _ = config.trusted_root, config.signing_config
    except Exception as fault:
        # sigstore-python raises errors of pydantic's, its own and ValueError here; all mean the same.
        raise Error(
            "TRUST002",
            f"{path} is no trust configuration to sign with",
            why=_first_line(fault),
            fix="It needs a trustedRoot and a signingConfig that names Fulcio and Rekor; "
            "a trusted root alone is enough to verify only.",
            where="input `trust-config`",
            status=ExitStatus.USAGE,
        ) from fault
    return config


def public_trust(transport: Transport, url: str = DEFAULT_TUF_URL, bootstrap: bytes | None = None) -> ClientTrustConfig:
    """Return the trust configuration of the public instance, brought up to date by TUF.

    `bootstrap` is the root that is believed to begin with; by default the one in sigstore-python.

    sigstore-python's own updater takes no fetcher, so its few steps are taken here with ours. Its folders are
    shared with sigstore-python, and what they hold is verified by TUF each time.
    Raises Error WIRE001 when the repository is away, and TRUST003 when what it serves does not verify.
    """
    root, signing = _fetch(_TARGETS, transport, url, bootstrap)
    return ClientTrustConfig(
        trustroot.ClientTrustConfig(
            media_type=ClientTrustConfig.ClientTrustConfigType.CONFIG_0_1.value,
            trusted_root=trustroot.TrustedRoot.from_json(root),
            signing_config=trustroot.SigningConfig.from_json(signing),
        )
    )


def public_root(transport: Transport, url: str = DEFAULT_TUF_URL, bootstrap: bytes | None = None) -> bytes:
    """Return the public instance's trusted root, JSON as TUF delivers it, for who only verifies.

    Raises as `public_trust` does.
    """
    (root,) = _fetch(_TARGETS[:1], transport, url, bootstrap)
    return root


def metadata_folder(url: str) -> Path:
    """Return where TUF's metadata of a repository is kept between runs, verified anew by each."""
    metadata, _ = _get_dirs(url)
    return metadata


def _fetch(names: Sequence[str], transport: Transport, url: str, bootstrap: bytes | None) -> list[bytes]:
    metadata, targets = _get_dirs(url)
    try:
        metadata.mkdir(parents=True, exist_ok=True)
        targets.mkdir(parents=True, exist_ok=True)
        updater = Updater(
            metadata_dir=str(metadata),
            metadata_base_url=url,
            target_base_url=urljoin(f"{url}/", "targets/"),
            target_dir=str(targets),
            fetcher=_Fetcher(transport),
            config=UpdaterConfig(app_user_agent=f"sigstore-python/{sigstore_version}"),
            bootstrap=bootstrap or read_embedded("root.json", url),
        )
        return [_target(updater, name) for name in names]
    except (RepositoryError, DownloadError, OSError, ValueError) as fault:
        _raise_ours(fault)
        raise Error(
            "TRUST003",
            "the public instance's trusted root cannot be established",
            why=_first_line(fault),
            fix="Check this machine's clock; then remove the cached copy below "
            f"{metadata.parent} and run again, or name a trusted configuration with `trust-config`.",
            where=url,
            status=ExitStatus.OUTSIDE,
        ) from fault


def _target(updater: Updater, name: str) -> bytes:
    info = updater.get_targetinfo(name)
    if info is None:
        msg = f"it has no {name}"
        raise RepositoryError(msg)
    path = updater.find_cached_target(info) or updater.download_target(info)
    return Path(path).read_bytes()


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


def _first_line(fault: BaseException) -> str:
    lines = str(fault).strip().splitlines()
    return (lines[0] if lines else type(fault).__name__)[:200]
