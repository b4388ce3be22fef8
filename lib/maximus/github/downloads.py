"""The bytes of an asset as GitHub serves them, hashed while they come; nothing is kept that was not asked for."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from maximus.errors import Error, ExitStatus
from maximus.files import receive
from maximus.github.faults import unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from requests import Response, Session

__all__ = ["Attached", "Downloaded", "Downloads", "fetch_all", "hash_asset", "read_address"]

CONNECT_TIMEOUT: Final = 10
READ_TIMEOUT: Final = 60
"""Seconds without a byte."""
AT_ONCE: Final = 8
"""How many files are on their way at the same time."""
TRIES: Final = 3
"""How often a file is asked for whose bytes did not come whole."""
MAX_REDIRECTS: Final = 3
_CHUNK = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a release, as the server lists it."""

    id: int
    name: str
    """As the server gives it: foreign text, which has to be looked at before it becomes a path."""
    size: int
    """Bytes, as the server says."""
    address: str
    """Where anybody gets it without a token."""
    is_whole: bool
    """Whether its upload was finished."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file of a release that came whole."""

    attached: Attached
    sha256: str
    """Over the bytes that came, 64 hexadecimal digits; the server's word for it is not asked."""
    content: bytes | None = None
    """What was read into memory; None where it was not wanted."""
    path: Path | None = None
    """Where it was kept; None where it was not."""


@dataclass(frozen=True, slots=True)
class Downloads:
    """Where files are fetched from, and what becomes of them."""

    api_url: str
    repository: str
    token: str = ""
    """Goes to the API alone. Without one files come from the addresses that need none."""
    keeps: Callable[[str], Path | None] = lambda _: None
    """Given a name, where the file is kept; None where it is only hashed."""
    reads: Callable[[str], int] = lambda _: 0
    """Given a name, how many bytes of the file may be read into memory; 0 where it is only hashed."""
    sleep: Callable[[float], None] = lambda _: None
    """Waits between two tries."""


def fetch_all(
    wanted: Sequence[Attached], downloads: Downloads, done: Callable[[], None] = lambda: None
) -> tuple[Downloaded, ...]:
    """Return the files, fetched side by side, in the order in which they were asked for.

    Every file is tried, whatever becomes of the others. Raises Error HUB019 (outside) that names all those which
    did not come whole: broken off, of another length than announced, or refused.
    """
    failures: list[str] = []
    local = threading.local()
    sessions: list[Session] = []

    def fetch(item: Attached) -> Downloaded | None:
        if not hasattr(local, "session"):
            local.session = _session()
            sessions.append(local.session)
        try:
            return _fetch(local.session, item, downloads)
        except Error as error:
            failures.append(f"{item.name}: {error.why or error.what}")
            return None
        finally:
            done()

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        results = list(pool.map(fetch, wanted))
    for session in sessions:
        session.close()
    if failures:
        more = f"; and {len(failures) - 5} more" if len(failures) > 5 else ""  # noqa: PLR2004 - a few by name
        raise Error(
            "HUB019",
            f"{len(failures)} of {len(wanted)} files of the release did not come",
            why="; ".join(sorted(failures)[:5]) + more,
            fix="Run again. If it stays so, the server does not serve what it lists.",
            status=ExitStatus.OUTSIDE,
        )
    return tuple(result for result in results if result is not None)


def _fetch(session: Session, item: Attached, downloads: Downloads) -> Downloaded:
    """Return one file; what broke off is asked for again from its beginning."""
    import requests  # noqa: PLC0415 - as in `_session`

    last: Error | None = None
    for attempt in range(TRIES):
        if attempt:
            downloads.sleep(2.0**attempt)
        try:
            return _take(session, item, downloads)
        except requests.RequestException as fault:
            last = unreachable(f"the connection failed ({type(fault).__name__})")
        except Error as error:
            if error.status is not ExitStatus.OUTSIDE:
                raise
            last = error
    assert last is not None  # noqa: S101 - the loop ends with a result or a fault
    raise last


def _take(session: Session, item: Attached, downloads: Downloads) -> Downloaded:
    """Ask for a file once and return it, whole and of the announced length."""
    limit = downloads.reads(item.name)
    target = downloads.keeps(item.name)
    with _open(session, item, downloads) as reply:
        if reply.status_code != 200:  # noqa: PLR2004 - the one status that carries the file
            raise unreachable(f"the server answered with status {reply.status_code}")
        if limit:
            if item.size > limit:
                raise unreachable(f"it has {item.size} bytes, and {limit} are read of such a file")
            content = b"".join(_chunks(reply, item.size))
            digest = hashlib.sha256(content).hexdigest()
            if target is not None:
                receive(target, iter((content,)))
            return Downloaded(item, digest, content, target)
        if target is not None:
            return Downloaded(item, receive(target, _chunks(reply, item.size)).sha256, None, target)
        hasher = hashlib.sha256()
        for chunk in _chunks(reply, item.size):
            hasher.update(chunk)
        return Downloaded(item, hasher.hexdigest())


def _chunks(reply: Response, size: int) -> Iterator[bytes]:
    """Yield the bytes as they come; raise Error HUB001 (outside) where there are more or fewer than announced."""
    import requests  # noqa: PLC0415 - as in `_session`

    seen = 0
    try:
        for chunk in reply.iter_content(_CHUNK):
            seen += len(chunk)
            if seen > size:
                raise unreachable(f"more bytes came than the {size} that the server lists")
            yield chunk
    except requests.RequestException as fault:
        # Turned into our own here: it is an OSError, which writing a file would take for one of the disk's.
        raise unreachable(f"the connection broke off after {seen} bytes of {size}") from fault
    if seen != size:
        raise unreachable(f"{seen} bytes came, and the server lists {size}")


def _open(session: Session, item: Attached, downloads: Downloads) -> Response:
    """Return the answer that carries the file; the token goes with the first request to the API and no further."""
    if downloads.token:
        address = f"{downloads.api_url.rstrip('/')}/repos/{downloads.repository}/releases/assets/{item.id}"
        headers = {"Authorization": f"Bearer {downloads.token}"}
    else:
        address, headers = item.address, {}
        _require_scheme(address, downloads.api_url)
    reply = _ask(session, address, headers)
    for _ in range(MAX_REDIRECTS):
        if reply.status_code not in _REDIRECTS:
            return reply
        address = urljoin(address, reply.headers.get("Location", ""))
        reply.close()
        _require_scheme(address, downloads.api_url)
        # Without the token: what GitHub keeps files in is another host, and so may be anything else.
        reply = _ask(session, address, {})
    if reply.status_code in _REDIRECTS:
        reply.close()
        raise unreachable(f"the server redirects more than {MAX_REDIRECTS} times")
    return reply


def _ask(session: Session, address: str, headers: dict[str, str]) -> Response:
    # `identity`: what is hashed are the file's own bytes, not what a server packed for the way.
    always = {"Accept": "application/octet-stream", "Accept-Encoding": "identity", "User-Agent": "maximus"}
    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    return session.get(address, headers=always | headers, timeout=timeout, stream=True, allow_redirects=False)


def _require_scheme(address: str, api_url: str) -> None:
    """Return for HTTPS, or for the scheme of an API that is plain HTTP itself."""
    scheme = urlsplit(address).scheme
    if scheme not in ("https", urlsplit(api_url).scheme):
        raise unreachable(f"it is kept at {scheme or 'no'} address, which is not asked")


class _NoAuth:
    """Leaves a request as it is; `requests` would add what a `.netrc` has for the host."""

    def __call__(self, request: object) -> object:
        """Return the request."""
        return request


def _session() -> Session:
    # Imported here: only a run that downloads needs it.
    import requests  # noqa: PLC0415

    session = requests.Session()
    session.trust_env = True
    session.auth = _NoAuth()  # type: ignore[assignment]  # any callable will do
    return session


def hash_asset(api_url: str, token: str, repository: str, asset_id: int, size: int) -> str:
    """Return the SHA-256 of an asset (64 hexadecimal digits), read from where GitHub keeps it.

    `size` is what GitHub says the asset holds. Raises Error HUB001 (outside) when it cannot be read whole.
    """
    import requests  # noqa: PLC0415 - as in `_session`

    item = Attached(asset_id, str(asset_id), size, "", is_whole=True)
    try:
        with _session() as session:
            return _take(session, item, Downloads(api_url, repository, token)).sha256
    except requests.RequestException as fault:
        raise unreachable(f"the asset {asset_id} could not be read back: {type(fault).__name__}") from fault


def read_address(address: str, api_url: str, limit: int) -> bytes:
    """Return what lies at an address that GitHub named, asked for without a token; at most `limit` bytes.

    Raises Error HUB001 (outside) when it cannot be read whole, or is longer.
    """
    import requests  # noqa: PLC0415 - as in `_session`

    item = Attached(0, address, 0, address, is_whole=True)
    fault: Exception | None = None
    for _ in range(TRIES):
        try:
            with _session() as session, _open(session, item, Downloads(api_url, "")) as reply:
                if reply.status_code != 200:  # noqa: PLR2004 - the one status that carries it
                    raise unreachable(f"where it is kept the answer is status {reply.status_code}")
                return _within(reply, limit)
        except requests.RequestException as cause:
            fault = cause
    raise unreachable(f"what is kept elsewhere did not come whole ({type(fault).__name__})") from fault


def _within(reply: Response, limit: int) -> bytes:
    found = bytearray()
    for chunk in reply.iter_content(_CHUNK):
        found += chunk
        if len(found) > limit:
            raise unreachable(f"more than the {limit} bytes came that are read")
    return bytes(found)
