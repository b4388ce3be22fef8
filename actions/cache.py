"""Where we may write for ourselves: the runner's temporary folder in a job, the user's cache elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cache_folder", "keep_bytecode"]

# Texts and os.path instead of pathlib: this runs before everything else, and pathlib costs 8 ms.


def cache_folder(environment: Mapping[str, str]) -> str:
    """Return the path of the folder that is ours to write to; it need not exist yet.

    Raises Error DEP004 (usage) where nothing names one, for a user without a home as in some containers.
    """
    folder = _named_folder(environment)
    if not folder:
        # Imported here, as only a fault should cost it.
        from maximus.errors import Error, ExitStatus  # noqa: PLC0415

        raise Error(
            "DEP004",
            "there is no folder to keep the locked dependencies in",
            why="this user has no home folder",
            fix="Set HOME or XDG_CACHE_HOME to a folder that only this user may write to.",
            status=ExitStatus.USAGE,
        )
    return folder


def _named_folder(environment: Mapping[str, str]) -> str:
    if environment.get("RUNNER_TEMP"):
        return os.path.join(environment["RUNNER_TEMP"], "maximus")  # noqa: PTH118 - see above
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA") or _below_home("AppData", "Local")
        return local and os.path.join(local, "maximus", "cache")  # noqa: PTH118 - see above
    if sys.platform == "darwin":
        return _below_home("Library", "Caches", "maximus")
    base = environment.get("XDG_CACHE_HOME", "")
    # A relative path is invalid there by the XDG specification.
    base = base if base.startswith("/") else _below_home(".cache")
    return base and os.path.join(base, "maximus")  # noqa: PTH118 - see above


def _below_home(*names: str) -> str:
    """Return a path below the user's home, empty without one.

    A `~` that stands for nothing would be a folder of the working folder, where a hostile checkout could plant
    what we import; in the temporary folder everybody could.
    """
    home = os.path.expanduser("~")  # noqa: PTH111 - see above
    return os.path.join(home, *names) if os.path.isabs(home) else ""  # noqa: PTH117, PTH118 - see above


def keep_bytecode() -> None:
    """Have Python keep byte code in our cache instead of beside our code, which may be shared and read-only.

    Without byte code every start would compile some 60 modules again: twice the time.
    """
    folder = _named_folder(os.environ)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - see above
    except OSError:
        # No home (an empty name), or one that cannot be written to: slower starts, nothing else.
        sys.dont_write_bytecode = True
        return
    sys.pycache_prefix = os.path.join(folder, "pycache")  # noqa: PTH118 - see above
    sys.dont_write_bytecode = False
