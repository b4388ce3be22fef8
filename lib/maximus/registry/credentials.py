"""What a registry wants to see, from where `docker login` and its relatives keep it.

A password goes to the registry that it is for, or to that registry's own token service, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ANONYMOUS", "Credentials", "find_credentials"]

MAX_CONFIG: Final = 1 << 20
"""Bytes of the largest configuration that is read."""
HELPER_SECONDS: Final = 20.0
"""How long a credential helper may take."""
_HELPER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKEN_USER: Final = "<token>"  # noqa: S105 - what helpers say in place of a name where there is a token


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password, or a token that stands for both; never shown."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """An identity token, which is exchanged for others."""

    @property
    def is_anonymous(self) -> bool:
        """Tell whether there is nothing to show."""
        return not (self.password or self.token)

    @property
    def basic(self) -> str:
        """The value of a Basic `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


ANONYMOUS: Final = Credentials()


def find_credentials(config: Path, host: str, environment: Mapping[str, str] | None = None) -> Credentials:
    """Return what a Docker configuration has for the registry; anonymous where it has nothing.

    Its own entry comes first, then the helper for this registry, then the one for all. A helper sees the
    `environment`, by default this process's own.
    Raises Error IMAGE002 (usage) for a configuration that cannot be read, and IMAGE008 (outside) for a helper that
    does not answer.
    """
    if not config.is_file():
        return ANONYMOUS
    try:
        document = documents.load_json(config, limit=MAX_CONFIG)
    except Error as error:
        raise _unusable(config, error.why or error.what) from error
    if not isinstance(document, dict):
        raise _unusable(config, "it is no object")
    for name in (host, f"https://{host}", f"https://{host}/v1/", f"https://{host}/v2/"):
        entry = _mapping(document.get("auths")).get(name)
        if isinstance(entry, dict) and (found := _entry(entry, config)) != ANONYMOUS:
            return found
    helper = _mapping(document.get("credHelpers")).get(host) or document.get("credsStore")
    return _helped(str(helper), host, environment) if helper else ANONYMOUS


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - foreign JSON enters here
    return value if isinstance(value, dict) else {}


def _entry(entry: dict[str, Any], config: Path) -> Credentials:
    if token := entry.get("identitytoken"):
        return Credentials(token=str(token))
    if entry.get("username"):
        return Credentials(str(entry["username"]), str(entry.get("password", "")))
    try:
        user, _, password = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise _unusable(config, "an `auth` in it is not base64") from fault
    return Credentials(user, password)


def _helped(helper: str, host: str, environment: Mapping[str, str] | None) -> Credentials:
    """Return what a credential helper says; anonymous where it is not there, or knows nothing of the registry."""
    if not _HELPER.fullmatch(helper):
        return ANONYMOUS
    try:
        told = json.loads(_asked(f"docker-credential-{helper}", host, environment))
        user, secret = str(told["Username"]), str(told["Secret"])
    except (OSError, ValueError, KeyError, TypeError):
        return ANONYMOUS
    return Credentials(token=secret) if user == _TOKEN_USER else Credentials(user, secret)


def _asked(program: str, host: str, environment: Mapping[str, str] | None) -> bytes:
    """Return what a helper prints about a registry; nothing where it fails."""
    with subprocess.Popen(  # noqa: S603 - the program that the user's own configuration names
        [program, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(host.encode("utf-8"), HELPER_SECONDS)
        except subprocess.TimeoutExpired as fault:
            _end(process)
            raise Error(
                "IMAGE008",
                f"the credential helper {program} does not answer",
                why=f"it took longer than {HELPER_SECONDS:.0f} s for {host}",
                fix=f"Try it by hand: echo {host} | {program} get",
                where=program,
                status=ExitStatus.OUTSIDE,
            ) from fault
    return said if process.returncode == 0 else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a helper and whatever it started: one of them could hold its output open for ever."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _unusable(config: Path, why: str) -> Error:
    return Error(
        "IMAGE002",
        f"cannot read the registry credentials in {config}",
        why=why,
        fix="Log in again with `docker login`, or take the file away to ask without a name.",
        where=str(config),
        status=ExitStatus.USAGE,
    )
