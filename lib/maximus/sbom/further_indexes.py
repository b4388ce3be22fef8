"""The indexes that this user has configured for pip and uv beside the default one.

Nothing is asked of them by itself: a lock that says that a package comes from one of them has it asked there, with its
credentials, and inside a private network too.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["further_of"]


def further_of(environment: Mapping[str, str], uv: str, pip: str) -> dict[str, str]:
    """Return the addresses as they are configured, each with `user:password` where uv has these in variables.

    `uv` and `pip` are the contents of `uv.toml` and `pip.conf`; what cannot be understood names nothing.
    """
    found: dict[str, str] = {}
    for item in (*environment.get("UV_INDEX", "").split(), *_of_uv(uv)):
        # `NAME=ADDRESS`, where NAME is also in the variables for user and password.
        name, sign, address = item.partition("=")
        if sign and re.fullmatch(r"[\w.-]{1,100}", name):
            found.setdefault(address, _credentials(environment, name))
        else:
            found.setdefault(item, "")
    for item in (
        *environment.get("UV_EXTRA_INDEX_URL", "").split(),
        *environment.get("PIP_EXTRA_INDEX_URL", "").split(),
        *_of_pip(pip),
    ):
        found.setdefault(item, "")
    return found


def _credentials(environment: Mapping[str, str], name: str) -> str:
    """Return `user:password` of a named index; empty where there is none."""
    prefix = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = (environment.get(f"{prefix}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    return f"{user}:{password}" if user or password else ""


def _of_uv(text: str) -> list[str]:
    """Return the further indexes of a `uv.toml`, as `NAME=ADDRESS` where they have a name."""
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return []
    listed, extra = document.get("index"), document.get("extra-index-url")
    found = [item for item in extra if isinstance(item, str)] if isinstance(extra, list) else []
    for item in listed if isinstance(listed, list) else ():
        address, name = (item.get("url"), item.get("name")) if isinstance(item, dict) else (None, None)
        if isinstance(address, str):
            found.append(f"{name}={address}" if isinstance(name, str) else address)
    return found


def _of_pip(text: str) -> list[str]:
    """Return the further indexes of a `pip.conf`: one a line, or one behind the other."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return []
    return [
        address
        for section in ("global", "install")
        if parser.has_option(section, "extra-index-url")
        for address in parser[section]["extra-index-url"].split()
    ]
