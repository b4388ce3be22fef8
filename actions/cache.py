"""Where we may write for ourselves: the runner's temporary folder in a job, the user's cache elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cache_folder", "keep_bytecode"]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that is ours to write to; it need not exist yet."""
    if environment.get("RUNNER_TEMP"):
        return Path(environment["RUNNER_TEMP"]) / "maximus"
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "maximus" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "maximus"
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "maximus"


def keep_bytecode() -> None:
    """Have Python keep byte code in our cache instead of beside our code, which may be shared and read-only.

    Without byte code every start would compile some 60 modules again: twice the time.
    """
    folder = cache_folder(os.environ)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        # A home that cannot be written to: slower starts, nothing else.
        sys.dont_write_bytecode = True
        return
    sys.pycache_prefix = str(folder / "pycache")
    sys.dont_write_bytecode = False
