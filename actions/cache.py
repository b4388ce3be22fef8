"""Where we may write for ourselves: the runner's temporary folder in a job, the user's cache elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cache_folder", "keep_bytecode"]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that is ours to write to; it need not exist yet.

    Raises Error DEP004 (usage) for a user without a home, as in some containers, where nothing names a folder.
    """
    if environment.get("RUNNER_TEMP"):
        return Path(environment["RUNNER_TEMP"]) / "maximus"
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or str(_home() / "AppData" / "Local")
        return Path(base) / "maximus" / "cache"
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "maximus"
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else _home() / ".cache") / "maximus"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as fault:
        # The temporary folder is no way out: there, everybody can plant what we would import.
        raise Error(
            "DEP004",
            "there is no folder to keep the locked dependencies in",
            why="this user has no home folder",
            fix="Set HOME or XDG_CACHE_HOME to a folder that only this user may write to.",
            status=ExitStatus.USAGE,
        ) from fault


def keep_bytecode() -> None:
    """Have Python keep byte code in our cache instead of beside our code, which may be shared and read-only.

    Without byte code every start would compile some 60 modules again: twice the time.
    """
    try:
        folder = cache_folder(os.environ)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, Error):
        # A home that cannot be written to, or none: slower starts, nothing else.
        sys.dont_write_bytecode = True
        return
    sys.pycache_prefix = str(folder / "pycache")
    sys.dont_write_bytecode = False
