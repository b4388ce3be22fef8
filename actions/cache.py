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
    """Return the path of the folder that is ours to write to; it need not exist yet."""
    if environment.get("RUNNER_TEMP"):
        return os.path.join(environment["RUNNER_TEMP"], "maximus")  # noqa: PTH118 - see above
    home = os.path.expanduser("~")  # noqa: PTH111 - see above
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")  # noqa: PTH118 - see above
        return os.path.join(base, "maximus", "cache")  # noqa: PTH118 - see above
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "maximus")  # noqa: PTH118 - see above
    base = environment.get("XDG_CACHE_HOME", "")
    # A relative path is invalid there by the XDG specification.
    base = base if base.startswith("/") else os.path.join(home, ".cache")  # noqa: PTH118 - see above
    return os.path.join(base, "maximus")  # noqa: PTH118 - see above


def keep_bytecode() -> None:
    """Have Python keep byte code in our cache instead of beside our code, which may be shared and read-only.

    Without byte code every start would compile some 60 modules again: twice the time.
    """
    folder = cache_folder(os.environ)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - see above
    except OSError:
        # A home that cannot be written to: slower starts, nothing else.
        sys.dont_write_bytecode = True
        return
    sys.pycache_prefix = os.path.join(folder, "pycache")  # noqa: PTH118 - see above
    sys.dont_write_bytecode = False
