"""Which module proxies and crate registries this user has configured, for Go and cargo; none is built in.

See https://go.dev/ref/mod#environment-variables and https://doc.rust-lang.org/cargo/reference/source-replacement.html.
"""

from __future__ import annotations

import fnmatch
import re
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_PROXIES", "Proxies", "crates_of", "is_private", "proxies_of", "toolchain_paths"]

MAX_PROXIES: Final = 10
"""Proxies of one list that are asked, one after the other."""
_DEFAULT_SOURCE = "crates-io"
_MAX_REPLACEMENTS = 10
"""How often a source of cargo's may be replaced by another."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Where Go modules come from, and which of them are nobody's business."""

    addresses: tuple[tuple[str, bool], ...] = ()
    """In order; whether the next one is asked after any fault, and not only where the module is not there."""
    private: tuple[str, ...] = ()
    """Patterns of modules that no proxy is asked about."""


def toolchain_paths(environment: Mapping[str, str], platform: str = sys.platform) -> dict[str, str]:
    """Return where the configuration of Go and cargo lies, relative to the home folder or absolute.

    Go goes by the system: what `go env -w GOPRIVATE=...` wrote has to be found wherever it is.
    """
    base = environment.get("XDG_CONFIG_HOME") or ".config"
    if platform == "darwin":
        base = "Library/Application Support"
    elif platform == "win32":
        base = environment.get("AppData") or environment.get("APPDATA") or "AppData/Roaming"
    return {
        "go": environment.get("GOENV") or f"{base}/go/env",
        "cargo": f"{environment.get('CARGO_HOME') or '.cargo'}/config.toml",
    }


def proxies_of(environment: Mapping[str, str], text: str) -> Proxies:
    """Return the proxies that `GOPROXY` names, a variable before Go's own file; `direct` and `off` end the list."""
    written = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))

    def of(name: str) -> str:
        return environment.get(name) or written.get(name, "").strip()

    found: list[tuple[str, bool]] = []
    for address, sign in re.findall(r"([^,|]+)([,|]?)", of("GOPROXY")):
        if address.strip() in ("direct", "off") or len(found) == MAX_PROXIES:
            break
        found.append((address.strip(), sign == "|"))
    private = of("GONOPROXY") or of("GOPRIVATE")
    return Proxies(tuple(found), tuple(item.strip() for item in private.split(",") if item.strip()))


def is_private(module: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether one of the patterns fits the module or a beginning of its path, as Go compares them."""
    parts = module.split("/")
    for pattern in patterns:
        if pattern == "none":
            continue
        # Go writes `[^a]` where Python's module has `[!a]`.
        wanted = pattern.rstrip("/").replace("[^", "[!").split("/")
        if len(wanted) <= len(parts) and all(
            fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=False)
        ):
            return True
    return False


def crates_of(text: str) -> str:
    """Return the sparse index that takes the place of cargo's default one; empty where none is configured."""
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return ""
    sources = document.get("source")
    if not isinstance(sources, dict):
        return ""
    name = _DEFAULT_SOURCE
    for _ in range(_MAX_REPLACEMENTS):
        source = sources.get(name)
        if not isinstance(source, dict):
            break
        following = source.get("replace-with")
        if not isinstance(following, str):
            address = source.get("registry")
            return address.removeprefix("sparse+") if isinstance(address, str) and address.startswith("sparse+") else ""
        name = following
    registries = document.get("registries")
    registry = registries.get(name) if isinstance(registries, dict) and name != _DEFAULT_SOURCE else None
    address = registry.get("index") if isinstance(registry, dict) else ""
    return address.removeprefix("sparse+") if isinstance(address, str) and address.startswith("sparse+") else ""
