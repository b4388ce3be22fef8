"""Which package indexes this user has configured, and with which credentials: for pip, uv, npm, Go and cargo.

No index is built in. A configuration in the tree that is inventoried does not count: it is a stranger's.
See https://pip.pypa.io/en/stable/topics/configuration/, https://docs.astral.sh/uv/reference/settings/ and
`npm help npmrc`.
"""

from __future__ import annotations

import base64
import configparser
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from maximus.sbom.further_indexes import further_of
from maximus.sbom.toolchains import Proxies, crates_of, proxies_of, toolchain_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_CONFIGURATION", "Indexes", "configuration_paths", "indexes_of", "origin_of"]

MAX_CONFIGURATION: Final = 1 << 20
"""Bytes of one file of a configuration."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes that a user's configuration names."""

    pypi: str = ""
    """The address of a Simple index without the last slash; empty where none is configured."""
    npm: str = ""
    """The address of a registry, likewise."""
    replaces: str = ""
    """Whose files npm takes from its registry instead, by `replace-registry-host`: a host, or `always`."""
    scopes: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The registries of npm's scopes, by `@scope`: what is of one is nobody else's business, its name too."""
    go: Proxies = field(default=Proxies(), repr=False)
    """Go's proxies, as `GOPROXY` names them."""
    cargo: str = field(default="", repr=False)
    """The sparse index that replaces cargo's default one."""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By origin (`https://host`): the value of the header `Authorization`."""
    trusted: frozenset[str] = frozenset()
    """The origins that the configuration names; only they may be inside a private network, or without TLS."""

    def scope_of(self, name: str) -> str:
        """Return the registry of the scope of npm's in a name; empty where none is configured."""
        return self.scopes.get(name.partition("/")[0], "")

    def stands_in(self, address: str) -> bool:
        """Tell whether npm's registry is asked in the place of this address, because its user said so."""
        if not self.npm or not self.replaces:
            return False
        return self.replaces in ("always", origin_of(address).partition("://")[2].partition(":")[0])


def configuration_paths(environment: Mapping[str, str]) -> dict[str, str]:
    """Return, for each tool, where its configuration of this user lies, relative to the home folder or absolute."""
    base = environment.get("XDG_CONFIG_HOME") or ".config"
    return {
        "pip": environment.get("PIP_CONFIG_FILE") or f"{base}/pip/pip.conf",
        "uv": environment.get("UV_CONFIG_FILE") or f"{base}/uv/uv.toml",
        "npm": environment.get("npm_config_userconfig") or environment.get("NPM_CONFIG_USERCONFIG") or ".npmrc",
        **toolchain_paths(environment),
    }


def indexes_of(environment: Mapping[str, str], texts: Mapping[str, str]) -> Indexes:
    """Return what variables and configuration files name; a variable counts more than a file.

    `texts` are the contents of the files by tool: `pip`, `uv`, `npm`, `go`, `cargo`. What cannot be understood names
    nothing.
    """
    npmrc = _npmrc(texts.get("npm", ""), environment)
    pypi = (
        environment.get("UV_DEFAULT_INDEX")
        or environment.get("UV_INDEX_URL")
        or environment.get("PIP_INDEX_URL")
        or _of_uv(texts.get("uv", ""))
        or _of_pip(texts.get("pip", ""))
    )
    npm = environment.get("npm_config_registry") or environment.get("NPM_CONFIG_REGISTRY") or npmrc.get("registry", "")
    go, cargo = proxies_of(environment, texts.get("go", "")), crates_of(texts.get("cargo", ""))
    scopes = {
        scope: address
        for name, address in npmrc.items()
        if (scope := name.removesuffix(":registry")) != name and scope.startswith("@")
    }
    replaces = environment.get("npm_config_replace_registry_host") or npmrc.get("replace-registry-host", "")
    # Asked for what a lock says it has, never in place of the default one.
    further = further_of(environment, texts.get("uv", ""), texts.get("pip", ""))
    named = (pypi, npm, cargo, *scopes.values(), *(address for address, _ in go.addresses), *further)
    credentials = {}
    for address in named:
        if found := _userinfo(address):
            credentials[origin_of(address)] = found
    for address, found in further.items():
        if found:
            credentials[origin_of(address)] = _basic(found)
    hosts = tuple(f"https:{where}" for name in npmrc if (where := name.rpartition("/:")[0]).startswith("//"))
    for address in (*hosts, *scopes.values(), npm):
        credentials |= _tokens(npmrc, address)
    trusted = frozenset(origin for address in (*named, *hosts) if (origin := origin_of(address)))
    plain = {scope: _plain(address) for scope, address in scopes.items()}
    return Indexes(_plain(pypi), _plain(npm), replaces, plain, go, cargo, credentials, trusted)


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address; empty where it is no address of the web."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _plain(address: str) -> str:
    """Return an address without user and password, query and last slash."""
    origin = origin_of(address)
    return f"{origin}{urlsplit(address).path}".rstrip("/") if origin else ""


def _userinfo(address: str) -> str:
    """Return the header for the user and password that an address carries; empty without."""
    if not origin_of(address):
        return ""
    parts = urlsplit(address)
    if not parts.username:
        return ""
    return _basic(f"{unquote(parts.username)}:{unquote(parts.password or '')}")


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode("utf-8", "replace")).decode()


def _of_pip(text: str) -> str:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return ""
    return next(
        (parser[name]["index-url"] for name in ("install", "global") if parser.has_option(name, "index-url")), ""
    )


def _of_uv(text: str) -> str:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        # Numbers of thousands of digits and impossible dates get as far as Python's own parsers.
        return ""
    listed = document.get("index")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and item.get("default") is True and isinstance(item.get("url"), str):
            return str(item["url"])
    value = document.get("index-url")
    return value if isinstance(value, str) else ""


def _npmrc(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the lines `name = value` of an `.npmrc`, with `${NAME}` out of the environment."""
    found = {}
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign and not line.lstrip().startswith(("#", ";")):
            stated = value.strip().strip("\"'")
            found[name.strip()] = re.sub(r"\$\{(\w{1,100})\}", lambda m: environment.get(m[1], ""), stated)
    return found


def _tokens(npmrc: Mapping[str, str], registry: str) -> dict[str, str]:
    """Return the registry's own credentials: `//host/path/:_authToken=...`, and no other host's."""
    origin = origin_of(registry)
    found = {}
    for name, value in npmrc.items():
        where, _, kind = name.rpartition("/:")
        if where.startswith("//") and origin_of(f"https:{where}").partition("://")[2] == origin.partition("://")[2]:
            if kind == "_authToken" and value:
                found[origin] = f"Bearer {value}"
            elif kind == "_auth" and value:
                found[origin] = f"Basic {value}"
    return found
