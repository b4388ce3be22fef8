"""Addresses out of locks: cleaned of credentials before anything is made of them."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from maximus.sbom.limits import MAX_TEXT
from maximus.sbom.model import ELSEWHERE, Producer

__all__ = ["clean", "file_name", "index_of", "owner_of", "told", "vcs_url"]

_TOLD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}:/{2,3})([^\s'\"<>`]*)")
# `/t/TOKEN/` in front of the channel: anaconda's own servers take it so.
_CHANNEL_TOKEN = re.compile(r"^t/[^/]+/")
_CHANNEL_PART = re.compile(r"^/t/[^/]+/")
_SCHEMES = frozenset({"http", "https", "git", "ssh"})
# What most locks state: nothing to clean, at a fiftieth of the price of taking it apart.
_CLEAN = re.compile(r"https?://[a-z0-9.-]+/[A-Za-z0-9._~!$'()*+,;=:@/-]*")
# Where the first part of the path is who owns the repository.
_OWNED = re.compile(
    r"(?:git\+)?(?:https?|git|ssh)://(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/([\w.-]{1,100})(?:/.*)?"
)
_SHORT = re.compile(r"(?:(github|gitlab|bitbucket):)?([\w-]{1,100})/[\w.-]{1,100}")
_SHORT_HOSTS = {"": "github.com", "github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_NO_OWNER = frozenset({"sponsors", "orgs", "topics", "apps", "marketplace", "pypi"})
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)([\w./~-]+)")


def told(text: str) -> str:
    """Return what is told about a lock, with every address in it as far as it is nobody's secret.

    User, password, query, fragment and the token of a conda channel go; the rest stays as it stands in the lock.
    """
    return _TOLD.sub(_without_secrets, text) if "://" in text else text


def _without_secrets(found: re.Match[str]) -> str:
    rest = re.split(r"[?#]", found[2], maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    return found[1] + host.rpartition("@")[2] + slash + _CHANNEL_TOKEN.sub("", path)


def clean(url: str) -> str:
    """Return the address without user, password, query and fragment; empty where it is none we publish.

    Only http, https, git and ssh are published: a `file:` address names the machine that made the lock.
    Tokens stand in the user part, in the query and in fragments, so all three go.
    """
    if not url or len(url) > MAX_TEXT:
        return ""
    if _CLEAN.fullmatch(url) and "/t/" not in url:
        return url
    prefix, _, rest = url.partition("+")
    address = rest if prefix == "git" and "://" in rest else url
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or not host or not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host):
        return ""
    host = f"[{host}]" if ":" in host else host
    path = quote(_CHANNEL_PART.sub("/", parts.path), safe="!$&'()*+,/:;=@~%", encoding="utf-8", errors="replace")
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
    return f"{scheme}://{host}{f':{port}' if port else ''}{path}"


def index_of(url: str) -> str:
    """Return the address of the index that a lock names, without credentials and last slash; ELSEWHERE for any other.

    A folder, a variable that only its user's machine fills in: the default index it is not.
    """
    cleaned = clean(url).rstrip("/")
    return cleaned if cleaned.startswith(("https://", "http://")) else ELSEWHERE


def file_name(url: str) -> str:
    """Return the base name of the file that an address leads to; empty where it ends with a slash."""
    if _CLEAN.fullmatch(url):
        return _base_name(url)
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return _base_name(unquote(path))


def _base_name(path: str) -> str:
    name = path.rpartition("/")[2]
    return name if name not in (".", "..") and "\\" not in name and name.isprintable() else ""


def vcs_url(address: str, commit: str) -> str:
    """Return `git+https://host/path@commit` for a git address in any of its spellings; empty where it is none."""
    text = address.strip().removeprefix("git+").partition("#")[0].partition("?")[0]
    if "://" not in text and (found := _SCP.fullmatch(text)):
        text = f"ssh://{found[1]}/{found[2]}"
    cleaned = clean(text)
    if not cleaned:
        return ""
    plain = cleaned.removeprefix("git+").rstrip("/")
    revision = f"@{commit}" if re.fullmatch(r"[\w./+-]{1,200}", commit) else ""
    return f"git+{plain}{revision}"


def owner_of(address: str) -> Producer | None:
    """Return who owns the repository at an address, marked as derived; None where the address does not say.

    npm's short forms (`owner/name`, `gitlab:owner/name`) count too.
    """
    if short := _SHORT.fullmatch(address):
        host, owner = _SHORT_HOSTS[short[1] or ""], short[2]
    else:
        scp = _SCP.fullmatch(address)
        found = _OWNED.fullmatch(f"ssh://{scp[1]}/{scp[2]}" if scp else clean(address))
        if found is None:
            return None
        host, owner = found[1], found[2]
    return None if owner in _NO_OWNER else Producer(owner, f"https://{host}/{owner}", derived=True)
